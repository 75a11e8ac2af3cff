import Features
import Identity
import Kernel
import Ledgers
import Rules
import Storage
import Watches

/// Rows of the audit book as rules of auditors see them (D16.2.2, D17.3.3); what the program did by itself is not among them, so that no alarm feeds a rule.
struct AuditStream: RuleStream {
    let ledgers: LedgerEngine
    let titles: [String: String]
    let name = "audit"
    let title = "审计日志"
    let sourceKind: String? = nil
    let combined: String? = "action"

    private static let hours = (0..<24).map { CodeItem(String($0), "\($0) 时", "\($0)") }

    var facts: [StreamFact] {
        let objects =
            AuditWords.objects.map { CodeItem($0.code, $0.title, $0.code) } + titles.sorted { $0.key < $1.key }.map { CodeItem($0.key, $0.value, $0.key) }
            + ledgers.declarations.map { CodeItem($0.name, $0.title, $0.titleEN ?? $0.name) }
        return [
            StreamFact("action", "动作", .text, in: "行为", choices: AuditWords.actions.map { CodeItem($0.code, $0.title, $0.code) }),
            StreamFact("summary", "内容", .text, in: "行为"), StreamFact("hour", "时", .number, in: "行为", choices: Self.hours),
            StreamFact("objectKind", "对象", .text, in: "对象", choices: objects), StreamFact("objectId", "对象编号", .text, in: "对象"),
            StreamFact("actor", "操作人", .text, in: "人员"),
            StreamFact("actorKind", "操作者类别", .text, in: "人员", choices: [CodeItem("user", "人员", "Person"), CodeItem("client", "接口", "Client")]),
            StreamFact("roles", "操作人现任角色", .set, in: "人员", choices: BuiltInRole.allCases.map { CodeItem($0.rawValue, $0.title, $0.rawValue) }, isSlow: true),
            StreamFact("address", "来源地址", .text, in: "来源"),
        ]
    }

    let groupings = [("actor", "同一人员"), ("address", "同一来源地址"), ("object", "同一对象"), ("all", "全部")].map { (name: $0.0, title: $0.1) }

    private static let columns: SQL = "id, at, actor_kind, actor_id, actor, org, area, address, action, object_kind, object_id, summary"
    private static let others: SQL = "actor_kind <> 'system'"

    func last(in reader: any Reader) throws -> Int64 { try reader.value("SELECT MAX(id) FROM audit")?.int ?? 0 }

    func after(_ mark: Int64, limit: Int, in reader: any Reader) throws -> [Happening] {
        try reader.rows("SELECT \(Self.columns) FROM audit WHERE id > \(mark) AND \(Self.others) ORDER BY id LIMIT \(limit)").compactMap(Self.read)
    }

    func between(_ from: Moment, _ until: Moment, after: (at: Moment, id: Int64)?, limit: Int, in reader: any Reader) throws -> [Happening] {
        let place: SQL = after.map { "(day, id) > (\($0.at.day), \($0.id))" } ?? "day >= \(from.day) AND at >= \(from)"
        return try reader.rows("SELECT \(Self.columns) FROM audit WHERE \(place) AND day <= \(until.day) AND at < \(until) AND \(Self.others) ORDER BY day, id LIMIT \(limit)")
            .compactMap(Self.read)
    }

    func alike(_ happening: Happening, by grouping: String, from: Moment, until: Moment, limit: Int, in reader: any Reader) throws -> [Happening] {
        var conditions: [SQL] = ["day >= \(from.day)", "day <= \(until.day)", "at >= \(from)", "at <= \(until)", Self.others]
        switch grouping {
        case "actor": conditions += ["actor_id = \(Self.number("actorId", happening))", "actor_kind = \(Self.text("actorKind", happening))"]
        case "address": conditions.append("address = \(Self.text("address", happening))")
        case "object": conditions += ["object_kind = \(Self.text("objectKind", happening))", "object_id = \(Self.text("objectId", happening))"]
        default: break
        }
        return try reader.rows("SELECT \(Self.columns) FROM audit WHERE \(SQL.all(of: conditions)) ORDER BY day DESC, id DESC LIMIT \(limit)").compactMap(Self.read)
    }

    func key(_ happening: Happening, by grouping: String) -> String {
        switch grouping {
        case "actor": "\(Self.text("actorKind", happening))\(Self.number("actorId", happening)) \(Self.text("actor", happening))"
        case "address": "地址 \(Self.text("address", happening))"
        case "object": "对象 \(Self.text("objectKind", happening)) \(Self.text("objectId", happening))"
        default: "全部 审计日志"
        }
    }

    func complete(_ happening: inout Happening, in reader: any Reader) throws {
        guard Self.text("actorKind", happening) == "user" else { return }
        let roles = try reader.rows(
            "SELECT r.name FROM user_roles u JOIN roles r ON r.id = u.role_id WHERE u.user_id = \(Self.number("actorId", happening)) LIMIT 50")
        happening.facts["roles"] = .set(Set(roles.compactMap { $0[0].text }))
    }

    private static func text(_ name: String, _ happening: Happening) -> String {
        if case .text(let value) = happening.facts[name] { value } else { "" }
    }

    private static func number(_ name: String, _ happening: Happening) -> Int64 {
        if case .number(let value) = happening.facts[name] { Int64(value) } else { 0 }
    }

    private static func read(_ row: Row) -> Happening? {
        guard let id = row.int("id"), let at = row.moment("at") else { return nil }
        let actor = row.text("actor") ?? "", action = row.text("action") ?? "", summary = row.text("summary") ?? "", address = row.text("address") ?? ""
        var facts: [String: FactValue] = [
            "action": .text(action), "summary": .text(summary), "hour": .number(Double(at.hourOfDay)), "objectKind": .text(row.text("object_kind") ?? ""), "actor": .text(actor),
            "actorKind": .text(row.text("actor_kind") ?? ""), "actorId": .number(Double(row.int("actor_id") ?? 0)),
        ]
        if let object = row.text("object_id"), !object.isEmpty { facts["objectId"] = .text(object) }
        if !address.isEmpty { facts["address"] = .text(address) }
        return Happening(
            id: id, at: at, org: row.int("org"), area: row.text("area"), orgName: "", place: address, plate: nil, title: "\(actor) \(AuditWords.action(action))：\(summary)",
            facts: facts)
    }
}
