import Identity
import Kernel
import Storage

/// What statistics are grouped by.
package enum Dimension: Sendable, Equatable {
    /// A field marked `.groupable`, or `org`.
    case field(String)
    case day(String), month(String), quarter(String), year(String)
    /// Region codes cut to so many digits: 2 province, 4 city, 6 county.
    case area(digits: Int)
}

/// What is computed for each group.
package enum Measure: Sendable, Equatable {
    case count
    case sum(String), average(String), minimum(String), maximum(String)
    /// Different values of a field.
    case distinct(String)
}

/// Groups and their figures, sorted by the dimensions.
package struct StatisticsTable: Sendable {
    package struct Group: Sendable {
        /// Stored values: codes, ids, `yyyymmdd`, `yyyymm`, `yyyyq`, `yyyy`.
        package var keys: [SQLValue]
        /// As people read them; `未填写` for no value.
        package var labels: [String]
        /// In the order of the measures; nil where there was nothing to average.
        package var values: [Double?]
    }

    package var dimensionTitles: [String]
    package var measureTitles: [String]
    package var groups: [Group]
    /// There are more than `StatisticsTable.most` groups; the rest is missing.
    package var isTruncated: Bool

    package static let most = 5_000

    /// Sums over all groups of one measure; only of counts and sums does that mean anything.
    package func total(_ measure: Int) -> Double { groups.reduce(0) { $0 + ($1.values[measure] ?? 0) } }

    /// For a chart: one category a value of the first dimension, one series a value of the second (or a measure where there is one dimension).
    package var chart: (categories: [String], series: [(name: String, values: [Double?])]) {
        var categories: [String] = []
        for group in groups { if let label = group.labels.first, !categories.contains(label) { categories.append(label) } }
        let positions = Dictionary(categories.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var series: [(name: String, values: [Double?])] = []
        for group in groups {
            guard let category = group.labels.first.flatMap({ positions[$0] }) else { continue }
            for (measure, value) in group.values.enumerated() {
                let name = dimensionTitles.count > 1 ? group.labels.dropFirst().joined(separator: " ") : measureTitles[measure]
                if dimensionTitles.count > 1, measure > 0 { continue }
                let index =
                    series.firstIndex { $0.name == name }
                    ?? {
                        series.append((name, Array(repeating: nil, count: categories.count)))
                        return series.count - 1
                    }()
                series[index].values[category] = value
            }
        }
        return (categories, series)
    }
}

extension LedgerEngine {
    /// Grouped figures over the rows of a query, under the same scope as its list. At most three dimensions.
    ///
    /// - Throws: `.invalid` for fields that are not groupable or not numbers.
    package func statistics(_ query: LedgerQuery, dimensions: [Dimension], measures: [Measure], by principal: Principal, in reader: any Reader) throws -> StatisticsTable {
        let compiled = try compile(query, by: principal, reader.dialect, walksInOrder: false)
        var findings: [FieldFinding] = []
        let seesRestricted = principal.may(compiled.plan.declaration.restrictedPermission)
        let builder = StatisticsSQL(plan: compiled.plan, dialect: reader.dialect, seesRestricted: seesRestricted)
        let keys = dimensions.prefix(3).map { builder.key($0, &findings) }
        let figures = (measures.isEmpty ? [.count] : measures).map { builder.figure($0, &findings) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let columns = SQL.joined(keys.map(\.sql) + figures.map(\.sql), by: ", ")
        var statement: SQL = "SELECT \(columns) FROM \(SQL(text: compiled.plan.source)) WHERE \(compiled.condition)"
        if !keys.isEmpty {
            let places = SQL(text: (1...keys.count).map(String.init).joined(separator: ", "))
            // Both databases put what is not filled in first.
            let order = SQL(text: (1...keys.count).map { "\($0) NULLS FIRST" }.joined(separator: ", "))
            statement += " GROUP BY \(places) ORDER BY \(order) LIMIT \(StatisticsTable.most + 1)"
        }
        var groups: [StatisticsTable.Group] = []
        try reader.each(statement) { row in
            let values = (keys.count..<(keys.count + figures.count)).map { row[$0].double }
            groups.append(StatisticsTable.Group(keys: keys.indices.map { row[$0] }, labels: [], values: values))
            return true
        }
        let isTruncated = groups.count > StatisticsTable.most
        if isTruncated { groups.removeLast() }
        try label(&groups, Array(dimensions.prefix(3)), compiled.plan, principal, in: reader)
        return StatisticsTable(dimensionTitles: keys.map(\.title), measureTitles: figures.map(\.title), groups: groups, isTruncated: isTruncated)
    }

    private func label(_ groups: inout [StatisticsTable.Group], _ dimensions: [Dimension], _ plan: LedgerPlan, _ principal: Principal, in reader: any Reader) throws {
        // Each key as a record with that one value: titles and masks come out the same way as everywhere.
        func record(_ name: String, _ key: SQLValue) -> Record {
            var record = Record(id: 0, org: nil, area: nil, version: 1, createdAt: Moment(milliseconds: 0), updatedAt: Moment(milliseconds: 0), values: [name: key])
            if name == "org" { record.org = key.int }
            return record
        }
        var titles = ReferenceTitles()
        for (index, dimension) in dimensions.enumerated() {
            if case .field(let name) = dimension { titles.merge(try self.titles(for: groups.map { record(name, $0.keys[index]) }, plan, in: reader)) }
        }
        let presenter = Presenter(plan, dictionaries.snapshot, titles, principal, today: clock.today)
        for position in groups.indices {
            groups[position].labels = dimensions.indices.map { index in
                let key = groups[position].keys[index]
                guard !key.isNull else { return "未填写" }
                switch dimensions[index] {
                case .field("org"): return key.int.map(titles.organisation) ?? ""
                case .field(let name): return plan.field(name).map { presenter.text($0.field, record(name, key)) } ?? plainText(key)
                case .day: return key.int.flatMap { Day(number: Int($0)) }?.text ?? plainText(key)
                case .month: return key.int.map { "\($0 / 100)-\($0 % 100 < 10 ? "0" : "")\($0 % 100)" } ?? ""
                case .quarter: return key.int.map { "\($0 / 10)年第\($0 % 10)季度" } ?? ""
                case .year: return plainText(key)
                case .area: return areaTitle(key.text ?? "")
                }
            }
        }
    }

    private func areaTitle(_ prefix: String) -> String {
        let code = prefix + String(repeating: "0", count: max(0, 6 - prefix.count))
        return Region(code: code)?.title ?? prefix
    }
}

/// Dimensions and measures as SQL.
private struct StatisticsSQL {
    let plan: LedgerPlan
    let dialect: Dialect
    let seesRestricted: Bool

    func key(_ dimension: Dimension, _ findings: inout [FieldFinding]) -> (sql: SQL, title: String) {
        switch dimension {
        case .field("org"): return ("org", plan.declaration.owners.title)
        case .area(let digits): return ("substr(area, 1, \(SQL(text: String(max(1, min(digits, 12))))))", "地区")
        case .field(let name):
            guard let field = usable(name), field.field.marks.contains(.groupable), field.cipher == nil, field.columns.count == 1 else {
                return refuse(name, "不能用作统计维度", &findings)
            }
            return (SQL.ident(field.columns[0].name), field.field.title)
        case .day(let name): return time(name, divisor: "1", format: ("%Y%m%d", "YYYYMMDD"), suffix: "", &findings)
        case .month(let name): return time(name, divisor: "100", format: ("%Y%m", "YYYYMM"), suffix: "（月）", &findings)
        case .quarter(let name):
            let day = time(name, divisor: "1", format: ("%Y%m%d", "YYYYMMDD"), suffix: "（季度）", &findings)
            return ("(\(day.sql)) / 10000 * 10 + ((\(day.sql)) / 100 % 100 + 2) / 3", day.title)
        case .year(let name): return time(name, divisor: "10000", format: ("%Y", "YYYY"), suffix: "（年）", &findings)
        }
    }

    func figure(_ measure: Measure, _ findings: inout [FieldFinding]) -> (sql: SQL, title: String) {
        switch measure {
        case .count: return ("count(*)", "数量")
        case .sum(let name): return number(name, "sum", "合计", &findings)
        case .average(let name): return number(name, "avg", "平均", &findings)
        case .minimum(let name): return number(name, "min", "最小", &findings)
        case .maximum(let name): return number(name, "max", "最大", &findings)
        case .distinct(let name):
            guard let column = name == "org" ? "org" : usable(name)?.columns.first?.name else { return refuse(name, "不能用于统计", &findings) }
            guard usable(name)?.cipher == nil else { return refuse(name, "为加密保存的个人信息，不能用于统计", &findings) }
            return ("count(DISTINCT \(SQL.ident(column)))", (name == "org" ? "企业" : usable(name)?.field.title ?? name) + "数")
        }
    }

    private func usable(_ name: String) -> FieldPlan? {
        guard let field = plan.field(name), !field.columns.isEmpty, seesRestricted || !field.field.marks.contains(.restricted) else { return nil }
        return field
    }

    private func number(_ name: String, _ function: String, _ word: String, _ findings: inout [FieldFinding]) -> (sql: SQL, title: String) {
        guard let field = usable(name), field.columns.count == 1 else { return refuse(name, "不能用于统计", &findings) }
        switch field.field.kind {
        case .integer, .decimal: break
        default: return refuse(name, "不是数字，不能求\(word)", &findings)
        }
        return ("\(SQL(text: function))(\(SQL.ident(field.columns[0].name)))", field.field.title + word + (field.field.unit.map { "（\($0)）" } ?? ""))
    }

    private func time(_ name: String, divisor: String, format: (String, String), suffix: String, _ findings: inout [FieldFinding]) -> (sql: SQL, title: String) {
        let column: SQL
        let title: String
        switch name {
        case "createdAt": (column, title) = ("created_at", "登记时间")
        case "updatedAt": (column, title) = ("updated_at", "修改时间")
        default:
            guard let field = usable(name), field.columns.count == 1 else { return refuse(name, "不是时间", &findings) }
            column = SQL.ident(field.columns[0].name)
            title = field.field.title
            if case .day = field.field.kind { return ("\(column) / \(SQL(text: divisor))", title + suffix) }
            guard case .moment = field.field.kind else { return refuse(name, "不是时间", &findings) }
        }
        let text: SQL =
            dialect == .sqlite
            ? "CAST(strftime(\(SQL(text: "'\(format.0)'")), \(column) / 1000 + 28800, 'unixepoch') AS INTEGER)"
            : "CAST(to_char(to_timestamp(\(column) / 1000.0) AT TIME ZONE 'Asia/Shanghai', \(SQL(text: "'\(format.1)'"))) AS BIGINT)"
        return (text, title + suffix)
    }

    private func refuse(_ name: String, _ message: String, _ findings: inout [FieldFinding]) -> (sql: SQL, title: String) {
        findings.append(FieldFinding(name, "dimension", message, title: plan.field(name)?.field.title ?? "“\(name)”"))
        return ("1", name)
    }
}
