import Identity
import Kernel
import Ledgers
import Storage

/// B1.1.7 统计分析, B1.3.8、B2.2.8 考核管理: what was inspected in a span, by industry, item, responsibility, grid and officer; within the reader's scope.
package struct InspectionFigures: Sendable {
    package struct Line: Sendable, Equatable {
        package var title: String
        package var runs = 0
        package var failed = 0
        package var visits = 0
        package var subjects = 0
        package var days = 0
        package var penalties = 0
        package var amount = 0.0

        /// Of the items that were judged; nil where none was.
        package var passRate: Double? { runs == 0 ? nil : Double(runs - failed) / Double(runs) }
    }

    package var visits = 0
    package var subjects = 0
    package var runs = 0
    package var failed = 0
    package var penalties = 0
    package var amount = 0.0
    package var waiting = 0
    package var late = 0
    package var newSubjects = 0
    package var industries: [Line] = []
    package var items: [Line] = []
    package var grids: [Line] = []
    package var officers: [Line] = []
    /// Of random inspection alone.
    package var random = Line(title: "随机抽检")

    package static func read(from: Day, to: Day, scope: DataScope, dictionaries: Dictionaries, today: Day, _ reader: any Reader) throws -> InspectionFigures {
        var figures = InspectionFigures()
        let within: SQL = "r.inspected_at >= \(from.start) AND r.inspected_at < \(to.start) AND \(scope.condition(org: "r.org", area: "r.area"))"
        let sums: SQL = """
            COUNT(DISTINCT r.id) AS visits, COUNT(DISTINCT r.subject) AS subjects, COUNT(CASE WHEN l.result <> 'ignore' THEN 1 END) AS runs, COUNT(CASE WHEN l.result = 'fail' THEN 1 END) AS failed
            """
        func line(_ row: Row) -> Line {
            Line(
                title: row.text("line_title") ?? "", runs: Int(row.int("runs") ?? 0), failed: Int(row.int("failed") ?? 0), visits: Int(row.int("visits") ?? 0),
                subjects: Int(row.int("subjects") ?? 0))
        }
        if let row = try reader.first("SELECT '' AS line_title, \(sums) FROM inspection_records r JOIN inspection_lines l ON l.record = r.id WHERE \(within)") {
            let all = line(row)
            (figures.visits, figures.subjects, figures.runs, figures.failed) = (all.visits, all.subjects, all.runs, all.failed)
        }
        if let row = try reader.first(
            "SELECT COUNT(CASE WHEN r.measure IS NOT NULL THEN 1 END) AS penalties, SUM(COALESCE(r.amount, 0)) AS amount FROM inspection_records r WHERE \(within)")
        {
            figures.penalties = Int(row.int("penalties") ?? 0)
            figures.amount = row.double("amount") ?? 0
        }
        if let row = try reader.first(
            """
            SELECT COUNT(*) AS waiting, COUNT(CASE WHEN r.due_on < \(today) THEN 1 END) AS late FROM pending_inspections r
            WHERE r.done_at IS NULL AND \(scope.condition(org: "r.org", area: "r.area"))
            """)
        {
            figures.waiting = Int(row.int("waiting") ?? 0)
            figures.late = Int(row.int("late") ?? 0)
        }
        figures.newSubjects = try reader.count(
            "SELECT COUNT(*) FROM transport_subject r WHERE r.created_at >= \(from.start) AND r.created_at < \(to.start) AND r.deleted_at IS NULL AND \(scope.condition(org: "r.org", area: "r.area"))"
        )
        figures.industries = try reader.rows(
            """
            SELECT COALESCE(s.industry, '') AS line_title, \(sums) FROM inspection_records r JOIN inspection_lines l ON l.record = r.id JOIN transport_subject s ON s.id = r.subject
            WHERE \(within) GROUP BY COALESCE(s.industry, '') ORDER BY runs DESC LIMIT 50
            """
        ).map { row in
            var one = line(row)
            one.title = one.title.isEmpty ? "未分行业" : dictionaries.title(of: one.title, in: .transportIndustry)
            return one
        }
        figures.items = try reader.rows(
            """
            SELECT i.name AS line_title, \(sums) FROM inspection_records r JOIN inspection_lines l ON l.record = r.id JOIN inspection_item i ON i.id = l.item WHERE \(within)
            GROUP BY i.id, i.name ORDER BY failed DESC, i.id LIMIT 100
            """
        ).map(line)
        figures.grids = try reader.rows(
            """
            SELECT un.name AS line_title, \(sums) FROM inspection_records r JOIN inspection_lines l ON l.record = r.id JOIN unit_subjects us ON us.org = r.org AND us.way <> 'keptOut'
            JOIN units un ON un.id = us.unit_id AND un.tree = 'grid' WHERE \(within) GROUP BY un.id, un.name ORDER BY visits DESC, un.id LIMIT 50
            """
        ).map(line)
        figures.officers = try officers(within, sums, from, to, reader, line)
        if let row = try reader.first("SELECT '' AS line_title, \(sums) FROM inspection_records r JOIN inspection_lines l ON l.record = r.id WHERE r.kind = 'random' AND \(within)")
        {
            figures.random = line(row)
            figures.random.title = "随机抽检"
        }
        return figures
    }

    private static func officers(_ within: SQL, _ sums: SQL, _ from: Day, _ to: Day, _ reader: any Reader, _ line: (Row) -> Line) throws -> [Line] {
        let days = try reader.rows(
            """
            SELECT f.user_id, COUNT(DISTINCT (f.at + 28800000) / 86400000) AS days FROM field_checkins f WHERE f.kind = 'on' AND f.at >= \(from.start) AND f.at < \(to.start) GROUP BY f.user_id LIMIT 5000
            """
        ).reduce(into: [Int64: Int]()) { $0[$1.int("user_id") ?? 0] = Int($1.int("days") ?? 0) }
        let fines = try reader.rows(
            "SELECT r.officer, COUNT(*) AS penalties, SUM(COALESCE(r.amount, 0)) AS amount FROM inspection_records r WHERE r.measure IS NOT NULL AND \(within) GROUP BY r.officer LIMIT 1000"
        ).reduce(into: [Int64: (Int, Double)]()) { $0[$1.int("officer") ?? 0] = (Int($1.int("penalties") ?? 0), $1.double("amount") ?? 0) }
        return try reader.rows(
            """
            SELECT r.officer, MAX(r.officer_name) AS line_title, \(sums) FROM inspection_records r JOIN inspection_lines l ON l.record = r.id WHERE \(within)
            GROUP BY r.officer ORDER BY visits DESC, r.officer LIMIT 200
            """
        ).map { row in
            var one = line(row)
            let id = row.int("officer") ?? 0
            one.days = days[id] ?? 0
            (one.penalties, one.amount) = fines[id] ?? (0, 0)
            return one
        }
    }
}
