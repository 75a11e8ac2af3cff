import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 打印文书: a case is called by its number, its paper is shown and printed; the wording is the office's own. And attachments, shown without a program for each kind.
struct PaperPages: Sendable {
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        routes.get("/reports/forms", permission: build, use: list)
        routes.get("/reports/forms/{id}", permission: build, use: show)
        routes.get("/reports/forms/{id}/file", permission: build, use: file)
        routes.get("/reports/forms/{id}/edit", permission: .named(ReportPermission.design), use: editForm)
        routes.post("/reports/forms/{id}/edit", permission: .named(ReportPermission.design), use: edit)
        routes.get("/reports/preview/{sha}", permission: .signedIn, use: preview)
    }

    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let items = try await engine.database.read { [engine] in try engine.items(.form, keyword: context.here["q"], by: principal, in: $0) }
        let rows = items.map { item -> TableRow in
            let template = PaperTemplate(item.body)
            let actions: Markup =
                context.may(ReportPermission.design) && item.mayBeChanged(by: principal)
                ? "\(ActionButton("修改内容", .link("/reports/forms/\(item.id)/edit"), icon: "edit", style: .quiet))" : .empty
            return TableRow(
                id: String(item.id), ["\(item.title)", "\(template.flatMap { engine.paperSource($0.source)?.title })", "\(item.note)", "\(item.updatedAt)"],
                path: "/reports/forms/\(item.id)",
                actions: actions)
        }
        let table = DataTable(
            id: "forms", columns: [Column("title", "文书", isWrapping: true), Column("source", "用于"), Column("note", "说明", isWrapping: true), Column("updatedAt", "修改时间")],
            rows: rows,
            address: context.here, empty: "没有文书模板", hasTools: false)
        let search = SearchForm(action: "/reports/forms", fields: [FormField("q", "名称", .text, value: context.here["q"])], table: "forms")
        return Shell.page(
            "打印文书", crumbs: [Crumb("统计报表"), Crumb("打印文书")], active: "/reports/forms", body: "\(ReportFace.styles(context))\(search)\(Card(isFlush: true, body: "\(table)"))",
            context: context)
    }

    private func found(_ context: WebContext) async throws -> (item: ReportItem, template: PaperTemplate) {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let item = try await engine.database.read { [engine] in try engine.item(id, [.form], by: principal, in: $0) }
        guard let template = PaperTemplate(item.body) else { throw Failure.notFound("该文书") }
        return (item, template)
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (item, template) = try await found(context)
        let number = context.here["number"]
        var answer: Markup = "\(EmptyState("请输入事项编号", hint: "编号在事项页面的标题处", icon: "file"))"
        if let number {
            let filled = try await engine.database.read { [engine] in try engine.paper(template, number: number, by: principal, in: $0) }
            if let (subject, words) = filled {
                let print: Markup =
                    OfficeProgram.isInstalled
                    ? "\(ActionButton("下载 PDF", .download(PageAddress("/reports/forms/\(item.id)/file", [.init("number", number)]).text), icon: "print", style: .primary))"
                    : "<span class=\"muted\">\(OfficeProgram.missing.message)</span>"
                answer =
                    "<div class=\"report-tools\"><strong>\(subject.number) \(subject.title)</strong><div class=\"row-flex\">\(print)</div></div>\(PaperPages.page(template, words))"
            } else {
                answer = "\(Notice(.orange, "没有编号为“\(number)”的事项，或不在您的查看范围内。"))"
            }
        }
        let search = SearchForm(
            action: "/reports/forms/\(item.id)", fields: [FormField("number", "事项编号", .text, value: number, placeholder: "如 FY20261121-0001")], table: "report-answer")
        return Shell.page(
            item.title, crumbs: [Crumb("统计报表"), Crumb("打印文书", "/reports/forms"), Crumb(item.title)], active: "/reports/forms",
            body: "\(ReportFace.styles(context))\(search)<div id=\"report-answer\" class=\"stack\">\(answer)</div>", context: context)
    }

    static func page(_ template: PaperTemplate, _ words: [String: String]) -> Markup {
        let lines = template.lines.map { line -> Markup in
            func filled(_ text: String) -> String { PaperTemplate.filled(text, words) }
            switch line {
            case .title(let text): return "<h2 class=\"is-center\">\(filled(text))</h2>"
            case .right(let text): return "<p class=\"is-end\">\(filled(text))</p>"
            case .paragraph(let text): return "<p>　　\(filled(text))</p>"
            case .row(let cells): return "<table><tbody><tr>\(cells.map { cell -> Markup in "<td>\(filled(cell))</td>" })</tr></tbody></table>"
            case .seal: return template.sealName.isEmpty ? .empty : "<p class=\"is-end muted\">（印章：\(template.sealName)）</p>"
            case .code: return "<p class=\"muted\">（二维码）</p>"
            case .gap: return "<p>　</p>"
            }
        }
        return "<article class=\"report-preview report-paper\">\(lines)</article>"
    }

    @Sendable
    func file(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (item, template) = try await found(context)
        let settings = context.site.settings
        let address = settings.publicAddress.isEmpty ? "\(settings.isSecure ? "https" : "http")://\(request.head.authority ?? "localhost")" : settings.publicAddress
        let (number, pdf) = try await engine.printed(template, number: context.here["number"] ?? "", address: address, by: principal)
        return .download(pdf, filename: "\(item.title)-\(number).pdf", contentType: ReportFormat.pdf.mediaType)
    }

    // MARK: Wording

    private func editor(_ item: ReportItem, _ template: PaperTemplate, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let words = (engine.paperSource(template.source)?.words ?? []).map { "{\($0.word)}" } + PaperTemplate.common.map { "{\($0)}" }
        let help = "# 标题；> 靠右；| 甲 | 乙 | 表格行；{印章} 盖在下一个靠右的行上；{二维码} 单独一行。可用：" + words.joined(separator: " ")
        let fields = [
            FormField("title", "名称", .text, value: item.title, isRequired: true, maxLength: 60),
            FormField("seal", "印章上的单位（演示章）", .text, value: template.sealName, help: "空为不盖章。程序只绘制带“演示”字样的章", maxLength: 40),
            FormField("text", "内容", .textArea(rows: 24), value: template.text, isRequired: true, help: help, maxLength: 20_000, isWide: true),
        ]
        let form = Form(action: "/reports/forms/\(item.id)/edit", sections: [FormSection(nil, fields)], cancel: "/reports/forms/\(item.id)", findings: findings, context: context)
        return Shell.form(
            "修改“\(item.title)”", crumbs: [Crumb("统计报表"), Crumb("打印文书", "/reports/forms"), Crumb(item.title, "/reports/forms/\(item.id)"), Crumb("修改")], active: "/reports/forms",
            form, context: context)
    }

    @Sendable
    func editForm(request: Request, context: WebContext) async throws -> Response {
        let (item, template) = try await found(context)
        guard item.mayBeChanged(by: try context.signedIn()) else { throw Failure.forbidden("修改他人的文书模板") }
        return editor(item, template, [], context)
    }

    @Sendable
    func edit(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (item, old) = try await found(context)
        let form = try await request.form(context, limit: 256 << 10)
        let template = PaperTemplate(source: old.source, text: form["text"] ?? "", sealName: form["seal"] ?? "")
        do {
            if let source = engine.paperSource(template.source) {
                let findings = template.findings(source)
                guard findings.isEmpty else { throw Failure.invalid(findings) }
            }
            try await engine.database.write { [engine] tx in try engine.change(item, title: form["title"] ?? "", body: template.json, by: principal, in: tx) }
            return Shell.done("已保存", to: "/reports/forms/\(item.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return editor(item, template, failure.fields, context)
        }
    }

    // MARK: Attachments

    /// A stored file that some row the reader may see names: pictures and PDF as they are, office files as PDF.
    @Sendable
    func preview(request: Request, context: WebContext) async throws -> Response {
        let (sha, principal) = (try context.path("sha").lowercased(), try context.signedIn())
        let mayRead = try await engine.database.read { [engine] in try engine.ledgers.mayRead(file: sha, by: principal, in: $0) }
        guard mayRead, let file = try await engine.blobs.open(sha) else { throw Failure.notFound("附件") }
        guard file.size <= 50 << 20 else { throw Failure(.tooLarge, "JW-R060", "附件超过 50 MB，请下载后查看") }
        let bytes = try await file.read(offset: 0, length: file.size)
        switch AttachmentKind(bytes, named: context.here["name"] ?? "") {
        case .picture(let type): return .bytes(bytes, contentType: type, cacheSeconds: 600)
        case .pdf: return .bytes(bytes, contentType: ReportFormat.pdf.mediaType, cacheSeconds: 600)
        case .office(let ending):
            return .bytes(try await engine.converted(bytes, ending: ending, to: .pdf, for: principal.id), contentType: ReportFormat.pdf.mediaType, cacheSeconds: 600)
        case .other: throw Failure(.invalid, "JW-R061", "这种附件不能预览，请下载后查看")
        }
    }
}

/// What a stored file is, by its content; its name only tells office files apart.
enum AttachmentKind: Equatable {
    case picture(String)
    case pdf
    case office(String)
    case other

    init(_ bytes: [UInt8], named name: String) {
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .picture("image/jpeg")
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = .picture("image/png")
        } else if bytes.starts(with: Array("%PDF-".utf8)) {
            self = .pdf
        } else if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]), ["docx", "xlsx", "odt", "ods"].contains(ending) {
            self = .office(ending)
        } else if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]), ["doc", "xls"].contains(ending) {
            self = .office(ending)
        } else {
            self = .other
        }
    }
}
