import Foundation
import Kernel

/// The embedded database's copy in pieces, so that what has not changed since the last backup is a second name of the same bytes on the disk and takes no room (D16.4.1 增量).
///
/// SQLite changes pages in place; a piece is 256 of them. A folder is whole by itself: removing an older one takes nothing from a newer.
final class BackupSegments {
    static let folder = "database"
    private static let size = 1 << 20

    private let parent: String
    private let previous: String?
    private let known: [String: BackupManifest.File]
    private(set) var count = 0
    private(set) var linked = 0

    /// - Parameter previous: the newest other backup, if there is one.
    init(folder: String, previous: String?) throws {
        parent = folder
        self.previous = previous
        let files = try previous.map { try BackupManifest.read($0).files } ?? []
        known = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
    }

    /// Replaces a file of the backup by its pieces.
    ///
    /// - Returns: the pieces, in order.
    func split(_ name: String) throws -> [BackupManifest.File] {
        let whole = parent + "/" + name
        guard let handle = FileHandle(forReadingAtPath: whole) else { throw Failure(.notFound, "JW-B003", "备份缺少 \(name)") }
        defer { try? handle.close() }
        try BackupFiles.makeFolder(parent + "/" + Self.folder)
        var pieces: [BackupManifest.File] = []
        while let part = try handle.read(upToCount: Self.size), !part.isEmpty {
            let path = Self.path(pieces.count)
            try BackupFiles.write(Array(part), to: parent + "/" + path)
            let piece = try BackupFiles.describe(parent, path)
            if let previous, known[path] == piece {
                let link = parent + "/" + path + ".link"
                if Foundation.link(previous + "/" + path, link) == 0, rename(link, parent + "/" + path) == 0 { linked += 1 }
            }
            pieces.append(piece)
        }
        count = pieces.count
        try FileManager.default.removeItem(atPath: whole)
        return pieces
    }

    /// Puts the pieces together again.
    static func join(_ manifest: BackupManifest, in folder: String, to target: String) throws {
        guard FileManager.default.createFile(atPath: target, contents: nil, attributes: [.posixPermissions: 0o600]), let handle = FileHandle(forWritingAtPath: target) else {
            throw Failure(.unavailable, "JW-B002", "无法写入 \(target)")
        }
        defer { try? handle.close() }
        for file in manifest.files where file.path.hasPrefix(Self.folder + "/") {
            guard let bytes = FileManager.default.contents(atPath: folder + "/" + file.path) else { throw Failure(.notFound, "JW-B003", "备份缺少 \(file.path)") }
            try handle.write(contentsOf: bytes)
        }
        try handle.synchronize()
    }

    private static func path(_ number: Int) -> String {
        let digits = String(number)
        return "\(folder)/\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits)"
    }
}
