import Kernel

/// What a set would have said of facts that happened, before it is published.
package struct DryRun: Sendable, Equatable {
    /// One case on which the two versions differ.
    package struct Difference: Sendable, Equatable {
        package var label: String
        package var before: String
        package var after: String
    }

    package var total = 0
    package var outcomes: [String: Int] = [:]
    /// How often each rule matched, by id.
    package var matches: [String: Int] = [:]
    /// Cases whose outcome would change, of a comparison.
    package var changed = 0
    /// `旧 → 新`, counted.
    package var moves: [String: Int] = [:]
    /// The first 100 changed cases.
    package var differences: [Difference] = []

    package init() {}

    /// Counts one case. Streams of any length cost one evaluation each and constant memory.
    package mutating func add(_ facts: [String: FactValue], label: String = "", proposed: CompiledRuleSet, current: CompiledRuleSet? = nil) {
        let verdict = proposed.evaluate(facts)
        total += 1
        outcomes[verdict.outcome, default: 0] += 1
        for rule in verdict.matchedRules { matches[rule.id, default: 0] += 1 }
        guard let before = current?.evaluate(facts).outcome, before != verdict.outcome else { return }
        changed += 1
        moves["\(before) → \(verdict.outcome)", default: 0] += 1
        if differences.count < 100 { differences.append(Difference(label: label, before: before, after: verdict.outcome)) }
    }

    /// - Parameter stream: hands facts to its body until there are no more.
    package static func run(
        _ proposed: CompiledRuleSet, against current: CompiledRuleSet? = nil, over stream: ((_ label: String, _ facts: [String: FactValue]) -> Void) throws -> Void
    ) rethrows -> DryRun {
        var run = DryRun()
        try stream { label, facts in run.add(facts, label: label, proposed: proposed, current: current) }
        return run
    }
}
