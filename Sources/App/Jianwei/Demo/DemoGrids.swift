import Features
import GridSupervision
import Identity
import Kernel
import Ledgers
import Maps
import Storage

/// Grids of the demonstration: one large grid a county, in two of them second-level ones, their officers, two of whom sign in. Everything says 演示.
struct DemoGrids: Sendable {
    let plan: DemoPlan
    let platform: Platform
    private let writer = Principal.system("演示城市")

    init(plan: DemoPlan, platform: Platform) {
        self.plan = plan
        self.platform = platform
    }

    /// An eight-cornered piece of ground around the middle of a county, or its west or east half.
    private func ground(_ county: DemoCounty, from west: Double = -1, to east: Double = 1) -> Area {
        let (wide, high) = (0.059, 0.05)
        let corners: [(Double, Double)] =
            west == -1 && east == 1
            ? [(-1, -0.7), (-0.7, -1), (0.7, -1), (1, -0.7), (1, 0.7), (0.7, 1), (-0.7, 1), (-1, 0.7)]
            : west == -1 ? [(-1, -0.7), (-0.7, -1), (0, -1), (0, 1), (-0.7, 1), (-1, 0.7)] : [(0, -1), (0.7, -1), (1, -0.7), (1, 0.7), (0.7, 1), (0, 1)]
        return Area(corners.map { Coordinate(county.longitude + $0.0 * wide, county.latitude + $0.1 * high) })
    }

    private func draw(_ area: Area, of unit: Unit, in tx: any Transaction) throws {
        let box = area.bounds
        let bounds = GridBounds(west: box.west, south: box.south, east: box.east, north: box.north)
        try platform.identity.grids.draw(unit, outline: area.ringText, bounds: bounds, hectares: area.hectares, points: area.outline.count, by: writer, in: tx)
    }

    /// - Returns: logins that were made now.
    func install() async throws -> [DemoCredential] {
        let made = try await platform.database.write { [plan, platform, writer] tx -> [Unit] in
            var made: [Unit] = []
            for (index, county) in plan.counties.enumerated() {
                let draft = UnitDraft(
                    tree: .grid, parent: nil, organisation: county.code, code: "WG-\(county.code)", name: "\(county.short)工业大网格（演示）", rank: index)
                guard try tx.first("SELECT 1 FROM organisations WHERE code = \(county.code)") != nil else { continue }
                let large = try platform.identity.units.create(draft, by: writer, in: tx)
                try draw(ground(county), of: large, in: tx)
                made.append(large)
                guard index < 2 else { continue }
                for (side, west, east) in [("西", -1.0, 0.0), ("东", 0.0, 1.0)] {
                    let below = UnitDraft(tree: .grid, parent: large.id, code: "WG-\(county.code)-\(side == "西" ? "W" : "E")", name: "\(county.short)\(side)片二级网格（演示）")
                    let unit = try platform.identity.units.create(below, by: writer, in: tx)
                    try draw(ground(county, from: west, to: east), of: unit, in: tx)
                    made.append(unit)
                }
            }
            return made
        }
        try await platform.database.write { tx in _ = try GridDesk.settleAll(on: platform, by: writer, in: tx) }
        return try await officers(made)
    }

    private func officers(_ grids: [Unit]) async throws -> [DemoCredential] {
        var credentials: [DemoCredential] = []
        let bodies = ["生态环境分局监察中队（演示）", "应急管理局监察科（演示）", "综合执法大队（演示）"]
        for (index, grid) in grids.prefix(8).enumerated() {
            let isEnforcement = index % 3 == 2
            let values: [String: JSONValue] = [
                "name": .string("演示网格员\(index + 1)"), "kind": .string(isEnforcement ? "enforcement" : "inspector"), "phone": .string(DemoPeople.phone(400 + index)),
                "idCard": .string(DemoGrids.idCard(index)), "department": .string(bodies[index % 3]), "grid": .int(grid.id), "duties": .string(grid.depth == 1 ? "网格长" : "网格员"),
                "functions": .array([.string(isEnforcement ? "enforcement" : "environment"), "patrol"]), "remark": "演示数据，非真实人员",
            ]
            let record = try await platform.database.write { [platform, writer] tx in
                try platform.ledgers.create(GridOfficer.ledger.name, Draft(values, org: grid.org, area: grid.area), by: writer, in: tx)
            }
            guard index < 2 else { continue }
            let login = "wangge\(index + 1)"
            let password = try await GridDesk.account(login, for: record, on: platform, by: writer)
            credentials.append(DemoCredential(login: login, name: "演示网格员\(index + 1)", oneTimePassword: password))
        }
        return credentials
    }

    /// Adds up; a birthday of a year in which nobody works yet.
    private static func idCard(_ index: Int) -> String {
        let body = "1301001900010100\(index % 10)"
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(body, weights).reduce(0) { $0 + ($1.0.wholeNumberValue ?? 0) * $1.1 }
        return body + String(Array("10X98765432")[sum % 11])
    }
}
