/// A figure as it is asked: one of the source's own, or one that follows from such.
package enum ReportTerm: Sendable, Equatable, Hashable {
    case plain(String)
    /// Part of the whole, 0...1.
    case share(String)
    /// One figure over another.
    case ratio(String, String)
    /// 同比: growth against the same period a year before, 0.1 is ten percent more.
    case yearOnYear(String)
    /// 环比: growth against the period before.
    case sequential(String)
    /// The figure of the same period a year before.
    case lastYear(String)

    /// `sum:load`, `share~sum:load`, `ratio~refused~trips`, `yoy~trips`, `mom~trips`, `ly~trips`.
    package init?(_ text: String) {
        let parts = text.split(separator: "~").map(String.init)
        switch (parts.first, parts.count) {
        case ("share", 2): self = .share(parts[1])
        case ("ratio", 3): self = .ratio(parts[1], parts[2])
        case ("yoy", 2): self = .yearOnYear(parts[1])
        case ("mom", 2): self = .sequential(parts[1])
        case ("ly", 2): self = .lastYear(parts[1])
        case (.some(let name), 1): self = .plain(name)
        default: return nil
        }
    }

    package var text: String {
        switch self {
        case .plain(let name): name
        case .share(let name): "share~\(name)"
        case .ratio(let part, let whole): "ratio~\(part)~\(whole)"
        case .yearOnYear(let name): "yoy~\(name)"
        case .sequential(let name): "mom~\(name)"
        case .lastYear(let name): "ly~\(name)"
        }
    }

    /// The source's own figures it needs.
    var plain: [String] {
        switch self {
        case .plain(let name), .share(let name), .yearOnYear(let name), .sequential(let name), .lastYear(let name): [name]
        case .ratio(let part, let whole): [part, whole]
        }
    }

    /// As a heading, over a source's titles.
    package func heading(_ source: ReportSource) -> ReportTable.Heading {
        func measure(_ name: String) -> ReportMeasure { source.measure(name) ?? ReportMeasure(name, name) }
        switch self {
        case .plain(let name):
            let own = measure(name)
            return ReportTable.Heading(name: text, title: own.title, unit: own.unit, isPercent: false, isAdditive: own.isAdditive)
        case .share(let name): return ReportTable.Heading(name: text, title: "\(measure(name).title)占比", unit: "%", isPercent: true, isAdditive: false)
        case .ratio(let part, let whole):
            return ReportTable.Heading(name: text, title: "\(measure(part).title)÷\(measure(whole).title)", unit: "%", isPercent: true, isAdditive: false)
        case .yearOnYear(let name): return ReportTable.Heading(name: text, title: "\(measure(name).title)同比", unit: "%", isPercent: true, isAdditive: false)
        case .sequential(let name): return ReportTable.Heading(name: text, title: "\(measure(name).title)环比", unit: "%", isPercent: true, isAdditive: false)
        case .lastYear(let name):
            let own = measure(name)
            return ReportTable.Heading(name: text, title: "\(own.title)（去年同期）", unit: own.unit, isPercent: false, isAdditive: own.isAdditive)
        }
    }
}
