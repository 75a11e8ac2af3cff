import Ledgers

/// D9.14.6 手机知识库: one row is one plan, case, piece of knowledge or law, read on a phone (`/knowledge`).
enum KnowledgeArticle {
    static let ledger = LedgerDeclaration(
        id: "D9.14.6", name: "knowledgeArticle", title: "知识库", titleEN: "Knowledge base", group: DailyAdministration.group, ownedBy: .shared, titleField: "subject",
        fields: [
            .text("subject", "题名", length: 2...100, marks: [.required, .searchable]),
            .code("kind", "分类", from: .knowledgeKind, marks: [.required, .filterable, .groupable]),
            .text("keywords", "关键词", length: 0...100, marks: [.searchable]),
            .text("source", "文号或来源", length: 0...80),
            .day("issuedOn", "发布日期", marks: [.sortable]),
            .note("body", "内容", length: 1...20_000, marks: [.required, .unlisted]),
            .files("papers", "附件"),
        ])
}
