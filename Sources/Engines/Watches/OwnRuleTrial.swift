import Identity
import Kernel
import Rules
import Storage

/// What a rule would have raised over past days, by the same judge as the watch.
struct OwnRuleTrial: Sendable {
    struct Report: Sendable {
        var from: Day
        var to: Day
        /// Happenings looked at and those that met the conditions.
        var looked = 0
        var counted = 0
        var hits = 0
        /// Objects with at least one hit.
        var objects: [String: Int] = [:]
        var byDay: [Day: Int] = [:]
        /// The first fifty, in the order of time.
        var sample: [Line] = []
        /// More happened than a trial looks at; what is shown ends there.
        var isCut = false
    }

    struct Line: Sendable {
        var at: Moment
        var id: Int64
        var orgName: String
        var title: String
        var count: Int
        var reasons: [String]
    }

    static let longestDays = 31
    static let most = 200_000
    private static let page = 2000

    let rules: OwnRules

    /// - Throws: `.invalid` for a span that is too long or ends before it begins.
    func run(_ rule: OwnRule, from: Day, to: Day) async throws -> Report {
        guard from <= to, to.daysSince1970 - from.daysSince1970 < Self.longestDays else {
            throw Failure.invalid([FieldFinding("to", "range", "试运行范围应为 1—\(Self.longestDays) 天", title: "截止日期")])
        }
        let stream = try rules.stream(rule.stream)
        let judge = WatchJudge(rule.draft.rule, vocabulary: stream.vocabulary)
        let grouping = rule.draft.rule.groupedBy
        var report = Report(from: from, to: to)
        var kept: [WatchedHappening] = []
        var place: (at: Moment, id: Int64)?
        let begin = judge.reach(of: from.start).from, start = from.start
        while true {
            try Task.checkCancellation()
            let after = place
            let (last, looked, found) = try await rules.database.read(within: .seconds(10)) { reader in
                let batch = try stream.between(begin, to.end, after: after, limit: Self.page, in: reader)
                let seen = batch.filter { rule.scope.admits(org: $0.org, area: $0.area) }
                let counted = try stream.counted(seen, by: judge, in: reader)
                return (
                    batch.last.map { (at: $0.at, id: $0.id, isLast: batch.count < Self.page) }, seen.count { $0.at >= start },
                    counted.map { $0.watched(by: stream.key($0, by: grouping), isNew: $0.at >= start, mark: judge.mark(of: $0.facts)) }
                )
            }
            report.looked += looked
            report.counted += found.count(where: \.isNew)
            kept += found
            guard let last, !last.isLast else { break }
            place = (last.at, last.id)
            if report.looked >= Self.most {
                report.isCut = true
                break
            }
        }
        let hits = judge.hits(of: kept)
        report.hits = hits.count
        for hit in hits {
            report.objects[hit.last.group, default: 0] += 1
            report.byDay[hit.last.at.day, default: 0] += 1
        }
        report.sample = try await sample(Array(hits.prefix(50)), judge, stream)
        return report
    }

    private func sample(_ hits: [WatchHit], _ judge: WatchJudge, _ stream: any RuleStream) async throws -> [Line] {
        try await rules.database.read { reader in
            try hits.compactMap { hit in
                guard var happening = try stream.after(hit.last.id - 1, limit: 1, in: reader).first, happening.id == hit.last.id else { return nil }
                try stream.complete(&happening, in: reader)
                let reasons = judge.reasons(happening.facts).map { line in "\(stream.text(line.condition))，实际 \(stream.fact(line.fact)?.shown(line.actual) ?? line.actual.shown)" }
                return Line(at: happening.at, id: happening.id, orgName: happening.orgName, title: happening.title, count: hit.count, reasons: reasons)
            }
        }
    }
}
