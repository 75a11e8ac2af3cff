import Cryptography
import Identity
import Kernel
import Storage
import TestDatabases
import Testing

@Suite("A-18 A-25 A-26 A-27 rules for signing in")
struct SignInPolicyTests {
    struct Network: Sendable, CustomTestStringConvertible {
        let range: String, address: String, isInside: Bool
        var testDescription: String { "\(range) \(isInside ? "∋" : "∌") \(address)" }
    }

    @Test(arguments: [
        Network(range: "10.20.0.0/16", address: "10.20.255.1", isInside: true), Network(range: "10.20.0.0/16", address: "10.21.0.1", isInside: false),
        Network(range: "10.20.3.128/25", address: "10.20.3.200", isInside: true), Network(range: "10.20.3.128/25", address: "10.20.3.100", isInside: false),
        Network(range: "127.0.0.1", address: "127.0.0.1", isInside: true), Network(range: "127.0.0.1", address: "127.0.0.2", isInside: false),
        Network(range: "10.0.0.0/8", address: "::ffff:10.1.2.3", isInside: true), Network(range: "2001:db8::/32", address: "2001:db8:9::1", isInside: true),
        Network(range: "2001:db8::/32", address: "10.0.0.1", isInside: false), Network(range: "0.0.0.0/0", address: "nonsense", isInside: false),
    ])
    func networks(_ example: Network) throws { #expect(try #require(NetworkRange(example.range)).contains(example.address) == example.isInside) }

    @Test(arguments: ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "office"])
    func `no network`(text: String) { #expect(NetworkRange(text) == nil) }

    struct Hour: Sendable {
        let from: Int, to: Int, time: String, isAdmitted: Bool
    }

    @Test(arguments: [
        Hour(from: 0, to: 0, time: "03:00:00", isAdmitted: true), Hour(from: 480, to: 1080, time: "08:00:00", isAdmitted: true),
        Hour(from: 480, to: 1080, time: "18:00:00", isAdmitted: false), Hour(from: 480, to: 1080, time: "07:59:59", isAdmitted: false),
        Hour(from: 1320, to: 360, time: "23:00:00", isAdmitted: true), Hour(from: 1320, to: 360, time: "05:59:00", isAdmitted: true),
        Hour(from: 1320, to: 360, time: "12:00:00", isAdmitted: false),
    ])
    func hours(_ example: Hour) throws {
        var policy = SignInPolicy()
        (policy.fromMinute, policy.toMinute) = (example.from, example.to)
        #expect(policy.admits(try #require(Moment(parsing: "2026-11-20 \(example.time)"))) == example.isAdmitted)
        policy.weekdays = [1, 2, 3, 4]
        #expect(!policy.admits(try #require(Moment(parsing: "2026-11-20 \(example.time)"))), "2026-11-20 is a Friday")
    }

    @Test func `the defaults fall short of level 3 only where a second factor is not demanded`() {
        var policy = SignInPolicy()
        #expect(policy.shortfalls.count == 1)
        policy.secondFactor = .everyone
        #expect(policy.shortfalls.isEmpty)
        policy.idleMinutes = 120
        #expect(policy.shortfalls == ["无操作自动退出为 120 分钟，三级要求 5–30"])
    }

    static func publish(_ house: House, by principal: Principal = .system(), _ change: (inout SignInPolicy) -> Void) async throws {
        var policy = house.engine.policies.current
        change(&policy)
        let wanted = policy
        try await house.database.write { try house.engine.policies.publish(wanted, by: principal, in: $0) }
    }

    @Test func `a change is stored, audited, in force at once and survives a restart`() async throws {
        let house = try await House()
        try await Self.publish(house) {
            $0.password.minimumLength = 14
            $0.networks = [NetworkRange("10.0.0.0/8")].compactMap { $0 }
            $0.secondFactor = .administrators
        }
        #expect(house.engine.passwords.policy.minimumLength == 14)
        let again = IdentityEngine(database: house.database, clock: house.hand.clock, keys: .ephemeral())
        try await house.database.read { try again.policies.load($0) }
        #expect(again.policies.current == house.engine.policies.current)
        let summary = try await house.database.read { try $0.value("SELECT summary FROM audit ORDER BY id DESC LIMIT 1")?.text }
        #expect(summary == "修改登录与密码规则")
    }

    @Test func `nonsense is refused, and nobody shuts themselves out`() async throws {
        let house = try await House()
        #expect(await findings { try await Self.publish(house) { $0.idleMinutes = 0 } } == ["idleMinutes.range"])
        #expect(await findings { try await Self.publish(house) { $0.weekdays = [] } } == ["weekdays.required"])
        var admin = Principal(kind: .user, id: 1, login: "admin", name: "admin", permissions: ["policy.write"], scope: .everything)
        admin.address = "10.0.0.1"
        let far = [NetworkRange("192.168.0.0/16")].compactMap { $0 }
        #expect(await failureCode { try await Self.publish(house, by: admin) { $0.networks = far } } == "JW-I040")
        admin.permissions = []
        #expect(await failureCode { try await Self.publish(house, by: admin) { _ in } } == "JW-K403")
    }

    @Test func `places and times are refused after the password, not before`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        try await Self.publish(house) { $0.networks = [NetworkRange("192.168.0.0/16")].compactMap { $0 } }
        #expect(await failureCode { _ = try await house.login("guard") } == "JW-I013")
        #expect(await failureCode { _ = try await house.login("guard", "wrong-Password-1") } == "JW-I011")
        _ = try await house.login("guard", from: "192.168.3.4")
        try await Self.publish(house) {
            $0.networks = []
            ($0.fromMinute, $0.toMinute) = (540, 1020)
        }
        #expect(await failureCode { _ = try await house.login("guard") } == "JW-I014")
        house.hand.advance(minutes: 61)
        _ = try await house.login("guard")
    }

    @Test func `an account that is over or unused for long stays out until an administrator thaws it`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        _ = try await house.login("guard")
        house.hand.advance(minutes: 60 * 24 * 181)
        #expect(await failureCode { _ = try await house.login("guard") } == "JW-I019")
        try await house.engine.users.setState(.active, of: id, by: .system())
        _ = try await house.login("guard")

        let user = try #require(try await house.engine.users.find(id))
        let last = house.hand.now.day
        let draft = UserDraft(login: user.login, name: user.name, organisation: user.organisation, roles: user.roles.map(\.id), lastDay: last)
        try await house.engine.users.update(id, draft, by: .system())
        let token = try await house.login("guard").token
        #expect(try await house.session(token) != nil)
        house.hand.advance(minutes: 60 * 24)
        #expect(await failureCode { _ = try await house.login("guard") } == "JW-I018")
        #expect(try await house.session(token) == nil)
    }

    @Test func `one login too many ends the session unused for longest`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        try await Self.publish(house) { $0.concurrentSessions = 2 }
        var tokens: [String] = []
        for _ in 0..<3 {
            tokens.append(try await house.login("guard").token)
            house.hand.advance(seconds: 61)
        }
        #expect(try await house.session(tokens[0]) == nil)
        #expect(try await house.session(tokens[1]) != nil)
        #expect(try await house.session(tokens[2]) != nil)
    }

    @Test func `an earlier password does not come back`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        try await Self.publish(house) { $0.password.history = 2 }
        var current = House.password
        for next in ["Second#Keeper27", "Third#Keeper28", "Fourth#Keeper29"] {
            let principal = try await house.login("guard", current).session.principal
            try await house.engine.passwords.change(of: principal, current: current, new: next)
            current = next
        }
        let principal = try await house.login("guard", current).session.principal
        #expect(await findings { try await house.engine.passwords.change(of: principal, current: current, new: "Third#Keeper28") } == ["password.history"])
        try await house.engine.passwords.change(of: principal, current: current, new: House.password)
        #expect(try await house.database.read { try $0.count("SELECT count(*) FROM password_history") } == 2)
    }

    @Test func `an hour at which the person never comes and an address never used are marked`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        for _ in 0..<10 {
            _ = try await house.login("guard")
            house.hand.advance(minutes: 60 * 24)
        }
        house.hand.advance(minutes: 60 * 10)
        _ = try await house.login("guard", from: "10.9.9.9")
        let session = try #require(try await house.engine.sessions.list(of: id).first)
        #expect(session.marks == [.newAddress, .oddHour])
        let present = try await house.database.read { try house.engine.sessions.presence(PresenceSearch(isUnusual: true), scope: .organisation(house.steel.id), limit: 10, $0) }
        #expect(present.map(\.login) == ["guard"])
        #expect(try await house.database.read { try house.engine.sessions.presence(PresenceSearch(), scope: .organisation(house.cement.id), limit: 10, $0).count } == 0)
    }
}
