import Kernel
import Storage

/// Limits on grants as they are kept. They are read with the account and judged on every request, so that a window closes by itself.
package struct GrantLimits: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let users: Users

    static let table = Table(
        "grant_limits",
        columns: [
            Column("subject", .text, required: true), Column("subject_id", .integer, required: true), Column("resource", .text, required: true),
            Column("target", .text, required: true), Column("from_day", .text), Column("until_day", .text), Column("months", .text, required: true),
            Column("month_days", .text, required: true), Column("weekdays", .text, required: true), Column("from_minute", .integer, required: true),
            Column("to_minute", .integer, required: true), Column("networks", .text, required: true), Column("reason", .text, required: true),
            Column("state", .text, required: true), Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
        ], indexes: [Index("subject", "subject_id"), Index("target", "id")])

    // MARK: Reading

    package func page(keyword: String?, subject: GrantLimit.Subject?, state: String?, before: Int64?, limit: Int, _ reader: any Reader) throws -> [GrantLimit] {
        var parts: [SQL] = ["1 = 1"]
        if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "target", "reason")) }
        if let subject { parts.append("subject = \(subject.rawValue)") }
        if let state { parts.append("state = \(state)") }
        if let before { parts.append("id < \(before)") }
        return try reader.rows("SELECT * FROM grant_limits WHERE \(SQL.all(of: parts)) ORDER BY id DESC LIMIT \(limit)").map(GrantLimit.init)
    }

    package func find(_ id: Int64, _ reader: any Reader) throws -> GrantLimit? { try reader.first("SELECT * FROM grant_limits WHERE id = \(id)").map(GrantLimit.init) }

    /// What subjects are called, for lists.
    package func title(of limit: GrantLimit, _ reader: any Reader) throws -> String { try titles(of: [limit], reader)[limit.id] ?? "已删除" }

    /// What their subjects are called, by the limit's id: a query for each kind of subject, however many there are. Whose subject is gone has none.
    package func titles(of limits: [GrantLimit], _ reader: any Reader) throws -> [Int64: String] {
        var titles: [Int64: String] = [:]
        for (subject, some) in Dictionary(grouping: limits, by: \.subject) {
            let ids = once(some.map(\.subjectId))
            let rows =
                switch subject {
                case .user: try reader.rows("SELECT id, name AS title FROM users WHERE id IN (\(list: ids))")
                case .group: try reader.rows("SELECT id, name AS title FROM user_groups WHERE id IN (\(list: ids))")
                case .role: try reader.rows("SELECT id, title FROM roles WHERE id IN (\(list: ids))")
                }
            let named = Dictionary(rows.map { ($0.int("id") ?? 0, $0.text("title") ?? "") }, uniquingKeysWith: { first, _ in first })
            for limit in some { titles[limit.id] = named[limit.subjectId] }
        }
        return titles
    }

    private func once(_ ids: [Int64]) -> [Int64] { Set(ids).sorted() }

    /// Those that bind an account with these roles, with the permissions they mean. One query where there are none.
    static func binding(_ user: Int64, roles: [Int64], _ reader: any Reader) throws -> [GrantLimit] {
        let rows = try reader.rows(
            """
            SELECT * FROM grant_limits WHERE state = 'active' AND ((subject = 'user' AND subject_id = \(user)) OR (subject = 'role' AND subject_id IN (\(list: roles)))
            OR (subject = 'group' AND subject_id IN (SELECT group_id FROM user_group_members WHERE user_id = \(user)))) ORDER BY id LIMIT 200
            """)
        return try rows.map { row in
            var limit = GrantLimit(row)
            limit.permissions = try permissions(limit, reader)
            return limit
        }
    }

    private static func permissions(_ limit: GrantLimit, _ reader: any Reader) throws -> Set<String> {
        switch limit.resource {
        case .permission: return [limit.target]
        case .area: return Set(try reader.rows("SELECT name FROM permissions WHERE area = \(limit.target) AND is_declared = 1").compactMap { $0[0].text })
        case .thing:
            let (from, to) = (limit.target + ".", limit.target + "/")
            return Set(try reader.rows("SELECT name FROM permissions WHERE name >= \(from) AND name < \(to) AND is_declared = 1").compactMap { $0[0].text })
        }
    }

    // MARK: Writing

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding; `.conflict` `JW-I130` where it would bind the asker.
    package func keep(_ limit: GrantLimit, by principal: Principal) async throws -> Int64 {
        try await database.write { tx in
            try principal.require("grantLimit.write", "条件授权")
            try check(limit, by: principal, tx)
            let (months, days, weekdays) = (Self.text(limit.months), Self.text(limit.monthDays), Self.text(limit.weekdays))
            let networks = limit.networks.map(\.text).joined(separator: "\n")
            var id = limit.id
            if id == 0 {
                id = try tx.insert(
                    """
                    INSERT INTO grant_limits (subject, subject_id, resource, target, from_day, until_day, months, month_days, weekdays, from_minute, to_minute, networks, reason, state, updated_at,
                    updated_by_name) VALUES (\(limit.subject.rawValue), \(limit.subjectId), \(limit.resource.rawValue), \(limit.target), \(limit.from?.text), \(limit.until?.text), \(months),
                    \(days), \(weekdays), \(limit.fromMinute), \(limit.toMinute), \(networks), \(limit.reason), 'active', \(clock.now), \(principal.name))
                    """)
            } else {
                let count = try tx.execute(
                    """
                    UPDATE grant_limits SET from_day = \(limit.from?.text), until_day = \(limit.until?.text), months = \(months), month_days = \(days), weekdays = \(weekdays),
                    from_minute = \(limit.fromMinute), to_minute = \(limit.toMinute), networks = \(networks), reason = \(limit.reason), updated_at = \(clock.now),
                    updated_by_name = \(principal.name) WHERE id = \(id)
                    """)
                guard count == 1 else { throw Failure.notFound("条件授权") }
            }
            let whom = "\(limit.subject.title)“\(try title(of: limit, tx))”"
            let entry = AuditEntry(
                limit.id == 0 ? "create" : "update", "grantLimit", "\(id)", "\(whom)对“\(limit.target)”只在以下条件可用：\(limit.words)", details: ["reason": .string(limit.reason)])
            try audit.record(entry, by: principal, in: tx)
            version.bump(after: tx)
            return id
        }
    }

    /// Lifted, the permission counts as before; taken up again it is limited anew.
    package func setActive(_ isActive: Bool, of id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("grantLimit.write", "条件授权")
            guard var limit = try find(id, tx) else { throw Failure.notFound("条件授权") }
            limit.isActive = isActive
            if isActive { try check(limit, by: principal, tx) }
            try tx.execute("UPDATE grant_limits SET state = \(isActive ? "active" : "stopped"), updated_at = \(clock.now), updated_by_name = \(principal.name) WHERE id = \(id)")
            let whom = "\(limit.subject.title)“\(try title(of: limit, tx))”"
            try audit.record(AuditEntry("update", "grantLimit", "\(id)", "\(isActive ? "启用" : "停用")\(whom)对“\(limit.target)”的条件"), by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    private static func text(_ numbers: [Int]) -> String { Set(numbers).sorted().map { String($0) }.joined(separator: ",") }

    private func check(_ limit: GrantLimit, by principal: Principal, _ reader: any Reader) throws {
        var findings: [FieldFinding] = []
        if try !isKnown(limit, by: principal, reader) { findings.append(FieldFinding("subject", "unknown", "不存在或不在您的管辖范围内", title: limit.subject.title)) }
        if try Self.permissions(limit, reader).intersection(declared(reader)).isEmpty { findings.append(FieldFinding("target", "unknown", "没有这样的权限或资源", title: "资源")) }
        if let from = limit.from, let until = limit.until, until < from { findings.append(FieldFinding("until", "range", "不能早于开始日期", title: "截止日期")) }
        if !limit.months.allSatisfy((1...12).contains) { findings.append(FieldFinding("months", "range", "须在 1–12 之间", title: "月份")) }
        if !limit.monthDays.allSatisfy((1...31).contains) { findings.append(FieldFinding("monthDays", "range", "须在 1–31 之间", title: "日")) }
        if !limit.weekdays.allSatisfy((1...7).contains) { findings.append(FieldFinding("weekdays", "range", "须在 1–7 之间", title: "星期")) }
        if !(2...200).contains(limit.reason.count) { findings.append(FieldFinding("reason", "length", "须为 2–200 个字", title: "事由")) }
        if limit.words == "不限" { findings.append(FieldFinding("from", "required", "至少填写一项条件", title: "条件")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let permissions = try Self.permissions(limit, reader)
        guard !permissions.contains("grantLimit.write"), !permissions.contains("policy.write") else {
            throw Failure(.conflict, "JW-I130", "不能限制维护条件授权与登录规则的权限，否则可能无人能够恢复")
        }
    }

    private func declared(_ reader: any Reader) throws -> Set<String> { Set(try reader.rows("SELECT name FROM permissions WHERE is_declared = 1").compactMap { $0[0].text }) }

    private func isKnown(_ limit: GrantLimit, by principal: Principal, _ reader: any Reader) throws -> Bool {
        switch limit.subject {
        case .user: try users.find(limit.subjectId, reader).map { principal.scope.admits(org: $0.organisation, area: $0.area) } ?? false
        case .group: try reader.first("SELECT id FROM user_groups WHERE id = \(limit.subjectId) AND \(principal.scope.condition(org: "organisation"))") != nil
        case .role: try reader.first("SELECT id FROM roles WHERE id = \(limit.subjectId)") != nil
        }
    }
}
