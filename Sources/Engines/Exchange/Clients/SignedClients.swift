import Cryptography
import Kernel
import Storage

/// A request that is believed.
package struct SignedPass: Sendable {
    package var client: Int64
    package var objectCode: String
    package var key: Int64
    /// Record it with what the request writes, or release it when the request fails.
    package var nonce: SeenNonce
}

/// Outside systems that sign: who they are, their keys, their tokens, and whether a request is truly theirs.
///
/// Source: interfaces/gate.md. All changes take the caller's transaction, so that they stand or fall with its audit row.
package struct SignedClients: Sendable {
    package let directory: ClientDirectory
    package let tokens: ClientTokens
    package let nonces: NonceGuard

    package init(keys: KeyRing) {
        directory = ClientDirectory()
        tokens = ClientTokens(directory: directory, keys: keys)
        nonces = NonceGuard()
    }

    /// At the start, before the first request.
    package func load(from database: any Database, clock: Clock) async throws {
        try await directory.refresh(from: database)
        try await nonces.load(from: database, clock: clock)
    }

    /// Timestamp, then signature, then nonce.
    ///
    /// - Throws: `.badSignature`, `.staleTimestamp`, `.nonceReplayed`.
    package func authenticate(_ request: SignedRequest, client: Int64, objectCode: String, now: Moment) throws(ClientRefusal) -> SignedPass {
        try NonceGuard.check(timestamp: request.timestamp, now: now)
        let canonical = SignatureCanon.bytes(
            method: request.method, pathWithQuery: request.pathWithQuery, timestamp: request.timestamp ?? "", nonce: request.nonce ?? "", bodySHA256hex: request.bodySHA256.hex)
        let key = try directory.verify(client: client, objectCode: objectCode, signType: request.signType, signature: request.signature, canonical: canonical, now: now)
        let nonce = try nonces.take(client: client, nonce: request.nonce, now: now)
        return SignedPass(client: client, objectCode: objectCode, key: key, nonce: nonce)
    }

    /// The same where only an accreditation number is known, as when a token is asked for.
    package func authenticate(_ request: SignedRequest, accreditationNo: String, objectCode: String, now: Moment) throws(ClientRefusal) -> SignedPass {
        guard let client = directory.client(accreditationNo: accreditationNo) else { throw .badSignature(reason: "授权编号不存在") }
        return try authenticate(request, client: client.id, objectCode: objectCode, now: now)
    }

    // MARK: Changes

    /// - Returns: the new client's id; it waits for approval.
    package func apply(name: String, organisation: Int64?, contact: String, in transaction: any Transaction, clock: Clock) throws -> Int64 {
        let now = clock.now
        let id = try transaction.insert(
            """
            INSERT INTO signed_clients (name, organisation, contact, state, applied_at, updated_at)
            VALUES (\(name), \(organisation), \(contact), \(SignedClient.State.applied.rawValue), \(now), \(now))
            """)
        try directory.publish(client: id, in: transaction)
        return id
    }

    /// Gives the accreditation number, once for ever; approving a suspended or expired client again keeps it.
    ///
    /// - Throws: `.notFound` `JW-K404`; `.conflict` `JW-X050` for one that was revoked.
    package func approve(_ id: Int64, validUntil: Moment?, by login: String, in transaction: any Transaction, clock: Clock) throws -> String {
        let client = try existing(id, in: transaction)
        guard client.state != .revoked else { throw Failure(.conflict, "JW-X050", "授权已吊销，不能恢复，请重新申请") }
        let number = client.accreditationNo ?? Self.newNumber(clock.today)
        try transaction.execute(
            """
            UPDATE signed_clients SET accreditation_no = \(number), state = \(SignedClient.State.approved.rawValue), valid_until = \(validUntil), decided_by = \(login),
            updated_at = \(clock.now) WHERE id = \(id)
            """)
        try directory.publish(client: id, in: transaction)
        return number
    }

    /// Ends signing and every token at once.
    package func suspend(_ id: Int64, by login: String, in transaction: any Transaction, clock: Clock) throws {
        try set(id, .suspended, from: [.approved], by: login, in: transaction, clock: clock)
    }

    /// Its time is over; approving it again gives it a new one.
    package func expire(_ id: Int64, by login: String, in transaction: any Transaction, clock: Clock) throws {
        try set(id, .expired, from: [.approved], by: login, in: transaction, clock: clock)
    }

    /// For ever.
    package func revoke(_ id: Int64, by login: String, in transaction: any Transaction, clock: Clock) throws {
        try set(id, .revoked, from: [.applied, .approved, .suspended, .expired], by: login, in: transaction, clock: clock)
    }

    /// Registers a public key of a client for one object; two or more may be valid at once, for rotation. The same key again changes nothing, unless it was revoked.
    ///
    /// - Returns: the key's id.
    /// - Throws: `.invalid` `JW-C001`, `JW-C004`, `JW-C005` for a key that is none, of another kind or too short; `.conflict` `JW-X051` for a key that was revoked.
    package func addKey(
        client: Int64, objectCode: String, pem: String, validFrom: Moment? = nil, validUntil: Moment? = nil, by login: String, in transaction: any Transaction, clock: Clock
    ) throws -> Int64 {
        _ = try existing(client, in: transaction)
        let key = try PublicKey(pem: pem)
        if let row = try transaction.first(
            "SELECT * FROM signed_client_keys WHERE client_id = \(client) AND object_code = \(objectCode) AND fingerprint = \(key.fingerprint)")
        {
            let known = SignedClientKey(row)
            guard known.state == .active else { throw Failure(.conflict, "JW-X051", "该公钥已吊销，不能再次登记，请更换密钥") }
            return known.id
        }
        let id = try transaction.insert(
            """
            INSERT INTO signed_client_keys (client_id, object_code, kind, pem, fingerprint, state, valid_from, valid_until, added_by, added_at)
            VALUES (\(client), \(objectCode), \(key.algorithm), \(try key.pem()), \(key.fingerprint), \(SignedClientKey.State.active.rawValue),
            \(validFrom ?? clock.now), \(validUntil), \(login), \(clock.now))
            """)
        try directory.publish(client: client, in: transaction)
        return id
    }

    /// Ends the key and the tokens it asked for at once.
    package func revokeKey(_ id: Int64, by login: String, in transaction: any Transaction, clock: Clock) throws {
        guard let row = try transaction.first("SELECT * FROM signed_client_keys WHERE id = \(id)") else { throw Failure.notFound("公钥") }
        try transaction.execute(
            "UPDATE signed_client_keys SET state = \(SignedClientKey.State.revoked.rawValue), revoked_at = \(clock.now), revoked_by = \(login) WHERE id = \(id)")
        try directory.publish(client: SignedClientKey(row).client, in: transaction)
    }

    // MARK: Lists

    /// Newest first; nil `state` is every state.
    package func clients(state: SignedClient.State? = nil, in reader: any Reader) throws -> [SignedClient] {
        let condition: SQL = state.map { "WHERE state = \($0.rawValue)" } ?? ""
        return try reader.rows("SELECT * FROM signed_clients \(condition) ORDER BY id DESC").map(SignedClient.init)
    }

    package func keys(of client: Int64, in reader: any Reader) throws -> [SignedClientKey] {
        try reader.rows("SELECT * FROM signed_client_keys WHERE client_id = \(client) ORDER BY id").map(SignedClientKey.init)
    }

    private func set(_ id: Int64, _ state: SignedClient.State, from: [SignedClient.State], by login: String, in transaction: any Transaction, clock: Clock) throws {
        let client = try existing(id, in: transaction)
        guard from.contains(client.state) else { throw Failure(.conflict, "JW-X050", "\(client.state.title)的授权不能改为\(state.title)") }
        try transaction.execute("UPDATE signed_clients SET state = \(state.rawValue), decided_by = \(login), updated_at = \(clock.now) WHERE id = \(id)")
        try directory.publish(client: id, in: transaction)
    }

    private func existing(_ id: Int64, in transaction: any Transaction) throws -> SignedClient {
        guard let row = try transaction.first("SELECT * FROM signed_clients WHERE id = \(id)") else { throw Failure.notFound("授权") }
        return SignedClient(row)
    }

    /// `SQ20261121` and eight random digits.
    private static func newNumber(_ today: Day) -> String {
        "SQ\(today.number)" + (0..<8).map { _ in String(SecureRandom.below(10)) }.joined()
    }

    package static let tables: [Table] =
        [
            Table(
                "signed_clients",
                columns: [
                    Column("id", .integer, required: true), Column("accreditation_no", .text), Column("name", .text, required: true), Column("organisation", .integer),
                    Column("contact", .text), Column("state", .text, required: true), Column("valid_until", .integer), Column("applied_at", .integer, required: true),
                    Column("updated_at", .integer, required: true), Column("decided_by", .text),
                ],
                indexes: [Index("accreditation_no", unique: true)]
            ),
            Table(
                "signed_client_keys",
                columns: [
                    Column("id", .integer, required: true), Column("client_id", .integer, required: true), Column("object_code", .text, required: true),
                    Column("kind", .text, required: true), Column("pem", .text, required: true), Column("fingerprint", .text, required: true),
                    Column("state", .text, required: true),
                    Column("valid_from", .integer, required: true), Column("valid_until", .integer), Column("added_by", .text, required: true),
                    Column("added_at", .integer, required: true), Column("revoked_at", .integer), Column("revoked_by", .text),
                ],
                indexes: [Index("client_id", "object_code", "fingerprint", unique: true)]
            ),
            Table("signed_versions", key: ["id"], columns: [Column("id", .integer, required: true), Column("version", .integer, required: true)], isClustered: true),
        ] + NonceGuard.tables
}
