import Identity
import Kernel
import Ledgers
import Storage
import Synchronization
import Testing

@Suite("台账 · 修改、历史、审计")
struct HistoryTests {
    @Test("谁在何时把什么从什么改成了什么")
    func history() async throws {
        let shop = try await LedgerWorkshop()
        let own = LedgerWorkshop.enterprise(1)
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", ["phone": "13812341234", "tonnes": 10]), by: own)
        _ = try await shop.engine.update("truck", id: record.id, Draft(["stage": "6", "tonnes": .null, "place": "114.5,38"]), expectedVersion: 1, by: own)
        _ = try await shop.engine.update("truck", id: record.id, Draft(["phone": "13900005678"]), expectedVersion: 2, by: own)
        try await shop.engine.delete("truck", id: record.id, reason: "已报废", by: own)
        try await shop.engine.restore("truck", id: record.id, by: own)
        let entries = try await shop.engine.history("truck", id: record.id, by: own)
        #expect(entries.map(\.kind) == [.restored, .deleted, .updated, .updated, .created])
        #expect(entries.map(\.version) == [5, 4, 3, 2, 1])
        #expect(entries[1].reason == "已报废")
        #expect(entries[2].changes.map { "\($0.field) \($0.title)：\($0.before)→\($0.after)" } == ["phone 联系电话：138****1234→139****5678"])
        #expect(entries[3].changes.map { "\($0.title)：\($0.before)→\($0.after)" } == ["排放阶段：国五→国六", "核定载质量：10.000→", "位置：→114.500000,38.000000"])
        #expect(entries[4].changes.map(\.field) == ["plateNo", "stage", "tonnes", "axles", "phone"])
        #expect(entries[4].changes.first { $0.field == "tonnes" }?.after == "10.000")
        #expect(entries.allSatisfy { $0.byName == "企业员1" })
    }

    @Test("每次写入都有审计，链条完整，个人信息已遮盖")
    func audit() async throws {
        let shop = try await LedgerWorkshop()
        let own = LedgerWorkshop.enterprise(1)
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", ["phone": "13812341234"]), by: own)
        _ = try await shop.engine.update("truck", id: record.id, Draft(["phone": "13900005678"]), expectedVersion: nil, by: own)
        let rows = try await shop.database.read {
            try $0.rows("SELECT action, summary, details FROM audit ORDER BY id").map { ($0[0].text ?? "", $0[1].text ?? "", $0[2].text ?? "") }
        }
        #expect(rows.map(\.0) == ["create", "update"])
        #expect(rows.map(\.1) == ["新增运输车辆：冀A00001", "修改运输车辆：冀A00001"])
        #expect(rows.allSatisfy { !$0.2.contains("1381234") })
        #expect(try await shop.database.read { try AuditTrail(clock: LedgerWorkshop.clock).verify($0) }.isIntact)
    }

    @Test("没有变化不产生版本；版本过时被拒绝；登记后不能改的不能改")
    func versions() async throws {
        let shop = try await LedgerWorkshop()
        let own = LedgerWorkshop.enterprise(1)
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", ["vin": "LSGPC52U6AF102554"]), by: own)
        let same = try await shop.engine.update("truck", id: record.id, Draft(["plateNo": "冀A00001", "stage": "5"]), expectedVersion: 1, by: own)
        #expect(same.version == 1)
        _ = try await shop.engine.update("truck", id: record.id, Draft(["axles": 4]), expectedVersion: 1, by: own)
        #expect(await failure { _ = try await shop.engine.update("truck", id: record.id, Draft(["axles": 5]), expectedVersion: 1, by: own) }?.code == "JW-L009")
        #expect(
            await failure { _ = try await shop.engine.update("truck", id: record.id, Draft(["vin": "LSGPC52U6AF102555"]), expectedVersion: 2, by: own) }?.fields.map(\.code) == [
                "immutable"
            ])
        #expect(try await shop.count("SELECT count(*) FROM record_history") == 2)
    }

    @Test("页面把遮盖后的个人信息送回来，原值不变")
    func maskedComesBack() async throws {
        let shop = try await LedgerWorkshop()
        let own = LedgerWorkshop.enterprise(1)
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", ["phone": "13812341234"]), by: own)
        let kept = try await shop.engine.update("truck", id: record.id, Draft(["phone": "138****1234", "axles": 3]), expectedVersion: 1, by: own)
        #expect(kept.values["phone"] == .text("13812341234"))
        #expect(
            await failure { _ = try await shop.engine.update("truck", id: record.id, Draft(["phone": "139****1234"]), expectedVersion: 2, by: own) }?.fields.map(\.code) == [
                "format"
            ])
    }

    @Test("更新或新增：新增、更新、未变")
    func upsert() async throws {
        let shop = try await LedgerWorkshop()
        let own = LedgerWorkshop.enterprise(1)
        #expect(try await shop.engine.upsert("truck", LedgerWorkshop.truck("冀A00001"), by: own).1 == .created)
        #expect(try await shop.engine.upsert("truck", LedgerWorkshop.truck("冀a00001", stage: "6"), by: own).1 == .updated)
        #expect(try await shop.engine.upsert("truck", LedgerWorkshop.truck("冀A00001", stage: "6"), by: own).1 == .unchanged)
        #expect(try await shop.engine.upsert("truck", LedgerWorkshop.truck("冀A00001"), by: LedgerWorkshop.enterprise(2)).1 == .created)
        #expect(try await shop.count("SELECT count(*) FROM truck") == 2)
    }

    @Test("钩子在事务里，抛错则全部撤销")
    func hooks() async throws {
        let shop = try await LedgerWorkshop()
        let seen = Mutex<[String]>([])
        shop.engine.onChange(of: "truck") { change, _ in
            seen.withLock { $0.append("\(change.kind.rawValue):\(change.record?.values["plateNo"]?.text ?? "")") }
            if change.record?.values["axles"] == .int(9) { throw Failure(.conflict, "T-1", "不行") }
        }
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001"), by: LedgerWorkshop.enterprise(1))
        #expect(
            await failure { _ = try await shop.engine.update("truck", id: record.id, Draft(["axles": 9]), expectedVersion: nil, by: LedgerWorkshop.enterprise(1)) }?.code == "T-1")
        #expect(seen.withLock { $0 } == ["created:冀A00001", "updated:冀A00001"])
        #expect(try await shop.engine.find("truck", id: record.id, by: LedgerWorkshop.enterprise(1))?.values["axles"] == .int(2))
        #expect(try await shop.count("SELECT count(*) FROM audit") == 1)
    }

    @Test("附件登记用处，只给看得到那一行的人")
    func attachments() async throws {
        let shop = try await LedgerWorkshop()
        let photo = String(repeating: "ab", count: 32)
        let paper = String(repeating: "cd", count: 32)
        let draft = LedgerWorkshop.truck(
            "冀A00001", ["licence": .string(photo), "papers": [["sha256": .string(paper), "name": "清单.pdf", "mediaType": "application/pdf", "size": 12]]])
        let record = try await shop.engine.create("truck", draft, by: LedgerWorkshop.enterprise(1))
        #expect(record.files(try #require(LedgerWorkshop.vehicle.field("papers"))).map(\.name) == ["清单.pdf"])
        try await shop.database.read { [engine = shop.engine] reader throws in
            #expect(try engine.attachments("truck", id: record.id, by: LedgerWorkshop.enterprise(1), in: reader).map(\.file.sha256) == [paper, photo])
            #expect(try engine.mayRead(file: photo, by: LedgerWorkshop.enterprise(1), in: reader))
            #expect(try !engine.mayRead(file: photo, by: LedgerWorkshop.enterprise(2), in: reader))
            #expect(try engine.isInUse(file: paper, in: reader))
            #expect(try !engine.isInUse(file: String(repeating: "ef", count: 32), in: reader))
        }
    }
}
