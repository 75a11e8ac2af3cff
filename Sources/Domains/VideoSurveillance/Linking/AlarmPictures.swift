import Alarms
import Features
import Identity
import Kernel
import Logging
import Storage
import Video

/// When an alarm begins where a camera looks, its picture is taken by itself and joins the evidence (D10.4.3, D17.4.5); only cameras that name the alarm's point, or stand at its very place.
struct AlarmPictures: Sendable {
    let desk: CameraDesk
    private static let taker = Principal.system("报警自动抓图")
    /// Pictures of one alarm.
    private static let most = 2
    /// An alarm older than this shows nothing of its beginning any more.
    private static let patience: Int64 = 120

    /// Alarms after the last one that was looked at. Begins with the next one on an installation that has none.
    ///
    /// - Returns: how many pictures were taken.
    func round() async throws -> Int {
        let platform = desk.platform
        let (last, newest) = try await platform.database.read { reader -> (Int64?, Int64) in
            let last = try reader.value("SELECT value FROM video_settings WHERE name = 'lastAlarm'")?.text.flatMap { Int64($0) }
            return (last, try reader.value("SELECT COALESCE(MAX(id), 0) FROM alarms")?.int ?? 0)
        }
        guard let last else {
            try await note(newest)
            return 0
        }
        guard newest > last else { return 0 }
        let since = platform.clock.now.adding(seconds: -Self.patience)
        let work = try await platform.database.read { [alarms = platform.alarms] reader -> [(alarm: Alarm, cameras: [CameraEntry])] in
            let ids = try reader.rows(
                "SELECT id FROM alarms WHERE id > \(last) AND id <= \(newest) AND raised_at >= \(since) AND kind <> \(CameraStandings.offline.name) ORDER BY id LIMIT 20"
            ).compactMap { $0.int("id") }
            return try ids.compactMap { id in
                guard let alarm = try alarms.find(id, by: Self.taker, in: reader) else { return nil }
                let near = try CamerasNear.find(alarm, for: Self.taker, in: reader)
                let own = near.filter { $0.isOnline != false && CamerasNear.nearness($0, subject: alarm.subject, place: alarm.place, source: alarm.source) <= 1 }
                return own.isEmpty ? nil : (alarm, Array(own.prefix(Self.most)))
            }
        }
        try await note(newest)
        var taken = 0
        for (alarm, cameras) in work { for camera in cameras { taken += await take(camera, alarm) ? 1 : 0 } }
        return taken
    }

    private func note(_ id: Int64) async throws { try await desk.platform.database.write { try VideoSettings.set("lastAlarm", String(id), in: $0) } }

    private func take(_ camera: CameraEntry, _ alarm: Alarm) async -> Bool {
        do {
            let made = try await CaptureDesk(desk: desk).take(camera, reason: "alarm", alarm: alarm.number, note: alarm.title, by: Self.taker)
            try await desk.platform.database.write { [alarms = desk.platform.alarms] tx in
                try alarms.joinLate([.photo(sha256: made.sha256, title: "\(camera.name) \(made.at.text) 自动抓图")], toAlarm: alarm.id, by: Self.taker, in: tx)
            }
            return true
        } catch {
            desk.platform.logger.info("no picture for an alarm", metadata: ["alarm": "\(alarm.number)", "camera": "\(camera.id)", "error": "\(error)"])
            return false
        }
    }
}
