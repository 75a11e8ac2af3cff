import Exchange
import Hummingbird
import Kernel
import Storage
import Web

/// 统计: any dimensions and figures the declaration offers, under the same filters as the list, as picture, table and file.
enum StatisticsPage {
    private static let tableId = "statistics-table"
    static let charts: [(value: String, title: String, titleEN: String)] = [
        ("bar", "柱状图", "Bars"), ("stackedBar", "堆叠柱", "Stacked bars"), ("line", "折线图", "Lines"), ("pie", "饼图", "Pie"), ("horizontalBar", "条形图", "Horizontal bars"),
        ("heat", "热力图", "Heat"),
    ]

    @Sendable
    static func show(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let question = try StatisticsQuestion(desk)
        let address = ListAddress.canonical(desk.context.here)
        let (table, face) = try await desk.database.look(within: .seconds(10)) { reader in
            (try question.answer(desk, in: reader), try desk.face(for: [], linked: ListPage.links(desk, address), in: reader))
        }
        let filters = ListFilters(desk: desk, face: face, address: address)
        let body: Markup = "\(form(desk, question, filters, address))<div id=\"\(tableId)\" class=\"stack\">\(result(desk, question, table, filters, address))</div>"
        return Shell.page(
            desk.context.text("\(desk.ledger.title)统计", "Statistics: \(desk.title)"), crumbs: [Crumb(desk.title, desk.path), Crumb(desk.context.text("统计", "Statistics"))],
            active: desk.path,
            actions: actions(desk), body: body, context: desk.context)
    }

    private static func actions(_ desk: LedgerDesk) -> Markup {
        guard desk.may(.export) else { return .empty }
        return "\(ActionButton(desk.context.text("导出表格", "Export"), .download(PageAddress("\(desk.path)/statistics/file", desk.context.here.query).text), icon: "download"))"
    }

    private static func form(_ desk: LedgerDesk, _ question: StatisticsQuestion, _ filters: ListFilters, _ address: PageAddress) -> SearchForm {
        var fields = [
            FormField(
                "dim", desk.context.text("分组", "Group by"), .dropdown(StatisticsQuestion.dimensions(desk)), values: question.dimensions,
                placeholder: desk.context.text("最多三项", "Three at most")),
            FormField("measure", desk.context.text("指标", "Figures"), .dropdown(StatisticsQuestion.measures(desk)), values: question.measures),
            FormField(
                "chart", desk.context.text("图形", "Chart"), .select(charts.map { Choice($0.value, desk.context.text($0.title, $0.titleEN)) }), value: address["chart"] ?? "bar",
                isRequired: true),
        ]
        fields += filters.form.fields
        return SearchForm(action: "\(desk.path)/statistics", fields: fields, table: tableId, visible: 3)
    }

    private static func result(_ desk: LedgerDesk, _ question: StatisticsQuestion, _ table: StatisticsTable, _ filters: ListFilters, _ address: PageAddress) -> Markup {
        var out = filters.chips
        if table.isTruncated { out += "\(Notice(.yellow, "分组超过 \(Figure.grouped(StatisticsTable.most)) 个，只显示前面的部分；请减少分组或缩小范围。"))" }
        guard !table.groups.isEmpty else { return out + "\(EmptyState(desk.context.text("没有符合条件的数据", "Nothing matches"), icon: "chart"))" }
        let chart = table.chart
        let kind = Chart.Kind(rawValue: address["chart"] ?? "") ?? .bar
        let title = table.measureTitles.first ?? ""
        // A picture with hundreds of bars says nothing: the table below has them all.
        let categories = Array(chart.categories.prefix(60))
        let series = chart.series.prefix(12).map { ChartSeries($0.name, Array($0.values.prefix(60))) }
        out += "\(Card(title, body: "\(Chart(kind, title, categories: categories, series: Array(series), height: .large))"))"
        out += "\(numbers(table, address))"
        return out
    }

    private static func numbers(_ table: StatisticsTable, _ address: PageAddress) -> DataTable {
        let columns = table.dimensionTitles.map { Web.Column("", $0) } + table.measureTitles.map { Web.Column("", $0, align: .end) }
        var rows = table.groups.prefix(500).map { group in
            TableRow(group.labels.map { "\($0)" } + group.values.map { "\(figure($0))" })
        }
        if table.dimensionTitles.count > 0, table.groups.count > 1 {
            let labels = table.dimensionTitles.indices.map { index -> Markup in index == 0 ? "<strong>合计</strong>" : .empty }
            let totals = table.measureTitles.indices.map { index -> Markup in table.isAdditive(index) ? "<strong>\(figure(table.total(index)))</strong>" : .empty }
            rows.append(TableRow(labels + totals))
        }
        return DataTable(id: "statistics-numbers", columns: columns, rows: Array(rows), address: address, hasTools: false)
    }

    private static func figure(_ value: Double?) -> String {
        guard let value else { return "—" }
        return value == value.rounded() && abs(value) < 1e15 ? Figure.grouped(Int64(value)) : Figure.decimal(value, digits: 2)
    }

    @Sendable
    static func file(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let question = try StatisticsQuestion(desk)
        let bytes = try await desk.database.look(within: .seconds(10)) { try StatisticsSheet(title: desk.ledger.title, table: question.answer(desk, in: $0)).bytes() }
        return .download(bytes, filename: "\(desk.ledger.title)统计-\(desk.today.text).xlsx", contentType: SheetFormat.xlsx.mediaType)
    }
}

extension StatisticsTable {
    /// Whether the figures of one measure may be added up.
    func isAdditive(_ measure: Int) -> Bool { measureTitles[measure] == "数量" || measureTitles[measure].contains("合计") }
}
