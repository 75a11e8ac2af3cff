import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Web

/// The pages of the operating office that people read: 园区资讯 for everybody, 知识库 on a phone.
struct OperationPages: Sendable {
    let platform: Platform
    private static let lastPage = 100_000

    static let menu: [MenuItem] = [
        MenuItem("日常管理", groupEN: "Office", "手机知识库", "Knowledge", icon: "book", path: "/knowledge", permission: KnowledgeArticle.ledger.readPermission, order: 2991),
        MenuItem("日常管理", groupEN: "Office", "资讯公开页", "Public news", icon: "globe", path: "/news", permission: nil, order: 2992),
    ]

    func add(to routes: Routes) {
        routes.get("/news", permission: .open, use: news)
        routes.get("/news/{id}", permission: .open, use: article)
        routes.get("/news/{id}/cover", permission: .open, use: cover)
        routes.get("/knowledge", permission: .named(KnowledgeArticle.ledger.readPermission), use: knowledge)
        routes.get("/knowledge/{id}", permission: .named(KnowledgeArticle.ledger.readPermission), use: lesson)
    }

    private func titles(_ dictionary: DictionaryName) -> [(code: String, title: String)] {
        platform.dictionaries.items(dictionary, on: nil).map { (code: $0.code, title: $0.title) }
    }

    /// Tabs of a dictionary over `?kind=`.
    private func tabs(_ dictionary: DictionaryName, _ here: PageAddress) -> Tabs {
        Tabs(
            [Tabs.Tab("全部", here.restarting.with("kind", nil).text, isActive: here["kind"] == nil)]
                + titles(dictionary).map { Tabs.Tab($0.title, here.restarting.with("kind", $0.code).text, isActive: here["kind"] == $0.code) })
    }

    // MARK: News

    /// `GET /news?kind=&q=&before=`: published articles, newest first; without signing in.
    @Sendable
    func news(request: Request, context: WebContext) async throws -> Response {
        let here = context.here
        var conditions: [SQL] = ["deleted_at IS NULL", "state = 'published'"]
        if let kind = here["kind"] { conditions.append("kind = \(kind)") }
        if let keyword = here["q"] { conditions.append(.contains(keyword, in: "headline", "summary")) }
        let page = min(max(here["page"].flatMap { Int($0) } ?? 1, 1), Self.lastPage)
        let filters = conditions
        let rows = try await platform.database.read {
            try $0.rows(
                "SELECT id, headline, summary, kind, author, published_at FROM news_article WHERE \(SQL.all(of: filters)) ORDER BY published_at DESC, id DESC LIMIT 21 OFFSET \((page - 1) * 20)"
            )
        }
        let items = rows.prefix(20).map { row -> Markup in
            """
            <li><a href="/news/\(row.int("id") ?? 0)">\(row.text("headline"))</a><p>\(row.text("summary"))</p>\
            <small>\(platform.dictionaries.title(of: row.text("kind") ?? "", in: .newsKind)) · \(row.moment("published_at").map { String($0.text.prefix(10)) })\(row.text("author").map { " · \($0)" })</small></li>
            """
        }
        let list: Markup = rows.isEmpty ? "\(EmptyState("没有符合条件的资讯", icon: "file"))" : "<ul class=\"reading-list\">\(Array(items))</ul>"
        let more: Markup = rows.count > 20 ? "<p><a href=\"\(here.with("page", String(page + 1)).text)\">更早的资讯</a></p>" : .empty
        let search = SearchForm(action: "/news", fields: [FormField("q", "关键字", .text, value: here["q"], placeholder: "标题、摘要")], table: "news")
        let body: Markup = "<div class=\"stack reading\">\(tabs(.newsKind, here))\(search)<div id=\"news\">\(list)\(more)</div></div>"
        return Shell.page(
            "园区资讯", crumbs: [Crumb("园区资讯")], active: "/news", layout: context.principal == nil ? .bare : .standard, body: context.principal == nil ? "<h1>园区资讯</h1>\(body)" : body,
            context: context)
    }

    /// `GET /news/{id}`: a published one for everybody; a draft for whoever edits.
    @Sendable
    func article(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let row = try await platform.database.read { try $0.first("SELECT * FROM news_article WHERE id = \(id) AND deleted_at IS NULL") }
        guard let row, row.text("state") == "published" || context.may(NewsArticle.ledger.writePermission) else { throw Failure.notFound("该资讯") }
        let title = row.text("headline") ?? ""
        let note: Markup = row.text("state") == "published" ? .empty : "\(Notice(.yellow, "预览：尚未发布，公众看不到"))"
        let picture: Markup = row.text("cover") == nil ? .empty : "<img class=\"reading-cover\" src=\"/news/\(id)/cover\" alt=\"\(title)\">"
        let link: Markup = row.text("link").map { "<p><a href=\"\($0)\" rel=\"noopener noreferrer\" target=\"_blank\" hx-boost=\"false\">\(Icon("link"))查看原文</a></p>" } ?? .empty
        let facts = [row.text("author"), row.moment("published_at").map { String($0.text.prefix(16)) }].compactMap { $0 }.joined(separator: " · ")
        let head: Markup = context.principal == nil ? "<h1>\(title)</h1>" : .empty
        let body: Markup = """
            <article class="reading">\(note)\(head)<p class="nothing">\(facts)</p>\(picture)<div class="keeps-lines">\(row.text("body"))</div>\(link)<p><a href="/news">\(Icon("left"))全部资讯</a></p></article>
            """
        return Shell.page(
            title, crumbs: [Crumb("园区资讯", "/news"), Crumb(title)], active: "/news", layout: context.principal == nil ? .bare : .standard, body: body, context: context)
    }

    /// `GET /news/{id}/cover`: only of what is published.
    @Sendable
    func cover(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let row = try await platform.database.read { try $0.first("SELECT cover FROM news_article WHERE id = \(id) AND deleted_at IS NULL AND state = 'published'") }
        guard let sha256 = row?.text("cover") else { throw Failure.notFound("题图") }
        return .bytes(try await platform.photos.thumbnail(of: sha256, width: 960), contentType: "image/jpeg", cacheSeconds: 3600)
    }

    // MARK: Knowledge

    /// `GET /knowledge?kind=&q=&page=`: made for a phone.
    @Sendable
    func knowledge(request: Request, context: WebContext) async throws -> Response {
        let here = context.here
        var conditions: [SQL] = ["deleted_at IS NULL"]
        if let kind = here["kind"] { conditions.append("kind = \(kind)") }
        if let keyword = here["q"] { conditions.append(.contains(keyword, in: "subject", "keywords", "body")) }
        let page = min(max(here["page"].flatMap { Int($0) } ?? 1, 1), Self.lastPage)
        let filters = conditions
        let rows = try await platform.database.read {
            try $0.rows(
                "SELECT id, subject, kind, source, keywords, issued_on FROM knowledge_article WHERE \(SQL.all(of: filters)) ORDER BY id DESC LIMIT 21 OFFSET \((page - 1) * 20)")
        }
        let items = rows.prefix(20).map { row -> Markup in
            """
            <li><a href="/knowledge/\(row.int("id") ?? 0)">\(row.text("subject"))</a><p>\(row.text("keywords"))</p>\
            <small>\(platform.dictionaries.title(of: row.text("kind") ?? "", in: .knowledgeKind))\(row.text("source").map { $0.isEmpty ? "" : " · \($0)" })\(row.day("issued_on").map { " · \($0.text)" })</small></li>
            """
        }
        let list: Markup = rows.isEmpty ? "\(EmptyState("没有符合条件的内容", icon: "book"))" : "<ul class=\"reading-list\">\(Array(items))</ul>"
        let more: Markup = rows.count > 20 ? "<p><a href=\"\(here.with("page", String(page + 1)).text)\">更多</a></p>" : .empty
        let search = SearchForm(
            action: "/knowledge", fields: [FormField("q", "检索", .text, value: here["q"], placeholder: "题名、关键词、正文")], table: "knowledge",
            kept: here["kind"].map { [.init("kind", $0)] } ?? [])
        let edit: Markup =
            context.may(KnowledgeArticle.ledger.writePermission) ? "\(ActionButton("维护", .link("/ledgers/\(KnowledgeArticle.ledger.name)"), icon: "edit"))" : .empty
        return Shell.page(
            "手机知识库", crumbs: [Crumb("日常管理"), Crumb("手机知识库")], active: "/knowledge", actions: edit,
            body: "<div class=\"stack reading\">\(tabs(.knowledgeKind, here))\(search)<div id=\"knowledge\">\(list)\(more)</div></div>", context: context)
    }

    /// `GET /knowledge/{id}`.
    @Sendable
    func lesson(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let record = try await platform.database.read { [ledgers = platform.ledgers] in try ledgers.find(KnowledgeArticle.ledger.name, id: id, by: principal, in: $0) }
        guard let record else { throw Failure.notFound("该内容") }
        let title = record.values["subject"]?.text ?? ""
        let facts = [
            platform.dictionaries.title(of: record.values["kind"]?.text ?? "", in: .knowledgeKind), record.values["source"]?.text ?? "",
            record.values["issuedOn"]?.int.flatMap { Day(number: Int($0))?.text } ?? "",
        ].filter { !$0.isEmpty }.joined(separator: " · ")
        let papers: Markup = (record.values["papers"]?.text ?? "[]") == "[]" ? .empty : "<p><a href=\"/ledgers/\(KnowledgeArticle.ledger.name)/\(id)\">\(Icon("file"))附件</a></p>"
        return Shell.page(
            title, crumbs: [Crumb("手机知识库", "/knowledge"), Crumb(title)], active: "/knowledge",
            body: "<article class=\"reading\"><p class=\"nothing\">\(facts)</p><div class=\"keeps-lines\">\(record.values["body"]?.text)</div>\(papers)</article>", context: context
        )
    }
}
