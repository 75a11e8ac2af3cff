import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// D17.2.7 录像与资料调阅审批: outsiders see recordings and papers only when the leader in charge has agreed in writing; officers of the law show their papers. What was handed over is a copy, and stands in a
/// register of its own.
package enum RecordAccess {
    /// Written by the flow alone.
    static let ledger = LedgerDeclaration(
        id: "D17.2.7-1", name: "recordAccess", title: "调阅登记", titleEN: "Register of access to records", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["number"],
        titleField: "number", sortedBy: [.init("providedAt", descending: true)], timeField: "providedAt",
        fields: [
            .text("number", "审批编号", length: 1...40, marks: [.required, .searchable]), .text("unit", "申请单位", length: 2...80, marks: [.required, .searchable, .filterable]),
            .text("person", "申请人", length: 2...30, marks: [.required, .personal]), .code("applicant", "申请方", from: .recordApplicant, marks: [.required, .filterable, .groupable]),
            .code("kind", "资料种类", from: .recordKind, marks: [.required, .filterable, .groupable]), .note("range", "范围", length: 2...1000, marks: [.required]),
            .text("reason", "事由", length: 2...300, marks: [.required, .searchable]), .text("approvedBy", "批准人", length: 1...40, marks: [.required]),
            .text("providedBy", "经办人", length: 1...40, marks: [.required]), .moment("providedAt", "提供时间", marks: [.required, .filterable, .sortable]),
            .note("items", "导出物", length: 2...1000, marks: [.required]), .text("medium", "拷贝介质", length: 1...60), .bool("hasPrivacy", "含个人隐私画面", marks: [.filterable]),
            .note("limits", "传播限制", length: 0...500),
        ])

    package static let workflow = WorkflowDeclaration(
        id: "D17.2.7", name: "recordAccessApproval", title: "录像与资料调阅", titleEN: "Access to records", group: SecurityMenu.group, numbers: "DY",
        startedBy: [.role(.admin), .role(.securityAdmin), .role(.city), .role(.county)],
        form: [
            .code("applicant", "申请方", from: .recordApplicant, marks: [.required]), .text("unit", "申请单位", length: 2...80, marks: [.required]),
            .text("person", "申请人", length: 2...30, marks: [.required]), .text("paper", "证件或证明", length: 2...100).hint("执法机关填执法证件号，外借填公安机关证明文号；内部人员可不填"),
            .code("kind", "资料种类", from: .recordKind, marks: [.required]), .note("range", "调阅范围", length: 2...1000, marks: [.required]).hint("通道或位置、起止时间、资料名称"),
            .text("reason", "事由", length: 2...300, marks: [.required]), .bool("isCarried", "需拷贝带走"), .files("letters", "介绍信与证明"),
        ], titleField: "unit", within: .workingDays(10), onStart: [admit], steps: [check, approve, provide, .end("done", "已提供"), .end("refused", "未同意")])

    private static let admit = "recordAccess.admit"
    private static let enter = "recordAccess.enter"

    private static let check: WorkflowStep = .task(
        "check", "核验凭据", by: [.role(.securityAdmin)], form: [.text("checked", "核验情况", length: 2...200, marks: [.required])], within: .workingDays(2),
        [.on("genuine", "凭据属实，报批", to: "approve"), .on("refuse", "凭据不符，不予受理", to: "refused", opinion: true, form: false)])

    private static let approve: WorkflowStep = .task(
        "approve", "主管领导审批", by: [.role(.city)], within: .workingDays(3),
        [.on("agree", "同意调阅", to: "provide"), .on("refuse", "不同意", to: "refused", opinion: true)])

    private static let provide: WorkflowStep = .task(
        "provide", "提供并登记", by: [.role(.admin)],
        form: [
            .moment("providedAt", "提供时间", check: .notFuture, marks: [.required]), .note("items", "导出物", length: 2...1000, marks: [.required]).hint("文件名、时段、SHA-256"),
            .text("medium", "拷贝介质", length: 1...60), .bool("copiesOnly", "只提供拷贝，未外借原始介质"), .bool("hasPrivacy", "含个人隐私画面"),
            .note("limits", "传播限制", length: 0...500).hint("含个人隐私画面的必须写明遮挡情况和传播限制"),
        ], within: .workingDays(3), [.on("given", "已提供", to: "done", effects: [enter]), .on("void", "申请方未来取，作废", to: "refused", opinion: true, form: false)])

    static func register(on workflows: WorkflowEngine, ledgers: LedgerEngine) {
        workflows.onEffect(admit) { item, _, _ in
            let paper = item.data["paper"]?.string ?? ""
            guard item.data["applicant"]?.string == "inside" || !paper.isEmpty else {
                throw Failure.invalid([FieldFinding("paper", "required", "外来人员和执法机关须填写证件或证明", title: "证件或证明")])
            }
        }
        workflows.onEffect(enter) { item, principal, tx in
            func text(_ name: String) -> String { item.data[name]?.string ?? "" }
            func isMarked(_ name: String) -> Bool { item.data[name]?.bool ?? (item.data[name]?.int == 1) }
            var findings: [FieldFinding] = []
            if !isMarked("copiesOnly") { findings.append(FieldFinding("copiesOnly", "required", "原始介质不外借，须确认只提供拷贝", title: "只提供拷贝")) }
            let hasPrivacy = isMarked("hasPrivacy")
            if hasPrivacy, text("limits").isEmpty { findings.append(FieldFinding("limits", "required", "含个人隐私画面，须写明遮挡情况和传播限制", title: "传播限制")) }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            let approver = try tx.value(
                "SELECT by_name FROM workflow_steps WHERE case_id = \(item.id) AND step = 'approve' AND done_at IS NOT NULL ORDER BY id DESC LIMIT 1")?.text
            var values: [String: JSONValue] = [
                "number": .string(item.number), "hasPrivacy": .bool(hasPrivacy), "approvedBy": .string(approver ?? "主管领导"), "providedBy": .string(principal.name),
                "providedAt": item.data["providedAt"] ?? .null,
            ]
            for name in ["unit", "person", "applicant", "kind", "range", "reason", "items", "medium", "limits"] where !text(name).isEmpty { values[name] = .string(text(name)) }
            _ = try ledgers.create(ledger.name, Draft(values, area: item.area), by: .system(principal.name), in: tx)
        }
    }
}

/// D17.11.3 视频隐私: what a patrol sees of private life is covered, kept among few and looked at again.
package enum VideoPrivacy {
    package static let workflow = WorkflowDeclaration(
        id: "D17.11.3", name: "videoPrivacy", title: "隐私画面处置", titleEN: "Private scenes", group: SecurityMenu.group, numbers: "YS",
        startedBy: [.role(.admin), .role(.securityAdmin), .role(.city), .role(.county)],
        form: [
            .text("camera", "视频通道或照片编号", length: 2...100, marks: [.required]), .moment("seenAt", "发现时间", check: .notFuture, marks: [.required]),
            .note("what", "情况", length: 2...500, marks: [.required]).hint("只写画面性质，不写可识别个人的内容"), .bool("wasSpread", "已被截图、导出或传播"),
        ], titleField: "camera", within: .workingDays(5), steps: [cover, review, .end("done", "已办结")])

    private static let cover: WorkflowStep = .task(
        "cover", "遮挡与限制", by: [.role(.admin)],
        form: [
            .text("mask", "隐私遮挡区域", length: 2...200, marks: [.required]).hint("通道、遮挡位置；调整角度的写明调整后情况"), .note("removed", "已清除的截图与片段", length: 0...500),
            .text("knowers", "知悉人员", length: 2...200, marks: [.required]).hint("已提醒不得在监管场所外传播"),
        ], within: .workingDays(2), [.on("covered", "已处置", to: "review")])

    private static let review: WorkflowStep = .task(
        "review", "复核", by: [.role(.securityAdmin)], within: .workingDays(2),
        [.on("pass", "处置到位，办结", to: "done"), .on("again", "未到位，继续处置", to: "cover", opinion: true)])
}
