import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A-04 管控策略（一企一策）: the matrix, the list, issuing and ending with their effect shown first, receipts.
///
/// Making and editing are the ledger's own forms; an edit of an issued strategy is its next version.
struct StrategyPages: Sendable {
    let gates: GateSupervision
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named(ControlStrategy.ledger.readPermission)
        let acts = RoutePermission.named(GatePermission.handDown)
        routes.get("/strategies", permission: reads, use: list)
        routes.get("/strategies/{id}", permission: reads, use: show)
        routes.get("/strategies/{id}/receipts", permission: reads, use: receipts)
        routes.get("/strategies/{id}/issue", permission: acts, use: issueForm)
        routes.post("/strategies/{id}/issue", permission: acts, use: issue)
        routes.get("/strategies/{id}/end", permission: acts, use: endForm)
        routes.post("/strategies/{id}/end", permission: acts, use: end)
        routes.get("/strategies/{id}/dry-run", permission: reads, use: dryRunForm)
        routes.post("/strategies/{id}/dry-run", permission: reads, use: dryRun)
        routes.get("/strategies/dry-runs/{task}", permission: reads, use: dryRunResult)
        routes.get("/strategies/dry-runs/{task}/export", permission: reads, use: dryRunExport)
    }

    /// One row of the desk: the strategy and where it stands.
    struct Line: Sendable {
        var strategy: Strategy
        var state: String
        var target: String
        var updatedAt: Moment?
    }

    private func lines(by principal: Principal, in reader: any Reader) throws -> [Line] {
        let query = LedgerQuery(ledger: ControlStrategy.ledger.name, limit: 200)
        let ids = try gates.ledgers.list(query, by: principal, in: reader).records.map(\.id)
        guard !ids.isEmpty else { return [] }
        return try reader.rows("SELECT * FROM control_strategy WHERE id IN (\(list: ids)) ORDER BY id DESC").compactMap(StrategyPages.line)
    }

    static func line(_ row: Row) -> Line? {
        Strategy(row: row).map { Line(strategy: $0, state: row.text("state") ?? "draft", target: row.text("target") ?? "gateVehicle", updatedAt: row.moment("updated_at")) }
    }

    func line(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> Line {
        guard try gates.ledgers.find(ControlStrategy.ledger.name, id: id, by: principal, in: reader) != nil,
            let line = try reader.first("SELECT * FROM control_strategy WHERE id = \(id)").flatMap(StrategyPages.line)
        else { throw Failure.notFound("管控策略") }
        return line
    }

    // MARK: List

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (lines, receipts) = try await gates.database.read { [self] reader in
            (try self.lines(by: principal, in: reader), try gates.receipts.strategies(scope: principal.scope, in: reader))
        }
        let level = context.here["level"].flatMap(WarningLevel.init(rawValue:))
        let state = context.here["state"] ?? "current"
        let shown = lines.filter { (level == nil || $0.strategy.level == level) && (state == "all" || $0.state != "ended") }
        var actions: Markup = .empty
        if context.may(ControlStrategy.ledger.writePermission) {
            let path = "/ledgers/\(ControlStrategy.ledger.name)"
            actions = "\(ActionButton("批量导入", .link("\(path)/import"), icon: "upload"))\(ActionButton("新建策略", .dialog("\(path)/new"), icon: "plus", style: .primary))"
        }
        let body: Markup = "\(Card("各级别对各绩效分级的限制", body: matrix(context)))\(table(shown, lines, receipts, level, state, context))"
        return Shell.page("管控策略", crumbs: [Crumb("管控"), Crumb("管控策略")], active: "/strategies", actions: actions, body: body, context: context)
    }

    /// The general strategies only: what holds where no enterprise, county or industry has its own.
    private func matrix(_ context: WebContext) -> Markup {
        let snapshot = gates.registry.snapshot
        let now = gates.clock.now
        // Grades that are treated alike at every level stand together.
        var columns: [(grades: [String], strategies: [Strategy?])] = []
        for grade in PerformanceGrade.all.map(\.code) {
            let site = EnterpriseFacts(ledgerId: -1, org: -1, code: "", name: "", county: "", industry: "", grade: grade)
            let strategies = WarningLevel.allCases.map { snapshot.strategy(for: site, level: $0, at: now) }
            if let same = columns.firstIndex(where: { $0.strategies.map { $0?.id } == strategies.map { $0?.id } }) {
                columns[same].grades.append(grade)
            } else {
                columns.append(([grade], strategies))
            }
        }
        let head = columns.map { column -> Markup in "<th scope=\"col\">\(column.grades.map { PerformanceGrade.all.title(of: $0) }.joined(separator: "、"))</th>" }
        let rows = WarningLevel.allCases.enumerated().map { index, level -> Markup in
            let cells = columns.map { column -> Markup in
                guard let strategy = column.strategies[index] else { return "<td class=\"muted\">未设置</td>" }
                return "<td class=\"tone-\(level.tone.rawValue)\"><a href=\"/strategies/\(strategy.id)\" title=\"\(strategy.name)\">\(strategy.summary)</a></td>"
            }
            return "<tr><th scope=\"row\">\(level.badge)</th>\(cells)</tr>"
        }
        return
            "<div class=\"table-scroll\"><table class=\"matrix\"><thead><tr><th scope=\"col\">响应级别</th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div><p class=\"muted\">按企业、县（区、市）、行业另有规定的，以更具体的策略为准。</p>"
    }

    private func table(_ shown: [Line], _ all: [Line], _ receipts: [Receipts.Line], _ level: WarningLevel?, _ state: String, _ context: WebContext) -> Markup {
        let sites = gates.registry.snapshot.enterprises
        let byStrategy = Dictionary(grouping: receipts, by: \.objectId).mapValues { Receipts.Count($0) }
        let kept = all.filter { state == "all" || $0.state != "ended" }
        let address = context.here.restarting
        var tabs = [Tabs.Tab("全部", address.with("level", nil).text, isActive: level == nil, count: kept.count)]
        tabs += WarningLevel.allCases.map { one in
            Tabs.Tab(one.heading, address.with("level", one.rawValue).text, isActive: level == one, count: kept.filter { $0.strategy.level == one }.count)
        }
        let columns = [
            Column("name", "策略名称", isWrapping: true), Column("level", "响应级别"), Column("target", "适用范围", isWrapping: true), Column("rules", "限制内容", isWrapping: true),
            Column("state", "状态"),
            Column("version", "版本", align: .end), Column("receipts", "执行中的企业", align: .end),
        ]
        let rows = shown.map { line -> TableRow in
            let strategy = line.strategy
            let count = byStrategy["strategy-\(strategy.id)"]
            let progress: Markup = count.map { "\($0[.applied]) / \($0.total) 家" } ?? "<span class=\"muted\">0 家</span>"
            let cells: [Markup] = [
                "\(strategy.name)", "\(strategy.level.badge)",
                "\(strategy.target(sites))\(Markup.when(line.target != "gateVehicle", " \(Badge(GateCodes.strategyTarget.title(of: line.target)))"))", "\(strategy.summary)",
                "\(StrategyPages.badge(line.state))", "v\(strategy.version)", progress,
            ]
            return TableRow(id: String(strategy.id), cells, path: "/strategies/\(strategy.id)", actions: rowActions(line, context))
        }
        let filter = ActionButton(state == "all" ? "隐藏已失效" : "显示已失效", .link(address.with("state", state == "all" ? nil : "all").text), icon: "filter", style: .quiet)
        return "\(DataTable(id: "strategies", columns: columns, rows: rows, address: context.here, toolbar: "\(Tabs(tabs))\(filter)", empty: "没有符合条件的策略"))"
    }

    private func rowActions(_ line: Line, _ context: WebContext) -> Markup {
        let id = line.strategy.id
        var actions: Markup = "\(ActionButton("试算", .dialog("/strategies/\(id)/dry-run"), icon: "gauge", style: .quiet, isIconOnly: true))"
        if context.may(GatePermission.handDown) {
            if line.state != "issued" { actions += "\(ActionButton("下发", .dialog("/strategies/\(id)/issue"), icon: "upload", style: .quiet, isIconOnly: true))" }
            if line.state == "issued" { actions += "\(ActionButton("失效", .dialog("/strategies/\(id)/end"), icon: "x", style: .quiet, isIconOnly: true))" }
        }
        if context.may(ControlStrategy.ledger.writePermission) {
            actions += "\(ActionButton("编辑", .dialog("/ledgers/\(ControlStrategy.ledger.name)/\(id)/edit"), icon: "edit", style: .quiet, isIconOnly: true))"
        }
        return actions
    }

    static func badge(_ state: String) -> Badge { Badge(GateCodes.strategyState.title(of: state), state == "issued" ? .good : state == "draft" ? .info : .muted, isDot: true) }

    // MARK: One strategy

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (line, receipts, history) = try await gates.database.read { [self] reader in
            (
                try self.line(id, by: principal, in: reader), try gates.receipts.strategies(strategy: id, scope: principal.scope, in: reader),
                try gates.ledgers.history(ControlStrategy.ledger.name, id: id, by: principal, in: reader)
            )
        }
        let strategy = line.strategy
        let sites = gates.registry.snapshot.enterprises
        var actions: Markup = "\(ActionButton("试算", .dialog("/strategies/\(id)/dry-run"), icon: "gauge"))"
        if context.may(ControlStrategy.ledger.writePermission) { actions += "\(ActionButton("编辑", .dialog("/ledgers/\(ControlStrategy.ledger.name)/\(id)/edit"), icon: "edit"))" }
        if context.may(GatePermission.handDown) {
            actions +=
                line.state == "issued"
                ? "\(ActionButton("失效", .dialog("/strategies/\(id)/end"), icon: "x"))"
                : "\(ActionButton("下发", .dialog("/strategies/\(id)/issue"), icon: "upload", style: .primary))"
        }
        let facts = DescriptionList([
            .init("响应级别", "\(strategy.level.badge)"), .init("状态", "\(StrategyPages.badge(line.state))"), .init("适用范围", "\(strategy.target(sites))"),
            .init("适用对象", "\(GateCodes.strategyTarget.title(of: line.target))"),
            .init("限制车型", "\(strategy.groups.map(\.title).sorted().joined(separator: "、"))"), .init("最低排放阶段", strategy.minimumStage.map { "\($0.title)" } ?? "不限"),
            .init("禁止的燃料", "\(strategy.bannedFuels.isEmpty ? "无" : strategy.bannedFuels.sorted().map { FuelCode.all.title(of: $0) }.joined(separator: "、"))"),
            .init("新能源", strategy.allowsNewEnergy ? "不受限" : "同样受限"),
            .init("每日车次上限", strategy.dailyTripCap.map { "\($0) 车次" } ?? "不限"), .init("每日运输量上限", strategy.dailyTonnesCap.map { "\($0) 吨" } ?? "不限"),
            .init("限制时段", strategy.windows.isEmpty ? "全天" : "\(strategy.windows.map(\.text).joined(separator: "、"))"), .init("版本", "v\(strategy.version)"),
            .init("豁免车辆", strategy.exemptPlates.isEmpty ? "无" : "\(strategy.exemptPlates.sorted().joined(separator: "、"))", isWide: true),
            .init("措施", "\(strategy.measures)", isWide: true),
        ])
        let body: Markup = """
            \(Grid(.mainAside, ["<div class=\"stack\">\(Card("策略内容", body: "\(facts)"))\(Card("下发与执行", body: receiptPart(receipts, id, context)))</div>", "\(Card("版本与变更", body: timeline(history)))"]))
            """
        return Shell.page(
            strategy.name, crumbs: [Crumb("管控"), Crumb("管控策略", "/strategies"), Crumb(strategy.name)], active: "/strategies", actions: actions, body: body, context: context)
    }

    private func receiptPart(_ lines: [Receipts.Line], _ id: Int64, _ context: WebContext) -> Markup {
        lines.isEmpty ? "<p class=\"muted\">目前没有企业执行这一策略：级别未启动、范围内没有联网企业，或有更具体的策略。</p>" : ReceiptView(lines: lines, refresh: "/strategies/\(id)/receipts").markup(context)
    }

    @Sendable func receipts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let lines = try await gates.database.read { [gates] reader in try gates.receipts.strategies(strategy: id, scope: principal.scope, in: reader) }
        return .html(receiptPart(lines, id, context))
    }

    private func timeline(_ history: [HistoryEntry]) -> Markup { "\(Timeline(history.prefix(40).map(\.line)))" }

    // MARK: Issuing and ending

    @Sendable func issueForm(request: Request, context: WebContext) async throws -> Response { try await ask(context, issues: true, opinion: nil, [], .ok) }
    @Sendable func endForm(request: Request, context: WebContext) async throws -> Response { try await ask(context, issues: false, opinion: nil, [], .ok) }

    private func ask(_ context: WebContext, issues: Bool, opinion: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let line = try await gates.database.read { [self] reader in try self.line(id, by: principal, in: reader) }
        let affected = affected(line.strategy, issues: issues)
        let verb = issues ? "下发" : "失效"
        let note: Markup =
            affected.isEmpty
            ? "现在没有企业因此改变所执行的策略；\(issues ? "相应级别启动后按此执行。" : "")"
            : "<b>\(affected.count)</b> 家企业将立即改变所执行的策略：\(affected.prefix(6).map(\.name).joined(separator: "、"))\(affected.count > 6 ? " 等" : "")"
        let fields = [
            FormField("what", "策略", .shown("\(line.strategy.name) v\(line.strategy.version)：\(line.strategy.summary)"), isWide: true),
            FormField("reason", "\(verb)理由", .textArea(rows: 3), value: opinion, isRequired: true, help: "写入审计日志", maxLength: 200, isWide: true),
        ]
        let form = Form(
            action: "/strategies/\(id)/\(issues ? "issue" : "end")", sections: [FormSection(nil, fields)], submit: "确认\(verb)", cancel: "/strategies/\(id)", findings: findings,
            context: context)
        return Shell.page(
            "\(verb)策略", crumbs: [Crumb("管控策略", "/strategies"), Crumb(line.strategy.name, "/strategies/\(id)"), Crumb(verb)], active: "/strategies", status: status,
            body: "\(Notice(affected.isEmpty ? .info : .yellow, note))\(form)", context: context)
    }

    /// Enterprises whose strategy would be another one.
    private func affected(_ strategy: Strategy, issues: Bool) -> [EnterpriseFacts] {
        let before = gates.registry.snapshot
        var after = before
        after.strategies.removeAll { $0.id == strategy.id }
        if issues { after.strategies.append(strategy) }
        let now = gates.clock.now
        return before.enterprises.values.filter { site in
            guard site.isConnected else { return false }
            let level = before.level(county: site.county, at: now)
            let (old, new) = (before.strategy(for: site, level: level, at: now), after.strategy(for: site, level: level, at: now))
            return old?.id != new?.id || old?.version != new?.version
        }.sorted { $0.code < $1.code }
    }

    @Sendable func issue(request: Request, context: WebContext) async throws -> Response { try await act(request, context, issues: true) }
    @Sendable func end(request: Request, context: WebContext) async throws -> Response { try await act(request, context, issues: false) }

    private func act(_ request: Request, _ context: WebContext, issues: Bool) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let verb = issues ? "下发" : "失效"
        guard let reason = try await request.form(context)["reason"] else {
            return try await ask(context, issues: issues, opinion: nil, [FieldFinding("reason", "required", "请说明理由", title: "\(verb)理由")], .unprocessableContent)
        }
        guard reason.count <= 200 else {
            return try await ask(context, issues: issues, opinion: reason, [FieldFinding("reason", "length", "最多 200 个字", title: "\(verb)理由")], .unprocessableContent)
        }
        let desk = gates.strategies
        let record = issues ? try await desk.issue(id: id, reason: reason, by: principal) : try await desk.end(id: id, reason: reason, by: principal)
        let name = record[ControlStrategy.name] ?? ""
        return Shell.done("已\(verb)“\(name)”", to: "/strategies/\(id)", context: context)
    }
}

extension HistoryEntry {
    /// One line of a timeline, with what changed.
    package var line: Timeline.Entry {
        let verb: String =
            switch kind {
            case .created: "新增"
            case .updated: "修改"
            case .deleted: "删除"
            case .restored: "恢复"
            }
        let body: Markup =
            changes.isEmpty
            ? .empty
            : "<ul>\(changes.map { change -> Markup in kind == .created ? "<li>\(change.title)：\(change.after)</li>" : "<li>\(change.title)：\(change.before.isEmpty ? "（空）" : change.before) → \(change.after.isEmpty ? "（空）" : change.after)</li>" })</ul>"
        return Timeline.Entry(at, "\(verb)（第 \(version) 次）", who: byName, body: "\(Markup.when(reason != nil, "<p>\(reason)</p>"))\(body)", tone: kind == .deleted ? .red : .info)
    }
}
