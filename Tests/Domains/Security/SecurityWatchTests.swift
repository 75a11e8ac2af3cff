import Alarms
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

@Suite("D16.2.2 操作习惯")
struct ConductBaselineTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let past: [ConductBaseline.DayOfWork]
        let day: ConductBaseline.DayOfWork
        let deviates: [String]
    }

    static func work(_ acts: Int = 40, exports: Int = 1, reveals: Int = 0, deletions: Int = 0, hours: ClosedRange<Int> = 9...16, address: String = "10.0.0.5")
        -> ConductBaseline.DayOfWork
    {
        .init(acts: acts, exports: exports, reveals: reveals, deletions: deletions, hours: Set(hours), addresses: [address])
    }

    static let month = (0..<20).map { work(35 + $0 % 10, exports: $0 % 3) }

    static let examples: [Example] = [
        Example(testDescription: "与平时一样", past: month, day: work(), deviates: []),
        Example(testDescription: "略多不算", past: month, day: work(78, exports: 3), deviates: []),
        Example(testDescription: "操作次数翻几倍", past: month, day: work(400), deviates: ["操作"]),
        Example(testDescription: "大量导出", past: month, day: work(exports: 12), deviates: ["导出"]),
        Example(testDescription: "从不查看原文的人查看了二十次", past: month, day: work(reveals: 20), deviates: ["查看个人信息原文"]),
        Example(testDescription: "少量查看不算", past: month, day: work(reveals: 5), deviates: []),
        Example(testDescription: "深夜操作", past: month, day: work(hours: 9...23), deviates: ["时段"]),
        Example(testDescription: "早一小时不算", past: month, day: work(hours: 8...16), deviates: []),
        Example(testDescription: "一个新地址不算", past: month, day: work(address: "10.0.0.9"), deviates: []),
        Example(
            testDescription: "两个新地址", past: month, day: .init(acts: 40, exports: 1, hours: [9, 10], addresses: ["203.0.113.1", "203.0.113.2"]), deviates: ["来源"]),
        Example(testDescription: "所知太少，不作判断", past: Array(month.prefix(4)), day: work(4000, exports: 99, hours: 0...23), deviates: []),
        Example(testDescription: "新人没有记录", past: [], day: work(4000), deviates: []),
    ]

    @Test(arguments: examples)
    func deviations(_ example: Example) {
        let found = ConductBaseline(example.past).deviations(of: example.day)
        #expect(found.map(\.what) == example.deviates)
        for one in found { #expect(!one.explanation.isEmpty) }
    }

    @Test func `the book is read into days, a departure is an alarm that says why`() async throws {
        let house = try await SecurityHouse()
        let yesterday = SecurityHouse.noon.day.adding(days: -1)
        let officer = house.person("officer")
        try await house.platform.database.write { tx in
            for offset in 0..<10 {
                let trail = AuditTrail(clock: .fixed(yesterday.adding(days: offset - 10).start.adding(seconds: 36_000)))
                for _ in 0..<5 { try trail.record(AuditEntry("read", "weakness", "1", "查看"), by: officer, in: tx) }
            }
            let trail = AuditTrail(clock: .fixed(yesterday.start.adding(seconds: 3 * 3600)))
            for _ in 0..<9 { try trail.record(AuditEntry("export", "weakness", "", "导出"), by: officer, in: tx) }
        }
        let days = try await house.platform.database.read { try ConductBaseline.days(from: yesterday.adding(days: -30), to: yesterday, $0) }
        #expect(days[officer.id]?.days[yesterday]?.exports == 9 && days[officer.id]?.days[yesterday]?.hours == [3])
        let count = try await ConductPages(platform: house.platform).judge()
        #expect(count == 1)
        let alarm = try await house.platform.database.read { try $0.first("SELECT title FROM alarms WHERE kind = 'unusualConduct'") }
        #expect(alarm?.text("title")?.contains("导出、时段") == true)
        try await house.test { client in
            try await client.execute(uri: "/security/conduct?day=\(yesterday.text)", method: .get, headers: SecurityHouse.bearer("reader")) { answer in
                #expect(answer.status == .ok && String(buffer: answer.body).contains("当日导出 9 次"))
            }
            try await client.execute(uri: "/security/conduct", method: .get, headers: SecurityHouse.bearer("county")) { #expect($0.status == .forbidden) }
        }
    }
}

@Suite("D17.9.8 入侵事件与态势")
struct SecurityEventTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: SecurityEvent.Facts
        let grade: Int
    }

    static let examples: [Example] = [
        Example(testDescription: "严重告警，核心资产，有弱点，影响业务", facts: .init(severity: 1, worth: 1, openWeaknesses: 2, affectsBusiness: true), grade: 1),
        Example(testDescription: "严重告警，核心资产", facts: .init(severity: 1, worth: 1), grade: 1), Example(testDescription: "严重告警，重要资产", facts: .init(severity: 1, worth: 2), grade: 2),
        Example(testDescription: "严重告警，未知资产", facts: .init(severity: 1, worth: nil), grade: 3),
        Example(testDescription: "高危告警，核心资产，有弱点", facts: .init(severity: 2, worth: 1, openWeaknesses: 1), grade: 1),
        Example(testDescription: "高危告警，一般资产", facts: .init(severity: 2, worth: 3), grade: 4),
        Example(testDescription: "中危告警，一般资产，影响业务", facts: .init(severity: 3, worth: 3, affectsBusiness: true), grade: 4),
        Example(testDescription: "低危告警，核心资产", facts: .init(severity: 4, worth: 1), grade: 4),
    ]

    @Test(arguments: examples)
    func grades(_ example: Example) { #expect(SecurityEvent.grade(example.facts) == example.grade) }

    @Test func `an event over the API is graded by its asset and raises one alarm an attacker`() async throws {
        let house = try await SecurityHouse()
        let guardian = house.person("guardian"), ledgers = house.platform.ledgers
        _ = try await ledgers.create(
            "securityAsset", Draft(["code": "ZC-1", "title": "应用服务器", "kind": "服务器", "address": "10.0.8.11", "worth": "1", "keeper": "管理员"]), by: guardian)
        _ = try await ledgers.create("weakness", Draft(["title": "弱套件", "reference": "CNNVD-1", "host": "10.0.8.11", "grade": "2", "foundOn": "2026-11-20"]), by: guardian)
        try await house.test { client in
            for device in ["WAF-1", "IPS-1"] {
                let body =
                    "{\"values\":{\"title\":\"SQL 注入攻击\",\"at\":\"2026-11-21T11:00:00+08:00\",\"kind\":\"attack\",\"severity\":\"2\",\"device\":\"\(device)\",\"attacker\":\"203.0.113.9\",\"target\":\"10.0.8.11\"}}"
                try await client.execute(uri: "/api/v1/securityEvent", method: .post, headers: SecurityHouse.bearer("guardian", json: true), body: ByteBuffer(string: body)) {
                    #expect($0.status == .created)
                }
            }
            let forged = "{\"values\":{\"title\":\"扫描\",\"at\":\"2026-11-21T11:00:00+08:00\",\"kind\":\"attack\",\"severity\":\"4\",\"device\":\"WAF-1\",\"grade\":\"1\"}}"
            try await client.execute(uri: "/api/v1/securityEvent", method: .post, headers: SecurityHouse.bearer("guardian", json: true), body: ByteBuffer(string: forged)) {
                answer in
                #expect(answer.status == .unprocessableContent || String(buffer: answer.body).contains("\"grade\":\"4\""))
            }
            try await client.execute(uri: "/api/v1/securityEvent", method: .post, headers: SecurityHouse.bearer("officer", json: true), body: ByteBuffer(string: forged)) {
                #expect($0.status == .forbidden)
            }
            for view in ["", "?view=inside", "?view=outside", "?view=weaknesses", "?view=assets", "?view=threats"] {
                try await client.execute(uri: "/security/posture" + view, method: .get, headers: SecurityHouse.bearer("reader")) { #expect($0.status == .ok, "\(view)") }
            }
            try await client.execute(uri: "/security/posture", method: .get, headers: SecurityHouse.bearer("reader")) { #expect(String(buffer: $0.body).contains("全局风险")) }
            try await client.execute(uri: "/security/posture", method: .get, headers: SecurityHouse.bearer("county")) { #expect($0.status == .forbidden) }
        }
        let (grades, alarms, attackers) = try await house.platform.database.read { reader in
            (
                try reader.rows("SELECT grade, weaknesses FROM security_event WHERE attacker = '203.0.113.9'").map { "\($0[0].text ?? "")/\($0[1].int ?? 0)" },
                try reader.count("SELECT count(*) FROM alarms WHERE kind = 'intrusionEvent'"), try EventCentre.attackers(since: SecurityHouse.noon.adding(seconds: -86_400), reader)
            )
        }
        #expect(grades == ["1/1", "1/1"] && alarms == 1)
        #expect(attackers.map(\.address) == ["203.0.113.9"] && attackers.first?.isGlobal == true && attackers.first?.devices == 2)
    }
}

@Suite("D17.4.4 程序与页面文件防篡改")
struct ProgramGuardTests {
    @Test func `what was changed, added or removed is named`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "jw-guard-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/static/js", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(filePath: folder + "/" + name)) }
        try write("program", "one")
        try write("static/app.css", "a")
        try write("static/js/app.js", "b")
        let watch = ProgramGuard(files: [folder + "/program"], folders: [folder + "/static", folder + "/none"])
        #expect(try watch.take() == 3)
        #expect(try watch.differences() == [])
        try write("static/js/app.js", "c")
        try write("static/js/evil.js", "d")
        try FileManager.default.removeItem(atPath: folder + "/static/app.css")
        #expect(try watch.differences() == ["\(folder)/static/app.css 被删除", "\(folder)/static/js/app.js 内容被改动", "\(folder)/static/js/evil.js 新增"])
        try write("static/js/app.js", "b")
        try write("static/app.css", "a")
        try FileManager.default.removeItem(atPath: folder + "/static/js/evil.js")
        #expect(try watch.differences() == [])
    }
}
