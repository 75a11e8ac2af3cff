import Features
import Identity
import Kernel
import Storage

/// What happens to files in which something was found, and which engine is asked beside our own rules.
package struct UploadRules: Sendable, Equatable {
    package enum Treatment: String, Sendable, CaseIterable {
        /// Taken, and written down.
        case report
        /// Taken under a name that nothing opens by itself.
        case rename
        /// Pictures are drawn anew, so that only the picture is left; other files are treated as `quarantine`. The file as it came is kept aside first.
        case clean
        /// Not taken; kept aside, sealed.
        case quarantine
        /// Not taken and not kept.
        case refuse

        package var title: String {
            switch self {
            case .report: "只记录"
            case .rename: "改名后接收"
            case .clean: "清除后接收（先备份）"
            case .quarantine: "隔离"
            case .refuse: "拒收并删除"
            }
        }
    }

    package var treatments: [UploadThreat.Level: Treatment] = [.high: .quarantine, .medium: .report, .low: .report]
    /// Address of clamd as it was written; empty for none.
    package var engine = ""
    /// Files are refused while the engine does not answer.
    package var refusesUnchecked = false
    /// Days for which files kept aside are kept.
    package var keptDays = 90

    package init() {}

    /// One row is one setting that was changed.
    static let table = Table(
        "upload_rules", key: ["name"],
        columns: [
            Column("name", .text, required: true), Column("value", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true)

    package static func read(_ reader: any Reader) throws -> UploadRules {
        var rules = UploadRules()
        for row in try reader.rows("SELECT name, value FROM upload_rules") {
            let value = row.text("value") ?? ""
            switch row.text("name") ?? "" {
            case "engine": rules.engine = value
            case "refusesUnchecked": rules.refusesUnchecked = value == "1"
            case "keptDays": rules.keptDays = Int(value) ?? rules.keptDays
            case let name: if let level = UploadThreat.Level(rawValue: name), let treatment = Treatment(rawValue: value) { rules.treatments[level] = treatment }
            }
        }
        return rules
    }

    private var values: [(name: String, value: String, told: String)] {
        UploadThreat.Level.allCases.map { level in
            let treatment = treatments[level] ?? .report
            return (level.rawValue, treatment.rawValue, "威胁级别\(level.title)：\(treatment.title)")
        } + [
            ("engine", engine, "病毒引擎：\(engine.isEmpty ? "不用" : engine)"), ("refusesUnchecked", refusesUnchecked ? "1" : "0", "引擎不可用时：\(refusesUnchecked ? "拒收" : "接收并记录")"),
            ("keptDays", String(keptDays), "隔离保存 \(keptDays) 天"),
        ]
    }

    static func save(_ rules: UploadRules, by principal: Principal, at now: Moment, audit: AuditTrail, in tx: any Transaction) throws {
        let old = try read(tx).values
        let changes = zip(old, rules.values).filter { $0.value != $1.value }
        guard !changes.isEmpty else { return }
        for (_, new) in changes {
            try tx.execute(
                """
                INSERT INTO upload_rules (name, value, at, by_name) VALUES (\(new.name), \(new.value), \(now), \(principal.name))
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at, by_name = excluded.by_name
                """)
        }
        let details: JSONValue = ["before": .array(changes.map { .string($0.0.told) }), "after": .array(changes.map { .string($0.1.told) })]
        try audit.record(AuditEntry("update", "upload", "", "修改上传检测规则", details: details), by: principal, in: tx)
    }
}
