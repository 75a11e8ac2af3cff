import Identity
import Kernel
import Storage
import Testing

@Suite("D9.2.1 B5.2.2.1 组织树")
struct UnitTests {
    let house: House
    let units: Units
    let city: Principal
    let county: Principal

    init() async throws {
        house = try await House()
        units = house.engine.units
        try await house.user("boss", .city, in: house.organisation("1301"))
        try await house.user("clerk", .county, in: house.organisation("130102"))
        city = try await house.principal("boss")
        var clerk = try await house.principal("clerk")
        clerk.permissions.insert("organisation.write")
        county = clerk
    }

    @discardableResult
    private func make(_ code: String, under parent: Unit? = nil, in organisation: String = "1301", tree: UnitTree = .government, by principal: Principal? = nil) async throws
        -> Unit
    {
        let draft = UnitDraft(tree: tree, parent: parent?.id, organisation: organisation, code: code, name: "单位\(code)")
        let who = principal ?? city
        return try await house.database.write { try units.create(draft, by: who, in: $0) }
    }

    private func unit(_ code: String) async throws -> Unit { try #require(try await house.database.read { try units.find(.government, code: code, scope: .everything, $0) }) }

    @Test func `paths, levels and owners come from above`() async throws {
        let root = try await make("A"), child = try await make("A1", under: root), grandchild = try await make("A11", under: child)
        #expect(grandchild.path == "/\(root.id)/\(child.id)/\(grandchild.id)/")
        #expect(grandchild.depth == 3)
        #expect(grandchild.org == root.org && grandchild.area == "1301")
        #expect(grandchild.isAtOrBelow(root) && !root.isAtOrBelow(grandchild))
        #expect(try await house.database.read { try units.lineage(of: grandchild, $0).map(\.code) } == ["A", "A1", "A11"])
    }

    @Test func `every fault is named`() async throws {
        let root = try await make("A")
        #expect(await findings { try await make("A") } == ["code.duplicate"])
        #expect(await findings { try await make("中文", in: "nowhere") } == ["code.format", "organisation.unknown"])
        let draft = UnitDraft(tree: .road, parent: root.id, code: "", name: " ", rank: -1)
        #expect(
            await findings { _ = try await house.database.write { try units.create(draft, by: city, in: $0) } } == ["name.length", "code.format", "rank.range", "parent.unknown"])
    }

    @Test func `ten levels and no more`() async throws {
        var last = try await make("L1")
        for level in 2...10 { last = try await make("L\(level)", under: last) }
        let end = last
        #expect(end.depth == 10)
        #expect(await findings { try await make("L11", under: end) } == ["parent.depth"])
        let other = try await make("B"), below = try await make("B1", under: other)
        #expect(await failureCode { _ = try await units.move(other.id, under: end.id, by: city) } == "JW-I101")
        let ninth = try await unit("L9")
        #expect(await failureCode { _ = try await units.move(other.id, under: ninth.id, by: city) } == "JW-I101")
        _ = try await units.move(below.id, under: ninth.id, by: city)
    }

    @Test func `a subtree is found by its path, ids that begin alike are not in it`() async throws {
        let rows = (1...30).map { UnitRow(number: $0 + 1, code: "R\($0)", name: "根\($0)", parentCode: "", rank: $0) }
        #expect(try await units.bringIn(rows, into: .government, under: nil, organisation: "1301", by: city) == 30)
        let one = try await unit("R1")
        try await make("R1-1", under: one)
        let found = try await house.database.read { try units.page(.government, at: one, keyword: "单位", scope: .everything, $0).map(\.unit.code) }
        #expect(found == ["R1-1"])
        let touched = try await house.database.read {
            try units.touch(one.id, under: try #require(try units.find(.government, code: "R30", scope: .everything, $0)).id, by: city, $0)
        }
        #expect([touched.nodes, touched.members, touched.depth] == [2, 0, 3] && !touched.changesOwner)
    }

    @Test func `moving takes everything below along, with its people, and is written down`() async throws {
        let a = try await make("A"), b = try await make("B", in: "130102"), a1 = try await make("A1", under: a), a11 = try await make("A11", under: a1)
        try await units.appoint("clerk", to: a11.id, post: "网格员", by: city)
        let touched = try await units.move(a1.id, under: b.id, by: city)
        #expect([touched.nodes, touched.members, touched.depth] == [2, 1, 3] && touched.changesOwner)
        let moved = try await unit("A11")
        #expect(moved.path == "/\(b.id)/\(a1.id)/\(a11.id)/")
        #expect(moved.depth == 3 && moved.org == b.org && moved.area == "130102")
        #expect(try await house.database.read { try units.members(of: moved, $0).map(\.post) } == ["网格员"])
        let history = try await house.database.read { try units.history(of: a1.id, $0) }
        #expect(history.map(\.kind) == ["移动"])
        #expect(history.first.map { "\($0.before) → \($0.after), \($0.nodes), \($0.members)" } == "单位A → 单位B, 2, 1")
        #expect(await failureCode { _ = try await units.move(b.id, under: a11.id, by: city) } == "JW-I100")
        #expect(await failureCode { _ = try await units.move(b.id, under: b.id, by: city) } == "JW-I100")
    }

    @Test func `merging hands over people and what stands below, and leaves a trace`() async throws {
        let a = try await make("A"), b = try await make("B"), a1 = try await make("A1", under: a)
        try await units.appoint("clerk", to: a.id, post: "科员", by: city)
        try await units.appoint("boss", to: a.id, post: "科长", by: city)
        try await units.appoint("boss", to: b.id, post: "主任", by: city)
        _ = try await units.merge(a.id, into: b.id, by: city)
        let old = try await unit("A"), new = try await unit("B"), child = try await unit("A1")
        #expect(old.state == .retired && old.successor == b.id)
        #expect(child.parent == b.id && child.path == "/\(b.id)/\(a1.id)/" && child.depth == 2)
        let people = try await house.database.read { try units.members(of: new, $0).map { "\($0.login) \($0.post)" }.sorted() }
        #expect(people == ["boss 主任", "clerk 科员"])
        #expect(await failureCode { _ = try await units.merge(b.id, into: a.id, by: city) } == "JW-I100")
    }

    @Test func `nobody reads or writes beyond their scope`() async throws {
        let own = try await make("C", in: "130102", by: county), other = try await make("D", in: "130104"), above = try await make("E")
        #expect(await findings { try await make("X", in: "130104", by: county) } == ["organisation.unknown"])
        #expect(await findings { try await make("X", under: other, by: county) } == ["parent.unknown"])
        for id in [other.id, above.id] {
            #expect(await failureCode { _ = try await units.move(own.id, under: id, by: county) } == "JW-K404")
            #expect(await failureCode { _ = try await units.move(id, under: own.id, by: county) } == "JW-K404")
            #expect(await failureCode { try await units.setState(.retired, of: id, by: county) } == "JW-K404")
        }
        let seen = try await house.database.read { try units.page(.government, at: nil, scope: county.scope, $0).map(\.unit.code) }
        #expect(seen == ["C"])
        #expect(await findings { try await units.appoint("boss", to: own.id, post: "员", by: county) } == ["login.unknown"])
        var plain = county
        plain.permissions = []
        let weak = plain
        #expect(await failureCode { _ = try await units.move(own.id, under: own.id, by: weak) } == "JW-K403")
    }

    @Test func `a sheet comes in whole or not at all, in any order of rows`() async throws {
        let bad = [
            UnitRow(number: 2, code: "S1", name: "", parentCode: "", rank: 0), UnitRow(number: 3, code: "S1", name: "二", parentCode: "", rank: 0),
            UnitRow(number: 4, code: "S3", name: "三", parentCode: "S9", rank: 0),
        ]
        #expect(await findings { _ = try await units.bringIn(bad, into: .park, under: nil, organisation: "1301", by: city) } == ["row2.row", "row3.row", "row4.row"])
        let ring = [UnitRow(number: 2, code: "P", name: "一", parentCode: "Q", rank: 0), UnitRow(number: 3, code: "Q", name: "二", parentCode: "P", rank: 0)]
        #expect(await findings { _ = try await units.bringIn(ring, into: .park, under: nil, organisation: "1301", by: city) } == ["file.cycle"])
        #expect(try await house.database.read { try $0.count("SELECT count(*) FROM units") } == 0)
        let good = [
            UnitRow(number: 2, code: "S11", name: "三级", parentCode: "S1", rank: 0), UnitRow(number: 3, code: "S1", name: "二级", parentCode: "S", rank: 0),
            UnitRow(number: 4, code: "S", name: "根", parentCode: "", rank: 0),
        ]
        #expect(try await units.bringIn(good, into: .park, under: nil, organisation: "1301", by: city) == 3)
        let depth = try await house.database.read { try units.find(.park, code: "S11", scope: .everything, $0)?.depth }
        #expect(depth == 3)
    }

    @Test func `retiring takes everything below along; what is below returns only under a living one`() async throws {
        let a = try await make("A"), a1 = try await make("A1", under: a)
        try await units.setState(.retired, of: a.id, by: city)
        #expect(try await unit("A1").state == .retired)
        #expect(await failureCode { try await units.setState(.active, of: a1.id, by: city) } == "JW-I102")
        try await units.setState(.active, of: a.id, by: city)
        try await units.setState(.active, of: a1.id, by: city)
        #expect(try await unit("A1").state == .active)
    }
}
