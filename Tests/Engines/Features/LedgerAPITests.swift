import Features
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kernel
import Ledgers
import NIOCore
import Testing
import Web

@Suite("台账接口")
struct LedgerAPITests {
    private static func json(_ response: TestResponse) throws -> JSONValue { try JSONValue(parsing: Array(response.body.readableBytesView)) }
    private static let ifMatch = HTTPField.Name.ifMatch

    @Test func readsAndPages() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            try await client.execute(uri: "/api/v1/truck?limit=1&sort=plateNo", method: .get, headers: LedgerHouse.bearer("admin")) { response in
                let page = try Self.json(response)
                #expect(page["items"]?.array?.count == 1)
                #expect(page["total"]?["count"] == 2)
                #expect(page["items"]?.array?.first?["values"]?["plateNo"] == "冀A10001")
                #expect(page["items"]?.array?.first?["values"]?["phone"] == "138****5678")
                let next = try #require(page["next"]?.string)
                try await client.execute(uri: "/api/v1/truck?limit=1&sort=plateNo&cursor=\(next)", method: .get, headers: LedgerHouse.bearer("admin")) {
                    let answer = try Self.json($0)
                    #expect(answer["items"]?.array?.first?["values"]?["plateNo"] == "冀A10002")
                }
            }
            try await client.execute(uri: "/api/v1/truck/1", method: .get, headers: LedgerHouse.bearer("south")) { response in
                #expect(response.status == .notFound)
                #expect(response.headers[.contentType]?.hasPrefix("application/problem+json") == true)
            }
            try await client.execute(uri: "/api/v1/truck", method: .get) { #expect($0.status == .unauthorized) }
            try await client.execute(uri: "/api/v1/truck?limit=x&deleted=7", method: .get, headers: LedgerHouse.bearer("admin")) { response in
                #expect(response.status == .unprocessableContent)
                let fields = try Self.json(response)["fields"]?.array
                #expect(fields?.count == 2)
            }
            try await client.execute(uri: "/api/v1/truck?f.nothing=1&cursor=abc", method: .get, headers: LedgerHouse.bearer("admin")) {
                #expect($0.status == .unprocessableContent)
            }
            try await client.execute(uri: "/api/v1/truck/statistics?dim=stage&measure=sum:load", method: .get, headers: LedgerHouse.bearer("admin")) {
                let answer = try Self.json($0)
                #expect(answer["rows"]?.array?.first?["labels"]?.array?.first == "国五")
            }
            try await client.execute(uri: "/api/v1/truck/statistics?dim=nothing", method: .get, headers: LedgerHouse.bearer("admin")) {
                #expect($0.status == .unprocessableContent)
            }
        }
    }

    @Test func writesWithVersionsAndKeys() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            let body = ByteBuffer(string: #"{"values": {"plateNo": "冀D1", "stage": "6", "load": 3.5}}"#)
            var headers = LedgerHouse.bearer("north")
            headers[HTTPField.Name("Idempotency-Key") ?? .accept] = "k1"
            for status in [HTTPResponse.Status.created, .ok] {
                try await client.execute(uri: "/api/v1/truck", method: .post, headers: headers, body: body) { response in
                    #expect(response.status == status)
                    #expect(response.headers[.location] == "/api/v1/truck/3")
                    #expect(response.headers[.eTag] == "\"1\"")
                }
            }
            try await client.execute(uri: "/api/v1/truck", method: .post, headers: headers, body: ByteBuffer(string: #"{"values": {"plateNo": "冀D2", "stage": "6"}}"#)) {
                #expect($0.status == .conflict)
            }
            var change = LedgerHouse.bearer("north")
            let patch = ByteBuffer(string: #"{"values": {"load": 4}}"#)
            try await client.execute(uri: "/api/v1/truck/3", method: .patch, headers: change, body: patch) { #expect($0.status == .unprocessableContent) }
            change[.ifMatch] = "\"1\""
            try await client.execute(uri: "/api/v1/truck/3", method: .patch, headers: change, body: patch) { response in
                #expect(response.headers[.eTag] == "\"2\"")
                let answer = try Self.json(response)
                #expect(answer["values"]?["stage"] == "6")
            }
            try await client.execute(uri: "/api/v1/truck/3", method: .patch, headers: change, body: ByteBuffer(string: #"{"values": {"load": 5}}"#)) {
                #expect($0.status == .conflict)
            }
            change[.ifMatch] = "\"2\""
            try await client.execute(uri: "/api/v1/truck/3", method: .put, headers: change, body: ByteBuffer(string: #"{"values": {"plateNo": "冀D9", "stage": "5"}}"#)) {
                response in
                let answer = try Self.json(response)
                #expect(answer["values"]?["load"] == .null)
            }
            try await client.execute(uri: "/api/v1/truck/3", method: .delete, headers: change) { #expect($0.status == .unprocessableContent) }
            try await client.execute(uri: "/api/v1/truck/3?reason=x", method: .delete, headers: change) { #expect($0.status == .noContent) }
            try await client.execute(uri: "/api/v1/truck/3", method: .get, headers: change) { #expect($0.status == .notFound) }
            try await client.execute(uri: "/api/v1/truck/3/restore", method: .post, headers: change) { #expect($0.status == .ok) }
            try await client.execute(uri: "/api/v1/truck/3/history", method: .get, headers: change) { response in
                let items = try Self.json(response)["items"]?.array
                #expect(items?.count == 5)
            }
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let fields: [String]
    }

    static let refusals: [Refusal] = [
        Refusal(testDescription: "不是 JSON", body: "{", fields: []), Refusal(testDescription: "不是对象", body: "[]", fields: []),
        Refusal(testDescription: "没有 values", body: "{}", fields: ["values"]), Refusal(testDescription: "未知成员", body: #"{"values": {}, "x": 1}"#, fields: ["x"]),
        Refusal(
            testDescription: "全部问题一次给出", body: #"{"values": {"plateNo": 1, "stage": "9", "vin": "A", "what": 1, "load": "x"}}"#,
            fields: ["plateNo", "vin", "stage", "load", "what"]),
        Refusal(testDescription: "没有上传的照片", body: #"{"values": {"plateNo": "冀D1", "stage": "6", "licence": "\#(String(repeating: "a", count: 64))"}}"#, fields: ["licence"]),
        Refusal(testDescription: "别人的企业", body: #"{"org": 6, "values": {"plateNo": "冀D1", "stage": "6"}}"#, fields: ["org"]),
    ]

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            try await client.execute(uri: "/api/v1/truck", method: .post, headers: LedgerHouse.bearer("north"), body: ByteBuffer(string: refusal.body)) { response in
                #expect(response.status == .unprocessableContent)
                let found = try Self.json(response)["fields"]?.array?.compactMap { $0["field"]?.string } ?? []
                #expect(Set(found) == Set(refusal.fields))
            }
        }
    }

    @Test func descriptionIsWhole() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            try await client.execute(uri: "/api/openapi.json", method: .get, headers: LedgerHouse.bearer("admin")) { response in
                let document = try Self.json(response)
                #expect(document["openapi"] == "3.1.0")
                let described = Set((document["paths"]?.object?.members ?? []).map(\.name).filter { $0.hasPrefix("/api/v1/truck") })
                let registered = Set(house.table.entries.map(\.path).filter { $0.hasPrefix("/api/v1/{ledger}") }.map { $0.replacing("{ledger}", with: "truck") })
                #expect(described == registered)
                let text = document.text
                for name in (document["components"]?["schemas"]?.object?.members ?? []).map(\.name) where name != "Problem" {
                    #expect(text.contains("schemas/\(name)\""), "\(name) is never used")
                }
            }
            try await client.execute(uri: "/api/openapi.json", method: .get, headers: LedgerHouse.bearer("nobody")) { response in
                let paths = try Self.json(response)["paths"]?.object
                #expect(paths?.members.isEmpty == true)
            }
        }
    }
}
