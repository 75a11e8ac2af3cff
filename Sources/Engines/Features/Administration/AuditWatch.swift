import Alarms
import Identity
import Kernel
import Storage

/// Reads the audit book as it grows and raises an alarm for what a person should look at: guessing of passwords, logins from new places or at odd hours, many exports,
/// dangerous acts at night. Every row is judged once; where it stopped is kept in the database.
package struct AuditWatch: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    static let kinds: [AlarmKind] = [
        AlarmKind("passwordGuessing", "密码猜测", "Password guessing", mergeWindow: 3600), AlarmKind("unusualLogin", "异常登录", "Unusual sign-in", mergeWindow: 3600),
        AlarmKind("massExport", "大量导出数据", "Mass export", mergeWindow: 3600), AlarmKind("nightAct", "非工作时段敏感操作", "Sensitive act at night", mergeWindow: 3600),
    ]

    private static let setting = "auditWatch"
    private static let batch = 2000
    private static let nightHours = [22, 23, 0, 1, 2, 3, 4, 5]
    private static let sensitive: Set<String> = ["export", "delete", "reveal"]

    /// - Returns: the number of alarms raised or counted on.
    package func run() async throws -> Int {
        try await platform.database.write { [self] transaction in
            let stored = try transaction.value("SELECT value FROM identity_settings WHERE name = \(Self.setting)")?.text.flatMap { Int64($0) }
            let last = try transaction.value("SELECT coalesce(max(id), 0) FROM audit")?.int ?? 0
            // A first start, or a book that retention has moved past: begin at its end.
            let from = stored ?? last
            let rows = try platform.audit.rows(after: from, limit: Self.batch, transaction)
            var count = 0
            for row in rows where row.actorKind == "user" { for signal in try signals(row, transaction) { count += try raise(signal, transaction) } }
            let reached = rows.last?.id ?? from
            guard stored != reached else { return count }
            try transaction.execute(
                """
                INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting), \(String(reached)), \(platform.clock.now), 0)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
                """)
            return count
        }
    }

    private func raise(_ signal: AlarmSignal, _ transaction: any Transaction) throws -> Int {
        _ = try platform.alarms.raise(signal, by: .system("安全监测"), in: transaction)
        return 1
    }

    private func signals(_ row: AuditRow, _ reader: any Reader) throws -> [AlarmSignal] {
        var signals: [AlarmSignal] = []
        switch row.action {
        case "loginFailed":
            let since = row.at.adding(seconds: -600)
            let failures = try reader.count(
                "SELECT count(*) FROM audit WHERE day >= \(since.day) AND at > \(since) AND id <= \(row.id) AND action = 'loginFailed' AND address = \(row.address)")
            if failures >= 10 { signals.append(signal("passwordGuessing", row, subject: row.address, "地址 \(row.address) 十分钟内登录失败 \(failures) 次")) }
        case "login":
            let marks = row.details["marks"]?.array?.compactMap { $0.string.flatMap(SessionMark.init) } ?? []
            if !marks.isEmpty { signals.append(signal("unusualLogin", row, subject: row.actor, "“\(row.actor)”登录：\(marks.map(\.title).joined(separator: "、"))，地址 \(row.address)")) }
        case "export":
            let since = row.at.adding(seconds: -3600)
            let exports = try reader.count(
                "SELECT count(*) FROM audit WHERE actor_id = \(row.actorId) AND day >= \(since.day) AND at > \(since) AND id <= \(row.id) AND action = 'export' AND actor_kind = 'user'"
            )
            if exports > platform.identity.policies.current.exportsAnHour { signals.append(signal("massExport", row, subject: row.actor, "“\(row.actor)”一小时内导出 \(exports) 次")) }
        default: break
        }
        if Self.sensitive.contains(row.action), Self.nightHours.contains(row.at.hourOfDay) {
            signals.append(signal("nightAct", row, subject: row.actor, "“\(row.actor)”在 \(row.at.text) \(AuditPage.title(row.action))：\(row.summary)"))
        }
        return signals
    }

    private func signal(_ kind: String, _ row: AuditRow, subject: String, _ title: String) -> AlarmSignal {
        AlarmSignal(
            kind: kind, org: row.org, area: row.area, subject: subject, occurredAt: row.at, title: String(title.prefix(200)),
            facts: ["audit": .int(row.id), "actor": .string(row.actor), "address": .string(row.address), "action": .string(row.action)],
            reasons: [AlarmReason(kind, String(title.prefix(200)))])
    }
}
