import ArgumentParser
import Foundation
import Kernel
import Storage
import StoragePostgres
import StorageSQLite

/// `jianwei backup --data DIR FOLDER`: everything, while the server runs.
///
/// The database first, then the files it may name: photos are written before the row that names them, so a copy made in this order lacks none. Files already in the folder are not copied again.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "backup", abstract: "Copy database, files and keys of a data directory, running or not.")

    @Option(help: "The data directory.") var data = "data"
    @Argument(help: "The folder of the backup; files of an earlier backup in it, and of the newest one beside it, are reused.") var folder: String
    @Flag(help: "Keep of the embedded database only what has changed since the newest backup beside this one; the rest is linked to it. Each folder is whole all the same.")
    var incremental = false

    func run() async throws {
        let placement = Placement.read(data)
        let shared = placement.shared ?? data
        guard placement.database != nil || FileManager.default.fileExists(atPath: data + "/jianwei.sqlite") else {
            throw ValidationError("\(data) is no data directory of Jianwei")
        }
        let started = Clock.system.now
        let previous = BackupFiles.newest(beside: folder)
        try BackupFiles.makeFolder(folder)
        // From here until the new manifest the folder is not a backup.
        try? FileManager.default.removeItem(atPath: folder + "/" + BackupManifest.name)

        var files: [BackupManifest.File] = []
        let tables: [String: TableDigest]
        if let address = placement.database {
            try await PostgresTools.dump(address, to: folder + "/database.dump")
            files.append(try BackupFiles.describe(folder, "database.dump"))
            tables = [:]
        } else {
            tables = try await copyEmbedded()
            if incremental {
                let segments = try BackupSegments(folder: folder, previous: previous)
                files += try segments.split("jianwei.sqlite")
                print("数据库分 \(segments.count) 段，其中 \(segments.linked) 段与上次相同，未再占用空间")
            } else {
                files.append(try BackupFiles.describe(folder, "jianwei.sqlite"))
            }
        }
        for path in BackupFiles.paths(below: shared + "/keys") {
            try BackupFiles.makeFolder(folder + "/keys")
            let target = folder + "/keys/" + path
            try? FileManager.default.removeItem(atPath: target)
            try FileManager.default.copyItem(atPath: shared + "/keys/" + path, toPath: target)
            files.append(try BackupFiles.describe(folder, "keys/" + path))
        }
        let blobs = try copyBlobs(from: placement.blobs == nil ? shared + "/blobs" : nil, previous: previous)
        files.append(try BackupFiles.describe(folder, "blobs.txt"))
        let manifest = BackupManifest(
            madeAt: started.milliseconds, kind: placement.database == nil ? "sqlite" : "postgres", files: files, tables: tables, fileStore: placement.blobs,
            blobs: blobs.count, blobBytes: blobs.bytes)
        try manifest.write(folder)
        if placement.blobs != nil { print("照片与文件在 S3 对象存储中，不在本备份内，请在对象存储上启用版本保留") }
        print(
            "备份完成：\(folder)，数据库 \(files.filter { !$0.path.hasPrefix("keys/") && $0.path != "blobs.txt" }.reduce(0) { $0 + $1.bytes } >> 10) KB，文件 \(blobs.count) 个（新增 \(blobs.copied) 个），用时 \(Int(Clock.system.now.seconds(since: started))) 秒"
        )
    }

    /// SQLite's own copy of one moment, and what each table holds in it.
    private func copyEmbedded() async throws -> [String: TableDigest] {
        let target = folder + "/jianwei.sqlite"
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: target + suffix) }
        try? FileManager.default.removeItem(atPath: folder + "/" + BackupSegments.folder)
        let source = try SQLiteDatabase(path: data + "/jianwei.sqlite")
        try await source.backup(to: target)
        await source.close()
        let copy = try SQLiteDatabase(path: target)
        let tables = try await copy.read(within: .seconds(86_400)) { reader in
            try SchemaIntrospection.tables(reader).reduce(into: [String: TableDigest]()) { $0[$1.name] = try TableDigest.of($1, in: reader) }
        }
        await copy.close()
        return tables
    }

    /// Copies what the folder lacks and lists everything, one `hash bytes` a line.
    ///
    /// - Parameters:
    ///   - source: nil when files are in an S3 service, which keeps versions of its own.
    ///   - previous: a backup on the same file system that may have them already: what never changes is linked, not copied.
    private func copyBlobs(from source: String?, previous: String?) throws -> (count: Int, bytes: Int, copied: Int) {
        var lines: [String] = []
        var bytes = 0
        var copied = 0
        for path in source.map(BackupFiles.paths) ?? [] {
            let source = source ?? ""
            let hash = String(path.split(separator: "/").last ?? "")
            guard hash.utf8.count == 64, path == BackupFiles.blobPath(hash) else { continue }
            let target = folder + "/blobs/" + path
            let size = try Self.size(source + "/" + path)
            if (try? Self.size(target)) != size {
                try BackupFiles.makeFolder(folder + "/blobs/\(path.prefix(5))")
                let isLinked = previous.map { (try? Self.size("\($0)/blobs/\(path)")) == size && link("\($0)/blobs/\(path)", target) == 0 } ?? false
                if !isLinked {
                    let part = target + ".part"
                    try? FileManager.default.removeItem(atPath: part)
                    try FileManager.default.copyItem(atPath: source + "/" + path, toPath: part)
                    try? FileManager.default.removeItem(atPath: target)
                    try FileManager.default.moveItem(atPath: part, toPath: target)
                    copied += 1
                }
            }
            bytes += size
            lines.append("\(hash) \(size)")
        }
        try BackupFiles.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: folder + "/blobs.txt")
        return (lines.count, bytes, copied)
    }

    private static func size(_ path: String) throws -> Int { (try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue ?? 0 }
}
