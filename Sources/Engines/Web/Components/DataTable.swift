/// One column of a table.
package struct Column: Sendable {
    package enum Align: String, Sendable { case start, end, center }

    /// The name used in `?sort=`; empty when it cannot be sorted.
    package var name: String
    package var title: String
    package var align: Align
    package var isSortable: Bool
    /// Hidden until the reader chooses it.
    package var isHidden: Bool
    /// May wrap; other cells stay on one line.
    package var isWrapping: Bool

    package init(_ name: String, _ title: String, align: Align = .start, isSortable: Bool = false, isHidden: Bool = false, isWrapping: Bool = false) {
        self.name = name
        self.title = title
        self.align = align
        self.isSortable = isSortable
        self.isHidden = isHidden
        self.isWrapping = isWrapping
    }
}

/// One line of a table; as many cells as columns.
package struct TableRow: Sendable {
    package var id: String
    package var cells: [Markup]
    /// Where a click on the row leads; also the link of its first cell.
    package var path: String?
    package var actions: Markup
    /// A coloured edge, for warnings.
    package var tone: Tone?

    package init(id: String = "", _ cells: [Markup], path: String? = nil, actions: Markup = .empty, tone: Tone? = nil) {
        self.id = id
        self.cells = cells
        self.path = path
        self.actions = actions
        self.tone = tone
    }
}

/// Something done to all chosen rows: POST with `id` repeated.
package struct BatchAction: Sendable {
    package var title: String
    package var path: String
    package var confirm: String?
    package var style: ActionButton.Style

    package init(_ title: String, _ path: String, confirm: String? = nil, style: ActionButton.Style = .plain) {
        self.title = title
        self.path = path
        self.confirm = confirm
        self.style = style
    }
}

/// Links to the neighbouring pages of a cursor list.
package struct Pager: Sendable {
    package var first: String?
    package var previous: String?
    package var next: String?
    /// Rows in all; nil when counting would cost too much.
    package var total: Int?
    /// Whether `total` stands for "at least".
    package var isTotalFloor: Bool
    package var size: Int
    package var sizes: [Int]

    package init(first: String? = nil, previous: String? = nil, next: String? = nil, total: Int? = nil, isTotalFloor: Bool = false, size: Int = 20, sizes: [Int] = [20, 50, 100]) {
        self.first = first
        self.previous = previous
        self.next = next
        self.total = total
        self.isTotalFloor = isTotalFloor
        self.size = size
        self.sizes = sizes
    }
}

/// A table card: toolbar, sticky head, rows, pager. Sorting, paging and page size reload only this card (`hx-select`), so the route just answers `Shell.page`.
package struct DataTable: Rendered {
    package var id: String
    package var columns: [Column]
    package var rows: [TableRow]
    /// The list's current address; sort and size links keep its other parameters.
    package var address: PageAddress
    /// As in the address: `name`, or `-name` for descending.
    package var sort: String?
    package var toolbar: Markup
    package var batch: [BatchAction]
    package var pager: Pager?
    package var empty: String
    package var emptyAction: Markup
    /// Column chooser and density switch; off for small tables in cards.
    package var hasTools: Bool
    /// A page of ours where columns are chosen and remembered for the reader, opened in the dialog; nil chooses among the columns sent, in the browser.
    package var columnsPath: String?

    package init(
        id: String, columns: [Column], rows: [TableRow], address: PageAddress, sort: String? = nil, toolbar: Markup = .empty, batch: [BatchAction] = [], pager: Pager? = nil,
        empty: String = Language.say("没有符合条件的记录", "Nothing matches"), emptyAction: Markup = .empty, hasTools: Bool = true
    ) {
        self.id = id
        self.columns = columns
        self.rows = rows
        self.address = address
        self.sort = sort
        self.toolbar = toolbar
        self.batch = batch
        self.pager = pager
        self.empty = empty
        self.emptyAction = emptyAction
        self.hasTools = hasTools
    }

    package var markup: Markup {
        let body: Markup =
            rows.isEmpty
            ? "\(EmptyState(empty, action: emptyAction))"
            : "<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(Language.say("数据列表", "Data table"))\"><table class=\"data-table\">\(head)<tbody>\(rows.map(line))</tbody></table></div>"
        return "<section class=\"table-card\" id=\"\(id)\" data-table>\(bar)\(body)\(foot)</section>"
    }

    private var hasActions: Bool { rows.contains { !$0.actions.isEmpty } }

    private var bar: Markup {
        guard hasTools || !toolbar.isEmpty || !batch.isEmpty else { return .empty }
        let chosen: Markup =
            batch.isEmpty
            ? .empty
            : "<div class=\"batch\" hidden data-batch><span>\(Language.say("已选", "Selected")) <b data-chosen>0</b> \(Language.say("项", ""))</span>\(batch.map(batchButton))</div>"
        let tools: Markup =
            hasTools
            ? """
            <div class="table-tools"><button type="button" class="icon-button" data-refresh-table title="\(Language.say("刷新", "Refresh"))" aria-label="\(Language.say("刷新", "Refresh"))">\(Icon("refresh"))</button>\
            <button type="button" class="icon-button" data-density title="\(Language.say("行距", "Density"))" aria-label="\(Language.say("切换行距", "Density"))">\(Icon("rows"))</button>\
            \(columnsTool)</div>
            """
            : .empty
        return "<div class=\"table-bar\"><div class=\"table-actions\">\(toolbar)</div>\(chosen)\(tools)</div>"
    }

    private var columnsTool: Markup {
        if let columnsPath {
            return
                "<a href=\"\(columnsPath)\" class=\"icon-button\" hx-get=\"\(columnsPath)\" hx-target=\"#dialog\" hx-swap=\"innerHTML\" hx-push-url=\"false\" aria-haspopup=\"dialog\" title=\"\(Language.say("选择列", "Columns"))\" aria-label=\"\(Language.say("选择列", "Columns"))\">\(Icon("columns"))</a>"
        }
        return
            "<button type=\"button\" class=\"icon-button\" data-columns title=\"\(Language.say("选择列", "Columns"))\" aria-label=\"\(Language.say("选择列", "Columns"))\">\(Icon("columns"))</button>"
    }

    private func batchButton(_ action: BatchAction) -> Markup {
        "<button type=\"button\" class=\"btn btn-\(action.style.rawValue) btn-small\" hx-post=\"\(action.path)\" hx-include=\"#\(id) input[name=id]:checked\"\(Markup.attribute("hx-confirm", action.confirm))>\(action.title)</button>"
    }

    private var head: Markup {
        let box: Markup =
            batch.isEmpty
            ? .empty
            : "<th class=\"col-check\" scope=\"col\"><input type=\"checkbox\" class=\"form-check-input\" aria-label=\"\(Language.say("全选", "Select all"))\" data-check-all></th>"
        let end: Markup = hasActions ? "<th class=\"col-actions\" scope=\"col\">\(Language.say("操作", "Actions"))</th>" : .empty
        return "<thead><tr>\(box)\(columns.map(headCell))\(end)</tr></thead>"
    }

    private func headCell(_ column: Column) -> Markup {
        let look: Markup = "\(Markup.attribute("class", column.align == .start ? nil : "text-\(column.align.rawValue)"))\(Markup.flag("data-off", column.isHidden))"
        guard column.isSortable else { return "<th scope=\"col\" data-col=\"\(column.name)\"\(look)>\(column.title)</th>" }
        let isUp = sort == column.name
        let isDown = sort == "-" + column.name
        let next = isUp ? "-" + column.name : isDown ? nil : column.name
        let path = address.restarting.with("sort", next).text
        let state = isUp ? "ascending" : isDown ? "descending" : "none"
        return
            "<th scope=\"col\" data-col=\"\(column.name)\" aria-sort=\"\(state)\"\(look)><a class=\"sort\" href=\"\(path)\"\(reload(path))>\(column.title)\(Icon(isUp ? "sort-up" : isDown ? "sort-down" : "sort"))</a></th>"
    }

    private func line(_ row: TableRow) -> Markup {
        let box: Markup =
            batch.isEmpty
            ? .empty
            : "<td class=\"col-check\"><input type=\"checkbox\" class=\"form-check-input\" name=\"id\" value=\"\(row.id)\" aria-label=\"\(Language.say("选择此行", "Select this row"))\"></td>"
        let end: Markup = hasActions ? "<td class=\"col-actions\">\(row.actions)</td>" : .empty
        let cells = zip(columns, row.cells).enumerated().map { index, pair -> Markup in
            let (column, cell) = pair
            let look = (column.align == .start ? "" : "text-\(column.align.rawValue)") + (column.isWrapping ? " wraps" : "")
            let content: Markup = index == 0 && row.path != nil ? "<a class=\"row-link\" href=\"\(row.path)\">\(cell)</a>" : cell
            return "<td data-label=\"\(column.title)\"\(Markup.attribute("class", look.isEmpty ? nil : look))\(Markup.flag("data-off", column.isHidden))>\(content)</td>"
        }
        return "<tr\(Markup.attribute("class", row.tone.map { "tone-edge tone-\($0.rawValue)" }))\(Markup.attribute("data-path", row.path))>\(box)\(cells)\(end)</tr>"
    }

    private func reload(_ path: String) -> Markup { " hx-get=\"\(path)\" hx-target=\"#\(id)\" hx-select=\"#\(id)\" hx-swap=\"outerHTML\" hx-push-url=\"true\"" }

    private func reloadLink(_ path: String?, _ title: String, icon: String) -> Markup {
        guard let path else { return "<span class=\"btn btn-plain btn-small is-off\" aria-disabled=\"true\">\(Icon(icon))<span>\(title)</span></span>" }
        return
            "<a class=\"btn btn-plain btn-small\" href=\"\(path)\" hx-get=\"\(path)\" hx-target=\"#\(id)\" hx-select=\"#\(id)\" hx-swap=\"outerHTML show:#\(id):top\" hx-push-url=\"true\">\(Icon(icon))<span>\(title)</span></a>"
    }

    private var foot: Markup {
        guard let pager, !(rows.isEmpty && pager.previous == nil) else { return .empty }
        let count: Markup =
            pager.total.map { "\(Language.say("共", "Total")) <b>\(Figure.grouped($0))</b>\($0 > 0 && pager.isTotalFloor ? "+" : "") \(Language.say("条", ""))" }
            ?? "\(Language.say("本页", "This page")) <b>\(rows.count)</b> \(Language.say("条", ""))"
        let sizes = pager.sizes.map { size -> Markup in
            let path = address.restarting.with("size", String(size)).text
            return
                "<a href=\"\(path)\" hx-get=\"\(path)\" hx-target=\"#\(id)\" hx-select=\"#\(id)\" hx-swap=\"outerHTML\" hx-push-url=\"true\"\(Markup.flag("aria-current=\"true\"", size == pager.size))>\(size)</a>"
        }
        return """
            <nav class="pager" aria-label="\(Language.say("分页", "Pages"))"><span class="pager-count">\(count)</span><span class="pager-size">\(Language.say("每页", "Per page")) \(sizes)</span>\
            <span class="pager-links">\(reloadLink(pager.first, Language.say("首页", "First"), icon: "first"))\(reloadLink(pager.previous, Language.say("上一页", "Previous"), icon: "left"))\(reloadLink(pager.next, Language.say("下一页", "Next"), icon: "right"))</span></nav>
            """
    }
}
