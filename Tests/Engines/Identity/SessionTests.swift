import Cryptography
import Identity
import Kernel
import Storage
import Testing

@Suite("A-26 账户规则: sessions and logins")
struct SessionTests {
    @Test func `only the token's hash is stored`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let new = try await house.login("guard")
        #expect(new.token.utf8.count == 43)
        #expect(new.session.principal.session == SHA256.hash(new.token).hex)
        let stored = try await house.database.read { try $0.value("SELECT token_hash FROM sessions")?.blob }
        #expect(stored == SHA256.hash(new.token).bytes)
        #expect(try await house.session(SecureRandom.token(32)) == nil)
        #expect(try await house.session("") == nil)
    }

    @Test func `idle for thirty minutes it ends, used it goes on for twelve hours`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let idle = try await house.login("guard").token
        house.hand.advance(minutes: 31)
        #expect(try await house.session(idle) == nil)

        let used = try await house.login("guard").token
        for _ in 0..<28 {
            house.hand.advance(minutes: 25)
            #expect(try await house.session(used) != nil)
        }
        house.hand.advance(minutes: 21)
        #expect(try await house.session(used) == nil)
        #expect(try await house.engine.sessions.sweep() == 2)
    }

    @Test func `the time of the last request is written once a minute at most, and survives a change of identity`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        let token = try await house.login("guard").token
        func stored() async throws -> Int64? { try await house.database.read { try $0.value("SELECT last_seen_at FROM sessions")?.int } }
        let start = house.hand.now.milliseconds
        _ = try await house.session(token)
        house.hand.advance(seconds: 59)
        _ = try await house.session(token)
        #expect(try await stored() == start)
        house.engine.version.bump()
        _ = try await house.session(token)
        house.hand.advance(seconds: 1)
        _ = try await house.session(token)
        #expect(try await stored() == start + 60_000)
        #expect(try await house.engine.sessions.list(of: id).map(\.address) == ["10.0.0.1"])
    }

    @Test func `signing out and revoking act at once`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        try await house.user("other", .enterpriseGuard, in: house.steel)
        let first = try await house.login("guard").token
        let second = try await house.login("guard").token
        let third = try await house.login("guard")
        let other = try await house.login("other")
        for token in [first, second, third.token, other.token] { #expect(try await house.session(token) != nil) }
        try await house.engine.sessions.logout(token: first)
        #expect(try await house.session(first) == nil)
        #expect(try await house.session(second) != nil)

        #expect(await failureCode { try await house.engine.sessions.revoke(of: id, by: other.session.principal) } == "JW-K403")
        try await house.engine.sessions.revoke(of: id, only: third.session.id, by: third.session.principal)
        #expect(try await house.session(third.token) == nil)
        #expect(try await house.session(second) != nil)
        try await house.engine.sessions.revoke(of: id, by: .system())
        #expect(try await house.session(second) == nil)
        #expect(try await house.session(other.token) != nil)
    }

    @Test func `a stranger's guesses lock the stranger out, not the owner`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        for _ in 0..<5 { #expect(await failureCode { _ = try await house.login("guard", "wrong", from: "203.0.113.9") } == "JW-I011") }
        #expect(await failureCode { _ = try await house.login("guard", from: "203.0.113.9") } == "JW-I010")
        _ = try await house.login("guard", from: "10.0.0.1")
        #expect(await failureCode { _ = try await house.login("guard", from: "203.0.113.9") } == "JW-I010")
        house.hand.advance(minutes: 31)
        let late = try await house.login("guard", from: "203.0.113.9")
        #expect(late.isNewAddress)
        #expect(try await !house.login("guard", from: "10.0.0.1").isNewAddress)
    }

    @Test func `a good login begins the count anew`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        for _ in 0..<3 {
            for _ in 0..<4 { #expect(await failureCode { _ = try await house.login("guard", "wrong") } == "JW-I011") }
            _ = try await house.login("guard")
        }
        #expect(try await house.engine.users.find(login: "guard")?.failedCount == 0)
    }

    @Test func `an address that tries many accounts is refused`() async throws {
        var limits = LoginLimits()
        limits.perAddress = 10
        let house = try await House(limits: limits)
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        for index in 0..<10 { #expect(await failureCode { _ = try await house.login("nobody\(index)", "x", from: "203.0.113.9") } == "JW-I011") }
        #expect(await failureCode { _ = try await house.login("guard", from: "203.0.113.9") } == "JW-I010")
        _ = try await house.login("guard", from: "10.0.0.1")
    }

    @Test func `guesses from many addresses shut out strangers only`() async throws {
        var limits = LoginLimits()
        limits.perAccount = 6
        let house = try await House(limits: limits)
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        _ = try await house.login("guard", from: "10.0.0.1")
        for index in 0..<6 { #expect(await failureCode { _ = try await house.login("guard", "wrong", from: "203.0.113.\(index)") } == "JW-I011") }
        #expect(try await house.engine.users.find(login: "guard")?.lockedUntil != nil)
        #expect(await failureCode { _ = try await house.login("guard", from: "203.0.113.99") } == "JW-I010")
        _ = try await house.login("guard", from: "10.0.0.1")
        #expect(try await house.engine.users.find(login: "guard")?.lockedUntil == nil)
    }

    @Test func `guesses side by side are all counted`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let codes = await withTaskGroup(of: String?.self, returning: [String?].self) { group in
            for _ in 0..<20 { group.addTask { await failureCode { _ = try await house.login("guard", "wrong") } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == "JW-I011" }.count == 5)
        #expect(codes.filter { $0 == "JW-I010" }.count == 15)
    }

    @Test func `changing the password ends the other sessions and wants the current one`() async throws {
        let house = try await House()
        let id = try await house.user("guard", .enterpriseGuard, in: house.steel)
        let mine = try await house.login("guard")
        let other = try await house.login("guard").token
        let me = mine.session.principal
        #expect(
            await findings { try await house.engine.passwords.change(of: me, current: "wrong", new: "short") }
                == ["current.wrong", "password.tooShort", "password.tooSimple"])
        #expect(await findings { try await house.engine.passwords.change(of: me, current: House.password, new: House.password) } == ["password.same"])
        try await house.engine.passwords.change(of: me, current: House.password, new: "Xin#MiMa2026")
        #expect(try await house.session(mine.token) != nil)
        #expect(try await house.session(other) == nil)
        #expect(await failureCode { _ = try await house.login("guard") } == "JW-I011")
        _ = try await house.login("guard", "Xin#MiMa2026")

        let once = try await house.engine.passwords.reset(of: id, by: .system())
        #expect(try await house.session(mine.token) == nil)
        #expect(try await house.login("guard", once).session.mustChangePassword)
    }

    @Test func `an old password must be changed`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        #expect(try await !house.login("guard").session.mustChangePassword)
        house.hand.advance(minutes: 60 * 24 * 90)
        #expect(try await house.login("guard").session.mustChangePassword)
    }

    @Test func `a form's token belongs to its session`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let mine = try await house.principal("guard")
        let other = try await house.principal("guard")
        let sessions = house.engine.sessions
        let token = sessions.csrfToken(for: mine)
        #expect(sessions.verifiesCSRF(token, for: mine))
        #expect(!sessions.verifiesCSRF(token, for: other))
        #expect(!sessions.verifiesCSRF("", for: mine))
        #expect(!sessions.verifiesCSRF(token, for: .system()))
        #expect(sessions.csrfToken(for: .system()) == "")
    }

    @Test func `every login, failure and end stands in the book`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        _ = await failureCode { _ = try await house.login("guard", "wrong") }
        let token = try await house.login("guard").token
        try await house.engine.sessions.logout(token: token)
        let rows = try await house.database.read { try house.engine.audit.page(AuditSearch(objectKind: "session"), scope: .everything, $0) }.rows
        #expect(rows.map(\.action) == ["logout", "login", "loginFailed"])
        #expect(rows.map(\.actor) == ["guard", "guard", "guard"])
        #expect(rows.map(\.org) == [house.steel.id, house.steel.id, house.steel.id])
        #expect(rows[1].address == "10.0.0.1")
        #expect(try await house.database.read { try house.engine.audit.verify($0) }.isIntact)
    }
}
