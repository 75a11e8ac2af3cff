import Hummingbird
import Kernel
import Storage
import Web

extension WorkPages {
    /// `GET /workflows/{name}/simulate?way=step/transition&…`: walks through the draft without writing anything: which step comes next, who would get it, by when.
    @Sendable
    func simulate(request: Request, context: WebContext) async throws -> Response {
        let name = try context.path("name")
        let (definition, isDraft, calendar) = try await database.read { [engine] reader in
            let draft = try engine.draft(name, in: reader)
            return (draft.definition, draft.isDraft, try WorkingCalendar.load(reader))
        }
        var walk = Simulation(definition: definition, calendar: calendar, now: context.site.clock.now)
        walk.begin(engine)
        let ways = context.here.all("way")
        for way in ways { walk.take(way, engine) }
        var graph = DefinitionGraph(definition: definition)
        graph.visited = Set(walk.done.map(\.step.name))
        graph.current = Set(walk.open.map(\.name))
        graph.taken = walk.taken
        let rows = walk.done.map { entry in TableRow(["\(entry.step.title)", "\(entry.title)", "\(entry.at.text.prefix(16))", "\(entry.due?.text.prefix(16) ?? "不限")"]) }
        let columns = [Column("step", "环节"), Column("action", "操作"), Column("at", "到达（按时限用满推算）"), Column("due", "到期")]
        let choices = walk.open.map { step -> Markup in
            let buttons = step.transitions.map { transition -> Markup in
                let used = walk.uses["\(step.name)/\(transition.name)"] ?? 0
                if let limit = transition.limit, used >= limit { return "<span class=\"nothing\">\(transition.title)：已用完 \(limit) 次</span>" }
                var address = context.here
                address.query.append(.init("way", "\(step.name)/\(transition.name)"))
                let mark = transition.isAutomatic ? "（期满自动）" : ""
                return "\(ActionButton(transition.title + mark, .link(address.text)))"
            }
            let who = step.actors.map(Self.title).joined(separator: "、")
            return """
                <div class="flow-open"><p><strong>\(step.title)</strong> <span class="nothing">办理人：\(who.isEmpty ? "无（期满自动）" : who)，时限：\(step.within?.title ?? (step.dueField == nil ? "不限" : "按指定期限"))，表单 \(step.form.count) 项</span></p>\
                <div class="flow-actions">\(buttons)</div></div>
                """
        }
        let next: Markup = walk.open.isEmpty ? "\(Notice(.good, "流程结束：\(walk.ended ?? "")"))" : .joined(choices)
        let body: Markup = """
            \(Self.styles(context))<div class="stack">\(Notice(.info, "\(isDraft ? "正在模拟未发布的草稿" : "正在模拟现行版本")，不产生任何事项"))\(Card("流程图", body: "\(graph)"))\(Card("下一步", body: next))\
            \(Card("走过的环节", isFlush: true, body: "\(DataTable(id: "walk", columns: columns, rows: rows, address: context.here, hasTools: false))"))</div>
            """
        return Shell.page(
            "模拟运行：\(definition.title)", crumbs: [Crumb("流程管理", "/workflows"), Crumb(definition.title, "/workflows/\(name)"), Crumb("模拟运行")], active: "/workflows",
            actions: "\(ActionButton("重新开始", .link("/workflows/\(name)/simulate"), icon: "refresh"))", body: body, context: context)
    }
}

/// A walk through a definition, in memory only.
struct Simulation {
    struct Entry {
        var step: WorkflowStep
        var title: String
        var at: Moment
        var due: Moment?
    }

    let definition: WorkflowDeclaration
    let calendar: WorkingCalendar
    var now: Moment
    var open: [WorkflowStep] = []
    var done: [Entry] = []
    var taken: Set<String> = []
    var uses: [String: Int] = [:]
    var data = JSONObject()
    var ended: String?

    init(definition: WorkflowDeclaration, calendar: WorkingCalendar, now: Moment) {
        self.definition = definition
        self.calendar = calendar
        self.now = now
    }

    mutating func begin(_ engine: WorkflowEngine) { if let first = definition.steps.first { enter(first, engine, 0) } }

    /// - Parameter way: `step/transition`; one that is not open is passed over.
    mutating func take(_ way: String, _ engine: WorkflowEngine) {
        let parts = way.split(separator: "/").map(String.init)
        guard parts.count == 2, let index = open.firstIndex(where: { $0.name == parts[0] }), let transition = open[index].transition(parts[1]) else { return }
        let step = open.remove(at: index)
        let due = step.within.map { calendar.deadline($0, from: now) }
        done.append(Entry(step: step, title: transition.title, at: now, due: due))
        now = due ?? now
        uses[way, default: 0] += 1
        for (name, value) in transition.sets { data[name] = .string(value) }
        goOn(transition, step, engine, 0)
    }

    private mutating func goOn(_ transition: WorkflowTransition, _ step: WorkflowStep, _ engine: WorkflowEngine, _ depth: Int) {
        for name in engine.targets(of: transition, data) {
            taken.insert("\(step.name)>\(name)")
            if let next = definition.step(name), ended == nil { enter(next, engine, depth + 1) }
        }
    }

    private mutating func enter(_ step: WorkflowStep, _ engine: WorkflowEngine, _ depth: Int) {
        guard depth < 40 else { return }
        switch step.kind {
        case .task, .notice: open.append(step)
        case .automatic, .join, .subflow:
            if step.kind == .join, !open.isEmpty { return }
            done.append(Entry(step: step, title: "自动", at: now, due: nil))
            if let next = step.transitions.first { goOn(next, step, engine, depth) }
        case .end:
            open = []
            ended = step.title
            done.append(Entry(step: step, title: "结束", at: now, due: nil))
        }
    }
}
