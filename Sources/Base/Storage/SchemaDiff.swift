/// How to come from one schema to another.
package struct SchemaDiff: Sendable, Equatable {
    /// What a new migration holds.
    package private(set) var steps: [SchemaStep] = []
    /// What no step can do, such as a column that changed its kind or is gone; a person decides and writes `.run`.
    package private(set) var obstacles: [String] = []

    package init(from old: [Table], to new: [Table]) {
        for table in new {
            if let before = old.first(where: { $0.name == table.name }) {
                compare(before.comparable, table.comparable)
            } else {
                steps.append(.createTable(table))
            }
        }
        for table in old where !new.contains(where: { $0.name == table.name }) { obstacles.append("table \(table.name) is no longer declared") }
    }

    package static func steps(from old: [Table], to new: [Table]) -> [SchemaStep] { SchemaDiff(from: old, to: new).steps }

    package var isEmpty: Bool { steps.isEmpty && obstacles.isEmpty }

    private mutating func compare(_ old: Table, _ new: Table) {
        if old.key != new.key { obstacles.append("table \(new.name): key \(old.key) became \(new.key)") }
        if old.isClustered != new.isClustered { obstacles.append("table \(new.name): clustering changed") }
        if old.partitionedBy != new.partitionedBy { obstacles.append("table \(new.name): partitioning changed") }
        for index in old.indexes where !new.indexes.contains(index) { steps.append(.dropIndex(table: new.name, index)) }
        for column in new.columns { compare(old.columns.first { $0.name == column.name }, column, in: new.name) }
        for column in old.columns where !new.columns.contains(where: { $0.name == column.name }) { obstacles.append("column \(new.name).\(column.name) is no longer declared") }
        for index in new.indexes where !old.indexes.contains(index) { steps.append(.createIndex(table: new.name, index)) }
    }

    private mutating func compare(_ old: Column?, _ new: Column, in table: String) {
        guard let old else {
            if new.isRequired && new.fallback == nil { obstacles.append("column \(table).\(new.name) is required and new: existing rows need a fallback") }
            steps.append(.addColumn(table: table, new))
            return
        }
        if old.kind != new.kind { obstacles.append("column \(table).\(new.name): kind \(old.kind) became \(new.kind)") }
        if old.isRequired != new.isRequired { obstacles.append("column \(table).\(new.name): required \(old.isRequired) became \(new.isRequired)") }
    }
}

extension Table {
    /// The same table in one spelling: a counted `id` is not among the columns, columns of the key are required, indexes and fallbacks do not depend on order.
    var comparable: Table {
        var table = self
        let counts = countsItsKey
        table.columns = columns.filter { !(counts && $0.name == "id") }.map { column in
            var column = column
            if key.contains(column.name) { column.isRequired = true }
            return column
        }
        return table
    }
}
