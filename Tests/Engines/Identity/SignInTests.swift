import Cryptography
import Foundation
import Identity
import Kernel
import Storage
import Synchronization
import Testing

@Suite("A-25 登录方式：扫码、短信、签名、登记的终端")
struct SignInTests {
    private static let desk = Entrance(address: "10.0.0.7", agent: "Windows Chrome", device: SecureRandom.token(32))

    private func publish(_ house: House, _ change: (inout SignInPolicy) -> Void) async throws {
        var policy = house.engine.policies.current
        change(&policy)
        let wanted = policy
        try await house.database.write { try house.engine.policies.publish(wanted, by: .system(), in: $0) }
    }

    @Test func `a scan opens once, in the browser that asked, with the right digits, within two minutes`() async throws {
        let house = try await House()
        let changan = try await house.organisation("130102")
        try await house.user("zhang", .county, in: changan)
        let phone = try await house.principal("zhang")
        let scans = house.engine.qrSignIn
        let offer = try await scans.offer(Self.desk)
        #expect(try await scans.state(of: offer.id, secret: offer.secret) == .waiting)
        #expect(try await scans.state(of: offer.id, secret: SecureRandom.token(32)) == .over)
        #expect(await failureCode { _ = try await scans.finish(offer.id, secret: offer.secret, Self.desk) } == "JW-I066")
        #expect(try await scans.asked(offer.id).address == "10.0.0.7")
        let wrong = offer.digits == "10" ? "11" : "10"
        #expect(await failureCode { try await scans.confirm(offer.id, digits: wrong, by: phone) } == "JW-K422")
        try await scans.confirm(offer.id, digits: offer.digits, by: phone)
        #expect(await failureCode { try await scans.confirm(offer.id, digits: offer.digits, by: phone) } == "JW-I068")
        #expect(await failureCode { _ = try await scans.finish(offer.id, secret: SecureRandom.token(32), Self.desk) } == "JW-I066")
        let session = try await scans.finish(offer.id, secret: offer.secret, Self.desk)
        #expect(session.session.principal.login == "zhang")
        #expect(try await house.engine.sessions.list(of: phone.id).first?.method == .qr)
        #expect(await failureCode { _ = try await scans.finish(offer.id, secret: offer.secret, Self.desk) } == "JW-I066")

        let guessed = try await scans.offer(Self.desk)
        for _ in 0..<3 { _ = await failureCode { try await scans.confirm(guessed.id, digits: guessed.digits == "10" ? "11" : "10", by: phone) } }
        #expect(await failureCode { try await scans.confirm(guessed.id, digits: guessed.digits, by: phone) } == "JW-I068")
        let late = try await scans.offer(Self.desk)
        house.hand.advance(seconds: QRSignIn.seconds + 1)
        #expect(await failureCode { try await scans.confirm(late.id, digits: late.digits, by: phone) } == "JW-I068")
        try await publish(house) { $0.qrSignIn = false }
        #expect(await failureCode { _ = try await scans.offer(Self.desk) } == "JW-I067")
    }

    @Test func `a code by message: same answer for all, five tries, one message a minute, one use`() async throws {
        let house = try await House()
        try await house.user("zhang", .county, in: try await house.organisation("130102"))
        try await house.database.write { _ = try $0.execute("UPDATE users SET phone = '13812345678' WHERE login = 'zhang'") }
        let codes = house.engine.codeSignIn
        let sent = Mutex<[(String, String)]>([])
        codes.send { phone, text in sent.withLock { $0.append((phone, text)) } }
        func begin(_ login: String, right: Bool = true) async throws -> (id: String, secret: String) {
            let captcha = try await house.engine.sessions.challenges.make()
            let text = try await house.engine.sessions.challenges.text(of: captcha) ?? ""
            return try await codes.begin(login, captcha: (captcha, right ? text : "0000"), Self.desk)
        }
        func lastCode() -> String { sent.withLock { String($0.last?.1.drop { !$0.isNumber }.prefix(6) ?? "") } }
        #expect(await failureCode { _ = try await begin("zhang") } == "JW-I067")
        try await publish(house) { $0.smsSignIn = true }
        #expect(await failureCode { _ = try await begin("zhang", right: false) } == "JW-I016")
        let ticket = try await begin("zhang")
        #expect(sent.withLock { $0.map(\.0) } == ["13812345678"])
        let nobody = try await begin("nobody")
        #expect(nobody.id.count == ticket.id.count && sent.withLock(\.count) == 1)
        #expect(await failureCode { _ = try await codes.finish(nobody.id, secret: nobody.secret, code: "123456", Self.desk) } == "JW-I069")
        _ = try await begin("zhang")
        #expect(sent.withLock(\.count) == 1)
        let code = lastCode()
        #expect(await failureCode { _ = try await codes.finish(ticket.id, secret: SecureRandom.token(32), code: code, Self.desk) } == "JW-I069")
        guard case .opened(let session) = try await codes.finish(ticket.id, secret: ticket.secret, code: code, Self.desk) else {
            Issue.record("not opened")
            return
        }
        #expect(session.session.principal.login == "zhang")
        #expect(await failureCode { _ = try await codes.finish(ticket.id, secret: ticket.secret, code: code, Self.desk) } == "JW-I069")
        house.hand.advance(minutes: 2)
        let guessed = try await begin("zhang")
        let right = lastCode()
        let wrong = right == "000000" ? "000001" : "000000"
        for _ in 0..<5 { #expect(await failureCode { _ = try await codes.finish(guessed.id, secret: guessed.secret, code: wrong, Self.desk) } == "JW-I069") }
        #expect(await failureCode { _ = try await codes.finish(guessed.id, secret: guessed.secret, code: right, Self.desk) } == "JW-I069")
    }

    @Test func `a challenge signed with a registered SM2 key opens once; a revoked key ends its sessions`() async throws {
        let house = try await House()
        let zhang = try await house.user("zhang", .county, in: try await house.organisation("130102"))
        let key = try SM2PrivateKey.generate(), stranger = try SM2PrivateKey.generate()
        let keys = house.engine.keySignIn, certificates = house.engine.certificates
        #expect(await failureCode { try await certificates.register("nonsense", title: "", for: zhang, by: .system()) } == "JW-K422")
        try await certificates.register(try key.publicPEM(), title: "密钥盘", for: zhang, by: .system())
        #expect(await failureCode { try await certificates.register(try key.publicPEM(), title: "", for: zhang, by: .system()) } == "JW-I065")
        func enter(_ with: SM2PrivateKey, login: String = "zhang", delay: Int64 = 0) async throws -> LoginStep {
            let challenge = try await keys.challenge(login, Self.desk)
            house.hand.advance(seconds: delay)
            let signature = Base64.encode(try with.sign(Array(challenge.text.utf8)))
            return try await keys.finish(challenge.id, secret: challenge.secret, signature: signature, Self.desk)
        }
        guard case .opened(let session) = try await enter(key) else {
            Issue.record("not opened")
            return
        }
        #expect(session.session.principal.login == "zhang")
        #expect(await failureCode { _ = try await enter(stranger) } == "JW-I072")
        #expect(await failureCode { _ = try await enter(key, login: "nobody") } == "JW-I072")
        #expect(await failureCode { _ = try await enter(key, delay: KeySignIn.seconds + 1) } == "JW-I072")
        #expect(try await house.session(session.token) != nil)
        let entry = try #require(try await house.database.read { try certificates.list(of: zhang, $0) }.first)
        #expect(entry.algorithm == "SM2" && entry.lastUsedAt != nil)
        try await certificates.revoke(entry.id, of: zhang, by: .system())
        #expect(try await house.session(session.token) == nil)
        #expect(await failureCode { _ = try await enter(key) } == "JW-I072")
    }

    @Test func `bound to computers: by role and by organisation, asked for at the door, taken back at once`() async throws {
        let house = try await House()
        try await house.user("zhang", .county, in: try await house.organisation("130102"))
        try await house.user("guard", .enterpriseGuard, in: house.steel)
        let terminals = house.engine.terminals
        func enter(_ login: String, _ device: String?) async throws -> NewSession? {
            var attempt = LoginAttempt(login: login, password: House.password, address: "10.0.0.1", agent: "Chrome")
            attempt.device = device
            guard case .opened(let session) = try await house.engine.sessions.login(attempt, asksCaptcha: false) else { return nil }
            return session
        }
        let desk = SecureRandom.token(32)
        #expect(try await enter("zhang", nil) != nil)
        try await publish(house) { policy in
            policy.terminalRoles = ["county"]
            policy.terminalOrganisations = [house.steel.id]
        }
        #expect(await failureCode { _ = try await enter("zhang", nil) } == "JW-I060")
        #expect(await failureCode { _ = try await enter("zhang", desk) } == "JW-I060")
        #expect(await failureCode { _ = try await enter("guard", desk) } == "JW-I060")
        func waiting() async throws -> [Terminals.Terminal] {
            try await house.database.read { try terminals.page(keyword: nil, state: .pending, scope: .everything, before: nil, limit: 50, $0) }
        }
        let asked = try await waiting()
        #expect(Set(asked.map(\.login)) == ["zhang", "guard"])
        let one = try #require(asked.first { $0.login == "zhang" })
        let keeper = Principal.system()
        try await terminals.decide(one.id, .approved, by: keeper)
        let session = try #require(try await enter("zhang", desk))
        #expect(await failureCode { _ = try await enter("guard", desk) } == "JW-I060")
        #expect(await failureCode { _ = try await enter("zhang", SecureRandom.token(32)) } == "JW-I060")
        #expect(try await house.session(session.token) != nil)
        try await terminals.decide(one.id, .revoked, by: keeper)
        #expect(try await house.session(session.token) == nil)
        #expect(await failureCode { _ = try await enter("zhang", desk) } == "JW-I061")
        try await terminals.decide(one.id, .approved, by: keeper)
        #expect(try await enter("zhang", desk) != nil)
        house.hand.advance(seconds: Terminals.days * 86_400)
        #expect(await failureCode { _ = try await enter("zhang", desk) } != nil)
        // A county's desk does not see the computers of another county's people.
        #expect(try await house.database.read { try terminals.count(keyword: nil, state: nil, scope: .areas(["130104"]), $0) } == 0)
    }

    @Test func `a certificate's text is read: subject, issuer, end, key`() throws {
        let certificate = try Certificate(pem: Self.pem)
        #expect(certificate.subject == "O=市生态环境局,CN=张三" || certificate.subject == "CN=张三,O=市生态环境局")
        #expect(certificate.notAfter > certificate.notBefore && certificate.fingerprint.utf8.count == 64)
        #expect(try PublicKey(pem: certificate.keyPEM).algorithm == "SM2")
        #expect(throws: Failure.self) { try Certificate(pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----") }
    }

    /// `openssl req -x509 -sm3` with an SM2 key.
    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBsTCCAVegAwIBAgIUM2ldS65SLab1OZ6592kYV8YaS8YwCgYIKoEcz1UBg3Uw
        LjEbMBkGA1UECgwS5biC55Sf5oCB546v5aKD5bGAMQ8wDQYDVQQDDAblvKDkuIkw
        HhcNMjYxMTIxMTkwNTQ5WhcNMzYxMTE4MTkwNTQ5WjAuMRswGQYDVQQKDBLluILn
        lJ/mgIHnjq/looPlsYAxDzANBgNVBAMMBuW8oOS4iTBZMBMGByqGSM49AgEGCCqB
        HM9VAYItA0IABK2Tf2TCqhiewa4Xnaf1X8dtcoqjlGgz4WDz/8RfHSCoQPMkUtW9
        YKlKcY17vQpEBCoLfBsseGOtuu4xJpgeVYmjUzBRMB0GA1UdDgQWBBQSu93oULjc
        8KeZX2h4W1xAqJJb/DAfBgNVHSMEGDAWgBQSu93oULjc8KeZX2h4W1xAqJJb/DAP
        BgNVHRMBAf8EBTADAQH/MAoGCCqBHM9VAYN1A0gAMEUCIQC9PwrxBx9+bby3pTYf
        hs0ORQfzqwHT/di0fvQOctTeagIgaWOIEU7EKrNcBRj0px6nSSqddZ3FAvuVZwwD
        lip1B1A=
        -----END CERTIFICATE-----
        """
}
