import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 提交校验 (D17.2.10): forms that must be opened, and looked at for some seconds, before they are sent, so that no program sends them past the page.
struct FormWaitPages: Sendable {
    let platform: Platform
    /// Every route, to know which forms there are.
    let table: RouteTable
    static let path = "/admin/form-waits"
    static let menu = MenuItem("系统", groupEN: "System", "提交校验", "Form waits", icon: "clock", path: path, permission: "policy.read", order: 8936)

    func add(to routes: Routes) {
        routes.get(Self.path, permission: .named("policy.read"), use: list)
        routes.get(Self.path + "/new", permission: .named("policy.write")) { _, context in form(nil, [], context) }
        routes.post(Self.path + "/new", permission: .named("policy.write"), isDangerous: true, use: Routes.guarded(.settingChange, create))
        routes.post(Self.path + "/remove", permission: .named("policy.write"), isDangerous: true, use: Routes.guarded(.settingChange, remove))
    }

    private var waits: [FormWait] { platform.identity.policies.current.formWaits }

    /// Paths that show a form and take it: the same address is asked for and posted to.
    private var forms: [String] {
        let entries = table.entries
        let shown = Set(entries.filter { $0.method == "GET" }.map(\.path))
        return entries.filter { $0.method == "POST" && shown.contains($0.path) && $0.permission != .open && !$0.path.hasPrefix("/api/") && !$0.path.hasPrefix(Self.path) }.map(
            \.path
        )
        .sorted()
    }

    /// What people call the form at a path: the menu's line above it and the rest of the address.
    private func title(_ path: String, _ context: WebContext) -> String {
        let above = context.site.menu.filter { path == $0.path || path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
        guard let above else { return path }
        return "\(above.group) · \(above.title)（\(path)）"
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let mayWrite = context.may("policy.write")
        let found = waits.filter { window.finds($0.path, title($0.path, context)) }
        let (shown, pager) = window.numbered(found, sortedBy: ["path": \.path])
        let rows = shown.map { wait -> TableRow in
            let remove = ActionButton(
                "取消", .post(PageAddress(Self.path + "/remove", ["path": wait.path]).text, confirm: "取消后此表单可以直接提交。确定？"), icon: "trash", style: .quiet)
            return TableRow(id: wait.path, ["\(title(wait.path, context))", "\(wait.seconds)"], actions: mayWrite ? "\(remove)" : .empty)
        }
        let list = ListPage(
            "提交校验", at: Self.path, crumbs: [Crumb("系统"), Crumb("提交校验")], id: "waits",
            columns: [Column("path", "表单", isSortable: true, isWrapping: true), Column("seconds", "至少停留（秒）", align: .end)],
            filters: [.keyword(context, "表单名称、地址")],
            empty: "还没有须先停留再提交的表单。对重要的申报、审批表单设定等待时间，可防止程序绕过页面自动提交",
            add: mayWrite ? ActionButton("增加表单", .dialog(Self.path + "/new"), icon: "plus", style: .primary) : nil)
        return list.response(rows, pager, context)
    }

    private func form(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let taken = Set(waits.map(\.path))
        let choices = forms.filter { !taken.contains($0) }.map { Choice($0, title($0, context)) }
        let fields = [
            FormField("path", "表单", .select(choices), value: input?["path"], isRequired: true, isWide: true),
            FormField("seconds", "至少停留", .number(step: "1"), value: input?["seconds"] ?? "5", isRequired: true, help: "1–600；打开表单后未满此时长不能提交"),
        ]
        let form = Form(action: Self.path + "/new", sections: [FormSection(nil, fields)], submit: "保存", cancel: Self.path, findings: findings, context: context)
        return Shell.form("增加须停留的表单", crumbs: [Crumb("系统"), Crumb("提交校验", Self.path), Crumb("增加")], active: Self.path, form, context: context)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let path = input["path"] ?? ""
        var findings: [FieldFinding] = []
        if !forms.contains(path) { findings.append(FieldFinding("path", "unknownCode", "请选择一个表单", title: "表单")) }
        if waits.contains(where: { $0.path == path }) { findings.append(FieldFinding("path", "unique", "已经设定", title: "表单")) }
        let seconds = input["seconds"].flatMap { Int($0) }.flatMap { FormWait.range.contains($0) ? $0 : nil }
        if seconds == nil { findings.append(FieldFinding("seconds", "range", "须为 1–600 的整数", title: "至少停留")) }
        guard findings.isEmpty, let seconds else { return form(input, findings, context) }
        try await publish(waits + [FormWait(path: path, seconds: seconds)], context)
        return Shell.done("已设定，即时生效", to: Self.path, context: context)
    }

    @Sendable func remove(request: Request, context: WebContext) async throws -> Response {
        let path = context.here["path"] ?? ""
        guard waits.contains(where: { $0.path == path }) else { throw Failure.notFound("该表单的设定") }
        try await publish(waits.filter { $0.path != path }, context)
        return Shell.refreshed("已取消", context: context, request: request)
    }

    private func publish(_ waits: [FormWait], _ context: WebContext) async throws {
        var policy = platform.identity.policies.current
        policy.formWaits = waits
        let (wanted, principal, policies) = (policy, try context.signedIn(), platform.identity.policies)
        try await platform.database.write { try policies.publish(wanted, by: principal, in: $0) }
    }
}
