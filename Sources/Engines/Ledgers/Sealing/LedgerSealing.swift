import Cryptography
import Identity
import Kernel
import Storage

/// Seals what the tables of ledgers, and their history, still hold plain or under an older key: step by step beside everybody's work, and from where it stopped when the program was ended
/// (decision 0023).
///
/// Rows are read and sealed beside the writer; a step writes only values that are still what was read.
package struct LedgerSealing: Sendable {
    /// How far one table has come.
    package struct Progress: Sendable, Equatable {
        /// A table; `record_history` is that of all ledgers.
        package var place: String
        package var afterId: Int64
        package var lastId: Int64
        /// Rows written so far by this walk.
        package var rewritten: Int64
        package var finishedAt: Moment?
    }

    static let history = "record_history"
    /// Rows looked at in a step.
    static let step = 1_000

    let engine: LedgerEngine
    let version: Int

    struct Place: Sendable {
        let table: String
        /// What the walk is bound to: other fields or another key begin a new one.
        let fields: String
        let ciphers: [(column: String, cipher: FieldCipher)]
    }

    /// Walks every table that is not finished.
    ///
    /// - Parameter steps: at most so many; the rest waits for the next call.
    /// - Returns: rows written.
    package func run(steps: Int = .max) async throws -> Int {
        var left = steps
        var total = 0
        for place in places {
            var state = try await engine.database.read { try recorded(place, in: $0) }
            while state.finishedAt == nil, left > 0 {
                try Task.checkCancellation()
                left -= 1
                total += try await step(place, &state)
            }
        }
        return total
    }

    /// Begins all walks anew: after data came in from elsewhere.
    package func forget(in tx: any Transaction) throws { try tx.execute("DELETE FROM sealing_progress") }

    package func progress(in reader: any Reader) throws -> [Progress] {
        try places.map { place in
            var state = try recorded(place, in: reader)
            state.lastId = try reader.value("SELECT MAX(id) FROM \(ident: place.table)")?.int ?? 0
            return state
        }
    }

    /// Tables with sealed columns, those of ledgers defined at run time too; the history last.
    var places: [Place] {
        let plans = engine.plans.filter { $0.declaration.view == nil && !$0.sealedFields.isEmpty }
        let tables = plans.map { plan in
            Place(
                table: plan.declaration.tableName, fields: plan.sealedFields.map { $0.columns[0].name }.joined(separator: ","),
                ciphers: plan.sealedFields.compactMap { field in field.cipher.map { (field.columns[0].name, $0) } })
        }
        let all = plans.flatMap { plan in plan.sealedFields.map { "\(plan.name).\($0.field.name)" } }.sorted()
        return tables + [Place(table: LedgerSealing.history, fields: all.joined(separator: ","), ciphers: [])]
    }

    private func recorded(_ place: Place, in reader: any Reader) throws -> Progress {
        let row = try reader.first("SELECT fields, key_version, after_id, rewritten, finished_at FROM sealing_progress WHERE place = \(place.table)")
        guard let row, row[0].text == place.fields, row[1].int == Int64(version) else { return Progress(place: place.table, afterId: 0, lastId: 0, rewritten: 0) }
        return Progress(
            place: place.table, afterId: row[2].int ?? 0, lastId: 0, rewritten: row[3].int ?? 0, finishedAt: row[4].int.map { Moment(milliseconds: $0) })
    }

    private struct Rewrite: Sendable {
        var id: Int64
        var column: String
        var old: String
        var new: String
    }

    private func step(_ place: Place, _ state: inout Progress) async throws -> Int {
        let after = state.afterId
        let (rewrites, last) = try await engine.database.read { reader in
            place.table == LedgerSealing.history ? try dueInHistory(after: after, in: reader) : try due(place, after: after, in: reader)
        }
        if let last { state.afterId = last } else { state.finishedAt = engine.clock.now }
        let next = state
        state.rewritten += try await engine.database.write { tx in
            var rows: Set<Int64> = []
            for rewrite in rewrites {
                let changed = try tx.execute(
                    "UPDATE \(ident: place.table) SET \(ident: rewrite.column) = \(rewrite.new) WHERE id = \(rewrite.id) AND \(ident: rewrite.column) = \(rewrite.old)")
                if changed > 0 { rows.insert(rewrite.id) }
            }
            try keep(next, place, adding: Int64(rows.count), in: tx)
            return Int64(rows.count)
        }
        return Int(state.rewritten - next.rewritten)
    }

    private func keep(_ state: Progress, _ place: Place, adding rows: Int64, in tx: any Transaction) throws {
        let rewritten = state.rewritten + rows
        try tx.execute(
            """
            INSERT INTO sealing_progress (place, fields, key_version, after_id, rewritten, finished_at) VALUES \
            (\(place.table), \(place.fields), \(version), \(state.afterId), \(rewritten), \(state.finishedAt)) ON CONFLICT (place) DO UPDATE SET fields = excluded.fields, \
            key_version = excluded.key_version, after_id = excluded.after_id, rewritten = excluded.rewritten, finished_at = excluded.finished_at
            """)
        guard state.finishedAt != nil, rewritten > 0 else { return }
        let entry = AuditEntry("update", "personalSeal", place.table, "个人信息加密：\(place.table) 共 \(rewritten) 行改用第 \(version) 版密钥")
        try engine.audit.record(entry, by: .system("个人信息加密"), in: tx)
    }

    private func due(_ place: Place, after: Int64, in reader: any Reader) throws -> ([Rewrite], Int64?) {
        let columns = SQL.joined(place.ciphers.map { SQL.ident($0.column) }, by: ", ")
        var found: [Rewrite] = []
        var last: Int64?
        try reader.each("SELECT id, \(columns) FROM \(ident: place.table) WHERE id > \(after) ORDER BY id LIMIT \(LedgerSealing.step)") { row in
            let id = row[0].int ?? 0
            last = id
            for (index, (column, cipher)) in place.ciphers.enumerated() {
                guard let stored = row[index + 1].text, let sealed = try anew(stored, cipher) else { continue }
                found.append(Rewrite(id: id, column: column, old: stored, new: sealed))
            }
            return true
        }
        return (found, last)
    }

    private func dueInHistory(after: Int64, in reader: any Reader) throws -> ([Rewrite], Int64?) {
        var found: [Rewrite] = []
        var last: Int64?
        try reader.each("SELECT id, ledger, changes FROM record_history WHERE id > \(after) AND changes IS NOT NULL ORDER BY id LIMIT \(LedgerSealing.step)") { row in
            let id = row[0].int ?? 0
            last = id
            guard let plan = engine.knownPlan(row[1].text ?? ""), !plan.sealedFields.isEmpty, let text = row[2].text, let sealed = try anew(changes: text, plan) else {
                return true
            }
            found.append(Rewrite(id: id, column: "changes", old: text, new: sealed))
            return true
        }
        return (found, last)
    }

    /// Nil where nothing is to be done, also for what cannot be opened: `jianwei verify` names it.
    private func anew(_ stored: String, _ cipher: FieldCipher) throws -> String? {
        guard !stored.isEmpty, !cipher.isCurrent(stored), let plain = try? cipher.open(stored) else { return nil }
        return try cipher.seal(plain)
    }

    private func anew(changes text: String, _ plan: LedgerPlan) throws -> String? {
        guard var object = (try? JSONValue(parsing: text))?.object else { return nil }
        var isChanged = false
        for (index, (name, pair)) in object.members.enumerated() {
            guard let cipher = plan.field(name)?.cipher, let values = pair.array else { continue }
            let sealed = try values.map { value -> JSONValue in
                guard let stored = value.string, let fresh = try anew(stored, cipher) else { return value }
                isChanged = true
                return .string(fresh)
            }
            object.members[index] = (name, .array(sealed))
        }
        return isChanged ? JSONValue.object(object).text : nil
    }
}

extension LedgerEngine {
    /// The walk that seals what is stored, bound to the newest key.
    package var sealing: LedgerSealing { LedgerSealing(engine: self, version: keyVersion) }
}
