import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Windows of suppression: `/alarm-suppressions`, asked for, approved by somebody else, ended early, with what was held back.
extension AlarmPages {
    func addSuppressions(to routes: Routes) {
        let read = RoutePermission.named(AlarmPermission.read), ask = RoutePermission.named(AlarmPermission.suppress)
        routes.get("/alarm-suppressions", permission: read, use: suppressions)
        routes.get("/alarm-suppressions/new", permission: ask, use: askForm)
        routes.post("/alarm-suppressions/new", permission: ask, use: askFor)
        routes.get("/alarm-suppressions/{id}", permission: read, use: suppression)
        routes.get("/alarm-suppressions/{id}/decide/{state}", permission: read, use: decideForm)
        routes.post("/alarm-suppressions/{id}/decide/{state}", permission: read, use: decide)
    }

    private static let crumbs = [Crumb("监测报警"), Crumb("停用免报", "/alarm-suppressions")]

    /// `GET /alarm-suppressions?state=&q=`.
    @Sendable
    func suppressions(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let now = context.site.clock.now, list = ListWindow(context.here)
        let state = context.here["state"].flatMap(Suppression.State.init(rawValue:))
        let windows = try await database.read { [engine] in
            try engine.suppressions(state: state, search: list.keyword, before: list.before, limit: list.limit, by: principal, in: $0)
        }
        let shown = list.newest(windows, id: \.id)
        let rows = shown.rows.map { window -> TableRow in
            let standing = window.standing(at: now)
            let tone: Tone = standing.isActive ? .good : window.state == .asked ? .orange : .muted
            return TableRow(
                id: "\(window.id)",
                [
                    "\(window.title)", "\(Badge(standing.title, tone, isDot: true))", "\(window.reason.title)",
                    "\(window.orgName.isEmpty ? areaTitle(window.area) : window.orgName)",
                    "\(window.kinds.isEmpty ? "全部类型" : window.kinds.map { engine.title(ofKind: $0) }.joined(separator: "、"))",
                    "\(window.from.text.prefix(16)) 至 \(window.until.text.prefix(16))",
                    "<span class=\"num\">\(Figure.grouped(window.held))</span>", "\(window.askedByName)",
                ], path: "/alarm-suppressions/\(window.id)")
        }
        let columns = [
            Column("title", "事由", isWrapping: true), Column("state", "状态"), Column("reason", "原因"), Column("org", "单位或区域"), Column("kinds", "报警类型", isWrapping: true),
            Column("time", "时段"),
            Column("held", "免报", align: .end), Column("by", "申请人"),
        ]
        let tabs = Tabs(
            [Tabs.Tab("全部", "/alarm-suppressions", isActive: state == nil)]
                + Suppression.State.allCases.map { Tabs.Tab($0.title, "/alarm-suppressions?state=\($0.rawValue)", isActive: state == $0) })
        let page = ListPage(
            context.text("停用免报", "Suppression"), at: "/alarm-suppressions", crumbs: [Crumb("监测报警")], id: "suppressions", columns: columns, filters: [.keyword(context, "事由、单位")],
            kept: state.map { [.init("state", $0.rawValue)] } ?? [], empty: "没有停用免报；停车、检修、测试前在此申请，批准时段内的报警只计数不上台",
            add: context.may(AlarmPermission.suppress) ? ActionButton("申请停用免报", .dialog("/alarm-suppressions/new"), icon: "plus", style: .primary) : nil, toolbar: "\(tabs)")
        return page.response(rows, shown.pager, context)
    }

    /// `GET /alarm-suppressions/new`.
    @Sendable
    func askForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), address = context.here
        let org = address["org"].flatMap { Int64($0) }
        // What the address names is filled in: where the analysis of alarms leads to.
        let name = try await database.read { reader in
            try org.flatMap { try reader.first("SELECT name FROM organisations WHERE id = \($0) AND \(principal.scope.condition(org: "id"))")?.text("name") }
        }
        var items = address.all("kinds").map { PageAddress.QueryItem("kinds", $0) }
        if let subject = address["subject"] { items.append(.init("subject", subject)) }
        if let org, let name { items += [.init("org", String(org)), .init("orgShown", name)] }
        let input = FormInput(items: items)
        return askForm(input, [], context)
    }

    private func askForm(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let now = context.site.clock.now
        let moment = { (moment: Moment) -> String in String(moment.text.prefix(16)).replacing(" ", with: "T") }
        var fields = [
            FormField("title", "事由", .text, value: input["title"], isRequired: true, placeholder: "如 2 号装置停车检修", maxLength: 60),
            FormField("reason", "原因", .select(Suppression.Reason.allCases.map { Choice($0.rawValue, $0.title) }), value: input["reason"], isRequired: true),
        ]
        if case .organisation = context.principal?.scope {
        } else {
            fields.append(
                FormField("org", "企业", .reference(url: "/alarms/organisations", shown: input["orgShown"] ?? ""), value: input["org"], help: "只免报这家单位的报警"))
        }
        fields += [
            FormField("subject", "位置或对象", .text, value: input["subject"], help: "只免报位置、点位或车辆含这些字的；空为全部", maxLength: 60),
            FormField("from", "开始时间", .moment, value: input["from"] ?? moment(now), isRequired: true),
            FormField("until", "结束时间", .moment, value: input["until"] ?? moment(now.adding(seconds: 8 * 3600)), isRequired: true, help: "到时自动恢复报警"),
            FormField("kinds", "报警类型", .dropdown(engine.kinds.map { Choice($0.name, $0.title) }), values: input.all("kinds"), placeholder: "全部类型", isWide: true),
            FormField("text", "说明", .textArea(rows: 3), value: input["text"], maxLength: 500, isWide: true),
        ]
        let form = Form(
            action: "/alarm-suppressions/new", sections: [FormSection(nil, fields)], submit: "提交申请", cancel: "/alarm-suppressions", findings: findings, context: context)
        return Shell.form(
            "申请停用免报", crumbs: Self.crumbs + [Crumb("申请")], active: "/alarm-suppressions", form,
            context: context)
    }

    /// `POST /alarm-suppressions/new`.
    @Sendable
    func askFor(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        guard let from = input["from"].flatMap({ Moment(parsing: $0) }), let until = input["until"].flatMap({ Moment(parsing: $0) }) else {
            return askForm(input, [FieldFinding("from", "format", "开始和结束时间都要填写", title: "时间")], context)
        }
        var org = input["org"].flatMap { Int64($0) }
        if case .organisation(let own) = principal.scope { org = own }
        let owner = org
        let found = try await database.read { reader in try owner.flatMap { try reader.first("SELECT name, area FROM organisations WHERE id = \($0)") } }
        let area = found?.text("area") ?? (owner == nil ? principal.area : nil)
        let draft = Suppression(
            title: input["title"] ?? "", reason: input["reason"].flatMap(Suppression.Reason.init(rawValue:)) ?? .other, org: owner, orgName: found?.text("name") ?? "", area: area,
            kinds: input.all("kinds"), subject: input["subject"] ?? "", from: from, until: until, text: input["text"] ?? "")
        do {
            let id = try await database.write { [engine] in try engine.ask(draft, by: principal, in: $0) }
            return Shell.done("已提交，批准后生效", to: "/alarm-suppressions/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return askForm(input, failure.fields, context) }
    }

    /// `GET /alarm-suppressions/{id}`.
    @Sendable
    func suppression(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (window, held) = try await database.read { [engine] in (try engine.suppression(id, by: principal, in: $0), try engine.held(by: id, in: $0)) }
        let now = context.site.clock.now
        let standing = window.standing(at: now)
        let facts = DescriptionList(
            [
                .init("状态", "\(Badge(standing.title, standing.isActive ? .good : window.state == .asked ? .orange : .muted))"), .init("原因", "\(window.reason.title)"),
                .init("单位", "\(window.orgName.isEmpty ? "区域内全部" : window.orgName)"), .init("区域", "\(areaTitle(window.area))"),
                .init("报警类型", "\(window.kinds.isEmpty ? "全部类型" : window.kinds.map { engine.title(ofKind: $0) }.joined(separator: "、"))"),
                .init("位置或对象", "\(window.subject.isEmpty ? "全部" : window.subject)"), .init("开始", "\(window.from)"), .init("结束", "\(window.until)"),
                .init("申请人", "\(window.askedByName)"),
                .init("申请时间", "\(window.askedAt)"), .init("审批人", "\(window.decidedByName)"), .init("审批时间", "\(window.decidedAt)"), .init("说明", "\(window.text)", isWide: true),
                .init("审批意见", "\(window.opinion)", isWide: true),
            ], columns: 2)
        let rows = held.map {
            TableRow([
                "\(engine.title(ofKind: $0.kind))", "\($0.subject)", "\($0.title)", "<span class=\"num\">\(Figure.grouped($0.times))</span>", "\($0.firstAt)", "\($0.lastAt)",
            ])
        }
        let columns = [
            Column("kind", "类型"), Column("subject", "对象"), Column("title", "内容", isWrapping: true), Column("times", "次数", align: .end), Column("first", "首次"), Column("last", "最近"),
        ]
        let table = DataTable(id: "held", columns: columns, rows: rows, address: context.here, empty: "时段内没有被免报的报警", hasTools: false)
        let path = "/alarm-suppressions/\(id)/decide"
        var actions: [Markup] = []
        if window.state == .asked, context.may(AlarmPermission.approve), principal.id != window.askedBy {
            actions = ["\(ActionButton("同意", .dialog("\(path)/approved"), icon: "check", style: .primary))", "\(ActionButton("不同意", .dialog("\(path)/refused"), style: .danger))"]
        }
        if window.state == .approved, now < window.until, principal.id == window.askedBy || context.may(AlarmPermission.approve) {
            actions.append("\(ActionButton("提前结束", .dialog("\(path)/ended"), style: .danger))")
        }
        let body: Markup =
            "<div class=\"stack\">\(Card("申请", body: facts.markup))\(Card("时段内被免报的报警：\(Figure.grouped(window.held)) 次", isFlush: true, body: table.markup))</div>"
        return Shell.page(window.title, crumbs: Self.crumbs + [Crumb(window.title)], active: "/alarm-suppressions", actions: .joined(actions), body: body, context: context)
    }

    private func wanted(_ context: WebContext) throws -> Suppression.State {
        guard let state = Suppression.State(rawValue: try context.path("state")), state != .asked else { throw Failure.notFound("该操作") }
        return state
    }

    /// `GET /alarm-suppressions/{id}/decide/{state}`.
    @Sendable
    func decideForm(request: Request, context: WebContext) async throws -> Response { try await decideForm(nil, [], context) }

    private func decideForm(_ opinion: String?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let state = try wanted(context)
        let window = try await database.read { [engine] in try engine.suppression(id, by: principal, in: $0) }
        let title = state == .approved ? "同意" : state == .refused ? "不同意" : "提前结束"
        let fields = [
            FormField("summary", "申请", .shown("\(window.title)，\(window.orgName)，\(window.from.text.prefix(16)) 至 \(window.until.text.prefix(16))"), isWide: true),
            FormField("opinion", "意见", .textArea(rows: 3), value: opinion, isRequired: state != .approved, maxLength: 500, isWide: true),
        ]
        let form = Form(
            action: "/alarm-suppressions/\(id)/decide/\(state.rawValue)", sections: [FormSection(nil, fields)], submit: title, cancel: "/alarm-suppressions/\(id)",
            findings: findings,
            context: context)
        return Shell.form(
            title, crumbs: Self.crumbs + [Crumb(window.title, "/alarm-suppressions/\(id)"), Crumb(title)], active: "/alarm-suppressions",
            form, context: context)
    }

    /// `POST /alarm-suppressions/{id}/decide/{state}`.
    @Sendable
    func decide(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let state = try wanted(context)
        let opinion = try await request.form(context)["opinion"]
        do {
            try await database.write { [engine] in try engine.decide(id, state, opinion: opinion, by: principal, in: $0) }
            return Shell.done("已\(state == .ended ? "结束" : "审批")", to: "/alarm-suppressions/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await decideForm(opinion, failure.fields, context) }
    }
}
