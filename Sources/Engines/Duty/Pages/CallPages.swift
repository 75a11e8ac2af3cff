import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension DutyPages {
    /// `GET /duty/calls?group=`.
    @Sendable
    func calls(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let groups = try await database.read { [engine] in try engine.groups(by: principal, in: $0) }
        guard let group = chosen(groups, context) else { return nothing("查岗", "/duty/calls", context) }
        let (found, mine) = try await database.read { [engine] in (try engine.calls(of: group.id, in: $0), try engine.waitingCall(of: principal, in: $0)) }
        let rows = found.map { call -> TableRow in
            let state: (String, Tone) = call.state == "answered" ? ("已应答", .good) : call.state == "missed" ? ("未应答", .red) : ("等待应答", .orange)
            let used = call.answeredAt.map { "\(Int($0.seconds(since: call.calledAt))) 秒" }
            return TableRow(
                id: "\(call.id)",
                ["\(call.name)", "\(Badge(state.0, state.1, isDot: true))", "\(call.calledAt)", "\(call.dueAt.text.dropFirst(11))", "\(used)", "\(call.note)", "\(call.byName)"])
        }
        let columns = [
            Column("name", "值班人员"), Column("state", "结果"), Column("at", "查岗时间"), Column("due", "应答时限"), Column("used", "用时", align: .end), Column("note", "说明", isWrapping: true),
            Column("by", "查岗人"),
        ]
        let notice: Markup =
            mine.map { "\(Notice(.orange, "正在查岗，请在 \($0.dueAt.text.dropFirst(11).prefix(8)) 前应答　\(ActionButton("我在岗", .dialog("/duty/calls/\($0.id)"), style: .primary))"))" }
            ?? .empty
        let action: Markup = context.may(DutyPermission.manage) ? "\(ActionButton("查岗", .dialog("/duty/calls/new?group=\(group.id)"), icon: "phone", style: .primary))" : .empty
        let table = DataTable(id: "calls", columns: columns, rows: rows, address: context.here, toolbar: groupTabs(groups, group, context), empty: "还没有查岗记录")
        return Shell.page(
            context.text("查岗", "Check rounds"), crumbs: [Crumb("值班值守")], active: "/duty/calls", actions: action, body: "<div class=\"stack\">\(notice)\(table)</div>",
            context: context)
    }

    /// `GET /duty/calls/new?group=`.
    @Sendable
    func callForm(request: Request, context: WebContext) async throws -> Response {
        let id = context.here["group"].flatMap { Int64($0) } ?? 0
        let fields = [
            FormField("who", "查谁", .select([Choice("one", "随机一人"), Choice("all", "全部在班人员")]), isRequired: true),
            FormField("minutes", "应答时限", .number(step: "1"), value: "5", isRequired: true, unit: "分钟", minimum: "1", maximum: "60"),
        ]
        let form = Form(action: "/duty/calls/new?group=\(id)", sections: [FormSection(nil, fields)], submit: "开始查岗", cancel: "/duty/calls?group=\(id)", context: context)
        return Shell.page("查岗", crumbs: [Crumb("查岗", "/duty/calls?group=\(id)"), Crumb("新查岗")], active: "/duty/calls", body: Shell.framed(form, context), context: context)
    }

    /// `POST /duty/calls/new?group=`.
    @Sendable
    func call(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let group = context.here["group"].flatMap { Int64($0) } ?? 0
        let input = try await request.form(context)
        let pick: Int? = input["who"] == "all" ? nil : Int.random(in: 0..<1_000_000)
        let minutes = input["minutes"].flatMap { Int($0) } ?? 5
        let count = try await database.write { [engine] in try engine.call(group, pick: pick, minutes: minutes, by: principal, in: $0) }
        return Shell.done("已向 \(count) 人查岗", to: "/duty/calls?group=\(group)", context: context)
    }

    /// `GET /duty/calls/{id}`.
    @Sendable
    func answerForm(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let form = Form(
            action: "/duty/calls/\(id)", sections: [FormSection(nil, [FormField("note", "当前情况", .text, placeholder: "在岗，一切正常", maxLength: 200, isWide: true)])], submit: "我在岗",
            cancel: "/duty/calls",
            context: context)
        return Shell.page("应答查岗", crumbs: [Crumb("查岗", "/duty/calls"), Crumb("应答")], active: "/duty/calls", body: Shell.framed(form, context), context: context)
    }

    /// `POST /duty/calls/{id}`.
    @Sendable
    func answer(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let note = try await request.form(context)["note"]
        try await database.write { [engine] in try engine.answer(id, note: note, by: principal, in: $0) }
        return Shell.done("已应答", to: "/duty/calls", context: context)
    }

    /// `GET /duty/log?group=`.
    @Sendable
    func log(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let groups = try await database.read { [engine] in try engine.groups(by: principal, in: $0) }
        guard let group = chosen(groups, context) else { return nothing("值班日志", "/duty/log", context) }
        let before = context.here["before"].flatMap { Int64($0) }
        let found = try await database.read { [engine] in try engine.notes(of: group.id, before: before, in: $0) }
        let rows = found.map { TableRow(["\($0.at)", "\($0.kind)", "\($0.text)", "\($0.byName)"]) }
        let pager = Pager(
            first: before == nil ? nil : context.here.restarting.text, next: found.count == 50 ? found.last.map { context.here.with("before", String($0.id)).text } : nil, size: 50)
        let table = DataTable(
            id: "duty-log", columns: [Column("at", "时间"), Column("kind", "类别"), Column("text", "内容", isWrapping: true), Column("by", "记录人")], rows: rows, address: context.here,
            toolbar: groupTabs(groups, group, context), pager: pager, empty: "还没有值班日志")
        let form = Form(
            action: "/duty/log?group=\(group.id)", sections: [FormSection(nil, [FormField("text", "记一笔", .textArea(rows: 2), isRequired: true, maxLength: 1000, isWide: true)])],
            submit: "写入日志",
            context: context)
        return Shell.page(
            context.text("值班日志", "Duty log"), crumbs: [Crumb("值班值守")], active: "/duty/log", actions: "\(ActionButton("打印", .print, icon: "print", style: .quiet))",
            body: "<div class=\"stack\">\(Card(body: form.markup))\(table)</div>", context: context)
    }

    /// `POST /duty/log?group=`.
    @Sendable
    func writeLog(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let group = context.here["group"].flatMap { Int64($0) } ?? 0
        let text = try await request.form(context)["text"] ?? ""
        try await database.write { [engine] in try engine.write(text, to: group, by: principal, in: $0) }
        return Shell.done("已记入日志", to: "/duty/log?group=\(group)", context: context)
    }

    /// `GET /duty/figures?group=&day_from=&day_to=`.
    @Sendable
    func figures(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let groups = try await database.read { [engine] in try engine.groups(by: principal, in: $0) }
        guard let group = chosen(groups, context) else { return nothing("值班统计", "/duty/figures", context) }
        let today = context.site.clock.today
        let to = context.here["day_to"].flatMap { Day(parsing: $0) } ?? today
        let from = context.here["day_from"].flatMap { Day(parsing: $0) } ?? to.adding(days: -29)
        let found = try await database.read { [engine] in try engine.figures(of: group, from: max(from, to.adding(days: -366)), to: to, in: $0) }
        let rows = found.map {
            TableRow([
                "\($0.name)", "\($0.shifts)", "\(Figure.decimal($0.hours, digits: 1))", "\($0.nights)", "\($0.calls)", "\($0.missed)",
                "\(Figure.percent($0.calls == 0 ? nil : Double($0.calls - $0.missed) / Double($0.calls)))", "\($0.handovers)",
            ])
        }
        let columns = [
            Column("name", "人员"), Column("shifts", "班次", align: .end), Column("hours", "小时", align: .end), Column("nights", "夜班", align: .end), Column("calls", "查岗", align: .end),
            Column("missed", "未应答", align: .end), Column("rate", "应答率", align: .end), Column("handovers", "交班", align: .end),
        ]
        let chart = Chart(
            .bar, "各人班次", categories: found.map(\.name),
            series: [ChartSeries("班次", found.map { Double($0.shifts) }), ChartSeries("夜班", found.map { Double($0.nights) }, tone: .orange)], unit: "班")
        let search = SearchForm(
            action: "/duty/figures", fields: [FormField("day", "日期", .dayRange, values: [from.text, to.text])], table: "duty-figures", kept: [.init("group", String(group.id))])
        let table = DataTable(id: "duty-figures", columns: columns, rows: rows, address: context.here, toolbar: groupTabs(groups, group, context), empty: "本组没有人员")
        return Shell.page(
            context.text("值班统计", "Duty figures"), crumbs: [Crumb("值班值守")], active: "/duty/figures", actions: "\(ActionButton("打印", .print, icon: "print", style: .quiet))",
            body: "<div class=\"stack\">\(search)\(Card("各人班次", body: chart.markup))\(table)</div>", context: context)
    }
}
