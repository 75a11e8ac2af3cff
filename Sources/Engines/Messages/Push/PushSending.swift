import Cryptography
import Identity
import Kernel
import Schedules
import Storage
import Synchronization

/// How push services are reached, and whom they may ask about the platform; handed in by the App.
package struct PushWay: Sendable {
    /// Keeps to the outbound rule: the addresses come from browsers.
    package var call: HTTPCall
    /// `mailto:…` or `https://…` (RFC 8292 §2.1).
    package var contact: String

    package init(contact: String, call: @escaping HTTPCall) {
        self.call = call
        self.contact = contact
    }
}

extension MessageGrade {
    /// How long a push service keeps what it could not deliver: what is old news by then is not shown.
    var pushSeconds: Int {
        switch self {
        case .info: 12 * 3600
        case .notice: 24 * 3600
        case .urgent: 72 * 3600
        }
    }

    /// RFC 8030 §5.3: what a telephone wakes up for.
    var pushUrgency: String {
        switch self {
        case .info: "low"
        case .notice: "normal"
        case .urgent: "high"
        }
    }
}

/// Notices on people's own devices: Web Push (RFC 8030, 8291, 8292), one delivery a person and one sending a device, through the outbox.
extension MessageEngine {
    static let pushTopic = "message.push"
    static let pushAttempts = 12
    static let pushTest = "push.test"

    package static let pushKind = MessageKind(pushTest, "推送测试", template: "{text}", channels: ["push"], isQuiet: false)
    /// The way itself; what it sends is made by `pushHandler`, not by the handler of addresses.
    package static let pushChannel = MessageChannel("push", "本机推送", to: .devices) { _ in nil }

    /// Writes a delivery for each receiver who allowed a device and wants this kind, and a sending for each of their devices.
    func push(_ draft: MessageDraft, _ kind: MessageKind, _ id: Int64, by channel: MessageChannel, among users: [Int64], _ now: Moment, in tx: any Transaction) throws {
        let devices = try stride(from: 0, to: users.count, by: 500).flatMap { from in
            try tx.rows(
                "SELECT id, user_id FROM push_devices WHERE state = 'active' AND user_id IN (\(list: Array(users[from..<min(from + 500, users.count)]))) ORDER BY user_id, id")
        }
        guard !devices.isEmpty else { return }
        let owned = Dictionary(grouping: devices) { $0.int("user_id") ?? 0 }
        let start = kind.isQuiet && draft.grade != .urgent ? MessageEngine.afterQuietHours(now) : now
        let text = MessageTemplate.filled(kind.template, draft.filling)
        for user in try wanting(kind, draft.grade, by: channel, among: owned.keys.sorted(), in: tx) {
            let mine = (owned[user] ?? []).compactMap { $0.int("id") }
            let address = "\(mine.count) 台设备"
            let delivery = try tx.insert(
                """
                INSERT INTO message_deliveries (message_id, user_id, channel, address, state, at) VALUES (\(id), \(user), \(channel.name), \(address), 'waiting', \(now))
                """)
            for device in mine {
                let send = try tx.insert(
                    "INSERT INTO push_sends (delivery_id, device_id, token, state, at) VALUES (\(delivery), \(device), \(SecureRandom.token(16)), 'waiting', \(now))")
                try post(send: send, device: device, title: kind.title, text: text, notBefore: start, in: tx)
            }
        }
    }

    private func post(send: Int64, device: Int64, title: String, text: String, notBefore start: Moment?, in tx: any Transaction) throws {
        let payload: JSONValue = ["send": .int(send), "title": .string(title), "text": .string(text)]
        try outbox.post(topic: Self.pushTopic, key: "push/\(device)", payload: payload, notBefore: start, in: tx)
    }

    /// A dead delivery goes again to the devices that its receiver has now.
    func pushAgain(_ delivery: Int64, title: String, text: String, in tx: any Transaction) throws {
        let devices = try tx.rows(
            "SELECT d.id FROM push_devices d JOIN message_deliveries m ON m.user_id = d.user_id WHERE m.id = \(delivery) AND d.state = 'active' ORDER BY d.id"
        ).compactMap { $0[0].int }
        guard !devices.isEmpty else { throw Failure(.conflict, "JW-MS32", "接收人已没有允许推送的设备") }
        for device in devices {
            try tx.execute("DELETE FROM push_sends WHERE delivery_id = \(delivery) AND device_id = \(device)")
            let send = try tx.insert(
                "INSERT INTO push_sends (delivery_id, device_id, token, state, at) VALUES (\(delivery), \(device), \(SecureRandom.token(16)), 'waiting', \(clock.now))")
            try post(send: send, device: device, title: title, text: text, notBefore: nil, in: tx)
        }
    }

    /// What the outbox worker does with a sending. It may come twice; topic and tag make the second replace the first on the device.
    package var pushHandler: OutboxHandler {
        OutboxHandler(topic: Self.pushTopic, attempts: Self.pushAttempts) { [self] message in
            let now = clock.now
            guard let id = message.payload["send"]?.int, let send = try await database.read({ try PushSend.find(id, at: now, in: $0) }), send.isWaiting else { return }
            guard send.isOpen else { return try await settle(send, .dead("设备已停止推送或账号已停用")) }
            let isLast = message.attempts + 1 >= Self.pushAttempts
            do {
                let outcome = try await transmit(send, title: message.payload["title"]?.string ?? "", text: message.payload["text"]?.string ?? "")
                try await settle(send, outcome)
            } catch let failure as Failure where failure.kind == .unavailable {
                let cause = failure.cause ?? failure.message
                try await settle(send, isLast ? .dead(cause) : .later(cause))
                throw failure
            } catch let failure as Failure where failure.kind == .invalid {
                try await settle(send, .dead(failure.message))
            }
        }
    }

    /// - Throws: `.unavailable` where another attempt may succeed.
    private func transmit(_ send: PushSend, title: String, text: String) async throws -> PushOutcome {
        guard let way = pushWay else { throw Failure(.unavailable, "JW-MS21", "没有对外连接", cause: "no way to push services") }
        let endpoint = try opened(send.endpoint)
        guard let receiver = PushReceiver(p256dh: send.p256dh, auth: try opened(send.auth)), let origin = PushService.origin(of: endpoint) else {
            return .gone("推送密钥已失效")
        }
        let key = try await pushKey()
        let expires = clock.now.milliseconds / 1000 + 12 * 3600
        let token = try key.token(kid: nil, claims: ["aud": .string(origin), "exp": .int(expires), "sub": .string(way.contact)])
        let headers = [
            ("Content-Type", "application/octet-stream"), ("Content-Encoding", "aes128gcm"), ("TTL", String(send.grade.pushSeconds)), ("Urgency", send.grade.pushUrgency),
            ("Topic", "m\(send.message)"), ("Authorization", "vapid t=\(token), k=\(try Self.publicPoint(key))"),
        ]
        let body = try PushCipher.seal(send.content(title: title, text: text).bytes, for: receiver)
        let answer = try await way.call(endpoint, headers, body)
        switch answer.status {
        case 200..<300: return .sent
        case 404, 410: return .gone("推送服务已注销该设备（HTTP \(answer.status)）")
        case 429, 500...: throw Failure(.unavailable, "JW-MS33", "推送服务暂不可用", cause: "HTTP \(answer.status)")
        default: return .dead("推送服务拒绝（HTTP \(answer.status)）")
        }
    }

    private func settle(_ send: PushSend, _ outcome: PushOutcome) async throws {
        try await database.write { [self] tx in
            let now = clock.now
            let sent: Moment? = outcome == .sent ? now : nil
            let changed = try tx.execute(
                "UPDATE push_sends SET state = \(outcome.state), attempts = attempts + 1, sent_at = \(sent), error = \(outcome.error) WHERE id = \(send.id) AND state = 'waiting'")
            guard changed == 1 else { return }
            switch outcome {
            case .sent: try tx.execute("UPDATE push_devices SET used_at = \(now) WHERE id = \(send.device)")
            case .gone(let why): try end([send.device], why: why, in: tx)
            case .later, .dead: break
            }
            try summarize(send.delivery, outcome, now, in: tx)
        }
    }

    /// A delivery is sent with the first device that was reached, dead when none is left to try.
    private func summarize(_ delivery: Int64, _ outcome: PushOutcome, _ now: Moment, in tx: any Transaction) throws {
        let waiting = try tx.count("SELECT COUNT(*) FROM push_sends WHERE delivery_id = \(delivery) AND state = 'waiting'")
        let state = outcome == .sent ? "sent" : waiting > 0 ? "waiting" : "dead"
        let sent: Moment? = outcome == .sent ? now : nil
        try tx.execute(
            """
            UPDATE message_deliveries SET state = \(state), attempts = attempts + 1, sent_at = \(sent), error = \(outcome.error) WHERE id = \(delivery) AND state = 'waiting'
            """)
    }

    /// A device says that it has shown a notice; an unknown token changes nothing.
    package func markShown(_ token: String, in tx: any Transaction) throws {
        let now = clock.now
        guard let row = try tx.first("SELECT id, delivery_id, device_id FROM push_sends WHERE token = \(token) AND shown_at IS NULL"), let id = row.int("id") else { return }
        try tx.execute("UPDATE push_sends SET shown_at = \(now) WHERE id = \(id)")
        try tx.execute("UPDATE push_devices SET shown_at = \(now) WHERE id = \(row.int("device_id") ?? 0)")
        try tx.execute(
            """
            UPDATE message_deliveries SET state = 'received', sent_at = COALESCE(sent_at, \(now)), receipt = '已在设备上显示', error = NULL
            WHERE id = \(row.int("delivery_id") ?? 0) AND state IN ('waiting', 'sent')
            """)
    }

    // MARK: The platform's key

    /// What a browser asks for before it allows notices: the public key, base64url of 65 bytes.
    package func pushPublicKey() async throws -> String { try Self.publicPoint(await pushKey()) }

    private static func publicPoint(_ key: TokenKey) throws -> String {
        let members = try key.publicMembers().reduce(into: [String: String]()) { $0[$1.name] = $1.value }
        guard let x = members["x"].flatMap(Base64.decodeURL), let y = members["y"].flatMap(Base64.decodeURL) else { throw Failure(.unexpected, "JW-C003", "密钥导出失败") }
        return Base64.encodeURL([4] + x + y)
    }

    /// Made once for all nodes; sealed where it is kept.
    private func pushKey() async throws -> TokenKey {
        if let known = knownPushKey.withLock({ $0 }) { return known }
        let (name, now) = ("vapid", clock.now)
        let stored = try await database.write { [phones] tx -> String? in
            if let stored = try tx.value("SELECT sealed FROM push_keys WHERE name = \(name)")?.text { return stored }
            let pem = try TokenKey.generate(.es256).pem()
            let sealed = try phones?.seal(pem) ?? pem
            try tx.execute("INSERT INTO push_keys (name, sealed, at) VALUES (\(name), \(sealed), \(now)) ON CONFLICT (name) DO NOTHING")
            return try tx.value("SELECT sealed FROM push_keys WHERE name = \(name)")?.text
        }
        let key = try TokenKey(pem: opened(stored ?? ""), .es256)
        knownPushKey.withLock { $0 = key }
        return key
    }
}

/// What became of one attempt.
private enum PushOutcome: Equatable {
    case sent
    case later(String)
    case dead(String)
    /// The browser no longer knows the platform.
    case gone(String)

    var state: String {
        switch self {
        case .sent: "sent"
        case .later: "waiting"
        case .dead, .gone: "dead"
        }
    }

    var error: String? {
        switch self {
        case .sent: nil
        case .later(let why), .dead(let why), .gone(let why): String(why.prefix(500))
        }
    }
}

/// One message on its way to one device.
private struct PushSend: Sendable {
    let id: Int64
    let delivery: Int64
    let device: Int64
    let message: Int64
    let grade: MessageGrade
    let at: Moment
    let token: String
    let isWaiting: Bool
    /// The device is allowed and its owner's account is in use.
    let isOpen: Bool
    let endpoint: String
    let p256dh: String
    let auth: String

    static func find(_ id: Int64, at now: Moment, in reader: any Reader) throws -> PushSend? {
        let found = try reader.first(
            """
            SELECT s.id, s.delivery_id, s.device_id, s.token, s.state, d.endpoint, d.p256dh, d.auth, d.state AS device_state, u.state AS user_state, u.expires_at, m.id AS message,
            m.grade, m.at FROM push_sends s JOIN push_devices d ON d.id = s.device_id JOIN users u ON u.id = d.user_id JOIN message_deliveries l ON l.id = s.delivery_id
            JOIN messages m ON m.id = l.message_id WHERE s.id = \(id)
            """)
        return found.map { PushSend($0, at: now) }
    }

    private init(_ row: Row, at now: Moment) {
        id = row.int("id") ?? 0
        delivery = row.int("delivery_id") ?? 0
        device = row.int("device_id") ?? 0
        message = row.int("message") ?? 0
        grade = row.text("grade").flatMap(MessageGrade.init(rawValue:)) ?? .info
        at = row.moment("at") ?? now
        token = row.text("token") ?? ""
        isWaiting = row.text("state") == "waiting"
        isOpen = row.text("device_state") == "active" && row.text("user_state") == "active" && (row.moment("expires_at").map { $0 > now } ?? true)
        endpoint = row.text("endpoint") ?? ""
        p256dh = row.text("p256dh") ?? ""
        auth = row.text("auth") ?? ""
    }

    /// What `service-worker.js` reads: no more of the message than its kind's template lets out.
    func content(title: String, text: String) -> JSONValue {
        [
            "title": .string(String(title.prefix(60))), "text": .string(String(text.prefix(600))), "path": .string("/messages/\(message)"), "tag": .string("m\(message)"),
            "isUrgent": .bool(grade == .urgent), "at": .int(at.milliseconds), "receipt": .string(token),
        ]
    }
}
