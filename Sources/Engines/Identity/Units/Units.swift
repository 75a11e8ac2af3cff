import Kernel
import Storage

/// Trees of units: several, ten levels, tens of thousands of nodes. Lists open one level at a time; a subtree is one range of an index, never a recursion.
package struct Units: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    /// What follows when the tree of grids changes shape.
    package let hooks = UnitHooks()

    package static let levels = 10

    // MARK: Reading

    package func find(_ id: Int64, scope: DataScope, _ reader: any Reader) throws -> Unit? {
        try reader.first("SELECT * FROM units WHERE id = \(id) AND \(scope.condition())").map(Unit.init)
    }

    package func find(_ tree: UnitTree, code: String, scope: DataScope, _ reader: any Reader) throws -> Unit? {
        try reader.first("SELECT * FROM units WHERE tree = \(tree.rawValue) AND code = \(code) AND \(scope.condition())").map(Unit.init)
    }

    /// From the root to this one.
    package func lineage(of unit: Unit, _ reader: any Reader) throws -> [Unit] {
        let ids = unit.path.split(separator: "/").compactMap { Int64($0) }
        return try reader.rows("SELECT * FROM units WHERE id IN (\(list: ids)) ORDER BY depth").map(Unit.init)
    }

    /// Directly below a node, or the roots, in order; with a keyword everything below whose name or code holds it. Three queries, whatever the size of the tree.
    ///
    /// - Parameter after: how many come before.
    package func page(
        _ tree: UnitTree, at unit: Unit?, keyword: String? = nil, retired: Bool = false, scope: DataScope, after: Int = 0, limit: Int = 50, _ reader: any Reader
    ) throws -> [UnitLine] {
        var conditions: [SQL] = [scope.condition()]
        if !retired { conditions.append("state = 'active'") }
        if let keyword, !keyword.isEmpty {
            conditions.append("tree = \(tree.rawValue)")
            conditions.append("\(SQL.contains(keyword, in: "name")) OR code = \(keyword)")
            if let unit { conditions.append(unit.subtree) }
        } else if let unit {
            conditions.append("parent = \(unit.id)")
        } else {
            conditions.append("tree = \(tree.rawValue) AND depth = 1")
        }
        let units = try reader.rows("SELECT * FROM units WHERE \(SQL.all(of: conditions)) ORDER BY depth, rank, id LIMIT \(limit) OFFSET \(after)").map(Unit.init)
        let ids = units.map(\.id)
        func counts(_ sql: SQL) throws -> [Int64: Int] { try reader.rows(sql).reduce(into: [:]) { $0[$1[0].int ?? 0] = Int($1[1].int ?? 0) } }
        let children = try counts("SELECT parent, count(*) FROM units WHERE parent IN (\(list: ids)) AND state = 'active' GROUP BY parent")
        let members = try counts("SELECT unit_id, count(*) FROM unit_members WHERE unit_id IN (\(list: ids)) GROUP BY unit_id")
        return units.map { UnitLine(unit: $0, children: children[$0.id] ?? 0, members: members[$0.id] ?? 0) }
    }

    package func history(of unit: Int64, _ reader: any Reader) throws -> [UnitChange] {
        try reader.rows("SELECT * FROM unit_changes WHERE unit_id = \(unit) ORDER BY id DESC LIMIT 100").map { row in
            UnitChange(
                at: row.moment("at") ?? clock.now, kind: row.text("kind") ?? "", unitName: row.text("unit_name") ?? "", before: row.text("before_text") ?? "",
                after: row.text("after_text") ?? "", nodes: Int(row.int("nodes") ?? 0), members: Int(row.int("members") ?? 0), byName: row.text("by_name") ?? "")
        }
    }

    // MARK: Writing

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func create(_ draft: UnitDraft, by principal: Principal, in tx: any Transaction) throws -> Unit {
        try principal.require("organisation.write", "组织机构管理")
        let (owner, findings) = try check(draft, id: nil, by: principal, tx)
        guard findings.isEmpty, let owner else { throw Failure.invalid(findings) }
        let now = clock.now
        let id = try tx.insert(
            """
            INSERT INTO units (tree, parent, org, area, code, name, path, depth, rank, state, created_at, updated_at)
            VALUES (\(draft.tree.rawValue), \(draft.parent), \(owner.org), \(owner.area), \(draft.code), \(draft.name), '', \(owner.depth + 1), \(draft.rank), 'active', \(now), \(now))
            """)
        try tx.execute("UPDATE units SET path = \("\(owner.path)\(id)/") WHERE id = \(id)")
        let summary = "新增\(draft.tree.title)“\(draft.name)”"
        try audit.record(AuditEntry("create", "unit", "\(id)", summary, details: ["code": .string(draft.code), "parent": JSONValue(draft.parent)]), by: principal, in: tx)
        guard let made = try find(id, scope: .everything, tx) else { throw Failure.notFound("该单位") }
        return made
    }

    /// Name, code and order; where it stands changes by `move`.
    package func update(_ id: Int64, code: String, name: String, rank: Int, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            let old = try visible(id, to: principal, tx)
            let draft = UnitDraft(tree: old.tree, parent: old.parent, code: code, name: name, rank: rank)
            let findings = try ownFindings(draft, id: id, tx)
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            try tx.execute("UPDATE units SET code = \(code), name = \(name), rank = \(rank), updated_at = \(clock.now) WHERE id = \(id)")
            if name != old.name { try note(old, "更名", before: old.name, after: name, nodes: 1, members: 0, by: principal, in: tx) }
            let details: JSONValue = ["before": .string("\(old.code) \(old.name) \(old.rank)"), "after": .string("\(code) \(name) \(rank)")]
            try audit.record(AuditEntry("update", "unit", "\(id)", "修改“\(name)”", details: details), by: principal, in: tx)
        }
    }

    /// Retires it with everything below it, or takes it into use again.
    package func setState(_ state: Unit.State, of id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            let old = try visible(id, to: principal, tx)
            if state == .active, let parent = old.parent, try find(parent, scope: .everything, tx)?.state == .retired { throw Failure(.conflict, "JW-I102", "上级已停用，请先启用上级") }
            let count =
                state == .active
                ? try tx.execute("UPDATE units SET state = 'active', successor = NULL, updated_at = \(clock.now) WHERE id = \(id)")
                : try tx.execute("UPDATE units SET state = 'retired', updated_at = \(clock.now) WHERE \(old.subtree) AND state = 'active'")
            let word = state == .active ? "启用" : "停用"
            try note(old, word, before: "", after: "", nodes: count, members: 0, by: principal, in: tx)
            try audit.record(AuditEntry("update", "unit", "\(id)", "\(word)“\(old.name)”，共 \(count) 个节点"), by: principal, in: tx)
            try hooks.run(old.tree, by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    func visible(_ id: Int64, to principal: Principal, _ reader: any Reader) throws -> Unit {
        guard let found = try find(id, scope: principal.scope, reader) else { throw Failure.notFound("该单位") }
        return found
    }

    func note(_ unit: Unit, _ kind: String, before: String, after: String, nodes: Int, members: Int, by principal: Principal, in tx: any Transaction) throws {
        try tx.execute(
            """
            INSERT INTO unit_changes (at, unit_id, unit_name, kind, before_text, after_text, nodes, members, by_id, by_name)
            VALUES (\(clock.now), \(unit.id), \(unit.name), \(kind), \(before), \(after), \(nodes), \(members), \(principal.id), \(principal.name))
            """)
    }

    // MARK: Findings

    struct Owner {
        var org: Int64
        var area: String
        var path: String
        var depth: Int
    }

    /// Everything wrong with a draft, in form order, and where it would stand.
    func check(_ draft: UnitDraft, id: Int64?, by principal: Principal, _ reader: any Reader) throws -> (Owner?, [FieldFinding]) {
        var findings = try ownFindings(draft, id: id, reader)
        var owner: Owner?
        if let parent = draft.parent {
            if let found = try find(parent, scope: principal.scope, reader), found.tree == draft.tree, found.state == .active {
                owner = Owner(org: found.org, area: found.area, path: found.path, depth: found.depth)
                if found.depth >= Self.levels { findings.append(FieldFinding("parent", "depth", "至多 \(Self.levels) 级", title: "上级")) }
            } else {
                findings.append(FieldFinding("parent", "unknown", "不存在、已停用或不在您的管辖范围内", title: "上级"))
            }
        } else if let row = try reader.first("SELECT * FROM organisations WHERE code = \(draft.organisation) AND state = 'active'").map(Organisation.init),
            principal.scope.admits(org: row.id, area: row.area)
        {
            owner = Owner(org: row.id, area: row.area, path: "/", depth: 0)
        } else {
            let isMissing = draft.organisation.isEmpty
            findings.append(FieldFinding("organisation", isMissing ? "required" : "unknown", isMissing ? "不能为空" : "不存在、已停用或不在您的管辖范围内", title: "所属机构编号"))
        }
        return (owner, findings)
    }

    private func ownFindings(_ draft: UnitDraft, id: Int64?, _ reader: any Reader) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        if !(1...60).contains(draft.name.count) || draft.name.allSatisfy(\.isWhitespace) { findings.append(FieldFinding("name", "length", "须为 1–60 个字", title: "名称")) }
        if !(1...64).contains(draft.code.utf8.count) || !draft.code.utf8.allSatisfy({ (33...126).contains($0) }) {
            findings.append(FieldFinding("code", "format", "须为 1–64 位字母、数字或符号", title: "编号"))
        } else if let other = try reader.first("SELECT id, name FROM units WHERE tree = \(draft.tree.rawValue) AND code = \(draft.code)"), other.int("id") != id {
            findings.append(FieldFinding("code", "duplicate", "已被使用", title: "编号"))
        }
        if !(0...9_999).contains(draft.rank) { findings.append(FieldFinding("rank", "range", "须在 0–9999 之间", title: "顺序")) }
        return findings
    }
}
