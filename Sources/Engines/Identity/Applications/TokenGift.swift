import Cryptography
import Kernel
import Storage

/// All that is known when tokens are made.
struct Gift: Sendable {
    var application: ClientApplication
    /// Nil for an application in its own name.
    var principal: Principal?
    var session: String?
    var family: String
    var scopes: [String]
    var nonce: String?
    var authenticatedAt: Moment
}

extension TokenDesk {
    /// Makes an access token, where allowed a refresh token, and for `openid` an identity token.
    func give(_ gift: Gift, in transaction: any Transaction) throws -> JSONValue {
        let now = clock.now
        let access = "jwa_" + SecureRandom.token(32)
        try store(access, "access", gift, until: now.adding(seconds: Self.accessSeconds), transaction)
        var members: [(name: String, value: JSONValue)] = [
            ("access_token", .string(access)), ("token_type", "Bearer"), ("expires_in", .int(Self.accessSeconds)), ("scope", .string(gift.scopes.joined(separator: " "))),
        ]
        if gift.principal != nil, gift.application.grants.contains(.refresh) {
            let refresh = "jwr_" + SecureRandom.token(32)
            try store(refresh, "refresh", gift, until: now.adding(seconds: Self.refreshDays * 86_400), transaction)
            members.append(("refresh_token", .string(refresh)))
        }
        if gift.scopes.contains(TokenScope.openid), let principal = gift.principal {
            let signer = try signing.signer(TokenKey.Algorithm(rawValue: gift.application.algorithm) ?? .rs256, in: transaction)
            try noteSignOn(gift, principal, in: transaction)
            members.append(("id_token", .string(try signer.key.token(kid: signer.kid, claims: identity(gift, principal, access)))))
        }
        return .object(JSONObject(members))
    }

    private func store(_ token: String, _ kind: String, _ gift: Gift, until: Moment, _ transaction: any Transaction) throws {
        _ = try transaction.insert(
            """
            INSERT INTO oauth_tokens (hash, kind, family, client, user_id, session, scope, auth_time, created_at, expires_at)
            VALUES (\(SHA256.hash(token).bytes), \(kind), \(gift.family), \(gift.application.id), \(gift.principal?.id), \(gift.session), \(gift.scopes.joined(separator: " ")),
            \(gift.authenticatedAt), \(clock.now), \(until))
            """)
    }

    private func identity(_ gift: Gift, _ principal: Principal, _ access: String) -> JSONValue {
        let now = clock.now
        var members: [(name: String, value: JSONValue)] = [
            ("iss", .string(issuer)), ("sub", .string("\(principal.id)")), ("aud", .string(gift.application.clientId)), ("iat", .int(now.milliseconds / 1000)),
            ("exp", .int(now.milliseconds / 1000 + Self.accessSeconds)), ("auth_time", .int(gift.authenticatedAt.milliseconds / 1000)),
            // The left half of the access token's hash (OpenID Connect Core 3.1.3.6).
            ("at_hash", .string(Base64.encodeURL(Array(SHA256.hash(access).bytes[0..<16])))),
        ]
        if let session = gift.session { members.append(("sid", .string(Self.sid(session)))) }
        if let nonce = gift.nonce { members.append(("nonce", .string(nonce))) }
        return .object(JSONObject(members + claims(principal, gift.scopes)))
    }

    /// What the scopes tell of a person.
    func claims(_ principal: Principal, _ scopes: [String]) -> [(name: String, value: JSONValue)] {
        guard scopes.contains(TokenScope.profile) else { return [] }
        return [
            ("name", .string(principal.name)), ("preferred_username", .string(principal.login)), ("organisation", JSONValue(principal.organisation)),
            ("organisation_name", .string(principal.organisationName)), ("area", JSONValue(principal.area)),
        ]
    }

    func revoke(family: String, _ transaction: any Transaction) throws {
        try transaction.execute("UPDATE oauth_tokens SET revoked_at = \(clock.now) WHERE family = \(family) AND revoked_at IS NULL")
    }

    /// Whether the session from which a token came still lives; tokens for working off-line outlive it.
    func isLiving(_ row: Row, _ reader: any Reader) throws -> Bool {
        guard let session = row.text("session"), !session.isEmpty, !TokenScope.list(row.text("scope") ?? "").contains(TokenScope.offline) else { return true }
        return try reader.first("SELECT id FROM sessions WHERE token_hash = \(Hex.decode(session) ?? []) AND expires_at > \(clock.now)") != nil
    }
}
