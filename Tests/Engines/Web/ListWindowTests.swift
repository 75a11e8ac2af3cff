import Kernel
import Testing
import Web

@Suite("列表：搜索、排序、分页")
struct ListWindowTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let query: [PageAddress.QueryItem]
        let rows: [Int64]
        var first: String? = nil
        var previous: String? = nil
        var next: String? = nil
    }

    static func window(_ query: [PageAddress.QueryItem]) -> ListWindow { ListWindow(PageAddress("/list", query)) }

    static let cursors: [Example] = [
        Example(testDescription: "第一页", query: [.init("size", "3")], rows: [10, 9, 8], next: "/list?size=3&before=8"),
        Example(testDescription: "中间一页", query: [.init("size", "3"), .init("before", "8")], rows: [7, 6, 5], first: "/list?size=3", next: "/list?size=3&before=5"),
        Example(testDescription: "最后一页恰好满", query: [.init("size", "3"), .init("before", "4")], rows: [3, 2, 1], first: "/list?size=3"),
        Example(testDescription: "全部在一页", query: [], rows: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        Example(testDescription: "条件跟着走", query: [.init("q", "门"), .init("size", "3")], rows: [10, 9, 8], next: "/list?q=%E9%97%A8&size=3&before=8"),
        Example(testDescription: "乱写的游标从头开始", query: [.init("size", "3"), .init("before", "x")], rows: [10, 9, 8], next: "/list?size=3&before=8"),
    ]

    @Test("按编号从新到旧", arguments: cursors)
    func newest(_ example: Example) {
        let window = Self.window(example.query)
        let read = (1...10).reversed().map { Int64($0) }.filter { $0 < window.before ?? .max }.prefix(window.limit)
        let shown = window.newest(Array(read)) { $0 }
        #expect(shown.rows == example.rows)
        #expect([shown.pager.first, shown.pager.previous, shown.pager.next] == [example.first, example.previous, example.next])
    }

    static let pages: [Example] = [
        Example(testDescription: "原来的次序", query: [.init("size", "2")], rows: [3, 1], next: "/list?size=2&page=1"),
        Example(testDescription: "第二页", query: [.init("size", "2"), .init("page", "1")], rows: [2, 4], first: "/list?size=2", previous: "/list?size=2"),
        Example(testDescription: "升序", query: [.init("sort", "name")], rows: [1, 2, 3, 4]),
        Example(testDescription: "降序", query: [.init("sort", "-name")], rows: [4, 3, 2, 1]),
        Example(testDescription: "不能排序的列不起作用", query: [.init("sort", "other")], rows: [3, 1, 2, 4]),
        Example(testDescription: "页码过大停在最后一页", query: [.init("size", "2"), .init("page", "9")], rows: [2, 4], first: "/list?size=2", previous: "/list?size=2"),
        Example(testDescription: "负的页码是第一页", query: [.init("page", "-3")], rows: [3, 1, 2, 4]),
    ]

    @Test("整表分页", arguments: pages)
    func numbered(_ example: Example) {
        let shown = Self.window(example.query).numbered([3, 1, 2, 4] as [Int64], sortedBy: ["name": { String($0) }])
        #expect(shown.rows == example.rows)
        #expect([shown.pager.first, shown.pager.previous, shown.pager.next] == [example.first, example.previous, example.next])
        #expect(shown.pager.total == 4)
    }

    @Test("空表只有一页")
    func empty() {
        let shown = Self.window([.init("page", "2")]).numbered([] as [Int64])
        #expect(shown.rows.isEmpty)
        #expect([shown.pager.first, shown.pager.previous, shown.pager.next] == [nil, nil, nil])
    }

    @Test("每页行数", arguments: [("0", 1), ("50", 50), ("5000", 100), ("x", 20)])
    func size(_ text: String, _ size: Int) {
        let window = Self.window([.init("size", text)])
        #expect(window.size == size)
        #expect(window.limit == size + 1)
    }

    @Test("关键字", arguments: [("", true), ("门岗", true), ("appkey", true), ("100%", false), ("没有", false)])
    func finds(_ keyword: String, _ isFound: Bool) {
        #expect(Self.window([.init("q", keyword)]).finds("东门岗亭", "AppKey-7") == isFound)
    }

    @Test("改排序、改每页行数都从第一页开始")
    func restarting() {
        let here = PageAddress("/list", [.init("q", "a"), .init("after", "3"), .init("before", "4"), .init("page", "2")])
        #expect(here.restarting.text == "/list?q=a")
    }
}
