import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Maps
import Storage
import Web

/// B1.1.7, B1.3.8, B1.3.6 for those who lead: figures and appraisal of inspection, and the day's tracks of officers on the map.
struct InspectionStatisticsPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named(EnforcementPermission.figures)
        routes.get("/inspection/statistics", permission: reads, use: show)
        routes.get("/inspection/statistics/export", permission: reads, use: export)
        routes.get("/inspection/tracks", permission: reads, use: tracks)
    }

    private func asked(_ context: WebContext) -> (span: CaseFigures.Span, day: Day) {
        (context.here["span"].flatMap(CaseFigures.Span.init) ?? .month, context.here["day"].flatMap { Day(parsing: $0) } ?? platform.clock.today)
    }

    private func figures(_ context: WebContext) async throws -> InspectionFigures {
        let scope = try context.signedIn().scope
        let (span, day) = asked(context)
        let (from, to) = span.days(of: day)
        return try await platform.database.read { [platform] reader in
            try InspectionFigures.read(from: from, to: to, scope: scope, dictionaries: platform.dictionaries, today: platform.clock.today, reader)
        }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let figures = try await figures(context)
        let (span, day) = asked(context)
        let (from, to) = span.days(of: day)
        let search = SearchForm(
            action: "/inspection/statistics",
            fields: [
                FormField("span", "统计周期", .select(CaseFigures.Span.allCases.map { Choice($0.rawValue, $0.title) }), value: span.rawValue),
                FormField("day", "所在日期", .day, value: day.text),
            ], table: "inspection-figures")
        let body: Markup = "\(search)<div id=\"inspection-figures\" class=\"stack\">\(cards(figures))\(charts(figures))\(tables(figures, context))</div>"
        return Shell.page(
            "检查统计与考核", crumbs: [Crumb(EnforcementArea.inspection), Crumb("检查统计与考核")], active: "/inspection/statistics",
            actions: "\(SheetAnswer.buttons(context.here.restarting, path: "/inspection/statistics/export"))\(ActionButton("打印", .print, icon: "print", style: .quiet))",
            body: "<p class=\"nothing\">\(from.text) 至 \(to.adding(days: -1).text)，按检查时间；新增主体 \(figures.newSubjects) 家</p>\(body)", context: context)
    }

    private func rate(_ value: Double?) -> String { value.map { Figure.percent($0, digits: 1) } ?? "—" }

    private func cards(_ figures: InspectionFigures) -> Markup {
        let pass = figures.runs == 0 ? nil : Double(figures.runs - figures.failed) / Double(figures.runs)
        let cards: [Markup] = [
            "\(StatCard("检查", Figure.grouped(figures.visits), unit: "次", note: "\(figures.subjects) 家主体", icon: "clipboard"))",
            "\(StatCard("检查项", Figure.grouped(figures.runs), unit: "项次", note: "达标率 \(rate(pass))", icon: "list"))",
            "\(StatCard("不达标", Figure.grouped(figures.failed), unit: "项次", tone: figures.failed > 0 ? .red : .neutral, icon: "alert"))",
            "\(StatCard("待查", Figure.grouped(figures.waiting), unit: "项", note: "逾期 \(figures.late)", tone: figures.late > 0 ? .orange : .neutral, icon: "clock"))",
            "\(StatCard("处罚", Figure.grouped(figures.penalties), unit: "件", note: "\(Figure.grouped(Int(figures.amount.rounded()))) 元", icon: "scale"))",
            "\(StatCard("抽检达标率", rate(figures.random.passRate), note: "\(figures.random.runs) 项次", icon: "refresh"))",
        ]
        return "\(Grid(.sixths, cards))"
    }

    private func charts(_ figures: InspectionFigures) -> Markup {
        guard figures.visits > 0 else { return "\(Card(body: "\(EmptyState("这段时间没有检查", hint: "换一个周期", icon: "chart"))"))" }
        let industries = Chart(
            .bar, "行业达标", categories: figures.industries.map(\.title),
            series: [ChartSeries("检查项次", figures.industries.map { Double($0.runs) }), ChartSeries("不达标", figures.industries.map { Double($0.failed) }, tone: .red)], unit: "项次")
        let top = Array(figures.items.filter { $0.failed > 0 }.prefix(10))
        let items = Chart(.horizontalBar, "不达标最多的检查项", categories: top.map(\.title), series: [ChartSeries("不达标", top.map { Double($0.failed) }, tone: .red)], unit: "项次")
        let parts: [Markup] = ["\(Card("行业分析", body: "\(industries)"))", "\(Card("不达标最多的检查项", body: "\(items)"))"]
        return "\(Grid(.halves, parts))"
    }

    private func table(_ id: String, _ first: String, _ lines: [InspectionFigures.Line], _ context: WebContext) -> Markup {
        let columns = [
            Column("title", first, isWrapping: true), Column("visits", "检查（次）", align: .end), Column("subjects", "主体（家）", align: .end), Column("runs", "检查项次", align: .end),
            Column("failed", "不达标", align: .end),
            Column("rate", "达标率", align: .end),
        ]
        let rows = lines.map {
            TableRow(["\($0.title)", "\($0.visits)", "\($0.subjects)", "\($0.runs)", $0.failed > 0 ? "\(Badge(String($0.failed), .red))" : "0", "\(rate($0.passRate))"])
        }
        return "\(DataTable(id: id, columns: columns, rows: rows, address: context.here, empty: "没有检查", hasTools: false))"
    }

    private func tables(_ figures: InspectionFigures, _ context: WebContext) -> Markup {
        let columns = [
            Column("title", "人员"), Column("days", "出勤（天）", align: .end), Column("visits", "检查（次）", align: .end), Column("subjects", "主体（家）", align: .end),
            Column("runs", "检查项次", align: .end),
            Column("failed", "不达标", align: .end), Column("rate", "达标率", align: .end), Column("penalties", "处罚（件）", align: .end), Column("amount", "处罚金额（元）", align: .end),
        ]
        let rows = figures.officers.map { one in
            TableRow([
                "\(one.title)", "\(one.days)", "\(one.visits)", "\(one.subjects)", "\(one.runs)", "\(one.failed)", "\(rate(one.passRate))", "\(one.penalties)",
                "\(Figure.grouped(Int(one.amount.rounded())))",
            ])
        }
        let officers = DataTable(id: "by-officer", columns: columns, rows: rows, address: context.here, empty: "没有检查", hasTools: false)
        return """
            \(Card("人员考核", isFlush: true, body: "\(officers)"))\(Card("按网格", isFlush: true, body: table("by-grid", "网格", figures.grids, context)))\
            \(Card("按检查项", isFlush: true, body: table("by-item", "检查项", figures.items, context)))\(Card("按行业", isFlush: true, body: table("by-industry", "行业", figures.industries, context)))
            """
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let figures = try await figures(context)
        let (span, day) = asked(context)
        let columns = ["统计口径", "名称", "出勤天数", "检查次数", "主体", "检查项次", "不达标", "处罚件数", "处罚金额"].map { SheetColumn($0) }
        func rows(_ kind: String, _ lines: [InspectionFigures.Line]) -> [[Cell]] {
            lines.map { one in
                let numbers: [Double] = [Double(one.days), Double(one.visits), Double(one.subjects), Double(one.runs), Double(one.failed), Double(one.penalties), one.amount]
                return [Cell.text(kind), .text(one.title)] + numbers.map { Cell.number($0) }
            }
        }
        let all = rows("人员", figures.officers) + rows("网格", figures.grids) + rows("检查项", figures.items) + rows("行业", figures.industries) + rows("随机抽检", [figures.random])
        return try await SheetAnswer(name: "检查统计-\(span.title)-\(day.text)", columns: columns, rows: all).response(context, on: platform.database)
    }

    // MARK: Tracks

    /// B1.3.6: where officers are and were on one day.
    @Sendable func tracks(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let day = context.here["day"].flatMap { Day(parsing: $0) } ?? platform.clock.today
        let all = try await platform.database.read { [platform] reader in try FieldDesk(platform: platform).tracks(on: day, scope: scope, reader) }
        let wanted = context.here["user"].flatMap { Int64($0) }
        let shown = all.filter { wanted == nil || $0.user == wanted }
        let lines = shown.compactMap { track -> MapFeature? in
            guard track.points.count > 1 else { return nil }
            return MapFeature("track-\(track.user)", .line(track.points.map { Coordinate($0.longitude, $0.latitude) }), title: track.name, tone: .blue)
        }
        let heads = shown.compactMap { track -> MapFeature? in
            track.points.last.map { point in
                MapFeature(
                    "last-\(track.user)", .point(Coordinate(point.longitude, point.latitude)), title: "\(track.name) \(point.at.text.dropFirst(11).prefix(5))", tone: .good,
                    popup: "<p>最后位置 \(point.at.text.prefix(16))</p>")
            }
        }
        let marks = shown.flatMap { track in
            track.checkins.enumerated().compactMap { index, mark -> MapFeature? in
                guard let longitude = mark.longitude, let latitude = mark.latitude else { return nil }
                let kind = platform.dictionaries.title(of: mark.kind, in: .checkinKind)
                return MapFeature(
                    "mark-\(track.user)-\(index)", .point(Coordinate(longitude, latitude)), title: "\(track.name) \(kind)", tone: .orange,
                    popup: "<p>\(mark.at.text.prefix(16)) \(mark.title)</p>")
            }
        }
        let map = MapView(
            id: "tracks", "人员轨迹", layers: [MapLayer("轨迹", lines), MapLayer("最后位置", heads), MapLayer("签到", marks)], height: .large, context: context)
        let rows = all.map { track -> TableRow in
            let first = track.checkins.first { $0.kind == "on" }, last = track.checkins.last { $0.kind == "off" }
            let metres = zip(track.points, track.points.dropFirst()).reduce(0.0) {
                $0 + Coordinate($1.0.longitude, $1.0.latitude).metres(to: Coordinate($1.1.longitude, $1.1.latitude))
            }
            return TableRow(
                id: String(track.user),
                [
                    "\(track.name)", "\(first?.at.text.dropFirst(11).prefix(5) ?? "—")", "\(last?.at.text.dropFirst(11).prefix(5) ?? "—")",
                    "\(track.checkins.count { $0.kind == "arrive" })", "\(track.checkins.count { $0.kind == "out" })",
                    "\(Figure.decimal(metres / 1000, digits: 1))", "\(track.points.last?.at.text.dropFirst(11).prefix(5) ?? "—")",
                ], path: "/inspection/tracks?day=\(day.text)&user=\(track.user)")
        }
        let columns = [
            Column("name", "人员"), Column("on", "上班"), Column("off", "下班"), Column("arrive", "到主体", align: .end), Column("out", "外出", align: .end),
            Column("km", "轨迹（公里）", align: .end), Column("last", "最后位置"),
        ]
        let search = SearchForm(
            action: "/inspection/tracks",
            fields: [
                FormField("day", "日期", .day, value: day.text), .choice("user", "人员", [Choice("", "全部")] + all.map { Choice(String($0.user), $0.name) }, context),
            ], table: "tracks-shown")
        let table = DataTable(id: "people", columns: columns, rows: rows, address: context.here, empty: "当天没有签到或位置；人员在移动端上班打卡后，位置随页面上报", hasTools: false)
        return Shell.page(
            "人员位置与轨迹", crumbs: [Crumb(EnforcementArea.inspection), Crumb("人员位置与轨迹")], active: "/inspection/tracks",
            body: "\(search)<div id=\"tracks-shown\" class=\"stack\">\(Card(isFlush: true, body: "\(map)"))\(Card("当日考勤", isFlush: true, body: "\(table)"))</div>", context: context
        )
    }
}
