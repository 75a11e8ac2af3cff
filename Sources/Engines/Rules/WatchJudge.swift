import Kernel

/// One happening that counts for a rule.
package struct WatchedHappening: Sendable, Equatable {
    package var id: Int64
    package var at: Moment
    /// Of what it is counted.
    package var group: String
    /// Not judged before; only these, and what they complete, make hits.
    package var isNew: Bool
    /// Which of the rule's combination it is.
    package var mark: String?

    package init(_ id: Int64, at: Moment, group: String, isNew: Bool = true, mark: String? = nil) {
        self.id = id
        self.at = at
        self.group = group
        self.isNew = isNew
        self.mark = mark
    }
}

/// Enough of one group within one span.
package struct WatchHit: Sendable, Equatable {
    /// The happening that completes it.
    package var last: WatchedHappening
    package var count: Int
    /// The happenings of the span in the order of time, the latest fifty.
    package var ids: [Int64]
}

/// A rule ready to judge: pure, so that a trial over the past and the watch behind the ingest say the same.
package struct WatchJudge: Sendable {
    package let rule: WatchRule
    private let compiled: CompiledRuleSet

    package init(_ rule: WatchRule, vocabulary: [FactDeclaration]) {
        self.rule = rule
        let set = RuleSet(
            "watch", version: 1, effectiveFrom: Moment(milliseconds: 0), rules: [Rule("watch", "", when: rule.conditions, outcome: "hit")], otherwise: "none")
        compiled = CompiledRuleSet(set, vocabulary: vocabulary)
    }

    /// Whether a happening counts.
    package func counts(_ facts: [String: FactValue], at moment: Moment) -> Bool { rule.holds(at: moment) && belongs(facts) && compiled.evaluate(facts).outcome == "hit" }

    /// Which value of the rule's combination these facts are; nil where none is asked for.
    package func mark(of facts: [String: FactValue]) -> String? {
        guard let together = rule.together, case .text(let value) = facts[together.fact], together.values.contains(value) else { return nil }
        return value
    }

    private func belongs(_ facts: [String: FactValue]) -> Bool { rule.together == nil || mark(of: facts) != nil }

    /// The same where only some facts are known yet: conditions on `later` are taken as met.
    package func mayCount(_ facts: [String: FactValue], at moment: Moment, later: Set<String>) -> Bool {
        rule.holds(at: moment) && belongs(facts) && rule.conditions.allSatisfy { later.contains($0.fact) || $0.holds(of: facts[$0.fact] ?? .missing) }
    }

    /// `排放阶段 不大于 4，实际 4：符合`, one line a condition.
    package func reasons(_ facts: [String: FactValue]) -> [RuleTrace.Line] { compiled.evaluate(facts).explanation.flatMap(\.conditions) }

    /// Spans with enough happenings, in the order of time.
    ///
    /// A happening that came late completes the spans after it, too; what made a hit without it makes none again.
    package func hits(of happenings: [WatchedHappening]) -> [WatchHit] {
        var hits: [WatchHit] = []
        for group in Dictionary(grouping: happenings, by: \.group).values {
            let ordered = group.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
            var first = 0
            var fresh = 0
            for (end, happening) in ordered.enumerated() {
                if happening.isNew { fresh += 1 }
                while !isTogether(ordered[first], happening) {
                    if ordered[first].isNew { fresh -= 1 }
                    first += 1
                }
                let count = end - first + 1
                guard isEnough(ordered[first...end], count, fresh, happening.isNew) else { continue }
                hits.append(WatchHit(last: happening, count: count, ids: ordered[max(first, end - 49)...end].map(\.id)))
            }
        }
        return hits.sorted { ($0.last.at, $0.last.id) < ($1.last.at, $1.last.id) }
    }

    private func isEnough(_ span: ArraySlice<WatchedHappening>, _ count: Int, _ fresh: Int, _ isNew: Bool) -> Bool {
        guard count >= rule.times, fresh > 0 else { return false }
        guard let together = rule.together else { return isNew || count - fresh < rule.times }
        guard together.values.isSubset(of: span.compactMap(\.mark)) else { return false }
        return isNew || !together.values.isSubset(of: span.filter { !$0.isNew }.compactMap(\.mark))
    }

    private func isTogether(_ a: WatchedHappening, _ b: WatchedHappening) -> Bool {
        rule.windowHours == 0 ? a.at.day == b.at.day : b.at.milliseconds - a.at.milliseconds < Int64(rule.windowHours) * 3_600_000
    }

    /// The span of happenings that can be counted together with one at that moment.
    package func reach(of moment: Moment) -> (from: Moment, until: Moment) {
        let span = Int64(rule.windowHours) * 3600
        return rule.windowHours == 0 ? (moment.day.start, moment.day.end) : (moment.adding(seconds: -span), moment.adding(seconds: span))
    }
}
