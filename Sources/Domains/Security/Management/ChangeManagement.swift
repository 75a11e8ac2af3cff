import Identity
import Ledgers
import Workflows

/// D17.14.7 变更管理: asked for, its effects judged, approved by two, done only after a backup, undone where it fails, made known and filed.
package enum ChangeManagement {
    package static let workflow = WorkflowDeclaration(
        id: "D17.14.7", name: "securityChange", title: "变更管理", titleEN: "Change management", group: SecurityMenu.group, numbers: "BG",
        startedBy: [.role(.admin), .role(.securityAdmin)],
        form: [
            .text("title", "变更名称", length: 2...80, marks: [.required]), .code("kind", "类别", from: .changeKind, marks: [.required]),
            .text("systems", "涉及系统与资产", length: 2...200, marks: [.required]), .note("reason", "变更原因", length: 2...1000, marks: [.required]),
            .note("impact", "影响分析", length: 2...2000, marks: [.required]), .note("plan", "实施方案", length: 2...3000, marks: [.required]),
            .note("fallback", "回退方案", length: 2...2000, marks: [.required]), .bool("isRehearsed", "回退已演练"), .moment("window", "计划实施时间", marks: [.required]), .files("files", "附件"),
        ], titleField: "title", within: .workingDays(30),
        steps: [review, implement, announce, .end("done", "已实施并存档"), .end("restored", "已中止并恢复"), .end("refused", "未批准")])

    private static let review: WorkflowStep = .task(
        "review", "评审审批", by: [.role(.securityAdmin)], within: .workingDays(3), [.on("approve", "批准", to: "implement"), .on("refuse", "不批准", to: "refused", opinion: true)])

    private static let implement: WorkflowStep = .task(
        "implement", "实施", by: [.role(.admin)],
        form: [
            .text("backup", "变更前备份编号", length: 2...100, marks: [.required]).hint("见“备份与演练”页的备份名称"), .moment("doneAt", "完成时间", check: .notFuture, marks: [.required]),
            .note("record", "实施记录", length: 2...3000, marks: [.required]),
        ], within: .workingDays(10), [.on("done", "实施成功", to: "announce"), .on("restore", "失败，已按方案恢复", to: "restored", opinion: true)])

    private static let announce: WorkflowStep = .task(
        "announce", "通告与存档", by: [.role(.securityAdmin)], form: [.note("notice", "通告内容", length: 2...1000, marks: [.required]), .bool("isPolicyReviewed", "已检查制度是否须修订")],
        within: .workingDays(3), [.on("file", "存档", to: "done")])
}
