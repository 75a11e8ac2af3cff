import Exchange
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// 导入: template, upload, every row judged before anything is written, then the run with its progress and its result.
enum ImportPages {
    static let byteLimit = 64 << 20

    @Sendable
    static func ask(_ request: Request, _ desk: LedgerDesk) async throws -> Response { form(desk, findings: []) }

    private static func form(_ desk: LedgerDesk, findings: [FieldFinding]) -> Response {
        var fields = [
            FormField(
                "file", desk.context.text("表格文件", "Sheet"), .file(accept: ".xlsx,.csv", isMultiple: false), isRequired: true,
                help: desk.context.text("xlsx 或 csv，第一行为表头；最多 20 万行", "xlsx or csv with a header row"), isWide: true),
            FormField(
                "badRows", desk.context.text("有问题的行", "Bad rows"),
                .radio([Choice("refuseAll", desk.context.text("有一行有问题就整份不导入", "Refuse the whole file")), Choice("skip", desk.context.text("跳过有问题的行，导入其余行", "Skip them"))]),
                value: "refuseAll",
                isRequired: true, isWide: true),
        ]
        if !desk.ledger.uniqueBy.isEmpty {
            let unique = desk.ledger.uniqueBy.map { $0 == "org" ? desk.ledger.owners.title : desk.field($0)?.title ?? $0 }.joined(separator: "＋")
            fields.append(
                FormField(
                    "knownRows", desk.context.text("已登记的记录（按\(unique)判断）", "Known rows"),
                    .radio([Choice("refuse", desk.context.text("视为重复，不导入", "Refuse")), Choice("update", desk.context.text("按表格内容更新，空单元格保持原值", "Update"))]), value: "refuse",
                    isRequired: true, isWide: true))
        }
        let form = Form(
            action: "\(desk.path)/import", sections: [FormSection(nil, fields)], submit: desk.context.text("上传并检查", "Upload and check"), cancel: desk.path, findings: findings,
            context: desk.context)
        let first: Markup = """
            <p>\(desk.context.text("模板含全部可导入的列、填写说明和字典下拉选项。请不要改动表头。", "The template has every column, hints and drop-down lists."))</p>\
            \(ActionButton(desk.context.text("下载模板", "Download template"), .download("\(desk.path)/import/template"), icon: "download"))
            """
        let body: Markup =
            "\(steps(desk, 1))<div class=\"stack\">\(Card(desk.context.text("下载模板并填写", "Fill in the template"), body: first))\(Card(desk.context.text("上传表格", "Upload"), body: "\(form)"))</div>"
        return page(desk, body, status: findings.isEmpty)
    }

    private static func page(_ desk: LedgerDesk, _ body: Markup, status isGood: Bool = true) -> Response {
        Shell.page(
            desk.context.text("导入\(desk.ledger.title)", "Import: \(desk.title)"), crumbs: [Crumb(desk.title, desk.path), Crumb(desk.context.text("导入", "Import"))],
            active: desk.path,
            status: isGood ? .ok : .unprocessableContent, body: body, context: desk.context)
    }

    private static func steps(_ desk: LedgerDesk, _ current: Int) -> Markup {
        let titles = [desk.context.text("上传", "Upload"), desk.context.text("检查", "Check"), desk.context.text("导入", "Import"), desk.context.text("完成", "Done")]
        let items = titles.enumerated().map { index, title -> Markup in
            "<li\(Markup.classes(("is-done", index + 1 < current), ("is-current", index + 1 == current)))\(Markup.flag("aria-current=\"step\"", index + 1 == current))><span>\(index + 1)</span>\(title)</li>"
        }
        return "<ol class=\"steps\">\(items)</ol>"
    }

    @Sendable
    static func template(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let bytes = try await desk.database.read { _ in try desk.engine.template(desk.ledger.name, for: desk.principal) }
        return .download(bytes, filename: "\(desk.ledger.title)导入模板.xlsx", contentType: SheetFormat.xlsx.mediaType)
    }

    @Sendable
    static func upload(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let input = try await request.form(desk.context, limit: byteLimit)
        guard let file = input.files("file").first else { return form(desk, findings: [FieldFinding("file", "required", "请选择要上传的表格", title: "表格文件")]) }
        do {
            let upload = try await take(file, input, desk)
            _ = try await work(desk).start(upload, isDryRun: true)
            return .leave(to: "\(desk.path)/import/\(upload.id)", desk.context)
        } catch let failure as Failure where failure.kind == .invalid && !failure.fields.isEmpty {
            return form(desk, findings: failure.fields)
        }
    }

    private static func work(_ desk: LedgerDesk) -> ImportWork { ImportWork(services: desk.services, ledger: desk.ledger, principal: desk.principal) }

    private static func take(_ file: UploadedFile, _ input: FormInput, _ desk: LedgerDesk) async throws -> ImportUpload {
        let bad = input["badRows"].flatMap(ImportOptions.BadRows.init) ?? .refuseAll
        let known = desk.ledger.uniqueBy.isEmpty ? .refuse : input["knownRows"].flatMap(ImportOptions.KnownRows.init) ?? .refuse
        return try await work(desk).take(file, ImportOptions(badRows: bad, knownRows: known))
    }

    /// For the API: keeps the sheet and starts at once.
    static func start(_ file: UploadedFile, _ input: FormInput, isDryRun: Bool, _ desk: LedgerDesk) async throws -> Int64 {
        try await work(desk).start(take(file, input, desk), isDryRun: isDryRun)
    }

    @Sendable
    static func show(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let upload = try await desk.database.read { try ImportUpload.find(id, desk, in: $0) }
        let (step, content) = try await state(desk, upload)
        let part: Markup = "<div id=\"import-state\">\(steps(desk, step))<div class=\"stack\">\(content)</div></div>"
        if desk.context.here["part"] == "1" { return .html(part) }
        return page(desk, part)
    }

    /// The wizard's step and what it shows.
    private static func state(_ desk: LedgerDesk, _ upload: ImportUpload) async throws -> (Int, Markup) {
        let path = "\(desk.path)/import/\(upload.id)"
        if let outcome = upload.outcome { return (4, result(desk, upload, outcome, path)) }
        if let running = upload.running {
            guard let task = try await desk.services.tasks.task(running, for: desk.principal), !task.state.isEnded else { return (3, try await failed(desk, running)) }
            return (3, progress(desk, task, path))
        }
        if let judgement = upload.judgement { return (2, judged(desk, upload, judgement, path)) }
        if let judging = upload.judging {
            guard let task = try await desk.services.tasks.task(judging, for: desk.principal), !task.state.isEnded else { return (2, try await failed(desk, judging)) }
            return (2, progress(desk, task, path))
        }
        return (2, "\(Notice(.orange, "\(desk.context.text("这份表格还没有检查，请重新上传", "Not checked; upload again"))"))\(again(desk))")
    }

    /// Renews itself every second until the step is over.
    private static func progress(_ desk: LedgerDesk, _ task: LongTask, _ path: String) -> Markup {
        let bar = TaskProgress(id: "import-task", task.title, done: task.progress, total: task.total, note: "\(task.message)", refresh: nil)
        let stop = ActionButton(desk.context.text("取消", "Cancel"), .post("/tasks/\(task.id)/cancel", confirm: desk.context.text("确认取消？", "Cancel?")), icon: "x")
        return """
            <div hx-get="\(path)?part=1" hx-trigger="every 1s" hx-target="#import-state" hx-swap="outerHTML" hx-push-url="false">\(Card(upload(task), body: "\(bar)<p>\(stop)</p>"))</div>\
            <noscript><p><a href="\(path)">刷新查看进度</a></p></noscript>
            """
    }

    private static func upload(_ task: LongTask) -> String { task.kind == "ledger.import" ? "正在导入" : "正在检查" }

    private static func failed(_ desk: LedgerDesk, _ id: Int64) async throws -> Markup {
        let task = try await desk.services.tasks.task(id, for: desk.principal)
        let text = task?.message ?? desk.context.text("任务已结束，没有结果", "The task ended without a result")
        return "\(Notice(.red, "\(text)"))\(again(desk))"
    }

    private static func again(_ desk: LedgerDesk) -> Markup {
        "<p>\(ActionButton(desk.context.text("重新上传", "Upload again"), .link("\(desk.path)/import"), icon: "upload"))</p>"
    }

    private static func judged(_ desk: LedgerDesk, _ upload: ImportUpload, _ summary: ImportSummary, _ path: String) -> Markup {
        let mayRun = summary.good > 0 && (summary.bad == 0 || upload.options.badRows == .skip)
        let cards = Grid(
            .thirds,
            [
                "\(StatCard(desk.context.text("总行数", "Rows"), Figure.grouped(summary.total), icon: "rows"))",
                "\(StatCard(desk.context.text("可导入", "Good"), Figure.grouped(summary.good), tone: .good, icon: "check"))",
                "\(StatCard(desk.context.text("有问题", "Bad"), Figure.grouped(summary.bad), tone: summary.bad > 0 ? .red : .neutral, icon: "alert"))",
            ])
        var out: Markup = "\(cards)"
        if summary.bad > 0 { out += bad(desk, summary, path) }
        if summary.bad > 0, upload.options.badRows == .refuseAll {
            out += "\(Notice(.orange, "\(desk.context.text("您选择了“有一行有问题就整份不导入”。请修正后重新上传，或改选“跳过有问题的行”。", "Mend the bad rows and upload again."))"))"
        } else if summary.total == 0 {
            out += "\(Notice(.orange, "\(desk.context.text("表格里没有数据行", "The sheet has no rows"))"))"
        }
        let run = ActionButton(
            desk.context.text("确认导入 \(Figure.grouped(summary.good)) 行", "Import \(summary.good) rows"), .post("\(path)/run", confirm: nil), icon: "check", style: .primary)
        return out
            + "<div class=\"form-foot\">\(Markup.when(mayRun, "\(run)"))\(ActionButton(desk.context.text("重新上传", "Upload again"), .link("\(desk.path)/import"), icon: "upload"))</div>"
    }

    private static func bad(_ desk: LedgerDesk, _ summary: ImportSummary, _ path: String) -> Markup {
        let rows = summary.rows.map { TableRow(["\($0.number)", "\($0.message)"]) }
        let columns = [Web.Column("", desk.context.text("行号", "Row"), align: .end), Web.Column("", desk.context.text("问题", "What is wrong"), isWrapping: true)]
        let more: Markup = summary.bad > summary.rows.count ? "<p class=\"field-help\">只显示前 \(summary.rows.count) 行，全部问题见问题清单。</p>" : .empty
        let download: Markup = summary.report == nil ? .empty : "\(ActionButton(desk.context.text("下载问题清单", "Download report"), .download("\(path)/report"), icon: "download"))"
        return
            "\(Card(desk.context.text("有问题的行", "Bad rows"), actions: download, isFlush: true, body: "\(DataTable(id: "bad-rows", columns: columns, rows: rows, address: desk.context.here, hasTools: false))\(more)"))"
    }

    private static func result(_ desk: LedgerDesk, _ upload: ImportUpload, _ summary: ImportSummary, _ path: String) -> Markup {
        var out: Markup = "\(Notice(summary.isKept ? .good : .red, "<strong>\(upload.fileName)</strong>：\(summary.text)"))"
        out +=
            "\(Grid(.quarters, ["\(StatCard("新增", Figure.grouped(summary.created), tone: .good))", "\(StatCard("更新", Figure.grouped(summary.updated), tone: .info))", "\(StatCard("未变", Figure.grouped(summary.unchanged)))", "\(StatCard("有问题", Figure.grouped(summary.bad), tone: summary.bad > 0 ? .red : .neutral))"]))"
        if summary.bad > 0 { out += bad(desk, summary, path) }
        return out
            + "<div class=\"form-foot\">\(ActionButton(desk.context.text("查看台账", "To the ledger"), .link(desk.path), icon: "list", style: .primary))\(ActionButton(desk.context.text("继续导入", "Import more"), .link("\(desk.path)/import"), icon: "upload"))</div>"
    }

    @Sendable
    static func run(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let upload = try await desk.database.read { try ImportUpload.find(id, desk, in: $0) }
        guard upload.running == nil else { return .leave(to: "\(desk.path)/import/\(id)", desk.context) }
        guard let judgement = upload.judgement, judgement.good > 0, judgement.bad == 0 || upload.options.badRows == .skip else {
            throw Failure(.conflict, "JW-L424", "这份表格没有可导入的行，请修正后重新上传")
        }
        _ = try await work(desk).start(upload, isDryRun: false)
        return .leave(to: "\(desk.path)/import/\(id)", desk.context)
    }

    @Sendable
    static func report(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let upload = try await desk.database.read { try ImportUpload.find(id, desk, in: $0) }
        guard let blob = (upload.outcome ?? upload.judgement)?.report, let bytes = try await desk.services.blobs.read(blob) else { throw Failure.notFound("问题清单") }
        return .download(bytes, filename: "\(desk.ledger.title)-问题数据.xlsx", contentType: SheetFormat.xlsx.mediaType)
    }
}
