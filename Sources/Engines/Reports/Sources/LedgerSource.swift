import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Any ledger as a source: its groupable fields, owner, county tree and times; counts, sums and distinct values. Permission, row scope and restricted fields are the ledger engine's.
package enum LedgerSource {
    /// Days of a ledger with very many rows that are counted row by row; longer spans belong to a roll-up.
    package static let longestDays = 31

    package static func make(_ ledger: LedgerDeclaration, on engine: LedgerEngine) -> ReportSource {
        let times = times(of: ledger)
        return ReportSource(
            "ledger.\(ledger.name)", ledger.title, group: "台账", note: ledger.isLarge ? "逐条统计，时间范围不超过 \(longestDays) 天" : "", permission: ledger.readPermission,
            dimensions: dimensions(of: ledger, times), measures: measures(of: ledger), times: times,
            choices: { dimension, principal in choices(of: ledger, dimension, engine, principal) },
            answer: { ask, principal, reader in try answer(ask, ledger, engine, principal, reader) })
    }

    private static func times(of ledger: LedgerDeclaration) -> [Choice] {
        let fields = ledger.fields.filter { field in
            guard !field.marks.contains(.restricted), !field.marks.contains(.personal) else { return false }
            switch field.kind {
            case .day, .moment: return field.marks.contains(.filterable) || field.name == ledger.timeField
            default: return false
            }
        }
        let own = fields.filter { $0.name == ledger.timeField } + fields.filter { $0.name != ledger.timeField }
        if ledger.isLarge { return own.filter { $0.name == ledger.timeField }.map { Choice($0.name, $0.title) } }
        return own.map { Choice($0.name, $0.title) } + [Choice("createdAt", "登记时间")]
    }

    private static func dimensions(of ledger: LedgerDeclaration, _ times: [Choice]) -> [ReportDimension] {
        var out: [ReportDimension] = []
        for field in ledger.fields where field.marks.contains(.groupable) {
            if case .computed = field.kind { continue }
            out.append(ReportDimension(field.name, field.title))
        }
        if ledger.ownedBy != .shared {
            out.append(ReportDimension("county", "县（区、市）"))
            out.append(ReportDimension("city", "设区市", isFilter: false))
        }
        if ledger.ownedBy == .enterprise, !ledger.isOwnOrganisation { out.append(ReportDimension("org", "企业", isFilter: false)) }
        for time in times {
            for grain in ReportGrain.allCases { out.append(ReportDimension("\(grain.rawValue):\(time.value)", "\(time.title)（\(grain.title)）", grain: grain)) }
        }
        return out
    }

    private static func measures(of ledger: LedgerDeclaration) -> [ReportMeasure] {
        var out = [ReportMeasure("count", "数量")]
        for field in ledger.fields where !field.marks.contains(.personal) {
            switch field.kind {
            case .integer, .decimal: break
            default: continue
            }
            let unit = field.unit ?? ""
            guard field.marks.contains(.summable) || field.marks.contains(.filterable) else { continue }
            out.append(ReportMeasure("sum:\(field.name)", "\(field.title)合计", unit: unit))
            out.append(ReportMeasure("average:\(field.name)", "\(field.title)平均", unit: unit, isAdditive: false))
            out.append(ReportMeasure("maximum:\(field.name)", "\(field.title)最大", unit: unit, isAdditive: false))
            out.append(ReportMeasure("minimum:\(field.name)", "\(field.title)最小", unit: unit, isAdditive: false))
        }
        if ledger.ownedBy == .enterprise { out.append(ReportMeasure("distinct:org", "企业数", isAdditive: false)) }
        for field in ledger.fields where field.marks.contains(.searchable) && !field.marks.contains(.personal) && !ledger.isLarge {
            out.append(ReportMeasure("distinct:\(field.name)", "\(field.title)（去重数）", isAdditive: false))
        }
        return out
    }

    private static func choices(of ledger: LedgerDeclaration, _ dimension: String, _ engine: LedgerEngine, _ principal: Principal) -> [Choice] {
        if dimension == "county" { return ReportRegions.choices(principal) }
        guard let field = ledger.field(dimension) else { return [] }
        switch field.kind {
        case .code(let dictionary), .codes(let dictionary): return engine.dictionaries.snapshot.items(dictionary, on: nil).prefix(400).map { Choice($0.code, $0.title) }
        case .bool: return [Choice("true", "是"), Choice("false", "否")]
        default: return []
        }
    }

    private static func answer(_ ask: ReportAsk, _ ledger: LedgerDeclaration, _ engine: LedgerEngine, _ principal: Principal, _ reader: any Reader) throws -> ReportAnswer {
        var query = LedgerQuery(ledger: ledger.name)
        query.wantsTotal = false
        if ledger.isLarge {
            let span = ask.days.flatMap { days in Day(number: days.lowerBound).flatMap { low in Day(number: days.upperBound).map { $0.daysSince1970 - low.daysSince1970 + 1 } } }
            guard let span, span <= longestDays + 1, ask.time != nil else {
                throw Failure.invalid([FieldFinding("span", "range", "“\(ledger.title)”数据量大，只能统计 \(longestDays) 天以内；更长时间请选择汇总数据", title: "时间范围")])
            }
        }
        if let time = ask.time, let days = ask.days, let from = Day(number: days.lowerBound), let to = Day(number: days.upperBound) {
            query.filters.append(LedgerQuery.Filter(time, .between, [from.text, to.text]))
        }
        for filter in ask.filters { query.filters.append(LedgerQuery.Filter(filter.dimension == "county" ? "area" : filter.dimension, .in, filter.values)) }
        let table = try engine.statistics(query, dimensions: ask.dimensions.map(dimension), measures: ask.measures.map(measure), by: principal, in: reader)
        let groups = table.groups.map { group in
            ReportAnswer.Group(keys: group.keys.map { $0.text ?? $0.int.map(String.init) ?? "" }, labels: group.labels, values: group.values)
        }
        return ReportAnswer(groups: groups, isTruncated: table.isTruncated)
    }

    private static func dimension(_ name: String) -> Ledgers.Dimension {
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return name == "county" ? .area(digits: 6) : name == "city" ? .area(digits: 4) : .field(name) }
        switch ReportGrain(rawValue: parts[0]) {
        case .day: return .day(parts[1])
        case .month: return .month(parts[1])
        case .quarter: return .quarter(parts[1])
        case .year, nil: return .year(parts[1])
        }
    }

    private static func measure(_ name: String) -> Ledgers.Measure {
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .count }
        switch parts[0] {
        case "sum": return .sum(parts[1])
        case "average": return .average(parts[1])
        case "maximum": return .maximum(parts[1])
        case "minimum": return .minimum(parts[1])
        default: return .distinct(parts[1])
        }
    }
}

/// The counties someone may see, for filters.
package enum ReportRegions {
    package static func choices(_ principal: Principal) -> [Choice] {
        let prefixes: [String] =
            switch principal.scope {
            case .areas(let areas): areas
            case .everything: principal.area.map { [$0] } ?? []
            case .organisation, .grids, .nothing: []
            }
        return Region.counties.filter { item in prefixes.contains { item.code.hasPrefix($0) } }.prefix(300).map { Choice($0.code, $0.title) }
    }
}
