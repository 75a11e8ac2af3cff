import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 配置管理 (B5.2.1.2): items of the system and what tenants set differently, with where each value comes from.
struct ConfigurationPages: Sendable {
    let platform: Platform

    static let path = "/admin/configuration"
    static let menu = MenuItem("系统", groupEN: "System", "配置管理", "Configuration", icon: "sliders", path: path, permission: "configuration.read", order: 8923)
    private static let crumbs = [Crumb("系统"), Crumb("配置管理", path)]

    private var book: ConfigurationBook { ConfigurationBook(platform) }

    func add(to routes: Routes) {
        let reads = RoutePermission.named("configuration.read"), writes = RoutePermission.named("configuration.write"), own = RoutePermission.named("configuration.tenant")
        routes.get(Self.path, permission: reads, use: list)
        routes.get("\(Self.path)/new", permission: writes) { _, context in form(context, nil, nil, []) }
        routes.post("\(Self.path)/new", permission: writes, use: create)
        routes.get("\(Self.path)/{id}/edit", permission: writes, use: editForm)
        routes.post("\(Self.path)/{id}/edit", permission: writes, use: update)
        routes.post("\(Self.path)/{id}/delete", permission: writes, isDangerous: true, use: delete)
        routes.get("\(Self.path)/{id}/tenant/{tenant}", permission: own) { _, context in try await ownForm(context, nil, []) }
        routes.post("\(Self.path)/{id}/tenant/{tenant}", permission: own, use: setOwn)
        routes.post("\(Self.path)/{id}/tenant/{tenant}/inherit", permission: own, use: inherit)
        routes.under("/api/v1").get("/configuration", permission: .signedIn, use: api)
    }

    /// The tenant looked at: the one named in the address, or the reader's own.
    private func tenants(_ context: WebContext) async throws -> (all: [Tenant], chosen: Tenant?) {
        let principal = try context.signedIn()
        let asked = context.here["tenant"].flatMap { Int64($0) }
        return try await platform.database.read { [platform] reader in
            let book = platform.identity.tenants
            let all = try book.page(keyword: nil, state: .open, edition: nil, scope: principal.scope, before: nil, limit: 200, reader)
            let own = try principal.organisation.flatMap { try book.tenant(of: $0, reader) }
            return (all, asked.map { id in all.first { $0.id == id } } ?? own)
        }
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let (all, tenant) = try await tenants(context)
        let kind = context.here["kind"].flatMap(ConfigurationKind.init)
        let found = try await platform.database.read { [book] reader in try book.all(keyword: window.keyword, kind: kind, for: tenant?.id, reader) }
        let (shown, pager) = window.numbered(found, sortedBy: ["key": { $0.key }, "title": { $0.title }])
        let page = ListPage(
            "配置管理", at: Self.path, crumbs: [Crumb("系统"), Crumb("配置管理")], id: "configuration",
            columns: [
                Column("key", "常量名称", isSortable: true), Column("title", "名称", isSortable: true, isWrapping: true), Column("kind", "类型"),
                Column("value", "系统级取值", isWrapping: true),
                Column("own", "局点级取值", isWrapping: true), Column("from", "生效取值来自"), Column("note", "说明", isWrapping: true), Column("updated", "修改时间"),
            ],
            filters: [
                .keyword(context, "常量名称、名称、说明"), .choice("kind", "类型", ConfigurationKind.allCases.map { Choice($0.rawValue, $0.title) }, context),
                FormField("tenant", "局点", .select(all.map { Choice(String($0.id), $0.name) }), value: tenant.map { String($0.id) }),
            ], empty: "还没有配置项。新增后，接入的应用按常量名称读取（/api/v1/configuration）",
            add: context.may("configuration.write") ? ActionButton("新增配置项", .dialog("\(Self.path)/new"), icon: "plus", style: .primary) : nil,
            above: tenant.map { "\(Notice(.info, "正在查看局点“\($0.name)”：没有局点级取值的配置项继承系统级取值。"))" } ?? .empty)
        return page.response(shown.map { row($0, tenant, context) }, pager, context)
    }

    private func row(_ item: ConfigurationItem, _ tenant: Tenant?, _ context: WebContext) -> TableRow {
        let path = "\(Self.path)/\(item.id)"
        var actions: Markup = .empty
        if let tenant, item.isOpen, context.may("configuration.tenant") {
            actions += "\(ActionButton("局点取值", .dialog("\(path)/tenant/\(tenant.id)"), style: .quiet))"
            if item.own != nil {
                actions += "\(ActionButton("恢复继承", .post("\(path)/tenant/\(tenant.id)/inherit", confirm: "“\(item.title)”恢复为系统级取值“\(item.value)”。确定？"), style: .quiet))"
            }
        }
        if context.may("configuration.write") {
            actions += "\(ActionButton("编辑", .dialog("\(path)/edit"), style: .quiet))"
            actions += "\(ActionButton("删除", .post("\(path)/delete", confirm: "删除配置项“\(item.key)”及各局点的取值，读取它的应用将得不到值。确定删除？"), style: .quiet))"
        }
        let own: Markup = item.own.map { "\($0)" } ?? (item.isOpen ? "<span class=\"muted\">继承</span>" : "<span class=\"muted\">不可设置</span>")
        let from = item.own == nil ? Badge("系统", .muted) : Badge("局点", .info)
        let cells: [Markup] = [
            "<span class=\"mono\">\(item.key)</span>", "\(item.title)", "\(item.kind.title)", "\(item.value)", own, "\(from)", "\(item.note)", "\(item.updatedAt)",
        ]
        return TableRow(id: String(item.id), cells, actions: actions)
    }

    // MARK: System level

    private func form(_ context: WebContext, _ item: ConfigurationItem?, _ draft: ConfigurationDraft?, _ findings: [FieldFinding]) -> Response {
        let isNew = item == nil
        let kind = item?.kind ?? draft?.kind ?? .text
        let fields = [
            isNew
                ? FormField("key", "常量名称", .text, value: draft?.key, isRequired: true, placeholder: "如 report.footer", maxLength: 60)
                : FormField("key", "常量名称", .shown("<span class=\"mono\">\(item?.key)</span>")),
            FormField("title", "名称", .text, value: draft?.title ?? item?.title, isRequired: true, maxLength: 40),
            isNew
                ? FormField("kind", "类型", .select(ConfigurationKind.allCases.map { Choice($0.rawValue, $0.title) }), value: kind.rawValue, isRequired: true)
                : FormField("kind", "类型", .shown("\(kind.title)")),
            FormField("value", "系统级取值", .text, value: draft?.value ?? item?.value, isRequired: kind != .text, help: "是或否填 true 或 false；日期如 2026-11-22", maxLength: 500),
            FormField(
                "choices", "选项", .textArea(rows: 3), value: (draft?.choices ?? item?.choices ?? []).joined(separator: "\n"), help: "类型为“选项”时填写，每行一个", maxLength: 2000, isWide: true),
            FormField("isOpen", "局点", .check("允许局点有自己的取值"), value: draft?.isOpen ?? item?.isOpen ?? true ? "1" : ""),
            FormField("note", "说明", .text, value: draft?.note ?? item?.note, maxLength: 200, isWide: true),
        ]
        let title = isNew ? "新增配置项" : "编辑配置项"
        let form = Form(
            action: item.map { "\(Self.path)/\($0.id)/edit" } ?? "\(Self.path)/new", sections: [FormSection(nil, fields)], cancel: Self.path, findings: findings, context: context)
        return Shell.form(title, crumbs: Self.crumbs + [Crumb(title)], active: Self.path, form, context: context)
    }

    private func draft(_ input: FormInput, _ kind: ConfigurationKind) -> ConfigurationDraft {
        let choices = (input["choices"] ?? "").split(whereSeparator: \.isNewline).map { String($0).trimmedSpaces }.filter { !$0.isEmpty }
        return ConfigurationDraft(
            key: input["key"] ?? "", title: input["title"] ?? "", kind: kind, choices: choices, value: input["value"] ?? "", isOpen: input["isOpen"] == "1",
            note: input["note"] ?? "")
    }

    private func item(_ context: WebContext, for tenant: Int64? = nil) async throws -> ConfigurationItem {
        let id = try context.id()
        guard let found = try await platform.database.read({ [book] in try book.find(id, for: tenant, $0) }) else { throw Failure.notFound("配置项") }
        return found
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let draft = draft(input, input["kind"].flatMap(ConfigurationKind.init) ?? .text)
        do {
            _ = try await book.create(draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return form(context, nil, draft, failure.fields)
        }
        return Shell.done("已新增", to: Self.path, context: context)
    }

    @Sendable func editForm(request: Request, context: WebContext) async throws -> Response { form(context, try await item(context), nil, []) }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let item = try await item(context)
        let draft = draft(try await request.form(context, limit: 65_536), item.kind)
        do {
            try await book.update(item.id, draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return form(context, item, draft, failure.fields)
        }
        return Shell.done("已保存", to: Self.path, context: context)
    }

    @Sendable func delete(request: Request, context: WebContext) async throws -> Response {
        try await book.delete(context.id(), by: context.signedIn())
        return Shell.refreshed("已删除", context: context, request: request)
    }

    // MARK: Tenant level

    private func ownForm(_ context: WebContext, _ value: String?, _ findings: [FieldFinding]) async throws -> Response {
        let (number, scope) = (try context.id("tenant"), try context.signedIn().scope)
        guard let tenant = try await platform.database.read({ [platform] in try platform.identity.tenants.find(number, scope: scope, $0) }) else { throw Failure.notFound("局点") }
        let item = try await item(context, for: number)
        let current = value ?? item.effective
        let control: FormField =
            switch item.kind {
            case .choice: FormField("value", item.title, .select(item.choices.map { Choice($0, $0) }), value: current, isRequired: true)
            case .bool: FormField("value", item.title, .select([Choice("true", "是"), Choice("false", "否")]), value: current, isRequired: true)
            case .day: FormField("value", item.title, .day, value: current, isRequired: true)
            default: FormField("value", item.title, .text, value: current, isRequired: item.kind != .text, maxLength: 500)
            }
        let fields = [FormField("what", "局点", .shown("\(tenant.name)")), FormField("system", "系统级取值", .shown("\(item.value)")), control]
        let form = Form(
            action: "\(Self.path)/\(item.id)/tenant/\(number)", sections: [FormSection(nil, fields)], cancel: "\(Self.path)?tenant=\(number)", findings: findings, context: context)
        return Shell.form("局点级取值", crumbs: Self.crumbs + [Crumb(item.title)], active: Self.path, form, context: context)
    }

    @Sendable func setOwn(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let tenant = try context.id("tenant")
        do {
            try await book.set(input["value"] ?? "", of: context.id(), for: tenant, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await ownForm(context, input["value"] ?? "", failure.fields)
        }
        return Shell.done("已保存", to: "\(Self.path)?tenant=\(tenant)", context: context)
    }

    @Sendable func inherit(request: Request, context: WebContext) async throws -> Response {
        try await book.set(nil, of: context.id(), for: context.id("tenant"), by: context.signedIn())
        return Shell.refreshed("已恢复继承", context: context, request: request)
    }

    // MARK: For applications

    /// What counts for the caller: `{"report.footer": "…", …}`.
    @Sendable func api(request: Request, context: WebContext) async throws -> Response {
        let organisation = try context.signedIn().organisation
        let values = try await platform.database.read { [book] in try book.effective(for: organisation, $0) }
        return .json(.object(JSONObject(values.map { (name: $0.key, value: $0.value) })))
    }
}
