import Cryptography
import Foundation
import Kernel

/// What a backup holds, written last: a folder without it is no backup.
struct BackupManifest: Codable, Equatable {
    struct File: Codable, Equatable {
        /// Within the backup.
        var path: String
        var bytes: Int
        var sha256: String
    }

    static let name = "manifest.json"

    var program = "0.1.0"
    /// UTC milliseconds.
    var madeAt: Int64
    /// `sqlite` or `postgres`.
    var kind: String
    /// The database, the keys, and the list of files.
    var files: [File]
    var tables: [String: TableDigest]
    /// Where photos and files are when they are not in the backup; holds a key, as the backup does anyway.
    var fileStore: String?
    var blobs: Int
    var blobBytes: Int

    static func read(_ folder: String) throws -> BackupManifest {
        guard let data = FileManager.default.contents(atPath: folder + "/" + name), let manifest = try? JSONDecoder().decode(BackupManifest.self, from: data) else {
            throw Failure(.invalid, "JW-B001", "\(folder) 不是完整的备份（缺少清单）")
        }
        return manifest
    }

    func write(_ folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try BackupFiles.write(Array(try encoder.encode(self)), to: folder + "/" + BackupManifest.name)
    }

    /// - Returns: one line for each file that is not what the manifest says.
    func faults(in folder: String) -> [String] {
        files.compactMap { file in
            guard let found = try? BackupFiles.describe(folder, file.path) else { return "\(file.path) 缺失" }
            return found == file ? nil : "\(file.path) 与清单不符"
        }
    }
}

/// Reading and writing whole files of a backup.
enum BackupFiles {
    static func write(_ bytes: [UInt8], to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600]) else {
            throw Failure(.unavailable, "JW-B002", "无法写入 \(path)", cause: String(cString: strerror(errno)))
        }
    }

    static func describe(_ folder: String, _ path: String) throws -> BackupManifest.File {
        guard let handle = FileHandle(forReadingAtPath: folder + "/" + path) else { throw Failure(.notFound, "JW-B003", "备份缺少 \(path)") }
        defer { try? handle.close() }
        let hasher = SHA256Hasher()
        var bytes = 0
        while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
            hasher.update(Array(part))
            bytes += part.count
        }
        return BackupManifest.File(path: path, bytes: bytes, sha256: hasher.finish().hex)
    }

    /// Every file below a folder, as paths within it, sorted.
    static func paths(below folder: String) -> [String] {
        guard let walker = FileManager.default.enumerator(atPath: folder) else { return [] }
        var paths: [String] = []
        for case let path as String in walker {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: folder + "/" + path, isDirectory: &isFolder), !isFolder.boolValue { paths.append(path) }
        }
        return paths.sorted()
    }

    /// `ab/cd/abcd….`: the name of a stored file is its hash.
    static func blobPath(_ hash: String) -> String { "\(hash.prefix(2))/\(hash.dropFirst(2).prefix(2))/\(hash)" }

    /// The newest whole backup in the same parent folder.
    static func newest(beside folder: String) -> String? {
        let url = URL(fileURLWithPath: folder).standardizedFileURL
        let parent = url.deletingLastPathComponent().path
        let others = ((try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []).filter { $0 != url.lastPathComponent }.map { parent + "/" + $0 }
        return others.compactMap { path in (try? BackupManifest.read(path)).map { (path, $0.madeAt) } }.max { $0.1 < $1.1 }?.0
    }

    static func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
