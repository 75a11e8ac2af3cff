import Kernel
import Ledgers
import Storage

extension TransportStatistics {
    /// What the figures are broken down by, in the order of the page.
    package enum Dimension: String, Sendable, CaseIterable {
        case county, industry, enterprise, stage, fuel, group, strategy, level, direction, day, month

        package var title: String {
            switch self {
            case .county: "县（区、市）"
            case .industry: "行业类型"
            case .enterprise: "企业"
            case .stage: "排放阶段"
            case .fuel: "燃料种类"
            case .group: "车型"
            case .strategy: "管控策略"
            case .level: "响应级别"
            case .direction: "方向"
            case .day: "日期"
            case .month: "月份"
            }
        }

        /// The dictionary its keys are codes of; nil for enterprises, strategies and time.
        package var dictionary: DictionaryName? {
            switch self {
            case .county: .county
            case .industry: .industry
            case .stage: .emissionStage
            case .fuel: .fuel
            case .group: .vehicleGroup
            case .level: .warningLevel
            case .direction: .direction
            case .enterprise, .strategy, .day, .month: nil
            }
        }
    }

    package enum Measure: String, Sendable, CaseIterable {
        case trips, tonnes, refused, vehicles

        package var title: String {
            switch self {
            case .trips: "车次"
            case .tonnes: "运输量（吨）"
            case .refused: "不允许通行车次"
            case .vehicles: "车辆数"
            }
        }
    }

    /// One question: a span of business days, filters (an empty one admits everything), one to four dimensions, at least one measure.
    package struct Query: Sendable, Equatable {
        package var from: Day
        package var to: Day
        package var counties: [String] = []
        package var industries: [String] = []
        /// Organisations of enterprises.
        package var enterprises: [Int64] = []
        package var stages: [String] = []
        package var fuels: [String] = []
        package var groups: [String] = []
        package var strategies: [Int64] = []
        package var levels: [String] = []
        package var directions: [String] = []
        package var dimensions: [Dimension]
        package var measures: [Measure]

        package init(from: Day, to: Day, dimensions: [Dimension], measures: [Measure] = [.trips, .tonnes, .refused]) {
            self.from = from
            self.to = to
            self.dimensions = dimensions
            self.measures = measures
        }
    }
}

extension TransportStatistics.Query {
    package static let longestDays = 1100
    /// Distinct vehicles are counted from the passes themselves unless county by month is asked.
    package static let longestVehicleDays = 31

    /// From a page's fields: `from`, `to`, the filters by name (several values, or one with commas), `dimension` and `measure`. Without `from` and `to` the last 30 days.
    ///
    /// - Throws: `.invalid` with every finding.
    package init(fields: [String: [String]], today: Day) throws {
        var findings: [FieldFinding] = []
        func texts(_ name: String) -> [String] { (fields[name] ?? []).flatMap { $0.split(separator: ",").map(String.init) }.filter { !$0.isEmpty } }
        func day(_ name: String, _ title: String, _ fallback: Day) -> Day {
            guard let text = texts(name).first else { return fallback }
            if let day = Day(parsing: text) { return day }
            findings.append(FieldFinding(name, "format", "应为日期，如 2026-11-21", title: title))
            return fallback
        }
        func numbers(_ name: String, _ title: String) -> [Int64] {
            texts(name).compactMap { text in
                if let number = Int64(text) { return number }
                findings.append(FieldFinding(name, "format", "“\(text.prefix(20))”不是编号", title: title))
                return nil
            }
        }
        let to = day("to", "截止日期", today)
        self.init(from: day("from", "开始日期", min(to, today).adding(days: -29)), to: to, dimensions: [], measures: [])
        for text in texts("dimension") {
            if let dimension = TransportStatistics.Dimension(rawValue: text) {
                dimensions.append(dimension)
            } else {
                findings.append(FieldFinding("dimension", "unknownCode", "没有“\(text.prefix(20))”这一分组", title: "分组"))
            }
        }
        for text in texts("measure") {
            if let measure = TransportStatistics.Measure(rawValue: text) {
                measures.append(measure)
            } else {
                findings.append(FieldFinding("measure", "unknownCode", "没有“\(text.prefix(20))”这一指标", title: "指标"))
            }
        }
        if dimensions.isEmpty, texts("dimension").isEmpty { dimensions = [.county] }
        if measures.isEmpty, texts("measure").isEmpty { measures = [.trips, .tonnes, .refused] }
        counties = texts("county")
        industries = texts("industry")
        enterprises = numbers("enterprise", "企业")
        stages = texts("stage")
        fuels = texts("fuel")
        groups = texts("group")
        strategies = numbers("strategy", "管控策略")
        levels = texts("level")
        directions = texts("direction")
        findings += self.findings
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    /// Everything that is wrong with the question, in the order of the form.
    package var findings: [FieldFinding] {
        var findings: [FieldFinding] = []
        if from > to { findings.append(FieldFinding("to", "range", "不得早于开始日期", title: "截止日期")) }
        if to.daysSince1970 - from.daysSince1970 >= Self.longestDays { findings.append(FieldFinding("to", "range", "时间范围不得超过三年", title: "截止日期")) }
        unknown(counties, "county", "县（区、市）", { Region(code: $0) != nil }, &findings)
        unknown(industries, "industry", "行业类型", { code in (Industry.all + Industry.transportUnits).contains { $0.code == code } }, &findings)
        unknown(stages, "stage", "排放阶段", { EmissionStage(rawValue: $0) != nil }, &findings)
        unknown(groups, "group", "车型", { VehicleGroup(rawValue: $0) != nil }, &findings)
        unknown(levels, "level", "响应级别", { WarningLevel(rawValue: $0) != nil }, &findings)
        unknown(directions, "direction", "方向", { $0 == "1" || $0 == "2" }, &findings)
        if dimensions.isEmpty || dimensions.count > 4 { findings.append(FieldFinding("dimension", "count", "请选择一至四个分组", title: "分组")) }
        if Set(dimensions).count != dimensions.count { findings.append(FieldFinding("dimension", "duplicate", "分组不得重复", title: "分组")) }
        if measures.isEmpty { findings.append(FieldFinding("measure", "required", "请至少选择一个指标", title: "指标")) }
        if Set(measures).count != measures.count { findings.append(FieldFinding("measure", "duplicate", "指标不得重复", title: "指标")) }
        if measures.contains(.vehicles), !isCountyByMonth {
            if to.daysSince1970 - from.daysSince1970 >= Self.longestVehicleDays {
                findings.append(FieldFinding("measure", "range", "除按县（区、市）和月份统计外，最多统计 31 天", title: "车辆数"))
            }
            if dimensions.contains(.group) || !groups.isEmpty { findings.append(FieldFinding("measure", "combination", "不能与车型同时使用", title: "车辆数")) }
        }
        return findings
    }

    /// What narrows the question, in the order of the form; an empty list admits everything.
    var filters: [(dimension: TransportStatistics.Dimension, values: [SQLValue])] {
        [
            (.county, counties.map(\.sqlValue)), (.industry, industries.map(\.sqlValue)), (.enterprise, enterprises.map(\.sqlValue)), (.stage, stages.map(\.sqlValue)),
            (.fuel, fuels.map(\.sqlValue)), (.group, groups.map(\.sqlValue)), (.strategy, strategies.map(\.sqlValue)), (.level, levels.map(\.sqlValue)),
            (.direction, directions.map(\.sqlValue)),
        ]
    }

    private func unknown(_ codes: [String], _ name: String, _ title: String, _ isKnown: (String) -> Bool, _ findings: inout [FieldFinding]) {
        for code in codes where !isKnown(code) { findings.append(FieldFinding(name, "unknownCode", "“\(code.prefix(20))”不是已知的代码", title: title)) }
    }

    /// Only `pass_daily` knows enterprises, strategies and days.
    var needsDays: Bool { !enterprises.isEmpty || !strategies.isEmpty || dimensions.contains { $0 == .enterprise || $0 == .strategy || $0 == .day } }

    /// Whether the small roll-ups of county, industry, stage and fuel answer.
    var isOfStages: Bool {
        enterprises.isEmpty && strategies.isEmpty && groups.isEmpty && levels.isEmpty && directions.isEmpty
            && dimensions.allSatisfy { [.county, .industry, .stage, .fuel, .day, .month].contains($0) }
    }

    /// Whether `plate_month_count` answers: whole months, county by month, nothing else asked.
    var isCountyByMonth: Bool {
        Set(dimensions) == [.county, .month] && from.isFirstOfMonth && to.adding(days: 1).isFirstOfMonth && industries.isEmpty && enterprises.isEmpty && stages.isEmpty
            && fuels.isEmpty && groups.isEmpty
            && strategies.isEmpty && levels.isEmpty && directions.isEmpty
    }
}
