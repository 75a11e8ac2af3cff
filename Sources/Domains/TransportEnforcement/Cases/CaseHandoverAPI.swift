import Exchange
import Features
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Web

/// The interface by which other systems hand cases over (B2.1.3): `POST` and `GET /api/v1/enforcement-cases`.
struct CaseHandoverAPI: Sendable {
    let platform: Platform
    private var handovers: CaseHandovers { CaseHandovers(platform: platform) }

    func add(to routes: Routes) {
        let api = routes.under("/api/v1"), mayHandOver = RoutePermission.named(EnforcementPermission.handOver)
        api.post("/enforcement-cases", permission: mayHandOver, use: take)
        api.get("/enforcement-cases", permission: mayHandOver, use: standing)
        for operation in Self.operations { platform.ledgers.operations.add(operation, permission: EnforcementPermission.handOver) }
    }

    /// Pictures come as base64 beside the fields; each is judged by its content.
    @Sendable func take(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let body = try await request.json(context, limit: 8 << 20)
        var handover = try CaseHandover(body)
        handover.platePhoto = try await picture(body["platePhoto"], "platePhoto", "车辆及车牌照片", by: principal)
        handover.scenePhoto = try await picture(body["scenePhoto"], "scenePhoto", "现场照片", by: principal)
        let wanted = handover
        let standing = try await platform.database.write { [handovers] in try handovers.take(wanted, by: principal, in: $0) }
        return .json(answer(standing, wanted.key), status: standing.isRepeat ? .ok : .created)
    }

    private func picture(_ value: JSONValue?, _ name: String, _ title: String, by principal: Principal) async throws -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.string, let data = Data(base64Encoded: text) else { throw Failure.invalid([FieldFinding(name, "format", "应为图片的 base64", title: title)]) }
        do {
            return try await platform.photos.receive([UInt8](data), expectedSHA256: nil, organisation: principal.organisation, clock: platform.clock).sha256
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .tooLarge {
            throw Failure.invalid([FieldFinding(name, "file", failure.message, title: title)])
        }
    }

    /// `GET /api/v1/enforcement-cases?key=`: what became of one's own.
    @Sendable func standing(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let key = context.here["key"] else { throw Failure.invalid([FieldFinding("key", "required", "不能为空", title: "来源案件编号")]) }
        guard let standing = try await platform.database.read({ [handovers] in try handovers.standing(key, of: principal, in: $0) }) else { throw Failure.notFound("该案件") }
        return .json(answer(standing, key))
    }

    private func answer(_ standing: CaseHandover.Standing, _ key: String) -> JSONValue {
        let node = standing.node.map { platform.dictionaries.title(of: $0, in: .caseNode) }
        return [
            "key": .string(key), "number": .string(standing.number), "node": JSONValue(standing.node), "nodeTitle": JSONValue(node), "state": .string(standing.state),
            "stateTitle": .string(platform.dictionaries.title(of: standing.state, in: .caseFinalState)), "isRepeat": .bool(standing.isRepeat),
        ]
    }

    private static let party = APISchema.object(
        [
            ("name", APISchema.string("名称，2—60 字")), ("kind", APISchema.string("主体类别代码，默认 freight")), ("creditCode", APISchema.string("统一社会信用代码")),
            ("idCard", APISchema.string("个人身份证号码")), ("phone", APISchema.string("联系电话")), ("address", APISchema.string("地址")),
        ], required: ["name"])
    private static let answered = APISchema.object(
        [
            ("key", APISchema.string("来源案件编号")), ("number", APISchema.string("平台案件编号")), ("node", APISchema.nullable(APISchema.string("当前环节代码"))),
            ("nodeTitle", APISchema.nullable(APISchema.string("当前环节"))), ("state", APISchema.string("状态代码")), ("stateTitle", APISchema.string("状态")),
            ("isRepeat", APISchema.string("同一编号再次移交")),
        ], required: ["key", "number", "state"])

    static let operations: [APIOperation] = [
        APIOperation(
            .post, "/api/v1/enforcement-cases", "移交第三方案件", tag: "enforcementCase",
            details: "落库后答复；同一 key 再次移交不重复立案，答复 200。没有登记的当事人自动登记。案件进入“派单”，由执法大队派现场执法。",
            request: APIBody(
                APISchema.object(
                    [
                        ("key", APISchema.string("来源系统的案件编号，64 字以内")), ("category", APISchema.string("案件小类代码")), ("subject", party), ("county", APISchema.string("县区行政区划代码，6 位")),
                        ("plateNo", APISchema.string("车牌号码")), ("driverName", APISchema.string("驾驶人")), ("place", APISchema.string("违法地点")), ("foundAt", APISchema.moment()),
                        ("facts", APISchema.string("违法事实，5—2000 字")), ("platePhoto", APISchema.string("车辆及车牌照片，base64")), ("scenePhoto", APISchema.string("现场照片，base64")),
                    ], required: ["key", "category", "subject", "county", "place", "foundAt", "facts"])),
            responses: [
                APIResponse(201, "已立案", answered), APIResponse(200, "此前已移交", answered), .problem(401, "未登录"), .problem(403, "没有权限"), .problem(422, "内容有误，逐个字段列出"),
            ], security: ["session", "bearer"], id: "handOverCase"),
        APIOperation(
            .get, "/api/v1/enforcement-cases", "查询移交案件的办理情况", tag: "enforcementCase", parameters: [APIParameter("key", "来源案件编号", required: true)],
            responses: [APIResponse(200, "办理情况", answered), .problem(401, "未登录"), .problem(403, "没有权限"), .problem(404, "没有移交过该编号")], security: ["session", "bearer"],
            id: "handedOverCase"),
    ]
}
