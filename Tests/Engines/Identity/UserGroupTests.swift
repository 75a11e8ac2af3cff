import Identity
import Kernel
import Storage
import Testing

@Suite("D9.2.2 D17.1.1 B5.1.7 用户组与账号激活")
struct UserGroupTests {
    let house: House

    init() async throws {
        house = try await House()
        try await house.user("wang", .county, in: house.organisation("130102"))
        try await house.user("lili", .county, in: house.organisation("130104"))
        try await house.user("keeper", .enterpriseGuard, in: house.steel)
        try await house.user("chief", .city, in: house.organisation("1301"))
    }

    private var groups: UserGroups { house.engine.groups }

    private func make(_ name: String, roles: [BuiltInRole], at code: String = "1301") async throws -> Int64 {
        var ids: [Int64] = []
        for role in roles { ids.append(try await house.role(role).id) }
        return try await groups.create(UserGroupDraft(name: name, organisation: try await house.organisation(code).id, roles: ids), by: .system())
    }

    private func held(_ login: String) async throws -> [String] {
        let user = try #require(try await house.engine.users.find(login: login))
        return user.roles.map { $0.isDirect ? $0.name : "\($0.name)*" }.sorted()
    }

    @Test func `a group gives its roles, keeps what is held alone, takes back what it gave`() async throws {
        let group = try await make("督察组", roles: [.city, .county])
        #expect(try await groups.add(["Wang", "lili", "wang"], to: group, by: .system()) == 2)
        #expect(try await groups.add(["wang"], to: group, by: .system()) == 0)
        #expect(try await held("wang") == ["city*", "county"])
        // Another group gives the same; leaving one of the two changes nothing.
        let other = try await make("值班组", roles: [.city])
        #expect(try await groups.add(["wang"], to: other, by: .system()) == 1)
        let wang = try #require(try await house.engine.users.find(login: "wang"))
        try await groups.remove(wang.id, from: group, by: .system())
        #expect(try await held("wang") == ["city*", "county"])
        try await groups.delete(other, by: .system())
        #expect(try await held("wang") == ["county"])
        #expect(try await held("lili") == ["city*", "county"])
        try await groups.update(group, UserGroupDraft(name: "督察组", organisation: wang.organisation, roles: []), by: .system())
        #expect(try await held("lili") == ["county"])
    }

    @Test func `a form of the account changes only what is held alone`() async throws {
        let group = try await make("填报组", roles: [.enterpriseAdmin])
        _ = try await groups.add(["keeper"], to: group, by: .system())
        let keeper = try #require(try await house.engine.users.find(login: "keeper"))
        func draft(_ roles: [Int64]) -> UserDraft { UserDraft(login: "keeper", name: "示例", organisation: keeper.organisation, roles: roles) }
        try await house.engine.users.update(keeper.id, draft(keeper.ownRoles), by: .system())
        #expect(try await held("keeper") == ["enterpriseAdmin*", "enterpriseGuard"])
        try await house.engine.users.update(keeper.id, draft(keeper.roles.map(\.id)), by: .system())
        #expect(try await held("keeper") == ["enterpriseAdmin", "enterpriseGuard"])
    }

    @Test func `what a group gives counts with the next request`() async throws {
        let group = try await make("督察组", roles: [.city])
        let session = try await house.login("wang")
        func areas() async throws -> DataScope? { try await house.engine.sessions.session(for: session.token, address: "10.0.0.1")?.principal.scope }
        #expect(try await areas() == .areas(["130102"]))
        _ = try await groups.add(["wang"], to: group, by: .system())
        // A role of the city does not fit an account of a county: it gives nothing.
        #expect(try await areas() == .areas(["130102"]))
        let guarded = try await house.login("keeper")
        let before = try await house.engine.sessions.session(for: guarded.token, address: "10.0.0.1")?.principal.permissions
        let admins = try await make("企业填报组", roles: [.enterpriseAdmin])
        _ = try await groups.add(["keeper"], to: admins, by: .system())
        let after = try await house.engine.sessions.session(for: guarded.token, address: "10.0.0.1")?.principal.permissions
        #expect(before?.contains("onSiteVehicle.write") == false)
        #expect(after?.contains("onSiteVehicle.write") == true)
    }

    @Test func `administrators' roles, foreign people and a group of one's own are refused`() async throws {
        await #expect(throws: Failure.self) { _ = try await make("管理组", roles: [.admin]) }
        let group = try await make("督察组", roles: [.county], at: "130102")
        let county = try await house.principal("wang")
        await #expect(throws: Failure.self) { _ = try await groups.add(["lili"], to: group, by: county) }
        #expect(try await house.database.read { try groups.page(scope: county.scope, $0) }.map(\.id) == [group])
        let foreign = try await make("桥西组", roles: [], at: "130104")
        #expect(try await house.database.read { try groups.find(foreign, scope: county.scope, $0) } == nil)
    }

    @Test func `who leaves is in no group`() async throws {
        let group = try await make("督察组", roles: [.city])
        try await house.user("zhao", .county, in: house.organisation("130102"))
        _ = try await groups.add(["wang"], to: group, by: .system())
        let (wang, zhao) = (try #require(try await house.engine.users.find(login: "wang")), try #require(try await house.engine.users.find(login: "zhao")))
        #expect(try await house.database.read { try house.engine.holdings(of: wang.id, at: house.hand.now, $0) }.contains { $0.title == "用户组" })
        _ = try await house.engine.users.depart(wang.id, successor: zhao.id, roles: false, handOvers: house.engine.handOvers, by: .system())
        #expect(try await house.database.read { try house.engine.holdings(of: wang.id, at: house.hand.now, $0) } == [])
    }

    // MARK: Activation

    private func row(_ number: Int, _ login: String, code: String = "130102", roles: String = "县区监管", lastDay: String = "") -> AccountRow {
        AccountRow(number: number, login: login, name: "示例", phone: "", code: code, roles: roles, lastDay: lastDay)
    }

    @Test func `a sheet is taken whole or not at all, every bad row named`() async throws {
        let activations = house.engine.activations
        let title = try await house.role(.county).title
        let bad = [
            row(2, "new01", roles: title), row(3, "x", roles: title), row(4, "new01", roles: title), row(5, "new02", code: "999", roles: title), row(6, "new03", roles: "国王"),
            row(7, "new04", roles: title, lastDay: "昨天"),
        ]
        do {
            _ = try await activations.bringIn(bad, by: .system())
            Issue.record("taken")
        } catch let failure as Failure {
            #expect(Set(failure.fields.map(\.field)) == ["row3", "row4", "row5", "row6", "row7"])
        }
        #expect(try await house.engine.users.find(login: "new01") == nil)
        let issued = try await activations.bringIn([row(2, "new01", roles: title), row(3, "new02", roles: title)], by: .system())
        #expect(issued.count == 2 && Set(issued.map(\.code)).count == 2)
    }

    @Test func `a code brings one account to life, once and in time`() async throws {
        let activations = house.engine.activations
        let title = try await house.role(.county).title
        let issued = try await activations.bringIn([row(2, "new01", roles: title), row(3, "new02", roles: title)], by: .system())
        let (first, second) = (issued[0], issued[1])
        for (login, code) in [("new01", second.code), ("new02", first.code), ("new01", ""), ("nobody", first.code)] {
            await #expect(throws: Failure.self, "\(login) \(code)") { try await activations.activate(login, code: code, password: House.password, from: "10.0.0.9") }
        }
        await #expect(throws: Failure.self) { try await activations.activate("new01", code: first.code, password: "short", from: "10.0.0.1") }
        try await activations.activate("NEW01", code: first.code.lowercased().replacing("-", with: " "), password: House.password, from: "10.0.0.1")
        _ = try await house.login("new01")
        await #expect(throws: Failure.self) { try await activations.activate("new01", code: first.code, password: House.password, from: "10.0.0.1") }
        // A new code ends the old one; after its days it is worth nothing.
        let waiting = try #require(try await house.engine.users.find(login: "new02"))
        let again = try await activations.reissue(for: waiting.id, by: .system())
        await #expect(throws: Failure.self) { try await activations.activate("new02", code: second.code, password: House.password, from: "10.0.0.2") }
        house.hand.advance(seconds: Activations.days * 86_400 + 1)
        await #expect(throws: Failure.self) { try await activations.activate("new02", code: again, password: House.password, from: "10.0.0.3") }
    }
}
