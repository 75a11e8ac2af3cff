import Ledgers

/// B3.1.2.3 问题类别: the management standard as a tree; a reported problem names its category.
package enum ProblemCategory {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.2.3", name: "problemCategory", title: "问题类别", titleEN: "Problem categories", group: RoadChiefs.group, ownedBy: .shared, uniqueBy: ["code"], titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "类别编号", length: 1...20, marks: [.required, .searchable, .sortable]), .text("name", "类别名称", length: 1...40, marks: [.required, .searchable, .sortable]),
            .reference("parent", "上级类别", to: "problemCategory", marks: [.filterable, .groupable]), .note("description", "管理标准", length: 0...1000),
        ])
}

/// B3.1.2.4 问题来源: where problems and tasks come from; five stand ready.
package enum ProblemSource {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.2.4", name: "problemSource", title: "问题来源", titleEN: "Problem sources", group: RoadChiefs.group, ownedBy: .shared, uniqueBy: ["code"], titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "来源编号", length: 1...20, marks: [.required, .searchable, .sortable]), .text("name", "来源名称", length: 1...40, marks: [.required, .searchable, .sortable]),
            .note("description", "描述", length: 0...500),
        ])

    /// As the migration writes them into a new installation.
    package static let presets: [(code: String, name: String)] = [
        ("LY01", "月度自查"), ("LY02", "监督指挥中心抄告"), ("LY03", "上级抄告"), ("LY04", "路长办季度检查"), ("LY05", "区级路长专项督查"),
    ]
}
