import Kernel
import Storage
import Synchronization

/// What must happen after a transaction, written inside it; an `OutboxWorker` delivers it at least once, in order within a key.
package final class Outbox: Sendable {
    /// One row is one message that is to be handled, was handled (`done_at`) or was given up (`dead_at`).
    package static let tables: [Table] = [
        Table(
            "outbox",
            columns: [
                Column("topic", .text, required: true), Column("key", .text, required: true), Column("payload", .text, required: true),
                Column("created_at", .integer, required: true),
                Column("available_at", .integer, required: true), Column("attempts", .integer, required: true, fallback: .int(0)), Column("last_error", .text),
                Column("done_at", .integer),
                Column("dead_at", .integer),
            ],
            indexes: [
                Index("topic", "id", where: "done_at IS NULL AND dead_at IS NULL"), Index("topic", "key", "id", where: "attempts > 0 AND done_at IS NULL AND dead_at IS NULL"),
                Index("done_at", where: "done_at IS NOT NULL"), Index("dead_at", where: "dead_at IS NOT NULL"),
            ]
        )
    ]

    private let clock: Clock
    private let bells = Mutex<[String: Bell]>([:])

    package init(clock: Clock = .system) { self.clock = clock }

    /// - Parameters:
    ///   - key: messages of one topic and key are handled one after another in the order of posting, such as one gate's or one alarm's.
    ///   - moment: not before this moment; now when nil.
    package func post(topic: String, key: String, payload: JSONValue, notBefore moment: Moment? = nil, in tx: any Transaction) throws {
        let now = clock.now
        try tx.execute("INSERT INTO outbox (topic, key, payload, created_at, available_at) VALUES (\(topic), \(key), \(payload.text), \(now), \(moment ?? now))")
        ringAfterCommit(topic, tx)
    }

    /// Many messages of one topic at the cost of one statement.
    package func post(topic: String, messages: [(key: String, payload: JSONValue)], in tx: any Transaction) throws {
        guard !messages.isEmpty else { return }
        let now = clock.now.sqlValue
        let rows: [[SQLValue]] = messages.map { [.text(topic), .text($0.key), .text($0.payload.text), now, now] }
        try tx.insertMany(into: "outbox", columns: ["topic", "key", "payload", "created_at", "available_at"], rows: rows)
        ringAfterCommit(topic, tx)
    }

    /// Tells the worker of this process after the commit; workers elsewhere look once a second.
    private func ringAfterCommit(_ topic: String, _ tx: any Transaction) {
        tx.afterCommit { [self] in bell(topic).ring() }
    }

    func bell(_ topic: String) -> Bell {
        bells.withLock { bells in
            if let bell = bells[topic] { return bell }
            let bell = Bell()
            bells[topic] = bell
            return bell
        }
    }

    func ringAll() {
        for bell in bells.withLock({ Array($0.values) }) { bell.ring() }
    }

    /// Messages that were given up, newest first, for the operators' page.
    package static func deadLetters(limit: Int = 100, _ reader: any Reader) throws -> [OutboxMessage] {
        try reader.rows("SELECT * FROM outbox WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT \(limit)").map(OutboxMessage.init)
    }

    /// Gives a dead letter new attempts.
    ///
    /// - Throws: `.notFound` when it is not a dead letter.
    package func retry(_ id: Int64, in tx: any Transaction) throws {
        guard let topic = try tx.value("SELECT topic FROM outbox WHERE id = \(id) AND dead_at IS NOT NULL")?.text else { throw Failure.notFound("该未送达消息") }
        try tx.execute("UPDATE outbox SET dead_at = NULL, attempts = 0, available_at = \(clock.now) WHERE id = \(id)")
        ringAfterCommit(topic, tx)
    }

    /// Per topic: how many wait, how many are dead, and since when the oldest waits.
    package static func backlog(_ reader: any Reader) throws -> [(topic: String, waiting: Int, dead: Int, oldest: Moment?)] {
        try reader.rows(
            """
            SELECT topic, SUM(CASE WHEN dead_at IS NULL THEN 1 ELSE 0 END) AS waiting, SUM(CASE WHEN dead_at IS NULL THEN 0 ELSE 1 END) AS dead,
            MIN(CASE WHEN dead_at IS NULL THEN created_at END) AS oldest FROM outbox WHERE done_at IS NULL GROUP BY topic ORDER BY topic
            """
        ).map { ($0.text("topic") ?? "", Int($0.int("waiting") ?? 0), Int($0.int("dead") ?? 0), $0.moment("oldest")) }
    }
}

/// One message as a handler sees it.
package struct OutboxMessage: Sendable {
    package let id: Int64
    package let topic: String
    package let key: String
    package let payload: JSONValue
    package let createdAt: Moment
    /// Failed attempts so far.
    package let attempts: Int
    package let lastError: String?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        topic = row.text("topic") ?? ""
        key = row.text("key") ?? ""
        payload = (try? JSONValue(parsing: row.text("payload") ?? "")) ?? .null
        createdAt = row.moment("created_at") ?? Moment(milliseconds: 0)
        attempts = Int(row.int("attempts") ?? 0)
        lastError = row.text("last_error")
    }
}
