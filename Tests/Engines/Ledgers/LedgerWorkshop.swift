import Cryptography
import Identity
import Kernel
import Ledgers
import Storage
import TestDatabases
import Testing

/// Sample ledgers on a database of their own: two enterprises in two counties of one city.
struct LedgerWorkshop {
    static let clock = Clock.fixed(Moment(parsing: "2026-11-21 08:00:00") ?? Moment(milliseconds: 0))

    static let vehicle = LedgerDeclaration(
        id: "T-01", name: "truck", title: "运输车辆", ownedBy: .enterprise, uniqueBy: ["org", "plateNo"],
        fields: [
            .text("plateNo", "号牌号码", length: 1...16, check: .plate, marks: [.required, .searchable, .filterable, .sortable]),
            .text("vin", "车辆识别代号", length: 17...17, check: .vin, marks: [.searchable, .immutable]),
            .day("registeredOn", "注册登记日期", check: .notFuture, marks: [.filterable, .sortable]),
            .moment("seenAt", "最近进厂", marks: [.filterable]),
            .code("stage", "排放阶段", from: DictionaryName("stage"), marks: [.required, .filterable, .groupable]),
            .codes("fuels", "燃料", from: DictionaryName("fuel"), marks: [.filterable]),
            .decimal("tonnes", "核定载质量", places: 3, 0...100, unit: "吨", marks: [.summable, .filterable]),
            .integer("axles", "轴数", 2...10).fallback("2"),
            .bool("ultraLow", "超低排放", marks: [.filterable]),
            .text("phone", "联系电话", length: 5...20, check: .phone, marks: [.personal]),
            .text("remark", "内部备注", length: 0...200, marks: [.restricted]),
            .reference("depot", "停车场", to: "depot"),
            .photo("licence", "行驶证"),
            .files("papers", "随车资料"),
            .location("place", "位置"),
            .text("state", "状态", length: 1...16, marks: [.readOnly]),
            .computed("label", "显示名", .joined(["plateNo", "stage"], separator: "/")),
        ]
    )

    static let depot = LedgerDeclaration(
        id: "T-02", name: "depot", title: "停车场", ownedBy: .authority, uniqueBy: ["name"], fields: [.text("name", "名称", length: 1...50, marks: [.required, .searchable])]
    )

    static let passing = LedgerDeclaration(
        id: "T-03", name: "passing", title: "过车", ownedBy: .enterprise, titleField: "plateNo", sortedBy: [LedgerDeclaration.Sort("at", descending: true)], isReadOnly: true,
        isLarge: true,
        timeField: "at", fields: [.moment("at", "时间", marks: [.required]), .text("plateNo", "号牌", length: 1...16, marks: [.searchable])]
    )

    static let dictionaries = [
        DictionaryDeclaration(DictionaryName("stage"), "排放阶段", [CodeItem("4", "国四", "IV"), CodeItem("5", "国五", "V"), CodeItem("6", "国六", "VI")], source: "GB 17691"),
        DictionaryDeclaration(DictionaryName("fuel"), "燃料", [CodeItem("B", "柴油", "Diesel"), CodeItem("E", "天然气", "Gas")]),
    ]

    let database: any Database
    let engine: LedgerEngine
    let keys: KeyRing

    /// Enterprise 1 in 130102, enterprise 2 in 130205.
    init() async throws {
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let engine = LedgerEngine(
            database: database, declarations: [LedgerWorkshop.vehicle, LedgerWorkshop.depot, LedgerWorkshop.passing], dictionaries: Dictionaries(LedgerWorkshop.dictionaries),
            keys: keys,
            audit: AuditTrail(clock: LedgerWorkshop.clock), clock: LedgerWorkshop.clock
        )
        let tables = engine.tables + IdentityTables.all
        try await database.write { tx in
            for table in tables { try tx.apply(.createTable(table)) }
            for (id, name, area) in [(1, "甲钢铁", "130102"), (2, "乙焦化", "130205")] {
                try tx.execute(
                    "INSERT INTO organisations (id, kind, code, name, area, path, state, created_at, updated_at) VALUES (\(id), 'enterprise', \("E\(id)"), \(name), \(area), \("/\(id)/"), 'active', 0, 0)"
                )
            }
        }
        self.database = database
        self.engine = engine
        self.keys = keys
        try await engine.load()
    }

    static func enterprise(_ id: Int64, permissions: Set<String> = ["truck.read", "truck.write", "passing.read", "depot.read"]) -> Principal {
        Principal(
            kind: .user, id: 10 + id, login: "e\(id)", name: "企业员\(id)", organisation: id, area: id == 1 ? "130102" : "130205", permissions: permissions, scope: .organisation(id))
    }

    static func supervisor(_ areas: [String], permissions: Set<String> = ["*.read", "*.write", "*.export"]) -> Principal {
        Principal(kind: .user, id: 20, login: "s", name: "监管员", organisation: 9, area: areas.first, permissions: permissions, scope: .areas(areas))
    }

    static let system = Principal.system()

    static func truck(_ plate: String, stage: JSONValue = "5", org: Int64? = nil, _ more: [String: JSONValue] = [:]) -> Draft {
        Draft(more.merging(["plateNo": .string(plate), "stage": stage]) { $1 }, org: org)
    }

    func count(_ sql: SQL) async throws -> Int { try await database.read { try $0.count(sql) } }
}

/// The findings of a failure, as `field:code`.
func findings(_ error: any Error) -> [String] { (error as? Failure)?.fields.map { "\($0.field):\($0.code)" } ?? ["\(error)"] }

/// The failure that the body throws; fails the test where it throws none.
func failure(_ body: () async throws -> Void) async -> Failure? {
    do {
        try await body()
        Issue.record("nothing was thrown")
        return nil
    } catch {
        guard let failure = error as? Failure else {
            Issue.record("\(error)")
            return nil
        }
        return failure
    }
}
