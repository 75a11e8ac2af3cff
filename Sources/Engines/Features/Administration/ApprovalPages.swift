import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 双人复核 (D17.2.4): what waits for a second person, what was decided, and the running of what was agreed to.
struct ApprovalPages: Sendable {
    let platform: Platform
    /// Names of settings that features declare, with their titles.
    var titles: [String: String] = [:]

    private var words: ApprovalWords { ApprovalWords(ledgers: platform.ledgers, titles: titles) }

    func add(to routes: Routes) {
        let decides = RoutePermission.named(DualControl.permission)
        routes.get("/approvals", permission: .signedIn, use: list)
        routes.get("/approvals/export", permission: decides, use: export)
        routes.get("/approvals/{id}", permission: .signedIn, use: show)
        routes.post("/approvals/{id}/reason", permission: .signedIn, use: explain)
        routes.post("/approvals/{id}/withdraw", permission: .signedIn, use: withdraw)
        routes.post("/approvals/{id}/approve", permission: decides, isDangerous: true) { try await vote(true, $0, $1) }
        routes.post("/approvals/{id}/refuse", permission: decides, isDangerous: true) { try await vote(false, $0, $1) }
        routes.get("/admin/dual-control", permission: .named("policy.read")) { _, context in try await rules(context, nil, []) }
        routes.post("/admin/dual-control", permission: .named("policy.write"), isDangerous: true, use: Routes.guarded(.settingChange, saveRules))
    }

    static let menu = MenuItem("系统", groupEN: "System", "双人复核", "Second person", icon: "check", path: "/approvals", permission: nil, order: 8933)

    private var control: DualControl { platform.identity.dualControl }

    // MARK: The list

    private func found(_ context: WebContext, limit: Int, before: Int64?) async throws -> [DualApproval] {
        let (address, principal) = (context.here, try context.signedIn())
        return try await platform.database.read { [control] reader in
            try control.page(
                state: address["state"].flatMap(DualApproval.State.init), act: address["act"], keyword: address["q"], mine: address["mine"] == "1", by: principal, before: before,
                limit: limit, reader)
        }
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let before = address["after"].flatMap { Int64($0) }
        let found = try await found(context, limit: size, before: before)
        let now = platform.clock.now
        let rows = found.map { one -> TableRow in
            let cells: [Markup] = [
                "\(one.act?.title)", "\(words.operation(one))", "\(one.userName)", "\(one.createdAt)", "\(one.expiresAt)", "\(badge(one, now))",
            ]
            return TableRow(id: String(one.id), cells, path: "/approvals/\(one.id)")
        }
        let fields = [
            FormField("q", "关键字", .text, value: address["q"], placeholder: "提请人、地址"),
            FormField("state", "状态", .select(DualApproval.State.allCases.map { Choice($0.rawValue, $0.title) }), value: address["state"]),
            FormField("act", "事项", .select(DualAct.all.map { Choice($0.name, $0.title) }), value: address["act"]),
            FormField("mine", "范围", .select([Choice("1", "我提请的")]), value: address["mine"]),
        ]
        let start = address.restarting
        let pager = Pager(
            first: before == nil ? nil : start.text, next: found.count == size ? found.last.map { start.with("after", String($0.id)).text } : nil, size: size, sizes: [20, 50, 100])
        let columns = [
            Column("act", "事项"), Column("path", "操作", isWrapping: true), Column("by", "提请人"), Column("at", "提请时间"), Column("until", "有效期至"), Column("state", "状态"),
        ]
        let table = DataTable(
            id: "approvals", columns: columns, rows: rows, address: address, pager: pager, empty: "没有复核事项。“双人复核事项”中列出的操作，提交后会先出现在这里，经他人同意再由本人执行")
        var actions: Markup = .empty
        if context.may("policy.read") { actions += "\(ActionButton("双人复核事项", .link("/admin/dual-control"), icon: "shield"))" }
        if context.may(DualControl.permission) { actions += "\(ActionButton("导出", .download(PageAddress("/approvals/export", address.restarting.query).text), icon: "download"))" }
        return Shell.page(
            "双人复核", crumbs: [Crumb("系统"), Crumb("双人复核")], active: "/approvals", actions: actions,
            body: "\(SearchForm(action: "/approvals", fields: fields, table: "approvals", visible: 4))\(table)", context: context)
    }

    private func badge(_ one: DualApproval, _ now: Moment) -> Badge {
        if one.isOver(at: now) { return Badge("已过期", .muted) }
        switch one.state {
        case .pending: return Badge(one.state.title, .yellow, isDot: true)
        case .approved: return Badge(one.state.title, .good, isDot: true)
        case .refused: return Badge(one.state.title, .red, isDot: true)
        case .withdrawn, .used: return Badge(one.state.title, .muted, isDot: true)
        }
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let found = try await found(context, limit: 5_000, before: nil)
        let principal = try context.signedIn()
        try await platform.database.write { [platform] tx in
            try platform.audit.record(AuditEntry("export", "dualApproval", "", "导出双人复核记录，共 \(found.count) 条"), by: principal, in: tx)
        }
        let lines = found.map { one in
            CSVText.line([
                String(one.id), one.act?.title ?? "", words.operation(one), one.userName, one.reason ?? "", one.createdAt.text, one.expiresAt.text,
                one.isOver(at: platform.clock.now) ? "已过期" : one.state.title, one.usedAt?.text ?? "",
            ])
        }
        let head = CSVText.line(["编号", "事项", "操作", "提请人", "事由", "提请时间", "有效期至", "状态", "执行时间"])
        return .download(Array(("\u{FEFF}" + head + lines.joined()).utf8), filename: "双人复核 \(platform.clock.today.text).csv", contentType: "text/csv; charset=utf-8")
    }

    // MARK: One

    @Sendable func show(request: Request, context: WebContext) async throws -> Response { try await page(context, []) }

    private func page(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let (id, principal, now) = (try context.id(), try context.signedIn(), platform.clock.now)
        let (one, votes, history, known) = try await platform.database.read { [platform, control] reader in
            let one = try control.find(id, by: principal, reader)
            return (one, try control.votes(of: id, reader), try platform.audit.history(of: "dualApproval", "\(id)", limit: 50, reader), try self.known(one, reader))
        }
        let fields = try control.fields(of: one), words = words
        var items: [DescriptionList.Item] = []
        items.append(.init("操作", "\(words.operation(one))"))
        items.append(.init("事项", "\(one.act?.title)"))
        if let person = ApprovalWords.person(one.path), let name = known.people["\(person)"] { items.append(.init("对象", "\(name)")) }
        if let subject = known.subject { items.append(.init("对象", "\(subject)")) }
        items.append(.init("状态", "\(badge(one, now))"))
        items.append(.init("提请人", "\(one.userName)，\(one.createdAt)"))
        items.append(.init("有效期至", "\(one.expiresAt)"))
        items.append(.init("复核", "\(votes.filter(\.agrees).count) 人同意，须 \(one.needed) 人"))
        items.append(.init("执行时间", "\(one.usedAt)"))
        items.append(.init("事由", "\(one.reason)", isWide: true))
        items.append(.init("请求地址", "<span class=\"mono muted\">\(one.method) \(one.path)</span>", isWide: true))
        let contents = words.lines(fields, of: one, known: known).map { line in
            TableRow(["\(line.title)", "<span class=\"keeps-lines\">\(line.value.isEmpty ? "（空）" : line.value)</span>"])
        }
        let content = DataTable(
            id: "content", columns: [Column("name", "提交的字段"), Column("value", "内容", isWrapping: true)], rows: contents, address: context.here, empty: "没有提交字段", hasTools: false)
        let said = votes.map { vote in TableRow(["\(vote.userName)", "\(vote.agrees ? "同意" : "不同意")", "\(vote.note)", "\(vote.at)"]) }
        let opinions = DataTable(
            id: "votes", columns: [Column("who", "复核人"), Column("says", "意见"), Column("note", "说明", isWrapping: true), Column("at", "时间")], rows: said, address: context.here,
            empty: "还没有人复核", hasTools: false)
        let isMine = one.user == principal.id
        var body: Markup = "\(Card(body: "\(DescriptionList(items))"))\(Card("提交的内容", isFlush: true, body: "\(content)"))\(Card("复核意见", isFlush: true, body: "\(opinions)"))"
        let entries = history.map { Timeline.Entry($0.at, $0.summary, who: $0.actor, body: .empty, tone: .neutral) }
        let trace: Markup = "\(Card("经过", body: "\(Timeline(entries))"))"
        if !one.isOver(at: now) {
            if isMine { body = "\(own(one, fields, findings, context))\(body)" }
            if !isMine, one.state == .pending, context.may(DualControl.permission) { body += decision(one, findings, context) }
        }
        body += trace
        var actions: Markup = .empty
        if isMine, one.state == .pending || one.state == .approved, !one.isOver(at: now) {
            actions = "\(ActionButton("撤回", .post("/approvals/\(one.id)/withdraw", confirm: "撤回后须重新提请。确定？"), icon: "ban", style: .quiet))"
        }
        return Shell.page(
            words.operation(one), crumbs: [Crumb("系统"), Crumb("双人复核", "/approvals"), Crumb("第 \(one.id) 号")], active: "/approvals", actions: actions,
            status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    /// What stands behind the numbers of the request, in few short questions.
    private func known(_ one: DualApproval, _ reader: any Reader) throws -> ApprovalWords.Known {
        let fields = try control.fields(of: one)
        var known = ApprovalWords.Known()
        for role in try platform.identity.roles.all(reader) { known.roles["\(role.id)"] = role.title }
        for permission in try platform.identity.roles.declared(reader) { known.permissions[permission.name] = permission.title }
        if let number = ApprovalWords.number(one.path, under: "applications") {
            known.subject = try reader.value("SELECT name FROM oauth_clients WHERE id = \(number)")?.text
        } else if let number = ApprovalWords.number(one.path, under: "roles") {
            known.subject = known.roles["\(number)"]
        }
        let people = fields.filter { $0.name == "successor" }.compactMap { Int64($0.value) } + [ApprovalWords.person(one.path)].compactMap { $0 }
        guard !people.isEmpty else { return known }
        for row in try reader.rows("SELECT id, name, login FROM users WHERE id IN (\(list: people)) LIMIT 20") {
            known.people["\(row.int("id") ?? 0)"] = "\(row.text("name") ?? "")（\(row.text("login") ?? "")）"
        }
        return known
    }

    /// What the asker sees: the reason while it waits, the button that runs it once it was agreed to.
    private func own(_ one: DualApproval, _ fields: [(name: String, value: String)], _ findings: [FieldFinding], _ context: WebContext) -> Markup {
        if one.state == .pending {
            let form = Form(
                action: "/approvals/\(one.id)/reason",
                sections: [FormSection(nil, [FormField("reason", "事由", .textArea(rows: 2), value: one.reason, isRequired: true, help: "写给复核人看", maxLength: 500, isWide: true)])],
                submit: "保存事由", cancel: nil, findings: findings, context: context)
            return "\(Notice(.yellow, "此操作尚未执行，等待他人复核。同意后请回到此页执行。"))\(Card(body: "\(form)"))"
        }
        guard one.state == .approved else { return .empty }
        if one.method == "GET" {
            let address = one.path + (one.path.contains("?") ? "&" : "?") + "_approval=\(one.id)"
            return "\(Notice(.good, "已同意。 <a class=\"btn btn-primary\" href=\"\(address)\" hx-boost=\"false\">执行</a>"))"
        }
        guard one.method == "POST", !one.path.hasPrefix("/api/") else { return "\(Notice(.good, "已同意。请由程序带 <code>X-Approval: \(one.id)</code> 再次提交相同内容。"))" }
        let hidden = fields.map { field -> Markup in "<input type=\"hidden\" name=\"\(field.name)\" value=\"\(field.value)\">" }
        let form: Markup = """
            <form method="post" action="\(one.path)" hx-boost="false" class="form-foot"><input type="hidden" name="_csrf" value="\(context.csrf)"><input type="hidden" name="_approval" value="\(one.id)">\
            \(hidden)<button class="btn btn-primary">执行</button></form>
            """
        return "\(Notice(.good, "已同意。执行的内容与复核时完全相同，执行成功后即失效；执行未成功时仍可在有效期内再次执行。"))\(form)"
    }

    private func decision(_ one: DualApproval, _ findings: [FieldFinding], _ context: WebContext) -> Markup {
        let fault = findings.first { $0.field == "note" }.map { finding -> Markup in "<p class=\"field-error\">\(finding.message)</p>" } ?? .empty
        return """
            \(Card("我的意见", body: "<form method=\"post\" action=\"/approvals/\(one.id)/approve\" hx-boost=\"false\"><input type=\"hidden\" name=\"_csrf\" value=\"\(context.csrf)\"><div class=\"field\"><label class=\"field-label\" for=\"note\">说明</label><textarea class=\"form-control\" id=\"note\" name=\"note\" rows=\"2\" maxlength=\"500\"></textarea>\(fault)<p class=\"field-help\">不同意时必须说明理由</p></div><div class=\"form-foot\"><button class=\"btn btn-primary\">同意</button><button class=\"btn btn-danger\" formaction=\"/approvals/\(one.id)/refuse\">不同意</button></div></form>"))
            """
    }

    @Sendable func explain(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        do {
            try await control.explain(context.id(), reason: form["reason"] ?? "", by: context.signedIn())
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await page(context, failure.fields)
        }
        return Shell.done("已保存", to: "/approvals/\(try context.id())", context: context)
    }

    @Sendable func withdraw(request: Request, context: WebContext) async throws -> Response {
        try await control.withdraw(context.id(), by: context.signedIn())
        return Shell.done("已撤回", to: "/approvals", context: context)
    }

    private func vote(_ agrees: Bool, _ request: Request, _ context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        do {
            try await control.vote(context.id(), agrees: agrees, note: form["note"], by: context.signedIn())
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await page(context, failure.fields)
        }
        return Shell.done(agrees ? "已同意" : "已记录不同意", to: "/approvals/\(try context.id())", context: context)
    }

    // MARK: The rules

    private func rules(_ context: WebContext, _ typed: DualPolicy?, _ findings: [FieldFinding]) async throws -> Response {
        let policy = typed ?? control.current
        let mayWrite = context.may("policy.write")
        let choices = [Choice("0", "不需复核")] + (1...DualPolicy.mostVotes).map { Choice(String($0), "\($0) 人同意") }
        let acts = DualAct.all.map { act in
            FormField(act.name, act.title, .select(choices), value: String(policy.votes[act.name] ?? 0), isRequired: true, isReadOnly: !mayWrite, help: act.help)
        }
        var hours = FormField("hours", "复核有效期", .number(step: "1"), value: String(policy.hours), isRequired: true, isReadOnly: !mayWrite, help: "从提请起算，过期须重新提请")
        hours.unit = "小时"
        let sections = [FormSection("须经复核的事项", acts), FormSection("有效期", [hours])]
        let form: Markup =
            mayWrite
            ? "\(Form(action: "/admin/dual-control", sections: sections, submit: "保存", cancel: "/approvals", findings: findings, context: context))"
            : "\(sections.map { section -> Markup in "<h3>\(section.title)</h3><div class=\"form-grid\">\(section.fields)</div>" })"
        let note = Notice(.info, "列为须复核的操作，提交后不执行，由其他有“复核”权限的人同意后，再由提交人执行一次；本人不能复核自己。提请、同意、不同意、执行均写入审计日志。")
        return Shell.page(
            "双人复核事项", crumbs: [Crumb("系统"), Crumb("双人复核", "/approvals"), Crumb("双人复核事项")], active: "/approvals",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: "\(note)\(Card(body: form))", context: context)
    }

    @Sendable func saveRules(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        var policy = DualPolicy()
        for act in DualAct.all { if let votes = form[act.name].flatMap({ Int($0) }), votes != 0 { policy.votes[act.name] = votes } }
        policy.hours = form["hours"].flatMap { Int($0) } ?? 0
        do {
            try await control.publish(policy, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await rules(context, policy, failure.fields)
        }
        return Shell.done("已保存，即时生效", to: "/admin/dual-control", context: context)
    }
}
