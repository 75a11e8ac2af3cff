import Cryptography
import Kernel
import Storage

/// The kept slow statements: one row a statement, its runs added up, its plan looked at afterwards.
package struct SlowStatementBook: Sendable {
    /// Rows kept; beyond, what was slow longest ago goes.
    static let bound = 500
    /// A plan is asked anew when it is older.
    private static let planSeconds: Int64 = 86_400

    let database: any Database
    let clock: Clock

    package init(database: any Database, clock: Clock) {
        self.database = database
        self.clock = clock
    }

    package struct Line: Sendable, Equatable {
        package let digest: String
        package let statement: String
        package let runs: Int
        package let totalMilliseconds: Double
        package let worstMilliseconds: Double
        package let rows: Int
        package let firstAt: Moment?
        package let lastAt: Moment?
        package let node: String
        package let plan: String?
        package let plannedAt: Moment?

        init(_ row: Row) {
            digest = row.text("digest") ?? ""
            statement = row.text("statement") ?? ""
            runs = Int(row.int("runs") ?? 0)
            totalMilliseconds = row.double("total_ms") ?? 0
            worstMilliseconds = row.double("worst_ms") ?? 0
            rows = Int(row.int("rows") ?? 0)
            firstAt = row.moment("first_at")
            lastAt = row.moment("last_at")
            node = row.text("node") ?? ""
            plan = row.text("plan")
            plannedAt = row.moment("planned_at")
        }
    }

    /// What a list is asked for.
    struct Search: Sendable {
        var keyword: String?
        /// `read` or `write`.
        var kind: String?
        /// A column's name, `-` before it for descending.
        var sort = "-last"

        static let sorts: [String: SQL] = ["worst": "worst_ms", "total": "total_ms", "runs": "runs", "last": "last_at"]

        var condition: SQL {
            var parts: [SQL] = []
            if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "statement")) }
            let reads: SQL = "\(SQL.starts(with: "SELECT", in: "statement")) OR \(SQL.starts(with: "WITH", in: "statement"))"
            if kind == "read" { parts.append(reads) }
            if kind == "write" { parts.append("NOT (\(reads))") }
            return SQL.all(of: parts)
        }

        var order: SQL {
            let name = sort.hasPrefix("-") ? String(sort.dropFirst()) : sort
            return (Self.sorts[name] ?? "last_at") + (sort.hasPrefix("-") ? " DESC, digest" : ", digest")
        }
    }

    static func page(_ search: Search, limit: Int, offset: Int, in reader: any Reader) throws -> (lines: [Line], total: Int) {
        let lines = try reader.rows("SELECT * FROM slow_statements WHERE \(search.condition) ORDER BY \(search.order) LIMIT \(limit) OFFSET \(offset)").map(Line.init)
        return (lines, try reader.count("SELECT COUNT(*) FROM slow_statements WHERE \(search.condition)"))
    }

    static func line(_ digest: String, in reader: any Reader) throws -> Line? { try reader.first("SELECT * FROM slow_statements WHERE digest = \(digest)").map(Line.init) }

    /// Adds what a node has seen; plans are looked at first, in a read of their own, and a statement whose plan cannot be had is kept without one.
    package func keep(_ seen: [SlowStatement], node: String) async throws {
        guard !seen.isEmpty else { return }
        let now = clock.now
        let digests = seen.map { Self.digest($0.text) }
        let planned = try await database.read(within: .seconds(5)) { reader in
            Set(
                try reader.rows("SELECT digest FROM slow_statements WHERE planned_at > \(now.adding(seconds: -Self.planSeconds)) AND digest IN (\(list: digests))").compactMap {
                    $0[0].text
                })
        }
        var plans: [String: String] = [:]
        for statement in seen where !planned.contains(Self.digest(statement.text)) {
            do {
                plans[Self.digest(statement.text)] = try await database.read(within: .seconds(5)) { try StatementPlan.text(of: statement, in: $0) }
            } catch let failure as Failure {
                plans[Self.digest(statement.text)] = "（无法取得执行计划：\(failure.message)）"
            }
        }
        let known = plans
        try await database.write { tx in
            for statement in seen { try Self.add(statement, known[Self.digest(statement.text)], node, now, tx) }
            try tx.execute("DELETE FROM slow_statements WHERE digest NOT IN (SELECT digest FROM slow_statements ORDER BY last_at DESC, digest LIMIT \(Self.bound))")
        }
    }

    private static func add(_ one: SlowStatement, _ plan: String?, _ node: String, _ now: Moment, _ tx: any Transaction) throws {
        let plannedAt = plan == nil ? nil : now
        try tx.execute(
            """
            INSERT INTO slow_statements (digest, statement, runs, total_ms, worst_ms, rows, first_at, last_at, node, plan, planned_at)
            VALUES (\(digest(one.text)), \(String(one.text.prefix(20_000))), \(one.runs), \(one.totalMilliseconds), \(one.worstMilliseconds), \(one.rows), \(now), \(now), \(node), \(plan), \(plannedAt))
            ON CONFLICT (digest) DO UPDATE SET runs = slow_statements.runs + excluded.runs, total_ms = slow_statements.total_ms + excluded.total_ms,
            rows = CASE WHEN excluded.worst_ms >= slow_statements.worst_ms THEN excluded.rows ELSE slow_statements.rows END,
            worst_ms = CASE WHEN excluded.worst_ms >= slow_statements.worst_ms THEN excluded.worst_ms ELSE slow_statements.worst_ms END,
            last_at = excluded.last_at, node = excluded.node, plan = COALESCE(excluded.plan, slow_statements.plan), planned_at = COALESCE(excluded.planned_at, slow_statements.planned_at)
            """)
    }

    private static func digest(_ text: String) -> String { String(SHA256.hash(text).hex.prefix(24)) }
}
