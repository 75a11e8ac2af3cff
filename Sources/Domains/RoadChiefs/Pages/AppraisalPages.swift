import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// B3.2 月度考核: every unit's score of a month, one unit's sheet with the reason of each line, publishing, export and print.
struct AppraisalPages: Sendable {
    let platform: Platform

    private var desk: AppraisalDesk { AppraisalDesk(platform: platform) }

    func add(to routes: Routes) {
        let reads = RoutePermission.named(RoadPermission.appraisal)
        routes.get("/road-appraisal", permission: reads, use: list)
        routes.get("/road-appraisal/export", permission: reads, use: export)
        routes.get("/road-appraisal/{month}/{org}", permission: reads, use: sheet)
        routes.get("/road-appraisal/{month}/{org}/export", permission: reads, use: exportSheet)
        routes.post("/road-appraisal/{month}/publish", permission: .named(RoadPermission.publish), use: publish)
    }

    /// `?month=2026-10`; the month before this one otherwise, which is the one to be published.
    private func month(_ context: WebContext) -> RoadMonth { context.here["month"].flatMap(RoadMonth.init(parsing:)) ?? RoadMonth(of: platform.clock.today).previous }

    private func standings(_ month: RoadMonth, _ context: WebContext) async throws -> [AppraisalDesk.Standing] {
        let scope = try context.signedIn().scope
        let keyword = context.here["q"]
        let found = try await platform.database.read { [desk] reader in try desk.standings(month, scope: scope, reader) }
        return found.filter { standing in keyword.map { standing.name.contains($0) } ?? true }
    }

    static func points(_ value: Double) -> String { (value > 0 ? "+" : "") + Figure.decimal(value, digits: 1) }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let month = month(context), here = context.here
        let found = try await standings(month, context)
        let published = found.filter { $0.publishedAt != nil }.count
        let isOver = month.end <= platform.clock.now
        let state: Markup =
            published == found.count && published > 0
            ? "\(Notice(.good, "\(month.title)考核已发布，成绩不再变动；之后通过的申诉在通过当月返还。"))"
            : isOver ? "\(Notice(.info, "\(month.title)考核尚未发布，以下为按当前数据计算的成绩。"))" : "\(Notice(.info, "\(month.title)尚未结束，以下为截至目前的成绩；月末才计巡检次数不足。"))"
        let rows = found.map { one -> TableRow in
            let sections = ["daily", "business", "emergency", "bonus", "refund"].map { section -> Markup in "\(Self.points(one.sheet.sum(section)))" }
            let mark = one.publishedAt == nil ? Badge("未发布", .muted) : Badge("已发布", .good)
            let cells: [Markup] =
                ["\(one.name)", "\(one.rank)", "<b>\(Figure.decimal(one.sheet.total, digits: 1))</b>"] + sections + ["\(one.sheet.rounds)", "\(one.sheet.missed)", "\(mark)"]
            return TableRow(id: String(one.org), cells, path: "/road-appraisal/\(month.text)/\(one.org)")
        }
        let columns = [
            Column("name", "责任单位", isWrapping: true), Column("rank", "名次", align: .end), Column("total", "得分", align: .end), Column("daily", "日常考核", align: .end),
            Column("business", "业务考核", align: .end), Column("emergency", "应急问题", align: .end), Column("bonus", "加分", align: .end), Column("refund", "申诉返还", align: .end),
            Column("rounds", "巡检次数", align: .end), Column("missed", "漏巡条次", align: .end), Column("state", "状态"),
        ]
        let fields = [FormField("month", "月份", .month, value: month.text), FormField("q", "责任单位", .text, value: here["q"])]
        var actions = SheetAnswer.buttons(here.with("month", month.text), path: "/road-appraisal/export") + "\(ActionButton("打印", .print, icon: "print", style: .quiet))"
        if context.may(DailyAppraisal.ledger.writePermission) { actions = "\(ActionButton("日常考核录入", .dialog("/ledgers/dailyAppraisal/new"), icon: "plus"))\(actions)" }
        if context.may(RoadPermission.publish), isOver, published < found.count {
            let ask = "发布后\(month.title)成绩不再变动，共 \(found.count - published) 个责任单位。确定发布？"
            actions = "\(ActionButton("发布考核", .post("/road-appraisal/\(month.text)/publish", confirm: ask), icon: "check", style: .primary))\(actions)"
        }
        let chart = Chart(.horizontalBar, "得分", categories: found.prefix(20).map(\.name), series: [ChartSeries("得分", found.prefix(20).map { $0.sheet.total })], unit: "分")
        let table = DataTable(id: "appraisal", columns: columns, rows: rows, address: here, empty: "还没有责任单位：先在“责任单位”中登记", hasTools: false)
        let picture: Markup = found.isEmpty ? .empty : "\(Card("得分对比", body: "\(chart)"))"
        let body: Markup = """
            <div class="stack">\(SearchForm(action: "/road-appraisal", fields: fields, table: "appraisal-figures"))<div id="appraisal-figures" class="stack">\(state)\(table)\(picture)</div></div>
            """
        return Shell.page("月度考核", crumbs: [Crumb(RoadChiefs.group), Crumb("月度考核")], active: "/road-appraisal", actions: actions, body: body, context: context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let month = month(context)
        let found = try await standings(month, context)
        let columns = ["名次", "责任单位", "得分", "日常考核", "业务考核", "应急问题", "加分", "申诉返还", "巡检次数", "漏巡条次", "状态"].map { SheetColumn($0) }
        let rows = found.map { one -> [Cell] in
            let sections = ["daily", "business", "emergency", "bonus", "refund"].map { Cell(one.sheet.sum($0)) }
            return [Cell(one.rank), Cell(one.name), Cell(one.sheet.total)] + sections + [
                Cell(one.sheet.rounds), Cell(one.sheet.missed), Cell(one.publishedAt == nil ? "未发布" : "已发布"),
            ]
        }
        return try await SheetAnswer(name: "路长制考核 \(month.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }

    @Sendable func publish(request: Request, context: WebContext) async throws -> Response {
        guard let month = RoadMonth(parsing: try context.path("month")) else { throw Failure.notFound("该月份") }
        let principal = try context.signedIn()
        let count = try await platform.database.write { [desk] tx in try desk.publish(month, by: principal, in: tx) }
        return Shell.done("\(month.title)考核已发布，\(count) 个责任单位", to: "/road-appraisal?month=\(month.text)", context: context)
    }

    // MARK: One unit

    private func standing(_ context: WebContext) async throws -> (RoadMonth, AppraisalDesk.Standing) {
        guard let month = RoadMonth(parsing: try context.path("month")) else { throw Failure.notFound("该月份") }
        let org = try context.id("org")
        let scope = try context.signedIn().scope
        let found = try await platform.database.read { [desk] reader in try desk.standings(month, scope: scope, reader) }
        guard let one = found.first(where: { $0.org == org }) else { throw Failure.notFound("该责任单位的成绩") }
        return (month, one)
    }

    @Sendable func sheet(request: Request, context: WebContext) async throws -> Response {
        let (month, one) = try await standing(context)
        let sheet = one.sheet
        let cards: [Markup] = [
            "\(StatCard("得分", Figure.decimal(sheet.total, digits: 1), unit: "分", note: "基础分 \(Figure.decimal(sheet.base, digits: 0))"))",
            "\(StatCard("名次", one.publishedAt == nil && platform.clock.now < month.end ? "—" : "\(one.rank)"))",
            "\(StatCard("巡检", "\(sheet.rounds)", unit: "次", note: "漏巡 \(sheet.missed) 条次", tone: sheet.missed > 0 ? .orange : .neutral))",
            "\(StatCard("扣分", Figure.decimal(-sheet.lines.filter { !$0.isWithdrawn && $0.points < 0 }.reduce(0) { $0 + $1.points }, digits: 1), unit: "分"))",
        ]
        let dictionaries = platform.dictionaries
        let rows = sheet.lines.map { line -> TableRow in
            let points: Markup = line.isWithdrawn ? "<s>\(Self.points(line.points))</s> \(Badge("申诉免扣", .good))" : "\(Self.points(line.points))"
            let path = line.subject.flatMap { Self.path($0, context) }
            return TableRow(
                ["\(dictionaries.title(of: line.section, in: .appraisalSection))", "\(line.title)", "\(line.why)", points], path: path,
                actions: appeal(line, context), tone: line.isWithdrawn ? nil : line.points < 0 ? .orange : .good)
        }
        let columns = [Column("section", "部分"), Column("title", "项目", isWrapping: true), Column("why", "依据", isWrapping: true), Column("points", "分值", align: .end)]
        let state: Markup =
            one.publishedAt.map { at -> Markup in "\(Notice(.good, "\(one.publisher ?? "")于 \(at.text.prefix(16)) 发布，成绩不再变动。"))" }
            ?? "\(Notice(.info, month.end <= platform.clock.now ? "尚未发布，按当前数据计算。" : "本月尚未结束，截至目前。"))"
        let table = DataTable(id: "sheet", columns: columns, rows: rows, address: context.here, empty: "没有扣分和加分，得基础分", hasTools: false)
        let title = "\(month.title) \(one.name)"
        return Shell.page(
            title, crumbs: [Crumb(RoadChiefs.group), Crumb("月度考核", "/road-appraisal?month=\(month.text)"), Crumb(one.name)], active: "/road-appraisal",
            actions: "\(SheetAnswer.buttons(context.here, path: "/road-appraisal/\(month.text)/\(one.org)/export"))\(ActionButton("打印", .print, icon: "print", style: .quiet))",
            body: "<div class=\"stack\">\(state)\(Grid(.quarters, cards))\(table)</div>", context: context)
    }

    private static func path(_ subject: AppraisalScore.Subject, _ context: WebContext) -> String? {
        context.may("\(subject.kind).read") ? "/ledgers/\(subject.kind)/\(subject.id)" : nil
    }

    /// The way to object, from the line that costs.
    private func appeal(_ line: AppraisalScore.Line, _ context: WebContext) -> Markup {
        guard !line.isWithdrawn, context.may(RoadAppeal.ledger.writePermission), let subject = line.subject else { return .empty }
        let about = ["overdueTask": "overdue", "failedReview": "failed", "lateReport": "lateReport"][line.trigger]
        guard let about else { return .empty }
        let field = about == "lateReport" ? "emergency" : "task"
        return "\(ActionButton("申诉", .link("/ledgers/roadAppeal/new?\(field)=\(subject.id)&about=\(about)"), icon: "scale", style: .quiet))"
    }

    @Sendable func exportSheet(request: Request, context: WebContext) async throws -> Response {
        let (month, one) = try await standing(context)
        let dictionaries = platform.dictionaries
        let columns = [SheetColumn("部分"), SheetColumn("项目", width: 28), SheetColumn("依据", width: 80), SheetColumn("分值"), SheetColumn("申诉免扣")]
        var rows = one.sheet.lines.map { line -> [Cell] in
            [
                Cell(dictionaries.title(of: line.section, in: .appraisalSection)), Cell(line.title), Cell(line.why), Cell(line.points), Cell(line.isWithdrawn ? "是" : ""),
            ]
        }
        rows.append([Cell("合计"), Cell("基础分 \(Figure.decimal(one.sheet.base, digits: 0))"), .empty, Cell(one.sheet.total), .empty])
        return try await SheetAnswer(name: "路长制成绩单 \(month.text) \(one.name)", columns: columns, rows: rows).response(context, on: platform.database)
    }
}
