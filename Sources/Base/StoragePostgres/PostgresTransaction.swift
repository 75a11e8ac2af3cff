import Kernel
import Storage

/// What a read closure is handed; valid only inside it.
final class PostgresReader: Reader {
    private let connection: PostgresConnection

    init(_ connection: PostgresConnection) { self.connection = connection }

    var dialect: Dialect { .postgres }
    func rows(_ sql: SQL) throws -> [Row] { try connection.rows(sql) }
    func each(_ sql: SQL, _ body: (Row) throws -> Bool) throws { try connection.each(sql, body) }
}

/// What a write closure is handed; valid only inside it.
///
/// PostgreSQL gives up the whole transaction at the first error. Here it goes back to the closure's savepoint at once, so that the closure may still read why; a closure that then pretends nothing happened fails
/// with that error (`spoiled`), because what it wrote before is gone.
final class PostgresTransaction: QueuedTransaction {
    private let connection: PostgresConnection
    private(set) var actions: [@Sendable () -> Void] = []
    private(set) var signals: [Signal] = []
    private(set) var hasChangedSchema = false
    private(set) var spoiled: (any Error)?

    init(_ connection: PostgresConnection) { self.connection = connection }

    var dialect: Dialect { .postgres }

    func rows(_ sql: SQL) throws -> [Row] { try guarded { try connection.rows(sql) } }

    func each(_ sql: SQL, _ body: (Row) throws -> Bool) throws { try guarded { try connection.each(sql, body) } }

    @discardableResult
    func execute(_ sql: SQL) throws -> Int { try guarded { try connection.execute(sql) } }

    func post(_ sql: SQL) throws { try guarded { try connection.post(sql) } }

    func finish() throws { try guarded { try connection.flushPosted() } }

    func insert(_ sql: SQL) throws -> Int64 {
        let returning = SQL(text: sql.text + " RETURNING id", arguments: sql.arguments)
        return try guarded { try connection.rows(returning).first?[0].int ?? 0 }
    }

    func insertMany(into table: String, columns: [String], rows: [[SQLValue]]) throws {
        guard !rows.isEmpty else { return }
        try guarded { try connection.copy(into: table, columns: columns, rows: rows) }
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { actions.append(action) }

    func signal(_ topic: String, _ body: String) { signals.append(Signal(topic: topic, body: body)) }

    func apply(_ step: SchemaStep) throws {
        if !hasChangedSchema { try guarded { try connection.command("SET LOCAL statement_timeout = 0") } }
        hasChangedSchema = true
        for statement in step.statements(for: .postgres) { try guarded { try connection.command(statement) } }
    }

    private func guarded<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            connection.posted.removeAll()
            if connection.hasFailedTransaction {
                if spoiled == nil { spoiled = error }
                try connection.command("ROLLBACK TO one")
            }
            throw error
        }
    }
}
