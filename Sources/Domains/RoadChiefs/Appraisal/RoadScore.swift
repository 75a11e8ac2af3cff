import Ledgers

/// B3.2 月度考核: one row is one unit's published month; written once, never changed.
package enum RoadScore {
    package static let ledger = LedgerDeclaration(
        id: "B3.3.1-1", name: "roadScore", title: "月度成绩", titleEN: "Monthly scores", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners,
        uniqueBy: ["org", "month"], titleField: "name", sortedBy: [LedgerDeclaration.Sort("month", descending: true), LedgerDeclaration.Sort("rank")], isReadOnly: true,
        keptYears: nil,
        fields: [
            .text("name", "考核", length: 1...60, marks: [.searchable]), .integer("month", "月份", 0...999_999, marks: [.required, .filterable, .groupable, .sortable]),
            .integer("rank", "名次", 0...100_000, marks: [.sortable]), .decimal("total", "得分", places: 1, -10_000...10_000, unit: "分", marks: [.sortable, .summable]),
            .decimal("base", "基础分", places: 1, 0...10_000, unit: "分", marks: [.unlisted]), .decimal("daily", "日常考核", places: 1, -10_000...10_000, unit: "分", marks: [.summable]),
            .decimal("business", "业务考核", places: 1, -10_000...10_000, unit: "分", marks: [.summable]),
            .decimal("emergency", "应急问题", places: 1, -10_000...10_000, unit: "分", marks: [.summable]),
            .decimal("bonus", "加分", places: 1, -10_000...10_000, unit: "分", marks: [.summable]),
            .decimal("refund", "申诉返还", places: 1, -10_000...10_000, unit: "分", marks: [.summable]), .integer("rounds", "巡检次数", 0...10_000, unit: "次"),
            .integer("missed", "漏巡", 0...1_000_000, unit: "条次"), .moment("publishedAt", "发布时间", marks: [.sortable]), .text("publisher", "发布人", length: 0...60),
        ])
}

/// B3.2: one row is one line of a published sheet, with why it stands there.
package enum RoadScoreLine {
    package static let ledger = LedgerDeclaration(
        id: "B3.3.1-2", name: "roadScoreLine", title: "成绩明细", titleEN: "Score lines", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners, titleField: "title",
        sortedBy: [LedgerDeclaration.Sort("month", descending: true), LedgerDeclaration.Sort("id")], isReadOnly: true, keptYears: nil,
        fields: [
            .reference("score", "月度成绩", to: "roadScore", marks: [.required, .filterable, .indexed]),
            .integer("month", "月份", 0...999_999, marks: [.filterable, .groupable, .sortable]),
            .code("section", "考核部分", from: .appraisalSection, marks: [.filterable, .groupable]), .code("cause", "触发方式", from: .appraisalTrigger, marks: [.filterable, .groupable]),
            .text("title", "项目", length: 0...100, marks: [.searchable]), .decimal("points", "分值", places: 1, -10_000...10_000, unit: "分", marks: [.sortable, .summable]),
            .bool("isWithdrawn", "申诉免扣", marks: [.filterable]).fallback("false"), .note("why", "依据", length: 0...500),
            .text("subjectKind", "对象类别", length: 0...40, marks: [.unlisted]), .integer("subjectId", "对象编号", 0...1_000_000_000_000, marks: [.unlisted]),
        ])
}
