import Kernel

/// Rules as data: one version of one set. Published versions never change; a new version takes over at its moment.
package struct RuleSet: Sendable, Equatable {
    /// What the rules of a set do together.
    package enum Mode: String, Sendable {
        /// The first rule that matches decides; the rest are not asked.
        case first
        /// Every rule is asked; the first that matches decides, all that match are findings.
        case all
    }

    package var name: String
    package var version: Int
    package var effectiveFrom: Moment
    package var mode: Mode
    package var rules: [Rule]
    /// The outcome where no rule matches.
    package var otherwise: String

    package init(_ name: String, version: Int, effectiveFrom: Moment, mode: Mode = .first, rules: [Rule], otherwise: String) {
        self.name = name
        self.version = version
        self.effectiveFrom = effectiveFrom
        self.mode = mode
        self.rules = rules
        self.otherwise = otherwise
    }
}

/// One rule: all its conditions hold, or it does not match. A rule without conditions always matches.
package struct Rule: Sendable, Equatable {
    /// Stable within the set and between its versions.
    package var id: String
    package var title: String
    package var conditions: [Condition]
    package var outcome: String
    package var isEnabled: Bool

    package init(_ id: String, _ title: String, when conditions: [Condition], outcome: String, isEnabled: Bool = true) {
        self.id = id
        self.title = title
        self.conditions = conditions
        self.outcome = outcome
        self.isEnabled = isEnabled
    }
}

/// One question about one fact.
package struct Condition: Sendable, Equatable {
    package enum Comparison: String, Sendable, CaseIterable {
        case equals, differs, less, atMost, greater, atLeast
        /// The text is one of a set.
        case oneOf, noneOf
        /// The set has that text, or any of that set.
        case contains, lacks
        case startsWith
        /// The text has that part, letters of either case alike.
        case includes, omits
        case isPresent, isMissing

        package var title: String {
            switch self {
            case .equals: "等于"
            case .differs: "不等于"
            case .less: "小于"
            case .atMost: "不大于"
            case .greater: "大于"
            case .atLeast: "不小于"
            case .oneOf: "属于"
            case .noneOf: "不属于"
            case .contains: "包含"
            case .lacks: "不包含"
            case .startsWith: "开头是"
            case .includes: "含有"
            case .omits: "不含"
            case .isPresent: "已知"
            case .isMissing: "未知"
            }
        }
    }

    package var fact: String
    package var comparison: Comparison
    package var value: FactValue

    package init(_ fact: String, _ comparison: Comparison, _ value: FactValue = .missing) {
        self.fact = fact
        self.comparison = comparison
        self.value = value
    }

    /// Pure. A missing fact meets nothing but `isMissing`: what is not known can neither convict nor acquit.
    package func holds(of actual: FactValue) -> Bool {
        switch comparison {
        case .isPresent: return actual != .missing
        case .isMissing: return actual == .missing
        default: break
        }
        switch (actual, value) {
        case (.missing, _): return false
        case (.number(let a), .number(let b)): return compare(a, b)
        case (.text(let a), .text(let b)): return compareTexts(a, b)
        case (.text(let a), .set(let b)): return comparison == .oneOf ? b.contains(a) : comparison == .noneOf && !b.contains(a)
        case (.set(let a), .text(let b)): return comparison == .contains ? a.contains(b) : comparison == .lacks && !a.contains(b)
        case (.set(let a), .set(let b)): return compareSets(a, b)
        case (.bool(let a), .bool(let b)): return comparison == .equals ? a == b : comparison == .differs && a != b
        default: return comparison == .differs || comparison == .noneOf || comparison == .lacks
        }
    }

    private func compare<T: Comparable>(_ a: T, _ b: T) -> Bool {
        switch comparison {
        case .equals: a == b
        case .differs: a != b
        case .less: a < b
        case .atMost: a <= b
        case .greater: a > b
        case .atLeast: a >= b
        default: false
        }
    }

    private func compareTexts(_ a: String, _ b: String) -> Bool {
        switch comparison {
        case .startsWith: a.hasPrefix(b)
        case .includes: a.lowercased().contains(b.lowercased())
        case .omits: !a.lowercased().contains(b.lowercased())
        default: compare(a, b)
        }
    }

    private func compareSets(_ a: Set<String>, _ b: Set<String>) -> Bool {
        switch comparison {
        case .equals: a == b
        case .differs: a != b
        case .contains: !a.isDisjoint(with: b)
        case .lacks: a.isDisjoint(with: b)
        case .oneOf: !a.isEmpty && a.isSubset(of: b)
        case .noneOf: a.isDisjoint(with: b)
        default: false
        }
    }
}
