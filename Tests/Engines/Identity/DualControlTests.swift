import Identity
import Kernel
import Storage
import Testing

@Suite("D17.2.4 双人复核")
struct DualControlTests {
    let house: House
    let control: DualControl
    let asker: Principal
    let city: Principal
    let county: Principal

    init() async throws {
        house = try await House()
        control = house.engine.dualControl
        let chang = try await house.organisation("130102"), shi = try await house.organisation("1301"), qiao = try await house.organisation("130104")
        try await house.user("asker", .county, in: chang)
        try await house.user("boss", .city, in: shi)
        try await house.user("neighbour", .county, in: qiao)
        asker = try await house.principal("asker")
        city = try await house.principal("boss")
        county = try await house.principal("neighbour")
        try await set(["massExport": 1])
    }

    private func set(_ votes: [String: Int], hours: Int = 24) async throws {
        var policy = DualPolicy()
        policy.votes = votes
        policy.hours = hours
        try await control.publish(policy, by: .system())
    }

    private func asked(_ act: DualAct = .massExport, path: String = "/ledgers/x/export", value: String = "1", approval: Int64? = nil) -> AskedAct {
        AskedAct(act: act, method: "POST", path: path, fields: [("q", value)], approval: approval)
    }

    private func wait(_ asked: AskedAct) async throws -> Int64 {
        guard case .wait(let id) = try await control.admit(asked, by: asker) else {
            Issue.record("it ran")
            return 0
        }
        return id
    }

    @Test func `what is not named runs, and so do jobs`() async throws {
        #expect(try await control.admit(asked(.reveal), by: asker) == .go)
        #expect(try await control.admit(asked(), by: .system()) == .go)
    }

    @Test func `one waits, another agrees, the very same request runs once`() async throws {
        let id = try await wait(asked())
        #expect(try await wait(asked()) == id)
        #expect(try await wait(asked(value: "2")) != id)
        #expect(await failureCode { _ = try await control.admit(asked(approval: id), by: asker) } == "JW-I090")
        try await control.vote(id, agrees: true, note: nil, by: city)
        #expect(await failureCode { _ = try await control.admit(asked(value: "2", approval: id), by: asker) } == "JW-I090")
        #expect(await failureCode { _ = try await control.admit(asked(path: "/ledgers/y/export", approval: id), by: asker) } == "JW-I090")
        #expect(await failureCode { _ = try await control.admit(asked(approval: id), by: city) } == "JW-I090")
        #expect(try await control.admit(asked(approval: id), by: asker) == .run(id))
        #expect(await failureCode { _ = try await control.admit(asked(approval: id), by: asker) } == "JW-I090")
        let acts = try await house.database.read {
            try $0.rows("SELECT action FROM audit WHERE object_kind = 'dualApproval' AND object_id = \("\(id)") ORDER BY id").compactMap { $0[0].text }
        }
        #expect(acts == ["request", "approve", "execute"])
    }

    @Test func `what fails gives its approval back, to the asker alone and within its time`() async throws {
        let id = try await wait(asked())
        try await control.vote(id, agrees: true, note: nil, by: city)
        #expect(try await control.admit(asked(approval: id), by: asker) == .run(id))
        try await control.release(id, because: "名称已被使用", by: city)
        #expect(await failureCode { _ = try await control.admit(asked(approval: id), by: asker) } == "JW-I090")
        try await control.release(id, because: "名称已被使用", by: asker)
        #expect(try await control.admit(asked(approval: id), by: asker) == .run(id))
        house.hand.advance(minutes: 60 * 200)
        try await control.release(id, because: "名称已被使用", by: asker)
        #expect(await failureCode { _ = try await control.admit(asked(approval: id), by: asker) } == "JW-I090")
    }

    @Test func `nobody decides their own, nor beyond their scope, nor without the permission`() async throws {
        let id = try await wait(asked())
        #expect(await failureCode { try await control.vote(id, agrees: true, note: nil, by: asker) } == "JW-I094")
        #expect(await failureCode { try await control.vote(id, agrees: true, note: nil, by: county) } == "JW-K404")
        var plain = city
        plain.permissions = []
        #expect(await failureCode { try await control.vote(id, agrees: true, note: nil, by: plain) } == "JW-K403")
        #expect(await failureCode { _ = try await house.database.read { try control.find(id, by: county, $0) } } == "JW-K404")
    }

    @Test func `a refusal says why and ends it`() async throws {
        let id = try await wait(asked())
        #expect(await findings { try await control.vote(id, agrees: false, note: nil, by: city) } == ["note.required"])
        try await control.vote(id, agrees: false, note: "范围过大", by: city)
        #expect(await failureCode { try await control.vote(id, agrees: true, note: nil, by: city) } == "JW-I095")
        #expect(await failureCode { _ = try await control.admit(asked(approval: id), by: asker) } == "JW-I090")
    }

    @Test func `two votes are two people's`() async throws {
        try await house.user("boss2", .city, in: house.organisation("1301"))
        let second = try await house.principal("boss2")
        try await set(["massExport": 2])
        let id = try await wait(asked())
        try await control.vote(id, agrees: true, note: nil, by: city)
        #expect(await failureCode { try await control.vote(id, agrees: true, note: nil, by: city) } == "JW-I095")
        #expect(await failureCode { _ = try await control.admit(asked(approval: id), by: asker) } == "JW-I090")
        try await control.vote(id, agrees: true, note: "可以", by: second)
        #expect(try await control.admit(asked(approval: id), by: asker) == .run(id))
    }

    @Test func `time ends it, before and after it was agreed to`() async throws {
        try await set(["massExport": 1], hours: 1)
        let late = try await wait(asked())
        let agreed = try await wait(asked(value: "2"))
        try await control.vote(agreed, agrees: true, note: nil, by: city)
        house.hand.advance(minutes: 61)
        #expect(await failureCode { try await control.vote(late, agrees: true, note: nil, by: city) } == "JW-I095")
        #expect(await failureCode { _ = try await control.admit(asked(value: "2", approval: agreed), by: asker) } == "JW-I090")
        #expect(try await wait(asked()) != late)
    }

    @Test func `withdrawn is over`() async throws {
        let id = try await wait(asked())
        #expect(await failureCode { try await control.withdraw(id, by: city) } == "JW-K404")
        try await control.withdraw(id, by: asker)
        #expect(await failureCode { try await control.vote(id, agrees: true, note: nil, by: city) } == "JW-I095")
    }

    @Test func `the content is sealed and given back as it was`() async throws {
        let id = try await wait(asked(value: "冀A12345"))
        let (stored, found) = try await house.database.read { reader in
            (try reader.value("SELECT content FROM dual_approvals WHERE id = \(id)")?.text ?? "", try control.find(id, by: city, reader))
        }
        #expect(!stored.contains("冀A12345"))
        #expect(try control.fields(of: found).map(\.value) == ["冀A12345"])
    }

    @Test func `rules nobody could fulfil are refused`() async throws {
        var policy = DualPolicy()
        policy.votes = ["massExport": 3, "reveal": 9]
        policy.hours = 0
        let wanted = policy
        #expect(await findings { try await control.publish(wanted, by: .system()) } == ["hours.range", "massExport.people", "reveal.range"])
        #expect(await failureCode { try await control.publish(wanted, by: asker) } == "JW-K403")
    }
}
