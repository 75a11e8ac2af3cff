import Features
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Storage
import Testing
import Web

@Suite("D9.2.4 B5.2.2.2 B5.1.7 资源目录与统一授权接口")
struct ResourceTests {
    let house: LedgerHouse
    let modules: ExternalModules
    let asker: Principal

    init() async throws {
        house = try await AdministrationPagesTests.house()
        modules = ExternalModules(house.platform)
        asker = Self.client(7, "台账系统")
    }

    private static func client(_ id: Int64, _ name: String) -> Principal {
        Principal(
            kind: .client, id: id, login: "app\(id)", name: name, organisation: 2, organisationName: "石家庄市", area: "1301", permissions: ["access.register", "access.decide"],
            scope: .areas(["1301"]))
    }

    private static let acts = [ExternalModule.Act(name: "read", title: "查看"), ExternalModule.Act(name: "edit", title: "修改")]

    private func register(_ acts: [ExternalModule.Act] = Self.acts, code: String = "archive", by principal: Principal? = nil) async throws {
        try await modules.register(code: code, title: "档案", acts: acts, by: principal ?? asker)
    }

    private func officer() async throws -> Role {
        let roles = house.platform.identity.roles
        let role = try await roles.create(RoleDraft(title: "档案员", scope: .ownOrganisation, kinds: [.enterprise], permissions: []), by: .system())
        _ = try await house.platform.identity.users.create(UserDraft(login: "dangan", name: "档案员甲", organisation: house.north, roles: [role.id]), by: .system())
        return role
    }

    private func decide(_ act: String, by principal: Principal? = nil, from address: String = "") async throws -> AccessDecision {
        try await modules.decide(login: "dangan", module: "archive", act: act, address: address, by: principal ?? asker)
    }

    @Test func `an act is registered, granted by a role, asked, limited, gone`() async throws {
        try await register()
        let role = try await officer()
        let refused = try await decide("read")
        #expect(!refused.isAllowed && refused.reason == "所持角色没有此权限" && refused.organisation == house.north && refused.area == "130102")
        let roles = house.platform.identity.roles
        try await roles.update(role.id, RoleDraft(title: role.title, scope: role.scope, kinds: role.kinds, permissions: ["ext.archive.read"]), by: .system())
        #expect(try await decide("read").isAllowed)
        #expect(try await decide("edit").isAllowed == false)
        // A start of the program, which declares its own, leaves theirs.
        try await roles.sync(PermissionDeclaration.identity)
        #expect(try await roles.find(role.id)?.permissions == ["ext.archive.read"])
        var limit = GrantLimit(subject: .role, subjectId: role.id, resource: .permission, target: "ext.archive.read", reason: "只在档案室")
        limit.networks = NetworkRange("10.5.0.0/16").map { [$0] } ?? []
        _ = try await house.platform.identity.limits.keep(limit, by: .system())
        #expect(try await decide("read", from: "10.5.0.9").isAllowed)
        #expect(try await decide("read", from: "10.6.0.9").isAllowed == false)
        try await register([ExternalModule.Act(name: "edit", title: "修改")])
        await #expect(throws: Failure.self) { _ = try await decide("read") }
        #expect(try await roles.find(role.id)?.permissions == [])
        let book = try await house.platform.database.read { try $0.count("SELECT count(*) FROM audit WHERE action = 'decide'") }
        #expect(book == 5)
    }

    @Test func `only the application that registered asks, registers anew and is heard`() async throws {
        try await register()
        let other = Self.client(8, "别的系统")
        await #expect(throws: Failure.self) { try await register(by: other) }
        await #expect(throws: Failure.self) { _ = try await decide("read", by: other) }
        await #expect(throws: Failure.self) { try await register(code: "x!", by: asker) }
        await #expect(throws: Failure.self) { try await register([], code: "other") }
        await #expect(throws: Failure.self) { try await register(code: "mine", by: house.admin) }
        #expect(try await modules.decide(login: "nobody9", module: "archive", act: "read", address: "", by: asker).isAllowed == false)
    }

    @Test func `the catalogue names what is served, whose it is, and a role is chosen by menu and interface`() async throws {
        try await register()
        try await Application(router: house.router).test(.router) { client in
            func get(_ who: String, _ path: String) async throws -> AdministrationPagesTests.Answer { try await AdministrationPagesTests.get(who, path, client) }
            let all = try await get("admin", "/admin/resources?q=user.read")
            #expect(all.status == 200 && all.body.contains("/admin/users") && all.body.contains("系统管理员"))
            let fields = try await get("admin", "/admin/resources?kind=field")
            #expect(fields.body.contains("truck.phone"))
            let external = try await get("admin", "/admin/resources?kind=external")
            #expect(external.body.contains("ext.archive.read"))
            let sheet = try await get("admin", "/admin/resources/export?format=csv&kind=menu")
            #expect(sheet.status == 200 && sheet.body.contains("用户管理"))
            #expect(try await get("admin", "/admin/external-modules").body.contains("档案"))
            #expect(try await get("nobody", "/admin/resources").status == 403)
            let role = try await officer()
            let form = try await get("admin", "/admin/roles/\(role.id)/menu")
            #expect(form.status == 200 && form.body.contains("菜单 · ") && form.body.contains("ext.archive.read"))
            let saved = try await AdministrationPagesTests.post(
                "admin", "/admin/roles/\(role.id)/menu", [("permissions", "user.read"), ("permissions", "ext.archive.read"), ("permissions", "no.such")], client)
            #expect(saved.status == 303)
            #expect(try await house.platform.identity.roles.find(role.id)?.permissions == ["user.read", "ext.archive.read"])
        }
    }
}

extension Roles {
    /// As a reader of its own sees it.
    fileprivate func find(_ id: Int64) async throws -> Role? { try await all().first { $0.id == id } }
}
