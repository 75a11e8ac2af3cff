import Exchange
import Identity
import Kernel
import Schedules
import Storage
import Web

/// Judging and running an uploaded sheet, each as a long task.
struct ImportWork: Sendable {
    let services: LedgerServices
    let ledger: LedgerDeclaration
    let principal: Principal

    /// Keeps the sheet and begins to judge it.
    ///
    /// - Throws: `.invalid` for what is no sheet at all.
    func take(_ file: UploadedFile, _ options: ImportOptions) async throws -> ImportUpload {
        let isSheet =
            file.bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || String(validating: file.bytes.prefix(4096), as: UTF8.self) != nil || file.filename.lowercased().hasSuffix(".csv")
        guard !file.bytes.isEmpty, isSheet else { throw Failure.invalid([FieldFinding("file", "format", "不是 xlsx 或 csv 表格，请用模板填写", title: "表格文件")]) }
        let blob = try await services.blobs.put(file.bytes)
        let now = services.clock.now
        let name = String(file.filename.prefix(200))
        return try await services.database.write { transaction in
            let id = try transaction.insert(
                """
                INSERT INTO ledger_uploads (ledger, user_id, file_name, blob, bad_rows, known_rows, created_at)
                VALUES (\(ledger.name), \(principal.id), \(name), \(blob.hash), \(options.badRows.rawValue), \(options.knownRows.rawValue), \(now))
                """)
            guard let row = try transaction.first("SELECT * FROM ledger_uploads WHERE id = \(id)") else { throw Failure.notFound("该次导入") }
            return ImportUpload(row)
        }
    }

    /// - Returns: the task.
    func start(_ upload: ImportUpload, isDryRun: Bool) async throws -> Int64 {
        var options = upload.options
        options.isDryRun = isDryRun
        let asked = options
        let title = isDryRun ? "检查导入文件：\(ledger.title)" : "导入\(ledger.title)"
        let task = try await services.tasks.start(kind: isDryRun ? "ledger.import.check" : "ledger.import", title: title, for: principal) { [self] context in
            try await run(upload, asked, context)
        }
        try await services.database.write { transaction in
            if isDryRun {
                try transaction.execute("UPDATE ledger_uploads SET judging = \(task) WHERE id = \(upload.id)")
            } else {
                try transaction.execute("UPDATE ledger_uploads SET running = \(task) WHERE id = \(upload.id)")
            }
        }
        return task
    }

    private func run(_ upload: ImportUpload, _ options: ImportOptions, _ context: LongTaskContext) async throws -> LongTaskResult {
        guard let bytes = try await services.blobs.read(upload.blob, limit: 256 << 20) else { throw Failure.notFound("上传的表格") }
        let path = TemporaryFile.path(bytes.starts(with: [0x50, 0x4B]) ? "xlsx" : "csv")
        defer { TemporaryFile.remove(path) }
        try TemporaryFile.write(bytes, to: path)
        let work = try LedgerImport(services.engine, into: ledger.name, options: options, fileName: upload.fileName, by: principal)
        let report = try await work.run(path: path) { progress in
            try await context.progress(progress.read, "已检查 \(Figure.grouped(progress.read)) 行，发现问题 \(Figure.grouped(progress.bad)) 行")
        }
        let blob = try await reportBlob(report)
        let summary = ImportSummary(report, blob: blob)
        let text = summary.json.text
        try await services.database.write { transaction in
            if options.isDryRun {
                try transaction.execute("UPDATE ledger_uploads SET judgement = \(text) WHERE id = \(upload.id)")
            } else {
                try transaction.execute("UPDATE ledger_uploads SET outcome = \(text) WHERE id = \(upload.id)")
            }
        }
        return LongTaskResult(message: report.summary, blob: blob, name: blob == nil ? nil : "\(ledger.title)-问题数据.xlsx")
    }

    private func reportBlob(_ report: ImportReport) async throws -> String? {
        guard !report.badRows.isEmpty else { return nil }
        let path = TemporaryFile.path("xlsx")
        defer { TemporaryFile.remove(path) }
        // Sheets are written on a database thread: never on the pool that serves requests.
        try await services.database.read { _ in try report.write(path: path) }
        return try await services.blobs.put(TemporaryFile.read(path)).hash
    }
}
