import Alarms
import Identity
import Kernel
import Storage

/// C7.1, A-47: how full the file store is, how fast it fills, and whether copies are found where they are asked for.
package struct FileRoom: Sendable {
    package struct Level: Sendable, Equatable {
        package var isRemote: Bool
        /// Bytes in use and of the whole; nil where nobody has said how large the service is.
        package var used: Int64
        package var whole: Int64?
        /// Bytes of photos that came in the last seven days.
        package var week: Int64

        /// 0...1.
        package var share: Double? { whole.flatMap { $0 > 0 ? min(1, Double(used) / Double($0)) : nil } }
        /// Until it is full, were nothing removed.
        package var daysLeft: Int? { whole.flatMap { whole in week > 0 ? Int(max(0, whole - used) / max(1, week / 7)) : nil } }
    }

    static let alarmKind = AlarmKind("fileRoom", "文件存储将满", "File store nearly full", mergeWindow: 86_400)

    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    package func level() async throws -> Level {
        let figures = await platform.blobs.figures()
        let since = platform.clock.now.adding(seconds: -7 * 86_400)
        let (settings, last, week) = try await platform.database.read { reader in
            (
                try OperationSettings.read(reader), try FileSweep.last(state: "done", in: reader),
                try reader.value("SELECT COALESCE(SUM(bytes), 0) FROM photos WHERE received_at >= \(since)")?.int ?? 0
            )
        }
        if figures["is_remote"] == 1 {
            return Level(isRemote: true, used: last?.bytes ?? 0, whole: settings.fileCapacityGB > 0 ? Int64(settings.fileCapacityGB) << 30 : nil, week: week)
        }
        let (free, total) = (Int64(figures["free_bytes"] ?? 0), Int64(figures["total_bytes"] ?? 0))
        return Level(isRemote: false, used: total - free, whole: total > 0 ? total : nil, week: week)
    }

    /// Raises an alarm when the store is fuller than the settings allow.
    package func watch() async throws {
        let level = try await level()
        let settings = try await platform.database.read { try OperationSettings.read($0) }
        guard let share = level.share, share * 100 >= Double(settings.fileWarnPercent) else { return }
        let title = "文件存储已用 \(Int(share * 100))%，超过 \(settings.fileWarnPercent)%\(level.daysLeft.map { "，按最近一周的增长还可用 \($0) 天" } ?? "")"
        let signal = AlarmSignal(
            kind: Self.alarmKind.name, org: nil, area: nil, subject: level.isRemote ? "对象存储" : "本机文件", occurredAt: platform.clock.now, title: title,
            facts: ["used": .int(level.used), "whole": JSONValue(level.whole)], reasons: [AlarmReason(Self.alarmKind.name, title)])
        try await platform.database.write { [platform] tx in _ = try platform.alarms.raise(signal, by: .system("容量监测"), in: tx) }
    }
}
