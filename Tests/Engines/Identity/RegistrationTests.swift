import Identity
import Kernel
import Storage
import Testing

@Suite("D9.2.7 自助注册")
struct RegistrationTests {
    let house: House
    let registrations: Registrations
    let city: Principal

    init() async throws {
        house = try await House()
        registrations = house.engine.registrations
        try await house.user("boss", .city, in: house.organisation("1301"))
        var boss = try await house.principal("boss")
        boss.permissions.insert("registration.review")
        city = boss
        try await open()
    }

    private func open() async throws {
        var policy = house.engine.policies.current
        policy.selfRegistration = true
        let wanted = policy
        try await house.database.write { try house.engine.policies.publish(wanted, by: .system(), in: $0) }
    }

    private func draft(
        _ login: String = "li.ming", kind: Registration.Kind = .person, code: String = "91130100A", company: String = "", password: String = "Gate#Keeper27", answer: String? = nil
    ) async throws -> RegistrationDraft {
        let id = try await registrations.challenge()
        let text = try await house.engine.sessions.challenges.text(of: id) ?? ""
        return RegistrationDraft(
            kind: kind, login: login, name: "李明", phone: "13800138000", password: password, code: code, company: company, county: "130102", purpose: "负责门禁数据填报",
            captcha: (id, answer ?? text))
    }

    private func only() async throws -> Registration {
        let city = city
        return try #require(try await house.database.read { try registrations.page(state: nil, scope: city.scope, $0) }.first)
    }

    @Test func `a person asks, is let in and signs in`() async throws {
        let number = try await registrations.apply(try await draft(), from: "10.0.0.1")
        let one = try await only()
        #expect(one.number == number && one.org == house.steel.id && one.area == "130102" && one.phone == "13800138000")
        #expect(try await house.database.read { try $0.value("SELECT phone FROM registrations")?.text?.contains("138") } == false)
        try await registrations.approve(one.id, role: try await house.role(.enterpriseGuard).id, by: city)
        let user = try #require(try await house.engine.users.find(login: "li.ming"))
        #expect(user.organisation == house.steel.id && user.mustChangePassword)
        _ = try await house.engine.sessions.login("li.ming", password: "Gate#Keeper27", address: "10.0.0.1", agent: "test")
        #expect(try await registrations.standing(of: number, phone: "13800138000")?.state == .approved)
        #expect(try await house.database.read { try $0.value("SELECT password_hash FROM registrations")?.text } == nil)
        #expect(await failureCode { try await registrations.refuse(one.id, reason: "重复", by: city) } == "JW-I052")
    }

    @Test func `an enterprise is taken in with its administrator`() async throws {
        let credit = "0123456789ABCDEFGHJKLMNPQRTUWXY".map { "9113010200000001A" + String($0) }.first { CreditCode(normalizing: $0).isValid } ?? ""
        _ = try await registrations.apply(try await draft("new.admin", kind: .enterprise, code: credit, company: "新来的公司"), from: "10.0.0.1")
        try await registrations.approve(try await only().id, role: try await house.role(.enterpriseAdmin).id, by: city)
        let made = try await house.organisation(credit)
        #expect(made.kind == .enterprise && made.area == "130102")
        #expect(try await house.engine.users.find(login: "new.admin")?.organisation == made.id)
    }

    /// The same answer whether the login, or the organisation, exists or not; who decides is told.
    @Test func `the door tells nothing about who is here`() async throws {
        let taken = try await registrations.apply(try await draft("boss"), from: "10.0.0.1")
        let unknown = try await registrations.apply(try await draft("nobody.yet", code: "NO-SUCH"), from: "10.0.0.1")
        #expect(taken.count == unknown.count)
        let city = city
        let found = try await house.database.read { reader in
            try registrations.page(state: .pending, scope: city.scope, reader).map { try registrations.obstacles($0, reader) }
        }
        #expect(found == [["没有编号为“NO-SUCH”的在用机构"], ["登录名“boss”已被使用"]])
        #expect(try await registrations.standing(of: taken, phone: "13900000000") == nil)
        #expect(try await registrations.standing(of: "ZCXXXXXXXX", phone: "13800138000") == nil)
        let role = try await house.role(.enterpriseGuard).id
        let id = try await only().id
        #expect(await failureCode { try await registrations.approve(id, role: role, by: city) } == "JW-K422")
    }

    @Test func `a picture not read, a weak password, a bad code`() async throws {
        let registrations = registrations
        let wrong = try await draft(answer: "????")
        #expect(await findings { _ = try await registrations.apply(wrong, from: "10.0.0.1") } == ["captcha.captcha"])
        let weak = try await draft(password: "abc")
        #expect(await findings { _ = try await registrations.apply(weak, from: "10.0.0.1") }.contains("password.tooShort"))
        let used = try await draft()
        _ = try await registrations.apply(used, from: "10.0.0.1")
        #expect(await findings { _ = try await registrations.apply(used, from: "10.0.0.1") } == ["captcha.captcha"])
        let enterprise = try await draft(kind: .enterprise, code: "123", company: "x")
        #expect(await findings { _ = try await registrations.apply(enterprise, from: "10.0.0.1") } == ["code.format", "company.length"])
    }

    @Test func `five an hour from one address, nobody while it is closed`() async throws {
        let registrations = registrations
        for number in 1...5 { _ = try await registrations.apply(try await draft("person\(number)"), from: "10.0.0.9") }
        let sixth = try await draft("person6")
        #expect(await failureCode { _ = try await registrations.apply(sixth, from: "10.0.0.9") } == "JW-I051")
        house.hand.advance(minutes: 61)
        _ = try await registrations.apply(try await draft("person6"), from: "10.0.0.9")
        var policy = house.engine.policies.current
        policy.selfRegistration = false
        let wanted = policy
        try await house.database.write { try house.engine.policies.publish(wanted, by: .system(), in: $0) }
        let late = try await draft("person7")
        #expect(await failureCode { _ = try await registrations.apply(late, from: "10.0.0.9") } == "JW-I050")
    }

    @Test func `each decides within the own scope`() async throws {
        let registrations = registrations
        _ = try await registrations.apply(try await draft(code: "91130100B"), from: "10.0.0.1")
        try await house.user("clerk", .county, in: house.organisation("130102"))
        var clerk = try await house.principal("clerk")
        clerk.permissions.insert("registration.review")
        let asked = clerk
        #expect(try await house.database.read { try registrations.page(state: nil, scope: asked.scope, $0) }.isEmpty)
        let id = try await only().id
        #expect(await failureCode { try await registrations.refuse(id, reason: "不属本区", by: asked) } == "JW-K404")
        try await registrations.refuse(id, reason: "单位已停产", by: city)
        #expect(try await only().reason == "单位已停产")
    }
}
