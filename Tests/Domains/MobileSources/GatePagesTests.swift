import Features
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kernel
import Ledgers
import MobileSources
import NIOCore
import Storage
import Testing
import Web

@Suite("A-06 A-11 A-13 门禁页面")
struct GatePagesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(who) \(path) → \(status)" }
        let who: String
        let path: String
        var status = 200
        var contains: [String] = []
        var lacks: [String] = []
    }

    /// Pass 1 is steel's filed truck, pass 2 steel's unfiled truck let through, pass 3 cement's.
    static let examples: [Example] =
        [
            Example(who: "city", path: "/", contains: ["工作台", "石家庄示例钢铁", "河北示例水泥", "违规放行", "当前无重污染天气预警"]),
            Example(who: "county", path: "/", contains: ["石家庄示例钢铁"], lacks: ["河北示例水泥"]),
            Example(who: "steel", path: "/", contains: ["当前管控策略", "日常管控", "人工补录"], lacks: ["河北示例水泥"]),
            Example(who: "nobody", path: "/", status: 303, lacks: ["石家庄示例钢铁"]),
            Example(who: "city", path: "/workbench/figures", contains: ["今日过车", "3<small>辆次"]),
            Example(who: "county", path: "/workbench/figures", contains: ["2<small>辆次"]),
            Example(who: "county", path: "/workbench/sites", contains: ["石家庄示例钢铁"], lacks: ["河北示例水泥"]),
            Example(who: "city", path: "/passes", contains: ["黄牌 冀A12345", "黄牌 冀A54321", "黄牌 冀B77777"]),
            Example(who: "county", path: "/passes", contains: ["黄牌 冀A12345"], lacks: ["黄牌 冀B77777"]),
            Example(who: "city", path: "/passes?verdict=refuse", contains: ["黄牌 冀A54321"], lacks: ["黄牌 冀A12345"]),
            Example(who: "city", path: "/passes?county=130104", contains: ["黄牌 冀B77777"], lacks: ["黄牌 冀A12345"]),
            Example(who: "city", path: "/map", contains: ["gate-map", "石家庄示例钢铁", "河北示例水泥", "示意"]),
            Example(who: "county", path: "/map", lacks: ["河北示例水泥"]),
            Example(who: "county", path: "/map/states", contains: ["site-"], lacks: ["河北示例水泥"]),
            Example(who: "city", path: "/enterprises", contains: ["石家庄示例钢铁", "河北示例水泥"]),
            Example(who: "county", path: "/enterprises", lacks: ["河北示例水泥"]),
            Example(who: "city", path: "/enterprises/1", contains: ["石家庄示例钢铁", "日常管控", "近两周过车"]),
            Example(who: "cement", path: "/enterprises/1", status: 404),
            Example(who: "county", path: "/enterprises/2", status: 404),
            Example(who: "city", path: "/passes/2", contains: ["黄牌 冀A54321", "违规放行", "为什么这样判断", "未在平台备案", "过车照片"]),
            Example(who: "steel", path: "/passes/1", contains: ["黄牌 冀A12345", "允许通行"]),
            Example(who: "cement", path: "/passes/1", status: 404),
            Example(who: "county", path: "/passes/3", status: 404),
            Example(who: "city", path: "/plates/%E5%86%80A12345", contains: ["黄牌 冀A12345", "/passes/1"]),
            Example(who: "cement", path: "/plates/%E5%86%80A12345", contains: ["没有过车记录"]),
            Example(who: "city", path: "/query", contains: ["今日不予放行", "f.verdict=refuse", "/passes/3"]),
            Example(who: "cement", path: "/query", lacks: ["/passes/1\""]),
            Example(who: "steel", path: "/lookup", contains: ["lookup-plate"], lacks: ["name=\"org\""]),
            Example(who: "steel", path: "/lookup/answer?plate=%E5%86%80A12345", contains: ["可以放行", "国五", "号牌颜色按黄牌查询"]),
            Example(who: "steel", path: "/lookup/answer?plate=%E5%86%80A54321", contains: ["不予放行", "未在平台备案"]),
            Example(who: "city", path: "/lookup/answer?plate=%E5%86%80A12345&org=999", contains: ["请选择企业"]),
            Example(who: "nobody", path: "/lookup", status: 403),
            Example(who: "steel", path: "/manual-entry", contains: ["补录原因", "1号门"]),
            Example(who: "steel", path: "/console", contains: ["本企业实时过车"]),
            Example(who: "city", path: "/ledgers/gatePass", contains: ["/passes/1", "常用查询"]),
        ]
        + ["overview", "passes", "vehicles", "machines", "alarms", "quality", "strategy", "gates", "papers"].map {
            Example(who: "steel", path: "/enterprises/1?tab=\($0)", contains: ["石家庄示例钢铁"])
        }

    static func furnished() async throws -> GateHouse {
        let house = try await GateHouse()
        try await house.file("冀A12345", stage: "5", of: house.steel)
        try await house.pass("冀A12345", 1, of: house.steel)
        try await house.pass("冀A54321", 2, of: house.steel)
        try await house.pass("冀B77777", 1, of: house.cement, barrierAction: "0")
        return house
    }

    @Test("每人只看到自己管辖的")
    func pages() async throws {
        let house = try await Self.furnished()
        try await Application(router: house.router).test(.router) { client in
            for example in Self.examples {
                try await client.execute(uri: example.path, method: .get, headers: GateHouse.cookie(example.who)) { response in
                    let body = String(buffer: response.body)
                    #expect(response.status.code == example.status, "\(example.testDescription): \(response.status)")
                    for text in example.contains where !body.contains(text) { Issue.record("\(example.testDescription): lacks “\(text)”") }
                    for text in example.lacks where body.contains(text) { Issue.record("\(example.testDescription): has “\(text)”") }
                    #expect(!body.contains(" style=\""), "\(example.testDescription): a style attribute")
                }
            }
        }
    }

    @Test("预警状态醒目")
    func warning() async throws {
        let house = try await Self.furnished()
        _ = try await house.gates.warnings.start(.orange, counties: ["130102"], basis: "预警", by: house.principal("city"))
        try await Application(router: house.router).test(.router) { client in
            for (who, isWarned) in [("city", true), ("county", true), ("cement", false)] {
                try await client.execute(uri: "/", method: .get, headers: GateHouse.cookie(who)) { response in
                    #expect(String(buffer: response.body).contains("橙色预警</b>") == isWarned, "\(who)")
                }
            }
        }
    }

    @Test("实时过车由平台推送到页面，每次过车只渲染一次")
    func live() async throws {
        let house = try await GateHouse()
        let recent = house.gates.feed.total
        try await house.pass("冀A54321", 1, of: house.steel)
        #expect(house.gates.feed.total == recent + 1)
    }
}
