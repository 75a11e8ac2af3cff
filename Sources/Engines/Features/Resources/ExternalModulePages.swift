import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 外部系统模块 (B5.1.7): what applications registered, and the two interfaces by which they register and ask.
struct ExternalModulePages: Sendable {
    let platform: Platform

    static let path = "/admin/external-modules"

    private var modules: ExternalModules { ExternalModules(platform) }

    func add(to routes: Routes) {
        routes.get(Self.path, permission: .named("role.read"), use: list)
        let api = routes.under("/api/v1")
        api.post("/access/modules", permission: .named("access.register"), use: register)
        api.post("/access/decisions", permission: .named("access.decide"), use: decide)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let (found, roles) = try await platform.database.read { [modules, platform] reader in
            (try modules.all(keyword: window.keyword, reader), try platform.identity.roles.all(reader))
        }
        let lines = found.flatMap { module in module.acts.map { (module: module, act: $0) } }
        let (shown, pager) = window.numbered(lines, sortedBy: ["code": { $0.module.code }, "application": { $0.module.applicationName }])
        let rows = shown.map { line -> TableRow in
            let permission = ExternalModules.permission(line.module.code, line.act.name)
            let holders = roles.filter { $0.gives(permission) }.map(\.title).joined(separator: "、")
            let cells: [Markup] = [
                "\(line.module.applicationName)", "<span class=\"mono\">\(line.module.code)</span>", "\(line.module.title)", "\(line.act.title)",
                "<span class=\"mono\">\(permission)</span>", "\(holders.isEmpty ? "未授予" : holders)", "\(line.module.updatedAt)",
            ]
            return TableRow(id: permission, cells)
        }
        let page = ListPage(
            "外部系统模块", at: Self.path, crumbs: [Crumb("系统"), Crumb("资源目录", ResourcePages.path), Crumb("外部系统模块")], active: ResourcePages.path, id: "modules",
            columns: [
                Column("application", "应用", isSortable: true), Column("code", "模块编码", isSortable: true), Column("title", "模块名称", isWrapping: true), Column("act", "操作"),
                Column("permission", "权限"), Column("roles", "持有角色", isWrapping: true), Column("updated", "注册时间"),
            ], filters: [.keyword(context, "应用、模块")],
            empty: "还没有外部系统注册模块。应用在“应用接入”中申请 access.register 与 access.decide 权限范围，获批后以客户端令牌调用 POST /api/v1/access/modules 注册，再由 POST /api/v1/access/decisions 查询用户可否操作")
        return page.response(rows, pager, context)
    }

    /// `{"code": "ledger", "title": "台账系统", "acts": [{"name": "read", "title": "查看"}]}`.
    @Sendable func register(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.json(context)
        let acts = (input["acts"]?.array ?? []).map { ExternalModule.Act(name: $0["name"]?.string ?? "", title: $0["title"]?.string ?? "") }
        try await modules.register(code: input["code"]?.string ?? "", title: input["title"]?.string ?? "", acts: acts, by: context.signedIn())
        return .json(["registered": .int(Int64(acts.count))])
    }

    /// `{"user": "gaocheng", "module": "ledger", "act": "read", "address": "10.0.0.7"}`.
    @Sendable func decide(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.json(context)
        let decision = try await modules.decide(
            login: input["user"]?.string ?? "", module: input["module"]?.string ?? "", act: input["act"]?.string ?? "", address: input["address"]?.string ?? "",
            by: context.signedIn())
        return .json([
            "allowed": .bool(decision.isAllowed), "reason": .string(decision.reason), "organisation": JSONValue(decision.organisation), "area": JSONValue(decision.area),
        ])
    }
}
