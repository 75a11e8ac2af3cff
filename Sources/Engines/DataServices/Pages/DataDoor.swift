import Exchange
import HTTPTypes
import Hummingbird
import Kernel
import Ledgers
import Web

/// What other systems call: tokens and interfaces. Nobody signs in here; every call proves itself.
struct DataDoor: Sendable {
    let engine: DataServiceEngine

    /// Given to `WebSettings.quietPrefixes`: no session, no CSRF; limits and a log of its own.
    static let prefix = "/data/v1/"

    func add(to routes: Routes) {
        routes.post("/data/v1/token", permission: .open, use: token)
        routes.get("/data/v1/{name}", permission: .open, use: answer)
        routes.post("/data/v1/{name}", permission: .open, use: answer)
    }

    /// `POST /data/v1/token` `{"appKey": …, "appSecret": …}` → `{"token": …, "expiresIn": 7200}`.
    @Sendable
    func token(request: Request, context: WebContext) async throws -> Response {
        do {
            let input = try await request.json(context, limit: 4096)
            let token = try await engine.token(key: input["appKey"]?.string ?? "", secret: input["appSecret"]?.string ?? "", address: context.address)
            var response = Response.json(["token": .string(token), "expiresIn": .int(DataServiceEngine.tokenSeconds)])
            response.headers[.cacheControl] = "no-store"
            return response
        } catch let failure as Failure {
            return .problem(failure, context: context)
        }
    }

    /// `GET /data/v1/NAME?…`, or `POST` with the parameters as a JSON object.
    @Sendable
    func answer(request: Request, context: WebContext) async throws -> Response {
        do {
            let body = request.method == .post ? try await request.bytes(context, limit: 65_536) : []
            var parameters = context.here.query.map { (name: $0.name, value: $0.value) }
            if !body.isEmpty {
                guard let members = try JSONValue(parsing: String(decoding: body, as: UTF8.self)).object?.members else { throw Failure(.invalid, "JW-DS20", "请求正文应为 JSON 对象") }
                for (name, value) in members {
                    let text: String? =
                        switch value {
                        case .string(let text): text
                        case .array(let values): values.map { $0.string ?? $0.text }.joined(separator: ",")
                        case .null: nil
                        default: value.text
                        }
                    if let text { parameters.append((name, text)) }
                }
            }
            var headers: [String: String] = [:]
            for name in ["X-App-Key", "X-Timestamp", "X-Nonce", "X-Signature"] {
                if let field = HTTPField.Name(name), let value = request.headers[field] { headers[name.lowercased()] = value }
            }
            let call = DataCall(
                method: request.method.rawValue, service: try context.path("name"), pathWithQuery: request.uri.string, parameters: parameters, address: context.address,
                authorization: request.headers[.authorization], headers: headers, body: body)
            var response = Response.json(try await engine.answer(call).json)
            response.headers[.cacheControl] = "no-store"
            return response
        } catch let failure as Failure {
            return .problem(failure, context: context)
        }
    }

    /// OpenAPI of one interface.
    static func document(_ service: DataService, _ engine: DataServiceEngine, host: String) -> OpenAPIDocument {
        let ledger = engine.ledgers.declaration(service.ledger)
        var document = OpenAPIDocument(
            title: service.title, version: String(service.version),
            details: service.details
                + "\n\n令牌：POST /data/v1/token；或摘要签名：X-Signature = hex(HMAC-SHA256(AppSecret, METHOD\\nPATH?QUERY\\nX-Timestamp\\nX-Nonce\\nhex(SHA256(BODY))))。")
        document.addBearerSecurity("bearer", "POST /data/v1/token 取得，两小时有效")
        let limit = min(service.maximumRows, 200)
        let parameters =
            service.parameters.map { parameter -> APIParameter in
                let title = ledger?.field(parameter.field)?.title ?? parameter.field
                return APIParameter(
                    parameter.name, "\(title)（\(Self.word(parameter.comparison))）", APISchema.string(title), required: parameter.isRequired && parameter.fallback == nil)
            } + [APIParameter("limit", "本页条数，1—\(limit)", APISchema.integer("本页条数", in: 1...Int64(limit))), APIParameter("cursor", "上一页答复中的 next", APISchema.string("游标"))]
        let properties = service.outputs.map { output -> (name: String, schema: JSONValue) in
            (output.field, ["title": .string((ledger?.field(output.field)?.title ?? output.field) + (output.mask == .none ? "" : "（\(output.mask.title)）"))])
        }
        let answer = APISchema.object(
            [
                ("data", APISchema.array(of: APISchema.object(properties), "记录")), ("count", APISchema.integer("本页条数")),
                ("next", APISchema.nullable(APISchema.string("下一页的 cursor；没有时为空"))),
            ], required: ["data", "count", "next"])
        document.add(
            APIOperation(
                .get, service.path, service.title, tag: service.category, parameters: parameters,
                responses: [
                    APIResponse(200, "查询结果", answer), .problem(401, "没有有效的令牌或签名"), .problem(403, "未获授权、地址受限或在黑名单中"), .problem(422, "参数有误，逐项列出"), .problem(429, "超出每分钟或每日次数"),
                ], security: ["bearer"]))
        return document
    }

    static func word(_ comparison: LedgerQuery.Comparison) -> String {
        switch comparison {
        case .eq: "等于"
        case .ne: "不等于"
        case .in: "其中之一，逗号分隔"
        case .contains: "包含"
        case .startsWith: "开头为"
        case .gte: "不早于或不小于"
        case .lte: "不晚于或不大于"
        case .between: "起止，逗号分隔"
        case .isEmpty: "为空"
        case .notEmpty: "不为空"
        }
    }
}
