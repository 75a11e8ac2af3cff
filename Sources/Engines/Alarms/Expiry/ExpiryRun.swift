import Identity
import Kernel
import Ledgers
import Messages
import Storage

extension ExpiryEngine {
    /// A record that stands in a stage of a rule.
    private struct Due: Sendable {
        var record: Int64
        var title: String
        var org: Int64?
        var area: String?
        var due: Day
        var stage: Int
    }

    /// Goes through all rules. Each is read in one snapshot and written by five hundred; twice a day does no harm.
    ///
    /// - Returns: how many warnings were opened.
    @discardableResult
    package func run() async throws -> Int {
        try await reload()
        var opened = 0
        for rule in current {
            guard rule.isOn, let declaration = ledgers.declarations.first(where: { $0.name == rule.ledger }) else { continue }
            let found = try await database.read { [self] reader in try due(rule, declaration, in: reader) }
            for start in stride(from: 0, to: found.count, by: 500) {
                let part = Array(found[start..<min(start + 500, found.count)])
                opened += try await database.write { [self] tx in try part.reduce(0) { try $0 + (warn($1, rule, in: tx) ? 1 : 0) } }
            }
            let standing = Set(found.map(\.record))
            try await database.write { [self] tx in
                for row in try tx.rows("SELECT \(ExpiryWarning.columns) FROM expiry_warnings WHERE rule = \(rule.id) AND closed_at IS NULL ORDER BY id LIMIT \(Self.rowLimit)") {
                    let warning = ExpiryWarning(row)
                    if !standing.contains(warning.record) { try close(warning, rule, "已更新或完成", in: tx) }
                }
            }
        }
        return opened
    }

    private func due(_ rule: ExpiryRule, _ declaration: LedgerDeclaration, in reader: any Reader) throws -> [Due] {
        let today = clock.today
        let last = today.adding(days: rule.stages.max() ?? 0)
        let isMoment = if case .moment = declaration.field(rule.field)?.kind { true } else { false }
        var query = LedgerQuery(ledger: rule.ledger, filters: [.init(rule.field, .lte, [isMoment ? last.end.adding(seconds: -1).text : last.text]), .init(rule.field, .notEmpty)])
        if let done = rule.doneField { query.filters.append(.init(done, .isEmpty)) }
        for (field, codes) in rule.only ?? [:] { query.filters.append(.init(field, .in, codes)) }
        var found: [Due] = []
        try ledgers.each(query, by: .system(), in: reader) { record in
            if let due = self.due(record, rule, declaration, today) { found.append(due) }
            return found.count < Self.rowLimit
        }
        return found
    }

    private func due(_ record: Record, _ rule: ExpiryRule, _ declaration: LedgerDeclaration, _ today: Day) -> Due? {
        guard record.deletedAt == nil, rule.concerns(record.values), let date = date(record, rule, declaration), let stage = rule.stage(of: date, on: today) else { return nil }
        if let done = rule.doneField, let value = record.values[done], !value.isNull, value.text != "", value.int != 0 { return nil }
        let title = record.values[declaration.titleField].map { $0.text ?? $0.int.map(String.init) ?? "" } ?? ""
        return Due(record: record.id, title: title.isEmpty ? "\(declaration.title) \(record.id)" : title, org: record.org, area: record.area, due: date, stage: stage)
    }

    private func date(_ record: Record, _ rule: ExpiryRule, _ declaration: LedgerDeclaration) -> Day? {
        guard let value = record.values[rule.field]?.int else { return nil }
        if case .moment = declaration.field(rule.field)?.kind { return Moment(milliseconds: value).day }
        return Day(number: Int(value))
    }

    /// - Returns: whether a warning was opened.
    private func warn(_ due: Due, _ rule: ExpiryRule, in tx: any Transaction) throws -> Bool {
        let now = clock.now
        let known = try tx.first("SELECT \(ExpiryWarning.columns) FROM expiry_warnings WHERE rule = \(rule.id) AND record = \(due.record) AND closed_at IS NULL").map(
            ExpiryWarning.init)
        if let known, known.due == due.due {
            guard due.stage < known.stage else { return false }
            try tx.execute("UPDATE expiry_warnings SET stage = \(due.stage) WHERE id = \(known.id)")
            try tell(due, rule, warning: known.id, orgName: known.orgName, in: tx)
            return false
        }
        if let known { try close(known, rule, "日期已改为 \(due.due.text)", in: tx) }
        let orgName = try due.org.flatMap { try tx.first("SELECT name FROM organisations WHERE id = \($0)")?.text("name") } ?? ""
        let id = try tx.insert(
            """
            INSERT INTO expiry_warnings (rule, rule_title, ledger, record, title, org, org_name, area, due, stage, opened_at) VALUES \
            (\(rule.id), \(rule.title), \(rule.ledger), \(due.record), \(due.title), \(due.org), \(orgName), \(due.area), \(due.due), \(due.stage), \(now))
            """)
        try tell(due, rule, warning: id, orgName: orgName, in: tx)
        return true
    }

    private static func subject(_ rule: Int64, _ record: Int64) -> String { "\(rule)/\(record)" }

    private func tell(_ due: Due, _ rule: ExpiryRule, warning: Int64, orgName: String, in tx: any Transaction) throws {
        let now = clock.now
        let left = due.due.daysSince1970 - clock.today.daysSince1970
        let text = left < 0 ? "\(rule.title)已过期 \(-left) 天（\(due.due.text)）" : left == 0 ? "\(rule.title)今天到期" : "\(rule.title)还有 \(left) 天到期（\(due.due.text)）"
        let users = try alarms.users(rule.receivers, org: due.org, area: due.area, at: now, in: tx)
        try messages.post(
            MessageDraft(
                "expiry.warning", grade: due.stage < 0 ? .notice : .info, title: due.title, text: text, path: "/ledgers/\(rule.ledger)/\(due.record)", users: users,
                dedupe: "expiry \(warning)/\(due.stage)"), in: tx)
        guard due.stage < 0, rule.raisesAlarm else { return }
        try alarms.raise(
            AlarmSignal(
                kind: Self.alarmKind.name, org: due.org, orgName: orgName, area: due.area, subject: Self.subject(rule.id, due.record), occurredAt: now,
                title: "\(due.title)：\(text)",
                facts: ["ledger": .string(rule.ledger), "record": .int(due.record), "due": .string(due.due.text)], reasons: [AlarmReason("expired", text)],
                source: AlarmSource("ledger:\(rule.ledger)", due.record)), by: .system("到期预警"), in: tx)
    }

    func close(_ warning: ExpiryWarning, _ rule: ExpiryRule, _ why: String, in tx: any Transaction) throws {
        try tx.execute("UPDATE expiry_warnings SET closed_at = \(clock.now), closed_by = \(why) WHERE id = \(warning.id)")
        try alarms.clear(kind: Self.alarmKind.name, subject: Self.subject(warning.rule, warning.record), org: warning.org, at: clock.now, reason: why, in: tx)
    }

    /// What was made good closes in the transaction that makes it good; what becomes due waits for the daily run.
    func follow(_ change: LedgerChange, in tx: any Transaction) throws {
        let concerned = current.filter { $0.isOn && $0.ledger == change.ledger }
        guard !concerned.isEmpty, let record = change.record, let declaration = ledgers.declarations.first(where: { $0.name == change.ledger }) else { return }
        let rows = try tx.rows("SELECT \(ExpiryWarning.columns) FROM expiry_warnings WHERE ledger = \(change.ledger) AND record = \(record.id) AND closed_at IS NULL")
        for warning in rows.map(ExpiryWarning.init) {
            guard let rule = concerned.first(where: { $0.id == warning.rule }) else { continue }
            let standing = change.kind == .deleted ? nil : due(record, rule, declaration, clock.today)
            if standing == nil { try close(warning, rule, change.kind == .deleted ? "记录已删除" : "已更新或完成", in: tx) }
        }
    }

    /// Newest first among those a reader may see: in scope, and of ledgers they may read.
    ///
    /// - Parameter state: `open`, `near`, `passed`, `closed`, anything else all.
    package func warnings(
        state: String, rule: Int64? = nil, search: String? = nil, before: Int64? = nil, limit: Int = 50, by principal: Principal, in reader: any Reader
    ) throws -> [ExpiryWarning] {
        let condition = condition(state: state, rule: rule, search: search, by: principal)
        let after: SQL = before.map { "id < \($0)" } ?? "1 = 1"
        return try reader.rows("SELECT \(ExpiryWarning.columns) FROM expiry_warnings WHERE \(condition) AND \(after) ORDER BY id DESC LIMIT \(min(max(limit, 1), 5000))").map(
            ExpiryWarning.init)
    }

    /// Open near, open passed, closed.
    package func counts(by principal: Principal, in reader: any Reader) throws -> (near: Int, passed: Int, closed: Int) {
        let row = try reader.first(
            """
            SELECT COALESCE(SUM(CASE WHEN closed_at IS NULL AND stage >= 0 THEN 1 ELSE 0 END), 0) AS near, COALESCE(SUM(CASE WHEN closed_at IS NULL AND stage < 0 THEN 1 ELSE 0 END), 0) AS passed, \
            COALESCE(SUM(CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END), 0) AS closed FROM expiry_warnings WHERE \(condition(state: "all", rule: nil, search: nil, by: principal))
            """)
        return (Int(row?.int("near") ?? 0), Int(row?.int("passed") ?? 0), Int(row?.int("closed") ?? 0))
    }

    private func condition(state: String, rule: Int64?, search: String?, by principal: Principal) -> SQL {
        let readable = ledgers.declarations.filter { principal.may($0.readPermission) }.map(\.name)
        var parts: [SQL] = [principal.scope.condition(), "ledger IN (\(list: readable))"]
        switch state {
        case "open": parts.append("closed_at IS NULL")
        case "near": parts.append("closed_at IS NULL AND stage >= 0")
        case "passed": parts.append("closed_at IS NULL AND stage < 0")
        case "closed": parts.append("closed_at IS NOT NULL")
        default: break
        }
        if let rule { parts.append("rule = \(rule)") }
        if let search { parts.append(.contains(search, in: "title", "org_name")) }
        return SQL.all(of: parts)
    }
}
