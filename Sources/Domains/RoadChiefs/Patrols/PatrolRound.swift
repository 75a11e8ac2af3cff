import Features
import Identity
import Kernel
import Ledgers
import Storage

/// B3.2.2 巡检任务: one row is one round of a unit over all its patrolled roads; each road gets a patrol to be done.
///
/// Source: requirements/B-transport.md B3.2.2.
package enum PatrolRound {
    package static let ledger = LedgerDeclaration(
        id: "B3.2.2-1", name: "patrolRound", title: "巡检任务", titleEN: "Patrol rounds", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners, titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("startsOn", descending: true), LedgerDeclaration.Sort("id", descending: true)],
        fields: [
            .text("name", "任务名称", length: 2...60, marks: [.searchable]).hint("留空自动命名"), .day("startsOn", "开始日期", marks: [.required, .filterable, .sortable]),
            .day("endsOn", "截止日期", marks: [.required, .filterable, .sortable]).hint("与开始日期同月"), .note("content", "巡检内容", length: 0...500, marks: [.unlisted]),
            .integer("month", "月份", 0...999_999, marks: [.readOnly, .filterable, .sortable, .unlisted]),
            .integer("roads", "应巡道路", 0...100_000, unit: "条", marks: [.readOnly]).fallback("0"),
            .integer("done", "已巡道路", 0...100_000, unit: "条", marks: [.readOnly]).fallback("0"),
        ])

    static func register(on platform: Platform) {
        let ledgers = platform.ledgers
        ledgers.onPrepare(of: ledger.name) { draft, before, principal, tx in
            guard before == nil, let from = draft.values["startsOn"].flatMap(day), let to = draft.values["endsOn"].flatMap(day) else { return }
            let month = RoadMonth(of: from)
            guard from <= to, RoadMonth(of: to) == month else {
                throw Failure.invalid([FieldFinding("endsOn", "month", "须与开始日期同月且不早于开始日期", title: "截止日期")])
            }
            var org = draft.org
            if case .organisation(let own) = principal.scope { org = org ?? own }
            guard let org else { return }
            let roads = try tx.count("SELECT count(*) FROM road WHERE org = \(org) AND is_patrolled = 1 AND deleted_at IS NULL")
            if roads == 0 { throw Failure.invalid([FieldFinding("startsOn", "roads", "该单位还没有列入巡检的道路", title: "开始日期")]) }
            let number = try tx.count("SELECT count(*) FROM patrol_round WHERE org = \(org) AND month = \(month.number) AND deleted_at IS NULL") + 1
            draft.values["month"] = .int(Int64(month.number))
            draft.values["roads"] = .int(Int64(roads))
            if RoadRecords.isBlank(draft.values["name"]) { draft.values["name"] = .string("\(month.title)第 \(number) 次巡检") }
        }
        ledgers.onChange(of: ledger.name) { change, tx in
            let by = Principal.system(change.by.name)
            if change.kind == .created, let record = change.after, let org = record.org {
                for road in try tx.rows("SELECT id, chief FROM road WHERE org = \(org) AND is_patrolled = 1 AND deleted_at IS NULL ORDER BY code, id LIMIT 5000") {
                    let values: [String: JSONValue] = [
                        "round": .int(record.id), "road": JSONValue(road.int("id")), "chief": JSONValue(road.int("chief")), "month": .int(record.values["month"]?.int ?? 0),
                    ]
                    _ = try ledgers.create(RoadPatrol.ledger.name, Draft(values, org: org, area: record.area), by: by, in: tx)
                }
            }
            guard change.kind == .deleted, let record = change.record else { return }
            let walked = try tx.count("SELECT count(*) FROM road_patrol WHERE round = \(record.id) AND state IN ('done', 'running') AND deleted_at IS NULL")
            guard walked == 0 else { throw Failure(.conflict, "JW-B302", "该任务已有 \(walked) 条道路开始巡查，不能删除") }
            for row in try tx.rows("SELECT id FROM road_patrol WHERE round = \(record.id) AND deleted_at IS NULL LIMIT 5000") {
                try ledgers.delete(RoadPatrol.ledger.name, id: row.int("id") ?? 0, reason: change.reason ?? "巡检任务已删除", by: by, in: tx)
            }
        }
    }

    private static func day(_ value: JSONValue) -> Day? { value.string.flatMap(Day.init(parsing:)) ?? value.int.flatMap { Day(number: Int($0)) } }
}

/// B3.4.3.1 道路巡查: one row is one road of one round, to be walked or walked, with where and when it began and ended.
///
/// Written by the patrol itself (`PatrolDesk`). Source: requirements/B-transport.md B3.4.3.1, 实体 Patrol.
package enum RoadPatrol {
    package static let ledger = LedgerDeclaration(
        id: "B3.4.3.1", name: "roadPatrol", title: "巡查记录", titleEN: "Patrols", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners, titleField: "road",
        isReadOnly: true, indexes: [],
        fields: [
            .reference("round", "巡检任务", to: "patrolRound", marks: [.required, .filterable, .indexed]),
            .reference("road", "道路", to: "road", marks: [.required, .filterable, .groupable, .indexed]),
            .reference("chief", "路长", to: "roadChief", marks: [.filterable, .groupable]),
            .code("state", "状态", from: .roadPatrolState, marks: [.filterable, .groupable]).fallback("pending"),
            .integer("month", "月份", 0...999_999, marks: [.filterable, .sortable, .unlisted]), .moment("startedAt", "开始时间", marks: [.filterable, .sortable]),
            .moment("endedAt", "结束时间", marks: [.sortable]), .location("startPlace", "开始位置", marks: [.unlisted]), .location("endPlace", "结束位置", marks: [.unlisted]),
            .decimal("walkedLength", "巡查长度", places: 2, 0...10_000, unit: "公里", marks: [.sortable, .summable]), .text("walker", "巡查人员", length: 0...60, marks: [.searchable]),
            .integer("walkerId", "巡查人员编号", 0...1_000_000_000_000, marks: [.unlisted]), .note("content", "巡查情况", length: 0...1000, marks: [.unlisted]),
        ])
}
