import Kernel
import Logs
import Rules
import Storage
import Watches

/// Lines of other machines as rules of auditors see them (D16.2.2, D17.3.3).
struct LogStream: RuleStream {
    let name = "log"
    let title = "采集的日志"
    let sourceKind: String? = nil

    private static let severities = LogSeverity.allCases.map { CodeItem(String($0.rawValue), $0.title, "\($0)") }
    private static let facilities = LogFacility.titles.enumerated().map { CodeItem(String($0.offset), $0.element, "\($0.offset)") }
    private static let hours = (0..<24).map { CodeItem(String($0), "\($0) 时", "\($0)") }

    var facts: [StreamFact] {
        [
            StreamFact("text", "内容", .text, in: "日志"), StreamFact("severity", "级别（小者为重）", .number, in: "日志", choices: Self.severities),
            StreamFact("facility", "设施", .number, in: "日志", choices: Self.facilities), StreamFact("hour", "时", .number, in: "日志", choices: Self.hours),
            StreamFact("isEvent", "攻击事件", .bool, in: "日志"), StreamFact("source", "来源名称", .text, in: "来源"),
            StreamFact("sourceKind", "来源类别", .text, in: "来源", choices: LogSourceKind.allCases.map { CodeItem($0.rawValue, $0.title, $0.rawValue) }),
            StreamFact("address", "发送地址", .text, in: "来源"), StreamFact("host", "主机", .text, in: "来源"), StreamFact("app", "程序", .text, in: "来源"),
        ] + LogField.searchable.map { StreamFact("field." + $0.rawValue, $0.title, .text, in: "标准字段") }
    }

    let groupings = [("source", "同一来源"), ("sourceAddress", "同一源地址"), ("account", "同一账号"), ("all", "全部")].map { (name: $0.0, title: $0.1) }

    private static let columns: SQL = "l.*, s.name AS source_name, s.kind AS source_kind"
    private static let tables: SQL = "log_lines l LEFT JOIN log_sources s ON s.id = l.source"

    func last(in reader: any Reader) throws -> Int64 { try reader.value("SELECT MAX(id) FROM log_lines")?.int ?? 0 }

    func after(_ mark: Int64, limit: Int, in reader: any Reader) throws -> [Happening] {
        try reader.rows("SELECT \(Self.columns) FROM \(Self.tables) WHERE l.id > \(mark) ORDER BY l.id LIMIT \(limit)").map(Self.read)
    }

    func between(_ from: Moment, _ until: Moment, after: (at: Moment, id: Int64)?, limit: Int, in reader: any Reader) throws -> [Happening] {
        let place: SQL = after.map { "(l.at, l.id) > (\($0.at), \($0.id))" } ?? "l.at >= \(from)"
        return try reader.rows("SELECT \(Self.columns) FROM \(Self.tables) WHERE \(place) AND l.at < \(until) ORDER BY l.at, l.id LIMIT \(limit)").map(Self.read)
    }

    func alike(_ happening: Happening, by grouping: String, from: Moment, until: Moment, limit: Int, in reader: any Reader) throws -> [Happening] {
        var conditions: [SQL] = ["l.at >= \(from)", "l.at <= \(until)"]
        switch grouping {
        case "source": if case .number(let id) = happening.facts["sourceId"] { conditions.append("l.source = \(Int64(id))") }
        case "sourceAddress": conditions.append("l.src_address = \(Self.text("field.sourceAddress", happening))")
        case "account": conditions.append("l.account = \(Self.text("field.account", happening))")
        default: break
        }
        return try reader.rows("SELECT \(Self.columns) FROM \(Self.tables) WHERE \(SQL.all(of: conditions)) ORDER BY l.at DESC, l.id DESC LIMIT \(limit)").map(Self.read)
    }

    func key(_ happening: Happening, by grouping: String) -> String {
        switch grouping {
        case "source": "来源 \(Self.text("source", happening))"
        case "sourceAddress": "地址 \(Self.text("field.sourceAddress", happening))"
        case "account": "账号 \(Self.text("field.account", happening))"
        default: "全部 日志"
        }
    }

    private static func text(_ name: String, _ happening: Happening) -> String {
        if case .text(let value) = happening.facts[name] { value } else { "" }
    }

    private static func read(_ row: Row) -> Happening {
        let line = LogLine(row)
        let source = row.text("source_name") ?? "未登记 \(line.address)"
        var facts: [String: FactValue] = [
            "text": .text(line.text), "severity": .number(Double(line.severity)), "facility": .number(Double(line.facility)), "hour": .number(Double(line.at.hourOfDay)),
            "isEvent": .bool(line.isEvent), "source": .text(source), "sourceId": .number(Double(line.source)), "address": .text(line.address),
        ]
        if let kind = row.text("source_kind") { facts["sourceKind"] = .text(kind) }
        if !line.host.isEmpty { facts["host"] = .text(line.host) }
        if !line.app.isEmpty { facts["app"] = .text(line.app) }
        for (field, value) in line.mapped { facts["field." + field.rawValue] = .text(value) }
        return Happening(
            id: line.id, at: line.at, org: nil, area: nil, orgName: "", place: line.address, plate: nil, title: "\(source) \(String(line.text.prefix(120)))", facts: facts)
    }
}
