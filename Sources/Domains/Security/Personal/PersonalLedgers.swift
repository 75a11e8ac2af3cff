import Ledgers

/// D17.11.1 个人信息台账: what is collected of whom, why, for how long, and who sees it. It is proposed from the fields that ledgers mark as personal.
enum PersonalDataRegistry {
    static let ledger = LedgerDeclaration(
        id: "D17.11.1", name: "personalDataRegistry", title: "个人信息台账", titleEN: "Register of personal data", group: SecurityMenu.group, ownedBy: .shared,
        uniqueBy: ["source", "item"], titleField: "item",
        fields: [
            .text("source", "台账或来源", length: 1...80, marks: [.required, .searchable, .filterable]),
            .text("item", "信息项", length: 1...80, marks: [.required, .searchable]),
            .code("kind", "类别", from: .personalDataKind, marks: [.filterable, .groupable]),
            .bool("isSensitive", "敏感个人信息", marks: [.filterable]),
            .text("subjects", "信息主体", length: 1...80).hint("驾驶员、访客、企业联系人"),
            .note("purpose", "收集目的", length: 0...500), .text("basis", "合法性依据", length: 1...200),
            .text("usage", "使用场景", length: 1...200),
            .integer("keptMonths", "保存期", 1...600, unit: "月"),
            .text("roles", "可见角色", length: 1...200),
            .text("protection", "保护措施", length: 1...200),
            .bool("isNecessary", "已确认最小必要", marks: [.filterable]),
            .day("reviewedOn", "最近复核"), .day("reviewBy", "下次复核", marks: [.sortable]),
        ])
}

/// D17.11.4 保密管理: agreements, what counts as confidential, and leaks with who answers for them.
enum ConfidentialityRecord {
    static let ledger = LedgerDeclaration(
        id: "D17.11.4", name: "confidentialityRecord", title: "保密管理", titleEN: "Confidentiality", group: SecurityMenu.group, ownedBy: .authority, titleField: "title",
        fields: [
            .code("kind", "类别", from: .confidentialityKind, marks: [.required, .filterable, .groupable]),
            .text("title", "事项", length: 2...120, marks: [.required, .searchable]),
            .text("person", "签订人或责任人", length: 2...30, marks: [.personal]),
            .text("unit", "所在单位", length: 2...80, marks: [.searchable]),
            .code("level", "信息类别", from: .secrecyLevel, marks: [.filterable]),
            .day("signedOn", "签订或发生日期", marks: [.required, .sortable]),
            .day("validTo", "有效期至", marks: [.sortable]),
            .note("content", "内容与经过"), .text("decision", "责任认定与处理", length: 1...500),
            .files("files", "协议与材料"),
        ])
}
