import Cryptography
import Identity
import Kernel
import Messages
import Schedules
import Storage
import Synchronization
import Testing

@Suite("B5.3.1 消息转发")
struct ForwardTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout ForwardRule) -> Void
        let isAdmitted: Bool
    }

    static let examples: [Example] = [
        Example(testDescription: "任何应用", change: { _ in }, isAdmitted: true), Example(testDescription: "指定的应用", change: { $0.source = 7 }, isAdmitted: true),
        Example(testDescription: "别的应用", change: { $0.source = 8 }, isAdmitted: false), Example(testDescription: "级别够", change: { $0.grade = .notice }, isAdmitted: true),
        Example(testDescription: "级别不够", change: { $0.grade = .urgent }, isAdmitted: false), Example(testDescription: "含关键字", change: { $0.keyword = "超限" }, isAdmitted: true),
        Example(testDescription: "不含关键字", change: { $0.keyword = "泄漏" }, isAdmitted: false), Example(testDescription: "停用", change: { $0.isOn = false }, isAdmitted: false),
    ]

    static let rule = ForwardRule(title: "转治超", target: "治超系统", url: "https://example.com/hook", secret: "0123456789abcdef")

    @Test(arguments: examples)
    func rulesAdmit(_ example: Example) {
        var rule = Self.rule
        example.change(&rule)
        #expect(rule.admits(application: 7, grade: .notice, title: "车辆超限", text: "冀A12345") == example.isAdmitted)
    }

    /// Taken once, sent signed, its answer kept; what is not received is tried again; a person's groups are not an application's of the same number.
    @Test func passesOnSignedAndOnce() async throws {
        let house = try await MessageHouse()
        let engine = house.engine
        let called = Mutex<[(url: String, headers: [String: String], body: String)]>([])
        let isUp = Mutex(false)
        engine.use { url, headers, body in
            called.withLock { $0.append((url, Dictionary(uniqueKeysWithValues: headers), body ?? "")) }
            return (isUp.withLock { $0 } ? 200 : 503, Array("ok".utf8))
        }
        let admin = Principal(kind: .user, id: 1, login: "admin", name: "管理员", permissions: ["*"], scope: .everything)
        try await house.database.write { try engine.keep(Self.rule, by: admin, in: $0) }
        await #expect(throws: Failure.self) {
            try await house.database.write { try engine.keep(ForwardRule(title: "", target: "", url: "ftp://x", secret: "short"), by: admin, in: $0) }
        }
        let stored = try await house.database.read { try $0.first("SELECT secret FROM message_forwards")?.text("secret") }
        let application = Principal(kind: .client, id: 7, login: "app", name: "卡口系统", permissions: [MessagePermission.post], scope: .everything)
        let body: JSONValue = ["title": "车辆超限", "text": "冀A12345", "grade": "notice", "key": "k1"]
        for expected in [["治超系统"], []] {
            let told = try await house.database.write { try engine.take(body, by: application, in: $0) }
            #expect(told.applications == expected)
        }
        try await house.worker.drain()
        let waiting = try await house.database.read { try $0.first("SELECT state, attempts FROM forward_deliveries") }
        #expect(waiting?.text("state") == "waiting")
        #expect(waiting?.int("attempts") == 1)
        isUp.withLock { $0 = true }
        house.pass(seconds: 10)
        try await house.worker.drain()
        try await house.worker.drain()
        #expect(try await house.database.read { try $0.first("SELECT state FROM forward_deliveries")?.text("state") } == "sent")
        let calls = called.withLock { $0 }
        #expect(calls.count == 2, "what was received is not sent again")
        let last = try #require(calls.last)
        let time = last.headers["X-Jianwei-Time"] ?? ""
        #expect(last.headers["X-Jianwei-Signature"] == HMAC.tag(.sha256, key: Array(Self.rule.secret.utf8), over: Array((time + "\n" + last.body).utf8)).hex)
        #expect(try JSONValue(parsing: last.body)["application"]?.string == "卡口系统")
        #expect(stored != nil)
    }

    @Test func groupsAreTheirOwners() async throws {
        let house = try await MessageHouse()
        let engine = house.engine
        let person = Principal(kind: .user, id: 1, login: "u1", name: "一", organisation: 1, permissions: [], scope: .everything)
        let application = Principal(kind: .client, id: 1, login: "app", name: "应用", permissions: [MessagePermission.post], scope: .everything)
        let stranger = Principal(kind: .client, id: 1, login: "app", name: "应用", permissions: [], scope: .everything)
        let own = try await house.database.write { try engine.keepGroup(nil, title: "值班", logins: ["u2"], by: person, in: $0) }
        #expect(try await house.database.read { try engine.groups(of: person, in: $0).map(\.title) } == ["值班"])
        #expect(try await house.database.read { try engine.groups(of: application, in: $0).count } == 0)
        await #expect(throws: Failure.self) { try await house.database.write { try engine.dropGroup(own, by: application, in: $0) } }
        await #expect(throws: Failure.self) { try await house.database.write { try engine.keepGroup(nil, title: "组", logins: ["u2"], by: stranger, in: $0) } }
        let other = try await house.database.write { try engine.keepGroup(nil, title: "应用的组", logins: ["u2", "u3"], by: application, in: $0) }
        try await house.database.write { try engine.keepGroup(other, title: "应用的组", logins: ["u3"], by: application, in: $0) }
        #expect(try await house.database.read { try engine.logins(ofGroup: other, by: application, in: $0) } == ["u3"])
    }
}
