import Exchange
import Kernel
import Testing

@Suite("接口说明 · OpenAPI")
struct OpenAPITests {
    static let list = APIOperation(
        .get, "/api/v1/vehicles", "车辆列表", tag: "车辆", parameters: [APIParameter("limit", "每页条数", APISchema.integer(in: 1...500))],
        responses: [.problem(401, "未登录"), APIResponse(200, "一页车辆", APISchema.array(of: APISchema.reference("Vehicle")))], security: ["session"])
    static let change = APIOperation(
        .put, "/api/v1/vehicles/{id}", "修改车辆", tag: "车辆", request: APIBody(APISchema.reference("Vehicle")), responses: [APIResponse(200, "已修改")])

    func document(_ operations: [APIOperation]) -> OpenAPIDocument {
        var document = OpenAPIDocument(title: "见微", version: "1")
        document.add(operations)
        document.addSchema("Vehicle", APISchema.object([("plateNo", APISchema.string("号牌号码", length: 1...16))], required: ["plateNo"]))
        document.addCookieSecurity("session", cookie: "jw")
        return document
    }

    @Test func describesOperations() throws {
        let json = document([Self.change, Self.list]).json
        #expect(json["openapi"]?.string == "3.1.0")
        let change = json["paths"]?["/api/v1/vehicles/{id}"]?["put"]
        #expect(change?["operationId"]?.string == "putApiV1VehiclesById")
        #expect(change?["parameters"]?.array?.first?["name"]?.string == "id")
        #expect(change?["parameters"]?.array?.first?["required"]?.bool == true)
        let answers = json["paths"]?["/api/v1/vehicles"]?["get"]?["responses"]?.object?.members.map(\.name)
        #expect(answers == ["200", "401"])
        #expect(json["components"]?["schemas"]?["Problem"]?["required"] != nil)
    }

    @Test func orderDoesNotMatter() { #expect(document([Self.change, Self.list]).json == document([Self.list, Self.change]).json) }

    @Test func namesItsFaults() {
        var document = document([Self.list, Self.list])
        document.add(APIOperation(.get, "/x", "x", tag: "x", responses: [APIResponse(200, "x", APISchema.reference("Missing"))]))
        #expect(document.faults.count == 3)
        #expect(self.document([Self.list, Self.change]).faults.isEmpty)
    }
}
