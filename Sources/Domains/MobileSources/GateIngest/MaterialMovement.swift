import Kernel
import Ledgers
import Storage

/// A-42 物料进出计量: one row is one weighing of one trip.
///
/// `WeighingJoin` finds the pass it belongs to and compares the tonnes. Source: requirements/A-mobile-sources.md A-42, 实体 MaterialMovement. Weighbridge events create no visit of their own (hj1321-gate.md §3).
package enum MaterialMovement {
    package static let ledger = LedgerDeclaration(
        id: "A-42",
        name: "materialMovement",
        title: "物料进出计量",
        titleEN: "Material movements",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        titleField: "goodsName",
        sortedBy: [LedgerDeclaration.Sort("weighedAt", descending: true)],
        isLarge: true,
        timeField: "weighedAt",
        indexes: [
            Index("org", "weighed_at"), Index("pass_id", where: "pass_id IS NOT NULL"), Index("weighed_at", where: "match_state = 'pending' AND deleted_at IS NULL"),
        ],
        fields: [
            .moment("weighedAt", "计量时间", marks: [.required, .filterable, .sortable]),
            .text("plateNo", "号牌号码", length: 1...12, check: .plate, marks: [.required, .searchable]),
            .code("direction", "方向", from: .direction, marks: [.required, .filterable, .groupable]),
            .text("goodsName", "货物名称", length: 1...32, marks: [.required, .searchable, .filterable, .groupable]),
            .decimal("grossTonnes", "毛重", places: 3, 0...500, unit: "吨", marks: [.unlisted]),
            .decimal("tareTonnes", "皮重", places: 3, 0...500, unit: "吨", marks: [.unlisted]),
            .decimal("netTonnes", "净重", places: 3, 0...500, unit: "吨", marks: [.required, .summable]),
            .code("measuredBy", "计量来源", from: .measuredBy, marks: [.required, .filterable, .groupable]).fallback("scale"),
            .code("matchState", "与过车比对", from: .weighingMatch, marks: [.readOnly, .filterable, .groupable]).fallback("pending"),
            .decimal("passTonnes", "过车上报运输量", places: 3, 0...1000, unit: "吨", marks: [.readOnly, .unlisted]),
            .decimal("differenceTonnes", "净重与上报之差", places: 3, -1000...1000, unit: "吨", marks: [.readOnly]),
            .integer("passId", "过车记录号", 0...Int.max, marks: [.readOnly, .unlisted]),
        ]
    )
}
