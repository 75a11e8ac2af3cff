import Foundation
import Kernel
import Storage
import StorageSQLite

/// D16.4.1, D17.8.1: before a newer program changes a database that holds something, the database and the keys are kept as they are. Photos and files need no copy: nothing is removed from them by a migration.
enum UpgradeBackup {
    static let folder = "before-upgrade"
    private static let copies = 2

    /// - Parameter pending: the migrations that will be applied; none, or all of them (an empty database), make no copy.
    /// - Returns: where the copy is.
    static func make(_ pending: [Migration], of all: Int, database: any Database, placement: Placement, directory: String, now: Moment) async throws -> String? {
        guard let first = pending.first, pending.count < all else { return nil }
        let target = "\(directory)/\(folder)/\(first.id)"
        try BackupFiles.makeFolder(target)
        try? FileManager.default.removeItem(atPath: target + "/" + BackupManifest.name)
        var files: [BackupManifest.File] = []
        var tables: [String: TableDigest] = [:]
        if let address = placement.database {
            try await PostgresTools.dump(address, to: target + "/database.dump")
            files.append(try BackupFiles.describe(target, "database.dump"))
        } else if let embedded = database as? SQLiteDatabase {
            try await embedded.backup(to: target + "/jianwei.sqlite")
            let copy = try SQLiteDatabase(path: target + "/jianwei.sqlite")
            tables = try await copy.read(within: .seconds(86_400)) { reader in
                try SchemaIntrospection.tables(reader).reduce(into: [String: TableDigest]()) { $0[$1.name] = try TableDigest.of($1, in: reader) }
            }
            await copy.close()
            files.append(try BackupFiles.describe(target, "jianwei.sqlite"))
        }
        let keys = (placement.shared ?? directory) + "/keys"
        for path in BackupFiles.paths(below: keys) {
            try BackupFiles.makeFolder(target + "/keys")
            try? FileManager.default.removeItem(atPath: target + "/keys/" + path)
            try FileManager.default.copyItem(atPath: keys + "/" + path, toPath: target + "/keys/" + path)
            files.append(try BackupFiles.describe(target, "keys/" + path))
        }
        try BackupFiles.write([], to: target + "/blobs.txt")
        files.append(try BackupFiles.describe(target, "blobs.txt"))
        try BackupManifest(
            madeAt: now.milliseconds, kind: placement.database == nil ? "sqlite" : "postgres", files: files, tables: tables, fileStore: placement.blobs, blobs: 0, blobBytes: 0
        ).write(target)
        try thin(directory + "/" + folder)
        return target
    }

    private static func thin(_ parent: String) throws {
        let kept = try FileManager.default.contentsOfDirectory(atPath: parent).sorted()
        for name in kept.dropLast(copies) { try FileManager.default.removeItem(atPath: parent + "/" + name) }
    }
}
