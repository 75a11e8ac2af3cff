import Exchange
import Identity
import Kernel
import Storage

/// Judges the rows of one sheet: columns by their titles, cells by their fields, rows against each other and against the ledger.
struct ImportJudge: Sendable {
    /// What a good row will do.
    enum Judged: Sendable {
        case insert([SQLValue], Owner)
        case update(id: Int64, Draft)
    }

    let engine: LedgerEngine
    let plan: LedgerPlan
    let principal: Principal
    let options: ImportOptions
    let context: InputContext
    /// Column of the sheet → position among the plan's fields.
    private var columns: [(column: Int, field: Int)] = []
    private var ownerAt: Int?
    private(set) var header: [String] = []
    private(set) var ignoredColumns: [String] = []
    private var lookups = ImportLookups()
    /// Unique keys seen in this file, with the row that had them.
    private var seen: [[SQLValue]: Int] = [:]
    private let needsOwner: Bool

    init(_ engine: LedgerEngine, _ plan: LedgerPlan, _ principal: Principal, _ options: ImportOptions) {
        self.engine = engine
        self.plan = plan
        self.principal = principal
        self.options = options
        context = engine.inputContext(acceptsTitles: true)
        needsOwner = engine.needsOwnerColumn(plan, principal)
    }

    /// Takes the header row.
    ///
    /// - Throws: `.invalid` naming every column that is missing or there twice.
    mutating func read(header row: SheetRow) throws {
        header = row.cells.map { $0.text ?? "" }
        let fields = engine.importFields(plan, for: principal)
        var findings: [FieldFinding] = []
        var taken: Set<Int> = []
        for (index, title) in header.enumerated() where !title.isEmpty {
            let plain = title.replacing("*", with: "").trimmed
            if plain == plan.declaration.owners.title, needsOwner {
                ownerAt = index
            } else if let field = fields.first(where: { $0.field.title == plain || $0.field.name == plain }),
                let position = plan.fields.firstIndex(where: { $0.field.name == field.field.name })
            {
                if !taken.insert(position).inserted { findings.append(FieldFinding(field.field.name, "repeated", "在表头中出现了两次", title: "“\(title)”")) }
                columns.append((index, position))
            } else if plain != "原行号", plain != "问题" {
                ignoredColumns.append(title)
            }
        }
        for field in fields where isNeeded(field) && !columns.contains(where: { plan.fields[$0.field].field.name == field.field.name }) {
            findings.append(FieldFinding(field.field.name, "missing", "这一列在表头中没有", title: field.field.title))
        }
        if needsOwner, ownerAt == nil, options.knownRows == .refuse || plan.declaration.uniqueBy.contains("org") {
            findings.append(FieldFinding("org", "missing", "这一列在表头中没有", title: plan.declaration.owners.title))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    private func isNeeded(_ field: FieldPlan) -> Bool {
        if options.knownRows == .update { return plan.declaration.uniqueBy.contains(field.field.name) }
        return field.field.marks.contains(.required) && field.field.fallback == nil
    }

    /// - Returns: what the row will do, or everything that is wrong with it.
    mutating func judge(_ row: SheetRow, in reader: any Reader) throws -> (Judged?, [FieldFinding]) {
        var findings: [FieldFinding] = []
        var draft = try draft(row, in: reader, &findings)
        if options.knownRows == .update, let record = try engine.existing(for: draft, plan, by: principal, .person, context, in: reader) {
            return try judgeChange(of: record, draft, row, findings, in: reader)
        }
        do {
            // Ledgers with preparations are judged inside transactions; `LedgerImport` sees to that.
            if let tx = reader as? any Transaction {
                draft = try engine.prepared(draft, changing: nil, plan.name, by: principal, in: tx)
            } else {
                draft = try engine.derived(draft, changing: nil, plan.name, by: principal, in: reader)
            }
        } catch let failure as Failure where failure.kind == .invalid {
            let named = Set(findings.map(\.field))
            return (nil, findings + failure.fields.filter { !named.contains($0.field) })
        }
        var reading = DraftReading(plan, changing: nil, context, .person, principal)
        let owner = try engine.owner(of: draft, plan, by: principal, in: reader, &reading.findings)
        reading.read(draft, changing: nil)
        // A cell that named nothing is not empty as well.
        let named = Set(findings.map(\.field))
        reading.findings = findings + reading.findings.filter { !named.contains($0.field) }
        if let key = engine.uniqueKey(plan, reading.values, owner) {
            if let first = seen[key] {
                reading.findings.append(FieldFinding("", "duplicate", "与第 \(first) 行重复", title: "本行"))
            } else {
                seen[key] = row.number
                if try engine.holder(of: key, plan, in: reader) != nil { reading.findings.append(engine.duplicateFinding(plan)) }
            }
        }
        return reading.findings.isEmpty ? (.insert(reading.values, owner), []) : (nil, reading.findings)
    }

    private mutating func judgeChange(of record: Record, _ draft: Draft, _ row: SheetRow, _ earlier: [FieldFinding], in reader: any Reader) throws -> (Judged?, [FieldFinding]) {
        var reading = DraftReading(plan, changing: record, context, .person, principal)
        reading.findings = earlier
        reading.read(draft, changing: record)
        let owner = Owner(org: record.org, area: record.area)
        if let key = engine.uniqueKey(plan, reading.values, owner) {
            if let first = seen[key] { reading.findings.append(FieldFinding("", "duplicate", "与第 \(first) 行重复", title: "本行")) } else { seen[key] = row.number }
        }
        return reading.findings.isEmpty ? (.update(id: record.id, draft), []) : (nil, reading.findings)
    }

    /// Empty cells are left out: a new row takes the fallback, a known one keeps what it has.
    private mutating func draft(_ row: SheetRow, in reader: any Reader, _ findings: inout [FieldFinding]) throws -> Draft {
        var draft = Draft()
        draft.values.reserveCapacity(columns.count)
        for (column, position) in columns {
            let cell = row[column]
            guard !cell.isEmpty else { continue }
            let field = plan.fields[position]
            if let link = field.link {
                if let id = try resolve(cell.text ?? "", link, field, in: reader, &findings) { draft.values[field.field.name] = .int(id) }
            } else {
                draft.values[field.field.name] = input(cell)
            }
        }
        if let ownerAt, let text = row[ownerAt].text {
            if let found = try lookups.organisation(text, reader) {
                draft.org = found.id
            } else {
                findings.append(FieldFinding("org", "reference", "“\(text)”未登记或有重名", title: plan.declaration.owners.title))
            }
        }
        return draft
    }

    private mutating func resolve(_ text: String, _ link: Link, _ field: FieldPlan, in reader: any Reader, _ findings: inout [FieldFinding]) throws -> Int64? {
        switch link {
        case .organisation:
            if let found = try lookups.organisation(text, reader) { return found.id }
            findings.append(FieldFinding(field.field.name, "reference", "“\(text)”未登记或有重名", title: field.field.title))
        case .ledger(let ledger):
            switch try lookups.row(text, in: ledger, engine, principal, reader) {
            case .one(let id): return id
            case .none: findings.append(FieldFinding(field.field.name, "reference", "“\(text)”未登记", title: field.field.title))
            case .several: findings.append(FieldFinding(field.field.name, "reference", "“\(text)”有多条同名记录", title: field.field.title))
            }
        }
        return nil
    }

    private func input(_ cell: Cell) -> JSONValue {
        switch cell {
        case .number(let value): Int64(exactly: value).map(JSONValue.int) ?? .double(value)
        case .bool(let value): .bool(value)
        default: cell.text.map(JSONValue.string) ?? .null
        }
    }
}
