import Identity
import Kernel
import Ledgers
import Storage

/// A-05 数据统计汇总: trips, tonnes, refusals and vehicles by any combination of county, industry, enterprise, time, stage, fuel, vehicle group, strategy, level and direction.
///
/// Read from the roll-ups: whole months from `pass_monthly`, the days at the ends from `pass_daily`; everything from `pass_daily` when enterprise or strategy is asked. Where county, industry,
/// stage, fuel and time are all that is asked, from the two small ones beside them. Internal
/// vehicles are not in them. Source: requirements/A-mobile-sources.md A-05; standards/hj1321-gate.md §8.
package struct TransportStatistics: Sendable {
    let database: any Database
    let clock: Clock

    package static let rowLimit = 5000

    package struct Figures: Sendable, Equatable {
        package var trips: Int64 = 0
        package var tonnes: Double = 0
        package var refused: Int64 = 0
        /// Distinct plates; nil where it was not asked.
        package var vehicles: Int64?

        package func value(_ measure: Measure) -> Double {
            switch measure {
            case .trips: Double(trips)
            case .tonnes: tonnes
            case .refused: Double(refused)
            case .vehicles: Double(vehicles ?? 0)
            }
        }

        /// To the kilogram, so that the order of adding does not show.
        var rounded: Figures { Figures(trips: trips, tonnes: (tonnes * 1000).rounded() / 1000, refused: refused, vehicles: vehicles) }

        static func += (a: inout Figures, b: Figures) {
            a.trips += b.trips
            a.tonnes += b.tonnes
            a.refused += b.refused
        }
    }

    package struct Line: Sendable, Equatable {
        /// In the order of the dimensions: a code, an organisation's or strategy's id (0: none), `20261121` or `202611`; empty where it is not known.
        package var keys: [String]
        package var figures: Figures
    }

    package struct Grid: Sendable {
        package var query: Query
        /// In the order of the keys, at most `rowLimit`.
        package var lines: [Line]
        /// Over all lines, also those left out. Distinct vehicles cannot be added up: nil.
        package var total: Figures
        package var isTruncated: Bool
        /// Names of the enterprises and strategies among the keys.
        package var names: [Dimension: [String: String]]

        /// What an official reads for a key.
        package func title(_ dimension: Dimension, _ key: String, _ dictionaries: DictionarySnapshot) -> String {
            if let name = names[dimension]?[key] { return name }
            switch dimension {
            case .day: return Int(key).flatMap { Day(number: $0) }?.text ?? key
            case .month: return Int(key).map(monthText) ?? key
            case .strategy: return key == "0" ? "无适用策略" : "策略 \(key)"
            case .enterprise: return "企业 \(key)"
            default:
                guard let dictionary = dimension.dictionary, !key.isEmpty else { return "未知" }
                return dictionaries.title(of: key, in: dictionary.rawValue)
            }
        }
    }

    /// - Throws: `.invalid` with every finding of the query.
    package func grid(_ query: Query, scope: DataScope) async throws -> Grid { try await database.read { reader in try grid(query, scope: scope, in: reader) } }

    package func grid(_ query: Query, scope: DataScope, in reader: any Reader) throws -> Grid {
        let findings = query.findings
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        var sums: [[String]: Figures] = [:]
        if query.measures != [.vehicles] { try addUp(query, scope, reader, &sums) }
        if query.measures.contains(.vehicles) {
            for keys in sums.keys { sums[keys]?.vehicles = 0 }
            try countVehicles(query, scope, reader, &sums)
        }
        var total = Figures()
        for figures in sums.values { total += figures }
        let ordered = sums.sorted { TransportStatistics.precedes($0.key, $1.key) }
        let lines = ordered.prefix(TransportStatistics.rowLimit).map { Line(keys: $0.key, figures: $0.value.rounded) }
        return Grid(query: query, lines: lines, total: total.rounded, isTruncated: ordered.count > lines.count, names: try names(query, lines, reader))
    }

    private static func precedes(_ a: [String], _ b: [String]) -> Bool {
        for (x, y) in zip(a, b) where x != y {
            if let left = Int64(x), let right = Int64(y), left != right { return left < right }
            return x < y
        }
        return false
    }

    // MARK: Sums

    private func addUp(_ query: Query, _ scope: DataScope, _ reader: any Reader, _ sums: inout [[String]: Figures]) throws {
        let span = RollupSpan(from: query.from, to: query.to, byMonth: !query.needsDays && scope.isByArea, today: clock.today)
        let filters = conditions(query) { column($0, time: "day") } + [scope.condition()]
        for part in span.parts(small: query.isOfStages && scope.isByArea) { try add(query, part, filters, reader, &sums) }
        if !span.outside.isEmpty { sums = sums.filter { $0.value.trips != 0 } }
    }

    private func add(_ query: Query, _ part: RollupSpan.Part, _ filters: [SQL], _ reader: any Reader, _ sums: inout [[String]: Figures]) throws {
        let count = query.dimensions.count
        let isOrdered = TransportStatistics.isOrdered(query, part)
        let columns = SQL.joined(
            query.dimensions.map { dimension in
                // Of one enterprise and day, so that any of the group's rows says it.
                if isOrdered, part.table == "pass_daily", dimension == .county || dimension == .industry { return "MIN(\(column(dimension, time: part.time)))" }
                return column(dimension, time: part.time)
            }, by: ", ")
        let group = isOrdered ? TransportStatistics.keyPrefix(query, part) : SQL.joined((1...count).map { SQL(text: "\($0)") }, by: ", ")
        let sql: SQL = "SELECT \(columns), SUM(trips), SUM(tonnes), SUM(refused) FROM \(ident: part.table) WHERE \(SQL.all(of: [part.condition] + filters)) GROUP BY \(group)"
        let sign = part.isTakenOff ? -1 : 1
        try reader.each(sql) { row in
            let keys = (0..<count).map { TransportStatistics.key(row[$0]) }
            sums[keys, default: Figures()] += Figures(
                trips: (row[count].int ?? 0) * Int64(sign), tonnes: (row[count + 1].double ?? 0) * Double(sign), refused: (row[count + 2].int ?? 0) * Int64(sign))
            return true
        }
    }

    /// The columns of the roll-ups' keys after the time, each with what it tells.
    private static let keys: [String: [(column: String, tells: Set<Dimension>)]] = [
        "pass_monthly_stage": [("area", [.county]), ("industry", [.industry]), ("stage", [.stage]), ("fuel", [.fuel])],
        "pass_daily_stage": [("area", [.county]), ("industry", [.industry]), ("stage", [.stage]), ("fuel", [.fuel])],
        "pass_monthly": [
            ("area", [.county]), ("industry", [.industry]), ("stage", [.stage]), ("fuel", [.fuel]), ("vehicle_group", [.group]), ("level", [.level]), ("direction", [.direction]),
        ],
        "pass_daily": [
            ("org", [.county, .industry, .enterprise]), ("stage", [.stage]), ("fuel", [.fuel]), ("vehicle_group", [.group]), ("strategy", [.strategy]), ("level", [.level]),
            ("direction", [.direction]),
        ],
    ]

    private static func prefixLength(_ query: Query, _ part: RollupSpan.Part) -> Int {
        let wanted = Set(query.dimensions).subtracting([.day, .month])
        return (keys[part.table]?.lastIndex { !$0.tells.isDisjoint(with: wanted) } ?? -1) + 1
    }

    /// Whether the table is better read in the order of its key, in groups that are added up here, than sorted by the database.
    private static func isOrdered(_ query: Query, _ part: RollupSpan.Part) -> Bool { prefixLength(query, part) <= query.dimensions.count }

    private static func keyPrefix(_ query: Query, _ part: RollupSpan.Part) -> SQL {
        SQL.joined([SQL.ident(part.time)] + (keys[part.table] ?? []).prefix(prefixLength(query, part)).map { SQL.ident($0.column) }, by: ", ")
    }

    static func key(_ value: SQLValue) -> String { value.text ?? value.int.map { String($0) } ?? "" }

    private func column(_ dimension: Dimension, time: String) -> SQL {
        switch dimension {
        case .county: "area"
        case .industry: "industry"
        case .enterprise: "org"
        case .stage: "stage"
        case .fuel: "fuel"
        case .group: "vehicle_group"
        case .strategy: "strategy"
        case .level: "level"
        case .direction: "direction"
        case .day: "day"
        case .month: time == "month" ? "month" : "day / 100"
        }
    }

    private func conditions(_ query: Query, _ column: (Dimension) -> SQL) -> [SQL] {
        query.filters.compactMap { dimension, values in values.isEmpty ? nil : "\(column(dimension)) IN (\(list: values))" }
    }

    // MARK: Vehicles

    private func countVehicles(_ query: Query, _ scope: DataScope, _ reader: any Reader, _ sums: inout [[String]: Figures]) throws {
        if query.isCountyByMonth, scope.isByArea {
            var conditions: [SQL] = ["month BETWEEN \(query.from.month) AND \(query.to.month)", scope.condition()]
            if !query.counties.isEmpty { conditions.append("area IN (\(list: query.counties))") }
            try reader.each("SELECT area, month, plates FROM plate_month_count WHERE \(SQL.all(of: conditions))") { row in
                let keys = query.dimensions.map { $0 == .county ? TransportStatistics.key(row[0]) : TransportStatistics.key(row[1]) }
                sums[keys, default: Figures()].vehicles = row[2].int ?? 0
                return true
            }
            return
        }
        guard query.to.daysSince1970 - query.from.daysSince1970 < Query.longestVehicleDays else {
            throw Failure.invalid([FieldFinding("measure", "range", "本企业车辆数最多统计 31 天", title: "车辆数")])
        }
        let count = query.dimensions.count
        let columns = SQL.joined(query.dimensions.map { passColumn($0, query) }, by: ", ")
        let group = SQL.joined((1...count).map { SQL(text: "\($0)") }, by: ", ")
        var conditions: [SQL] = [
            "passed_at >= \(query.from.start) AND passed_at < \(query.to.end)", scope.condition(), "plate_no NOT IN ('无牌', '无牌车', '无号牌', '无车牌')",
            "findings NOT LIKE '%internalVehicle%'",
        ]
        conditions += self.conditions(query) { passColumn($0, query) }
        try reader.each("SELECT \(columns), COUNT(DISTINCT plate_no) FROM gate_pass WHERE \(SQL.all(of: conditions)) GROUP BY \(group)") { row in
            let keys = query.dimensions.enumerated().map { index, dimension in
                dimension == .day ? row[index].int.map { String(Day(daysSince1970: Int($0)).number) } ?? "" : TransportStatistics.key(row[index])
            }
            sums[keys, default: Figures()].vehicles = row[count].int ?? 0
            return true
        }
    }

    private func passColumn(_ dimension: Dimension, _ query: Query) -> SQL {
        switch dimension {
        case .stage: return "emission_stage"
        case .strategy: return "COALESCE(strategy_id, 0)"
        case .level: return "warning_level"
        case .day: return "(passed_at + \(shanghaiOffsetMilliseconds)) / 86400000"
        case .month:
            // At most 31 days touch at most two months and, around February, three.
            let second = query.from.firstOfNextMonth
            let third = second.firstOfNextMonth
            return "CASE WHEN passed_at < \(second.start) THEN \(query.from.month) WHEN passed_at < \(third.start) THEN \(second.month) ELSE \(third.month) END"
        default: return column(dimension, time: "day")
        }
    }

    // MARK: Names

    private func names(_ query: Query, _ lines: [Line], _ reader: any Reader) throws -> [Dimension: [String: String]] {
        var names: [Dimension: [String: String]] = [:]
        for (index, dimension) in query.dimensions.enumerated() where dimension == .enterprise || dimension == .strategy {
            let ids = Set(lines.compactMap { Int64($0.keys[index]) })
            guard !ids.isEmpty else { continue }
            let sql: SQL = dimension == .enterprise ? "SELECT org, name FROM enterprise" : "SELECT id, name FROM control_strategy"
            var found: [String: String] = [:]
            try reader.each(sql) { row in
                if let id = row[0].int, ids.contains(id) { found[String(id)] = row[1].text ?? "" }
                return true
            }
            names[dimension] = found
        }
        return names
    }
}
