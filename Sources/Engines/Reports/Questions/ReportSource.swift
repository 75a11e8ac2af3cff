import Identity
import Storage
import Web

/// One matter that figures can be asked of: a ledger, or a roll-up that a domain keeps. It enforces the asker's permission and data scope itself and never reads more than it may in the time it has.
package struct ReportSource: Sendable {
    /// `ledger.onSiteVehicle`, `gate.passes`: stored in saved charts and templates, so that it never changes.
    package var name: String
    package var title: String
    /// The heading under which it is offered.
    package var group: String
    package var note: String
    /// Nil: everyone signed in.
    package var permission: String?
    package var dimensions: [ReportDimension]
    package var measures: [ReportMeasure]
    /// Times that a span may narrow, the usual one first; empty where time means nothing.
    package var times: [Choice]
    /// At most so many dimensions are answered at once.
    package var mostDimensions: Int
    /// Values of a dimension that someone may choose as a filter; empty where it is no filter.
    package var choices: @Sendable (_ dimension: String, Principal) -> [Choice]
    /// Groups of plain measures in the order of the dimensions, at most `ReportAnswer.most`; derived measures are the engine's.
    package var answer: @Sendable (ReportAsk, Principal, any Reader) throws -> ReportAnswer

    package init(
        _ name: String, _ title: String, group: String, note: String = "", permission: String?, dimensions: [ReportDimension], measures: [ReportMeasure], times: [Choice],
        mostDimensions: Int = 3, choices: @escaping @Sendable (String, Principal) -> [Choice] = { _, _ in [] },
        answer: @escaping @Sendable (ReportAsk, Principal, any Reader) throws -> ReportAnswer
    ) {
        self.name = name
        self.title = title
        self.group = group
        self.note = note
        self.permission = permission
        self.dimensions = dimensions
        self.measures = measures
        self.times = times
        self.mostDimensions = mostDimensions
        self.choices = choices
        self.answer = answer
    }

    /// By name or by Chinese title, as templates write it.
    package func dimension(_ word: String) -> ReportDimension? { dimensions.first { $0.name == word } ?? dimensions.first { $0.title == word } }
    package func measure(_ word: String) -> ReportMeasure? { measures.first { $0.name == word } ?? measures.first { $0.title == word } }

    package func mayBeAsked(by principal: Principal) -> Bool { permission.map { principal.may($0) } ?? true }
}

/// What figures are broken down by.
package struct ReportDimension: Sendable, Equatable {
    package var name: String
    package var title: String
    /// Set where its keys are times: `20261121`, `202611`, `20264` (quarter) or `2026`.
    package var grain: ReportGrain?
    package var isFilter: Bool

    package init(_ name: String, _ title: String, grain: ReportGrain? = nil, isFilter: Bool = true) {
        self.name = name
        self.title = title
        self.grain = grain
        self.isFilter = isFilter && grain == nil
    }
}

/// A plain figure that a source answers for each group.
package struct ReportMeasure: Sendable, Equatable {
    package var name: String
    package var title: String
    package var unit: String
    /// Whether groups may be added up: counts and sums may, averages and distinct values may not.
    package var isAdditive: Bool

    package init(_ name: String, _ title: String, unit: String = "", isAdditive: Bool = true) {
        self.name = name
        self.title = title
        self.unit = unit
        self.isAdditive = isAdditive
    }
}

/// What a source is asked: names of its own dimensions and measures only.
package struct ReportAsk: Sendable, Equatable {
    package var dimensions: [String]
    package var measures: [String]
    package var filters: [ReportFilter]
    /// One of the source's `times`.
    package var time: String?
    /// Business days, both counted in; nil for all time.
    package var days: ClosedRange<Int>?

    package init(dimensions: [String], measures: [String], filters: [ReportFilter] = [], time: String? = nil, days: ClosedRange<Int>? = nil) {
        self.dimensions = dimensions
        self.measures = measures
        self.filters = filters
        self.time = time
        self.days = days
    }
}

/// Admits groups whose dimension has one of these values.
package struct ReportFilter: Sendable, Equatable {
    package var dimension: String
    package var values: [String]

    package init(_ dimension: String, _ values: [String]) {
        self.dimension = dimension
        self.values = values
    }
}

/// What a source answers.
package struct ReportAnswer: Sendable, Equatable {
    package struct Group: Sendable, Equatable {
        package var keys: [String]
        package var labels: [String]
        /// In the order of the measures asked; nil where there is nothing.
        package var values: [Double?]

        package init(keys: [String], labels: [String], values: [Double?]) {
            self.keys = keys
            self.labels = labels
            self.values = values
        }
    }

    package static let most = 5_000

    package var groups: [Group]
    package var isTruncated: Bool

    package init(groups: [Group], isTruncated: Bool = false) {
        self.groups = groups
        self.isTruncated = isTruncated
    }

    /// Groups whose keys are made equal become one; only where every measure is additive. Order of first appearance is kept.
    package func folded(_ change: (Group) -> Group) -> ReportAnswer {
        var places: [[String]: Int] = [:]
        var folded: [Group] = []
        for group in groups {
            let changed = change(group)
            if let place = places[changed.keys] {
                for index in changed.values.indices where changed.values[index] != nil {
                    folded[place].values[index] = (folded[place].values[index] ?? 0) + (changed.values[index] ?? 0)
                }
            } else {
                places[changed.keys] = folded.count
                folded.append(changed)
            }
        }
        return ReportAnswer(groups: folded, isTruncated: isTruncated)
    }
}
