import Identity
import Kernel
import Storage

/// Settings of operators, with what holds where nobody has changed them.
package struct OperationSettings: Sendable, Equatable {
    /// Statements that take longer are kept; 0 for none.
    package var slowMilliseconds = 500
    /// Where backups are written; empty while nobody has said.
    package var backupFolder = ""
    /// Minute of the day at which a backup is made; nil for none.
    package var backupMinute: Int?
    /// Folders kept; the oldest beyond go.
    package var backupCopies = 7
    /// A drill after every so many days; 0 for none.
    package var drillDays = 30
    /// For PostgreSQL: an empty database in which drills restore.
    package var drillDatabase = ""
    /// Share of the file store, in per cent, above which an alarm is raised.
    package var fileWarnPercent = 85
    /// Of the S3 service, which does not tell; 0 while nobody has said.
    package var fileCapacityGB = 0
    /// Days after which a file that nothing refers to is removed; 0 for never.
    package var orphanDays = 30

    package static func read(_ reader: any Reader) throws -> OperationSettings {
        var settings = OperationSettings()
        for row in try reader.rows("SELECT name, value FROM operation_settings") {
            let value = row.text("value") ?? ""
            switch row.text("name") {
            case "slowMilliseconds": settings.slowMilliseconds = Int(value) ?? settings.slowMilliseconds
            case "backupFolder": settings.backupFolder = value
            case "backupMinute": settings.backupMinute = Int(value)
            case "backupCopies": settings.backupCopies = Int(value) ?? settings.backupCopies
            case "drillDays": settings.drillDays = Int(value) ?? settings.drillDays
            case "drillDatabase": settings.drillDatabase = value
            case "fileWarnPercent": settings.fileWarnPercent = Int(value) ?? settings.fileWarnPercent
            case "fileCapacityGB": settings.fileCapacityGB = Int(value) ?? settings.fileCapacityGB
            case "orphanDays": settings.orphanDays = Int(value) ?? settings.orphanDays
            default: break
            }
        }
        return settings
    }

    private var values: [(name: String, value: String)] {
        [
            ("slowMilliseconds", String(slowMilliseconds)), ("backupFolder", backupFolder), ("backupMinute", backupMinute.map { String($0) } ?? ""),
            ("backupCopies", String(backupCopies)),
            ("drillDays", String(drillDays)), ("drillDatabase", drillDatabase), ("fileWarnPercent", String(fileWarnPercent)), ("fileCapacityGB", String(fileCapacityGB)),
            ("orphanDays", String(orphanDays)),
        ]
    }

    /// Writes what differs from what stands there, with one audit row. An address may hold a password, so it is not told.
    static func save(_ changed: OperationSettings, by principal: Principal, at now: Moment, audit: AuditTrail, in tx: any Transaction) throws {
        let old = try read(tx).values
        let differences = zip(old, changed.values).filter { $0.value != $1.value }
        guard !differences.isEmpty else { return }
        for (_, new) in differences {
            try tx.execute(
                """
                INSERT INTO operation_settings (name, value, at, by_name) VALUES (\(new.name), \(new.value), \(now), \(principal.name))
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at, by_name = excluded.by_name
                """)
        }
        func told(_ pairs: [(name: String, value: String)]) -> JSONValue {
            .object(JSONObject(pairs.map { ($0.name, .string($0.name == "drillDatabase" && !$0.value.isEmpty ? "***" : $0.value)) }))
        }
        try audit.record(
            AuditEntry(
                "update", "operationSetting", "", "修改系统运行设置", details: .object(JSONObject([("before", told(differences.map(\.0))), ("after", told(differences.map(\.1)))]))),
            by: principal,
            in: tx)
    }
}
