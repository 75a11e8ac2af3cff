import Identity
import Kernel
import Storage
import Synchronization

/// The logs of other machines: who may send them, how they are read, where they lie. Lines come through `intake`; `run` writes them.
package final class LogEngine: Sendable {
    package static let mostSources = 1000
    package static let mostRules = 200
    /// Lines of one transaction.
    static let batch = 2000

    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    package let intake = LogIntake()
    private let known = Mutex(LogKnowledge())

    package init(database: any Database, audit: AuditTrail, clock: Clock) {
        self.database = database
        self.audit = audit
        self.clock = clock
    }

    /// At most this old is what the intake knows of sources and rules that another node changed.
    private static let freshness: Double = 5

    /// - Parameter isStale: something was changed here just now.
    func knowledge(isStale: Bool = false) async throws -> LogKnowledge {
        let now = clock.now
        let current = known.withLock { $0 }
        if !isStale, abs(now.seconds(since: current.readAt)) < Self.freshness { return current }
        let fresh = try await database.read { try LogKnowledge($0, at: now) }
        known.withLock { $0 = fresh }
        return fresh
    }

    /// The next batch reads sources and rules anew.
    func forget() { known.withLock { $0.readAt = Moment(milliseconds: 0) } }

    // MARK: Sources

    package func sources(_ reader: any Reader) throws -> [LogSource] { try reader.rows("SELECT * FROM log_sources ORDER BY id LIMIT \(Self.mostSources)").map(LogSource.init) }

    /// - Throws: `.notFound`.
    package func source(_ id: Int64, _ reader: any Reader) throws -> LogSource {
        guard let row = try reader.first("SELECT * FROM log_sources WHERE id = \(id)") else { throw Failure.notFound("日志来源") }
        return LogSource(row)
    }

    /// - Parameter id: nil makes one.
    /// - Throws: `.invalid` with every finding; `.notFound`.
    @discardableResult
    package func keepSource(
        _ id: Int64?, name: String, address: String, kind: LogSourceKind, isOn: Bool, note: String, by principal: Principal, in tx: any Transaction
    ) throws -> Int64 {
        var findings: [FieldFinding] = []
        if !(2...60).contains(name.count) { findings.append(FieldFinding("name", "length", "应为 2—60 个字", title: "名称")) }
        if NetworkRange(address) == nil { findings.append(FieldFinding("address", "format", "应为 IP 地址或网段，如 10.1.0.0/16", title: "地址")) }
        if note.count > 200 { findings.append(FieldFinding("note", "length", "最长 200 个字", title: "备注")) }
        if try tx.first("SELECT 1 FROM log_sources WHERE address = \(address) AND id <> \(id ?? 0)") != nil {
            findings.append(FieldFinding("address", "same", "该地址已登记", title: "地址"))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now, state = isOn ? "on" : "off"
        let kept: Int64
        if let id {
            _ = try source(id, tx)
            try tx.execute(
                "UPDATE log_sources SET name = \(name), address = \(address), kind = \(kind.rawValue), state = \(state), note = \(note), updated_at = \(now), updated_by = \(principal.name) WHERE id = \(id)"
            )
            kept = id
        } else {
            guard try tx.count("SELECT count(*) FROM log_sources") < Self.mostSources else { throw Failure(.conflict, "JW-LG03", "日志来源已达 \(Self.mostSources) 个上限") }
            kept = try tx.insert(
                "INSERT INTO log_sources (name, address, kind, state, note, updated_at, updated_by) VALUES (\(name), \(address), \(kind.rawValue), \(state), \(note), \(now), \(principal.name))"
            )
        }
        try audit.record(AuditEntry(id == nil ? "create" : "update", "logSource", "\(kept)", "日志来源“\(name)”（\(address)）\(isOn ? "接收" : "停用")"), by: principal, in: tx)
        tx.afterCommit { [self] in forget() }
        return kept
    }

    /// Its lines stay.
    package func removeSource(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let source = try source(id, tx)
        try tx.execute("DELETE FROM log_sources WHERE id = \(id)")
        try audit.record(AuditEntry("delete", "logSource", "\(id)", "删除日志来源“\(source.name)”（\(source.address)）"), by: principal, in: tx)
        tx.afterCommit { [self] in forget() }
    }

    /// Of the last days, the latest first.
    package func refusals(since day: Day, _ reader: any Reader) throws -> [LogRefusal] {
        try reader.rows("SELECT * FROM log_refused WHERE day >= \(day) ORDER BY last_at DESC, address LIMIT 200").map(LogRefusal.init)
    }

    // MARK: Settings

    package func settings(_ reader: any Reader) throws -> LogSettings {
        guard let text = try reader.value("SELECT value FROM log_settings WHERE name = 'settings'")?.text else { return LogSettings() }
        return LogSettings(json: (try? JSONValue(parsing: text)) ?? .null)
    }

    /// - Throws: `.invalid`.
    package func keep(_ settings: LogSettings, by principal: Principal, in tx: any Transaction) throws {
        guard LogSettings.days.contains(settings.keepDays) else {
            throw Failure.invalid([FieldFinding("keepDays", "range", "应为 \(LogSettings.days.lowerBound)—\(LogSettings.days.upperBound) 天（等保三级不少于六个月）", title: "保存天数")])
        }
        let before = try self.settings(tx)
        try tx.execute(
            """
            INSERT INTO log_settings (name, value, updated_at, updated_by) VALUES ('settings', \(settings.json.text), \(clock.now), \(principal.name))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
            """)
        try audit.record(AuditEntry("update", "logSettings", "", "修改日志采集设置", details: ["before": before.json, "after": settings.json]), by: principal, in: tx)
        tx.afterCommit { [self] in forget() }
    }

    // MARK: Rules

    package func rules(_ reader: any Reader) throws -> [LogRule] { try reader.rows("SELECT * FROM log_rules ORDER BY position, id LIMIT \(Self.mostRules)").map(LogRule.init) }

    /// - Throws: `.notFound`.
    package func rule(_ id: Int64, _ reader: any Reader) throws -> LogRule {
        guard let row = try reader.first("SELECT * FROM log_rules WHERE id = \(id)") else { throw Failure.notFound("解析规则") }
        return LogRule(row)
    }

    /// - Parameter id: nil makes one.
    /// - Throws: `.invalid` with every finding; `.notFound`.
    @discardableResult
    package func keepRule(
        _ id: Int64?, title: String, position: Int64, isOn: Bool, source: Int64?, body: LogRule.Body, by principal: Principal, in tx: any Transaction
    ) throws -> Int64 {
        var findings: [FieldFinding] = []
        if !(2...60).contains(title.count) { findings.append(FieldFinding("title", "length", "应为 2—60 个字", title: "名称")) }
        if !(0...9999).contains(position) { findings.append(FieldFinding("position", "range", "应为 0—9999 的整数", title: "次序")) }
        if body.mapping.count > 30 { findings.append(FieldFinding("mapping", "length", "最多 30 项", title: "字段映射")) }
        do { _ = try LogReading(body) } catch let failure as Failure { findings += failure.fields }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now, state = isOn ? "on" : "off"
        let kept: Int64
        var before: LogRule?
        if let id {
            before = try rule(id, tx)
            try tx.execute(
                "UPDATE log_rules SET title = \(title), position = \(position), state = \(state), source = \(source ?? 0), body = \(body.json.text), updated_at = \(now), updated_by = \(principal.name) WHERE id = \(id)"
            )
            kept = id
        } else {
            guard try tx.count("SELECT count(*) FROM log_rules") < Self.mostRules else { throw Failure(.conflict, "JW-LG04", "解析规则已达 \(Self.mostRules) 条上限") }
            kept = try tx.insert(
                "INSERT INTO log_rules (title, position, state, source, body, updated_at, updated_by) VALUES (\(title), \(position), \(state), \(source ?? 0), \(body.json.text), \(now), \(principal.name))"
            )
        }
        let details: JSONValue = before.map { ["before": $0.body.json, "after": body.json] } ?? body.json
        try audit.record(AuditEntry(id == nil ? "create" : "update", "logRule", "\(kept)", "日志解析规则“\(title)”", details: details), by: principal, in: tx)
        tx.afterCommit { [self] in forget() }
        return kept
    }

    package func removeRule(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let rule = try rule(id, tx)
        try tx.execute("DELETE FROM log_rules WHERE id = \(id)")
        try audit.record(AuditEntry("delete", "logRule", "\(id)", "删除日志解析规则“\(rule.title)”", details: rule.body.json), by: principal, in: tx)
        tx.afterCommit { [self] in forget() }
    }
}
