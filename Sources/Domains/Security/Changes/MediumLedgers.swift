import Ledgers

/// D17.8.5 介质台账: one row is one medium that carries backups or secrets; what happened to it stands in 介质流转.
enum MediumLedger {
    static let ledger = LedgerDeclaration(
        id: "D17.8.5", name: "backupMedium", title: "介质台账", titleEN: "Media", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["code"], titleField: "code", fields: fields
    )

    private static let fields: [Field] = [
        .text("code", "介质编号", length: 2...40, marks: [.required, .searchable, .immutable]),
        .code("kind", "种类", from: .mediumKind, marks: [.required, .filterable, .groupable]),
        .code("level", "信息类别", from: .secrecyLevel, marks: [.required, .filterable]),
        .text("content", "内容标识", length: 1...200, marks: [.searchable]),
        .text("place", "存放地点", length: 1...80, marks: [.required, .searchable]),
        .bool("isOffsite", "异地存放", marks: [.filterable]),
        .text("keeper", "责任人", length: 2...30, marks: [.required]),
        .day("countedOn", "最近盘点"),
        .day("countBy", "下次盘点", marks: [.sortable]),
        .day("destroyedOn", "销毁日期"),
        .note("remark", "备注"),
    ]
}

/// D17.8.5: one row is one move of a medium.
enum MediumMove {
    static let ledger = LedgerDeclaration(
        id: "D17.8.5-1", name: "mediumMove", title: "介质流转", titleEN: "Moves of media", group: SecurityMenu.group, ownedBy: .authority, titleField: "medium",
        sortedBy: [.init("day", descending: true)],
        fields: [
            .reference("medium", "介质", to: "backupMedium", marks: [.required, .filterable]),
            .code("act", "事项", from: .mediumAct, marks: [.required, .filterable, .groupable]),
            .day("day", "日期", check: .notFuture, marks: [.required, .sortable]),
            .text("person", "经办人", length: 2...30, marks: [.required]),
            .text("witness", "监督人", length: 2...30).hint("送修、销毁须双人"),
            .text("result", "结果", length: 1...200),
            .files("evidence", "凭据"),
        ])
}
