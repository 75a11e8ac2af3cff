import Cryptography
import Kernel
import Storage

/// What an application asks at the authorization endpoint, after it was checked.
package struct AuthorizationRequest: Sendable {
    package var application: ClientApplication
    package var redirect: String
    package var scopes: [String]
    package var state: String?
    package var nonce: String?
    /// The S256 challenge of PKCE.
    package var challenge: String
    /// Shows no page: refuses instead.
    package var isSilent: Bool
    /// Seconds since the person last proved who they are, at the most.
    package var maximumAge: Int64?
}

/// Where an answer goes that is not a page of ours.
package struct AuthorizationAnswer: Sendable, Equatable {
    package var address: String
}

extension TokenDesk {
    /// Reads and checks a request.
    ///
    /// - Throws: `Failure` `JW-I051` when client or redirect are wrong: then nothing may be sent there. A `RedirectedRefusal` otherwise.
    package func authorization(_ ask: (String) -> String?) async throws -> AuthorizationRequest {
        let client = ask("client_id") ?? ""
        guard let application = try await database.read({ try applications.find(client: client, $0) }), application.isUsable(on: clock.today) else {
            throw Failure(.invalid, "JW-I051", "应用不存在或未获批准")
        }
        guard let redirect = ask("redirect_uri"), application.admits(redirect: redirect) else { throw Failure(.invalid, "JW-I051", "回调地址与登记的不一致，已拒绝") }
        func refuse(_ code: String, _ description: String) -> RedirectedRefusal {
            RedirectedRefusal(refusal: TokenRefusal(code, description), address: answer(redirect, [("error", code), ("error_description", description), ("state", ask("state"))]))
        }
        guard application.grants.contains(.code) else { throw refuse("unauthorized_client", "authorization code is not approved for this client") }
        guard ask("response_type") == "code" else { throw refuse("unsupported_response_type", "only code is supported") }
        guard let challenge = ask("code_challenge"), ask("code_challenge_method") == "S256", Base64.decodeURL(challenge)?.count == 32 else {
            throw refuse("invalid_request", "code_challenge with code_challenge_method S256 is required")
        }
        let scopes = TokenScope.list(ask("scope") ?? "")
        guard !scopes.isEmpty, scopes.allSatisfy(application.scopes.contains) else { throw refuse("invalid_scope", "a scope was not approved for this client") }
        let prompt = TokenScope.list(ask("prompt") ?? "")
        let age = ask("max_age").flatMap { Int64($0) }
        return AuthorizationRequest(
            application: application, redirect: redirect, scopes: scopes, state: ask("state"), nonce: ask("nonce"), challenge: challenge, isSilent: prompt.contains("none"),
            maximumAge: prompt.contains("login") ? min(age ?? 60, 60) : age)
    }

    /// Whether the person has agreed to all of it before. Who keeps no secret may be anybody: such an application is agreed to each time.
    package func hasConsent(_ request: AuthorizationRequest, by principal: Principal) async throws -> Bool {
        guard request.application.kind == .confidential else { return false }
        let known = try await database.read { try $0.value("SELECT scope FROM oauth_consents WHERE user_id = \(principal.id) AND client = \(request.application.id)")?.text }
        return Set(request.scopes).isSubset(of: TokenScope.list(known ?? ""))
    }

    /// Remembers the consent and hands out a code, good once and for a minute.
    package func approve(_ request: AuthorizationRequest, by principal: Principal, authenticatedAt: Moment) async throws -> AuthorizationAnswer {
        let code = "jwc_" + SecureRandom.token(32)
        let family = SecureRandom.token(16)
        try await database.write { transaction in
            let known = try transaction.value("SELECT scope FROM oauth_consents WHERE user_id = \(principal.id) AND client = \(request.application.id)")?.text
            let scopes = TokenScope.list([known ?? "", request.scopes.joined(separator: " ")].joined(separator: " ")).joined(separator: " ")
            if scopes != known {
                try transaction.execute(
                    """
                    INSERT INTO oauth_consents (user_id, client, scope, at) VALUES (\(principal.id), \(request.application.id), \(scopes), \(clock.now))
                    ON CONFLICT (user_id, client) DO UPDATE SET scope = excluded.scope, at = excluded.at
                    """)
                try audit.record(
                    AuditEntry("authorize", "application", "\(request.application.id)", "同意应用“\(request.application.name)”访问：\(request.scopes.joined(separator: " "))"),
                    by: principal,
                    in: transaction)
            }
            try transaction.execute("DELETE FROM oauth_codes WHERE expires_at < \(clock.now.adding(seconds: -86_400))")
            try transaction.execute(
                """
                INSERT INTO oauth_codes (code_hash, client, user_id, session, family, redirect_uri, scope, nonce, challenge, auth_time, expires_at)
                VALUES (\(SHA256.hash(code).bytes), \(request.application.id), \(principal.id), \(principal.session ?? ""), \(family), \(request.redirect),
                \(request.scopes.joined(separator: " ")), \(request.nonce), \(request.challenge), \(authenticatedAt), \(clock.now.adding(seconds: 60)))
                """)
        }
        return AuthorizationAnswer(address: answer(request.redirect, [("code", code), ("state", request.state), ("iss", issuer)]))
    }

    package func refuse(_ request: AuthorizationRequest, _ code: String, _ description: String) -> AuthorizationAnswer {
        AuthorizationAnswer(address: answer(request.redirect, [("error", code), ("error_description", description), ("state", request.state)]))
    }

    /// The redirect address with members added to its query.
    func answer(_ redirect: String, _ members: [(String, String?)]) -> String {
        func escaped(_ text: String) -> String {
            text.utf8.map { byte -> String in
                let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || [45, 46, 95, 126].contains(byte)
                return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
            }.joined()
        }
        let query = members.compactMap { member in member.1.map { "\(member.0)=\(escaped($0))" } }.joined(separator: "&")
        return redirect + (redirect.contains("?") ? "&" : "?") + query
    }
}

/// A refusal that the application is told at its redirect address.
package struct RedirectedRefusal: Error, Sendable {
    package var refusal: TokenRefusal
    package var address: String
}
