import Identity
import Kernel
import Ledgers
import MobileSources
import Reports
import Storage
import Web

/// A-05 as a source of the statistics builder: passes by any combination, from the roll-ups.
enum PassReportSource {
    static let name = "gate.passes"

    private static let own: [TransportStatistics.Dimension] = [.county, .industry, .enterprise, .stage, .fuel, .group, .strategy, .level, .direction, .day, .month]

    static func make(_ gates: GateSupervision) -> ReportSource {
        let dimensions =
            own.map { dimension in
                ReportDimension(
                    dimension.rawValue, dimension.title, grain: dimension == .day ? .day : dimension == .month ? .month : nil,
                    isFilter: ![.enterprise, .strategy].contains(dimension))
            } + [ReportDimension("quarter", "季度", grain: .quarter), ReportDimension("year", "年度", grain: .year)]
        return ReportSource(
            name, "进出厂过车", group: "汇总", note: "按日和月汇总，最长三年；不含内部车辆", permission: GatePermission.statistics, dimensions: dimensions,
            measures: [
                ReportMeasure("trips", "车次", unit: "车次"), ReportMeasure("tonnes", "运输量", unit: "吨"), ReportMeasure("refused", "不允许通行车次", unit: "车次"),
                ReportMeasure("vehicles", "车辆数", unit: "辆", isAdditive: false),
            ], times: [Choice("day", "过车日期")],
            choices: { dimension, principal in
                if dimension == "county" { return ReportRegions.choices(principal) }
                guard let dictionary = TransportStatistics.Dimension(rawValue: dimension)?.dictionary else { return [] }
                return gates.ledgers.dictionaries.snapshot.items(dictionary.rawValue, on: nil).map { Choice($0.code, $0.title) }
            },
            answer: { ask, principal, reader in try answer(ask, gates, principal, reader) })
    }

    /// The days asked; all time is as long as the roll-ups answer at once.
    static func days(_ ask: ReportAsk, _ today: Day) -> (from: Day, to: Day) {
        let to = ask.days.flatMap { Day(number: $0.upperBound) } ?? today
        return (ask.days.flatMap { Day(number: $0.lowerBound) } ?? to.adding(days: 1 - TransportStatistics.Query.longestDays), to)
    }

    private static func answer(_ ask: ReportAsk, _ gates: GateSupervision, _ principal: Principal, _ reader: any Reader) throws -> ReportAnswer {
        let span = days(ask, gates.clock.today)
        let measures = ask.measures.compactMap { TransportStatistics.Measure(rawValue: $0) }
        let folds = ask.dimensions.contains { $0 == "quarter" || $0 == "year" } || ask.dimensions.isEmpty
        if folds, measures.contains(.vehicles) {
            throw Failure.invalid([FieldFinding("measure", "combination", "车辆数不能按季度、年度或不分组统计", title: "车辆数")])
        }
        // Quarters and years are added up from months; a figure of its own from the directions.
        let dimensions = ask.dimensions.isEmpty ? [.direction] : ask.dimensions.map { TransportStatistics.Dimension(rawValue: $0) ?? .month }
        guard Set(dimensions).count == dimensions.count else { throw Failure.invalid([FieldFinding("row", "duplicate", "月份、季度和年度不能同时使用", title: "维度")]) }
        var fields: [String: [String]] = ["from": [span.from.text], "to": [span.to.text], "dimension": dimensions.map(\.rawValue), "measure": measures.map(\.rawValue)]
        for filter in ask.filters { fields[filter.dimension] = filter.values }
        let grid = try gates.statistics.grid(try TransportStatistics.Query(fields: fields, today: gates.clock.today), scope: principal.scope, in: reader)
        let dictionaries = gates.ledgers.dictionaries.snapshot
        let groups = grid.lines.map { line in
            ReportAnswer.Group(
                keys: line.keys, labels: zip(dimensions, line.keys).map { grid.title($0, $1, dictionaries) }, values: measures.map { line.figures.value($0) })
        }
        let answer = ReportAnswer(groups: groups, isTruncated: grid.isTruncated)
        guard folds else { return answer }
        return answer.folded { group in
            var group = group
            if ask.dimensions.isEmpty { (group.keys, group.labels) = ([], []) }
            for (index, name) in ask.dimensions.enumerated() where name == "quarter" || name == "year" {
                guard let month = Int(group.keys[index]), let grain = ReportGrain(rawValue: name), let day = Day(number: month * 100 + 1) else { continue }
                group.keys[index] = String(grain.key(of: day))
                group.labels[index] = grain.label(grain.key(of: day))
            }
            return group
        }
    }
}
