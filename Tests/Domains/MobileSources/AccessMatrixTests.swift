import Exchange
import Features
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import NIOCore
import Search
import Storage
import Testing
import Web

/// A-24 权限管理: for every ledger, every route and every role, who reads and writes whose rows. A leak is a row's word in an answer to somebody who may not see that row.
@Suite("A-24 权限矩阵", .serialized)
struct AccessMatrixTests {
    @Test func `every ledger, each way of reading, each person`() async throws {
        let house = try await MatrixHouse()
        #expect(house.marked.count > 20)
        try await house.test { client in
            for person in MatrixHouse.people {
                guard let principal = house.principals[person.login] else { continue }
                for ledger in Set(house.marked.map(\.ledger.name)).sorted() {
                    let rows = house.marked.filter { $0.ledger.name == ledger }
                    let hidden = rows.filter { !house.maySee($0, principal) }
                    let mayRead = principal.may("\(ledger).read")
                    for path in [
                        "/ledgers/\(ledger)", "/ledgers/\(ledger)/print", "/ledgers/\(ledger)/statistics", "/ledgers/\(ledger)/choices?q=KENN", "/api/v1/\(ledger)",
                        "/api/v1/\(ledger)/statistics",
                    ] {
                        try await client.execute(uri: path, method: .get, headers: Self.bearer(person.login)) { answer in
                            #expect(mayRead == (answer.status != .forbidden), "\(person.login) GET \(path): \(answer.status)")
                            #expect(answer.status.code < 500, "\(person.login) GET \(path): \(answer.status)")
                            Self.expectNoLeak(answer, hidden, "\(person.login) GET \(path)")
                        }
                    }
                    for row in rows { try await self.one(row, person.login, house.maySee(row, principal), principal, client) }
                }
            }
        }
    }

    private func one(_ row: MatrixHouse.Marked, _ login: String, _ maySee: Bool, _ principal: Principal, _ client: any TestClientProtocol) async throws {
        let name = row.ledger.name
        for path in [
            "/ledgers/\(name)/\(row.id)", "/api/v1/\(name)/\(row.id)", "/ledgers/\(name)/\(row.id)/history", "/api/v1/\(name)/\(row.id)/history",
            "/ledgers/\(name)/\(row.id)/print",
        ] {
            try await client.execute(uri: path, method: .get, headers: Self.bearer(login)) { answer in
                #expect(maySee == (answer.status == .ok), "\(login) GET \(path): \(answer.status)")
                if !maySee { Self.expectNoLeak(answer, [row], "\(login) GET \(path)") }
            }
        }
        guard !(maySee && principal.may("\(name).delete")), !(maySee && principal.may("\(name).write")) else { return }
        for (method, path) in [(HTTPRequest.Method.delete, "/api/v1/\(name)/\(row.id)"), (.patch, "/api/v1/\(name)/\(row.id)"), (.post, "/api/v1/\(name)/\(row.id)/restore")] {
            var headers = Self.bearer(login)
            headers[.contentType] = "application/json"
            try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: "{\"version\":1,\"reason\":\"x\"}")) { answer in
                #expect(answer.status.code >= 400, "\(login) \(method) \(path): \(answer.status)")
                Self.expectNoLeak(answer, maySee ? [] : [row], "\(login) \(method) \(path)")
            }
        }
    }

    @Test func `search finds what the list would show, and nothing else`() async throws {
        let house = try await MatrixHouse()
        try await house.platform.search.settle()
        var found = 0
        for (login, principal) in house.principals {
            for row in house.marked {
                let (search, word) = (house.platform.search, row.word)
                let answer = try await house.platform.database.read { try search.search(word, shown: 100, by: principal, in: $0) }
                let isFound = answer.groups.contains { group in group.hits.contains { $0.kind == row.ledger.name && $0.id == row.id } }
                #expect(!isFound || house.maySee(row, principal), "\(login) finds \(row.ledger.name) \(row.word)")
                for group in answer.groups { #expect(group.count > 0 && group.hits.count <= group.count, "\(login) \(row.word)") }
                found += isFound ? 1 : 0
            }
        }
        #expect(found > 20)
    }

    @Test func `exports hold what the list would show`() async throws {
        let house = try await MatrixHouse()
        let folder = FileManager.default.temporaryDirectory.path
        for (login, principal) in house.principals {
            for ledger in Set(house.marked.map(\.ledger.name)).sorted() where principal.may("\(ledger).export") || principal.may("\(ledger).write") {
                guard principal.may("\(ledger).read") else { continue }
                let path = "\(folder)/matrix-\(UUID().uuidString).csv"
                defer { try? FileManager.default.removeItem(atPath: path) }
                let query = LedgerQuery(ledger: ledger)
                _ = try await house.platform.ledgers.export(query, format: .csv, path: path, by: principal) { _ in }
                let text = try String(contentsOfFile: path, encoding: .utf8)
                for row in house.marked where row.ledger.name == ledger && !house.maySee(row, principal) { #expect(!text.contains(row.word), "\(login) exports \(row.word)") }
            }
        }
    }

    @Test func `every route, each person, and nobody at all`() async throws {
        let house = try await MatrixHouse()
        #expect(house.table.faults == [])
        let entries = house.table.entries
        #expect(entries.count > 150)
        try await house.test { client in
            for entry in entries where entry.permission != .open {
                let path = Self.filled(entry.path)
                guard let method = HTTPRequest.Method(rawValue: entry.method) else { continue }
                try await client.execute(uri: path, method: method, headers: [.accept: "application/json"]) { answer in
                    #expect(answer.status == .unauthorized, "nobody \(entry.method) \(entry.path): \(answer.status)")
                }
                guard !Self.streams.contains(where: { RoutePattern.matches($0, path) }) else { continue }
                for (login, principal) in house.principals {
                    guard case .named(let permission) = entry.permission else { continue }
                    let isGet = entry.method == "GET"
                    guard isGet || !principal.may(permission) else { continue }
                    var headers = Self.bearer(login)
                    headers[.accept] = "application/json"
                    try await client.execute(uri: path, method: method, headers: headers) { answer in
                        let isRefused = answer.status == .forbidden && String(buffer: answer.body).contains("JW-W403")
                        #expect(isRefused == !principal.may(permission), "\(login) \(entry.method) \(entry.path) (\(permission)): \(answer.status)")
                        #expect(answer.status.code < 500, "\(login) \(entry.method) \(entry.path): \(answer.status)")
                        Self.expectNoLeak(answer, house.marked.filter { !house.maySee($0, principal) }, "\(login) GET \(path)")
                    }
                }
            }
        }
    }

    /// Answers that go on until their reader leaves, or wait for a camera that is not there; who may open them is walked by the suite `video`.
    private static let streams = ["/live", "/cameras/stream", "/cameras/{id}/live.mp4", "/cameras/{id}/snapshot.jpg"]

    /// A number that its reader adds to or multiplies ends the process, unless it was bounded first.
    @Test func `numbers beyond measure, in the address of every page`() async throws {
        let house = try await MatrixHouse()
        let names = ["page", "size", "limit", "after", "before", "step", "at", "top", "receipts", "minutes", "width", "last", "id"]
        try await house.test { client in
            for entry in house.table.entries where entry.method == "GET" && !Self.streams.contains(entry.path) {
                let reader = house.principals.first { _, principal in
                    if case .named(let permission) = entry.permission { principal.may(permission) } else { true }
                }
                guard let login = reader?.key else { continue }
                for number in [Int64.max, Int64.min] {
                    let path = Self.filled(entry.path) + "?" + names.map { "\($0)=\(number)" }.joined(separator: "&")
                    try await client.execute(uri: path, method: .get, headers: Self.bearer(login)) { answer in
                        #expect(answer.status.code < 500, "\(login) GET \(path): \(answer.status)")
                    }
                }
            }
        }
    }

    @Test func `what changes how one signs in wants a fresh proof of identity`() async throws {
        let house = try await MatrixHouse()
        let wanting = Set(house.table.entries.filter(\.isDangerous).map { "\($0.method) \($0.path)" })
        for route in [
            "POST /account/second", "POST /account/second/off", "POST /account/sessions/{id}/end", "POST /account/identities/{provider}/unlink",
            "POST /admin/users/{id}/password", "POST /admin/users/{id}/second/reset", "POST /admin/users/{id}/certificates", "POST /admin/policy",
        ] {
            #expect(wanting.contains(route), "\(route)")
        }
    }

    /// Only what an event's own permission and place admit reaches a reader's live stream.
    @Test func `live events`() async throws {
        let house = try await MatrixHouse()
        for row in house.marked where row.ledger.ownedBy == .enterprise {
            let event = LiveEvent("x", org: row.org, area: row.area, permission: "\(row.ledger.name).read", .json(.string(row.word)))
            for (login, principal) in house.principals { #expect(event.isFor(principal) == house.maySee(row, principal), "\(login): \(row.word)") }
        }
    }

    @Test func `a wrong method is told from a wrong address`() async throws {
        let house = try await MatrixHouse()
        try await house.test { client in
            try await client.execute(uri: "/admin/roles/compare", method: .delete, headers: Self.bearer("admin")) { answer in
                #expect(answer.status == .methodNotAllowed)
                #expect(answer.headers[.allow] == "GET, HEAD, POST")
            }
            try await client.execute(uri: "/no/such/place", method: .get, headers: Self.bearer("admin")) { answer in #expect(answer.status == .notFound) }
        }
    }

    private static func bearer(_ login: String) -> HTTPFields { [.authorization: "Bearer \(login)"] }

    private static func filled(_ path: String) -> String {
        path.split(separator: "/").map { part in
            guard part.hasPrefix("{") else { return part == "**" ? "x" : String(part) }
            return part == "{ledger}" ? "registeredVehicle" : "1"
        }.reduce("") { $0 + "/" + $1 }
    }

    private static func expectNoLeak(_ answer: TestResponse, _ hidden: [MatrixHouse.Marked], _ what: String) {
        let body = String(buffer: answer.body)
        guard body.contains("KENNWORT") else { return }
        for row in hidden { #expect(!body.contains(row.word), "\(what) shows \(row.word)") }
    }
}
