import Features
import Identity
import Kernel
import Ledgers
import Search
import Storage

/// The book of who looked at what: a row when somebody begins, completed when they end; each beginning is audited.
struct Viewings: Sendable {
    let platform: Platform
    /// Who comes back within so many seconds goes on looking.
    private static let pause: Int64 = 60

    enum Way: String, Sendable {
        case live, wall, still, stream

        var title: String {
            switch self {
            case .live: "实时画面"
            case .wall: "多画面"
            case .still: "图片"
            case .stream: "取流接口"
            }
        }
    }

    /// - Returns: the rows, in the order of the cameras.
    func begin(_ cameras: [CameraEntry], _ way: Way, by principal: Principal) async throws -> [Int64] {
        let now = platform.clock.now
        return try await platform.database.write { [audit = platform.audit] tx in
            var rows: [Int64] = []
            var fresh: [CameraEntry] = []
            for camera in cameras {
                let known = try tx.first(
                    """
                    SELECT id FROM camera_view WHERE camera = \(camera.id) AND created_by = \(principal.id) AND way = \(way.rawValue) \
                    AND (ended_at IS NULL OR ended_at > \(now.adding(seconds: -Self.pause))) AND began_at > \(now.adding(seconds: -43_200)) ORDER BY id DESC LIMIT 1
                    """)?.int("id")
                if let known {
                    rows.append(known)
                    continue
                }
                fresh.append(camera)
                let row =
                    try tx.insert(
                        """
                        INSERT INTO camera_view (org, area, created_at, created_by, updated_at, updated_by, camera_name, camera, viewer, viewer_unit, way, began_at) \
                        VALUES (\(camera.org), \(camera.area), \(now), \(principal.id), \(now), \(principal.id), \(camera.name), \(camera.id), \(principal.name), \
                        \(principal.organisationName), \(way.rawValue), \(now))
                        """)
                rows.append(row)
                try SearchEngine.mark(CameraView.ledger.name, row, in: tx)
            }
            if let first = fresh.first {
                let names = fresh.map { "“\($0.name)”" }.joined(separator: "、")
                try audit.record(
                    AuditEntry(
                        "read", "videoCamera", fresh.count == 1 ? String(first.id) : "", "查看摄像机\(String(names.prefix(400)))\(way.title)",
                        details: ["cameras": .array(fresh.map { .int($0.id) })]),
                    by: principal, in: tx)
            }
            return rows
        }
    }

    func end(_ row: Int64, startMillis: Int?, result: String?, camera: Int64) async throws {
        let now = platform.clock.now
        try await platform.database.write { tx in
            try tx.execute(
                """
                UPDATE camera_view SET ended_at = \(now), updated_at = \(now), start_millis = COALESCE(start_millis, \(startMillis)), result = \(result ?? (startMillis == nil ? "未出画面" : "正常")) \
                WHERE id = \(row)
                """)
            try SearchEngine.mark(CameraView.ledger.name, row, in: tx)
            if let startMillis { try tx.execute("UPDATE camera_states SET start_millis = \(startMillis) WHERE camera = \(camera)") }
        }
    }

    /// Rows that nobody ended because the program did.
    func settle() async throws -> Int {
        let now = platform.clock.now
        return try await platform.database.write { tx in
            let left = try tx.rows("SELECT id FROM camera_view WHERE ended_at IS NULL AND began_at < \(now.adding(seconds: -43_200)) ORDER BY id LIMIT 10000").compactMap {
                $0.int("id")
            }
            for row in left {
                try tx.execute("UPDATE camera_view SET ended_at = \(now), result = '中断' WHERE id = \(row)")
                try SearchEngine.mark(CameraView.ledger.name, row, in: tx)
            }
            return left.count
        }
    }
}
