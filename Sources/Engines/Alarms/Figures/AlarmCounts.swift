import Kernel
import Storage

/// The figures of `alarm_daily`, each the sum over alarms that first occurred on the row's day.
package struct AlarmCounts: Sendable, Equatable {
    package var opened = 0
    /// Occurrences, merged ones included.
    package var times = 0
    /// Alarms by the state they are in now.
    package var byState: [AlarmState: Int] = [:]
    /// Alarms that somebody took up, and the seconds that took together.
    package var responded = 0
    package var responseSeconds = 0
    /// Alarms taken up before their deadline, or that had none.
    package var inTime = 0
    /// Alarms that turned out to be none, with a class said.
    package var falseAlarms = 0
    /// Alarms that were judged valid or none, and the seconds from raising to that together.
    package var judged = 0
    package var judgedSeconds = 0
    /// Seconds from raising to closing of those that are closed, together.
    package var closedSeconds = 0

    package init() {}

    package var open: Int { AlarmState.allCases.filter(\.isOpen).reduce(0) { $0 + (byState[$1] ?? 0) } }
    /// Mean seconds from raising to taking up; nil when none was taken up.
    package var meanResponseSeconds: Double? { responded == 0 ? nil : Double(responseSeconds) / Double(responded) }

    /// Mean seconds from raising to the judgement that stands; nil when none was judged.
    package var meanJudgeSeconds: Double? { judged == 0 ? nil : Double(judgedSeconds) / Double(judged) }
    /// Mean seconds from raising to closing; nil when none is closed.
    package var meanCloseSeconds: Double? { byState[.closed].flatMap { $0 == 0 ? nil : Double(closedSeconds) / Double($0) } }

    static let columns =
        ["opened", "times"] + AlarmState.allCases.map { "state_\($0.rawValue)" } + [
            "responded", "response_seconds", "in_time", "false_alarms", "judged", "judged_seconds", "closed_seconds",
        ]

    /// `SUM(opened) AS opened, …`.
    static let sums = SQL(text: columns.map { "COALESCE(SUM(\($0)), 0) AS \($0)" }.joined(separator: ", "))

    /// The same figures counted from `alarms` itself.
    static let recounted = SQL(
        text: "COUNT(*) AS opened, COALESCE(SUM(times), 0) AS times, "
            + AlarmState.allCases.map { "COALESCE(SUM(CASE WHEN state = '\($0.rawValue)' THEN 1 ELSE 0 END), 0) AS state_\($0.rawValue)" }.joined(separator: ", ")
            + ", COALESCE(SUM(CASE WHEN responded_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS responded, COALESCE(SUM((responded_at - raised_at) / 1000), 0) AS response_seconds"
            + ", COALESCE(SUM(CASE WHEN responded_at IS NOT NULL AND (due_at IS NULL OR responded_at <= due_at) THEN 1 ELSE 0 END), 0) AS in_time"
            + ", COALESCE(SUM(CASE WHEN false_class IS NOT NULL THEN 1 ELSE 0 END), 0) AS false_alarms"
            + ", COALESCE(SUM(CASE WHEN decided_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS judged, COALESCE(SUM((decided_at - raised_at) / 1000), 0) AS judged_seconds"
            + ", COALESCE(SUM((closed_at - raised_at) / 1000), 0) AS closed_seconds")

    init(_ row: Row) {
        opened = Int(row.int("opened") ?? 0)
        times = Int(row.int("times") ?? 0)
        for state in AlarmState.allCases { byState[state] = Int(row.int("state_\(state.rawValue)") ?? 0) }
        responded = Int(row.int("responded") ?? 0)
        responseSeconds = Int(row.int("response_seconds") ?? 0)
        inTime = Int(row.int("in_time") ?? 0)
        falseAlarms = Int(row.int("false_alarms") ?? 0)
        judged = Int(row.int("judged") ?? 0)
        judgedSeconds = Int(row.int("judged_seconds") ?? 0)
        closedSeconds = Int(row.int("closed_seconds") ?? 0)
    }

    package static func + (a: AlarmCounts, b: AlarmCounts) -> AlarmCounts {
        var sum = a
        sum.opened += b.opened
        sum.times += b.times
        sum.byState.merge(b.byState) { $0 + $1 }
        sum.responded += b.responded
        sum.responseSeconds += b.responseSeconds
        sum.inTime += b.inTime
        sum.falseAlarms += b.falseAlarms
        sum.judged += b.judged
        sum.judgedSeconds += b.judgedSeconds
        sum.closedSeconds += b.closedSeconds
        return sum
    }
}

/// Which row of `alarm_daily` an alarm counts on.
struct AlarmRollup {
    var day: Day
    var kind: String
    var grade: AlarmGrade
    var org: Int64?
    var area: String?

    func countOpened(in tx: any Transaction) throws {
        try tx.execute(
            """
            INSERT INTO alarm_daily (day, kind, grade, org, area, opened, times, state_new) VALUES (\(day), \(kind), \(grade.rawValue), \(org ?? 0), \(area ?? ""), 1, 1, 1) \
            ON CONFLICT (day, kind, grade, org, area) DO UPDATE SET opened = alarm_daily.opened + 1, times = alarm_daily.times + 1, state_new = alarm_daily.state_new + 1
            """)
    }

    func countRepeat(_ count: Int = 1, in tx: any Transaction) throws { try tx.execute("UPDATE alarm_daily SET times = times + \(count) WHERE \(here)") }

    func countFalse(_ change: Int, in tx: any Transaction) throws { try tx.execute("UPDATE alarm_daily SET false_alarms = false_alarms + \(change) WHERE \(here)") }

    func countMove(from: AlarmState, to: AlarmState, in tx: any Transaction) throws {
        guard from != to else { return }
        let old = SQL.ident("state_" + from.rawValue), new = SQL.ident("state_" + to.rawValue)
        try tx.execute("UPDATE alarm_daily SET \(old) = \(old) - 1, \(new) = \(new) + 1 WHERE \(here)")
    }

    func countResponse(seconds: Int64, isInTime: Bool, in tx: any Transaction) throws {
        try tx.execute("UPDATE alarm_daily SET responded = responded + 1, response_seconds = response_seconds + \(seconds), in_time = in_time + \(isInTime ? 1 : 0) WHERE \(here)")
    }

    /// What a move changed about when it was judged and closed; no statement where it changed nothing.
    func countEnds(from old: Alarm, to new: Alarm, in tx: any Transaction) throws {
        let seconds = { (alarm: Alarm, end: Moment?) -> Int64 in end.map { ($0.milliseconds - alarm.raisedAt.milliseconds) / 1000 } ?? 0 }
        let judged = (new.decidedAt == nil ? 0 : 1) - (old.decidedAt == nil ? 0 : 1)
        let judgedSeconds = seconds(new, new.decidedAt) - seconds(old, old.decidedAt), closedSeconds = seconds(new, new.closedAt) - seconds(old, old.closedAt)
        guard judged != 0 || judgedSeconds != 0 || closedSeconds != 0 else { return }
        try tx.execute(
            "UPDATE alarm_daily SET judged = judged + \(judged), judged_seconds = judged_seconds + \(judgedSeconds), closed_seconds = closed_seconds + \(closedSeconds) WHERE \(here)"
        )
    }

    private var here: SQL { "day = \(day) AND kind = \(kind) AND grade = \(grade.rawValue) AND org = \(org ?? 0) AND area = \(area ?? "")" }
}
