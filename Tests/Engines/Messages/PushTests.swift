import Cryptography
import Identity
import Kernel
import Messages
import Schedules
import Storage
import Synchronization
import Testing

@Suite("D9.16.2 本机推送")
struct PushTests {
    /// The receiver of RFC 8291's example.
    static let point = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    static let secret = "BTBZMqHH6r4Tts7J_aSIgg"

    static func subscription(_ name: String) -> PushSubscription {
        PushSubscription(endpoint: "https://push.example/\(name)", p256dh: point, auth: secret, title: "Chrome 120（Android）")
    }

    /// A push service that answers as told and keeps what it was asked.
    final class Service: Sendable {
        struct Call: Sendable {
            var url: String
            var headers: [String: String]
            var body: [UInt8]
        }

        let calls = Mutex<[Call]>([])
        /// Answers by the end of the address; 201 for all others.
        let answers = Mutex<[String: Int]>([:])

        var way: PushWay {
            PushWay(contact: "mailto:a@example.com") { [self] url, headers, body in
                calls.withLock { $0.append(Call(url: url, headers: Dictionary(uniqueKeysWithValues: headers), body: body)) }
                return (answers.withLock { $0[url] } ?? 201, [])
            }
        }

        var urls: [String] { calls.withLock { $0.map { String($0.url.dropFirst("https://push.example/".count)) } } }
        func answer(_ status: Int?, at name: String) { answers.withLock { $0["https://push.example/\(name)"] = status } }
    }

    private func house() async throws -> (MessageHouse, Service) {
        let (house, service) = (try await MessageHouse(), Service())
        house.engine.use(push: service.way)
        return (house, service)
    }

    private func allow(_ name: String, by user: Int64, in house: MessageHouse) async throws -> Int64 {
        try await house.database.write { [engine = house.engine] in try engine.subscribe(Self.subscription(name), by: MessageHouse.principal(user), in: $0) }
    }

    private func sends(_ house: MessageHouse) async throws -> [String] {
        try await house.database.read { try $0.rows("SELECT state, attempts FROM push_sends ORDER BY id").map { "\($0.text("state") ?? "") \($0.int("attempts") ?? 0)" } }
    }

    private func devices(_ house: MessageHouse, of user: Int64) async throws -> [PushDevice] {
        try await house.database.read { [engine = house.engine] in try engine.devices(of: MessageHouse.principal(user), in: $0) }
    }

    // MARK: Allowing

    static let wrong: [(PushSubscription, [String])] = [
        (PushSubscription(endpoint: "ftp://push.example/1", p256dh: point, auth: secret, title: "手机"), ["endpoint"]),
        (PushSubscription(endpoint: "https://user@push.example/1", p256dh: point, auth: secret, title: "手机"), ["endpoint"]),
        (PushSubscription(endpoint: "https:///1", p256dh: point, auth: secret, title: "手机"), ["endpoint"]),
        (PushSubscription(endpoint: "https://push.example/1", p256dh: "BCVx", auth: secret, title: "手机"), ["keys"]),
        (PushSubscription(endpoint: "", p256dh: "", auth: "", title: ""), ["endpoint", "keys", "title"]),
    ]

    @Test(arguments: wrong)
    func whatIsNoSubscriptionIsRefused(_ subscription: PushSubscription, fields: [String]) async throws {
        let (house, _) = try await house()
        do {
            _ = try await house.database.write { [engine = house.engine] in try engine.subscribe(subscription, by: MessageHouse.principal(1), in: $0) }
            Issue.record("\(subscription.endpoint) 应被拒绝")
        } catch let failure as Failure { #expect(failure.fields.map(\.field) == fields) }
    }

    @Test func aBrowserIsOnePersons() async throws {
        let (house, _) = try await house()
        let first = try await allow("phone", by: 1, in: house)
        #expect(try await allow("phone", by: 1, in: house) == first, "再次允许是同一台")
        let second = try await allow("phone", by: 2, in: house)
        #expect(second != first)
        #expect(try await devices(house, of: 1).map(\.endedWhy) == ["本机改由他人使用"])
        #expect(try await devices(house, of: 2).map(\.isActive) == [true])
        let kept = try await house.database.read { try $0.first("SELECT endpoint, auth FROM push_devices WHERE id = \(first)") }
        #expect(kept?.text("endpoint") == "" && kept?.text("auth") == "", "停止后不留地址和密钥")
        await #expect(throws: Failure.self) { try await house.database.write { [engine = house.engine] in try engine.removeDevice(second, by: MessageHouse.principal(1), in: $0) } }
        for name in 2...10 { _ = try await allow("phone\(name)", by: 2, in: house) }
        await #expect(throws: Failure.self) { _ = try await allow("phone11", by: 2, in: house) }
    }

    // MARK: Sending

    @Test func eachDeviceIsToldOnceAndKnowsThePlatform() async throws {
        let (house, service) = try await house()
        _ = try await allow("phone", by: 1, in: house)
        _ = try await allow("desk", by: 1, in: house)
        try await house.post(MessageDraft("gas", grade: .urgent, title: "张三 13800000001", text: "氯气 2 号点超限", path: "/alarms/1", users: [1, 2], dedupe: "gas 1"))
        try await house.post(MessageDraft("work", title: "待办", text: "不推送的类型", users: [1]))
        try await house.worker.drain()
        try await house.worker.drain()
        #expect(service.urls.sorted() == ["desk", "phone"])
        #expect(try await house.deliveries() == ["sent 1"])
        #expect(try await sends(house) == ["sent 1", "sent 1"])
        let call = try #require(service.calls.withLock { $0.first })
        #expect(call.headers["Content-Encoding"] == "aes128gcm" && call.headers["TTL"] == "259200" && call.headers["Urgency"] == "high" && call.headers["Topic"] == "m1")
        let parts = try #require(call.headers["Authorization"]).split(separator: " ")
        let token = String(parts[1].dropFirst(2).dropLast()), key = String(parts[2].dropFirst(2))
        #expect(parts[0] == "vapid")
        #expect(try await house.engine.pushPublicKey() == key, "浏览器登记的就是签名的密钥")
        let point = try #require(Base64.decodeURL(key))
        let member: JSONValue = ["kty": "EC", "crv": "P-256", "x": .string(Base64.encodeURL(Array(point[1...32]))), "y": .string(Base64.encodeURL(Array(point[33...64])))]
        let claims = try TokenCheck.claims(of: token, keys: ["keys": .array([member])])
        #expect(claims["aud"]?.string == "https://push.example" && claims["sub"]?.string == "mailto:a@example.com")
        let hours = (claims["exp"]?.int ?? 0) - house.clock.now.milliseconds / 1000
        #expect((1...86_400).contains(hours), "RFC 8292：不超过 24 小时")
        #expect(call.body.count < 700 && Array(call.body[16..<21]) == [0, 0, 16, 0, 65])
    }

    @Test func whatFailsIsTriedAgainAndWhatIsGoneEnds() async throws {
        let (house, service) = try await house()
        _ = try await allow("slow", by: 1, in: house)
        _ = try await allow("gone", by: 1, in: house)
        _ = try await allow("strange", by: 1, in: house)
        service.answer(429, at: "slow")
        service.answer(410, at: "gone")
        service.answer(400, at: "strange")
        try await house.post(MessageDraft("gas", title: "a", text: "b", users: [1]))
        try await house.worker.drain()
        #expect(try await sends(house) == ["waiting 1", "dead 1", "dead 1"])
        #expect(try await house.deliveries() == ["waiting 3"])
        #expect(try await devices(house, of: 1).filter(\.isActive).count == 2, "注销的设备不再推送")
        service.answer(nil, at: "slow")
        for _ in 0..<4 {
            house.pass(seconds: 5)
            try await house.worker.drain()
        }
        #expect(try await sends(house).first == "sent 2")
        #expect(try await house.deliveries().first?.hasPrefix("sent") == true)
        #expect(service.urls.filter { $0 == "gone" }.count == 1)
    }

    @Test func aDeliveryNobodyTakesIsDeadAndMayGoAgain() async throws {
        let (house, service) = try await house()
        _ = try await allow("phone", by: 1, in: house)
        service.answer(400, at: "phone")
        try await house.post(MessageDraft("gas", title: "a", text: "b", users: [1]))
        try await house.worker.drain()
        #expect(try await house.deliveries() == ["dead 1"])
        service.answer(nil, at: "phone")
        try await house.database.write { [engine = house.engine] in try engine.retry(1, by: MessageHouse.principal(1), in: $0) }
        try await house.worker.drain()
        #expect(try await house.deliveries() == ["sent 2"])
    }

    @Test func theDeviceSaysThatItHasShownIt() async throws {
        let (house, _) = try await house()
        _ = try await allow("phone", by: 1, in: house)
        try await house.post(MessageDraft("gas", title: "a", text: "b", users: [1]))
        try await house.worker.drain()
        let token = try await house.database.read { try $0.first("SELECT token FROM push_sends")?.text("token") ?? "" }
        for said in ["unknown-unknown-unknown", token, token] { try await house.database.write { [engine = house.engine] in try engine.markShown(said, in: $0) } }
        #expect(try await house.deliveries() == ["received 1"])
        #expect(try await devices(house, of: 1).first?.shownAt == house.clock.now)
    }

    // MARK: Ends

    @Test func whoIsFrozenIsPushedNothingAndStartsAnew() async throws {
        let (house, service) = try await house()
        _ = try await allow("phone", by: 1, in: house)
        _ = try await allow("other", by: 2, in: house)
        try await house.post(MessageDraft("gas", title: "a", text: "b", users: [1, 2]))
        try await house.database.write { try $0.execute("UPDATE users SET state = 'frozen' WHERE id = 1") }
        try await house.worker.drain()
        #expect(service.urls == ["other"])
        #expect(try await house.engine.endDevicesOfClosedAccounts() == 1)
        try await house.database.write { try $0.execute("UPDATE users SET state = 'active' WHERE id = 1") }
        try await house.post(MessageDraft("gas", title: "c", text: "d", users: [1]))
        try await house.worker.drain()
        #expect(service.urls == ["other"], "解冻后须本人重新允许")
    }

    @Test func peopleChooseKindsButForWhatIsUrgent() async throws {
        let (house, service) = try await house()
        _ = try await allow("phone", by: 1, in: house)
        try await house.database.write { [engine = house.engine] in
            try engine.keep(MessageWishes(choices: ["gas/push": false, "work/push": true]), by: MessageHouse.principal(1), in: $0)
        }
        for draft in [
            MessageDraft("gas", title: "1", text: "", users: [1]), MessageDraft("gas", grade: .urgent, title: "2", text: "", users: [1]),
            MessageDraft("work", title: "3", text: "", users: [1]),
        ] {
            try await house.post(draft)
        }
        try await house.worker.drain()
        let topics = service.calls.withLock { calls in calls.compactMap { $0.headers["Topic"] } }
        #expect(topics == ["m2", "m3"])
        let count = try await house.database.write { [engine = house.engine] in try engine.testDevices(by: MessageHouse.principal(1), in: $0) }
        #expect(count == 1)
        try await house.worker.drain()
        let last = service.calls.withLock { $0.last?.headers["Topic"] }
        #expect(last == "m4")
    }

    static let agents: [(String, String)] = [
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome 126（Android）"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari 17（iPhone）"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge 126（Windows）"),
        ("", "浏览器（其他系统）"),
    ]

    @Test(arguments: agents)
    func devicesAreNamedByTheirBrowser(agent: String, title: String) { #expect(PushDevice.title(agent: agent) == title) }
}
