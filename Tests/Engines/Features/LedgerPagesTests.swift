import Features
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import NIOCore
import Schedules
import Storage
import Testing
import Web

@Suite("台账页面")
struct LedgerPagesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(who) \(path) → \(status)" }
        let who: String
        let path: String
        let status: Int
        var contains: [String] = []
        var lacks: [String] = []
    }

    static let examples: [Example] = [
        Example(who: "admin", path: "/ledgers/truck", status: 200, contains: ["冀A10001", "冀A10002", "石家庄北方钢铁有限公司", "共 <b>2</b> 条", "张*"], lacks: ["张三"]),
        Example(who: "north", path: "/ledgers/truck", status: 200, contains: ["冀A10001"], lacks: ["冀A10002", "所属企业"]),
        Example(who: "south", path: "/ledgers/truck", status: 200, contains: ["冀A10002"], lacks: ["冀A10001", "导入", "导出"]),
        Example(who: "county", path: "/ledgers/truck", status: 200, contains: ["冀A10001"], lacks: ["冀A10002", "/ledgers/truck/new"]),
        Example(who: "nobody", path: "/ledgers/truck", status: 403),
        Example(who: "admin", path: "/ledgers/truck?f.stage=5", status: 200, contains: ["冀A10001", "排放阶段：国五", "清除全部"], lacks: ["冀A10002"]),
        Example(who: "admin", path: "/ledgers/truck?f.stage=5&f.stage=6", status: 200, contains: ["冀A10001", "冀A10002", "国五、国六"]),
        Example(who: "admin", path: "/ledgers/truck?f.load_from=20", status: 200, contains: ["冀A10002"], lacks: ["冀A10001"]),
        Example(who: "admin", path: "/ledgers/truck?q=%E6%B2%A1%E6%9C%89", status: 200, contains: ["没有符合条件的记录", "清除条件"]),
        Example(who: "admin", path: "/ledgers/truck?cols=plateNo,stage", status: 200, contains: ["号牌号码"], lacks: ["data-col=\"load\""]),
        Example(who: "admin", path: "/ledgers/truck/1", status: 200, contains: ["冀A10001", "国五", "138****5678", "变更历史", "过车记录", "查看轨迹", "显示个人信息"], lacks: ["13812345678"]),
        Example(who: "south", path: "/ledgers/truck/1", status: 404),
        Example(who: "north", path: "/ledgers/truck/1/tabs/passes", status: 200, contains: ["第 1 辆车"]),
        Example(who: "south", path: "/ledgers/truck/1/tabs/passes", status: 404),
        Example(who: "south", path: "/ledgers/truck/1/photos/licence", status: 404),
        Example(who: "county", path: "/ledgers/truck/new", status: 403),
        Example(who: "north", path: "/ledgers/truck/new", status: 200, contains: ["name=\"plateNo\"", "name=\"place\"", "type=\"file\""], lacks: ["name=\"org\""]),
        Example(who: "admin", path: "/ledgers/truck/new?stage=6", status: 200, contains: ["name=\"org\"", "value=\"6\" selected"]),
        Example(who: "admin", path: "/ledgers/truck/1/edit", status: 200, contains: ["name=\"_version\" value=\"1\"", "138****5678"], lacks: ["13812345678"]),
        Example(who: "north", path: "/ledgers/truck/1/history", status: 200, contains: ["新增"]),
        Example(who: "admin", path: "/ledgers/truck/statistics?dim=stage&measure=count,sum:load", status: 200, contains: ["国五", "核定载质量合计", "合计"]),
        Example(who: "admin", path: "/ledgers/truck/print", status: 200, contains: ["冀A10001", "打印时间"]),
        Example(who: "admin", path: "/ledgers/truck/import", status: 200, contains: ["下载模板", "所属企业＋号牌号码"]),
        Example(who: "county", path: "/ledgers/truck/import", status: 403),
        Example(who: "admin", path: "/ledgers/truck/export?f.stage=5", status: 200, contains: ["将导出 <strong>1</strong>"]),
        Example(who: "south", path: "/ledgers/truck/export/file?format=csv", status: 403),
        Example(who: "admin", path: "/ledgers/truck/choices?q=10001", status: 200, contains: ["冀A10001"], lacks: ["冀A10002"]),
        Example(who: "north", path: "/ledgers/truck/organisations?q=%E6%B0%B4%E6%B3%A5", status: 200, lacks: ["河北南方水泥有限公司"]),
        Example(who: "admin", path: "/ledgers/unknown", status: 404),
        Example(who: "admin", path: "/ledgers", status: 200, contains: ["运输车辆", "停车场", "数据字典"]),
        Example(who: "nobody", path: "/ledgers", status: 200, lacks: ["运输车辆"]),
        Example(who: "admin", path: "/tasks", status: 200, contains: ["任务中心"]),
        Example(who: "north", path: "/designer", status: 403),
        Example(who: "admin", path: "/designer/new", status: 200, contains: ["第一个字段"]),
        Example(who: "admin", path: "/api/docs", status: 200, contains: ["/api/v1/truck"]),
    ]

    @Test func pages() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            for example in Self.examples {
                try await client.execute(uri: example.path, method: .get, headers: LedgerHouse.cookie(example.who)) { response in
                    let body = String(buffer: response.body)
                    #expect(response.status.code == example.status, "\(example)")
                    for text in example.contains { #expect(body.contains(text), "\(example): lacks \(text)") }
                    for text in example.lacks { #expect(!body.contains(text), "\(example): has \(text)") }
                    #expect(!body.contains("<script>") && !body.contains(" style=\"") && !body.contains("onclick="), "\(example): nothing inline")
                }
            }
        }
    }

    @Test func createFindsEverythingAtOnce() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            let csrf = try await LedgerHouse.csrf("north", client)
            let wrong = "_csrf=\(csrf)&plateNo=&vin=ABC&stage=9&load=500"
            try await client.execute(uri: "/ledgers/truck/new", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: wrong)) { response in
                let body = String(buffer: response.body)
                #expect(response.status == .unprocessableContent)
                for text in ["有 4 处需要修改", "href=\"#f-plateNo\"", "href=\"#f-vin\"", "href=\"#f-stage\"", "href=\"#f-load\"", "value=\"ABC\""] {
                    #expect(body.contains(text), "lacks \(text)")
                }
            }
            let right = "_csrf=\(csrf)&plateNo=%E5%86%80B1&stage=6&inUse=true"
            try await client.execute(uri: "/ledgers/truck/new", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: right)) { response in
                #expect(response.status == .seeOther)
                #expect(response.headers[.location] == "/ledgers/truck/3")
            }
            let record = try await house.platform.ledgers.find("truck", id: 3, by: house.admin)
            #expect(record?.org == house.north)
        }
    }

    @Test func changeOfAStaleVersionIsToldAndLosesNothing() async throws {
        let house = try await LedgerHouse.furnished()
        _ = try await house.platform.ledgers.update("truck", id: 1, Draft(["load": 9]), expectedVersion: 1, by: house.admin)
        try await Application(router: house.router).test(.router) { client in
            let csrf = try await LedgerHouse.csrf("north", client)
            let stale = "_csrf=\(csrf)&_version=1&plateNo=%E5%86%80A10001&stage=6&note=mine&owner=&phone="
            try await client.execute(uri: "/ledgers/truck/1/edit", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: stale)) { response in
                let body = String(buffer: response.body)
                #expect(response.status == .unprocessableContent)
                #expect(body.contains("被他人修改") && body.contains(">mine</textarea>") && body.contains("name=\"_version\" value=\"2\""))
            }
            let again = stale.replacing("_version=1", with: "_version=2")
            try await client.execute(uri: "/ledgers/truck/1/edit", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: again)) {
                #expect($0.status == .seeOther)
            }
        }
        let record = try await house.platform.ledgers.find("truck", id: 1, by: house.admin)
        #expect(record?.values["note"] == .text("mine"))
        // A hidden personal value stays when its control comes back blank.
        #expect(record?.values["phone"] == .text("13812345678"))
    }

    @Test func revealingIsAudited() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            let csrf = try await LedgerHouse.csrf("admin", client)
            let body = ByteBuffer(string: "_csrf=\(csrf)")
            try await client.execute(uri: "/ledgers/truck/1/reveal", method: .post, headers: LedgerHouse.form("north"), body: body) { #expect($0.status == .forbidden) }
            try await client.execute(uri: "/ledgers/truck/1/reveal", method: .post, headers: LedgerHouse.form("admin"), body: body) { response in
                #expect(String(buffer: response.body).contains("13812345678"))
                #expect(response.headers[.cacheControl]?.contains("no-store") == true)
            }
        }
        #expect(try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM audit WHERE action = 'reveal' AND object_id = '1'") } == 1)
    }

    @Test func deletingAsksForAReasonAndCanBeUndone() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            let csrf = try await LedgerHouse.csrf("north", client)
            try await client.execute(uri: "/ledgers/truck/1/delete", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: "_csrf=\(csrf)")) {
                #expect($0.status == .unprocessableContent)
            }
            try await client.execute(uri: "/ledgers/truck/1/delete", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: "_csrf=\(csrf)&reason=dup")) {
                #expect($0.status == .seeOther)
            }
            try await client.execute(uri: "/ledgers/truck", method: .get, headers: LedgerHouse.cookie("north")) { #expect(!String(buffer: $0.body).contains("冀A10001")) }
            try await client.execute(uri: "/ledgers/truck?deleted=1", method: .get, headers: LedgerHouse.cookie("north")) { #expect(String(buffer: $0.body).contains("冀A10001")) }
            try await client.execute(uri: "/ledgers/truck/1/restore", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: "_csrf=\(csrf)")) {
                #expect($0.status == .seeOther)
            }
        }
        #expect(try await house.platform.ledgers.find("truck", id: 1, by: house.admin) != nil)
    }

    @Test func importIsJudgedThenRun() async throws {
        let house = try await LedgerHouse.furnished()
        let sheet = "号牌号码,排放阶段\r\n冀C1,国五\r\n冀C2,国九\r\n冀C3,国六\r\n"
        try await Application(router: house.router).test(.router) { client in
            let csrf = try await LedgerHouse.csrf("north", client)
            let (headers, body) = LedgerHouse.upload("north", ["_csrf": csrf, "badRows": "skip"], file: "trucks.csv", sheet)
            try await client.execute(uri: "/ledgers/truck/import", method: .post, headers: headers, body: body) { #expect($0.headers[.location] == "/ledgers/truck/import/1") }
            await house.platform.tasks.runWaiting()
            try await client.execute(uri: "/ledgers/truck/import/1", method: .get, headers: LedgerHouse.cookie("north")) { response in
                let body = String(buffer: response.body)
                for text in ["确认导入 2 行", "“国九”不在字典中", "下载问题清单"] { #expect(body.contains(text), "lacks \(text)") }
            }
            try await client.execute(uri: "/ledgers/truck/import/1", method: .get, headers: LedgerHouse.cookie("admin")) { #expect($0.status == .notFound) }
            try await client.execute(uri: "/ledgers/truck/import/1/run", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: "_csrf=\(csrf)")) {
                #expect($0.status == .seeOther)
            }
            await house.platform.tasks.runWaiting()
            try await client.execute(uri: "/ledgers/truck/import/1", method: .get, headers: LedgerHouse.cookie("north")) { #expect(String(buffer: $0.body).contains("新增 2 行")) }
            try await client.execute(uri: "/ledgers/truck", method: .get, headers: LedgerHouse.cookie("north")) { #expect(String(buffer: $0.body).contains("冀C3")) }
        }
    }

    @Test func administratorsDefineLedgersThatWorkAtOnce() async throws {
        let house = try await LedgerHouse.furnished()
        try await Application(router: house.router).test(.router) { client in
            let csrf = try await LedgerHouse.csrf("admin", client)
            let form = "_csrf=\(csrf)&title=Supplies&name=supply&group=Own&ownedBy=shared&fieldTitle=Item&field=item&kind=text&marks=required&marks=searchable"
            try await client.execute(uri: "/designer/new", method: .post, headers: LedgerHouse.form("admin"), body: ByteBuffer(string: form)) {
                #expect($0.headers[.location] == "/designer/supply")
            }
            let field = "_csrf=\(csrf)&fieldTitle=Amount&field=amount&kind=integer&least=0&most=10"
            try await client.execute(uri: "/designer/supply/field", method: .post, headers: LedgerHouse.form("admin"), body: ByteBuffer(string: field)) {
                #expect($0.status == .seeOther)
            }
            try await client.execute(uri: "/ledgers/supply/new", method: .post, headers: LedgerHouse.form("admin"), body: ByteBuffer(string: "_csrf=\(csrf)&item=Rope&amount=11")) {
                #expect(String(buffer: $0.body).contains("应在 0 到 10 之间"))
            }
            try await client.execute(uri: "/ledgers/supply/new", method: .post, headers: LedgerHouse.form("admin"), body: ByteBuffer(string: "_csrf=\(csrf)&item=Rope&amount=7")) {
                #expect($0.status == .seeOther)
            }
            try await client.execute(uri: "/ledgers/supply", method: .get, headers: LedgerHouse.cookie("admin")) { #expect(String(buffer: $0.body).contains("Rope")) }
            try await client.execute(uri: "/designer/supply/field", method: .post, headers: LedgerHouse.form("north"), body: ByteBuffer(string: field)) {
                #expect($0.status == .forbidden)
            }
        }
        let declared = try await house.platform.database.read { [identity = house.platform.identity] in try identity.roles.declared($0).map(\.name) }
        #expect(declared.contains("supply.write") && declared.contains("truck.write"))
    }
}
