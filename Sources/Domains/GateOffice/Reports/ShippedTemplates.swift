import Exchange
import Kernel
import MobileSources
import Reports

/// The three reports an authority writes anyway, as templates that an official may download and change.
enum ShippedTemplates {
    private typealias Row = [(text: String, look: WorkbookDraft.Look)]

    /// - Throws: where the disk refuses a temporary file.
    static func drafts() throws -> [ReportItemDraft] {
        [
            ReportItemDraft(
                name: "gate.dailyReport", .template, title: "门禁监管日报", note: "各县（区、市）过车、排放阶段和报警，按日", body: ["period": "day"], file: try daily.bytes(),
                audience: ReportAudience(isEveryone: true)),
            ReportItemDraft(
                name: "gate.cleanReport", .template, title: "月度清洁运输报表", note: "各行业清洁运输比例，各县（区、市）分行业运输量小计，按月", body: ["period": "month"], file: try clean.bytes(),
                audience: ReportAudience(isEveryone: true)),
            ReportItemDraft(
                name: "gate.alarmReport", .template, title: "报警处置统计表", note: "各县（区、市）各类报警的数量、等级与办结率，按月", body: ["period": "month"], file: try alarms.bytes(),
                audience: ReportAudience(isEveryone: true)),
        ]
    }

    private static func head(_ title: String, width: Int) -> [Row] {
        let empty: (text: String, look: WorkbookDraft.Look) = ("", .plain)
        return [
            [(title, .title)] + Array(repeating: ("", .title), count: width - 1),
            [("统计时间：{统计时间}　数据范围：{数据范围}", .note)] + Array(repeating: empty, count: width - 1),
        ]
    }

    private static func foot(width: Int) -> Row { [("制表单位：{单位}　制表人：{制表人}　制表时间：{制表时间}", .note)] + Array(repeating: ("", .plain), count: width - 1) }

    private static func settings(_ period: String, _ datasets: [[String]]) -> WorkbookDraft.Sheet {
        let headings = ["类别", "名称", "主题", "维度", "指标", "筛选", "时间", "排序", "前几项"]
        var rows: [Row] = [headings.map { ($0, .head) }, [("周期", .cell), (period, .cell)], [("参数", .cell), ("县（区、市）", .cell), ("县（区、市）", .cell)]]
        rows += datasets.map { dataset in (["数据集"] + dataset).map { ($0, .cell) } }
        return WorkbookDraft.Sheet(ReportTemplate.settingsSheet, widths: [10, 12, 18, 26, 60, 24, 14, 20, 8], rows: rows)
    }

    /// A page of charts; the cells they show stand on other sheets.
    private static func pictures(_ name: String, _ charts: [WorkbookDraftChart]) -> WorkbookDraft.Sheet {
        WorkbookDraft.Sheet(
            name, widths: Array(repeating: 11, count: 8), merges: ["A1:H1"], rows: [[("{报表名称}　{统计时间}", .strong)] + Array(repeating: ("", .strong), count: 7)], charts: charts)
    }

    private static let daily = WorkbookDraft([
        WorkbookDraft.Sheet(
            "过车与报警", widths: [18, 14, 16, 16, 14, 14], titleRows: 4, merges: ["A1:F1", "A2:F2", "A3:F3", "A8:F8", "A12:F12"],
            rows: head("门禁监管日报", width: 6) + [
                [("一、进出厂过车", .strong)] + Array(repeating: ("", .strong), count: 5),
                ["县（区、市）", "车次", "运输量（吨）", "不允许通行", "不允许通行率", "车次环比"].map { ($0, .head) },
                [
                    ("{过车.县（区、市）}", .cell), ("{过车.车次}", .number), ("{过车.运输量}", .number), ("{过车.不允许通行车次}", .number), ("{过车.不允许通行车次÷车次}", .percent),
                    ("{过车.车次环比}", .percent),
                ],
                [
                    ("合计", .strong), ("=SUM(B5:B5)", .strongNumber), ("=SUM(C5:C5)", .strongNumber), ("=SUM(D5:D5)", .strongNumber), ("=IF(B6=0,0,D6/B6)", .strongPercent),
                    ("", .strong),
                ],
                Array(repeating: ("", .plain), count: 6),
                [("二、当日报警", .strong)] + Array(repeating: ("", .strong), count: 5),
                ["报警类型", "报警数", "未办结", "已办结", "已响应", "占比"].map { ($0, .head) },
                [
                    ("{报警.报警类型}", .cell), ("{报警.报警数}", .number), ("{报警.未办结}", .number), ("{报警.已办结}", .number), ("{报警.已响应}", .number), ("{报警.报警数占比}", .percent),
                ],
                [
                    ("合计", .strong), ("{报警.报警数|合计}", .strongNumber), ("{报警.未办结|合计}", .strongNumber), ("{报警.已办结|合计}", .strongNumber), ("{报警.已响应|合计}", .strongNumber),
                    ("", .strong),
                ], foot(width: 6),
            ]),
        WorkbookDraft.Sheet(
            "排放阶段", widths: [18, 11, 13, 12, 14], isLandscape: true, titleRows: 4, merges: ["A1:E1", "A2:E2", "A3:A4", "B3:C3", "D3:E3"],
            rows: head("各县（区、市）过车排放阶段", width: 5) + [
                [("县（区、市）", .head), ("{阶段.排放阶段|横向}", .head), ("", .head), ("合计", .head), ("", .head)],
                [("", .head), ("车次", .head), ("运输量（吨）", .head), ("车次", .head), ("运输量（吨）", .head)],
                [("{阶段.县（区、市）}", .cell), ("{阶段.车次}", .number), ("{阶段.运输量}", .number), ("{阶段.车次}", .strongNumber), ("{阶段.运输量}", .strongNumber)],
                [("合计", .strong), ("=SUM(B5:B5)", .strongNumber), ("=SUM(C5:C5)", .strongNumber), ("=SUM(D5:D5)", .strongNumber), ("=SUM(E5:E5)", .strongNumber)],
            ]),
        pictures(
            "图",
            [
                WorkbookDraftChart(
                    .stackedBar, "{统计时间}各县（区、市）过车排放阶段（车次）", categories: "排放阶段!A5:A5", series: [("排放阶段!B3", "排放阶段!B5:B5")], place: "A3:H20"),
                WorkbookDraftChart(.horizontalBar, "{统计时间}各类报警", categories: "过车与报警!A10:A10", series: [("过车与报警!B9", "过车与报警!B10:B10")], place: "A22:H39"),
            ]),
        settings(
            "日",
            [
                ["过车", "进出厂过车", "县（区、市）", "车次，运输量，不允许通行车次，不允许通行车次÷车次，车次环比", "", "", "车次从高到低"], ["报警", "报警与处置", "报警类型", "报警数，未办结，已办结，已响应，报警数占比", "", "", "报警数从高到低"],
                ["阶段", "进出厂过车", "县（区、市），排放阶段", "车次，运输量"],
            ]),
    ])

    private static let clean = WorkbookDraft([
        WorkbookDraft.Sheet(
            "清洁运输比例", widths: [20, 14, 16, 14, 16, 13, 13, 14], isLandscape: true, titleRows: 4,
            merges: ["A1:H1", "A2:H2", "A3:A4", "B3:C3", "D3:E3", "F3:G3", "H3:H4", "A7:H7", "A8:H8"],
            rows: head("月度清洁运输报表", width: 8) + [
                [("行业", .head), ("总运输", .head), ("", .head), ("清洁运输", .head), ("", .head), ("清洁运输比例", .head), ("", .head), ("国三及以下车次", .head)],
                [("", .head), ("车次", .head), ("运输量（吨）", .head), ("车次", .head), ("运输量（吨）", .head), ("按车次", .head), ("按运输量", .head), ("", .head)],
                [
                    ("{清洁.行业类型}", .cell), ("{清洁.总车次}", .number), ("{清洁.总运输量}", .number), ("{清洁.清洁车次}", .number), ("{清洁.清洁运输量}", .number),
                    ("=IF(B5=0,0,D5/B5)", .percent), ("=IF(C5=0,0,E5/C5)", .percent), ("{清洁.国三及以下车次}", .number),
                ],
                [
                    ("合计", .strong), ("=SUM(B5:B5)", .strongNumber), ("=SUM(C5:C5)", .strongNumber), ("=SUM(D5:D5)", .strongNumber), ("=SUM(E5:E5)", .strongNumber),
                    ("=IF(B6=0,0,D6/B6)", .strongPercent), ("=IF(C6=0,0,E6/C6)", .strongPercent), ("=SUM(H5:H5)", .strongNumber),
                ], [("清洁运输：国五及以上重型柴油车、重型燃气车、新能源车。", .note)] + Array(repeating: ("", .plain), count: 7), foot(width: 8),
            ]),
        pictures(
            "图",
            [
                WorkbookDraftChart(
                    .horizontalBar, "{统计时间}各行业清洁运输比例", categories: "清洁运输比例!A5:A5",
                    series: [("清洁运输比例!F4", "清洁运输比例!F5:F5"), ("清洁运输比例!G4", "清洁运输比例!G5:G5")], place: "A3:H22"),
                WorkbookDraftChart(
                    .pie, "{统计时间}清洁运输量的行业构成（吨）", categories: "清洁运输比例!A5:A5", series: [("清洁运输比例!E4", "清洁运输比例!E5:E5")], place: "A24:H41"),
            ]),
        WorkbookDraft.Sheet(
            "分县分行业", widths: [18, 20, 14, 18, 14], titleRows: 3, merges: ["A1:E1", "A2:E2"],
            rows: head("各县（区、市）分行业运输情况", width: 5) + [
                ["县（区、市）", "行业", "车次", "运输量（吨）", "车次同比"].map { ($0, .head) },
                [("{行业.县（区、市）|分组}", .cell), ("{行业.行业类型}", .cell), ("{行业.车次}", .number), ("{行业.运输量}", .number), ("{行业.车次同比}", .percent)],
                [("小计", .strong), ("", .strong), ("{行业.车次|小计:县（区、市）}", .strongNumber), ("{行业.运输量|小计:县（区、市）}", .strongNumber), ("", .strong)],
                [("合计", .strong), ("", .strong), ("{行业.车次|合计}", .strongNumber), ("{行业.运输量|合计}", .strongNumber), ("", .strong)],
            ]),
        settings(
            "月",
            [
                ["清洁", "清洁运输", "行业类型", "总车次，总运输量，清洁车次，清洁运输量，国三及以下车次", "", "", "总车次从高到低"], ["行业", "进出厂过车", "县（区、市），行业类型", "车次，运输量，车次同比"],
            ]),
    ])

    private static let alarms = WorkbookDraft([
        WorkbookDraft.Sheet(
            "报警处置", widths: [18, 26, 11, 11, 11, 11, 12], titleRows: 3, merges: ["A1:G1", "A2:G2", "A7:G7"],
            rows: head("报警处置统计表", width: 7) + [
                ["县（区、市）", "报警类型", "报警数", "已响应", "未办结", "已办结", "办结率"].map { ($0, .head) },
                [
                    ("{处置.县（区、市）|分组}", .cell), ("{处置.报警类型}", .cell), ("{处置.报警数}", .number), ("{处置.已响应}", .number), ("{处置.未办结}", .number), ("{处置.已办结}", .number),
                    ("=IF(C4=0,0,F4/C4)", .percent),
                ],
                [
                    ("小计", .strong), ("", .strong), ("{处置.报警数|小计:县（区、市）}", .strongNumber), ("=SUM(D4:D4)", .strongNumber), ("=SUM(E4:E4)", .strongNumber),
                    ("=SUM(F4:F4)", .strongNumber),
                    ("=IF(C5=0,0,F5/C5)", .strongPercent),
                ],
                [
                    ("合计", .strong), ("", .strong), ("{处置.报警数|合计}", .strongNumber), ("{处置.已响应|合计}", .strongNumber), ("{处置.未办结|合计}", .strongNumber), ("{处置.已办结|合计}", .strongNumber),
                    ("=IF(C6=0,0,F6/C6)", .strongPercent),
                ], foot(width: 7),
            ]),
        WorkbookDraft.Sheet(
            "报警等级", widths: [18, 14, 14], titleRows: 3, merges: ["A1:C1", "A2:C2"],
            rows: head("各县（区、市）报警等级", width: 3) + [
                [("县（区、市）", .head), ("{等级.报警等级|横向}", .head), ("合计", .head)],
                [("{等级.县（区、市）}", .cell), ("{等级.报警数}", .number), ("=SUM(B4:B4)", .strongNumber)],
                [("合计", .strong), ("=SUM(B4:B4)", .strongNumber), ("=SUM(C4:C4)", .strongNumber)],
            ]),
        settings(
            "月",
            [
                ["处置", "报警与处置", "县（区、市），报警类型", "报警数，已响应，未办结，已办结"], ["等级", "报警与处置", "县（区、市），报警等级", "报警数"],
            ]),
    ])
}
