import Exchange
import Foundation
import Identity
import Kernel
import Ledgers
import Storage
import Testing

@Suite("台账 · 导入")
struct ImportTests {
    static let header = ["号牌号码", "排放阶段", "注册登记日期", "核定载质量", "停车场", "超低排放"]

    static func rows(_ lines: [[String]], header: [String] = header) -> [SheetRow] {
        ([header] + lines).enumerated().map { SheetRow(number: $0 + 1, cells: $1.map { $0.isEmpty ? .empty : .text($0) }) }
    }

    static let mixed = rows([
        ["冀A00001", "国五", "2025-01-01", "10.5", "", "是"],
        ["冀A00002", "国九", "2025-13-01", "x", "南场", ""],
        ["冀A00003", "6", "", "", "北场", "否"],
        ["冀a00001", "国五", "", "", "", ""],
        ["", "国五", "", "", "", ""],
    ])

    static func run(_ shop: LedgerWorkshop, _ rows: [SheetRow], _ options: ImportOptions, by principal: Principal = LedgerWorkshop.enterprise(1)) async throws -> ImportReport {
        try await LedgerImport(shop.engine, into: "truck", options: options, fileName: "车辆.xlsx", by: principal).run(rows: rows)
    }

    static func shop() async throws -> LedgerWorkshop {
        let shop = try await LedgerWorkshop()
        _ = try await shop.engine.create("depot", Draft(["name": "北场"]), by: LedgerWorkshop.system)
        return shop
    }

    @Test("全部或全不：一行有错则一行不留，错误全部列出")
    func refuseAll() async throws {
        let shop = try await Self.shop()
        let report = try await Self.run(shop, Self.mixed, ImportOptions(badRows: .refuseAll))
        #expect((report.total, report.bad, report.created, report.isKept) == (5, 3, 0, false))
        #expect(report.badRows.map(\.number) == [3, 5, 6])
        #expect(report.badRows[0].findings.map(\.field) == ["depot", "registeredOn", "stage", "tonnes"])
        #expect(report.badRows[1].message == "本行与第 2 行重复")
        #expect(report.badRows[2].findings.map(\.code) == ["required"])
        #expect(try await shop.count("SELECT count(*) FROM truck") == 0)
        #expect(try await shop.count("SELECT count(*) FROM import_batches WHERE state = 'refused'") == 1)
    }

    @Test("跳过有错的：好的都在，历史带批次，一次导入一条审计")
    func skip() async throws {
        let shop = try await Self.shop()
        let report = try await Self.run(shop, Self.mixed, ImportOptions(badRows: .skip))
        #expect((report.total, report.bad, report.created, report.isKept) == (5, 3, 2, true))
        let page = try await shop.engine.list(LedgerQuery(ledger: "truck", parsing: "sort=plateNo"), by: LedgerWorkshop.enterprise(1))
        #expect(page.records.map { $0.values["plateNo"]?.text } == ["冀A00001", "冀A00003"])
        #expect(page.records.map { $0.values["tonnes"] } == [.real(10.5), .null])
        #expect(page.records.map { $0.values["axles"] } == [.int(2), .int(2)])
        #expect(page.records[1].values["depot"] == .int(1))
        let history = try await shop.engine.history("truck", id: page.records[0].id, by: LedgerWorkshop.enterprise(1))
        #expect(history.map(\.batch) == [report.batch])
        #expect(try await shop.count("SELECT count(*) FROM audit WHERE action = 'import'") == 1)
        #expect(try await shop.count("SELECT count(*) FROM audit WHERE object_kind = 'truck'") == 1)
    }

    @Test("好文件两种方式都全部写入", arguments: [ImportOptions.BadRows.refuseAll, .skip])
    func good(_ mode: ImportOptions.BadRows) async throws {
        let shop = try await Self.shop()
        let lines = (0..<2_345).map { ["冀A\(10_000 + $0)", "国五", "2025-01-01", "\($0 % 90)", "北场", "是"] }
        let report = try await Self.run(shop, Self.rows(lines), ImportOptions(badRows: mode))
        #expect((report.total, report.bad, report.created, report.isKept) == (2_345, 0, 2_345, true))
        #expect(try await shop.count("SELECT count(*) FROM truck WHERE org = 1 AND area = '130102'") == 2_345)
        #expect(try await shop.count("SELECT count(*) FROM record_history WHERE ledger = 'truck'") == 2_345)
    }

    @Test("试导入什么都不写")
    func dryRun() async throws {
        let shop = try await Self.shop()
        let report = try await Self.run(shop, Self.mixed, ImportOptions(badRows: .skip, isDryRun: true))
        #expect((report.total, report.bad, report.good, report.created, report.isKept) == (5, 3, 2, 0, false))
        #expect(try await shop.count("SELECT count(*) FROM truck") == 0)
    }

    @Test("已有的记录：拒绝或更新；空单元格不动原值")
    func known() async throws {
        let shop = try await Self.shop()
        _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", ["tonnes": 8]), by: LedgerWorkshop.enterprise(1))
        let rows = Self.rows([["冀A00001", "国六", "", "", "", ""], ["冀A00002", "国六", "", "", "", ""]])
        #expect(try await Self.run(shop, rows, ImportOptions(badRows: .skip)).bad == 1)
        let update = ImportOptions(badRows: .refuseAll, knownRows: .update)
        let report = try await Self.run(shop, rows, update)
        #expect((report.created, report.updated, report.unchanged, report.bad) == (0, 1, 1, 0))
        let record = try await shop.database.read { [engine = shop.engine] in try engine.findUnique("truck", matching: ["plateNo": .text("冀A00001")], in: $0) }
        #expect(record?.values["stage"] == .text("6"))
        #expect(record?.values["tonnes"] == .real(8))
        #expect(try await Self.run(shop, rows, update).unchanged == 2)
    }

    @Test("表头缺列、重列一次说完；原行号和问题列可以留着")
    func headers() async throws {
        let shop = try await Self.shop()
        let wrong = await failure { _ = try await Self.run(shop, Self.rows([], header: ["注册登记日期", "注册登记日期"]), ImportOptions()) }
        #expect(wrong?.fields.map(\.code) == ["repeated", "missing", "missing"])
        let mended = try await Self.run(shop, Self.rows([["3", "有错", "冀A00009", "国五"]], header: ["原行号", "问题", "号牌号码*", "排放阶段"]), ImportOptions())
        #expect(mended.created == 1)
    }

    @Test("监管员按企业名称导入，范围外的企业被拒绝")
    func owners() async throws {
        let shop = try await Self.shop()
        let rows = Self.rows([["甲钢铁", "冀A00001", "国五"], ["E2", "冀B00001", "国五"], ["丙公司", "冀C00001", "国五"]], header: ["所属企业", "号牌号码", "排放阶段"])
        let report = try await Self.run(shop, rows, ImportOptions(badRows: .skip), by: LedgerWorkshop.supervisor(["1301"]))
        #expect((report.created, report.bad) == (1, 2))
        #expect(report.badRows.map { $0.findings.map(\.code) } == [["scope"], ["reference"]])
        #expect(try await shop.count("SELECT count(*) FROM truck WHERE org = 1") == 1)
    }

    @Test("域的准备也用于导入：编号逐行往下，撤销时不留")
    func preparations() async throws {
        let shop = try await Self.shop()
        shop.engine.onPrepare(of: "truck") { draft, before, _, tx in
            guard before == nil else { return }
            draft.values["state"] = .string("N\(try tx.count("SELECT count(*) FROM truck") + 1)")
        }
        _ = try await Self.run(shop, Self.mixed, ImportOptions(badRows: .refuseAll))
        #expect(try await shop.count("SELECT count(*) FROM truck") == 0)
        let report = try await Self.run(shop, Self.rows([["冀A00001", "国五"], ["冀A00002", "国五"]], header: ["号牌号码", "排放阶段"]), ImportOptions(badRows: .refuseAll))
        #expect(report.created == 2)
        #expect(
            try await shop.engine.list(LedgerQuery(ledger: "truck", parsing: "sort=plateNo"), by: LedgerWorkshop.system).records.map { $0.values["state"]?.text } == ["N1", "N2"])
    }

    @Test("模板下载下来填好就能导入；问题表改好也能导入")
    func files() async throws {
        let shop = try await Self.shop()
        let folder = NSTemporaryDirectory() + "/ledgers-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let template = try shop.engine.template("truck", for: LedgerWorkshop.enterprise(1))
        let titles = Lines()
        try SheetReader.read(bytes: template) {
            titles.rows.append($0.cells.map { $0.text ?? "" })
            return true
        }
        #expect(titles.rows == [["号牌号码", "车辆识别代号", "注册登记日期", "最近进厂", "排放阶段", "燃料", "核定载质量", "轴数", "超低排放", "联系电话", "停车场", "位置"]])

        let report = try await Self.run(shop, Self.mixed, ImportOptions(badRows: .skip))
        try report.write(path: folder + "/bad.xlsx")
        let bad = Lines()
        try SheetReader.read(path: folder + "/bad.xlsx") {
            bad.rows.append($0.cells.map { $0.text ?? "" })
            return true
        }
        #expect(bad.rows.count == 4)
        #expect(bad.rows[0] == ["原行号", "问题"] + Self.header)
        #expect(bad.rows[1][0] == "3")
        let again = try await LedgerImport(shop.engine, into: "truck", options: ImportOptions(isDryRun: true), fileName: "bad.xlsx", by: LedgerWorkshop.enterprise(1)).run(
            path: folder + "/bad.xlsx")
        #expect((again.total, again.bad) == (3, 3))
    }

    @Test("导出带范围、遮盖、字典名称，公式被化解")
    func export() async throws {
        let shop = try await Self.shop()
        _ = try await shop.engine.create("depot", Draft(["name": "=cmd()"]), by: LedgerWorkshop.system)
        _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", ["phone": "13812341234", "depot": 2, "tonnes": 8]), by: LedgerWorkshop.enterprise(1))
        _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀B00001"), by: LedgerWorkshop.enterprise(2))
        let path = NSTemporaryDirectory() + "/ledgers-\(UUID().uuidString).csv"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let query = LedgerQuery(ledger: "truck", parsing: "cols=plateNo,stage,tonnes,phone,depot")
        #expect(try await shop.engine.export(query, format: .csv, path: path, by: LedgerWorkshop.enterprise(1)) == 1)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("甲钢铁,冀A00001,国五,8,138****1234,\"'=cmd()\""))
        #expect(!text.contains("冀B00001"))
        #expect(try await shop.count("SELECT count(*) FROM audit WHERE action = 'export'") == 1)
        let reader = LedgerWorkshop.enterprise(1, permissions: ["truck.read"])
        #expect(await failure { try await shop.engine.export(query, format: .csv, path: path, by: reader) }?.kind == .forbidden)
    }
}

private final class Lines {
    var rows: [[String]] = []
}
