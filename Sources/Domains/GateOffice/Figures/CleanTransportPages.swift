import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// A-46 清洁运输引导: the share of clean transport by both definitions, by trips and by tonnage, its trend, and what is still 国三及以下.
struct CleanTransportPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let reads = RoutePermission.named(GatePermission.statistics)
        routes.get("/clean-transport", permission: reads, use: show)
        routes.get("/clean-transport/export", permission: reads, use: export)
    }

    private typealias Query = CleanTransportShare.Query
    private typealias Line = CleanTransportShare.Line

    private func query(_ address: PageAddress) -> Query {
        let today = gates.clock.today
        let to = address["day_to"].flatMap { Day(parsing: $0) } ?? today
        var query = Query(
            from: address["day_from"].flatMap { Day(parsing: $0) } ?? to.adding(days: -29), to: to,
            subject: address["by"].flatMap(CleanTransportShare.Subject.init(rawValue:)) ?? .enterprise)
        query.counties = address.all("county")
        query.industries = address.all("industry")
        return query
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let asked = query(context.here)
        var whole = asked
        whole.subject = .all
        var trend = whole
        trend.period = asked.to.daysSince1970 - asked.from.daysSince1970 > 92 ? .month : .day
        let (overall, byTime, lines) = try await gates.database.look { [gates, whole, trend] reader in
            (
                try gates.cleanTransport.lines(whole, scope: principal.scope, in: reader).first ?? Line(subject: "", time: 0),
                try gates.cleanTransport.lines(trend, scope: principal.scope, in: reader),
                try gates.cleanTransport.lines(asked, scope: principal.scope, in: reader)
            )
        }
        let isOwn = if case .organisation = principal.scope { true } else { false }
        let body: Markup = """
            \(isOwn ? search(asked, principal, subjects: []) : search(asked, principal, subjects: [.enterprise, .industry, .county]))
            <div id="figures" class="stack">\(cards(overall))\(charts(overall, byTime))\(isOwn ? .empty : table(asked, lines, context))
            \(Notice(.info, "政策口径：国五及以上重型柴油车、重型燃气车、新能源车。系统口径：仅纯电动等新能源车。铁路、管道、皮带等非道路运输不经门禁，未计入。"))</div>
            """
        return Shell.page(
            "清洁运输比例", crumbs: [Crumb("过车与统计"), Crumb("清洁运输比例")], active: "/clean-transport", actions: SheetAnswer.buttons(context.here, path: "/clean-transport/export"),
            body: body, context: context)
    }

    private func search(_ asked: Query, _ principal: Principal, subjects: [CleanTransportShare.Subject]) -> Markup {
        var fields = [FormField("day", "时间", .dayRange, values: [asked.from.text, asked.to.text])]
        if !subjects.isEmpty {
            fields += [
                FormField("by", "统计对象", .select(subjects.map { Choice($0.rawValue, $0.title) }), value: asked.subject.rawValue, isRequired: true),
                FormField("county", "县（区、市）", .dropdown(CountyChoice(principal.scope, sites: gates.sites(in: principal.scope)).choices), values: asked.counties),
                FormField("industry", "行业类型", .dropdown((Industry.all + Industry.transportUnits).map { Choice($0.code, $0.title) }), values: asked.industries),
            ]
        }
        return "\(SearchForm(action: "/clean-transport", fields: fields, table: "figures", visible: 4))"
    }

    private func cards(_ line: Line) -> Markup {
        let old = "\(Figure.grouped(line.old.trips)) 车次，\(Figure.decimal(line.old.tonnes)) 吨"
        let parts: [Markup] = [
            "\(StatCard("清洁运输（按车次）", Figure.percent(line.cleanTripShare), note: "政策口径 · \(Figure.grouped(line.clean.trips)) / \(Figure.grouped(line.total.trips)) 车次", tone: .good, icon: "leaf"))",
            "\(StatCard("清洁运输（按运输量）", Figure.percent(line.cleanTonnageShare), note: "政策口径 · \(Figure.decimal(line.clean.tonnes)) / \(Figure.decimal(line.total.tonnes)) 吨", tone: .good, icon: "scale"))",
            "\(StatCard("新能源（按车次）", Figure.percent(line.electricTripShare), note: "系统口径 · 按运输量 \(Figure.percent(line.electricTonnageShare))", tone: .blue, icon: "bolt"))",
            "\(StatCard("国三及以下", Figure.percent(line.oldTripShare, digits: 2), note: "\(old)", tone: line.old.trips > 0 ? .orange : .good, icon: "alert"))",
        ]
        return "\(Grid(.quarters, parts))"
    }

    private func charts(_ whole: Line, _ lines: [Line]) -> Markup {
        func percent(_ share: Double?) -> Double? { share.map { ($0 * 1000).rounded() / 10 } }
        let times = lines.map { line in line.time > 1_000_000 ? Day(number: line.time)?.text ?? "" : monthText(line.time) }
        let trend = Chart(
            .line, "清洁运输比例走势", categories: times,
            series: [
                ChartSeries("政策口径·车次", lines.map { percent($0.cleanTripShare) }, tone: .good), ChartSeries("政策口径·运输量", lines.map { percent($0.cleanTonnageShare) }),
                ChartSeries("新能源·车次", lines.map { percent($0.electricTripShare) }, tone: .blue),
                ChartSeries("国三及以下·车次", lines.map { percent($0.oldTripShare) }, tone: .orange),
            ], unit: "%")
        let rest = whole.total.trips - whole.clean.trips - whole.old.trips
        let ring = Chart(
            .ring, "车次构成", categories: ["新能源", "其他清洁运输", "国三及以下", "其余"],
            series: [ChartSeries("车次", [Double(whole.electric.trips), Double(whole.clean.trips - whole.electric.trips), Double(whole.old.trips), Double(max(0, rest))])], unit: "车次"
        )
        return "\(Grid(.mainAside, ["\(Card("走势", body: "\(trend)"))", "\(Card("车次构成", body: "\(ring)"))"]))"
    }

    private func title(_ subject: CleanTransportShare.Subject, _ key: String) -> String {
        switch subject {
        case .all: "全部"
        case .county: Region(code: key)?.title ?? (key.isEmpty ? "未知" : key)
        case .industry: key.isEmpty ? "未知" : (Industry.all + Industry.transportUnits).title(of: key)
        case .enterprise: Int64(key).flatMap { gates.registry.snapshot.enterprises[$0]?.name } ?? "企业 \(key)"
        }
    }

    private func table(_ asked: Query, _ lines: [Line], _ context: WebContext) -> Markup {
        let columns = [
            Column("subject", asked.subject.title, isWrapping: true), Column("trips", "车次", align: .end), Column("clean", "清洁车次", align: .end), Column("share", "按车次", align: .end),
            Column("tonnes", "运输量（吨）", align: .end),
            Column("tonnage", "按运输量", align: .end), Column("electric", "新能源按车次", align: .end), Column("electricTonnage", "新能源按运输量", align: .end),
            Column("old", "国三及以下车次", align: .end),
        ]
        let rows = lines.sorted { ($0.cleanTripShare ?? 2) < ($1.cleanTripShare ?? 2) }.prefix(500).map { line -> TableRow in
            let cells: [Markup] = [
                "\(title(asked.subject, line.subject))", "\(Figure.grouped(line.total.trips))", "\(Figure.grouped(line.clean.trips))", "\(Figure.percent(line.cleanTripShare))",
                "\(Figure.decimal(line.total.tonnes))",
                "\(Figure.percent(line.cleanTonnageShare))", "\(Figure.percent(line.electricTripShare))", "\(Figure.percent(line.electricTonnageShare))",
                line.old.trips > 0 ? "\(Badge(Figure.grouped(line.old.trips), .orange))" : "0",
            ]
            return TableRow(cells)
        }
        return "\(DataTable(id: "clean", columns: columns, rows: Array(rows), address: context.here, toolbar: "<span>按清洁运输比例由低到高</span>", empty: "没有过车数据"))"
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let asked = query(context.here)
        let lines = try await gates.cleanTransport.lines(asked, scope: principal.scope)
        let columns = [asked.subject.title, "车次", "清洁车次", "按车次", "运输量（吨）", "清洁运输量（吨）", "按运输量", "新能源车次", "新能源按车次", "新能源按运输量", "国三及以下车次", "国三及以下运输量（吨）"].map { SheetColumn($0) }
        let rows = lines.map { line -> [Cell] in
            [
                .text(title(asked.subject, line.subject)), Cell(line.total.trips), Cell(line.clean.trips), Cell(line.cleanTripShare), Cell(line.total.tonnes),
                Cell(line.clean.tonnes), Cell(line.cleanTonnageShare),
                Cell(line.electric.trips), Cell(line.electricTripShare), Cell(line.electricTonnageShare), Cell(line.old.trips), Cell(line.old.tonnes),
            ]
        }
        return try await SheetAnswer(name: "清洁运输比例-\(asked.from.text)至\(asked.to.text)", columns: columns, rows: rows).response(context, on: gates.database)
    }
}

extension CleanTransportShare.Subject {
    var title: String {
        switch self {
        case .all: "全部"
        case .county: "县（区、市）"
        case .industry: "行业类型"
        case .enterprise: "企业"
        }
    }
}
