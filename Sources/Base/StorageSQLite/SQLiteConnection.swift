import Dispatch
import GRDBSQLite
import Kernel
import Storage

import class GRDB.DatabaseQueue

/// One open connection with its prepared statements; lives on one thread from opening to closing.
///
/// GRDB opens, configures and closes it; statements are bound and stepped through the C interface because a gate pass needs about ten of them and each may cost two microseconds.
final class SQLiteConnection {
    private let queue: DatabaseQueue
    private let handle: OpaquePointer
    private let slow: SlowStatements?
    private var statements: [String: SQLiteStatement] = [:]
    /// Statements by where their text lies in memory, so that a text of a thousand characters is not hashed for every call. An entry keeps its text alive, so nothing else can lie there.
    private var near = [Near?](repeating: nil, count: 64)

    private struct Near {
        var address: UInt
        var count: Int
        var text: String
        var statement: SQLiteStatement
    }
    /// Read by SQLite's progress callback: uptime in nanoseconds after which a statement is interrupted; 0 for never.
    private let deadline: UnsafeMutablePointer<UInt64>

    /// Where the closure that is run now began, for a transaction's second closure and later ones.
    private var mark = Mark.none
    private enum Mark { case none, used, fresh }

    /// - Parameter queue: GRDB's open connection, used by nobody else.
    init(_ queue: DatabaseQueue, settings: [String], slow: SlowStatements?) throws {
        self.queue = queue
        self.slow = slow
        guard let handle = queue.inDatabase({ $0.sqliteConnection }) else { throw StorageFailure.closed() }
        self.handle = handle
        deadline = .allocate(capacity: 1)
        deadline.initialize(to: 0)
        sqlite3_extended_result_codes(handle, 1)
        // GRDB's observers, which want to be called on its queue; nobody observes here.
        sqlite3_commit_hook(handle, nil, nil)
        sqlite3_rollback_hook(handle, nil, nil)
        sqlite3_update_hook(handle, nil, nil)
        for setting in settings { try run(SQL(text: setting)) }
        sqlite3_progress_handler(handle, 10_000, isPastDeadline, deadline)
    }

    deinit {
        sqlite3_progress_handler(handle, 0, nil, nil)
        forgetStatements()
        deadline.deallocate()
        try? queue.close()
    }

    func forgetStatements() {
        for statement in statements.values { statement.finalize() }
        statements.removeAll(keepingCapacity: true)
        near = [Near?](repeating: nil, count: 64)
    }

    /// False when SQLite has ended the transaction on its own, as after a full disk.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
    var lastInsertedID: Int64 { sqlite3_last_insert_rowid(handle) }

    func rows(_ sql: SQL) throws -> [Row] {
        var rows: [Row] = []
        try each(sql) {
            rows.append($0)
            return true
        }
        return rows
    }

    func each(_ sql: SQL, _ body: (Row) throws -> Bool) throws {
        let began = SlowStatements.now()
        var count = 0
        defer { slow?.note(sql, began: began, rows: count) }
        try using(sql.text) { statement in
            try statement.bind(sql.arguments)
            while try step(statement) {
                count += 1
                guard try body(statement.row()) else { return }
            }
        }
    }

    /// - Returns: the number of rows changed.
    @discardableResult
    func run(_ sql: SQL) throws -> Int {
        let began = SlowStatements.now()
        let changed = try using(sql.text) { statement in
            try statement.bind(sql.arguments)
            while try step(statement) {}
            return statement.isReadOnly ? 0 : Int(sqlite3_changes(handle))
        }
        slow?.note(sql, began: began, rows: changed)
        return changed
    }

    /// One statement for many argument lists.
    func runMany(_ text: String, _ rows: [[SQLValue]]) throws {
        try using(text) { statement in
            for row in rows {
                try statement.bind(row)
                while try step(statement) {}
                sqlite3_reset(statement.pointer)
            }
        }
    }

    /// - Returns: true on a row, false at the end.
    private func step(_ statement: SQLiteStatement) throws -> Bool {
        let code = sqlite3_step(statement.pointer)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw SQLiteFailure.make(code: code, message: String(cString: sqlite3_errmsg(handle)), statement: statement.text)
    }

    private func using<T>(_ text: String, _ body: (SQLiteStatement) throws -> T) throws -> T {
        if let kept = known(text), !kept.isRunning {
            kept.isRunning = true
            defer { kept.reset() }
            return try body(kept)
        }
        let made = try prepare(text)
        guard statements[text] == nil else {
            defer { made.finalize() }
            return try body(made)
        }
        if statements.count >= 1000 { forgetIdleStatements() }
        statements[text] = made
        made.isRunning = true
        defer { made.reset() }
        return try body(made)
    }

    private func known(_ text: String) -> SQLiteStatement? {
        let place = text.utf8.withContiguousStorageIfAvailable { UInt(bitPattern: $0.baseAddress) }
        // Short texts have no place of their own.
        guard let place, text.utf8.count > 15 else { return statements[text] }
        let slot = Int(truncatingIfNeeded: (place >> 4) ^ (place >> 11)) & 63
        if let entry = near[slot], entry.address == place, entry.count == text.utf8.count { return entry.statement }
        guard let statement = statements[text] else { return nil }
        near[slot] = Near(address: place, count: text.utf8.count, text: text, statement: statement)
        return statement
    }

    private func prepare(_ text: String) throws -> SQLiteStatement {
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else {
            throw SQLiteFailure.make(code: code == SQLITE_OK ? SQLITE_ERROR : code, message: String(cString: sqlite3_errmsg(handle)), statement: text)
        }
        return SQLiteStatement(pointer: pointer, text: text)
    }

    private func forgetIdleStatements() {
        for (text, statement) in statements where !statement.isRunning {
            statement.finalize()
            statements[text] = nil
            near = [Near?](repeating: nil, count: 64)
        }
    }
}

extension SQLiteConnection: ReadConnection {
    /// A file does not go away.
    var isLost: Bool { false }
    var reader: any Reader { SQLiteReader(self) }

    func beginRead(until uptime: UInt64) throws {
        deadline.pointee = uptime
        try run("BEGIN")
    }

    func endRead() {
        if isInTransaction { _ = try? run("COMMIT") }
        deadline.pointee = 0
    }
}

extension SQLiteConnection: WriteConnection {
    /// No savepoint for the first closure: its copies of every page the closure changes would cost as much as the changes, and when that closure fails nothing else is in the transaction yet.
    func beginWrite() throws {
        mark = .none
        try run("BEGIN IMMEDIATE")
    }

    func makeTransaction() -> any QueuedTransaction { SQLiteTransaction(self) }

    func separate() throws {
        if mark == .used { try run("RELEASE one") }
        if mark != .fresh { try run("SAVEPOINT one") }
        mark = .used
    }

    func undo() throws {
        guard mark != .none else {
            try run("ROLLBACK")
            return
        }
        try run("ROLLBACK TO one")
        mark = .fresh
    }

    /// - Parameter signals: nobody else uses this file.
    func commit(_ signals: [Signal]) throws { try run("COMMIT") }

    func rollback() { _ = try? run("ROLLBACK") }
}

private func isPastDeadline(_ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let deadline = context?.load(as: UInt64.self), deadline > 0 else { return 0 }
    return DispatchTime.now().uptimeNanoseconds > deadline ? 1 : 0
}
