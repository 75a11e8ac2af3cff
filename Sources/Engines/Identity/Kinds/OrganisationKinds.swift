import Kernel
import Storage

/// A kind of organisations that an administrator added (B5.2.2.1): 化工园区管委会, 第三方检测机构. It stands on a built-in one, whose level, roles and areas it has.
package struct OrganisationKind: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case active, stopped

        package var title: String { self == .active ? "在用" : "已停用" }
    }

    package var id: Int64
    package var title: String
    package var base: Organisation.Kind
    package var note: String
    /// Among those of the same base.
    package var rank: Int
    package var state: State
    package var updatedAt: Moment
    package var updatedBy: String
    /// Organisations of this kind.
    package var uses: Int

    init(_ row: Row) {
        id = row.int("id") ?? 0
        title = row.text("title") ?? ""
        base = row.text("base").flatMap(Organisation.Kind.init) ?? .enterprise
        note = row.text("note") ?? ""
        rank = Int(row.int("rank") ?? 0)
        state = row.text("state").flatMap(State.init) ?? .stopped
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedBy = row.text("updated_by_name") ?? ""
        uses = Int(row.int("uses") ?? 0)
    }
}

/// What is asked for when a kind is added or changed; the base stays as it was.
package struct OrganisationKindDraft: Sendable, Equatable {
    package var title: String
    package var base: Organisation.Kind
    package var note: String
    package var rank: Int

    package init(title: String, base: Organisation.Kind, note: String = "", rank: Int = 0) {
        self.title = title
        self.base = base
        self.note = note
        self.rank = rank
    }
}

/// Kinds of organisations beside the built-in ones. A stopped kind stays with those that have it and is offered to none.
package struct OrganisationKinds: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail

    static let table = Table(
        "organisation_kinds",
        columns: [
            Column("title", .text, required: true), Column("base", .text, required: true), Column("note", .text, required: true), Column("rank", .integer, required: true),
            Column("state", .text, required: true), Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
        ], indexes: [Index("title", unique: true)])

    /// All of them, by base and order; a few dozen.
    package func all(keyword: String? = nil, base: Organisation.Kind? = nil, _ reader: any Reader) throws -> [OrganisationKind] {
        var conditions: [SQL] = ["1 = 1"]
        if let keyword, !keyword.isEmpty { conditions.append(.contains(keyword, in: "title", "note")) }
        if let base { conditions.append("base = \(base.rawValue)") }
        let rows = try reader.rows(
            """
            SELECT k.*, (SELECT count(*) FROM organisations o WHERE o.category = k.id) AS uses FROM organisation_kinds k WHERE \(SQL.all(of: conditions))
            ORDER BY k.base, k.rank, k.id LIMIT 500
            """)
        return rows.map(OrganisationKind.init)
    }

    package func find(_ id: Int64, _ reader: any Reader) throws -> OrganisationKind? {
        try reader.first("SELECT k.*, (SELECT count(*) FROM organisations o WHERE o.category = k.id) AS uses FROM organisation_kinds k WHERE k.id = \(id)").map(
            OrganisationKind.init)
    }

    /// Titles by id, for lists.
    package func titles(_ reader: any Reader) throws -> [Int64: String] {
        try reader.rows("SELECT id, title FROM organisation_kinds LIMIT 500").reduce(into: [:]) { $0[$1[0].int ?? 0] = $1[1].text ?? "" }
    }

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func create(_ draft: OrganisationKindDraft, by principal: Principal) async throws -> Int64 {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            try check(draft, id: nil, tx)
            let id = try tx.insert(
                """
                INSERT INTO organisation_kinds (title, base, note, rank, state, updated_at, updated_by_name)
                VALUES (\(draft.title), \(draft.base.rawValue), \(draft.note), \(draft.rank), 'active', \(clock.now), \(principal.name))
                """)
            try audit.record(AuditEntry("create", "organisationKind", "\(id)", "新增机构类型“\(draft.title)”（\(draft.base.title)）"), by: principal, in: tx)
            return id
        }
    }

    /// Title, note and order.
    ///
    /// - Throws: as `create`; `.notFound`.
    package func update(_ id: Int64, _ draft: OrganisationKindDraft, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            guard let old = try find(id, tx) else { throw Failure.notFound("机构类型") }
            try check(draft, id: id, tx)
            try tx.execute(
                "UPDATE organisation_kinds SET title = \(draft.title), note = \(draft.note), rank = \(draft.rank), updated_at = \(clock.now), updated_by_name = \(principal.name) WHERE id = \(id)"
            )
            let details: JSONValue = ["before": .string(old.title), "after": .string(draft.title)]
            try audit.record(AuditEntry("update", "organisationKind", "\(id)", "修改机构类型“\(draft.title)”", details: details), by: principal, in: tx)
        }
    }

    /// - Throws: `.forbidden`, `.notFound`.
    package func setState(_ state: OrganisationKind.State, of id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            guard let old = try find(id, tx) else { throw Failure.notFound("机构类型") }
            try tx.execute("UPDATE organisation_kinds SET state = \(state.rawValue), updated_at = \(clock.now), updated_by_name = \(principal.name) WHERE id = \(id)")
            let act = state == .active ? "启用" : "停用"
            try audit.record(AuditEntry("update", "organisationKind", "\(id)", "\(act)机构类型“\(old.title)”"), by: principal, in: tx)
        }
    }

    private func check(_ draft: OrganisationKindDraft, id: Int64?, _ reader: any Reader) throws {
        var findings: [FieldFinding] = []
        let taken = try reader.count("SELECT count(*) FROM organisation_kinds WHERE title = \(draft.title) AND id <> \(id ?? 0)") > 0
        if !(2...20).contains(draft.title.count) || draft.title.allSatisfy(\.isWhitespace) {
            findings.append(FieldFinding("title", "length", "须为 2–20 个字", title: "名称"))
        } else if taken || Organisation.Kind.allCases.contains(where: { $0.title == draft.title }) {
            findings.append(FieldFinding("title", "duplicate", "已有同名类型", title: "名称"))
        }
        if draft.base == .province { findings.append(FieldFinding("base", "kind", "省级机构只有一个，不能细分", title: "基本类型")) }
        if draft.note.count > 200 { findings.append(FieldFinding("note", "length", "至多 200 个字", title: "说明")) }
        if !(0...9_999).contains(draft.rank) { findings.append(FieldFinding("rank", "range", "须在 0–9999 之间", title: "顺序")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }
}
