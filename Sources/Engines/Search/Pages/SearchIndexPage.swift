import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension SearchPages {
    /// `GET /search-index?q=&state=`: how the index of each kind stands.
    @Sendable
    func index(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"]
        let state = context.here["state"]
        let states = try await database.read { [engine] in try engine.states(in: $0) }
        let shown = states.filter { one in
            (keyword.map { one.title.contains($0) || one.kind.contains($0) } ?? true) && (state.map { ($0 == "built") == (one.builtAt != nil) } ?? true)
        }
        let rows = shown.map { one -> TableRow in
            let badge = one.builtAt != nil ? Badge("可用", .good, isDot: true) : Badge("建立中", .orange, isDot: true)
            let again = ActionButton("重建", .post("/search-index/\(one.kind)/rebuild", confirm: "重新建立“\(one.title)”的检索索引？期间仍可搜索。"), style: .quiet)
            return TableRow(
                id: one.kind,
                ["\(one.title)", "\(badge)", "\(Figure.grouped(one.entries))", "\(Figure.grouped(one.pending))", "\(one.builtAt.map { String($0.text.prefix(16)) })"],
                actions: "\(again)")
        }
        let columns = [
            Column("title", "内容"), Column("state", "状态"), Column("entries", "已收录", align: .end), Column("pending", "待更新", align: .end), Column("built", "建成时间"),
        ]
        let fields = [
            FormField("q", "名称", .text, value: keyword), FormField("state", "状态", .select([Choice("", "全部"), Choice("built", "可用"), Choice("building", "建立中")]), value: state),
        ]
        let all = ActionButton("全部重建", .post("/search-index/all/rebuild", confirm: "重新建立全部检索索引？期间仍可搜索。"), icon: "refresh")
        let table = DataTable(id: "kinds", columns: columns, rows: rows, address: context.here, empty: "没有符合条件的内容")
        return Shell.page(
            context.text("检索索引", "Search index"), crumbs: [Crumb("系统"), Crumb("检索索引")], active: "/search-index", actions: "\(all)",
            body: "\(SearchForm(action: "/search-index", fields: fields, table: "kinds"))\(table)", context: context)
    }

    /// `POST /search-index/{kind}/rebuild`; `all` is every kind.
    @Sendable
    func rebuild(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let kind = try context.path("kind")
        try await database.write { [engine] tx in try engine.rebuild(kind == "all" ? nil : kind, by: principal, in: tx) }
        return Shell.refreshed("已开始重建", context: context, request: request)
    }
}
