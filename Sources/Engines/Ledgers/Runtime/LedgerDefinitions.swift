import Identity
import Kernel
import Storage

/// Ledgers that an administrator defines while the server runs. Their declaration is a row, their table is `x_NAME`, everything else is the same engine.
extension LedgerEngine {
    static let definitionPermission = "ledgerDefinitions.write"

    /// Makes the ledger and its table, or changes it: new fields become columns; titles, marks, lengths and hints may change; fields cannot go or change their kind, since rows carry them.
    ///
    /// Usable as soon as the transaction has committed.
    /// - Throws: `.forbidden`; `.invalid` `JW-L051` with every fault of the declaration; `.conflict` `JW-L052` where a declared ledger has the name.
    package func define(_ declaration: LedgerDeclaration, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(LedgerEngine.definitionPermission, "定义台账")
        var declaration = declaration
        declaration.isRuntime = true
        let old = knownPlan(declaration.name)?.declaration
        if let old, !old.isRuntime { throw Failure(.conflict, "JW-L052", "“\(declaration.name)”是系统内置台账，不能重新定义") }
        try requireSound(declaration, replacing: old)
        let steps = try old.map { try changes(from: $0, to: declaration) } ?? declaration.table.map { [SchemaStep.createTable($0)] } ?? []
        for step in steps { try tx.apply(step) }
        try store(declaration, isNew: old == nil, by: principal, in: tx)
        let verb = old == nil ? "新建" : "修改"
        try audit.record(
            AuditEntry(old == nil ? "create" : "update", "ledgerDefinition", declaration.name, "\(verb)自定义台账：\(declaration.title)", details: declaration.json), by: principal,
            in: tx)
        tx.signal(LedgerEngine.signal, "")
        tx.afterCommit { [self, declaration] in install(declaration) }
    }

    package func define(_ declaration: LedgerDeclaration, by principal: Principal) async throws {
        try await database.write { [self] in try define(declaration, by: principal, in: $0) }
    }

    /// Takes all definitions from the database, also those that another node has made.
    package func loadDefinitions(in reader: any Reader) throws {
        for row in try reader.rows("SELECT name, body FROM ledger_definitions ORDER BY id") {
            guard let body = row[1].text, let json = try? JSONValue(parsing: body) else { throw Failure(.unexpected, "JW-L053", "自定义台账“\(row[0].text ?? "")”的定义已损坏") }
            let declaration = try LedgerDeclaration(json: json)
            if knownPlan(declaration.name)?.declaration != declaration { install(declaration) }
        }
    }

    private func requireSound(_ declaration: LedgerDeclaration, replacing old: LedgerDeclaration?) throws {
        var faults = LedgerEngine.check(declarations.filter { $0.name != declaration.name } + [declaration], dictionaries: dictionaries).filter {
            $0.contains(declaration.id) || $0.contains("“\(declaration.name)”")
        }
        if declaration.view != nil { faults.append("JW-L018 a view cannot be defined at run time") }
        for field in old?.fields ?? [] {
            guard let next = declaration.field(field.name) else {
                faults.append("JW-L054 field “\(field.name)” cannot be removed; mark it unlisted")
                continue
            }
            if next.kind.behaviour.columns(of: next) != field.kind.behaviour.columns(of: field) || next.kind.word != field.kind.word {
                faults.append("JW-L054 field “\(field.name)” cannot change its kind")
            }
            // What is stored is sealed and would be shown so.
            if field.isSealed, !next.isSealed { faults.append("JW-L054 field “\(field.name)” is personal and stays so; mark it unlisted and add another") }
        }
        guard faults.isEmpty else {
            throw Failure(
                .invalid, "JW-L051", "台账定义有 \(faults.count) 处错误：" + faults.joined(separator: "；"), fields: faults.map { FieldFinding("definition", "fault", $0, title: "定义") })
        }
    }

    private func changes(from old: LedgerDeclaration, to new: LedgerDeclaration) throws -> [SchemaStep] {
        guard let before = old.table, let after = new.table else { return [] }
        let added = after.columns.filter { column in !before.columns.contains { $0.name == column.name } }
        return added.map { .addColumn(table: after.name, $0) }
            + before.indexes.filter { !after.indexes.contains($0) }.map { .dropIndex(table: after.name, $0) }
            + after.indexes.filter { !before.indexes.contains($0) }.map { .createIndex(table: after.name, $0) }
    }

    private func store(_ declaration: LedgerDeclaration, isNew: Bool, by principal: Principal, in tx: any Transaction) throws {
        let body = declaration.json.text
        let now = clock.now
        if isNew {
            try tx.execute(
                "INSERT INTO ledger_definitions (name, version, body, created_at, updated_at, updated_by) VALUES (\(declaration.name), 1, \(body), \(now), \(now), \(principal.id))"
            )
        } else {
            try tx.execute(
                "UPDATE ledger_definitions SET version = version + 1, body = \(body), updated_at = \(now), updated_by = \(principal.id) WHERE name = \(declaration.name)")
        }
    }
}
