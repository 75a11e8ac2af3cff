import Identity
import Kernel
import Storage
import StorageSQLite
import Testing

@Suite("8.1.4.2 three administrators, grants for a time, reviews")
struct DutySeparationTests {
    @Test(arguments: [
        ("admin", ["user.write", "organisation.write", "onSiteVehicle.read"], ["role.write", "policy.write", "audit.read", "audit.export", "review.write", "role.grantAny"]),
        ("security", ["role.write", "policy.write", "review.write", "user.write"], ["audit.read", "audit.export", "onSiteVehicle.read", "organisation.write"]),
        ("auditor", ["audit.read", "audit.export", "audit.verify", "role.read"], ["role.write", "user.write", "policy.write", "onSiteVehicle.read"]),
    ])
    func `each does only the own work`(login: String, may: [String], mayNot: [String]) async throws {
        let house = try await House()
        let principal = try await Self.ready(house, login)
        for permission in may { #expect(principal.may(permission), "\(permission)") }
        for permission in mayNot { #expect(!principal.may(permission), "\(permission)") }
    }

    /// Signed in, with the one-time password changed.
    static func ready(_ house: House, _ login: String) async throws -> Principal {
        try await house.database.write { _ = try $0.execute("UPDATE users SET must_change = 0") }
        let password = try #require(house.credentials.first { $0.login == login }).oneTimePassword
        return try await house.login(login, password).session.principal
    }

    @Test func `where the rules join them again, the system administrator may everything`() async throws {
        let house = try await House()
        try await SignInPolicyTests.publish(house) { $0.separatesDuties = false }
        #expect(house.engine.policies.current.shortfalls.contains { $0.contains("三员分立") })
        #expect(try await Self.ready(house, "admin").may("audit.read"))
    }

    @Test func `nobody holds two of the three, and each kind appoints its own`() async throws {
        let house = try await House()
        let city = try await house.organisation("1301")
        let roles = [try await house.role(.admin).id, try await house.role(.securityAdmin).id, try await house.role(.auditAdmin).id]
        let two = UserDraft(login: "both", name: "兼任", organisation: city.id, roles: [roles[0], roles[2]])
        #expect(await findings { _ = try await house.engine.users.create(two, by: .system()) } == ["roles.exclusive"])
        let (admin, security) = (try await Self.ready(house, "admin"), try await Self.ready(house, "security"))
        func create(_ role: Int64, by principal: Principal) async -> [String] {
            await findings {
                _ = try await house.engine.users.create(UserDraft(login: "n\(role)-\(principal.login)", name: "新人", organisation: city.id, roles: [role]), by: principal)
            }
        }
        #expect(await create(roles[0], by: admin) == [])
        #expect(await create(roles[0], by: security) == ["roles.appoint"])
        #expect(await create(roles[1], by: admin).contains("roles.appoint"))
        #expect(await create(roles[1], by: security) == [])
        #expect(await create(roles[2], by: security) == [])
        #expect(await create(roles[2], by: admin).contains("roles.appoint"))
    }

    @Test func `no administrator reaches another's account, or changes the own roles`() async throws {
        let house = try await House()
        let (admin, security) = (try await Self.ready(house, "admin"), try await Self.ready(house, "security"))
        #expect(await failureCode { _ = try await house.engine.passwords.reset(of: security.id, by: admin) } == "JW-I033")
        #expect(await failureCode { _ = try await house.engine.passwords.reset(of: admin.id, by: security) } == "JW-I033")
        let own = try #require(try await house.engine.users.find(security.id))
        let city = try await house.role(.city)
        let draft = UserDraft(login: own.login, name: own.name, organisation: own.organisation, roles: own.roles.map(\.id) + [city.id])
        #expect(await findings { try await house.engine.users.update(security.id, draft, by: security) } == ["roles.own"])
        let role = try await house.role(.securityAdmin)
        let more = RoleDraft(title: role.title, scope: role.scope, kinds: role.kinds, permissions: role.permissions.union(["audit.read"]))
        #expect(await failureCode { try await house.engine.roles.update(role.id, more, by: security) } == "JW-I035")
        let business = RoleDraft(title: "市级监管", scope: city.scope, kinds: city.kinds, permissions: ["onSiteVehicle.read", "onSiteVehicle.write"])
        try await house.engine.roles.update(city.id, business, by: security)
    }

    @Test func `an installation from before gets the two who are missing, once`() async throws {
        let house = try await House()
        #expect(house.credentials.map(\.login) == ["admin", "security", "auditor", "city"])
        #expect(try await house.engine.firstStart(counties: [], permissions: House.declarations).isEmpty)
        try await house.database.write { transaction in
            try transaction.execute("DELETE FROM user_roles WHERE user_id IN (SELECT id FROM users WHERE login = 'auditor')")
            try transaction.execute("DELETE FROM users WHERE login = 'auditor'")
        }
        #expect(try await house.engine.firstStart(counties: [], permissions: House.declarations).map(\.login) == ["auditor"])
    }

    @Test func `a grant begins and ends by itself, on the next request of a session that lives`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        let role = try await house.role(.enterpriseAdmin)
        let token = try await house.login("guard").token
        func mayWrite() async throws -> Bool? { try await house.session(token)?.principal.may("onSiteVehicle.write") }
        #expect(try await mayWrite() == false)
        let today = house.hand.now.day
        let grants = house.engine.grants
        #expect(
            await findings { try await grants.grant(role.id, to: id, from: today, until: today.adding(days: 91), reason: "", by: .system()) } == ["until.range", "reason.required"])
        try await grants.grant(role.id, to: id, from: today, until: today, reason: "顶班", by: .system())
        #expect(try await mayWrite() == true)
        // The house's clock stands at 08:00; the day ends after sixteen hours, the session must be kept from idling until then.
        try await SignInPolicyTests.publish(house) { ($0.idleMinutes, $0.sessionHours) = (480, 24) }
        let long = try await house.login("guard").token
        for hours in 1...15 {
            house.hand.advance(minutes: 60)
            #expect(try await house.session(long)?.principal.may("onSiteVehicle.write") == true, "after \(hours) hours")
        }
        house.hand.advance(minutes: 60)
        let after = try await house.session(long)
        #expect(after != nil)
        #expect(after?.principal.may("onSiteVehicle.write") == false)
        try await grants.grant(role.id, to: id, from: today.adding(days: 1), until: today.adding(days: 3), reason: "再顶班", by: .system())
        #expect(try await house.session(long)?.principal.may("onSiteVehicle.write") == true)
        let living = try #require(try await house.database.read { try grants.list(of: id, $0) }.first)
        try await grants.revoke(living.id, of: id, by: .system())
        #expect(try await house.session(long)?.principal.may("onSiteVehicle.write") == false)
    }

    @Test func `the yearly review remembers what was held then`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        let reviews = house.engine.reviews
        func line() async throws -> AccessReviews.Line? {
            try await house.database.read { try reviews.page(2026, keyword: "guard", isOpen: false, scope: .everything, limit: 10, $0) }.first
        }
        #expect(try await line()?.verdict == nil)
        try await reviews.record(.keep, of: id, year: 2026, note: nil, by: .system())
        #expect(try await line()?.verdict == .keep)
        #expect(try await line()?.reviewedRoles == "企业门岗")
        let user = try #require(try await house.engine.users.find(id))
        let wider = UserDraft(login: user.login, name: user.name, organisation: user.organisation, roles: [try await house.role(.enterpriseAdmin).id])
        try await house.engine.users.update(id, wider, by: .system())
        let now = try await line()
        #expect(now?.roles == "企业管理员")
        #expect(now?.reviewedRoles == "企业门岗")
        let progress = try await house.database.read { try reviews.progress(2026, scope: .everything, $0) }
        #expect(progress.reviewed == 1)
        #expect(try await house.database.read { try reviews.page(2026, keyword: "guard", isOpen: true, scope: .everything, limit: 10, $0).count } == 0)
        let clerk = Principal(kind: .user, id: id, login: "x", name: "x", permissions: ["review.write"], scope: .everything)
        #expect(await failureCode { try await reviews.record(.keep, of: id, year: 2026, note: nil, by: clerk) } == "JW-I036")
    }
}
