import Identity
import Kernel
import Ledgers
import Reports
import Storage
import Testing
import Web

@Suite("D9.8.2 自助统计：提问与计算")
struct QuestionTests {
    static let ledger = "ledger.carriage"

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let login: String
        let question: ReportQuestion
        /// `key|key=value,value`, in order.
        let rows: [String]
    }

    static let examples: [Example] = [
        Example(
            testDescription: "市级按县和燃料", login: "city",
            question: ReportQuestion(ledger, dimensions: ["county", "fuel"], terms: [.plain("count"), .plain("sum:load")], time: "carriedOn", span: .all),
            rows: ["130102|B=5,140", "130102|C=1,4", "130104|C=2,12"]),
        Example(
            testDescription: "县级只见本县", login: "county", question: ReportQuestion(ledger, dimensions: ["county"], terms: [.plain("count")], span: .all), rows: ["130102=6"]),
        Example(
            testDescription: "企业只见本企业", login: "south", question: ReportQuestion(ledger, dimensions: ["fuel"], terms: [.plain("sum:load")], span: .all), rows: ["C=12"]),
        Example(
            testDescription: "按季度", login: "county",
            question: ReportQuestion(ledger, dimensions: ["quarter:carriedOn"], terms: [.plain("sum:load")], time: "carriedOn", span: .all), rows: ["20254=30", "20264=114"]),
        Example(
            testDescription: "按月同比环比", login: "county",
            question: ReportQuestion(
                ledger, dimensions: ["month:carriedOn"], terms: [.plain("sum:load"), .yearOnYear("sum:load"), .sequential("sum:load"), .lastYear("sum:load")], time: "carriedOn",
                span: .fixed(Day(number: 20_261_001) ?? ReportHouse.noon.day, Day(number: 20_261_130) ?? ReportHouse.noon.day)), rows: ["202610=30,2,-,10", "202611=84,3.2,1.8,20"]),
        Example(
            testDescription: "占比与比率", login: "city",
            question: ReportQuestion(ledger, dimensions: ["fuel"], terms: [.share("sum:load"), .ratio("sum:load", "count")], time: "carriedOn", span: .thisMonth),
            rows: ["B=0.8791,40", "C=0.1209,5.5"]),
        Example(
            testDescription: "平均、最大、最小、去重", login: "city",
            question: ReportQuestion(
                ledger, dimensions: [], terms: [.plain("average:load"), .plain("maximum:load"), .plain("minimum:load"), .plain("distinct:org")], time: "carriedOn", span: .all),
            rows: ["=19.5,40,4,2"]),
        Example(
            testDescription: "筛选、排序、前几项", login: "city",
            question: ReportQuestion(
                ledger, dimensions: ["month:carriedOn"], terms: [.plain("sum:load")], filters: [ReportFilter("fuel", ["B"])], time: "carriedOn", span: .all, sort: "-sum:load",
                limit: 2),
            rows: ["202611=80", "202610=30"]),
        Example(
            testDescription: "汇总数的环比：本期比上一期等长", login: "nobody",
            question: ReportQuestion("test.sums", terms: [.plain("amount"), .sequential("amount"), .yearOnYear("amount")], span: .last7), rows: ["=700,0,0.0101"]),
    ]

    @Test(arguments: examples)
    func answers(_ example: Example) async throws {
        let house = try await ReportHouse()
        let table = try await house.engine.ask(example.question, by: house.known(example.login))
        let rows = table.rows.map { row in
            row.keys.joined(separator: "|") + "=" + row.values.map { $0.map { Figure.plain(($0 * 10_000).rounded() / 10_000) } ?? "-" }.joined(separator: ",")
        }
        #expect(rows == example.rows)
    }

    @Test func everyWrongNameIsTold() async throws {
        let house = try await ReportHouse()
        let question = ReportQuestion(
            Self.ledger, dimensions: ["nothing", "fuel"], terms: [.plain("count"), .plain("sum:nothing")], filters: [ReportFilter("org", ["1"])], time: "never")
        let failure = await #expect(throws: Failure.self) { try await house.engine.ask(question, by: house.known("city")) }
        #expect(failure?.fields.map(\.message) == ["没有“nothing”这个维度", "没有“sum:nothing”这个指标", "不能按“org”筛选", "没有“never”这个时间"])
    }

    @Test func withoutTheLedgersPermissionNothingIsCounted() async throws {
        let house = try await ReportHouse()
        let failure = await #expect(throws: Failure.self) { try await house.engine.ask(ReportQuestion(Self.ledger, terms: [.plain("count")]), by: house.known("blind")) }
        #expect(failure?.kind == .forbidden)
        #expect(!house.engine.sources(for: house.known("blind")).contains { $0.name == Self.ledger })
    }

    @Test func twoSpellingsAreOneQuestion() throws {
        let question = ReportQuestion(
            "gate.passes", dimensions: ["county", "month"], terms: [.plain("trips"), .ratio("refused", "trips"), .yearOnYear("trips")],
            filters: [ReportFilter("stage", ["5", "6"])],
            time: "day", span: .fixed(Day(number: 20_260_101) ?? ReportHouse.noon.day, Day(number: 20_260_331) ?? ReportHouse.noon.day), sort: "-trips", limit: 12,
            picture: .stackedBar,
            isPivot: true)
        #expect(ReportQuestion(question.json) == question)
        #expect(ReportQuestion(PageAddress("/reports/charts/build", question.query)) == question)
        for span in ReportSpan.named { #expect(ReportSpan(word: span.span.word) == span.span) }
    }

    static let grains: [(grain: ReportGrain, key: Int, before: Int, yearBefore: Int)] = [
        (.day, 20_260_301, 20_260_228, 20_250_301), (.day, 20_240_229, 20_240_228, 20_230_228), (.month, 202_601, 202_512, 202_501), (.quarter, 20_261, 20_254, 20_251),
        (.year, 2026, 2025, 2025),
    ]

    @Test(arguments: grains)
    func periodsBefore(_ example: (grain: ReportGrain, key: Int, before: Int, yearBefore: Int)) {
        #expect(example.grain.before(example.key) == example.before)
        #expect(example.grain.yearBefore(example.key) == example.yearBefore)
        #expect(example.grain.after(example.before) == example.key || example.key == 20_240_229)
    }

    @Test func acrossIsByTheLastDimension() async throws {
        let house = try await ReportHouse()
        let question = ReportQuestion(Self.ledger, dimensions: ["county", "fuel"], terms: [.plain("sum:load")], time: "carriedOn", span: .all, isPivot: true)
        let pivot = ReportPivot(try await house.engine.ask(question, by: house.known("city")))
        #expect(pivot.across == ["柴油", "电"])
        #expect(pivot.lines.map(\.labels) == [["长安区"], ["桥西区"]])
        #expect(pivot.lines.map { $0.cells.map { $0[0] } } == [[140, 4], [nil, 12]])
        #expect(pivot.lines.map { $0.sums[0] } == [144, 12])
    }
}
