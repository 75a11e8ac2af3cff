import Alarms
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Rules
import Storage
import Web

/// A-18 自定义规则: the list, one rule with its conditions, trials on the past, versions.
package struct OwnRulePages: Sendable {
    let rules: OwnRules

    package init(rules: OwnRules) { self.rules = rules }

    package func add(to routes: Routes) {
        let may = RoutePermission.named(rules.place.permission)
        routes.get(rules.place.path, permission: may, use: list)
        routes.get("\(rules.place.path)/new", permission: may, use: newForm)
        routes.post("\(rules.place.path)/new", permission: may, use: make)
        routes.get("\(rules.place.path)/{id}", permission: may, use: show)
        routes.get("\(rules.place.path)/{id}/settings", permission: may, use: settingsForm)
        routes.post("\(rules.place.path)/{id}/settings", permission: may, use: keepSettings)
        routes.get("\(rules.place.path)/{id}/facts", permission: may, use: factList)
        routes.get("\(rules.place.path)/{id}/conditions/{at}", permission: may, use: conditionForm)
        routes.post("\(rules.place.path)/{id}/conditions/{at}", permission: may, use: keepCondition)
        routes.post("\(rules.place.path)/{id}/conditions/{at}/remove", permission: may, use: removeCondition)
        routes.get("\(rules.place.path)/{id}/publish", permission: may, use: publishForm)
        routes.post("\(rules.place.path)/{id}/publish", permission: may, use: publish)
        routes.post("\(rules.place.path)/{id}/stop", permission: may, use: stop)
        routes.post("\(rules.place.path)/{id}/resume", permission: may, use: resume)
        routes.post("\(rules.place.path)/{id}/remove", permission: may, use: remove)
        routes.get("\(rules.place.path)/{id}/trial", permission: may, use: trial)
    }

    static func badge(_ rule: OwnRule) -> Markup {
        let tone: Tone =
            switch rule.state {
            case .live: .good
            case .draft: .info
            case .stopped: .muted
            case .failed: .red
            }
        return "\(Badge(rule.state.title, tone, isDot: true))\(Markup.when(rule.live != nil && rule.isChanged, " \(Badge("有未发布的修改", .yellow))"))"
    }

    // MARK: List

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let all = try await rules.database.read { [rules] in try rules.all(by: principal, in: $0) }
        let keyword = context.here["q"], state = context.here["state"].flatMap(OwnRule.State.init(rawValue:))
        var shown = all.filter { rule in (state == nil || rule.state == state) && (keyword.map { rule.draft.title.contains($0) } ?? true) }
        if let sort = context.here["sort"] { shown = Self.sorted(shown, sort) }
        let columns = [
            Column("title", "规则", isSortable: true, isWrapping: true), Column("state", "状态"), Column("stream", "数据来源"), Column("what", "何时报警", isWrapping: true),
            Column("grade", "等级"),
            Column("version", "版本", align: .end), Column("hits", "累计命中", align: .end, isSortable: true), Column("at", "修改时间", isSortable: true), Column("by", "修改人"),
        ]
        let rows = try shown.map { rule -> TableRow in
            let stream = try rules.stream(rule.stream)
            let cells: [Markup] = [
                "\(rule.draft.title)", Self.badge(rule), "\(stream.title)", "\(Self.sentence(rule.draft.rule, stream))", "\(Badge(rule.draft.grade.title, rule.draft.grade.tone))",
                rule.version > 0 ? "第 \(rule.version) 版" : "未发布", "<span class=\"num\">\(Figure.grouped(Int(rule.hits)))</span>", "\(rule.updatedAt)", "\(rule.updatedBy)",
            ]
            return TableRow(id: "\(rule.id)", cells, path: "\(rules.place.path)/\(rule.id)", tone: rule.state == .failed ? .red : nil)
        }
        let tabs = Tabs(
            [Tabs.Tab("全部", rules.place.path, isActive: state == nil, count: all.count)]
                + OwnRule.State.allCases.map { one in
                    Tabs.Tab(one.title, "\(rules.place.path)?state=\(one.rawValue)", isActive: state == one, count: all.count { $0.state == one })
                })
        let add: Markup = "\(ActionButton("新建规则", .link("\(rules.place.path)/new"), icon: "plus", style: .primary))"
        let search = SearchForm(
            action: rules.place.path, fields: [FormField("q", "关键字", .text, value: keyword, placeholder: "规则名称")], table: "own-rules",
            kept: state.map { [.init("state", $0.rawValue)] } ?? [])
        let table = DataTable(
            id: "own-rules", columns: columns, rows: rows, address: context.here, sort: context.here["sort"], toolbar: "\(tabs)",
            empty: "还没有规则；新建一条，设好条件和次数，先用过去的数据试运行，再发布", emptyAction: add)
        return Shell.page(rules.place.title, crumbs: rules.place.crumbs, active: rules.place.path, actions: add, body: "\(search)\(table)", context: context)
    }

    private static func sorted(_ rules: [OwnRule], _ sort: String) -> [OwnRule] {
        let ascending = !sort.hasPrefix("-")
        let ordered = rules.sorted { a, b in
            switch sort.drop(while: { $0 == "-" }) {
            case "hits": (a.hits, a.id) < (b.hits, b.id)
            case "at": (a.updatedAt, a.id) < (b.updatedAt, b.id)
            default: (a.draft.title, a.id) < (b.draft.title, b.id)
            }
        }
        return ascending ? ordered : ordered.reversed()
    }

    /// `同一车辆在同一企业当日达到 4 次：方向 等于 进厂；…`.
    static func sentence(_ rule: WatchRule, _ stream: any RuleStream) -> String {
        let grouping = stream.groupings.first { $0.name == rule.groupedBy }?.title ?? "未设置计次对象"
        let conditions = rule.conditions.map { stream.text($0) }.joined(separator: "；")
        if let together = together(rule, stream) { return "\(grouping)\(rule.windowText)\(together)" + (conditions.isEmpty ? "" : "：\(conditions)") }
        let count = rule.times > 1 ? "\(grouping)\(rule.windowText)达到 \(rule.times) 次" : "每次发生"
        return conditions.isEmpty ? count : "\(count)：\(conditions)"
    }

    /// `都出现：登录、导出、删除`
    static func together(_ rule: WatchRule, _ stream: any RuleStream) -> String? {
        rule.together.map { together in "都出现：\(stream.fact(together.fact)?.shown(.set(together.values)) ?? together.values.sorted().joined(separator: "、"))" }
    }

    static func timeText(_ rule: WatchRule) -> String {
        let names = ["一", "二", "三", "四", "五", "六", "日"]
        let days = rule.weekdays.isEmpty ? "每天" : "每周" + rule.weekdays.sorted().map { names[$0 - 1] }.joined(separator: "、")
        return "\(days) \(rule.hours?.text ?? "全天")"
    }

    // MARK: One rule

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (rule, versions, receivers) = try await rules.database.read { [rules] reader in
            (try rules.find(id, by: principal, in: reader), try rules.versions(of: id, in: reader), try rules.alarms.receiverChoices(in: reader))
        }
        let stream = try rules.stream(rule.stream)
        let titles = Dictionary(receivers.map { ($0.value, $0.title) }, uniquingKeysWith: { first, _ in first })
        let main: Markup = "\(faultNotice(rule))\(settingsCard(rule, stream, titles))\(conditionCard(rule, stream))\(trialCard(rule))"
        let hits = try await rules.hits(of: rule)
        let aside: Markup = "\(standingCard(rule))\(hitCard(hits))\(versionCard(versions, stream))"
        return Shell.page(
            rule.draft.title, crumbs: rules.place.crumbs + [Crumb(rule.draft.title)], active: rules.place.path, actions: buttons(rule),
            body: "\(Grid(.mainAside, ["<div class=\"stack\">\(main)</div>", "<div class=\"stack\">\(aside)</div>"]))", context: context)
    }

    private func buttons(_ rule: OwnRule) -> Markup {
        let path = "\(rules.place.path)/\(rule.id)"
        var parts: [Markup] = []
        if rule.isChanged || rule.live == nil { parts.append("\(ActionButton("发布", .dialog("\(path)/publish"), icon: "upload", style: .primary))") }
        if rule.state == .live { parts.append("\(ActionButton("停用", .post("\(path)/stop", confirm: "停用规则“\(rule.draft.title)”？停用期间的记录不再研判"), icon: "pause"))") }
        if rule.state == .stopped { parts.append("\(ActionButton("启用", .post("\(path)/resume", confirm: "从现在起重新研判？"), icon: "play"))") }
        if rule.state == .failed { parts.append("\(ActionButton("重试", .post("\(path)/resume", confirm: "从出错处继续研判？"), icon: "refresh", style: .primary))") }
        if rule.state != .live {
            parts.append("\(ActionButton("删除", .post("\(path)/remove", confirm: "删除规则“\(rule.draft.title)”及其版本？已产生的报警保留"), icon: "trash", style: .danger))")
        }
        return .joined(parts)
    }

    private func faultNotice(_ rule: OwnRule) -> Markup {
        guard let fault = rule.fault else { return .empty }
        return "\(Notice(rule.state == .failed ? .red : .yellow, "研判出错 \(rule.faults) 次：\(fault)。其他规则不受影响"))"
    }

    private func settingsCard(_ rule: OwnRule, _ stream: any RuleStream, _ receivers: [String: String]) -> Markup {
        let watch = rule.draft.rule
        let validity = [watch.validFrom.map { "自 \($0.text)" }, watch.validUntil.map { "至 \($0.text)" }].compactMap { $0 }.joined(separator: " ")
        let list = DescriptionList([
            .init("数据来源", "\(stream.title)"), .init("计次对象", "\(stream.groupings.first { $0.name == watch.groupedBy }?.title ?? "")"),
            .init("组合", "\(Self.together(watch, stream) ?? "不要求")"), .init("次数", watch.times > 1 ? "\(watch.windowText)达到 \(watch.times) 次" : "每次发生即报警"),
            .init("时段", "\(Self.timeText(watch))"),
            .init("有效期", "\(validity.isEmpty ? "长期" : validity)"), .init("报警等级", "\(Badge(rule.draft.grade.title, rule.draft.grade.tone))"),
            .init("通知", "\(rule.draft.receivers.isEmpty ? "按推送规则" : rule.draft.receivers.map { receivers[$0] ?? $0 }.joined(separator: "、"))", isWide: true),
        ])
        return "\(Card("规则内容", actions: "\(ActionButton("修改", .dialog("\(rules.place.path)/\(rule.id)/settings"), icon: "edit", style: .quiet))", body: "\(list)"))"
    }

    private func conditionCard(_ rule: OwnRule, _ stream: any RuleStream) -> Markup {
        let path = "\(rules.place.path)/\(rule.id)/conditions"
        let rows = rule.draft.rule.conditions.enumerated().map { index, condition -> TableRow in
            let fact = stream.fact(condition.fact)
            return TableRow(
                [
                    "\(fact?.declaration.title ?? condition.fact)", "\(condition.comparison.title)",
                    "\(condition.value == .missing ? "" : fact?.shown(condition.value) ?? condition.value.shown)",
                ],
                actions:
                    "\(ActionButton("修改", .dialog("\(path)/\(index)"), style: .quiet))\(ActionButton("删除", .post("\(path)/\(index)/remove", confirm: "删除这个条件？"), style: .quiet))")
        }
        let table = DataTable(
            id: "conditions", columns: [Column("fact", "事实"), Column("is", "比较"), Column("value", "值", isWrapping: true)], rows: rows,
            address: PageAddress("\(rules.place.path)/\(rule.id)"), empty: "没有条件：来源中的每条记录都计次", hasTools: false)
        return
            "\(Card("条件（同时满足）", actions: "\(ActionButton("加条件", .dialog("\(rules.place.path)/\(rule.id)/facts"), icon: "plus", style: .quiet))", isFlush: true, body: "\(table)"))"
    }

    private func trialCard(_ rule: OwnRule) -> Markup {
        let today = rules.clock.today
        let form = SearchForm(
            action: "\(rules.place.path)/\(rule.id)/trial",
            fields: [FormField("span", "日期", .dayRange, values: [today.adding(days: -7).text, today.text], help: "最长 \(OwnRuleTrial.longestDays) 天")], table: "trial")
        return "\(Card("用过去的数据试运行", body: "<p class=\"muted\">试运行只看不报：按现在的草稿，过去这些天会报警多少次、涉及哪些对象。</p>\(form)"))"
    }

    private func standingCard(_ rule: OwnRule) -> Markup {
        let alarms: Markup = rules.place.leadsToAlarms ? "<a href=\"/alarms?kind=\(rules.place.alarmKind.name)&q=\(FormEncoding.encode("规则\(rule.id) "))\">查看</a>" : "见“最近命中”"
        let list = DescriptionList(
            [
                .init("状态", Self.badge(rule)), .init("版本", rule.version > 0 ? "第 \(rule.version) 版" : "未发布"), .init("累计命中", "\(Figure.grouped(Int(rule.hits))) 次"),
                .init("报警", alarms), .init("修改", "\(rule.updatedBy) \(rule.updatedAt)"),
            ], columns: 1)
        return "\(Card("运行情况", body: "\(list)"))"
    }

    private func hitCard(_ hits: [OwnRules.Hit]) -> Markup {
        guard !hits.isEmpty else { return .empty }
        let entries = hits.map { hit in
            Timeline.Entry(
                hit.at, hit.title, body: "<p class=\"muted\">\(hit.reasons.joined(separator: "；"))\(Markup.when(hit.times > 1, "；合并 \(hit.times) 次"))</p>", tone: .orange)
        }
        return "\(Card("最近命中", body: "\(Timeline(entries))"))"
    }

    private func versionCard(_ versions: [(version: Int64, body: OwnRule.Body, note: String, at: Moment, by: String)], _ stream: any RuleStream) -> Markup {
        guard !versions.isEmpty else { return .empty }
        let entries = versions.map { one in
            Timeline.Entry(
                one.at, "第 \(one.version) 版", who: one.by,
                body:
                    "<p>\(Self.sentence(one.body.rule, stream))，\(Self.timeText(one.body.rule))，\(one.body.grade.title)</p>\(Markup.when(!one.note.isEmpty, "<p class=\"muted\">\(one.note)</p>"))"
            )
        }
        return "\(Card("版本", body: "\(Timeline(entries))"))"
    }

    // MARK: Trial

    @Sendable func trial(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let rule = try await rules.database.read { [rules] in try rules.find(id, by: principal, in: $0) }
        let today = rules.clock.today
        let from = context.here["span_from"].flatMap { Day(parsing: $0) } ?? today.adding(days: -7), to = context.here["span_to"].flatMap { Day(parsing: $0) } ?? today
        let search = SearchForm(
            action: "\(rules.place.path)/\(id)/trial", fields: [FormField("span", "日期", .dayRange, values: [from.text, to.text], help: "最长 \(OwnRuleTrial.longestDays) 天")],
            table: "trial")
        let body: Markup
        do {
            body = trialBody(try await OwnRuleTrial(rules: rules).run(rule, from: from, to: to), rule)
        } catch let failure as Failure where failure.kind == .invalid { body = "\(Notice(.yellow, "\(failure.fields.first?.message ?? failure.message)"))" }
        return Shell.page(
            "试运行：\(rule.draft.title)", crumbs: rules.place.crumbs + [Crumb(rule.draft.title, "\(rules.place.path)/\(id)"), Crumb("试运行")], active: rules.place.path,
            body: "\(search)<div id=\"trial\" class=\"stack\">\(body)</div>", context: context)
    }

    private func trialBody(_ report: OwnRuleTrial.Report, _ rule: OwnRule) -> Markup {
        let days = (0...(report.to.daysSince1970 - report.from.daysSince1970)).map { report.from.adding(days: $0) }
        let cards: [Markup] = [
            "\(StatCard("查看的记录", Figure.grouped(report.looked), unit: "条"))", "\(StatCard("满足条件", Figure.grouped(report.counted), unit: "条"))",
            "\(StatCard("会命中", Figure.grouped(report.hits), unit: "次", tone: report.hits > 0 ? .orange : .good))",
            "\(StatCard("涉及对象", Figure.grouped(report.objects.count), unit: "个", note: "同一对象一天内合并为一条报警"))",
        ]
        let chart = Chart(
            .bar, "每日命中", categories: days.map { String($0.text.suffix(5)) }, series: [ChartSeries("命中", days.map { Double(report.byDay[$0] ?? 0) }, tone: .orange)], unit: "次",
            height: .small)
        let top = report.objects.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10).map { object -> TableRow in
            TableRow(["\(object.key.split(separator: " ", maxSplits: 1).last.map { String($0) } ?? object.key)", "<span class=\"num\">\(object.value)</span>"])
        }
        let lines = report.sample.map { line -> TableRow in
            TableRow(
                ["\(line.at)", "\(line.orgName)", "\(line.title)", "第 \(line.count) 次", "\(line.reasons.joined(separator: "；"))"],
                path: rule.stream == "pass" ? "/passes/\(line.id)" : "/alarms/\(line.id)")
        }
        let here = PageAddress("\(rules.place.path)/\(rule.id)/trial")
        let objects = DataTable(
            id: "trial-objects", columns: [Column("object", "对象"), Column("n", "命中", align: .end)], rows: Array(top), address: here, empty: "没有命中", hasTools: false)
        let columns = [Column("at", "时间"), Column("org", "单位"), Column("what", "记录"), Column("n", "计次"), Column("why", "为什么", isWrapping: true)]
        let table = DataTable(id: "trial-lines", columns: columns, rows: lines, address: here, empty: "这段时间内不会报警", hasTools: false)
        let cut: Markup = report.isCut ? "\(Notice(.yellow, "记录过多，只看了前 \(Figure.grouped(OwnRuleTrial.most)) 条；请缩短日期范围"))" : .empty
        return
            "\(cut)\(Grid(.quarters, cards))\(Grid(.mainAside, ["\(Card("每日命中", body: "\(chart)"))", "\(Card("命中最多的对象", isFlush: true, body: "\(objects)"))"]))\(Card("前 50 次命中", isFlush: true, body: "\(table)"))"
    }
}
