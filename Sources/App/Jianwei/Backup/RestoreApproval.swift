import Cryptography
import Features
import Foundation
import Kernel
import Storage

/// The code that an approval gives and `jianwei restore` demands (D16.4.2). It is bound to one request, one manifest and a moment, and made with the key that lies in the backup itself, so that it can be
/// checked on a machine where nothing runs any more.
enum RestoreApproval {
    /// - Throws: `.invalid` `JW-B001` where the folder is no backup.
    static func code(for folder: String, request: Int64, until: Moment) throws -> String {
        let seconds = until.milliseconds / 1000
        return "\(request)-\(String(seconds, radix: 36))-\(try tag(folder, request, seconds))"
    }

    /// - Returns: the number of the request that was approved.
    /// - Throws: `.forbidden` `JW-B020` for a code that is none, of another backup, or over.
    static func check(_ code: String, for folder: String, at now: Moment) throws -> Int64 {
        let parts = code.split(separator: "-").map(String.init)
        guard parts.count == 3, let request = Int64(parts[0]), let seconds = Int64(parts[1], radix: 36),
            constantTimeEqual(parts[2].lowercased(), try tag(folder, request, seconds))
        else { throw Failure(.forbidden, "JW-B020", "批准码不属于这份备份，请在“恢复审批”中核对") }
        guard now.milliseconds / 1000 <= seconds else { throw Failure(.forbidden, "JW-B020", "批准码已过期，请重新申请") }
        return request
    }

    private static func tag(_ folder: String, _ request: Int64, _ seconds: Int64) throws -> String {
        _ = try BackupManifest.read(folder)
        let manifest = try BackupFiles.describe(folder, BackupManifest.name).sha256
        let key = try KeyRing(directory: folder + "/keys").stableMAC(purpose: "restore")
        return String(key.tag("\(request)/\(seconds)/\(manifest)").hex.prefix(32))
    }
}

/// Left in a restored directory for the first start to enter into the books.
struct RestoreNote: Codable {
    static let name = "restored.json"

    var folder: String
    /// `申请 12` or the reason of an emergency.
    var request: String
    /// UTC milliseconds.
    var beganAt: Int64
    var seconds: Int64

    func write(_ directory: String) throws { try BackupFiles.write(Array(try JSONEncoder().encode(self)), to: directory + "/" + RestoreNote.name) }

    /// Enters what lies there into the books, once.
    static func settle(_ installation: Installation) async throws {
        let path = installation.directory + "/" + name
        guard let data = FileManager.default.contents(atPath: path) else { return }
        let note = try JSONDecoder().decode(RestoreNote.self, from: data)
        let (audit, node) = (installation.platform.audit, installation.node)
        try await installation.database.write { tx in
            try RestoreRequests.note(
                folder: note.folder, request: note.request, seconds: note.seconds, from: Moment(milliseconds: note.beganAt), node: node, audit: audit, in: tx)
        }
        try FileManager.default.removeItem(atPath: path)
    }
}
