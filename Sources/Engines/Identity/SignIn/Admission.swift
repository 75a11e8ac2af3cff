import Cryptography
import Kernel
import Storage

extension Sessions {
    /// Opens a session after another proof than the password; accounts, networks, hours, computers and limits are looked at as for a password.
    ///
    /// - Parameter asksSecondFactor: a session that was confirmed from another one has passed it there.
    func admit(_ user: Int64, _ entrance: Entrance, asksSecondFactor: Bool) async throws -> LoginStep {
        let now = clock.now
        guard let account = try await database.read({ try Account.load(where: "u.id = \(user)", at: now, $0) }) else { throw Failure(.unauthenticated, "JW-I011", "登录名或密码错误") }
        let (limits, login) = (policies.current.limits, account.principal.login)
        let number = try await database.write { try limits.admit(login, from: entrance.address, at: now, in: $0) }
        guard !asksSecondFactor || account.secondFactor == nil || account.refusal(policies.current, from: entrance.address, at: now) != nil else {
            return .secondFactor(pending: try pending(account, number, entrance))
        }
        return .opened(try await open(account, [number], nil, entrance))
    }

    /// A wrong code or signature counts as a wrong password does.
    func noteMiss(of user: Int64, _ entrance: Entrance, _ what: String) async throws {
        let now = clock.now
        guard let account = try await database.read({ try Account.load(where: "u.id = \(user)", at: now, $0) }) else { return }
        let limits = policies.current.limits
        try await database.write { tx in
            let number = try limits.admit(account.principal.login, from: entrance.address, at: now, in: tx)
            try tx.execute("UPDATE login_attempts SET outcome = 'failed' WHERE id = \(number)")
            var actor = account.principal
            actor.address = entrance.address
            try audit.record(AuditEntry("loginFailed", "session", "", "\(what)（\(actor.login)）"), by: actor, in: tx)
        }
    }
}
