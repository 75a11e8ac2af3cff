import Features
import Kernel
import Ledgers
import MobileSources
import Reports
import Web

/// What this domain gives to reports: its sources, its live feed, and what it ships ready-made.
enum GateReports {
    static func register(on platform: Platform, gates: GateSupervision) throws {
        platform.reports.register(PassReportSource.make(gates))
        platform.reports.register(CleanReportSource.make(gates))
        let passes = LivePasses(gates: gates)
        platform.reports.register(
            ReportFeed(LivePasses.topic, "过车", permission: GatePermission.workbench) { count, principal in
                try await passes.recent(count, by: principal).map { "\(PassLine(item: $0))" }
            })
        platform.reports.register(ReconsiderationPaper.source(platform))
        platform.reports.ship(CityDashboard.draft)
        platform.reports.ship(ReconsiderationPaper.draft)
        for draft in try ShippedCharts.drafts + ShippedTemplates.drafts() { platform.reports.ship(draft) }
    }
}

/// The city's board, for a desk and for a wall.
enum CityDashboard {
    static let draft = ReportItemDraft(
        name: "gate.city", .dashboard, title: "移动源门禁监管总览", note: "过车、清洁运输与报警一屏", body: Dashboard(refresh: 30, cards: cards).json, audience: ReportAudience(isEveryone: true))

    private static let passes = PassReportSource.name

    private static let cards: [DashboardCard] = [
        DashboardCard(
            "c1", .number, "今日车次", x: 0, y: 0, width: 3, height: 2,
            question: ReportQuestion(passes, terms: [.plain("trips"), .sequential("trips")], span: .today, picture: .table)),
        DashboardCard(
            "c2", .number, "本月运输量", x: 3, y: 0, width: 3, height: 2,
            question: ReportQuestion(passes, terms: [.plain("tonnes"), .yearOnYear("tonnes")], span: .thisMonth, picture: .table)),
        DashboardCard(
            "c3", .number, "近 30 天不允许通行", x: 6, y: 0, width: 3, height: 2,
            question: ReportQuestion(passes, terms: [.plain("refused"), .ratio("refused", "trips")], span: .last30, picture: .table)),
        DashboardCard(
            "c4", .number, "近 30 天未办结报警", x: 9, y: 0, width: 3, height: 2,
            question: ReportQuestion("alarms", terms: [.plain("open"), .plain("opened")], span: .last30, picture: .table)),
        DashboardCard(
            "c5", .chart, "每日车次（近 30 天）", x: 0, y: 2, width: 6, height: 4,
            question: ReportQuestion(passes, dimensions: ["day", "direction"], terms: [.plain("trips")], span: .last30, picture: .line, isPivot: true)),
        DashboardCard(
            "c6", .chart, "各月运输量：排放阶段", x: 6, y: 2, width: 6, height: 4,
            question: ReportQuestion(passes, dimensions: ["month", "stage"], terms: [.plain("tonnes")], span: .last12Months, picture: .stackedBar, isPivot: true)),
        DashboardCard(
            "c7", .chart, "各县（区、市）车次前十", x: 0, y: 6, width: 4, height: 5,
            question: ReportQuestion(passes, dimensions: ["county"], terms: [.plain("trips")], span: .last30, sort: "-trips", limit: 10, picture: .horizontalBar)),
        DashboardCard(
            "c8", .chart, "燃料结构", x: 4, y: 6, width: 4, height: 5,
            question: ReportQuestion(passes, dimensions: ["fuel"], terms: [.plain("trips")], span: .last30, sort: "-trips", limit: 8, picture: .ring)),
        DashboardCard("c9", .alarms, "最新未办结报警", x: 8, y: 6, width: 4, height: 5, limit: 8),
        DashboardCard("c10", .live, "实时过车", x: 0, y: 11, width: 4, height: 5, limit: 8, topic: LivePasses.topic),
        DashboardCard("c11", .map, "门禁企业分布", x: 4, y: 11, width: 4, height: 5, ledger: Enterprise.ledger.name),
        DashboardCard(
            "c12", .chart, "清洁运输比例（运输量）", x: 8, y: 11, width: 4, height: 5,
            question: ReportQuestion(
                CleanReportSource.name, dimensions: ["month"], terms: [.ratio("cleanTonnes", "tonnes"), .ratio("electricTonnes", "tonnes")], span: .last12Months, picture: .line)),
    ]
}

/// Charts that stand in everybody's list from the first day.
enum ShippedCharts {
    static let drafts: [ReportItemDraft] = [
        chart(
            "gate.byStage", "各县（区、市）车次与排放阶段",
            ReportQuestion(PassReportSource.name, dimensions: ["county", "stage"], terms: [.plain("trips")], span: .last30, picture: .stackedBar, isPivot: true)),
        chart(
            "gate.byMonth", "各月运输量同比环比",
            ReportQuestion(
                PassReportSource.name, dimensions: ["month"], terms: [.plain("tonnes"), .lastYear("tonnes"), .yearOnYear("tonnes"), .sequential("tonnes")], span: .last12Months,
                picture: .bar)),
        chart(
            "gate.cleanShare", "各行业清洁运输比例",
            ReportQuestion(
                CleanReportSource.name, dimensions: ["industry"], terms: [.ratio("cleanTrips", "trips"), .ratio("cleanTonnes", "tonnes"), .plain("trips"), .plain("cleanTrips")],
                span: .thisYear, picture: .horizontalBar)),
        chart(
            "gate.alarms", "报警类型与处置",
            ReportQuestion(
                "alarms", dimensions: ["kind"], terms: [.plain("opened"), .plain("open"), .plain("closed"), .share("opened")], span: .last90, sort: "-opened", picture: .bar)),
    ]

    private static func chart(_ name: String, _ title: String, _ question: ReportQuestion) -> ReportItemDraft {
        ReportItemDraft(name: name, .chart, title: title, body: question.json, audience: ReportAudience(isEveryone: true))
    }
}
