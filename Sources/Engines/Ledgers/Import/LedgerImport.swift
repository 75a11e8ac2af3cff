import Exchange
import Identity
import Kernel
import Storage

/// Brings a sheet into a ledger: every row judged with all its findings, one audit row and one `import_batches` row for the whole.
///
/// Rows are judged 1,000 at a time beside the writer. `skip` writes what is good of them in steps of 250 rows, between which others write. `refuseAll` judges everything first, then writes in one
/// transaction, so that nothing is kept of a file with one bad row. Only a ledger whose rows a domain prepares with writes of its own is judged on the writer.
package struct LedgerImport: Sendable {
    package typealias Progress = @Sendable (ImportProgress) async throws -> Void

    /// Rows judged at once.
    static let batchSize = 1_000
    /// Rows a transaction where not all must stand or fall together.
    static let writeStep = 250

    let engine: LedgerEngine
    let plan: LedgerPlan
    let principal: Principal
    let options: ImportOptions
    let fileName: String
    private let judge: Mutable<ImportJudge>

    /// - Throws: `.forbidden` without the permission or for a read-only ledger.
    package init(_ engine: LedgerEngine, into ledger: String, options: ImportOptions, fileName: String, by principal: Principal) throws {
        let plan = try engine.plan(ledger)
        try plan.declaration.requireWriting(principal, .person)
        if options.knownRows == .update, plan.declaration.uniqueBy.isEmpty { throw Failure(.invalid, "JW-L042", "\(plan.declaration.title)没有唯一字段，不能按已有记录更新") }
        self.engine = engine
        self.plan = plan
        self.principal = principal
        self.options = options
        self.fileName = String(fileName.prefix(200))
        judge = Mutable(ImportJudge(engine, plan, principal, options))
    }

    /// - Parameters:
    ///   - path: an xlsx or csv file; first row is the header, as the template has it.
    ///   - progress: told after every 1,000 rows; what it throws stops the import.
    /// - Throws: what SheetReader throws for a broken file; `.invalid` for a header with missing columns.
    package func run(path: String, progress: @escaping Progress = { _ in }) async throws -> ImportReport {
        let rows = try await ImportThread.read(path)
        return try await run(rows: rows, progress: progress)
    }

    package func run(rows: [SheetRow], progress: @escaping Progress = { _ in }) async throws -> ImportReport {
        guard let header = rows.first else { throw Failure(.invalid, "JW-L041", "表格是空的") }
        let header1 = try judge.change { judge in
            try judge.read(header: header)
            return judge.header
        }
        var report = ImportReport(batch: try await begin())
        report.header = header1
        report.isDryRun = options.isDryRun
        do {
            try await work(rows.dropFirst(), &report, progress)
        } catch {
            try await end(report, state: "failed")
            throw error
        }
        try await end(report, state: report.isDryRun ? "dryRun" : report.isKept ? "done" : "refused")
        return report
    }

    private func work(_ rows: ArraySlice<SheetRow>, _ report: inout ImportReport, _ progress: Progress) async throws {
        let writesAtOnce = options.badRows == .skip && !options.isDryRun
        if !writesAtOnce, engine.hasPreparations(of: plan.name) { return try await judgeAndWriteWhole(Array(rows), &report, progress) }
        var good: [(number: Int, cells: [String], judged: ImportJudge.Judged)] = []
        var start = rows.startIndex
        while start < rows.endIndex {
            let part = Array(rows[start..<min(start + LedgerImport.batchSize, rows.endIndex)])
            start += part.count
            let outcome =
                !writesAtOnce
                ? try await judgeOnly(part)
                : engine.hasPreparations(of: plan.name) ? try await judgeAndWrite(part, batch: report.batch) : try await judgeThenWrite(part, batch: report.batch)
            report.total += part.count
            report.add(outcome.tally)
            for bad in outcome.bad { report.add(bad) }
            if !writesAtOnce, !options.isDryRun, report.bad == 0 { good += outcome.good }
            try await progress(ImportProgress(read: report.total, good: report.good, bad: report.bad, written: report.created + report.updated))
        }
        report.isKept = writesAtOnce
        guard !writesAtOnce, !options.isDryRun, report.bad == 0 else { return }
        try await writeAll(good, &report)
        try await progress(ImportProgress(read: report.total, good: report.good, bad: report.bad, written: report.created + report.updated))
    }

    // MARK: Judging

    private struct Outcome: Sendable {
        var good: [(number: Int, cells: [String], judged: ImportJudge.Judged)] = []
        var bad: [ImportReport.BadRow] = []
        var tally = ImportTally()

        /// Rows that met someone else's write, among the bad ones in the order of the file.
        mutating func add(_ refused: [Refused], among rows: [SheetRow]) {
            guard !refused.isEmpty else { return }
            let byNumber = Dictionary(rows.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
            bad += refused.map { refusal in
                ImportReport.BadRow(number: refusal.number, cells: byNumber[refusal.number]?.cells.map { $0.text ?? "" } ?? [], findings: refusal.findings)
            }
            bad.sort { $0.number < $1.number }
        }
    }

    private func judgeOnly(_ rows: [SheetRow]) async throws -> Outcome {
        try await engine.database.read { [judge] reader in try judge.change { try Self.judge(rows, &$0, in: reader) } }
    }

    private static func judge(_ rows: [SheetRow], _ judge: inout ImportJudge, in reader: any Reader) throws -> Outcome {
        var outcome = Outcome()
        for row in rows {
            let (judged, findings) = try judge.judge(row, in: reader)
            // Words are kept only of what must be shown again.
            if let judged {
                outcome.good.append((row.number, [], judged))
            } else {
                outcome.bad.append(ImportReport.BadRow(number: row.number, cells: row.cells.map { $0.text ?? "" }, findings: findings))
            }
        }
        return outcome
    }

    private func judgeAndWrite(_ rows: [SheetRow], batch: Int64) async throws -> Outcome {
        try await engine.database.write { [self] tx in
            var outcome = try judge.change { try Self.judge(rows, &$0, in: tx) }
            let refused = try write(outcome.good.map { ($0.number, $0.judged) }, batch: batch, stopsAtFirst: false, &outcome.tally, in: tx)
            outcome.add(refused, among: rows)
            outcome.good = []
            return outcome
        }
    }

    /// Judged beside the writer, written in short steps.
    private func judgeThenWrite(_ rows: [SheetRow], batch: Int64) async throws -> Outcome {
        var outcome = try await judgeOnly(rows)
        let good = outcome.good.map { (number: $0.number, judged: $0.judged) }
        outcome.good = []
        for start in stride(from: 0, to: good.count, by: LedgerImport.writeStep) {
            let step = Array(good[start..<min(start + LedgerImport.writeStep, good.count)])
            let (tally, refused) = try await engine.database.write { [self] tx in
                var tally = ImportTally()
                let refused = try write(step, batch: batch, stopsAtFirst: false, &tally, in: tx)
                return (tally, refused)
            }
            outcome.tally.add(tally)
            outcome.add(refused, among: rows)
        }
        return outcome
    }

    private struct TakenBack: Error {
        var outcome: Outcome
    }

    /// What a domain fills in may depend on the rows before it (the next number), so rows are written as they are judged, and all taken back where one is bad or nothing was to be kept.
    private func judgeAndWriteWhole(_ rows: [SheetRow], _ report: inout ImportReport, _ progress: Progress) async throws {
        let batch = report.batch
        report.total = rows.count
        do {
            let outcome = try await engine.database.write { [self] tx in
                var whole = Outcome()
                for row in rows {
                    var one = try judge.change { try Self.judge([row], &$0, in: tx) }
                    whole.bad += one.bad
                    let refused = try write(one.good.map { ($0.number, $0.judged) }, batch: batch, stopsAtFirst: false, &one.tally, in: tx)
                    whole.bad += refused.map { ImportReport.BadRow(number: $0.number, cells: row.cells.map { $0.text ?? "" }, findings: $0.findings) }
                    whole.tally.add(one.tally)
                }
                if options.isDryRun || !whole.bad.isEmpty { throw TakenBack(outcome: whole) }
                return whole
            }
            report.add(outcome.tally)
            report.isKept = true
        } catch let taken as TakenBack {
            for bad in taken.outcome.bad { report.add(bad) }
        }
        try await progress(ImportProgress(read: report.total, good: report.good, bad: report.bad, written: report.created + report.updated))
    }

    // MARK: Writing

    private struct Refused: Error, Sendable {
        var number: Int
        var findings: [FieldFinding]
    }

    private func writeAll(_ good: [(number: Int, cells: [String], judged: ImportJudge.Judged)], _ report: inout ImportReport) async throws {
        let batch = report.batch
        do {
            let tally = try await engine.database.write { [self] tx in
                var tally = ImportTally()
                if let refused = try write(good.map { ($0.number, $0.judged) }, batch: batch, stopsAtFirst: true, &tally, in: tx).first { throw refused }
                return tally
            }
            report.add(tally)
            report.isKept = true
        } catch let refused as Refused {
            // Someone else wrote the same row between judging and writing; nothing was kept.
            report.add(ImportReport.BadRow(number: refused.number, cells: [], findings: refused.findings))
        }
    }

    /// - Returns: rows that met someone else's write.
    private func write(_ rows: [(number: Int, judged: ImportJudge.Judged)], batch: Int64, stopsAtFirst: Bool, _ tally: inout ImportTally, in tx: any Transaction) throws
        -> [Refused]
    {
        var refused: [Refused] = []
        var history: [[SQLValue]] = []
        history.reserveCapacity(rows.count)
        let now = engine.clock.now
        let hasHooks = !engine.hooks(of: plan.name).isEmpty
        for row in rows {
            do {
                switch row.judged {
                case .insert(let values, let owner):
                    let id = try insert(values, owner, now, batch, makesRecord: hasHooks, in: tx)
                    tally.created += 1
                    history.append([.text(plan.name), .int(id), .int(1), .text("created"), now.sqlValue, .int(principal.id), .text(principal.name), .null, .int(batch), .null])
                case .update(let id, let draft):
                    guard let record = try engine.fetch(id, plan, locks: true, in: tx), record.deletedAt == nil else { throw Failure.notFound(plan.declaration.title) }
                    let changed = try engine.revise(record, draft, plan, by: principal, .person, engine.inputContext(acceptsTitles: true), in: tx, batch: batch).1
                    if changed { tally.updated += 1 } else { tally.unchanged += 1 }
                }
            } catch let failure as Failure where failure.kind == .invalid || failure.kind == .notFound {
                refused.append(Refused(number: row.number, findings: failure.fields.isEmpty ? [FieldFinding("", "changed", failure.message, title: "")] : failure.fields))
                if stopsAtFirst { return refused }
            }
        }
        // The making of rows of very large ledgers is told by the rows themselves.
        if !plan.declaration.isLarge { try tx.insertMany(into: "record_history", columns: LedgerEngine.historyColumns, rows: history) }
        try engine.seal(plan.name, history.compactMap { $0[1].int }, in: tx)
        try engine.refreshDictionaries(afterChangeOf: plan.name, in: tx)
        return refused
    }

    /// - Parameter makesRecord: a record is only built where a hook wants to see it.
    private func insert(_ values: [SQLValue], _ owner: Owner, _ now: Moment, _ batch: Int64, makesRecord: Bool, in tx: any Transaction) throws -> Int64 {
        guard makesRecord else {
            let arguments: [SQLValue] =
                [owner.org.sqlValue, owner.area.sqlValue, .int(1), now.sqlValue, .int(principal.id), now.sqlValue, .int(principal.id)] + (try plan.sealed(values))
            return try engine.refusingDuplicates(plan) { try tx.insert(SQL(text: plan.insertText, arguments: arguments)) }
        }
        let record = try engine.insert(values, owner, plan, by: principal, in: tx)
        try engine.recordInBatch(LedgerChange(kind: .created, ledger: plan.name, before: nil, after: record, by: principal), plan, batch, in: tx)
        return record.id
    }

    // MARK: The batch row

    private func begin() async throws -> Int64 {
        let mode = options.isDryRun ? "dryRun" : options.badRows.rawValue + "," + options.knownRows.rawValue
        return try await engine.database.write { [self] tx in
            try tx.insert(
                """
                INSERT INTO import_batches (ledger, file_name, mode, state, by_id, by_name, started_at) VALUES \
                (\(plan.name), \(fileName), \(mode), \("running"), \(principal.id), \(principal.name), \(engine.clock.now))
                """)
        }
    }

    private func end(_ report: ImportReport, state: String) async throws {
        try await engine.database.write { [self] tx in
            try tx.execute(
                """
                UPDATE import_batches SET state = \(state), total = \(report.total), created = \(report.created), updated = \(report.updated), unchanged = \(report.unchanged), bad = \(report.bad), \
                ended_at = \(engine.clock.now) WHERE id = \(report.batch)
                """)
            let details: JSONValue = [
                "file": .string(fileName), "state": .string(state), "total": .int(Int64(report.total)), "created": .int(Int64(report.created)),
                "updated": .int(Int64(report.updated)),
                "unchanged": .int(Int64(report.unchanged)), "bad": .int(Int64(report.bad)),
            ]
            try engine.audit.record(AuditEntry("import", plan.name, String(report.batch), "导入\(plan.declaration.title)：\(report.summary)", details: details), by: principal, in: tx)
        }
    }
}

/// What writing did.
struct ImportTally: Sendable {
    var created = 0
    var updated = 0
    var unchanged = 0

    mutating func add(_ other: ImportTally) {
        created += other.created
        updated += other.updated
        unchanged += other.unchanged
    }
}

extension ImportReport {
    mutating func add(_ tally: ImportTally) {
        created += tally.created
        updated += tally.updated
        unchanged += tally.unchanged
    }

    mutating func add(_ row: BadRow) {
        bad += 1
        if badRows.count < ImportReport.most { badRows.append(row) }
    }
}
