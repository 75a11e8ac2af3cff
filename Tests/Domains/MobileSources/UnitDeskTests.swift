import Cryptography
import Exchange
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Testing

@Suite("A-21 授权认证：运维单位自行申请")
struct UnitDeskTests {
    static let credit = "91130100MA07XY1234"

    /// A maintenance organisation with one person, and a credit code that adds up.
    struct Firm: Sendable {
        let fixture: GateFixture
        let person: Principal
        let code: String

        init(_ fixture: GateFixture, number: Int = 1) async throws {
            self.fixture = fixture
            let city = try await fixture.number("SELECT id FROM organisations WHERE code = '1301'")
            let org = try await fixture.database.write { tx in
                try tx.insert(
                    "INSERT INTO organisations (parent, kind, code, name, area, path, state, created_at, updated_at) VALUES (\(city), 'maintenance', \("YW\(number)"), \("示例运维\(number)公司"), '1301', '/', 'active', 0, 0)"
                )
            }
            person = Principal(
                kind: .user, id: Int64(40 + number), login: "yunwei\(number)", name: "王工", organisation: org, organisationName: "示例运维\(number)公司", area: "1301",
                permissions: ["gate.unitDesk"],
                scope: .organisation(org))
            code = Firm.creditCode(number)
        }

        static func creditCode(_ number: Int) -> String {
            let body = "91130100MA07XY12\(number)"
            return "0123456789ABCDEFGHJKLMNPQRTUWXY".map { body + String($0) }.first { CreditCode(normalizing: $0).isValid } ?? body
        }

        func application(_ change: (inout UnitDesk.Application) -> Void = { _ in }) -> UnitDesk.Application {
            let paper = AttachedFile(sha256: String(repeating: "a", count: 64), name: "营业执照.pdf", mediaType: "application/pdf", size: 9)
            var application = UnitDesk.Application(
                name: person.organisationName, creditCode: code, contact: "王工", phone: "13800000001", enterprises: ["130102000001"], materials: [paper])
            change(&application)
            return application
        }

        func unit() async throws -> Record? {
            let (units, person) = (fixture.gates.units, person)
            return try await fixture.database.read { try units.unit(of: person, in: $0) }
        }

        func state() async throws -> String? { try await unit()?[MaintenanceUnit.state] }
    }

    @Test("申请、退回、再申请、批准、登记密钥、到期，每一步都有审计")
    func wholeWay() async throws {
        let fixture = try await GateFixture()
        let firm = try await Firm(fixture)
        let units = fixture.gates.units, desk = fixture.gates.accreditation
        _ = try await units.apply(firm.application(), by: firm.person)
        let id = try #require(try await firm.unit()?.id)
        #expect(try await firm.state() == "applied")
        try await desk.reject(unit: id, opinion: "材料不全", by: GateFixture.system)
        #expect(try await firm.state() == "rejected")
        _ = try await units.apply(firm.application { $0.remarks = "补充人员名单" }, by: firm.person)
        #expect(try await firm.unit()?.id == id)

        await #expect(throws: Failure.self) { try await units.addKey(enterpriseCode: "130102000001", pem: try Self.pem(), by: firm.person) }
        let last = fixture.now.day.adding(days: 20)
        let number = try await desk.approve(unit: id, validTo: last, serves: ["130102000001"], by: GateFixture.system)
        #expect(try await firm.unit()?[MaintenanceUnit.accreditationNo] == number)
        let served = try await fixture.database.read { try units.served(by: id, in: $0) }
        #expect(served.map(\.code) == ["130102000001"])

        try await units.addKey(enterpriseCode: "130102000001", pem: try Self.pem(), by: firm.person)
        _ = try await fixture.cement()
        await #expect(throws: Failure.self) { try await units.addKey(enterpriseCode: "130104000002", pem: try Self.pem(), by: firm.person) }
        let keys = try await desk.keys(unit: id, by: GateFixture.system)
        #expect(keys.map(\.objectCode) == ["130102000001"] && keys.allSatisfy { $0.addedBy == "yunwei1" })
        #expect(try await fixture.value("SELECT actor FROM audit WHERE object_kind = 'clientKey' ORDER BY id DESC LIMIT 1")?.text == "王工")

        #expect(try await desk.expireDue() == 0)
        try await units.askRenewal(by: firm.person)
        fixture.move(to: last.end)
        #expect(try await desk.expireDue() == 1)
        #expect(try await firm.state() == "expired")
        #expect(try await fixture.value("SELECT state FROM signed_clients WHERE accreditation_no = \(number)")?.text == "expired")
        #expect(try await desk.approve(unit: id, validTo: nil, by: GateFixture.system) == number)
        #expect(try await firm.unit()?[MaintenanceUnit.validTo] == nil)
        try await units.revokeKey(try #require(keys.first?.id), by: firm.person)
        #expect(try await fixture.number("SELECT COUNT(*) FROM audit WHERE object_kind = 'clientKey'") == 2)
    }

    static func pem() throws -> String { try RSAPrivateKey.generate().publicPEM() }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fields: [String]
        let change: @Sendable (inout UnitDesk.Application) -> Void
    }

    static let wrong: [Wrong] = [
        Wrong(testDescription: "全空", fields: ["contact", "creditCode", "enterprises", "materials", "name", "phone"]) {
            $0 = UnitDesk.Application(name: "", creditCode: "", contact: "", phone: "")
        },
        Wrong(testDescription: "信用代码校验位不符", fields: ["creditCode"]) { $0.creditCode = "911301000000000000" },
        Wrong(testDescription: "没有的企业", fields: ["enterprises"]) { $0.enterprises = ["9999"] },
        Wrong(testDescription: "电话含字母", fields: ["phone"]) { $0.phone = "abcdefg" },
        Wrong(testDescription: "没有材料", fields: ["materials"]) { $0.materials = nil },
    ]

    @Test("填写有误时指出每一项，不留申请", arguments: wrong)
    func refused(_ wrong: Wrong) async throws {
        let firm = try await Firm(GateFixture())
        do {
            _ = try await firm.fixture.gates.units.apply(firm.application(wrong.change), by: firm.person)
            Issue.record("accepted")
        } catch let failure as Failure {
            #expect(failure.fields.map(\.field).sorted() == wrong.fields)
        }
        #expect(try await firm.unit() == nil)
    }

    @Test("只能办理本单位的；企业和监管人员没有单位可办")
    func ownOnly() async throws {
        let fixture = try await GateFixture()
        let first = try await Firm(fixture), second = try await Firm(fixture, number: 2)
        _ = try await fixture.gates.units.apply(first.application(), by: first.person)
        #expect(try await second.unit() == nil)
        await #expect(throws: Failure.self) { try await fixture.gates.units.askRenewal(by: second.person) }
        let clerk = Principal(
            kind: .user, id: 77, login: "clerk", name: "门岗", organisation: fixture.steel.org, permissions: ["gate.unitDesk"], scope: .organisation(fixture.steel.org))
        await #expect(throws: Failure.self) { _ = try await fixture.gates.units.apply(first.application(), by: clerk) }
    }

    @Test("命令行登记的密钥同样留审计；重复登记不留")
    func keysFromTheCommandLine() async throws {
        let fixture = try await GateFixture()
        let pem = try Self.pem()
        let request = EnterpriseRegistration.GateClient(
            enterpriseCode: "130102000001", name: "石家庄示例钢铁有限公司", county: "130102", industry: "01", grade: "C", gates: ["1"], publicKey: pem)
        for _ in 1...2 { _ = try await fixture.gates.registration.provision(request, by: .system("命令行")) }
        #expect(try await fixture.number("SELECT COUNT(*) FROM audit WHERE object_kind = 'clientKey' AND actor = '命令行'") == 1)
    }

    @Test("策略下发、失效的理由与变更同在一笔；没有理由不变更")
    func reasonsOfStrategies() async throws {
        let fixture = try await GateFixture()
        let id = try #require(try await fixture.number("SELECT id FROM control_strategy WHERE state = 'issued' ORDER BY id LIMIT 1"))
        await #expect(throws: Failure.self) { _ = try await fixture.gates.strategies.end(id: id, reason: "", by: GateFixture.system) }
        #expect(try await fixture.value("SELECT state FROM control_strategy WHERE id = \(id)")?.text == "issued")
        _ = try await fixture.gates.strategies.end(id: id, reason: "改用新方案", by: GateFixture.system)
        #expect(try await fixture.value("SELECT summary FROM audit WHERE action = 'send' ORDER BY id DESC LIMIT 1")?.text?.hasSuffix("：改用新方案") == true)
    }

    @Test("平台自带的策略、命令行登记的单位归市级管理，县区不能改")
    func keptByTheCity() async throws {
        let fixture = try await GateFixture()
        func supervisor(_ area: String) -> Principal { Principal(kind: .user, id: 5, login: "s\(area)", name: "监管", area: area, permissions: ["*"], scope: .areas([area])) }
        let unit = try #require(try await fixture.number("SELECT id FROM maintenance_unit ORDER BY id LIMIT 1"))
        let strategy = try #require(try await fixture.number("SELECT id FROM control_strategy WHERE state = 'issued' ORDER BY id LIMIT 1"))
        await #expect(throws: Failure.self) { _ = try await fixture.gates.strategies.end(id: strategy, reason: "县区", by: supervisor("130102")) }
        await #expect(throws: Failure.self) { try await fixture.gates.accreditation.stop(unit: unit, revokes: false, opinion: "县区", by: supervisor("130102")) }
        _ = try await fixture.gates.strategies.end(id: strategy, reason: "市级", by: supervisor("1301"))
        try await fixture.gates.accreditation.stop(unit: unit, revokes: false, opinion: "市级", by: supervisor("1301"))
        #expect(try await fixture.value("SELECT state FROM maintenance_unit WHERE id = \(unit)")?.text == "suspended")
    }
}
