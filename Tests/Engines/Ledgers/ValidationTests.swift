import Identity
import Kernel
import Ledgers
import Storage
import Testing

@Suite("台账 · 填写校验")
struct ValidationTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let values: [String: JSONValue]
        /// `field:code`; empty when the row is taken.
        let findings: [String]
    }

    static let examples: [Example] = [
        Example(testDescription: "最少的字段", values: ["plateNo": "冀A12345", "stage": "5"], findings: []),
        Example(testDescription: "必填为空", values: ["plateNo": "  "], findings: ["plateNo:required", "stage:required"]),
        Example(
            testDescription: "所有错误一次说完", values: ["plateNo": "冀A12345", "stage": "9", "vin": "123", "tonnes": "多", "axles": 1],
            findings: ["vin:format", "stage:unknownCode", "tonnes:type", "axles:range"]),
        Example(testDescription: "未知字段", values: ["plateNo": "冀A12345", "stage": "5", "colour": "红"], findings: ["colour:unknown"]),
        Example(testDescription: "不存在的日期", values: ["plateNo": "冀A12345", "stage": "5", "registeredOn": "2026-02-30"], findings: ["registeredOn:format"]),
        Example(testDescription: "将来的日期", values: ["plateNo": "冀A12345", "stage": "5", "registeredOn": "2026-11-22"], findings: ["registeredOn:range"]),
        Example(testDescription: "今天可以", values: ["plateNo": "冀A12345", "stage": "5", "registeredOn": "2026-11-21"], findings: []),
        Example(testDescription: "多选代码", values: ["plateNo": "冀A12345", "stage": "5", "fuels": ["B", "E"]], findings: []),
        Example(testDescription: "多选有未知代码", values: ["plateNo": "冀A12345", "stage": "5", "fuels": ["B", "X"]], findings: ["fuels:unknownCode"]),
        Example(testDescription: "电话", values: ["plateNo": "冀A12345", "stage": "5", "phone": "12"], findings: ["phone:format"]),
        Example(testDescription: "经纬度", values: ["plateNo": "冀A12345", "stage": "5", "place": "114.5,38.0"], findings: []),
        Example(testDescription: "经纬度颠倒", values: ["plateNo": "冀A12345", "stage": "5", "place": "38.0,114.5"], findings: ["place:range"]),
        Example(testDescription: "关联的记录不存在", values: ["plateNo": "冀A12345", "stage": "5", "depot": 99], findings: ["depot:reference"]),
        Example(testDescription: "只读字段", values: ["plateNo": "冀A12345", "stage": "5", "state": "approved"], findings: ["state:readOnly"]),
        Example(testDescription: "无权的字段", values: ["plateNo": "冀A12345", "stage": "5", "remark": "x"], findings: ["remark:readOnly"]),
        Example(testDescription: "照片不是散列值", values: ["plateNo": "冀A12345", "stage": "5", "licence": "a.jpg"], findings: ["licence:format"]),
        Example(testDescription: "控制字符", values: ["plateNo": "冀A12345", "stage": "5", "phone": .string("0311-12345678\u{7}")], findings: []),
    ]

    @Test(arguments: examples)
    func create(_ example: Example) async throws {
        let shop = try await LedgerWorkshop()
        do {
            _ = try await shop.engine.create("truck", Draft(example.values), by: LedgerWorkshop.enterprise(1))
            #expect(example.findings == [])
        } catch {
            #expect(findings(error) == example.findings)
        }
    }

    @Test("规范写法入库：号牌、日期、小数、默认值")
    func normalForms() async throws {
        let shop = try await LedgerWorkshop()
        let record = try await shop.engine.create(
            "truck", LedgerWorkshop.truck("冀a·12345", ["tonnes": "12.34567", "registeredOn": "2026/1/5", "ultraLow": "是"]), by: LedgerWorkshop.enterprise(1))
        #expect(record.values["plateNo"] == .text("冀A12345"))
        #expect(record.values["tonnes"] == .real(12.346))
        #expect(record.values["registeredOn"] == .int(20_260_105))
        #expect(record.values["axles"] == .int(2))
        #expect(record.values["ultraLow"] == .int(1))
        #expect(record.org == 1)
        #expect(record.area == "130102")
    }

    @Test("同一企业号牌唯一，另一企业可以有，删除后可以再有")
    func unique() async throws {
        let shop = try await LedgerWorkshop()
        let first = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A12345"), by: LedgerWorkshop.enterprise(1))
        let refused = await failure { _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A12345"), by: LedgerWorkshop.enterprise(1)) }
        #expect(refused?.fields.map(\.code) == ["duplicate"])
        _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A12345"), by: LedgerWorkshop.enterprise(2))
        try await shop.engine.delete("truck", id: first.id, reason: "报废", by: LedgerWorkshop.enterprise(1))
        _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A12345"), by: LedgerWorkshop.enterprise(1))
        let again = await failure { try await shop.engine.restore("truck", id: first.id, by: LedgerWorkshop.enterprise(1)) }
        #expect(again?.fields.map(\.code) == ["duplicate"])
    }

    @Test("没有权限不能写；只读台账人不能写，程序可以")
    func permissions() async throws {
        let shop = try await LedgerWorkshop()
        let reader = LedgerWorkshop.enterprise(1, permissions: ["truck.read"])
        #expect(await failure { _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A12345"), by: reader) }?.kind == .forbidden)
        #expect(await failure { _ = try await shop.engine.create("passing", Draft(["at": "2026-11-21 07:00"], org: 1), by: LedgerWorkshop.system) }?.kind == .forbidden)
        let record = try await shop.database.write { tx in try shop.engine.create("passing", Draft(["at": "2026-11-21 07:00"], org: 1), by: LedgerWorkshop.system, in: tx) }
        #expect(record.area == "130102")
    }

    @Test("停用的代码不能再选，已有的可以保留")
    func endedCode() async throws {
        let shop = try await LedgerWorkshop()
        let record = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A12345", stage: "4"), by: LedgerWorkshop.enterprise(1))
        let items = try await shop.engine.list(LedgerQuery(ledger: "dictionaryItems", parsing: "f.dictionary=stage&f.code=4"), by: LedgerWorkshop.system)
        _ = try await shop.engine.update(
            "dictionaryItems", id: try #require(items.records.first).id, Draft(["validTo": "2026-11-20"]), expectedVersion: nil, by: LedgerWorkshop.system)
        #expect(
            await failure { _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A22222", stage: "4"), by: LedgerWorkshop.enterprise(1)) }?.fields.map(\.code) == [
                "expiredCode"
            ])
        let kept = try await shop.engine.update("truck", id: record.id, Draft(["stage": "4", "axles": 3]), expectedVersion: 1, by: LedgerWorkshop.enterprise(1))
        #expect(kept.values["axles"] == .int(3))
        #expect(shop.engine.dictionaries.title(of: "4", in: DictionaryName("stage")) == "国四")
    }
}
