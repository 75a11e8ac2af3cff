import Cryptography
import Features
import Identity
import Kernel
import Ledgers
import Media
import Search
import Storage
import Video

/// Keeps a picture of a camera with words on it that name channel and moment, and its SM3 digest beside it; what is kept is locked.
struct CaptureDesk: Sendable {
    let desk: CameraDesk

    struct Made: Sendable {
        var id: Int64
        var sha256: String
        var at: Moment
    }

    /// - Parameters:
    ///   - reason: of the dictionary.
    ///   - alarm: its number, where one is the reason.
    func take(_ camera: CameraEntry, reason: String, alarm: String? = nil, note: String? = nil, by principal: Principal) async throws -> Made {
        let still = try await desk.streams.capture(camera.id) { at in
            "\(camera.name)（\(camera.number)）\n\(at.text) \(camera.orgName)\n抓图：\(principal.name)\(alarm.map { " 报警 \($0)" } ?? "")"
        }
        let receipt = try await desk.platform.photos.receive(still.jpeg, expectedSHA256: nil, organisation: camera.org, clock: desk.platform.clock)
        let sm3 = SM3.hash(still.jpeg).hex, now = desk.platform.clock.now
        let id = try await desk.platform.database.write { [audit = desk.platform.audit] tx -> Int64 in
            try PhotoStore.lock(receipt.sha256, in: tx)
            let id = try tx.insert(
                """
                INSERT INTO camera_capture (org, area, created_at, created_by, updated_at, updated_by, camera, camera_name, camera_number, taken_at, reason, taken_by, alarm, note, sm3, picture) \
                VALUES (\(camera.org), \(camera.area), \(now), \(principal.id), \(now), \(principal.id), \(camera.id), \(camera.name), \(camera.number), \(still.at), \(reason), \(principal.name), \
                \(alarm), \(note), \(sm3), \(receipt.sha256))
                """)
            try SearchEngine.mark(CameraCapture.ledger.name, id, in: tx)
            try tx.insertMany(
                into: "attachments", columns: ["ledger", "record_id", "field", "sha256", "name", "media_type", "size", "at", "by_id"],
                rows: [
                    [
                        .text(CameraCapture.ledger.name), .int(id), .text("picture"), .text(receipt.sha256), .text("\(camera.name) \(still.at.text).jpg"), .text("image/jpeg"),
                        .int(Int64(still.jpeg.count)), now.sqlValue, .int(principal.id),
                    ]
                ])
            try audit.record(
                AuditEntry(
                    "create", CameraCapture.ledger.name, String(id), "抓取摄像机“\(camera.name)”\(still.at.text) 的画面", details: ["sm3": .string(sm3), "sha256": .string(receipt.sha256)]),
                by: principal, in: tx)
            return id
        }
        return Made(id: id, sha256: receipt.sha256, at: still.at)
    }
}
