import Alarms
import Kernel
import Rules
import Storage
import Watches

/// Alarms as rules see them; what rules themselves raised is not among them, so that no rule feeds on its own.
struct AlarmStream: RuleStream {
    let alarms: AlarmEngine
    let name = "alarm"
    let title = "报警"
    let sourceKind: String? = "alarm"

    var facts: [StreamFact] {
        [
            StreamFact("kind", "报警类型", .text, in: "报警", choices: alarms.kinds.map { CodeItem($0.name, $0.title, $0.titleEN) }),
            StreamFact("grade", "基本等级", .number, in: "报警", choices: AlarmGrade.allCases.map { CodeItem(String($0.rawValue), $0.title, $0.titleEN) }),
            StreamFact("urgency", "紧急程度（1 最紧急）", .number, in: "报警"),
            StreamFact("times", "产生时已合并次数", .number, in: "报警", unit: "次"), StreamFact("orgName", "单位名称", .text, in: "对象"),
            StreamFact("county", "县（区、市）", .text, in: "对象", choices: Region.counties), StreamFact("place", "位置", .text, in: "对象"), StreamFact("subject", "对象", .text, in: "对象"),
            StreamFact("plate", "号牌号码", .text, in: "对象"),
        ]
    }

    let groupings = [("enterprise", "同一单位"), ("place", "同一位置"), ("subject", "同一对象"), ("kind", "同一单位的同一类型")].map { (name: $0.0, title: $0.1) }

    private static let columns: SQL = "id, occurred_at, org, area, org_name, place, subject, plate, kind, grade, urgency, times, title"
    private static let others: SQL = "kind <> \(OwnRule.alarmKind.name)"

    func last(in reader: any Reader) throws -> Int64 { try reader.value("SELECT MAX(id) FROM alarms")?.int ?? 0 }

    func after(_ mark: Int64, limit: Int, in reader: any Reader) throws -> [Happening] {
        try reader.rows("SELECT \(Self.columns) FROM alarms WHERE id > \(mark) AND \(Self.others) ORDER BY id LIMIT \(limit)").compactMap(Self.read)
    }

    func between(_ from: Moment, _ until: Moment, after: (at: Moment, id: Int64)?, limit: Int, in reader: any Reader) throws -> [Happening] {
        let place: SQL = after.map { "occurred_at >= \($0.at) AND (occurred_at > \($0.at) OR id > \($0.id))" } ?? "occurred_at >= \(from)"
        return try reader.rows("SELECT \(Self.columns) FROM alarms WHERE \(place) AND occurred_at < \(until) AND \(Self.others) ORDER BY occurred_at, id LIMIT \(limit)")
            .compactMap(Self.read)
    }

    func alike(_ happening: Happening, by grouping: String, from: Moment, until: Moment, limit: Int, in reader: any Reader) throws -> [Happening] {
        var conditions: [SQL] = ["occurred_at >= \(from)", "occurred_at <= \(until)", Self.others, happening.org.map { "org = \($0)" } ?? "org IS NULL"]
        for (name, column) in [("place", "place"), ("subject", "subject"), ("kind", "kind")] where name == grouping {
            if case .text(let value) = happening.facts[name] { conditions.append("\(ident: column) = \(value)") }
        }
        return try reader.rows("SELECT \(Self.columns) FROM alarms WHERE \(SQL.all(of: conditions)) ORDER BY occurred_at DESC, id DESC LIMIT \(limit)").compactMap(Self.read)
    }

    func key(_ happening: Happening, by grouping: String) -> String {
        let owner = "\(happening.org ?? 0)"
        return grouping == "enterprise" ? "\(owner) 全单位" : "\(owner) \(happening.facts[grouping]?.shown ?? "")"
    }

    private static func read(_ row: Row) -> Happening? {
        guard let id = row[0].int, let at = row[1].int else { return nil }
        var facts: [String: FactValue] = [:]
        for (name, column) in [("county", 3), ("orgName", 4), ("place", 5), ("subject", 6), ("plate", 7), ("kind", 8)] {
            if let value = row[column].text { facts[name] = .text(value) }
        }
        for (name, column) in [("grade", 9), ("urgency", 10), ("times", 11)] { if let value = row[column].int { facts[name] = .number(Double(value)) } }
        return Happening(
            id: id, at: Moment(milliseconds: at), org: row[2].int, area: row[3].text, orgName: row[4].text ?? "", place: row[5].text ?? "", plate: row[7].text,
            title: row[12].text ?? "", facts: facts)
    }
}
