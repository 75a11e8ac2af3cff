import Features
import Foundation
import Kernel

/// Backups and drills of a running server, each in a process of its own: they may take hours and memory, and the server goes on whatever becomes of them.
enum BackupChild {
    /// - Parameter directory: of the running server.
    static func works(_ directory: String) -> BackupWorks {
        BackupWorks(
            backup: { folder in
                // 周日 0 级: whole on Sundays, on other days only what has changed (D16.4.1).
                let isWhole = Clock.system.today.weekday == 7
                let (status, text) = try await run(["backup", "--data", directory] + (isWhole ? [] : ["--incremental"]) + [folder])
                return BackupWorks.Outcome(isGood: status == 0, message: text, bytes: status == 0 ? size(folder) : nil)
            },
            drill: { folder, database in
                let (status, text) = try await run(["drill", folder] + (database.map { ["--database", $0] } ?? []))
                return BackupWorks.Outcome(isGood: status == 0, message: text)
            },
            thin: thin, approve: { folder, request, until in try RestoreApproval.code(for: folder, request: request, until: until) })
    }

    /// The same program with other words; at its end status and what it said, as far as that is told to an operator.
    private static func run(_ arguments: [String]) async throws -> (status: Int32, text: String) {
        let output = NSTemporaryDirectory() + "/jianwei-child-" + UUID().uuidString
        _ = FileManager.default.createFile(atPath: output, contents: nil, attributes: [.posixPermissions: 0o600])
        defer { try? FileManager.default.removeItem(atPath: output) }
        guard let handle = FileHandle(forWritingAtPath: output) else { throw Failure(.unavailable, "JW-B002", "无法写入临时目录") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        let ended = AsyncStream<Void> { continuation in process.terminationHandler = { _ in continuation.finish() } }
        try process.run()
        await withTaskCancellationHandler {
            for await _ in ended {}
        } onCancel: {
            process.terminate()
        }
        process.waitUntilExit()
        try handle.close()
        let text = String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
        return (process.terminationStatus, String(text.suffix(4000)).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Of the database and all files that the manifest names.
    private static func size(_ folder: String) -> Int64? {
        guard let manifest = try? BackupManifest.read(folder) else { return nil }
        return Int64(manifest.files.reduce(0) { $0 + $1.bytes } + manifest.blobBytes)
    }

    /// Only folders with a manifest whose name is a time are ours to remove.
    private static func thin(_ parent: String, _ copies: Int) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: parent).filter { name in
            name.wholeMatch(of: #/\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}/#) != nil && FileManager.default.fileExists(atPath: "\(parent)/\(name)/\(BackupManifest.name)")
        }
        for name in names.sorted().dropLast(copies) { try FileManager.default.removeItem(atPath: parent + "/" + name) }
    }
}
