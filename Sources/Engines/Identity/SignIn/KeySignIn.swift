import Cryptography
import Kernel
import Storage

/// Signing in by certificate over TLS, and by signing a challenge with a registered key (SM2 with SM3, or RSA with SHA-256).
package struct KeySignIn: Sendable {
    let sessions: Sessions
    let certificates: UserCertificates

    package static let seconds: Int64 = 180

    package struct Challenge: Sendable {
        package var id: String
        package var secret: String
        /// The bytes to be signed, UTF-8.
        package var text: String
    }

    /// - Parameter der: the certificate that the connection was accepted with; its chain has been checked there.
    /// - Throws: `.unauthenticated` `JW-I070` (none registered); what `Sessions.login` throws of accounts and computers.
    package func enter(certificate der: [UInt8], _ entrance: Entrance) async throws -> LoginStep {
        try requireOn()
        let fingerprint = SHA256.hash(der).hex
        let now = sessions.clock.now
        guard let found = try await sessions.database.read({ try certificates.find(fingerprint: fingerprint, $0) }), found.isCertificate else {
            throw Failure(.unauthenticated, "JW-I070", "此证书未登记，请联系管理员登记（指纹 \(fingerprint.prefix(16))…）")
        }
        guard found.isGood(at: now) else { throw Failure(.unauthenticated, "JW-I071", "此证书已到期或尚未生效") }
        return try await sessions.admit(found.userId, entrance.by(.certificate, certificate: found.id), asksSecondFactor: true)
    }

    /// The same for logins that do not exist.
    package func challenge(_ login: String, _ entrance: Entrance) async throws -> Challenge {
        try requireOn()
        let secret = SecureRandom.token(32)
        let name = String(User.normalized(login).prefix(64))
        let now = sessions.clock.now
        let text = "jianwei sign-in\n\(name)\n\(now.rfc3339)\n\(SecureRandom.token(24))\n"
        let id = try await sessions.database.write { tx -> String in
            let recent = try tx.count("SELECT count(*) FROM login_tickets WHERE kind = 'key' AND address = \(entrance.address) AND created_at > \(now.adding(seconds: -600))")
            guard recent < 100 else { throw Failure(.tooMany, "JW-I010", "请求过于频繁，请稍后再试") }
            let user = try tx.value("SELECT id FROM users WHERE login = \(name)")?.int
            return try LoginTicket.make(.key, secret: secret, user: user, answer: text, entrance, at: now, seconds: Self.seconds, in: tx)
        }
        return Challenge(id: id, secret: secret, text: text)
    }

    /// - Parameter signature: Base64 of DER `SEQUENCE(r, s)` for SM2, of PKCS#1 for RSA.
    /// - Throws: `.unauthenticated` `JW-I072`; what `Sessions.login` throws of accounts and computers.
    package func finish(_ id: String, secret: String, signature: String, _ entrance: Entrance) async throws -> LoginStep {
        try requireOn()
        let now = sessions.clock.now
        let wrong = Failure(.unauthenticated, "JW-I072", "签名不正确、密钥未登记，或已超过 \(Self.seconds / 60) 分钟")
        let ticket = try await sessions.database.write { tx -> LoginTicket? in
            guard let ticket = try LoginTicket.find(id, .key, secret: secret, at: now, tx), ticket.state == .open else { return nil }
            try ticket.become(.used, in: tx)
            return ticket
        }
        guard let ticket, let user = ticket.user, let bytes = Base64.decode(String(signature.filter { !$0.isWhitespace })) else { throw wrong }
        let entries = try await sessions.database.read { try certificates.list(of: user, $0) }
        let used = entries.first { entry in entry.isGood(at: now) && ((try? PublicKey(pem: entry.keyPEM))?.verify(signature: bytes, over: Array(ticket.answer.utf8)) ?? false) }
        guard let used else {
            try await sessions.noteMiss(of: user, entrance, "登录签名不符")
            throw wrong
        }
        return try await sessions.admit(user, entrance.by(.key, certificate: used.id), asksSecondFactor: true)
    }

    private func requireOn() throws { guard sessions.policies.current.certificateSignIn else { throw Failure(.forbidden, "JW-I067", "未开放证书登录") } }
}
