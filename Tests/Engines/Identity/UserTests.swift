import Cryptography
import Identity
import Kernel
import Storage
import Testing

@Suite("A-16 用户管理")
struct UserTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var asker = "city"
        var login = "zhang.san"
        var name = "张三"
        var phone: String? = "13800001111"
        var organisation: String? = "91130100A"
        var roles: [BuiltInRole] = [.enterpriseGuard]
        let findings: [String]
    }

    static let examples: [Example] = [
        Example(testDescription: "正确", findings: []),
        Example(testDescription: "登录名不分大小写，重复", login: "CITY1", findings: ["login.duplicate"]),
        Example(
            testDescription: "全都不对", login: "张", name: "", phone: "12", organisation: nil, roles: [],
            findings: ["login.format", "name.length", "phone.format", "organisation.required"]),
        Example(testDescription: "没有角色", roles: [], findings: ["roles.required"]),
        Example(testDescription: "角色不适用于机构", roles: [.county], findings: ["roles.kind"]),
        Example(testDescription: "市级不能授予系统管理员", organisation: "1301", roles: [.admin], findings: ["roles.appoint", "roles.excess"]),
        Example(testDescription: "市级可以授予市级", organisation: "1301", roles: [.city], findings: []),
        Example(testDescription: "企业管理员给本企业添门岗", asker: "steel", findings: []),
        Example(testDescription: "企业管理员给本企业添管理员", asker: "steel", roles: [.enterpriseAdmin], findings: []),
        Example(testDescription: "企业管理员不能给别的企业添人", asker: "steel", organisation: "91130100B", findings: ["organisation.unknown"]),
        Example(testDescription: "企业管理员不能给监管部门添人", asker: "steel", organisation: "130102", roles: [.county], findings: ["organisation.unknown"]),
    ]

    @Test(arguments: examples)
    func `every finding at once`(_ example: Example) async throws {
        let house = try await House()
        try await house.user("city1", .city, in: house.organisation("1301"))
        try await house.user("steel", .enterpriseAdmin, in: house.steel)
        let asker = try await house.principal(example.asker == "city" ? "city1" : "steel")
        var organisation: Int64?
        if let code = example.organisation { organisation = try await house.organisation(code).id }
        var roles: [Int64] = []
        for role in example.roles { roles.append(try await house.role(role).id) }
        let draft = UserDraft(login: example.login, name: example.name, phone: example.phone, organisation: organisation, roles: roles)
        #expect(await findings { _ = try await house.engine.users.create(draft, by: asker) } == example.findings)
    }

    @Test func `without the permission nothing is made`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let guardian = try await house.principal("guard")
        let draft = UserDraft(login: "new", name: "新", organisation: house.steel.id, roles: [try await house.role(.enterpriseGuard).id])
        #expect(await failureCode { _ = try await house.engine.users.create(draft, by: guardian) } == "JW-K403")
    }

    @Test func `a new user signs in with the one-time password and changes it`() async throws {
        let house = try await House()
        let draft = UserDraft(login: "Men.Gang", name: "门岗", organisation: house.steel.id, roles: [try await house.role(.enterpriseGuard).id])
        let (id, password) = try await house.engine.users.create(draft, by: .system())
        #expect(PasswordPolicy().findings(for: password, login: "men.gang").isEmpty)
        let first = try await house.login("men.gang", password)
        #expect(first.session.mustChangePassword)
        #expect(!first.session.principal.may("onSiteVehicle.read"))
        try await house.engine.passwords.change(of: first.session.principal, current: password, new: "Xin#MiMa2026")
        let session = try #require(try await house.session(first.token))
        #expect(!session.mustChangePassword)
        #expect(session.principal.may("onSiteVehicle.read"))
        #expect(session.principal.scope == .organisation(house.steel.id))
        #expect(try await house.engine.users.find(id)?.lastLoginAddress == "10.0.0.1")
    }

    @Test func `telephone numbers are stored sealed, found whole, and sealed where they were plain`() async throws {
        let house = try await House()
        let draft = UserDraft(login: "men.gang", name: "门岗", phone: "13812345678", organisation: house.steel.id, roles: [try await house.role(.enterpriseGuard).id])
        let (id, _) = try await house.engine.users.create(draft, by: .system())
        func stored() async throws -> String { try await house.database.read { try $0.value("SELECT phone FROM users WHERE id = \(id)")?.text } ?? "" }
        #expect(try await stored().hasPrefix("~"))
        #expect(try await house.engine.users.find(id)?.phone == "13812345678")
        func found(_ keyword: String) async throws -> Int {
            try await house.database.read { try house.engine.users.page(UserSearch(keyword: keyword), scope: .everything, $0).count }
        }
        #expect(try await found("13812345678") == 1)
        #expect(try await found("1381234") == 0)
        try await house.database.write { _ = try $0.execute("UPDATE users SET phone = '13987654321' WHERE id = \(id)") }
        #expect(try await house.engine.users.find(id)?.phone == "13987654321")
        #expect(try await found("13987654321") == 1)
        #expect(try await house.engine.users.sealPersonalFields() == 1)
        #expect(try await stored().hasPrefix("~"))
        #expect(try await house.engine.users.sealPersonalFields() == 0)
        #expect(try await house.engine.users.find(id)?.phone == "13987654321")
    }

    @Test func `scopes narrow the list, on the database`() async throws {
        let house = try await House()
        try await house.user("steel", .enterpriseAdmin, in: house.steel)
        try await house.user("cement", .enterpriseAdmin, in: house.cement)
        try await house.user("changan", .county, in: house.organisation("130102"))
        func logins(_ scope: DataScope, _ search: UserSearch = UserSearch()) async throws -> [String] {
            let users = try await house.database.read { try house.engine.users.page(search, scope: scope, $0) }
            #expect(try await house.database.read { try house.engine.users.count(search, scope: scope, $0) } == users.count)
            return users.map(\.login)
        }
        #expect(try await logins(.everything) == ["changan", "cement", "steel", "city", "auditor", "security", "admin"])
        #expect(try await logins(.areas(["1301"])) == ["changan", "cement", "steel", "city", "auditor", "security", "admin"])
        #expect(try await logins(.areas(["130102"])) == ["changan", "steel"])
        #expect(try await logins(.organisation(house.cement.id)) == ["cement"])
        #expect(try await logins(.nothing) == [])
        #expect(try await logins(.everything, UserSearch(keyword: "ce")) == ["cement"])
        #expect(try await logins(.everything, UserSearch(role: try await house.role(.enterpriseAdmin).id)) == ["cement", "steel"])
        let second = try await house.database.read { try house.engine.users.page(scope: .everything, before: 6, limit: 2, $0) }
        #expect(second.map(\.login) == ["steel", "city"])
        #expect(second.first?.roles.map(\.name) == ["enterpriseAdmin"])
    }

    @Test func `freezing ends sessions at once; the last administrator stays`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        let token = try await house.login("guard").token
        #expect(try await house.session(token) != nil)
        try await house.engine.users.setState(.frozen, of: id, by: .system())
        #expect(try await house.session(token) == nil)
        #expect(await failureCode { _ = try await house.login("guard") } == "JW-I012")
        #expect(await failureCode { _ = try await house.login("guard", "wrong") } == "JW-I011")
        try await house.engine.users.setState(.active, of: id, by: .system())
        #expect(try await house.session(token) == nil)
        _ = try await house.login("guard")

        let admin = try #require(try await house.engine.users.find(login: "admin"))
        #expect(await failureCode { try await house.engine.users.setState(.frozen, of: admin.id, by: .system()) } == "JW-I031")
        try await house.user("city1", .city, in: house.organisation("1301"))
        let city = try await house.principal("city1")
        #expect(await failureCode { try await house.engine.users.setState(.frozen, of: admin.id, by: city) } == "JW-I033")
        #expect(await failureCode { try await house.engine.users.setState(.frozen, of: city.id, by: city) } == "JW-I032")
        #expect(await failureCode { _ = try await house.engine.passwords.reset(of: admin.id, by: city) } == "JW-I033")
    }

    @Test func `another role or organisation counts from the next request on`() async throws {
        let house = try await House()
        let id = try await house.user("worker", .enterpriseAdmin, in: house.steel)
        let token = try await house.login("worker").token
        #expect(try await house.session(token)?.principal.may("onSiteVehicle.write") == true)
        let draft = UserDraft(login: "worker", name: "工人", organisation: house.cement.id, roles: [try await house.role(.enterpriseGuard).id])
        try await house.engine.users.update(id, draft, by: .system())
        let principal = try await house.session(token)?.principal
        #expect(principal?.may("onSiteVehicle.write") == false)
        #expect(principal?.scope == .organisation(house.cement.id))
        #expect(principal?.area == "130104")
    }

    @Test(arguments: [
        ("Short1#a", ["tooShort"]),
        ("alllowercaseletters", ["tooSimple"]),
        ("lower-and-symbols", ["tooSimple"]),
        ("Men.Gang-2026", ["containsLogin"]),
        ("Admin@123456", ["wellKnown"]),
        ("Aa1Aa1Aa1Aa1", ["wellKnown"]),
        ("", ["tooShort", "tooSimple", "wellKnown"]),
        ("Gate#Keeper26", []),
        ("见微知著Aa一二三四五", []),
        (" Gate Keeper 26 ", []),
        (String(repeating: "Abcdefg-1234567.", count: 4), []),
        (String(repeating: "Abcdefg-1234567.", count: 8), []),
        (String(repeating: "Abcdefg-1234567.", count: 8) + "x", ["tooLong"]),
    ])
    func `A-27 密码规则`(password: String, codes: [String]) { #expect(PasswordPolicy().findings(for: password, login: "men.gang").map(\.code) == codes) }

    @Test func `one-time passwords are readable`() {
        for _ in 0..<200 {
            let password = OneTimePassword.make()
            #expect(password.count == 14)
            #expect(!password.contains { "0O1lIoSs5Zz2B8".contains($0) })
            #expect(PasswordPolicy().findings(for: password, login: "admin").isEmpty)
        }
    }
}
