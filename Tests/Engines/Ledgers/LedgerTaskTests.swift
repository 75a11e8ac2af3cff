import Exchange
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import Schedules
import Storage
import Testing

@Suite("台账 · 导入导出任务")
struct LedgerTaskTests {
    @Test("上传的表在任务里导入，问题表和导出的文件都能下载")
    func tasks() async throws {
        let folder = NSTemporaryDirectory() + "/ledgers-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shop = try await LedgerWorkshop()
        try await shop.database.write { tx in for table in LongTasks.tables { try tx.apply(.createTable(table)) } }
        let blobs = try LocalBlobs(root: folder, reserve: 0, isDurable: false)
        let tasks = LongTasks(on: shop.database, node: "test", clock: LedgerWorkshop.clock, logger: Logger(label: "test"))
        let work = LedgerTasks(engine: shop.engine, tasks: tasks, blobs: blobs)
        let own = LedgerWorkshop.enterprise(1)

        let sheet = try await blobs.put(Array("号牌号码,排放阶段\r\n冀A00001,国五\r\n冀A00002,国九\r\n".utf8))
        let importing = try await work.startImport(into: "truck", blob: sheet.hash, fileName: "车辆.csv", options: ImportOptions(badRows: .skip), by: own)
        await tasks.runWaiting()
        let imported = try #require(try await tasks.task(importing, for: own))
        #expect(imported.state == .done)
        #expect(imported.message == "共 2 行，新增 1 行，更新 0 行，未变 0 行，有问题 1 行")
        #expect(imported.resultName == "问题数据-车辆.xlsx")
        let report = try #require(imported.resultBlob)
        #expect(try await blobs.exists(report))

        let exporting = try await work.startExport(LedgerQuery(ledger: "truck"), format: .csv, by: own)
        await tasks.runWaiting()
        let exported = try #require(try await tasks.task(exporting, for: own))
        #expect(exported.state == .done)
        #expect(exported.message == "共 1 行")
        let file = try #require(exported.resultBlob)
        let bytes = try #require(try await blobs.read(file))
        #expect(String(decoding: bytes, as: UTF8.self).contains("甲钢铁,冀A00001"))
    }

    @Test("没有权限不能排任务")
    func permissions() async throws {
        let shop = try await LedgerWorkshop()
        let reader = LedgerWorkshop.enterprise(1, permissions: ["truck.read"])
        #expect(await failure { _ = try LedgerImport(shop.engine, into: "truck", options: ImportOptions(), fileName: "a", by: reader) }?.kind == .forbidden)
        #expect(await failure { _ = try LedgerImport(shop.engine, into: "passing", options: ImportOptions(), fileName: "a", by: LedgerWorkshop.system) }?.kind == .forbidden)
    }
}
