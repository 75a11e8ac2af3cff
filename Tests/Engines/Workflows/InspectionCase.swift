import Identity
import Kernel
import Ledgers
import Rules
import Workflows

/// The yardstick: inspection to penalty as B2.1.6 … B2.1.14 ask for it, declared with nothing but what the engine offers.
///
/// Source: requirements/B-transport.md B2.1.6 案件流程, B2.1.7 申诉, B2.1.8 立案, B2.1.9 处置措施与公示, B2.1.10 归档, B2.1.12 时限.
enum InspectionCase {
    static let measures = DictionaryName("caseMeasure")

    static let dictionary = DictionaryDeclaration(
        measures, "处置措施",
        [
            CodeItem("fine", "罚款", "Fine"), CodeItem("suspend", "停业整顿", "Suspension"), CodeItem("revoke", "吊销", "Revocation"), CodeItem("police", "报送公安机关", "To the police"),
        ])

    static let workflow = WorkflowDeclaration(
        id: "B2.1.6", name: "inspectionCase", title: "执法案件", titleEN: "Inspection case", numbers: "AJ", startedBy: [.role(.county), .role(.city)],
        form: [
            .text("party", "当事人", length: 1...60, marks: [.required]), .text("category", "案件小类", length: 1...40, marks: [.required]),
            .note("facts", "案情", length: 1...2000, marks: [.required]),
            .photo("scene", "现场照片", marks: []), .bool("confirmedOnSite", "现场已确认违法", marks: [.required]),
        ],
        titleField: "party", within: .workingDays(60), mayWithdraw: false, publicFields: ["category", "measure", "fine", "suspendDays"], onCancel: ["case.takeBack"],
        steps: [
            dispatch, verify, evidence, appealPeriod, answer, filing, discussion, decision, approval, publicity, execution, archive, .end("archived", "归档"),
            .end("dismissed", "不予立案"),
        ]
    )

    private static let dispatch: WorkflowStep = .task(
        "dispatch", "派单", by: [.role(.county)], within: .workingHours(4), isPublic: false,
        [.on("assign", "派单核实", to: "verify", branches: [WorkflowBranch(when: Condition("confirmedOnSite", .equals, 1), to: "evidence")])])

    private static let verify: WorkflowStep = .task(
        "verify", "核实", by: [.role(.county)], form: [.note("verified", "核实情况", length: 1...2000, marks: [.required])], within: .workingDays(3),
        [.on("true", "属实", to: "evidence"), .on("false", "不属实", to: "dismissed", opinion: true)])

    private static let evidence: WorkflowStep = .task(
        "evidence", "现场取证", by: [.actor(of: "verify"), .role(.county)], form: [.files("evidenceFiles", "证据材料"), .note("record", "勘验笔录", length: 1...4000, marks: [.required])],
        within: .workingDays(5), overdue: [.remind, .escalate(to: .role(.city))], [.on("served", "取证完毕并告知", to: "appealPeriod")])

    /// The party may speak twice, by the code on the notice; nobody who says nothing is waited for longer than the period.
    private static let appealPeriod: WorkflowStep = .notice(
        "appealPeriod", "申诉期", for: .workingDays(5), expires: "expire", by: [.concerned],
        form: [
            .text("appellant", "申诉人", length: 1...32, marks: [.required]), .text("phone", "联系电话", length: 8...20, check: .phone, marks: [.required]),
            .files("appealFiles", "图片、视频"),
        ],
        [.on("appeal", "申诉", to: "answer", opinion: true, limit: 2), .on("expire", "期满未申诉", to: "filing", automatic: true)])

    private static let answer: WorkflowStep = .task(
        "answer", "申诉答复", by: [.role(.county)], within: .workingDays(5),
        [.on("reject", "驳回申诉", to: "appealPeriod", opinion: true), .on("accept", "申诉成立", to: "dismissed", opinion: true)])

    private static let filing: WorkflowStep = .automatic("filing", "自动立案", effects: ["case.file"], isPublic: true, to: "discussion")

    private static let discussion: WorkflowStep = .task(
        "discussion", "集体讨论", by: [.role(.county)], signing: .all, within: .workingDays(7), powers: [],
        [.on("agree", "同意处罚", to: "decision", opinion: true), .on("object", "不同意", to: "decision", opinion: true)])

    private static let decision: WorkflowStep = .task(
        "decision", "处置措施", by: [.role(.county)],
        form: [
            .code("measure", "处置措施", from: measures, marks: [.required]), .decimal("fine", "罚款金额", places: 2, 0...10_000_000, unit: "元"),
            .integer("suspendDays", "停业整顿天数", 0...365),
        ], within: .workingDays(5),
        [
            .on(
                "propose", "提交", to: "publicity",
                branches: [
                    WorkflowBranch(when: Condition("measure", .oneOf, ["revoke", "police"]), to: "approval"),
                    WorkflowBranch(when: Condition("fine", .greater, 50_000), to: "approval"),
                ])
        ])

    private static let approval: WorkflowStep = .task(
        "approval", "市级审批", by: [.leader(of: "decision", role: "city")], within: .workingDays(5),
        [.on("approve", "批准", to: "publicity", opinion: true), .on("reject", "退回重议", to: "decision", opinion: true)])

    private static let publicity: WorkflowStep = .notice(
        "publicity", "公示", for: .workingDays(7), expires: "expire", [.on("expire", "公示期满", to: "execution", automatic: true)])

    private static let execution: WorkflowStep = .task(
        "execution", "执行", by: [.role(.county)], form: [.files("receipt", "执行凭证"), .note("executed", "执行情况", length: 1...1000, marks: [.required])], within: .workingDays(15),
        [.on("done", "执行完毕", to: "archive")])

    private static let archive: WorkflowStep = .automatic("archive", "归档", effects: ["case.archive"], isPublic: true, to: "archived")
}
