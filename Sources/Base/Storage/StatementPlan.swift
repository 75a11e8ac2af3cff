import Kernel

/// How a database would run a statement, in its own words, without running it.
package enum StatementPlan {
    /// The plan for values that are not known, one step a line.
    ///
    /// - Throws: what the database says of a statement that it no longer understands.
    package static func text(of statement: SlowStatement, in reader: any Reader) throws -> String {
        switch reader.dialect {
        case .sqlite: try sqlite(statement, reader)
        case .postgres: try postgres(statement, reader)
        }
    }

    private static func sqlite(_ statement: SlowStatement, _ reader: any Reader) throws -> String {
        let rows = try reader.rows(SQL(text: "EXPLAIN QUERY PLAN " + statement.text, arguments: statement.kinds.map { _ in .null }))
        var depths: [Int64: Int] = [0: -1]
        return rows.map { row in
            let depth = (depths[row.int("parent") ?? 0] ?? -1) + 1
            depths[row.int("id") ?? 0] = depth
            return String(repeating: "  ", count: depth) + (row.text("detail") ?? "")
        }.joined(separator: "\n")
    }

    /// Before version 16 only a prepared statement may be explained without its values.
    private static func postgres(_ statement: SlowStatement, _ reader: any Reader) throws -> String {
        let name = "plan_\(UInt32.random(in: 0...UInt32.max))"
        let kinds = statement.kinds.map { $0?.typeName(.postgres) ?? "unknown" }.joined(separator: ", ")
        let values = statement.kinds.map { _ in "NULL" }.joined(separator: ", ")
        let places = statement.kinds.isEmpty ? ("", "") : ("(\(kinds))", "(\(values))")
        _ = try reader.rows(SQL(text: "SET LOCAL plan_cache_mode = force_generic_plan"))
        _ = try reader.rows(SQL(text: "PREPARE \(name)\(places.0) AS \(statement.text)"))
        let rows = try reader.rows(SQL(text: "EXPLAIN EXECUTE \(name)\(places.1)"))
        _ = try reader.rows(SQL(text: "DEALLOCATE \(name)"))
        return rows.compactMap { $0[0].text }.joined(separator: "\n")
    }
}
