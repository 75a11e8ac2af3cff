import Kernel
import Storage

/// Tenants from application to closing (B5.2.1.1). What happens to one acts on the next request of its people.
package struct Tenants: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion

    // MARK: Reading

    package func find(_ id: Int64, scope: DataScope, _ reader: any Reader) throws -> Tenant? {
        try reader.first("\(Tenant.select) WHERE t.id = \(id) AND \(scope.condition(org: "t.organisation", area: "o.area"))").map(Tenant.init)
    }

    /// Newest first; `before` is the last id of the page before.
    package func page(keyword: String?, state: Tenant.State?, edition: Tenant.Edition?, scope: DataScope, before: Int64?, limit: Int, _ reader: any Reader) throws -> [Tenant] {
        var parts: [SQL] = [scope.condition(org: "t.organisation", area: "o.area")]
        if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "t.name", "o.name", "t.contact")) }
        if let state { parts.append("t.state = \(state.rawValue)") }
        if let edition { parts.append("t.edition = \(edition.rawValue)") }
        if let before { parts.append("t.id < \(before)") }
        return try reader.rows("\(Tenant.select) WHERE \(SQL.all(of: parts)) ORDER BY t.id DESC LIMIT \(limit)").map(Tenant.init)
    }

    /// The open one in whose tree an organisation stands.
    package func tenant(of organisation: Int64, _ reader: any Reader) throws -> Tenant? {
        guard let path = try reader.value("SELECT path FROM organisations WHERE id = \(organisation)")?.text else { return nil }
        let ids = path.split(separator: "/").compactMap { Int64($0) }
        return try reader.first("\(Tenant.select) WHERE t.organisation IN (\(list: ids)) AND t.state = 'open' ORDER BY t.id DESC LIMIT 1").map(Tenant.init)
    }

    /// Accounts not left and organisations in use.
    package func usage(_ tenant: Tenant, _ reader: any Reader) throws -> TenantQuota {
        TenantQuota(users: try Self.users(of: tenant, reader), organisations: try Self.organisations(of: tenant, reader))
    }

    private static func users(of tenant: Tenant, _ reader: any Reader) throws -> Int {
        try reader.count("SELECT count(*) FROM users WHERE left_at IS NULL AND organisation IN (SELECT id FROM organisations WHERE \(tenant.subtree))")
    }

    private static func organisations(of tenant: Tenant, _ reader: any Reader) throws -> Int {
        try reader.count("SELECT count(*) FROM organisations WHERE \(tenant.subtree) AND state = 'active'")
    }

    package func history(of tenant: Int64, _ reader: any Reader) throws -> [TenantEvent] {
        try reader.rows("SELECT * FROM tenant_events WHERE tenant_id = \(tenant) ORDER BY id DESC LIMIT 200").map { row in
            TenantEvent(at: row.moment("at") ?? clock.now, act: row.text("act") ?? "", note: row.text("note") ?? "", byName: row.text("by_name") ?? "")
        }
    }

    // MARK: Applying

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func apply(_ draft: TenantDraft, by principal: Principal) async throws -> Int64 {
        try await database.write { tx in
            try principal.require("tenant.apply", "局点申请")
            let findings = try findings(for: draft, by: principal, tx)
            guard findings.isEmpty, let organisation = draft.organisation else { throw Failure.invalid(findings) }
            let (now, quota) = (clock.now, draft.edition.quota)
            let id = try tx.insert(
                """
                INSERT INTO tenants (name, organisation, edition, user_quota, organisation_quota, state, purpose, contact, applied_by, applied_by_name, applied_at, reviewed_by_name, opinion, updated_at)
                VALUES (\(draft.name), \(organisation), \(draft.edition.rawValue), \(quota.users), \(quota.organisations), 'applied', \(draft.purpose), \(draft.contact), \(principal.id),
                \(principal.name), \(now), '', '', \(now))
                """)
            try note(id, "申请", "\(draft.edition.title)；\(draft.purpose)", "申请局点“\(draft.name)”", by: principal, tx)
            return id
        }
    }

    private func findings(for draft: TenantDraft, by principal: Principal, _ reader: any Reader) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        let lives = "state IN ('applied', 'open', 'suspended')" as SQL
        if !(2...40).contains(draft.name.count) || draft.name.allSatisfy(\.isWhitespace) {
            findings.append(FieldFinding("name", "length", "须为 2–40 个字", title: "局点名称"))
        } else if try reader.count("SELECT count(*) FROM tenants WHERE name = \(draft.name) AND \(lives)") > 0 {
            findings.append(FieldFinding("name", "duplicate", "已有同名局点", title: "局点名称"))
        }
        if let top = try draft.organisation.flatMap({ try reader.first("SELECT * FROM organisations WHERE id = \($0)") }).map(Organisation.init), top.state == .active,
            principal.scope.admits(org: top.id, area: top.area)
        {
            let above = top.path.split(separator: "/").compactMap { Int64($0) }
            let other = try reader.first(
                "\(Tenant.select) WHERE t.\(lives) AND (t.organisation IN (\(list: above)) OR (o.path >= \(top.path) AND o.path < \(top.path.dropLast() + "0"))) LIMIT 1")
            if let other { findings.append(FieldFinding("organisation", "nested", "此机构或其上下级已属于局点“\(other.text("name") ?? "")”", title: "所属机构")) }
            if top.kind == .province { findings.append(FieldFinding("organisation", "kind", "省级机构是平台本身，不能作为局点", title: "所属机构")) }
        } else {
            findings.append(FieldFinding("organisation", "unknown", "不存在、已停用或不在您的管辖范围内", title: "所属机构"))
        }
        if !(2...500).contains(draft.purpose.count) { findings.append(FieldFinding("purpose", "length", "须为 2–500 个字", title: "用途")) }
        if !(2...60).contains(draft.contact.count) { findings.append(FieldFinding("contact", "length", "须为 2–60 个字", title: "联系人")) }
        return findings
    }

    /// - Throws: `.forbidden`, `.notFound`; `.invalid` with findings; `.conflict` `JW-I120` for a state that does not lead there, `JW-I121` for one's own application.
    package func review(_ id: Int64, agrees: Bool, quota: TenantQuota, opinion: String, by principal: Principal) async throws {
        try await database.write { tx in
            let tenant = try reviewable(id, by: principal, tx)
            guard tenant.state == .applied else { throw wrongState(tenant) }
            guard principal.kind != .user || tenant.appliedBy != principal.id else { throw Failure(.conflict, "JW-I121", "不能审核自己提交的申请") }
            try check(quota, opinion)
            let state = agrees ? Tenant.State.open : .refused
            try tx.execute(
                """
                UPDATE tenants SET state = \(state.rawValue), user_quota = \(quota.users), organisation_quota = \(quota.organisations), reviewed_by_name = \(principal.name),
                reviewed_at = \(clock.now), opinion = \(opinion), updated_at = \(clock.now) WHERE id = \(id)
                """)
            try note(id, agrees ? "审核通过，开通" : "审核不通过", opinion, "局点“\(tenant.name)”\(agrees ? "审核通过并开通" : "审核未通过")", by: principal, tx)
        }
    }

    // MARK: Upgrading

    /// - Throws: `.forbidden`, `.notFound`; `.invalid`; `.conflict` `JW-I120`.
    package func askUpgrade(_ id: Int64, _ edition: Tenant.Edition, _ quota: TenantQuota, reason: String, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("tenant.apply", "局点申请")
            guard let tenant = try find(id, scope: principal.scope, tx) else { throw Failure.notFound("局点") }
            guard tenant.state == .open, tenant.wanted == nil else { throw wrongState(tenant) }
            try check(quota, reason)
            guard edition != tenant.edition || quota != tenant.quota else { throw Failure.invalid([FieldFinding("edition", "same", "与现有版本和限额相同", title: "版本")]) }
            try tx.execute(
                """
                UPDATE tenants SET wanted_edition = \(edition.rawValue), wanted_users = \(quota.users), wanted_organisations = \(quota.organisations), wanted_reason = \(reason),
                wanted_by = \(principal.id), wanted_by_name = \(principal.name), updated_at = \(clock.now) WHERE id = \(id)
                """)
            let words = "\(edition.title)，账号 \(quota.users)，机构 \(quota.organisations)"
            try note(id, "申请升级", "\(words)；\(reason)", "局点“\(tenant.name)”申请升级：\(words)", by: principal, tx)
        }
    }

    package func decideUpgrade(_ id: Int64, agrees: Bool, opinion: String, by principal: Principal) async throws {
        try await database.write { tx in
            let tenant = try reviewable(id, by: principal, tx)
            guard let wanted = tenant.wanted else { throw wrongState(tenant) }
            guard principal.kind != .user || wanted.by != principal.id else { throw Failure(.conflict, "JW-I121", "不能审核自己提交的申请") }
            try check(wanted.quota, opinion)
            if agrees {
                try tx.execute(
                    "UPDATE tenants SET edition = \(wanted.edition.rawValue), user_quota = \(wanted.quota.users), organisation_quota = \(wanted.quota.organisations) WHERE id = \(id)"
                )
            }
            try tx.execute(
                """
                UPDATE tenants SET wanted_edition = NULL, wanted_users = NULL, wanted_organisations = NULL, wanted_reason = NULL, wanted_by = NULL, wanted_by_name = NULL,
                updated_at = \(clock.now) WHERE id = \(id)
                """)
            let words = "\(wanted.edition.title)，账号 \(wanted.quota.users)，机构 \(wanted.quota.organisations)"
            try note(id, agrees ? "升级通过" : "升级未通过", "\(words)；\(opinion)", "局点“\(tenant.name)”升级\(agrees ? "通过" : "未通过")：\(words)", by: principal, tx)
        }
    }

    // MARK: Suspending

    /// Suspended or closed, nobody of the tenant comes in any more and their sessions end with the next request; closed is for good.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.invalid`; `.conflict` `JW-I120`, `JW-I122` for one's own tenant.
    package func setState(_ state: Tenant.State, of id: Int64, reason: String, by principal: Principal) async throws {
        try await database.write { tx in
            let tenant = try reviewable(id, by: principal, tx)
            let leads: [Tenant.State: [Tenant.State]] = [.open: [.suspended, .closed], .suspended: [.open, .closed]]
            guard leads[tenant.state]?.contains(state) == true else { throw wrongState(tenant) }
            let own = try principal.organisation.flatMap { try tx.value("SELECT path FROM organisations WHERE id = \($0)")?.text } ?? ""
            guard state == .open || !own.hasPrefix(tenant.path) else { throw Failure(.conflict, "JW-I122", "不能\(state == .closed ? "关闭" : "暂停")自己所在的局点") }
            guard (2...200).contains(reason.count) else { throw Failure.invalid([FieldFinding("reason", "length", "须为 2–200 个字", title: "原因")]) }
            try tx.execute("UPDATE tenants SET state = \(state.rawValue), updated_at = \(clock.now) WHERE id = \(id)")
            var ended = 0
            if state != .open {
                ended = try tx.execute(
                    "DELETE FROM sessions WHERE user_id IN (SELECT id FROM users WHERE organisation IN (SELECT id FROM organisations WHERE \(tenant.subtree)))")
            }
            let act = state == .open ? "恢复" : state == .suspended ? "暂停" : "关闭"
            try note(id, act, reason + (ended > 0 ? "（结束 \(ended) 个会话）" : ""), "局点“\(tenant.name)”\(act)：\(reason)", by: principal, tx)
        }
    }

    // MARK: Quotas

    /// What stands against one more account in an organisation, or one more organisation below it.
    static func finding(field: String, title: String, below path: String, _ reader: any Reader) throws -> FieldFinding? {
        let ids = path.split(separator: "/").compactMap { Int64($0) }
        guard let tenant = try reader.first("\(Tenant.select) WHERE t.organisation IN (\(list: ids)) AND t.state IN ('open', 'suspended') LIMIT 1").map(Tenant.init) else {
            return nil
        }
        let isUsers = field == "organisation"
        let most = isUsers ? tenant.quota.users : tenant.quota.organisations
        let count = isUsers ? try users(of: tenant, reader) : try organisations(of: tenant, reader)
        guard count >= most else { return nil }
        return FieldFinding(field, "quota", "局点“\(tenant.name)”的\(isUsers ? "账号" : "机构")限额为 \(most)，已用完，请先申请升级", title: title)
    }

    // MARK: Checking

    private func reviewable(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> Tenant {
        try principal.require("tenant.review", "局点审核与管理")
        guard let tenant = try find(id, scope: principal.scope, reader) else { throw Failure.notFound("局点") }
        return tenant
    }

    private func wrongState(_ tenant: Tenant) -> Failure {
        Failure(.conflict, "JW-I120", "局点“\(tenant.name)”现为“\(tenant.state.title)”\(tenant.wanted == nil ? "" : "，有升级申请待审核")，不能这样办理")
    }

    private func check(_ quota: TenantQuota, _ text: String) throws {
        var findings: [FieldFinding] = []
        if !(1...100_000).contains(quota.users) { findings.append(FieldFinding("users", "range", "须在 1–100000 之间", title: "账号限额")) }
        if !(1...50_000).contains(quota.organisations) { findings.append(FieldFinding("organisations", "range", "须在 1–50000 之间", title: "机构限额")) }
        if !(2...200).contains(text.count) { findings.append(FieldFinding("reason", "length", "须为 2–200 个字", title: "意见或理由")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    private func note(_ id: Int64, _ act: String, _ words: String, _ summary: String, by principal: Principal, _ tx: any Transaction) throws {
        try tx.execute("INSERT INTO tenant_events (tenant_id, at, act, note, by_name) VALUES (\(id), \(clock.now), \(act), \(words), \(principal.name))")
        try audit.record(AuditEntry(act == "申请" ? "create" : "update", "tenant", "\(id)", summary, details: ["note": .string(words)]), by: principal, in: tx)
        version.bump(after: tx)
    }
}
