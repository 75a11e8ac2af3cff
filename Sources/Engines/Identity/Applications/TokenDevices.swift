import Cryptography
import Kernel
import Storage

/// RFC 8628: a device without a keyboard shows a short code; its owner types it on a page of ours.
extension TokenDesk {
    private static let letters = Array("BCDFGHJKLMNPQRSTVWXZ")
    private static let pollSeconds: Int64 = 5

    package func deviceAuthorization(_ ask: (String) -> String?, basic: (id: String, secret: String)?) async throws -> JSONValue {
        let application = try await client(ask, basic: basic)
        guard application.grants.contains(.device) else { throw TokenRefusal("unauthorized_client", "device authorization is not approved for the client") }
        let scopes = TokenScope.list(ask("scope") ?? "")
        guard !scopes.isEmpty, scopes.allSatisfy(application.scopes.contains) else { throw TokenRefusal("invalid_scope", "a scope was not approved for this client") }
        let device = "jwd_" + SecureRandom.token(32)
        let picked = (0..<8).map { _ in Self.letters[SecureRandom.below(Self.letters.count)] }
        let code = String(picked[0..<4]) + "-" + String(picked[4...])
        try await database.write { transaction in
            try transaction.execute("DELETE FROM oauth_devices WHERE expires_at < \(clock.now)")
            try transaction.execute(
                """
                INSERT INTO oauth_devices (device_hash, user_code, client, scope, state, expires_at)
                VALUES (\(SHA256.hash(device).bytes), \(code), \(application.id), \(scopes.joined(separator: " ")), 'pending', \(clock.now.adding(seconds: Self.deviceSeconds)))
                """)
        }
        return [
            "device_code": .string(device), "user_code": .string(code), "verification_uri": .string(issuer + "/oauth/device"),
            "verification_uri_complete": .string(issuer + "/oauth/device?user_code=" + code), "expires_in": .int(Self.deviceSeconds), "interval": .int(Self.pollSeconds),
        ]
    }

    /// What a code that a person typed asks for; nil when it is unknown, answered or too old.
    package func pendingDevice(_ code: String) async throws -> (application: ClientApplication, scopes: [String])? {
        let code = Self.normalized(code)
        return try await database.read { reader in
            guard let row = try reader.first("SELECT client, scope FROM oauth_devices WHERE user_code = \(code) AND state = 'pending' AND expires_at > \(clock.now)"),
                let client = row.int("client"), let application = try applications.find(client, scope: .everything, reader), application.isUsable(on: clock.today)
            else { return nil }
            return (application, TokenScope.list(row.text("scope") ?? ""))
        }
    }

    /// - Throws: `.notFound`.
    package func answerDevice(_ code: String, approves: Bool, by principal: Principal) async throws {
        let code = Self.normalized(code)
        try await database.write { transaction in
            let row = try transaction.first("SELECT client, scope FROM oauth_devices WHERE user_code = \(code) AND state = 'pending' AND expires_at > \(clock.now)")
            guard let row, let client = row.int("client") else { throw Failure.notFound("设备代码") }
            try transaction.execute(
                "UPDATE oauth_devices SET state = \(approves ? "approved" : "denied"), user_id = \(principal.id), session = \(principal.session) WHERE user_code = \(code)")
            let name = try applications.find(client, scope: .everything, transaction)?.name ?? ""
            try audit.record(AuditEntry("authorize", "application", "\(client)", "\(approves ? "同意" : "拒绝")应用“\(name)”的设备访问"), by: principal, in: transaction)
        }
    }

    func device(_ application: ClientApplication, _ token: String) async throws -> JSONValue {
        let hash = SHA256.hash(token).bytes
        let outcome = try await database.write { transaction -> Result<JSONValue, TokenRefusal> in
            guard let row = try transaction.first("SELECT * FROM oauth_devices WHERE device_hash = \(hash)"), row.int("client") == application.id else {
                return .failure(.grant("the device code is unknown"))
            }
            let now = clock.now
            guard let until = row.moment("expires_at"), now < until else { return .failure(TokenRefusal("expired_token", "the device code has expired")) }
            switch row.text("state") {
            case "denied": return .failure(TokenRefusal("access_denied", "the user denied the request"))
            case "pending":
                let isEarly = row.moment("polled_at").map { now < $0.adding(seconds: Self.pollSeconds) } ?? false
                try transaction.execute("UPDATE oauth_devices SET polled_at = \(now) WHERE device_hash = \(hash)")
                return .failure(isEarly ? TokenRefusal("slow_down", "poll less often") : TokenRefusal("authorization_pending", "the user has not answered yet"))
            case "approved": break
            default: return .failure(.grant("the device code was used before"))
            }
            guard let user = row.int("user_id"), let (principal, isActive) = try sessions.standing(of: user, transaction), isActive else {
                return .failure(.grant("the user is not active"))
            }
            try transaction.execute("UPDATE oauth_devices SET state = 'used' WHERE device_hash = \(hash)")
            let gift = Gift(
                application: application, principal: principal, session: row.text("session"), family: SecureRandom.token(16), scopes: TokenScope.list(row.text("scope") ?? ""),
                nonce: nil,
                authenticatedAt: now)
            return .success(try give(gift, in: transaction))
        }
        return try outcome.get()
    }

    private static func normalized(_ code: String) -> String {
        let letters = code.uppercased().filter(\.isLetter)
        return letters.count == 8 ? "\(letters.prefix(4))-\(letters.suffix(4))" : ""
    }
}
