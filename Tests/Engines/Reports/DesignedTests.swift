import Exchange
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import NIOCore
import Reports
import Storage
import Testing
import Web

@Suite("D9.9.1 中国式报表：模板、分组、小计、交叉表、公式")
struct DesignedTests {
    typealias Row = [(text: String, look: WorkbookDraft.Look)]

    static func sheet(_ name: String, _ rows: [[String]], merges: [String] = []) -> WorkbookDraft.Sheet {
        WorkbookDraft.Sheet(name, widths: [18, 12, 12, 12], merges: merges, rows: rows.map { $0.map { ($0, .cell) } })
    }

    static let settings = sheet(
        "数据集",
        [
            ["周期", "年"], ["参数", "燃料种类", "fuel"], ["数据集", "运输", "运输记录", "县（区、市），燃料", "数量，载质量合计", "", "", "", ""],
            ["数据集", "交叉", "运输记录", "县（区、市），燃料", "载质量合计"], ["数据集", "总", "运输记录", "", "数量，载质量合计"],
        ])

    /// Every cell as text, formulas with what they come to: `A1`.
    static func cells(_ bytes: [UInt8], sheet: Int = 0) throws -> [String: String] {
        let form = try WorkbookForm(bytes: bytes)
        var cells: [String: String] = [:]
        for row in form.sheets[sheet].rows {
            for cell in row.cells {
                let place = WorkbookForm.columnName(cell.column) + String(row.number)
                switch cell.content {
                case .empty: break
                case .text(let text): cells[place] = text
                case .number(let number): cells[place] = Figure.plain(number)
                case .formula(let formula, let value): cells[place] = "=\(formula)→\(value.map(Figure.plain) ?? "?")"
                }
            }
        }
        return cells
    }

    static func made(_ house: ReportHouse, _ draft: WorkbookDraft, by login: String, _ order: ReportOrder = ReportOrder(day: ReportHouse.noon.day)) async throws -> [UInt8] {
        let template = try ReportTemplate(try draft.bytes(), on: house.engine)
        #expect(template.faults == [])
        return try await house.engine.made(template, title: "测试报表", order, formats: [.xlsx], by: house.known(login))[.xlsx] ?? []
    }

    @Test func groupsSubtotalsAndFormulasFollow() async throws {
        let house = try await ReportHouse()
        let draft = WorkbookDraft([
            Self.sheet(
                "表",
                [
                    ["{报表名称}（{统计时间}）", "", "", ""], ["县", "燃料", "数量", "载质量"], ["{运输.县（区、市）|分组}", "{运输.燃料}", "{运输.数量}", "{运输.载质量合计}"],
                    ["小计", "", "{运输.数量|小计:县（区、市）}", "=SUM(D3:D3)"], ["合计", "", "{运输.数量|合计}", "=SUM(D3:D3)/2"], ["均", "", "=D5/C5", "{总.载质量合计}"], ["范围", "{数据范围}", "", ""],
                ], merges: ["A1:D1", "A4:B4"]), Self.settings,
        ])
        let bytes = try await Self.made(house, draft, by: "city")
        let cells = try Self.cells(bytes)
        #expect(cells["A1"] == "测试报表（2026年）")
        #expect(["A3", "B3", "C3", "D3"].map { cells[$0] } == ["长安区", "柴油", "3", "110"])
        #expect(["A4", "B4", "C4", "D4"].map { cells[$0] } == [nil, "电", "1", "4"])
        #expect(["A5", "C5", "D5"].map { cells[$0] } == ["小计", "4", "=SUM(D3:D4)→114"])
        #expect(["A6", "B6", "C6", "D6"].map { cells[$0] } == ["桥西区", "电", "1", "7"])
        #expect(["A7", "C7", "D7"].map { cells[$0] } == ["小计", "1", "=SUM(D6:D6)→7"])
        #expect(["A8", "C8"].map { cells[$0] } == ["合计", "5"])
        #expect(cells["D8"] == "=SUM(D3:D7)/2→121")
        #expect(cells["C9"] == "=D8/C8→24.2")
        #expect(cells["D9"] == "121")
        #expect(cells["B10"] == "石家庄市")
        let merges = try WorkbookForm(bytes: bytes).sheets[0].merges.map(\.text)
        #expect(Set(merges) == ["A1:D1", "A3:A4", "A5:B5", "A7:B7"])
        #expect(try WorkbookForm(bytes: bytes).sheets.map(\.name) == ["表"])
    }

    @Test("D9.8.5 图表随明细增长：只画明细不画小计，另表的图、分页和标题里的词都跟上")
    func chartsFollow() async throws {
        let house = try await ReportHouse()
        var table = Self.sheet(
            "表",
            [
                ["{报表名称}", "", "", ""], ["县", "燃料", "数量", "载质量"], ["{运输.县（区、市）|分组}", "{运输.燃料}", "{运输.数量}", "{运输.载质量合计}"],
                ["小计", "", "{运输.数量|小计:县（区、市）}", "=SUM(D3:D3)"],
            ])
        table.charts = [WorkbookDraftChart(.bar, "{统计时间}载质量", categories: "B3:B3", series: [("D2", "D3:D3"), ("C2", "C3:C3")], place: "A6:D20")]
        let draft = WorkbookDraft([table, Self.sheet("图", [["另一张表"]]), Self.settings])
        let form = try WorkbookForm(bytes: try await Self.made(house, draft, by: "city"))
        let chart = try #require(try form.charts(on: form.sheets[0]).first)
        #expect(chart.title == "2026年载质量")
        #expect(chart.kind == .bar)
        // Two rows of the template became five: two records, a subtotal, one record, its subtotal.
        #expect(chart.row == 9)
        #expect(chart.rows == 15)
        #expect(chart.series.map { $0.values?.text } == ["('表'!$D$3:$D$4,'表'!$D$6)", "('表'!$C$3:$C$4,'表'!$C$6)"])
        #expect(chart.series[0].name?.text == "'表'!$D$2")
        #expect(form.contents(try #require(chart.series[0].values)) == [.number(110), .number(4), .number(7)])
        #expect(form.contents(try #require(chart.series[0].categories)) == [.text("柴油"), .text("电"), .text("电")])
    }

    @Test func aChartHasOneSeriesForEachColumnThatIsRepeated() async throws {
        let house = try await ReportHouse()
        var table = Self.sheet("表", [["县", "{交叉.燃料|横向}", "合计"], ["{交叉.县（区、市）}", "{交叉.载质量合计}", "=SUM(B2:B2)"]])
        table.charts = [WorkbookDraftChart(.stackedBar, "各县燃料", categories: "A2:A2", series: [("B1", "B2:B2"), ("C1", "C2:C2")], place: "A5:D20")]
        let form = try WorkbookForm(bytes: try await Self.made(house, WorkbookDraft([table, Self.settings]), by: "city"))
        let chart = try #require(try form.charts(on: form.sheets[0]).first)
        #expect(chart.series.map { $0.values?.text } == ["'表'!$B$2:$B$3", "'表'!$C$2:$C$3", "'表'!$D$2:$D$3"])
        #expect(chart.series.map { $0.name?.text } == ["'表'!$B$1", "'表'!$C$1", "'表'!$D$1"])
    }

    @Test(
        "图表引用的写法",
        arguments: [
            ("'月报'!$B$5:$B$9", "'月报'!$B$5:$B$9"), ("Sheet1!A1", "'Sheet1'!$A$1"), ("('a,b'!$A$1,'a,b'!$A$3:$A$4)", "('a,b'!$A$1,'a,b'!$A$3:$A$4)"), ("'O''K'!$A$1", "'O''K'!$A$1"),
            ("名称", nil),
            ("(A!$A$1,B!$A$1)", nil), ("[1]表!$A:$A", nil), ("", nil),
        ] as [(String, String?)])
    func references(written: String, read: String?) { #expect(WorkbookReference(written)?.text == read) }

    @Test func oneDimensionGoesAcross() async throws {
        let house = try await ReportHouse()
        let draft = WorkbookDraft([
            Self.sheet(
                "表",
                [
                    ["交叉表", "", ""], ["县", "{交叉.燃料|横向}", "合计"], ["{交叉.县（区、市）}", "{交叉.载质量合计}", "=SUM(B3:B3)"], ["合计", "=SUM(B3:B3)", "=SUM(C3:C3)"],
                    ["总", "{交叉.载质量合计|合计}", "{交叉.载质量合计|合计}"],
                ], merges: ["A1:C1"]), Self.settings,
        ])
        let bytes = try await Self.made(house, draft, by: "city")
        let cells = try Self.cells(bytes)
        #expect(["A2", "B2", "C2", "D2"].map { cells[$0] } == ["县", "柴油", "电", "合计"])
        #expect(["A3", "B3", "C3", "D3"].map { cells[$0] } == ["长安区", "110", "4", "=SUM(B3:C3)→114"])
        #expect(["A4", "B4", "C4", "D4"].map { cells[$0] } == ["桥西区", nil, "7", "=SUM(B4:C4)→7"])
        #expect(["B5", "C5", "D5"].map { cells[$0] } == ["=SUM(B3:B4)→110", "=SUM(C3:C4)→11", "=SUM(D3:D4)→121"])
        #expect(["B6", "C6", "D6"].map { cells[$0] } == ["110", "11", "121"])
        #expect(try WorkbookForm(bytes: bytes).sheets[0].merges.map(\.text) == ["A1:D1"])
    }

    @Test func aParameterNarrowsAndNothingLeavesAnEmptyLine() async throws {
        let house = try await ReportHouse()
        let draft = WorkbookDraft([
            Self.sheet("表", [["县", "数量"], ["{运输.县（区、市）}", "{运输.数量}"], ["燃料", "{燃料种类}"], ["合计", "=SUM(B2:B2)"]]), Self.settings,
        ])
        let narrowed = try Self.cells(try await Self.made(house, draft, by: "city", ReportOrder(day: ReportHouse.noon.day, parameters: ["燃料种类": ["B"]])))
        #expect(["A2", "B2", "A3", "B3", "B4"].map { narrowed[$0] } == ["长安区", "3", "燃料", "B", "=SUM(B2:B2)→3"])
        let nothing = try Self.cells(try await Self.made(house, draft, by: "south", ReportOrder(day: ReportHouse.noon.day, parameters: ["燃料种类": ["B"]])))
        #expect(["A2", "B2", "A3", "B4"].map { nothing[$0] } == [nil, nil, "燃料", "=SUM(B2:B2)→0"])
    }

    /// A wrong template is told every fault with its place at once.
    @Test func everyWrongPlaceholderIsNamed() async throws {
        let house = try await ReportHouse()
        let draft = WorkbookDraft([
            Self.sheet(
                "表",
                [
                    ["{无此词}", "{运输.无此列}", "{没有.数量}", "{运输.数量"], ["{运输.县（区、市）}", "{交叉.载质量合计}", "{运输.数量|分组}", "{运输.燃料|横向|x}"], ["", "", "", ""],
                    ["{运输.数量|小计:无}", "{运输.数量|小计:燃料}", "", ""],
                ]),
            Self.sheet(
                "数据集",
                [
                    ["周期", "旬"], ["数据集", "运输", "运输记录", "县（区、市），颜色", "数量，重量", "企业=1", "昨日前", "重量从高到低", ""], ["数据集", "甲.乙", "没有的主题", "", ""], ["数据集", "交叉", "运输记录", "燃料", "载质量合计"],
                ]),
        ])
        let template = try ReportTemplate(try draft.bytes(), on: house.engine)
        let places = template.faults.map(\.place)
        for place in ["数据集!B1", "数据集!D2", "数据集!E2", "数据集!F2", "数据集!G2", "数据集!H2", "数据集!B3", "数据集!C3", "表!A1", "表!B1", "表!C1", "表!D1", "表!B2", "表!C2", "表!D2", "表!A4"] {
            #expect(places.contains(place), "\(place)")
        }
        #expect(template.faults.first { $0.place == "表!C1" }?.message == "“{没有.数量}”中的数据集“没有”没有在“数据集”中写明")
        await #expect(throws: Failure.self) { try await house.engine.made(template, title: "x", ReportOrder(day: ReportHouse.noon.day), formats: [.xlsx], by: house.known("city")) }
        #expect(throws: Failure.self) { try ReportTemplate(Array("不是表格".utf8), on: house.engine) }
    }

    /// Circles, deep nesting and unknown functions are left to the table program; nothing hangs.
    @Test func poisonedFormulasEnd() async throws {
        let house = try await ReportHouse()
        let deep = "=" + String(repeating: "(", count: 4_000) + "1" + String(repeating: ")", count: 4_000)
        let draft = WorkbookDraft([
            Self.sheet(
                "表",
                [
                    ["=B1", "=A1", "=SUM(A1:D400)", deep], ["=WEBSERVICE(\"http://x\")", "=1/0", "=IFERROR(1/0,7)", "=IF(1>2,3,\"否\"&1)"],
                    ["=ROUND(10/3,2)", "=-2^2+10%", "{总.数量}"],
                ]),
            Self.settings,
        ])
        let cells = try Self.cells(try await Self.made(house, draft, by: "city"))
        #expect(cells["A1"] == "=B1→?" && cells["C1"] == "=SUM(A1:D400)→?" && cells["D1"]?.hasSuffix("→?") == true)
        #expect(cells["A2"]?.hasSuffix("→?") == true && cells["B2"] == "=1/0→?" && cells["C2"] == "=IFERROR(1/0,7)→7")
        #expect(cells["A3"] == "=ROUND(10/3,2)→3.33" && cells["C3"] == "5")
    }

    @Test func throughThePages() async throws {
        let house = try await ReportHouse()
        let bytes = try WorkbookDraft([Self.sheet("表", [["县", "数量"], ["{运输.县（区、市）}", "{运输.数量}"], ["合计", "=SUM(B2:B2)"]]), Self.settings]).bytes()
        let template = try ReportTemplate(bytes, on: house.engine)
        let blob = try await house.engine.blobs.put(bytes).hash
        let draft = ReportItemDraft(.template, title: "各县运输", body: template.summary, audience: ReportAudience(isEveryone: true))
        let id = try await house.database.write { try house.engine.keep(draft, blob: blob, by: house.known("city"), in: $0) }
        try await house.test { client in
            let city = try await ReportHouse.page("city", "/reports/designed/\(id)?day=2026-11-01", client)
            #expect(city.status == .ok && city.text.contains("长安区") && city.text.contains("桥西区"))
            let south = try await ReportHouse.page("south", "/reports/designed/\(id)?day=2026-11-01", client)
            #expect(south.text.contains("桥西区") && !south.text.contains("长安区"))
            let file = try await client.execute(uri: "/reports/designed/\(id)/file?format=xlsx&day=2026-11-01", method: .get, headers: ReportHouse.cookie("county")) {
                Array($0.body.readableBytesView)
            }
            #expect(try Self.cells(file)["A2"] == "长安区")
            #expect(try await ReportHouse.page("south", "/reports/designed/\(id)/template", client).status == .forbidden)
            let blind = try await ReportHouse.page("blind", "/reports/designed/\(id)", client)
            #expect(blind.status == .ok && !blind.text.contains("长安区"))
        }
    }
}
