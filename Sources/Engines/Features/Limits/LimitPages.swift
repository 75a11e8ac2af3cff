import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 条件授权 (D17.2.2): for users, groups and roles, when and from where a permission, a thing or a group of resources may be used; judged on every request.
struct LimitPages: Sendable {
    let platform: Platform

    static let path = "/admin/limits"
    static let menu = MenuItem("系统", groupEN: "System", "条件授权", "Limited grants", icon: "clock", path: path, permission: "grantLimit.read", order: 8933)
    private static let crumbs = [Crumb("系统"), Crumb("角色与权限", "/admin/roles"), Crumb("条件授权", path)]
    private static let weekdays = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"].enumerated().map { Choice(String($0.offset + 1), $0.element) }

    private var limits: GrantLimits { platform.identity.limits }

    func add(to routes: Routes) {
        let writes = RoutePermission.named("grantLimit.write")
        routes.get(Self.path, permission: .named("grantLimit.read"), use: list)
        routes.get("\(Self.path)/new", permission: writes) { _, context in try await form(context, nil, nil, []) }
        routes.post("\(Self.path)/new", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, create))
        routes.get("\(Self.path)/{id}/edit", permission: writes) { _, context in try await form(context, try await limit(context), nil, []) }
        routes.post("\(Self.path)/{id}/edit", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, update))
        routes.post("\(Self.path)/{id}/stop", permission: writes, isDangerous: true) { try await set(false, "已停用，权限不再受此条件限制", $0, $1) }
        routes.post("\(Self.path)/{id}/resume", permission: writes) { try await set(true, "已启用", $0, $1) }
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let (subject, state) = (context.here["subject"].flatMap(GrantLimit.Subject.init), context.here["state"])
        let found = try await platform.database.read { [limits] reader in
            let page = try limits.page(keyword: window.keyword, subject: subject, state: state, before: window.before, limit: window.limit, reader)
            let titles = try limits.titles(of: page, reader)
            return page.map { (limit: $0, title: titles[$0.id] ?? "已删除") }
        }
        let (shown, pager) = window.newest(found) { $0.limit.id }
        let mayWrite = context.may("grantLimit.write")
        let rows = shown.map { row($0.limit, $0.title, mayWrite) }
        let page = ListPage(
            "条件授权", at: Self.path, crumbs: [Crumb("系统"), Crumb("条件授权")], id: "limits",
            columns: [
                Column("subject", "对象", isWrapping: true), Column("target", "资源", isWrapping: true), Column("words", "可用条件", isWrapping: true), Column("now", "此刻"),
                Column("reason", "事由", isWrapping: true), Column("state", "状态"), Column("updated", "修改"),
            ],
            filters: [
                .keyword(context, "资源、事由"), .choice("subject", "对象类别", GrantLimit.Subject.allCases.map { Choice($0.rawValue, $0.title) }, context),
                .choice("state", "状态", [Choice("active", "启用"), Choice("stopped", "停用")], context),
            ], empty: "还没有条件授权。为用户、用户组或角色设定某项权限只在规定的日期、时段或网段可用，到点自动生效和失效",
            add: mayWrite ? ActionButton("新增条件", .dialog("\(Self.path)/new"), icon: "plus", style: .primary) : nil)
        return page.response(rows, pager, context)
    }

    private func row(_ limit: GrantLimit, _ title: String, _ mayWrite: Bool) -> TableRow {
        let path = "\(Self.path)/\(limit.id)"
        var open = limit
        open.networks = []
        let fault = open.fault(at: platform.clock.now, from: "")
        let change =
            limit.isActive
            ? ActionButton("停用", .post("\(path)/stop", confirm: "停用后“\(title)”随时随地可用“\(limit.target)”。确定停用？"), style: .quiet)
            : ActionButton("启用", .post("\(path)/resume", confirm: "启用后“\(title)”只在“\(limit.words)”可用“\(limit.target)”。确定启用？"), style: .quiet)
        let now = fault == nil ? Badge("时段内", .good) : Badge("时段外", .muted)
        let cells: [Markup] = [
            "\(limit.subject.title)：\(title)", "\(limit.resource.title)：<span class=\"mono\">\(limit.target)</span>", "\(limit.words)", "\(now)", "\(limit.reason)",
            "\(limit.isActive ? Badge("启用", .good, isDot: true) : Badge("停用", .muted, isDot: true))", "\(limit.updatedAt) \(limit.updatedBy)",
        ]
        return TableRow(id: String(limit.id), cells, actions: mayWrite ? "\(ActionButton("编辑", .dialog("\(path)/edit"), style: .quiet))\(change)" : .empty)
    }

    private func limit(_ context: WebContext) async throws -> GrantLimit {
        let id = try context.id()
        guard let found = try await platform.database.read({ [limits] in try limits.find(id, $0) }) else { throw Failure.notFound("条件授权") }
        return found
    }

    // MARK: Form

    private func form(_ context: WebContext, _ limit: GrantLimit?, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let (roles, groups, permissions, title) = try await platform.database.read { [platform] reader in
            let identity = platform.identity
            return (
                try identity.roles.all(reader), try identity.groups.page(keyword: nil, scope: principal.scope, after: nil, limit: 500, reader),
                try identity.roles.declared(reader), try limit.map { try identity.limits.title(of: $0, reader) } ?? ""
            )
        }
        var fields: [FormField] = []
        if let limit {
            fields.append(FormField("subject", "对象", .shown("\(limit.subject.title)：\(title)")))
            fields.append(FormField("target", "资源", .shown("\(limit.resource.title)：\(limit.target)")))
        } else {
            fields += Self.choosing(roles, groups, permissions, input)
        }
        func value(_ name: String, _ own: String?) -> String? { input.map { $0[name] ?? "" } ?? own }
        func numbers(_ name: String, _ own: [Int]?) -> [String] { input?.all(name) ?? (own ?? []).map { String($0) } }
        fields += [
            FormField("from", "开始日期", .day, value: value("from", limit?.from?.text)), FormField("until", "截止日期", .day, value: value("until", limit?.until?.text)),
            FormField("months", "月份", .multiSelect((1...12).map { Choice(String($0), "\($0) 月") }), values: numbers("months", limit?.months), help: "不选为每月"),
            FormField("monthDays", "日", .multiSelect((1...31).map { Choice(String($0), "\($0) 日") }), values: numbers("monthDays", limit?.monthDays), help: "不选为每日"),
            FormField("weekdays", "星期", .multiSelect(Self.weekdays), values: numbers("weekdays", limit?.weekdays), help: "不选为每天"),
            FormField("fromMinute", "每日从", .text, value: value("fromMinute", GrantLimit.clock(limit?.fromMinute ?? 0)), help: "如 08:30；起止相同为全天", maxLength: 5),
            FormField("toMinute", "每日至", .text, value: value("toMinute", GrantLimit.clock(limit?.toMinute ?? 0)), help: "早于开始时间为次日", maxLength: 5),
            FormField(
                "networks", "来源网段", .textArea(rows: 3), value: value("networks", limit?.networks.map(\.text).joined(separator: "\n")), help: "一行一个，如 10.20.0.0/16；不填为不限",
                maxLength: 2000, isWide: true),
            FormField("reason", "事由", .textArea(rows: 2), value: value("reason", limit?.reason), isRequired: true, maxLength: 200, isWide: true),
        ]
        let heading = limit == nil ? "新增条件" : "编辑条件"
        let form = Form(
            action: limit.map { "\(Self.path)/\($0.id)/edit" } ?? "\(Self.path)/new", sections: [FormSection(nil, fields)], cancel: Self.path, findings: findings, context: context)
        let note = Notice(.info, "条件只收紧已有的权限，不授予新的权限；同一权限有几个条件时，符合其中一个即可使用。")
        return Shell.form(heading, crumbs: Self.crumbs + [Crumb(heading)], active: Self.path, above: "\(note)", form, context: context)
    }

    private static func choosing(_ roles: [Role], _ groups: [UserGroup], _ permissions: [PermissionDeclaration], _ input: FormInput?) -> [FormField] {
        let people = roles.map { Choice("role:\($0.id)", $0.title, group: "角色") } + groups.map { Choice("group:\($0.id)", $0.name, group: "用户组") }
        var things: [String: String] = [:]
        for one in permissions where !one.name.hasPrefix("*") {
            if let dot = one.name.lastIndex(of: ".") { things[String(one.name[..<dot]), default: String(one.title.split(separator: "：").first ?? "")] += "" }
        }
        let areas = Set(permissions.map(\.area)).filter { !$0.isEmpty }.sorted().map { Choice("area:\($0)", $0, group: "资源组") }
        let whole = things.sorted { $0.key < $1.key }.map { Choice("thing:\($0.key)", "\($0.value)（全部操作）", group: "一类资源") }
        let single = permissions.map { Choice("permission:\($0.name)", "\($0.title)（\($0.name)）", group: $0.area) }
        return [
            FormField("subject", "角色或用户组", .select(people), value: input?["subject"], help: "或在下面选择一个用户"),
            FormField("user", "用户", .reference(url: "/admin/explain/users", shown: ""), value: input?["user"]),
            FormField("target", "资源", .select(areas + whole + single), value: input?["target"], isRequired: true, isWide: true),
        ]
    }

    /// - Throws: `.invalid` for what cannot be read.
    private func read(_ input: FormInput, into limit: GrantLimit) throws -> GrantLimit {
        var (limit, findings): (GrantLimit, [FieldFinding]) = (limit, [])
        func minute(_ name: String, _ title: String) -> Int {
            let text = input[name] ?? "00:00"
            let parts = text.split(separator: ":").compactMap { Int($0) }
            guard parts.count == 2, (0...23).contains(parts[0]), (0...59).contains(parts[1]) else {
                findings.append(FieldFinding(name, "format", "须为时:分，如 08:30", title: title))
                return 0
            }
            return parts[0] * 60 + parts[1]
        }
        (limit.from, limit.until) = (input["from"].flatMap { Day(parsing: $0) }, input["until"].flatMap { Day(parsing: $0) })
        func numbers(_ name: String) -> [Int] { input.all(name).compactMap { Int($0) } }
        (limit.months, limit.monthDays, limit.weekdays) = (numbers("months"), numbers("monthDays"), numbers("weekdays"))
        (limit.fromMinute, limit.toMinute) = (minute("fromMinute", "每日从"), minute("toMinute", "每日至"))
        let lines = (input["networks"] ?? "").split(whereSeparator: \.isNewline).map { String($0).trimmedSpaces }.filter { !$0.isEmpty }
        limit.networks = lines.compactMap { NetworkRange($0) }
        if limit.networks.count != lines.count { findings.append(FieldFinding("networks", "format", "有不是网段的行，如 10.20.0.0/16", title: "来源网段")) }
        limit.reason = input["reason"] ?? ""
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return limit
    }

    private func chosen(_ input: FormInput) throws -> GrantLimit {
        let whom = (input["user"].map { "user:\($0)" } ?? input["subject"] ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        let what = (input["target"] ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        guard whom.count == 2, let subject = GrantLimit.Subject(rawValue: whom[0]), let id = Int64(whom[1]) else {
            throw Failure.invalid([FieldFinding("subject", "required", "请选择角色、用户组或用户", title: "对象")])
        }
        guard what.count == 2, let resource = GrantLimit.Resource(rawValue: what[0]) else { throw Failure.invalid([FieldFinding("target", "required", "请选择资源", title: "资源")]) }
        return GrantLimit(subject: subject, subjectId: id, resource: resource, target: what[1])
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        do {
            _ = try await limits.keep(try read(input, into: chosen(input)), by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, nil, input, failure.fields)
        }
        return Shell.done("已新增，下一次操作起生效", to: Self.path, context: context)
    }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let limit = try await limit(context)
        do {
            _ = try await limits.keep(try read(input, into: limit), by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, limit, input, failure.fields)
        }
        return Shell.done("已保存，下一次操作起生效", to: Self.path, context: context)
    }

    private func set(_ isActive: Bool, _ message: String, _ request: Request, _ context: WebContext) async throws -> Response {
        try await limits.setActive(isActive, of: context.id(), by: context.signedIn())
        return Shell.refreshed(message, context: context, request: request)
    }
}
