import Kernel
import Rules
import Storage
import TestDatabases
import Testing

@Suite("规则 · 判断与解释")
struct RuleSetTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let condition: Condition
        let actual: FactValue
        let holds: Bool
    }

    static let examples: [Example] = [
        Example(testDescription: "4 < 5", condition: Condition("a", .less, 5), actual: 4, holds: true),
        Example(testDescription: "5 不小于 5", condition: Condition("a", .atLeast, 5), actual: 5, holds: true),
        Example(testDescription: "文字相等", condition: Condition("a", .equals, "B"), actual: "B", holds: true),
        Example(testDescription: "文字属于", condition: Condition("a", .oneOf, ["B", "C"]), actual: "C", holds: true),
        Example(testDescription: "文字不属于", condition: Condition("a", .noneOf, ["B", "C"]), actual: "D", holds: true),
        Example(testDescription: "集合包含", condition: Condition("a", .contains, "B"), actual: ["A", "B"], holds: true),
        Example(testDescription: "集合包含任一", condition: Condition("a", .contains, ["X", "B"]), actual: ["A", "B"], holds: true),
        Example(testDescription: "集合不包含", condition: Condition("a", .lacks, "C"), actual: ["A", "B"], holds: true),
        Example(testDescription: "开头", condition: Condition("a", .startsWith, "1301"), actual: "130102", holds: true),
        Example(testDescription: "是否", condition: Condition("a", .equals, true), actual: false, holds: false),
        Example(testDescription: "未知不小于", condition: Condition("a", .less, 5), actual: .missing, holds: false),
        Example(testDescription: "未知也不算不等", condition: Condition("a", .differs, 5), actual: .missing, holds: false),
        Example(testDescription: "未知不算不属于", condition: Condition("a", .noneOf, ["B"]), actual: .missing, holds: false),
        Example(testDescription: "未知就是未知", condition: Condition("a", .isMissing), actual: .missing, holds: true),
        Example(testDescription: "已知", condition: Condition("a", .isPresent), actual: 0, holds: true),
        Example(testDescription: "类型不同不相等", condition: Condition("a", .equals, "5"), actual: 5, holds: false),
        Example(testDescription: "类型不同即不等", condition: Condition("a", .differs, "5"), actual: 5, holds: true),
    ]

    @Test("条件", arguments: examples)
    func conditions(_ example: Example) {
        #expect(example.condition.holds(of: example.actual) == example.holds)
    }

    static let start = Moment(parsing: "2026-11-21 08:00") ?? Moment(milliseconds: 0)
    static let vocabulary = [
        FactDeclaration("isFiled", "已备案", .bool), FactDeclaration("stage", "排放阶段", .number), FactDeclaration("fuel", "燃料", .text), FactDeclaration("lists", "名单", .set),
    ]

    static func rules(_ mode: RuleSet.Mode = .first, from moment: Moment = start, least: FactValue = 5) -> RuleSet {
        RuleSet(
            "pass", version: 0, effectiveFrom: moment, mode: mode,
            rules: [
                Rule("exempt", "新能源放行", when: [Condition("fuel", .equals, "C")], outcome: "allow"),
                Rule("listed", "名单内", when: [Condition("lists", .contains, "black")], outcome: "refuse"),
                Rule("stage", "阶段过低", when: [Condition("isFiled", .equals, true), Condition("stage", .less, least)], outcome: "refuse"),
                Rule("off", "停用的规则", when: [], outcome: "never", isEnabled: false),
            ], otherwise: "allow")
    }

    @Test("先命中者定，解释到定为止")
    func first() {
        let compiled = CompiledRuleSet(Self.rules(), vocabulary: Self.vocabulary)
        let verdict = compiled.evaluate(["fuel": "D", "lists": ["black"], "isFiled": true, "stage": 3])
        #expect(verdict.outcome == "refuse")
        #expect(verdict.matchedRules.map(\.id) == ["listed"])
        #expect(verdict.explanation.map(\.ruleId) == ["exempt", "listed"])
        #expect(verdict.explanation[1].conditions.map(\.text) == ["名单 包含 black，实际 black：符合"])
        #expect(compiled.evaluate([:]).outcome == "allow")
        #expect(compiled.evaluate([:]).explanation.allSatisfy { !$0.matched })
    }

    @Test("全部判断，命中的都是发现")
    func all() {
        let verdict = CompiledRuleSet(Self.rules(.all)).evaluate(["fuel": "D", "lists": ["black"], "isFiled": true, "stage": 3])
        #expect(verdict.matchedRules.map(\.id) == ["listed", "stage"])
        #expect(verdict.explanation.count == 3)
        #expect(verdict.explanation[2].conditions.map(\.holds) == [true, true])
    }

    @Test("按位置给出事实，结果一样")
    func positions() throws {
        let compiled = CompiledRuleSet(Self.rules())
        var facts = [FactValue](repeating: .missing, count: compiled.factNames.count)
        facts[try #require(compiled.position(of: "lists"))] = ["black"]
        #expect(compiled.evaluate(positioned: facts).outcome == "refuse")
        #expect(compiled.position(of: "none") == nil)
    }

    @Test("存成 JSON 再读回来不变；错误一次说完")
    func json() throws {
        let set = Self.rules()
        #expect(try RuleSet(json: try JSONValue(parsing: set.json.text)) == set)
        let wrong: JSONValue = ["rules": [["id": "a"], ["id": "b", "title": "b", "outcome": "x", "when": [["fact": "f", "is": "almost"]]]]]
        do {
            _ = try RuleSet(json: wrong)
            Issue.record("taken")
        } catch let failure as Failure {
            #expect(failure.code == "JW-R001")
            #expect(failure.fields.count == 5)
        }
    }

    @Test("错误的规则不能发布")
    func faults() {
        var set = Self.rules()
        set.rules += [Rule("listed", "重复", when: [Condition("colour", .equals, 1), Condition("stage", .startsWith, "1")], outcome: "x")]
        #expect(set.faults(vocabulary: Self.vocabulary).count == 3)
        #expect(Self.rules().faults(vocabulary: Self.vocabulary).isEmpty)
    }

    @Test("发布得到新版本，到时生效，旧版本还在")
    func book() async throws {
        let database = try await TestDatabase.make()
        try await database.write { try $0.apply(.createTable(RuleBook.table)) }
        let book = RuleBook(defaults: [Self.rules()], vocabularies: ["pass": Self.vocabulary], clock: .fixed(Self.start))
        #expect(book.rules("pass")?.set.version == 0)
        let later = Self.start.adding(seconds: 3600)
        let published = try await database.write { try book.publish(Self.rules(from: later, least: 6), by: 1, in: $0) }
        #expect(published.version == 1)
        #expect(book.rules("pass")?.set.version == 0)
        #expect(book.rules("pass", at: later)?.set.version == 1)
        let second = try await database.write { try book.publish(Self.rules(least: 4), by: 1, in: $0) }
        #expect(second.version == 2)
        #expect(book.rules("pass")?.set.version == 2)
        let other = RuleBook(vocabularies: ["pass": Self.vocabulary], clock: .fixed(Self.start))
        try await database.read { try other.load(in: $0) }
        #expect(other.rules("pass")?.set == second)
        #expect(try await database.read { try book.versions("pass", in: $0).map(\.set.version) } == [2, 1])
    }

    @Test("失败的事务不换规则")
    func rollback() async throws {
        let database = try await TestDatabase.make()
        try await database.write { try $0.apply(.createTable(RuleBook.table)) }
        let book = RuleBook(clock: .fixed(Self.start))
        await #expect(throws: Failure.self) {
            try await database.write { tx in
                try book.publish(Self.rules(), by: 1, in: tx)
                throw Failure(.conflict, "T", "t")
            }
        }
        #expect(book.rules("pass") == nil)
    }

    @Test("试运行：每条规则命中几次，与现行规则差在哪里")
    func dryRun() {
        let current = CompiledRuleSet(Self.rules(least: 4))
        let proposed = CompiledRuleSet(Self.rules(least: 6))
        let run = DryRun.run(proposed, against: current) { add in
            for stage in 2...6 { add("车 \(stage)", ["isFiled": true, "stage": .number(Double(stage)), "fuel": "D", "lists": []]) }
        }
        #expect(run.total == 5)
        #expect(run.outcomes == ["refuse": 4, "allow": 1])
        #expect(run.matches == ["stage": 4])
        #expect(run.changed == 2)
        #expect(run.moves == ["allow → refuse": 2])
        #expect(run.differences.map(\.label) == ["车 4", "车 5"])
    }
}
