import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Storage

/// D17.9.8 入侵事件: what intrusion detection, web application firewall, anti-virus and probes report, over `POST /api/v1/securityEvent` or by hand; graded by what is attacked, not only by what the device says.
package enum SecurityEvent {
    static let ledger = LedgerDeclaration(
        id: "D17.9.8", name: "securityEvent", title: "入侵事件", titleEN: "Intrusion events", group: SecurityMenu.group, ownedBy: .authority, titleField: "title",
        sortedBy: [.init("at", descending: true)], timeField: "at",
        fields: [
            .text("title", "事件", length: 2...200, marks: [.required, .searchable]), .moment("at", "时间", check: .notFuture, marks: [.required, .filterable, .sortable]),
            .code("kind", "分类", from: .incidentKind, marks: [.required, .filterable, .groupable]),
            .code("severity", "设备告警级别", from: .weaknessGrade, marks: [.required, .filterable]),
            .text("device", "上报设备", length: 1...80, marks: [.required, .filterable, .groupable]),
            .text("attacker", "攻击来源地址", length: 2...60, marks: [.searchable, .filterable, .indexed]),
            .text("target", "被攻击地址", length: 2...60, marks: [.searchable, .filterable]), .bool("affectsBusiness", "已影响业务", marks: [.filterable]),
            .note("details", "原始内容", length: 0...4000),
            .code("worth", "资产重要程度", from: .assetWorth, marks: [.readOnly, .filterable]).section("关联定级"),
            .integer("weaknesses", "资产未关闭弱点", 0...100_000, unit: "个", marks: [.readOnly]).section("关联定级"),
            .code("grade", "事件级别", from: .incidentGrade, marks: [.readOnly, .filterable, .groupable]).section("关联定级"),
        ])

    static let alarm = AlarmKind("intrusionEvent", "入侵事件", "Intrusion", grade: .heavier, mergeWindow: 3600)

    /// What of the device's word remains when it is known what stands at the address.
    package struct Facts: Sendable {
        /// 1 severe … 4 low.
        package var severity: Int
        /// 1 core, 2 important, 3 ordinary; nil for no known asset.
        package var worth: Int?
        package var openWeaknesses: Int
        package var affectsBusiness: Bool

        package init(severity: Int, worth: Int?, openWeaknesses: Int = 0, affectsBusiness: Bool = false) {
            self.severity = severity
            self.worth = worth
            self.openWeaknesses = openWeaknesses
            self.affectsBusiness = affectsBusiness
        }
    }

    /// 1 exceptional … 4 ordinary: an ordinary or unknown asset takes a step off, an open weakness or harm to the business adds one each.
    package static func grade(_ facts: Facts) -> Int {
        var grade = facts.severity + 1
        switch facts.worth {
        case 1: grade -= 1
        case 3, nil: grade += 1
        default: break
        }
        if facts.openWeaknesses > 0 { grade -= 1 }
        if facts.affectsBusiness { grade -= 1 }
        return min(max(grade, 1), 4)
    }

    static func register(on platform: Platform) {
        let alarms = platform.alarms
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, _, tx in
            func text(_ name: String) -> String { draft.values[name]?.string ?? before?.values[name]?.text ?? "" }
            let target = text("target")
            let worth = target.isEmpty ? nil : try tx.value("SELECT min(worth) FROM security_asset WHERE address = \(target) AND deleted_at IS NULL")?.text.flatMap { Int($0) }
            let open = target.isEmpty ? 0 : try tx.count("SELECT count(*) FROM weakness WHERE host = \(target) AND state IN ('open', 'patching') AND deleted_at IS NULL")
            let affects =
                draft.values["affectsBusiness"].map { $0.bool ?? ($0.string.map { ["1", "true", "是", "on"].contains($0) } ?? false) }
                ?? (before?.values["affectsBusiness"]?.int == 1)
            guard let severity = Int(text("severity")), (1...4).contains(severity) else { return }
            let facts = Facts(severity: severity, worth: worth, openWeaknesses: open, affectsBusiness: affects)
            draft.values["worth"] = worth.map { .string(String($0)) } ?? .null
            draft.values["weaknesses"] = .int(Int64(open))
            draft.values["grade"] = .string(String(grade(facts)))
        }
        platform.ledgers.onChange(of: ledger.name) { change, tx in
            guard change.kind == .created, let row = change.after, let grade = row.values["grade"]?.text, grade <= "2" else { return }
            let attacker = row.values["attacker"]?.text ?? "", title = row.values["title"]?.text ?? ""
            let text = "\(title)，来源 \(attacker.isEmpty ? "不明" : attacker)，目标 \(row.values["target"]?.text ?? "不明")"
            let signal = AlarmSignal(
                kind: alarm.name, org: nil, area: row.area, subject: attacker.isEmpty ? title : attacker,
                occurredAt: row.values["at"]?.int.map { Moment(milliseconds: $0) } ?? row.createdAt,
                title: String(text.prefix(200)), facts: ["event": .int(row.id), "grade": .string(grade)], reasons: [AlarmReason("intrusionEvent", String(text.prefix(200)))],
                grade: grade == "1" ? .severe : .heavier, source: AlarmSource("ledger:securityEvent", row.id))
            _ = try alarms.raise(signal, by: .system("入侵事件接入"), in: tx)
        }
    }
}
