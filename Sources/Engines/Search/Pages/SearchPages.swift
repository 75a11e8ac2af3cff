import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 全局搜索: suggestions of the box in the top bar, the page of results, and how the index stands.
package struct SearchPages: Sendable {
    let engine: SearchEngine
    let database: any Database

    package init(engine: SearchEngine, database: any Database) {
        self.engine = engine
        self.database = database
    }

    package static let path = "/search"

    package static let menu: [MenuItem] = [
        MenuItem("系统", groupEN: "System", "检索索引", "Search index", icon: "search", path: "/search-index", permission: SearchPermission.manage, order: 9012)
    ]

    package func add(to routes: Routes) {
        routes.get("/search", permission: .signedIn, use: results)
        routes.get("/search/suggest", permission: .signedIn, use: suggest)
        routes.get("/search-index", permission: .named(SearchPermission.manage), use: index)
        routes.post("/search-index/{kind}/rebuild", permission: .named(SearchPermission.manage), use: rebuild)
    }

    /// `GET /search/suggest?q=`: up to three of each kind, and pages of the menu.
    @Sendable
    func suggest(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let text = context.here["q"] ?? ""
        let answer = try await answer(text, kind: nil, shown: 3, principal)
        let pages = pages(matching: text, context).prefix(4)
        var groups: [JSONValue] = []
        if !pages.isEmpty {
            let hits = pages.map { item -> JSONValue in
                ["title": .string(context.text(item.title, item.titleEN)), "detail": .string(context.text(item.group, item.groupEN)), "path": .string(item.path)]
            }
            groups.append(["title": .string(context.text("功能", "Pages")), "icon": "menu", "count": .string(String(pages.count)), "hits": .array(hits)])
        }
        groups += answer.groups.prefix(8).map { group -> JSONValue in
            let hits = group.hits.map { hit -> JSONValue in ["title": .string(hit.title), "detail": .string(Self.line(hit)), "path": .string(hit.path)] }
            return [
                "title": .string(context.text(group.title, group.titleEN)), "icon": .string(group.icon), "count": .string(Self.count(group)), "hits": .array(hits),
            ]
        }
        let parts = Self.parts(text).map(JSONValue.string)
        return .json(["groups": .array(groups), "parts": .array(parts), "isTooShort": .bool(answer.isTooShort && pages.isEmpty)])
    }

    /// `GET /search?q=&kind=`.
    @Sendable
    func results(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let text = context.here["q"] ?? ""
        let kind = context.here["kind"]
        let answer = text.isEmpty ? SearchAnswer(groups: []) : try await answer(text, kind: nil, shown: kind == nil ? 5 : 1, principal)
        let chosen = kind == nil || text.isEmpty ? nil : try await self.answer(text, kind: kind, shown: 100, principal).groups.first
        let pages = kind == nil ? pages(matching: text, context) : []
        let body: Markup
        if text.isEmpty {
            body = Self.tips(context)
        } else if answer.isTooShort, pages.isEmpty {
            body = "\(EmptyState(context.text("请输入至少两个字", "Type at least two characters"), hint: context.text("一个汉字几乎到处都有；车牌请输入五位以上", "")))"
        } else if answer.groups.isEmpty, pages.isEmpty {
            body = "\(EmptyState(context.text("没有找到“\(text)”", "Nothing found for “\(text)”"), hint: context.text("可减少关键字；车牌可少一位或写错一位；姓名、电话等个人信息须输入完整内容", "Use fewer words")))"
        } else {
            let tabs = Tabs(
                [Tabs.Tab(context.text("全部", "All"), context.here.with("kind", nil).text, isActive: kind == nil)]
                    + answer.groups.map { group in
                        Tabs.Tab("\(context.text(group.title, group.titleEN)) \(Self.count(group))", context.here.with("kind", group.kind).text, isActive: kind == group.kind)
                    })
            let shown = kind == nil ? answer.groups : chosen.map { [$0] } ?? []
            let cards = shown.map { card($0, text, isAlone: kind != nil, context) }
            let pageCard: Markup = pages.isEmpty ? .empty : self.pageCard(pages, text, context)
            body = "\(tabs)<div class=\"stack\">\(pageCard)\(cards)</div>"
        }
        let form: Markup = """
            <form class="search-page-form" role="search" action="/search" method="get"><input type="search" name="q" value="\(text)" maxlength="80" placeholder="\(context.text("车牌、企业、报警编号、事项、消息、功能…", "Plates, enterprises, alarms…"))"\
             aria-label="\(context.text("搜索", "Search"))"\(Markup.flag("data-focus", text.isEmpty))><button class="btn btn-primary" type="submit">\(Icon("search"))\(context.text("搜索", "Search"))</button></form>
            """
        return Shell.page(
            context.text("搜索", "Search"), crumbs: [Crumb(context.text("搜索", "Search"))], active: "/search", body: "<div class=\"stack\">\(form)\(body)</div>", context: context)
    }

    private func answer(_ text: String, kind: String?, shown: Int, _ principal: Principal) async throws -> SearchAnswer {
        guard !text.isEmpty else { return SearchAnswer(groups: [], isTooShort: true) }
        return try await database.read(within: .seconds(5)) { [engine] in try engine.search(text, kind: kind, shown: shown, by: principal, in: $0) }
    }

    /// Lines of the menu that this person has, by title or group.
    private func pages(matching text: String, _ context: WebContext) -> [MenuItem] {
        let parts = Self.parts(text).map { $0.lowercased() }
        guard !parts.isEmpty else { return [] }
        return context.site.menu(for: context).flatMap(\.items).filter { item in
            let words = "\(item.title) \(item.titleEN) \(item.group)".lowercased()
            return parts.allSatisfy { words.contains($0) }
        }
    }

    private func pageCard(_ pages: [MenuItem], _ text: String, _ context: WebContext) -> Markup {
        let items = pages.prefix(12).map { item -> Markup in
            "<li><a href=\"\(item.path)\"><b>\(Self.marked(context.text(item.title, item.titleEN), text))</b> <small class=\"muted\">\(context.text(item.group, item.groupEN))</small></a></li>"
        }
        return "\(Card(context.text("功能", "Pages"), isFlush: true, body: "<ul class=\"search-hits\">\(items)</ul>"))"
    }

    private func card(_ group: SearchAnswer.Group, _ text: String, isAlone: Bool, _ context: WebContext) -> Markup {
        let items = group.hits.map { hit -> Markup in
            let details = hit.details.map { detail -> Markup in
                let label: Markup = detail.label.isEmpty ? .empty : "<dt>\(detail.label)</dt>"
                return "<div>\(label)<dd>\(Self.marked(detail.text, text))</dd></div>"
            }
            return "<li><a href=\"\(hit.path)\"><b>\(Self.marked(hit.title, text))</b><dl>\(details)</dl></a></li>"
        }
        let isMore = group.count > group.hits.count || group.isFloor
        let all: Markup =
            isMore && (!isAlone || !group.path.hasPrefix("/search")) ? "\(ActionButton(context.text("查看全部", "All"), .link(group.path), icon: "list", style: .quiet))" : .empty
        let note: Markup =
            isAlone && isMore ? "<p class=\"search-none\">\(context.text("只列出最近的 \(group.hits.count) 条，请补充关键字缩小范围", "Only the last \(group.hits.count); add a word"))</p>" : .empty
        let title = "\(context.text(group.title, group.titleEN))（\(Self.count(group))）"
        return "\(Card(title, actions: all, isFlush: true, body: "<ul class=\"search-hits\">\(items)</ul>\(note)"))"
    }

    private static func tips(_ context: WebContext) -> Markup {
        guard context.language == .zh else { return "<p class=\"search-tips\">Press / or Ctrl+K on any page to search.</p>" }
        return """
            <div class="search-tips"><p>在任何页面按 <kbd>/</kbd> 或 <kbd>Ctrl</kbd>+<kbd>K</kbd> 都可以开始搜索。</p>
            <p>车牌：可以少一位、错一位，0 与 O、1 与 I 不分，可带颜色，如“黄牌冀A12345”。</p>
            <p>名称与编号：输入其中连续的两个字或三位字母数字即可，多个关键字用空格隔开，须同时满足。</p>
            <p>姓名、电话、证件号：须输入完整内容。搜索结果只包含您有权查看的记录。</p></div>
            """
    }

    static func parts(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init).filter { !$0.isEmpty } }

    private static func count(_ group: SearchAnswer.Group) -> String { "\(group.count)\(group.isFloor ? "+" : "")" }

    private static func line(_ hit: SearchHit) -> String { hit.details.prefix(3).map { $0.label.isEmpty ? $0.text : "\($0.label)：\($0.text)" }.joined(separator: "　") }

    /// The parts that were asked for stand out.
    private static func marked(_ text: String, _ asked: String) -> Markup {
        var out: Markup = .empty
        var rest = text[...]
        let parts = parts(asked)
        while !rest.isEmpty {
            let next = parts.compactMap { rest.range(of: $0, options: .caseInsensitive) }.min { $0.lowerBound < $1.lowerBound }
            guard let next, !next.isEmpty else { break }
            out += "\(String(rest[..<next.lowerBound]))<mark>\(String(rest[next]))</mark>"
            rest = rest[next.upperBound...]
        }
        return out + "\(String(rest))"
    }
}
