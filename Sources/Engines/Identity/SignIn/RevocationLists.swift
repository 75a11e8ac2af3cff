import Cryptography
import Kernel
import Storage

/// D17.6.7 吊销列表: what authorities take back. A certificate on the newest list of its issuer opens nothing, and ends the sessions that it opened.
package struct RevocationLists: Sendable {
    package static let permission = "revocation.manage"
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion

    package struct Standing: Sendable, Equatable {
        package var id: Int64
        package var issuer: String
        package var madeAt: Moment
        package var nextAt: Moment?
        package var entries: Int
        package var takenAt: Moment
        package var takenBy: String
    }

    /// What taking a list changed.
    package struct Outcome: Sendable, Equatable {
        package var entries: Int
        /// Registered certificates of people that are on it.
        package var people: Int
        package var sessions: Int
    }

    package func all(_ reader: any Reader) throws -> [Standing] {
        try reader.rows("SELECT * FROM revocation_lists ORDER BY issuer LIMIT 500").map { row in
            Standing(
                id: row.int("id") ?? 0, issuer: row.text("issuer") ?? "", madeAt: row.moment("made_at") ?? clock.now, nextAt: row.moment("next_at"),
                entries: Int(row.int("entries") ?? 0),
                takenAt: row.moment("taken_at") ?? clock.now, takenBy: row.text("taken_by_name") ?? "")
        }
    }

    /// When a certificate was taken back; nil where it was not, or nobody gave a list of its issuer.
    package static func revokedAt(issuer: String, serial: String, _ reader: any Reader) throws -> Moment? {
        try reader.first("SELECT r.revoked_at FROM revoked_certificates r JOIN revocation_lists l ON l.id = r.list_id WHERE l.issuer = \(issuer) AND r.serial = \(serial)")?.moment(
            "revoked_at")
    }

    /// Takes a list in place of the one before.
    ///
    /// - Parameter then: what else follows from it, in the same transaction.
    /// - Throws: `.forbidden`; `.invalid` `JW-C007`, `JW-C008`, `JW-C009`; `.conflict` `JW-I115` for one that is older than what is known.
    package func take(
        _ bytes: [UInt8], authority pem: String, by principal: Principal, then: @escaping @Sendable (RevocationList, any Transaction) throws -> Void = { _, _ in }
    ) async throws -> Outcome {
        try principal.require(Self.permission, "吊销列表")
        let authority = try Certificate(pem: pem)
        let list = try RevocationList(bytes, signedBy: authority)
        return try await database.write { [self] tx in
            let known = try tx.first("SELECT id, made_at FROM revocation_lists WHERE issuer = \(list.issuer)")
            if let known, let made = known.moment("made_at"), made > list.madeAt {
                throw Failure(.conflict, "JW-I115", "已有该机构 \(made.text) 签发的列表，比此文件新")
            }
            let id = try store(list, pem, known?.int("id"), by: principal, in: tx)
            let outcome = try apply(list, id, in: tx)
            try then(list, tx)
            let words = "更新“\(list.issuer)”的吊销列表，共 \(list.entries.count) 项；停用登记的证书 \(outcome.people) 张，结束会话 \(outcome.sessions) 个"
            try audit.record(AuditEntry("update", "revocationList", "\(id)", words), by: principal, in: tx)
            return outcome
        }
    }

    private func store(_ list: RevocationList, _ pem: String, _ known: Int64?, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let now = clock.now
        let id: Int64
        if let known {
            id = known
            try tx.execute(
                """
                UPDATE revocation_lists SET authority_pem = \(pem), made_at = \(list.madeAt), next_at = \(list.nextAt), entries = \(list.entries.count), taken_at = \(now),
                taken_by_name = \(principal.name) WHERE id = \(id)
                """)
            try tx.execute("DELETE FROM revoked_certificates WHERE list_id = \(id)")
        } else {
            id = try tx.insert(
                """
                INSERT INTO revocation_lists (issuer, authority_pem, made_at, next_at, entries, taken_at, taken_by_name) VALUES
                (\(list.issuer), \(pem), \(list.madeAt), \(list.nextAt), \(list.entries.count), \(now), \(principal.name))
                """)
        }
        // An authority may name a certificate twice; the first naming counts.
        var seen: Set<String> = []
        let rows = list.entries.filter { seen.insert($0.serial).inserted }.map { [SQLValue.int(id), .text($0.serial), $0.revokedAt.sqlValue] }
        try tx.insertMany(into: "revoked_certificates", columns: ["list_id", "serial", "revoked_at"], rows: rows)
        return id
    }

    private func apply(_ list: RevocationList, _ id: Int64, in tx: any Transaction) throws -> Outcome {
        let met: SQL = "SELECT c.id FROM user_certificates c JOIN revoked_certificates r ON r.list_id = \(id) AND r.serial = c.serial WHERE c.issuer = \(list.issuer)"
        let people = try tx.rows("\(met) AND c.revoked_at IS NULL").compactMap { $0[0].int }
        guard !people.isEmpty else { return Outcome(entries: list.entries.count, people: 0, sessions: 0) }
        try tx.execute("UPDATE user_certificates SET revoked_at = \(clock.now) WHERE id IN (\(list: people))")
        let sessions = try tx.execute("DELETE FROM sessions WHERE certificate_id IN (\(list: people))")
        version.bump(after: tx)
        return Outcome(entries: list.entries.count, people: people.count, sessions: sessions)
    }
}
