import Hummingbird
import Kernel
import Storage
import Web

/// 列表: search, filters, chips, saved views, sorting, paging, chosen rows.
enum ListPage {
    static let tableId = "ledger-table"
    static let sizes = [20, 50, 100]

    /// What one list page reads, in one snapshot.
    private struct Contents: Sendable {
        var settings: ListSettings
        var page: LedgerPage
        var face: RecordFace
        var banner: Markup
    }

    @Sendable
    static func show(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let address = ListAddress.canonical(desk.context.here)
        let query = try desk.query(address)
        let contents = try await desk.database.look(within: desk.engine.patience(with: query.ledger)) { reader -> Contents in
            let page = try desk.engine.list(query, by: desk.principal, in: reader)
            return Contents(
                settings: try ListSettings.read(desk, in: reader), page: page,
                face: try desk.face(for: page.records, titles: page.titles, linked: links(desk, address), in: reader),
                banner: try desk.additions.banner?(reader, desk.context) ?? .empty)
        }
        let columns = ListColumns(desk: desk, address: address, remembered: contents.settings.columns)
        let filters = ListFilters(desk: desk, face: contents.face, address: address)
        let body: Markup =
            "\(contents.banner)\(views(desk, contents.settings, address))\(filters.form)\(table(desk, contents.page, contents.face, columns, filters, address, query))"
        return Shell.page(
            desk.title, crumbs: [Crumb(desk.context.text(desk.ledger.group, desk.ledger.group)), Crumb(desk.title)], active: desk.path, actions: actions(desk, address), body: body,
            context: desk.context)
    }

    /// Rows of other ledgers that the filters name.
    static func links(_ desk: LedgerDesk, _ address: PageAddress) -> [(field: Field, id: Int64)] {
        var out: [(field: Field, id: Int64)] = []
        if let owner = address["f.org"].flatMap({ Int64($0) }) { out.append((Field.organisation("org", desk.ledger.owners.short), owner)) }
        for field in desk.fields {
            switch field.kind {
            case .reference, .organisation: out += (address["f.\(field.name)"] ?? "").split(separator: ",").compactMap { Int64($0) }.map { (field, $0) }
            default: continue
            }
        }
        return out
    }

    private static func actions(_ desk: LedgerDesk, _ address: PageAddress) -> Markup {
        let rows = ListAddress.rows(address)
        var buttons: [ActionButton] = desk.additions.listActions.filter { desk.context.may($0.permission) }.map {
            ActionButton(desk.context.text($0.title, $0.titleEN), .link($0.path), icon: $0.icon)
        }
        if desk.fields.contains(where: { $0.marks.contains(.groupable) }) {
            buttons.append(ActionButton(desk.context.text("统计", "Statistics"), .link(PageAddress("\(desk.path)/statistics", rows).text), icon: "chart"))
        }
        buttons.append(
            ActionButton(desk.context.text("打印", "Print"), .link(PageAddress("\(desk.path)/print", rows + address.query.filter { $0.name == "cols" }).text), icon: "print"))
        if desk.may(.import) { buttons.append(ActionButton(desk.context.text("导入", "Import"), .link("\(desk.path)/import"), icon: "upload")) }
        if desk.may(.export) {
            buttons.append(
                ActionButton(
                    desk.context.text("导出", "Export"), .dialog(PageAddress("\(desk.path)/export", rows + address.query.filter { $0.name == "cols" }).text), icon: "download"))
        }
        if desk.may(.write) { buttons.append(ActionButton(desk.context.text("新增", "New"), .link("\(desk.path)/new"), icon: "plus", style: .primary)) }
        return "\(buttons)"
    }

    private static func views(_ desk: LedgerDesk, _ settings: ListSettings, _ address: PageAddress) -> Markup {
        guard !settings.views.isEmpty else { return .empty }
        let active = address["view"].flatMap { Int64($0) }
        var tabs = [Tabs.Tab(desk.context.text("全部", "All"), desk.path, isActive: active == nil)]
        for view in settings.views {
            let title = view.isShared ? view.title + desk.context.text("（共享）", " (shared)") : view.title
            tabs.append(Tabs.Tab(title, view.path(of: desk), isActive: view.id == active))
        }
        return "\(Tabs(tabs))"
    }

    private static func toolbar(_ desk: LedgerDesk, _ filters: ListFilters, _ address: PageAddress) -> Markup {
        let chips = filters.chips
        var out = chips
        let rows = ListAddress.rows(address)
        if !rows.isEmpty, address["view"] == nil {
            out +=
                "\(ActionButton(desk.context.text("保存为视图", "Save view"), .dialog(PageAddress("\(desk.path)/views/new", address.query.filter { !["after", "before"].contains($0.name) }).text), icon: "star", style: .quiet))"
        }
        if let view = address["view"].flatMap({ Int64($0) }) {
            out +=
                "\(ActionButton(desk.context.text("删除此视图", "Delete view"), .post("\(desk.path)/views/\(view)/delete", confirm: desk.context.text("确认删除此视图？", "Delete this view?")), icon: "trash", style: .quiet))"
        }
        return out
    }

    private static func table(
        _ desk: LedgerDesk, _ page: LedgerPage, _ face: RecordFace, _ columns: ListColumns, _ filters: ListFilters, _ address: PageAddress, _ query: LedgerQuery
    ) -> DataTable {
        var batch: [BatchAction] = []
        if desk.may(.export) { batch.append(BatchAction(desk.context.text("导出所选", "Export chosen"), "\(desk.path)/batch/export")) }
        if desk.may(.delete) { batch.append(BatchAction(desk.context.text("删除所选", "Delete chosen"), "\(desk.path)/batch/delete", style: .danger)) }
        let isFiltered = !ListAddress.rows(address.with("sort", nil)).isEmpty
        var table = DataTable(
            id: tableId, columns: columns.columns, rows: page.records.map { row(desk, $0, face, columns) }, address: address, sort: address["sort"],
            toolbar: toolbar(desk, filters, address), batch: batch,
            pager: pager(page, address, query),
            empty: isFiltered ? desk.context.text("没有符合条件的记录", "Nothing matches") : desk.context.text("还没有\(desk.ledger.title)", "Nothing here yet"),
            emptyAction: emptyAction(desk, isFiltered: isFiltered))
        table.columnsPath = "\(desk.path)/columns"
        return table
    }

    private static func emptyAction(_ desk: LedgerDesk, isFiltered: Bool) -> Markup {
        if isFiltered { return "\(ActionButton(desk.context.text("清除条件", "Clear filters"), .link(desk.path), icon: "x"))" }
        guard desk.may(.write) else { return "<p class=\"empty-hint\">\(desk.ledger.isReadOnly ? "系统收到数据后会自动出现在这里" : "由有权限的人员登记后会出现在这里")</p>" }
        let add = ActionButton(desk.context.text("新增第一条", "Add the first"), .link("\(desk.path)/new"), icon: "plus", style: .primary)
        let bring = ActionButton(desk.context.text("从表格导入", "Import a sheet"), .link("\(desk.path)/import"), icon: "upload")
        return "\(add)\(Markup.when(desk.may(.import), "\(bring)"))"
    }

    private static func row(_ desk: LedgerDesk, _ record: Record, _ face: RecordFace, _ columns: ListColumns) -> TableRow {
        let isDeleted = record.deletedAt != nil
        var cells = columns.cells(record, face)
        // Every row must lead somewhere, also when its first cell is empty.
        if let first = cells.first, first.isEmpty { cells[0] = "#\(record.id)" }
        return TableRow(id: String(record.id), cells, path: desk.path(of: record.id), actions: rowActions(desk, record, isDeleted: isDeleted), tone: isDeleted ? .muted : nil)
    }

    static func rowActions(_ desk: LedgerDesk, _ record: Record, isDeleted: Bool) -> Markup {
        if isDeleted {
            guard desk.may(.delete) else { return .empty }
            return
                "\(ActionButton(desk.context.text("恢复", "Restore"), .post("\(desk.path(of: record.id))/restore", confirm: desk.context.text("恢复这条记录？", "Restore this record?")), icon: "rotate", style: .quiet, isIconOnly: true))"
        }
        var out = Markup.empty
        for action in desk.additions.rowActions where desk.context.may(action.permission) {
            guard let path = action.path(record) else { continue }
            out +=
                "\(ActionButton(desk.context.text(action.title, action.titleEN), action.opensDialog ? .dialog(path) : .link(path), icon: action.icon, style: .quiet, isIconOnly: true))"
        }
        if desk.may(.write) { out += "\(ActionButton(desk.context.text("修改", "Edit"), .link("\(desk.path(of: record.id))/edit"), icon: "edit", style: .quiet, isIconOnly: true))" }
        if desk.may(.delete) {
            out += "\(ActionButton(desk.context.text("删除", "Delete"), .dialog("\(desk.path(of: record.id))/delete"), icon: "trash", style: .quiet, isIconOnly: true))"
        }
        return out
    }

    private static func pager(_ page: LedgerPage, _ address: PageAddress, _ query: LedgerQuery) -> Pager {
        var pager = Pager(size: query.limit, sizes: sizes)
        switch page.total {
        case .exact(let count): pager.total = count
        case .atLeast(let count):
            pager.total = count
            pager.isTotalFloor = true
        case .unknown: pager.total = nil
        }
        let start = address.restarting
        if query.cursor != nil { pager.first = start.text }
        pager.previous = page.previousCursor.map { start.with("before", $0).text }
        pager.next = page.nextCursor.map { start.with("after", $0).text }
        return pager
    }
}
