import Cryptography
import Kernel
import Storage
import Synchronization

/// Signing in through another provider: authorization code with PKCE, state and nonce, the identity token checked against the provider's keys. Nobody is let in by a name: a signed-in person links their account once, or an
/// account is made by rule; from then on the provider's subject opens it.
package final class ExternalSignIn: Sendable {
    /// Where the browser is sent; `secret` goes into its cookie.
    package struct Departure: Sendable {
        package var url: String
        package var secret: String
    }

    package enum Arrival: Sendable {
        case signedIn(LoginStep)
        case linked
    }

    private struct State {
        var call: OutboundCall?
        var metadata: [String: (value: JSONValue, until: Moment)] = [:]
    }

    package static let seconds: Int64 = 600

    private let sessions: Sessions
    private let users: Users
    private let book: ExternalProviders
    private let state = Mutex(State())

    init(sessions: Sessions, users: Users, book: ExternalProviders) {
        self.sessions = sessions
        self.users = users
        self.book = book
    }

    /// Set once at the start.
    package func use(_ call: @escaping OutboundCall) { state.withLock { $0.call = call } }

    /// Those that are turned on.
    package var providers: [ExternalProvider] { book.all.filter(\.isOn) }

    // MARK: There and back

    /// - Parameters:
    ///   - redirect: this site's own address for the way back.
    ///   - principal: who links their account; nil signs in.
    /// - Throws: `.notFound`; `.unavailable` `JW-I081` when the provider does not answer.
    package func begin(_ name: String, redirect: String, linking principal: Principal?, _ entrance: Entrance) async throws -> Departure {
        let provider = try provider(name)
        let metadata = try await metadata(of: provider)
        guard let endpoint = metadata["authorization_endpoint"]?.string, ExternalProvider.isAddress(endpoint) else { throw Self.unavailable("no authorization_endpoint") }
        let secret = SecureRandom.token(32), verifier = SecureRandom.token(48), nonce = SecureRandom.token(18)
        let kept: JSONValue = ["provider": .string(name), "verifier": .string(verifier), "nonce": .string(nonce), "redirect": .string(redirect)]
        let now = sessions.clock.now
        let sealed = try sessions.keys.seal(kept.text)
        let id = try await sessions.database.write { tx in
            let recent = try tx.count("SELECT count(*) FROM login_tickets WHERE kind = 'oidc' AND address = \(entrance.address) AND created_at > \(now.adding(seconds: -600))")
            guard recent < 200 else { throw Failure(.tooMany, "JW-I010", "请求过于频繁，请稍后再试") }
            return try LoginTicket.make(.oidc, secret: secret, user: principal?.id, answer: sealed, entrance, at: now, seconds: Self.seconds, in: tx)
        }
        let query = WebQuery.form([
            ("response_type", "code"), ("client_id", provider.clientId), ("redirect_uri", redirect), ("scope", "openid profile"), ("state", id), ("nonce", nonce),
            ("code_challenge", Base64.encodeURL(SHA256.hash(verifier).bytes)), ("code_challenge_method", "S256"),
        ])
        return Departure(url: endpoint + (endpoint.contains("?") ? "&" : "?") + query, secret: secret)
    }

    /// - Throws: `.unauthenticated` `JW-I082` (another browser, too old, used), `JW-I083` (nobody linked), `JW-C008` (the token); `.unavailable` `JW-I081`; what `Sessions.login` throws of accounts and computers.
    package func finish(_ name: String, id: String, secret: String, code: String, by principal: Principal?, _ entrance: Entrance) async throws -> Arrival {
        let provider = try provider(name)
        let now = sessions.clock.now
        let stale = Failure(.unauthenticated, "JW-I082", "登录已超时或不是从本浏览器发起，请重新登录")
        let ticket = try await sessions.database.write { tx -> LoginTicket? in
            guard let ticket = try LoginTicket.find(id, .oidc, secret: secret, at: now, tx), ticket.state == .open else { return nil }
            try ticket.become(.used, in: tx)
            return ticket
        }
        guard let ticket, let kept = try? JSONValue(parsing: sessions.keys.open(ticket.answer)), kept["provider"]?.string == name, let verifier = kept["verifier"]?.string,
            let nonce = kept["nonce"]?.string, let redirect = kept["redirect"]?.string
        else { throw stale }
        let claims = try await claims(provider, code: code, verifier: verifier, nonce: nonce, redirect: redirect, now)
        guard let subject = claims["sub"]?.string, !subject.isEmpty, subject.utf8.count <= 255 else { throw Self.refused("sub") }
        if let user = ticket.user {
            guard let principal, principal.kind == .user, principal.id == user else { throw stale }
            try await link(principal, provider, subject, title: claims["name"]?.string ?? claims["preferred_username"]?.string ?? subject)
            return .linked
        }
        let user = try await sessions.database.write { tx -> Int64? in
            let user = try tx.value("SELECT user_id FROM user_identities WHERE provider = \(name) AND subject = \(subject)")?.int
            try tx.execute("UPDATE user_identities SET last_used_at = \(now), last_sid = \(claims["sid"]?.string) WHERE provider = \(name) AND subject = \(subject)")
            return user
        }
        guard let user = try await user == nil && provider.admits(claims) ? account(provider, subject, claims) : user else {
            throw Failure(.unauthenticated, "JW-I083", "此\(provider.title)账号尚未与本系统账号关联。请先用密码登录，在“我的登录”中关联")
        }
        return .signedIn(try await sessions.admit(user, entrance.by(.provider), asksSecondFactor: true))
    }

    /// Makes the account that the rule of the provider asks for; it has no password of its own.
    private func account(_ provider: ExternalProvider, _ subject: String, _ claims: JSONValue) async throws -> Int64 {
        let login = claims[provider.loginClaim]?.string ?? ""
        let name = String((claims[provider.nameClaim]?.string ?? login).prefix(30))
        let draft = UserDraft(login: login, name: name, organisation: provider.organisation, roles: [provider.role].compactMap { $0 })
        let hash = try await sessions.hasher.make(SecureRandom.token(32))
        let now = sessions.clock.now
        return try await sessions.database.write { [self] tx in
            guard try tx.count("SELECT count(*) FROM users WHERE login = \(draft.login)") == 0 else {
                throw Failure(.unauthenticated, "JW-I086", "登录名“\(draft.login)”在本系统已有账号。请先用密码登录，在“我的登录”中关联")
            }
            let user: Int64
            do {
                user = try users.insert(draft, passwordHash: hash, by: .system("外部登录（\(provider.title)）"), in: tx)
            } catch let failure as Failure where failure.kind == .invalid {
                let words = failure.fields.map { "\($0.title)\($0.message)" }.joined(separator: "；")
                throw Failure(.unauthenticated, "JW-I087", "不能按“\(provider.title)”提供的信息建立账号，请联系管理员", cause: words)
            }
            // Nobody knows the password: it is neither to be changed nor able to age.
            try tx.execute("UPDATE users SET must_change = 0, password_changed_at = \(now.adding(seconds: 36_500 * 86_400)) WHERE id = \(user)")
            try tx.execute(
                """
                INSERT INTO user_identities (provider, subject, user_id, title, linked_at, last_used_at, last_sid) VALUES \
                (\(provider.name), \(subject), \(user), \(name), \(now), \(now), \(claims["sid"]?.string))
                """)
            return user
        }
    }

    // MARK: Signing off there

    /// The provider says that somebody signed off: their sessions that came from there end (OpenID Connect Back-Channel Logout 1.0).
    ///
    /// - Throws: `.notFound`; `.unauthenticated` `JW-C008` for a token that is not what it should be.
    package func signedOff(_ name: String, token: String, address: String) async throws {
        let provider = try provider(name)
        guard !token.isEmpty else { throw Self.refused("no logout_token") }
        let now = sessions.clock.now
        let metadata = try await metadata(of: provider)
        let claims = try TokenCheck.claims(of: token, keys: try await keySet(metadata))
        try requireOurs(claims, provider, metadata, now)
        guard claims["nonce"] == nil, claims["events"]?["http://schemas.openid.net/event/backchannel-logout"] != nil, let made = claims["iat"]?.int,
            (now.milliseconds / 1000 - 600...now.milliseconds / 1000 + 600).contains(made)
        else { throw Self.refused("no fresh logout event") }
        let (subject, sid) = (claims["sub"]?.string, claims["sid"]?.string)
        guard subject != nil || sid != nil else { throw Self.refused("neither sub nor sid") }
        try await sessions.database.write { [self] tx in
            let whose: SQL = subject.map { "subject = \($0)" } ?? "last_sid = \(sid)"
            guard let user = try tx.value("SELECT user_id FROM user_identities WHERE provider = \(name) AND \(whose)")?.int,
                let owner = try sessions.standing(of: user, tx)?.principal
            else { return }
            let count = try tx.execute("DELETE FROM sessions WHERE user_id = \(user) AND method = \(SignInMethod.provider.rawValue)")
            guard count > 0 else { return }
            var actor = Principal.system("外部登录（\(provider.title)）")
            actor.address = address
            try sessions.audit.record(AuditEntry("revoke", "session", "\(user)", "“\(owner.name)”已在\(provider.title)退出，终止由此登录的 \(count) 个会话"), by: actor, in: tx)
            sessions.version.bump(after: tx)
        }
    }

    // MARK: Links

    package func identities(of user: Int64, _ reader: any Reader) throws -> [ExternalIdentity] {
        try reader.rows("SELECT provider, title, linked_at, last_used_at FROM user_identities WHERE user_id = \(user) ORDER BY provider").map { row in
            ExternalIdentity(
                provider: row.text("provider") ?? "", title: row.text("title") ?? "", linkedAt: row.moment("linked_at") ?? Moment(milliseconds: 0),
                lastUsedAt: row.moment("last_used_at"))
        }
    }

    package func unlink(_ name: String, by principal: Principal) async throws {
        try await sessions.database.write { tx in
            guard try tx.execute("DELETE FROM user_identities WHERE provider = \(name) AND user_id = \(principal.id)") > 0 else { throw Failure.notFound("该关联") }
            try self.sessions.audit.record(AuditEntry("update", "externalIdentity", "\(principal.id)", "取消与外部账号（\(name)）的关联"), by: principal, in: tx)
        }
    }

    private func link(_ principal: Principal, _ provider: ExternalProvider, _ subject: String, title: String) async throws {
        let now = sessions.clock.now
        try await sessions.database.write { tx in
            let holder = try tx.value("SELECT user_id FROM user_identities WHERE provider = \(provider.name) AND subject = \(subject)")?.int
            guard holder == nil || holder == principal.id else { throw Failure(.conflict, "JW-I084", "此\(provider.title)账号已与另一账号关联") }
            try tx.execute("DELETE FROM user_identities WHERE provider = \(provider.name) AND user_id = \(principal.id)")
            try tx.execute(
                """
                INSERT INTO user_identities (provider, subject, user_id, title, linked_at) VALUES \
                (\(provider.name), \(subject), \(principal.id), \(String(title.prefix(100))), \(now))
                """)
            try self.sessions.audit.record(AuditEntry("update", "externalIdentity", "\(principal.id)", "与\(provider.title)账号“\(title)”关联"), by: principal, in: tx)
        }
    }

    // MARK: The provider

    private func claims(_ provider: ExternalProvider, code: String, verifier: String, nonce: String, redirect: String, _ now: Moment) async throws -> JSONValue {
        let metadata = try await metadata(of: provider)
        guard let endpoint = metadata["token_endpoint"]?.string, ExternalProvider.isAddress(endpoint) else { throw Self.unavailable("no token_endpoint") }
        let secret = try book.secret(of: provider)
        let basic = Base64.encode(Array("\(WebQuery.escaped(provider.clientId)):\(WebQuery.escaped(secret))".utf8))
        let form = WebQuery.form([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", verifier)])
        let answer = try await ask(endpoint, [("Authorization", "Basic " + basic), ("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")], form)
        guard let token = answer["id_token"]?.string else { throw Self.refused("no id_token") }
        let claims = try TokenCheck.claims(of: token, keys: try await keySet(metadata))
        try requireOurs(claims, provider, metadata, now)
        guard claims["exp"]?.int != nil else { throw Self.refused("exp") }
        guard let given = claims["nonce"]?.string, constantTimeEqual(given, nonce) else { throw Self.refused("nonce") }
        return claims
    }

    /// From its issuer, for us, not over.
    private func requireOurs(_ claims: JSONValue, _ provider: ExternalProvider, _ metadata: JSONValue, _ now: Moment) throws {
        let audience = claims["aud"]?.string.map { [$0] } ?? (claims["aud"]?.array ?? []).compactMap(\.string)
        guard claims["iss"]?.string == metadata["issuer"]?.string, audience.contains(provider.clientId) else { throw Self.refused("iss or aud") }
        guard audience.count == 1 || claims["azp"]?.string == provider.clientId else { throw Self.refused("azp") }
        let seconds = now.milliseconds / 1000
        if let expires = claims["exp"]?.int { guard seconds - 60 < expires else { throw Self.refused("exp") } }
        if let begins = claims["nbf"]?.int { guard begins <= seconds + 60 else { throw Self.refused("nbf") } }
    }

    /// The provider's keys, and those of SM2 where it publishes them apart, as we do.
    private func keySet(_ metadata: JSONValue) async throws -> JSONValue {
        guard let address = metadata["jwks_uri"]?.string, ExternalProvider.isAddress(address) else { throw Self.unavailable("no jwks_uri") }
        var keys = try await ask(address, [("Accept", "application/json")], nil)["keys"]?.array ?? []
        if let apart = metadata["jwks_sm2_uri"]?.string, ExternalProvider.isAddress(apart) {
            keys += try await ask(apart, [("Accept", "application/json")], nil)["keys"]?.array ?? []
        }
        return ["keys": .array(keys)]
    }

    private func metadata(of provider: ExternalProvider) async throws -> JSONValue {
        let now = sessions.clock.now
        if let known = state.withLock({ $0.metadata[provider.name] }), now < known.until, known.value["issuer"]?.string == provider.issuer { return known.value }
        let value = try await ask(provider.issuer + "/.well-known/openid-configuration", [("Accept", "application/json")], nil)
        guard value["issuer"]?.string == provider.issuer else { throw Self.unavailable("issuer \(value["issuer"]?.string ?? "")") }
        state.withLock { $0.metadata[provider.name] = (value, now.adding(seconds: 3600)) }
        return value
    }

    private func ask(_ url: String, _ headers: [(String, String)], _ form: String?) async throws -> JSONValue {
        guard let call = state.withLock({ $0.call }) else { throw Self.unavailable("no way out") }
        let answer = try await call(url, headers, form)
        guard answer.status == 200, let value = try? JSONValue(parsing: answer.body) else { throw Self.unavailable("\(answer.status) of \(url)") }
        return value
    }

    private func provider(_ name: String) throws -> ExternalProvider {
        guard let found = providers.first(where: { $0.name == name }) else { throw Failure.notFound("该登录方式") }
        return found
    }

    private static func unavailable(_ cause: String) -> Failure { Failure(.unavailable, "JW-I081", "对方的登录服务暂时不可用，请稍后再试", cause: cause) }
    private static func refused(_ cause: String) -> Failure { Failure(.unauthenticated, "JW-C008", "对方的身份令牌无效", cause: cause) }
}
