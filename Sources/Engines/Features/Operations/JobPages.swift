import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// 定时任务: what runs by the clock, how it went, when it comes again; a run on demand; where it is done (B5.1.5).
struct JobPages: Sendable {
    let platform: Platform
    static let path = "/admin/jobs"
    static let menu = MenuItem("系统", groupEN: "System", "定时任务", "Jobs", icon: "clock", path: path, permission: OperationPermission.read, order: 8951)

    func add(to routes: Routes) {
        let (reads, writes) = (RoutePermission.named(OperationPermission.read), RoutePermission.named(OperationPermission.write))
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/{name}", permission: reads, use: show)
        routes.post(Self.path + "/{name}/run", permission: writes, use: run)
        routes.get(Self.path + "/{name}/group", permission: writes) { _, context in try await groupForm([], context) }
        routes.post(Self.path + "/{name}/group", permission: writes, isDangerous: true, use: place)
    }

    static func rhythm(_ job: JobDeclaration) -> String {
        switch job.rhythm {
        case .daily(let minute): return "每天 \(minute / 60 < 10 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        case .every(let seconds): return seconds % 3600 == 0 ? "每 \(seconds / 3600) 小时" : seconds % 60 == 0 ? "每 \(seconds / 60) 分钟" : "每 \(seconds) 秒"
        }
    }

    static func badge(_ run: JobRun?) -> Markup {
        guard let run else { return "\(Badge("未执行", .muted))" }
        let tone: Tone =
            switch run.state {
            case .done: .good
            case .failed: .red
            case .running: .info
            case .queued, .interrupted: .yellow
            }
        return "\(Badge(run.state.title, tone, isDot: true))"
    }

    static func spent(_ run: JobRun?) -> String {
        guard let run, let end = run.endedAt else { return "" }
        let seconds = end.seconds(since: run.startedAt)
        return seconds < 1 ? "不足 1 秒" : "\(Figure.decimal(seconds, digits: seconds < 10 ? 1 : 0)) 秒"
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here, size: 50), now = platform.clock.now
        let (last, groups) = try await platform.database.read { [platform] reader in (try platform.jobs.last(reader), try platform.nodes.assignments(reader)) }
        let wanted = context.here["state"]
        let found = platform.jobs.jobs.filter { job in
            guard window.finds(job.title, job.name) else { return false }
            return wanted.map { $0 == last[job.name]?.state.rawValue } ?? true
        }
        let (shown, pager) = window.numbered(found, sortedBy: ["title": \.title, "last": { last[$0.name]?.startedAt.text ?? "" }])
        let mayWrite = context.may(OperationPermission.write)
        let rows = shown.map { job -> TableRow in
            let run = last[job.name], path = "\(Self.path)/\(job.name)"
            let start = ActionButton("立即执行", .post("\(path)/run", confirm: "现在执行“\(job.title)”？"), icon: "play", style: .quiet)
            return TableRow(
                id: job.name,
                [
                    "\(job.title)", "\(Self.rhythm(job))", Self.badge(run), "\(run?.startedAt)", "\(Self.spent(run))", "\(run?.note ?? "")", "\(job.rhythm.nextDue(after: now))",
                    "\(groups[job.name] ?? "主节点")",
                ], path: path, actions: mayWrite ? "\(start)" : .empty)
        }
        let columns = [
            Column("title", "任务", isSortable: true, isWrapping: true), Column("rhythm", "周期"), Column("state", "最近一次"), Column("last", "开始时间", isSortable: true),
            Column("spent", "用时", align: .end), Column("note", "说明", isWrapping: true), Column("next", "下一次"), Column("group", "执行节点"),
        ]
        let list = ListPage(
            "定时任务", at: Self.path, crumbs: [Crumb("系统"), Crumb("定时任务")], id: "jobs", columns: columns,
            filters: [.keyword(context, "任务名称"), .choice("state", "最近一次", JobRun.State.allCases.map { Choice($0.rawValue, $0.title) }, context)],
            empty: "没有定时任务", actions: "\(ActionButton("节点与分组", .link(NodePages.path), icon: "server"))")
        return list.response(rows, pager, context)
    }

    private func job(_ context: WebContext) throws -> JobDeclaration {
        guard let job = platform.jobs.job(try context.path("name")) else { throw Failure.notFound("定时任务") }
        return job
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let job = try job(context)
        let window = ListWindow(context.here, size: 50)
        let state = context.here["state"].flatMap(JobRun.State.init)
        var conditions: [SQL] = ["job = \(job.name)"]
        if let before = window.before { conditions.append("id < \(before)") }
        if let state { conditions.append("state = \(state.rawValue)") }
        let condition = SQL.all(of: conditions)
        let (runs, group) = try await platform.database.read { [platform] reader in
            (try Scheduler.runs(where: condition, limit: window.limit, reader), try platform.nodes.assignments(reader)[job.name])
        }
        let (shown, pager) = window.newest(runs) { $0.id }
        let rows = shown.map { run in
            TableRow(
                id: String(run.id),
                [
                    "\(run.startedAt)", "\(run.dueAt)", Self.badge(run), "\(Self.spent(run))", "\(run.isManual ? "人工" : "定时")", "<span class=\"mono\">\(run.node)</span>",
                    "\(run.note ?? "")",
                ])
        }
        let columns = [
            Column("at", "开始时间"), Column("due", "应执行时间"), Column("state", "结果"), Column("spent", "用时", align: .end), Column("by", "方式"), Column("node", "节点", isWrapping: true),
            Column("note", "说明", isWrapping: true),
        ]
        let path = "\(Self.path)/\(job.name)"
        let actions: Markup =
            context.may(OperationPermission.write)
            ? "\(ActionButton("立即执行", .post("\(path)/run", confirm: "现在执行“\(job.title)”？"), icon: "play", style: .primary))\(ActionButton("指定工作分组", .dialog("\(path)/group"), icon: "server"))"
            : .empty
        let facts = DescriptionList([
            .init("周期", "\(Self.rhythm(job))"), .init("下一次", "\(job.rhythm.nextDue(after: platform.clock.now))"), .init("执行节点", "\(group.map { "工作分组“\($0)”" } ?? "主节点")"),
            .init("错过时", "补做最近的一次"),
        ])
        let list = ListPage(
            job.title, at: path, crumbs: [Crumb("系统"), Crumb("定时任务", Self.path), Crumb(job.title)], active: Self.path, id: "runs", columns: columns,
            filters: [.choice("state", "结果", JobRun.State.allCases.map { Choice($0.rawValue, $0.title) }, context)], empty: "还没有执行过", actions: actions,
            above: "\(Card(body: "\(facts)"))")
        return list.response(rows, pager, context)
    }

    @Sendable func run(request: Request, context: WebContext) async throws -> Response {
        let job = try job(context)
        try await platform.jobs.runNow(job.name, audit: platform.audit, by: context.signedIn())
        return Shell.refreshed("已安排，一秒内开始", context: context, request: request)
    }

    private func groupForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let job = try job(context)
        let (groups, held) = try await platform.database.read { [nodes = platform.nodes] reader in (try nodes.groups(reader), try nodes.assignments(reader)[job.name]) }
        let choices = [Choice("", "主节点")] + groups.map { Choice($0.name, $0.name) }
        let fields = [
            FormField("job", "任务", .shown("\(job.title)"), isWide: true),
            FormField("group", "工作分组", .select(choices), value: held ?? "", help: groups.isEmpty ? "还没有工作分组，请先在“节点与分组”中建立" : "分组内没有在线节点时由主节点执行", isWide: true),
        ]
        let form = Form(
            action: "\(Self.path)/\(job.name)/group", sections: [FormSection(nil, fields)], submit: "保存", cancel: "\(Self.path)/\(job.name)", findings: findings, context: context)
        return Shell.form("指定工作分组", crumbs: [Crumb("定时任务", Self.path), Crumb("指定工作分组")], active: Self.path, form, context: context)
    }

    @Sendable func place(request: Request, context: WebContext) async throws -> Response {
        let job = try job(context)
        let input = try await request.form(context, limit: 16_384)
        let group = input["group"].flatMap { $0.isEmpty ? nil : $0 }
        do {
            try await platform.nodes.place(job: job.name, title: job.title, in: group, audit: platform.audit, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await groupForm(failure.fields, context)
        }
        return Shell.done("已保存，下一次执行起生效", to: "\(Self.path)/\(job.name)", context: context)
    }
}
