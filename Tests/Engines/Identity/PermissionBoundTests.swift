import Identity
import Kernel
import Storage
import Testing

@Suite("B5.1.7 单位权限上限")
struct PermissionBoundTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bounds: [Set<String>]
        let held: Set<String>
        let left: Set<String>
    }

    static let examples: [Example] = [
        Example(testDescription: "没有上限", bounds: [], held: ["a.read", "*"], left: ["a.read", "*"]),
        Example(testDescription: "上限之内", bounds: [["a.read", "b.read"]], held: ["a.read"], left: ["a.read"]),
        Example(testDescription: "超出的收回", bounds: [["a.read"]], held: ["a.read", "a.write"], left: ["a.read"]),
        Example(testDescription: "上限为空", bounds: [[]], held: ["a.read", "*"], left: []),
        Example(testDescription: "不授予没有的", bounds: [["a.read", "a.write"]], held: ["a.read"], left: ["a.read"]),
        Example(testDescription: "全部权限只剩上限", bounds: [["a.read", "b.write"]], held: ["*"], left: ["a.read", "b.write"]),
        Example(testDescription: "全部查看只剩上限内的查看", bounds: [["a.read", "b.write"]], held: ["*.read"], left: ["a.read"]),
        Example(testDescription: "上限为全部查看", bounds: [["*.read"]], held: ["a.read", "a.write", "*"], left: ["a.read", "*.read"]),
        Example(testDescription: "上级和本级都要允许", bounds: [["a.read", "b.read"], ["b.read", "c.read"]], held: ["a.read", "b.read", "c.read"], left: ["b.read"]),
    ]

    @Test(arguments: examples)
    func cuts(_ example: Example) {
        let bound = PermissionBound(parts: example.bounds.enumerated().map { PermissionBound.Part(organisation: Int64($0.offset + 1), permissions: $0.element) })
        #expect(bound.cut(example.held) == example.left)
    }

    /// Roles of the fixture: enterpriseAdmin reads and writes `onSiteVehicle`, county reads it.
    @Test func whatARoleGivesEndsAtTheUnit() async throws {
        let house = try await House()
        let bounds = house.engine.bounds
        try await house.user("city2", .city, in: house.organisation("1301"))
        try await house.user("boss", .enterpriseAdmin, in: house.steel)
        try await house.user("other", .enterpriseAdmin, in: house.cement)
        let city = try await house.principal("city2")
        #expect(try await house.principal("boss").may("onSiteVehicle.write"))
        try await bounds.set(["onSiteVehicle.read"], for: house.steel.id, by: city)
        let boss = try await house.principal("boss")
        #expect(boss.may("onSiteVehicle.read") && !boss.may("onSiteVehicle.write") && !boss.may("user.write"))
        #expect(boss.bound?.keeper(of: "onSiteVehicle.write") == house.steel.id)
        #expect(try await house.principal("other").may("onSiteVehicle.write"), "别的单位不受影响")
        let excess = try await house.database.read { try bounds.excess(in: house.steel, over: ["onSiteVehicle.read"], $0) }
        #expect(excess.map(\.login) == ["boss"])
        let told = try await house.database.read { try RightHolders.find("onSiteVehicle.write", org: house.steel.id, area: "130102", $0) }
        #expect(told.isEmpty, "不能办的人不通知")

        // The authority above bounds the whole county: the enterprise's own bound can go no further.
        let county = try await house.organisation("130102")
        try await bounds.set(["user.read"], for: county.id, by: city)
        #expect(try await house.principal("boss").permissions.isEmpty)
        #expect(await failureCode { try await bounds.set(["onSiteVehicle.read"], for: house.steel.id, by: city) } == "JW-K422")
        try await bounds.set(nil, for: county.id, by: city)
        try await bounds.set(nil, for: house.steel.id, by: city)
        #expect(try await house.principal("boss").may("onSiteVehicle.write"))
    }

    @Test func onlyThoseAboveSetIt() async throws {
        let house = try await House()
        let bounds = house.engine.bounds
        try await house.user("boss", .enterpriseAdmin, in: house.steel)
        try await house.user("county2", .county, in: house.organisation("130102"))
        try await house.user("city2", .city, in: house.organisation("1301"))
        var (boss, county, city) = (try await house.principal("boss"), try await house.principal("county2"), try await house.principal("city2"))
        for permission in ["organisation.write"] {
            boss.permissions.insert(permission)
            county.permissions.insert(permission)
            city.permissions.insert(permission)
        }
        let (boss2, own, above) = (boss, county, city)
        #expect(await failureCode { try await bounds.set([], for: house.steel.id, by: boss2) } == "JW-I140", "本单位")
        #expect(await failureCode { try await bounds.set([], for: house.organisation("130102").id, by: own) } == "JW-I140", "本单位")
        #expect(await failureCode { try await bounds.set([], for: house.cement.id, by: own) } == "JW-K404", "别的县区")
        #expect(await failureCode { try await bounds.set([], for: house.organisation("1301").id, by: .system()) } == "JW-I141", "有系统管理员的单位")
        #expect(await failureCode { try await bounds.set(["none.such"], for: house.steel.id, by: above) } == "JW-K422")
        try await bounds.set([], for: house.steel.id, by: own)
        #expect(try await house.database.read { try bounds.own(house.steel.id, $0) } == [])
        let listed = try await house.database.read { try bounds.page(keyword: "钢铁", scope: own.scope, after: 0, limit: 10, $0) }
        #expect(listed.map(\.organisation.id) == [house.steel.id])
    }
}
