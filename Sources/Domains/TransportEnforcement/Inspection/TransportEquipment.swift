import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Storage

/// B1.1.6.5 特种检查: one row is one piece of special equipment of a subject; its statutory inspection is warned of, and before it comes due it is inspected on the spot.
///
/// Source: requirements/B-transport.md B1.1.6.5, B1.2.5.
package enum TransportEquipment {
    package static let ledger = LedgerDeclaration(
        id: "B1.1.6.5", name: "transportEquipment", title: "运输特种设备", titleEN: "Special equipment of carriers", group: EnforcementArea.inspection, ownedBy: .enterprise,
        uniqueBy: ["org", "code"], titleField: "name", sortedBy: [LedgerDeclaration.Sort("nextInspectionOn")], keptYears: nil,
        fields: [
            .text("name", "设备名称", length: 2...60, marks: [.required, .searchable]),
            .text("code", "设备代码", length: 4...32, marks: [.required, .searchable]).hint("使用登记证或罐体检验报告上的代码"),
            .code("kind", "设备种类", from: .transportEquipmentKind, marks: [.required, .filterable, .groupable]),
            .text("plateNo", "所在车辆或位置", length: 1...60, marks: [.required, .searchable]).hint("车牌号码，或装卸场所"),
            .code("item", "检查项", from: .inspectionItem, marks: [.required, .filterable]).hint("检查员现场按此项检查"), .day("lastInspectedOn", "上次检验日期", check: .notFuture),
            .day("nextInspectionOn", "下次检验日期", marks: [.required, .filterable, .sortable]), .text("inspector", "检验机构", length: 2...80, marks: [.unlisted]),
            .bool("inUse", "在用", marks: [.filterable]).fallback("true"), .day("checkedOn", "最近检查日期", marks: [.readOnly]),
            .code("checkResult", "最近检查结果", from: .inspectionResult, marks: [.readOnly, .filterable]), .files("report", "检验报告"),
            .note("remark", "备注", length: 0...500, marks: [.unlisted]),
        ])

    /// Days before the statutory inspection from which an inspector looks at it.
    static let ahead = 30

    private static let expiry = ExpiryRule(
        "transportEquipmentInspection", "运输特种设备检验", ledger: ledger.name, field: "nextInspectionOn", stages: [30, 7, 0],
        receivers: ["role:\(BuiltInRole.enterpriseAdmin.rawValue)", "role:\(EnforcementRole.inspector)", "role:\(BuiltInRole.county.rawValue)"], raisesAlarm: true)

    static func register(on platform: Platform) {
        platform.expiries.declare([expiry])
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, _, tx in
            let code = draft.values["item"]?.string ?? before?.values["item"]?.text ?? ""
            guard !code.isEmpty else { return }
            let item = try InspectionItem.all(tx).first { $0.code == code }
            guard item?.isSpecial == true else { throw Failure.invalid([FieldFinding("item", "unknown", "请选择启用的特种事项", title: "检查项")]) }
        }
    }

    /// What an inspector found at the item stands on every piece of the subject that is inspected by it.
    static func checked(_ item: InspectionItem.Terms, _ result: InspectionResult, of subject: Record, on day: Day, ledgers: LedgerEngine, in tx: any Transaction) throws {
        guard let org = subject.org, result != .ignore else { return }
        for row in try tx.rows("SELECT id FROM transport_equipment WHERE org = \(org) AND item = \(item.code) AND in_use = 1 AND deleted_at IS NULL LIMIT 200") {
            guard let id = row.int("id") else { continue }
            _ = try ledgers.update(
                ledger.name, id: id, Draft(["checkedOn": .string(day.text), "checkResult": .string(result.rawValue)]), by: .system("特种检查"), in: tx)
        }
    }

    /// One piece as the page of its subject shows it.
    struct Standing: Sendable {
        var name: String
        var kind: String
        var place: String
        var next: Day?
        var checkedOn: Day?
    }

    static func standing(of org: Int64, _ reader: any Reader) throws -> [Standing] {
        try reader.rows(
            "SELECT name, kind, plate_no, next_inspection_on, checked_on FROM transport_equipment WHERE org = \(org) AND in_use = 1 AND deleted_at IS NULL ORDER BY next_inspection_on LIMIT 100"
        ).map { row in
            Standing(
                name: row.text("name") ?? "", kind: row.text("kind") ?? "", place: row.text("plate_no") ?? "", next: row.day("next_inspection_on"), checkedOn: row.day("checked_on")
            )
        }
    }
}

extension InspectionDesk {
    /// Once a day: subjects whose equipment comes due get its item to be inspected, unless it was looked at since.
    ///
    /// - Returns: how many were added.
    @discardableResult
    package func gatherEquipment(limit: Int = 2000, in tx: any Transaction) throws -> Int {
        let items = Dictionary(try InspectionItem.all(tx).map { ($0.code, $0) }) { first, _ in first }
        let today = platform.clock.today
        let rows = try tx.rows(
            """
            SELECT s.id, s.org, s.area, e.item, MIN(e.next_inspection_on) AS due FROM transport_equipment e JOIN transport_subject s ON s.org = e.org AND s.deleted_at IS NULL AND s.state <> 'hidden'
            WHERE e.deleted_at IS NULL AND e.in_use = 1 AND e.next_inspection_on <= \(today.adding(days: TransportEquipment.ahead))
            AND (e.checked_on IS NULL OR e.checked_on < \(today.adding(days: -TransportEquipment.ahead)))
            AND NOT EXISTS (SELECT 1 FROM pending_inspections p JOIN inspection_item i ON i.id = p.item WHERE p.subject = s.id AND i.code = e.item AND p.done_at IS NULL)
            GROUP BY s.id, s.org, s.area, e.item ORDER BY s.id LIMIT \(limit)
            """)
        var assigning = Assigning()
        var added = 0
        for row in rows {
            guard let subject = row.int("id"), let org = row.int("org"), let item = items[row.text("item") ?? ""] else { continue }
            let officer = try assigning.officer(for: org, area: row.text("area"), item: item.code, tx)
            if try add(subject, item.id, org: org, area: row.text("area"), due: min(row.day("due") ?? today, today), origin: "equipment", assignee: officer, in: tx) { added += 1 }
        }
        return added
    }
}
