import Identity
import Kernel
import Ledgers
import Media
import Storage

/// A-44 影像与台账保存: takes away at night what is over, in small bites with pauses, and never what an alarm, an appeal or a saved check refers to.
///
/// Nothing is remembered between nights but the rows themselves: the oldest go first, so a run that was stopped is taken up by the next. Each run leaves a row of `retention_run` and one of the
/// audit book; the count of a run is written in the transaction of each bite.
package struct Retention: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let photos: PhotoStore
    let photoUses: PhotoUses
    let audit: AuditTrail
    let clock: Clock
    /// Between two bites, so that gates do not notice.
    package var pause: Duration = .milliseconds(40)
    /// Bites of one kind a night.
    package var bites = 400
    package static let biteSize = 500

    package struct Due: Sendable {
        package var rule: RetentionRule
        /// Nil keeps for ever.
        package var years: Int?
        package var cutoff: Moment?
        /// What is over, counted up to `countLimit`.
        package var over = 0
        /// Of these, what evidence refers to and stays.
        package var spared = 0
        /// Of the photos counted.
        package var bytes: Int64 = 0
        package var removable: Int { max(0, over - spared) }
    }

    package static let countLimit = 100_000

    package struct Run: Sendable {
        package var id: Int64
        package var kind: RetentionRule.Kind?
        package var cutoff: Moment
        package var startedAt: Moment
        package var endedAt: Moment?
        package var removed: Int64
        package var spared: Int64
        package var bytes: Int64
        /// `running`, `done`, `partial` (more is left for the next night) or `stopped`.
        package var state: String
    }

    // MARK: Looking

    /// What a run would take away now.
    package func due() async throws -> [Due] {
        let today = clock.today
        return try await database.read(within: .seconds(60)) { reader in
            try RetentionRule.all.map { rule in
                guard let years = try rule.years(in: reader) else { return Due(rule: rule) }
                let cutoff = rule.cutoff(years: years, today: today)
                var due = Due(rule: rule, years: years, cutoff: cutoff)
                try count(&due, cutoff, in: reader)
                return due
            }
        }
    }

    private func count(_ due: inout Due, _ cutoff: Moment, in reader: any Reader) throws {
        let limit = Retention.countLimit
        switch due.rule.kind {
        case .gatePhotos:
            let row = try reader.first(
                "SELECT COUNT(*), COALESCE(SUM(bytes), 0), COALESCE(SUM(CASE WHEN locks > 0 THEN 1 ELSE 0 END), 0) FROM (SELECT bytes, locks FROM photos WHERE received_at < \(cutoff) LIMIT \(limit)) p"
            )
            due.over = Int(row?[0].int ?? 0)
            due.bytes = row?[1].int ?? 0
            due.spared = Int(row?[2].int ?? 0)
        case .clips:
            let row = try reader.first(
                "SELECT COUNT(*), COALESCE(SUM(bytes), 0), COALESCE(SUM(CASE WHEN locks > 0 THEN 1 ELSE 0 END), 0) FROM (SELECT bytes, locks FROM clips WHERE received_at < \(cutoff) LIMIT \(limit)) c"
            )
            due.over = Int(row?[0].int ?? 0)
            due.bytes = row?[1].int ?? 0
            due.spared = Int(row?[2].int ?? 0)
        case .passes:
            due.over = try reader.count("SELECT COUNT(*) FROM (SELECT id FROM gate_pass WHERE passed_at < \(cutoff) LIMIT \(limit)) p")
            due.spared =
                due.over == 0
                ? 0
                : try reader.count(
                    "SELECT COUNT(*) FROM (SELECT DISTINCT a.source_id FROM alarms a JOIN gate_pass p ON p.id = a.source_id WHERE a.source_kind = 'gatePass' AND p.passed_at < \(cutoff) LIMIT \(limit)) s"
                )
        case .weighings:
            due.over = try reader.count("SELECT COUNT(*) FROM (SELECT id FROM material_movement WHERE weighed_at < \(cutoff) LIMIT \(limit)) m")
        case .deletedRows:
            for ledger in deletable { due.over += try ledgers.removable(ledger, deletedBefore: cutoff, limit: 1000, in: reader).count }
        }
    }

    /// Newest first.
    package static func runs(limit: Int, before: Int64? = nil, in reader: any Reader) throws -> [Run] {
        let condition: SQL = before.map { "id < \($0)" } ?? "1 = 1"
        return try reader.rows("SELECT * FROM retention_run WHERE \(condition) ORDER BY id DESC LIMIT \(limit)").map { row in
            Run(
                id: row.int("id") ?? 0, kind: row.text("kind").flatMap(RetentionRule.Kind.init), cutoff: row.moment("cutoff") ?? Moment(milliseconds: 0),
                startedAt: row.moment("started_at") ?? Moment(milliseconds: 0), endedAt: row.moment("ended_at"), removed: row.int("removed") ?? 0, spared: row.int("spared") ?? 0,
                bytes: row.int("bytes") ?? 0, state: row.text("state") ?? "")
        }
    }

    static let table = Table(
        "retention_run",
        columns: [
            Column("id", .integer, required: true), Column("kind", .text, required: true), Column("cutoff", .integer, required: true),
            Column("started_at", .integer, required: true),
            Column("ended_at", .integer), Column("removed", .integer, required: true, fallback: .int(0)), Column("spared", .integer, required: true, fallback: .int(0)),
            Column("bytes", .integer, required: true, fallback: .int(0)), Column("state", .text, required: true),
        ])

    // MARK: Settings

    /// - Parameter years: by `RetentionRule.setting`.
    /// - Throws: `.invalid` with every finding.
    package func save(_ years: [String: String], by principal: Principal) async throws {
        let findings = RetentionRule.all.compactMap { rule in rule.finding(years[rule.setting]) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        try await database.write { [audit] tx in
            for rule in RetentionRule.all {
                guard let value = years[rule.setting] else { continue }
                let before = try rule.years(in: tx) ?? 0
                guard String(before) != value else { continue }
                try tx.execute("INSERT INTO gate_setting (name, value) VALUES (\(rule.setting), \(value)) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
                let details: JSONValue = ["before": .int(Int64(before)), "after": .string(value)]
                try audit.record(AuditEntry("update", "gateSetting", rule.setting, "\(rule.title)保存期限由 \(before) 年改为 \(value) 年", details: details), by: principal, in: tx)
            }
        }
    }

    // MARK: Removing

    /// One night's work.
    ///
    /// - Returns: how many things were taken away.
    package func run() async throws -> Int {
        try await database.write { tx in try tx.execute("UPDATE retention_run SET state = 'stopped' WHERE state = 'running'") }
        let today = clock.today
        var removed = 0
        for rule in RetentionRule.all {
            guard let years = try await database.read({ try rule.years(in: $0) }) else { continue }
            removed += try await run(rule, before: rule.cutoff(years: years, today: today))
        }
        return removed
    }

    /// What one bite did.
    struct Bite: Sendable {
        var removed = 0
        var spared = 0
        var bytes: Int64 = 0
        /// Where the next begins; nil when nothing is left.
        var next: Cursor?
    }

    struct Cursor: Sendable {
        var moment: Int64 = .min
        var id: Int64 = 0
        var text = ""
        var ledger = 0
    }

    private func run(_ rule: RetentionRule, before cutoff: Moment) async throws -> Int {
        var cursor: Cursor? = Cursor()
        var total = Bite()
        var row: Int64?
        var bite = 0
        if rule.kind == .passes {
            total.removed = try await takeMonths(before: cutoff)
            if total.removed > 0 { row = try await count(Bite(removed: total.removed), rule, cutoff, in: nil) }
        }
        while let from = cursor, bite < bites {
            try Task.checkCancellation()
            let done = try await take(rule, before: cutoff, from: from)
            if done.removed + done.spared > 0 || row != nil { row = try await count(done, rule, cutoff, in: row) }
            total.removed += done.removed
            total.spared += done.spared
            total.bytes += done.bytes
            cursor = done.next
            bite += 1
            if cursor != nil { try await Task.sleep(for: pause) }
        }
        if let row { try await finish(row, rule, cutoff, total, isWhole: cursor == nil) }
        return total.removed
    }

    /// Adds a bite to the night's row, which the first bite makes.
    private func count(_ done: Bite, _ rule: RetentionRule, _ cutoff: Moment, in run: Int64?) async throws -> Int64 {
        let now = clock.now
        return try await database.write { tx in
            let id = try run ?? tx.insert("INSERT INTO retention_run (kind, cutoff, started_at, state) VALUES (\(rule.kind.rawValue), \(cutoff), \(now), 'running')")
            try tx.execute("UPDATE retention_run SET removed = removed + \(done.removed), spared = spared + \(done.spared), bytes = bytes + \(done.bytes) WHERE id = \(id)")
            return id
        }
    }

    /// Whole months that nothing refers to, where the database keeps them apart.
    ///
    /// - Returns: how many passes went with them.
    private func takeMonths(before cutoff: Moment) async throws -> Int {
        var removed = 0
        for month in try await database.read({ try PassMonths.due(before: cutoff, in: $0) }) {
            let (drawn, range) = try await database.read(within: .seconds(600)) { reader -> (Set<Int64>, (first: Int64, last: Int64)?) in
                let drawn = try PassRemoval.drawnPasses(before: cutoff, in: reader)
                return (drawn, try PassMonths.isFree(month, drawn: drawn, in: reader) ? try PassMonths.ids(month, in: reader) : nil)
            }
            guard let range else { continue }
            var next: Int64? = range.first
            while let from = next {
                try Task.checkCancellation()
                next = try await database.write { try PassMonths.forgetPhotos(month, from: from, to: range.last, in: $0) }
                try await Task.sleep(for: pause)
            }
            removed += try await database.write { try PassMonths.drop(month, drawn: drawn, in: $0) }
        }
        return removed
    }

    private func finish(_ row: Int64, _ rule: RetentionRule, _ cutoff: Moment, _ total: Bite, isWhole: Bool) async throws {
        let now = clock.now
        try await database.write { [audit] tx in
            try tx.execute("UPDATE retention_run SET ended_at = \(now), state = \(isWhole ? "done" : "partial") WHERE id = \(row)")
            guard total.removed > 0 else { return }
            let summary = "到期清理\(rule.title) \(total.removed) 条（\(cutoff.day.text) 以前），因被报警等引用保留 \(total.spared) 条"
            try audit.record(AuditEntry("delete", "retention", "\(row)", summary, details: ["kind": .string(rule.kind.rawValue)]), by: .system("到期清理"), in: tx)
        }
    }

    private func take(_ rule: RetentionRule, before cutoff: Moment, from cursor: Cursor) async throws -> Bite {
        switch rule.kind {
        case .gatePhotos: try await takePhotos(before: cutoff, from: cursor)
        case .clips: try await takeClips(before: cutoff, from: cursor)
        case .passes: try await database.write { tx in try PassRemoval.bite(before: cutoff, from: cursor, size: Retention.biteSize, in: tx) }
        case .weighings: try await takeWeighings(before: cutoff, from: cursor)
        case .deletedRows: try await takeDeleted(before: cutoff, from: cursor)
        }
    }

    /// Pictures of passes only; licences, manifests and name plates stay as long as the rows that show them.
    private func takePhotos(before cutoff: Moment, from cursor: Cursor) async throws -> Bite {
        let due = try await photos.removable(receivedBefore: cutoff, after: cursor.text.isEmpty ? nil : cursor.text, limit: Retention.biteSize)
        guard let last = due.last else { return Bite() }
        let (hashes, bytes) = try await database.read { reader -> ([String], Int64) in
            let own = try due.filter { hash in try photoUses.firstUse(of: hash, in: reader) != nil && !ledgers.isInUse(file: hash, in: reader) }
            return (own, try reader.value("SELECT COALESCE(SUM(bytes), 0) FROM photos WHERE sha256 IN (\(list: own))")?.int ?? 0)
        }
        let removed = hashes.isEmpty ? 0 : try await photos.remove(hashes, clock: clock)
        return Bite(removed: removed, bytes: removed == 0 ? 0 : bytes, next: due.count < Retention.biteSize ? nil : Cursor(text: last))
    }

    private func takeClips(before cutoff: Moment, from cursor: Cursor) async throws -> Bite {
        let due = try await photos.clips.removable(receivedBefore: cutoff, after: cursor.text, limit: Retention.biteSize)
        guard let last = due.last else { return Bite() }
        let removed = try await photos.clips.remove(due.map(\.sha256), clock: clock) { gone, tx in try PassClips.forget(gone, in: tx) }
        let bytes = removed == 0 ? 0 : due.reduce(0) { $0 + $1.bytes }
        return Bite(removed: removed, spared: due.count - removed, bytes: bytes, next: due.count < Retention.biteSize ? nil : Cursor(text: last.sha256))
    }

    private func takeWeighings(before cutoff: Moment, from cursor: Cursor) async throws -> Bite {
        try await database.write { [ledgers] tx in
            let ids = try tx.rows("SELECT id FROM material_movement WHERE weighed_at < \(cutoff) ORDER BY weighed_at, id LIMIT \(Retention.biteSize)").compactMap { $0[0].int }
            guard !ids.isEmpty else { return Bite() }
            try tx.execute("UPDATE material_movement SET deleted_at = \(cutoff) WHERE id IN (\(list: ids)) AND deleted_at IS NULL")
            return Bite(removed: try ledgers.purge(MaterialMovement.ledger.name, ids, in: tx), next: ids.count < Retention.biteSize ? nil : Cursor())
        }
    }

    /// Ledgers whose deleted rows may go: those with declared years that are not removed by their own time.
    private var deletable: [String] {
        let byTime = [GatePassEvent.ledger.name, MaterialMovement.ledger.name]
        return ledgers.declarations.filter { $0.keptYears != nil && $0.view == nil && !$0.isReadOnly && !byTime.contains($0.name) }.map(\.name).sorted()
    }

    private func takeDeleted(before cutoff: Moment, from cursor: Cursor) async throws -> Bite {
        let names = deletable
        guard cursor.ledger < names.count else { return Bite() }
        let name = names[cursor.ledger]
        return try await database.write { [ledgers] tx in
            let ids = try ledgers.removable(name, deletedBefore: cutoff, after: cursor.id, limit: Retention.biteSize, in: tx)
            var kept: [Int64] = []
            if name == RegisteredVehicle.ledger.name { kept = try ids.filter { try PassRemoval.isJudgedBy(filing: $0, in: tx) } }
            let keptIds = Set(kept)
            let removed = try ledgers.purge(name, ids.filter { !keptIds.contains($0) }, in: tx)
            let isLast = ids.count < Retention.biteSize
            let next = isLast ? (cursor.ledger + 1 < names.count ? Cursor(ledger: cursor.ledger + 1) : nil) : Cursor(id: ids.last ?? 0, ledger: cursor.ledger)
            return Bite(removed: removed, spared: kept.count, next: next)
        }
    }
}
