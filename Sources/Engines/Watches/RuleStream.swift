import Alarms
import Kernel
import Rules
import Storage
import Web

/// One thing that happened, as rules of one's own see it.
package struct Happening: Sendable {
    package var id: Int64
    package var at: Moment
    package var org: Int64?
    package var area: String?
    package var orgName: String
    package var place: String
    package var plate: String?
    /// What a list calls it: `冀A12345 进厂`.
    package var title: String
    package var facts: [String: FactValue]
    /// Pictures that become evidence, with their titles.
    package var photos: [(sha256: String, title: String)] = []

    package init(
        id: Int64, at: Moment, org: Int64?, area: String?, orgName: String, place: String, plate: String?, title: String, facts: [String: FactValue],
        photos: [(sha256: String, title: String)] = []
    ) {
        self.id = id
        self.at = at
        self.org = org
        self.area = area
        self.orgName = orgName
        self.place = place
        self.plate = plate
        self.title = title
        self.facts = facts
        self.photos = photos
    }

    func watched(by key: String, isNew: Bool, mark: String?) -> WatchedHappening { WatchedHappening(id, at: at, group: key, isNew: isNew, mark: mark) }
}

/// A fact of a stream, with what a form offers for it.
package struct StreamFact: Sendable {
    package var declaration: FactDeclaration
    package var section: String
    /// Codes with their titles, of a number its steps; empty where a value is written.
    package var choices: [Choice] = []
    /// Read for a happening alone, after all other conditions are met.
    package var isSlow = false

    package init(_ name: String, _ title: String, _ kind: FactDeclaration.Kind, in section: String, unit: String? = nil, choices: [CodeItem] = [], isSlow: Bool = false) {
        declaration = FactDeclaration(name, title, kind, unit: unit)
        self.section = section
        self.choices = choices.map { Choice($0.code, $0.title) }
        self.isSlow = isSlow
    }

    /// A value as people read it.
    package func shown(_ value: FactValue) -> String {
        let titles = Dictionary(choices.map { ($0.value, $0.title) }, uniquingKeysWith: { first, _ in first })
        switch value {
        case .text(let code): return titles[code] ?? code
        case .set(let codes): return codes.sorted().map { titles[$0] ?? $0 }.joined(separator: "、")
        case .number: return titles[value.shown] ?? value.shown + (declaration.unit.map { " \($0)" } ?? "")
        default: return value.shown
        }
    }
}

/// Where happenings come from. Streams only read; ids rise in the order in which happenings were written.
package protocol RuleStream: Sendable {
    var name: String { get }
    var title: String { get }
    var facts: [StreamFact] { get }
    /// What can be counted by: name and title.
    var groupings: [(name: String, title: String)] { get }
    /// The fact of which several values may be asked for together; nil where none is.
    var combined: String? { get }
    /// Of which records an alarm tells that it was seen on them; nil leads nowhere.
    var sourceKind: String? { get }

    func last(in reader: any Reader) throws -> Int64
    func after(_ mark: Int64, limit: Int, in reader: any Reader) throws -> [Happening]
    /// In the order of time, after a place in it.
    func between(_ from: Moment, _ until: Moment, after: (at: Moment, id: Int64)?, limit: Int, in reader: any Reader) throws -> [Happening]
    /// What happened to the same group, at most `limit` of the latest.
    func alike(_ happening: Happening, by grouping: String, from: Moment, until: Moment, limit: Int, in reader: any Reader) throws -> [Happening]
    func key(_ happening: Happening, by grouping: String) -> String
    /// Reads the slow facts a rule asks for.
    func complete(_ happening: inout Happening, in reader: any Reader) throws
}

extension RuleStream {
    var vocabulary: [FactDeclaration] { facts.map(\.declaration) }
    package var combined: String? { nil }
    func fact(_ name: String) -> StreamFact? { facts.first { $0.declaration.name == name } }

    package func complete(_ happening: inout Happening, in reader: any Reader) throws {}

    /// `排放阶段 不大于 国四`.
    func text(_ condition: Condition) -> String {
        let fact = fact(condition.fact)
        let value = condition.value == .missing ? "" : " " + (fact?.shown(condition.value) ?? condition.value.shown)
        return "\(fact?.declaration.title ?? condition.fact) \(condition.comparison.title)\(value)"
    }

    /// The happenings of a batch that count, slow facts read only for those that may.
    func counted(_ batch: [Happening], by judge: WatchJudge, in reader: any Reader) throws -> [Happening] {
        let slow = Set(facts.filter(\.isSlow).map(\.declaration.name)).intersection(judge.rule.conditions.map(\.fact))
        return try batch.compactMap { happening in
            guard judge.mayCount(happening.facts, at: happening.at, later: slow) else { return nil }
            guard !slow.isEmpty else { return happening }
            var whole = happening
            try complete(&whole, in: reader)
            return judge.counts(whole.facts, at: whole.at) ? whole : nil
        }
    }
}
