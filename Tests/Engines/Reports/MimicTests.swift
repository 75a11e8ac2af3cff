import Alarms
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import NIOCore
import Reports
import Storage
import Testing
import Web

@Suite("D9.8.1 工艺组态：图元、绑定、组件与版本；D9.8.3 外部链接；D9.8.2 雷达图与日历热图")
struct MimicTests {
    /// A drawing with a tank bound to a point, made through its pages by the city.
    private static func drawn(_ house: ReportHouse, _ client: any TestClientProtocol) async throws -> Int64 {
        let made = try await ReportHouse.post("city", "/reports/mimics/new", [("title", "1 号罐区"), ("refresh", "10")], client)
        let id = try #require(Int64(made.place.split(separator: "/")[2]))
        #expect(try await ReportHouse.post("city", "/reports/mimics/\(id)/shapes/tank", [], client).status == .seeOther)
        let settings = [
            ("label", "T-101"), ("turn", "0"), ("source", "reading"), ("subject", "LT-101"), ("least", "0"), ("fullest", "10"), ("from0", "0"), ("tone0", "good"), ("from1", "8"),
            ("tone1", "red"),
        ]
        #expect(try await ReportHouse.post("city", "/reports/mimics/\(id)/elements/e1", settings, client).status == .seeOther)
        return id
    }

    @Test func anElementShowsItsPointWithinTheViewersScope() async throws {
        let house = try await ReportHouse()
        let reading: @Sendable (Int64, String, Double) async throws -> Void = { org, area, value in
            try await house.database.write {
                try house.engine.alarms.keep([PointReading(org: org, area: area, subject: "LT-101", unit: "m", at: ReportHouse.noon, value: value)], in: $0)
            }
        }
        try await house.test { client in
            let id = try await Self.drawn(house, client)
            #expect(try await ReportHouse.page("city", "/reports/mimics/\(id)", client).text.contains("T-101"))
            #expect(try await ReportHouse.page("city", "/reports/mimics/\(id)/canvas", client).text.contains("—"))
            try await reading(house.north, "130102", 8.5)
            let city = try await ReportHouse.page("city", "/reports/mimics/\(id)/canvas", client).text
            #expect(city.contains("8.5 m") && city.contains("tone-red"))
            #expect(try await ReportHouse.page("county", "/reports/mimics/\(id)/canvas", client).status == .notFound)
            _ = try await ReportHouse.post("city", "/reports/items/\(id)/share", [("everyone", "1")], client)
            #expect(try await ReportHouse.page("county", "/reports/mimics/\(id)/canvas", client).text.contains("8.5 m"))
            // Another county's point is a dash, and so is what one may not see at all.
            try await house.database.write { _ = try $0.execute("DELETE FROM alarm_points") }
            try await reading(house.south, "130104", 3)
            #expect(!(try await ReportHouse.page("county", "/reports/mimics/\(id)/canvas", client).text.contains("3 m")))
            #expect(!(try await ReportHouse.page("south", "/reports/mimics/\(id)/canvas", client).text.contains("3 m")))
            #expect(try await ReportHouse.page("county", "/reports/mimics/\(id)/edit", client).status == .forbidden)
        }
    }

    @Test func otherSources() async throws {
        let house = try await ReportHouse()
        try await house.test { client in
            let id = try await Self.drawn(house, client)
            for source in [
                [("source", "figure"), ("measure", "ledger.carriage|sum:load"), ("span", "all")], [("source", "ledger"), ("ledger", "carriage")],
                [("source", "alarms"), ("words", "3 号罐")],
            ] {
                #expect(try await ReportHouse.post("city", "/reports/mimics/\(id)/elements/e1", [("label", "x")] + source, client).status == .seeOther)
                let text = try await ReportHouse.page("city", "/reports/mimics/\(id)/canvas", client).text
                #expect(source[0].1 == "figure" ? text.contains("156") : source[0].1 == "ledger" ? text.contains(">8<") : text.contains("正常"))
            }
            let wrong = try await ReportHouse.post(
                "city", "/reports/mimics/\(id)/elements/e1", [("source", "reading"), ("least", "9"), ("fullest", "1"), ("tone0", "red")], client)
            #expect(wrong.status == .unprocessableContent && wrong.text.contains("应大于量程下限"))
        }
    }

    @Test func shapesAreMovedKeptAsComponentsAndVersions() async throws {
        let house = try await ReportHouse()
        try await house.test { client in
            let id = try await Self.drawn(house, client)
            let move = "[{\"id\":\"e1\",\"x\":5000,\"y\":-5,\"w\":100,\"h\":2},{\"id\":\"e9\",\"x\":1,\"y\":1}]"
            let moved = try await client.execute(uri: "/reports/mimics/\(id)/layout", method: .post, headers: ReportHouse.bearer("city"), body: ByteBuffer(string: move)) {
                String(buffer: $0.body)
            }
            #expect(moved == "[{\"id\":\"e1\",\"x\":1100,\"y\":0,\"w\":100,\"h\":8}]")
            #expect(try await ReportHouse.post("city", "/reports/mimics/\(id)/versions/new", [("note", "初版")], client).status == .seeOther)
            #expect(try await ReportHouse.post("city", "/reports/mimics/\(id)/elements/e1/component", [("title", "立式罐")], client).status == .seeOther)
            let component = try #require(try await house.database.read { try $0.value("SELECT id FROM report_items WHERE kind = 'component'")?.int })
            #expect(try await ReportHouse.post("city", "/reports/mimics/\(id)/components/\(component)", [], client).status == .seeOther)
            let edit = try await ReportHouse.page("city", "/reports/mimics/\(id)/edit", client).text
            #expect(edit.contains("data-element=\"e2\"") && edit.contains("立式罐") && edit.contains("点位 LT-101 的最新值"))
            let versions = try await ReportHouse.page("city", "/reports/mimics/\(id)/versions", client).text
            let kept = try #require(versions.firstMatch(of: /versions\/(\d+)\/restore/).map { String($0.1) })
            #expect(try await ReportHouse.post("city", "/reports/mimics/\(id)/versions/\(kept)/restore", [], client).status == .seeOther)
            #expect(!(try await ReportHouse.page("city", "/reports/mimics/\(id)/edit", client).text.contains("data-element=\"e2\"")))
            #expect(try await ReportHouse.page("city", "/reports/mimics/\(id)/versions", client).text.contains("之前"))
        }
    }

    @Test func aBoardShowsMimicsAndOnlyLinksThatAreAdmitted() async throws {
        let house = try await ReportHouse()
        try await house.test { client in
            let id = try await Self.drawn(house, client)
            let made = try await ReportHouse.post("city", "/reports/dashboards/new", [("title", "看板")], client)
            let board = made.place.split(separator: "/")[2]
            #expect(try await ReportHouse.post("city", "/reports/dashboards/\(board)/new/mimic", [("title", "罐区"), ("item", "\(id)")], client).status == .seeOther)
            #expect(try await ReportHouse.page("city", "/reports/dashboards/\(board)/cards/c1", client).text.contains("<svg class=\"mimic"))
            for address in ["https://evil.example/", "javascript:alert(1)", "https://www.example.gov.cn.evil/"] {
                let refused = try await ReportHouse.post("city", "/reports/dashboards/\(board)/new/links", [("title", "链接"), ("text", "网站 \(address)")], client)
                #expect(refused.status == .unprocessableContent && refused.text.contains("不在允许的网站之列"))
            }
            let lines = "省厅 https://www.example.gov.cn/a?b=1\nhttp://www.example.gov.cn:8080/"
            #expect(try await ReportHouse.post("city", "/reports/dashboards/\(board)/new/links", [("title", "链接"), ("text", lines)], client).status == .seeOther)
            let card = try await ReportHouse.page("city", "/reports/dashboards/\(board)/cards/c2", client).text
            #expect(card.contains("href=\"https://www.example.gov.cn/a?b=1\"") && card.contains("noopener") && card.contains("省厅"))
        }
    }

    @Test("雷达图与日历热图可选", arguments: ["radar", "calendar"])
    func pictures(_ picture: String) async throws {
        let house = try await ReportHouse()
        try await house.test { client in
            let page = try await ReportHouse.page("city", "/reports/charts/build?source=ledger.carriage&row=fuel&measure=count&span=all&chart=\(picture)", client)
            #expect(page.status == .ok && page.text.contains("kind&quot;:&quot;\(picture)"))
        }
    }
}
