import Kernel
import Storage

/// What a read closure is handed; valid only inside it.
final class SQLiteReader: Reader {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) { self.connection = connection }

    var dialect: Dialect { .sqlite }

    func rows(_ sql: SQL) throws -> [Row] { try connection.rows(sql) }

    func each(_ sql: SQL, _ body: (Row) throws -> Bool) throws { try connection.each(sql, body) }
}

/// What a write closure is handed; valid only inside it.
final class SQLiteTransaction: QueuedTransaction {
    private let connection: SQLiteConnection
    private(set) var actions: [@Sendable () -> Void] = []
    private(set) var hasChangedSchema = false
    /// Nobody else uses this file.
    let signals: [Signal] = []
    /// A statement that fails undoes only itself.
    let spoiled: (any Error)? = nil

    init(_ connection: SQLiteConnection) { self.connection = connection }

    var dialect: Dialect { .sqlite }

    func rows(_ sql: SQL) throws -> [Row] { try connection.rows(sql) }

    func each(_ sql: SQL, _ body: (Row) throws -> Bool) throws { try connection.each(sql, body) }

    @discardableResult
    func execute(_ sql: SQL) throws -> Int { try connection.run(sql) }

    func insert(_ sql: SQL) throws -> Int64 {
        try connection.run(sql)
        return connection.lastInsertedID
    }

    func insertMany(into table: String, columns: [String], rows: [[SQLValue]]) throws {
        guard !rows.isEmpty else { return }
        let names = SQL.joined(columns.map(SQL.ident), by: ", ")
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        try connection.runMany("INSERT INTO \(SQL.ident(table).text) (\(names.text)) VALUES (\(places))", rows)
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { actions.append(action) }

    func apply(_ step: SchemaStep) throws {
        hasChangedSchema = true
        for statement in step.statements(for: .sqlite) { try connection.run(SQL(text: statement)) }
    }
}
