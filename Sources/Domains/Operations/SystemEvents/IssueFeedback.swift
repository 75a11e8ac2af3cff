import Identity
import Ledgers
import Workflows

/// D9.13.1 需求及缺陷反馈: whoever works with the platform says what is wrong or missing; the administrator hands it out, answers, and the asker confirms.
package enum IssueFeedback {
    package static let workflow = WorkflowDeclaration(
        id: "D9.13.1",
        name: "issueFeedback",
        title: "需求与缺陷反馈",
        titleEN: "Issue feedback",
        group: "系统事件",
        numbers: "XQ",
        startedBy: [.role(.city), .role(.county), .role(.enterpriseAdmin), .role(.enterpriseGuard), .role(.maintainer)],
        form: [
            .text("title", "标题", length: 2...60, marks: [.required]),
            .bool("isDefect", "是缺陷").hint("否：新的需求"),
            .note("description", "事件描述", length: 5...2000, marks: [.required]).hint("在哪个页面、做了什么、看到什么、希望怎样"),
            .files("screenshots", "截图与附件"),
            .text("phone", "联系电话", length: 8...20, check: .phone),
        ],
        titleField: "title",
        within: .workingDays(20),
        steps: [triage, repair, confirmation, .end("done", "已解决"), .end("declined", "不予采纳")]
    )

    private static let triage: WorkflowStep = .task(
        "triage", "建档与指派", by: [.role(.admin)], form: [.note("plan", "处理安排", length: 1...1000, marks: [.required]).hint("谁来办、预计何时完成")],
        within: .workingDays(2), overdue: [.remind],
        [.on("assign", "安排处理", to: "repair"), .on("decline", "不予采纳", to: "declined", opinion: true)])

    private static let repair: WorkflowStep = .task(
        "repair", "处理", by: [.role(.admin)], form: [.note("result", "处理结果", length: 1...2000, marks: [.required])],
        within: .workingDays(10), overdue: [.remind], [.on("answer", "反馈结果", to: "confirmation")])

    private static let confirmation: WorkflowStep = .task(
        "confirmation", "提出人确认", by: [.starter], within: .workingDays(5), overdue: [.take("lapse")],
        [
            .on("confirm", "确认解决", to: "done"), .on("again", "仍有问题", to: "repair", opinion: true), .on("lapse", "逾期视为确认", to: "done", automatic: true),
        ])
}
