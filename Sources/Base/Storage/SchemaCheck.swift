import Kernel

/// Compares what a database has with what the program declares.
package struct SchemaCheck: Sendable {
    package let declared: [Table]

    package init(declared: [Table]) { self.declared = declared }

    /// - Returns: one readable line for each difference, in order of tables; empty when all is as declared.
    package func differences(on database: any Database) async throws -> [String] {
        let declared = declared + [Migrator.table]
        return try await database.read { reader in
            let actual = try SchemaIntrospection.tables(reader)
            return Self.differences(declared: declared, actual: actual, dialect: reader.dialect)
        }
    }

    /// - Throws: `Failure` `.unexpected` `JW-S013`, its cause listing every difference.
    package func require(on database: any Database) async throws {
        let differences = try await differences(on: database)
        guard differences.isEmpty else {
            throw Failure(.unexpected, "JW-S013", "数据库结构与程序不一致（\(differences.count) 处），程序拒绝启动", cause: differences.joined(separator: "; "))
        }
    }

    static func differences(declared: [Table], actual: [Table], dialect: Dialect) -> [String] {
        var lines: [String] = []
        for table in declared.map(\.comparable) {
            guard let found = actual.first(where: { $0.name == table.name })?.comparable else {
                lines.append("table \(table.name) is missing")
                continue
            }
            let table = table.placed(dialect)
            lines += columnDifferences(table, found) + indexDifferences(table, found, dialect)
            if table.key != found.key { lines.append("table \(table.name): key is \(found.key), declared \(table.key)") }
            if dialect == .sqlite, table.isClustered != found.isClustered { lines.append("table \(table.name): clustered is \(found.isClustered), declared \(table.isClustered)") }
            if dialect == .postgres, table.partitionedBy != found.partitionedBy { lines.append("table \(table.name): partitioning differs") }
        }
        for table in actual where !declared.contains(where: { $0.name == table.name }) { lines.append("table \(table.name) is not declared") }
        return lines
    }

    /// - Parameter table: as the dialect has it.
    private static func columnDifferences(_ table: Table, _ found: Table) -> [String] {
        var lines: [String] = []
        for column in table.columns {
            guard let actual = found.columns.first(where: { $0.name == column.name }) else {
                lines.append("column \(table.name).\(column.name) is missing")
                continue
            }
            if actual.kind != column.kind { lines.append("column \(table.name).\(column.name): kind is \(actual.kind), declared \(column.kind)") }
            if actual.isRequired != column.isRequired { lines.append("column \(table.name).\(column.name): required is \(actual.isRequired), declared \(column.isRequired)") }
        }
        for column in found.columns where !table.columns.contains(where: { $0.name == column.name }) { lines.append("column \(table.name).\(column.name) is not declared") }
        return lines
    }

    /// PostgreSQL rewrites conditions, so there only their presence is compared.
    private static func indexDifferences(_ table: Table, _ found: Table, _ dialect: Dialect) -> [String] {
        func spelled(_ index: Index) -> Index {
            Index(columns: index.columns, unique: index.isUnique, where: dialect == .sqlite ? index.condition : index.condition.map { _ in "" })
        }
        let declared = table.indexes.map(spelled)
        let actual = found.indexes.map(spelled)
        return declared.filter { !actual.contains($0) }.map { "index \($0.name(on: table.name)) is missing or differs" }
            + actual.filter { !declared.contains($0) }.map { "index \($0.name(on: table.name)) is not declared" }
    }
}

extension Table {
    /// As a dialect has it: on PostgreSQL the partitioning column is required, and part of what is unique.
    fileprivate func placed(_ dialect: Dialect) -> Table {
        guard dialect == .postgres, let partitionedBy else { return self }
        var table = self
        table.columns = columns.map { column in
            var column = column
            if column.name == partitionedBy { column.isRequired = true }
            return column
        }
        table.indexes = indexes.map { $0.placed(in: table, dialect) }
        return table
    }
}
