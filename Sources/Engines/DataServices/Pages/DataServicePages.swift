import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web
import Workflows

/// 数据服务: catalogue, editor, documentation and test page of interfaces; applications; black list; log of calls.
package struct DataServicePages: Sendable {
    let engine: DataServiceEngine
    let database: any Database

    package init(engine: DataServiceEngine, database: any Database) {
        self.engine = engine
        self.database = database
    }

    package static let menu: [MenuItem] = [
        MenuItem("数据服务", groupEN: "Data services", "接口目录", "Interfaces", icon: "link", path: "/data-services", permission: DataServicePermission.read, order: 8600),
        MenuItem("数据服务", groupEN: "Data services", "应用与密钥", "Applications", icon: "key", path: "/data-applications", permission: DataServicePermission.manage, order: 8610),
        MenuItem("数据服务", groupEN: "Data services", "访问日志", "Calls", icon: "history", path: "/data-calls", permission: DataServicePermission.log, order: 8620),
        MenuItem("数据服务", groupEN: "Data services", "地址黑名单", "Blocked addresses", icon: "ban", path: "/data-blocks", permission: DataServicePermission.manage, order: 8630),
    ]

    package static let quietPrefixes = [DataDoor.prefix]

    package func add(to routes: Routes) {
        let (reads, writes) = (RoutePermission.named(DataServicePermission.read), RoutePermission.named(DataServicePermission.write))
        let (manages, logs) = (RoutePermission.named(DataServicePermission.manage), RoutePermission.named(DataServicePermission.log))
        routes.get("/data-services", permission: reads, use: list)
        routes.get("/data-services/new", permission: writes, use: choose)
        routes.get("/data-services/new/{ledger}", permission: writes) { _, context in try await form(context, nil, nil, []) }
        routes.post("/data-services/new/{ledger}", permission: writes, use: keep)
        routes.get("/data-services/{id}", permission: reads, use: show)
        routes.get("/data-services/{id}/openapi", permission: reads, use: openAPI)
        routes.get("/data-services/{id}/edit", permission: writes) { _, context in try await form(context, try await one(context), nil, []) }
        routes.post("/data-services/{id}/edit", permission: writes, use: keep)
        routes.post("/data-services/{id}/state/{state}", permission: writes, use: set)
        routes.get("/data-services/{id}/test", permission: writes, use: test)
        routes.get("/data-services/{id}/apply", permission: reads) { _, context in try await applyForm(context, nil, []) }
        routes.post("/data-services/{id}/apply", permission: reads, use: apply)
        routes.post("/data-grants/{id}/revoke", permission: manages, use: revoke)
        routes.get("/data-applications", permission: manages, use: applications)
        routes.get("/data-applications/new", permission: manages) { _, context in applicationForm(context, nil, []) }
        routes.post("/data-applications/new", permission: manages, use: register)
        routes.post("/data-applications/{id}/secret", permission: manages, isDangerous: true, use: renew)
        routes.post("/data-applications/{id}/turn/{state}", permission: manages, use: turn)
        routes.get("/data-blocks", permission: manages, use: blocks)
        routes.get("/data-blocks/new", permission: manages) { _, context in blockForm(context, nil, []) }
        routes.post("/data-blocks/new", permission: manages, use: block)
        routes.post("/data-blocks/{id}/remove", permission: manages, use: unblock)
        routes.get("/data-calls", permission: logs, use: calls)
        routes.get("/data-calls/export", permission: logs, use: exportCalls)
        DataDoor(engine: engine).add(to: routes)
    }

    func one(_ context: WebContext) async throws -> DataService {
        let id = try context.id()
        return try await database.read { [engine] in try engine.service(id, in: $0) }
    }

    func badge(_ state: DataService.State) -> Badge {
        switch state {
        case .draft: Badge(state.title, .info, isDot: true)
        case .online: Badge(state.title, .good, isDot: true)
        case .offline: Badge(state.title, .orange, isDot: true)
        case .retired: Badge(state.title, .muted, isDot: true)
        }
    }

    func badge(_ state: DataGrant.State) -> Badge {
        switch state {
        case .applied: Badge(state.title, .yellow, isDot: true)
        case .approved: Badge(state.title, .good, isDot: true)
        case .refused, .revoked: Badge(state.title, .muted, isDot: true)
        }
    }

    /// `GET /data-services?q=&category=&state=&sort=&page=`.
    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let here = context.here, window = ListWindow(here)
        let all = try await database.read { [engine] in try engine.services(in: $0) }
        let wanted = all.filter { one in
            window.finds(one.title, one.name, one.details) && (here["category"].map { one.category == $0 } ?? true)
                && (here["state"].map { one.state.rawValue == $0 } ?? (one.state != .retired)) && (one.state != .draft || context.may(DataServicePermission.write))
        }
        let shown = window.numbered(wanted, sortedBy: ["title": { $0.title }, "category": { $0.category }, "updated": { $0.updatedAt.text }])
        let rows = shown.rows.map { one in
            TableRow(
                id: String(one.id),
                [
                    "\(one.title)", "<code>\(one.path)</code>", "\(one.category)", "\(engine.ledgers.declaration(one.ledger)?.title ?? one.ledger)", "\(one.level.title)",
                    "\(badge(one.state))", "\(String(one.updatedAt.text.prefix(16)))",
                ], path: "/data-services/\(one.id)")
        }
        let columns = [
            Column("title", "接口", isSortable: true), Column("path", "地址"), Column("category", "目录", isSortable: true), Column("ledger", "数据来源"), Column("level", "安全等级"),
            Column("state", "状态"), Column("updated", "更新时间", isSortable: true),
        ]
        let categories = Array(Set(all.map(\.category))).sorted()
        let list = ListPage(
            context.text("接口目录", "Interfaces"), at: "/data-services", crumbs: [Crumb("数据服务"), Crumb("接口目录")], id: "services", columns: columns,
            filters: [
                .keyword(context, "名称、地址、说明"), .choice("category", "目录", categories.map { Choice($0, $0) }, context),
                FormField("state", "状态", .select([Choice("", "全部在用")] + DataService.State.allCases.map { Choice($0.rawValue, $0.title) }), value: here["state"]),
            ], empty: "还没有接口；新增的接口审批后其他系统才能调用",
            add: context.may(DataServicePermission.write) ? ActionButton("新增接口", .link("/data-services/new"), icon: "plus", style: .primary) : nil)
        return list.response(rows, shown.pager, context)
    }

    /// `GET /data-services/{id}`: what it gives, how it is called, who may.
    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let service = try await one(context)
        let (grants, applications) = try await database.read { [engine] reader in
            (try engine.grants(service: service.id, in: reader), try engine.applications(by: principal, in: reader))
        }
        let names = Dictionary(applications.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let ledger = engine.ledgers.declaration(service.ledger)
        let facts = DescriptionList([
            .init("地址", "<code>GET \(service.path)</code>"), .init("状态", "\(badge(service.state))"), .init("目录", "\(service.category)"), .init("安全等级", "\(service.level.title)"),
            .init("数据来源", "\(ledger?.title ?? service.ledger)"), .init("每页最多", "\(service.maximumRows) 条"), .init("超时", "\(service.timeoutSeconds) 秒"),
            .init("更新", "\(service.updatedByName)，\(service.updatedAt)（第 \(service.version) 版）"), .init("说明", "\(service.details)", isWide: true),
        ])
        let parameters = service.parameters.map { parameter in
            TableRow([
                "<code>\(parameter.name)</code>", "\(ledger?.field(parameter.field)?.title ?? parameter.field)", "\(DataDoor.word(parameter.comparison))",
                "\(parameter.isRequired ? "必填" : "可选")", "\(parameter.fallback)",
            ])
        }
        let outputs = service.outputs.map { output in TableRow(["<code>\(output.field)</code>", "\(ledger?.field(output.field)?.title ?? output.field)", "\(output.mask.title)"]) }
        let example = service.parameters.filter(\.isRequired).map { "\($0.name)=…" }.joined(separator: "&")
        let usage: Markup = """
            <p>先用应用的 AppKey 与 AppSecret 取得令牌（两小时有效），再调用：</p>
            <pre class="code">curl -X POST \(host(context))/data/v1/token -H 'Content-Type: application/json' -d '{"appKey":"…","appSecret":"…"}'
            curl -H 'Authorization: Bearer 令牌' '\(host(context))\(service.path)?\(example)'</pre>
            <p>也可不取令牌，逐次签名：请求头 X-App-Key、X-Timestamp（毫秒）、X-Nonce、X-Signature；签名为 hex(HMAC-SHA256(AppSecret, 方法⏎路径与查询⏎X-Timestamp⏎X-Nonce⏎hex(SHA256(正文))))。</p>
            <p>答复 <code>{"data": […], "count": 条数, "next": 下一页的 cursor 或空}</code>；错误为 problem+json，code 稳定。<a href="/data-services/\(service.id)/openapi" hx-boost="false">openapi.json</a></p>
            """
        let shown = grants.filter { names[$0.application] != nil || context.may(DataServicePermission.manage) }
        let grantRows = shown.map { grant -> TableRow in
            let revoke: Markup =
                grant.state == .approved && context.may(DataServicePermission.manage)
                ? "\(ActionButton("撤销", .post("/data-grants/\(grant.id)/revoke", confirm: "撤销后该应用立即不能调用此接口。确定撤销？"), style: .quiet))" : .empty
            let caseLink: Markup = grant.caseId.map { "<a href=\"/work/\($0)\">审核记录</a>" } ?? .empty
            return TableRow(
                id: String(grant.id),
                [
                    "\(names[grant.application] ?? "#\(grant.application)")", "\(badge(grant.state))", "\(Figure.grouped(grant.dailyLimit))",
                    "\(grant.validUntil.map { String($0.text.prefix(10)) })",
                    "\(grant.purpose)", caseLink,
                ], actions: revoke)
        }
        let here = context.here
        let tables: Markup = """
            \(Card("请求参数", isFlush: true, body: "\(DataTable(id: "parameters", columns: [Column("n", "参数"), Column("f", "字段"), Column("c", "条件"), Column("r", "必填"), Column("d", "默认值")], rows: parameters, address: here, empty: "没有参数；可用 limit 与 cursor 翻页", hasTools: false))"))\
            \(Card("返回列", isFlush: true, body: "\(DataTable(id: "outputs", columns: [Column("n", "名称"), Column("f", "字段"), Column("m", "脱敏")], rows: outputs, address: here, hasTools: false))"))
            """
        let grantTable = DataTable(
            id: "grants",
            columns: [
                Column("a", "应用"), Column("s", "状态"), Column("d", "每日次数", align: .end), Column("u", "有效期至"), Column("p", "用途", isWrapping: true), Column("c", "审核"),
            ], rows: grantRows, address: here, empty: "还没有应用申请", hasTools: false)
        var actions: Markup = .empty
        if service.state == .online { actions += "\(ActionButton("申请使用", .dialog("/data-services/\(service.id)/apply"), icon: "plus", style: .primary))" }
        if context.may(DataServicePermission.write), service.state != .retired {
            let path = "/data-services/\(service.id)"
            actions += "\(ActionButton("在线测试", .link("\(path)/test"), icon: "play"))\(ActionButton("修改", .link("\(path)/edit"), icon: "edit"))"
            if service.state != .online { actions += "\(ActionButton("上线", .post("\(path)/state/online", confirm: "上线后获授权的应用即可调用。确定上线？"), icon: "upload"))" }
            if service.state == .online { actions += "\(ActionButton("下线", .post("\(path)/state/offline", confirm: "下线后所有应用立即不能调用。确定下线？"), icon: "pause"))" }
            actions += "\(ActionButton("注销", .post("\(path)/state/retired", confirm: "注销后不能恢复，全部授权随之撤销。确定注销？"), icon: "trash", style: .danger))"
        }
        return Shell.page(
            service.title, crumbs: [Crumb("数据服务"), Crumb("接口目录", "/data-services"), Crumb(service.title)], active: "/data-services", actions: actions,
            body:
                "<div class=\"stack\">\(Card(body: "\(facts)"))\(Card("调用方法", body: usage))\(Grid(.halves, [tables]))\(Card("使用此接口的应用", isFlush: true, body: "\(grantTable)"))</div>",
            context: context)
    }

    private func host(_ context: WebContext) -> String { context.site.settings.publicAddress }

    /// `GET /data-services/{id}/openapi`.
    @Sendable
    func openAPI(request: Request, context: WebContext) async throws -> Response { .json(DataDoor.document(try await one(context), engine, host: host(context)).json) }

    /// `POST /data-services/{id}/state/{state}`.
    @Sendable
    func set(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        guard let state = DataService.State(rawValue: try context.path("state")) else { throw Failure.notFound("该状态") }
        try await database.write { [engine] tx in try engine.set(state, of: id, by: principal, in: tx) }
        return Shell.refreshed(state.title, context: context, request: request)
    }

    /// `GET /data-services/{id}/test?…`: as a caller sees it, with what the ledger and the columns make of it.
    @Sendable
    func test(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let service = try await one(context)
        let here = context.here
        let fields = service.parameters.map { parameter in
            FormField(
                "p." + parameter.name, parameter.name, .text, value: here["p." + parameter.name] ?? parameter.fallback,
                isRequired: parameter.isRequired, help: DataDoor.word(parameter.comparison))
        }
        var result: Markup = .empty
        if here["run"] == "1" {
            let given = service.parameters.compactMap { parameter in here["p." + parameter.name].map { (name: parameter.name, value: $0) } }
            do {
                let answer = try await engine.test(service, given, by: principal)
                result = "\(Card("答复：\(answer.rows.count) 条", body: "<pre class=\"code\">\(answer.json.text.replacing("},{", with: "},\n{"))</pre>"))"
            } catch let failure as Failure {
                let lines = failure.fields.map { finding -> Markup in "<li><code>\(finding.field)</code> \(finding.message)</li>" }
                result = "\(Notice(.orange, "\(failure.code) \(failure.message)<ul>\(lines)</ul>"))"
            }
        }
        let search = SearchForm(action: "/data-services/\(service.id)/test", fields: fields, table: "main", kept: [.init("run", "1")], visible: 8)
        let run = fields.isEmpty ? ActionButton("运行", .link("/data-services/\(service.id)/test?run=1"), icon: "play", style: .primary).markup : .empty
        return Shell.page(
            "测试：\(service.title)", crumbs: [Crumb("数据服务"), Crumb("接口目录", "/data-services"), Crumb(service.title, "/data-services/\(service.id)"), Crumb("在线测试")],
            active: "/data-services", actions: run, body: "<div class=\"stack\">\(fields.isEmpty ? .empty : search.markup)\(result)</div>", context: context)
    }
}
