import Identity
import Kernel
import Storage

extension ReportEngine {
    package static let mostItemsOfOne = 300

    /// What this person may open, newest change first, at most 500.
    package func items(_ kind: ReportItem.Kind, keyword: String? = nil, by principal: Principal, in reader: any Reader) throws -> [ReportItem] {
        var conditions: [SQL] = ["kind = \(kind.rawValue)", ReportAudience.condition(principal)]
        if let keyword { conditions.append(.contains(keyword, in: "title")) }
        return try reader.rows("SELECT * FROM report_items WHERE \(SQL.all(of: conditions)) ORDER BY updated_at DESC, id DESC LIMIT 500").compactMap(ReportItem.init)
    }

    /// - Throws: `.notFound` when there is none or it is not shared with this person.
    package func item(_ id: Int64, _ kinds: [ReportItem.Kind], by principal: Principal, in reader: any Reader) throws -> ReportItem {
        guard let item = try reader.first("SELECT * FROM report_items WHERE id = \(id)").flatMap(ReportItem.init), kinds.contains(item.kind), item.isSeen(by: principal) else {
            throw Failure.notFound("该\(kinds.first?.title ?? "内容")")
        }
        return item
    }

    package func item(named name: String, in reader: any Reader) throws -> ReportItem? {
        try reader.first("SELECT * FROM report_items WHERE name = \(name)").flatMap(ReportItem.init)
    }

    @discardableResult
    package func keep(_ draft: ReportItemDraft, blob: String? = nil, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let title = try checked(draft.title)
        let own = principal.kind == .system ? 0 : try tx.count("SELECT COUNT(*) FROM report_items WHERE owner = \(principal.id)")
        guard own < ReportEngine.mostItemsOfOne else {
            throw Failure(.tooMany, "JW-R010", "您保存的统计、看板和报表已达 \(ReportEngine.mostItemsOfOne) 个，请先删除不用的")
        }
        let now = clock.now
        let owner = principal.kind == .system ? 0 : principal.id
        let id = try tx.insert(
            """
            INSERT INTO report_items (name, kind, title, note, body, blob, owner, owner_name, audience, version, created_at, updated_at)
            VALUES (\(draft.name), \(draft.kind.rawValue), \(title), \(String(draft.note.prefix(500))), \(draft.body.text), \(blob), \(owner), \(principal.name), \(draft.audience.text), 1, \(now), \(now))
            """)
        try identity.audit.record(AuditEntry("create", "reportItem", "\(id)", "保存\(draft.kind.title)“\(title)”"), by: principal, in: tx)
        return id
    }

    /// - Throws: `.forbidden` for another's; `.conflict` `JW-R011` when it was changed meanwhile.
    package func change(
        _ item: ReportItem, title: String? = nil, note: String? = nil, body: JSONValue? = nil, blob: String? = nil, expectedVersion: Int? = nil, by principal: Principal,
        in tx: any Transaction
    ) throws {
        guard item.mayBeChanged(by: principal) else { throw Failure.forbidden("修改他人的\(item.kind.title)") }
        let title = try checked(title ?? item.title)
        let changed = try tx.execute(
            """
            UPDATE report_items SET title = \(title), note = \(note.map { String($0.prefix(500)) } ?? item.note), body = \((body ?? item.body).text), blob = \(blob ?? item.blob), version = version + 1,
            updated_at = \(clock.now) WHERE id = \(item.id) AND version = \(expectedVersion ?? item.version)
            """)
        guard changed == 1 else { throw Failure(.conflict, "JW-R011", "“\(item.title)”已被他人修改，请刷新后重试") }
        try identity.audit.record(AuditEntry("update", "reportItem", "\(item.id)", "修改\(item.kind.title)“\(title)”"), by: principal, in: tx)
    }

    package func share(_ item: ReportItem, with audience: ReportAudience, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(ReportPermission.share, "共享统计与报表")
        guard item.mayBeChanged(by: principal) else { throw Failure.forbidden("共享他人的\(item.kind.title)") }
        guard audience.words.count <= 100 else { throw Failure.invalid([FieldFinding("organisation", "count", "最多共享给一百个角色和机构", title: "共享范围")]) }
        try tx.execute("UPDATE report_items SET audience = \(audience.text), version = version + 1 WHERE id = \(item.id)")
        try identity.audit.record(
            AuditEntry("share", "reportItem", "\(item.id)", "共享\(item.kind.title)“\(item.title)”", details: ["audience": .array(audience.words.map(JSONValue.string))]),
            by: principal, in: tx)
    }

    package func remove(_ item: ReportItem, by principal: Principal, in tx: any Transaction) throws {
        guard item.mayBeChanged(by: principal) else { throw Failure.forbidden("删除他人的\(item.kind.title)") }
        guard item.name == nil else { throw Failure(.conflict, "JW-R012", "随系统提供的\(item.kind.title)不能删除，可另存后修改") }
        try tx.execute("DELETE FROM report_items WHERE id = \(item.id)")
        try tx.execute("UPDATE report_schedules SET is_on = 0, last_note = '报表已删除' WHERE item = \(item.id)")
        try identity.audit.record(AuditEntry("delete", "reportItem", "\(item.id)", "删除\(item.kind.title)“\(item.title)”"), by: principal, in: tx)
    }

    /// Writes what features ship and the database does not know yet; at start. What an installation changed stays.
    package func load() async throws {
        let drafts = shippedItems
        let known = try await database.read { reader in Set(try reader.rows("SELECT name FROM report_items WHERE name IS NOT NULL").compactMap { $0[0].text }) }
        for draft in drafts where !known.contains(draft.name ?? "") {
            var blob: String?
            if let file = draft.file { blob = try await blobs.put(file).hash }
            let stored = blob
            try await database.write { [self] tx in
                guard try self.item(named: draft.name ?? "", in: tx) == nil else { return }
                try self.keep(draft, blob: stored, by: .system("出厂配置"), in: tx)
            }
        }
    }

    private func checked(_ title: String) throws -> String {
        let title = String(title.prefix(200))
        guard (1...60).contains(title.count) else { throw Failure.invalid([FieldFinding("title", title.isEmpty ? "required" : "length", "应为 1 至 60 个字", title: "名称")]) }
        return title
    }
}
