import Identity
import Kernel
import Storage

/// What a configuration item's value must be (B5.2.1.2).
package enum ConfigurationKind: String, Sendable, CaseIterable {
    case text, integer, decimal, bool, day, choice

    package var title: String {
        switch self {
        case .text: "文本"
        case .integer: "整数"
        case .decimal: "小数"
        case .bool: "是或否"
        case .day: "日期"
        case .choice: "选项"
        }
    }

    /// Why a value does not fit; nil where it does.
    func fault(of value: String, choices: [String]) -> String? {
        switch self {
        case .text: value.count <= 500 ? nil : "至多 500 个字"
        case .integer: Int64(value) != nil ? nil : "须为整数"
        case .decimal: Double(value).map(\.isFinite) == true ? nil : "须为数字"
        case .bool: ["true", "false"].contains(value) ? nil : "须为 true 或 false"
        case .day: Day(parsing: value) != nil ? nil : "须为日期，如 2026-11-22"
        case .choice: choices.contains(value) ? nil : "须为选项之一：\(choices.joined(separator: "、"))"
        }
    }

    /// As programs read it.
    func json(_ value: String) -> JSONValue {
        switch self {
        case .text, .day, .choice: .string(value)
        case .integer: Int64(value).map { .int($0) } ?? .null
        case .decimal: Double(value).map { .double($0) } ?? .null
        case .bool: .bool(value == "true")
        }
    }
}

/// One item with the value of the system and, where a tenant is looked at, the tenant's own.
package struct ConfigurationItem: Sendable, Equatable {
    package var id: Int64
    /// `report.footer`: by which programs ask.
    package var key: String
    package var title: String
    package var kind: ConfigurationKind
    package var choices: [String]
    package var value: String
    /// Whether a tenant may have a value of its own.
    package var isOpen: Bool
    package var note: String
    package var updatedAt: Moment
    package var updatedBy: String
    /// Of the tenant; nil where it goes by the system's.
    package var own: String?

    /// What counts.
    package var effective: String { own ?? value }

    init(_ row: Row) {
        id = row.int("id") ?? 0
        key = row.text("name") ?? ""
        title = row.text("title") ?? ""
        kind = row.text("kind").flatMap(ConfigurationKind.init) ?? .text
        choices = (row.text("choices") ?? "").split(separator: "\n").map(String.init)
        value = row.text("value") ?? ""
        isOpen = row.bool("is_open")
        note = row.text("note") ?? ""
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedBy = row.text("updated_by_name") ?? ""
        own = row.text("own")
    }
}

/// What is asked for when an item is made or changed.
package struct ConfigurationDraft: Sendable, Equatable {
    package var key: String
    package var title: String
    package var kind: ConfigurationKind
    package var choices: [String]
    package var value: String
    package var isOpen: Bool
    package var note: String

    package init(key: String, title: String, kind: ConfigurationKind, choices: [String] = [], value: String, isOpen: Bool = false, note: String = "") {
        self.key = key
        self.title = title
        self.kind = kind
        self.choices = choices
        self.value = value
        self.isOpen = isOpen
        self.note = note
    }
}

/// Configuration of the system and of its tenants: a tenant without a value of its own has the system's.
package struct ConfigurationBook: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let tenants: Tenants

    package init(_ platform: Platform) {
        database = platform.database
        clock = platform.clock
        audit = platform.audit
        tenants = platform.identity.tenants
    }

    package static let permissions = [
        PermissionDeclaration("configuration.read", "配置项：查看", area: "系统管理", defaultRoles: [.city, .county, .securityAdmin, .auditAdmin]),
        PermissionDeclaration("configuration.write", "配置项：维护系统级", area: "系统管理"),
        PermissionDeclaration("configuration.tenant", "配置项：维护局点级", area: "系统管理", defaultRoles: [.city, .county]),
    ]

    static let tables = [
        Table(
            "configuration_items",
            columns: [
                Column("name", .text, required: true), Column("title", .text, required: true), Column("kind", .text, required: true), Column("choices", .text, required: true),
                Column("value", .text, required: true), Column("is_open", .integer, required: true), Column("note", .text, required: true),
                Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
            ], indexes: [Index("name", unique: true)]),
        Table(
            "configuration_values", key: ["item_id", "tenant_id"],
            columns: [
                Column("item_id", .integer, required: true), Column("tenant_id", .integer, required: true), Column("value", .text, required: true),
                Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
            ], indexes: [Index("tenant_id")], isClustered: true),
    ]

    // MARK: Reading

    /// All of them by key; a few hundred at the most.
    package func all(keyword: String? = nil, kind: ConfigurationKind? = nil, for tenant: Int64?, _ reader: any Reader) throws -> [ConfigurationItem] {
        var parts: [SQL] = ["1 = 1"]
        if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "i.name", "i.title", "i.note")) }
        if let kind { parts.append("i.kind = \(kind.rawValue)") }
        return try reader.rows(
            """
            SELECT i.*, v.value AS own FROM configuration_items i LEFT JOIN configuration_values v ON v.item_id = i.id AND v.tenant_id = \(tenant ?? 0) AND i.is_open = 1
            WHERE \(SQL.all(of: parts)) ORDER BY i.name LIMIT 1000
            """
        ).map(ConfigurationItem.init)
    }

    package func find(_ id: Int64, for tenant: Int64?, _ reader: any Reader) throws -> ConfigurationItem? {
        try reader.first(
            """
            SELECT i.*, v.value AS own FROM configuration_items i LEFT JOIN configuration_values v ON v.item_id = i.id AND v.tenant_id = \(tenant ?? 0) AND i.is_open = 1 WHERE i.id = \(id)
            """
        ).map(ConfigurationItem.init)
    }

    /// What counts for an organisation's people, by key: their tenant's value, or else the system's.
    package func effective(for organisation: Int64?, _ reader: any Reader) throws -> [(key: String, value: JSONValue)] {
        let tenant = try organisation.flatMap { try tenants.tenant(of: $0, reader) }
        return try all(for: tenant?.id, reader).map { ($0.key, $0.kind.json($0.effective)) }
    }

    // MARK: Writing

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func create(_ draft: ConfigurationDraft, by principal: Principal) async throws -> Int64 {
        try await database.write { tx in
            try principal.require("configuration.write", "系统级配置维护")
            try check(draft, id: nil, tx)
            let id = try tx.insert(
                """
                INSERT INTO configuration_items (name, title, kind, choices, value, is_open, note, updated_at, updated_by_name) VALUES
                (\(draft.key), \(draft.title), \(draft.kind.rawValue), \(draft.choices.joined(separator: "\n")), \(draft.value), \(draft.isOpen ? 1 : 0), \(draft.note), \(clock.now),
                \(principal.name))
                """)
            try audit.record(AuditEntry("create", "configuration", "\(id)", "新增配置项“\(draft.key)”＝\(draft.value)"), by: principal, in: tx)
            return id
        }
    }

    /// Its key and kind stay; values of tenants that no longer fit the choices are refused, not changed.
    package func update(_ id: Int64, _ draft: ConfigurationDraft, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("configuration.write", "系统级配置维护")
            guard let old = try find(id, for: nil, tx) else { throw Failure.notFound("配置项") }
            var draft = draft
            (draft.key, draft.kind) = (old.key, old.kind)
            try check(draft, id: id, tx)
            try tx.execute(
                """
                UPDATE configuration_items SET title = \(draft.title), choices = \(draft.choices.joined(separator: "\n")), value = \(draft.value), is_open = \(draft.isOpen ? 1 : 0),
                note = \(draft.note), updated_at = \(clock.now), updated_by_name = \(principal.name) WHERE id = \(id)
                """)
            let details: JSONValue = ["before": .string(old.value), "after": .string(draft.value)]
            try audit.record(AuditEntry("update", "configuration", "\(id)", "修改配置项“\(draft.key)”＝\(draft.value)", details: details), by: principal, in: tx)
        }
    }

    package func delete(_ id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("configuration.write", "系统级配置维护")
            guard let old = try find(id, for: nil, tx) else { throw Failure.notFound("配置项") }
            let values = try tx.execute("DELETE FROM configuration_values WHERE item_id = \(id)")
            try tx.execute("DELETE FROM configuration_items WHERE id = \(id)")
            let details: JSONValue = ["before": .string(old.value), "tenants": .int(Int64(values))]
            try audit.record(AuditEntry("delete", "configuration", "\(id)", "删除配置项“\(old.key)”", details: details), by: principal, in: tx)
        }
    }

    /// A tenant's own value; nil goes back to the system's.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.invalid`; `.conflict` `JW-I125` where the item is the system's alone.
    package func set(_ value: String?, of id: Int64, for tenant: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("configuration.tenant", "局点级配置维护")
            guard let place = try tenants.find(tenant, scope: principal.scope, tx), let item = try find(id, for: tenant, tx) else { throw Failure.notFound("配置项") }
            guard item.isOpen else { throw Failure(.conflict, "JW-I125", "“\(item.title)”只能由系统统一设置") }
            if let value {
                if let fault = item.kind.fault(of: value, choices: item.choices) { throw Failure.invalid([FieldFinding("value", "format", fault, title: item.title)]) }
                try tx.execute(
                    """
                    INSERT INTO configuration_values (item_id, tenant_id, value, updated_at, updated_by_name) VALUES (\(id), \(tenant), \(value), \(clock.now), \(principal.name))
                    ON CONFLICT (item_id, tenant_id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by_name = excluded.updated_by_name
                    """)
            } else {
                try tx.execute("DELETE FROM configuration_values WHERE item_id = \(id) AND tenant_id = \(tenant)")
            }
            let summary = value.map { "局点“\(place.name)”的配置项“\(item.key)”＝\($0)" } ?? "局点“\(place.name)”的配置项“\(item.key)”恢复继承系统值"
            let details: JSONValue = ["before": JSONValue(item.own), "after": JSONValue(value)]
            try audit.record(AuditEntry("update", "configuration", "\(id)", summary, details: details), by: principal, in: tx)
        }
    }

    private func check(_ draft: ConfigurationDraft, id: Int64?, _ reader: any Reader) throws {
        var findings: [FieldFinding] = []
        let isKey =
            (2...60).contains(draft.key.utf8.count)
            && draft.key.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 46 || $0 == 95 }
        if !isKey {
            findings.append(FieldFinding("key", "format", "须为 2–60 位字母、数字、点或下划线", title: "常量名称"))
        } else if try reader.count("SELECT count(*) FROM configuration_items WHERE name = \(draft.key) AND id <> \(id ?? 0)") > 0 {
            findings.append(FieldFinding("key", "duplicate", "已存在", title: "常量名称"))
        }
        if !(2...40).contains(draft.title.count) { findings.append(FieldFinding("title", "length", "须为 2–40 个字", title: "名称")) }
        if draft.kind == .choice, draft.choices.count < 2 { findings.append(FieldFinding("choices", "required", "至少两个，每行一个", title: "选项")) }
        if let fault = draft.kind.fault(of: draft.value, choices: draft.choices) { findings.append(FieldFinding("value", "format", fault, title: "取值")) }
        if draft.note.count > 200 { findings.append(FieldFinding("note", "length", "至多 200 个字", title: "说明")) }
        if let id, draft.kind == .choice {
            let kept = try reader.rows("SELECT DISTINCT value FROM configuration_values WHERE item_id = \(id)").compactMap { $0[0].text }.filter { !draft.choices.contains($0) }
            if !kept.isEmpty { findings.append(FieldFinding("choices", "used", "仍有局点在用：\(kept.joined(separator: "、"))", title: "选项")) }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }
}
