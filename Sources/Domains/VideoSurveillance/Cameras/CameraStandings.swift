import Alarms
import Features
import Identity
import Kernel
import Storage
import Video

/// On line or not: told by streams that run, and asked of cameras that nobody looks at; a camera that misses three times in a row raises 视频离线, one answer ends it.
package struct CameraStandings: Sendable {
    package static let offline = AlarmKind("videoOffline", "视频离线", "Camera off-line", closesItself: true, category: .equipment)
    static let source = "videoCamera"
    static let factTitles: [(name: String, title: String)] = [
        ("cameraNumber", "视频编号"), ("cameraName", "视频名称"), ("cameraPlace", "安装位置"), ("cameraReason", "离线原因"), ("cameraSeenAt", "最近在线"),
    ]
    /// Failures in a row.
    static let patience = 3

    let platform: Platform

    package init(platform: Platform) { self.platform = platform }
    private static let watcher = Principal.system("视频监测")

    /// What became of asking a camera.
    package func note(_ id: Int64, _ reason: VideoReason?, startMillis: Int? = nil) async throws {
        let now = platform.clock.now
        // What says nothing about the camera itself is only shown.
        if let reason, !reason.isOffline {
            try await platform.database.write { tx in
                try tx.execute(
                    """
                    INSERT INTO camera_states (camera, since, checked_at, reason, misses, raised) VALUES (\(id), \(now), \(now), \(reason.rawValue), 0, 0) \
                    ON CONFLICT (camera) DO UPDATE SET checked_at = excluded.checked_at, reason = excluded.reason
                    """)
            }
            return
        }
        try await platform.database.write { [alarms = platform.alarms] tx in
            guard let camera = try CameraBook.any(id, in: tx) else { return }
            let misses = reason == nil ? 0 : camera.misses + 1
            let isOnline = reason == nil || (misses < Self.patience && camera.isOnline != false)
            let since = camera.isOnline == isOnline ? camera.since ?? now : now
            let raises = !isOnline && camera.isWatched && camera.use == "inUse"
            let seen = reason == nil ? now : camera.seenAt
            try tx.execute(
                """
                INSERT INTO camera_states (camera, online, since, checked_at, seen_at, reason, misses, raised, start_millis) \
                VALUES (\(id), \(isOnline), \(since), \(now), \(seen), \(reason?.rawValue), \(misses), \(raises), \(startMillis)) \
                ON CONFLICT (camera) DO UPDATE SET online = excluded.online, since = excluded.since, checked_at = excluded.checked_at, seen_at = excluded.seen_at, reason = excluded.reason, \
                misses = excluded.misses, raised = excluded.raised, start_millis = COALESCE(excluded.start_millis, camera_states.start_millis)
                """)
            if raises, !camera.isRaised, let reason { try alarms.raise(signal(camera, reason, at: now), by: Self.watcher, in: tx) }
            if isOnline, camera.isRaised {
                try alarms.clear(kind: Self.offline.name, subject: camera.number, org: camera.org, at: now, reason: "视频恢复在线", in: tx)
            }
        }
    }

    private func signal(_ camera: CameraEntry, _ reason: VideoReason, at moment: Moment) -> AlarmSignal {
        let facts: JSONValue = [
            "cameraNumber": .string(camera.number), "cameraName": .string(camera.name), "cameraPlace": .string(camera.location), "cameraReason": .string(reason.message),
            "cameraSeenAt": JSONValue(camera.seenAt?.rfc3339),
        ]
        return AlarmSignal(
            kind: Self.offline.name, org: camera.org, orgName: camera.orgName, area: camera.area, place: camera.location, subject: camera.number, occurredAt: moment,
            title: "\(camera.name) 视频离线", facts: facts, reasons: [AlarmReason(Self.offline.name, "连续 \(Self.patience) 次检测无应答：\(reason.message)")],
            source: AlarmSource(Self.source, camera.id))
    }

    /// Cameras in use that have not been asked for a minute, those first that were asked longest ago.
    func due(limit: Int) async throws -> [CameraEntry] {
        let before = platform.clock.now.adding(seconds: -55)
        return try await platform.database.read { reader in
            try reader.rows(
                """
                \(CameraEntry.select) AND c.use_state = 'inUse' AND (c.address IS NOT NULL OR c.sub_address IS NOT NULL) AND (s.checked_at IS NULL OR s.checked_at < \(before)) \
                ORDER BY COALESCE(s.checked_at, 0), c.id LIMIT \(limit)
                """
            ).map(CameraEntry.init)
        }
    }
}
