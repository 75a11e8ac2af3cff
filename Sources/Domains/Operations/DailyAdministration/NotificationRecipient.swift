import Alarms
import Cryptography
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
            .text("login", "统一身份账号", length: 2...40, marks: [.searchable]).hint("平台登录名，消息与短信按此账号送达；没有账号的留空，按手机号收短信"),
            .bool("isOn", "启用", marks: [.filterable]).fallback("true"),
            .codes("watched", "监测类型", from: .watchedKind).hint("不选为全部"),
            .text("source", "报警来源", length: 1...60).hint("报警类型或对象名称中含有的字，不填为全部"),
            .codes("levels", "报警级别", from: .alarmLevelCode).hint("不选为全部"),
            .organisation("enterprise", "归属企业", marks: [.filterable]).hint("只收该企业的报警；不选为辖区内全部"),
        ])

    /// `recipient:officer` in a push rule: those of the kind whose row admits the alarm.
    static func face(_ ledgers: LedgerEngine) -> ReceiverFace {
        var face = ReceiverFace(
            prefix: "recipient",
            choices: { _ in (OperationCodes.dictionaries.first { $0.name == .recipientKind }?.items ?? []).map { (value: $0.code, title: "信息接收人：\($0.title)") } },
            users: { key, org, area, _, reader in try users(key, org: org, area: area, of: nil, in: reader) },
            usersOfAlarm: { key, alarm, reader in try users(key, org: alarm.org, area: alarm.area, of: alarm, in: reader) })
        face.numbersOfAlarm = { key, alarm, reader in try numbers(key, alarm, ledgers, in: reader) }
        return face
    }

    /// Whoever has no account needs a number.
    static func register(on ledgers: LedgerEngine) {
        ledgers.onPrepare(of: ledger.name) { draft, before, _, _ in
            let said = draft.values
            let isEmpty = { (name: String) in (said[name] == nil ? before?.values[name]?.text : said[name]?.string).map(\.isEmpty) ?? true }
            guard isEmpty("login"), isEmpty("mobile") else { return }
            throw Failure.invalid([FieldFinding("mobile", "required", "没有平台账号的，必须填写手机号", title: "手机号")])
        }
    }

    /// Numbers of those who have no account and whose row admits the alarm.
    private static func numbers(_ kind: String, _ alarm: AlarmFace, _ ledgers: LedgerEngine, in reader: any Reader) throws -> [(phone: String, name: String)] {
        let cipher = ledgers.cipher(of: ledger.name, "mobile")
        return try reader.rows(
            """
            SELECT person, mobile, watched, source, levels, area FROM notification_recipient WHERE deleted_at IS NULL AND kind = \(kind) AND is_on = 1 AND COALESCE(login, '') = ''
            AND mobile IS NOT NULL AND (enterprise IS NULL OR enterprise = \(alarm.org ?? 0)) ORDER BY id LIMIT 500
            """
        ).compactMap { row in
            guard admits(row, alarm.area, alarm), let stored = row.text("mobile"), !stored.isEmpty else { return nil }
            return (try cipher?.open(stored) ?? stored, row.text("person") ?? "")
        }
    }

    private static func users(_ kind: String, org: Int64?, area: String?, of alarm: AlarmFace?, in reader: any Reader) throws -> [Int64] {
        let rows = try reader.rows(
            """
            SELECT u.id, r.watched, r.source, r.levels, r.area FROM notification_recipient r JOIN users u ON u.login = r.login AND u.state = 'active'
            WHERE r.deleted_at IS NULL AND r.kind = \(kind) AND r.is_on = 1 AND (r.enterprise IS NULL OR r.enterprise = \(org ?? 0)) ORDER BY u.id LIMIT 2000
            """)
        return rows.compactMap { row in admits(row, area, alarm) ? row.int("id") : nil }
    }

    private static func admits(_ row: Row, _ area: String?, _ alarm: AlarmFace?) -> Bool {
        if let own = row.text("area"), !own.isEmpty, let area, !area.hasPrefix(own) { return false }
        guard let alarm else { return true }
        let watched = codes(row.text("watched")), levels = codes(row.text("levels"))
        guard watched.isEmpty || watched.contains(alarm.category), levels.isEmpty || !levels.isDisjoint(with: alarm.levels) else { return false }
        if let source = row.text("source"), !source.isEmpty, !alarm.words.contains(where: { $0.contains(source) }) { return false }
        return true
    }

    private static func codes(_ text: String?) -> Set<String> {
        guard let text, let list = try? JSONValue(parsing: text).array else { return [] }
        return Set(list.compactMap(\.string))
    }
}
