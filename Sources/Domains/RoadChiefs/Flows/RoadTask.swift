import Ledgers

/// B3.1.3.1 任务下发: one row is one task that the office hands down to a unit; its case runs beside it (`RoadTaskReview`) and writes its state.
///
/// Source: requirements/B-transport.md B3.1.3.1, 实体 RoadTask, RoadTaskFeedback.
package enum RoadTask {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.3.1", name: "roadTask", title: "交办任务", titleEN: "Tasks handed down", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners,
        titleField: "name", timeField: "deadline", fields: asked + kept)

    private static let asked: [Field] = [
        .text("name", "任务名称", length: 2...80, marks: [.required, .searchable, .sortable]).section("交办"),
        .code("kind", "任务类型", from: .roadTaskKind, marks: [.required, .filterable, .groupable]).section("交办"),
        .reference("source", "问题来源", to: "problemSource", marks: [.filterable, .groupable, .unlisted]).section("交办"),
        .reference("road", "道路", to: "road", marks: [.filterable, .groupable]).section("交办").hint("选定道路后，责任单位与路长可不填"),
        .reference("chief", "路长", to: "roadChief", marks: [.filterable, .groupable]).section("交办"),
        .moment("deadline", "执行期限", marks: [.required, .filterable, .sortable]).section("交办"),
        .note("requirement", "整改处理要求", length: 2...1000, marks: [.required, .unlisted]).section("交办"),
        .note("description", "说明", length: 0...1000, marks: [.unlisted]).section("交办"),
        .files("materials", "附件").section("交办"),
    ]

    /// Written by the case.
    private static let kept: [Field] = [
        .text("number", "任务编号", length: 1...40, marks: [.readOnly, .searchable]).section("办理"),
        .code("state", "状态", from: .roadTaskState, marks: [.readOnly, .filterable, .groupable]).section("办理").fallback("todo"),
        .moment("extendedTo", "整改期限", marks: [.readOnly, .unlisted]).section("办理"), .moment("firstFeedbackAt", "首次反馈时间", marks: [.readOnly, .unlisted]).section("办理"),
        .moment("feedbackAt", "最近反馈时间", marks: [.readOnly, .unlisted, .sortable]).section("办理"),
        .moment("handledAt", "处理时间", marks: [.readOnly, .unlisted]).section("办理"), .text("place", "处理地点", length: 0...100, marks: [.readOnly, .unlisted]).section("办理"),
        .text("inspectors", "巡检人员", length: 0...100, marks: [.readOnly, .unlisted]).section("办理"),
        .note("result", "处理结果", length: 0...2000, marks: [.readOnly, .unlisted]).section("办理"),
        .code("lateReason", "超期原因", from: .roadLateReason, marks: [.readOnly, .unlisted, .filterable, .groupable]).section("办理"),
        .moment("failedAt", "首次复查未通过时间", marks: [.readOnly, .unlisted]).section("办理"),
        .integer("failedTimes", "复查未通过次数", 0...1000, marks: [.readOnly, .unlisted]).section("办理").fallback("0"),
        .moment("closedAt", "办结时间", marks: [.readOnly, .unlisted]).section("办理"),
        .bool("overdueWaived", "超期免扣", marks: [.readOnly, .unlisted, .filterable]).section("办理").fallback("false"),
        .bool("failureWaived", "复查未通过免扣", marks: [.readOnly, .unlisted, .filterable]).section("办理").fallback("false"),
    ]
}
