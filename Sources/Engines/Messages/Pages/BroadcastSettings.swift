import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Templates and quotas of short messages that people send.
extension MessagePages {
    /// `GET /sms/templates?q=`.
    @Sendable
    func templates(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let found = try await database.read { try $0.rows("SELECT * FROM sms_templates ORDER BY title LIMIT 500") }
        let mayEdit = context.may(MessagePermission.rules)
        let shown = window.numbered(
            found.filter { window.finds($0.text("title") ?? "", $0.text("text") ?? "") }, sortedBy: ["title": { $0.text("title") ?? "" }, "by": { $0.text("by_name") ?? "" }])
        let rows = shown.rows.map { row -> TableRow in
            let id = row.int("id") ?? 0
            var actions: Markup = "\(ActionButton("选用", .dialog(PageAddress("/sms/new").with("template", row.text("title")).text), style: .quiet))"
            if mayEdit {
                actions +=
                    "\(ActionButton("修改", .dialog("/sms/templates/\(id)"), style: .quiet))\(ActionButton("删除", .post("/sms/templates/\(id)/drop", confirm: "删除模板“\(row.text("title") ?? "")”？"), style: .quiet))"
            }
            return TableRow(id: String(id), ["\(row.text("title"))", "\(row.text("text"))", "\(row.text("by_name"))"], actions: actions)
        }
        let columns = [Column("title", "名称", isSortable: true), Column("text", "内容", isWrapping: true), Column("by", "维护人", isSortable: true)]
        let list = ListPage(
            "短信模板", at: "/sms/templates", crumbs: [Crumb("在线短信", "/sms"), Crumb("模板")], active: "/sms", id: "sms-templates", columns: columns,
            filters: [.keyword(context, "名称、内容")],
            empty: "还没有模板；常用的话写成模板，发送时选用", add: mayEdit ? ActionButton("新增模板", .dialog("/sms/templates/new"), icon: "plus", style: .primary) : nil)
        return list.response(rows, shown.pager, context)
    }

    func templateForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let at = try context.path("at")
        let row = try await database.read { reader in try Int64(at).flatMap { try reader.first("SELECT * FROM sms_templates WHERE id = \($0)") } }
        if at != "new", row == nil { throw Failure.notFound("该模板") }
        let fields = [
            FormField("title", "名称", .text, value: input?["title"] ?? row?.text("title"), isRequired: true, maxLength: 40),
            FormField("text", "内容", .textArea(rows: 4), value: input?["text"] ?? row?.text("text"), isRequired: true, maxLength: 500, isWide: true),
        ]
        let form = Form(action: "/sms/templates/\(at)", sections: [FormSection(nil, fields)], cancel: "/sms/templates", findings: findings, context: context)
        return Shell.form(
            "短信模板", crumbs: [Crumb("短信模板", "/sms/templates"), Crumb(row == nil ? "新增" : "修改")], active: "/sms", form, context: context)
    }

    /// `POST /sms/templates/{at}`: an id, or `new`.
    @Sendable
    func keepTemplate(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let at = try context.path("at")
        let input = try await request.form(context)
        let (title, text, id) = (input["title"] ?? "", input["text"] ?? "", Int64(at) ?? 0)
        var findings: [FieldFinding] = []
        if !(1...40).contains(title.count) { findings.append(FieldFinding("title", "range", "应为 1—40 个字", title: "名称")) }
        if !(1...500).contains(text.count) { findings.append(FieldFinding("text", "range", "应为 1—500 个字", title: "内容")) }
        if try await database.read({ try $0.first("SELECT id FROM sms_templates WHERE title = \(title) AND id <> \(id)") }) != nil {
            findings.append(FieldFinding("title", "unique", "已有同名模板", title: "名称"))
        }
        guard findings.isEmpty else { return try await templateForm(context, input, findings) }
        try await database.write { [engine] tx in
            if id == 0 {
                try tx.execute("INSERT INTO sms_templates (title, text, at, by_name) VALUES (\(title), \(text), \(engine.clock.now), \(principal.name))")
            } else {
                try tx.execute("UPDATE sms_templates SET title = \(title), text = \(text), at = \(engine.clock.now), by_name = \(principal.name) WHERE id = \(id)")
            }
            try engine.audit?.record(AuditEntry(id == 0 ? "create" : "update", "smsTemplate", at, "短信模板“\(title)”"), by: principal, in: tx)
        }
        return Shell.done("已保存", to: "/sms/templates", context: context)
    }

    /// `POST /sms/templates/{at}/drop`.
    @Sendable
    func dropTemplate(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id("at")
        try await database.write { [engine] tx in
            guard try tx.execute("DELETE FROM sms_templates WHERE id = \(id)") == 1 else { throw Failure.notFound("该模板") }
            try engine.audit?.record(AuditEntry("delete", "smsTemplate", String(id), "删除短信模板"), by: principal, in: tx)
        }
        return Shell.refreshed("已删除", context: context, request: request)
    }

    func quotaForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let (organisations, rows) = try await database.read { reader in
            (
                try reader.rows("SELECT id, name FROM organisations WHERE kind <> 'enterprise' ORDER BY id LIMIT 500"),
                try reader.rows("SELECT q.org, q.monthly, o.name FROM sms_quotas q LEFT JOIN organisations o ON o.id = q.org ORDER BY q.org LIMIT 500")
            )
        }
        let standing = rows.map { "\($0.int("org") == 0 ? "其余单位" : $0.text("name") ?? "")：每月 \($0.int("monthly") ?? 0) 条" }.joined(separator: "；")
        let choices = [Choice("0", "其余单位（没有单独设置的）")] + organisations.map { Choice(String($0.int("id") ?? 0), $0.text("name") ?? "") }
        let fields = [
            FormField("org", "单位", .select(choices), value: input?["org"] ?? "0", isRequired: true, isWide: true),
            FormField(
                "monthly", "每月条数", .number(step: "1"), value: input?["monthly"], isRequired: true, help: standing.isEmpty ? "现在每个单位每月 \(MessageEngine.defaultMonthly) 条" : standing,
                minimum: "0",
                maximum: "10000000", isWide: true),
        ]
        let form = Form(action: "/sms/quota", sections: [FormSection(nil, fields)], cancel: "/sms", findings: findings, context: context)
        return Shell.form(
            "短信额度", crumbs: [Crumb("在线短信", "/sms"), Crumb("额度")], active: "/sms", form, context: context)
    }

    /// `POST /sms/quota`.
    @Sendable
    func keepQuota(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        guard let monthly = input["monthly"].flatMap({ Int($0) }), (0...10_000_000).contains(monthly), let org = input["org"].flatMap({ Int64($0) }) else {
            return try await quotaForm(context, input, [FieldFinding("monthly", "range", "应为 0 至 10000000 的整数", title: "每月条数")])
        }
        try await database.write { [engine] tx in
            try tx.execute("INSERT INTO sms_quotas (org, monthly) VALUES (\(org), \(monthly)) ON CONFLICT (org) DO UPDATE SET monthly = excluded.monthly")
            try engine.audit?.record(AuditEntry("update", "smsQuota", String(org), "短信额度改为每月 \(monthly) 条"), by: principal, in: tx)
        }
        return Shell.done("已保存", to: "/sms", context: context)
    }
}
