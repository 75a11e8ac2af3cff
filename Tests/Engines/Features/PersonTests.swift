import Features
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import Storage
import Testing
import Web

@Suite("D9.2.2 D17.1.1 人员档案")
struct PersonTests {
    let house: LedgerHouse
    let desk: PersonDesk

    init() async throws {
        house = try await AdministrationPagesTests.house()
        desk = PersonDesk(house.platform)
        // Somebody is always left who administers.
        let role = try #require(try await house.platform.identity.roles.all().first { $0.name == BuiltInRole.admin.rawValue })
        _ = try await house.platform.identity.users.create(UserDraft(login: "keeper", name: "管理员", organisation: 2, roles: [role.id]), by: .system())
    }

    private func account(_ login: String, in org: Int64) async throws -> Int64 {
        let role = try #require(try await house.platform.identity.roles.all().first { $0.name == BuiltInRole.enterpriseAdmin.rawValue })
        let draft = UserDraft(login: login, name: "账号\(login)", organisation: org, roles: [role.id])
        return try await house.platform.identity.users.create(draft, by: .system()).id
    }

    private func file(_ name: String = "王建国", idCard: String = "11010519491231002X", org: Int64? = nil) async throws -> Record {
        let values: [String: JSONValue] = ["name": .string(name), "idCard": .string(idCard), "phone": "13812345678", "post": "环保专员"]
        return try await house.platform.ledgers.create(PersonFile.ledger.name, Draft(values, org: org ?? house.north), by: house.admin)
    }

    private func owner(_ user: Int64) async throws -> Int64? { try await house.platform.database.read { try $0.value("SELECT person FROM users WHERE id = \(user)")?.int } }

    private func finds(_ body: () async throws -> Void) async -> [String] {
        do {
            try await body()
            return []
        } catch let failure as Failure {
            return failure.fields.map { "\($0.field).\($0.code)" }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `sealed, masked, one file a person, any organisation employs`() async throws {
        let file = try await file()
        let stored = try await house.platform.database.read { try $0.first("SELECT id_card, phone FROM person_file WHERE id = \(file.id)") }
        #expect(stored?.text("id_card")?.contains("110105") == false && stored?.text("phone")?.contains("138") == false)
        #expect(await finds { _ = try await self.file("李四") }.isEmpty == false)
        _ = try await self.file("赵城", idCard: "440524188001010014", org: 2)
        try await Application(router: house.router).test(.router) { client in
            let page = try await AdministrationPagesTests.get("county", "/ledgers/personFile/\(file.id)", client)
            #expect(page.status == 200 && page.body.contains("王建国") && !page.body.contains("11010519491231002X"))
            let other = try await AdministrationPagesTests.get("south", "/ledgers/personFile/\(file.id)", client)
            #expect(other.status == 404)
        }
    }

    @Test func `one person several accounts, an account one person`() async throws {
        let (first, second) = (try await file(), try await file("李四", idCard: "440524188001010014"))
        let (a, b) = (try await account("wjg01", in: house.north), try await account("wjg02", in: house.south))
        try await desk.link("wjg01", to: first.id, by: house.admin)
        try await desk.link("WJG02", to: first.id, by: house.admin)
        #expect(try await owner(a) == first.id)
        #expect(await finds { try await desk.link("wjg01", to: second.id, by: house.admin) } == ["login.unknown"])
        #expect(await finds { try await desk.link("nobody9", to: second.id, by: house.admin) } == ["login.unknown"])
        try await desk.unlink(b, from: first.id, by: house.admin)
        #expect(try await owner(b) == nil)
        await #expect(throws: Failure.self) { try await desk.unlink(b, from: first.id, by: house.admin) }
    }

    @Test func `leaving hands over every account or none`() async throws {
        let file = try await file()
        let (a, b) = (try await account("wjg01", in: house.north), try await account("wjg02", in: house.south))
        let (heir, other) = (try await account("jieshou1", in: house.north), try await account("jieshou2", in: house.south))
        for login in ["wjg01", "wjg02"] { try await desk.link(login, to: file.id, by: .system()) }
        func leave(_ successors: [Int64: Int64]) async throws { _ = try await desk.leave(file.id, successors: successors, roles: true, by: .system()) }
        #expect(await finds { try await leave([a: heir]) } == ["successor\(b).required"])
        #expect(await finds { try await leave([a: b, b: other]) } == ["successor\(a).own"])
        // The second account's receiver is of another organisation: nothing of it happened.
        #expect(await finds { try await leave([a: heir, b: heir]) } == ["successor\(b).unknown"])
        #expect(try await house.platform.identity.users.find(a)?.leftAt == nil)
        try await leave([a: heir, b: other])
        for id in [a, b] { #expect(try await house.platform.identity.users.find(id)?.leftAt != nil) }
        let left = try #require(try await house.platform.ledgers.find(PersonFile.ledger.name, id: file.id, by: house.admin))
        #expect(left[PersonFile.hasLeft] == true)
    }

    @Test func `pages: kinds, linking, leaving, posts`() async throws {
        let file = try await file()
        let user = try await account("wjg01", in: house.north)
        _ = try await account("jieshou1", in: house.north)
        try await Application(router: house.router).test(.router) { client in
            func post(_ path: String, _ fields: [(String, String)]) async throws -> Int { try await AdministrationPagesTests.post("admin", path, fields, client).status }
            #expect(try await post("/admin/organisation-kinds/new", [("title", "第三方检测机构"), ("base", "maintenance")]) == 303)
            #expect(try await post("/admin/organisation-kinds/new", [("title", "企业"), ("base", "maintenance")]) == 422)
            let kinds = try await AdministrationPagesTests.get("admin", "/admin/organisation-kinds", client)
            #expect(kinds.body.contains("第三方检测机构") && kinds.body.contains("内置"))
            let made = try await post(
                "/admin/organisations/new", [("kind", "k1"), ("name", "检测一所"), ("code", "JC1"), ("area", "1301"), ("parent", "2")])
            #expect(made == 303)
            let found = try await AdministrationPagesTests.get("admin", "/admin/organisations?kind=k1", client)
            #expect(found.body.contains("检测一所") && !found.body.contains("北方钢铁"))
            #expect(try await post("/admin/organisation-kinds/1/stop", []) == 303)
            #expect(try await post("/admin/persons/\(file.id)/link", [("login", "nobody9")]) == 422)
            #expect(try await post("/admin/persons/\(file.id)/link", [("login", "wjg01")]) == 303)
            let tab = try await AdministrationPagesTests.get("admin", "/ledgers/personFile/\(file.id)/tabs/accounts", client)
            #expect(tab.body.contains("wjg01"))
            let form = try await AdministrationPagesTests.get("admin", "/admin/persons/\(file.id)/departure", client)
            #expect(form.body.contains("jieshou1") && form.body.contains("successor\(user)"))
            #expect(try await post("/admin/persons/\(file.id)/departure", []) == 422)
            let posts = try await AdministrationPagesTests.get("admin", "/account/posts", client)
            #expect(posts.status == 200 && posts.body.contains("没有可切换的岗位"))
            #expect(try await AdministrationPagesTests.get("county", "/admin/persons/\(file.id)/link", client).status == 403)
        }
    }
}
