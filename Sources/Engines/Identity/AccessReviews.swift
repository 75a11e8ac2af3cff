import Kernel
import Storage

/// Once a year somebody looks through who may do what, person by person (8.1.4.2): keeps, reduces, or ends it. Surplus and sleeping accounts are marked.
package struct AccessReviews: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail

    package enum Verdict: String, Sendable, CaseIterable {
        case keep, reduce, end

        package var title: String {
            switch self {
            case .keep: "保留"
            case .reduce: "应缩减"
            case .end: "应停用"
            }
        }
    }

    package struct Line: Sendable {
        package var user: Int64
        package var name: String
        package var login: String
        package var organisationName: String
        package var isActive: Bool
        package var lastLoginAt: Moment?
        /// Titles of the roles held now.
        package var roles: String
        package var verdict: Verdict?
        /// The roles when the verdict was given; differs from `roles` when they changed since.
        package var reviewedRoles: String?
        package var reviewedBy: String?
        package var reviewedAt: Moment?
        package var note: String?
    }

    /// - Parameters:
    ///   - isOpen: only those not yet reviewed in that year.
    ///   - before: the last user id of the page before.
    package func page(_ year: Int, keyword: String?, isOpen: Bool, scope: DataScope, before: Int64? = nil, limit: Int, _ reader: any Reader) throws -> [Line] {
        var conditions: [SQL] = [scope.condition(org: "u.organisation", area: "u.area"), "u.left_at IS NULL"]
        if let keyword, !keyword.isEmpty { conditions.append(.contains(keyword, in: "u.login", "u.name", "o.name")) }
        if isOpen { conditions.append("a.id IS NULL") }
        if let before { conditions.append("u.id < \(before)") }
        let rows = try reader.rows(
            """
            SELECT u.id, u.name, u.login, u.state, u.last_login_at, o.name AS organisation_name, a.verdict, a.roles AS reviewed_roles, a.reviewed_by_name, a.reviewed_at, a.note
            FROM users u JOIN organisations o ON o.id = u.organisation LEFT JOIN access_reviews a ON a.user_id = u.id AND a.year = \(year)
            WHERE \(SQL.all(of: conditions)) ORDER BY u.id DESC LIMIT \(limit)
            """)
        let roles = try roles(of: rows.compactMap { $0.int("id") }, reader)
        return rows.map { row in
            Line(
                user: row.int("id") ?? 0, name: row.text("name") ?? "", login: row.text("login") ?? "", organisationName: row.text("organisation_name") ?? "",
                isActive: row.text("state") == "active", lastLoginAt: row.moment("last_login_at"), roles: roles[row.int("id") ?? 0] ?? "",
                verdict: row.text("verdict").flatMap(Verdict.init), reviewedRoles: row.text("reviewed_roles"), reviewedBy: row.text("reviewed_by_name"),
                reviewedAt: row.moment("reviewed_at"), note: row.text("note"))
        }
    }

    /// Users in scope, and how many of them were reviewed in that year.
    package func progress(_ year: Int, scope: DataScope, _ reader: any Reader) throws -> (users: Int, reviewed: Int) {
        let row = try reader.first(
            """
            SELECT count(*), count(a.id) FROM users u LEFT JOIN access_reviews a ON a.user_id = u.id AND a.year = \(year)
            WHERE u.left_at IS NULL AND \(scope.condition(org: "u.organisation", area: "u.area"))
            """)
        return (Int(row?[0].int ?? 0), Int(row?[1].int ?? 0))
    }

    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I036` for oneself.
    package func record(_ verdict: Verdict, of user: Int64, year: Int, note: String?, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("review.write", "权限复核")
            guard principal.kind != .user || principal.id != user else { throw Failure(.conflict, "JW-I036", "不能复核自己的权限") }
            let row = try transaction.first("SELECT name, login, organisation, area FROM users WHERE id = \(user)")
            guard let row, principal.scope.admits(org: row.int("organisation"), area: row.text("area")) else { throw Failure.notFound("用户") }
            let roles = try roles(of: [user], transaction)[user] ?? ""
            let now = clock.now
            try transaction.execute(
                """
                INSERT INTO access_reviews (year, user_id, verdict, roles, note, reviewed_by, reviewed_by_name, reviewed_at)
                VALUES (\(year), \(user), \(verdict.rawValue), \(roles), \(note), \(principal.id), \(principal.name), \(now))
                ON CONFLICT (year, user_id) DO UPDATE SET verdict = excluded.verdict, roles = excluded.roles, note = excluded.note, reviewed_by = excluded.reviewed_by,
                reviewed_by_name = excluded.reviewed_by_name, reviewed_at = excluded.reviewed_at
                """)
            let summary = "复核 \(year) 年权限：“\(row.text("name") ?? "")”（\(row.text("login") ?? "")）\(verdict.title)"
            try audit.record(AuditEntry("review", "user", "\(user)", summary, details: ["roles": .string(roles), "note": JSONValue(note)]), by: principal, in: transaction)
        }
    }

    private func roles(of users: [Int64], _ reader: any Reader) throws -> [Int64: String] {
        var held: [Int64: [String]] = [:]
        let now = clock.now
        for row in try reader.rows("SELECT ur.user_id, r.title FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id IN (\(list: users)) ORDER BY r.id") {
            held[row.int("user_id") ?? 0, default: []].append(row.text("title") ?? "")
        }
        let temporary = try reader.rows(
            """
            SELECT g.user_id, r.title FROM temporary_grants g JOIN roles r ON r.id = g.role_id
            WHERE g.user_id IN (\(list: users)) AND g.until_at > \(now) AND g.revoked_at IS NULL ORDER BY r.id
            """)
        for row in temporary { held[row.int("user_id") ?? 0, default: []].append((row.text("title") ?? "") + "（临时）") }
        return held.mapValues { $0.joined(separator: "、") }
    }
}
