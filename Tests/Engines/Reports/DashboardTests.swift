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

@Suite("D9.8.3 看板与大屏；D9.8.2 保存与共享")
struct DashboardTests {
    private static let cards: [DashboardCard] = [
        DashboardCard(
            "c1", .chart, "各县", x: 0, y: 0, width: 4, height: 4,
            question: ReportQuestion("ledger.carriage", dimensions: ["county"], terms: [.plain("sum:load")], time: "carriedOn", span: .all)),
        DashboardCard("c2", .number, "查不完", x: 4, y: 0, width: 4, height: 4, question: ReportQuestion("test.endless", terms: [.plain("n")])),
        DashboardCard("c3", .list, "台账", x: 8, y: 0, width: 4, height: 4, ledger: "carriage", fields: ["number", "fuel"]),
        DashboardCard("c4", .text, "文字", x: 0, y: 4, width: 4, height: 2, text: "<b>值班电话</b>"),
    ]

    private static func house() async throws -> (ReportHouse, Int64) {
        let house = try await ReportHouse()
        let draft = ReportItemDraft(.dashboard, title: "测试看板", body: Dashboard(cards: cards).json)
        let id = try await house.database.write { try house.engine.keep(draft, by: house.known("city"), in: $0) }
        return (house, id)
    }

    @Test func whatIsSharedOpensWithTheViewersOwnData() async throws {
        let (house, id) = try await Self.house()
        try await house.test { client in
            #expect(try await ReportHouse.page("county", "/reports/dashboards/\(id)", client).status == .notFound)
            let shared = try await ReportHouse.post("city", "/reports/items/\(id)/share", [("role", "county"), ("organisation", "\(house.south)")], client)
            #expect(shared.status == .seeOther)
            for login in ["city", "county", "south", "blind"] { #expect(try await ReportHouse.page(login, "/reports/dashboards/\(id)", client).status == .ok) }
            let city = try await ReportHouse.page("city", "/reports/dashboards/\(id)/cards/c1", client).text
            #expect(city.contains("长安区") && city.contains("桥西区"))
            let county = try await ReportHouse.page("county", "/reports/dashboards/\(id)/cards/c1", client).text
            #expect(county.contains("长安区") && !county.contains("桥西区"))
            let south = try await ReportHouse.page("south", "/reports/dashboards/\(id)/cards/c1", client).text
            #expect(south.contains("桥西区") && !south.contains("长安区"))
            for card in ["c1", "c3"] {
                let blind = try await ReportHouse.page("blind", "/reports/dashboards/\(id)/cards/\(card)", client)
                #expect(blind.status == .ok && blind.text.contains("没有查看此内容的权限"))
            }
            let list = try await ReportHouse.page("south", "/reports/dashboards/\(id)/cards/c3", client).text
            #expect(list.contains("N6") && !list.contains("N1<"))
            #expect(try await ReportHouse.page("city", "/reports/dashboards/\(id)/cards/c4", client).text.contains("&lt;b&gt;值班电话"))
            #expect(try await ReportHouse.page("nobody", "/reports/dashboards/\(id)", client).status == .forbidden)
        }
    }

    /// Only one's own may be changed; a county cannot share what it did not make.
    @Test func othersBoardsAreOnlyLookedAt() async throws {
        let (house, id) = try await Self.house()
        try await house.test { client in
            _ = try await ReportHouse.post("city", "/reports/items/\(id)/share", [("everyone", "1")], client)
            #expect(try await ReportHouse.page("county", "/reports/dashboards/\(id)/edit", client).status == .forbidden)
            #expect(try await ReportHouse.post("county", "/reports/items/\(id)/share", [("everyone", "1")], client).status == .forbidden)
            #expect(try await ReportHouse.post("south", "/reports/items/\(id)/share", [("everyone", "1")], client).status == .forbidden)
            #expect(try await ReportHouse.post("county", "/reports/items/\(id)/delete", [], client).status == .forbidden)
            #expect(try await ReportHouse.post("city", "/reports/items/\(id)/delete", [], client).status == .seeOther)
            #expect(try await ReportHouse.page("city", "/reports/dashboards/\(id)", client).status == .notFound)
        }
    }

    @Test func arrangingPushesDownWhatIsInTheWay() async throws {
        let (house, id) = try await Self.house()
        try await house.test { client in
            let csrf = try await ReportHouse.page("city", "/reports/charts", client).text.firstMatch(of: /name="csrf" content="([^"]+)"/).map { String($0.1) } ?? ""
            var headers = ReportHouse.cookie("city")
            headers[.contentType] = "application/json"
            if let name = HTTPField.Name("X-CSRF") { headers[name] = csrf }
            let body = ByteBuffer(string: #"[{"id":"c1","x":2,"y":0,"w":6,"h":4},{"id":"zz","x":0,"y":0,"w":1,"h":1},{"id":"c3","x":30,"y":-3,"w":99,"h":2}]"#)
            let answer = try await client.execute(uri: "/reports/dashboards/\(id)/layout", method: .post, headers: headers, body: body) { ($0.status, String(buffer: $0.body)) }
            #expect(answer.0 == .ok)
            let places = try JSONValue(parsing: answer.1).array ?? []
            let spelled = places.map { "\($0["id"]?.string ?? "") \($0["x"]?.int ?? -1) \($0["y"]?.int ?? -1) \($0["w"]?.int ?? -1) \($0["h"]?.int ?? -1)" }
            #expect(spelled == ["c1 2 2 6 4", "c2 4 6 4 4", "c3 0 0 12 2", "c4 0 6 4 2"])
        }
    }

    @Test func aChartIsBuiltKeptAndTakenAway() async throws {
        let house = try await ReportHouse()
        try await house.test { client in
            let builder = try await ReportHouse.page("county", "/reports/charts/build?source=ledger.carriage&row=fuel&measure=count&span=all&chart=bar", client)
            #expect(builder.status == .ok && builder.text.contains("柴油") && builder.text.contains("data-chart"))
            let wrong = try await ReportHouse.page("county", "/reports/charts/build?source=ledger.carriage&row=owner&measure=count", client)
            #expect(wrong.status == .ok && wrong.text.contains("没有“owner”这个维度"))
            let question = ReportQuestion("ledger.carriage", dimensions: ["fuel"], terms: [.plain("count")], span: .all)
            let kept = try await ReportHouse.post("county", "/reports/charts/save", [("title", "燃料统计"), ("question", question.json.text)], client)
            #expect(kept.status == .seeOther)
            #expect(try await ReportHouse.page("county", kept.place, client).text.contains("燃料统计"))
            #expect(try await ReportHouse.page("south", kept.place, client).status == .notFound)
            let file = try await client.execute(
                uri: "/reports/charts/file?source=ledger.carriage&row=fuel&measure=count&span=all", method: .get, headers: ReportHouse.cookie("county")
            ) {
                Array($0.body.readableBytesView.prefix(2))
            }
            #expect(file == [0x50, 0x4B])
            let api = try await client.execute(
                uri: "/api/v1/reports/ask?source=ledger.carriage&row=fuel&measure=count&span=all", method: .get, headers: ReportHouse.bearer("south")
            ) {
                String(buffer: $0.body)
            }
            #expect(try JSONValue(parsing: api)["rows"]?.array?.compactMap { $0["keys"]?.array?.first?.string } == ["C"])
        }
    }
}
