import Alarms
import Kernel
import Ledgers
import Storage

/// D9.14.3 信息接收人管理: one row is one person who is told of alarms of certain kinds, sources and levels; push rules name them by their kind.
enum NotificationRecipient {
    static let ledger = LedgerDeclaration(
        id: "D9.14.3", name: "notificationRecipient", title: "信息接收人", titleEN: "Recipients", group: DailyAdministration.group, ownedBy: .authority, uniqueBy: ["login", "kind"],
        titleField: "person",
        fields: [
            .text("person", "人员姓名", length: 2...30, marks: [.required, .searchable]),
            .code("kind", "人员类型", from: .recipientKind, marks: [.required, .filterable, .groupable]),
            .text("mobile", "手机号", length: 11...20, check: .phone, marks: [.personal]),
            .text("login", "统一身份账号", length: 2...40, marks: [.required, .searchable]).hint("平台登录名，消息与短信按此账号送达"),
            .bool("isOn", "启用", marks: [.filterable]).fallback("true"),
            .codes("watched", "监测类型", from: .watchedKind).hint("不选为全部"),
            .text("source", "报警来源", length: 1...60).hint("报警类型或对象名称中含有的字，不填为全部"),
            .codes("levels", "报警级别", from: .alarmLevelCode).hint("不选为全部"),
            .organisation("enterprise", "归属企业", marks: [.filterable]).hint("只收该企业的报警；不选为辖区内全部"),
        ])

    /// `recipient:officer` in a push rule: those of the kind whose row admits the alarm.
    static let face = ReceiverFace(
        prefix: "recipient",
        choices: { _ in (OperationCodes.dictionaries.first { $0.name == .recipientKind }?.items ?? []).map { (value: $0.code, title: "信息接收人：\($0.title)") } },
        users: { key, org, area, _, reader in try users(key, org: org, area: area, of: nil, in: reader) },
        usersOfAlarm: { key, alarm, reader in try users(key, org: alarm.org, area: alarm.area, of: alarm, in: reader) })

    private static func users(_ kind: String, org: Int64?, area: String?, of alarm: AlarmFace?, in reader: any Reader) throws -> [Int64] {
        let rows = try reader.rows(
            """
            SELECT u.id, r.watched, r.source, r.levels, r.area FROM notification_recipient r JOIN users u ON u.login = r.login AND u.state = 'active'
            WHERE r.deleted_at IS NULL AND r.kind = \(kind) AND r.is_on = 1 AND (r.enterprise IS NULL OR r.enterprise = \(org ?? 0)) ORDER BY u.id LIMIT 2000
            """)
        return rows.compactMap { row in
            if let own = row.text("area"), !own.isEmpty, let area, !area.hasPrefix(own) { return nil }
            guard let alarm else { return row.int("id") }
            let watched = codes(row.text("watched")), levels = codes(row.text("levels"))
            guard watched.isEmpty || watched.contains(alarm.category), levels.isEmpty || !levels.isDisjoint(with: alarm.levels) else { return nil }
            if let source = row.text("source"), !source.isEmpty, !alarm.words.contains(where: { $0.contains(source) }) { return nil }
            return row.int("id")
        }
    }

    private static func codes(_ text: String?) -> Set<String> {
        guard let text, let list = try? JSONValue(parsing: text).array else { return [] }
        return Set(list.compactMap(\.string))
    }
}
