import Ledgers

/// D6.8.1 应急演练计划: one row is one planned drill; that it was held in time is watched by D2.6.12.
package enum DrillPlan {
    package static let ledger = LedgerDeclaration(
        id: "D6.8.1", name: "drillPlan", title: "应急演练计划", titleEN: "Drill plans", group: ParkSafety.group, ownedBy: .enterprise, uniqueBy: ["org", "name", "dueOn"],
        titleField: "name",
        fields: [
            .text("name", "计划名称", length: 4...80, marks: [.required, .searchable]),
            .code("mode", "演练形式", from: .drillMode, marks: [.required, .filterable, .groupable]),
            .code("kind", "演练类型", from: .drillKind, marks: [.required, .filterable]),
            .code("level", "演练级别", from: .drillLevel, marks: [.required, .filterable, .groupable]),
            .text("plan", "应急预案名称", length: 2...80, marks: [.required]),
            .note("scenario", "演练场景", length: 2...500, marks: [.required, .unlisted]),
            .text("place", "演练地点", length: 1...60),
            .text("department", "主办部门", length: 1...40, marks: [.required]),
            .integer("headcount", "参与人数", 1...10_000, unit: "人", marks: [.summable]),
            .day("dueOn", "预计完成日期", marks: [.required, .filterable, .sortable]),
            .day("heldOn", "实际演练日期", check: .notFuture).hint("演练后填写；到期未填即报警"),
            .note("evaluation", "效果评估与改进", length: 0...2000, marks: [.unlisted]),
            .files("record", "方案、签到与照片"),
        ])
}
