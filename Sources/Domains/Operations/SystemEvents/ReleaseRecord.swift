import Identity
import Kernel
import Ledgers
import Messages
import Storage

/// D9.13.2 版本发布记录: one row is one release of the platform; writing it down as planned tells every user before it happens.
enum ReleaseRecord {
    static let ledger = LedgerDeclaration(
        id: "D9.13.2", name: "releaseRecord", title: "版本发布记录", titleEN: "Releases", group: DailyAdministration.group, ownedBy: .shared, uniqueBy: ["releaseName"],
        titleField: "releaseName",
        fields: [
            .text("releaseName", "版本", length: 1...40, marks: [.required, .searchable]),
            .note("notes", "发布说明", length: 5...5000, marks: [.required]),
            .day("releasedOn", "发布日期", marks: [.required, .sortable]),
            .text("leader", "项目负责人", length: 2...30, marks: [.required]),
            .code("result", "发布结果", from: .releaseResult, marks: [.required, .filterable, .groupable]).fallback("planned"),
            .bool("tellsUsers", "发布前通知用户", marks: [.unlisted]).fallback("true").hint("登记为待发布时，向全体在用账号发一条消息"),
            .files("papers", "发布附件"),
        ])

    static let messageKind = "release.announced"

    /// Tells all active users once a release, in the transaction that writes it down.
    static func register(on ledgers: LedgerEngine, messages: MessageEngine) {
        ledgers.onChange(of: ledger.name) { change, tx in
            guard let record = change.record, change.kind == .created, record.values["result"]?.text == "planned", record.values["tellsUsers"]?.int == 1 else { return }
            let users = try tx.rows("SELECT id FROM users WHERE state = 'active' ORDER BY id LIMIT 50000").compactMap { $0.int("id") }
            let version = record.values["releaseName"]?.text ?? "", day = record.values["releasedOn"]?.int.map { Day(number: Int($0))?.text ?? "" } ?? ""
            try messages.post(
                MessageDraft(
                    messageKind, grade: .notice, title: "平台将于 \(day) 发布 \(version)", text: String((record.values["notes"]?.text ?? "").prefix(200)),
                    path: "/ledgers/\(ledger.name)/\(record.id)", users: users, dedupe: "release \(record.id)"), in: tx)
        }
    }
}
