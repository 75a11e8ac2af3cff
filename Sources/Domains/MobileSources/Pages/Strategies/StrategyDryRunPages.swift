import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Schedules
import Storage
import Web

extension StrategyPages {
    /// `GET /strategies/{id}/dry-run`: last week unless asked otherwise.
    @Sendable func dryRunForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let line = try await gates.database.read { [self] reader in try self.line(id, by: principal, in: reader) }
        let today = gates.clock.today
        return dryRunForm(line.strategy, from: today.adding(days: -7).text, to: today.adding(days: -1).text, level: line.strategy.level.rawValue, [], .ok, context)
    }

    private func dryRunForm(_ strategy: Strategy, from: String?, to: String?, level: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext)
        -> Response
    {
        let fields = [
            FormField("what", "策略", .shown("\(strategy.name) v\(strategy.version)：\(strategy.summary)"), isWide: true),
            FormField("from", "开始日期", .day, value: from, isRequired: true),
            FormField("to", "截止日期", .day, value: to, isRequired: true, help: "最长 \(StrategyDryRun.longestDays) 天"),
            FormField("level", "假设的响应级别", .radio(WarningLevel.allCases.map { Choice($0.rawValue, $0.heading) }), value: level, isRequired: true, isWide: true),
        ]
        let form = Form(
            action: "/strategies/\(strategy.id)/dry-run", sections: [FormSection(nil, fields)], submit: "开始试算", cancel: "/strategies/\(strategy.id)", findings: findings,
            context: context)
        let note = Notice(.info, "用过去的真实过车记录重新判定：假如当时执行这一策略，哪些企业的哪些车次会被拒绝、影响多少运输量。试算不会下发任何内容。")
        return Shell.page(
            "策略试算", crumbs: [Crumb("管控策略", "/strategies"), Crumb(strategy.name, "/strategies/\(strategy.id)"), Crumb("试算")], active: "/strategies", status: status,
            body: "\(note)\(form)", context: context)
    }

    /// `POST /strategies/{id}/dry-run`: a long task; the result page waits for it.
    @Sendable func dryRun(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        let strategy = try await gates.database.read { [self] reader in try self.line(id, by: principal, in: reader).strategy }
        var findings: [FieldFinding] = []
        let days = ["from": "开始日期", "to": "截止日期"].reduce(into: [String: Day]()) { days, field in
            if let day = input[field.key].flatMap({ Day(parsing: $0) }) {
                days[field.key] = day
            } else {
                findings.append(FieldFinding(field.key, "required", "请选择日期", title: field.value))
            }
        }
        let level = input["level"].flatMap(WarningLevel.init(rawValue:))
        if level == nil { findings.append(FieldFinding("level", "required", "请选择响应级别", title: "假设的响应级别")) }
        if let from = days["from"], let to = days["to"], let level { findings += StrategyDryRun.Request(strategies: [strategy], level: level, from: from, to: to).findings }
        guard findings.isEmpty, let from = days["from"], let to = days["to"], let level else {
            return dryRunForm(strategy, from: input["from"], to: input["to"], level: input["level"], findings, .unprocessableContent, context)
        }
        let asked = StrategyDryRun.Request(strategies: [strategy], level: level, from: from, to: to)
        let (dryRun, blobs) = (gates.dryRun, platform.blobs)
        let title = "试算“\(strategy.name)”\(from.text) 至 \(to.text)"
        let task = try await platform.tasks.start(kind: "strategy.dryRun", title: title, for: principal) { work in
            let report = DryRunReport(try await dryRun.run(asked, scope: principal.scope, in: work), of: strategy)
            let blob = try await blobs.put(report.json.bytes)
            return LongTaskResult(message: "共判定 \(Figure.grouped(report.judged)) 车次，将拒绝 \(Figure.grouped(report.refused)) 车次", blob: blob.hash, name: "策略试算-\(strategy.id).json")
        }
        let path = "/strategies/dry-runs/\(task)"
        return Shell.leave(to: path, message: "已开始试算", context: context)
    }

    /// `GET /strategies/dry-runs/{task}`.
    @Sendable func dryRunResult(request: Request, context: WebContext) async throws -> Response {
        let (task, report) = try await dryRunReport(context)
        guard let report else {
            let note: Markup = task.state.isEnded ? "\(task.message ?? "试算没有结果")" : "正在逐条重新判定过车记录，可离开本页，稍后在任务中心查看。"
            let refresh = task.state.isEnded ? nil : "/strategies/dry-runs/\(task.id)?part=1"
            let bar = TaskProgress(
                id: "task-\(task.id)", task.title, done: task.progress, total: task.total, note: note, refresh: refresh, tone: task.state == .failed ? .red : .info)
            if context.here["part"] == "1" { return .html("\(bar)") }
            return dryRunPage(task.title, "\(Card(body: "\(bar)"))", actions: .empty, context)
        }
        if context.here["part"] == "1" {
            // The bar asked and the work is done: the whole page comes in its place.
            var response = Response.html(.empty)
            if let name = HTTPField.Name("HX-Location") {
                response.headers[name] = (["path": .string("/strategies/dry-runs/\(task.id)"), "target": "#main", "swap": "outerHTML"] as JSONValue).asciiText
            }
            return response
        }
        let actions: Markup =
            "\(SheetAnswer.buttons(context.here, path: "/strategies/dry-runs/\(task.id)/export"))\(ActionButton("查看策略", .link("/strategies/\(report.strategy)"), icon: "file"))"
        return dryRunPage("试算结果：\(report.name)", dryRunBody(report, context), actions: actions, context)
    }

    private func dryRunReport(_ context: WebContext) async throws -> (LongTask, DryRunReport?) {
        guard let task = try await platform.tasks.task(context.id("task"), for: context.signedIn()), task.kind == "strategy.dryRun" else { throw Failure.notFound("该试算") }
        guard task.state == .done, let blob = task.resultBlob, let bytes = try await platform.blobs.read(blob) else { return (task, nil) }
        return (task, DryRunReport(json: try JSONValue(parsing: String(decoding: bytes, as: UTF8.self))))
    }

    private func dryRunPage(_ title: String, _ body: Markup, actions: Markup, _ context: WebContext) -> Response {
        Shell.page(title, crumbs: [Crumb("管控策略", "/strategies"), Crumb("试算")], active: "/strategies", actions: actions, body: body, context: context)
    }

    private func dryRunBody(_ report: DryRunReport, _ context: WebContext) -> Markup {
        let share = report.judged > 0 ? Double(report.refused) / Double(report.judged) : nil
        let cards: [Markup] = [
            "\(StatCard("判定车次", Figure.grouped(report.judged), unit: "车次", note: "\(report.from.text) 至 \(report.to.text)", icon: "truck"))",
            "\(StatCard("将被拒绝", Figure.grouped(report.refused), unit: "车次", note: "占 \(Figure.percent(share))", tone: report.refused > 0 ? report.level.tone : .good, icon: "x"))",
            "\(StatCard("受影响运输量", Figure.decimal(report.tonnes), unit: "吨", icon: "scale"))",
            "\(StatCard("比当时多拒绝", Figure.grouped(report.newlyRefused), unit: "车次", note: "当时拒绝而按此放行 \(Figure.grouped(report.released)) 车次", icon: "chart"))",
        ]
        func chart(_ kind: Chart.Kind, _ title: String, _ parts: [DryRunReport.Part]) -> Markup {
            let series = [ChartSeries("将被拒绝", parts.map { Double($0.refused) }, tone: .red), ChartSeries("仍可通行", parts.map { Double($0.judged - $0.refused) }, tone: .good)]
            return "\(Card(title, body: "\(Chart(kind, title, categories: parts.map(\.title), series: series, unit: "车次"))"))"
        }
        let top = Array(report.byEnterprise.prefix(15))
        return """
            <p>\(report.level.badge) 假设级别；范围外企业的 \(Figure.grouped(report.outside)) 车次未计入。</p>\(Grid(.quarters, cards))\
            \(Grid(.halves, [chart(.stackedBar, "按日期", report.byDay), chart(.stackedBar, "按排放阶段", report.byStage)]))\
            \(chart(.stackedBar, "按企业\(report.byEnterprise.count > 15 ? "（拒绝车次最多的 15 家）" : "")", top))\
            \(enterprises(report, context))\(samples(report, context))
            """
    }

    private func enterprises(_ report: DryRunReport, _ context: WebContext) -> Markup {
        let columns = [
            Column("name", "企业", isWrapping: true), Column("judged", "判定车次", align: .end), Column("refused", "将被拒绝", align: .end), Column("share", "比例", align: .end),
            Column("tonnes", "受影响运输量（吨）", align: .end),
        ]
        let rows = report.byEnterprise.prefix(200).map { part -> TableRow in
            TableRow([
                "\(part.title)", "\(Figure.grouped(part.judged))", "\(Figure.grouped(part.refused))",
                "\(Figure.percent(part.judged > 0 ? Double(part.refused) / Double(part.judged) : nil))", "\(Figure.decimal(part.tonnes))",
            ])
        }
        return
            "\(Card("受影响的企业", isFlush: true, body: "\(DataTable(id: "enterprises", columns: columns, rows: Array(rows), address: context.here, empty: "没有企业受影响", hasTools: false))"))"
    }

    private func samples(_ report: DryRunReport, _ context: WebContext) -> Markup {
        let columns = [
            Column("plate", "号牌号码"), Column("at", "过车时间"), Column("enterprise", "企业", isWrapping: true), Column("stage", "排放阶段"), Column("tonnes", "运输量（吨）", align: .end),
            Column("reason", "拒绝原因", isWrapping: true),
        ]
        let rows = report.sample.map { one in
            TableRow(
                ["\(one.plate)", "\(one.passedAt)", "\(one.enterprise)", "\(one.stage.title)", "\(Figure.decimal(one.tonnes))", "\(one.reason)"], path: "/passes/\(one.passId)")
        }
        return
            "\(Card("将被拒绝的车次（抽样 \(report.sample.count) 条）", isFlush: true, body: "\(DataTable(id: "samples", columns: columns, rows: rows, address: context.here, empty: "没有车次会被拒绝", hasTools: false))"))"
    }

    /// `GET /strategies/dry-runs/{task}/export`.
    @Sendable func dryRunExport(request: Request, context: WebContext) async throws -> Response {
        let (_, report) = try await dryRunReport(context)
        guard let report else { throw Failure(.conflict, "JW-M071", "试算尚未完成") }
        let columns = ["维度", "项目", "判定车次", "将被拒绝车次", "受影响运输量（吨）"].map { SheetColumn($0) }
        func rows(_ title: String, _ parts: [DryRunReport.Part]) -> [[Cell]] { parts.map { [.text(title), .text($0.title), Cell($0.judged), Cell($0.refused), Cell($0.tonnes)] } }
        let all = rows("日期", report.byDay) + rows("企业", report.byEnterprise) + rows("排放阶段", report.byStage)
        return try await SheetAnswer(name: "策略试算-\(report.name)-\(report.from.text)", columns: columns, rows: all).response(context, on: gates.database)
    }
}
