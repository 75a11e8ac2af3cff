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
import Web

@Suite("D17.3.6、D17.9.8 日志的页面与攻击事件")
struct LogPageTests {
    private let noon = SecurityHouse.noon

    private func line(_ text: String, from address: String = "10.0.0.1") -> LogArrival { LogArrival(address: address, bytes: Array(text.utf8), way: .udp, at: noon) }

    private func prepare(_ house: SecurityHouse) async throws {
        let logs = house.platform.logs, guardian = house.person("guardian")
        var body = LogRule.Body()
        body.kind = .pattern
        body.pattern = "attack (?<t>\\S+) (?<s>[0-9.]+) (?<d>[0-9.]+)"
        body.mapping = ["t": .threat, "s": .sourceAddress, "d": .targetAddress]
        body.isEvent = true
        let rule = body
        try await house.platform.database.write { tx in
            try logs.keepSource(nil, name: "入侵防御", address: "10.0.0.1", kind: .intrusion, isOn: true, note: "", by: guardian, in: tx)
            try logs.keepRule(nil, title: "攻击", position: 1, isOn: true, source: nil, body: rule, by: guardian, in: tx)
        }
    }

    @Test func `attacks in lines become graded events with alarms, once`() async throws {
        let house = try await SecurityHouse()
        try await prepare(house)
        let attacks = (0..<7).map { line("<129>1 - ips01 ips - - - attack 注入 203.0.113.\($0 % 2) 10.0.8.11") }
        try await house.platform.logs.write(attacks + [line("<134>1 - ips01 ips - - - quiet")])
        let events = LogEvents(platform: house.platform)
        #expect(try await events.run() == 2)
        #expect(try await events.run() == 0)
        let (rows, alarms) = try await house.platform.database.read { reader in
            (
                try reader.rows("SELECT title, attacker, target, device, severity FROM security_event ORDER BY attacker"),
                try reader.count("SELECT count(*) FROM alarms WHERE kind = 'intrusionEvent'")
            )
        }
        #expect(rows.map { $0.text("attacker") } == ["203.0.113.0", "203.0.113.1"])
        #expect(rows.first?.text("title") == "注入（4 条）" && rows.first?.text("device") == "入侵防御" && rows.first?.text("severity") == "1")
        #expect(alarms == 0 || alarms == 2)
    }

    @Test func `who may see, and what is said on the pages`() async throws {
        let house = try await SecurityHouse()
        try await prepare(house)
        try await house.platform.logs.write([line("<129>1 - ips01 ips - - - attack <b>x</b> 203.0.113.1 10.0.8.11"), line("<13>x", from: "192.0.2.9")])
        try await house.test { client in
            for path in ["/security/logs", "/security/log-sources", "/security/log-rules", "/security/logs/today", "/security/logs/raw", "/security/logs/export?format=csv"] {
                for (login, status) in [("guardian", HTTPResponse.Status.ok), ("reader", .ok), ("officer", .forbidden)] {
                    try await client.execute(uri: path, method: .get, headers: SecurityHouse.bearer(login)) { #expect($0.status == status, "\(path) \(login)") }
                }
            }
            try await client.execute(uri: "/security/logs?sourceAddress=203.0.113.1", method: .get, headers: SecurityHouse.bearer("guardian")) { answer in
                let page = String(buffer: answer.body)
                #expect(page.contains("&lt;b&gt;x&lt;/b&gt;") && !page.contains("<b>x</b>"))
            }
            try await client.execute(uri: "/security/logs/raw", method: .get, headers: SecurityHouse.bearer("guardian")) { answer in
                #expect(String(buffer: answer.body) == "<129>1 - ips01 ips - - - attack <b>x</b> 203.0.113.1 10.0.8.11\n")
            }
            try await client.execute(uri: "/security/log-sources", method: .get, headers: SecurityHouse.bearer("guardian")) { answer in
                #expect(String(buffer: answer.body).contains("192.0.2.9"))
            }
            try await client.execute(uri: "/security/log-sources/new", method: .get, headers: SecurityHouse.bearer("reader")) { #expect($0.status == .forbidden) }
        }
        let exports = try await house.platform.database.read { try $0.count("SELECT count(*) FROM audit WHERE object_kind = 'log' AND action = 'export'") }
        #expect(exports == 5)
    }
}
