import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// What the form of a new warning holds, whether right or wrong.
private struct WarningEntry {
    var level: WarningLevel?
    var counties: [String] = []
    var whole: Set<String> = []
    var startsAt: String?
    var endsAt: String?
    var basis: String?
    var findings: [FieldFinding] = []

    init() {}

    init(_ input: FormInput, _ choice: CountyChoice) {
        level = input["level"].flatMap(WarningLevel.init(rawValue:))
        (counties, whole) = choice.chosen(input)
        startsAt = input["startsAt"]
        endsAt = input["endsAt"]
        basis = input["basis"]
    }

    /// Both moments where they can be read; what cannot is a finding.
    mutating func moments(_ now: Moment) -> (start: Moment?, end: Moment?) {
        func read(_ name: String, _ title: String, _ text: String?) -> Moment? {
            guard let text else { return nil }
            if let moment = Moment(parsing: text) { return moment }
            findings.append(FieldFinding(name, "format", "应为日期和时间", title: title))
            return nil
        }
        let start = read("startsAt", "启动时间", startsAt)
        if let start, start < now.adding(seconds: -120) { findings.append(FieldFinding("startsAt", "range", "不能早于现在；立即启动请留空", title: "启动时间")) }
        return (start, read("endsAt", "计划解除时间", endsAt))
    }
}

extension WarningPages {
    /// `GET /warnings/start?county=`; the other fields come along when somebody goes back to correct them.
    @Sendable func startForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var entry = WarningEntry()
        entry.counties = context.here.all("county")
        entry.level = context.here["level"].flatMap(WarningLevel.init(rawValue:))
        (entry.startsAt, entry.endsAt, entry.basis) = (context.here["startsAt"], context.here["endsAt"], context.here["basis"])
        return form(entry, choice(principal), .ok, context)
    }

    private func choice(_ principal: Principal) -> CountyChoice { CountyChoice(principal.scope, sites: gates.sites(in: principal.scope)) }

    private func form(_ entry: WarningEntry, _ choice: CountyChoice, _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let levels = [WarningLevel.yellow, .orange, .red].map { Choice($0.rawValue, "\($0.title)预警（\($0.response)响应）") }
        let when = [
            FormField("startsAt", "启动时间", .moment, value: entry.startsAt, help: "不填为立即启动；填写以后的时间，到时自动生效并下发"),
            FormField("endsAt", "计划解除时间", .moment, value: entry.endsAt, help: "不填为另行解除；到时自动恢复"),
            FormField("basis", "依据", .textArea(rows: 3), value: entry.basis, isRequired: true, help: "如：市重污染天气应对指挥部 2026 年第 12 号预警令", maxLength: 500, isWide: true),
        ]
        let sections = [
            FormSection("响应级别", [FormField("level", "级别", .radio(levels), value: entry.level?.rawValue, isRequired: true, isWide: true)]),
            FormSection("范围", choice.fields(chosen: Set(entry.counties), whole: entry.whole)), FormSection("时间与依据", when),
        ]
        let form = Form(action: "/warnings/preview", sections: sections, submit: "下一步：核对影响范围", cancel: "/warnings", findings: entry.findings, context: context)
        return Shell.page(
            "启动预警响应", crumbs: [Crumb("预警响应", "/warnings"), Crumb("启动")], active: "/warnings", status: status, body: Shell.framed(form, context),
            context: context)
    }

    /// `POST /warnings/preview`: what would be handed down to whom, before anything happens. In memory.
    @Sendable func preview(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let choice = choice(principal)
        var entry = WarningEntry(try await request.form(context), choice)
        let (start, end) = read(&entry)
        guard entry.findings.isEmpty, let level = entry.level else { return form(entry, choice, .unprocessableContent, context) }
        let moment = start ?? gates.clock.now
        let counties = Set(entry.counties)
        let snapshot = gates.registry.snapshot
        let sites = gates.sites(in: principal.scope).filter { counties.contains($0.county) && $0.isConnected }
        let effect = WarningEffect(level, sites: sites, snapshot: snapshot, at: moment)
        let kept =
            [("level", level.rawValue), ("startsAt", entry.startsAt ?? ""), ("endsAt", entry.endsAt ?? ""), ("basis", entry.basis ?? "")] + entry.counties.map { ("counties", $0) }
        let fields = kept.map { FormField($0.0, "", .hidden, value: $0.1) }
        let entered = kept.filter { !$0.1.isEmpty }.map { PageAddress.QueryItem($0.0 == "counties" ? "county" : $0.0, $0.1) }
        let back = ActionButton("返回修改", .dialog(PageAddress("/warnings/start", entered).text))
        let form = Form(
            action: "/warnings/start", sections: [FormSection(nil, fields)], submit: "确认启动\(level.title)预警", cancel: "/warnings", extra: context.isDialog ? "\(back)" : .empty,
            context: context)
        let facts = DescriptionList([
            .init("响应级别", "\(level.badge)"), .init("县（区、市）", "\(CountyChoice.title(entry.counties))"), .init("启动时间", start.map { "\($0)" } ?? "立即"),
            .init("计划解除", end.map { "\($0)" } ?? "另行解除"),
            .init("依据", "\(entry.basis)", isWide: true),
        ])
        let body: Markup = "\(facts)\(effect.markup(context))\(form)"
        return Shell.page(
            "核对：启动\(level.title)预警", crumbs: [Crumb("预警响应", "/warnings"), Crumb("启动", "/warnings/start"), Crumb("核对")], active: "/warnings",
            body: Shell.framed(body, context),
            context: context)
    }

    /// `POST /warnings/start`.
    @Sendable func start(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let choice = choice(principal)
        var entry = WarningEntry(try await request.form(context), choice)
        let (start, end) = read(&entry)
        guard entry.findings.isEmpty, let level = entry.level else { return form(entry, choice, .unprocessableContent, context) }
        _ = try await gates.warnings.start(level, counties: entry.counties, startsAt: start, endsAt: end, basis: entry.basis ?? "", by: principal)
        let when = start.map { $0 > gates.clock.now } ?? false ? "将于 \(start?.text ?? "") 启动\(level.title)预警" : "已启动\(level.title)预警，正在向企业下发管控策略"
        return Shell.done(when, to: "/warnings?level=\(level.rawValue)", context: context)
    }

    private func read(_ entry: inout WarningEntry) -> (start: Moment?, end: Moment?) {
        let now = gates.clock.now
        let (start, end) = entry.moments(now)
        entry.findings = gates.warnings.findings(entry.level ?? .none, counties: entry.counties, startsAt: start ?? now, endsAt: end) + entry.findings
        if entry.basis == nil { entry.findings.append(FieldFinding("basis", "required", "请写明依据", title: "依据")) }
        return (start, end)
    }

    // MARK: Ending

    /// `GET /warnings/end?level=&county=`: without a county all of those where the level runs are ticked.
    @Sendable func endForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let level = context.here["level"].flatMap(WarningLevel.init(rawValue:)), level != .none else { throw Failure.notFound("预警响应") }
        return endForm(level, chosen: context.here.all("county"), basis: nil, [], .ok, principal, context)
    }

    private func endForm(
        _ level: WarningLevel, chosen: [String], basis: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ principal: Principal, _ context: WebContext
    ) -> Response {
        let now = gates.clock.now
        let running = gates.registry.snapshot.warnings.filter { $0.level == level && ($0.to.map { $0 > now } ?? true) }
        let counties = Set(running.flatMap(\.counties)).filter { principal.scope.admits(org: nil, area: $0) }.sorted()
        let ticked = chosen.isEmpty && findings.isEmpty ? counties : chosen
        let fields = [
            FormField("level", "级别", .hidden, value: level.rawValue),
            FormField("counties", "解除的县（区、市）", .multiSelect(counties.map { Choice($0, Region(code: $0)?.title ?? $0) }), values: ticked, isRequired: true, isWide: true),
            FormField("basis", "依据", .textArea(rows: 3), value: basis, isRequired: true, help: "解除后立即生效，企业改为执行日常管控策略或仍在执行的较低级别策略", maxLength: 500, isWide: true),
        ]
        let form = Form(action: "/warnings/end", sections: [FormSection(nil, fields)], submit: "确认解除\(level.title)预警", cancel: "/warnings", findings: findings, context: context)
        return Shell.page(
            "解除\(level.title)预警", crumbs: [Crumb("预警响应", "/warnings"), Crumb("解除")], active: "/warnings", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// `POST /warnings/end`.
    @Sendable func end(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        guard let level = input["level"].flatMap(WarningLevel.init(rawValue:)), level != .none else { throw Failure.notFound("预警响应") }
        let counties = input.all("counties")
        var findings: [FieldFinding] = []
        if counties.isEmpty { findings.append(FieldFinding("counties", "required", "请至少选择一个县（区、市）", title: "解除的县（区、市）")) }
        if input["basis"] == nil { findings.append(FieldFinding("basis", "required", "请写明依据", title: "依据")) }
        guard findings.isEmpty else { return endForm(level, chosen: counties, basis: input["basis"], findings, .unprocessableContent, principal, context) }
        _ = try await gates.warnings.end(level, counties: counties, basis: input["basis"] ?? "", by: principal)
        return Shell.done("已解除\(CountyChoice.title(counties))的\(level.title)预警", to: "/warnings", context: context)
    }
}

/// What a warning would hand down: the enterprises it reaches by grade, and the strategy of each grade.
struct WarningEffect {
    private struct Group: Hashable {
        var grade: String
        var strategy: Int64?
        var level: WarningLevel
    }

    private var counts: [(group: Group, count: Int)]
    private let strategies: [Int64: Strategy]
    let total: Int
    let level: WarningLevel

    init(_ level: WarningLevel, sites: [EnterpriseFacts], snapshot: GateRegistry.Snapshot, at moment: Moment) {
        var sums: [Group: Int] = [:]
        var used: [Int64: Strategy] = [:]
        for site in sites {
            // A higher level that runs already goes on.
            let effective = max(level, snapshot.level(county: site.county, at: moment))
            let strategy = snapshot.strategy(for: site, level: effective, at: moment)
            if let strategy { used[strategy.id] = strategy }
            sums[Group(grade: site.grade, strategy: strategy?.id, level: effective), default: 0] += 1
        }
        let order = Dictionary(PerformanceGrade.all.enumerated().map { ($0.element.code, $0.offset) }, uniquingKeysWith: { first, _ in first })
        counts = sums.map { (group: $0.key, count: $0.value) }.sorted {
            (order[$0.group.grade] ?? 99, $0.group.strategy ?? 0) < (order[$1.group.grade] ?? 99, $1.group.strategy ?? 0)
        }
        strategies = used
        total = sites.count
        self.level = level
    }

    func markup(_ context: WebContext) -> Markup {
        let without = counts.filter { $0.group.strategy == nil }.reduce(0) { $0 + $1.count }
        let higher = counts.filter { $0.group.level > level }.reduce(0) { $0 + $1.count }
        let columns = [Column("grade", "绩效分级"), Column("count", "企业数", align: .end), Column("strategy", "将下发的策略", isWrapping: true), Column("rules", "限制内容", isWrapping: true)]
        let rows = counts.map { part -> TableRow in
            let strategy = part.group.strategy.flatMap { strategies[$0] }
            let name: Markup = strategy.map { "\($0.name) v\($0.version)" } ?? "\(Badge("无适用策略", .orange))"
            return TableRow(["\(PerformanceGrade.all.title(of: part.group.grade))", "\(part.count)", name, "\(strategy?.summary ?? "放行不受本级别限制")"])
        }
        return """
            \(Notice(.info, "将影响 <b>\(total)</b> 家联网企业。确认后，在线等待的门禁系统即时收到；离线的门禁恢复联网后收到，执行情况见回执。"))\
            \(Markup.when(higher > 0, "\(Notice(.yellow, "\(higher) 家企业所在县（区、市）正执行更高级别预警，仍按更高级别管控。"))"))\
            \(Markup.when(without > 0, "\(Notice(.orange, "\(without) 家企业没有适用的\(level.title)预警策略，启动后不受限制，请先补充并下发策略。"))"))\
            \(DataTable(id: "effect", columns: columns, rows: rows, address: context.here, empty: "所选县（区、市）没有联网企业", hasTools: false))
            """
    }
}
