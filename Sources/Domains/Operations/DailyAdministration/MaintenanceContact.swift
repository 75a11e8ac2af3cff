import Ledgers

/// D9.14.2 企业运维通讯录: one row is one person of an enterprise who keeps its systems running; found by the enterprise's name.
enum MaintenanceContact {
    static let ledger = LedgerDeclaration(
        id: "D9.14.2", name: "maintenanceContact", title: "企业运维通讯录", titleEN: "Maintenance contacts", group: DailyAdministration.group, ownedBy: .enterprise,
        uniqueBy: ["org", "contact", "mobile"], titleField: "contact",
        fields: [
            .text("enterprise", "企业名称", length: 2...80, marks: [.required, .searchable]),
            .text("contact", "姓名", length: 2...30, marks: [.required, .searchable]),
            .text("post", "岗位", length: 1...40, marks: [.required]),
            .text("mobile", "手机号", length: 11...20, check: .phone, marks: [.required, .personal]),
            .text("officePhone", "办公电话", length: 7...20, marks: [.unlisted]),
            .text("systems", "负责的系统", length: 1...100).hint("如：门禁、视频、DCS、气体报警"),
            .bool("onCall", "夜间可联系", marks: [.filterable]),
        ])
}
