import Ledgers

/// D17.14.1 制度管理: principles, strategies, rules, procedures, each version a row.
enum PolicyRegistry {
    static let ledger = LedgerDeclaration(
        id: "D17.14.1", name: "securityPolicy", title: "安全制度", titleEN: "Security rules", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["number", "revision"],
        titleField: "title",
        fields: [
            .text("title", "制度名称", length: 2...120, marks: [.required, .searchable]),
            .text("number", "文号", length: 2...60, marks: [.required, .searchable]),
            .text("revision", "版本", length: 1...20, marks: [.required]),
            .code("layer", "层级", from: .policyLayer, marks: [.required, .filterable, .groupable]),
            .code("level", "信息类别", from: .secrecyLevel, marks: [.required, .filterable]),
            .text("range", "发布范围", length: 1...200), .text("keeper", "责任人", length: 2...30, marks: [.required]),
            .code("state", "状态", from: .policyState, marks: [.required, .filterable]).fallback("draft"),
            .day("issuedOn", "发布日期", marks: [.sortable]), .day("reviewBy", "下次评审", marks: [.sortable]).hint("重大事故、新漏洞、架构变更后须提前评审"),
            .note("receipt", "收发登记"), .files("files", "正文与审定材料"),
        ])
}

/// D17.14.2 机构岗位与授权审批: groups, posts, meetings, outside contacts, what must be approved by whom.
enum SecurityOrgLedger {
    static let ledger = LedgerDeclaration(
        id: "D17.14.2", name: "securityOrg", title: "安全机构与岗位", titleEN: "Security organisation", group: SecurityMenu.group, ownedBy: .authority, titleField: "title",
        fields: [
            .code("kind", "类别", from: .securityPost, marks: [.required, .filterable, .groupable]),
            .text("title", "机构、岗位、会议或单位", length: 2...120, marks: [.required, .searchable]),
            .text("person", "人员或联系人", length: 2...60), .text("deputy", "备岗（多人共管）", length: 2...60),
            .text("phone", "联系电话", length: 7...20, check: .phone, marks: [.personal]),
            .note("duty", "职责、议题或审批权限"), .day("since", "任职或召开日期", marks: [.sortable]), .day("rotateBy", "轮岗或复审期限", marks: [.sortable]),
            .files("files", "任命、纪要"),
        ])
}

/// D17.14.4 人员安全: checks, agreements, examinations, training and punishments of each person.
enum PersonnelSecurity {
    static let ledger = LedgerDeclaration(
        id: "D17.14.4", name: "personnelSecurity", title: "人员安全", titleEN: "Personnel security", group: SecurityMenu.group, ownedBy: .authority, titleField: "person",
        sortedBy: [.init("day", descending: true)],
        fields: [
            .text("person", "姓名", length: 2...30, marks: [.required, .personal]), .text("login", "平台账号", length: 2...40, marks: [.searchable]),
            .text("post", "岗位", length: 2...60, marks: [.required, .searchable]),
            .code("kind", "事项", from: .personnelCheck, marks: [.required, .filterable, .groupable]),
            .day("day", "日期", check: .notFuture, marks: [.required, .sortable]), .text("result", "结论或成绩", length: 1...200, marks: [.required]),
            .day("validTo", "有效期至", marks: [.sortable]), .files("files", "材料"),
        ])
}
