import Cryptography
import Kernel
import Storage

/// Signing in at a desk with a telephone that is signed in already: the desk shows a square code and two digits, the telephone scans the one and is asked for the other.
///
/// The code is good for two minutes, for the browser that asked for it, once. The digits keep somebody from sending a picture of their own code to a person in a hurry.
package struct QRSignIn: Sendable {
    let sessions: Sessions

    package static let seconds: Int64 = 120

    /// What the desk shows; `secret` goes into a cookie of that browser.
    package struct Offer: Sendable {
        package var id: String
        package var secret: String
        package var digits: String
    }

    /// Who asks, as the telephone shows it.
    package struct Asked: Sendable {
        package var address: String
        package var agent: String
        package var at: Moment
    }

    package enum State: Sendable, Equatable { case waiting, confirmed, over }

    package func offer(_ entrance: Entrance) async throws -> Offer {
        try requireOn()
        let secret = SecureRandom.token(32)
        let digits = String(10 + SecureRandom.below(90))
        let now = sessions.clock.now
        let id = try await sessions.database.write { tx in
            let recent = try tx.count("SELECT count(*) FROM login_tickets WHERE kind = 'qr' AND address = \(entrance.address) AND created_at > \(now.adding(seconds: -600))")
            guard recent < 200 else { throw Failure(.tooMany, "JW-I010", "请求过于频繁，请稍后再试") }
            return try LoginTicket.make(.qr, secret: secret, user: nil, answer: digits, entrance, at: now, seconds: Self.seconds, in: tx)
        }
        return Offer(id: id, secret: secret, digits: digits)
    }

    /// Asked by the desk's page while it waits.
    package func state(of id: String, secret: String) async throws -> State {
        let now = sessions.clock.now
        let ticket = try await sessions.database.read { try LoginTicket.find(id, .qr, secret: secret, at: now, $0) }
        switch ticket?.state {
        case .open: return .waiting
        case .confirmed: return .confirmed
        default: return .over
        }
    }

    /// For the telephone's page.
    ///
    /// - Throws: `.notFound` when the code is too old or used.
    package func asked(_ id: String) async throws -> Asked {
        let now = sessions.clock.now
        guard let ticket = try await sessions.database.read({ try LoginTicket.find(id, .qr, at: now, $0) }), ticket.state == .open else { throw Self.over }
        return Asked(address: ticket.address, agent: ticket.agent, at: ticket.createdAt)
    }

    /// The telephone agrees.
    ///
    /// - Throws: `.invalid` with a finding for `digits`; `.notFound` when the code is too old, used, or was missed three times.
    package func confirm(_ id: String, digits: String, by principal: Principal) async throws {
        try requireOn()
        let now = sessions.clock.now
        let outcome = try await sessions.database.write { tx -> Failure? in
            guard let ticket = try LoginTicket.find(id, .qr, at: now, tx), ticket.state == .open else { return Self.over }
            guard constantTimeEqual(ticket.answer, digits.filter(\.isNumber)) else {
                try sessions.audit.record(AuditEntry("loginFailed", "session", "", "扫码登录的核对码不符（\(ticket.address)）"), by: principal, in: tx)
                if try ticket.miss(of: 3, in: tx) { return Self.over }
                return Failure.invalid([FieldFinding("digits", "wrong", "与电脑上显示的不一致", title: "核对码")])
            }
            try ticket.become(.confirmed, user: principal.id, in: tx)
            try sessions.audit.record(AuditEntry("confirm", "session", "", "确认扫码登录，电脑地址 \(ticket.address)"), by: principal, in: tx)
            return nil
        }
        if let outcome { throw outcome }
    }

    /// The desk takes its session.
    ///
    /// - Throws: `.unauthenticated` `JW-I066` unless confirmed; what `Sessions.login` throws of accounts and computers.
    package func finish(_ id: String, secret: String, _ entrance: Entrance) async throws -> NewSession {
        try requireOn()
        let now = sessions.clock.now
        let user = try await sessions.database.write { tx -> Int64? in
            guard let ticket = try LoginTicket.find(id, .qr, secret: secret, at: now, tx), ticket.state == .confirmed else { return nil }
            try ticket.become(.used, in: tx)
            return ticket.user
        }
        guard let user else { throw Failure(.unauthenticated, "JW-I066", "尚未在手机上确认，或二维码已过期") }
        guard case .opened(let new) = try await sessions.admit(user, entrance.by(.qr), asksSecondFactor: false) else { throw Self.over }
        return new
    }

    private func requireOn() throws { guard sessions.policies.current.qrSignIn else { throw Failure(.forbidden, "JW-I067", "未开放扫码登录") } }
    private static let over = Failure(.notFound, "JW-I068", "二维码已过期或已使用，请在电脑上刷新后重新扫描")
}
