import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// B5.1.4 节点, B5.1.5 工作分组: the processes on this database, which of them leads, and groups of them that do jobs of their own.
struct NodePages: Sendable {
    let platform: Platform
    static let path = "/admin/nodes"
    static let menu = MenuItem("系统", groupEN: "System", "节点与分组", "Nodes", icon: "server", path: path, permission: OperationPermission.read, order: 8951)

    func add(to routes: Routes) {
        let (reads, writes) = (RoutePermission.named(OperationPermission.read), RoutePermission.named(OperationPermission.write))
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/place", permission: writes) { _, context in try await placeForm([], context) }
        routes.post(Self.path + "/place", permission: writes, isDangerous: true, use: place)
        routes.post(Self.path + "/forget", permission: writes, isDangerous: true, use: forget)
        routes.get(Self.path + "/groups/new", permission: writes) { _, context in groupForm(nil, [], context) }
        routes.post(Self.path + "/groups/new", permission: writes, use: keep)
        routes.post(Self.path + "/groups/remove", permission: writes, isDangerous: true, use: remove)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here, size: 50), now = platform.clock.now
        let state = context.here["state"].flatMap(NodeBook.Node.State.init)
        let (nodes, leader, groups, assigned) = try await platform.database.read { [book = platform.nodes] reader in
            (try book.nodes(reader), try book.leader(reader), try book.groups(reader), try book.assignments(reader))
        }
        let found = nodes.filter { node in window.finds(node.name, node.group ?? "") && (state.map { $0 == node.state(at: now) } ?? true) }
        let (shown, pager) = window.numbered(found, sortedBy: ["name": \.name, "seen": \.seenAt.text])
        let mayWrite = context.may(OperationPermission.write)
        let rows = shown.map { row($0, leader: leader, mayWrite: mayWrite, now) }
        let columns = [
            Column("name", "节点", isSortable: true, isWrapping: true), Column("role", "角色"), Column("group", "工作分组"), Column("state", "状态"), Column("load", "负载", align: .end),
            Column("memory", "内存", align: .end), Column("version", "版本"), Column("started", "启动时间"), Column("seen", "最近心跳", isSortable: true),
        ]
        let running = nodes.filter { $0.state(at: now) == .running }.count
        let cards: [Markup] = [
            "\(StatCard("在线节点", "\(running)", unit: "个", tone: running == 0 ? .red : .good, icon: "server"))",
            "\(StatCard("主节点", leader == nil ? "无" : "1", unit: leader == nil ? "" : "个", note: "\(leader ?? "十五秒内自动选出")", tone: leader == nil ? .red : .good, icon: "star"))",
            "\(StatCard("工作分组", "\(groups.count)", unit: "个", note: "指定任务 \(assigned.count) 项", icon: "layers", path: JobPages.path))",
        ]
        let list = ListPage(
            "节点与分组", at: Self.path, crumbs: [Crumb("系统"), Crumb("节点与分组")], id: "nodes", columns: columns,
            filters: [.keyword(context, "节点、分组"), .choice("state", "状态", NodeBook.Node.State.allCases.map { Choice($0.rawValue, $0.title) }, context)],
            empty: "还没有节点。节点启动后十秒内出现在这里", add: mayWrite ? ActionButton("新建工作分组", .dialog(Self.path + "/groups/new"), icon: "plus", style: .primary) : nil,
            actions: "\(ActionButton("定时任务", .link(JobPages.path), icon: "clock"))", above: "\(Grid(.thirds, cards))", below: groupCard(groups, nodes, assigned, mayWrite))
        return list.response(rows, pager, context)
    }

    private func row(_ node: NodeBook.Node, leader: String?, mayWrite: Bool, _ now: Moment) -> TableRow {
        let state = node.state(at: now)
        let tone: Tone =
            switch state {
            case .running: .good
            case .lost: .red
            case .stopped: .muted
            }
        let role: Markup = node.name == leader ? "\(Badge("主节点", .info))" : "工作节点"
        let place = ActionButton("设置分组", .dialog(PageAddress(Self.path + "/place", ["node": node.name]).text), icon: "layers", style: .quiet)
        let forget = ActionButton("移除", .post(PageAddress(Self.path + "/forget", ["node": node.name]).text, confirm: "从列表中移除节点“\(node.name)”？"), icon: "trash", style: .quiet)
        let actions: Markup = !mayWrite ? .empty : state == .running ? "\(place)" : "\(place)\(forget)"
        let load = node.load.map { "\(Figure.decimal($0, digits: 2)) / \(node.processors) 核" } ?? "\(node.processors) 核"
        return TableRow(
            id: node.name,
            [
                "<span class=\"mono\">\(node.name)</span>", role, "\(node.group ?? "未分组")", "\(Badge(state.title, tone, isDot: true))", "\(load)",
                "\(node.memory.map { Figure.size(Int($0)) } ?? "")", "\(node.version)", "\(node.startedAt)", "\(node.seenAt)",
            ], actions: actions)
    }

    private func groupCard(_ groups: [NodeBook.Group], _ nodes: [NodeBook.Node], _ assigned: [String: String], _ mayWrite: Bool) -> Markup {
        let rows = groups.map { group -> TableRow in
            let members = nodes.filter { $0.group == group.name }.count
            let jobs = assigned.filter { $0.value == group.name }.keys.compactMap { platform.jobs.job($0)?.title }.sorted()
            let edit = ActionButton("修改", .dialog(PageAddress(Self.path + "/groups/new", ["name": group.name, "note": group.note]).text), icon: "edit", style: .quiet)
            let drop = ActionButton(
                "撤销", .post(PageAddress(Self.path + "/groups/remove", ["name": group.name]).text, confirm: "撤销后其任务由主节点执行。确定撤销“\(group.name)”？"), icon: "trash", style: .quiet)
            return TableRow(
                id: group.name, ["\(group.name)", "\(group.note)", "\(members)", "\(jobs.isEmpty ? "未指定" : jobs.joined(separator: "、"))", "\(group.updatedBy) \(group.updatedAt)"],
                actions: mayWrite ? "\(edit)\(drop)" : .empty)
        }
        let columns = [
            Column("name", "工作分组"), Column("note", "说明", isWrapping: true), Column("members", "节点", align: .end), Column("jobs", "执行的任务", isWrapping: true), Column("by", "维护人"),
        ]
        let table = DataTable(
            id: "groups", columns: columns, rows: rows, address: PageAddress(Self.path), empty: "还没有工作分组。任务都由主节点执行；建立分组并编入节点后，可在“定时任务”中把耗时的任务交给分组", hasTools: false)
        return "\(Card("工作分组", isFlush: true, body: "\(table)"))"
    }

    // MARK: Nodes

    private func placeForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let name = context.here["node"] ?? ""
        let (nodes, groups) = try await platform.database.read { [book = platform.nodes] reader in (try book.nodes(reader), try book.groups(reader)) }
        guard let node = nodes.first(where: { $0.name == name }) else { throw Failure.notFound("节点") }
        let fields = [
            FormField("what", "节点", .shown("\(node.name)"), isWide: true),
            FormField("group", "工作分组", .select([Choice("", "未分组")] + groups.map { Choice($0.name, $0.name) }), value: node.group ?? "", isWide: true),
        ]
        let form = Form(
            action: PageAddress(Self.path + "/place", ["node": name]).text, sections: [FormSection(nil, fields)], submit: "保存", cancel: Self.path, findings: findings,
            context: context)
        return Shell.form("设置节点分组", crumbs: [Crumb("节点与分组", Self.path), Crumb("设置分组")], active: Self.path, form, context: context)
    }

    @Sendable func place(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let group = input["group"].flatMap { $0.isEmpty ? nil : $0 }
        do {
            try await platform.nodes.place(node: context.here["node"] ?? "", in: group, audit: platform.audit, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await placeForm(failure.fields, context)
        }
        return Shell.done("已保存", to: Self.path, context: context)
    }

    @Sendable func forget(request: Request, context: WebContext) async throws -> Response {
        try await platform.nodes.forget(context.here["node"] ?? "", audit: platform.audit, by: context.signedIn())
        return Shell.refreshed("已移除", context: context, request: request)
    }

    // MARK: Groups

    private func groupForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let known = context.here["name"]
        let name: FormField =
            known.map { FormField("shown", "分组名称", .shown("\($0)"), isWide: true) }
            ?? FormField("name", "分组名称", .text, value: input?["name"], isRequired: true, help: "如：报表计算、影像处理", maxLength: 30, isWide: true)
        let fields = [name, FormField("note", "说明", .textArea(rows: 2), value: input?["note"] ?? context.here["note"], maxLength: 200, isWide: true)]
        let form = Form(
            action: PageAddress(Self.path + "/groups/new", known.map { ["name": $0] } ?? [:]).text, sections: [FormSection(nil, fields)], submit: "保存", cancel: Self.path,
            findings: findings,
            context: context)
        return Shell.form(known == nil ? "新建工作分组" : "修改工作分组", crumbs: [Crumb("节点与分组", Self.path), Crumb("工作分组")], active: Self.path, form, context: context)
    }

    @Sendable func keep(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        do {
            try await platform.nodes.keep(
                (context.here["name"] ?? input["name"] ?? "").trimmedSpaces, note: (input["note"] ?? "").trimmedSpaces, audit: platform.audit, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return groupForm(input, failure.fields, context)
        }
        return Shell.done("已保存", to: Self.path, context: context)
    }

    @Sendable func remove(request: Request, context: WebContext) async throws -> Response {
        try await platform.nodes.remove(context.here["name"] ?? "", audit: platform.audit, by: context.signedIn())
        return Shell.refreshed("已撤销", context: context, request: request)
    }
}
