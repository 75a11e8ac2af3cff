import Identity
import Kernel
import Ledgers
import Messages
import Schedules
import Storage
import Synchronization

/// Watches dated fields of ledgers: warns by stages, raises an alarm when the date has passed, closes by itself when the date was renewed or the thing was done.
package final class ExpiryEngine: Sendable {
    package static let alarmKind = AlarmKind(
        "dateExpired", "证照或计划到期", "Date passed", grade: .heavier, closesItself: true, triageWithin: 3 * 86_400, category: .dated)

    let alarms: AlarmEngine
    let ledgers: LedgerEngine
    let messages: MessageEngine
    let database: any Database
    let clock: Clock
    private let rules = Mutex<[ExpiryRule]>([])
    private let presets = Mutex<[ExpiryRule]>([])
    /// Rows of one ledger that one rule looks at in one run.
    static let rowLimit = 20_000

    package init(alarms: AlarmEngine, ledgers: LedgerEngine, messages: MessageEngine, database: any Database, clock: Clock) {
        self.alarms = alarms
        self.ledgers = ledgers
        self.messages = messages
        self.database = database
        self.clock = clock
    }

    package var current: [ExpiryRule] { rules.withLock { $0 } }

    /// What an installation begins with; before `open`.
    package func declare(_ given: [ExpiryRule]) { presets.withLock { $0 += given } }

    /// Writes declared rules that are not there, reads all, and follows changes of the ledgers that have dates. At start.
    package func open() async throws {
        let given = presets.withLock { $0 }
        let known = try await database.read { try $0.rows("SELECT name FROM expiry_rules").compactMap { $0.text("name") } }
        let missing = given.filter { !known.contains($0.name) }
        if !missing.isEmpty {
            try await database.write { [clock] tx in
                for rule in missing {
                    try tx.execute(
                        "INSERT INTO expiry_rules (name, body, at, by_name) VALUES (\(rule.name), \(try rule.json()), \(clock.now), '系统') ON CONFLICT (name) DO NOTHING")
                }
            }
        }
        try await reload()
        for declaration in ledgers.declarations where !Self.dates(of: declaration).isEmpty {
            ledgers.onChange(of: declaration.name) { [weak self] change, tx in try self?.follow(change, in: tx) }
        }
    }

    package func reload() async throws {
        let read = try await database.read { try $0.rows("SELECT id, body FROM expiry_rules ORDER BY id").map { try ExpiryRule($0) } }
        rules.withLock { $0 = read }
    }

    /// Fields that a rule may watch.
    package static func dates(of declaration: LedgerDeclaration) -> [Field] {
        declaration.fields.filter { field in
            switch field.kind {
            case .day, .moment: true
            default: false
            }
        }
    }

    package func jobs() -> [JobDeclaration] {
        [JobDeclaration("expiryWarnings", "到期预警", dailyAt: 60 * 7) { context in context.note("\(try await self.run()) 条新预警") }]
    }

    /// Keeps a rule, a new one when its id is 0.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden`.
    package func keep(_ rule: ExpiryRule, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(AlarmPermission.configure, "设置到期预警")
        var findings: [FieldFinding] = []
        if rule.title.isEmpty { findings.append(FieldFinding("title", "required", "不能为空", title: "预警名称")) }
        let declaration = ledgers.declarations.first { $0.name == rule.ledger }
        if declaration.map({ !Self.dates(of: $0).contains { $0.name == rule.field } }) ?? true { findings.append(FieldFinding("field", "unknownCode", "应为台账的日期字段", title: "台账字段")) }
        if let done = rule.doneField, !(declaration?.fields.contains { $0.name == done } ?? false) {
            findings.append(FieldFinding("doneField", "unknownCode", "应为同一台账的字段", title: "完成字段"))
        }
        for (field, codes) in rule.only ?? [:] { findings += onlyFaults(field, codes, of: declaration) }
        if rule.stages.isEmpty || rule.stages.contains(where: { !(0...730).contains($0) }) {
            findings.append(FieldFinding("stages", "range", "填写 0 至 730 的天数，如 30,7,0", title: "提前天数"))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now, body = try rule.json()
        if rule.id == 0 {
            try tx.execute("INSERT INTO expiry_rules (name, body, at, by_name) VALUES (\(rule.name), \(body), \(now), \(principal.name))")
        } else {
            try tx.execute("UPDATE expiry_rules SET body = \(body), at = \(now), by_name = \(principal.name) WHERE id = \(rule.id)")
        }
        try alarms.hooks.audit(AuditEntry(rule.id == 0 ? "create" : "update", "expiryRule", rule.name, "到期预警“\(rule.title)”", details: try JSONValue(parsing: body)), principal, tx)
        try follow(tx)
    }

    private func onlyFaults(_ field: String, _ codes: [String], of declaration: LedgerDeclaration?) -> [FieldFinding] {
        guard case .code(let dictionary) = declaration?.field(field)?.kind else { return [FieldFinding("onlyField", "unknownCode", "应为同一台账的代码字段", title: "只看")] }
        let known = Set(ledgers.dictionaries.snapshot.items(dictionary, on: nil).map(\.code))
        let unknown = codes.filter { !known.contains($0) }
        if codes.isEmpty { return [FieldFinding("onlyCodes", "required", "至少写一个代码", title: "代码")] }
        return unknown.isEmpty ? [] : [FieldFinding("onlyCodes", "unknownCode", "没有代码 \(unknown.joined(separator: "、"))", title: "代码")]
    }

    /// Removes a rule; its open warnings and their alarms close.
    package func remove(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(AlarmPermission.configure, "设置到期预警")
        guard let rule = current.first(where: { $0.id == id }) else { throw Failure.notFound("该到期预警") }
        for row in try tx.rows("SELECT \(ExpiryWarning.columns) FROM expiry_warnings WHERE rule = \(id) AND closed_at IS NULL LIMIT \(Self.rowLimit)") {
            try close(ExpiryWarning(row), rule, "预警规则已删除", in: tx)
        }
        try tx.execute("DELETE FROM expiry_rules WHERE id = \(id)")
        try alarms.hooks.audit(AuditEntry("delete", "expiryRule", rule.name, "删除到期预警“\(rule.title)”"), principal, tx)
        try follow(tx)
    }

    private func follow(_ tx: any Transaction) throws {
        let read = try tx.rows("SELECT id, body FROM expiry_rules ORDER BY id").map { try ExpiryRule($0) }
        tx.afterCommit { self.rules.withLock { $0 = read } }
    }
}
