import Alarms
import Identity
import Ledgers

/// D9.13.3 系统巡检记录: one row is one look at a part of the platform; the next one is watched (功能模块每日点检).
enum SystemInspection {
    static let ledger = LedgerDeclaration(
        id: "D9.13.3", name: "systemInspection", title: "系统巡检记录", titleEN: "System inspections", group: DailyAdministration.group, ownedBy: .shared, titleField: "item",
        fields: [
            .text("item", "巡检项目", length: 2...80, marks: [.required, .searchable]),
            .codes("parts", "巡检对象", from: .inspectedPart, marks: [.required, .filterable]),
            .text("department", "巡检部门", length: 2...40, marks: [.required]),
            .code("cycle", "巡检周期", from: .inspectionCycle, marks: [.required, .filterable, .groupable]),
            .text("inspector", "巡检人", length: 2...30, marks: [.required, .searchable]),
            .moment("inspectedAt", "巡检时间", check: .notFuture, marks: [.required, .sortable]),
            .code("result", "巡检结果", from: .inspectionResult, marks: [.required, .filterable, .groupable]).fallback("normal"),
            .note("summary", "巡检总结", length: 2...2000, marks: [.required]),
            .day("nextOn", "下次巡检日期", marks: [.filterable, .sortable]),
            .files("papers", "附件"),
        ])
}

extension SystemInspection {
    /// The next round is due: the city's people are told on the day, an alarm when it was missed.
    static let nextRound = ExpiryRule(
        "systemInspectionDue", "系统巡检", ledger: ledger.name, field: "nextOn", stages: [0], receivers: ["role:\(BuiltInRole.city.rawValue)"], raisesAlarm: false)
}
