import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension DutyPages {
    /// `GET /duty/handovers?group=`.
    @Sendable
    func handovers(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let groups = try await database.read { [engine] in try engine.groups(by: principal, in: $0) }
        guard let group = chosen(groups, context) else { return nothing("交接班", "/duty/handovers", context) }
        let before = context.here["before"].flatMap { Int64($0) }
        let found = try await database.read { [engine] in try engine.handovers(of: group.id, before: before, in: $0) }
        let rows = found.map { handover in
            TableRow(
                id: "\(handover.id)",
                [
                    "\(handover.shiftTitle)", handover.takenAt == nil ? "\(Badge("待接班", .orange, isDot: true))" : "\(Badge("已交接", .good, isDot: true))", "\(handover.givenByName)",
                    "\(handover.givenAt.text.prefix(16))", "\(handover.takenByName)", "\(handover.takenAt.map { $0.text.prefix(16).description })", "\(handover.alarms.count)",
                    "\(handover.focus)",
                ], path: "/duty/handovers/\(handover.id)")
        }
        let columns = [
            Column("shift", "班次"), Column("state", "状态"), Column("by", "交班人"), Column("at", "交班时间"), Column("taken", "接班人"), Column("takenAt", "接班时间"),
            Column("alarms", "移交报警", align: .end),
            Column("focus", "重点关注", isWrapping: true),
        ]
        let pager = Pager(
            first: before == nil ? nil : context.here.restarting.text, next: found.count == 20 ? found.last.map { context.here.with("before", String($0.id)).text } : nil, size: 20)
        let table = DataTable(
            id: "handovers", columns: columns, rows: rows, address: context.here, toolbar: groupTabs(groups, group, context), pager: pager, empty: "还没有交接记录，交班人点“交班”填写")
        let action: Markup = "\(ActionButton("交班", .dialog("/duty/handovers/new?group=\(group.id)"), icon: "refresh", style: .primary))"
        return Shell.page(context.text("交接班", "Hand-over"), crumbs: [Crumb("值班值守")], active: "/duty/handovers", actions: action, body: table.markup, context: context)
    }

    /// `GET /duty/handovers/new?group=`.
    @Sendable
    func giveForm(request: Request, context: WebContext) async throws -> Response { try await giveForm(FormInput(), [], context) }

    private func giveForm(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = context.here["group"].flatMap { Int64($0) } ?? 0
        let now = context.site.clock.now
        let (group, open) = try await database.read { [engine] reader in
            let group = try engine.group(id, by: principal, in: reader)
            let since = try DutyEngine.onDuty(group: id, at: now, in: reader).first?.from ?? now.adding(seconds: -8 * 3600)
            return (group, try engine.open(for: group, since: since, in: reader))
        }
        let items = open.alarms.prefix(10).map { item -> Markup in "<li>\(item.number) \(item.title) \(Badge(item.state, .orange))</li>" }
        let list: Markup = items.isEmpty ? "没有未结报警" : "\(open.figures)<ul>\(items)</ul>"
        let fields = [
            FormField("summary", "告警情况", .shown(list), help: "由系统汇总，随交接单移交", isWide: true),
            FormField("inspection", "巡检情况", .textArea(rows: 3), value: input["inspection"], isRequired: true, maxLength: 1000, isWide: true),
            FormField("focus", "需重点关注", .textArea(rows: 3), value: input["focus"], isRequired: true, help: "没有也请写“无”", maxLength: 1000, isWide: true),
            FormField("checks", "三交四清", .multiSelect(Handover.checks.map { Choice($0.name, $0.title) }), values: input.all("checks"), help: "缺一项不得交班", isWide: true),
        ]
        let form = Form(
            action: "/duty/handovers/new?group=\(id)", sections: [FormSection(nil, fields)], submit: "签字交班", cancel: "/duty/handovers?group=\(id)", findings: findings,
            context: context)
        return Shell.form(
            "交班", crumbs: [Crumb("交接班", "/duty/handovers?group=\(id)"), Crumb(group.title)], active: "/duty/handovers", form, context: context)
    }

    /// `POST /duty/handovers/new?group=`.
    @Sendable
    func give(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let group = context.here["group"].flatMap { Int64($0) } ?? 0
        let input = try await request.form(context)
        let checks = Set(input.all("checks")), inspection = input["inspection"] ?? "", focus = input["focus"] ?? ""
        do {
            let id = try await database.write { [engine] in try engine.give(group, inspection: inspection, focus: focus, checks: checks, by: principal, in: $0) }
            return Shell.done("已交班，等接班人核对签字", to: "/duty/handovers/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await giveForm(input, failure.fields, context) }
    }

    /// `GET /duty/handovers/{id}`: also the print of it.
    @Sendable
    func handover(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (handover, group) = try await database.read { [engine] reader in
            let handover = try engine.handover(id, by: principal, in: reader)
            return (handover, try engine.group(handover.group, by: principal, in: reader))
        }
        let facts = DescriptionList(
            [
                .init("值班组", "\(group.title)"), .init("班次", "\(handover.shiftTitle)"), .init("时段", "\(handover.from.text.prefix(16)) 至 \(handover.until.text.prefix(16))"),
                .init("告警情况", "\(handover.figures)", isWide: true), .init("巡检情况", "\(handover.inspection)", isWide: true), .init("需重点关注", "\(handover.focus)", isWide: true),
                .init("三交四清", "全部完成"), .init("交班人签字", "\(handover.givenByName)　\(handover.givenAt)"),
                .init("接班人签字", "\(handover.takenByName.map { "\($0)　\(handover.takenAt?.text ?? "")" } ?? "待接班")"), .init("接班意见", "\(handover.remark)", isWide: true),
            ], columns: 2)
        let rows = handover.alarms.map { TableRow(["\($0.number)", "\($0.title)", "\($0.state)"], path: "/alarms/\($0.id)") }
        let table = DataTable(
            id: "open-items", columns: [Column("number", "报警号"), Column("title", "内容", isWrapping: true), Column("state", "交班时状态")], rows: rows, address: context.here,
            empty: "没有移交的未结报警",
            hasTools: false)
        var body: Markup = "\(Card(body: facts.markup))\(Card("移交的未结报警", isFlush: true, body: table.markup))"
        if handover.takenAt == nil, handover.givenBy != principal.id {
            let form = Form(
                action: "/duty/handovers/\(id)/take",
                sections: [FormSection("接班", [FormField("remark", "接班意见", .textArea(rows: 2), help: "逐项核对后签字；有出入请写明并与交班人确认", maxLength: 500, isWide: true)])], submit: "核对无误，签字接班",
                context: context)
            body += "\(Card(body: form.markup))"
        }
        return Shell.page(
            "交接单", crumbs: [Crumb("交接班", "/duty/handovers?group=\(group.id)"), Crumb(handover.shiftTitle)], active: "/duty/handovers",
            actions: "\(ActionButton("打印", .print, icon: "print", style: .quiet))", body: "<div class=\"stack\">\(body)</div>", context: context)
    }

    /// `POST /duty/handovers/{id}/take`.
    @Sendable
    func take(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let remark = try await request.form(context)["remark"]
        try await database.write { [engine] in try engine.take(id, remark: remark, by: principal, in: $0) }
        return Shell.done("已接班", to: "/duty/handovers/\(id)", context: context)
    }
}
