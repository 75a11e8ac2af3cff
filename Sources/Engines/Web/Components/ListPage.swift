import Hummingbird
import Kernel

/// A page that shows rows and what can be done to them: search, table (cards on a telephone), pages, what to do when there is nothing.
///
///     let list = ListPage("地址黑名单", at: "/data-blocks", crumbs: [Crumb("数据服务"), Crumb("地址黑名单")], id: "blocks", columns: columns, empty: "黑名单为空")
///     return list.response(rows, pager, context)
package struct ListPage: Sendable {
    package var title: String
    /// Of the page itself; the search form asks it again.
    package var path: String
    package var crumbs: [Crumb]
    /// The menu's entry, where that is another one.
    package var active: String
    /// Of the table, which alone is loaded again by search, sorting and paging.
    package var id: String
    package var columns: [Column]
    /// What the search form asks; without fields there is no form.
    package var filters: [FormField]
    /// Filters that stand elsewhere than in the form, such as a tab.
    package var kept: [PageAddress.QueryItem]
    /// Said when there are no rows: what is missing and how it comes.
    package var empty: String
    /// How a row is added: in the head of the page and in the empty list.
    package var add: ActionButton?
    /// Where the list is answered as a sheet; the address's filters go with it.
    package var export: String?
    /// Further buttons of the head.
    package var actions: Markup
    package var batch: [BatchAction]
    /// On the table itself: tabs by which it is divided.
    package var toolbar: Markup
    /// Before the search form: figures, tabs, style sheets.
    package var above: Markup
    /// After the table: settings, notes.
    package var below: Markup
    /// Findings of a form in `below` make it 422.
    package var findings: [FieldFinding]

    package init(
        _ title: String, at path: String, crumbs: [Crumb], active: String? = nil, id: String, columns: [Column], filters: [FormField] = [], kept: [PageAddress.QueryItem] = [],
        empty: String, add: ActionButton? = nil, export: String? = nil, actions: Markup = .empty, batch: [BatchAction] = [], toolbar: Markup = .empty, above: Markup = .empty,
        below: Markup = .empty,
        findings: [FieldFinding] = []
    ) {
        self.title = title
        self.path = path
        self.crumbs = crumbs
        self.active = active ?? path
        self.id = id
        self.columns = columns
        self.filters = filters
        self.kept = kept
        self.empty = empty
        self.add = add
        self.export = export
        self.actions = actions
        self.batch = batch
        self.toolbar = toolbar
        self.above = above
        self.below = below
        self.findings = findings
    }

    package func response(_ rows: [TableRow], _ pager: Pager? = nil, _ context: WebContext) -> Response {
        let here = context.here
        let isFiltered = filters.map(\.name).contains { name in here[name] != nil || here[name + "_from"] != nil || here[name + "_to"] != nil }
        let table = DataTable(
            id: id, columns: columns, rows: rows, address: PageAddress(path, here.query), sort: here["sort"], toolbar: toolbar, batch: batch, pager: pager,
            empty: isFiltered ? Language.say("没有符合条件的记录", "Nothing matches") : empty, emptyAction: isFiltered ? .empty : "\(add)")
        let search: Markup = filters.isEmpty ? .empty : "\(SearchForm(action: path, fields: filters, table: id, kept: kept))"
        let sheets: Markup = export.map { SheetAnswer.buttons(here.restarting, path: $0) } ?? .empty
        return Shell.page(
            title, crumbs: crumbs, active: active, actions: "\(add)\(sheets)\(actions)", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(above)\(search)\(table)\(below)",
            context: context)
    }
}

extension FormField {
    /// The box that looks for `?q=`.
    ///
    /// - Parameter places: what it looks through, such as 编号、标题.
    package static func keyword(_ context: WebContext, _ places: String) -> FormField {
        FormField("q", Language.say("关键字", "Keyword"), .text, value: context.here["q"], placeholder: places)
    }

    /// A choice that filters by one parameter of the address; none is all.
    package static func choice(_ name: String, _ title: String, _ choices: [Choice], _ context: WebContext) -> FormField {
        FormField(name, title, .select(choices), value: context.here[name])
    }
}
