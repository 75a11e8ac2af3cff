import Exchange
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Synchronization
import Web

/// 导出: the rows of a query, chosen columns, xlsx or csv. At once where it is small, as a task with progress otherwise.
enum ExportPages {
    /// Rows beyond which an export becomes a task.
    static let direct = 5_000

    @Sendable
    static func ask(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let address = ListAddress.canonical(desk.context.here)
        let query = try desk.query(address)
        let (count, face, preference) = try await desk.database.look(within: .seconds(10)) { reader in
            (
                try desk.engine.count(query, by: desk.principal, in: reader), try desk.face(for: [], linked: ListPage.links(desk, address), in: reader),
                try ListPreference.read(desk, in: reader)
            )
        }
        let conditions = ListFilters(desk: desk, face: face, address: address).conditions.map(\.text)
        let chosen = ListColumns(desk: desk, address: address, remembered: preference.columns).names
        let rows = String(PageAddress("", ListAddress.rows(address)).text.dropFirst())
        let fields = [
            FormField("format", desk.context.text("文件格式", "Format"), .radio([Choice("xlsx", "Excel（xlsx）"), Choice("csv", "CSV（UTF-8）")]), value: "xlsx", isRequired: true),
            FormField("cols", desk.context.text("导出的列", "Columns"), .multiSelect(offered(desk)), values: chosen, isWide: true), FormField("query", "", .hidden, value: rows),
        ]
        let note: Markup = """
            <p>\(desk.context.text("将导出 ", "Rows: "))<strong>\(Figure.grouped(count))</strong>\(desk.context.text(" 条", ""))\
            \(conditions.isEmpty ? desk.context.text("（全部）", " (all)") : "（" + conditions.joined(separator: "；") + "）")\
            \(Markup.when(count > direct, "，\(desk.context.text("数据较多，将在后台生成，可在任务中心下载", "made in the background; see tasks"))"))</p>
            """
        let form = Form(action: "\(desk.path)/export", sections: [FormSection(nil, fields)], submit: desk.context.text("导出", "Export"), cancel: desk.path, context: desk.context)
        return Shell.page(
            desk.context.text("导出\(desk.ledger.title)", "Export: \(desk.title)"), crumbs: [Crumb(desk.title, desk.path), Crumb(desk.context.text("导出", "Export"))],
            active: desk.path,
            body: Shell.framed("\(note)\(form)", desk.context), context: desk.context)
    }

    private static func offered(_ desk: LedgerDesk) -> [Choice] {
        desk.fields.filter { field in
            switch field.kind {
            case .photo, .files: false
            default: true
            }
        }.map { Choice($0.name, $0.label(desk.context)) }
    }

    /// Small exports are sent straight away; a large one is queued and its task shown.
    @Sendable
    static func start(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let input = try await request.form(desk.context)
        let known = Set(offered(desk).map(\.value))
        let columns = input.all("cols").filter(known.contains)
        let format = input["format"].flatMap(SheetFormat.init) ?? .xlsx
        let rows = FormEncoding.pairs(Array((input["query"] ?? "").utf8)).filter { $0.name != "cols" && $0.name != "format" }
        let address = PageAddress(desk.path, rows).with("cols", columns.isEmpty ? nil : columns.joined(separator: ","))
        let query = try desk.query(address)
        let count = try await desk.database.look(within: .seconds(10)) { try desk.engine.count(query, by: desk.principal, in: $0) }
        // What was agreed to runs here and now: the address of the small file would have to be agreed to again.
        guard count > direct || desk.context.site.sessions.asksSecondPerson(for: .massExport) else {
            return .leave(to: PageAddress("\(desk.path)/export/file", address.query).with("format", format.rawValue).text, desk.context)
        }
        let task = try await queue(query, format: format, count: count, desk)
        return .leave(to: "/tasks/\(task)", desk.context)
    }

    static func queue(_ query: LedgerQuery, format: SheetFormat, count: Int, _ desk: LedgerDesk) async throws -> Int64 {
        let services = desk.services
        let principal = desk.principal
        let name = fileName(desk, format)
        return try await services.tasks.start(kind: "ledger.export", title: "导出\(desk.ledger.title)", for: principal, total: count) { context in
            let path = TemporaryFile.path(format.rawValue)
            defer { TemporaryFile.remove(path) }
            let rows = try await ExportRun(services: services, query: query, format: format, path: path, principal: principal, total: count).run(context)
            let blob = try await services.blobs.put(TemporaryFile.read(path))
            return LongTaskResult(message: "共导出 \(Figure.grouped(rows)) 条", blob: blob.hash, name: name)
        }
    }

    /// The file itself, for small exports, chosen rows and the API.
    @Sendable
    static func file(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let address = ListAddress.canonical(desk.context.here)
        if let format = address["format"], SheetFormat(rawValue: format) == nil { throw Failure.invalid([FieldFinding("format", "unknown", "应为 xlsx 或 csv", title: "文件格式")]) }
        let format = address["format"].flatMap(SheetFormat.init) ?? .xlsx
        var query = try desk.query(address)
        if let ids = address["ids"] { query.filters.append(LedgerQuery.Filter("id", .in, ids.split(separator: ",").prefix(BatchPages.most).map(String.init))) }
        let asked = query
        let count = try await desk.database.look(within: .seconds(10)) { try desk.engine.count(asked, by: desk.principal, in: $0) }
        guard count <= direct else { throw Failure(.tooLarge, "JW-L423", "共 \(Figure.grouped(count)) 条，超过直接导出的 \(Figure.grouped(direct)) 条，请缩小范围或在台账页面用后台导出") }
        let path = TemporaryFile.path(format.rawValue)
        defer { TemporaryFile.remove(path) }
        try await desk.engine.export(asked, format: format, path: path, by: desk.principal)
        return .download(try TemporaryFile.read(path), filename: fileName(desk, format), contentType: format.mediaType)
    }

    private static func fileName(_ desk: LedgerDesk, _ format: SheetFormat) -> String { "\(desk.ledger.title)-\(desk.today.text).\(format.rawValue)" }
}

/// One export beside its progress: the engine writes on a database thread, and this tells the task how far it is.
struct ExportRun: Sendable {
    let services: LedgerServices
    let query: LedgerQuery
    let format: SheetFormat
    let path: String
    let principal: Principal
    let total: Int

    func run(_ context: LongTaskContext) async throws -> Int {
        let count = ExportCount()
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Int?.self) { group in
                group.addTask { try await services.engine.export(query, format: format, path: path, by: principal) { try count.reach($0) } }
                group.addTask {
                    while !count.isStopped {
                        try await Task.sleep(for: .milliseconds(500))
                        try await context.progress(count.rows, of: total)
                    }
                    return nil
                }
                defer {
                    count.stop()
                    group.cancelAll()
                }
                while let rows = try await group.next() { if let rows { return rows } }
                throw CancellationError()
            }
        } onCancel: {
            count.stop()
        }
    }
}

/// How far an export is, between the thread that writes and the task that tells.
private final class ExportCount: Sendable {
    private let state = Mutex((rows: 0, isStopped: false))

    var rows: Int { state.withLock { $0.rows } }
    var isStopped: Bool { state.withLock { $0.isStopped } }
    func stop() { state.withLock { $0.isStopped = true } }

    /// - Throws: `CancellationError` when nobody waits for it any more.
    func reach(_ rows: Int) throws {
        let isStopped = state.withLock { state in
            state.rows = rows
            return state.isStopped
        }
        if isStopped { throw CancellationError() }
    }
}
