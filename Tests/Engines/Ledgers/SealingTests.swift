import Cryptography
import Foundation
import Identity
import Kernel
import Ledgers
import Storage
import TestDatabases
import Testing

/// Drivers with personal fields, one of them unique, on a database and a key file of their own.
private struct DriverHouse {
    static let ledger = LedgerDeclaration(
        id: "T-10", name: "driver", title: "驾驶员", ownedBy: .enterprise, uniqueBy: ["idCard"], titleField: "name",
        fields: [
            .text("name", "姓名", length: 1...32, marks: [.required, .personal, .searchable]),
            .text("idCard", "身份证号", length: 15...18, check: .idCard, marks: [.required, .personal]),
            .text("phone", "联系电话", length: 5...20, check: .phone, marks: [.personal, .filterable]),
            .text("team", "班组", length: 1...32, marks: [.filterable, .groupable]),
        ])

    let database: any Database
    let engine: LedgerEngine
    let keys: KeyRing
    let folder: String

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sealing-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        keys = try KeyRing(directory: folder)
        database = try await TestDatabase.make()
        engine = LedgerEngine(
            database: database, declarations: [DriverHouse.ledger], dictionaries: Dictionaries([]), keys: keys, audit: AuditTrail(clock: LedgerWorkshop.clock),
            clock: LedgerWorkshop.clock)
        let tables = engine.tables + IdentityTables.all
        try await database.write { tx in
            for table in tables { try tx.apply(.createTable(table)) }
            try tx.execute(
                "INSERT INTO organisations (id, kind, code, name, area, path, state, created_at, updated_at) VALUES (1, 'enterprise', 'E1', '甲钢铁', '130102', '/1/', 'active', 0, 0)"
            )
        }
        try await engine.load()
    }

    static let plain: Set<String> = ["driver.read", "driver.write", "driver.export"]
    let keeper = LedgerWorkshop.enterprise(1, permissions: DriverHouse.plain)
    let revealer = LedgerWorkshop.enterprise(1, permissions: DriverHouse.plain.union(["driver.reveal"]))

    static let cards = ["110101199003070054", "130102198501010033", "130102199212120011"]

    func add(_ index: Int, phone: String = "13812345678") async throws -> Record {
        try await engine.create("driver", Draft(["name": .string("赵铁柱\(index)"), "idCard": .string(DriverHouse.cards[index]), "phone": .string(phone), "team": "甲班"]), by: keeper)
    }

    func stored(_ column: String, _ table: String = "driver") async throws -> [String] {
        try await database.read { try $0.rows("SELECT \(ident: column) FROM \(ident: table) ORDER BY id").map { $0[0].text ?? "" } }
    }

    func found(_ query: String, by principal: Principal? = nil) async throws -> Int {
        try await engine.list(LedgerQuery(ledger: "driver", parsing: query), by: principal ?? keeper).records.count
    }

    func rotate() throws {
        _ = try KeyRing.rotate(directory: folder)
        try keys.reload(directory: folder)
    }

    func check() async throws -> SealingCheck { try await database.read { try engine.checkSealing(in: $0) } }
}

@Suite("8.1.4.8 个人信息加密保存")
struct SealingTests {
    @Test("库中没有明文，读出来是原文或掩码；按完整内容可查，按部分内容明确拒绝")
    func sealedAndFound() async throws {
        let house = try await DriverHouse()
        let record = try await house.add(0)
        for column in ["name", "id_card", "phone"] { #expect(try await house.stored(column).allSatisfy { $0.hasPrefix("~") }, "\(column)") }
        #expect(try await house.stored("team") == ["甲班"])
        #expect(try await house.engine.find("driver", id: record.id, by: house.revealer)?.values["phone"] == .text("13812345678"))
        let masked = try house.engine.presenter("driver", for: house.keeper), open = try house.engine.presenter("driver", for: house.revealer)
        #expect(masked.text(DriverHouse.ledger.fields[2], record) == "138****5678")
        #expect(open.text(DriverHouse.ledger.fields[2], record) == "13812345678")
        for query in ["f.phone=13812345678", "f.phone=138%201234%205678", "f.phone.in=1,13812345678", "q=赵铁柱0", "f.idCard=110101199003070054", "f.name.ne=钱"] {
            #expect(try await house.found(query) == 1, "\(query)")
        }
        for query in ["f.phone=13812345679", "q=赵铁", "f.name.ne=赵铁柱0"] { #expect(try await house.found(query) == 0, "\(query)") }
        for query in ["f.phone.contains=1381", "f.phone.startsWith=138", "f.name.gte=赵", "sort=name"] {
            for who in [house.keeper, house.revealer] { #expect(await failure { _ = try await house.found(query, by: who) }?.kind == .invalid, "\(query)") }
        }
    }

    @Test("唯一：新增、修改、恢复、导入、按已有更新，都认得加密的身份证号")
    func unique() async throws {
        let house = try await DriverHouse()
        let first = try await house.add(0)
        #expect(await failure { _ = try await house.add(0) }?.fields.map(\.code) == ["duplicate"])
        let second = try await house.add(1)
        let taken = Draft(["idCard": .string(DriverHouse.cards[0])])
        #expect(await failure { _ = try await house.engine.update("driver", id: second.id, taken, expectedVersion: nil, by: house.keeper) }?.fields.map(\.code) == ["duplicate"])
        let (changed, did) = try await house.engine.upsert(
            "driver", Draft(["name": "赵铁柱0", "idCard": .string(DriverHouse.cards[0]), "phone": "13900000000"]), by: house.keeper)
        #expect(did == .updated && changed.id == first.id)
        let known = try await house.database.read { try house.engine.findUnique("driver", matching: ["idCard": .text(DriverHouse.cards[1])], in: $0) }
        #expect(known?.id == second.id)
        let rows = ImportTests.rows([["甲", DriverHouse.cards[0]], ["乙", DriverHouse.cards[2]]], header: ["姓名", "身份证号"])
        let report = try await LedgerImport(
            house.engine, into: "driver", options: ImportOptions(badRows: .skip, knownRows: .refuse, isDryRun: false), fileName: "x.xlsx", by: house.keeper
        )
        .run(rows: rows)
        #expect(report.created == 1 && report.bad == 1)
        #expect(try await house.stored("id_card").allSatisfy { $0.hasPrefix("~") })
        #expect(try await house.stored("name").allSatisfy { $0.hasPrefix("~") })
    }

    @Test("变更历史同样加密，读出来正确")
    func history() async throws {
        let house = try await DriverHouse()
        let record = try await house.add(0)
        _ = try await house.engine.update("driver", id: record.id, Draft(["phone": "13911112222", "team": "乙班"]), expectedVersion: nil, by: house.keeper)
        let changes = try await house.stored("changes", "record_history").joined()
        #expect(!changes.contains("13911112222") && !changes.contains("13812345678") && changes.contains("乙班"))
        func shown(_ who: Principal) async throws -> [String] {
            try await house.engine.history("driver", id: record.id, by: who).flatMap(\.changes).filter { $0.field == "phone" }.map { "\($0.before)→\($0.after)" }
        }
        #expect(try await shown(house.revealer) == ["13812345678→13911112222", "→13812345678"])
        #expect(try await shown(house.keeper) == ["138****5678→139****2222", "→138****5678"])
        let audit = try await house.stored("details", "audit").joined()
        #expect(!audit.contains("13911112222"))
    }

    @Test("统计可按其他字段做，按个人信息分组或计数被拒绝")
    func statistics() async throws {
        let house = try await DriverHouse()
        _ = try await house.add(0)
        let query = LedgerQuery(ledger: "driver")
        #expect(try await house.engine.statistics(query, dimensions: [.field("team")], measures: [.count], by: house.keeper).groups.map(\.labels) == [["甲班"]])
        #expect(await failure { _ = try await house.engine.statistics(query, dimensions: [.field("name")], measures: [], by: house.keeper) }?.kind == .invalid)
        #expect(await failure { _ = try await house.engine.statistics(query, dimensions: [], measures: [.distinct("phone")], by: house.keeper) }?.kind == .invalid)
    }

    @Test("已有明文分步加密：途中停下、接着做；停在哪一步都能查、能改；做完只做一次")
    func sealing() async throws {
        let house = try await DriverHouse()
        try await house.database.write { tx in
            let rows = (0..<2_500).map { index -> [SQLValue] in
                [.int(1), .text("130102"), .int(0), .int(0), .text("钱\(index)"), .text("card\(index)"), .text("1390000\(1000 + index)"), .text("甲班")]
            }
            try tx.insertMany(into: "driver", columns: ["org", "area", "created_at", "updated_at", "name", "id_card", "phone", "team"], rows: rows)
            try tx.execute(
                "INSERT INTO record_history (ledger, record_id, version, kind, at, by_id, by_name, changes) VALUES ('driver', 1, 2, 'updated', 0, 0, 'x', '{\"phone\":[\"13812345678\",\"13900001000\"],\"team\":[null,\"甲班\"]}')"
            )
        }
        #expect(try await house.check().faults.count == 1_000)
        #expect(try await house.found("f.phone=13900003499") == 1)
        // One step and then the end of the program: the next one goes on behind it.
        #expect(try await house.engine.sealing.run(steps: 1) == 1_000)
        #expect(try await house.stored("name").count { $0.hasPrefix("~") } == 1_000)
        for phone in ["13900001000", "13900003499"] { #expect(try await house.found("f.phone=\(phone)") == 1, "\(phone)") }
        #expect(await failure { _ = try await house.engine.create("driver", Draft(["name": "乙", "idCard": "card2400"]), by: house.keeper) } != nil)
        #expect(try await house.engine.sealing.run() == 1_501)
        #expect(try await house.engine.sealing.run() == 0)
        let check = try await house.check()
        #expect(check.faults.isEmpty && check.older == 0 && check.values == 7_502)
        #expect(try await house.database.read { try house.engine.sealing.progress(in: $0) }.allSatisfy { $0.finishedAt != nil })
        #expect(try await house.engine.history("driver", id: 1, by: house.revealer).first?.changes.first { $0.field == "phone" }?.before == "13812345678")
    }

    @Test("换密钥：旧密文照常可读、可查、唯一；后台改用新密钥；新值立即用新密钥")
    func rotation() async throws {
        let house = try await DriverHouse()
        let record = try await house.add(0)
        #expect(try await house.engine.sealing.run() == 0)
        let before = try await house.stored("phone")
        try house.rotate()
        #expect(try await house.check().older == 3)
        #expect(try await house.found("f.phone=13812345678") == 1)
        #expect(try await house.found("q=赵铁柱0") == 1)
        #expect(await failure { _ = try await house.add(0) }?.fields.map(\.code) == ["duplicate"])
        _ = try await house.add(1)
        #expect(try await house.found("f.phone=13812345678") == 2)
        #expect(try await house.engine.sealing.run() == 1)
        #expect(try await house.stored("phone") != before)
        #expect(try await house.check().older == 0)
        #expect(try await house.found("f.phone=13812345678") == 2)
        #expect(try await house.engine.find("driver", id: record.id, by: house.revealer)?.values["name"] == .text("赵铁柱0"))
    }

    @Test("改动过的密文：页面写明已损坏，其他字段照常可改，核验指出是哪一条", arguments: ["AA", "BB", "B", "!!", "~"])
    func broken(ending: String) async throws {
        let house = try await DriverHouse()
        let record = try await house.add(0)
        let text = try await house.stored("phone")[0]
        let changed = ending == "~" ? "~" : String(text.dropLast(4)) + "00" + ending
        try await house.database.write { _ = try $0.execute("UPDATE driver SET phone = \(changed), name = '明文' WHERE id = \(record.id)") }
        #expect(try await house.engine.find("driver", id: record.id, by: house.revealer)?.values["phone"] == .text("（密文已损坏）"))
        _ = try await house.engine.update("driver", id: record.id, Draft(["team": "丙班"]), expectedVersion: nil, by: house.keeper)
        #expect(try await house.stored("phone") == [changed])
        #expect(try await house.check().faults == ["驾驶员 \(record.id) 号的姓名 未加密", "驾驶员 \(record.id) 号的联系电话 的密文已损坏或缺少密钥"])
        #expect(try await house.engine.sealing.run() == 1)
        #expect(try await house.check().faults.count == 1)
    }

    @Test("声明检查：个人信息不能排序、分组；视图须写明取自哪一列；自定义台账不能取消个人信息标记")
    func declarations() async throws {
        var wrong = DriverHouse.ledger
        wrong.fields[0].marks.insert(.sortable)
        #expect(LedgerEngine.check([wrong], dictionaries: Dictionaries([])).contains { $0.hasPrefix("JW-L023") })
        var sorted = DriverHouse.ledger
        sorted.sortedBy = [LedgerDeclaration.Sort("name")]
        #expect(LedgerEngine.check([sorted], dictionaries: Dictionaries([])).contains { $0.hasPrefix("JW-L023") })
        let shop = try await LedgerWorkshop()
        var own = LedgerDeclaration(id: "X-1", name: "visitor", title: "访客", ownedBy: .enterprise, fields: [.text("name", "姓名", marks: [.personal]), .text("plate", "车牌")])
        try await shop.engine.define(own, by: LedgerWorkshop.system)
        let keeper = LedgerWorkshop.enterprise(1, permissions: ["visitor.read", "visitor.write"])
        _ = try await shop.engine.create("visitor", Draft(["name": "孙访客", "plate": "京A1"]), by: keeper)
        // A field that becomes personal later is sealed by the next walk.
        own.fields[1].marks.insert(.personal)
        try await shop.engine.define(own, by: LedgerWorkshop.system)
        #expect(try await shop.engine.sealing.run() == 1)
        let row = try await shop.database.read { try $0.first("SELECT name, plate FROM x_visitor") }
        #expect(row?[0].text?.hasPrefix("~") == true && row?[1].text?.hasPrefix("~") == true)
        own.fields[1].marks.remove(.personal)
        let undone = own
        #expect(await failure { try await shop.engine.define(undone, by: LedgerWorkshop.system) }?.code == "JW-L051")
    }
}
