import Features
import Identity
import Kernel
import Ledgers
import Logs
import Schedules
import Storage

/// D17.9.8: lines whose rule says that they tell of an attack become rows of 入侵事件, one for each source, attacker, target and threat of a batch; grading and alarms follow as for every event.
package struct LogEvents: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    private static let mark = "eventMark"
    private static let batch = 1000
    /// Rows a batch makes at most: a flood of invented senders fills no ledger; its lines stay in 日志检索, marked.
    private static let mostRows = 50

    func jobs() -> [JobDeclaration] {
        [
            JobDeclaration("logEvents", "日志中的攻击登记为入侵事件", every: 10) { context in
                let made = try await run()
                if made > 0 { context.note("\(made) 起") }
            },
            JobDeclaration("logRetention", "清除到期日志", dailyAt: 215) { [logs = platform.logs] context in context.note("清除 \(try await logs.forgetOld()) 条") },
        ]
    }

    private struct Key: Hashable {
        var source: Int64
        var attacker: String
        var target: String
        var threat: String
    }

    /// - Returns: events made.
    package func run() async throws -> Int {
        try await platform.database.write { [self] tx in
            let mark = try tx.value("SELECT value FROM log_settings WHERE name = \(Self.mark)")?.text.flatMap { Int64($0) } ?? 0
            let lines = try tx.rows("SELECT * FROM log_lines WHERE event = 1 AND id > \(mark) ORDER BY id LIMIT \(Self.batch)").map(LogLine.init)
            guard let last = lines.last else { return 0 }
            let names = Dictionary(try platform.logs.sources(tx).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            var keys: [Key] = []
            var found: [Key: [LogLine]] = [:]
            for line in lines {
                let key = Key(
                    source: line.source, attacker: line.mapped[.sourceAddress] ?? "", target: line.mapped[.targetAddress] ?? "", threat: line.mapped[.threat] ?? "")
                if found[key] == nil { keys.append(key) }
                found[key, default: []].append(line)
            }
            for key in keys.prefix(Self.mostRows) {
                guard let lines = found[key], let worst = lines.min(by: { $0.severity < $1.severity }) else { continue }
                _ = try platform.ledgers.create(
                    SecurityEvent.ledger.name, Self.draft(key.attacker, key.target, key.threat, lines.count, worst, names[key.source]), by: .system("日志采集"), in: tx)
            }
            try tx.execute(
                """
                INSERT INTO log_settings (name, value, updated_at, updated_by) VALUES (\(Self.mark), \(String(last.id)), \(platform.clock.now), '日志采集')
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
                """)
            return min(keys.count, Self.mostRows)
        }
    }

    private static func draft(_ attacker: String, _ target: String, _ threat: String, _ count: Int, _ line: LogLine, _ source: String?) -> Draft {
        let device = source ?? "未登记 \(line.address)"
        let what = threat.isEmpty ? String(line.text.prefix(80)) : threat
        let title = what.count < 2 ? "攻击日志" : what
        let level = line.severity <= 1 ? "1" : line.severity <= 3 ? "2" : line.severity == 4 ? "3" : "4"
        let details = "\(count > 1 ? "共 \(count) 条，其一：" : "")\(line.raw)"
        var values: [String: JSONValue] = [
            "title": .string(String((count > 1 ? "\(title)（\(count) 条）" : title).prefix(200))), "at": .string(line.at.rfc3339), "kind": "attack", "severity": .string(level),
            "device": .string(String(device.prefix(80))), "details": .string(String(details.prefix(4000))),
        ]
        if attacker.count > 1 { values["attacker"] = .string(String(attacker.prefix(60))) }
        if target.count > 1 { values["target"] = .string(String(target.prefix(60))) }
        return Draft(values)
    }
}
