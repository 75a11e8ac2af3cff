import Cryptography
import Kernel
import Storage
import Synchronization

/// Signing in with a code sent to the telephone that the account names. Whether a login exists, has a telephone or was asked too often is not told.
package final class CodeSignIn: Sendable {
    /// Hands a short message to who sends it, without waiting for it.
    package typealias Sender = @Sendable (_ phone: String, _ text: String) -> Void

    private let sessions: Sessions
    private let users: Users
    private let sender = Mutex<Sender?>(nil)

    package static let seconds: Int64 = 300
    private static let tries = 5

    init(sessions: Sessions, users: Users) {
        self.sessions = sessions
        self.users = users
    }

    /// Set once at the start: engines open no connections.
    package func send(by sender: @escaping Sender) { self.sender.withLock { $0 = sender } }

    package var isOn: Bool { sessions.policies.current.smsSignIn && sender.withLock { $0 != nil } }

    /// - Returns: the ticket's id and the browser's secret; the same whether or not a message is sent.
    /// - Throws: `.invalid` `JW-I015`, `JW-I016` (the picture); `.forbidden` `JW-I067`; `.tooMany` `JW-I010` by address.
    package func begin(_ login: String, captcha: (id: String, answer: String), _ entrance: Entrance) async throws -> (id: String, secret: String) {
        guard isOn else { throw Failure(.forbidden, "JW-I067", "未开放短信登录") }
        guard !captcha.answer.isEmpty else { throw Failure(.invalid, "JW-I015", "请输入图中的验证码") }
        guard try await sessions.database.write({ try self.sessions.challenges.accepts(captcha.answer, of: captcha.id, in: $0) }) else {
            throw Failure(.invalid, "JW-I016", "验证码不正确或已过期，请重新输入")
        }
        let secret = SecureRandom.token(32)
        let code = (0..<6).map { _ in String(SecureRandom.below(10)) }.joined()
        let now = sessions.clock.now
        let name = String(User.normalized(login).prefix(64))
        let (id, phone) = try await sessions.database.write { [self] tx -> (String, String?) in
            let hour = now.adding(seconds: -3600)
            guard try tx.count("SELECT count(*) FROM login_tickets WHERE kind = 'sms' AND address = \(entrance.address) AND created_at > \(hour)") < 30 else {
                throw Failure(.tooMany, "JW-I010", "获取验证码过于频繁，请一小时后再试")
            }
            let user = try users.find(login: name, tx)
            var phone = user?.state == .active ? user?.phone : nil
            if let id = user?.id {
                let sent = try tx.rows("SELECT created_at FROM login_tickets WHERE kind = 'sms' AND user_id = \(id) AND created_at > \(hour) ORDER BY created_at DESC LIMIT 5")
                if sent.count >= 5 || sent.first?.moment("created_at").map({ now < $0.adding(seconds: 60) }) ?? false { phone = nil }
            }
            let receiver = phone == nil ? nil : user?.id
            let id = try LoginTicket.make(.sms, secret: secret, user: receiver, answer: tag(code, secret), entrance, at: now, seconds: Self.seconds, in: tx)
            if let user, phone != nil {
                var actor = Principal(kind: .user, id: user.id, login: user.login, name: user.name, permissions: [], scope: .nothing)
                actor.address = entrance.address
                try sessions.audit.record(AuditEntry("loginCode", "session", "", "发送短信登录验证码"), by: actor, in: tx)
            }
            return (id, phone)
        }
        if let phone, let sender = sender.withLock({ $0 }) { sender(phone, "验证码 \(code)，用于登录，\(Self.seconds / 60) 分钟内有效。请勿告诉他人。") }
        return (id, secret)
    }

    /// - Throws: `.unauthenticated` `JW-I069` (wrong or too old); `.tooMany` `JW-I010`; what `Sessions.login` throws of accounts and computers.
    package func finish(_ id: String, secret: String, code: String, _ entrance: Entrance) async throws -> LoginStep {
        guard isOn else { throw Failure(.forbidden, "JW-I067", "未开放短信登录") }
        let now = sessions.clock.now
        let wanted = tag(code.filter(\.isNumber), secret)
        let (user, isRight) = try await sessions.database.write { tx -> (Int64?, Bool) in
            guard let ticket = try LoginTicket.find(id, .sms, secret: secret, at: now, tx), ticket.state == .open else { return (nil, false) }
            guard ticket.user != nil, constantTimeEqual(ticket.answer, wanted) else {
                _ = try ticket.miss(of: Self.tries, in: tx)
                return (ticket.user, false)
            }
            try ticket.become(.used, in: tx)
            return (ticket.user, true)
        }
        guard isRight, let user else {
            if let user { try await sessions.noteMiss(of: user, entrance, "短信验证码不符") }
            throw Failure(.unauthenticated, "JW-I069", "验证码不正确或已过期")
        }
        return try await sessions.admit(user, entrance.by(.sms), asksSecondFactor: true)
    }

    /// What is kept of the code: without the key of the ring and the browser's secret nothing can be tried against it.
    private func tag(_ code: String, _ secret: String) -> String { sessions.keys.mac(purpose: "login.sms").tag("\(secret):\(code)").hex }
}
