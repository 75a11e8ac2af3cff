import Cryptography
import Identity
import Kernel
import Schedules
import Storage
import Synchronization
import Web

/// Says things to people: in their list on the platform at once, and by other channels through the outbox, at least once and marked.
///
/// Posting writes everything into the caller's transaction: the message, each receiver's line, each delivery. So a message is lost only with what caused it, and posted twice only without `dedupe`.
package final class MessageEngine: Sendable {
    package let kinds: [MessageKind]
    package let channels: [MessageChannel]
    let database: any Database
    let outbox: Outbox
    let hub: LiveHub
    let clock: Clock
    /// Opens telephone numbers and mail addresses, which are kept sealed; what is not sealed passes.
    let phones: FieldCipher?
    /// Where acts of people are written; nil in suites that do not look.
    let audit: AuditTrail?
    private let rules = Mutex<[String: MessageKind]>([:])
    private let calls = Mutex<OutboundCall?>(nil)
    private let ways = Mutex<PushWay?>(nil)
    let knownPushKey = Mutex<TokenKey?>(nil)

    package static let topic = "message"

    package init(
        kinds: [MessageKind], channels: [MessageChannel], database: any Database, outbox: Outbox, hub: LiveHub, clock: Clock, phones: FieldCipher? = nil, audit: AuditTrail? = nil
    ) {
        self.audit = audit
        self.kinds = kinds
        self.channels = channels
        self.database = database
        self.outbox = outbox
        self.hub = hub
        self.clock = clock
        self.phones = phones
    }

    /// One for each kind of thing that leaves by the outbox.
    package var handlers: [OutboxHandler] { [handler, broadcastHandler, forwardHandler, pushHandler] }

    /// How other applications are called; set once at the start, because engines open no connections.
    package func use(_ call: @escaping OutboundCall) { calls.withLock { $0 = call } }

    var outbound: OutboundCall? { calls.withLock { $0 } }

    /// How push services are called; set once at the start, too.
    package func use(push way: PushWay) { ways.withLock { $0 = way } }

    var pushWay: PushWay? { ways.withLock { $0 } }

    /// Reads what administrators changed; at start.
    package func load() async throws {
        let rows = try await database.read { try $0.rows("SELECT * FROM message_rules") }
        let read = rows.reduce(into: [String: MessageKind]()) { all, row in
            guard let name = row.text("kind"), var kind = kinds.first(where: { $0.name == name }) else { return }
            kind.template = row.text("template") ?? kind.template
            kind.channels = (row.text("channels") ?? "").split(separator: ",").map(String.init)
            kind.isQuiet = row.bool("is_quiet")
            kind.isOn = row.bool("is_on")
            all[name] = kind
        }
        rules.withLock { $0 = read }
    }

    /// The kind as it applies now.
    package func kind(_ name: String) -> MessageKind? { rules.withLock { $0[name] } ?? kinds.first { $0.name == name } }

    /// - Returns: the message's id; nil when it was said before, when nobody receives it, or when the kind is switched off.
    @discardableResult
    package func post(_ draft: MessageDraft, in tx: any Transaction) throws -> Int64? {
        guard let kind = kind(draft.kind) else { throw Failure(.unexpected, "JW-MS90", "消息类型未登记", cause: draft.kind) }
        var seen: Set<Int64> = []
        let users = draft.users.filter { $0 > 0 && seen.insert($0).inserted }
        guard kind.isOn, !users.isEmpty else { return nil }
        let now = clock.now
        if let dedupe = draft.dedupe, try tx.value("SELECT id FROM messages WHERE dedupe = \(dedupe)") != nil { return nil }
        let id = try tx.insert(
            """
            INSERT INTO messages (kind, grade, title, text, path, dedupe, at, receivers, by_kind, by_id, by_name)
            VALUES (\(draft.kind), \(draft.grade.rawValue), \(draft.title), \(draft.text), \(draft.path), \(draft.dedupe), \(now), \(users.count),
            \(draft.sender?.kind), \(draft.sender?.id), \(draft.sender?.name))
            """)
        try tx.insertMany(into: "message_inbox", columns: ["user_id", "message_id", "kind"], rows: users.map { [.int($0), .int(id), .text(draft.kind)] })
        for channel in channels where channel.address == .devices { try push(draft, kind, id, by: channel, among: users, now, in: tx) }
        for channel in channels where channel.address != .devices {
            let wanting = try wanting(kind, draft.grade, by: channel, among: users, in: tx)
            if !wanting.isEmpty { try deliver(draft, kind, id, by: channel, to: wanting, now, in: tx) }
        }
        tx.afterCommit { [hub] in for user in users { hub.publish(LiveEvent("message", user: user, draft.toast)) } }
        return id
    }

    private func deliver(_ draft: MessageDraft, _ kind: MessageKind, _ id: Int64, by channel: MessageChannel, to users: [Int64], _ now: Moment, in tx: any Transaction) throws {
        let start = kind.isQuiet && draft.grade != .urgent ? MessageEngine.afterQuietHours(now) : now
        let addresses: [(user: Int64, address: String)]
        switch channel.address {
        case .devices: addresses = []
        case .fixed(let address): addresses = [(0, address)]
        case .phone, .email:
            let isPhone = channel.address == .phone
            addresses = try stride(from: 0, to: users.count, by: 500).flatMap { from in
                let some = Array(users[from..<min(from + 500, users.count)])
                return try tx.rows(
                    isPhone
                        ? "SELECT id, phone AS address FROM users WHERE id IN (\(list: some)) AND phone IS NOT NULL AND phone <> ''"
                        : "SELECT user_id AS id, email AS address FROM message_addresses WHERE user_id IN (\(list: some))")
            }.compactMap { row in row.int("id").flatMap { id in row.text("address").map { (id, $0) } } }
        }
        for (user, address) in addresses {
            let delivery = try tx.insert(
                """
                INSERT INTO message_deliveries (message_id, user_id, channel, address, state, at) VALUES (\(id), \(user), \(channel.name), \(address), 'waiting', \(now))
                """)
            let text = MessageTemplate.filled(kind.template, draft.filling)
            try outbox.post(
                topic: MessageEngine.topic, key: "\(channel.name)/\(address)", payload: ["delivery": .int(delivery), "title": .string(draft.title), "text": .string(text)],
                notBefore: start,
                in: tx)
        }
    }

    /// The moment itself by day; the next 8:00 between 22:00 and 8:00.
    package static func afterQuietHours(_ now: Moment) -> Moment {
        if now.hourOfDay >= 22 { return now.day.adding(days: 1).start.adding(seconds: 8 * 3600) }
        return now.hourOfDay < 8 ? now.day.start.adding(seconds: 8 * 3600) : now
    }

    /// What the outbox worker does with a delivery. A crash between sending and marking sends again with the same key; a delivery marked sent is never sent again.
    package var handler: OutboxHandler {
        OutboxHandler(topic: MessageEngine.topic, attempts: 12) { [self] message in
            guard let id = message.payload["delivery"]?.int else { return }
            guard let row = try await database.read({ try $0.first("SELECT * FROM message_deliveries WHERE id = \(id)") }), row.text("state") == "waiting" else { return }
            guard let name = row.text("channel"), let channel = channels.first(where: { $0.name == name }) else {
                return try await mark(id, "dead", receipt: nil, error: "通道“\(row.text("channel") ?? "")”已停用")
            }
            let outgoing = OutgoingMessage(
                key: "jianwei-\(id)", address: try opened(row.text("address") ?? ""), title: message.payload["title"]?.string ?? "", text: message.payload["text"]?.string ?? "",
                at: clock.now)
            do {
                let receipt = try await channel.send(outgoing)
                try await mark(id, "sent", receipt: receipt, error: nil)
            } catch let failure as Failure where failure.kind == .unavailable {
                let isLast = message.attempts + 1 >= 12
                try await mark(id, isLast ? "dead" : "waiting", receipt: nil, error: failure.cause ?? failure.message)
                throw failure
            } catch let failure as Failure where failure.kind == .invalid {
                // No further attempt would end otherwise.
                try await mark(id, "dead", receipt: nil, error: failure.cause ?? failure.message)
            }
        }
    }

    /// An address as the channel needs it; a delivery keeps it as the user's row does.
    func opened(_ address: String) throws -> String { try phones?.open(address) ?? address }

    private func mark(_ id: Int64, _ state: String, receipt: String?, error: String?) async throws {
        let sent: Moment? = state == "sent" ? clock.now : nil
        try await database.write { tx in
            _ = try tx.execute(
                "UPDATE message_deliveries SET state = \(state), attempts = attempts + 1, sent_at = \(sent), receipt = \(receipt), error = \(error) WHERE id = \(id) AND state = 'waiting'"
            )
        }
    }

    /// A dead delivery gets new attempts.
    package func retry(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(MessagePermission.deliveries, "重新发送")
        let found = try tx.first(
            "SELECT d.channel, d.address, m.title, m.text, m.kind, m.path FROM message_deliveries d JOIN messages m ON m.id = d.message_id WHERE d.id = \(id) AND d.state = 'dead'")
        guard let row = found else { throw Failure.notFound("该未送达消息") }
        let title = row.text("title") ?? "", text = row.text("text") ?? ""
        let template = kind(row.text("kind") ?? "")?.template ?? "{title}：{text}"
        let filled = MessageTemplate.filled(template, ["title": title, "text": text, "link": row.text("path") ?? ""])
        try tx.execute("UPDATE message_deliveries SET state = 'waiting', error = NULL WHERE id = \(id)")
        if row.text("channel") == Self.pushChannel.name { return try pushAgain(id, title: kind(row.text("kind") ?? "")?.title ?? title, text: filled, in: tx) }
        try outbox.post(
            topic: MessageEngine.topic, key: "\(row.text("channel") ?? "")/\(row.text("address") ?? "")",
            payload: ["delivery": .int(id), "title": .string(title), "text": .string(filled)],
            in: tx)
    }

    /// Changes what applies to a kind from now on.
    package func keep(_ kind: MessageKind, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(MessagePermission.rules, "消息设置")
        try tx.execute(
            """
            INSERT INTO message_rules (kind, template, channels, is_quiet, is_on, at, by_name)
            VALUES (\(kind.name), \(kind.template), \(kind.channels.joined(separator: ",")), \(kind.isQuiet ? 1 : 0), \(kind.isOn ? 1 : 0), \(clock.now), \(principal.name))
            ON CONFLICT (kind) DO UPDATE SET template = excluded.template, channels = excluded.channels, is_quiet = excluded.is_quiet, is_on = excluded.is_on, at = excluded.at,
            by_name = excluded.by_name
            """)
        tx.afterCommit { [self] in rules.withLock { $0[kind.name] = kind } }
    }
}

extension MessageDraft {
    /// What a template may name.
    var filling: [String: String] { variables.merging(["title": title, "text": text, "link": path ?? ""]) { $1 } }

    var toast: LiveEvent.Payload {
        let tone: Tone =
            switch grade {
            case .info: .info
            case .notice: .orange
            case .urgent: .red
            }
        return .toast(title: title, text: text, tone: tone, path: path)
    }
}
