import Cryptography
import Kernel
import Storage

/// The photos of a pass: which are used a second time, which have not come.
enum PassPhotos {
    /// How long after a pass its photos may come.
    static let patienceSeconds: Int64 = 600

    private static let use = "INSERT INTO photo_use (sha256, pass_id) VALUES (?, ?) ON CONFLICT DO NOTHING"

    /// Claims the photos for this pass.
    ///
    /// - Returns: true when one of the head, body or plate photos belongs to another pass already. A vehicle document may be shown at every visit.
    static func claim(_ pass: StoredPass, in tx: any Transaction) throws -> Bool {
        var isReused = false
        var claimed: [String] = []
        for photo in [pass.input.headPhoto, pass.input.bodyPhoto, pass.input.platePhoto].lazy.compactMap(\.self) where !claimed.contains(photo) {
            claimed.append(photo)
            guard let key = Hex.decode(photo) else { continue }
            if try tx.execute(SQL(text: use, arguments: [.blob(key), .int(pass.id)])) == 0 { isReused = true }
        }
        return isReused
    }

    /// The first pass that used a photo as its head, body or plate picture.
    static func firstUse(of sha256: String, in reader: any Reader) throws -> Int64? {
        guard let key = Hex.decode(sha256) else { return nil }
        return try reader.value("SELECT pass_id FROM photo_use WHERE sha256 = \(key)")?.int
    }
}
