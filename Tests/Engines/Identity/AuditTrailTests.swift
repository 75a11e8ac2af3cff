import Identity
import Kernel
import Storage
import TestDatabases
import Testing

@Suite("Identity: the audit chain")
struct AuditTrailTests {
    let database: any Database
    let hand = HandClock()
    let audit: AuditTrail
    static let clerk = Principal(kind: .user, id: 7, login: "li", name: "李明", organisation: 3, area: "130102", permissions: [], scope: .areas(["130102"]), address: "10.0.0.9")

    init() async throws {
        let database = try await TestDatabase.make()
        try await database.write { transaction in for table in IdentityTables.all { try transaction.apply(.createTable(table)) } }
        self.database = database
        audit = AuditTrail(clock: hand.clock)
    }

    func write(_ entries: [AuditEntry], by principal: Principal = clerk) async throws {
        for entry in entries {
            try await database.write { try audit.record(entry, by: principal, in: $0) }
            hand.advance(seconds: 1)
        }
    }

    static let entries: [AuditEntry] = [
        AuditEntry("create", "onSiteVehicle", "1", "新增 冀A12345", details: ["plate": "冀A12345"]),
        AuditEntry("update", "onSiteVehicle", "1", "修改 冀A12345"),
        AuditEntry("delete", "onSiteVehicle", "2", "删除 100%_冀B"),
        AuditEntry("login", "session", "4", ""),
    ]

    @Test func `an untouched book is whole`() async throws {
        #expect(try await database.read { try audit.verify($0) }.isIntact)
        try await write(Self.entries)
        let verdict = try await database.read { try audit.verify($0) }
        #expect(verdict.isIntact)
        #expect(verdict.rows == 4)
        #expect(verdict.first == 1)
        #expect(verdict.last == 4)
        #expect(verdict.lastHash != String(repeating: "0", count: 64))
    }

    @Test(arguments: [
        ("UPDATE audit SET summary = 'x' WHERE id = 2", 2),
        ("UPDATE audit SET at = at + 1 WHERE id = 2", 2),
        ("UPDATE audit SET day = day + 1 WHERE id = 3", 3),
        ("UPDATE audit SET actor = '张三' WHERE id = 4", 4),
        ("UPDATE audit SET actor_id = 8 WHERE id = 1", 1),
        ("UPDATE audit SET org = NULL WHERE id = 1", 1),
        ("UPDATE audit SET area = NULL WHERE id = 1", 1),
        ("UPDATE audit SET details = NULL WHERE id = 1", 1),
        ("UPDATE audit SET details = '' WHERE id = 2", 2),
        ("UPDATE audit SET object_kind = 'onSiteVehicle1', object_id = '' WHERE id = 2", 2),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("UPDATE audit SET hash = previous_hash WHERE id = 3", 3),
        ("UPDATE audit SET previous_hash = hash WHERE id = 1", 1),
    ])
    func `whatever is changed is found`(tampering: String, broken: Int64) async throws {
        try await write(Self.entries)
        try await database.write { _ = try $0.execute(SQL(text: tampering)) }
        let verdict = try await database.read { try audit.verify($0) }
        #expect(verdict.broken?.id == broken)
    }

    @Test func `rows that retention took from the front are borne, a gap is named`() async throws {
        try await write(Self.entries)
        try await database.write { _ = try $0.execute("DELETE FROM audit WHERE id <= 2") }
        #expect(try await database.read { try audit.verify($0) }.isIntact)
        try await write(Self.entries)
        try await database.write { _ = try $0.execute("DELETE FROM audit WHERE id IN (5, 6)") }
        let broken = try await database.read { try audit.verify($0) }.broken
        #expect(broken?.id == 7)
        #expect(broken?.reason == "第 5 条起缺失 2 条")
    }

    @Test func `a transaction that is undone leaves the chain whole`() async throws {
        struct Undo: Error {}
        try await write([Self.entries[0]])
        await #expect(throws: Undo.self) {
            try await database.write { transaction in
                try audit.record(Self.entries[1], by: Self.clerk, in: transaction)
                try audit.record(Self.entries[2], by: Self.clerk, in: transaction)
                throw Undo()
            }
        }
        try await database.write { transaction in
            try audit.record(Self.entries[1], by: Self.clerk, in: transaction)
            try audit.record(Self.entries[2], by: .system(), in: transaction)
        }
        let verdict = try await database.read { try audit.verify($0) }
        #expect(verdict.isIntact)
        #expect(verdict.last == 3)
    }

    struct Question: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let search: AuditSearch
        var scope: DataScope = .everything
        let ids: [Int64]
    }

    static let questions: [Question] = [
        Question(testDescription: "全部", search: AuditSearch(), ids: [5, 4, 3, 2, 1]),
        Question(testDescription: "按动作", search: AuditSearch(action: "update"), ids: [2]),
        Question(testDescription: "按对象", search: AuditSearch(objectKind: "onSiteVehicle", objectId: "1"), ids: [2, 1]),
        Question(testDescription: "按人", search: AuditSearch(actorId: 7), ids: [4, 3, 2, 1]),
        Question(testDescription: "按姓名的一部分", search: AuditSearch(actor: "系"), ids: [5]),
        Question(testDescription: "关键字", search: AuditSearch(keyword: "冀A"), ids: [2, 1]),
        Question(testDescription: "关键字里的通配符只是字符", search: AuditSearch(keyword: "100%_"), ids: [3]),
        Question(testDescription: "关键字里的通配符不通配", search: AuditSearch(keyword: "新%5"), ids: []),
        Question(testDescription: "按地址", search: AuditSearch(address: "10.0.0.9"), ids: [4, 3, 2, 1]),
        Question(testDescription: "之后的日期", search: AuditSearch(from: Day(number: 20_261_122)), ids: []),
        Question(testDescription: "当天", search: AuditSearch(from: Day(number: 20_261_121), to: Day(number: 20_261_121)), ids: [5, 4, 3, 2, 1]),
        Question(testDescription: "本辖区", search: AuditSearch(), scope: .areas(["1301"]), ids: [4, 3, 2, 1]),
        Question(testDescription: "别的辖区", search: AuditSearch(), scope: .areas(["130104"]), ids: []),
        Question(testDescription: "本单位", search: AuditSearch(), scope: .organisation(3), ids: [4, 3, 2, 1]),
    ]

    @Test(arguments: questions)
    func `what an auditor asks`(_ question: Question) async throws {
        try await write(Self.entries)
        try await write([AuditEntry("sync", "role", "*", "同步")], by: .system())
        let page = try await database.read { try audit.page(question.search, scope: question.scope, $0) }
        #expect(page.rows.map(\.id) == question.ids)
        #expect(page.next == nil)
    }

    @Test func `pages follow each other`() async throws {
        try await write(Self.entries)
        hand.advance(minutes: 60 * 24)
        try await write(Self.entries)
        var ids: [Int64] = []
        var after: String?
        repeat {
            let from = after
            let page = try await database.read { try audit.page(AuditSearch(), scope: .everything, after: from, limit: 3, $0) }
            ids += page.rows.map(\.id)
            after = page.next
        } while after != nil
        #expect(ids == [8, 7, 6, 5, 4, 3, 2, 1])
        let details = try await database.read { try audit.history(of: "onSiteVehicle", "1", $0) }.last?.details
        #expect(details?["plate"] == "冀A12345")
    }
}
