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

@Suite("全局搜索")
struct SearchTests {
    struct Cut: Sendable, CustomTestStringConvertible {
        var testDescription: String { text }
        let text: String
        let words: [String]
        let required: [String]
    }

    static let cuts: [Cut] = [
        Cut(text: "北方钢铁", words: ["北方", "方钢", "钢铁"], required: ["北方", "方钢", "钢铁"]),
        Cut(text: "冀A12345", words: ["冀a", "a12", "123", "234", "345"], required: ["冀a", "a12", "123", "234", "345"]),
        Cut(text: "冀A1", words: ["冀a", "a1"], required: ["冀a"]), Cut(text: "3号门", words: ["3号", "号门", "3"], required: ["3号", "号门"]),
        Cut(text: "ＢＪ-01", words: ["bj", "01"], required: ["bj", "01"]), Cut(text: "冀", words: ["冀"], required: []), Cut(text: "a", words: ["a"], required: ["a"]),
        Cut(text: "", words: [], required: []),
    ]

    @Test(arguments: cuts)
    func words(_ cut: Cut) {
        #expect(SearchWords.words(of: cut.text) == cut.words)
        #expect(SearchWords.required(for: cut.text) == cut.required)
    }

    struct Said: Sendable, CustomTestStringConvertible {
        var testDescription: String { text }
        let text: String
        let number: String?
        var color: PlateColor?
    }

    static let said: [Said] = [
        Said(text: "冀A12345", number: "冀a12345"), Said(text: "冀A·1234O", number: "冀a12340"), Said(text: "黄牌冀AI2345", number: "冀a12345", color: .yellow),
        Said(text: "冀A12345 蓝", number: "冀a12345", color: .blue), Said(text: "A12345", number: "a12345"), Said(text: "北方钢铁", number: nil), Said(text: "1234", number: nil),
        Said(text: "石家庄北方1", number: nil),
    ]

    @Test(arguments: said)
    func plates(_ said: Said) {
        #expect(PlateWords.spoken(said.text)?.number == said.number)
        #expect(PlateWords.spoken(said.text)?.color == said.color)
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(who) \(text)" }
        let who: String
        let text: String
        let found: [String]
    }

    /// Titles found, in order.
    static let examples: [Example] = [
        Example(who: "admin", text: "冀A10001", found: ["冀A10001", "冀A10002"]), Example(who: "admin", text: "冀AIOOO1", found: ["冀A10001", "冀A10002"]),
        Example(who: "admin", text: "A10002", found: ["冀A10002"]), Example(who: "admin", text: "冀A1002", found: ["冀A10002"]),
        Example(who: "admin", text: "蓝牌 冀A10001", found: ["冀A10001", "冀A10002"]), Example(who: "north", text: "冀A10002", found: ["冀A10001"]),
        Example(who: "south", text: "冀A10001", found: ["冀A10002"]), Example(who: "county", text: "冀A10001", found: ["冀A10001"]),
        Example(who: "nobody", text: "冀A10001", found: []), Example(who: "admin", text: "东门停车", found: ["东门停车场"]), Example(who: "admin", text: "停车场 东门", found: ["东门停车场"]),
        Example(who: "nobody", text: "东门停车", found: []), Example(who: "admin", text: "张三", found: ["冀A10002", "冀A10001"]), Example(who: "north", text: "张三", found: ["冀A10001"]),
        Example(who: "admin", text: "张", found: []), Example(who: "admin", text: "没有的东西", found: []),
    ]

    @Test(arguments: examples)
    func finds(_ example: Example) async throws {
        let house = try await SearchHouse.make()
        #expect(try await house.titles(example.text, example.who) == example.found)
    }

    @Test func followsWrites() async throws {
        let house = try await SearchHouse.make()
        let ledgers = house.house.platform.ledgers
        let admin = house.admin
        _ = try await ledgers.update("depot", id: 1, Draft(["name": "西门停车场"]), expectedVersion: nil, by: admin)
        #expect(try await house.titles("东门停车", "admin") == ["西门停车场"], "the old word leads to the row as it is now")
        try await house.search.settle()
        #expect(try await house.titles("东门停车", "admin") == [])
        #expect(try await house.titles("西门停车", "admin") == ["西门停车场"])
        try await ledgers.delete("depot", id: 1, reason: "撤销", by: admin)
        #expect(try await house.titles("西门停车", "admin") == [], "a deleted row is not shown even before the index knows")
        try await house.search.settle()
        let verdict = try await house.search.verify()
        #expect(verdict.differences == [])
        try await ledgers.restore("depot", id: 1, by: admin)
        try await house.search.settle()
        #expect(try await house.titles("西门停车", "admin") == ["西门停车场"])
    }

    @Test func isBuiltAnewAndVerified() async throws {
        let house = try await SearchHouse.make()
        #expect(try await house.search.verify().entries >= 3)
        try await house.database.write { tx in
            try tx.execute("UPDATE search_entries SET words = 'kindtruck' WHERE kind = 'truck' AND record_id = 1")
            try tx.execute("INSERT INTO search_entries (kind, record_id, words) VALUES ('truck', 77, 'kindtruck 北方')")
        }
        #expect(try await house.search.verify().differences == ["运输车辆 #1 与记录不符", "运输车辆 #77 已不存在，仍被收录"])
        try await house.database.write { [search = house.search, admin = house.admin] tx in try search.rebuild(nil, by: admin, in: tx) }
        try await house.search.settle()
        #expect(try await house.search.verify().differences == [])
        #expect(try await house.titles("冀A10001", "north") == ["冀A10001"])
    }

    @Test func personalTextIsNotInTheIndex() async throws {
        let house = try await SearchHouse.make()
        let words = try await house.database.read { try $0.rows("SELECT words FROM search_entries").compactMap { $0[0].text }.joined(separator: " ") }
        #expect(!words.contains("张三"))
        #expect(!words.contains("13812345678"))
    }

    struct Page: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(who) \(path)" }
        let who: String
        let path: String
        let status: Int
        var contains: [String] = []
        var lacks: [String] = []
    }

    static let pages: [Page] = [
        Page(who: "admin", path: "/search", status: 200, contains: ["0 与 O"]),
        Page(who: "admin", path: "/search?q=%E5%86%80A10001", status: 200, contains: ["<mark>冀A10001</mark>", "/ledgers/truck/1", "运输车辆（2）"]),
        Page(who: "north", path: "/search?q=%E5%86%80A10001", status: 200, contains: ["/ledgers/truck/1", "张*"], lacks: ["/ledgers/truck/2", "张三"]),
        Page(who: "admin", path: "/search?q=%E5%86%80A10001&kind=truck", status: 200, contains: ["/ledgers/truck/2"]),
        Page(who: "nobody", path: "/search?q=%E5%86%80A10001", status: 200, contains: ["没有找到"]),
        Page(who: "admin", path: "/search?q=%E5%8F%B0%E8%B4%A6", status: 200, contains: ["台账"], lacks: ["没有找到"]),
        Page(who: "admin", path: "/search?q=%E5%BC%A0", status: 200, contains: ["至少两个字"]),
        Page(who: "admin", path: "/search/suggest?q=%E4%B8%9C%E9%97%A8", status: 200, contains: ["东门停车场", "\"isTooShort\":false"]),
        Page(who: "admin", path: "/search/suggest?q=%22%3Cb%3E", status: 200), Page(who: "admin", path: "/search?q=%22%20OR%20%2A", status: 200),
        Page(who: "admin", path: "/search-index", status: 200, contains: ["运输车辆", "可用"]), Page(who: "north", path: "/search-index", status: 403),
    ]

    @Test func answersPages() async throws {
        let house = try await SearchHouse.make()
        try await Application(router: house.house.router).test(.router) { client in
            for page in Self.pages {
                try await client.execute(uri: page.path, method: .get, headers: LedgerHouse.cookie(page.who)) { response in
                    let body = String(buffer: response.body)
                    #expect(Int(response.status.code) == page.status, "\(page.testDescription)")
                    for text in page.contains { #expect(body.contains(text), "\(page.testDescription) shows \(text)") }
                    for text in page.lacks { #expect(!body.contains(text), "\(page.testDescription) hides \(text)") }
                }
            }
        }
    }
}

/// The house of ledgers with an index that has caught up.
struct SearchHouse: Sendable {
    let house: LedgerHouse

    static func make() async throws -> SearchHouse {
        let house = SearchHouse(house: try await LedgerHouse.furnished())
        try await house.search.settle()
        return house
    }

    var search: SearchEngine { house.platform.search }
    var database: any Database { house.platform.database }
    var admin: Principal { house.admin }

    func titles(_ text: String, _ who: String) async throws -> [String] {
        guard let principal = HouseSessions(north: house.north, south: house.south).principal(who) else { return [] }
        return try await database.read { [search] in try search.search(text, by: principal, in: $0).groups.flatMap(\.hits).map(\.title) }
    }
}
