import Kernel

/// B3.2 月度考核: what one unit gets for one month, each line with its reason.
///
/// Pure: what happened in, lines out; no clock, no database. Source: requirements/B-transport.md B3.2.1 … B3.2.4.
package enum AppraisalScore {
    package struct Rule: Sendable, Equatable {
        package var code: String
        package var name: String
        package var trigger: String
        package var points: Double

        package init(code: String, name: String, trigger: String, points: Double) {
            self.code = code
            self.name = name
            self.trigger = trigger
            self.points = points
        }
    }

    /// What a line is about, as a link needs it.
    package struct Subject: Sendable, Equatable {
        package var kind: String
        package var id: Int64

        package init(_ kind: String, _ id: Int64) {
            self.kind = kind
            self.id = id
        }
    }

    /// Everything that counts for one unit in one month.
    package struct Facts: Sendable, Equatable {
        package var daily: [Entry] = []
        package var rounds: [Round] = []
        /// Due in the month, or not passed in it.
        package var tasks: [Task] = []
        package var emergencies: [Emergency] = []
        package var bonuses: [Bonus] = []
        package var refunds: [Refund] = []
        /// Rounds that are still to come are no fault while the month runs.
        package var isOver = true
        package var now: Moment

        package init(now: Moment) { self.now = now }
    }

    /// A deduction entered by hand.
    package struct Entry: Sendable, Equatable {
        package var id: Int64
        package var day: Day
        package var rule: String
        package var points: Double
        package var note: String

        package init(id: Int64, day: Day, rule: String, points: Double, note: String) {
            self.id = id
            self.day = day
            self.rule = rule
            self.points = points
            self.note = note
        }
    }

    package struct Round: Sendable, Equatable {
        package var id: Int64
        package var name: String
        /// At least one road was walked.
        package var isExecuted: Bool
        /// Roads not walked although the round's time is over.
        package var missed: [String]

        package init(id: Int64, name: String, isExecuted: Bool, missed: [String]) {
            self.id = id
            self.name = name
            self.isExecuted = isExecuted
            self.missed = missed
        }
    }

    package struct Task: Sendable, Equatable {
        package var id: Int64
        package var title: String
        package var deadline: Moment
        package var firstFeedbackAt: Moment?
        /// The deadline lies in the month.
        package var isDue: Bool
        /// First not passed in the month.
        package var isFailed: Bool
        package var isOverdueWaived: Bool
        package var isFailureWaived: Bool

        package init(
            id: Int64, title: String, deadline: Moment, firstFeedbackAt: Moment?, isDue: Bool = true, isFailed: Bool = false, isOverdueWaived: Bool = false,
            isFailureWaived: Bool = false
        ) {
            self.id = id
            self.title = title
            self.deadline = deadline
            self.firstFeedbackAt = firstFeedbackAt
            self.isDue = isDue
            self.isFailed = isFailed
            self.isOverdueWaived = isOverdueWaived
            self.isFailureWaived = isFailureWaived
        }
    }

    package struct Emergency: Sendable, Equatable {
        package var id: Int64
        package var title: String
        package var minutes: Int
        package var isLate: Bool
        package var isWaived: Bool

        package init(id: Int64, title: String, minutes: Int, isLate: Bool, isWaived: Bool) {
            self.id = id
            self.title = title
            self.minutes = minutes
            self.isLate = isLate
            self.isWaived = isWaived
        }
    }

    package struct Bonus: Sendable, Equatable {
        package var id: Int64
        package var title: String
        package var kind: String
        package var mediaLevel: String?

        package init(id: Int64, title: String, kind: String, mediaLevel: String?) {
            self.id = id
            self.title = title
            self.kind = kind
            self.mediaLevel = mediaLevel
        }
    }

    /// An appeal that passed after the month of its deduction was published.
    package struct Refund: Sendable, Equatable {
        package var appeal: Int64
        package var title: String
        package var month: RoadMonth
        /// The deduction as published, negative.
        package var points: Double

        package init(appeal: Int64, title: String, month: RoadMonth, points: Double) {
            self.appeal = appeal
            self.title = title
            self.month = month
            self.points = points
        }
    }

    package struct Line: Sendable, Equatable {
        /// A code of 考核部分.
        package var section: String
        package var trigger: String
        package var title: String
        package var points: Double
        package var why: String
        package var subject: Subject?
        /// Stands in the sheet and counts nothing: an appeal passed.
        package var isWithdrawn = false
    }

    package struct Sheet: Sendable, Equatable {
        package var base: Double
        package var rounds: Int
        package var missed: Int
        package var lines: [Line]

        package init(base: Double, rounds: Int, missed: Int, lines: [Line]) {
            self.base = base
            self.rounds = rounds
            self.missed = missed
            self.lines = lines
        }

        package func sum(_ section: String) -> Double { lines.filter { $0.section == section && !$0.isWithdrawn }.reduce(0) { $0 + $1.points } }
        package var total: Double { lines.filter { !$0.isWithdrawn }.reduce(base) { $0 + $1.points } }
    }

    /// - Parameter rules: those in use; a trigger without a rule costs and brings nothing.
    package static func sheet(_ facts: Facts, rules: [Rule], settings: AppraisalSettings) -> Sheet {
        let byTrigger = Dictionary(rules.map { ($0.trigger, $0) }, uniquingKeysWith: { first, _ in first })
        var lines = facts.daily.map { entry in
            Line(
                section: "daily", trigger: "manual", title: entry.rule, points: entry.points, why: entry.day.text + (entry.note.isEmpty ? "" : "：" + entry.note),
                subject: Subject("dailyAppraisal", entry.id))
        }
        func add(_ section: String, _ trigger: String, times: Int = 1, _ subject: Subject?, isWithdrawn: Bool = false, _ why: String) {
            guard let rule = byTrigger[trigger], times > 0 else { return }
            lines.append(
                Line(
                    section: section, trigger: trigger, title: rule.name, points: rule.points * Double(times), why: "\(why)（\(rule.code)）", subject: subject,
                    isWithdrawn: isWithdrawn))
        }
        let executed = facts.rounds.filter(\.isExecuted).count
        let short = settings.monthlyRounds - executed
        if facts.isOver { add("business", "shortRounds", times: short, nil, "应巡检 \(settings.monthlyRounds) 次，执行 \(executed) 次，少 \(short) 次") }
        for round in facts.rounds {
            add("business", "missedRoad", times: round.missed.count, Subject("patrolRound", round.id), "\(round.name)漏巡 \(round.missed.count) 条：\(named(round.missed))")
        }
        for task in facts.tasks {
            if task.isDue, let why = overdue(task, now: facts.now) { add("business", "overdueTask", Subject("roadTask", task.id), isWithdrawn: task.isOverdueWaived, why) }
            if task.isFailed { add("business", "failedReview", Subject("roadTask", task.id), isWithdrawn: task.isFailureWaived, "“\(task.title)”复查未通过") }
        }
        for emergency in facts.emergencies where emergency.isLate {
            add(
                "emergency", "lateReport", Subject("roadEmergency", emergency.id), isWithdrawn: emergency.isWaived,
                "“\(emergency.title)”事发后 \(emergency.minutes) 分钟上报，时限 \(settings.reportMinutes) 分钟")
        }
        for bonus in facts.bonuses { add("bonus", trigger(of: bonus), Subject("bonusItem", bonus.id), "“\(bonus.title)”审核通过") }
        for refund in facts.refunds {
            lines.append(
                Line(
                    section: "refund", trigger: "manual", title: "申诉通过返还", points: -refund.points, why: "\(refund.month.title)“\(refund.title)”的扣分已发布，申诉通过后返还",
                    subject: Subject("roadAppeal", refund.appeal)))
        }
        return Sheet(base: settings.base, rounds: executed, missed: facts.rounds.reduce(0) { $0 + $1.missed.count }, lines: lines)
    }

    /// Why a task is overdue; nil when it is not.
    private static func overdue(_ task: Task, now: Moment) -> String? {
        let deadline = String(task.deadline.text.prefix(16))
        guard let feedback = task.firstFeedbackAt else { return now > task.deadline ? "“\(task.title)”期限 \(deadline)，至今未反馈" : nil }
        guard feedback > task.deadline else { return nil }
        return "“\(task.title)”期限 \(deadline)，\(feedback.text.prefix(16)) 反馈，超期 \(duration(feedback.seconds(since: task.deadline)))"
    }

    private static func trigger(of bonus: Bonus) -> String {
        guard bonus.kind == "article" else { return "innovation" }
        switch bonus.mediaLevel {
        case "national": return "articleNational"
        case "province": return "articleProvince"
        case "city": return "articleCity"
        default: return "articleDistrict"
        }
    }

    private static func named(_ roads: [String]) -> String { roads.prefix(5).joined(separator: "、") + (roads.count > 5 ? " 等" : "") }

    /// `2 天 3 小时`, `5 小时 10 分钟`.
    package static func duration(_ seconds: Double) -> String {
        let minutes = max(1, Int(seconds / 60))
        if minutes < 60 { return "\(minutes) 分钟" }
        if minutes < 1440 { return "\(minutes / 60) 小时" + (minutes % 60 == 0 ? "" : " \(minutes % 60) 分钟") }
        return "\(minutes / 1440) 天" + (minutes % 1440 / 60 == 0 ? "" : " \(minutes % 1440 / 60) 小时")
    }
}
