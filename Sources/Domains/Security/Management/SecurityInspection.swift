import Identity
import Ledgers
import Workflows

/// D17.14.3 安全检查: planned, done by a list, summed up, made known, what was found put right and looked at again.
package enum SecurityInspection {
    package static let workflow = WorkflowDeclaration(
        id: "D17.14.3", name: "securityInspection", title: "安全检查", titleEN: "Security inspection", group: SecurityMenu.group, numbers: "AQ",
        startedBy: [.role(.securityAdmin), .role(.auditAdmin)],
        form: [
            .text("title", "检查名称", length: 2...80, marks: [.required]), .text("range", "检查范围", length: 2...200, marks: [.required]).hint("系统、部门、设备"),
            .day("plannedOn", "计划日期", marks: [.required]), .text("members", "检查人员", length: 2...100, marks: [.required]),
        ], titleField: "title", within: .workingDays(30), steps: [inspect, summary, repair, recheck, .end("done", "已办结")])

    private static let inspect: WorkflowStep = .task(
        "inspect", "实施检查", by: [.starter, .role(.securityAdmin)],
        form: [
            .bool("accounts", "账号与权限符合").section("日常检查"), .bool("weaknesses", "漏洞已处置").section("日常检查"), .bool("audit", "审计有效").section("日常检查"),
            .bool("measures", "措施有效").section("全面检查"), .bool("configuration", "配置与备案一致").section("全面检查"), .bool("rules", "制度得到执行").section("全面检查"),
            .note("found", "发现的问题", length: 0...3000), .files("records", "检查记录"),
        ], within: .workingDays(10), [.on("record", "提交检查结果", to: "summary")])

    private static let summary: WorkflowStep = .task(
        "summary", "汇总通报", by: [.role(.securityAdmin)], form: [.note("report", "检查报告与通报", length: 2...3000, marks: [.required])], within: .workingDays(5),
        [.on("repair", "下达整改", to: "repair"), .on("clean", "无问题，办结", to: "done", opinion: true)])

    private static let repair: WorkflowStep = .task(
        "repair", "整改", by: [.role(.admin)], form: [.note("measures2", "整改措施与结果", length: 2...3000, marks: [.required]), .files("proof", "整改证明")], within: .workingDays(10),
        [.on("repaired", "提交整改", to: "recheck")])

    private static let recheck: WorkflowStep = .task(
        "recheck", "复查", by: [.actor(of: "summary")], within: .workingDays(5), [.on("pass", "通过", to: "done"), .on("again", "未通过，继续整改", to: "repair", opinion: true)])
}
