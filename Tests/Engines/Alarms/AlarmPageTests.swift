import Alarms
import Exchange
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Logging
import Media
import NIOCore
import Storage
import Testing
import Web

@Suite("A-07 报警页面与接口")
struct AlarmPageTests {
    /// Whoever's name is the token; nobody else.
    struct People: SessionResolver {
        static let all: [String: Principal] = [
            "city": AlarmFixture.officer(scope: .areas(["1301"])),
            "reader": AlarmFixture.officer(scope: .areas(["1301"]), permissions: ["alarm.read"]),
            "plant2": AlarmFixture.officer(scope: .organisation(2), permissions: ["alarm.read"]),
            "gauge": AlarmFixture.officer(scope: .areas(["1301"]), permissions: ["alarm.report"]),
            "stranger": AlarmFixture.officer(permissions: ["onSiteVehicle.read"]),
        ]

        func resolve(token: String, address: String) async throws -> SignedIn? { Self.all[token].map { SignedIn(principal: $0) } }
        func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { throw Failure(.unauthenticated, "JW-T001", "不登录") }
        func logOut(token: String) async throws {}
        func changePassword(of principal: Principal, current: String, new: String) async throws {}
    }

    /// Three alarms: 1 and 2 at organisations 1 and 2 in 130102, 3 at organisation 3 in 130203.
    func site(_ test: @Sendable (any TestClientProtocol, AlarmFixture) async throws -> Void) async throws {
        let desk = try await AlarmFixture()
        for org in 1...3 as ClosedRange<Int64> { try await desk.raise(AlarmFixture.signal(org: org, area: org == 3 ? "130203" : "130102", subject: "冀A<\(org)>")) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "jw-alarm-pages").path
        let photos = PhotoStore(database: desk.database, blobs: try LocalBlobs.temporary(), thumbnailFolder: folder, threads: PictureThreads(threads: 1, waiting: 4))
        let pages = AlarmPages(engine: desk.engine, database: desk.database, photos: photos, settings: AlarmPages.Settings(factTitles: [("plateNo", "号牌号码")], workFolder: folder))
        let site = Site(menu: AlarmPages.menu, sessions: People(), clock: Clock { desk.now.value })
        let router = WebRouter.make(site: site) { pages.add(to: $0) }
        var quiet = Logger(label: "alarms")
        quiet.logLevel = .critical
        try await Application(router: router, logger: quiet).test(.router) { client in try await test(client, desk) }
    }

    static func headers(_ person: String?, _ more: HTTPFields = [:]) -> HTTPFields {
        var headers = more
        if let person { headers[.authorization] = "Bearer \(person)" }
        return headers
    }

    /// Who asks for what, and how it ends.
    static let visits: [(person: String?, path: String, status: Int)] = [
        ("city", "/alarms", 200), ("city", "/alarms/1", 200), ("city", "/alarms/2/print", 200), ("city", "/alarms/3", 404), ("city", "/alarms/999", 404),
        ("city", "/alarms/abc", 404),
        ("city", "/alarms/statistics", 200), ("city", "/alarms/1/act/confirm", 200), ("city", "/alarms/1/act/selfClose", 404), ("city", "/alarms/1/act/appeal", 404),
        ("city", "/alarms/1/comment", 200),
        ("city", "/alarms/1/evidence", 200), ("city", "/alarms/1/package", 200), ("city", "/alarms/3/package", 404), ("city", "/alarms/export", 200),
        ("city", "/alarms/export?format=csv", 200),
        ("reader", "/alarms", 200), ("reader", "/alarms/1/package", 403), ("reader", "/alarms/export", 403), ("plant2", "/alarms/2", 200), ("plant2", "/alarms/1", 404),
        ("stranger", "/alarms", 403), ("stranger", "/api/v1/alarms", 403), (nil, "/api/v1/alarms", 401), ("city", "/alarms/1/photos/\(AlarmFixture.head)", 404),
        ("city", "/api/v1/alarms", 200), ("city", "/api/v1/alarms?after=x", 422), ("city", "/api/v1/alarms/1", 200), ("plant2", "/api/v1/alarms/3", 404),
        ("city", "/api/v1/alarms/statistics?by=org", 200),
        ("city", "/alarms?state=all&kind=excessListed&grade=3&area=130100&day_from=2026-11-01&day_to=2026-11-30&plate=冀&q=%25&overdue=1&after=1-1&size=20", 200),
        ("city", "/alarms/statistics?by=day", 200), ("city", "/alarms/statistics?by=org&day_from=2026-12-01&day_to=2026-11-01", 200),
    ]

    @Test("每一次访问的结果", arguments: visits)
    func visit(_ visit: (person: String?, path: String, status: Int)) async throws {
        try await site { client, _ in
            let path = visit.path.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed.union(CharacterSet(charactersIn: "%"))) ?? visit.path
            try await client.execute(uri: path, method: .get, headers: Self.headers(visit.person)) { response in
                #expect(response.status.code == visit.status, "\(String(buffer: response.body).prefix(400))")
            }
        }
    }

    @Test("详情说得清为什么，内容都经过转义")
    func detail() async throws {
        try await site { client, desk in
            try await desk.raise(AlarmFixture.signal(org: 1, subject: "冀A<1>", at: 30))
            try await client.execute(uri: "/alarms/1", method: .get, headers: Self.headers("city")) { response in
                let html = String(buffer: response.body)
                for part in ["为什么报警", "车辆在排放超标名单内（第 7 版）", "第 12 版", "号牌号码", "证据链完整：2 项", "重复发生 1 次", "冀A&lt;1&gt; 入场", "BJ20261121-000001", "/alarms/1/act/accept"] {
                    #expect(html.contains(part), "\(part)")
                }
                #expect(!html.contains("冀A<1>"))
                #expect(!html.contains("style=\""))
            }
            try await desk.change("UPDATE evidence_items SET title = '别的' WHERE alarm = 1 AND seq = 1")
            try await client.execute(uri: "/alarms/1", method: .get, headers: Self.headers("city")) { #expect(String(buffer: $0.body).contains("证据链异常")) }
        }
    }

    @Test("列表按状态分页签，只读者没有处理按钮")
    func list() async throws {
        try await site { client, _ in
            try await client.execute(uri: "/alarms", method: .get, headers: Self.headers("city")) { response in
                let html = String(buffer: response.body)
                #expect(html.contains("BJ20261121-000001") && html.contains("BJ20261121-000002") && !html.contains("BJ20261121-000003"))
                #expect(html.contains("批量受理") && html.contains("data-live-json=\"alarmDesk\"") && html.contains("data-alarm-sound=\"3\""))
            }
            try await client.execute(uri: "/alarms", method: .get, headers: Self.headers("reader")) { response in
                let html = String(buffer: response.body)
                #expect(html.contains("BJ20261121-000001") && !html.contains("批量受理") && !html.contains("/act/accept") && !html.contains("导出清单"))
            }
        }
    }

    @Test("页面处理：受理、缺意见退回、批量")
    func acting() async throws {
        try await site { client, desk in
            let form = Self.headers("city", [.contentType: "application/x-www-form-urlencoded"])
            try await client.execute(uri: "/alarms/1/act/accept", method: .post, headers: form) { #expect($0.status.code < 400) }
            #expect(try await desk.alarm(1).state == .handling)
            try await client.execute(uri: "/alarms/1/act/confirm", method: .post, headers: form, body: ByteBuffer(string: "opinion=&version=2")) { response in
                #expect(response.status == .unprocessableContent && String(buffer: response.body).contains("不能为空"))
            }
            try await client.execute(uri: "/alarms/1/act/confirm", method: .post, headers: form, body: ByteBuffer(string: "opinion=ok&version=1")) {
                #expect($0.status == .conflict)
            }
            try await client.execute(uri: "/alarms/batch/ask?action=close", method: .post, headers: form, body: ByteBuffer(string: "id=1&id=2&id=3")) { response in
                let html = String(buffer: response.body)
                #expect(html.contains("共 2 条") && !html.contains("BJ20261121-000003"))
            }
            try await client.execute(uri: "/alarms/batch/close", method: .post, headers: form, body: ByteBuffer(string: "id=1&id=2&id=3&opinion=done")) {
                #expect($0.status.code < 400)
            }
            #expect(try await desk.alarm(1).state == .closed)
            #expect(try await desk.alarm(2).state == .closed)
            #expect(try await desk.alarm(3).state == .new)
            try await client.execute(uri: "/alarms/1/comment", method: .post, headers: form, body: ByteBuffer(string: "opinion=noted")) { #expect($0.status.code < 400) }
            try await client.execute(uri: "/alarms/2/evidence", method: .post, headers: form, body: ByteBuffer(string: "title=t&note=seen")) { #expect($0.status.code < 400) }
            #expect(try await desk.evidence(2).last?.isLate == true)
            let reader = Self.headers("reader", [.contentType: "application/x-www-form-urlencoded"])
            try await client.execute(uri: "/alarms/2/evidence", method: .post, headers: reader, body: ByteBuffer(string: "title=t&note=seen")) { #expect($0.status == .forbidden) }
            try await client.execute(uri: "/alarms/2/act/reopen", method: .post, headers: reader, body: ByteBuffer(string: "opinion=x")) { #expect($0.status == .forbidden) }
            #expect(try await desk.faults() == [])
        }
    }

    /// Body, status and code of transitions through the API, done one after the other on alarm 1.
    static let transitions: [(body: String, status: Int, code: String?)] = [
        (#"{"action":"accept"}"#, 200, nil), (#"{"action":"accept"}"#, 409, "JW-A020"), (#"{"action":"confirm"}"#, 422, "JW-K422"),
        (#"{"action":"selfClose","opinion":"x"}"#, 422, "JW-K422"),
        (#"{"action":"confirm","opinion":"属实","version":1}"#, 409, "JW-A021"), (#"{"action":"confirm","opinion":"属实","version":2}"#, 200, nil), (#"{"action":"#, 422, "JW-W400"),
    ]

    @Test("接口处理与 problem+json")
    func api() async throws {
        try await site { client, desk in
            for example in Self.transitions {
                try await client.execute(
                    uri: "/api/v1/alarms/1/transitions", method: .post, headers: Self.headers("city", [.contentType: "application/json"]), body: ByteBuffer(string: example.body)
                ) { response in
                    #expect(response.status.code == example.status, "\(example.body)")
                    let value = try JSONValue(parsing: Array(response.body.readableBytesView))
                    #expect(value["code"]?.string == example.code)
                    if example.code != nil { #expect(response.headers[.contentType]?.hasPrefix("application/problem+json") == true) }
                }
            }
            try await client.execute(uri: "/api/v1/alarms?limit=1", method: .get, headers: Self.headers("city")) { response in
                let value = try JSONValue(parsing: Array(response.body.readableBytesView))
                #expect(value["items"]?.array?.count == 1 && value["next"]?.string != nil)
            }
            try await client.execute(uri: "/api/v1/alarms/1", method: .get, headers: Self.headers("city")) { response in
                let value = try JSONValue(parsing: Array(response.body.readableBytesView))
                #expect(value["state"]?.string == "confirmed" && value["timeline"]?.array?.count == 3 && value["chainFaults"]?.array == [])
            }
        }
    }

    @Test("下载的证据包通过核验")
    func package() async throws {
        try await site { client, _ in
            try await client.execute(uri: "/alarms/1/package", method: .get, headers: Self.headers("city")) { response in
                #expect(EvidencePackage.verify(zipBytes: Array(response.body.readableBytesView)).filter(\.isFault) == [])
            }
        }
    }

    @Test("接口描述没有差错")
    func description() {
        var document = OpenAPIDocument(title: "见微", version: "1")
        for schema in AlarmOperations.schemas { document.addSchema(schema.name, schema.schema) }
        document.add(AlarmOperations.all(security: []))
        #expect(document.faults == [])
    }
}
