import Kernel
import Web

/// How an answer is shown.
package enum ReportPicture: String, Sendable, CaseIterable {
    case table, bar, stackedBar, horizontalBar, line, area, pie, ring, heat, radar, calendar

    package var title: String {
        switch self {
        case .table: "表格"
        case .bar: "柱状图"
        case .stackedBar: "堆叠柱状图"
        case .horizontalBar: "条形图"
        case .line: "折线图"
        case .area: "面积图"
        case .pie: "饼图"
        case .ring: "环形图"
        case .heat: "热力图"
        case .radar: "雷达图"
        case .calendar: "日历热图"
        }
    }

    var chart: Chart.Kind? { Chart.Kind(rawValue: rawValue) }
}

/// One question as a person puts it together; what is saved, shared, embedded and sent is this, never its answer.
package struct ReportQuestion: Sendable, Equatable {
    package var source: String
    package var dimensions: [String]
    package var terms: [ReportTerm]
    package var filters: [ReportFilter]
    package var time: String?
    package var span: ReportSpan
    /// A term's text, `-` before it for descending; nil: in the order of the dimensions.
    package var sort: String?
    /// Groups kept after sorting; 0 keeps all.
    package var limit: Int
    package var picture: ReportPicture
    /// The last dimension goes across.
    package var isPivot: Bool

    package init(
        _ source: String, dimensions: [String] = [], terms: [ReportTerm], filters: [ReportFilter] = [], time: String? = nil, span: ReportSpan = .last30, sort: String? = nil,
        limit: Int = 0, picture: ReportPicture = .bar, isPivot: Bool = false
    ) {
        self.source = source
        self.dimensions = dimensions
        self.terms = terms
        self.filters = filters
        self.time = time
        self.span = span
        self.sort = sort
        self.limit = limit
        self.picture = picture
        self.isPivot = isPivot
    }
}

/// Two spellings: JSON for keeping, an address for links and forms.
extension ReportQuestion {
    package var json: JSONValue {
        [
            "source": .string(source), "dimensions": .array(dimensions.map(JSONValue.string)), "measures": .array(terms.map { .string($0.text) }),
            "filters": .array(filters.map { ["dimension": .string($0.dimension), "values": .array($0.values.map(JSONValue.string))] }), "time": JSONValue(time),
            "span": .string(span.word), "sort": JSONValue(sort), "limit": .int(Int64(limit)), "chart": .string(picture.rawValue), "pivot": .bool(isPivot),
        ]
    }

    /// Nil when it is no question at all; whether its names exist is asked when it is put.
    package init?(_ json: JSONValue?) {
        guard let json, let source = json["source"]?.string else { return nil }
        self.init(
            source, dimensions: (json["dimensions"]?.array ?? []).compactMap(\.string), terms: (json["measures"]?.array ?? []).compactMap { $0.string.flatMap(ReportTerm.init) },
            filters: (json["filters"]?.array ?? []).compactMap { item in
                item["dimension"]?.string.map { ReportFilter($0, (item["values"]?.array ?? []).compactMap(\.string)) }
            }, time: json["time"]?.string, span: json["span"]?.string.flatMap(ReportSpan.init(word:)) ?? .last30, sort: json["sort"]?.string, limit: Int(json["limit"]?.int ?? 0),
            picture: json["chart"]?.string.flatMap(ReportPicture.init) ?? .bar, isPivot: json["pivot"]?.bool ?? false)
    }

    /// `source=…&row=…&row2=…&across=…&measure=…&span=last30&chart=bar&sort=-trips&top=10&f.stage=5`.
    package init?(_ address: PageAddress) {
        guard let source = address["source"] else { return nil }
        var seen: Set<String> = []
        let rows = (address.all("row") + address.all("row2") + address.all("across")).filter { seen.insert($0).inserted }
        let filters = address.query.filter { $0.name.hasPrefix("f.") && !$0.value.isEmpty }
        var found: [ReportFilter] = []
        for item in filters {
            let name = String(item.name.dropFirst(2))
            if let index = found.firstIndex(where: { $0.dimension == name }) { found[index].values.append(item.value) } else { found.append(ReportFilter(name, [item.value])) }
        }
        var span = address["span"].flatMap(ReportSpan.init(word:)) ?? .last30
        if let from = address["days_from"].flatMap(Day.init(parsing:)), let to = address["days_to"].flatMap(Day.init(parsing:)), from <= to { span = .fixed(from, to) }
        let across = address["across"]
        self.init(
            source, dimensions: Array(rows.prefix(3)), terms: address.all("measure").compactMap(ReportTerm.init), filters: found, time: address["time"], span: span,
            sort: address["sort"], limit: address["top"].flatMap { Int($0) }.map { min(max($0, 0), 1000) } ?? 0,
            picture: address["chart"].flatMap(ReportPicture.init) ?? .bar, isPivot: across != nil && rows.count > 1 && rows.last == across)
    }

    package var query: [PageAddress.QueryItem] {
        var items: [PageAddress.QueryItem] = [.init("source", source)]
        for (index, name) in dimensions.enumerated() { items.append(.init(isPivot && index == dimensions.count - 1 ? "across" : index == 0 ? "row" : "row2", name)) }
        items += terms.map { .init("measure", $0.text) }
        for filter in filters { items += filter.values.map { .init("f.\(filter.dimension)", $0) } }
        if let time { items.append(.init("time", time)) }
        if case .fixed(let from, let to) = span {
            items += [.init("span", "fixed"), .init("days_from", from.text), .init("days_to", to.text)]
        } else {
            items.append(.init("span", span.word))
        }
        if let sort { items.append(.init("sort", sort)) }
        if limit > 0 { items.append(.init("top", String(limit))) }
        items.append(.init("chart", picture.rawValue))
        return items
    }

    /// Every wrong name at once.
    package func findings(for source: ReportSource, today: Day) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        for name in dimensions where source.dimension(name) == nil { findings.append(FieldFinding("row", "unknown", "没有“\(name)”这个维度", title: "维度")) }
        if dimensions.count > source.mostDimensions { findings.append(FieldFinding("row", "count", "最多选择 \(source.mostDimensions) 个维度", title: "维度")) }
        if Set(dimensions).count != dimensions.count { findings.append(FieldFinding("row", "duplicate", "不得重复", title: "维度")) }
        if terms.isEmpty { findings.append(FieldFinding("measure", "required", "请至少选择一个指标", title: "指标")) }
        if terms.count > 8 { findings.append(FieldFinding("measure", "count", "最多选择八个指标", title: "指标")) }
        for name in terms.flatMap(\.plain) where source.measure(name) == nil { findings.append(FieldFinding("measure", "unknown", "没有“\(name)”这个指标", title: "指标")) }
        for filter in filters where source.dimension(filter.dimension)?.isFilter != true {
            findings.append(FieldFinding("filter", "unknown", "不能按“\(filter.dimension)”筛选", title: "筛选"))
        }
        if let time, !source.times.contains(where: { $0.value == time }) { findings.append(FieldFinding("time", "unknown", "没有“\(time)”这个时间", title: "时间")) }
        if span.days(today: today) == nil, terms.contains(where: \.compares), !dimensions.contains(where: { source.dimension($0)?.grain != nil }) {
            findings.append(FieldFinding("span", "range", "计算同比、环比要选定时间范围", title: "时间范围"))
        }
        return findings
    }
}

extension ReportTerm {
    var compares: Bool {
        switch self {
        case .yearOnYear, .sequential, .lastYear: true
        default: false
        }
    }
}
