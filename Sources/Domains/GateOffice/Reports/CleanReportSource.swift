import Identity
import Kernel
import Ledgers
import MobileSources
import Reports
import Storage
import Web

/// A-46 as a source of the statistics builder: what is carried clean, by county, industry or enterprise and by time.
enum CleanReportSource {
    static let name = "gate.clean"

    static func make(_ gates: GateSupervision) -> ReportSource {
        ReportSource(
            name, "清洁运输", group: "汇总", note: "按政策口径（国五及以上重型柴油车、重型燃气车、新能源车）", permission: GatePermission.statistics,
            dimensions: [
                ReportDimension("county", "县（区、市）"), ReportDimension("industry", "行业类型"), ReportDimension("enterprise", "企业", isFilter: false),
                ReportDimension("day", "日期", grain: .day), ReportDimension("month", "月份", grain: .month), ReportDimension("quarter", "季度", grain: .quarter),
                ReportDimension("year", "年度", grain: .year),
            ],
            measures: [
                ReportMeasure("trips", "总车次", unit: "车次"), ReportMeasure("tonnes", "总运输量", unit: "吨"), ReportMeasure("cleanTrips", "清洁车次", unit: "车次"),
                ReportMeasure("cleanTonnes", "清洁运输量", unit: "吨"), ReportMeasure("electricTrips", "新能源车次", unit: "车次"), ReportMeasure("electricTonnes", "新能源运输量", unit: "吨"),
                ReportMeasure("oldTrips", "国三及以下车次", unit: "车次"),
            ], times: [Choice("day", "过车日期")], mostDimensions: 2,
            choices: { dimension, principal in
                switch dimension {
                case "county": ReportRegions.choices(principal)
                case "industry": gates.ledgers.dictionaries.snapshot.items(DictionaryName.industry.rawValue, on: nil).map { Choice($0.code, $0.title) }
                default: []
                }
            },
            answer: { ask, principal, reader in try answer(ask, gates, principal, reader) })
    }

    private static func answer(_ ask: ReportAsk, _ gates: GateSupervision, _ principal: Principal, _ reader: any Reader) throws -> ReportAnswer {
        let span = PassReportSource.days(ask, gates.clock.today)
        let subjects = ask.dimensions.compactMap { CleanTransportShare.Subject(rawValue: $0) }
        let times = ask.dimensions.compactMap { ReportGrain(rawValue: $0) }
        guard subjects.count <= 1, times.count <= 1 else { throw Failure.invalid([FieldFinding("row", "combination", "请选一个对象和一个时间", title: "维度")]) }
        var query = CleanTransportShare.Query(
            from: span.from, to: span.to, subject: subjects.first ?? .all, period: times.first.map { $0 == .day ? .day : .month } ?? .whole)
        for filter in ask.filters {
            if filter.dimension == "county" { query.counties = filter.values }
            if filter.dimension == "industry" { query.industries = filter.values }
        }
        let lines = try gates.cleanTransport.lines(query, scope: principal.scope, in: reader)
        let snapshot = gates.registry.snapshot
        let dictionaries = gates.ledgers.dictionaries.snapshot
        func label(_ name: String, _ key: String) -> String {
            if let grain = ReportGrain(rawValue: name) { return Int(key).map(grain.label) ?? key }
            switch name {
            case "county": return dictionaries.title(of: key, in: DictionaryName.county.rawValue)
            case "industry": return dictionaries.title(of: key, in: DictionaryName.industry.rawValue)
            default: return Int64(key).flatMap { snapshot.enterprises[$0]?.name } ?? "企业 \(key)"
            }
        }
        let groups = lines.map { line -> ReportAnswer.Group in
            let keys = ask.dimensions.map { name -> String in
                guard let grain = ReportGrain(rawValue: name) else { return line.subject }
                guard grain == .quarter || grain == .year, let day = Day(number: line.time * 100 + 1) else { return String(line.time) }
                return String(grain.key(of: day))
            }
            let values = ask.measures.map { value($0, line) }
            return ReportAnswer.Group(keys: keys, labels: zip(ask.dimensions, keys).map { label($0, $1) }, values: values)
        }
        // Lines come by time first; a question may name the subject first.
        let folded = ReportAnswer(groups: groups).folded { $0 }
        return ReportAnswer(groups: folded.groups.sorted { a, b in precedes(a.keys, b.keys) })
    }

    private static func precedes(_ a: [String], _ b: [String]) -> Bool {
        for (x, y) in zip(a, b) where x != y {
            if let left = Int64(x), let right = Int64(y), left != right { return left < right }
            return x < y
        }
        return false
    }

    private static func value(_ measure: String, _ line: CleanTransportShare.Line) -> Double? {
        switch measure {
        case "trips": Double(line.total.trips)
        case "tonnes": line.total.tonnes
        case "cleanTrips": Double(line.clean.trips)
        case "cleanTonnes": line.clean.tonnes
        case "electricTrips": Double(line.electric.trips)
        case "electricTonnes": line.electric.tonnes
        default: Double(line.old.trips)
        }
    }
}
