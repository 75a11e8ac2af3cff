import Identity
import Kernel
import Storage
import Testing

@Suite("Identity: organisations and the first start")
struct OrganisationTests {
    @Test func `the first start makes the tree, the three administrators and the city, once`() async throws {
        let house = try await House()
        #expect(house.credentials.map(\.login) == ["admin", "security", "auditor", "city"])
        let county = try await house.organisation("130102")
        let lineage = try await house.database.read { try house.engine.organisations.lineage(of: county, $0) }
        #expect(lineage.map(\.name) == ["河北省", "石家庄市", "长安区"])
        #expect(county.path == "/" + lineage.map { "\($0.id)" }.joined(separator: "/") + "/")
        let children = try await house.database.read { try house.engine.organisations.children(of: lineage[1].id, $0) }
        #expect(children.map(\.code) == ["130102", "130104"])
        #expect(try await house.engine.firstStart(counties: [], permissions: House.declarations) == [])

        let admin = try await house.login("admin", house.credentials[0].oneTimePassword).session
        #expect(admin.mustChangePassword)
        #expect(admin.principal.permissions.isEmpty)
        #expect(admin.principal.scope == .everything)
        #expect(try await house.login("city", house.credentials[3].oneTimePassword).session.principal.scope == .areas(["1301"]))
        #expect(try await house.database.read { try house.engine.audit.verify($0) }.isIntact)
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var parent: String? = "130102"
        var kind = Organisation.Kind.enterprise
        var code = "E100"
        var name = "新企业"
        var area = "130102"
        let findings: [String]
    }

    static let examples: [Example] = [
        Example(testDescription: "正确", findings: []),
        Example(testDescription: "编号重复", code: "91130100A", findings: ["code.duplicate"]),
        Example(testDescription: "没有上级", parent: nil, findings: ["parent.required"]),
        Example(testDescription: "上级是企业", parent: "91130100A", findings: ["parent.kind"]),
        Example(testDescription: "不在上级辖区", area: "130104", findings: ["area.parent"]),
        Example(testDescription: "企业区划须到县", area: "1301", findings: ["area.format"]),
        Example(testDescription: "全都不对", parent: nil, code: "有 空格", name: " ", area: "x", findings: ["parent.required", "code.format", "name.length", "area.format"]),
    ]

    @Test(arguments: examples)
    func `every finding at once`(_ example: Example) async throws {
        let house = try await House()
        var parent: Int64?
        if let code = example.parent { parent = try await house.organisation(code).id }
        let draft = OrganisationDraft(parent: parent, kind: example.kind, code: example.code, name: example.name, area: example.area)
        #expect(await findings { _ = try await house.engine.organisations.create(draft, by: .system()) } == example.findings)
    }

    @Test func `an organisation moves to another area and its people with it, at once`() async throws {
        let house = try await House()
        let county = try await house.organisation("130102")
        try await house.user("county1", .county, in: county)
        let token = try await house.login("county1").token
        #expect(try await house.session(token)?.principal.scope == .areas(["130102"]))
        try await house.engine.organisations.update(county.id, name: "裕华区", code: "130108", area: "130108", by: .system())
        #expect(try await house.session(token)?.principal.scope == .areas(["130108"]))
        #expect(try await house.session(token)?.principal.organisationName == "裕华区")

        try await house.engine.organisations.setState(.retired, of: county.id, by: .system())
        #expect(try await house.session(token) == nil)
        #expect(await failureCode { _ = try await house.login("county1") } == "JW-I012")
    }

    @Test func `nobody writes beyond the own scope`() async throws {
        let house = try await House()
        try await house.user("steel", .enterpriseAdmin, in: house.steel)
        let principal = try await house.principal("steel")
        #expect(await failureCode { try await house.engine.organisations.setState(.retired, of: house.cement.id, by: principal) } == "JW-K403")
        let page = try await house.database.read { try house.engine.organisations.page(scope: principal.scope, $0) }
        #expect(page.map(\.code) == ["91130100A"])
        let county = DataScope.areas(["130104"])
        #expect(try await house.database.read { try house.engine.organisations.page(scope: county, $0) }.map(\.code) == ["130104", "91130100B"])
        #expect(try await house.database.read { try house.engine.organisations.page(keyword: "公司", kind: .enterprise, scope: .areas(["1301"]), $0) }.count == 2)
    }
}
