import Alarms
import Features
import GateOffice
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kernel
import MobileSources
import NIOCore
import Storage
import Testing
import Watches
import Web

/// A rule is written, tried, published and stopped through its pages, as an administrator would.
@Suite("A-18 自定义规则：试运行、发布、研判与停用")
struct OwnRuleTests {
    private static func post(_ client: some TestClientProtocol, _ path: String, _ fields: [(String, String)], as login: String = "city") async throws -> HTTPResponse.Status {
        let body = fields.map { "\($0.0)=\(FormEncoding.encode($0.1))" }.joined(separator: "&")
        let headers: HTTPFields = [.authorization: "Bearer \(login)", .contentType: "application/x-www-form-urlencoded"]
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: body)) { $0.status }
    }

    private static func page(_ client: some TestClientProtocol, _ path: String, as login: String = "city") async throws -> String {
        try await client.execute(uri: path, method: .get, headers: GateHouse.cookie(login)) { String(buffer: $0.body) }
    }

    /// 同一车辆在同一企业当日进厂达到三次.
    private static func write(_ client: some TestClientProtocol) async throws {
        #expect(try await post(client, "/own-rules/new", [("title", "同车一日多次进厂"), ("stream", "pass")]).code < 400)
        let settings = [("title", "同车一日多次进厂"), ("groupedBy", "vehicle"), ("times", "3"), ("windowHours", "0"), ("grade", "2"), ("receivers", "role:city")]
        #expect(try await post(client, "/own-rules/1/settings", settings).code < 400)
        #expect(try await post(client, "/own-rules/1/conditions/new", [("fact", "direction"), ("is", "oneOf"), ("value", "1")]).code < 400)
    }

    @Test func aRuleIsTriedPublishedAndJudgesBehindTheIngest() async throws {
        let house = try await GateHouse()
        let watch = OwnRuleWatch(rules: OwnRules(gates: house.gates, platform: house.platform))
        for serial in 1...4 { try await house.pass("冀A12345", Int64(serial), of: house.steel) }
        try await house.pass("冀A12345", 1, of: house.cement)
        try await Application(router: house.router).test(.router) { client in
            try await Self.write(client)
            let trial = try await Self.page(client, "/own-rules/1/trial?span_from=2026-11-21&span_to=2026-11-21")
            #expect(trial.contains("第 3 次") && trial.contains("第 4 次") && trial.contains("方向 属于 进厂，实际 进厂"))
            #expect(try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM alarms WHERE kind = 'ownRule'") } == 0)
            // A draft judges nothing; a published rule judges what is written from then on, together with what was there.
            #expect(try await watch.tick() == 0)
            #expect(try await Self.post(client, "/own-rules/1/publish", [("note", "试用一周")]).code < 400)
            #expect(try await watch.tick() == 0)
            try await house.pass("冀A12345", 5, of: house.steel)
            try await house.pass("冀A12345", 2, of: house.cement)
            #expect(try await watch.tick() == 1)
            #expect(try await watch.tick() == 0)
            try await house.pass("冀A12345", 6, of: house.steel)
            #expect(try await watch.tick() == 1)
            let alarm = try #require(try await house.platform.database.read { try $0.first("SELECT * FROM alarms WHERE kind = 'ownRule'") })
            #expect(alarm.int("times") == 2 && alarm.int("grade") == 2 && alarm.int("rule_version") == 1 && alarm.text("subject") == "规则1 冀A12345黄")
            let reasons = alarm.text("reasons") ?? ""
            #expect(reasons.contains("方向 属于 进厂，实际 进厂") && reasons.contains("同一车辆在同一企业当日第 5 次，规则为达到 3 次"))
            #expect(try await Self.post(client, "/own-rules/1/stop", []).code < 400)
            try await house.pass("冀A12345", 7, of: house.steel)
            #expect(try await watch.tick() == 0)
            #expect(try await Self.post(client, "/own-rules/1/resume", []).code < 400)
            #expect(try await watch.tick() == 0)
        }
    }

    @Test func scopeAndWrongInput() async throws {
        let house = try await GateHouse()
        try await Application(router: house.router).test(.router) { client in
            try await Self.write(client)
            #expect(try await Self.post(client, "/own-rules/1/conditions/new", [("fact", "stage"), ("is", "atMost"), ("value", "viel")]) == .unprocessableContent)
            #expect(try await Self.post(client, "/own-rules/1/settings", [("title", "x"), ("groupedBy", "vehicle"), ("times", "0"), ("grade", "1")]) == .unprocessableContent)
            #expect(
                try await Self.post(client, "/own-rules/1/settings", [("title", "x"), ("groupedBy", "vehicle"), ("hoursFrom", "25:00"), ("grade", "1")]) == .unprocessableContent)
            // A county sees neither the city's rule nor what its own rule may not see.
            #expect(try await Self.post(client, "/own-rules/1/publish", [], as: "county") == .notFound)
            #expect(!(try await Self.page(client, "/own-rules", as: "county")).contains("同车一日多次进厂"))
            #expect(try await Self.post(client, "/own-rules/new", [("title", "本区"), ("stream", "pass")], as: "county").code < 400)
            #expect(try await Self.post(client, "/own-rules/new", [("title", "企业"), ("stream", "pass")], as: "steel") == .forbidden)
        }
    }

    @Test func theOneThatFailsIsSetAsideAndTheOthersGoOn() async throws {
        let house = try await GateHouse()
        let watch = OwnRuleWatch(rules: OwnRules(gates: house.gates, platform: house.platform))
        try await Application(router: house.router).test(.router) { client in
            for id in 1...2 {
                _ = try await Self.post(client, "/own-rules/new", [("title", "规则\(id)"), ("stream", "pass")])
                _ = try await Self.post(client, "/own-rules/\(id)/conditions/new", [("fact", "direction"), ("is", "oneOf"), ("value", "1")])
                _ = try await Self.post(client, "/own-rules/\(id)/publish", [])
            }
            // The first one cannot be read any more.
            let broken = #"{"title":"x","rule":{"when":[{}]}}"#
            _ = try await house.platform.database.write { try $0.execute("UPDATE own_rule SET live = \(broken) WHERE id = 1") }
            for serial in 1...3 {
                try await house.pass("冀A12345", Int64(serial), of: house.steel)
                #expect(try await watch.tick() == 1)
            }
            let states = try await house.platform.database.read { try $0.rows("SELECT state, faults FROM own_rule ORDER BY id").map { "\($0[0].text ?? "") \($0[1].int ?? 0)" } }
            #expect(states == ["failed 3", "live 0"])
            _ = try await house.platform.database.write { try $0.execute("UPDATE own_rule SET live = draft WHERE id = 1") }
            #expect(try await Self.post(client, "/own-rules/1/resume", []).code < 400)
            // It goes on where it failed.
            #expect(try await watch.tick() == 3)
        }
    }
}
