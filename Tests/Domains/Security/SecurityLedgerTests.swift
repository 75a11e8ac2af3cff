import Alarms
import Cryptography
import Features
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import NIOCore
import Security
import Storage
import Testing
import Web
import Workflows

@Suite("D17.14 安全管理台账")
struct SecurityLedgerTests {
    @Test func `every declaration is sound, every watched date exists`() {
        let features = FeatureSet([Security.feature])
        #expect(features.check() == [])
        #expect(Security.ledgers.count == 25 && Security.workflows.count == 11)
    }

    @Test func `each watched date is a date of its ledger`() async throws {
        let house = try await SecurityHouse()
        try await house.platform.expiries.open()
        let rules = house.platform.expiries.current
        #expect(rules.count >= 16)
        for rule in rules {
            let declaration = Security.ledgers.first { $0.name == rule.ledger }
            let dates = declaration.map { ledger in
                ledger.fields.filter { field in
                    switch field.kind {
                    case .day, .moment: true
                    default: false
                    }
                }.map(\.name)
            }
            #expect(dates?.contains(rule.field) == true, "\(rule.name)")
        }
    }

    @Test func `D17.16.3 a device whose signatures ended raises an alarm`() async throws {
        let house = try await SecurityHouse()
        try await house.platform.expiries.open()
        let ended = SecurityHouse.noon.day.adding(days: -3)
        _ = try await house.platform.ledgers.create(
            "securityDevice", Draft(["code": "SB-9", "title": "防火墙", "kind": "firewall", "keeper": "管理员", "signaturesTo": .string(ended.text)], area: "1301"),
            by: house.person("guardian"))
        let warned = try await house.platform.expiries.run()
        let alarms = try await house.platform.database.read { try $0.count("SELECT count(*) FROM alarms WHERE kind = 'dateExpired'") }
        #expect(warned == 1 && alarms == 1)
    }

    @Test func `D17.6.7 a pasted certificate fills the row, nonsense is refused by its field`() async throws {
        let house = try await SecurityHouse()
        let ledgers = house.platform.ledgers, who = house.person("guardian")
        await #expect(throws: Failure.self) {
            _ = try await ledgers.create(
                "securityCertificate", Draft(["title": "坏证书", "use": "server", "state": "valid", "pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]), by: who)
        }
        let files = FileManager.default.temporaryDirectory.appending(path: "jw-cert-\(UUID().uuidString)").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", files + ".key", "-out", files + ".pem", "-days", "30", "-subj", "/CN=jianwei.example", "-set_serial",
            "0x1234",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let pem = try String(contentsOfFile: files + ".pem", encoding: .utf8)
        let record = try await ledgers.create("securityCertificate", Draft(["title": "服务端证书", "use": "server", "state": "valid", "pem": .string(pem)]), by: who)
        #expect(record.values["subject"]?.text == "CN=jianwei.example")
        #expect(record.values["algorithm"]?.text == "RSA2")
        #expect(record.values["serial"]?.text == "1234")
        #expect(record.values["validTo"]?.int != nil)
    }

    @Test func `who may what: the security office writes, the auditor reads, the office next door sees nothing`() async throws {
        let house = try await SecurityHouse()
        try await house.test { client in
            for (login, status) in [("guardian", HTTPResponse.Status.ok), ("reader", .ok), ("officer", .forbidden), ("county", .forbidden)] {
                try await client.execute(uri: "/api/v1/weakness", method: .get, headers: SecurityHouse.bearer(login)) { #expect($0.status == status, "\(login)") }
            }
            let body = ByteBuffer(string: "{\"values\":{\"title\":\"弱口令\",\"reference\":\"R-1\",\"host\":\"10.0.0.1\",\"grade\":\"2\",\"foundOn\":\"2026-11-20\"}}")
            for (login, status) in [("guardian", HTTPResponse.Status.created), ("reader", .forbidden), ("officer", .forbidden)] {
                try await client.execute(uri: "/api/v1/weakness", method: .post, headers: SecurityHouse.bearer(login, json: true), body: body) {
                    #expect($0.status == status, "\(login)")
                }
            }
        }
    }

    @Test func `D17.7.5 the score is percent of the points, a high risk vetoes`() async throws {
        let house = try await SecurityHouse()
        let who = house.person("guardian")
        func unit(_ name: String, _ weight: Int64, _ score: Double, risk: Bool = false, application: String = "甲应用") async throws {
            let values: [String: JSONValue] = [
                "year": 2026, "application": .string(application), "layer": "应用和数据", "unit": .string(name), "weight": .int(weight), "score": .double(score),
                "isHighRisk": .bool(risk),
            ]
            _ = try await house.platform.ledgers.create("cryptoAssessment", Draft(values), by: who)
        }
        try await unit("单元一", 10, 8)
        try await unit("单元二", 30, 17.2)
        try await unit("单元一", 10, 10, risk: true, application: "乙应用")
        let results = try await house.platform.database.read { try CryptoAssessmentSum.results($0) }
        #expect(results.map(\.application) == ["乙应用", "甲应用"] || results.map(\.application) == ["甲应用", "乙应用"])
        let first = results.first { $0.application == "甲应用" }, second = results.first { $0.application == "乙应用" }
        #expect(first?.score == 63 && first?.passes == true)
        #expect(second?.score == 100 && second?.passes == false)
    }

    @Test func `D17.11.1 the register takes over what ledgers mark as personal`() async throws {
        let house = try await SecurityHouse()
        try await house.test { client in
            try await client.execute(uri: "/security/personal-data", method: .get, headers: SecurityHouse.bearer("officer")) { #expect($0.status == .forbidden) }
            try await client.execute(uri: "/security/personal-data", method: .get, headers: SecurityHouse.bearer("guardian")) { answer in
                #expect(answer.status == .ok && String(buffer: answer.body).contains("外来设备检查"))
            }
            try await client.execute(uri: "/security/personal-data", method: .post, headers: SecurityHouse.bearer("guardian", json: true), body: ByteBuffer(string: "{}")) {
                #expect($0.status.code < 400)
            }
        }
        let rows = try await house.platform.database.read { try $0.count("SELECT count(*) FROM personal_data_registry WHERE source = '外来设备检查' AND item = '携带人' AND kind = 'name'") }
        #expect(rows == 1)
    }
}

@Suite("D17.14.5 安全流程")
struct SecurityWorkflowTests {
    private func start(_ house: SecurityHouse, _ workflow: String, _ values: [String: JSONValue], by login: String = "guardian") async throws -> WorkflowCase {
        let principal = house.person(login)
        return try await house.platform.database.write { [workflows = house.platform.workflows] tx in
            try workflows.start(CaseDraft(workflow, values: values), by: principal, in: tx)
        }
    }

    @Test func `off-boarding lists what is held and does not close before it was taken back`() async throws {
        let house = try await SecurityHouse()
        let identity = house.platform.identity, leaver = house.person("leaver")
        await #expect(throws: Failure.self) { _ = try await start(house, "offboarding", ["login": "keiner", "leavesOn": "2026-11-30", "reason": "辞职"]) }
        let item = try await start(house, "offboarding", ["login": "leaver", "leavesOn": "2026-11-30", "reason": "辞职"])
        let held = item.data["held"]?.string ?? ""
        #expect(held.contains("账号 1 项") && held.contains("角色 1 项：市级监管"))
        do {
            try await house.move(item.id, "withdrawn", ["withdrawn": "已办"], by: "sysadmin")
            Issue.record("closed although roles are held")
        } catch let failure as Failure { #expect(failure.code == "JW-SE10" && failure.message.contains("市级监管")) }
        try await house.platform.database.write { tx in
            try tx.execute("UPDATE users SET state = 'frozen' WHERE id = \(leaver.id)")
            try tx.execute("DELETE FROM user_roles WHERE user_id = \(leaver.id)")
        }
        let after = try await house.platform.database.read { try identity.holdings(of: leaver.id, at: house.platform.clock.now, $0) }
        #expect(after.isEmpty)
        try await house.move(item.id, "withdrawn", ["withdrawn": "已停用并撤销"], by: "sysadmin")
        try await house.move(item.id, "returned", ["cards": true, "keys": true, "devices": true, "papers": true], by: "guardian")
        await #expect(throws: Failure.self) { try await house.move(item.id, "close", ["isPromised": false], by: "guardian") }
        // What came back meanwhile is seen again at the end.
        try await house.platform.database.write { tx in try tx.execute("UPDATE users SET state = 'active' WHERE id = \(leaver.id)") }
        await #expect(throws: Failure.self) { try await house.move(item.id, "close", ["isPromised": true], by: "guardian") }
        try await house.platform.database.write { tx in try tx.execute("UPDATE users SET state = 'frozen' WHERE id = \(leaver.id)") }
        let done = try await house.move(item.id, "close", ["isPromised": true], by: "guardian")
        #expect(done.state == .ended && done.outcome == "done")
    }

    @Test func `leaving by hand-over begins the list by itself`() async throws {
        let house = try await SecurityHouse()
        let identity = house.platform.identity
        let moved = try await identity.users.depart(
            house.person("leaver").id, successor: house.person("officer").id, roles: false, handOvers: identity.handOvers, by: .system())
        #expect(moved.contains { $0.title == "离岗清单" && $0.count == 1 })
        let titles = try await house.platform.database.read {
            try $0.rows("SELECT title FROM workflow_cases WHERE workflow = 'offboarding' AND state = 'running'").compactMap { $0[0].text }
        }
        #expect(titles == ["leaver"])
    }

    @Test func `D17.9.5 the weakness follows its patch`() async throws {
        let house = try await SecurityHouse()
        for host in ["10.0.0.1", "10.0.0.2"] {
            let values: [String: JSONValue] = ["title": "弱套件", "reference": "CNNVD-1", "host": .string(host), "grade": "2", "foundOn": "2026-11-20"]
            _ = try await house.platform.ledgers.create("weakness", Draft(values), by: house.person("guardian"))
        }
        func states() async throws -> [String] { try await house.platform.database.read { try $0.rows("SELECT state FROM weakness ORDER BY id").compactMap { $0[0].text } } }
        let item = try await start(house, "patchManagement", ["reference": "CNNVD-1", "grade": "2", "description": "停用弱套件"])
        #expect(try await states() == ["patching", "patching"])
        try await house.move(item.id, "patch", ["assessment": "影响小"], by: "guardian")
        try await house.move(item.id, "patched", ["backup": "20261121-02", "package": "openssl 3.0.15", "record": "已升级"], by: "sysadmin")
        try await house.move(item.id, "close", ["result": "复测通过"], by: "guardian")
        #expect(try await states() == ["closed", "closed"])
    }

    @Test func `D17.13.2 a ticket collects its evidence from the book`() async throws {
        let house = try await SecurityHouse()
        try await house.platform.database.write { tx in
            var stranger = Principal.system("某人")
            stranger.address = "203.0.113.9"
            try house.platform.audit.record(AuditEntry("loginFailed", "session", "", "登录失败：admin"), by: stranger, in: tx)
        }
        let item = try await start(house, "securityPlaybook", ["title": "口令猜测", "grade": "2", "address": "203.0.113.9", "description": "多次失败"])
        let after = try await house.move(item.id, "accept", by: "guardian")
        #expect(after.data["auditCount"]?.int == 1 && after.data["audit"]?.string?.contains("登录失败：admin") == true)
    }

    @Test func `D17.2.7 nothing is handed over without papers, a leader's word and a copy; then it stands in the register`() async throws {
        let house = try await SecurityHouse()
        let asked: [String: JSONValue] = ["applicant": "law", "unit": "示例公安分局", "person": "示例", "kind": "video", "range": "1 号门 8 时至 9 时", "reason": "案件取证"]
        await #expect(throws: Failure.self) { _ = try await start(house, "recordAccessApproval", asked) }
        let item = try await start(house, "recordAccessApproval", asked.merging(["paper": "示例证件 001"]) { $1 })
        try await house.move(item.id, "genuine", ["checked": "证件属实"], by: "guardian")
        await #expect(throws: Failure.self) { try await house.move(item.id, "agree", by: "sysadmin") }
        try await house.move(item.id, "agree", by: "officer")
        let given: [String: JSONValue] = ["providedAt": .string(SecurityHouse.noon.rfc3339), "items": "一段录像", "copiesOnly": true, "hasPrivacy": true, "limits": "面部已遮挡，仅供办案"]
        for missing in ["copiesOnly", "limits"] {
            await #expect(throws: Failure.self, "\(missing)") { try await house.move(item.id, "given", given.filter { $0.key != missing }, by: "sysadmin") }
        }
        try await house.move(item.id, "given", given, by: "sysadmin")
        let row = try #require(try await house.platform.database.read { try $0.first("SELECT number, approved_by, provided_by, has_privacy FROM record_access") })
        #expect(row.text("number") == item.number && row.text("approved_by") == "officer" && row.text("provided_by") == "sysadmin" && row.bool("has_privacy"))
        // The register is the flow's: nobody writes it by hand.
        await #expect(throws: Failure.self) {
            try await house.platform.database.write { [ledgers = house.platform.ledgers] tx in
                _ = try ledgers.create("recordAccess", Draft(["number": "X"], area: "1301"), by: house.person("guardian"), in: tx)
            }
        }
    }

    @Test(arguments: [
        ("intrude", "10.0.1.5", nil, "unknown"), ("intrude", "10.0.1.5", RogueAccess.Entry(address: "10.0.1.5"), "allowed"),
        ("intrude", "10.0.1.6", RogueAccess.Entry(address: "10.0.1.5"), "moved"), ("intrude", "10.0.1.5", RogueAccess.Entry(address: "10.0.1.5", isCurrent: false), "ended"),
        ("outside", "10.0.1.5", RogueAccess.Entry(address: "10.0.1.5"), "forbidden"), ("outside", "10.0.1.5", RogueAccess.Entry(address: "10.0.1.5", mayGoOut: true), "allowed"),
        ("twoNets", "10.0.1.5", RogueAccess.Entry(address: "10.0.1.5", mayGoOut: true), "forbidden"),
        ("twoNets", "10.0.1.5", RogueAccess.Entry(address: "10.0.1.5", mayHaveTwoNets: true), "allowed"),
    ])
    func `D17.9.7 what is seen is set beside the register`(kind: String, address: String, entry: RogueAccess.Entry?, verdict: String) {
        #expect(RogueAccess.verdict(kind, at: address, entry) == verdict)
    }

    @Test func `D17.9.7 a strange device raises an alarm, a known one does not`() async throws {
        let house = try await SecurityHouse()
        let ledgers = house.platform.ledgers
        func write(_ ledger: String, _ values: [String: JSONValue]) async throws -> Record {
            try await house.platform.database.write { tx in try ledgers.create(ledger, Draft(values, area: "1301"), by: house.person("guardian"), in: tx) }
        }
        let device: [String: JSONValue] = ["title": "示例终端", "address": "10.0.1.5", "holder": "示例", "unit": "监管科", "admittedOn": .string(SecurityHouse.noon.day.text)]
        await #expect(throws: Failure.self) { _ = try await write("admittedDevice", device.merging(["mac": "00-1A-2B-3C-4D-XX"]) { $1 }) }
        _ = try await write("admittedDevice", device.merging(["mac": "00-1a-2b-3c-4d-5e"]) { $1 })
        let seen: [String: JSONValue] = ["at": .string(SecurityHouse.noon.rfc3339), "kind": "intrude"]
        let known = try await write("rogueAccess", seen.merging(["address": "10.0.1.5", "mac": "001A.2B3C.4D5E"]) { $1 })
        #expect(known.values["verdict"]?.text == "allowed" && known.values["owner"]?.text == "示例，监管科")
        let strange = try await write("rogueAccess", seen.merging(["address": "10.0.1.9", "mac": "00-00-00-00-00-01"]) { $1 })
        #expect(strange.values["verdict"]?.text == "unknown")
        #expect(try await house.platform.database.read { try $0.count("SELECT count(*) FROM alarms WHERE kind = 'rogueAccess'") } == 1)
    }

    @Test func `D17.3.4 a month's report stands once, says what was done, and is closed by an opinion`() async throws {
        let house = try await SecurityHouse()
        let reports = AuditReports(platform: house.platform)
        let day = SecurityHouse.noon.day
        let sections = try await house.platform.database.read { try reports.sections(from: day, to: day, $0) }
        #expect(sections.count == 5)
        let id = try await reports.make(from: day, to: day, by: house.person("reader"))
        await #expect(throws: Failure.self) { _ = try await reports.make(from: day, to: day, by: house.person("reader")) }
        await #expect(throws: Failure.self) { _ = try await reports.make(from: day, to: day.adding(days: 1), by: house.person("reader")) }
        #expect(try await reports.makeDue() == true)
        #expect(try await reports.makeDue() == false)
        try await house.test { client in
            let acts: [(String, String, HTTPResponse.Status)] = [
                ("x", "reader", .unprocessableContent), ("ok-checked", "officer", .forbidden), ("ok-checked", "reader", .seeOther), ("changed-mind", "reader", .conflict),
            ]
            for (opinion, login, wanted) in acts {
                var headers = SecurityHouse.bearer(login)
                headers[.contentType] = "application/x-www-form-urlencoded"
                let status = try await client.execute(uri: "/security/audit-reports/\(id)", method: .post, headers: headers, body: ByteBuffer(string: "opinion=\(opinion)")) {
                    $0.status
                }
                #expect(status == wanted, "\(login) \(opinion)")
            }
        }
    }

    @Test func `D17.14.7, D17.10.2, D17.13.4: nobody skips approval, backup or witness`() async throws {
        let house = try await SecurityHouse()
        let medium = try await start(house, "dataDestruction", ["medium": "JZ-001", "level": "3", "reason": "报废", "method": "粉碎"], by: "sysadmin")
        await #expect(throws: Failure.self) { try await house.move(medium.id, "approve", by: "sysadmin") }
        try await house.move(medium.id, "approve", by: "guardian")
        let change = try await start(
            house, "securityChange",
            ["title": "升级", "kind": "patch", "systems": "数据库", "reason": "修复", "impact": "只读十分钟", "plan": "备份升级", "fallback": "恢复备份", "window": "2026-11-22T02:00:00+08:00"],
            by: "sysadmin")
        try await house.move(change.id, "approve", by: "guardian")
        do {
            try await house.move(change.id, "done", ["doneAt": "2026-11-21T03:00:00+08:00", "record": "已升级"], by: "sysadmin")
            Issue.record("a change without a backup")
        } catch let failure as Failure { #expect(failure.fields.map(\.field) == ["backup"]) }
        let incident = try await start(house, "securityIncident", ["title": "可疑邮件", "seenAt": "2026-11-21T09:00:00+08:00", "description": "仿冒登录页面"], by: "officer")
        await #expect(throws: Failure.self) { try await house.move(incident.id, "leak", ["kind": "data", "grade": "4", "judgement": "泄密"], by: "officer") }
        let leak = try await house.move(incident.id, "leak", ["kind": "data", "grade": "4", "judgement": "疑似泄密"], by: "guardian")
        #expect(leak.state == .running)
    }
}
