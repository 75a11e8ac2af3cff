import Kernel

/// One line, bar colour or slice group of a chart; as many values as the chart has categories.
package struct ChartSeries: Sendable {
    package var name: String
    package var values: [Double?]
    package var tone: Tone?

    package init(_ name: String, _ values: [Double?], tone: Tone? = nil) {
        self.name = name
        self.values = values
        self.tone = tone
    }
}

/// Numbers as a picture, with the numbers as a table behind “看表格” (and instead of it without JavaScript or in print).
package struct Chart: Rendered {
    package enum Kind: String, Sendable {
        case line, area, bar, stackedBar, horizontalBar, pie, ring
        /// Categories across, one series a line down.
        case heat
        /// Categories are corners; one series a line around.
        case radar
        /// Categories are days; the first series colours them.
        case calendar
    }

    package enum Height: String, Sendable { case small, medium, large }

    package var kind: Kind
    package var title: String
    package var categories: [String]
    package var series: [ChartSeries]
    package var unit: String
    package var height: Height
    /// The title stands already in the card around it.
    package var isTitleShown: Bool

    package init(_ kind: Kind, _ title: String, categories: [String], series: [ChartSeries], unit: String = "", height: Height = .medium, isTitleShown: Bool = false) {
        self.kind = kind
        self.title = title
        self.categories = categories
        self.series = series
        self.unit = unit
        self.height = height
        self.isTitleShown = isTitleShown
    }

    package var markup: Markup {
        guard !categories.isEmpty, !series.isEmpty else { return "\(EmptyState(Language.say("暂无数据", "No data"), icon: "chart"))" }
        let caption: Markup = isTitleShown ? "<figcaption>\(title)</figcaption>" : .empty
        return """
            <figure class="chart chart-\(height.rawValue)" data-chart="\(json.text)">\(caption)<div class="chart-canvas" role="img" aria-label="\(title)"></div>\
            <details class="chart-table"><summary>\(Language.say("看表格", "Show as table"))</summary><div class="table-scroll">\(table)</div></details></figure>
            """
    }

    private var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "title": .string(title), "unit": .string(unit), "categories": .array(categories.map { .string($0) }),
            "series": .array(series.map { one in ["name": .string(one.name), "tone": JSONValue(one.tone?.rawValue), "values": .array(one.values.map { JSONValue($0) })] }),
        ]
    }

    private var table: Markup {
        let head = series.map { one -> Markup in "<th scope=\"col\" class=\"text-end\">\(one.name)\(Markup.when(!unit.isEmpty, "（\(unit)）"))</th>" }
        let lines = categories.enumerated().map { index, category -> Markup in
            let cells = series.map { one -> Markup in "<td class=\"text-end\">\(index < one.values.count ? one.values[index].map(Figure.plain) : nil)</td>" }
            return "<tr><th scope=\"row\">\(category)</th>\(cells)</tr>"
        }
        return "<table class=\"data-table\"><caption class=\"visually-hidden\">\(title)</caption><thead><tr><td></td>\(head)</tr></thead><tbody>\(lines)</tbody></table>"
    }
}
