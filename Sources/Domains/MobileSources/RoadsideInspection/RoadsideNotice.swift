import Identity
import Kernel
import Ledgers
import Messages
import Storage

/// A-33 路检路查消息: drafted, changed, published with papers; who inspects reads it on the workbench, in the list of messages and on the phone.
package enum RoadsideNotice {
    package static let ledger = LedgerDeclaration(
        id: "A-33", name: "roadsideNotice", title: "路检路查消息", titleEN: "Roadside notices", group: "路检路查", ownedBy: .authority, titleField: "title",
        fields: [
            .text("title", "标题", length: 2...80, marks: [.required, .searchable]),
            .note("body", "正文", length: 2...5000, marks: [.required]),
            .code("state", "状态", from: .roadsideNoticeState, marks: [.required, .filterable, .groupable]).fallback("draft").hint("发布后立即通知辖区内的监管人员；改回草稿即撤下"),
            .moment("publishedAt", "发布时间", marks: [.readOnly, .sortable]),
            .files("attachments", "附件").hint("Word、PDF、JPG 等"),
        ])

    /// Of the platform's messages.
    static let messageKind = "roadside.notice"

    /// The moment of publishing is set once; each publishing is told to the supervisors of the area once.
    static func register(on ledgers: LedgerEngine, messages: MessageEngine) {
        ledgers.onPrepare(of: ledger.name) { draft, before, _, _ in
            guard draft.values["state"]?.string == "published", before?.values["state"]?.text != "published" else { return }
            draft.set(FieldKey<Moment>("publishedAt"), .int(ledgers.clock.now.milliseconds))
        }
        ledgers.onChange(of: ledger.name) { change, tx in
            guard let after = change.after, after.values["state"]?.text == "published", change.before?.values["state"]?.text != "published" else { return }
            let roles = [BuiltInRole.city.rawValue, BuiltInRole.county.rawValue]
            let scope: SQL = DataScope.areas([after.area ?? "13"]).condition(org: "u.organisation", area: "o.area")
            let users = try tx.rows(
                """
                SELECT DISTINCT u.id FROM users u JOIN organisations o ON o.id = u.organisation JOIN user_roles ur ON ur.user_id = u.id JOIN roles r ON r.id = ur.role_id
                WHERE u.state = 'active' AND r.name IN (\(list: roles)) AND \(scope) ORDER BY u.id LIMIT 20000
                """
            ).compactMap { $0.int("id") }
            let title = after.values["title"]?.text ?? "", body = after.values["body"]?.text ?? ""
            try messages.post(
                MessageDraft(
                    messageKind, grade: .notice, title: title, text: String(body.prefix(100)), path: "/ledgers/\(ledger.name)/\(after.id)", users: users,
                    dedupe: "roadside \(after.id)/\(after.version)"), in: tx)
        }
    }

    /// The latest that are published, for a home page.
    static func latest(_ scope: DataScope, limit: Int = 5, in reader: any Reader) throws -> [(id: Int64, title: String, at: Moment)] {
        try reader.rows(
            """
            SELECT id, title, published_at FROM roadside_notice WHERE deleted_at IS NULL AND state = 'published' AND \(scope.condition()) ORDER BY published_at DESC, id DESC LIMIT \(limit)
            """
        ).map { ($0.int("id") ?? 0, $0.text("title") ?? "", $0.moment("published_at") ?? Moment(milliseconds: 0)) }
    }
}
