import Cryptography
import Kernel
import Storage

/// The authorization server (RFC 6749, 7636, 7009, 7662, 8628, OpenID Connect Core): codes, tokens, devices, and whose token a request carries. Tokens are references of 256 bits; what
/// is withdrawn is withdrawn on the next request.
package struct TokenDesk: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    package let applications: Applications
    package let signing: SigningKeys
    let sessions: Sessions
    let organisations: Organisations
    /// The address that stands in tokens, such as `https://jianwei.example`.
    package let issuer: String

    static let accessSeconds: Int64 = 600
    static let refreshDays: Int64 = 30
    /// After so long the person signs in and agrees anew, however often the token was refreshed.
    static let longestDays: Int64 = 180
    static let deviceSeconds: Int64 = 600

    /// The same with the address under which the site is reached.
    package func reached(at issuer: String) -> TokenDesk {
        TokenDesk(
            database: database, clock: clock, audit: audit, applications: applications, signing: signing, sessions: sessions, organisations: organisations, issuer: issuer)
    }

    // MARK: The token endpoint

    /// Answers a request at the token endpoint.
    ///
    /// - Parameters:
    ///   - ask: the form's fields.
    ///   - basic: user and password of an Authorization header.
    /// - Throws: `TokenRefusal`.
    package func token(_ ask: (String) -> String?, basic: (id: String, secret: String)?, address: String, agent: String) async throws -> JSONValue {
        let application = try await client(ask, basic: basic)
        guard let grant = ask("grant_type").flatMap(ClientApplication.Grant.init) else { throw TokenRefusal("unsupported_grant_type", "this grant type is not supported") }
        guard application.grants.contains(grant) else { throw TokenRefusal("unauthorized_client", "this grant type is not approved for the client") }
        switch grant {
        case .code: return try await exchange(application, code: ask("code") ?? "", redirect: ask("redirect_uri"), verifier: ask("code_verifier") ?? "")
        case .refresh: return try await refresh(application, ask("refresh_token") ?? "", narrowed: ask("scope"))
        case .client: return try await clientCredentials(application, ask("scope"))
        case .device: return try await device(application, ask("device_code") ?? "")
        case .password: return try await password(application, ask, address: address, agent: agent)
        }
    }

    /// Who asks: an approved application that proves its secret, or one that cannot have any.
    func client(_ ask: (String) -> String?, basic: (id: String, secret: String)?) async throws -> ClientApplication {
        let refusal = TokenRefusal("invalid_client", "client authentication failed")
        guard let id = basic?.id ?? ask("client_id"), basic == nil || ask("client_secret") == nil, let found = try await database.read({ try applications.find(client: id, $0) }),
            found.isUsable(on: clock.today)
        else { throw refusal }
        let secret = basic?.secret ?? ask("client_secret")
        switch found.kind {
        case .open: guard secret == nil || secret == "" else { throw refusal }
        case .confidential:
            guard let secret, let hash = found.secretHash, constantTimeEqual(SHA256.hash(secret).hex, hash) else { throw refusal }
        }
        return found
    }

    private func exchange(_ application: ClientApplication, code: String, redirect: String?, verifier: String) async throws -> JSONValue {
        let hash = SHA256.hash(code).bytes
        let outcome = try await database.write { transaction -> Result<JSONValue, TokenRefusal> in
            guard let row = try transaction.first("SELECT * FROM oauth_codes WHERE code_hash = \(hash)"), row.int("client") == application.id else {
                return .failure(.grant("the code is unknown"))
            }
            let family = row.text("family") ?? ""
            guard row.moment("used_at") == nil else {
                // A code that comes twice was stolen once: what came of it ends.
                try revoke(family: family, transaction)
                return .failure(.grant("the code was used before; all tokens of it are revoked"))
            }
            try transaction.execute("UPDATE oauth_codes SET used_at = \(clock.now) WHERE code_hash = \(hash)")
            guard let until = row.moment("expires_at"), clock.now < until else { return .failure(.grant("the code has expired")) }
            guard redirect == row.text("redirect_uri") else { return .failure(.grant("redirect_uri differs from the authorization request")) }
            guard (43...128).contains(verifier.utf8.count), constantTimeEqual(Base64.encodeURL(SHA256.hash(verifier).bytes), row.text("challenge") ?? "") else {
                return .failure(.grant("code_verifier does not fit"))
            }
            guard let user = row.int("user_id"), let (principal, isActive) = try sessions.standing(of: user, transaction), isActive else {
                return .failure(.grant("the user is not active"))
            }
            let gift = Gift(
                application: application, principal: principal, session: row.text("session"), family: family, scopes: TokenScope.list(row.text("scope") ?? ""),
                nonce: row.text("nonce"),
                authenticatedAt: row.moment("auth_time") ?? clock.now)
            return .success(try give(gift, in: transaction))
        }
        return try outcome.get()
    }

    private func refresh(_ application: ClientApplication, _ token: String, narrowed: String?) async throws -> JSONValue {
        let hash = SHA256.hash(token).bytes
        let outcome = try await database.write { transaction -> Result<JSONValue, TokenRefusal> in
            guard let row = try transaction.first("SELECT * FROM oauth_tokens WHERE hash = \(hash) AND kind = 'refresh'"), row.int("client") == application.id,
                row.moment("revoked_at") == nil
            else { return .failure(.grant("the refresh token is unknown or revoked")) }
            let family = row.text("family") ?? ""
            guard row.moment("used_at") == nil else {
                try revoke(family: family, transaction)
                let user = try row.int("user_id").flatMap { try sessions.standing(of: $0, transaction)?.principal } ?? .system()
                try audit.record(AuditEntry("revoke", "application", "\(application.id)", "应用“\(application.name)”的刷新令牌被重复使用，已全部收回"), by: user, in: transaction)
                return .failure(.grant("the refresh token was used before; all tokens of it are revoked"))
            }
            let signedIn = row.moment("auth_time") ?? clock.now
            guard let until = row.moment("expires_at"), clock.now < until, clock.now < signedIn.adding(seconds: Self.longestDays * 86_400), let user = row.int("user_id"),
                let (principal, isActive) = try sessions.standing(of: user, transaction), isActive, try isLiving(row, transaction)
            else { return .failure(.grant("the refresh token has expired")) }
            let held = TokenScope.list(row.text("scope") ?? "")
            let scopes = narrowed.map(TokenScope.list) ?? held
            guard scopes.allSatisfy(held.contains) else { return .failure(TokenRefusal("invalid_scope", "a refreshed token cannot have more scopes")) }
            try transaction.execute("UPDATE oauth_tokens SET used_at = \(clock.now) WHERE hash = \(hash)")
            let gift = Gift(
                application: application, principal: principal, session: row.text("session"), family: family, scopes: scopes, nonce: nil, authenticatedAt: signedIn)
            return .success(try give(gift, in: transaction))
        }
        return try outcome.get()
    }

    private func clientCredentials(_ application: ClientApplication, _ scope: String?) async throws -> JSONValue {
        let personal: Set<String> = Set(TokenScope.titles.map(\.name)).subtracting([TokenScope.api])
        let scopes = scope.map(TokenScope.list) ?? application.scopes.filter { !personal.contains($0) }
        guard !scopes.isEmpty, scopes.allSatisfy(application.scopes.contains), Set(scopes).isDisjoint(with: personal) else {
            throw TokenRefusal("invalid_scope", "a scope was not approved for this client")
        }
        return try await database.write { transaction in
            try give(
                Gift(application: application, principal: nil, session: nil, family: SecureRandom.token(16), scopes: scopes, nonce: nil, authenticatedAt: clock.now),
                in: transaction)
        }
    }

    /// Off unless a security administrator approved this grant for this application; accounts with a second factor cannot use it.
    private func password(_ application: ClientApplication, _ ask: (String) -> String?, address: String, agent: String) async throws -> JSONValue {
        let scopes = TokenScope.list(ask("scope") ?? "")
        guard !scopes.isEmpty, scopes.allSatisfy(application.scopes.contains) else { throw TokenRefusal("invalid_scope", "a scope was not approved for this client") }
        do {
            let new = try await sessions.login(ask("username") ?? "", password: ask("password") ?? "", address: address, agent: agent)
            guard !new.session.mustChangePassword, !new.session.mustEnrol else { throw TokenRefusal.grant("the user must sign in at the login page first") }
            return try await database.write { transaction in
                let gift = Gift(
                    application: application, principal: new.session.principal, session: new.session.principal.session, family: SecureRandom.token(16), scopes: scopes, nonce: nil,
                    authenticatedAt: clock.now)
                return try give(gift, in: transaction)
            }
        } catch let failure as Failure {
            throw TokenRefusal.grant("the user could not be signed in (\(failure.code))")
        }
    }
}
