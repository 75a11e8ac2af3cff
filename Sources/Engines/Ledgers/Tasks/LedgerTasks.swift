import Exchange
import Foundation
import Identity
import Kernel
import Schedules
import Storage
import Synchronization

/// Imports and exports that a user waits for beside the request: as long tasks with progress, a way to stop, and a file to download.
package struct LedgerTasks: Sendable {
    package let engine: LedgerEngine
    package let tasks: LongTasks
    package let blobs: any BlobStore

    package init(engine: LedgerEngine, tasks: LongTasks, blobs: any BlobStore) {
        self.engine = engine
        self.tasks = tasks
        self.blobs = blobs
    }

    /// Imports an uploaded sheet. The task's message is the report's summary, its file the sheet of bad rows where there are any.
    ///
    /// - Parameter blob: the SHA-256 of the uploaded file.
    /// - Returns: the task's id.
    package func startImport(into ledger: String, blob: String, fileName: String, options: ImportOptions, by principal: Principal) async throws -> Int64 {
        let work = try LedgerImport(engine, into: ledger, options: options, fileName: fileName, by: principal)
        let title = (options.isDryRun ? "试导入" : "导入") + (engine.declaration(ledger)?.title ?? ledger)
        return try await tasks.start(kind: "ledger.import", title: title, for: principal) { [blobs] context in
            let folder = try TaskFolder()
            try await folder.fill("in", from: blob, blobs)
            let report = try await work.run(path: folder.path("in")) { progress in
                try await context.progress(progress.read, of: nil, "已处理 \(progress.read) 行，有问题 \(progress.bad) 行")
            }
            guard report.bad > 0 else { return LongTaskResult(message: report.summary) }
            try report.write(path: folder.path("out"))
            let stored = try await folder.store("out", in: blobs)
            return LongTaskResult(message: report.summary, blob: stored.hash, name: "问题数据-\(fileName.split(separator: ".").first ?? "导入").xlsx")
        }
    }

    /// Exports the rows of a query under the reader's own scope and masks.
    package func startExport(_ query: LedgerQuery, format: SheetFormat, by principal: Principal) async throws -> Int64 {
        guard let declaration = engine.declaration(query.ledger) else { throw Failure.notFound("台账") }
        let total = try await engine.database.look { [engine] in try engine.count(query, by: principal, in: $0) }
        return try await tasks.start(kind: "ledger.export", title: "导出\(declaration.title)", for: principal, total: total) { [engine, blobs] context in
            let folder = try TaskFolder()
            let rows = try await export(query, format, to: folder.path("out"), by: principal, engine, context)
            let stored = try await folder.store("out", in: blobs)
            return LongTaskResult(message: "共 \(rows) 行", blob: stored.hash, name: "\(declaration.title)-\(engine.clock.today.number).\(format.rawValue)")
        }
    }

    /// The export runs on a database thread, which cannot wait; another task tells how far it is and hands on the wish to stop.
    private func export(_ query: LedgerQuery, _ format: SheetFormat, to path: String, by principal: Principal, _ engine: LedgerEngine, _ context: LongTaskContext) async throws
        -> Int
    {
        let state = ExportState()
        return try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await engine.export(query, format: format, path: path, by: principal) { try state.note($0) }
                } onCancel: {
                    state.stop()
                }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: .milliseconds(500))
                    try await context.progress(state.rows)
                }
            }
            defer { group.cancelAll() }
            guard let rows = try await group.next() ?? nil else { throw CancellationError() }
            return rows
        }
    }
}

/// How far an export is, and whether it should stop.
private final class ExportState: Sendable {
    private let state = Mutex((rows: 0, isStopped: false))

    var rows: Int { state.withLock { $0.rows } }
    func stop() { state.withLock { $0.isStopped = true } }

    func note(_ rows: Int) throws {
        let isStopped = state.withLock { state in
            state.rows = rows
            return state.isStopped
        }
        if isStopped { throw CancellationError() }
    }
}

/// A folder of one task, removed with it.
private final class TaskFolder: Sendable {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "/jianwei-task-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }

    func fill(_ name: String, from hash: String, _ blobs: any BlobStore) async throws {
        guard let reader = try await blobs.open(hash) else { throw Failure.notFound("上传的文件") }
        guard FileManager.default.createFile(atPath: path(name), contents: nil), let file = FileHandle(forWritingAtPath: path(name)) else {
            throw Failure(.unavailable, "JW-L043", "临时文件无法写入")
        }
        defer { try? file.close() }
        var offset = 0
        while offset < reader.size {
            let part = try await reader.read(offset: offset, length: 1 << 20)
            if part.isEmpty { break }
            try file.write(contentsOf: part)
            offset += part.count
        }
    }

    func store(_ name: String, in blobs: any BlobStore) async throws -> Blob {
        guard let file = FileHandle(forReadingAtPath: path(name)) else { throw Failure(.unavailable, "JW-L043", "临时文件无法读取") }
        defer { try? file.close() }
        let writer = try await blobs.writer(limit: 4 << 30)
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { try await writer.append([UInt8](part)) }
        return try await writer.finish()
    }
}
