import Kernel

/// Keeps the months of partitioned tables: made ahead, taken away when retention has emptied them. Nothing on a database that does not partition.
///
/// A month is one of Asia/Shanghai. What is later than the months made ahead goes into `<table>_rest`, from which it is moved when its month is made.
package struct MonthPartitions: Sendable {
    /// Months made ahead of this one.
    static let ahead = 3
    /// Days after its end before an empty month is taken away: late records still come.
    static let days: Int64 = 62

    let tables: [(name: String, column: String)]

    /// - Parameter tables: all declared; those without a partitioning column are left alone.
    package init(_ tables: [Table]) {
        self.tables = tables.compactMap { table in table.partitionedBy.map { (table.name, $0) } }
    }

    /// One part of a table.
    package struct Part: Equatable, Sendable {
        package var name: String
        /// Its end, exclusive; nil for the rest.
        package var end: Moment?
    }

    /// Before an empty table is filled with what is years old: months from then on, so that retention can drop them whole. Nothing where rows are there already.
    ///
    /// - Parameter first: the oldest moment that will be written.
    package func open(_ table: String, from first: Moment, to now: Moment, on database: any Database) async throws {
        guard database.dialect == .postgres, let column = tables.first(where: { $0.name == table })?.column else { return }
        try await database.write { tx in
            let before = table + "_before"
            guard try tx.first("SELECT 1 FROM \(ident: table) LIMIT 1") == nil else { return }
            let begin = first.day.firstOfMonth
            if try Self.parts(of: table, in: tx).contains(where: { $0.name == before }) {
                try tx.apply(.run("ALTER TABLE \"\(table)\" DETACH PARTITION \"\(before)\""))
                try tx.apply(.run("ALTER TABLE \"\(table)\" ATTACH PARTITION \"\(before)\" FOR VALUES FROM (MINVALUE) TO (\(begin.start.milliseconds))"))
            }
            var month = begin
            while month <= now.day {
                _ = try Self.make(table, column, month, in: tx)
                month = month.adding(days: 31).firstOfMonth
            }
        }
    }

    /// - Returns: what was done, such as `+audit_2026_12` and `-audit_2025_01`.
    package func maintain(on database: any Database, at now: Moment) async throws -> [String] {
        guard database.dialect == .postgres else { return [] }
        var done: [String] = []
        for (table, column) in tables {
            let parts = try await database.read { try Self.parts(of: table, in: $0) }
            for month in Self.months(from: now) where !parts.contains(where: { $0.name == Self.name(table, month) }) {
                if try await database.write({ try Self.make(table, column, month, in: $0) }) { done.append("+" + Self.name(table, month)) }
            }
            for part in parts {
                guard let end = part.end, end < now.adding(seconds: -Self.days * 86_400) else { continue }
                if try await database.write({ try Self.drop(part, in: $0) }) { done.append("-" + part.name) }
            }
        }
        return done
    }

    static func months(from now: Moment) -> [Day] {
        var first = now.day.firstOfMonth
        return (0...ahead).map { _ in
            defer { first = first.adding(days: 31).firstOfMonth }
            return first
        }
    }

    static func name(_ table: String, _ month: Day) -> String { table + "_" + month.text.prefix(7).replacing("-", with: "_") }

    /// By name; the months of a table are named by their first day, such as `gate_pass_2026_11`.
    package static func parts(of table: String, in reader: any Reader) throws -> [Part] {
        try reader.rows(
            """
            SELECT c.relname AS name, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''?(-?\\d+)''?\\)') AS until
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class t ON t.oid = i.inhparent
            WHERE t.relname = \(table) AND t.relnamespace = current_schema()::regnamespace ORDER BY c.relname
            """
        ).map { Part(name: $0.text("name") ?? "", end: $0.text("until").flatMap { Int64($0) }.map { Moment(milliseconds: $0) }) }
    }

    /// - Returns: false when a part that is there has that month already, as the one of everything before.
    private static func make(_ table: String, _ column: String, _ month: Day, in tx: any Transaction) throws -> Bool {
        let (from, to) = (month.start.milliseconds, month.adding(days: 31).firstOfMonth.start.milliseconds)
        let parts = try parts(of: table, in: tx)
        if let covered = parts.filter({ $0.name.hasSuffix("_before") }).compactMap(\.end).max(), covered.milliseconds >= to { return false }
        let name = name(table, month)
        // Nobody waits for a long reader: the next run tries again.
        try tx.apply(.run("SET LOCAL lock_timeout = '2s'"))
        try tx.apply(.run("CREATE TABLE \"\(name)\" (LIKE \"\(table)\" INCLUDING DEFAULTS)"))
        try tx.apply(
            .run("WITH moved AS (DELETE FROM \"\(table)_rest\" WHERE \"\(column)\" >= \(from) AND \"\(column)\" < \(to) RETURNING *) INSERT INTO \"\(name)\" SELECT * FROM moved"))
        try tx.apply(.run("ALTER TABLE \"\(table)\" ATTACH PARTITION \"\(name)\" FOR VALUES FROM (\(from)) TO (\(to))"))
        return true
    }

    /// - Returns: false while something is in it.
    private static func drop(_ part: Part, in tx: any Transaction) throws -> Bool {
        try tx.apply(.run("SET LOCAL lock_timeout = '2s'"))
        guard try tx.first("SELECT 1 FROM \(ident: part.name) LIMIT 1") == nil else { return false }
        try tx.apply(.run("DROP TABLE \"\(part.name)\""))
        return true
    }
}

extension Day {
    fileprivate var firstOfMonth: Day { Day(number: number / 100 * 100 + 1) ?? self }
}
