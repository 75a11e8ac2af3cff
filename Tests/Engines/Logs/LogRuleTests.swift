import Kernel
import Logs
import Testing

@Suite("D17.3.6 不回溯的正则表达式")
struct SafePatternTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(pattern)  \(text)" }
        let pattern: String
        let text: String
        let caught: [String: String]?

        init(_ pattern: String, _ text: String, _ caught: [String: String]?) {
            self.pattern = pattern
            self.text = text
            self.caught = caught
        }
    }

    static let examples: [Example] = [
        Example("from (?<ip>[0-9.]+) port (?<port>\\d+)", "Failed from 10.0.0.9 port 22 ssh2", ["ip": "10.0.0.9", "port": "22"]),
        Example("(?<a>a+)(?<b>b*)", "xaaac", ["a": "aaa", "b": ""]), Example("(?<a>a+?)a", "aaa", ["a": "a"]), Example("^(?<x>.)$", "ab", nil),
        Example("(?<k>cat|category) (?<v>\\w+)", "category fish", ["k": "category", "v": "fish"]), Example("(?<k>\\bno\\b)", "noon no", ["k": "no"]),
        Example("(?<n>\\d{2,3})", "1 12 1234", ["n": "12"]), Example("(?<n>\\d{3})-", "12-345-", ["n": "345"]), Example("(?<n>x{0})y", "y", ["n": ""]),
        Example("(?:ab)+(?<t>c?)$", "ababc", ["t": "c"]), Example("用户(?<u>[^，]+)，", "用户张三，已登录", ["u": "张三"]), Example("[]a](?<x>.)", "]b", ["x": "b"]),
        Example("(?<h>[a-z\\d_-]+)\\.log", "web-01_a.log", ["h": "web-01_a"]), Example("a{,2}(?<x>b)", "a{,2}b", ["x": "b"]), Example("(?<x>)|b", "b", ["x": ""]),
        Example("(?<x>(a|b)*)c", "ababc", ["x": "abab"]), Example("(?<x>(?:)*)z", "z", ["x": ""]), Example("\\[(?<t>[^\\]]*)\\]", "[a b] c", ["t": "a b"]),
    ]

    @Test(arguments: examples)
    func matches(_ example: Example) throws {
        #expect(try SafePattern(example.pattern).firstMatch(in: example.text) == example.caught)
    }

    @Test(
        arguments: [
            "", "(", ")", "a)", "[a", "*a", "a**", "(?=a)", "(?<=a)b", "(?<!a)b", "(a)\\1", "a{300}", "a{3,2}", "(?<>a)", "(?<x>a)(?<x>b)", "\\q", "[z-a]", "a\\",
            "((((a{100}){100}){100}){100})",
            "(?:(?:(?:(?:){200}){200}){200}){200}", String(repeating: "(", count: 25) + String(repeating: ")", count: 25), String(repeating: "a", count: 501), "(?", "[\\D]",
        ])
    func refused(_ pattern: String) {
        #expect(throws: Failure.self) { try SafePattern(pattern) }
    }

    /// Expressions that make other engines try for years; here the steps are counted by the length of text and program alone, so that the suite ends.
    @Test(arguments: ["(a+)+$", "(a|a)+$", "(a|aa)+$", "(.*)*x", "(?:a?){100}a{100}b", "(x+x+)+y"])
    func catastrophes(_ pattern: String) throws {
        #expect(try SafePattern(pattern).firstMatch(in: String(repeating: "a", count: 300) + "!") == nil)
    }
}

@Suite("D17.3.6 解析规则")
struct LogReadingTests {
    private func read(_ text: String, _ write: (inout LogRule.Body) -> Void) throws -> [String: String]? {
        var body = LogRule.Body()
        write(&body)
        return try LogReading(body).read(text)
    }

    @Test func `pairs, quoted values, other separators`() throws {
        #expect(
            try read("id=tos time=\"2026-11-22 10:00:00\" src=10.0.0.1 note=\"a b=c\" x") { _ in } == [
                "id": "tos", "time": "2026-11-22 10:00:00", "src": "10.0.0.1", "note": "a b=c",
            ])
        #expect(try read("用户:张三;结果:失败") { ($0.separator, $0.sign) = (";", ":") } == ["用户": "张三", "结果": "失败"])
        #expect(try read("nothing here") { _ in } == nil)
        #expect(try read("a=1") { $0.contains = "zzz" } == nil)
    }

    @Test func `columns by a separator`() throws {
        #expect(try read("a|b||d|e") { ($0.kind, $0.separator, $0.columns) = (.separated, "|", ["one", "two", "three", "four"]) } == ["one": "a", "two": "b", "four": "d"])
        #expect(try read("1\t2") { ($0.kind, $0.separator, $0.columns) = (.separated, "\\t", ["x", "y"]) } == ["x": "1", "y": "2"])
        #expect(try read("\"a,b\",c") { ($0.kind, $0.separator, $0.columns) = (.separated, ",", ["x", "y"]) } == ["x": "a,b", "y": "c"])
        #expect(try read("a,b") { ($0.kind, $0.separator, $0.columns) = (.separated, ",", ["x", "y", "z"]) } == nil)
    }

    @Test func `what is wrong is said all together`() {
        var body = LogRule.Body()
        (body.separator, body.sign) = ("", "")
        #expect(throws: Failure.self) { try LogReading(body) }
        body.kind = .pattern
        body.pattern = "no groups"
        body.mapping = ["ip": .sourceAddress]
        do {
            _ = try LogReading(body)
            Issue.record("kept")
        } catch let failure as Failure { #expect(failure.fields.map(\.field) == ["pattern", "mapping"]) } catch { Issue.record(error) }
    }

    @Test func `a rule survives being stored`() {
        var body = LogRule.Body()
        (body.kind, body.pattern, body.mapping, body.isEvent, body.contains) = (.pattern, "(?<ip>.)", ["ip": .sourceAddress], true, "x")
        #expect(LogRule.Body(json: body.json) == body)
    }
}
