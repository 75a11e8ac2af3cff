import Identity
import Kernel
import Storage

/// Alarms and their handling ranked by who and what raised them, with what the rankings advise. Source: requirements D2.5.5.
package struct AlarmAnalysis: Sendable {
    package var totals = AlarmCounts()
    package var days: [AlarmStatisticsRow] = []
    package var units: [AnalysedRank] = []
    package var kinds: [AnalysedRank] = []
    /// By `AlarmCategory`; kinds that nobody declares any more are left out.
    package var categories: [AnalysedRank] = []
    package var subjects: [AnalysedSubject] = []
    /// Only the newest `analysedAlarms` were read for subjects and classes.
    package var isCut = false
}

/// One line of a ranking with its advice.
package struct AnalysedRank: Sendable, Equatable {
    package var rank: AlarmRank
    package var name: String
    package var advice: [AlarmAdvice]
}

/// One point, vehicle or device and how its alarms were handled.
package struct AnalysedSubject: Sendable, Equatable {
    package var kind: String
    package var org: Int64?
    package var orgName: String
    package var subject: String
    package var facts: AlarmAdvice.Facts
    package var meanResponseSeconds: Double?
    package var advice: [AlarmAdvice]
}

extension AlarmEngine {
    /// Alarms of which subjects and classes are read one by one, newest first: a bound on what one page may cost.
    static let analysedAlarms = 100_000

    /// - Parameter filter: needs both days.
    package func analysis(_ filter: AlarmFilter, by principal: Principal, in reader: any Reader) throws -> AlarmAnalysis {
        var analysis = AlarmAnalysis(totals: try totals(filter, by: principal, in: reader), days: try statistics(filter, by: .day, for: principal, in: reader))
        analysis.isCut = analysis.totals.opened > Self.analysedAlarms
        let classes = try falseClasses(filter, by: principal, in: reader)
        let units = try ranking(filter, by: .org, for: principal, in: reader)
        let names = try organisationNames(units.prefix(50).compactMap { Int64($0.key) }, in: reader)
        analysis.units = units.prefix(50).map { rank in
            let name = rank.key == "0" ? "未指明" : Int64(rank.key).flatMap { names[$0] } ?? rank.key
            return AnalysedRank(rank: rank, name: name, advice: AlarmAdvice.advice(for: facts(rank, classes.units[rank.key] ?? [:], nil)))
        }
        let kinds = try ranking(filter, by: .kind, for: principal, in: reader)
        analysis.kinds = kinds.map { rank in
            AnalysedRank(rank: rank, name: title(ofKind: rank.key), advice: AlarmAdvice.advice(for: facts(rank, classes.kinds[rank.key] ?? [:], kind(rank.key)?.category)))
        }
        analysis.categories = AlarmCategory.allCases.compactMap { category -> AnalysedRank? in
            let own = kinds.filter { kind($0.key)?.category == category }
            guard !own.isEmpty else { return nil }
            let rank = AlarmRank(
                key: category.rawValue, counts: own.reduce(AlarmCounts()) { $0 + $1.counts }, before: own.reduce(0) { $0 + $1.before })
            let found = own.reduce(into: [AlarmFalseClass: Int]()) { $0.merge(classes.kinds[$1.key] ?? [:], uniquingKeysWith: +) }
            return AnalysedRank(rank: rank, name: category.title, advice: AlarmAdvice.advice(for: facts(rank, found, category)))
        }.sorted { $0.rank.counts.opened > $1.rank.counts.opened }
        analysis.subjects = try subjects(filter, by: principal, in: reader)
        return analysis
    }

    private func facts(_ rank: AlarmRank, _ classes: [AlarmFalseClass: Int], _ category: AlarmCategory?) -> AlarmAdvice.Facts {
        var facts = AlarmAdvice.Facts()
        facts.alarms = rank.counts.opened
        facts.times = rank.counts.times
        facts.open = rank.counts.open
        facts.falseAlarms = rank.counts.falseAlarms
        facts.classes = classes
        // What is still new and not yet due counts against nobody.
        facts.inTime = rank.counts.opened - max(0, rank.counts.responded - rank.counts.inTime)
        facts.meanCloseSeconds = rank.counts.meanCloseSeconds
        facts.category = category
        return facts
    }

    private func newest(_ filter: AlarmFilter, _ principal: Principal) -> SQL {
        """
        (SELECT kind, org, org_name, subject, times, state, false_class, raised_at, responded_at, closed_at FROM alarms \
        WHERE \(filter.condition(withStates: false)) AND \(principal.scope.condition()) ORDER BY occurred_at DESC LIMIT \(Self.analysedAlarms)) AS few
        """
    }

    private func falseClasses(_ filter: AlarmFilter, by principal: Principal, in reader: any Reader) throws -> (
        units: [String: [AlarmFalseClass: Int]], kinds: [String: [AlarmFalseClass: Int]]
    ) {
        var units: [String: [AlarmFalseClass: Int]] = [:], kinds: [String: [AlarmFalseClass: Int]] = [:]
        let sql: SQL = "SELECT kind, org, false_class, COUNT(*) AS n FROM \(newest(filter, principal)) WHERE false_class IS NOT NULL GROUP BY kind, org, false_class"
        try reader.each(sql) { row in
            guard let found = row.text("false_class").flatMap(AlarmFalseClass.init(rawValue:)) else { return true }
            let count = Int(row.int("n") ?? 0)
            units[String(row.int("org") ?? 0), default: [:]][found, default: 0] += count
            kinds[row.text("kind") ?? "", default: [:]][found, default: 0] += count
            return true
        }
        return (units, kinds)
    }

    /// The thirty with the most occurrences.
    private func subjects(_ filter: AlarmFilter, by principal: Principal, in reader: any Reader) throws -> [AnalysedSubject] {
        let sum = { (condition: SQL, name: String) -> SQL in "SUM(CASE WHEN \(condition) THEN 1 ELSE 0 END) AS \(ident: name)" }
        let classes = AlarmFalseClass.allCases.map { sum("false_class = \($0.rawValue)", "class_\($0.rawValue)") }
        let columns: [SQL] =
            [
                "COUNT(*) AS n", "SUM(times) AS occurrences", sum("false_class IS NOT NULL", "wrong"), sum("state IN ('new', 'handling', 'reconsidering')", "standing"),
                "AVG(CAST(responded_at - raised_at AS DOUBLE PRECISION) / 1000) AS response", "AVG(CAST(closed_at - raised_at AS DOUBLE PRECISION) / 1000) AS ended",
            ] + classes
        let points: SQL = dated.isEmpty ? "1 = 1" : "kind NOT IN (\(list: dated))"
        return try reader.rows(
            """
            SELECT kind, org, MAX(org_name) AS org_name, subject, \(SQL.joined(columns, by: ", ")) FROM \(newest(filter, principal)) WHERE \(points) GROUP BY kind, org, subject \
            ORDER BY occurrences DESC, n DESC, subject, kind LIMIT 30
            """
        ).map(subject)
    }

    private func subject(_ row: Row) -> AnalysedSubject {
        let name = row.text("kind") ?? ""
        var facts = AlarmAdvice.Facts()
        facts.alarms = Int(row.int("n") ?? 0)
        facts.times = Int(row.int("occurrences") ?? 0)
        facts.open = Int(row.int("standing") ?? 0)
        facts.falseAlarms = Int(row.int("wrong") ?? 0)
        for one in AlarmFalseClass.allCases {
            if let count = row.int("class_\(one.rawValue)"), count > 0 { facts.classes[one] = Int(count) }
        }
        facts.meanCloseSeconds = row.double("ended")
        facts.isSubject = true
        facts.category = kind(name)?.category
        return AnalysedSubject(
            kind: name, org: row.int("org"), orgName: row.text("org_name") ?? "", subject: row.text("subject") ?? "", facts: facts, meanResponseSeconds: row.double("response"),
            advice: AlarmAdvice.advice(for: facts))
    }
}
