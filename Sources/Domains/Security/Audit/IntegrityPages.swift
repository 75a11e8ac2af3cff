import Features
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// D17.4.1 数据完整性: what is kept whole, when it was compared, what did not fit and what came of it.
struct IntegrityPages: Sendable {
    let platform: Platform
    static let path = "/security/integrity"

    func add(to routes: Routes) {
        let manage = RoutePermission.named(IntegrityBook.permission)
        routes.get(Self.path, permission: manage, use: list)
        routes.post(Self.path + "/check", permission: manage, use: check)
        routes.get(Self.path + "/{id}/settle", permission: manage) { _, context in try await form(nil, [], context) }
        routes.post(Self.path + "/{id}/settle", permission: manage, isDangerous: true, use: settle)
    }

    private var book: IntegrityBook { platform.identity.integrity }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        var conditions: [SQL] = ["1 = 1"]
        if let before = window.before { conditions.append("id < \(before)") }
        if let kind = context.here["kind"] { conditions.append("kind = \(kind)") }
        switch context.here["state"] {
        case "open": conditions.append("settled_at IS NULL")
        case "settled": conditions.append("settled_at IS NOT NULL")
        default: break
        }
        let condition = SQL.all(of: conditions)
        let (found, subjects) = try await platform.database.read { reader in
            (try book.faults(where: condition, limit: window.limit, reader), try standings(reader))
        }
        let (shown, pager) = window.newest(found) { $0.id }
        let rows = shown.map { row($0) }
        let columns = [
            Column("kind", "数据"), Column("object", "编号", align: .end), Column("reason", "异常", isWrapping: true), Column("found", "发现时间"), Column("state", "处置"),
            Column("note", "核查结论", isWrapping: true),
        ]
        let kinds = book.declared.map { Choice($0.kind, $0.title) } + book.declaredRuns.map { Choice($0.kind, $0.title) }
        let list = ListPage(
            "数据完整性", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("数据完整性")], id: "faults", columns: columns,
            filters: [.choice("kind", "数据", kinds, context), .choice("state", "处置", [Choice("open", "待处置"), Choice("settled", "已处置")], context)],
            empty: "没有发现异常。受保护的数据被绕过平台改动、新增或删除时，会出现在这里并报警",
            actions: "\(ActionButton("立即核验", .post(Self.path + "/check", confirm: nil), icon: "refresh"))", above: "\(Card("受保护的数据", isFlush: true, body: "\(subjects)"))")
        return list.response(rows, pager, context)
    }

    private func standings(_ reader: any Reader) throws -> DataTable {
        var sealed: [String: Int64] = [:]
        for row in try reader.rows("SELECT kind, count(*) AS n FROM integrity_seals GROUP BY kind") { sealed[row.text("kind") ?? ""] = row.int("n") }
        for row in try reader.rows("SELECT kind, sum(row_count) AS n FROM integrity_blocks GROUP BY kind") { sealed[row.text("kind") ?? ""] = row.int("n") }
        var open: [String: Int64] = [:]
        for row in try reader.rows("SELECT kind, count(*) AS n FROM integrity_faults WHERE settled_at IS NULL GROUP BY kind") { open[row.text("kind") ?? ""] = row.int("n") }
        func line(_ kind: String, _ title: String, isReady: Bool, each: String) throws -> TableRow {
            let at = try book.comparedAt(kind, reader), faults = open[kind] ?? 0
            let state: Markup =
                !isReady ? "\(Badge("正在加校验值", .info))" : faults > 0 ? "\(Badge("\(faults) 项异常", .red, isDot: true))" : "\(Badge("一致", .good, isDot: true))"
            return TableRow(
                id: kind, ["\(title)", "\(each)", "\(Figure.grouped(Int(sealed[kind] ?? 0)))", state, at.map { "\($0)" } ?? "<span class=\"muted\">尚未走完第一遍</span>"],
                path: PageAddress(Self.path, ["kind": kind, "state": "open"]).text)
        }
        let rows =
            try book.declared.map { try line($0.kind, $0.title, isReady: try book.isAdopted($0.kind, reader), each: "逐条") }
            + book.declaredRuns.map { try line($0.kind, $0.title, isReady: true, each: "每万条一段") }
        return DataTable(
            id: "subjects",
            columns: [
                Column("title", "数据"), Column("each", "校验方式"), Column("sealed", "已加校验值", align: .end), Column("state", "状态"), Column("at", "最近核验完成"),
            ], rows: rows, address: PageAddress(Self.path), hasTools: false)
    }

    private func row(_ fault: IntegrityFault) -> TableRow {
        let state: Markup = fault.settledAt.map { at -> Markup in "\(fault.settledBy ?? "") \(at)" } ?? "\(Badge("待处置", .red, isDot: true))"
        let settle = ActionButton("处置", .dialog("\(Self.path)/\(fault.id)/settle"), icon: "edit", style: .quiet)
        return TableRow(
            id: String(fault.id), ["\(book.title(of: fault.kind))", "\(fault.object)", "\(fault.reason.title)", "\(fault.foundAt)", state, "\(fault.note ?? "")"],
            actions: fault.settledAt == nil ? "\(settle)" : .empty)
    }

    @Sendable func check(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (compared, faults) = try await IntegrityWatch(platform: platform).run(parts: 20)
        let words = faults == 0 ? "核验 \(compared) 项，没有新的异常" : "核验 \(compared) 项，新发现 \(faults) 项异常"
        try await platform.database.write { [audit = platform.audit] tx in try audit.record(AuditEntry("check", "integrity", "*", "人工核验数据完整性：\(words)"), by: principal, in: tx) }
        return Shell.refreshed(words, context: context, request: request)
    }

    private func form(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let id = try context.id()
        guard let fault = try await platform.database.read({ try book.faults(where: "id = \(id)", limit: 1, $0) }).first else { throw Failure.notFound("完整性异常") }
        let fields = [
            FormField("what", "异常", .shown("\(book.title(of: fault.kind)) #\(fault.object)，\(fault.reason.title)，发现于 \(fault.foundAt.text)"), isWide: true),
            FormField(
                "note", "核查结论", .textArea(rows: 3), value: input?["note"], isRequired: true, help: "写明查明的原因和已采取的措施。提交后以数据的现状重新加校验值；数据有误的，请先通过平台更正", maxLength: 300, isWide: true),
        ]
        let form = Form(action: "\(Self.path)/\(id)/settle", sections: [FormSection(nil, fields)], submit: "处置完成", cancel: Self.path, findings: findings, context: context)
        return Shell.form("处置完整性异常", crumbs: [Crumb(SecurityMenu.group), Crumb("数据完整性", Self.path), Crumb("处置")], active: Self.path, form, context: context)
    }

    @Sendable func settle(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let (id, principal, audit) = (try context.id(), try context.signedIn(), platform.audit)
        let note = (input["note"] ?? "").trimmedSpaces
        do {
            try await platform.database.write { [book] tx in try book.settle(id, note: note, audit: audit, by: principal, in: tx) }
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(input, failure.fields, context)
        }
        return Shell.done("已处置", to: Self.path, context: context)
    }
}
