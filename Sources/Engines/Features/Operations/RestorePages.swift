import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 恢复审批 (D16.4.2, D17.8.4): who asked for which backup and why, who approved, the code for the command line, and how it went.
struct RestorePages: Sendable {
    let platform: Platform
    static let path = "/admin/restores"

    private var requests: RestoreRequests { RestoreRequests(database: platform.database, audit: platform.audit, clock: platform.clock) }

    func add(to routes: Routes) {
        let reads = RoutePermission.named(OperationPermission.read)
        let writes = RoutePermission.named(OperationPermission.write)
        let approves = RoutePermission.named(OperationPermission.approve)
        routes.get(Self.path, permission: reads, use: list)
        routes.get("/admin/restores/export", permission: reads, use: export)
        routes.get("/admin/restores/new", permission: writes) { _, context in try await ask([:], [], context) }
        routes.post("/admin/restores", permission: writes, isDangerous: true, use: create)
        routes.get("/admin/restores/{id}", permission: reads) { _, context in try await detail([:], [], context) }
        routes.post("/admin/restores/{id}/approve", permission: approves, isDangerous: true) { request, context in try await decide(true, request, context) }
        routes.post("/admin/restores/{id}/refuse", permission: approves, isDangerous: true) { request, context in try await decide(false, request, context) }
        routes.post("/admin/restores/{id}/close", permission: writes, use: close)
    }

    // MARK: List

    @Sendable private func list(request: Request, context: WebContext) async throws -> Response {
        let address = context.here, window = ListWindow(address)
        let entries = try await platform.database.read { reader in
            try RestoreRequests.page(state: address["state"], keyword: window.keyword, before: window.before, limit: window.limit, in: reader)
        }
        let shown = window.newest(entries, id: \.id)
        let columns = [
            Column("at", "申请时间"), Column("state", "状态"), Column("folder", "备份", isWrapping: true), Column("reason", "原因", isWrapping: true), Column("asked", "申请人"),
            Column("decided", "批准人"), Column("minutes", "用时", align: .end),
        ]
        let rows = shown.rows.map { one -> TableRow in
            TableRow(
                id: String(one.id),
                [
                    "\(one.askedAt)", "\(Self.badge(one.state))", "<span class=\"mono\">\(one.folder)</span>", "\(one.reason)", "\(one.askedName)", "\(one.decidedName ?? "—")",
                    "\(one.minutes.map { "\($0) 分钟" } ?? "—")",
                ], path: "\(Self.path)/\(one.id)")
        }
        let list = ListPage(
            "恢复审批", at: Self.path, crumbs: [Crumb("系统"), Crumb("备份与演练", BackupPages.path), Crumb("恢复审批")], active: BackupPages.path, id: "restores", columns: columns,
            filters: [.keyword(context, "原因、备份或申请人"), .choice("state", "状态", RestoreRequests.State.allCases.map { Choice($0.rawValue, $0.title) }, context)],
            empty: "还没有恢复申请：在“备份与演练”中打开一份备份，点击“申请恢复”", export: "/admin/restores/export")
        return list.response(rows, shown.pager, context)
    }

    @Sendable private func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let entries = try await platform.database.write { [platform] tx in
            let entries = try RestoreRequests.page(state: address["state"], keyword: address["q"], before: nil, limit: 5000, in: tx)
            try platform.audit.record(AuditEntry("export", "restoreRequest", "", "导出恢复申请，共 \(entries.count) 条"), by: principal, in: tx)
            return entries
        }
        let columns = [
            SheetColumn("申请时间", width: 20), SheetColumn("状态"), SheetColumn("备份", width: 60), SheetColumn("原因", width: 60), SheetColumn("恢复到", width: 40), SheetColumn("申请人"),
            SheetColumn("批准人"), SheetColumn("处理时间", width: 20), SheetColumn("意见", width: 40), SheetColumn("用时（分钟）"), SheetColumn("结果", width: 80),
        ]
        let rows = entries.map { one -> [Cell] in
            [
                one.askedAt.map(Cell.moment) ?? .empty, .text(one.state.title), .text(one.folder), .text(one.reason), .text(one.target), .text(one.askedName),
                Cell(one.decidedName),
                one.decidedAt.map(Cell.moment) ?? .empty, Cell(one.decision), Cell(one.minutes), Cell(one.outcome),
            ]
        }
        return try await SheetAnswer(name: "恢复申请-\(platform.clock.today.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }

    // MARK: Asking

    private func ask(_ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let text = entered["run"] ?? context.here["run"] ?? ""
        guard let run = Int64(text),
            let backup = try await platform.database.read({ try $0.first("SELECT folder FROM backup_runs WHERE id = \(run) AND kind = 'backup' AND state = 'done'") })
        else { throw Failure.notFound("该备份") }
        let fields = [
            FormField("run", "备份", .hidden, value: text),
            FormField("reason", "恢复原因", .textArea(rows: 3), value: entered["reason"], isRequired: true, help: "出了什么问题，为什么要用这份备份", maxLength: 500, isWide: true),
            FormField(
                "target", "恢复到", .text, value: entered["target"], isRequired: true, help: "服务器与数据目录；PostgreSQL 还须写明空库", placeholder: "db1 服务器 /var/lib/jianwei.new", maxLength: 200,
                isWide: true),
        ]
        let body: Markup = """
            \(Card(body: "<p>备份：<span class=\"mono\">\(backup.text("folder") ?? "")</span></p><p class=\"muted\">申请由另一人批准后，得到一个批准码；执行恢复的人在命令行输入它。恢复只写入新目录，不会覆盖正在运行的数据。</p>"))\
            \(Card("恢复申请", body: "\(Form(action: Self.path, sections: [FormSection(nil, fields)], submit: "提交申请", cancel: "\(BackupPages.path)/\(run)", findings: findings, context: context))"))
            """
        return Shell.page(
            "申请恢复", crumbs: [Crumb("系统"), Crumb("备份与演练", BackupPages.path), Crumb("申请恢复")], active: BackupPages.path, status: findings.isEmpty ? .ok : .unprocessableContent,
            body: body,
            context: context)
    }

    @Sendable private func create(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        do {
            let id = try await requests.ask(
                run: input["run"].flatMap { Int64($0) } ?? 0, reason: (input["reason"] ?? "").trimmedSpaces, target: (input["target"] ?? "").trimmedSpaces, by: principal)
            return Shell.done("恢复申请已提交，等待另一人批准", to: "\(Self.path)/\(id)", context: context)
        } catch let failure as Failure where !failure.fields.isEmpty {
            var entered: [String: String] = [:]
            for name in ["run", "reason", "target"] { entered[name] = input[name] }
            return try await ask(entered, failure.fields, context)
        }
    }

    // MARK: One request

    private func detail(_ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let one = try await platform.database.read { try RestoreRequests.find(id, in: $0) }
        let facts = DescriptionList([
            .init("状态", "\(Self.badge(one.state))"), .init("申请人", "\(one.askedName)"), .init("申请时间", "\(one.askedAt)"), .init("恢复到", "\(one.target)"),
            .init("备份", "<span class=\"mono\">\(one.folder)</span>", isWide: true), .init("原因", "\(one.reason)", isWide: true), .init("批准人", "\(one.decidedName ?? "—")"),
            .init("处理时间", "\(one.decidedAt)"), .init("意见", "\(one.decision ?? "—")", isWide: true), .init("结束时间", "\(one.endedAt)"),
            .init("用时", "\(one.minutes.map { "\($0) 分钟\($0 <= RestoreRequests.promisedMinutes ? "，在规定时限内" : "，超过规定的 \(RestoreRequests.promisedMinutes) 分钟")" } ?? "—")"),
            .init("结果", "\(one.outcome ?? "—")", isWide: true),
        ])
        var body: Markup = "\(Card(body: "\(facts)"))"
        if one.state == .asked, context.may(OperationPermission.approve) {
            body = one.askedBy == principal.id ? "\(body)\(Notice(.yellow, "本人提出的恢复申请须由他人批准"))" : "\(body)\(decisionForm(one, entered, findings, context))"
        }
        if one.state == .approved { body = "\(body)\(try await code(one))\(context.may(OperationPermission.write) ? closingForm(one, entered, findings, context) : .empty)" }
        return Shell.page(
            "恢复申请 \(id)", crumbs: [Crumb("系统"), Crumb("备份与演练", BackupPages.path), Crumb("恢复审批", Self.path), Crumb("\(id)")], active: BackupPages.path,
            status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    private func decisionForm(_ one: RestoreRequests.Entry, _ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) -> Markup {
        let field = FormField("decision", "意见", .textArea(rows: 2), value: entered["decision"], help: "驳回须写明理由", maxLength: 500, isWide: true)
        let refuse = Form(action: "\(Self.path)/\(one.id)/refuse", sections: [FormSection(nil, [field])], submit: "驳回", findings: findings, context: context)
        let approve = ActionButton("批准恢复", .post("\(Self.path)/\(one.id)/approve", confirm: "批准后 24 小时内可凭批准码恢复这份备份。确定批准？"), icon: "check", style: .primary)
        return "\(Card("处理", body: "<p>\(approve)</p>\(refuse)"))"
    }

    /// Shown to whoever may see the request: without the backup and the server's shell it opens nothing.
    private func code(_ one: RestoreRequests.Entry) async throws -> Markup {
        guard let until = one.validUntil, until > platform.clock.now else { return "\(Notice(.yellow, "批准已过 24 小时，不能再用；需要时请重新申请"))" }
        guard let works = platform.backups?.works else { return .empty }
        do {
            let code = try await works.approve(one.folder, one.id, until)
            let command = "jianwei restore \(one.folder) --data 新目录 --approval \(code)"
            return
                "\(Card("批准码", body: "<p class=\"mono\" id=\"approval-code\">\(code)</p><p class=\"muted\">有效至 \(until)。在服务器上执行：</p><pre class=\"keeps-lines\">\(command)</pre>"))"
        } catch let failure as Failure {
            return "\(Notice(.red, "无法给出批准码：\(failure.message)"))"
        }
    }

    private func closingForm(_ one: RestoreRequests.Entry, _ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) -> Markup {
        let fields = [
            FormField("result", "结果", .radio([Choice("done", "恢复成功"), Choice("failed", "恢复失败")]), value: entered["result"] ?? "done", isRequired: true),
            FormField("minutes", "用时", .number(step: "1"), value: entered["minutes"], isRequired: true, help: "从开始处置到恢复服务", unit: "分钟", minimum: "0", maximum: "100000"),
            FormField("outcome", "过程与核对结果", .textArea(rows: 3), value: entered["outcome"], isRequired: true, maxLength: 1000, isWide: true),
        ]
        return "\(Card("登记结果", body: "\(Form(action: "\(Self.path)/\(one.id)/close", sections: [FormSection(nil, fields)], submit: "登记", findings: findings, context: context))"))"
    }

    private func decide(_ approves: Bool, _ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        do {
            try await requests.decide(id, approves: approves, words: (input["decision"] ?? "").trimmedSpaces, by: principal)
            return Shell.done(approves ? "已批准恢复" : "已驳回", to: "\(Self.path)/\(id)", context: context)
        } catch let failure as Failure where !failure.fields.isEmpty { return try await detail(["decision": input["decision"] ?? ""], failure.fields, context) }
    }

    @Sendable private func close(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        do {
            try await requests.close(
                id, isGood: input["result"] != "failed", minutes: input["minutes"].flatMap { Int64($0) } ?? -1, words: (input["outcome"] ?? "").trimmedSpaces, by: principal)
            return Shell.done("恢复结果已登记", to: "\(Self.path)/\(id)", context: context)
        } catch let failure as Failure where !failure.fields.isEmpty {
            var entered: [String: String] = [:]
            for name in ["result", "minutes", "outcome"] { entered[name] = input[name] }
            return try await detail(entered, failure.fields, context)
        }
    }

    private static func badge(_ state: RestoreRequests.State) -> Markup {
        switch state {
        case .asked: "\(Badge(state.title, .yellow))"
        case .approved: "\(Badge(state.title, .info))"
        case .done: "\(Badge(state.title, .good))"
        case .refused, .failed: "\(Badge(state.title, .red))"
        }
    }
}
