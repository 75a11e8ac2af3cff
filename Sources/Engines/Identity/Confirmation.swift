import Cryptography
import Kernel
import Storage

extension Sessions {
    /// The owner of a session proves again who they are, before a dangerous act; guesses count as login attempts.
    ///
    /// - Parameter code: needed when the account has a second factor.
    /// - Throws: `.invalid` with findings for `password` and `code`; `.tooMany` `JW-I010`.
    package func confirm(_ principal: Principal, password: String, code: String) async throws {
        guard principal.kind == .user, let account = try await database.read({ try Account.load(where: "u.id = \(principal.id)", at: clock.now, $0) }) else {
            throw Failure.notFound("用户")
        }
        let (limits, login) = (policies.current.limits, account.principal.login)
        let attempt = try await database.write { try limits.admit(login, from: principal.address, at: clock.now, in: $0) }
        let isRight = password.utf8.count <= 512 ? try await hasher.verify(password, against: account.passwordHash) : false
        let findings = try await database.write { transaction -> [FieldFinding] in
            var findings: [FieldFinding] = []
            if !isRight { findings.append(FieldFinding("password", "wrong", "不正确", title: "密码")) }
            if isRight, let factor = try Account.load(where: "u.id = \(principal.id)", at: clock.now, transaction)?.secondFactor {
                if let next = try factor.accepting(code, keys: keys, at: clock.now) {
                    try next.store(of: principal.id, in: transaction)
                } else {
                    findings.append(FieldFinding("code", "wrong", "不正确或已使用过", title: "动态口令"))
                }
            }
            let outcome = findings.isEmpty ? "accepted" : "failed"
            try transaction.execute("UPDATE login_attempts SET outcome = \(outcome) WHERE id = \(attempt)")
            if findings.isEmpty {
                try transaction.execute("UPDATE sessions SET confirmed_at = \(clock.now) WHERE token_hash = \(principal.session.flatMap(Self.bytes) ?? [])")
                version.bump(after: transaction)
            }
            let what = findings.isEmpty ? "确认本人身份" : "确认本人身份失败"
            try audit.record(AuditEntry("confirm", "session", "\(principal.id)", what), by: principal, in: transaction)
            return findings
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }
}
