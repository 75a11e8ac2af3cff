import Cryptography
import Kernel
import Storage

/// A living access token.
package struct TokenBearer: Sendable {
    package var principal: Principal
    package var application: ClientApplication
    package var scopes: [String]
    package var expiresAt: Moment
    package var issuedAt: Moment
    package var isUser: Bool
}

extension TokenDesk {
    /// Whether a bearer's text is one of these tokens rather than a session's.
    package static func isAccessToken(_ text: String) -> Bool { text.hasPrefix("jwa_") }

    /// Whose token it is, with the permissions that person has now and the scopes admit; nil when it is unknown, expired, revoked, or its session, user or application ended.
    package func bearer(_ token: String, address: String) async throws -> TokenBearer? {
        guard Self.isAccessToken(token), token.utf8.count == 47 else { return nil }
        let hash = SHA256.hash(token).bytes
        return try await database.read { reader in
            guard let row = try reader.first("SELECT * FROM oauth_tokens WHERE hash = \(hash) AND kind = 'access'"), row.moment("revoked_at") == nil,
                let until = row.moment("expires_at"),
                clock.now < until, let client = row.int("client"), let application = try applications.find(client, scope: .everything, reader),
                application.isUsable(on: clock.today),
                address.isEmpty || application.admits(address: address), try isLiving(row, reader)
            else { return nil }
            let scopes = TokenScope.list(row.text("scope") ?? "")
            var principal: Principal
            if let user = row.int("user_id") {
                guard let (found, isActive) = try sessions.standing(of: user, reader), isActive else { return nil }
                principal = found
                if !scopes.contains(TokenScope.api) { principal.permissions = Set(scopes.filter(found.may)) }
            } else {
                principal = try own(application, scopes, reader)
            }
            principal.address = address
            principal.applyLimits(at: clock.now)
            return TokenBearer(
                principal: principal, application: application, scopes: scopes, expiresAt: until, issuedAt: row.moment("created_at") ?? clock.now, isUser: row.int("user_id") != nil
            )
        }
    }

    /// An application in its own name: what was approved for it, on the data of its organisation.
    private func own(_ application: ClientApplication, _ scopes: [String], _ reader: any Reader) throws -> Principal {
        let organisation = try organisations.find(application.org, reader)
        let isActive = organisation?.state == .active
        let scope: DataScope = !isActive ? .nothing : organisation?.kind.supervises == true ? .areas([organisation?.area ?? "-"]) : .organisation(application.org)
        return Principal(
            kind: .client, id: application.id, login: application.clientId, name: application.name, organisation: application.org, organisationName: organisation?.name ?? "",
            area: organisation?.area, permissions: Set(scopes.filter { $0.contains(".") }), scope: scope)
    }

    /// What the scopes of a token tell of its person.
    ///
    /// - Parameter phone: masked already; nil where the scope does not include it.
    package func userInfo(_ bearer: TokenBearer, phone: String?) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [("sub", .string("\(bearer.principal.id)"))]
        members += claims(bearer.principal, bearer.scopes)
        if let phone { members.append(("phone_number", .string(phone))) }
        return .object(JSONObject(members))
    }

    /// Whether an approved application registered this address.
    package func admits(redirect: String, of client: String) async throws -> Bool {
        guard let application = try await database.read({ try applications.find(client: client, $0) }) else { return false }
        return application.isUsable(on: clock.today) && application.admits(redirect: redirect)
    }

    /// RFC 7662: what a token is, for an application that proves itself; of a dead token only that it is dead.
    package func introspect(_ ask: (String) -> String?, basic: (id: String, secret: String)?) async throws -> JSONValue {
        let asker = try await client(ask, basic: basic)
        guard asker.kind == .confidential else { throw TokenRefusal("invalid_client", "client authentication failed") }
        guard let living = try await bearer(ask("token") ?? "", address: "") else { return ["active": false] }
        var members: [(name: String, value: JSONValue)] = [
            ("active", true), ("scope", .string(living.scopes.joined(separator: " "))), ("client_id", .string(living.application.clientId)), ("token_type", "Bearer"),
            ("exp", .int(living.expiresAt.milliseconds / 1000)), ("iat", .int(living.issuedAt.milliseconds / 1000)), ("iss", .string(issuer)),
        ]
        if living.isUser { members += [("sub", .string("\(living.principal.id)")), ("username", .string(living.principal.login))] }
        return .object(JSONObject(members))
    }

    /// RFC 7009: ends a token, and with a refresh token all that came of it. An unknown token is no error.
    package func revoke(_ ask: (String) -> String?, basic: (id: String, secret: String)?) async throws {
        let asker = try await client(ask, basic: basic)
        let hash = SHA256.hash(ask("token") ?? "").bytes
        try await database.write { transaction in
            guard let row = try transaction.first("SELECT kind, family, client FROM oauth_tokens WHERE hash = \(hash)"), row.int("client") == asker.id else { return }
            if row.text("kind") == "refresh" {
                try revoke(family: row.text("family") ?? "", transaction)
            } else {
                try transaction.execute("UPDATE oauth_tokens SET revoked_at = \(clock.now) WHERE hash = \(hash)")
            }
        }
    }

    /// What a person lets applications do, newest first.
    package func consents(of user: Int64) async throws -> [(application: ClientApplication, scope: String, at: Moment)] {
        try await database.read { reader in
            try reader.rows(
                "SELECT c.*, k.scope AS agreed, k.at AS agreed_at FROM oauth_consents k JOIN oauth_clients c ON c.id = k.client WHERE k.user_id = \(user) ORDER BY k.at DESC LIMIT 200"
            )
            .map { (ClientApplication($0), $0.text("agreed") ?? "", $0.moment("agreed_at") ?? clock.now) }
        }
    }

    /// Takes a consent back: tokens of it end at once.
    package func withdraw(_ application: Int64, by principal: Principal) async throws {
        try await database.write { transaction in
            let count = try transaction.execute("DELETE FROM oauth_consents WHERE user_id = \(principal.id) AND client = \(application)")
            guard count == 1 else { throw Failure.notFound("授权") }
            try transaction.execute("UPDATE oauth_tokens SET revoked_at = \(clock.now) WHERE user_id = \(principal.id) AND client = \(application) AND revoked_at IS NULL")
            try audit.record(AuditEntry("revoke", "application", "\(application)", "收回对应用的授权"), by: principal, in: transaction)
        }
    }

    /// Removes what is long over; for a daily job.
    package func sweep() async throws -> Int {
        let before = clock.now.adding(seconds: -Self.refreshDays * 86_400)
        return try await database.write { transaction in
            let devices = try transaction.execute("DELETE FROM oauth_devices WHERE expires_at < \(clock.now)")
            return devices + (try transaction.execute("DELETE FROM oauth_tokens WHERE expires_at < \(before)"))
        }
    }
}
