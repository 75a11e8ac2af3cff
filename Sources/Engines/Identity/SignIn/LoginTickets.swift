import Cryptography
import Kernel
import Storage

/// A sign-in between its two steps: short-lived, bound to the browser that began, of one use.
struct LoginTicket: Sendable {
    enum Kind: String, Sendable { case qr, sms, key, oidc }

    /// `open` → `confirmed` (square codes only) → `used`; `dead` after too many wrong answers.
    enum State: String, Sendable { case open, confirmed, used, dead }

    var id: String
    var kind: Kind
    /// Nil for a login that does not exist: it is answered as the others are.
    var user: Int64?
    var answer: String
    var state: State
    var tries: Int
    var address: String
    var agent: String
    var createdAt: Moment

    private init(_ row: Row) {
        id = row.text("id") ?? ""
        kind = row.text("kind").flatMap(Kind.init) ?? .qr
        user = row.int("user_id")
        answer = row.text("answer") ?? ""
        state = row.text("state").flatMap(State.init) ?? .dead
        tries = Int(row.int("tries") ?? 0)
        address = row.text("address") ?? ""
        agent = row.text("agent") ?? ""
        createdAt = row.moment("created_at") ?? Moment(milliseconds: 0)
    }

    /// - Parameter secret: what the browser alone has.
    static func make(_ kind: Kind, secret: String, user: Int64?, answer: String, _ entrance: Entrance, at now: Moment, seconds: Int64, in tx: any Transaction) throws -> String {
        let id = SecureRandom.token(18)
        try tx.execute("DELETE FROM login_tickets WHERE expires_at < \(now.adding(seconds: -7200))")
        try tx.execute(
            """
            INSERT INTO login_tickets (id, kind, secret_hash, user_id, answer, state, address, agent, created_at, expires_at) VALUES \
            (\(id), \(kind.rawValue), \(SHA256.hash(secret).bytes), \(user), \(answer), 'open', \(entrance.address), \(String(entrance.agent.prefix(200))), \(now), \(now.adding(seconds: seconds)))
            """)
        return id
    }

    /// Nil when there is none, it is over, or (where a secret is given) it was begun by another browser.
    static func find(_ id: String, _ kind: Kind, secret: String? = nil, at now: Moment, _ reader: any Reader) throws -> LoginTicket? {
        guard let row = try reader.first("SELECT * FROM login_tickets WHERE id = \(id) AND kind = \(kind.rawValue) AND expires_at > \(now)") else { return nil }
        if let secret, Digest(bytes: row.blob("secret_hash") ?? [])?.equalsInConstantTime(SHA256.hash(secret)) != true { return nil }
        return LoginTicket(row)
    }

    func become(_ state: State, user: Int64? = nil, in tx: any Transaction) throws {
        try tx.execute("UPDATE login_tickets SET state = \(state.rawValue), user_id = COALESCE(\(user), user_id) WHERE id = \(id)")
    }

    /// - Returns: whether it died of it.
    func miss(of most: Int, in tx: any Transaction) throws -> Bool {
        let isDead = tries + 1 >= most
        try tx.execute("UPDATE login_tickets SET tries = tries + 1, state = \(isDead ? State.dead.rawValue : state.rawValue) WHERE id = \(id)")
        return isDead
    }
}
