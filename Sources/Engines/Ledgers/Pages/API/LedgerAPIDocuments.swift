import Exchange
import Hummingbird
import Identity
import Kernel
import Web

/// The description of the API, from the declarations: OpenAPI 3.1 for programs, a page for people. Shows what the reader may use.
struct LedgerAPIDocuments: Sendable {
    let services: LedgerServices

    @Sendable
    func openAPI(_ request: Request, _ context: WebContext) async throws -> Response { .json(try document(context).json) }

    func document(_ context: WebContext) throws -> OpenAPIDocument {
        let principal = try context.signedIn()
        var document = OpenAPIDocument(
            title: "见微 · \(context.site.settings.systemName)", version: "1", details: "台账接口：与页面同一套权限、数据范围、校验和历史。改动用会话 Cookie 时须带 X-CSRF 请求头。")
        document.addCookieSecurity("session", cookie: "jw_session")
        document.addBearerSecurity("bearer", "访问令牌")
        for ledger in services.engine.declarations where principal.may(ledger.readPermission) {
            let desk = LedgerDesk(services: services, ledger: ledger, principal: principal, context: context)
            let operations = LedgerOperations(
                ledger: ledger, fields: desk.fields, dictionaries: services.engine.dictionaries.snapshot, dimensions: StatisticsQuestion.dimensions(desk).map(\.value),
                measures: StatisticsQuestion.measures(desk).map(\.value))
            operations.add(to: &document)
        }
        for entry in services.engine.operations.all where principal.may(entry.permission) { document.add(entry.operation) }
        return document
    }

    @Sendable
    func page(_ request: Request, _ context: WebContext) async throws -> Response {
        let document = try document(context)
        var tags: [String] = []
        for operation in document.operations where !tags.contains(operation.tag) { tags.append(operation.tag) }
        let cards = tags.map { tag -> Markup in
            let rows = document.operations.filter { $0.tag == tag }.map { operation in
                TableRow([
                    "\(Badge(operation.method.rawValue.uppercased(), tone(operation.method)))", "<code>\(operation.path)</code>", "\(operation.summary)",
                    "\(parameters(operation))", "\(answers(operation))",
                ])
            }
            let columns = [
                Web.Column("", context.text("方法", "Method")), Web.Column("", context.text("路径", "Path")), Web.Column("", context.text("说明", "Summary"), isWrapping: true),
                Web.Column("", context.text("参数", "Parameters"), isWrapping: true), Web.Column("", context.text("应答", "Answers")),
            ]
            return "\(Card(tag, isFlush: true, body: "\(DataTable(id: "api-\(tag)", columns: columns, rows: rows, address: context.here, hasTools: false))"))"
        }
        let intro = Notice(
            .info,
            """
            \(context.text("登录会话或 Bearer 令牌均可调用。列表用 next 游标翻页；修改带 If-Match；新增可带 Idempotency-Key，重复提交只登记一次；错误为 problem+json，code 稳定不变。", "Session cookie or bearer token."))\
             <a href="/api/openapi.json" hx-boost="false">openapi.json</a>
            """)
        return Shell.page(
            context.text("接口文档", "API"), crumbs: [Crumb(context.text("接口文档", "API"))], active: "/api/docs", body: "<div class=\"stack\">\(intro)\(cards)</div>", context: context)
    }

    private func tone(_ method: APIOperation.Method) -> Tone {
        switch method {
        case .get: .info
        case .post: .good
        case .put, .patch: .blue
        case .delete: .muted
        }
    }

    private func parameters(_ operation: APIOperation) -> String {
        let names = operation.parameters.filter { $0.place != .path }.map { $0.isRequired ? $0.name + "*" : $0.name }
        return names.count > 8 ? names.prefix(8).joined(separator: "、") + " 等 \(names.count) 个" : names.joined(separator: "、")
    }

    private func answers(_ operation: APIOperation) -> String { operation.responses.map(\.status).sorted().map(String.init).joined(separator: " ") }
}
