import Cryptography
import Kernel
import Storage

/// The photos of a pass: which are used a second time, which are still awaited.
enum PassPhotos {
    static let patienceSeconds: Int64 = 600

    private static let use = "INSERT INTO photo_use (sha256, pass_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
    private static let awaiting =
        "INSERT INTO photo_awaited (sha256, pass_id, due_at) SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM photos WHERE sha256 = ?) ON CONFLICT DO NOTHING"

    /// Claims the photos for this pass.
    ///
    /// - Returns: true when one of the head, body or plate photos belongs to another pass already. A vehicle document may be shown at every visit.
    static func claim(_ pass: StoredPass, now: Moment, in tx: any Transaction) throws -> Bool {
        var isReused = false
        for photo in Set([pass.input.headPhoto, pass.input.bodyPhoto, pass.input.platePhoto].compactMap(\.self)) {
            guard let key = Hex.decode(photo) else { continue }
            if try tx.execute(SQL(text: use, arguments: [.blob(key), .int(pass.id)])) == 0 { isReused = true }
        }
        for photo in Set(pass.input.photos) {
            guard let key = Hex.decode(photo) else { continue }
            try tx.execute(SQL(text: awaiting, arguments: [.blob(key), .int(pass.id), now.adding(seconds: patienceSeconds).sqlValue, .text(photo)]))
        }
        return isReused
    }

    /// A photo came: no pass waits for it any more.
    static func arrived(_ sha256: String, in tx: any Transaction) throws {
        guard let key = Hex.decode(sha256) else { return }
        try tx.execute("DELETE FROM photo_awaited WHERE sha256 = \(key)")
    }
}
