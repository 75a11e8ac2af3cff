import Alarms
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Alarms by day, kind, grade, county and enterprise, from the daily figures; never from the alarms themselves.
package enum AlarmReportSource {
    private static let columns: [(name: String, title: String, sql: SQL)] = [
        ("opened", "报警数", "SUM(opened)"), ("times", "发生次数", "SUM(times)"),
        ("open", "未办结", SQL(text: "SUM(" + AlarmState.allCases.filter(\.isOpen).map { "state_\($0.rawValue)" }.joined(separator: " + ") + ")")),
        ("closed", "已办结", SQL(text: "SUM(" + AlarmState.allCases.filter { !$0.isOpen }.map { "state_\($0.rawValue)" }.joined(separator: " + ") + ")")),
        ("responded", "已响应", "SUM(responded)"), ("minutes", "响应用时合计", "SUM(response_seconds) / 60.0"),
    ]

    package static func make(_ alarms: AlarmEngine, names: @escaping @Sendable (Set<Int64>, any Reader) throws -> [Int64: String]) -> ReportSource {
        ReportSource(
            "alarms", "报警与处置", group: "汇总", note: "按首次发生日期汇总，各状态为当前状态", permission: AlarmPermission.read,
            dimensions: [
                ReportDimension("kind", "报警类型"), ReportDimension("grade", "报警等级"), ReportDimension("county", "县（区、市）"), ReportDimension("org", "企业", isFilter: false),
            ] + ReportGrain.allCases.map { ReportDimension($0.rawValue, $0 == .day ? "日期" : $0 == .month ? "月份" : $0 == .quarter ? "季度" : "年度", grain: $0) },
            measures: columns.map { ReportMeasure($0.name, $0.title, unit: $0.name == "minutes" ? "分钟" : "件") }, times: [Choice("day", "发生日期")],
            choices: { dimension, principal in
                switch dimension {
                case "kind": alarms.kinds.map { Choice($0.name, $0.title) }
                case "grade": AlarmGrade.allCases.map { Choice(String($0.rawValue), $0.title) }
                case "county": ReportRegions.choices(principal)
                default: []
                }
            },
            answer: { ask, principal, reader in try answer(ask, alarms, names, principal, reader) })
    }

    private static func expression(_ dimension: String) -> SQL {
        switch dimension {
        case "county": "area"
        case "month": "day / 100"
        case "quarter": "day / 10000 * 10 + (day / 100 % 100 + 2) / 3"
        case "year": "day / 10000"
        case "day": "day"
        case "kind": "kind"
        case "grade": "grade"
        default: "org"
        }
    }

    private static func answer(
        _ ask: ReportAsk, _ alarms: AlarmEngine, _ names: (Set<Int64>, any Reader) throws -> [Int64: String], _ principal: Principal, _ reader: any Reader
    ) throws -> ReportAnswer {
        var conditions: [SQL] = [principal.scope.condition()]
        if let days = ask.days { conditions.append("day BETWEEN \(days.lowerBound) AND \(days.upperBound)") }
        for filter in ask.filters {
            switch filter.dimension {
            case "grade": conditions.append("grade IN (\(list: filter.values.compactMap { Int64($0) }))")
            default: conditions.append("\(expression(filter.dimension)) IN (\(list: filter.values))")
            }
        }
        let count = ask.dimensions.count
        let measures = ask.measures.compactMap { name in columns.first { $0.name == name }?.sql }
        var sql: SQL = "SELECT \(SQL.joined(ask.dimensions.map(expression) + measures, by: ", ")) FROM alarm_daily WHERE \(SQL.all(of: conditions))"
        if count > 0 {
            let places = SQL(text: (1...count).map(String.init).joined(separator: ", "))
            sql += " GROUP BY \(places) ORDER BY \(places) LIMIT \(ReportAnswer.most + 1)"
        }
        var groups: [ReportAnswer.Group] = []
        try reader.each(sql) { row in
            let keys = (0..<count).map { row[$0].text ?? row[$0].int.map(String.init) ?? "" }
            groups.append(ReportAnswer.Group(keys: keys, labels: keys, values: measures.indices.map { row[count + $0].double }))
            return true
        }
        let isTruncated = groups.count > ReportAnswer.most
        if isTruncated { groups.removeLast() }
        for (index, dimension) in ask.dimensions.enumerated() {
            let found = dimension == "org" ? try names(Set(groups.compactMap { Int64($0.keys[index]) }), reader) : [:]
            for place in groups.indices { groups[place].labels[index] = label(dimension, groups[place].keys[index], alarms, found) }
        }
        return ReportAnswer(groups: groups, isTruncated: isTruncated)
    }

    private static func label(_ dimension: String, _ key: String, _ alarms: AlarmEngine, _ names: [Int64: String]) -> String {
        if let grain = ReportGrain(rawValue: dimension) { return Int(key).map(grain.label) ?? key }
        switch dimension {
        case "kind": return alarms.title(ofKind: key)
        case "grade": return Int(key).flatMap(AlarmGrade.init(rawValue:))?.title ?? key
        case "county": return key.isEmpty ? "未填写" : Region(code: key)?.title ?? key
        default: return Int64(key).flatMap { names[$0] } ?? (key == "0" ? "无所属企业" : "企业 \(key)")
        }
    }
}
