import Exchange
import Identity
import Kernel
import Storage

extension LedgerEngine {
    /// Rows of one step of an export; titles of references are looked up once a step.
    private static let exportStep = 1_000

    /// Writes the rows of a query to a file, as the reader may see them: own scope, masks, chosen columns, dictionary titles. Texts that look like formulas are made harmless by the writer.
    ///
    /// - Parameter progress: told after every 1,000 rows; what it throws stops the export.
    /// - Returns: rows written. The export is audited.
    /// - Throws: `.forbidden` without `LEDGER.export` or `LEDGER.read`.
    @discardableResult
    package func export(_ query: LedgerQuery, format: SheetFormat, path: String, by principal: Principal, progress: @escaping @Sendable (Int) throws -> Void = { _ in })
        async throws -> Int
    {
        let declaration = try plan(query.ledger).declaration
        try requireExport(declaration, principal)
        let rows = try await database.look(within: .seconds(1_800)) { [self] reader in try write(query, format: format, path: path, by: principal, in: reader, progress: progress) }
        try await database.write { [self] tx in
            let reveals = principal.may(declaration.revealPermission) && declaration.fields.contains { $0.marks.contains(.personal) }
            let details: JSONValue = ["query": .string(query.urlQuery), "rows": .int(Int64(rows)), "format": .string(format.rawValue), "reveals": .bool(reveals)]
            try audit.record(AuditEntry("export", declaration.name, "", "导出\(declaration.title) \(rows) 行" + (reveals ? "（含个人信息原文）" : ""), details: details), by: principal, in: tx)
        }
        return rows
    }

    private func requireExport(_ declaration: LedgerDeclaration, _ principal: Principal) throws {
        try declaration.requireReading(principal)
        guard principal.may(declaration.exportPermission) || principal.may(declaration.writePermission) else { throw Failure.forbidden("导出\(declaration.title)") }
    }

    private func write(_ query: LedgerQuery, format: SheetFormat, path: String, by principal: Principal, in reader: any Reader, progress: (Int) throws -> Void) throws -> Int {
        let compiled = try compile(query, by: principal, reader.dialect)
        let dictionaries = dictionaries.snapshot
        let plain = Presenter(compiled.plan, dictionaries, .none, principal, today: clock.today)
        let fields = plain.columns(query)
        let hasOwner = compiled.plan.declaration.ownedBy == .enterprise
        let titles = (hasOwner ? [SheetColumn(compiled.plan.declaration.owners.title, width: 28)] : []) + fields.map { SheetColumn($0.title + ($0.unit.map { "（\($0)）" } ?? "")) }
        let writer = try SheetWriter(path: path, format: format, sheet: compiled.plan.declaration.title, columns: titles)
        var cursor: Cursor?
        while true {
            let records = try rows(compiled, after: cursor, limit: LedgerEngine.exportStep, in: reader)
            guard let last = records.last else { break }
            let presenter = Presenter(compiled.plan, dictionaries, try self.titles(for: records, compiled.plan, in: reader), principal, today: clock.today)
            for record in records {
                var cells: [Cell] = hasOwner ? [.text(presenter.owner(record))] : []
                for field in fields { cells.append(presenter.cell(field, record)) }
                try writer.append(cells)
            }
            try progress(writer.rows)
            guard records.count == LedgerEngine.exportStep else { break }
            cursor = try Cursor(parsing: compiled.cursor(at: last, goesBack: false), sorting: compiled.sorts)
        }
        try writer.finish()
        return writer.rows
    }
}

extension LedgerDeclaration {
    package var exportPermission: String { "\(name).export" }
}

extension Presenter {
    /// Numbers as numbers, days and moments as such, everything else as people read it.
    package func cell(_ field: Field, _ record: Record) -> Cell {
        guard !isMasked(field) else { return text(field, record).isEmpty ? .empty : .text(text(field, record)) }
        switch field.kind {
        case .integer, .decimal: return isVisible(field) ? Cell(record.values[field.name]?.double) : .empty
        case .day: return isVisible(field) ? Cell(record.values[field.name]?.int.flatMap { Day(number: Int($0)) }) : .empty
        case .moment: return isVisible(field) ? Cell(record.values[field.name]?.int.map { Moment(milliseconds: $0) }) : .empty
        default:
            let text = text(field, record)
            return text.isEmpty ? .empty : .text(text)
        }
    }
}
