import Alarms
import Features
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import MobileSources
import NIOCore
import Storage
import Synchronization
import Testing
import Web
import Workflows

/// A-19 through its pages and its API, with a clock that moves only when told.
@Suite("A-19 车辆复议")
struct ReconsiderationTests {
    /// The site with one confirmed alarm of the steel works.
    final class Desk: Sendable {
        let house: GateHouse
        let alarm: Int64
        private let held: Held

        init() async throws {
            let now = Held(GateHouse.noon)
            house = try await GateHouse(clock: Clock { now.value.withLock { $0 } })
            held = now
            try await house.pass("冀A54321", 1, of: house.steel)
            let platform = house.platform, county = house.principal("county"), org = house.steel.org
            let id = try await platform.database.read { try $0.value("SELECT id FROM alarms WHERE org = \(org) ORDER BY id LIMIT 1")?.int ?? 0 }
            alarm = id
            _ = try await platform.database.write { try platform.alarms.transition(id, .confirm, opinion: "属实", by: county, in: $0) }
        }

        func pass(days: Int64) async throws {
            held.value.withLock { $0 = $0.adding(seconds: days * 86_400) }
            try await house.platform.workflows.tick()
        }

        func state() async throws -> AlarmState {
            let platform = house.platform, id = alarm
            return try await platform.database.read { try platform.alarms.required(id, by: .system(), in: $0).state }
        }
    }

    final class Held: Sendable {
        let value: Mutex<Moment>
        init(_ moment: Moment) { value = Mutex(moment) }
    }

    static func headers(_ who: String) -> HTTPFields { [.authorization: "Bearer \(who)", .contentType: "application/x-www-form-urlencoded"] }

    static func form(_ pairs: [(String, String)]) -> ByteBuffer {
        ByteBuffer(string: pairs.map { "\(FormEncoding.encode($0.0))=\(FormEncoding.encode($0.1))" }.joined(separator: "&"))
    }

    static let complaint = [("reason", "车辆当日已完成备案，系统同步延迟导致误判"), ("contact", "张工"), ("phone", "13812345678")]

    /// The case as the API shows it.
    static func show(_ client: any TestClientProtocol, _ id: Int64, _ who: String = "city") async throws -> JSONValue {
        let answer = try await client.execute(uri: "/api/v1/work/\(id)", method: .get, headers: headers(who))
        return try JSONValue(parsing: String(buffer: answer.body))
    }

    static func open(_ item: JSONValue) -> JSONValue? { item["steps"]?.array?.last { $0["state"]?.string == "open" } }

    /// Takes a transition on the form of the open step.
    @discardableResult
    static func act(_ client: any TestClientProtocol, _ id: Int64, _ transition: String, by who: String, _ fields: [(String, String)] = []) async throws -> TestResponse {
        let step = open(try await show(client, id))?["id"]?.int ?? 0
        let body = form(fields + (fields.contains { $0.0 == "opinion" } ? [] : [("opinion", "同意")]))
        return try await client.execute(uri: "/work/\(id)/steps/\(step)/\(transition)", method: .post, headers: headers(who), body: body)
    }

    static func submit(_ client: any TestClientProtocol, _ desk: Desk) async throws -> Int64 {
        let answer = try await client.execute(uri: "/reconsideration/alarm/\(desk.alarm)", method: .post, headers: headers("steel"), body: form(complaint))
        #expect(answer.status == .found || answer.status == .seeOther, "\(answer.status) \(String(buffer: answer.body).prefix(400))")
        return answer.headers[.location].flatMap { $0.split(separator: "/").last.flatMap { Int64($0) } } ?? 0
    }

    @Test("撤销时勾选“解除名单”，名单随结论解除；没有勾选的不动", arguments: [("true", "released"), ("false", "recognized"), ("", "recognized")])
    func releasesFromTheList(_ example: (answer: String, state: String)) async throws {
        let desk = try await Desk()
        let plate = try await desk.house.platform.database.read { try $0.value("SELECT plate FROM alarms WHERE id = \(desk.alarm)")?.text ?? "" }
        _ = try await desk.house.gates.excessList.list(ExcessListDesk.Request(plate: plate, color: "1", kind: "excess", authority: "市局", basis: "路检不合格"), by: .system())
        try await Application(router: desk.house.router).test(.router) { client in
            let id = try await Self.submit(client, desk)
            try await Self.act(client, id, "accept", by: "county")
            try await Self.act(
                client, id, "revoke", by: "county", [("finding", "复检合格"), ("opinion", "撤销")] + (example.answer.isEmpty ? [] : [("releasesVehicle", example.answer)]))
            try await Self.act(client, id, "agree", by: "steel")
        }
        let state = try await desk.house.platform.database.read { try $0.value("SELECT state FROM excess_emission_entry WHERE plate_no = \(plate)")?.text }
        #expect(state == example.state)
    }

    @Test("提交、补证、上报市级、两次异议、第三次拒绝、期满归档、报警撤销")
    func wholeWay() async throws {
        let desk = try await Desk()
        try await Application(router: desk.house.router).test(.router) { client in
            let empty = try await client.execute(uri: "/reconsideration/alarm/\(desk.alarm)", method: .post, headers: Self.headers("steel"), body: Self.form([("reason", "短")]))
            #expect(empty.status == .unprocessableContent && String(buffer: empty.body).contains("联系电话"))
            let id = try await Self.submit(client, desk)
            #expect(try await desk.state() == .reconsidering)
            let again = try await client.execute(uri: "/reconsideration/alarm/\(desk.alarm)", method: .post, headers: Self.headers("steel"), body: Self.form(Self.complaint))
            #expect(again.status == .unprocessableContent && String(buffer: again.body).contains("不能重复发起"))

            let todo = try await client.execute(uri: "/work", method: .get, headers: Self.headers("county"))
            #expect(String(buffer: todo.body).contains("FY20261121-0001"))
            let other = try await client.execute(uri: "/work/\(id)", method: .get, headers: Self.headers("cement"))
            #expect(other.status == .notFound)

            try await Self.act(client, id, "ask", by: "county", [("opinion", "请补充备案回执")])
            #expect(try await Self.act(client, id, "submit", by: "steel").status == .unprocessableContent, "补充说明必填")
            try await Self.act(client, id, "submit", by: "steel", [("statement", "备案回执见附件")])
            try await Self.act(client, id, "accept", by: "county")
            #expect(Self.open(try await Self.show(client, id))?["name"]?.string == "review")
            #expect(try await Self.act(client, id, "raise", by: "steel", [("finding", "x")]).status == .forbidden)
            try await Self.act(client, id, "raise", by: "county", [("finding", "涉及跨区车辆"), ("opinion", "请市级认定")])
            try await Self.act(client, id, "uphold", by: "city", [("cityFinding", "现场核对"), ("opinion", "维持")])
            for round in 1...2 {
                #expect(Self.open(try await Self.show(client, id))?["name"]?.string == "notice")
                try await Self.act(client, id, "appeal", by: "steel", [("opinion", "第 \(round) 次异议")])
                try await Self.act(client, id, "revoke", by: "city", [("cityFinding", "复核 \(round)"), ("opinion", "撤销")])
            }
            let third = try await Self.act(client, id, "appeal", by: "steel", [("opinion", "第三次")])
            #expect(third.status == .conflict && String(buffer: third.body).contains("最多 2 次"))
            #expect(try await desk.state() == .reconsidering)
            try await desk.pass(days: 10)
            let ended = try await Self.show(client, id)
            #expect(ended["state"]?.string == "ended" && ended["outcome"]?.string == "revoked")
            #expect(try await desk.state() == .revoked)
            let page = try await client.execute(uri: "/work/\(id)", method: .get, headers: Self.headers("county"))
            let text = String(buffer: page.body)
            for part in ["撤销报警", "期满无异议", "第 2 次异议", "请补充备案回执", "当事人查询", "flow-step"] { #expect(text.contains(part), "\(part)") }
        }
    }

    @Test("补证逾期视为撤回，原认定不变")
    func lapsed() async throws {
        let desk = try await Desk()
        try await Application(router: desk.house.router).test(.router) { client in
            let id = try await Self.submit(client, desk)
            try await Self.act(client, id, "ask", by: "county", [("opinion", "请补证")])
            try await desk.pass(days: 9)
            #expect(try await Self.show(client, id)["outcome"]?.string == "lapsed")
            #expect(try await desk.state() == .confirmed)
        }
    }

    @Test("撤回后原认定恢复；当事人页面只显示允许的内容")
    func withdrawn() async throws {
        let desk = try await Desk()
        try await Application(router: desk.house.router).test(.router) { client in
            let id = try await Self.submit(client, desk)
            let code = "\(id)-\(desk.house.platform.workflows.linkCode(of: id))"
            let page = try await client.execute(uri: "/w/\(code)", method: .get)
            let text = String(buffer: page.body)
            #expect(page.status == .ok && text.contains("车辆复议") && text.contains("受理") && !text.contains("13812345678") && !text.contains("系统同步延迟"))
            #expect(try await client.execute(uri: "/w/\(id)-0123456789abcdef0123456789abcdef", method: .get).status == .notFound)
            let answer = try await client.execute(uri: "/work/\(id)/do/withdraw", method: .post, headers: Self.headers("steel"), body: Self.form([("opinion", "已自行核实")]))
            #expect(answer.status.code < 400)
            #expect(try await desk.state() == .confirmed)
            #expect(try await Self.show(client, id, "steel")["state"]?.string == "withdrawn")
        }
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(who) \(path) → \(status)" }
        let who: String
        let path: String
        var status = 200
        var contains: [String] = []
    }

    static let examples: [Example] = [
        Example(who: "county", path: "/work", contains: ["FY20261121-0001", "批量办理", "待办"]), Example(who: "county", path: "/work?box=all&q=FY", contains: ["FY20261121-0001"]),
        Example(who: "steel", path: "/work?box=started", contains: ["FY20261121-0001"]), Example(who: "cement", path: "/work?box=started", contains: ["没有符合条件的事项"]),
        Example(who: "county", path: "/work/1/steps/1/accept", contains: ["意见"]), Example(who: "county", path: "/work/1/hand/1/transfer", contains: ["接收人"]),
        Example(who: "county", path: "/work/1/do/urge", contains: ["督办要求"]), Example(who: "steel", path: "/work/1/steps/1/accept", status: 403),
        Example(who: "steel", path: "/work/new/reconsideration", status: 403), Example(who: "county", path: "/work/new", contains: ["没有可以直接发起的事项"]),
        Example(who: "city", path: "/workflows", contains: ["车辆复议", "第 1 版"]), Example(who: "city", path: "/workflows/reconsideration", contains: ["受理", "最多 2 次", "插入环节"]),
        Example(who: "city", path: "/workflows/reconsideration/steps/new", contains: ["插入位置"]),
        Example(who: "city", path: "/workflows/reconsideration/steps/review", contains: ["审核"]),
        Example(who: "city", path: "/workflows/reconsideration/steps/review/field", contains: ["字段名称"]),
        Example(who: "city", path: "/workflows/reconsideration/simulate?way=acceptance/accept&way=review/revoke&way=notice/expire", contains: ["流程结束：撤销报警"]),
        Example(who: "city", path: "/workflow-statistics?workflow=reconsideration", contains: ["受理", "平均用时"]), Example(who: "city", path: "/messages", contains: ["没有消息"]),
        Example(who: "city", path: "/messages/bell", contains: ["\"unread\":0"]),
        Example(who: "city", path: "/message-deliveries", contains: ["没有配置对外通道"]), Example(who: "city", path: "/message-rules", contains: ["严重报警", "超期提醒"]),
        Example(who: "city", path: "/message-rules/work.overdue", contains: ["可用变量"]), Example(who: "nobody", path: "/message-rules", status: 403),
        Example(who: "nobody", path: "/workflows", status: 403),
    ]

    @Test("办理、设计、模拟、统计各页")
    func pages() async throws {
        let desk = try await Desk()
        try await Application(router: desk.house.router).test(.router) { client in
            _ = try await Self.submit(client, desk)
            for example in Self.examples {
                let answer = try await client.execute(uri: example.path, method: .get, headers: Self.headers(example.who))
                let body = String(buffer: answer.body)
                #expect(answer.status.code == example.status, "\(example.testDescription): \(answer.status)")
                for text in example.contains where !body.contains(text) { Issue.record("\(example.testDescription): lacks “\(text)”") }
                #expect(!body.contains(" style=\""), "\(example.testDescription): a style attribute")
            }
        }
    }

    @Test("管理员在网页上插入带时限的环节和必填字段，发布后新事项按新版，旧事项按旧版")
    func edited() async throws {
        let desk = try await Desk()
        try await Application(router: desk.house.router).test(.router) { client in
            let id = try await Self.submit(client, desk)
            func post(_ path: String, _ fields: [(String, String)]) async throws -> TestResponse {
                try await client.execute(uri: "/workflows/reconsideration" + path, method: .post, headers: Self.headers("city"), body: Self.form(fields))
            }
            let step = [("title", "现场核查"), ("at", "acceptance/accept"), ("action", "核查完毕"), ("actors", "role:county"), ("count", "3"), ("unit", "workingDays"), ("isPublic", "1")]
            #expect(try await post("/steps/new", step.filter { $0.0 != "at" }).status == .unprocessableContent)
            #expect(try await post("/steps/new", step).status.code < 400)
            let draft = try await desk.house.platform.database.read { try desk.house.platform.workflows.draft("reconsideration", in: $0).definition }
            let added = try #require(draft.steps.first { $0.title == "现场核查" })
            #expect(try await post("/steps/\(added.name)/field", [("title", "核查人数"), ("kind", "integer"), ("required", "1")]).status.code < 400)
            #expect(try await post("/publish", [("note", "增加现场核查")]).status.code < 400)
            #expect(desk.house.platform.workflows.liveVersion("reconsideration") == 2)
            try await Self.act(client, id, "accept", by: "county")
            #expect(Self.open(try await Self.show(client, id))?["name"]?.string == "review")
            try await Self.act(client, id, "uphold", by: "county", [("finding", "查明"), ("opinion", "维持")])
            try await Self.act(client, id, "agree", by: "steel")
            #expect(try await desk.state() == .confirmed)
            let second = try await Self.submit(client, desk)
            try await Self.act(client, second, "accept", by: "county")
            #expect(Self.open(try await Self.show(client, second))?["title"]?.string == "现场核查")
            #expect(try await Self.act(client, second, "pass", by: "county").status == .unprocessableContent)
        }
    }
}
