import Exchange
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 报警分析 (D2.5.5): who and what raises alarms and how they are handled, ranked, with the way back to the settings.
extension AlarmPages {
    func addAnalysis(to routes: Routes) {
        routes.get("/alarms/analysis", permission: .named(AlarmPermission.read), use: analysis)
        routes.get("/alarms/analysis/export", permission: .named(AlarmPermission.export), use: exportAnalysis)
    }

    /// `GET /alarms/analysis?day_from=&day_to=&kind=&area=&org=`: thirty days unless asked otherwise, at most a year.
    @Sendable
    func analysis(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let filter = period(context)
        let found = try await database.read(within: .seconds(20)) { [engine] in try engine.analysis(filter, by: principal, in: $0) }
        let export: Markup =
            context.may(AlarmPermission.export) ? "\(ActionButton("导出", .download(PageAddress("/alarms/analysis/export", context.here.query).text), icon: "download"))" : .empty
        let body: Markup = """
            \(periods(filter, context))\(analysisSearch(filter, context))<div id="analysis" class="stack">\(cut(found))\(analysisCards(found.totals, context))\(focus(found, context))\
            \(Grid(.halves, [unitChart(found), categoryChart(found), subjectChart(found), speedChart(found)]))\
            \(rankTable("unit-ranks", "各企业", found.units, "org", context))\(rankTable("category-ranks", "各业务板块", found.categories, "category", context))\
            \(rankTable("kind-ranks", "各报警类型", found.kinds, "kind", context))\(subjectTable(found.subjects, context))\(rules)</div>
            """
        return Shell.page(
            context.text("报警分析", "Alarm analysis"), crumbs: [Crumb(context.text("监测报警", "Alarms"))], active: "/alarms/analysis",
            actions: "\(export)\(ActionButton("打印", .print, icon: "print", style: .quiet))", body: body, context: context)
    }

    private func periods(_ filter: AlarmFilter, _ context: WebContext) -> Markup {
        let today = context.site.clock.today
        let tabs = [("近 7 天", 7), ("近 30 天", 30), ("近 90 天", 90), ("近一年", 365)].map { title, days -> Tabs.Tab in
            let first = today.adding(days: 1 - days)
            return Tabs.Tab(
                title, context.here.restarting.with("day_from", first.text).with("day_to", today.text).text, isActive: filter.from == first && filter.to == today)
        }
        return "\(Tabs(tabs))"
    }

    private func analysisSearch(_ filter: AlarmFilter, _ context: WebContext) -> Markup {
        let address = context.here
        let fields = [
            FormField("day", "发生日期", .dayRange, values: [filter.from?.text ?? "", filter.to?.text ?? ""]),
            FormField("kind", "类型", .select([Choice("", "全部")] + engine.kinds.map { Choice($0.name, $0.title) }), values: filter.kinds),
            FormField("area", "县（区、市）", .select([Choice("", "全部")] + areaChoices(context)), value: address["area"]),
            FormField("org", "企业", .reference(url: "/alarms/organisations", shown: address["orgShown"] ?? address["org"] ?? ""), value: address["org"]),
        ]
        return "\(SearchForm(action: "/alarms/analysis", fields: fields, table: "analysis"))"
    }

    private func cut(_ found: AlarmAnalysis) -> Markup {
        guard found.isCut else { return .empty }
        return "\(Notice(.yellow, "这段时间报警超过 \(Figure.grouped(AlarmEngine.analysedAlarms)) 条，对象排行与误报原因只按最近的 \(Figure.grouped(AlarmEngine.analysedAlarms)) 条计算，请缩短日期或选择企业"))"
    }

    private func analysisCards(_ totals: AlarmCounts, _ context: WebContext) -> Markup {
        let share = { (part: Int) -> Double? in totals.opened == 0 ? nil : Double(part) / Double(totals.opened) }
        let list = listAddress(context)
        let parts: [Markup] = [
            "\(StatCard("报警", Figure.grouped(totals.opened), unit: "条", note: "发生 \(Figure.grouped(totals.times)) 次", icon: "siren", path: list.text))",
            "\(StatCard("处置率", Figure.percent(share(totals.opened - totals.open)), note: "未结 \(Figure.grouped(totals.open)) 条", icon: "check", path: list.with("state", "open").text))",
            "\(StatCard("按时受理率", Figure.percent(share(totals.inTime)), note: "平均受理 \(Self.duration(totals.meanResponseSeconds))", icon: "clock"))",
            "\(StatCard("平均研判用时", Self.duration(totals.meanJudgeSeconds), note: "已研判 \(Figure.grouped(totals.judged)) 条", icon: "gauge"))",
            "\(StatCard("平均闭环用时", Self.duration(totals.meanCloseSeconds), note: "已关闭 \(Figure.grouped(totals.byState[.closed] ?? 0)) 条", icon: "archive", path: list.with("state", "closed").text))",
            "\(StatCard("误报率", Figure.percent(share(totals.falseAlarms)), note: "误报 \(Figure.grouped(totals.falseAlarms)) 条", icon: "ban"))",
        ]
        return "\(Grid(.sixths, parts))"
    }

    private func unitChart(_ found: AlarmAnalysis) -> Markup {
        let shown = Array(found.units.prefix(10))
        let count = { (state: AlarmState) in shown.map { Double($0.rank.counts.byState[state] ?? 0) } as [Double?] }
        let series = [
            ChartSeries("未结", shown.map { Double($0.rank.counts.open) }, tone: .orange), ChartSeries("成立", count(.confirmed), tone: .red),
            ChartSeries("撤销", count(.revoked), tone: .muted),
            ChartSeries("关闭", count(.closed), tone: .good),
        ]
        return "\(Card("企业报警与处置排行（前 10）", body: "\(Chart(.stackedBar, "企业报警与处置排行", categories: shown.map(\.name), series: series, unit: "条"))"))"
    }

    private func categoryChart(_ found: AlarmAnalysis) -> Markup {
        let shown = found.categories
        let series = [
            ChartSeries("报警", shown.map { Double($0.rank.counts.opened) }), ChartSeries("未结", shown.map { Double($0.rank.counts.open) }, tone: .orange),
            ChartSeries("误报", shown.map { Double($0.rank.counts.falseAlarms) }, tone: .muted),
        ]
        return "\(Card("业务板块报警与处置", body: "\(Chart(.bar, "业务板块报警与处置", categories: shown.map(\.name), series: series, unit: "条"))"))"
    }

    private func subjectChart(_ found: AlarmAnalysis) -> Markup {
        let shown = Array(found.subjects.prefix(10))
        let series = [
            ChartSeries("发生次数", shown.map { Double($0.facts.times) }), ChartSeries("误报", shown.map { Double($0.facts.falseAlarms) }, tone: .muted),
        ]
        return
            "\(Card("点位、设备与车辆排行（前 10）", body: "\(Chart(.horizontalBar, "点位、设备与车辆排行", categories: shown.map { "\($0.subject)（\(self.engine.title(ofKind: $0.kind))）" }, series: series))"))"
    }

    /// Units with the most alarms, not the slowest: a single late alarm of a quiet unit says little.
    private func speedChart(_ found: AlarmAnalysis) -> Markup {
        let shown = Array(found.units.prefix(10))
        let minutes = { (seconds: Double?) -> Double? in seconds.map { ($0 / 6).rounded() / 10 } }
        let series = [
            ChartSeries("受理", shown.map { minutes($0.rank.counts.meanResponseSeconds) }), ChartSeries("研判", shown.map { minutes($0.rank.counts.meanJudgeSeconds) }),
            ChartSeries("闭环", shown.map { minutes($0.rank.counts.meanCloseSeconds) }, tone: .good),
        ]
        return "\(Card("处置效率：自报警起平均用时", body: "\(Chart(.bar, "处置效率", categories: shown.map(\.name), series: series, unit: "分钟"))"))"
    }

    /// Everything that some rule speaks of, repeat offenders first.
    private func focus(_ found: AlarmAnalysis, _ context: WebContext) -> Markup {
        let subjects = found.subjects.filter { !$0.advice.isEmpty }.prefix(8).map { one -> Markup in
            let path = listAddress(context).with("kind", one.kind).with("subject", one.subject).with("org", one.org.map(String.init))
            return
                "<li><a href=\"\(path.text)\"><strong>\(one.subject)</strong></a> \(engine.title(ofKind: one.kind))　\(one.orgName)　\(Figure.grouped(one.facts.alarms)) 条、\(Figure.grouped(one.facts.times)) 次\(advised(one.advice, kind: one.kind, subject: one.subject, org: one.org, context))</li>"
        }
        let units = found.units.filter { !$0.advice.isEmpty }.prefix(5).map { one -> Markup in
            let org = Int64(one.rank.key).flatMap { $0 == 0 ? nil : $0 }
            let path = listAddress(context).with("org", org.map(String.init))
            return
                "<li><a href=\"\(path.text)\"><strong>\(one.name)</strong></a>　\(Figure.grouped(one.rank.counts.opened)) 条\(advised(one.advice, kind: nil, subject: nil, org: org, context))</li>"
        }
        guard !subjects.isEmpty || !units.isEmpty else { return "\(Card("重点关注对象", body: "<p class=\"nothing\">这段时间没有达到关注条件的企业或对象</p>"))" }
        return "\(Card("重点关注对象", body: "<ul class=\"near-list\">\(Array(subjects))\(Array(units))</ul>"))"
    }

    /// The advice with the way to where it is set, for whoever may set it.
    private func advised(_ advice: [AlarmAdvice], kind: String?, subject: String?, org: Int64?, _ context: WebContext) -> Markup {
        .joined(
            advice.map { one in
                let words: Markup = "\(Badge(one.title, one == .repeated ? .red : .orange)) \(one.advice)"
                guard let path = path(one.place, kind: kind, subject: subject, org: org, context) else { return "<br>\(words)" }
                return "<br>\(words) <a href=\"\(path)\">去设置</a>"
            })
    }

    private func path(_ place: AlarmAdvice.Place, kind: String?, subject: String?, org: Int64?, _ context: WebContext) -> String? {
        switch place {
        case .grading: return context.may(AlarmPermission.configure) ? engine.book.leading.map { "/alarm-schemes/\($0.name)" } ?? "/alarm-schemes" : nil
        case .pushing: return context.may(AlarmPermission.configure) ? "/alarm-push-rules" : nil
        case .suppression:
            guard context.may(AlarmPermission.suppress) else { return nil }
            return PageAddress("/alarm-suppressions/new", ["kinds": kind, "subject": subject, "org": org.map(String.init)]).text
        case .alarms: return nil
        }
    }

    private func listAddress(_ context: WebContext) -> PageAddress {
        let filter = period(context)
        return PageAddress("/alarms", context.here.query.filter { ["kind", "area", "org"].contains($0.name) }).with("state", "all").with("day_from", filter.from?.text)
            .with("day_to", filter.to?.text)
    }

    private static let analysisColumns = [
        Column("name", "名称", isWrapping: true), Column("opened", "报警", align: .end), Column("change", "环比", align: .end), Column("times", "发生次数", align: .end),
        Column("open", "未结", align: .end), Column("handled", "处置率", align: .end), Column("response", "平均受理", align: .end), Column("inTime", "按时受理率", align: .end),
        Column("judge", "平均研判", align: .end), Column("close", "平均闭环", align: .end), Column("false", "误报率", align: .end), Column("advice", "建议", isWrapping: true),
    ]

    private func rankTable(_ id: String, _ title: String, _ ranks: [AnalysedRank], _ dimension: String, _ context: WebContext) -> Markup {
        let rows = ranks.prefix(20).map { one -> TableRow in
            let counts = one.rank.counts
            let share = { (part: Int) in Figure.percent(counts.opened == 0 ? nil : Double(part) / Double(counts.opened)) }
            let change = one.rank.change.map { ($0 > 0 ? "+" : "") + Figure.percent($0) } ?? "—"
            let kind = dimension == "kind" ? one.rank.key : nil, org = dimension == "org" ? Int64(one.rank.key).flatMap { $0 == 0 ? nil : $0 } : nil
            let cells: [Markup] = [
                "\(one.name)", "\(Figure.grouped(counts.opened))", "\(change)", "\(Figure.grouped(counts.times))", "\(Figure.grouped(counts.open))",
                "\(share(counts.opened - counts.open))",
                "\(Self.duration(counts.meanResponseSeconds))", "\(share(counts.inTime))", "\(Self.duration(counts.meanJudgeSeconds))", "\(Self.duration(counts.meanCloseSeconds))",
                "\(share(counts.falseAlarms))", advised(one.advice, kind: kind, subject: nil, org: org, context),
            ]
            return TableRow(cells, path: drilled(one.rank.key, dimension, context).text)
        }
        let table = DataTable(id: id, columns: Self.analysisColumns, rows: rows, address: PageAddress("/alarms/analysis"), empty: "这段时间没有报警", hasTools: false)
        return "\(Card(title, isFlush: true, body: table.markup))"
    }

    private func drilled(_ key: String, _ dimension: String, _ context: WebContext) -> PageAddress {
        var address = listAddress(context)
        switch dimension {
        case "org" where key != "0": address = address.with("org", key)
        case "kind": address = address.with("kind", key)
        case "category":
            address = address.with("kind", nil)
            address.query += engine.kinds.filter { $0.category.rawValue == key }.map { PageAddress.QueryItem("kind", $0.name) }
        default: break
        }
        return address
    }

    private func subjectTable(_ subjects: [AnalysedSubject], _ context: WebContext) -> Markup {
        let rows = subjects.map { one -> TableRow in
            let facts = one.facts
            let share = { (part: Int) in Figure.percent(facts.alarms == 0 ? nil : Double(part) / Double(facts.alarms)) }
            let path = listAddress(context).with("kind", one.kind).with("subject", one.subject).with("org", one.org.map(String.init))
            return TableRow(
                [
                    "\(one.subject)", "\(engine.title(ofKind: one.kind))", "\(one.orgName)", "\(Figure.grouped(facts.alarms))", "\(Figure.grouped(facts.times))",
                    "\(Figure.grouped(facts.open))",
                    "\(Self.duration(one.meanResponseSeconds))", "\(Self.duration(facts.meanCloseSeconds))", "\(share(facts.falseAlarms))",
                    advised(one.advice, kind: one.kind, subject: one.subject, org: one.org, context),
                ], path: path.text)
        }
        let columns = [
            Column("subject", "点位、设备或车辆"), Column("kind", "类型"), Column("org", "企业", isWrapping: true), Column("alarms", "报警", align: .end), Column("times", "发生次数", align: .end),
            Column("open", "未结", align: .end), Column("response", "平均受理", align: .end), Column("close", "平均闭环", align: .end), Column("false", "误报率", align: .end),
            Column("advice", "建议", isWrapping: true),
        ]
        let table = DataTable(id: "subject-ranks", columns: columns, rows: rows, address: PageAddress("/alarms/analysis"), empty: "这段时间没有报警", hasTools: false)
        return "\(Card("各点位、设备与车辆（前 30）", isFlush: true, body: table.markup))"
    }

    private var rules: Markup {
        let lines = AlarmAdvice.allCases.map { one -> Markup in "<li><strong>\(one.title)</strong>：\(one.basis)；建议\(one.advice)</li>" }
        return "\(Card("建议依据", body: "<ul>\(lines)</ul>"))"
    }

    /// `GET /alarms/analysis/export`: every ranking in one sheet.
    @Sendable
    func exportAnalysis(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let filter = period(context)
        let found = try await database.read(within: .seconds(60)) { [engine] in try engine.analysis(filter, by: principal, in: $0) }
        let titles = ["维度", "名称", "类型", "企业", "报警（条）", "上期（条）", "发生次数", "未结（条）", "平均受理秒数", "按时受理（条）", "平均研判秒数", "平均闭环秒数", "误报（条）", "建议"]
        let words = { (advice: [AlarmAdvice]) in advice.map { "\($0.title)：\($0.advice)" }.joined(separator: "；") }
        let ranked = { (dimension: String, one: AnalysedRank) -> [Cell] in
            let counts = one.rank.counts
            return [
                Cell(dimension), Cell(one.name), Cell(nil as String?), Cell(nil as String?), Cell(counts.opened), Cell(one.rank.before), Cell(counts.times), Cell(counts.open),
                Cell(counts.meanResponseSeconds), Cell(counts.inTime), Cell(counts.meanJudgeSeconds), Cell(counts.meanCloseSeconds), Cell(counts.falseAlarms),
                Cell(words(one.advice)),
            ]
        }
        var lines = found.units.map { ranked("企业", $0) } + found.categories.map { ranked("业务板块", $0) } + found.kinds.map { ranked("报警类型", $0) }
        lines += found.subjects.map { one in
            [
                Cell("点位、设备与车辆"), Cell(one.subject), Cell(engine.title(ofKind: one.kind)), Cell(one.orgName), Cell(one.facts.alarms), Cell(nil as Int?), Cell(one.facts.times),
                Cell(one.facts.open), Cell(one.meanResponseSeconds), Cell(nil as Int?), Cell(nil as Double?), Cell(one.facts.meanCloseSeconds), Cell(one.facts.falseAlarms),
                Cell(words(one.advice)),
            ]
        }
        let format = context.here["format"].flatMap(SheetFormat.init(rawValue:)) ?? .xlsx
        let path = try workFile(format.rawValue)
        let writer = try SheetWriter(path: path, format: format, sheet: "报警分析", columns: titles.map { SheetColumn($0) })
        for line in lines { try writer.append(line) }
        try writer.finish()
        try await database.write { [engine] in
            try engine.hooks.audit(AuditEntry("export", "alarm", "analysis", "导出报警分析 \(filter.from?.text ?? "") 至 \(filter.to?.text ?? "")"), principal, $0)
        }
        return .download(body: sending(path), filename: "报警分析-\(filter.from?.text ?? "")-\(filter.to?.text ?? "").\(format.rawValue)", contentType: format.mediaType)
    }
}
