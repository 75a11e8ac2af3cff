import Kernel
import Ledgers
import Storage

/// A-43 车货人识别: what an enterprise has allowed in: which vehicle, with which goods, driven by whom, through which gates, how long.
///
/// What cameras and readers recognise is compared with it before the barrier lifts, where the enterprise demands it (`Enterprise.needsAuthorisation`).
package enum EntryAuthorisation {
    package static let plateNo = FieldKey<String>("plateNo")

    package static let ledger = LedgerDeclaration(
        id: "A-43",
        name: "entryAuthorisation",
        title: "进厂授权",
        titleEN: "Entry authorisations",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        uniqueBy: ["org", "plateNo", "plateColor", "validFrom"],
        titleField: "plateNo",
        fields: [
            .text("plateNo", "号牌号码", length: 1...12, check: .plate, marks: [.required, .searchable, .sortable]).section("车辆"),
            .code("plateColor", "号牌颜色", from: .plateColor, marks: [.required, .filterable]).section("车辆").fallback("1"),
            .text("gateNos", "限行出入口", length: 1...64, marks: [.unlisted]).section("车辆").hint("出入口编号，多个用逗号分开；不填为各出入口均可"),
            .day("validFrom", "授权开始", marks: [.required, .filterable, .sortable]).section("期限"),
            .day("validUntil", "授权截止", marks: [.required, .filterable, .sortable]).section("期限"),
            .text("purpose", "事由", length: 1...200, marks: [.searchable]).section("期限"),
            .text("driver", "驾驶人", length: 1...32, marks: [.personal]).section("驾驶人").hint("填写后，门前核对驾驶人"),
            .text("driverIdCard", "身份证号", length: 18...18, check: .idCard, marks: [.personal, .unlisted]).section("驾驶人"),
            .text("driverPhone", "联系电话", length: 5...20, check: .phone, marks: [.personal, .unlisted]).section("驾驶人"),
            .photo("driverPhoto", "驾驶人照片").section("驾驶人"),
            .text("cargo", "货物", length: 1...200, marks: [.searchable]).section("货物").hint("货物名称，多个用逗号分开；不填为不限"),
        ]
    )
}

/// A-43 门前核验: what a guard saw when a vehicle stood at the barrier, beside what was allowed. Written once, never changed.
package enum EntryCheck {
    package static let plateNo = FieldKey<String>("plateNo")
    package static let outcome = FieldKey<String>("outcome")

    package static let ledger = LedgerDeclaration(
        id: "A-43-1",
        name: "entryCheck",
        title: "门前核验",
        titleEN: "Entry checks",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        titleField: "plateNo",
        sortedBy: [LedgerDeclaration.Sort("checkedAt", descending: true)],
        isReadOnly: true,
        indexes: [Index("org", "checked_at")],
        fields: [
            .moment("checkedAt", "核验时间", marks: [.required, .filterable, .sortable]),
            .text("plateNo", "号牌号码", length: 1...12, marks: [.required, .searchable]),
            .code("plateColor", "号牌颜色", from: .plateColor, marks: [.required, .filterable]),
            .reference("authorisation", "进厂授权", to: EntryAuthorisation.ledger.name, marks: [.unlisted]),
            .code("person", "驾驶人", from: .entryMatch, marks: [.required, .filterable, .groupable]),
            .code("cargo", "货物", from: .entryMatch, marks: [.required, .filterable, .groupable]),
            .code("outcome", "核验结论", from: .verdict, marks: [.required, .filterable, .groupable]),
            .text("reasons", "原因", length: 0...500),
            .text("guard", "核验人", length: 1...64, marks: [.personal, .filterable]),
            .note("note", "说明", length: 0...500, marks: [.unlisted]),
        ]
    )

    static let match = [CodeItem("match", "一致", "Match"), CodeItem("mismatch", "不一致", "Mismatch"), CodeItem("none", "未核对", "Not compared")]
}

extension DictionaryName { package static let entryMatch = DictionaryName("entryMatch") }
