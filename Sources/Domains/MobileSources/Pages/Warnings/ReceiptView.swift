import Kernel
import Web

/// How far something that was handed down has come: a bar, the figures, and who has not confirmed.
struct ReceiptView {
    var lines: [Receipts.Line]
    /// Where the part renews itself from while not everybody has confirmed; nil leaves it as it is.
    var refresh: String?
    var id = "receipts"
    /// Shown after the enterprise's name, such as the name of the strategy.
    var what: (Receipts.Line) -> String = { _ in "" }
    var whatTitle: String?
    /// Rows of one page of those that have not confirmed.
    var limit = 50
    /// Pages from 0; `pages` is the address that a page's number (`receipts`) is added to, nil shows the first page only.
    var page = 0
    var pages: PageAddress?

    var count: Receipts.Count { Receipts.Count(lines) }

    func markup(_ context: WebContext) -> Markup {
        let count = count
        let poll: Markup =
            refresh.flatMap { path in count.isComplete ? nil : " hx-get=\"\(path)\" hx-trigger=\"every 2s\" hx-target=\"this\" hx-swap=\"outerHTML\" hx-push-url=\"false\"" }
            ?? .empty
        guard count.total > 0 else { return "<div id=\"\(id)\">\(EmptyState("没有企业需要接收", icon: "inbox"))</div>" }
        let figures = Receipts.State.allCases.map { state -> Markup in "<span>\(Badge(state.title, state.tone, isDot: true)) <b class=\"num\">\(count[state])</b> 家</span>" }
        return """
            <div id="\(id)"\(poll) aria-live="polite">
            <div class="task tone-\(count.isComplete ? "good" : count[.failed] > 0 ? "orange" : "info")"><div class="task-head"><span>已执行 \(count[.applied]) / \(count.total) 家</span>\
            <span class="task-figure">\(Figure.percent(count.rate, digits: 0))</span></div><progress max="\(count.total)" value="\(count[.applied])"></progress></div>
            <p class="row-flex receipt-figures">\(figures)</p>\(unconfirmed(context))</div>
            """
    }

    private func unconfirmed(_ context: WebContext) -> Markup {
        let open = lines.filter { $0.state != .applied }
        guard !open.isEmpty else { return "<p class=\"muted\">全部企业已确认执行。</p>" }
        var columns = [Column("site", "尚未确认的企业", isWrapping: true), Column("county", "县（区、市）")]
        if let whatTitle { columns.append(Column("what", whatTitle, isWrapping: true)) }
        columns += [
            Column("state", "状态"), Column("sent", "下发时间"), Column("received", "接收时间"), Column("attempts", "次数", align: .end), Column("retry", "再次下发"),
            Column("message", "企业反馈", isWrapping: true),
        ]
        let last = (open.count - 1) / limit
        let page = min(max(0, page), last)
        let rows = open.dropFirst(page * limit).prefix(limit).map { line -> TableRow in
            var cells: [Markup] = ["\(line.site.name)", "\(Region(code: line.site.county)?.title ?? line.site.county)"]
            if whatTitle != nil { cells.append("\(what(line))") }
            let retry: Markup = line.state == .failed ? line.retryAt.map { "\($0)" } ?? "\(Badge("需人工处理", .orange))" : .empty
            cells += [
                "\(Badge(line.state.title, line.state.tone, isDot: true))", "\(line.sentAt)", "\(line.receivedAt)", "\(line.attempts > 0 ? line.attempts : nil as Int?)", retry,
                "\(line.message)",
            ]
            return TableRow(cells, tone: line.state == .failed ? .orange : nil)
        }
        func path(_ number: Int) -> String? { pages.map { $0.with("receipts", number == 0 ? nil : String(number)).text } }
        let pager = pages.map { _ in
            Pager(
                first: page == 0 ? nil : path(0), previous: page == 0 ? nil : path(page - 1), next: page < last ? path(page + 1) : nil, total: open.count, size: limit, sizes: [])
        }
        let more: Markup = pages == nil && open.count > limit ? "<p class=\"muted\">另有 \(open.count - limit) 家未列出</p>" : .empty
        return "\(DataTable(id: "\(id)-open", columns: columns, rows: Array(rows), address: context.here, pager: pager, hasTools: false))\(more)"
    }
}

extension Receipts.State {
    var tone: Tone {
        switch self {
        case .waiting: .neutral
        case .sent: .info
        case .received: .blue
        case .applied: .good
        case .failed: .orange
        }
    }
}
