import ArgumentParser
import Foundation
import Kernel
import Logging
import Storage
import StoragePostgres
import StorageSQLite

/// `jianwei restore FOLDER --data DIR`: a backup into a new data directory, every byte compared with the manifest.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "restore", abstract: "Restore a backup into a new data directory.")

    @Argument(help: "The folder of the backup.") var folder: String
    @Option(help: "The new data directory; must not hold one already.") var data: String
    @Option(help: "For a backup of PostgreSQL: postgres://user@host/name of an empty database.") var database: String?
    @Option(help: "The code of an approved request (系统 → 备份与演练 → 恢复审批).") var approval: String?
    @Option(help: "Without an approval, when nobody can give one because nothing runs: the reason, which the restored books will show.") var emergency: String?

    func run() async throws {
        let began = Clock.system.now
        let request: String
        if let approval {
            request = "申请 \(try RestoreApproval.check(approval, for: folder, at: began))"
        } else {
            guard let emergency, emergency.count >= 4 else {
                throw ValidationError("restoring wants --approval CODE, given under 系统 → 备份与演练 → 恢复审批; where nothing runs that could give one: --emergency 'why'")
            }
            request = "紧急恢复（未经批准）：\(emergency.prefix(500))"
        }
        let restore = Restore(folder: folder, directory: data, database: database)
        let manifest = try await restore.run()
        try RestoreNote(folder: folder, request: request, beganAt: began.milliseconds, seconds: Int64(Clock.system.now.seconds(since: began))).write(data)
        print("已恢复到 \(data)：\(manifest.blobs) 个文件。请核对：jianwei verify --data \(data)")
    }
}

/// `jianwei drill FOLDER`: proves a backup by restoring it into a scratch place and running every check of `verify` on it.
struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "drill", abstract: "Prove a backup: restore it into a scratch place and verify everything.")

    @Argument(help: "The folder of the backup.") var folder: String
    @Option(help: "Where there is room for a copy; removed afterwards.") var scratch = NSTemporaryDirectory() + "/jianwei-drill-" + UUID().uuidString
    @Option(help: "For a backup of PostgreSQL: an empty scratch database; what is restored stays in it.") var database: String?

    func run() async throws {
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let started = Clock.system.now
        let manifest = try await Restore(folder: folder, directory: scratch, database: database).run()
        let restored = Clock.system.now
        var logger = Logger(label: "jianwei.drill") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let installation = try await Installation.open(scratch, logger: logger)
        var isWhole = true
        for check in Verification.checks {
            let findings = try await check.run(installation)
            isWhole = isWhole && findings.differences.isEmpty
            print("\(findings.differences.isEmpty ? "一致" : "不一致")  \(check.title)：\(findings.summary)")
            for difference in findings.differences.prefix(20) { print("        \(difference)") }
        }
        await installation.database.close()
        print("恢复 \(Int(restored.seconds(since: started))) 秒，核对 \(Int(Clock.system.now.seconds(since: restored))) 秒；备份时间 \(Moment(milliseconds: manifest.madeAt).text)")
        print(isWhole ? "演练通过：这份备份可以恢复" : "演练未通过")
        if !isWhole { throw ExitCode(1) }
    }
}

/// The work of both commands.
struct Restore: Sendable {
    let folder: String
    let directory: String
    let database: String?

    /// - Throws: `Failure` `.conflict` `JW-B010` where the directory is in use, `.invalid` `JW-B011` when the backup is damaged, `JW-B012` when what was restored differs.
    func run() async throws -> BackupManifest {
        let manifest = try BackupManifest.read(folder)
        for name in ["/jianwei.sqlite", "/placement", "/keys"] where FileManager.default.fileExists(atPath: directory + name) {
            throw Failure(.conflict, "JW-B010", "\(directory) 已是数据目录，请恢复到新目录")
        }
        let faults = manifest.faults(in: folder)
        guard faults.isEmpty else { throw Failure(.invalid, "JW-B011", "备份已损坏：" + faults.joined(separator: "；")) }
        try BackupFiles.makeFolder(directory)
        for file in manifest.files where file.path.hasPrefix("keys/") {
            try BackupFiles.makeFolder(directory + "/keys")
            try FileManager.default.copyItem(atPath: folder + "/" + file.path, toPath: directory + "/" + file.path)
        }
        try restoreBlobs()
        if let store = manifest.fileStore { _ = try Placement.resolve(directory, blobs: store) }
        if manifest.kind == "sqlite" { try await restoreEmbedded(manifest) } else { try await restorePostgres() }
        return manifest
    }

    private func restoreBlobs() throws {
        let text = try String(contentsOfFile: folder + "/blobs.txt", encoding: .utf8)
        for line in text.split(separator: "\n") {
            let hash = String(line.prefix(64))
            let path = BackupFiles.blobPath(hash)
            guard try BackupFiles.describe(folder, "blobs/" + path).sha256 == hash else { throw Failure(.invalid, "JW-B011", "备份已损坏：文件 \(hash)") }
            try BackupFiles.makeFolder(directory + "/blobs/\(path.prefix(5))")
            try FileManager.default.copyItem(atPath: folder + "/blobs/" + path, toPath: directory + "/blobs/" + path)
        }
    }

    private func restoreEmbedded(_ manifest: BackupManifest) async throws {
        let path = directory + "/jianwei.sqlite"
        if manifest.files.contains(where: { $0.path == "jianwei.sqlite" }) {
            try FileManager.default.copyItem(atPath: folder + "/jianwei.sqlite", toPath: path)
        } else {
            try BackupSegments.join(manifest, in: folder, to: path)
        }
        let restored = try SQLiteDatabase(path: path)
        let tables = try await restored.read(within: .seconds(86_400)) { reader in
            try SchemaIntrospection.tables(reader).reduce(into: [String: TableDigest]()) { $0[$1.name] = try TableDigest.of($1, in: reader) }
        }
        await restored.close()
        guard tables == manifest.tables else { throw Failure(.unexpected, "JW-B012", "恢复后的数据与清单不一致") }
    }

    private func restorePostgres() async throws {
        guard let database else { throw Failure(.invalid, "JW-B013", "这是 PostgreSQL 的备份，请用 --database 指定一个空库") }
        try await PostgresTools.restore(folder + "/database.dump", to: database)
        _ = try Placement.resolve(directory, database: database)
    }
}
