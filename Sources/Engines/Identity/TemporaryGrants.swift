import Kernel
import Storage

/// Roles for a time: a colleague stands in, a contractor mends something. They begin and end by themselves and act on the next request.
package struct TemporaryGrants: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let users: Users

    package static let longestDays = 90

    package struct Grant: Sendable, Equatable {
        package var id: Int64
        package var roleTitle: String
        package var from: Moment
        package var until: Moment
        package var reason: String
        package var grantedBy: String
        package var revokedAt: Moment?
    }

    /// Of one user, newest first.
    package func list(of user: Int64, _ reader: any Reader) throws -> [Grant] {
        try reader.rows("SELECT g.*, r.title FROM temporary_grants g JOIN roles r ON r.id = g.role_id WHERE g.user_id = \(user) ORDER BY g.id DESC LIMIT 50").map { row in
            Grant(
                id: row.int("id") ?? 0, roleTitle: row.text("title") ?? "", from: row.moment("from_at") ?? clock.now, until: row.moment("until_at") ?? clock.now,
                reason: row.text("reason") ?? "", grantedBy: row.text("granted_by_name") ?? "", revokedAt: row.moment("revoked_at"))
        }
    }

    /// - Throws: `.forbidden`, `.notFound`; `.invalid` `JW-K422` with every finding.
    package func grant(_ role: Int64, to user: Int64, from: Day, until: Day, reason: String, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("user.write", "用户管理")
            let holder = try users.manageable(user, by: principal, transaction)
            var findings: [FieldFinding] = []
            if principal.kind == .user, principal.id == user { findings.append(FieldFinding("role", "own", "不能授予自己", title: "角色")) }
            if until < from || until < clock.today { findings.append(FieldFinding("until", "range", "不能早于开始日期和今天", title: "截止日期")) }
            if until.daysSince1970 - from.daysSince1970 > Self.longestDays { findings.append(FieldFinding("until", "range", "最长 \(Self.longestDays) 天", title: "截止日期")) }
            if reason.isEmpty || reason.count > 200 { findings.append(FieldFinding("reason", "required", "须为 1–200 个字", title: "事由")) }
            let draft = UserDraft(
                login: holder.login, name: holder.name, phone: holder.phone, organisation: holder.organisation, roles: Array(Set(holder.roles.map(\.id) + [role])))
            findings += try users.findings(for: draft, id: user, by: principal, transaction).filter { $0.field == "roles" }.map { finding in
                FieldFinding("role", finding.code, finding.message, title: "角色")
            }
            if holder.roles.contains(where: { $0.id == role }) { findings.append(FieldFinding("role", "held", "已长期持有", title: "角色")) }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            let title = try transaction.value("SELECT title FROM roles WHERE id = \(role)")?.text ?? ""
            _ = try transaction.insert(
                """
                INSERT INTO temporary_grants (user_id, role_id, from_at, until_at, reason, granted_by, granted_by_name, created_at)
                VALUES (\(user), \(role), \(from.start), \(until.end), \(reason), \(principal.id), \(principal.name), \(clock.now))
                """)
            let summary = "临时授予用户“\(holder.name)”（\(holder.login)）角色“\(title)”，\(from.text) 至 \(until.text)"
            try audit.record(AuditEntry("update", "user", "\(user)", summary, details: ["reason": .string(reason)]), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// Ends a grant before its time.
    package func revoke(_ id: Int64, of user: Int64, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("user.write", "用户管理")
            let holder = try users.manageable(user, by: principal, transaction)
            let count = try transaction.execute("UPDATE temporary_grants SET revoked_at = \(clock.now) WHERE id = \(id) AND user_id = \(user) AND revoked_at IS NULL")
            guard count == 1 else { throw Failure.notFound("临时授权") }
            try audit.record(AuditEntry("update", "user", "\(user)", "收回用户“\(holder.name)”（\(holder.login)）的临时授权"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }
}
