import Cryptography
import Identity
import Kernel
import Ledgers
import Storage
import TestDatabases
import Testing

/// Lists by facets answer what the plain statement over the same rows answers: on random rows, in every page, both ways.
@Suite("台账 · 海量记录按条件查询")
struct FacetTests {
    static let ledger = LedgerDeclaration(
        id: "T-09", name: "sighting", title: "过车", ownedBy: .enterprise, titleField: "plateNo", sortedBy: [LedgerDeclaration.Sort("at", descending: true)], isReadOnly: true,
        isLarge: true, timeField: "at", facets: ["kind", "lane"], indexes: [Index("at"), Index("area", "at")],
        fields: [
            .moment("at", "时间", marks: [.filterable, .sortable]), .text("plateNo", "号牌", length: 1...16, marks: [.searchable]),
            .code("kind", "种类", from: DictionaryName("stage"), marks: [.filterable]), .text("lane", "车道", length: 1...8, marks: [.filterable]),
        ])

    static let areas = ["130102", "130104", "130205"]

    struct Sighting: Sendable {
        var id: Int64
        var at: Int64
        var area: String
        var kind: String
        var lane: String
    }

    let database: any Database
    let engine: LedgerEngine
    let rows: [Sighting]

    /// 86,000 rows: two whole segments and a rest, as long as PostgreSQL waits for. Times rise but for late ones; kind 4 is rare, lane 9 comes only early.
    init() async throws {
        let database: any Database = try await TestDatabase.make()
        let engine = LedgerEngine(
            database: database, declarations: [FacetTests.ledger], dictionaries: Dictionaries(LedgerWorkshop.dictionaries), keys: .ephemeral(),
            audit: AuditTrail(clock: LedgerWorkshop.clock),
            clock: LedgerWorkshop.clock)
        var seed: UInt64 = 20_261_121
        func below(_ bound: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % bound
        }
        let start = Day(daysSince1970: 20_000).start.milliseconds
        var rows: [Sighting] = []
        for index in 0..<86_000 {
            let late = below(50) == 0 ? Int64(below(20_000)) * 10_000 : 0
            let kind = below(500) == 0 ? "4" : below(3) == 0 ? "5" : "6"
            let lane = index < 5_000 && below(40) == 0 ? "9" : String(below(3) + 1)
            rows.append(
                Sighting(id: Int64(index + 1), at: start + Int64(index) * 10_000 - min(late, Int64(index) * 10_000), area: FacetTests.areas[Int(below(3))], kind: kind, lane: lane))
        }
        let values: [[SQLValue]] = rows.map { row in
            [.int(1), .text(row.area), .int(row.at), .int(row.at), .int(row.at), .text("冀A00001"), .text(row.kind), .text(row.lane)]
        }
        let tables = engine.tables + IdentityTables.all
        try await database.write { tx in
            for table in tables { try tx.apply(.createTable(table)) }
            try tx.insertMany(into: "sighting", columns: ["org", "area", "created_at", "updated_at", "at", "plate_no", "kind", "lane"], rows: values)
        }
        try await engine.load()
        self.database = database
        self.engine = engine
        self.rows = rows
    }

    static let everyone = Principal(kind: .user, id: 1, login: "city", name: "市局", permissions: ["*"], scope: .everything)
    static let county = Principal(kind: .user, id: 2, login: "county", name: "县局", area: "130102", permissions: ["*"], scope: .areas(["130102"]))

    static let questions: [(filters: [LedgerQuery.Filter], by: Principal)] = [
        ([LedgerQuery.Filter("kind", .eq, ["4"])], everyone),
        ([LedgerQuery.Filter("kind", .eq, ["6"]), LedgerQuery.Filter("lane", .eq, ["2"])], everyone),
        ([LedgerQuery.Filter("kind", .eq, ["4"]), LedgerQuery.Filter("lane", .in, ["1", "3"]), LedgerQuery.Filter("area", .eq, ["1301"])], everyone),
        ([LedgerQuery.Filter("lane", .eq, ["9"]), LedgerQuery.Filter("kind", .eq, ["5"])], everyone),
        ([LedgerQuery.Filter("lane", .eq, ["9"])], county),
        ([LedgerQuery.Filter("kind", .eq, ["4"]), LedgerQuery.Filter("lane", .eq, ["8"])], everyone),
        ([LedgerQuery.Filter("kind", .eq, ["4"]), LedgerQuery.Filter("at", .between, ["2024-10-04", "2024-10-06"])], everyone),
        ([LedgerQuery.Filter("kind", .eq, ["5"]), LedgerQuery.Filter("at", .gte, ["2024-10-08"]), LedgerQuery.Filter("area", .eq, ["130205"])], everyone),
        ([LedgerQuery.Filter("kind", .in, ["4", "5"]), LedgerQuery.Filter("at", .lte, ["2024-10-05"])], county),
    ]

    private func expected(_ filters: [LedgerQuery.Filter], _ principal: Principal) -> [Int64] {
        func fits(_ row: Sighting, _ filter: LedgerQuery.Filter) -> Bool {
            switch filter.field {
            case "kind": return filter.values.contains(row.kind)
            case "lane": return filter.values.contains(row.lane)
            case "area": return filter.values.contains { row.area.hasPrefix($0) }
            default:
                let days = filter.values.map { Day(parsing: $0) }
                let from = filter.comparison == .lte ? nil : days.first ?? nil
                let to = filter.comparison == .gte ? nil : days.last ?? nil
                return (from.map { row.at >= $0.start.milliseconds } ?? true) && (to.map { row.at < $0.end.milliseconds } ?? true)
            }
        }
        let seen = rows.filter { row in (principal.scope == .everything || row.area == "130102") && filters.allSatisfy { fits(row, $0) } }
        return seen.sorted { ($0.at, $0.id) > ($1.at, $1.id) }.map(\.id)
    }

    private func check(_ filters: [LedgerQuery.Filter], _ principal: Principal) async throws {
        let right = expected(filters, principal)
        var query = LedgerQuery(ledger: "sighting", filters: filters, limit: 37)
        var seen: [Int64] = []
        for page in 0..<4 {
            let found = try await engine.list(query, by: principal)
            seen += found.records.map(\.id)
            #expect(found.total == (right.count > 10_000 ? .atLeast(10_000) : .exact(right.count)))
            if page == 2, let back = found.previousCursor {
                var before = query
                before.cursor = back
                #expect(try await engine.list(before, by: principal).records.map(\.id) == Array(right[37..<74]))
            }
            guard let next = found.nextCursor else { break }
            query.cursor = next
        }
        #expect(seen == Array(right.prefix(4 * 37)))
    }

    @Test("每个条件、每一页都与逐行筛选一致，归类前后相同")
    func pages() async throws {
        let open = FacetTests.questions[2]
        try await check(open.filters, open.by)
        #expect(try await engine.foldFacets(of: "sighting") == 2)
        #expect(try await engine.foldFacets(of: "sighting") == 0)
        for question in FacetTests.questions { try await check(question.filters, question.by) }
    }

    @Test("核对发现与记录不符的段")
    func verification() async throws {
        try await engine.foldFacets(of: "sighting")
        let whole = try await engine.verifyFacets(of: "sighting")
        #expect(whole.segments == 2 && whole.differing == [])
        try await database.write { tx in _ = try tx.execute("UPDATE sighting SET lane = '7' WHERE id = 40000") }
        #expect(try await engine.verifyFacets(of: "sighting").differing == [1])
        try await database.write { tx in _ = try tx.execute("DELETE FROM sighting WHERE id BETWEEN 35000 AND 45000") }
        #expect(try await engine.mendFacets(of: "sighting") == 1)
        #expect(try await engine.verifyFacets(of: "sighting").differing == [])
    }

    @Test("查询语句的范围仍然逐行生效：企业只见自己的")
    func scope() async throws {
        try await engine.foldFacets(of: "sighting")
        let other = Principal(kind: .user, id: 3, login: "e2", name: "企业", organisation: 2, area: "130205", permissions: ["*"], scope: .organisation(2))
        let query = LedgerQuery(ledger: "sighting", filters: [LedgerQuery.Filter("kind", .eq, ["6"])])
        #expect(try await engine.list(query, by: other).records.isEmpty)
        let nobody = Principal(kind: .user, id: 4, login: "n", name: "无", permissions: ["*"], scope: .nothing)
        #expect(try await engine.list(query, by: nobody).records.isEmpty)
    }
}
