import Features
import Kernel
import Ledgers
import Storage

/// B3.1.2.1 道路管理: one row is one road or one section of it, with its line on the map, the unit that answers for it and its chief.
///
/// Source: requirements/B-transport.md B3.1.2.1, 实体 Road / RoadSegment.
package enum Road {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.2.1", name: "road", title: "道路", titleEN: "Roads", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners, uniqueBy: ["code"],
        titleField: "name", sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "道路编号", length: 1...30, marks: [.required, .searchable, .sortable]), .text("name", "道路名称", length: 2...60, marks: [.required, .searchable, .sortable]),
            .text("segment", "路段", length: 1...60, marks: [.searchable]).hint("整条道路不分段时留空，如 东段（A 街—B 街）"),
            .decimal("patrolLength", "巡检长度", places: 2, 0...500, unit: "公里", marks: [.sortable, .summable]).hint("在地图上绘制后自动计算，可修改"),
            .text("startPoint", "起点", length: 1...60, marks: [.required]), .text("endPoint", "止点", length: 1...60, marks: [.required]),
            .reference("chief", "路长", to: "roadChief", marks: [.filterable, .groupable]),
            .bool("isPatrolled", "列入巡检", marks: [.filterable]).fallback("true"), .note("description", "描述", length: 0...500, marks: [.unlisted]),
            .note("line", "走向", length: 0...20_000, marks: [.readOnly, .unlisted]).hint("在“绘制走向”中绘制"),
        ])

    static func register(on platform: Platform) {
        // A road without a unit of its own goes to its chief's.
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, _, tx in
            guard before == nil, draft.org == nil, let chief = draft.values["chief"].flatMap(RoadRecords.number) else { return }
            draft.org = try tx.value("SELECT org FROM road_chief WHERE id = \(chief) AND deleted_at IS NULL")?.int
        }
    }
}
