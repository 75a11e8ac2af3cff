/// Prints schema steps as Swift, for a new migration that a person reviews.
extension SchemaStep {
    package var swiftSource: String {
        switch self {
        case .createTable(let table): ".createTable(\(table.swiftSource))"
        case .addColumn(let table, let column): ".addColumn(table: \(literal(table)), \(column.swiftSource))"
        case .createIndex(let table, let index): ".createIndex(table: \(literal(table)), \(index.swiftSource))"
        case .dropTable(let table): ".dropTable(\(literal(table)))"
        case .dropIndex(let table, let index): ".dropIndex(table: \(literal(table)), \(index.swiftSource))"
        case .partition(let table, let column): ".partition(table: \(literal(table)), by: \(literal(column)))"
        case .run(let statement): ".run(\(literal(statement)))"
        }
    }
}

extension Migration {
    /// A whole source file, named after the id by whoever writes it.
    ///
    /// - Parameter name: the Swift name of the constant, such as `migration0002`.
    package func swiftSource(named name: String) -> String {
        let lines = steps.map { "    " + $0.swiftSource.replacing("\n", with: "\n    ") + ",\n" }.joined()
        return "import Storage\n\nlet \(name) = Migration(\(literal(id)), [\n\(lines)])\n"
    }
}

extension Table {
    package var swiftSource: String {
        var parts = [literal(name)]
        if key != ["id"] { parts.append("key: \(list(key.map(literal)))") }
        parts.append("columns: [\n\(columns.map { "        \($0.swiftSource),\n" }.joined())    ]")
        if !indexes.isEmpty { parts.append("indexes: [\n\(indexes.map { "        \($0.swiftSource),\n" }.joined())    ]") }
        if isClustered { parts.append("isClustered: true") }
        if let partitionedBy { parts.append("partitionedBy: \(literal(partitionedBy))") }
        if let words { parts.append("words: \(literal(words))") }
        return "Table(\n    " + parts.joined(separator: ",\n    ") + "\n)"
    }
}

extension Column {
    package var swiftSource: String {
        "Column(\(literal(name)), .\(kind.rawValue)" + (isRequired ? ", required: true" : "") + (fallback.map { ", fallback: \($0.swiftSource)" } ?? "") + ")"
    }
}

extension Index {
    package var swiftSource: String {
        "Index(" + columns.map(literal).joined(separator: ", ") + (isUnique ? ", unique: true" : "") + (condition.map { ", where: \(literal($0))" } ?? "") + ")"
    }
}

extension SQLValue {
    fileprivate var swiftSource: String {
        switch self {
        case .null: ".null"
        case .int(let value): ".int(\(value))"
        case .real(let value): ".real(\(value))"
        case .text(let value): ".text(\(literal(value)))"
        case .blob(let value): ".blob(\(list(value.map { String($0) })))"
        }
    }
}

private func literal(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
}

private func list(_ parts: [String]) -> String { "[" + parts.joined(separator: ", ") + "]" }
