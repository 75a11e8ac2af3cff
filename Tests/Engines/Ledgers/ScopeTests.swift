import Identity
import Kernel
import Ledgers
import Storage
import Testing

@Suite("台账 · 数据范围")
struct ScopeTests {
    struct Reader: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let principal: Principal
        let plates: [String]
    }

    static let readers: [Reader] = [
        Reader(testDescription: "企业 1", principal: LedgerWorkshop.enterprise(1), plates: ["冀A00001", "冀A00002"]),
        Reader(testDescription: "企业 2", principal: LedgerWorkshop.enterprise(2), plates: ["冀B00001"]),
        Reader(testDescription: "县 130102", principal: LedgerWorkshop.supervisor(["130102"]), plates: ["冀A00001", "冀A00002"]),
        Reader(testDescription: "市 1302", principal: LedgerWorkshop.supervisor(["1302"]), plates: ["冀B00001"]),
        Reader(testDescription: "省 13", principal: LedgerWorkshop.supervisor(["13"]), plates: ["冀A00001", "冀A00002", "冀B00001"]),
        Reader(testDescription: "两县", principal: LedgerWorkshop.supervisor(["130102", "130205"]), plates: ["冀A00001", "冀A00002", "冀B00001"]),
        Reader(testDescription: "别处", principal: LedgerWorkshop.supervisor(["1401"]), plates: []),
        Reader(testDescription: "系统", principal: LedgerWorkshop.system, plates: ["冀A00001", "冀A00002", "冀B00001"]),
    ]

    static func shop() async throws -> LedgerWorkshop {
        let shop = try await LedgerWorkshop()
        for (plate, org) in [("冀A00001", 1), ("冀A00002", 1), ("冀B00001", 2)] as [(String, Int64)] {
            _ = try await shop.engine.create("truck", LedgerWorkshop.truck(plate), by: LedgerWorkshop.enterprise(org))
        }
        return shop
    }

    @Test("列表、逐行、计数、统计、单条、历史都守范围", arguments: readers)
    func reading(_ reader: Reader) async throws {
        let shop = try await Self.shop()
        let query = LedgerQuery(ledger: "truck", sorts: [LedgerDeclaration.Sort("plateNo")])
        let page = try await shop.engine.list(query, by: reader.principal)
        #expect(page.records.map { $0.values["plateNo"]?.text } == reader.plates)
        #expect(page.total == .exact(reader.plates.count))
        try await shop.database.read { [engine = shop.engine] snapshot in
            var seen: [String?] = []
            try engine.each(query, by: reader.principal, in: snapshot) {
                seen.append($0.values["plateNo"]?.text)
                return true
            }
            #expect(seen == reader.plates)
            #expect(try engine.count(query, by: reader.principal, in: snapshot) == reader.plates.count)
            let figures = try engine.statistics(query, dimensions: [.field("stage")], measures: [.count], by: reader.principal, in: snapshot)
            #expect(figures.total(0) == Double(reader.plates.count))
            for id in 1...3 as ClosedRange<Int64> {
                let all = try engine.findUnique("truck", matching: ["id": .int(id)], in: snapshot)
                let plate = try #require(all?.values["plateNo"]?.text)
                let found = try engine.find("truck", id: id, by: reader.principal, in: snapshot)
                #expect((found != nil) == reader.plates.contains(plate))
                let hasHistory = (try? engine.history("truck", id: id, by: reader.principal, in: snapshot)) != nil
                #expect(hasHistory == (found != nil))
            }
        }
    }

    @Test("范围外的不能改、不能删、不能恢复，也看不出存在")
    func writing() async throws {
        let shop = try await Self.shop()
        let stranger = LedgerWorkshop.enterprise(2)
        #expect(await failure { _ = try await shop.engine.update("truck", id: 1, Draft(["axles": 3]), expectedVersion: nil, by: stranger) }?.kind == .notFound)
        #expect(await failure { try await shop.engine.delete("truck", id: 1, reason: "", by: stranger) }?.kind == .notFound)
        #expect(await failure { try await shop.engine.restore("truck", id: 1, by: stranger) }?.kind == .notFound)
        #expect(await failure { _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00009", org: 1), by: stranger) }?.fields.map(\.field) == ["org"])
        #expect(await failure { _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00009"), by: LedgerWorkshop.supervisor(["13"])) }?.fields.map(\.field) == ["org"])
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00009", org: 2), by: LedgerWorkshop.supervisor(["13"]))
        #expect(record.area == "130205")
    }

    @Test("上级的行下级能看不能改；没有地区的行人人能看")
    func authority() async throws {
        let shop = try await LedgerWorkshop()
        let city = LedgerWorkshop.supervisor(["1301"])
        let row = try await shop.engine.create("depot", Draft(["name": "市停车场"]), by: city)
        _ = try await shop.engine.create("depot", Draft(["name": "全国停车场"]), by: LedgerWorkshop.system)
        func names(_ principal: Principal) async throws -> [String?] {
            try await shop.engine.list(LedgerQuery(ledger: "depot", sorts: [LedgerDeclaration.Sort("id")]), by: principal).records.map { $0.values["name"]?.text }
        }
        #expect(try await names(LedgerWorkshop.supervisor(["130102"])) == ["市停车场", "全国停车场"])
        #expect(try await names(LedgerWorkshop.enterprise(1)) == ["市停车场", "全国停车场"])
        #expect(try await names(LedgerWorkshop.enterprise(2)) == ["全国停车场"])
        #expect(
            await failure { _ = try await shop.engine.update("depot", id: row.id, Draft(["name": "x"]), expectedVersion: nil, by: LedgerWorkshop.supervisor(["130102"])) }?.kind
                == .forbidden)
    }

    @Test("个人信息遮盖，有权者可见，不能靠试探查出")
    func masking() async throws {
        let shop = try await LedgerWorkshop()
        let own = LedgerWorkshop.enterprise(1)
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", ["phone": "13812341234"]), by: own)
        let field = try #require(LedgerWorkshop.vehicle.field("phone"))
        #expect(try shop.engine.presenter("truck", for: own).text(field, record) == "138****1234")
        let trusted = LedgerWorkshop.enterprise(1, permissions: ["truck.read", "truck.reveal"])
        #expect(try shop.engine.presenter("truck", for: trusted).text(field, record) == "13812341234")
        #expect(await failure { _ = try await shop.engine.list(LedgerQuery(ledger: "truck", parsing: "f.phone.contains=1234"), by: own) }?.fields.map(\.code) == ["forbidden"])
        #expect(await failure { _ = try await shop.engine.list(LedgerQuery(ledger: "truck", parsing: "f.remark=x"), by: own) }?.fields.map(\.code) == ["unknown"])
        #expect(!LedgerWorkshop.vehicle.visibleFields(for: own).contains { $0.name == "remark" })
        let json = try shop.engine.presenter("truck", for: own).json(record)
        #expect(json["phone"] == "138****1234")
        #expect(json["remark"] == nil)
        #expect(json["stageTitle"] == "国五")
    }
}
