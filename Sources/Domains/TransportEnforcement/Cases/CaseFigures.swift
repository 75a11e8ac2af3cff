import Identity
import Kernel
import Ledgers
import Storage

/// B2.1.16、B2.3.1 执法统计分析: what cases of a span come to, by category, month, grid, officer and kind of subject; within the reader's scope.
package struct CaseFigures: Sendable {
    /// A month, a quarter or a year, by its last day.
    package enum Span: String, Sendable, CaseIterable {
        case month, quarter, year

        package var title: String {
            switch self {
            case .month: "当月"
            case .quarter: "当季度"
            case .year: "当年"
            }
        }

        /// The first day of the span that a day lies in, and the day after its last one.
        package func days(of day: Day) -> (from: Day, to: Day) {
            let (year, month, _) = day.parts
            let first: Int, count: Int
            switch self {
            case .month: (first, count) = (month, 1)
            case .quarter: (first, count) = ((month - 1) / 3 * 3 + 1, 3)
            case .year: (first, count) = (1, 12)
            }
            let next = first + count > 12 ? (year + 1, 1) : (year, first + count)
            return (Day(year: year, month: first, day: 1) ?? day, Day(year: next.0, month: next.1, day: 1) ?? day.adding(days: 1))
        }
    }

    /// Sums of one group of cases. Amounts are yuan.
    package struct Sums: Sendable, Equatable {
        package var cases = 0
        package var ended = 0
        /// With a step that was or is late.
        package var late = 0
        package var appealed = 0
        package var fined = 0
        package var amount = 0.0
        package var paid = 0.0
        package var subjects = 0

        init() {}

        init(_ row: Row) {
            cases = Int(row.int("cases") ?? 0)
            ended = Int(row.int("ended") ?? 0)
            late = Int(row.int("late") ?? 0)
            appealed = Int(row.int("appealed") ?? 0)
            fined = Int(row.int("fined") ?? 0)
            amount = row.double("amount") ?? 0
            paid = row.double("paid") ?? 0
            subjects = row.has("subjects") ? Int(row.int("subjects") ?? 0) : 0
        }

        static func += (a: inout Sums, b: Sums) {
            a.cases += b.cases
            a.ended += b.ended
            a.late += b.late
            a.appealed += b.appealed
            a.fined += b.fined
            a.amount += b.amount
            a.paid += b.paid
        }
    }

    package struct Line: Sendable, Equatable {
        package var key: String
        package var title: String
        package var sums: Sums
    }

    package var total = Sums()
    /// The most frequent first.
    package var categories: [Line] = []
    /// `202611` in order, months without a case included.
    package var months: [Line] = []
    package var grids: [Line] = []
    package var officers: [Line] = []
    package var kinds: [Line] = []

    /// - Parameter category: only cases of this one, nil of all.
    package static func read(from: Day, to: Day, category: String? = nil, scope: DataScope, dictionaries: Dictionaries, now: Moment, _ reader: any Reader) throws -> CaseFigures {
        var condition: SQL = "c.started_at >= \(from.start) AND c.started_at < \(to.start) AND \(scope.condition(org: "c.org", area: "c.area"))"
        if let category { condition += " AND f.category = \(category)" }
        // A late step is counted once a case.
        let inner: SQL = """
            (SELECT c.org, c.starter, c.starter_name, (c.started_at + 28800000) / 86400000 AS day, f.category, f.subject, f.final_state, f.appeals, f.fine, f.paid,
                CASE WHEN EXISTS (SELECT 1 FROM workflow_steps w WHERE w.case_id = c.id AND (w.was_late = 1 OR (w.state = 'open' AND w.due_at < \(now)))) THEN 1 ELSE 0 END AS is_late
             FROM workflow_cases c JOIN enforcement_cases f ON f.case_id = c.id WHERE \(condition)) AS x
            """
        let sums: SQL = """
            COUNT(*) AS cases, COUNT(CASE WHEN x.final_state <> 'running' THEN 1 END) AS ended, COUNT(CASE WHEN x.is_late = 1 THEN 1 END) AS late,
            COUNT(CASE WHEN x.appeals > 0 THEN 1 END) AS appealed, COUNT(CASE WHEN x.fine > 0 THEN 1 END) AS fined, SUM(COALESCE(x.fine, 0)) AS amount, SUM(COALESCE(x.paid, 0)) AS paid
            """
        var figures = CaseFigures()
        var byCategory: [String: Sums] = [:], byMonth: [Int: Sums] = [:]
        for row in try reader.rows("SELECT x.day, x.category, \(sums) FROM \(inner) GROUP BY x.day, x.category") {
            let one = Sums(row)
            figures.total += one
            byCategory[row.text("category") ?? "", default: Sums()] += one
            byMonth[Day(daysSince1970: Int(row.int("day") ?? 0)).month, default: Sums()] += one
        }
        figures.categories = byCategory.map { Line(key: $0.key, title: dictionaries.title(of: $0.key, in: .caseCategory), sums: $0.value) }
            .sorted { ($0.sums.cases, $1.key) > ($1.sums.cases, $0.key) }
        var month = from
        while month < to {
            figures.months.append(Line(key: String(month.month), title: "\(month.parts.month)月", sums: byMonth[month.month] ?? Sums()))
            month = Day(number: month.number / 100 * 100 + 1).map { $0.adding(days: 31) }.flatMap { Day(number: $0.number / 100 * 100 + 1) } ?? to
        }
        figures.grids = try reader.rows(
            """
            SELECT un.code AS line_key, un.name AS line_title, \(sums) FROM \(inner) JOIN unit_subjects us ON us.org = x.org AND us.way <> 'keptOut'
            JOIN units un ON un.id = us.unit_id AND un.tree = 'grid' GROUP BY un.id, un.code, un.name ORDER BY cases DESC, un.id LIMIT 50
            """
        ).map(line)
        figures.officers = try reader.rows(
            """
            SELECT CAST(x.starter AS TEXT) AS line_key, MAX(x.starter_name) AS line_title, COUNT(DISTINCT x.subject) AS subjects, \(sums) FROM \(inner)
            GROUP BY x.starter ORDER BY cases DESC, x.starter LIMIT 100
            """
        ).map(line)
        figures.kinds = try reader.rows(
            "SELECT t.kind AS line_key, t.kind AS line_title, \(sums) FROM \(inner) JOIN transport_subject t ON t.id = x.subject GROUP BY t.kind ORDER BY cases DESC, t.kind"
        ).map { row in
            var one = line(row)
            one.title = dictionaries.title(of: one.key, in: .transportSubjectKind)
            return one
        }
        return figures
    }

    private static func line(_ row: Row) -> Line { Line(key: row.text("line_key") ?? "", title: row.text("line_title") ?? "", sums: Sums(row)) }
}
