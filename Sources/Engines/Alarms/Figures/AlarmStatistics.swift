import Identity
import Kernel
import Storage

/// What statistics are grouped by.
package enum AlarmDimension: String, Sendable, CaseIterable {
    case day, month, kind, grade, area, org

    package var title: String {
        switch self {
        case .day: "日期"
        case .month: "月份"
        case .kind: "类型"
        case .grade: "等级"
        case .area: "县（区、市）"
        case .org: "企业"
        }
    }

    var expression: SQL {
        switch self {
        case .month: "day / 100"
        default: SQL.ident(rawValue)
        }
    }
}

/// One group of a statistics table.
package struct AlarmStatisticsRow: Sendable, Equatable {
    /// As stored: `20261121`, `202611`, a kind's name, a grade's number, a region code, an organisation's id.
    package var key: String
    package var counts: AlarmCounts
}

extension AlarmEngine {
    /// Totals over the filter, from the daily figures; the filter's states, plate, search and source do not count here.
    package func totals(_ filter: AlarmFilter, by principal: Principal, in reader: any Reader) throws -> AlarmCounts {
        let row = try reader.first("SELECT \(AlarmCounts.sums) FROM alarm_daily WHERE \(filter.rollupCondition) AND \(principal.scope.condition())")
        return row.map(AlarmCounts.init) ?? AlarmCounts()
    }

    /// Grouped figures from the daily table; days and months in time order, everything else by number, at most 1,000 groups.
    package func statistics(_ filter: AlarmFilter, by dimension: AlarmDimension, for principal: Principal, in reader: any Reader) throws -> [AlarmStatisticsRow] {
        let order: SQL = dimension == .day || dimension == .month ? "1" : "opened DESC, 1"
        let sql: SQL = """
            SELECT \(dimension.expression) AS group_key, \(AlarmCounts.sums) FROM alarm_daily WHERE \(filter.rollupCondition) AND \(principal.scope.condition()) \
            GROUP BY \(dimension.expression) ORDER BY \(order) LIMIT 1000
            """
        return try reader.rows(sql).map { row in
            AlarmStatisticsRow(key: row.text("group_key") ?? row.int("group_key").map { String($0) } ?? "", counts: AlarmCounts(row))
        }
    }

    /// Names of organisations as their latest alarms have them.
    package func organisationNames(_ ids: [Int64], in reader: any Reader) throws -> [Int64: String] {
        var names: [Int64: String] = [:]
        for id in ids.prefix(1000) {
            names[id] = try reader.first("SELECT org_name FROM alarms WHERE org = \(id) ORDER BY occurred_at DESC LIMIT 1")?.text("org_name")
        }
        return names
    }
}
