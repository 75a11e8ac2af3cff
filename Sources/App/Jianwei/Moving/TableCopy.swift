import Kernel
import Storage

/// Copies the rows of one table from one database to another, in the order of the key.
///
/// What has arrived is the cursor: a copy that was interrupted goes on after the last key in the target, because each part is one transaction.
struct TableCopy: Sendable {
    static let rowsAtOnce = 5000

    let table: Table
    let source: any Database
    let target: any Database

    /// - Parameter progress: called after each part with the rows copied by this run.
    /// - Returns: rows copied by this run.
    func run(_ progress: (Int) -> Void) async throws -> Int {
        var copied = 0
        let columns = columns
        var rows = try await part(after: lastKey())
        while let final = rows.last {
            // The next part is read while this one is written.
            let (ready, last) = (rows, table.key.map { final[$0] })
            async let next = part(after: last)
            try await target.write { [table] tx in try tx.insertMany(into: table.name, columns: columns, rows: ready.map(\.values)) }
            copied += ready.count
            progress(copied)
            rows = try await next
        }
        try await continueCounting()
        return copied
    }

    private var columns: [String] { TableDigest.names(table) }
    private var key: SQL { SQL.joined(table.key.map(SQL.ident), by: ", ") }

    private func lastKey() async throws -> [SQLValue]? {
        let descending = SQL.joined(table.key.map { "\(ident: $0) DESC" }, by: ", ")
        let key = key
        return try await target.read(within: .seconds(600)) { [table] reader in try reader.first("SELECT \(key) FROM \(ident: table.name) ORDER BY \(descending) LIMIT 1")?.values }
    }

    private func part(after last: [SQLValue]?) async throws -> [Row] {
        let names = SQL.joined(columns.map(SQL.ident), by: ", ")
        let places = last.map { SQL.joined($0.map { "\($0)" }, by: ", ") }
        let condition: SQL = places.map { "(\(key)) > (\($0))" } ?? "1 = 1"
        let statement: SQL = "SELECT \(names) FROM \(ident: table.name) WHERE \(condition) ORDER BY \(key) LIMIT \(Self.rowsAtOnce)"
        return try await source.read(within: .seconds(600)) { try $0.rows(statement) }
    }

    /// The next `id` follows the largest that ever was, also where the rows with the largest are gone.
    private func continueCounting() async throws {
        guard table.countsItsKey, source.dialect == .sqlite, target.dialect == .postgres else { return }
        let last = try await source.read { [table] in try $0.value("SELECT seq FROM sqlite_sequence WHERE name = \(table.name)")?.int }
        guard let last, last > 0 else { return }
        try await target.write { [table] tx in _ = try tx.rows("SELECT setval(pg_get_serial_sequence(\(table.name), 'id'), \(last))") }
    }
}
