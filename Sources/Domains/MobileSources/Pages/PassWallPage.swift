import Features
import Hummingbird
import Identity
import Kernel
import Web

/// The wall of passes: a card for each vehicle as it goes through, newest first, with filters and a pause.
struct PassWallPage: Sendable {
    let gates: GateSupervision
    private static let shown = 30

    func add(to routes: Routes) { routes.get("/passes", permission: .named(GatePermission.workbench), use: show) }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var filter = LivePasses.Filter()
        filter.county = context.here["county"]
        filter.org = context.here["org"].flatMap { Int64($0) }
        filter.verdict = context.here["verdict"]
        let passes = try await LivePasses(gates: gates).recent(PassWallPage.shown, filter, by: principal)
        let body: Markup = """
            \(GateAssets.links(context))\(controls(principal, context))
            <ul class="pass-cards" id="wall" data-live="\(LivePasses.topic)" data-limit="\(PassWallPage.shown)" data-empty="还没有符合条件的过车，有新过车时会自动出现" data-wall aria-live="off"\
            \(Markup.attribute("data-county", filter.county))\(Markup.attribute("data-org", filter.org.map { String($0) }))\(Markup.attribute("data-verdict", filter.verdict))>\(passes.map { PassLine(item: $0) })</ul>
            """
        return Shell.page("实时过车", crumbs: [Crumb("监管工作台"), Crumb("实时过车")], active: "/passes", actions: "\(pause)", body: body, context: context)
    }

    private var pause: Markup {
        "<button type=\"button\" class=\"btn btn-plain\" data-wall-pause aria-pressed=\"false\"><span class=\"when-running\">\(Icon("pause"))暂停</span><span class=\"when-paused\">\(Icon("play"))继续（<b data-wall-held>0</b>）</span></button>"
    }

    private func controls(_ principal: Principal, _ context: WebContext) -> Markup {
        let here = context.here
        let sites = gates.registry.snapshot.enterprises.values.filter { principal.scope.admits(org: $0.org, area: $0.county) }
        let counties = Set(sites.map(\.county)).sorted().map { Choice($0, GateWords.county($0)) }
        let enterprises = sites.filter { site in here["county"].map { site.county == $0 } ?? true }.sorted { $0.name < $1.name }.map { Choice(String($0.org), $0.name) }
        let verdicts = GateCodes.verdict.map { Choice($0.code, $0.title) }
        let all = Choice("", "全部")
        var fields: [FormField] = []
        if counties.count > 1 { fields.append(FormField("county", "县（区、市）", .select([all] + counties), value: here["county"])) }
        if enterprises.count > 1 { fields.append(FormField("org", "企业", .select([all] + enterprises), value: here["org"])) }
        fields.append(FormField("verdict", "校验结论", .select([all] + verdicts), value: here["verdict"]))
        return "\(SearchForm(action: "/passes", fields: fields, table: "wall", visible: 3))"
    }
}
