import Alarms
import Identity
import Kernel
import Storage

/// The kept record of backups and drills, and what the clock asks for.
package struct BackupBook: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case backup, drill
        /// Written down by the first start on a restored directory.
        case restore

        var title: String {
            switch self {
            case .backup: "备份"
            case .drill: "恢复演练"
            case .restore: "恢复"
            }
        }
    }

    package struct Run: Sendable, Equatable {
        package let id: Int64
        package let kind: Kind
        /// `running`, `done`, `failed`.
        package let state: String
        package let folder: String
        package let startedAt: Moment?
        package let endedAt: Moment?
        package let bytes: Int64?
        package let message: String?
        package let byName: String
        package let node: String

        init(_ row: Row) {
            id = row.int("id") ?? 0
            kind = Kind(rawValue: row.text("kind") ?? "") ?? .backup
            state = row.text("state") ?? ""
            folder = row.text("folder") ?? ""
            startedAt = row.moment("started_at")
            endedAt = row.moment("ended_at")
            bytes = row.int("bytes")
            message = row.text("message")
            byName = row.text("by_name") ?? ""
            node = row.text("node") ?? ""
        }
    }

    let database: any Database
    let works: BackupWorks
    let audit: AuditTrail
    let clock: Clock
    let node: String
    /// Told of a run that failed, in the transaction that writes it down.
    package var onFailure: @Sendable (_ title: String, _ tx: any Transaction) throws -> Void = { _, _ in }

    static let alarmKind = AlarmKind("backupFailed", "备份或演练失败", "Backup or drill failed", mergeWindow: 86_400)

    package init(database: any Database, works: BackupWorks, audit: AuditTrail, clock: Clock, node: String) {
        self.database = database
        self.works = works
        self.audit = audit
        self.clock = clock
        self.node = node
    }

    static func page(kind: String?, state: String?, before: Int64?, limit: Int, in reader: any Reader) throws -> [Run] {
        var parts: [SQL] = []
        if let kind, !kind.isEmpty { parts.append("kind = \(kind)") }
        if let state, !state.isEmpty { parts.append("state = \(state)") }
        if let before { parts.append("id < \(before)") }
        return try reader.rows("SELECT * FROM backup_runs WHERE \(SQL.all(of: parts)) ORDER BY id DESC LIMIT \(limit)").map(Run.init)
    }

    static func last(_ kind: Kind, state: String? = nil, in reader: any Reader) throws -> Run? {
        let condition: SQL = if let state { "state = \(state)" } else { "1 = 1" }
        return try reader.first("SELECT * FROM backup_runs WHERE kind = \(kind.rawValue) AND \(condition) ORDER BY id DESC LIMIT 1").map(Run.init)
    }

    /// Makes a backup or proves the newest one, and writes down how it went.
    ///
    /// - Throws: `Failure` `.conflict` `JW-O002` while another runs, `.invalid` `JW-O003` where no folder is set, `JW-O004` where there is no backup to prove.
    package func run(_ kind: Kind, by principal: Principal) async throws -> BackupWorks.Outcome {
        let (now, node) = (clock.now, node)
        let begun = try await database.write { [audit] tx -> (id: Int64, folder: String, settings: OperationSettings) in
            let settings = try OperationSettings.read(tx)
            guard !settings.backupFolder.isEmpty else { throw Failure(.invalid, "JW-O003", "请先设置备份目录") }
            // A run that a stopped server left open is over after a day.
            try tx.execute(
                "UPDATE backup_runs SET state = 'failed', ended_at = \(now), message = '中断' WHERE state = 'running' AND (node = \(node) OR started_at < \(now.adding(seconds: -86_400)))"
            )
            guard try tx.first("SELECT id FROM backup_runs WHERE state = 'running' LIMIT 1") == nil else { throw Failure(.conflict, "JW-O002", "已有备份或演练正在进行") }
            let folder: String
            switch kind {
            case .backup: folder = settings.backupFolder + "/" + Self.name(now)
            case .drill:
                guard let newest = try Self.last(.backup, state: "done", in: tx) else { throw Failure(.invalid, "JW-O004", "还没有可以演练的备份") }
                folder = newest.folder
            case .restore: throw Failure(.invalid, "JW-O012", "恢复须经批准后在命令行进行")
            }
            let id = try tx.insert(
                "INSERT INTO backup_runs (kind, state, folder, started_at, by_name, node) VALUES (\(kind.rawValue), 'running', \(folder), \(now), \(principal.name), \(node))")
            try audit.record(AuditEntry("create", "backupRun", String(id), "开始\(kind.title)：\(folder)"), by: principal, in: tx)
            return (id, folder, settings)
        }
        let outcome: BackupWorks.Outcome
        do {
            switch kind {
            case .backup: outcome = try await works.backup(begun.folder)
            case .drill: outcome = try await works.drill(begun.folder, begun.settings.drillDatabase.isEmpty ? nil : begun.settings.drillDatabase)
            case .restore: throw Failure(.invalid, "JW-O012", "恢复须经批准后在命令行进行")
            }
        } catch {
            outcome = BackupWorks.Outcome(isGood: false, message: (error as? Failure)?.message ?? "已中断")
        }
        try await close(begun.id, kind, outcome, by: principal)
        if kind == .backup, outcome.isGood { try works.thin(begun.settings.backupFolder, begun.settings.backupCopies) }
        return outcome
    }

    private func close(_ id: Int64, _ kind: Kind, _ outcome: BackupWorks.Outcome, by principal: Principal) async throws {
        let now = clock.now
        try await database.write { [audit, onFailure] tx in
            if !outcome.isGood { try onFailure("\(kind.title)失败：\(outcome.message.suffix(120))", tx) }
            try tx.execute(
                "UPDATE backup_runs SET state = \(outcome.isGood ? "done" : "failed"), ended_at = \(now), bytes = \(outcome.bytes), message = \(String(outcome.message.suffix(4000))) WHERE id = \(id)"
            )
            try audit.record(AuditEntry("finish", "backupRun", String(id), "\(kind.title)\(outcome.isGood ? "成功" : "失败")"), by: principal, in: tx)
        }
    }

    /// What the settings ask for now; called every few minutes on the node that leads.
    package func runDue() async throws -> [Kind] {
        let now = clock.now
        let (settings, backup, drill, failures) = try await database.read { reader in
            (
                try OperationSettings.read(reader), try Self.last(.backup, in: reader), try Self.last(.drill, in: reader),
                try reader.count("SELECT COUNT(*) FROM (SELECT state FROM backup_runs WHERE kind = 'drill' ORDER BY id DESC LIMIT 3) d WHERE state = 'failed'")
            )
        }
        // Each failure among the last three drills makes them as much more frequent (D16.4.2, D17.8.4).
        let drillSeconds = Int64(settings.drillDays) * 86_400 / Int64(1 + failures)
        guard !settings.backupFolder.isEmpty else { return [] }
        var ran: [Kind] = []
        if let minute = settings.backupMinute {
            let due = now.day.start.adding(seconds: Int64(minute) * 60)
            if now >= due, (backup?.startedAt).map({ $0 < due }) ?? true {
                _ = try await run(.backup, by: .system("定时备份"))
                ran.append(.backup)
            }
        }
        if settings.drillDays > 0, (drill?.startedAt).map({ $0 < now.adding(seconds: -drillSeconds) }) ?? true,
            try await database.read({ try Self.last(.backup, state: "done", in: $0) }) != nil
        {
            _ = try await run(.drill, by: .system("定时演练"))
            ran.append(.drill)
        }
        return ran
    }

    /// `2026-11-21T03-00-00`: sorts by time, a fair name of a folder.
    static func name(_ moment: Moment) -> String { String(moment.text.prefix(19)).replacing(":", with: "-").replacing(" ", with: "T") }
}
