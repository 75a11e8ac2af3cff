import Features
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import NIOCore
import Storage
import Testing
import Web

@Suite("A-16 A-17 A-23 A-24 用户、角色、机构与审计的页面")
struct AdministrationPagesTests {
    /// The house with its permissions declared and a real account of the asker, so that roles can be given.
    static func house() async throws -> LedgerHouse {
        let house = try await LedgerHouse.furnished()
        try await house.platform.identity.roles.sync(PermissionDeclaration.identity)
        return house
    }

    static func number(_ sql: SQL, _ house: LedgerHouse) async throws -> Int64? { try await house.platform.database.read { try $0.value(sql)?.int } }

    struct Answer: Sendable {
        var status: Int
        var body: String
    }

    static func get(_ who: String, _ path: String, _ client: some TestClientProtocol) async throws -> Answer {
        try await client.execute(uri: path, method: .get, headers: LedgerHouse.cookie(who)) { Answer(status: Int($0.status.code), body: String(buffer: $0.body)) }
    }

    static func post(_ who: String, _ path: String, _ fields: [(String, String)], _ client: some TestClientProtocol) async throws -> Answer {
        let token = try await LedgerHouse.csrf(who, client)
        let body = ([("_csrf", token)] + fields).map { "\($0.0)=\(FormEncoding.encode($0.1))" }.joined(separator: "&")
        return try await client.execute(uri: path, method: .post, headers: LedgerHouse.form(who), body: ByteBuffer(string: body)) {
            Answer(status: Int($0.status.code), body: String(buffer: $0.body))
        }
    }

    struct Reading: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(who) \(path)" }
        let who: String
        let path: String
        let status: Int
        var contains: [String] = []
        var lacks: [String] = []
    }

    static let readings: [Reading] = [
        Reading(who: "admin", path: "/admin/organisations", status: 200, contains: ["石家庄北方钢铁有限公司", "河北南方水泥有限公司", "新增机构"]),
        Reading(who: "county", path: "/admin/organisations", status: 200, contains: ["石家庄北方钢铁有限公司"], lacks: ["河北南方水泥有限公司", "新增机构"]),
        Reading(who: "admin", path: "/admin/organisations?q=%E6%B0%B4%E6%B3%A5", status: 200, contains: ["河北南方水泥有限公司"], lacks: ["北方钢铁"]),
        Reading(who: "admin", path: "/admin/organisations?kind=enterprise&size=abc&after=x", status: 200, contains: ["河北南方水泥有限公司"]),
        Reading(who: "admin", path: "/admin/users", status: 200, contains: ["新增用户", "没有符合条件的用户"]),
        Reading(who: "county", path: "/admin/users", status: 200, lacks: ["新增用户"]),
        Reading(who: "admin", path: "/admin/users?q=%27%20OR%201%3D1--", status: 200, contains: ["没有符合条件的用户"]),
        Reading(who: "admin", path: "/admin/users/new", status: 200, contains: ["登录名", "所属机构", "角色"]),
        Reading(who: "admin", path: "/admin/users/999", status: 404), Reading(who: "admin", path: "/admin/users/abc", status: 404),
        Reading(who: "county", path: "/admin/users/new", status: 403), Reading(who: "nobody", path: "/admin/users", status: 403),
        Reading(who: "nobody", path: "/admin/organisations", status: 403), Reading(who: "nobody", path: "/audit", status: 403),
        Reading(who: "nobody", path: "/admin/roles", status: 403),
        Reading(who: "admin", path: "/admin/roles", status: 200, contains: ["市级监管", "企业管理员", "内置"]),
        Reading(who: "admin", path: "/admin/roles/new", status: 200, contains: ["数据范围", "用户：查看"]), Reading(who: "admin", path: "/admin/roles/999", status: 404),
        Reading(who: "admin", path: "/audit", status: 200, contains: ["新增", "石家庄北方钢铁有限公司"]),
        Reading(who: "admin", path: "/audit?objectKind=organisation&q=%3Cscript%3E", status: 200, lacks: ["<script>\""]),
    ]

    @Test("各自看到权限和辖区内的，查询条件乱写也不出错")
    func reading() async throws {
        let house = try await Self.house()
        try await Application(router: house.router).test(.router) { client in
            for one in Self.readings {
                let answer = try await Self.get(one.who, one.path, client)
                #expect(answer.status == one.status, "\(one.testDescription)")
                for text in one.contains where !answer.body.contains(text) { Issue.record("\(one.testDescription): lacks “\(text)”") }
                for text in one.lacks where answer.body.contains(text) { Issue.record("\(one.testDescription): has “\(text)”") }
            }
        }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let fields: [(String, String)]
        /// Each must be named in the answer.
        let named: [String]
    }

    static let long = String(repeating: "长", count: 300)
    static let wrongs: [Wrong] = [
        Wrong(testDescription: "用户：全空", path: "/admin/users/new", fields: [], named: ["姓名", "登录名", "所属机构", "角色"]),
        Wrong(
            testDescription: "用户：过长、乱码、不存在的机构", path: "/admin/users/new",
            fields: [("name", long), ("login", "<script>alert(1)</script>"), ("phone", "abc"), ("organisation", "99999"), ("roles", "77777")], named: ["姓名", "登录名", "电话", "所属机构"]),
        Wrong(
            testDescription: "用户：注入", path: "/admin/users/new", fields: [("name", "'; DROP TABLE users; --"), ("login", "x' OR '1'='1"), ("organisation", "1 OR 1=1")],
            named: ["登录名", "所属机构"]),
        Wrong(testDescription: "机构：全空", path: "/admin/organisations/new", fields: [], named: ["机构名称", "机构编号", "行政区划代码", "上级机构"]),
        Wrong(
            testDescription: "机构：区划不符", path: "/admin/organisations/new", fields: [("name", "某局"), ("code", "带 空格"), ("area", "abcdef"), ("kind", "county"), ("parent", "2")],
            named: ["机构编号", "行政区划代码"]),
        Wrong(testDescription: "角色：全空", path: "/admin/roles/new", fields: [], named: ["角色名称"]),
        Wrong(testDescription: "角色：名称过长", path: "/admin/roles/new", fields: [("title", long), ("kinds", "city")], named: ["角色名称"]),
    ]

    @Test("填写有误时逐项指出，什么也不保存", arguments: 0..<wrongs.count)
    func wrongInput(_ index: Int) async throws {
        let wrong = Self.wrongs[index]
        let house = try await Self.house()
        let before = try await Self.number("SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM organisations) + (SELECT COUNT(*) FROM roles)", house)
        try await Application(router: house.router).test(.router) { client in
            let answer = try await Self.post("admin", wrong.path, wrong.fields, client)
            #expect(answer.status == 422, "\(wrong.testDescription): \(answer.status)")
            #expect(!answer.body.contains("<script>alert"))
            for name in wrong.named where !answer.body.contains(name) { Issue.record("\(wrong.testDescription): does not name “\(name)”") }
        }
        #expect(try await Self.number("SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM organisations) + (SELECT COUNT(*) FROM roles)", house) == before)
    }

    @Test("建机构、角色、用户，改、停用、冻结，每一步进审计")
    func wholeWay() async throws {
        let house = try await Self.house()
        let parent = try await Self.number("SELECT id FROM organisations WHERE code = '1301'", house) ?? 0
        try await Application(router: house.router).test(.router) { client in
            let firm = [("name", "示例运维公司"), ("code", "YW01"), ("area", "1301"), ("kind", "maintenance"), ("parent", String(parent))]
            #expect(try await Self.post("admin", "/admin/organisations/new", firm, client).status < 400)
            let org = try await Self.number("SELECT id FROM organisations WHERE code = 'YW01'", house) ?? 0
            #expect(org > 0)
            #expect(
                try await Self.post("admin", "/admin/roles/new", [("title", "值班查看"), ("scope", "ownArea"), ("kinds", "city"), ("permissions", "user.read")], client).status < 400)
            let role = try await Self.number("SELECT id FROM roles WHERE name = 'maintainer'", house) ?? 0
            let made = try await Self.post("admin", "/admin/users/new", [("name", "王工"), ("login", "wanggong"), ("organisation", String(org)), ("roles", String(role))], client)
            #expect(made.status == 200 && made.body.contains("一次性密码") && made.body.contains("wanggong"))
            let user = try await Self.number("SELECT id FROM users WHERE login = 'wanggong'", house) ?? 0
            #expect(try await Self.get("admin", "/admin/users/\(user)", client).body.contains("示例运维公司"))
            #expect(try await Self.get("county", "/admin/users/\(user)", client).status == 404)
            #expect(try await Self.post("admin", "/admin/organisations/\(org)/retire", [], client).status < 400)
            #expect(try await Self.get("admin", "/admin/organisations?q=YW01", client).body.contains("已停用"))
            let audit = try await Self.get("admin", "/audit", client).body
            for text in ["示例运维公司", "值班查看", "王工"] where !audit.contains(text) { Issue.record("the book lacks “\(text)”") }
            #expect(try await Self.post("county", "/admin/organisations/\(org)/resume", [], client).status == 403)
        }
    }
}
