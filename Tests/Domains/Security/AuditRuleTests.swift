import Features
import Foundation
import HTTPTypes
import HummingbirdTesting
import Identity
import Kernel
import Logs
import NIOCore
import Security
import Storage
import Testing
import Watches
import Web

/// Auditors write, try, publish and stop their own rules through their pages.
@Suite("D16.2.2、D17.3.3 审计规则")
struct AuditRuleTests {
    private func post(_ client: some TestClientProtocol, _ path: String, _ fields: [(String, String)], as login: String = "reader") async throws -> HTTPResponse.Status {
        let body = fields.map { "\($0.0)=\(FormEncoding.encode($0.1))" }.joined(separator: "&")
        var headers = SecurityHouse.bearer(login)
        headers[.contentType] = "application/x-www-form-urlencoded"
        return try await client.execute(uri: "/security/audit-rules" + path, method: .post, headers: headers, body: ByteBuffer(string: body)) { $0.status }
    }

    private func page(_ client: some TestClientProtocol, _ path: String, as login: String = "reader") async throws -> String {
        var headers = SecurityHouse.bearer(login)
        headers[.accept] = "text/html"
        return try await client.execute(uri: "/security/audit-rules" + path, method: .get, headers: headers) { String(buffer: $0.body) }
    }

    private func act(_ house: SecurityHouse, _ action: String, _ summary: String = "查看", by login: String = "officer", hoursAgo: Int64 = 0) async throws {
        let trail = AuditTrail(clock: .fixed(SecurityHouse.noon.adding(seconds: -3600 * hoursAgo)))
        var person = house.person(login)
        person.address = "10.1.1.1"
        let who = person
        try await house.platform.database.write { tx in try trail.record(AuditEntry(action, "weakness", "7", summary), by: who, in: tx) }
    }

    private func alarms(_ house: SecurityHouse) async throws -> [String] {
        try await house.platform.database.read { try $0.rows("SELECT title FROM alarms WHERE kind = 'auditRule' ORDER BY id").compactMap { $0.text("title") } }
    }

    private let rule = [("title", "反复导出弱点"), ("groupedBy", "actor"), ("times", "3"), ("windowHours", "2"), ("grade", "2")]

    @Test func `a count within a window over the book, tried, published, hit, stopped`() async throws {
        let house = try await SecurityHouse()
        let watch = OwnRuleWatch(rules: AuditRules.desk(on: house.platform))
        for hours in [30, 29, 28] as [Int64] { try await act(house, "export", "导出弱点清单", hoursAgo: hours) }
        try await house.test { client in
            #expect(try await post(client, "/new", [("title", "反复导出弱点"), ("stream", "audit")]).code < 400)
            #expect(try await post(client, "/1/settings", rule).code < 400)
            #expect(try await post(client, "/1/conditions/new", [("fact", "action"), ("is", "oneOf"), ("value", "export")]).code < 400)
            #expect(try await post(client, "/1/conditions/new", [("fact", "summary"), ("is", "includes"), ("value", "弱点")]).code < 400)
            #expect(try await post(client, "/1/conditions/new", [("fact", "roles"), ("is", "contains"), ("value", "city")]).code < 400)
            // Each pair of the three stands within two hours, never all of them.
            #expect(try await page(client, "/1/trial?span_from=2026-11-20&span_to=2026-11-21").contains("满足条件"))
            #expect(try await post(client, "/1/publish", [("note", "试用")]).code < 400)
            for _ in 0..<3 { try await act(house, "export", "导出弱点清单") }
            for _ in 0..<5 { try await act(house, "export", "导出别的") }
            for _ in 0..<5 { try await act(house, "export", "导出弱点清单", by: "guardian") }
            #expect(try await watch.tick() == 1)
            #expect(try await watch.tick() == 0)
            #expect(try await alarms(house) == ["反复导出弱点：officer 导出：导出弱点清单"])
            let shown = try await page(client, "/1")
            #expect(shown.contains("最近命中") && shown.contains("第 3 次"))
            let trial = try await page(client, "/1/trial?span_from=2026-11-20&span_to=2026-11-21")
            #expect(trial.contains("第 3 次") && trial.contains("操作人现任角色"))
            #expect(try await post(client, "/1/stop", []).code < 400)
            for _ in 0..<3 { try await act(house, "export", "导出弱点清单") }
            #expect(try await watch.tick() == 0)
        }
    }

    @Test func `a combination of sensitive acts by one person`() async throws {
        let house = try await SecurityHouse()
        let watch = OwnRuleWatch(rules: AuditRules.desk(on: house.platform))
        try await house.test { client in
            #expect(try await post(client, "/new", [("title", "看原文又导出又删除"), ("stream", "audit")]).code < 400)
            let settings = [("title", "看原文又导出又删除"), ("groupedBy", "actor"), ("times", "1"), ("windowHours", "0"), ("grade", "1"), ("together", "reveal")]
            #expect(try await post(client, "/1/settings", settings) == .unprocessableContent)
            #expect(try await post(client, "/1/settings", settings + [("together", "export"), ("together", "delete")]).code < 400)
            #expect(try await post(client, "/1/publish", []).code < 400)
            #expect(try await page(client, "/1").contains("都出现"))
            try await act(house, "reveal")
            try await act(house, "export")
            try await act(house, "delete", by: "leaver")
            #expect(try await watch.tick() == 0)
            try await act(house, "update")
            #expect(try await watch.tick() == 0)
            try await act(house, "delete")
            #expect(try await watch.tick() == 1)
            #expect(try await alarms(house).count == 1)
        }
    }

    @Test func `over the logs of other machines, by the address they name`() async throws {
        let house = try await SecurityHouse()
        let watch = OwnRuleWatch(rules: AuditRules.desk(on: house.platform)), logs = house.platform.logs, guardian = house.person("guardian")
        var body = LogRule.Body()
        body.mapping = ["src": .sourceAddress]
        let rule = body
        try await house.platform.database.write { tx in
            try logs.keepSource(nil, name: "边界防火墙", address: "10.0.0.1", kind: .firewall, isOn: true, note: "", by: guardian, in: tx)
            try logs.keepRule(nil, title: "键值", position: 1, isOn: true, source: nil, body: rule, by: guardian, in: tx)
        }
        @Sendable func send(_ lines: [String]) async throws {
            try await logs.write(lines.map { LogArrival(address: "10.0.0.1", bytes: Array($0.utf8), way: .udp, at: SecurityHouse.noon) })
        }
        try await house.test { client in
            #expect(try await post(client, "/new", [("title", "被拒后仍试"), ("stream", "log")]).code < 400)
            #expect(
                try await post(client, "/1/settings", [("title", "被拒后仍试"), ("groupedBy", "sourceAddress"), ("times", "4"), ("windowHours", "1"), ("grade", "2")]).code < 400)
            #expect(try await post(client, "/1/conditions/new", [("fact", "text"), ("is", "includes"), ("value", "DENY")]).code < 400)
            #expect(try await post(client, "/1/conditions/new", [("fact", "severity"), ("is", "atMost"), ("value", "4")]).code < 400)
            #expect(try await post(client, "/1/conditions/new", [("fact", "sourceKind"), ("is", "oneOf"), ("value", "firewall")]).code < 400)
            #expect(try await post(client, "/1/publish", []).code < 400)
            try await send((0..<3).map { _ in "<132>Nov 21 11:50:00 fw p: deny src=203.0.113.9" } + (0..<6).map { "<132>Nov 21 11:50:00 fw p: deny src=203.0.113.\($0)" })
            try await send((0..<9).map { _ in "<134>Nov 21 11:50:00 fw p: deny src=203.0.113.8" })
            #expect(try await watch.tick() == 0)
            try await send(["<132>Nov 21 11:51:00 fw p: Deny src=203.0.113.9"])
            #expect(try await watch.tick() == 1)
            #expect(try await alarms(house).first?.hasPrefix("被拒后仍试：边界防火墙") == true)
            #expect(try await page(client, "/1").contains("203.0.113.9"))
        }
    }

    @Test func `auditors' own acts are shown, room that ends is an alarm`() async throws {
        let house = try await SecurityHouse()
        try await act(house, "verify", "校验审计日志", by: "reader")
        try await act(house, "export", "导出弱点清单", by: "officer")
        let guarding = AuditGuard(platform: house.platform)
        try await guarding.warn(free: 100 << 30)
        try await guarding.warn(free: 1 << 20)
        let grades = try await house.platform.database.read { try $0.rows("SELECT grade FROM alarms WHERE kind = 'auditSpace'").count }
        #expect(grades == 1)
        try await house.test { client in
            var headers = SecurityHouse.bearer("reader")
            headers[.accept] = "text/html"
            try await client.execute(uri: "/security/audit-guard", method: .get, headers: headers) { answer in
                let page = String(buffer: answer.body)
                #expect(page.contains("校验审计日志") && !page.contains("导出弱点清单") && page.contains("可用内存"))
            }
        }
    }

    @Test func `the desk is the auditors' own`() async throws {
        let house = try await SecurityHouse()
        try await house.test { client in
            for login in ["guardian", "officer", "sysadmin"] {
                let status = try await post(client, "/new", [("title", "x"), ("stream", "audit")], as: login)
                // Everything (`*`) is the system administrator's until the session withholds what 三员分立 keeps from them.
                #expect(status == .forbidden || login == "sysadmin")
            }
            #expect(try await post(client, "/new", [("title", "别处的来源"), ("stream", "pass")]) == .notFound)
        }
        let acts = try await house.platform.database.read { try $0.count("SELECT count(*) FROM own_rule") }
        #expect(acts == 0)
    }
}
