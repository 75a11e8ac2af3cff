import Cryptography
import Kernel
import Storage

/// One row of a sheet of accounts.
package struct AccountRow: Sendable {
    /// In the sheet, from 1.
    package var number: Int
    package var login: String
    package var name: String
    package var phone: String
    /// Of the organisation.
    package var code: String
    /// Titles of roles, divided by 、.
    package var roles: String
    package var lastDay: String

    package init(number: Int, login: String, name: String, phone: String, code: String, roles: String, lastDay: String) {
        self.number = number
        self.login = login
        self.name = name
        self.phone = phone
        self.code = code
        self.roles = roles
        self.lastDay = lastDay
    }
}

/// An account that was brought in, with the code its owner brings it to life with: shown once and stored nowhere.
package struct IssuedAccount: Sendable {
    package var login: String
    package var name: String
    package var organisation: String
    package var code: String

    package init(login: String, name: String, organisation: String, code: String) {
        self.login = login
        self.name = name
        self.organisation = organisation
        self.code = code
    }
}

/// Accounts by the sheet (D9.2.2, D17.1.1): nobody can use one before its owner has set a password with a code of one's own. Thousands of one-time passwords would each cost what a sign-in
/// costs; a code of 80 random bits needs no such hash.
package struct Activations: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let users: Users
    let policies: PolicyBook

    package static let mostRows = 5000
    package static let days: Int64 = 14

    /// Takes a sheet in, all or nothing.
    ///
    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with a finding for each bad row, up to 200.
    package func bringIn(_ rows: [AccountRow], by principal: Principal) async throws -> [IssuedAccount] {
        try principal.require("user.write", "用户管理")
        return try await database.write { tx in
            let drafts = try read(rows, by: principal, tx)
            var issued: [IssuedAccount] = []
            for (draft, organisation) in drafts {
                // No password has this hash: the account waits for its owner.
                let id = try users.insert(draft, passwordHash: PasswordHash.decoy(), by: principal, in: tx)
                issued.append(IssuedAccount(login: draft.login, name: draft.name, organisation: organisation, code: try issue(id, by: principal, in: tx)))
            }
            try audit.record(AuditEntry("import", "user", "*", "导入用户 \(issued.count) 个，待本人激活"), by: principal, in: tx)
            return issued
        }
    }

    /// Every row judged by the same rules as the form; each finding names its row.
    private func read(_ rows: [AccountRow], by principal: Principal, _ tx: any Transaction) throws -> [(UserDraft, String)] {
        let roles = Dictionary(try tx.rows("SELECT id, title FROM roles").map { ($0.text("title") ?? "", $0.int("id") ?? 0) }, uniquingKeysWith: { first, _ in first })
        var organisations: [String: (id: Int64, name: String)] = [:]
        for start in stride(from: 0, to: rows.count, by: 500) {
            let codes = Array(Set(rows[start..<min(start + 500, rows.count)].map(\.code)))
            for row in try tx.rows("SELECT id, code, name FROM organisations WHERE code IN (\(list: codes))") {
                organisations[row.text("code") ?? ""] = (row.int("id") ?? 0, row.text("name") ?? "")
            }
        }
        var findings: [FieldFinding] = []
        var seen: Set<String> = []
        var drafts: [(UserDraft, String)] = []
        for row in rows {
            func fault(_ message: String) {
                if findings.count < 200 { findings.append(FieldFinding("row\(row.number)", "row", message, title: "第 \(row.number) 行")) }
            }
            let titles = row.roles.split(whereSeparator: { "、,，;；".contains($0) }).map { String($0).filter { !$0.isWhitespace } }
            for title in titles where roles[title] == nil { fault("角色“\(title)”不存在") }
            let day = row.lastDay.isEmpty ? nil : Day(parsing: row.lastDay)
            if !row.lastDay.isEmpty, day == nil { fault("有效期“\(row.lastDay)”不是日期") }
            let draft = UserDraft(
                login: row.login, name: row.name, phone: row.phone.isEmpty ? nil : row.phone, organisation: organisations[row.code]?.id, roles: titles.compactMap { roles[$0] },
                lastDay: day)
            if !seen.insert(draft.login).inserted { fault("登录名“\(draft.login)”在表中重复") }
            let isKnown = organisations[row.code] != nil
            if !isKnown { fault(row.code.isEmpty ? "机构编号不能为空" : "机构编号“\(row.code)”不存在") }
            for finding in try users.findings(for: draft, id: nil, by: principal, tx) where isKnown || finding.field != "organisation" {
                fault("\(finding.title)\(finding.message)")
            }
            drafts.append((draft, organisations[row.code]?.name ?? ""))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return drafts
    }

    /// A new code for an account that has not come to life, or has lost its password.
    private func issue(_ user: Int64, by principal: Principal, in tx: any Transaction) throws -> String {
        let code = Self.code()
        let until = clock.now.adding(seconds: Self.days * 86_400)
        try tx.execute(
            """
            INSERT INTO user_activations (user_id, code_hash, expires_at, by_name) VALUES (\(user), \(SHA256.hash(Self.plain(code)).bytes), \(until), \(principal.name))
            ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at, by_name = excluded.by_name
            """)
        return code
    }

    /// Whether the account waits for its owner, and until when.
    package func waiting(_ user: Int64, _ reader: any Reader) throws -> Moment? {
        try reader.first("SELECT expires_at FROM user_activations WHERE user_id = \(user)")?.moment("expires_at")
    }

    package func reissue(for user: Int64, by principal: Principal) async throws -> String {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let holder = try users.manageable(user, by: principal, tx)
            guard try waiting(user, tx) != nil else { throw Failure(.conflict, "JW-I037", "该账号已激活；忘记密码请重置密码") }
            let code = try issue(user, by: principal, in: tx)
            try audit.record(AuditEntry("update", "password", "\(user)", "重新签发用户“\(holder.name)”（\(holder.login)）的激活码"), by: principal, in: tx)
            return code
        }
    }

    /// Its owner sets the password; the code is used up.
    ///
    /// - Throws: `.invalid` `JW-K422`; a wrong login and a wrong code are answered alike; `.tooMany` `JW-I010` by the limits of sign-in.
    package func activate(_ login: String, code: String, password: String, from address: String) async throws {
        let login = User.normalized(login)
        let limits = policies.current.limits
        let attempt = try await database.write { try limits.admit(login, from: address, at: clock.now, in: $0) }
        let hash = SHA256.hash(Self.plain(code)).bytes
        let user = try await database.read { reader in
            try reader.first(
                """
                SELECT u.id, u.name FROM users u JOIN user_activations a ON a.user_id = u.id WHERE u.login = \(login) AND a.code_hash = \(hash) AND a.expires_at > \(clock.now) AND u.state = 'active'
                """
            ).map { (id: $0.int("id") ?? 0, name: $0.text("name") ?? "") }
        }
        guard let user else {
            try await database.write { _ = try $0.execute("UPDATE login_attempts SET outcome = 'failed' WHERE id = \(attempt)") }
            throw Failure.invalid([FieldFinding("code", "wrong", "登录名或激活码不正确，或激活码已过期；请向管理员索取新的激活码", title: "激活码")])
        }
        let findings = policies.current.password.findings(for: password, login: login)
        guard findings.isEmpty else {
            try await database.write { _ = try $0.execute("DELETE FROM login_attempts WHERE id = \(attempt)") }
            throw Failure.invalid(findings)
        }
        let stored = try await users.hash(password)
        try await database.write { tx in
            guard try tx.execute("DELETE FROM user_activations WHERE user_id = \(user.id) AND code_hash = \(hash)") == 1 else {
                throw Failure(.conflict, "JW-I034", "密码刚刚已被修改，请重新登录")
            }
            try tx.execute("UPDATE login_attempts SET outcome = 'accepted' WHERE id = \(attempt)")
            try tx.execute(
                "UPDATE users SET password_hash = \(stored), password_changed_at = \(clock.now), must_change = 0, failed_count = 0, locked_until = NULL WHERE id = \(user.id)")
            try tx.execute("DELETE FROM sessions WHERE user_id = \(user.id)")
            try audit.sealUsers([user.id], in: tx)
            try audit.record(AuditEntry("update", "password", "\(user.id)", "用户“\(user.name)”（\(login)）凭激活码设置密码"), by: .system("账号激活"), in: tx)
            version.bump(after: tx)
        }
    }

    /// Four groups of four out of 32 signs that are not taken for one another: 80 bits.
    private static func code() -> String {
        let signs = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
        let drawn = SecureRandom.bytes(16).map { signs[Int($0 & 31)] }
        return stride(from: 0, to: 16, by: 4).map { String(drawn[$0..<($0 + 4)]) }.joined(separator: "-")
    }

    /// As it is compared: what people write between the groups does not count.
    private static func plain(_ code: String) -> String { code.uppercased().filter { $0.isLetter || $0.isNumber } }
}
