import Identity
import Ledgers
import Workflows

/// D17.10.2 数据销毁: what leaves the house is overwritten or destroyed, approved before, watched by a second person.
package enum DataDestruction {
    package static let workflow = WorkflowDeclaration(
        id: "D17.10.2", name: "dataDestruction", title: "数据与介质销毁", titleEN: "Destruction of data", group: SecurityMenu.group, numbers: "XH",
        startedBy: [.role(.admin), .role(.securityAdmin)],
        form: [
            .text("medium", "介质或存储", length: 2...100, marks: [.required]).hint("介质编号、虚拟机、磁盘序列号"), .code("level", "信息类别", from: .secrecyLevel, marks: [.required]),
            .text("reason", "事由", length: 2...200, marks: [.required]).hint("送修、报废、退租"), .text("method", "方式", length: 2...200, marks: [.required]).hint("多次覆盖、消磁、粉碎；虚拟机底层置零"),
        ], titleField: "medium", within: .workingDays(10), steps: [approve, destroy, witness, .end("done", "已销毁"), .end("refused", "未批准")])

    private static let approve: WorkflowStep = .task(
        "approve", "审批", by: [.role(.securityAdmin)], within: .workingDays(3), [.on("approve", "批准", to: "destroy"), .on("refuse", "不批准", to: "refused", opinion: true)])
    private static let destroy: WorkflowStep = .task(
        "destroy", "销毁", by: [.role(.admin)],
        form: [
            .moment("destroyedAt", "销毁时间", check: .notFuture, marks: [.required]), .integer("passes", "覆盖次数", 0...99), .text("operator", "经办人", length: 2...30, marks: [.required]),
            .files("photos", "过程照片与报告", marks: [.required]),
        ], within: .workingDays(5), [.on("destroyed", "已销毁", to: "witness")])
    private static let witness: WorkflowStep = .task(
        "witness", "监销确认", by: [.role(.auditAdmin)], form: [.text("checked", "核对情况", length: 2...200, marks: [.required])], within: .workingDays(2),
        [.on("confirm", "监销属实", to: "done"), .on("doubt", "不符，重新销毁", to: "destroy", opinion: true)])
}

/// D17.10.3 归还与清退: what a person who leaves or changes post gives back, and equipment that is carried away for a time.
package enum AssetReturn {
    package static let workflow = WorkflowDeclaration(
        id: "D17.10.3", name: "assetReturn", title: "物品归还与设备带离", titleEN: "Return of property", group: SecurityMenu.group, numbers: "GH",
        startedBy: [.role(.admin), .role(.securityAdmin)],
        form: [
            .text("person", "人员", length: 2...30, marks: [.required]), .text("unit", "单位或岗位", length: 2...80, marks: [.required]), .bool("isLeaving", "离岗"),
            .note("items", "应归还物品", length: 2...1000, marks: [.required]).hint("证件、钥匙、智能密码钥匙、设备及编号"), .text("carry", "带离设备与去向", length: 2...200),
            .day("backBy", "应归还日期", marks: [.required]),
        ], titleField: "person", within: .workingDays(20), steps: [receive, clean, .end("done", "已归还")])

    private static let receive: WorkflowStep = .task(
        "receive", "清点收回", by: [.role(.admin)],
        form: [.bool("cards", "证件已收回"), .bool("keys", "钥匙已收回"), .bool("tokens", "智能密码钥匙已收回"), .bool("devices", "设备已收回"), .note("missing", "缺损与处理", length: 0...500)],
        within: .workingDays(10), [.on("received", "已清点", to: "clean")])
    private static let clean: WorkflowStep = .task(
        "clean", "清除数据与注销凭据", by: [.role(.securityAdmin)], form: [.note("cleaned", "清除与注销情况", length: 2...500, marks: [.required])], within: .workingDays(3),
        [.on("done", "办结", to: "done"), .on("back", "退回清点", to: "receive", opinion: true)])
}
