import Identity
import Kernel
import Storage

/// The conditions and order of one query, compiled against one principal.
struct CompiledQuery {
    let plan: LedgerPlan
    /// Scope first, then liveness, filters, search.
    let condition: SQL
    let sorts: [LedgerDeclaration.Sort]
    let dialect: Dialect

    func orderBy(reversed: Bool) -> SQL {
        let parts = sorts.map { sort -> SQL in
            let isDescending = sort.isDescending != reversed
            let column = SQL.ident(plan.column(sort.field) ?? "id")
            let nulls: SQL = dialect == .postgres && sort.field != "id" ? (isDescending ? " NULLS LAST" : " NULLS FIRST") : ""
            return "\(column)\(isDescending ? " DESC" : "" as SQL)\(nulls)"
        }
        return SQL.joined(parts, by: ", ")
    }

    func keyset(_ cursor: Cursor) -> Keyset {
        Keyset(keys: zip(sorts, cursor.values).map { Keyset.Key(column: SQL.ident(plan.column($0.field) ?? "id"), isDescending: $0.isDescending != cursor.goesBack, value: $1) })
    }

    func cursor(at record: Record, goesBack: Bool) -> String {
        let values = sorts.map { sort -> SQLValue in
            switch sort.field {
            case "id": .int(record.id)
            case "org": record.org.sqlValue
            case "area": record.area.sqlValue
            case "createdAt": record.createdAt.sqlValue
            case "updatedAt": record.updatedAt.sqlValue
            default: record.values[sort.field] ?? .null
            }
        }
        return Cursor(sorting: Cursor.sortingText(sorts), values: values, goesBack: goesBack).text
    }
}

extension LedgerEngine {
    /// The one way from a query to SQL: permission, row scope, liveness, filters, search. List, export, statistics and counts all pass here.
    ///
    /// - Throws: `.forbidden`; `.invalid` naming every condition and sort that this ledger does not have.
    func compile(_ query: LedgerQuery, by principal: Principal, _ dialect: Dialect, walksInOrder: Bool = true) throws -> CompiledQuery {
        let plan = try plan(query.ledger)
        try plan.declaration.requireReading(principal)
        var compiler = FilterCompiler(plan, dialect, inputContext(acceptsTitles: true), principal)
        var parts: [SQL] = []
        if !query.includeDeleted { parts.append(SQL(text: liveRows)) }
        if let scope = RowScope(plan.declaration, principal).condition(dialect, walksInOrder: walksInOrder) { parts.append(scope) }
        for filter in query.filters { if let part = compiler.condition(filter) { parts.append(part) } }
        if let search = query.search?.trimmed, !search.isEmpty { parts.append(compiler.search(search)) }
        if let extra = query.extraCondition { parts.append(extra) }
        let sorts = sorting(query, plan, &compiler)
        guard compiler.findings.isEmpty else { throw Failure.invalid(compiler.findings) }
        return CompiledQuery(plan: plan, condition: .all(of: parts), sorts: sorts, dialect: dialect)
    }

    private func sorting(_ query: LedgerQuery, _ plan: LedgerPlan, _ compiler: inout FilterCompiler) -> [LedgerDeclaration.Sort] {
        var sorts: [LedgerDeclaration.Sort] = []
        for sort in query.sorts.isEmpty ? plan.declaration.sortedBy : query.sorts {
            let isHidden =
                plan.field(sort.field).map {
                    $0.field.marks.contains(.restricted) && !compiler.seesRestricted || $0.field.marks.contains(.personal) && !compiler.reveals || $0.cipher != nil
                } ?? false
            guard plan.column(sort.field) != nil, !isHidden else {
                compiler.findings.append(FieldFinding(sort.field, "unknown", "不能用来排序", title: "“\(sort.field)”"))
                continue
            }
            if !sorts.contains(where: { $0.field == sort.field }) { sorts.append(sort) }
            if sort.field == "id" { break }
        }
        if sorts.last?.field != "id" { sorts.append(LedgerDeclaration.Sort("id", descending: sorts.last?.isDescending ?? true)) }
        return sorts
    }

    /// One page. Costs one query, one for the count where it is wanted, and one for each ledger that is referred to; a page of a large ledger asked by its facets some dozens of short ones.
    package func list(_ query: LedgerQuery, by principal: Principal, in reader: any Reader) throws -> LedgerPage {
        let compiled = try compile(query, by: principal, reader.dialect)
        let limit = min(max(query.limit, 1), 200)
        let cursor = try query.cursor.map { try Cursor(parsing: $0, sorting: compiled.sorts) }
        var records: [Record]
        let total: LedgerPage.Total
        if let question = FacetQuestion(query, compiled.plan, compiled.sorts, by: principal) {
            var found = FacetPage(question, compiled, after: cursor, limit: limit + 1, countingTo: query.wantsTotal ? 10_000 : 0, in: reader)
            (records, total) = try found.run()
        } else {
            records = try rows(compiled, after: cursor, limit: limit + 1, in: reader)
            total = try self.total(query, by: principal, in: reader)
        }
        let hasMore = records.count > limit
        if hasMore { records.removeLast() }
        let goesBack = cursor?.goesBack ?? false
        if goesBack { records.reverse() }
        var page = LedgerPage(records: records, total: total, titles: try titles(for: records, compiled.plan, in: reader))
        if let last = records.last, goesBack || hasMore { page.nextCursor = compiled.cursor(at: last, goesBack: false) }
        if let first = records.first, goesBack ? hasMore : cursor != nil { page.previousCursor = compiled.cursor(at: first, goesBack: true) }
        return page
    }

    func rows(_ compiled: CompiledQuery, after cursor: Cursor?, limit: Int, in reader: any Reader) throws -> [Record] {
        let select = SQL(text: compiled.plan.selectText)
        let order = compiled.orderBy(reversed: cursor?.goesBack ?? false)
        guard let cursor else { return try reader.rows("\(select) WHERE \(compiled.condition) ORDER BY \(order) LIMIT \(limit)").map(compiled.plan.record) }
        var records: [Record] = []
        for condition in compiled.keyset(cursor).conditions where records.count < limit {
            records += try reader.rows("\(select) WHERE \(compiled.condition) AND (\(condition)) ORDER BY \(order) LIMIT \(limit - records.count)").map(compiled.plan.record)
        }
        return records
    }

    /// The statement of a first page, for tests of its plan and for operators.
    package func listStatement(_ query: LedgerQuery, by principal: Principal, _ dialect: Dialect) throws -> SQL {
        let compiled = try compile(query, by: principal, dialect)
        return "\(SQL(text: compiled.plan.selectText)) WHERE \(compiled.condition) ORDER BY \(compiled.orderBy(reversed: false)) LIMIT \(query.limit + 1)"
    }

    /// Counting stops at 10,000; at 100,000 where an index alone can answer, and at 1,000 in large ledgers, whose rows are fetched from far apart.
    private func total(_ query: LedgerQuery, by principal: Principal, in reader: any Reader) throws -> LedgerPage.Total {
        guard query.wantsTotal else { return .unknown }
        let compiled = try compile(query, by: principal, reader.dialect, walksInOrder: false)
        let isPlain = query.filters.isEmpty && query.search == nil && query.extraCondition == nil && !compiled.plan.declaration.isLarge
        let most = isPlain ? 100_000 : compiled.plan.declaration.isLarge ? 1_000 : 10_000
        let count = try reader.count("SELECT count(*) FROM (SELECT 1 FROM \(SQL(text: compiled.plan.source)) WHERE \(compiled.condition) LIMIT \(most + 1)) AS counted")
        return count > most ? .atLeast(most) : .exact(count)
    }

    /// Streams the rows of a query in its order, for exports; `limit` and `cursor` are not looked at. The body returns false to stop.
    package func each(_ query: LedgerQuery, by principal: Principal, in reader: any Reader, _ body: (Record) throws -> Bool) throws {
        let compiled = try compile(query, by: principal, reader.dialect)
        try reader.each("\(SQL(text: compiled.plan.selectText)) WHERE \(compiled.condition) ORDER BY \(compiled.orderBy(reversed: false))") { try body(compiled.plan.record($0)) }
    }

    /// How many rows a query has, all of them.
    package func count(_ query: LedgerQuery, by principal: Principal, in reader: any Reader) throws -> Int {
        let compiled = try compile(query, by: principal, reader.dialect, walksInOrder: false)
        return try reader.count("SELECT count(*) FROM \(SQL(text: compiled.plan.source)) WHERE \(compiled.condition)")
    }

    /// - Returns: nil when there is no such row, when it is deleted (unless asked for) and when it lies outside the scope.
    package func find(_ ledger: String, id: Int64, by principal: Principal, includeDeleted: Bool = false, in reader: any Reader) throws -> Record? {
        let plan = try plan(ledger)
        try plan.declaration.requireReading(principal)
        guard let record = try fetch(id, plan, in: reader), includeDeleted || record.deletedAt == nil else { return nil }
        return RowScope(plan.declaration, principal).mayRead(org: record.org, area: record.area) ? record : nil
    }

    /// For rules: no permission, no scope. Matches live rows on the named fields, which may also be `org`; the first by id.
    package func findUnique(_ ledger: String, matching values: [String: SQLValue], in reader: any Reader) throws -> Record? {
        let plan = try plan(ledger)
        var text = plan.selectText + " WHERE " + liveRows
        var arguments: [SQLValue] = []
        // One order of names, one prepared statement.
        for name in values.keys.sorted() {
            guard let column = plan.column(name) else { preconditionFailure("no field \(name) in \(ledger)") }
            let value = values[name] ?? .null
            if !value.isNull, let field = plan.field(name), field.cipher != nil {
                let candidates = try field.candidates(value)
                text += " AND " + SQL.ident(column).text + " IN (" + candidates.map { _ in "?" }.joined(separator: ", ") + ")"
                arguments += candidates
                continue
            }
            text += " AND " + SQL.ident(column).text + (value.isNull ? " IS NULL" : " = ?")
            if !value.isNull { arguments.append(value) }
        }
        return try reader.first(SQL(text: text + " ORDER BY id LIMIT 1", arguments: arguments)).map(plan.record)
    }

    /// Titles that records refer to: one query for each ledger referred to, one for organisations.
    package func titles(for records: [Record], in ledger: String, _ reader: any Reader) throws -> ReferenceTitles { try titles(for: records, plan(ledger), in: reader) }

    func titles(for records: [Record], _ plan: LedgerPlan, in reader: any Reader) throws -> ReferenceTitles {
        var wanted: [Link: Set<Int64>] = [:]
        for record in records {
            if let org = record.org { wanted[.organisation, default: []].insert(org) }
            for field in plan.fields { if let link = field.link, let id = record.values[field.field.name]?.int { wanted[link, default: []].insert(id) } }
        }
        var titles = ReferenceTitles()
        for (link, ids) in wanted {
            switch link {
            case .organisation: titles.organisations = try organisationTitles(ids, in: reader)
            case .ledger(let name): titles.rows[name] = try rowTitles(ids, name, near: times(of: records, plan, as: name), in: reader)
            }
        }
        return titles
    }

    private func organisationTitles(_ ids: Set<Int64>, in reader: any Reader) throws -> [Int64: String] {
        var titles: [Int64: String] = [:]
        for part in padded(ids) {
            try reader.each("SELECT id, name FROM organisations WHERE id IN (\(list: part))") { row in
                titles[row[0].int ?? 0] = row[1].text ?? ""
                return true
            }
        }
        return titles
    }

    /// When the records were, for links within one large ledger: what belongs together happened within weeks, which a few months' partitions hold.
    private func times(of records: [Record], _ plan: LedgerPlan, as ledger: String) -> ClosedRange<Int64>? {
        guard plan.declaration.isLarge, plan.declaration.name == ledger, let time = plan.declaration.timeField else { return nil }
        let times = records.compactMap { $0.values[time]?.int }
        guard let first = times.min(), let last = times.max() else { return nil }
        let weeks: Int64 = 35 * 86_400_000
        return first - weeks...last + weeks
    }

    /// - Parameter near: looked for there first; by id alone every partition would have to be asked.
    private func rowTitles(_ ids: Set<Int64>, _ ledger: String, near times: ClosedRange<Int64>? = nil, in reader: any Reader) throws -> [Int64: String] {
        if let times, reader.dialect == .postgres, let plan = knownPlan(ledger), let column = plan.declaration.timeField.flatMap({ plan.column($0) }) {
            let found = try rowTitles(ids, ledger, where: "\(SQL.ident(column)) BETWEEN \(times.lowerBound) AND \(times.upperBound)", in: reader)
            let missing = ids.subtracting(found.keys)
            return missing.isEmpty ? found : try found.merging(rowTitles(missing, ledger, where: "1 = 1", in: reader)) { first, _ in first }
        }
        return try rowTitles(ids, ledger, where: "1 = 1", in: reader)
    }

    private func rowTitles(_ ids: Set<Int64>, _ ledger: String, where condition: SQL, in reader: any Reader) throws -> [Int64: String] {
        guard let target = knownPlan(ledger), let field = target.field(target.declaration.titleField) else { return [:] }
        let context = DisplayContext(dictionaries: dictionaries.snapshot, titles: .none, today: clock.today)
        var titles: [Int64: String] = [:]
        for part in padded(ids) {
            try reader.each("\(SQL(text: target.selectText)) WHERE id IN (\(list: part)) AND \(condition)") { row in
                let record = target.record(row)
                let text = field.behaviour.text(of: field.field, in: record, context)
                titles[record.id] = field.field.marks.contains(.personal) ? FieldChecks.masked(text, field.field.check) : text
                return true
            }
        }
        return titles
    }

    /// Lists of 1, 10, 50 or 200 ids, the last one repeated, so that few statements are prepared.
    private func padded(_ ids: Set<Int64>) -> [[Int64]] {
        let sorted = ids.sorted()
        return stride(from: 0, to: sorted.count, by: 200).map { start in
            var part = Array(sorted[start..<min(start + 200, sorted.count)])
            let size = [1, 10, 50, 200].first { $0 >= part.count } ?? 200
            if let last = part.last { part += Array(repeating: last, count: size - part.count) }
            return part
        }
    }
}
