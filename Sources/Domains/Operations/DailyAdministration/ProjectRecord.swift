import Ledgers

/// D9.14.1 项目管理: one row is one project of the park or its platform, kept with its papers.
enum ProjectRecord {
    static let ledger = LedgerDeclaration(
        id: "D9.14.1", name: "projectRecord", title: "项目管理", titleEN: "Projects", group: DailyAdministration.group, ownedBy: .authority, uniqueBy: ["number"], titleField: "name",
        fields: [
            .text("name", "项目名称", length: 2...100, marks: [.required, .searchable]),
            .text("number", "项目编号", length: 2...40, marks: [.required, .searchable]),
            .text("builder", "建设单位", length: 2...80, marks: [.required, .searchable]),
            .text("contractor", "承建单位", length: 2...80, marks: [.searchable]),
            .text("leader", "项目负责人", length: 2...30, marks: [.required]),
            .text("phone", "联系电话", length: 8...20, check: .phone, marks: [.personal, .unlisted]),
            .decimal("investment", "投资额", places: 2, 0...10_000_000, unit: "万元", marks: [.summable]),
            .code("state", "项目状态", from: .projectState, marks: [.required, .filterable, .groupable]).fallback("planned"),
            .day("startedOn", "开工日期", marks: [.sortable]),
            .day("plannedEnd", "计划完成日期", marks: [.filterable, .sortable]),
            .day("endedOn", "实际完成日期", check: .notFuture),
            .note("summary", "建设内容", length: 0...2000, marks: [.unlisted]),
            .files("papers", "电子档案"),
        ])
}
