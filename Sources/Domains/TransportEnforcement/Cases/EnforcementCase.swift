import Identity
import Kernel
import Ledgers
import Rules
import Workflows

/// B2.1.6 案件流程: from the entry on the road to the archive, declared with nothing but what the engine offers.
///
/// The order of the tender's two places differs (立案 before or after the appeal); here the party is told what is proposed, may appeal twice, and the case is filed by itself when the second appeal
/// was refused or the period passed without one. Times per step follow the small category (`CaseCategory.nodes`).
/// Source: requirements/B-transport.md B2.1.3 … B2.1.12, B2.1.15.
package enum EnforcementCase {
    package static let workflow = WorkflowDeclaration(
        id: "B2.1.6", name: "enforcementCase", title: "执法案件", titleEN: "Enforcement case", group: EnforcementArea.cases, numbers: "ZF", form: entry, titleField: "subjectName",
        mayWithdraw: false,
        publicFields: [
            "subjectName", "category", "plateNo", "place", "foundAt", "facts", "platePhoto", "scenePhoto", "measure", "fine", "suspendDays", "meeting", "appealPhoto",
            "answerPhoto", "executed",
            "paid", "closingNote",
        ],
        onStart: ["enforcement.open"], onCancel: ["enforcement.cancel"],
        steps: [
            dispatch, upward, verify, evidence, appealPeriod, answer, filing, discussion, decision, approval, publicity, execution, closing,
            .automatic("archive", "归档", isPublic: true, to: "archived"),
            .end("archived", "已归档", effects: ["enforcement.end"]), .end("dismissed", "不予立案", effects: ["enforcement.end"]),
            .end("transferred", "移送上级部门", effects: ["enforcement.end"]),
        ])

    /// As the paper form of the brigade asks it; who is concerned comes from the subject.
    private static let entry: [Field] = [
        .text("subjectName", "当事人", length: 1...100, marks: [.required]), .code("category", "案件小类", from: .caseCategory, marks: [.required]),
        .code("source", "案件来源", from: .caseSource, marks: [.required]).fallback("road"), .text("plateNo", "车牌号码", length: 0...12), .text("driverName", "驾驶人", length: 0...30),
        .text("place", "违法地点", length: 1...120, marks: [.required]),
        .moment("foundAt", "发现时间", check: .notFuture, marks: [.required]), .note("facts", "执法内容", length: 5...2000, marks: [.required]), .photo("platePhoto", "车辆及车牌照片"),
        .photo("driverCard", "驾驶人身份证照片"), .photo("scenePhoto", "现场照片"), .files("sceneFiles", "其他图片、视频"),
    ]

    private static let leader: WorkflowActor = .role(EnforcementRole.leader)
    private static let officer: WorkflowActor = .named(field: "assignee", role: EnforcementRole.officer)
    private static let assignee: Field = .text("assignee", "派给", length: 1...32, marks: [.required]).hint("管辖范围包含本案的执法人员")
    /// Asked when a measure is proposed and again when it is decided.
    private static let measure: [Field] = [
        .code("measure", "处置措施", from: .caseMeasure, marks: [.required]), .decimal("fine", "罚款金额", places: 2, 0...10_000_000, unit: "元").hint("幅度见案件类别和措施库，超出时提示"),
        .integer("suspendDays", "停业整顿天数", 0...365, unit: "天"), .bool("fineConfirmed", "超出幅度仍提交").fallback("false"), .text("fineReason", "超幅度理由", length: 0...200),
    ]

    private static let dispatch: WorkflowStep = .task(
        "dispatch", "派单", by: [leader], form: [assignee, .note("instruction", "派单要求", length: 0...500)], within: .workingHours(4),
        [
            .on("assign", "派单", to: "verify", branches: [WorkflowBranch(when: Condition("flow", .equals, "simple"), to: "evidence")], effects: ["enforcement.assign"]),
            .on("upward", "转上级处理", to: "upward", opinion: true, form: false), .on("refuse", "不予立案", to: "dismissed", opinion: true, form: false),
        ])

    private static let upward: WorkflowStep = .task(
        "upward", "上级处理", by: [.role(.city), .leader(of: "dispatch", role: EnforcementRole.leader)], form: [assignee], within: .workingHours(24),
        [.on("assign", "重新派单", to: "verify", effects: ["enforcement.assign"]), .on("further", "不属本部门，移送上级", to: "transferred", opinion: true, form: false)])

    private static let verify: WorkflowStep = .task(
        "verify", "核实", by: [officer],
        form: [
            .note("cause", "案件缘由", length: 1...500, marks: [.required]), .note("partyOpinion", "当事人意见", length: 0...1000),
            .code("accuracy", "内容准确性", from: .caseAccuracy, marks: [.required]), .note("latest", "最新状况", length: 0...1000), .note("correction", "修正内容", length: 0...1000),
            .note("process", "核实过程", length: 1...2000, marks: [.required]), .photo("verifyPhoto", "核实照片"), .files("verifyFiles", "其他图片、视频"),
        ], within: .workingHours(24), overdue: [.remind, .escalate(to: leader)],
        [
            .on("true", "属实", to: "evidence"), .on("false", "不属实", to: "dismissed", opinion: true, form: false),
            .on("beyond", "不属本职权，上报", to: "dispatch", opinion: true, form: false),
        ])

    private static let evidence: WorkflowStep = .task(
        "evidence", "现场取证与告知", by: [officer],
        form: [.note("record", "勘验笔录", length: 1...4000, marks: [.required]), .photo("evidencePhoto", "证据照片"), .files("evidenceFiles", "其他证据材料")] + measure,
        within: .workingHours(40), overdue: [.remind, .escalate(to: leader)],
        [.on("served", "取证完毕并告知当事人", to: "appealPeriod", effects: ["enforcement.judgeMeasure"]), .on("beyond", "不属本职权，上报", to: "dispatch", opinion: true, form: false)])

    /// The party may speak twice, by the code on the notice; nobody who says nothing is waited for longer than the period.
    private static let appealPeriod: WorkflowStep = .notice(
        "appealPeriod", "告知与申诉期", for: .workingHours(40), expires: "expire", by: [.concerned],
        form: [
            .text("appellant", "申诉人", length: 1...32, marks: [.required]), .text("phone", "联系电话", length: 8...20, check: .phone, marks: [.required]), .photo("appealPhoto", "申诉照片"),
            .files("appealFiles", "其他图片、视频"),
        ],
        [.on("appeal", "申诉", to: "answer", opinion: true, effects: ["enforcement.appeal"], limit: 2), .on("expire", "期满未申诉", to: "filing", automatic: true)])

    private static let answer: WorkflowStep = .task(
        "answer", "申诉答复", by: [leader], form: [.photo("answerPhoto", "答复附图")], within: .workingHours(40), overdue: [.remind, .escalate(to: .role(.city))],
        [
            .on("reject", "驳回申诉", to: "appealPeriod", branches: [WorkflowBranch(when: Condition("appeals", .atLeast, 2), to: "filing")], opinion: true),
            .on("accept", "申诉成立", to: "dismissed", opinion: true),
        ])

    private static let filing: WorkflowStep = .automatic(
        "filing", "自动立案", effects: ["enforcement.file"], isPublic: true, to: "discussion", branches: [WorkflowBranch(when: Condition("flow", .equals, "simple"), to: "decision")])

    private static let discussion: WorkflowStep = .task(
        "discussion", "集体讨论", by: [leader], form: [.text("attendees", "参加人员", length: 0...200), .note("meeting", "讨论意见", length: 1...2000, marks: [.required])],
        within: .workingHours(56),
        [.on("agree", "同意处罚", to: "decision"), .on("dismiss", "撤销案件", to: "dismissed", opinion: true)])

    private static let decision: WorkflowStep = .task(
        "decision", "处置决定", by: [leader], form: measure, within: .workingHours(40),
        [
            .on(
                "propose", "作出决定", to: "publicity", branches: [WorkflowBranch(when: Condition("needsApproval", .equals, 1), to: "approval")],
                effects: ["enforcement.judgeMeasure", "enforcement.decide"])
        ])

    private static let approval: WorkflowStep = .task(
        "approval", "上级审批", by: [.role(.city)], within: .workingHours(40),
        [.on("approve", "批准", to: "publicity", opinion: true, effects: ["enforcement.approve"]), .on("reject", "退回重议", to: "decision", opinion: true)])

    private static let publicity: WorkflowStep = .notice(
        "publicity", "公示", for: .workingHours(56), expires: "expire",
        [.on("expire", "公示期满", to: "execution", automatic: true)])

    private static let execution: WorkflowStep = .task(
        "execution", "执行", by: [officer, leader],
        form: [
            .note("executed", "执行情况", length: 1...1000, marks: [.required]), .decimal("paid", "实缴罚款", places: 2, 0...10_000_000, unit: "元"), .photo("receiptPhoto", "执行凭证照片"),
            .files("receipt", "其他执行凭证"),
        ], within: .workingHours(120), overdue: [.remind, .escalate(to: leader)], [.on("done", "执行完毕", to: "closing", effects: ["enforcement.execute"])])

    private static let closing: WorkflowStep = .task(
        "closing", "结案", by: [leader], form: [.note("closingNote", "结案意见", length: 1...1000, marks: [.required])], within: .workingHours(24),
        [.on("close", "结案归档", to: "archive", effects: ["enforcement.close"]), .on("back", "退回执行", to: "execution", opinion: true, form: false)])
}
