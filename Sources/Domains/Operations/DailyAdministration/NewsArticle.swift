import Kernel
import Ledgers
import Storage

/// D9.14.5 园区资讯: one row is one article; those that are published stand on a page that everybody reads (`/news`).
enum NewsArticle {
    static let ledger = LedgerDeclaration(
        id: "D9.14.5", name: "newsArticle", title: "园区资讯", titleEN: "News", group: DailyAdministration.group, ownedBy: .authority, titleField: "headline",
        fields: [
            .text("headline", "标题", length: 2...80, marks: [.required, .searchable]),
            .code("kind", "资讯类型", from: .newsKind, marks: [.required, .filterable, .groupable]),
            .code("state", "状态", from: .newsState, marks: [.required, .filterable, .groupable]).fallback("draft"),
            .text("summary", "摘要", length: 0...200),
            .note("body", "正文", length: 0...10_000, marks: [.unlisted]).hint("空行分段；转载的可以不写，填原文链接"),
            .text("link", "原文链接", length: 8...300).hint("以 https:// 或 http:// 开头"),
            .text("author", "来源", length: 1...60),
            .moment("publishedAt", "发布时间", marks: [.sortable]).hint("发布时未填的记为当时"),
            .photo("cover", "题图"),
        ])
}

extension NewsArticle {
    /// What is published without a time is published now; a link must be one.
    static func register(on ledgers: LedgerEngine) {
        ledgers.onPrepare(of: ledger.name) { draft, before, _, _ in
            if let link = draft.values["link"]?.string, !link.isEmpty, !link.hasPrefix("https://"), !link.hasPrefix("http://") {
                throw Failure.invalid([FieldFinding("link", "format", "应以 https:// 或 http:// 开头", title: "原文链接")])
            }
            guard draft.values["state"]?.string == "published", draft.values["publishedAt"]?.string?.isEmpty ?? true, before?.values["publishedAt"]?.int == nil else { return }
            draft.values["publishedAt"] = .string(ledgers.clock.now.text)
        }
    }
}
