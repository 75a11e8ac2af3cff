import Foundation
import Kernel
import Storage
import Web

/// What is asked of a ledger's figures: rows by the shared query syntax, `dim=county,month:passedAt`, `measure=count,sum:cargoTonnes`.
struct StatisticsQuestion: Sendable {
    var query: LedgerQuery
    var dimensions: [String]
    var measures: [String]

    /// - Parameter isStrict: the API refuses names that do not exist; a page leaves them out.
    init(_ desk: LedgerDesk, isStrict: Bool = false) throws {
        let address = ListAddress.canonical(desk.context.here)
        query = try desk.query(address)
        let offeredDimensions = StatisticsQuestion.dimensions(desk).map(\.value)
        let offeredMeasures = StatisticsQuestion.measures(desk).map(\.value)
        let asked = desk.context.here.all("dim").flatMap { $0.split(separator: ",").map(String.init) }
        let figures = desk.context.here.all("measure").flatMap { $0.split(separator: ",").map(String.init) }
        if isStrict {
            var findings = asked.filter { !offeredDimensions.contains($0) }.map { FieldFinding("dim", "unknown", "没有“\($0)”这个维度") }
            findings += figures.filter { !offeredMeasures.contains($0) }.map { FieldFinding("measure", "unknown", "没有“\($0)”这个指标") }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
        }
        var seen: Set<String> = []
        dimensions = asked.filter { offeredDimensions.contains($0) && seen.insert($0).inserted }
        measures = figures.filter { offeredMeasures.contains($0) && seen.insert($0).inserted }
        if dimensions.isEmpty { dimensions = Array(offeredDimensions.prefix(1)) }
        dimensions = Array(dimensions.prefix(3))
        if measures.isEmpty { measures = ["count"] }
    }

    static func dimensions(_ desk: LedgerDesk) -> [Choice] {
        var out = desk.fields.filter { $0.marks.contains(.groupable) }.map { Choice($0.name, $0.label(desk.context)) }
        if desk.showsOwner { out.append(Choice("org", desk.context.text(desk.ledger.owners.short, desk.ledger.owners.titleEN))) }
        if desk.ledger.ownedBy != .shared, desk.showsOwner || desk.ledger.ownedBy == .authority { out.append(Choice("area", desk.context.text("县（区、市）", "County"))) }
        let times = desk.fields.filter { field in
            switch field.kind {
            case .day, .moment: field.marks.contains(.filterable) || field.name == desk.ledger.timeField
            default: false
            }
        }
        for time in times.map({ ($0.name, $0.label(desk.context)) }) + [("createdAt", desk.context.text("登记时间", "Created"))] {
            out.append(Choice("day:\(time.0)", desk.context.text("\(time.1)（按日）", "\(time.1) by day")))
            out.append(Choice("month:\(time.0)", desk.context.text("\(time.1)（按月）", "\(time.1) by month")))
            out.append(Choice("year:\(time.0)", desk.context.text("\(time.1)（按年）", "\(time.1) by year")))
        }
        return out
    }

    static func measures(_ desk: LedgerDesk) -> [Choice] {
        var out = [Choice("count", desk.context.text("数量", "Count"))]
        for field in desk.fields where field.marks.contains(.summable) {
            let title = field.label(desk.context) + (field.unit.map { "（\($0)）" } ?? "")
            out.append(Choice("sum:\(field.name)", desk.context.text("\(title)合计", "Sum of \(title)")))
            out.append(Choice("avg:\(field.name)", desk.context.text("\(title)平均", "Average \(title)")))
            out.append(Choice("max:\(field.name)", desk.context.text("\(title)最大", "Greatest \(title)")))
        }
        if desk.showsOwner { out.append(Choice("distinct:org", desk.context.text("企业数", "Enterprises"))) }
        return out
    }

    func answer(_ desk: LedgerDesk, in reader: any Reader) throws -> StatisticsTable {
        try desk.engine.statistics(
            query, dimensions: dimensions.map(StatisticsQuestion.dimension), measures: measures.map(StatisticsQuestion.measure), by: desk.principal, in: reader)
    }

    private static func dimension(_ text: String) -> Dimension {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 2 else { return text == "area" ? .area(digits: 6) : .field(text) }
        switch parts[0] {
        case "day": return .day(parts[1])
        case "month": return .month(parts[1])
        default: return .year(parts[1])
        }
    }

    private static func measure(_ text: String) -> Measure {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 2 else { return .count }
        switch parts[0] {
        case "sum": return .sum(parts[1])
        case "avg": return .average(parts[1])
        case "max": return .maximum(parts[1])
        default: return .distinct(parts[1])
        }
    }
}

extension StatisticsTable {
    var json: JSONValue {
        let rows = groups.map { group -> JSONValue in
            ["keys": .array(group.keys.map { JSONValue(stored: $0) }), "labels": .array(group.labels.map(JSONValue.string)), "values": .array(group.values.map { JSONValue($0) })]
        }
        return [
            "dimensions": .array(dimensionTitles.map(JSONValue.string)), "measures": .array(measureTitles.map(JSONValue.string)), "rows": .array(rows),
            "isTruncated": .bool(isTruncated),
        ]
    }
}
