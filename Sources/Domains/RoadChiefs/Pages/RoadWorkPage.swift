import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Messages
import Storage
import Web
import Workflows

/// B3.4.2 导航页: what waits for a chief, a unit or the office, and the way to everything they do; made for a telephone, at home on a desk.
struct RoadWorkPage: Sendable {
    let platform: Platform

    func add(to routes: Routes) { routes.get("/road-work", permission: .named(RoadPermission.work), use: show) }

    private struct Facts: Sendable {
        var todo: WorkPage
        var overdue: Int
        var patrols: [PatrolPages.Line]
        var pending: Int
        var problems: Int
        var reports: Int
        var appeals: Int
        var unread: Int
    }

    private func facts(_ principal: Principal, _ reader: any Reader) throws -> Facts {
        let (scope, workflows) = (principal.scope, platform.workflows)
        var query = WorkQuery(.todo)
        query.limit = 6
        query.sort = .due
        let todo = try workflows.list(query, by: principal, in: reader)
        query.isOverdue = true
        func count(_ table: String, _ state: String) throws -> Int {
            try reader.count("SELECT count(*) FROM \(ident: table) WHERE state = \(state) AND deleted_at IS NULL AND \(scope.condition())")
        }
        let reports = try count("road_emergency", "review") + count("bonus_item", "review")
        return Facts(
            todo: todo, overdue: try workflows.list(query, by: principal, in: reader).total,
            patrols: try PatrolPages.lines(principal, states: ["pending", "running"], mine: false, keyword: nil, limit: 6, reader), pending: try count("road_patrol", "pending"),
            problems: try count("road_problem", "open"), reports: reports, appeals: try count("road_appeal", "review"),
            unread: try platform.messages.unread(of: principal, in: reader))
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let facts = try await platform.database.read { reader in try self.facts(principal, reader) }
        let cards: [Markup] = [
            "\(StatCard("我的待办", "\(facts.todo.total)", unit: "件", icon: "inbox", path: "/work"))",
            "\(StatCard("已超期", "\(facts.overdue)", unit: "件", tone: facts.overdue > 0 ? .red : .neutral, icon: "clock", path: "/work?overdue=1"))",
            "\(StatCard("待巡查", "\(facts.pending)", unit: "条", icon: "road", path: "/road-patrols"))",
            "\(StatCard("未处理问题", "\(facts.problems)", unit: "个", tone: facts.problems > 0 ? .orange : .neutral, icon: "flag", path: "/ledgers/roadProblem?f.state=open"))",
            "\(StatCard("等待复核", "\(facts.reports + facts.appeals)", unit: "件", icon: "send", path: context.may(RoadPermission.query) ? "/road-query?state=review" : "/ledgers/roadEmergency"))",
            "\(StatCard("未读消息", "\(facts.unread)", unit: "条", icon: "bell", path: "/messages"))",
        ]
        let body: Markup = """
            <link rel="stylesheet" href="\(context.site.assets.path("road.css"))"><div class="stack road-work"><div class="road-figures">\(cards)</div>\(tiles(context))\
            \(Grid(.halves, ["\(Card("我的任务", actions: "\(ActionButton("全部", .link("/work"), style: .quiet))", isFlush: true, body: tasks(facts.todo)))", "\(Card("待巡查道路", actions: "\(ActionButton("全部", .link("/road-patrols"), style: .quiet))", isFlush: true, body: patrols(facts.patrols)))"]))</div>
            """
        return Shell.page("路长工作台", crumbs: [Crumb(RoadChiefs.group), Crumb("路长工作台")], active: "/road-work", body: body, context: context)
    }

    private struct Tile {
        var title: String
        var icon: String
        var path: String
        var permission: String?
    }

    private static let tiles: [Tile] = [
        Tile(title: "道路巡查", icon: "road", path: "/road-patrols", permission: RoadPermission.walk), Tile(title: "我的任务", icon: "inbox", path: "/work", permission: nil),
        Tile(title: "下发任务", icon: "send", path: "/ledgers/roadTask/new", permission: RoadTask.ledger.writePermission),
        Tile(title: "上报问题", icon: "flag", path: "/ledgers/roadProblem/new", permission: RoadProblem.ledger.writePermission),
        Tile(title: "应急上报", icon: "siren", path: "/ledgers/roadEmergency/new", permission: RoadEmergency.ledger.writePermission),
        Tile(title: "加分申报", icon: "star", path: "/ledgers/bonusItem/new", permission: BonusItem.ledger.writePermission),
        Tile(title: "我的报送", icon: "file", path: "/ledgers/roadEmergency", permission: RoadEmergency.ledger.readPermission),
        Tile(title: "我的申诉", icon: "scale", path: "/ledgers/roadAppeal", permission: RoadAppeal.ledger.readPermission),
        Tile(title: "我的问题", icon: "alert", path: "/ledgers/roadProblem", permission: RoadProblem.ledger.readPermission),
        Tile(title: "历史任务", icon: "history", path: "/work?box=done", permission: nil),
        Tile(title: "分析", icon: "trend", path: "/road-statistics", permission: RoadPermission.statistics),
        Tile(title: "通知公告", icon: "bell", path: "/notices", permission: nil), Tile(title: "通讯录", icon: "phone", path: "/road-contacts", permission: RoadPermission.work),
        Tile(title: "修改密码", icon: "user", path: "/account/password", permission: nil),
    ]

    private func tiles(_ context: WebContext) -> Markup {
        let shown = Self.tiles.filter { tile in tile.permission.map { context.may($0) } ?? true }.map { tile -> Markup in
            "<a class=\"road-tile\" href=\"\(tile.path)\">\(Icon(tile.icon))<span>\(tile.title)</span></a>"
        }
        return "<nav class=\"road-tiles\" aria-label=\"路长功能\">\(shown)</nav>"
    }

    private func tasks(_ page: WorkPage) -> Markup {
        guard !page.lines.isEmpty else { return "\(EmptyState("没有待办任务", icon: "check"))" }
        let now = platform.clock.now
        let lines = page.lines.map { line -> Markup in
            let due: Markup =
                line.step?.dueAt.map { at -> Markup in
                    let tone: Tone = at < now ? .red : at < now.adding(seconds: 86_400) ? .orange : .neutral
                    return "\(Badge(at < now ? "已超期" : "期限 \(at.text.dropFirst(5).prefix(11))", tone))"
                } ?? ""
            return """
                <li><a href="/work/\(line.item.id)"><b>\(line.item.title)</b> \(due)<small>\(line.step?.title) · \(line.item.orgName) · \(line.item.number)</small></a></li>
                """
        }
        return "<ul class=\"road-lines\">\(lines)</ul>"
    }

    private func patrols(_ lines: [PatrolPages.Line]) -> Markup {
        guard !lines.isEmpty else { return "\(EmptyState("没有待巡查的道路", icon: "road"))" }
        let shown = lines.map { line -> Markup in
            let state = platform.dictionaries.title(of: line.state, in: .roadPatrolState)
            return """
                <li><a href="/road-patrols/\(line.id)"><b>\(line.road)</b> \(Badge(state, PatrolPages.tone(line.state)))<small>\(line.round) · 截止 \(line.endsOn?.text) · \(line.chief)</small></a></li>
                """
        }
        return "<ul class=\"road-lines\">\(shown)</ul>"
    }
}
