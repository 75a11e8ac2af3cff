import Identity
import Kernel
import Storage
import Testing

@Suite("D16.1.2 岗位：一个账号的多个岗位")
struct PostTests {
    let house: House
    let department: Unit

    init() async throws {
        house = try await House()
        try await house.user("wang", .county, in: house.organisation("130102"))
        try await house.user("zhao", .county, in: house.organisation("130102"))
        let units = house.engine.units
        department = try await house.database.write {
            try units.create(UnitDraft(tree: .government, parent: nil, organisation: "1301", code: "DQC", name: "大气处"), by: .system(), in: $0)
        }
        for login in ["wang", "zhao"] { try await units.appoint(login, to: department.id, post: "处长", by: .system()) }
    }

    private var posts: Posts { house.engine.posts }

    private func id(_ login: String) async throws -> Int64 { try #require(try await house.engine.users.find(login: login)).id }

    private func give(_ roles: [BuiltInRole], _ standing: PostStanding = .regular, isMain: Bool = false, to login: String = "wang") async throws {
        var ids: [Int64] = []
        for role in roles { ids.append(try await house.role(role).id) }
        try await posts.give(ids, standing: standing, isMain: isMain, to: id(login), in: department.id, by: .system())
    }

    @Test func `a post without roles gives nothing and is no choice`() async throws {
        let principal = try await house.principal("wang")
        #expect(principal.posts.isEmpty && principal.post == nil)
        #expect(principal.scope == .areas(["130102"]))
    }

    @Test func `switching acts on the next request: roles, organisation and scope of the post, and back`() async throws {
        let open = try await house.login("wang")
        try await give([.city])
        let before = try #require(try await house.session(open.token)?.principal)
        #expect(before.posts.map(\.title) == ["大气处 处长"] && before.post == nil && before.roles == ["county"])
        #expect(try await posts.act(in: department.id, by: before) == "大气处 处长")
        let acting = try #require(try await house.session(open.token)?.principal)
        #expect(acting.roles == ["city"] && acting.scope == .areas(["1301"]) && acting.area == "1301")
        #expect(acting.organisation == department.org && acting.organisationName == "石家庄市" && acting.post?.unit == department.id)
        // Another session of the same account stays where it was.
        let other = try await house.login("wang", from: "10.0.0.2")
        #expect(other.session.principal.roles == ["county"])
        #expect(try await posts.act(in: nil, by: acting) == "本职")
        #expect(try await house.session(open.token)?.principal.roles == ["county"])
        let book = try await house.database.read { try $0.rows("SELECT summary FROM audit WHERE action = 'switch' ORDER BY id").compactMap { $0[0].text } }
        #expect(book == ["切换到岗位“大气处 处长”", "切换到岗位“本职”"])
    }

    @Test func `the main post is the one of signing in; its owner may prefer another`() async throws {
        try await give([.city], isMain: true)
        let first = try await house.login("wang").session.principal
        #expect(first.roles == ["city"] && first.post?.isMain == true)
        try await posts.prefer(nil, by: first)
        #expect(try await house.login("wang").session.principal.roles == ["county"])
        try await posts.prefer(department.id, by: first)
        #expect(try await house.login("wang").session.principal.roles == ["city"])
        await #expect(throws: Failure.self) { try await posts.prefer(999, by: first) }
    }

    @Test func `what is taken back acts at once: roles, membership, unit`() async throws {
        try await give([.city], isMain: true)
        let open = try await house.login("wang")
        func roles() async throws -> [String]? { try await house.session(open.token)?.principal.roles }
        #expect(try await roles() == ["city"])
        try await give([])
        #expect(try await roles() == ["county"])
        try await give([.city], isMain: true)
        let again = try await house.login("wang")
        try await house.engine.units.setState(.retired, of: department.id, by: .system())
        #expect(try await house.session(again.token)?.principal.roles == ["county"])
        try await house.engine.units.setState(.active, of: department.id, by: .system())
        #expect(try await house.session(again.token)?.principal.roles == ["city"])
        try await house.engine.units.dismiss(id("wang"), from: department.id, by: .system())
        #expect(try await house.session(again.token)?.principal.roles == ["county"])
    }

    @Test func `one main and one deputy of a post, no administrators' roles, not one's own, not beyond one's reach`() async throws {
        try await give([.city], .main)
        #expect(await findings { try await give([.city], .main, to: "zhao") } == ["standing.taken"])
        try await give([.city], .deputy, to: "zhao")
        #expect(await findings { try await give([.admin], to: "zhao") }.contains("roles.exclusive"))
        #expect(await findings { try await give([.enterpriseGuard], to: "zhao") }.contains("roles.kind"))
        var own = try await house.principal("wang")
        own.permissions.formUnion(["organisation.write", "user.write", "role.grantAny"])
        own.scope = .everything
        let person = own
        let role = try await house.role(.city).id
        #expect(await findings { try await posts.give([role], standing: .main, isMain: false, to: id("wang"), in: department.id, by: person) }.contains("roles.own"))
        await #expect(throws: Failure.self) { try await posts.act(in: 999, by: person) }
    }

    @Test func `a post for which the rules ask a registered computer is refused elsewhere`() async throws {
        try await give([.city])
        var policy = house.engine.policies.current
        policy.terminalRoles = [BuiltInRole.city.rawValue]
        let strict = policy
        try await house.database.write { try house.engine.policies.publish(strict, by: .system(), in: $0) }
        let open = try await house.login("wang").session.principal
        #expect(await failureCode { _ = try await posts.act(in: department.id, by: open) } == "JW-I111")
    }

    @Test func `who leaves has no post; who holds a right by a post is told`() async throws {
        try await give([.city])
        let wang = try await id("wang")
        let told = try await house.database.read { try RightHolders.find("user.read", org: nil, area: "130104", $0) }
        #expect(told.contains(wang))
        _ = try await house.engine.users.depart(wang, successor: id("zhao"), roles: false, handOvers: house.engine.handOvers, by: .system())
        #expect(try await house.database.read { try house.engine.holdings(of: wang, at: house.hand.now, $0) } == [])
        #expect(try await house.database.read { try RightHolders.find("user.read", org: nil, area: "130104", $0) }.contains(wang) == false)
    }
}

@Suite("B5.2.2.1 机构类型")
struct OrganisationKindTests {
    let house: House

    init() async throws { house = try await House() }

    private var kinds: OrganisationKinds { house.engine.kinds }

    private func make(_ title: String, _ base: Organisation.Kind = .maintenance) async throws -> Int64 {
        try await kinds.create(OrganisationKindDraft(title: title, base: base), by: .system())
    }

    @Test func `added, chosen, found, renamed, stopped`() async throws {
        let kind = try await make("第三方检测机构")
        let city = try await house.organisation("1301")
        let draft = OrganisationDraft(parent: city.id, kind: .maintenance, code: "JC1", name: "检测一所", area: "1301", category: kind)
        let made = try await house.engine.organisations.create(draft, by: .system())
        #expect(made.category == kind && made.kind == .maintenance)
        let found = try await house.database.read { try house.engine.organisations.page(category: kind, scope: .everything, $0).map(\.code) }
        #expect(found == ["JC1"])
        try await kinds.update(kind, OrganisationKindDraft(title: "检测机构", base: .maintenance), by: .system())
        try await kinds.setState(.stopped, of: kind, by: .system())
        let all = try await house.database.read { try kinds.all($0) }
        #expect(all.map(\.title) == ["检测机构"] && all.map(\.uses) == [1] && all.map(\.state) == [.stopped])
        // Those that have it keep it; nobody else gets it.
        try await house.engine.organisations.update(made.id, name: "检测所", code: "JC1", area: "1301", by: .system())
        #expect(try await house.engine.organisations.find(made.id)?.category == kind)
        #expect(
            await findings {
                _ = try await house.engine.organisations.create(
                    OrganisationDraft(parent: city.id, kind: .maintenance, code: "JC2", name: "二所", area: "1301", category: kind), by: .system())
            } == ["kind.unknown"])
        try await house.engine.organisations.update(made.id, name: "检测所", code: "JC1", area: "1301", category: .some(nil), by: .system())
        #expect(try await house.engine.organisations.find(made.id)?.category == nil)
    }

    @Test func `every fault is named; another base does not fit`() async throws {
        let kind = try await make("检测机构")
        #expect(await findings { _ = try await make("检测机构") } == ["title.duplicate"])
        #expect(await findings { _ = try await make("企业") } == ["title.duplicate"])
        #expect(await findings { _ = try await make("x", .province) } == ["title.length", "base.kind"])
        let city = try await house.organisation("1301")
        let draft = OrganisationDraft(parent: city.id, kind: .county, code: "130105", name: "新华区", area: "130105", category: kind)
        #expect(await findings { _ = try await house.engine.organisations.create(draft, by: .system()) } == ["kind.unknown"])
        var weak = Principal.system()
        weak.permissions = []
        let nobody = weak
        #expect(await failureCode { try await kinds.setState(.stopped, of: kind, by: nobody) } == "JW-K403")
    }
}
