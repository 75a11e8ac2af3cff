import Cryptography
import Kernel
import Storage
import Synchronization

/// Single sign-off (OpenID Connect Back-Channel Logout 1.0, Front-Channel Logout 1.0): whatever ended a session - signing off, freezing, leaving, time - the applications it opened are told, by a job
/// that looks for sign-ons without a living session; at least once, up to six tries within half an hour.
package final class LogoutNotices: Sendable {
    private let database: any Database
    private let clock: Clock
    private let signing: SigningKeys
    private let policies: PolicyBook
    private let call = Mutex<OutboundCall?>(nil)

    private static let tries = 6
    private static let keptDays: Int64 = 8
    private static let event = "http://schemas.openid.net/event/backchannel-logout"

    init(database: any Database, clock: Clock, signing: SigningKeys, policies: PolicyBook) {
        self.database = database
        self.clock = clock
        self.signing = signing
        self.policies = policies
    }

    /// Set once at the start.
    package func use(_ call: @escaping OutboundCall) { self.call.withLock { $0 = call } }

    private struct Notice: Sendable {
        var id: Int64
        var client: String
        var address: String
        var algorithm: TokenKey.Algorithm
        var user: Int64
        var sid: String
        var issuer: String
        var attempts: Int64
    }

    /// Tells what is due.
    ///
    /// - Returns: how many were received and how many were not.
    package func run() async throws -> (good: Int, failed: Int) {
        guard let call = call.withLock({ $0 }) else { return (0, 0) }
        let now = clock.now
        let idle = now.adding(seconds: -policies.current.idleSeconds)
        try await database.write { _ = try $0.execute("DELETE FROM oauth_sign_ons WHERE created_at < \(now.adding(seconds: -Self.keptDays * 86_400))") }
        let due = try await database.read { reader in
            try reader.rows(
                """
                SELECT o.id, o.user_id, o.sid, o.issuer, o.attempts, c.client_id, c.algorithm, c.backchannel_uri FROM oauth_sign_ons o JOIN oauth_clients c ON c.id = o.client
                LEFT JOIN sessions s ON s.token_hash = o.session_hash AND s.expires_at > \(now) AND s.last_seen_at > \(idle)
                WHERE o.done_at IS NULL AND o.next_at <= \(now) AND s.id IS NULL AND c.backchannel_uri <> '' ORDER BY o.id LIMIT 50
                """
            ).map { row in
                Notice(
                    id: row.int("id") ?? 0, client: row.text("client_id") ?? "", address: row.text("backchannel_uri") ?? "",
                    algorithm: row.text("algorithm").flatMap(TokenKey.Algorithm.init) ?? .rs256, user: row.int("user_id") ?? 0, sid: row.text("sid") ?? "",
                    issuer: row.text("issuer") ?? "", attempts: row.int("attempts") ?? 0)
            }
        }
        var (good, failed) = (0, 0)
        for notice in due {
            if let failure = await send(notice, call) {
                failed += 1
                let attempts = notice.attempts + 1
                let isOver = attempts >= Self.tries
                let wait = Int64(30) << min(attempts, 5)
                try await database.write { tx in
                    _ = try tx.execute(
                        """
                        UPDATE oauth_sign_ons SET attempts = \(attempts), next_at = \(now.adding(seconds: wait)), failure = \(failure), done_at = \(isOver ? now : nil) WHERE id = \(notice.id)
                        """)
                }
            } else {
                good += 1
                try await database.write { _ = try $0.execute("UPDATE oauth_sign_ons SET done_at = \(now), failure = NULL WHERE id = \(notice.id)") }
            }
        }
        return (good, failed)
    }

    /// Nil when it was received.
    private func send(_ notice: Notice, _ call: OutboundCall) async -> String? {
        do {
            let seconds = clock.now.milliseconds / 1000
            let claims: JSONValue = [
                "iss": .string(notice.issuer), "sub": .string("\(notice.user)"), "aud": .string(notice.client), "iat": .int(seconds), "exp": .int(seconds + 120),
                "jti": .string(SecureRandom.token(16)), "sid": .string(notice.sid), "events": .object(JSONObject([(Self.event, .object(JSONObject([])))])),
            ]
            let token = try await database.write { [signing] tx in
                let signer = try signing.signer(notice.algorithm, in: tx)
                return try signer.key.token(kid: signer.kid, claims: claims)
            }
            let answer = try await call(notice.address, [("Content-Type", "application/x-www-form-urlencoded")], "logout_token=" + token)
            return answer.status == 200 || answer.status == 204 ? nil : "HTTP \(answer.status)"
        } catch let failure as Failure {
            return failure.message
        } catch {
            return String("\(error)".prefix(200))
        }
    }

    /// Addresses for frames of the page that signs off: those of the applications that this session opened.
    ///
    /// - Parameter session: the hash of its token, in hexadecimal digits.
    package func frontChannel(of session: String) async throws -> [String] {
        guard let hash = Hex.decode(session), !hash.isEmpty else { return [] }
        return try await database.read { reader in
            try reader.rows(
                """
                SELECT c.frontchannel_uri, o.sid, o.issuer FROM oauth_sign_ons o JOIN oauth_clients c ON c.id = o.client
                WHERE o.session_hash = \(hash) AND c.frontchannel_uri <> '' AND c.state = 'approved' ORDER BY o.id LIMIT 20
                """
            ).map { row in
                let address = row.text("frontchannel_uri") ?? ""
                return address + (address.contains("?") ? "&" : "?") + WebQuery.form([("iss", row.text("issuer") ?? ""), ("sid", row.text("sid") ?? "")])
            }
        }
    }

    /// How many an application received, and how many were given up.
    package func tally(of client: Int64) async throws -> (good: Int, failed: Int) {
        try await database.read { reader in
            let good = try reader.count("SELECT count(*) FROM oauth_sign_ons WHERE client = \(client) AND done_at IS NOT NULL AND failure IS NULL")
            return (good, try reader.count("SELECT count(*) FROM oauth_sign_ons WHERE client = \(client) AND done_at IS NOT NULL AND failure IS NOT NULL"))
        }
    }
}

extension TokenDesk {
    /// What an application knows a session by; says nothing of its token.
    static func sid(_ session: String) -> String { Base64.encodeURL(Array(SHA256.hash("sid:" + session).bytes[0..<12])) }

    /// Remembers that a session opened an application that wants to hear of its end.
    func noteSignOn(_ gift: Gift, _ principal: Principal, in transaction: any Transaction) throws {
        guard let session = gift.session, let hash = Hex.decode(session), !hash.isEmpty, !(gift.application.backChannel + gift.application.frontChannel).isEmpty else { return }
        try transaction.execute(
            """
            INSERT INTO oauth_sign_ons (client, user_id, session_hash, sid, issuer, created_at, attempts, next_at)
            VALUES (\(gift.application.id), \(principal.id), \(hash), \(Self.sid(session)), \(issuer), \(clock.now), 0, \(clock.now))
            ON CONFLICT (client, session_hash) DO NOTHING
            """)
    }
}
