import Kernel

/// A set ready to judge: facts by position instead of name, disabled rules left out. One evaluation allocates nothing beyond its verdict.
package final class CompiledRuleSet: Sendable {
    struct Step: Sendable {
        let rule: Rule
        /// Positions of the facts, beside the rule's conditions.
        let positions: [Int]
    }

    package let set: RuleSet
    /// Every fact that the rules ask for, in the order of the positions.
    package let factNames: [String]
    let steps: [Step]
    private let positions: [String: Int]
    let titles: [String: FactDeclaration]

    /// - Parameter vocabulary: titles for explanations; facts without one are shown by name.
    package init(_ set: RuleSet, vocabulary: [FactDeclaration] = []) {
        self.set = set
        var names: [String] = []
        var positions: [String: Int] = [:]
        for condition in set.rules.flatMap(\.conditions) where positions[condition.fact] == nil {
            positions[condition.fact] = names.count
            names.append(condition.fact)
        }
        factNames = names
        self.positions = positions
        steps = set.rules.filter(\.isEnabled).map { rule in Step(rule: rule, positions: rule.conditions.map { positions[$0.fact] ?? 0 }) }
        titles = Dictionary(vocabulary.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Where a fact stands in `evaluate(positioned:)`; nil where no rule asks for it.
    package func position(of fact: String) -> Int? { positions[fact] }

    package func evaluate(_ facts: [String: FactValue]) -> Verdict { evaluate(positioned: factNames.map { facts[$0] ?? .missing }) }

    /// The fast way: facts in the order of `factNames`.
    package func evaluate(positioned facts: [FactValue]) -> Verdict {
        precondition(facts.count == factNames.count, "\(factNames.count) facts expected, \(facts.count) given")
        var matched: [Int] = []
        for (index, step) in steps.enumerated() where matches(step, facts) {
            matched.append(index)
            if set.mode == .first { break }
        }
        return Verdict(compiled: self, facts: facts, matched: matched)
    }

    private func matches(_ step: Step, _ facts: [FactValue]) -> Bool {
        for (index, condition) in step.rule.conditions.enumerated() where !condition.holds(of: facts[step.positions[index]]) { return false }
        return true
    }
}

/// What a set says of some facts. The explanation is worked out only where someone reads it.
package struct Verdict: Sendable {
    let compiled: CompiledRuleSet
    package let facts: [FactValue]
    let matched: [Int]

    package var outcome: String { matched.first.map { compiled.steps[$0].rule.outcome } ?? compiled.set.otherwise }
    package var setName: String { compiled.set.name }
    package var setVersion: Int { compiled.set.version }
    /// Rules that matched, in their order; at most one in mode `first`.
    package var matchedRules: [Rule] { matched.map { compiled.steps[$0].rule } }

    /// Every rule that was asked, in order, with the facts it looked at; in mode `first` nothing after the rule that decided.
    package var explanation: [RuleTrace] {
        let hits = Set(matched)
        let last = compiled.set.mode == .first ? matched.first.map { $0 + 1 } ?? compiled.steps.count : compiled.steps.count
        return compiled.steps.prefix(last).enumerated().map { index, step in
            let conditions = step.rule.conditions.enumerated().map { at, condition in
                let actual = facts[step.positions[at]]
                return RuleTrace.Line(
                    fact: condition.fact, title: compiled.titles[condition.fact]?.title ?? condition.fact, condition: condition, actual: actual, holds: condition.holds(of: actual))
            }
            return RuleTrace(ruleId: step.rule.id, title: step.rule.title, outcome: step.rule.outcome, matched: hits.contains(index), conditions: conditions)
        }
    }
}

/// How one rule came to match or not.
package struct RuleTrace: Sendable, Equatable {
    /// One condition beside what was found.
    package struct Line: Sendable, Equatable {
        package var fact: String
        package var title: String
        package var condition: Condition
        package var actual: FactValue
        package var holds: Bool

        /// `排放阶段 小于 5，实际 4：符合`
        package var text: String {
            let wanted = condition.value == .missing ? "" : " " + condition.value.shown
            return "\(title) \(condition.comparison.title)\(wanted)，实际 \(actual.shown)：\(holds ? "符合" : "不符合")"
        }
    }

    package var ruleId: String
    package var title: String
    package var outcome: String
    package var matched: Bool
    package var conditions: [Line]

    package var json: JSONValue {
        let lines = conditions.map { line -> JSONValue in
            [
                "fact": .string(line.fact), "comparison": .string(line.condition.comparison.rawValue), "value": line.condition.value.json, "actual": line.actual.json,
                "holds": .bool(line.holds),
            ]
        }
        return ["rule": .string(ruleId), "title": .string(title), "outcome": .string(outcome), "matched": .bool(matched), "conditions": .array(lines)]
    }
}
