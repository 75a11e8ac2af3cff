import Kernel
import Storage

/// The facts of a month for several units at once: one query a kind, however many units.
struct AppraisalReader: Sendable {
    let month: RoadMonth
    let orgs: [Int64]
    let now: Moment

    func facts(_ reader: any Reader) throws -> [Int64: AppraisalScore.Facts] {
        guard !orgs.isEmpty else { return [:] }
        var empty = AppraisalScore.Facts(now: min(now, month.end))
        empty.isOver = month.end <= now
        var facts = Dictionary(orgs.map { ($0, empty) }, uniquingKeysWith: { first, _ in first })
        try readDaily(&facts, reader)
        try readRounds(&facts, reader)
        try readTasks(&facts, reader)
        try readReports(&facts, reader)
        try readRefunds(&facts, reader)
        return facts
    }

    private func readDaily(_ facts: inout [Int64: AppraisalScore.Facts], _ reader: any Reader) throws {
        let rows = try reader.rows(
            """
            SELECT d.id, d.org, d.day, d.points, d.note, r.name FROM daily_appraisal d LEFT JOIN appraisal_rule r ON r.id = d.rule
            WHERE d.org IN (\(list: orgs)) AND d.day >= \(month.first.number) AND d.day <= \(month.last.number) AND d.deleted_at IS NULL ORDER BY d.day, d.id
            """)
        for row in rows {
            guard let org = row.int("org"), let day = row.int("day").flatMap({ Day(number: Int($0)) }) else { continue }
            facts[org]?.daily.append(
                AppraisalScore.Entry(
                    id: row.int("id") ?? 0, day: day, rule: row.text("name") ?? "日常考核", points: row.double("points") ?? 0, note: row.text("note") ?? ""))
        }
    }

    private func readRounds(_ facts: inout [Int64: AppraisalScore.Facts], _ reader: any Reader) throws {
        let rows = try reader.rows(
            """
            SELECT p.round, t.org, t.name AS round_name, t.ends_on, p.state, r.name, r.segment FROM patrol_round t JOIN road_patrol p ON p.round = t.id LEFT JOIN road r ON r.id = p.road
            WHERE t.org IN (\(list: orgs)) AND t.month = \(month.number) AND t.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY t.id, p.id
            """)
        for row in rows {
            guard let org = row.int("org"), let id = row.int("round") else { continue }
            var rounds = facts[org]?.rounds ?? []
            if rounds.last?.id != id { rounds.append(AppraisalScore.Round(id: id, name: row.text("round_name") ?? "", isExecuted: false, missed: [])) }
            let isOver = row.int("ends_on").flatMap { Day(number: Int($0)) }.map { $0.end <= now } ?? true
            if row.text("state") == "done" {
                rounds[rounds.count - 1].isExecuted = true
            } else if isOver {
                rounds[rounds.count - 1].missed.append((row.text("name") ?? "") + (row.text("segment") ?? ""))
            }
            facts[org]?.rounds = rounds
        }
    }

    private func readTasks(_ facts: inout [Int64: AppraisalScore.Facts], _ reader: any Reader) throws {
        let rows = try reader.rows(
            """
            SELECT id, org, number, name, deadline, first_feedback_at, failed_at, overdue_waived, failure_waived FROM road_task
            WHERE org IN (\(list: orgs)) AND state <> 'cancelled' AND deleted_at IS NULL
            AND ((deadline >= \(month.start) AND deadline < \(month.end)) OR (failed_at >= \(month.start) AND failed_at < \(month.end))) ORDER BY deadline, id
            """)
        for row in rows {
            guard let org = row.int("org"), let deadline = row.moment("deadline") else { continue }
            let failed = row.moment("failed_at")
            facts[org]?.tasks.append(
                AppraisalScore.Task(
                    id: row.int("id") ?? 0, title: "\(row.text("number") ?? "") \(row.text("name") ?? "")", deadline: deadline, firstFeedbackAt: row.moment("first_feedback_at"),
                    isDue: deadline >= month.start && deadline < month.end, isFailed: failed.map { $0 >= month.start && $0 < month.end } ?? false,
                    isOverdueWaived: row.bool("overdue_waived"), isFailureWaived: row.bool("failure_waived")))
        }
    }

    private func readReports(_ facts: inout [Int64: AppraisalScore.Facts], _ reader: any Reader) throws {
        let emergencies = try reader.rows(
            """
            SELECT id, org, number, name, delay, is_late, late_waived FROM road_emergency WHERE org IN (\(list: orgs)) AND reported_at >= \(month.start) AND reported_at < \(month.end)
            AND state <> 'cancelled' AND deleted_at IS NULL ORDER BY reported_at, id
            """)
        for row in emergencies {
            guard let org = row.int("org") else { continue }
            facts[org]?.emergencies.append(
                AppraisalScore.Emergency(
                    id: row.int("id") ?? 0, title: "\(row.text("number") ?? "") \(row.text("name") ?? "")", minutes: Int(row.int("delay") ?? 0), isLate: row.bool("is_late"),
                    isWaived: row.bool("late_waived")))
        }
        let bonuses = try reader.rows(
            """
            SELECT id, org, name, kind, media_level FROM bonus_item WHERE org IN (\(list: orgs)) AND state = 'done' AND decided_at >= \(month.start) AND decided_at < \(month.end)
            AND deleted_at IS NULL ORDER BY decided_at, id
            """)
        for row in bonuses {
            guard let org = row.int("org") else { continue }
            facts[org]?.bonuses.append(
                AppraisalScore.Bonus(id: row.int("id") ?? 0, title: row.text("name") ?? "", kind: row.text("kind") ?? "", mediaLevel: row.text("media_level")))
        }
    }

    /// Appeals passed in the month about deductions that were published before.
    private func readRefunds(_ facts: inout [Int64: AppraisalScore.Facts], _ reader: any Reader) throws {
        let rows = try reader.rows(
            """
            SELECT a.id, a.org, a.name, l.month, l.points FROM road_appeal a
            JOIN road_score_line l ON l.org = a.org AND l.is_withdrawn = 0 AND l.deleted_at IS NULL AND ((a.about = 'overdue' AND l.cause = 'overdueTask' AND l.subject_kind = 'roadTask' AND l.subject_id = a.task)
            OR (a.about = 'failed' AND l.cause = 'failedReview' AND l.subject_kind = 'roadTask' AND l.subject_id = a.task)
            OR (a.about = 'lateReport' AND l.cause = 'lateReport' AND l.subject_kind = 'roadEmergency' AND l.subject_id = a.emergency))
            JOIN road_score s ON s.id = l.score AND s.published_at <= a.decided_at
            WHERE a.org IN (\(list: orgs)) AND a.state = 'done' AND a.decided_at >= \(month.start) AND a.decided_at < \(month.end) AND a.deleted_at IS NULL ORDER BY a.decided_at, a.id
            """)
        for row in rows {
            guard let org = row.int("org"), let month = row.int("month").flatMap({ RoadMonth(number: Int($0)) }) else { continue }
            facts[org]?.refunds.append(AppraisalScore.Refund(appeal: row.int("id") ?? 0, title: row.text("name") ?? "", month: month, points: row.double("points") ?? 0))
        }
    }

    // MARK: What is kept

    static func rules(_ reader: any Reader) throws -> [AppraisalScore.Rule] {
        try reader.rows("SELECT code, name, cause, points FROM appraisal_rule WHERE in_use = 1 AND deleted_at IS NULL ORDER BY code LIMIT 500").map { row in
            AppraisalScore.Rule(code: row.text("code") ?? "", name: row.text("name") ?? "", trigger: row.text("cause") ?? "", points: row.double("points") ?? 0)
        }
    }

    struct Published {
        var sheet: AppraisalScore.Sheet
        var at: Moment?
        var publisher: String?
    }

    static func published(_ month: RoadMonth, _ orgs: [Int64], _ reader: any Reader) throws -> [Int64: Published] {
        guard !orgs.isEmpty else { return [:] }
        var found: [Int64: Published] = [:]
        for row in try reader.rows("SELECT * FROM road_score WHERE org IN (\(list: orgs)) AND month = \(month.number) AND deleted_at IS NULL") {
            let sheet = AppraisalScore.Sheet(base: row.double("base") ?? 0, rounds: Int(row.int("rounds") ?? 0), missed: Int(row.int("missed") ?? 0), lines: [])
            found[row.int("org") ?? 0] = Published(sheet: sheet, at: row.moment("published_at"), publisher: row.text("publisher"))
        }
        for row in try reader.rows("SELECT * FROM road_score_line WHERE org IN (\(list: orgs)) AND month = \(month.number) AND deleted_at IS NULL ORDER BY id") {
            let subject = row.text("subject_kind").flatMap { kind in row.int("subject_id").map { AppraisalScore.Subject(kind, $0) } }
            found[row.int("org") ?? 0]?.sheet.lines.append(
                AppraisalScore.Line(
                    section: row.text("section") ?? "", trigger: row.text("cause") ?? "", title: row.text("title") ?? "", points: row.double("points") ?? 0,
                    why: row.text("why") ?? "",
                    subject: subject, isWithdrawn: row.bool("is_withdrawn")))
        }
        return found
    }
}
