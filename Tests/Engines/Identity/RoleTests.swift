import Identity
import Kernel
import Storage
import Testing

@Suite("A-17 角色管理")
struct RoleTests {
    @Test func `built-in roles hold what declarations give them`() async throws {
        let house = try await House()
        let roles = try await house.engine.roles.all()
        #expect(Set(roles.map(\.name)) == Set(BuiltInRole.allCases.map(\.rawValue)))
        #expect(try await house.role(.admin).permissions == ["*"])
        #expect(try await house.role(.enterpriseGuard).permissions == ["onSiteVehicle.read"])
        #expect(try await house.role(.maintainer).permissions == [])
    }

    @Test func `what an administrator took away stays away, what is new arrives`() async throws {
        let house = try await House()
        let guardRole = try await house.role(.enterpriseGuard)
        var draft = RoleDraft(title: "门卫", scope: .everything, kinds: [.city], permissions: [])
        try await house.engine.roles.update(guardRole.id, draft, by: .system())
        try await house.engine.roles.sync(House.declarations)
        var now = try await house.role(.enterpriseGuard)
        #expect(now.permissions == [])
        #expect(now.title == "门卫")
        #expect(now.scope == .ownOrganisation)
        #expect(now.kinds == [.enterprise])

        let alarms = PermissionDeclaration("alarm.read", "报警：查看", defaultRoles: [.enterpriseGuard])
        try await house.engine.roles.sync(House.declarations + [alarms])
        now = try await house.role(.enterpriseGuard)
        #expect(now.permissions == ["alarm.read"])

        try await house.engine.roles.sync(House.declarations)
        draft.permissions = ["alarm.read"]
        #expect(await findings { try await house.engine.roles.update(guardRole.id, draft, by: .system()) } == ["permissions.unknownCode"])
    }

    @Test func `a changed role counts from the next request on`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let token = try await house.login("guard").token
        #expect(try await house.session(token)?.principal.may("onSiteVehicle.write") == false)
        let role = try await house.role(.enterpriseGuard)
        let draft = RoleDraft(title: role.title, scope: role.scope, kinds: role.kinds, permissions: ["onSiteVehicle.read", "onSiteVehicle.write"])
        try await house.engine.roles.update(role.id, draft, by: .system())
        #expect(try await house.session(token)?.principal.may("onSiteVehicle.write") == true)
    }

    @Test func `own roles are made, held, and deleted when nobody holds them`() async throws {
        let house = try await House()
        let draft = RoleDraft(title: "值班员", scope: .ownArea, kinds: [.county], permissions: ["onSiteVehicle.read"])
        let role = try await house.engine.roles.create(draft, by: .system())
        #expect(role.name == "role\(role.id)")
        let county = try await house.organisation("130102")
        let user = UserDraft(login: "duty", name: "值班员", organisation: county.id, roles: [role.id])
        let (id, _) = try await house.engine.users.create(user, by: .system())
        #expect(await failureCode { try await house.engine.roles.delete(role.id, by: .system()) } == "JW-I021")
        var moved = user
        moved.roles = [try await house.role(.county).id]
        try await house.engine.users.update(id, moved, by: .system())
        try await house.engine.roles.delete(role.id, by: .system())
        let admin = try await house.role(.admin)
        #expect(await failureCode { try await house.engine.roles.delete(admin.id, by: .system()) } == "JW-I021")
        #expect(await failureCode { try await house.engine.roles.update(admin.id, draft, by: .system()) } == "JW-I020")
    }

    @Test func `every finding at once, and nothing beyond the asker`() async throws {
        let house = try await House()
        let bad = RoleDraft(title: "市级监管", scope: .ownArea, kinds: [.enterprise], permissions: ["no.such"])
        #expect(await findings { _ = try await house.engine.roles.create(bad, by: .system()) } == ["title.duplicate", "scope.kind", "permissions.unknownCode"])
        let asker = Principal(kind: .user, id: 9, login: "x", name: "x", permissions: ["role.write"], scope: .areas(["1301"]))
        let greedy = RoleDraft(title: "一切", scope: .everything, kinds: [.city], permissions: ["onSiteVehicle.read"])
        #expect(await findings { _ = try await house.engine.roles.create(greedy, by: asker) } == ["permissions.excess", "scope.excess"])
    }
}
