import Kernel

/// One row of an answer. Columns are read by name; a column that is not there is a programmer's mistake.
package struct Row: Sendable {
    package let columns: RowColumns
    package let values: [SQLValue]

    package init(columns: RowColumns, values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    package subscript(index: Int) -> SQLValue { values[index] }

    package subscript(name: String) -> SQLValue {
        guard let index = columns.index[name] else { preconditionFailure("no column \(name) among \(columns.names)") }
        return values[index]
    }

    package func has(_ name: String) -> Bool { columns.index[name] != nil }
    package func int(_ name: String) -> Int64? { self[name].int }
    package func double(_ name: String) -> Double? { self[name].double }
    package func text(_ name: String) -> String? { self[name].text }
    package func bool(_ name: String) -> Bool { self[name].int.map { $0 != 0 } ?? false }
    package func moment(_ name: String) -> Moment? { self[name].int.map { Moment(milliseconds: $0) } }
    package func day(_ name: String) -> Day? { self[name].int.flatMap { Day(number: Int($0)) } }
    package func blob(_ name: String) -> [UInt8]? { self[name].blob }
}

/// The names of an answer's columns, shared by its rows.
package final class RowColumns: Sendable {
    package let names: [String]
    package let index: [String: Int]

    package init(_ names: [String]) {
        self.names = names
        self.index = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
