import CLibpq
import Dispatch
import Kernel
import Storage

/// One open connection with its prepared statements; lives on one thread from opening to closing.
final class PostgresConnection {
    let handle: OpaquePointer
    let slow: SlowStatements?
    private let onCommit: (@Sendable (UInt64) -> Void)?
    private var prepared: [PreparedKey: String] = [:]
    private var numbered: [String: String] = [:]
    private var stream: PostgresStream?
    private var preparedCount = 0
    /// Waiting to be sent with the next statement (`PostgresPipeline`).
    var posted: [PostedStatement] = []
    /// Uptime in nanoseconds after which no further statement begins and no further row is taken; 0 for never.
    var deadline: UInt64 = 0
    /// True when a transaction could not be begun: the next one begins on a new connection.
    private var isSpent = false
    /// True when the savepoint stands where the next closure begins.
    private var isMarkFresh = false

    /// Seconds to connect, keep-alives that notice a dead server or a cut cable within seven seconds; the address may say otherwise.
    private static let defaults: [(String, String)] = [
        ("connect_timeout", "3"), ("keepalives_idle", "3"), ("keepalives_interval", "2"), ("keepalives_count", "2"), ("tcp_user_timeout", "6000"),
    ]

    /// - Parameters:
    ///   - address: `postgres://user@host:port/name?…` or libpq's `key=value` form.
    ///   - name: what pg_stat_activity shows and signals are signed with.
    ///   - target: what a server must be to be spoken to, in libpq's words.
    ///   - slow: where statements that take long are noted.
    ///   - onCommit: told the position of the log after each commit.
    /// - Throws: `Failure` `.unavailable` `JW-S001`.
    init(_ address: String, name: String, settings: [String], target: String = "read-write", slow: SlowStatements? = nil, onCommit: (@Sendable (UInt64) -> Void)? = nil) throws {
        self.slow = slow
        self.onCommit = onCommit
        var keys: [String] = Self.defaults.map(\.0)
        var values: [String] = Self.defaults.map(\.1)
        keys += ["target_session_attrs", "dbname", "application_name", "client_encoding"]
        values += [target, address, name, "UTF8"]
        let opened = Self.withStrings(keys) { keys in Self.withStrings(values) { PQconnectdbParams(keys, $0, 1) } }
        guard let opened else { throw StorageFailure.lost("libpq has no memory") }
        guard PQstatus(opened) == CONNECTION_OK else {
            let message = String(cString: PQerrorMessage(opened))
            PQfinish(opened)
            throw StorageFailure.lost("connect: \(message)")
        }
        handle = opened
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        for setting in settings { try command(setting) }
    }

    deinit { PQfinish(handle) }

    var isLost: Bool { isSpent || PQstatus(handle) != CONNECTION_OK }
    var isInTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INTRANS || PQtransactionStatus(handle) == PQTRANS_INERROR }
    var hasFailedTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INERROR }

    /// One or more statements without arguments, in one round trip.
    func command(_ text: String) throws {
        finishStream()
        try flushPosted()
        let result = PQexec(handle, text)
        defer { PQclear(result) }
        try check(result, text)
    }

    /// The same, with the first value of the last statement as text.
    func answer(_ text: String) throws -> String? {
        finishStream()
        try flushPosted()
        let result = PQexec(handle, text)
        defer { PQclear(result) }
        try check(result, text)
        guard PQntuples(result) > 0 else { return nil }
        return PQgetvalue(result, 0, 0).map { String(cString: $0) }
    }

    func rows(_ sql: SQL) throws -> [Row] {
        let began = SlowStatements.now()
        let result = try run(sql)
        defer { PQclear(result) }
        let answer = PostgresAnswer(result)
        let rows = (0..<PQntuples(result)).map { answer.row(result, $0) }
        slow?.note(sql, began: began, rows: rows.count)
        return rows
    }

    /// - Returns: the number of rows changed; 0 for a statement that only reads.
    func execute(_ sql: SQL) throws -> Int {
        let began = SlowStatements.now()
        let result = try run(sql)
        defer { PQclear(result) }
        let changed = PQresultStatus(result) == PGRES_COMMAND_OK ? Int(String(cString: PQcmdTuples(result))) ?? 0 : 0
        slow?.note(sql, began: began, rows: changed)
        return changed
    }

    /// One row in memory at a time. Another statement within `body` first takes the rest of this answer into memory: a connection speaks of one thing at a time.
    func each(_ sql: SQL, _ body: (Row) throws -> Bool) throws {
        let began = SlowStatements.now()
        var count = 0
        defer { slow?.note(sql, began: began, rows: count) }
        let name = try prepare(sql)
        try flushPosted()
        let arguments = PostgresArguments(sql.arguments)
        let isSent = arguments.withPointers { PQsendQueryPrepared(handle, name, Int32(sql.arguments.count), $0, $1, $2, 0) }
        guard isSent == 1 else { throw lost(sql.text) }
        PQsetSingleRowMode(handle)
        let stream = PostgresStream(handle, statement: sql.text)
        self.stream = stream
        defer { if !stream.hasEnded { stream.discard() } }
        while let row = try stream.next() {
            if deadline > 0, DispatchTime.now().uptimeNanoseconds > deadline {
                throw StorageFailure.timeLimit(cause: "the time limit passed between rows of \(sql.text.prefix(500))")
            }
            count += 1
            guard try body(row) else { return }
        }
    }

    /// COPY: the fastest way in.
    func copy(into table: String, columns: [String], rows: [[SQLValue]]) throws {
        finishStream()
        try flushPosted()
        let text = "COPY \(SQL.ident(table).text) (\(columns.map { SQL.ident($0).text }.joined(separator: ", "))) FROM STDIN"
        let begun = PQexec(handle, text)
        let status = PQresultStatus(begun)
        defer { PQclear(begun) }
        guard status == PGRES_COPY_IN else { throw failure(begun, text) }
        var lines = PostgresCopyLines()
        for row in rows {
            lines.append(row)
            if lines.bytes.count > 1 << 16 { try send(&lines, text) }
        }
        try send(&lines, text)
        guard PQputCopyEnd(handle, nil) == 1 else { throw lost(text) }
        var caught: Failure?
        while let result = PQgetResult(handle) {
            if PQresultStatus(result) != PGRES_COMMAND_OK { caught = failure(result, text) }
            PQclear(result)
        }
        if let caught { throw caught }
    }

    private func send(_ lines: inout PostgresCopyLines, _ text: String) throws {
        let code = lines.bytes.withUnsafeBytes { PQputCopyData(handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count)) }
        guard code == 1 else { throw lost(text) }
        lines.removeAll()
    }

    /// Statements prepared for a schema that has changed.
    func forgetStatements() {
        prepared.removeAll(keepingCapacity: true)
        if !isLost && !hasFailedTransaction { PQclear(PQexec(handle, "DEALLOCATE ALL")) }
    }

    private func run(_ sql: SQL) throws -> OpaquePointer {
        let name = try prepare(sql)
        if !posted.isEmpty { return try pipeline(PostedStatement(sql: sql, name: name)) }
        let arguments = PostgresArguments(sql.arguments)
        let result = arguments.withPointers { PQexecPrepared(handle, name, Int32(sql.arguments.count), $0, $1, $2, 0) }
        do {
            try check(result, sql.text)
        } catch {
            PQclear(result)
            throw error
        }
        guard let result else { throw lost(sql.text) }
        return result
    }

    func prepare(_ sql: SQL) throws -> String {
        finishStream()
        if deadline > 0, DispatchTime.now().uptimeNanoseconds > deadline { throw StorageFailure.timeLimit(cause: "the time limit passed before \(sql.text.prefix(500))") }
        let types = sql.arguments.map(PostgresType.of)
        let key = PreparedKey(text: sql.text, types: types)
        if let name = prepared[key] { return name }
        if prepared.count >= 1000 {
            try flushPosted()
            forgetStatements()
        }
        let text = numbered[sql.text] ?? PostgresStatement.numbered(sql.text)
        if numbered.count >= 2000 { numbered.removeAll(keepingCapacity: true) }
        numbered[sql.text] = text
        // Never used again: a statement that could not be dropped on the server keeps its name.
        preparedCount += 1
        let name = "s\(preparedCount)"
        let result = PQprepare(handle, name, text, Int32(types.count), types)
        defer { PQclear(result) }
        try check(result, sql.text)
        prepared[key] = name
        return name
    }

    private func finishStream() {
        stream?.takeRest()
        stream = nil
    }

    private func check(_ result: OpaquePointer?, _ text: String) throws {
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY else { throw failure(result, text) }
    }

    func failure(_ result: OpaquePointer?, _ text: String) -> Failure {
        if isLost { return lost(text) }
        let failure = PostgresFailure.of(result, statement: text)
        if failure.code == "JW-S001" { needsFreshStatements = true }
        return failure
    }

    /// After "cached plan must not change result type": to be dropped on the server before the next transaction.
    private(set) var needsFreshStatements = false

    func refreshStatements() {
        guard needsFreshStatements else { return }
        needsFreshStatements = false
        forgetStatements()
    }

    func lost(_ text: String) -> Failure { StorageFailure.lost("\(String(cString: PQerrorMessage(handle))) in \(text.prefix(200))") }

    // MARK: Notifications

    var socket: Int32 { PQsocket(handle) }

    /// Reads what the server sent by itself.
    func consume() throws { guard PQconsumeInput(handle) == 1 else { throw lost("LISTEN") } }

    /// - Returns: how many notifications were waiting.
    func takeNotifications() -> Int {
        var count = 0
        while let notification = PQnotifies(handle) {
            PQfreemem(notification)
            count += 1
        }
        return count
    }

    /// NULL-terminated C strings that live while `body` runs.
    private static func withStrings<T>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> T) -> T {
        let buffers = strings.map { text in
            let bytes = Array(text.utf8CString)
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            buffer.initialize(from: bytes, count: bytes.count)
            return buffer
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        let pointers: [UnsafePointer<CChar>?] = buffers.map { UnsafePointer($0) } + [nil]
        return pointers.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("an array with an element has an address") }
            return body(start)
        }
    }
}

extension PostgresConnection: ReadConnection {
    var reader: any Reader { PostgresReader(self) }

    func beginRead(until uptime: UInt64) throws {
        let left = Int64(bitPattern: uptime &- DispatchTime.now().uptimeNanoseconds) / 1_000_000
        try begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = \(max(0, left) + 1)")
        deadline = uptime
    }

    func endRead() {
        deadline = 0
        if isInTransaction { _ = try? command(hasFailedTransaction ? "ROLLBACK" : "COMMIT") }
        if !isLost { refreshStatements() }
    }
}

/// One writer at a time, whichever node it is on, is what SQLite promises too, and what the engines rely on: ids are in the order of commits, so that "everything after id n" misses nothing; the audit chain has one
/// end; read-then-write needs no retry. The lock belongs to the transaction: a node that dies or hangs loses it with its session (docs/decisions/0050).
extension PostgresConnection: WriteConnection {
    func beginWrite() throws {
        if isInTransaction { rollback() }
        posted.removeAll()
        refreshStatements()
        try begin("BEGIN; SELECT pg_advisory_xact_lock(\(Self.lockClass), hashtext(current_schema())); SAVEPOINT one")
        isMarkFresh = false
    }

    func makeTransaction() -> any QueuedTransaction { PostgresTransaction(self) }

    func separate() throws {
        if !isMarkFresh { try command("RELEASE one; SAVEPOINT one") }
        isMarkFresh = false
    }

    func undo() throws {
        posted.removeAll()
        try command("ROLLBACK TO one")
        isMarkFresh = true
    }

    func commit(_ signals: [Signal]) throws {
        if !signals.isEmpty { try SignalTable.send(signals, on: self) }
        guard !hasFailedTransaction else { throw StorageFailure.lost("the transaction was given up") }
        guard let onCommit else { return try command("COMMIT") }
        let text = "COMMIT; SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
        if let position = try answer(text).flatMap({ UInt64($0) }) { onCommit(position) }
    }

    func rollback() {
        posted.removeAll()
        _ = try? command("ROLLBACK")
    }

    /// `jw` as a number: the first half of the lock's key, the second being the schema.
    static let lockClass = 27_255

    fileprivate func begin(_ text: String) throws {
        do {
            try command(text)
        } catch {
            isSpent = true
            throw error
        }
    }
}

extension PostgresType {
    static func of(_ value: SQLValue) -> UInt32 {
        switch value {
        case .null: 0
        case .int: bigint
        case .real: double
        case .text: text
        case .blob: bytea
        }
    }
}
