import Cryptography
import Identity
import Kernel
import Storage
import TestDatabases
import Testing

@Suite("8.1.4.1 second factor, picture, confirmation, leaving")
struct SecondFactorTests {
    private func attempt(_ login: String, _ password: String = House.password, captcha: (id: String, answer: String)? = nil) -> LoginAttempt {
        LoginAttempt(login: login, password: password, address: "10.0.0.1", agent: "test", captcha: captcha)
    }

    /// Enrols, and gives the secret and the recovery codes.
    private func enrolled(_ house: House, _ login: String) async throws -> (secret: [UInt8], codes: [String]) {
        let principal = try await house.principal(login)
        let factors = house.engine.secondFactors
        let offer = try await factors.offer(to: principal, issuer: "见微")
        #expect(try await factors.offer(to: principal, issuer: "见微").secret == offer.secret, "a second look shows the same secret")
        let secret = try #require(decoded(offer.secret))
        #expect(await findings { _ = try await factors.enable(for: principal, code: "000000") } == ["code.wrong"])
        let codes = try await factors.enable(for: principal, code: OneTimeCode.code(secret: secret, step: OneTimeCode.step(at: house.hand.now)))
        return (secret, codes)
    }

    private func decoded(_ text: String) -> [UInt8]? {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var bits = "", bytes: [UInt8] = []
        for letter in text where letter != " " {
            guard let value = letters.firstIndex(of: letter) else { return nil }
            let five = String(value, radix: 2)
            bits += String(repeating: "0", count: 5 - five.count) + five
        }
        while bits.count >= 8 {
            guard let byte = UInt8(bits.prefix(8), radix: 2) else { return nil }
            bytes.append(byte)
            bits.removeFirst(8)
        }
        return bytes
    }

    private func code(_ secret: [UInt8], _ house: House) -> String { OneTimeCode.code(secret: secret, step: OneTimeCode.step(at: house.hand.now)) }

    @Test func `with a second factor the password alone opens nothing`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let (secret, codes) = try await enrolled(house, "guard")
        house.hand.advance(seconds: 60)
        #expect(await failureCode { _ = try await house.login("guard") } == "JW-I017")
        guard case .secondFactor(let pending) = try await house.engine.sessions.login(attempt("guard")) else {
            Issue.record("no second step")
            return
        }
        func finish(_ pending: String, _ code: String) async throws -> NewSession {
            try await house.engine.sessions.finish(pending, code: code, address: "10.0.0.1", agent: "test")
        }
        #expect(await failureCode { _ = try await finish(pending, "000000") } == "JW-I043")
        #expect(await failureCode { _ = try await finish("forged", code(secret, house)) } == "JW-I042")
        let right = code(secret, house)
        let session = try await finish(pending, right)
        #expect(try await house.session(session.token) != nil)
        #expect(await failureCode { _ = try await finish(pending, right) } == "JW-I043", "a code works once")
        _ = try await finish(pending, codes[0])
        #expect(await failureCode { _ = try await finish(pending, codes[0]) } == "JW-I043", "a recovery code works once")
        #expect(try await house.engine.secondFactors.state(of: session.session.principal.id).recoveryLeft == 9)
        house.hand.advance(seconds: 301)
        #expect(await failureCode { _ = try await finish(pending, codes[1]) } == "JW-I042", "five minutes between the steps")
        let stored = try await house.database.read { try $0.value("SELECT totp_secret FROM users WHERE login = 'guard'")?.text }
        #expect(stored.map { !$0.contains(Base64.encode(secret)) } ?? false, "the secret is sealed")
    }

    @Test func `guessing codes is limited like guessing passwords`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        _ = try await enrolled(house, "guard")
        guard case .secondFactor(let pending) = try await house.engine.sessions.login(attempt("guard")) else {
            Issue.record("no second step")
            return
        }
        var codes: [String?] = []
        for _ in 0..<6 {
            codes.append(await failureCode { _ = try await house.engine.sessions.finish(pending, code: "123 456", address: "10.0.0.1", agent: "test") })
        }
        #expect(codes.last == "JW-I010")
    }

    @Test func `where the rules demand it, nothing is open before enrolment`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        try await SignInPolicyTests.publish(house) { $0.secondFactor = .everyone }
        let new = try await house.login("guard")
        #expect(new.session.mustEnrol)
        #expect(new.session.principal.permissions.isEmpty)
        _ = try await enrolled(house, "guard")
        let session = try #require(try await house.session(new.token))
        #expect(!session.mustEnrol)
        #expect(session.principal.may("onSiteVehicle.read"))
    }

    @Test func `after failures a picture must be read, once a picture`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let sessions = house.engine.sessions
        for _ in 0..<3 { #expect(await failureCode { _ = try await sessions.login(attempt("guard", "Wrong#Word-11")) } == "JW-I011") }
        #expect(try await sessions.asksCaptcha("guard", from: "10.0.0.2"), "for the login from anywhere")
        #expect(try await sessions.asksCaptcha("other", from: "10.0.0.1"), "for the address and any login")
        #expect(try await !sessions.asksCaptcha("other", from: "10.0.0.2"))
        #expect(await failureCode { _ = try await sessions.login(attempt("guard")) } == "JW-I015")
        let wrong = try await sessions.challenges.make()
        #expect(await failureCode { _ = try await sessions.login(attempt("guard", captcha: (wrong, "????"))) } == "JW-I016")
        #expect(try await sessions.challenges.text(of: wrong) == nil, "used up")
        let id = try await sessions.challenges.make()
        let text = try #require(try await sessions.challenges.text(of: id))
        guard case .opened = try await sessions.login(attempt("guard", captcha: (id, text.lowercased()))) else {
            Issue.record("not signed in")
            return
        }
        #expect(try await !sessions.asksCaptcha("guard", from: "10.0.0.1"))
    }

    @Test func `a proof of identity is renewed by the password and the code`() async throws {
        let house = try await House()
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let new = try await house.login("guard")
        let start = new.session.confirmedAt
        house.hand.advance(minutes: 20)
        #expect(try await house.session(new.token)?.confirmedAt == start)
        let principal = new.session.principal
        #expect(await findings { try await house.engine.sessions.confirm(principal, password: "wrong", code: "") } == ["password.wrong"])
        try await house.engine.sessions.confirm(principal, password: House.password, code: "")
        #expect(try await house.session(new.token)?.confirmedAt == house.hand.now)
    }

    @Test func `who leaves is out, roles and duties go to a colleague of the same organisation`() async throws {
        let house = try await House()
        let leaver = try await house.user("old", .enterpriseAdmin, in: house.steel)
        let heir = try await house.user("new", .enterpriseGuard, in: house.steel)
        let stranger = try await house.user("far", .enterpriseGuard, in: house.cement)
        let token = try await house.login("old").token
        house.engine.handOvers.add(HandOver("事项") { from, to, _ in from == leaver && to == heir ? 3 : 0 })
        let users = house.engine.users
        #expect(
            await findings { _ = try await users.depart(leaver, successor: stranger, roles: true, handOvers: house.engine.handOvers, by: .system()) } == ["successor.unknown"])
        let moved = try await users.depart(leaver, successor: heir, roles: true, handOvers: house.engine.handOvers, by: .system())
        #expect(moved.map(\.title) == ["角色", "事项"])
        #expect(moved.map(\.count) == [1, 3])
        #expect(try await house.session(token) == nil)
        #expect(await failureCode { _ = try await house.login("old") } == "JW-I012")
        #expect(try await users.find(heir)?.roles.map(\.name).sorted() == ["enterpriseAdmin", "enterpriseGuard"])
        #expect(try await users.find(leaver)?.leftAt == house.hand.now)
    }
}
