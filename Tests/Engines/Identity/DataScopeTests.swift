import Identity
import Kernel
import Storage
import TestDatabases
import Testing

@Suite("Identity: data scopes")
struct DataScopeTests {
    static let rows: [(id: Int64, org: Int64?, area: String?)] = [(1, 10, "130102"), (2, 11, "130104"), (3, nil, "1301"), (4, nil, nil), (5, 12, "130201"), (6, 10, "13")]

    @Test(arguments: [
        (DataScope.everything, [1, 2, 3, 4, 5, 6] as [Int64]), (.nothing, []), (.organisation(10), [1, 6]), (.areas(["1301"]), [1, 2, 3]), (.areas(["130102"]), [1]),
        (.areas(["130104", "1302"]), [2, 5]), (.areas(["13"]), [1, 2, 3, 5, 6]), (.areas([]), []),
    ])
    func `SQL and the single question agree`(scope: DataScope, ids: [Int64]) async throws {
        let database = try await TestDatabase.make()
        let found = try await database.write { transaction in
            try transaction.apply(.createTable(Table("things", columns: [Column("org", .integer), Column("area", .text)])))
            for row in Self.rows { try transaction.execute("INSERT INTO things (id, org, area) VALUES (\(row.id), \(row.org), \(row.area))") }
            return try transaction.rows("SELECT id FROM things WHERE \(scope.condition()) ORDER BY id").compactMap { $0[0].int }
        }
        #expect(found == ids)
        #expect(Self.rows.filter { scope.admits(org: $0.org, area: $0.area) }.map(\.id) == ids)
    }
}
