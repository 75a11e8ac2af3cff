import Cryptography
import DataServices
import Features
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import NIOCore
import Storage
import Testing
import Web
import Workflows

@Suite("B5.5 数据服务")
struct DataServiceTests {
    /// Two trucks, an interface over them, an application with a granted right.
    struct Desk {
        let house: LedgerHouse
        let service: Int64
        let key: String
        let secret: String
        let application: Int64

        var engine: DataServiceEngine { house.platform.dataServices }
        var database: any Database { house.platform.database }

        init() async throws {
            let house = try await LedgerHouse.furnished()
            self.house = house
            try await house.platform.workflows.load()
            let (engine, admin) = (house.platform.dataServices, house.admin)
            var draft = DataService(name: "trucks", title: "运输车辆查询", category: "车辆", details: "", level: .inner, ledger: "truck")
            draft.outputs = [
                .init(field: "plateNo", mask: .none), .init(field: "stage", mask: .none), .init(field: "owner", mask: .partial), .init(field: "phone", mask: .hidden),
                .init(field: "vin", mask: .none),
            ]
            draft.parameters = [
                .init(name: "plate", field: "plateNo", comparison: .eq, isRequired: false, fallback: nil),
                .init(name: "stage", field: "stage", comparison: .in, isRequired: true, fallback: "5,6"),
            ]
            draft.maximumRows = 1
            let kept = draft
            let made = try await house.platform.database.write { tx -> (Int64, Int64, String, String) in
                let id = try engine.keep(kept, by: admin, in: tx)
                try engine.set(.online, of: id, by: admin, in: tx)
                let (application, secret) = try engine.register(name: "监测平台", contact: "赵工", addresses: "", by: admin, in: tx)
                let key = try engine.application(application, by: admin, in: tx).key
                let item = try engine.apply(try engine.service(id, in: tx), for: application, purpose: "与监测平台对接", dailyLimit: 3, by: admin, in: tx)
                let step = try tx.value("SELECT id FROM workflow_steps WHERE case_id = \(item.caseId) AND state = 'open'")?.int ?? 0
                try house.platform.workflows.move(CaseMove(step: step, "approve", values: ["months": 6]), by: .system(), in: tx)
                return (id, application, key, secret)
            }
            (service, application, key, secret) = made
        }

        func call(_ query: [(String, String)], token: String?, headers: [String: String] = [:], address: String = "10.0.0.9", service: String = "trucks") -> DataCall {
            DataCall(
                method: "GET", service: service, pathWithQuery: "/data/v1/\(service)?" + query.map { "\($0.0)=\($0.1)" }.joined(separator: "&"),
                parameters: query.map { (name: $0.0, value: $0.1) }, address: address, authorization: token.map { "Bearer \($0)" }, headers: headers, body: [])
        }

        func code(_ call: DataCall) async -> String {
            do {
                _ = try await engine.answer(call)
                return "200"
            } catch { return (error as? Failure)?.code ?? "\(error)" }
        }
    }

    @Test func answersWhoIsGranted() async throws {
        let desk = try await Desk()
        let token = try await desk.engine.token(key: desk.key, secret: desk.secret, address: "10.0.0.9")
        let first = try await desk.engine.answer(desk.call([("stage", "5,6")], token: token))
        #expect(first.rows.count == 1 && first.next != nil)
        let row = try #require(first.rows.first)
        #expect(row["owner"]?.string == "张*" && row["phone"]?.bool == true && row["stageTitle"]?.string?.isEmpty == false)
        let second = try await desk.engine.answer(desk.call([("stage", "5,6"), ("cursor", first.next ?? "")], token: token))
        #expect(second.rows.first?["plateNo"] != first.rows.first?["plateNo"])
        let named = try await desk.engine.answer(desk.call([("plate", "冀A10002")], token: token))
        #expect(named.rows.first?["plateNo"]?.string == "冀A10002")
        #expect(await desk.code(desk.call([], token: token)) == "JW-DS16", "three a day were granted")
        let log = try await desk.database.read { try $0.rows("SELECT status, rows FROM data_calls ORDER BY id").map { [$0[0].int, $0[1].int] } }
        #expect(log == [[200, 1], [200, 1], [200, 1], [429, 0]])
    }

    @Test func refusesEverybodyElse() async throws {
        let desk = try await Desk()
        let token = try await desk.engine.token(key: desk.key, secret: desk.secret, address: "10.0.0.9")
        #expect(await desk.code(desk.call([], token: nil)) == "JW-DS10")
        #expect(await desk.code(desk.call([], token: token + "0")) == "JW-DS11")
        #expect(await desk.code(desk.call([], token: token, service: "nothing")) == "JW-K404")
        #expect(await desk.code(desk.call([("wrong", "1"), ("limit", "50")], token: token)) == "JW-K422")
        await #expect(throws: Failure.self) { try await desk.engine.token(key: desk.key, secret: "no", address: "10.0.0.9") }
        let (engine, admin, application, service) = (desk.engine, desk.house.admin, desk.application, desk.service)
        try await desk.database.write { tx in try engine.block("10.0.", reason: "扫描", by: admin, in: tx) }
        #expect(await desk.code(desk.call([], token: token)) == "JW-DS13")
        #expect(await desk.code(desk.call([], token: token, address: "10.1.0.9")) == "200")
        _ = try await desk.database.write { tx in try engine.renewSecret(application, by: admin, in: tx) }
        #expect(await desk.code(desk.call([], token: token, address: "10.1.0.9")) == "JW-DS11", "a new secret ends old tokens")
        try await desk.database.write { tx in try engine.set(.offline, of: service, by: admin, in: tx) }
    }

    @Test func believesSignatures() async throws {
        let desk = try await Desk()
        let time = String(LedgerHouse.noon.milliseconds)
        func signed(nonce: String, time: String, secret: String) -> DataCall {
            let path = "/data/v1/trucks?plate=1"
            let text = ["GET", path, time, nonce, SHA256.hash([UInt8]()).hex].joined(separator: "\n")
            let signature = HMAC.tag(.sha256, key: Array(secret.utf8), over: Array(text.utf8)).hex
            var call = desk.call([("plate", "1")], token: nil, headers: ["x-app-key": desk.key, "x-timestamp": time, "x-nonce": nonce, "x-signature": signature])
            call.pathWithQuery = path
            return call
        }
        #expect(await desk.code(signed(nonce: "12345678", time: time, secret: desk.secret)) == "200")
        #expect(await desk.code(signed(nonce: "12345678", time: time, secret: desk.secret)) == "JW-DS12", "a nonce is believed once")
        #expect(await desk.code(signed(nonce: "22345678", time: time, secret: "other")) == "JW-DS12")
        for far in ["1000", "-1", String(Int64.min), String(Int64.max)] { #expect(await desk.code(signed(nonce: "32345678", time: far, secret: desk.secret)) == "JW-DS12") }
    }

    @Test func showsNoMoreThanItsPublisherSees() async throws {
        let house = try await LedgerHouse.furnished()
        let engine = house.platform.dataServices
        var clerk = house.northClerk
        clerk.permissions.formUnion(["dataService.write"])
        var draft = DataService(name: "own", title: "本单位车辆", category: "车辆", details: "", level: .inner, ledger: "truck")
        draft.outputs = [.init(field: "plateNo", mask: .none)]
        let (kept, writer) = (draft, clerk)
        let service = try await house.platform.database.write { tx in try engine.service(try engine.keep(kept, by: writer, in: tx), in: tx) }
        let answer = try await engine.test(service, [], by: clerk)
        #expect(answer.rows.map { $0["plateNo"]?.string } == ["冀A10001"])
        var open = draft
        open.outputs = [.init(field: "phone", mask: .none)]
        open.name = "phones"
        let wanted = open
        await #expect(throws: Failure.self) { try await house.platform.database.write { tx in _ = try engine.keep(wanted, by: writer, in: tx) } }
    }

    @Test func answersPages() async throws {
        let desk = try await Desk()
        let id = desk.service
        let pages: [(who: String, path: String, status: Int, contains: String)] = [
            ("admin", "/data-services", 200, "运输车辆查询"), ("admin", "/data-services/\(id)", 200, "监测平台"), ("admin", "/data-services/\(id)/openapi", 200, "/data/v1/trucks"),
            ("admin", "/data-services/\(id)/edit", 200, "plate = plateNo eq"), ("admin", "/data-services/\(id)/test?run=1", 200, "冀A1000"),
            ("admin", "/data-services/new", 200, "停车场"),
            ("admin", "/data-services/new/truck", 200, "号牌号码"), ("admin", "/data-services/\(id)/apply", 200, "监测平台"), ("admin", "/data-applications", 200, desk.key),
            ("admin", "/data-blocks", 200, "黑名单为空"), ("admin", "/data-calls", 200, "今日调用"), ("north", "/data-services", 403, ""), ("north", "/data-calls", 403, ""),
        ]
        try await Application(router: desk.house.router).test(.router) { client in
            for page in pages {
                try await client.execute(uri: page.path, method: .get, headers: LedgerHouse.cookie(page.who)) { response in
                    #expect(Int(response.status.code) == page.status, "\(page.path)")
                    #expect(page.contains.isEmpty || String(buffer: response.body).contains(page.contains), "\(page.path) shows \(page.contains)")
                }
            }
            try await client.execute(
                uri: "/data/v1/token", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(string: #"{"appKey":"\#(desk.key)","appSecret":"\#(desk.secret)"}"#)
            ) { response in #expect(response.status == .ok && String(buffer: response.body).contains("\"token\"")) }
            try await client.execute(uri: "/data/v1/trucks", method: .get) { response in
                #expect(response.status == .unauthorized && response.headers[.contentType]?.contains("problem+json") == true)
            }
        }
    }
}
