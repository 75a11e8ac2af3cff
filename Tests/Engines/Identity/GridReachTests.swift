import Identity
import Kernel
import Storage
import Testing

@Suite("D9.2.5 D17.2.1 网格数据范围")
struct GridReachTests {
    let house: House
    let large: Unit
    let small: Unit

    init() async throws {
        house = try await House()
        let engine = house.engine
        (large, small) = try await house.database.write { tx in
            let large = try engine.units.create(UnitDraft(tree: .grid, parent: nil, organisation: "1301", code: "G", name: "大网格"), by: .system(), in: tx)
            return (large, try engine.units.create(UnitDraft(tree: .grid, parent: large.id, code: "G1", name: "二级网格"), by: .system(), in: tx))
        }
        try await house.user("officer", .gridOfficer, in: house.organisation("130102"))
    }

    private func scope() async throws -> DataScope { try await house.principal("officer").scope }

    private func change(_ body: @escaping @Sendable (GridBook, any Transaction) throws -> Void) async throws {
        let grids = house.engine.grids
        try await house.database.write { try body(grids, $0) }
    }

    @Test func `nothing without a grid, what is in it and below with one`() async throws {
        let (steel, cement, large, small) = (house.steel.id, house.cement.id, large, small)
        #expect(try await scope().admits(org: steel, area: "130102") == false)
        try await change { grids, tx in
            try grids.set(.added, steel, in: small, reason: "示例", by: .system(), in: tx)
            try grids.set(.added, cement, in: large, reason: "示例", by: .system(), in: tx)
            try grids.appoint("officer", to: small.id, post: "网格员", by: .system(), in: tx)
        }
        for (org, isSeen) in [(steel, true), (cement, false)] {
            let scope = try await scope()
            #expect(scope.admits(org: org, area: "130102") == isSeen)
            #expect(try await house.database.read { try $0.count("SELECT count(*) FROM organisations WHERE id = \(org) AND \(scope.condition(org: "id"))") } == (isSeen ? 1 : 0))
        }
        try await change { grids, tx in try grids.appoint("officer", to: large.id, post: "网格长", by: .system(), in: tx) }
        #expect(try await scope().admits(org: cement, area: nil))
        // A retired grid shows nothing; taken out of the large one, the small one is still his.
        try await house.engine.units.setState(.retired, of: small.id, by: .system())
        #expect(try await scope().admits(org: steel, area: nil) == false)
        try await change { grids, tx in
            try grids.set(.keptOut, cement, in: large, reason: "示例", by: .system(), in: tx)
            try grids.dismiss("officer", from: small.id, by: .system(), in: tx)
        }
        #expect(try await scope().admits(org: cement, area: nil) == false)
    }

    @Test func `a session learns of it with the next request`() async throws {
        let (steel, small) = (house.steel.id, small)
        let session = try await house.engine.sessions.login("officer", password: House.password, address: "10.0.0.1", agent: "test")
        func sees() async throws -> Bool {
            try await house.engine.sessions.session(for: session.token, address: "10.0.0.1")?.principal.scope.admits(org: steel, area: nil) ?? false
        }
        #expect(try await sees() == false)
        try await change { grids, tx in
            try grids.set(.added, steel, in: small, reason: "示例", by: .system(), in: tx)
            try grids.appoint("officer", to: small.id, post: "网格员", by: .system(), in: tx)
        }
        #expect(try await sees())
        try await change { grids, tx in try grids.dismiss("officer", from: small.id, by: .system(), in: tx) }
        #expect(try await sees() == false)
    }

    @Test func `what was found settles, what was done by hand stays, history tells`() async throws {
        let (steel, cement, large, small) = (house.steel.id, house.cement.id, large, small)
        try await change { grids, tx in
            try grids.set(.added, cement, in: small, reason: "示例", by: .system(), in: tx)
            let first = try grids.settle([steel: [small.id], cement: [large.id]], by: .system(), in: tx)
            #expect(first.came == 2 && first.went == 0)
            let second = try grids.settle([steel: [large.id], cement: [large.id]], by: .system(), in: tx)
            #expect(second.came == 1 && second.went == 1)
            #expect(try grids.settle([steel: [large.id]], by: .system(), in: tx) == (0, 0))
            #expect(try grids.grids(of: cement, tx).map(\.way) == [.added, .inside])
        }
        let history = try await house.database.read { try house.engine.units.history(of: small.id, $0).map(\.kind) }
        #expect(history == ["自动归属", "自动归属", "人工加入"])
    }

    @Test func `a case of an enterprise goes to the officers above it`() async throws {
        let (steel, large, small) = (house.steel.id, large, small)
        try await change { grids, tx in
            try grids.set(.added, steel, in: small, reason: "示例", by: .system(), in: tx)
            try grids.appoint("officer", to: large.id, post: "网格长", by: .system(), in: tx)
        }
        let officer = try #require(try await house.engine.users.find(login: "officer")).id
        #expect(try await house.database.read { try GridReach.officers(of: steel, $0) } == [officer])
        #expect(try await house.database.read { try GridReach.officers(of: house.cement.id, $0) }.isEmpty)
    }
}
