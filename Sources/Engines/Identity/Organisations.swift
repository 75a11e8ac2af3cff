import Kernel
import Storage

/// The tree of organisations. Reading takes any reader and is not scoped: engines name organisations everywhere; lists for people go through `page`.
package struct Organisations: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion

    // MARK: Reading

    package func find(_ id: Int64, _ reader: any Reader) throws -> Organisation? { try reader.first("SELECT * FROM organisations WHERE id = \(id)").map(Organisation.init) }
    package func find(code: String, _ reader: any Reader) throws -> Organisation? { try reader.first("SELECT * FROM organisations WHERE code = \(code)").map(Organisation.init) }

    package func find(_ id: Int64) async throws -> Organisation? { try await database.read { try find(id, $0) } }
    package func find(code: String) async throws -> Organisation? { try await database.read { try find(code: code, $0) } }

    /// Directly below, by code; the roots for nil.
    package func children(of id: Int64?, _ reader: any Reader) throws -> [Organisation] {
        let condition: SQL = id.map { "parent = \($0)" } ?? "parent IS NULL"
        return try reader.rows("SELECT * FROM organisations WHERE \(condition) ORDER BY code").map(Organisation.init)
    }

    /// From the root to this one.
    package func lineage(of organisation: Organisation, _ reader: any Reader) throws -> [Organisation] {
        let ids = organisation.path.split(separator: "/").compactMap { Int64($0) }
        return try reader.rows("SELECT * FROM organisations WHERE id IN (\(list: ids)) ORDER BY path").map(Organisation.init)
    }

    /// Those that the scope admits, part of whose name or code is `keyword`, in the order of ids; `after` is the last id of the page before.
    package func page(
        keyword: String? = nil, kind: Organisation.Kind? = nil, category: Int64? = nil, scope: DataScope, after: Int64 = 0, limit: Int = 50, _ reader: any Reader
    ) throws -> [Organisation] {
        var conditions: [SQL] = ["id > \(after)", scope.condition(org: "id")]
        if let keyword, !keyword.isEmpty { conditions.append(.contains(keyword, in: "name", "code")) }
        if let kind { conditions.append("kind = \(kind.rawValue)") }
        if let category { conditions.append("category = \(category)") }
        return try reader.rows("SELECT * FROM organisations WHERE \(SQL.all(of: conditions)) ORDER BY id LIMIT \(limit)").map(Organisation.init)
    }

    // MARK: Writing

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func create(_ draft: OrganisationDraft, by principal: Principal) async throws -> Organisation {
        try await database.write { try create(draft, by: principal, in: $0) }
    }

    /// The same inside a caller's transaction, so that an enterprise's ledger row and its organisation are one act.
    package func create(_ draft: OrganisationDraft, by principal: Principal, in transaction: any Transaction) throws -> Organisation {
        try principal.require("organisation.write", "组织机构管理")
        let findings = try findings(for: draft, id: nil, by: principal, transaction)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let parent = try draft.parent.flatMap { try find($0, transaction) }
        let now = clock.now
        let id = try transaction.insert(
            """
            INSERT INTO organisations (parent, kind, code, name, area, path, state, created_at, updated_at, category)
            VALUES (\(draft.parent), \(draft.kind.rawValue), \(draft.code), \(draft.name), \(draft.area), '', 'active', \(now), \(now), \(draft.category))
            """)
        try transaction.execute("UPDATE organisations SET path = \("\(parent?.path ?? "/")\(id)/") WHERE id = \(id)")
        let summary = "新增\(draft.kind.title)机构“\(draft.name)”"
        try audit.record(
            AuditEntry("create", "organisation", "\(id)", summary, details: ["code": .string(draft.code), "area": .string(draft.area)]), by: principal, in: transaction)
        version.bump(after: transaction)
        guard let created = try find(id, transaction) else { throw Failure.notFound("机构") }
        return created
    }

    /// Changes name, code and area; the parent and kind stay, and the administrator's own kind unless one is given (`.some(nil)`: none). Its users' area follows.
    ///
    /// - Throws: as `create`; `.notFound`.
    package func update(_ id: Int64, name: String, code: String, area: String, category: Int64?? = nil, by principal: Principal, in transaction: any Transaction) throws {
        try principal.require("organisation.write", "组织机构管理")
        let old = try visible(id, to: principal, transaction)
        let draft = OrganisationDraft(parent: old.parent, kind: old.kind, code: code, name: name, area: area, category: category ?? old.category)
        let findings = try findings(for: draft, id: id, by: principal, transaction)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        try transaction.execute(
            "UPDATE organisations SET name = \(name), code = \(code), area = \(area), category = \(draft.category), updated_at = \(clock.now) WHERE id = \(id)")
        if area != old.area { try transaction.execute("UPDATE users SET area = \(area) WHERE organisation = \(id)") }
        let before: JSONValue = ["name": .string(old.name), "code": .string(old.code), "area": .string(old.area)]
        let after: JSONValue = ["name": .string(name), "code": .string(code), "area": .string(area)]
        try audit.record(AuditEntry("update", "organisation", "\(id)", "修改机构“\(name)”", details: ["before": before, "after": after]), by: principal, in: transaction)
        version.bump(after: transaction)
    }

    package func update(_ id: Int64, name: String, code: String, area: String, category: Int64?? = nil, by principal: Principal) async throws {
        try await database.write { try update(id, name: name, code: code, area: area, category: category, by: principal, in: $0) }
    }

    /// People of a retired organisation cannot sign in, from their next request on.
    ///
    /// - Throws: `.forbidden`, `.notFound`.
    package func setState(_ state: Organisation.State, of id: Int64, by principal: Principal, in transaction: any Transaction) throws {
        try principal.require("organisation.write", "组织机构管理")
        let old = try visible(id, to: principal, transaction)
        guard id != principal.organisation || state == .active else { throw Failure(.conflict, "JW-I030", "不能停用自己所在的机构") }
        try transaction.execute("UPDATE organisations SET state = \(state.rawValue), updated_at = \(clock.now) WHERE id = \(id)")
        try audit.record(AuditEntry("update", "organisation", "\(id)", (state == .active ? "启用" : "停用") + "机构“\(old.name)”"), by: principal, in: transaction)
        version.bump(after: transaction)
    }

    package func setState(_ state: Organisation.State, of id: Int64, by principal: Principal) async throws {
        try await database.write { try setState(state, of: id, by: principal, in: $0) }
    }

    private func visible(_ id: Int64, to principal: Principal, _ reader: any Reader) throws -> Organisation {
        guard let found = try find(id, reader), principal.scope.admits(org: found.id, area: found.area) else { throw Failure.notFound("机构") }
        return found
    }

    /// Everything wrong with a draft, in form order; empty when it may be stored.
    package func findings(for draft: OrganisationDraft, id: Int64?, by principal: Principal, _ reader: any Reader) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        let parent = try draft.parent.flatMap { try find($0, reader) }
        if draft.parent != nil, parent == nil { findings.append(FieldFinding("parent", "unknown", "不存在", title: "上级机构")) }
        if draft.parent == nil, draft.kind != .province { findings.append(FieldFinding("parent", "required", "不能为空", title: "上级机构")) }
        if let parent, !parent.kind.supervises { findings.append(FieldFinding("parent", "kind", "须为监管部门", title: "上级机构")) }
        if !(1...64).contains(draft.code.utf8.count) || !draft.code.utf8.allSatisfy({ (33...126).contains($0) }) {
            findings.append(FieldFinding("code", "format", "须为 1–64 位字母、数字或符号", title: "机构编号"))
        } else if let other = try find(code: draft.code, reader), other.id != id {
            findings.append(FieldFinding("code", "duplicate", "已被“\(other.name)”使用", title: "机构编号"))
        }
        if !(1...60).contains(draft.name.count) || draft.name.allSatisfy(\.isWhitespace) { findings.append(FieldFinding("name", "length", "须为 1–60 个字", title: "机构名称")) }
        if id == nil, let parent, let full = try Tenants.finding(field: "parent", title: "上级机构", below: parent.path, reader) { findings.append(full) }
        if let category = draft.category {
            let row = try reader.first("SELECT base, state FROM organisation_kinds WHERE id = \(category)")
            let isKept = try id.flatMap { try find($0, reader)?.category } == category
            if row?.text("base") != draft.kind.rawValue || (row?.text("state") != OrganisationKind.State.active.rawValue && !isKept) {
                findings.append(FieldFinding("kind", "unknown", "机构类型不存在、已停用或与原类别不符", title: "类别"))
            }
        }
        let areaWidths: [Organisation.Kind: [Int]] = [.province: [2], .city: [4], .county: [6], .enterprise: [6], .maintenance: [2, 4, 6]]
        let isRegion = areaWidths[draft.kind]?.contains(draft.area.utf8.count) == true && Region(code: draft.area + String(repeating: "0", count: 6 - draft.area.utf8.count)) != nil
        if !isRegion {
            findings.append(FieldFinding("area", "format", "与机构级别不符（省 2 位、市 4 位、县区及企业 6 位）", title: "行政区划代码"))
        } else if !principal.scope.admits(org: id, area: draft.area) {
            findings.append(FieldFinding("area", "scope", "不在您的管辖范围内", title: "行政区划代码"))
        } else if let parent, !draft.area.hasPrefix(parent.area) {
            findings.append(FieldFinding("area", "parent", "不在上级机构“\(parent.name)”的辖区内", title: "行政区划代码"))
        }
        return findings
    }
}
