import Cryptography
import Features
import Identity
import Kernel
import Ledgers
import Messages
import Storage
import Workflows

/// B1.1.0 检查专项 and B1.1.4 随机抽检: what is to be inspected beside what comes due by itself.
package struct InspectionCampaigns: Sendable {
    let platform: Platform
    private var desk: InspectionDesk { InspectionDesk(platform: platform) }

    package init(platform: Platform) { self.platform = platform }

    /// Makes the items of a campaign for every subject of its kinds within the leader's scope.
    ///
    /// - Returns: how many came into being; what waits already stays as it is.
    /// - Throws: `.notFound`; `.conflict` `JW-EN10` when it was issued before, or there is nothing to inspect.
    package func issue(_ id: Int64, by principal: Principal, in tx: any Transaction) throws -> Int {
        guard let record = try platform.ledgers.find(InspectionCampaign.ledger.name, id: id, by: principal, in: tx) else { throw Failure.notFound("该专项") }
        guard record.values["state"]?.text == "draft" else { throw Failure(.conflict, "JW-EN10", "该专项已下发") }
        func codes(_ name: String) throws -> [String] { try record.values[name]?.text.map { (try JSONValue(parsing: $0)).array?.compactMap(\.string) ?? [] } ?? [] }
        let wanted = Set(try codes("items"))
        let items = try InspectionItem.all(tx).filter { wanted.contains($0.code) }
        let kinds = try codes("subjectKinds")
        let subjects = try tx.rows(
            """
            SELECT id, org, area FROM transport_subject WHERE deleted_at IS NULL AND state <> 'hidden' AND kind IN (\(list: kinds)) AND \(principal.scope.condition(org: "org", area: "area"))
            ORDER BY id LIMIT 5000
            """)
        guard !items.isEmpty, !subjects.isEmpty else { throw Failure(.conflict, "JW-EN10", subjects.isEmpty ? "没有符合检查对象的主体" : "检查项都已停用") }
        let due = record.values["endOn"]?.int.flatMap { Day(number: Int($0)) } ?? platform.clock.today
        var assigning = InspectionDesk.Assigning()
        var added = 0
        for row in subjects {
            guard let subject = row.int("id"), let org = row.int("org") else { continue }
            for item in items {
                let officer = try assigning.officer(for: org, area: row.text("area"), item: item.code, tx)
                if try desk.add(subject, item.id, org: org, area: row.text("area"), due: due, origin: "campaign", assignee: officer, campaign: id, in: tx) { added += 1 }
            }
        }
        _ = try platform.ledgers.update(
            InspectionCampaign.ledger.name, id: id, Draft(["state": "running", "generated": .int(Int64(added))]), by: principal, in: tx)
        return added
    }

    // MARK: Random

    /// What is drawn, and how anybody draws it again.
    package struct Draw: Sendable, Equatable {
        package var id: Int64
        package var seed: Int64
        package var population: Int
        package var subjects: [String]
        package var items: [String]
        package var officers: [String]
    }

    /// Draws subjects, items and, of those whose grid holds a subject, one inspector.
    ///
    /// - Parameters:
    ///   - subjects: 1...100.
    ///   - items: 1...50.
    /// - Throws: `.invalid` with every wrong number; `.conflict` `JW-EN11` where there is nothing to draw from.
    package func draw(subjects: Int, items: Int, kind: String?, seed: Int64, by principal: Principal, in tx: any Transaction) throws -> Draw {
        var findings: [FieldFinding] = []
        if !(1...100).contains(subjects) { findings.append(FieldFinding("subjects", "range", "应为 1～100", title: "抽取主体")) }
        if !(1...50).contains(items) { findings.append(FieldFinding("items", "range", "应为 1～50", title: "抽取检查项")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let ofKind: SQL = kind.map { "kind = \($0)" } ?? "kind IN ('freight', 'individual')"
        let all = try tx.rows(
            "SELECT id, org, area, name FROM transport_subject WHERE deleted_at IS NULL AND state <> 'hidden' AND \(ofKind) AND \(principal.scope.condition(org: "org", area: "area")) ORDER BY id LIMIT 20000"
        )
        let known = try InspectionItem.all(tx)
        guard !all.isEmpty, !known.isEmpty else { throw Failure(.conflict, "JW-EN11", all.isEmpty ? "没有可抽取的主体" : "没有启用的检查项") }
        let chosen = InspectionRules.draw(subjects, of: all.count, seed: seed).map { all[$0] }
        let checked = InspectionRules.draw(items, of: known.count, seed: seed &+ 1).map { known[$0] }
        var officers: [String] = []
        let id = try tx.insert(
            """
            INSERT INTO inspection_draws (org, area, seed, subjects, items, population, sheet, at, by_name)
            VALUES (\(principal.organisation), \(principal.area), \(seed), \(chosen.count), \(checked.count), \(all.count), '', \(platform.clock.now), \(principal.name))
            """)
        for (index, row) in chosen.enumerated() {
            guard let subject = row.int("id"), let org = row.int("org") else { continue }
            let holders = try Inspectors.all(of: org, area: row.text("area"), tx)
            let officer = InspectionRules.draw(1, of: holders.count, seed: seed &+ Int64(index) &+ 2).first.map { holders[$0] }
            officers.append(officer?.name ?? "未分派")
            for item in checked {
                let isNew = try desk.add(
                    subject, item.id, org: org, area: row.text("area"), due: platform.clock.today.adding(days: 7), origin: "random", assignee: officer, draw: id, in: tx)
                // What waits already becomes the draw's.
                if !isNew {
                    try tx.execute(
                        "UPDATE pending_inspections SET draw = \(id), assignee = \(officer?.id), assignee_name = \(officer?.name) WHERE subject = \(subject) AND item = \(item.id) AND done_at IS NULL"
                    )
                }
            }
        }
        let names = chosen.map { $0.text("name") ?? "" }
        let sheet: JSONValue = [
            "subjects": .array(names.map { .string($0) }), "items": .array(checked.map { .string($0.name) }), "officers": .array(officers.map { .string($0) }),
            "kind": JSONValue(kind),
        ]
        try tx.execute("UPDATE inspection_draws SET sheet = \(sheet.text) WHERE id = \(id)")
        try platform.audit.record(
            AuditEntry("create", "inspectionDraw", "\(id)", "随机抽检：\(all.count) 个主体中抽取 \(chosen.count) 个，\(checked.count) 项，种子 \(seed)", details: sheet), by: principal, in: tx)
        return Draw(id: id, seed: seed, population: all.count, subjects: names, items: checked.map(\.name), officers: officers)
    }

    /// Once a morning each inspector hears how much waits.
    func remind(in tx: any Transaction) throws -> Int {
        let today = platform.clock.today
        let rows = try tx.rows(
            "SELECT assignee, COUNT(*) AS waiting FROM pending_inspections WHERE state = 'open' AND assignee IS NOT NULL AND due_on <= \(today) GROUP BY assignee LIMIT 2000")
        for row in rows {
            guard let user = row.int("assignee") else { continue }
            try platform.messages.post(
                MessageDraft(
                    EnforcementMessages.due, grade: .info, title: "今日待查 \(row.int("waiting") ?? 0) 项", text: "含到期再查和不达标复查", path: "/m/field", users: [user],
                    dedupe: "due \(user) \(today.number)"),
                in: tx)
        }
        return rows.count
    }
}

/// Inspectors of one organisation with their names, in the order of their ids.
enum Inspectors {
    static func all(of org: Int64, area: String?, _ reader: any Reader) throws -> [(id: Int64, name: String)] {
        let ids = try WorkflowEngine.holders(of: EnforcementRole.inspector, organisation: nil, org: org, area: area, in: reader)
        return try reader.rows("SELECT id, name FROM users WHERE id IN (\(list: ids)) ORDER BY id").map { ($0.int("id") ?? 0, $0.text("name") ?? "") }
    }
}
