import Features
import GridSupervision
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import NIOCore
import Storage
import Synchronization
import Testing

@Suite("B1.3.1 B1.3.2 B2.2.1 B2.2.2 网格与网格人员", .serialized)
struct GridTests {
    /// 长安区 with a large grid and a second-level one in its west; the two enterprises stand in the west and in the east.
    struct Ground: Sendable {
        let house: MatrixHouse
        let large: Unit
        let west: Unit
        let steel: Int64
        let glass: Int64

        var platform: Platform { house.platform }

        init() async throws {
            house = try await MatrixHouse()
            let identity = house.platform.identity
            (large, west) = try await identity.database.write { tx in
                let large = try identity.units.create(UnitDraft(tree: .grid, parent: nil, organisation: "130102", code: "CA", name: "长安大网格"), by: .system(), in: tx)
                return (large, try identity.units.create(UnitDraft(tree: .grid, parent: large.id, code: "CA-W", name: "长安西网格"), by: .system(), in: tx))
            }
            steel = try #require(try await identity.organisations.find(code: "130102000001")?.id)
            glass = try #require(try await identity.organisations.find(code: "130102000003")?.id)
            try await stand(steel, 114.52, 38.05)
            try await stand(glass, 114.58, 38.05)
        }

        func stand(_ org: Int64, _ longitude: Double, _ latitude: Double) async throws {
            try await platform.database.write { [platform] tx in
                let row = try #require(try tx.value("SELECT id FROM enterprise WHERE org = \(org)")?.int)
                let draft = Draft(["location": .string("\(longitude),\(latitude)")], org: org)
                _ = try platform.ledgers.update("enterprise", id: row, draft, expectedVersion: nil, by: .system(), in: tx)
            }
        }

        static func box(_ west: Double, _ south: Double, _ east: Double, _ north: Double) -> String {
            "[[\(west),\(south)],[\(east),\(south)],[\(east),\(north)],[\(west),\(north)]]"
        }

        @discardableResult
        func post(_ who: String, _ path: String, _ values: [String: JSONValue] = [:]) async throws -> (status: Int, body: String) {
            let answers = Mailbox()
            try await house.test { client in
                let headers: HTTPFields = [.authorization: "Bearer \(who)", .contentType: "application/json"]
                try await client.execute(
                    uri: path, method: .post, headers: headers, body: ByteBuffer(string: JSONValue.object(JSONObject(values.map { (name: $0.key, value: $0.value) })).text)
                ) {
                    answers.put((Int($0.status.code), String(buffer: $0.body)))
                }
            }
            return answers.last
        }

        func draw(_ unit: Unit, _ outline: String, by who: String = "city") async throws -> (status: Int, body: String) {
            try await post(who, "/grids/\(unit.id)/outline", ["outline": .string(outline)])
        }

        /// Names of grids in which an organisation stands.
        func standing(_ org: Int64) async throws -> [String] {
            try await platform.database.read { [platform] reader in
                try platform.identity.grids.grids(of: org, reader).filter { $0.way != .keptOut && $0.code != "WG-01" }.map(\.name)
            }
        }

        func drawn() async throws {
            #expect(try await draw(large, Self.box(114.5, 38, 114.6, 38.1)).status < 400)
            #expect(try await draw(west, Self.box(114.5, 38, 114.55, 38.1)).status < 400)
        }
    }

    @Test func `what stands inside belongs to the smallest grid`() async throws {
        let ground = try await Ground()
        #expect(try await ground.draw(ground.large, Ground.box(114.5, 38, 114.6, 38.1)).status < 400)
        #expect(try await ground.standing(ground.steel) == ["长安大网格"])
        #expect(try await ground.draw(ground.west, Ground.box(114.5, 38, 114.55, 38.1)).status < 400)
        #expect(try await ground.standing(ground.steel) == ["长安西网格"])
        #expect(try await ground.standing(ground.glass) == ["长安大网格"])
        // It moves, then its place is no longer known.
        try await ground.stand(ground.steel, 114.57, 38.05)
        #expect(try await ground.standing(ground.steel) == ["长安大网格"])
        try await ground.stand(ground.steel, 115.57, 38.05)
        #expect(try await ground.standing(ground.steel) == [])
        let history = try await ground.platform.database.read { reader in
            try ground.platform.identity.units.history(of: ground.west.id, reader).map { "\($0.kind) \($0.before)\($0.after)" }
        }
        #expect(history.contains("自动归属 移出 石家庄示例钢铁有限公司") && history.contains("自动归属 纳入 石家庄示例钢铁有限公司"))
    }

    @Test func `a bad outline is refused with its reason`() async throws {
        let ground = try await Ground()
        try await ground.drawn()
        for (outline, word) in [
            (Ground.box(114.49, 38, 114.55, 38.1), "超出上级网格“长安大网格”"), ("[[114.5,38],[114.6,38.1],[114.6,38],[114.5,38.1]]", "边界不能自己交叉"), ("[[114.5,38],[114.6,38]]", "至少要有 3 个"),
            (#"{"type":"Polygon","coordinates":[[[114.5,38],[114.6,38],[114.6,38.1],[114.5,38.1]]]}"#, "没有闭合"), ("", "请在地图上绘制"),
        ] {
            let answer = try await ground.draw(ground.west, outline)
            #expect(answer.status == 422 && answer.body.contains(word), "\(word)")
        }
        let tooSmall = try await ground.draw(ground.large, Ground.box(114.52, 38, 114.6, 38.1))
        #expect(tooSmall.status == 422 && tooSmall.body.contains("下级网格“长安西网格”将超出范围"))
        // Another county's people see no such grid.
        #expect(try await ground.draw(ground.west, Ground.box(114.5, 38, 114.54, 38.1), by: "south").status == 404)
        #expect(try await ground.draw(ground.west, Ground.box(114.5, 38, 114.54, 38.1), by: "gridder").status == 403)
    }

    @Test func `exceptions by hand stay, retired grids give theirs back`() async throws {
        let ground = try await Ground()
        try await ground.drawn()
        let west = "/grids/\(ground.west.id)/subjects"
        #expect(try await ground.post("city", west, ["org": .int(ground.glass), "reason": ""]).status == 422)
        #expect(try await ground.post("city", west, ["org": .int(ground.glass), "reason": "跨网格厂区"]).status < 400)
        #expect(try await ground.post("city", "\(west)/\(ground.steel)/keep-out", ["reason": "由大网格直接监管"]).status < 400)
        #expect(try await ground.standing(ground.glass) == ["长安西网格", "长安大网格"])
        #expect(try await ground.standing(ground.steel) == ["长安大网格"])
        // A new outline changes nothing of it.
        #expect(try await ground.draw(ground.west, Ground.box(114.5, 38, 114.54, 38.1)).status < 400)
        #expect(try await ground.standing(ground.steel) == ["长安大网格"])
        #expect(try await ground.post("city", "\(west)/\(ground.steel)/automatic").status < 400)
        #expect(try await ground.standing(ground.steel) == ["长安西网格"])
        let city = try #require(ground.house.principals["city"])
        try await ground.platform.identity.units.setState(.retired, of: ground.west.id, by: city)
        #expect(try await ground.standing(ground.steel) == ["长安大网格"])
    }

    @Test func `an officer sees what stands in his grid from the next request on`() async throws {
        let ground = try await Ground()
        try await ground.drawn()
        let platform = ground.platform
        let city = try #require(ground.house.principals["city"])
        let values: [String: JSONValue] = [
            "name": "张网格", "kind": "inspector", "phone": "13800138000", "idCard": "130102199001011237", "department": "环境监察一科", "grid": .int(ground.west.id), "duties": "网格员",
        ]
        let officer = try await platform.ledgers.create(GridOfficer.ledger.name, Draft(values), by: city)
        // Whoever supervises the grid supervises its people; what is personal is sealed.
        #expect(officer.area == "130102")
        let stored = try await platform.database.read { try $0.first("SELECT phone, id_card FROM grid_officer WHERE id = \(officer.id)") }
        #expect(stored?.text("phone")?.contains("138") == false && stored?.text("id_card")?.contains("1301") == false)
        let answer = try await ground.post("city", "/grid-officers/\(officer.id)/account", ["login": "zhang.wg"])
        #expect(answer.status == 200 && answer.body.contains("一次性密码"))
        #expect(try await ground.post("city", "/grid-officers/\(officer.id)/account", ["login": "zhang2"]).status == 409)
        let user = try #require(try await platform.identity.users.find(login: "zhang.wg"))
        #expect(user.roles.map(\.name) == ["gridOfficer"] && user.phone == "13800138000")

        func reach() async throws -> Set<Int64> {
            let scope = try await platform.database.read { try platform.identity.sessions.standing(of: user.id, $0)?.principal.scope }
            guard case .grids(let reach) = scope else { return [] }
            return reach.organisations
        }
        #expect(try await reach() == [ground.steel])
        _ = try await platform.ledgers.update(GridOfficer.ledger.name, id: officer.id, Draft(["grid": .int(ground.large.id)]), expectedVersion: nil, by: city)
        #expect(try await reach() == [ground.steel, ground.glass])
        _ = try await platform.ledgers.update(GridOfficer.ledger.name, id: officer.id, Draft(["inOffice": false]), expectedVersion: nil, by: city)
        #expect(try await reach() == [])
    }

    @Test func `why a row is seen names the grid`() async throws {
        let ground = try await Ground()
        try await ground.drawn()
        let house = ground.house
        let officer = try #require(house.principals["gridder"])
        let rows = try await ground.platform.database.read { reader in
            try [ground.steel, ground.glass].map { org in try #require(try reader.value("SELECT id FROM enterprise WHERE org = \(org)")?.int) }
        }
        try await house.test { client in
            for (row, word) in [(rows[0], "在该用户的网格“第一网格”（人工加入）"), (rows[1], "此单位属于网格“长安大网格”，该用户不在其中任职")] {
                try await client.execute(
                    uri: "/admin/explain?user=\(officer.id)&ledger=enterprise&row=\(row)", method: .get, headers: [.authorization: "Bearer security"]
                ) { answer in
                    #expect(answer.status == .ok)
                    #expect(String(buffer: answer.body).contains(word), "\(word)")
                }
            }
        }
    }

    @Test func `pages of grids, each for its readers`() async throws {
        let ground = try await Ground()
        try await ground.drawn()
        try await ground.house.test { client in
            for (who, path, status, shown, hidden) in [
                ("city", "/grids", 200, "长安西网格", ""), ("north", "/grids", 200, "长安西网格", ""), ("south", "/grids", 200, "网格地图", "长安西网格"),
                ("gridder", "/grids", 200, "网格地图", "长安西网格"), ("gridder", "/grids/\(ground.west.id)", 404, "", "示例钢铁"), ("city", "/grids/\(ground.west.id)", 200, "示例钢铁", "示例玻璃"),
                ("city", "/grids/\(ground.west.id)/outline", 200, "data-outline-editor", ""), ("city", "/ledgers/grid", 200, "长安西网格", ""), ("steel", "/grids", 403, "", "长安"),
            ] {
                try await client.execute(uri: path, method: .get, headers: [.authorization: "Bearer \(who)"]) { answer in
                    let body = String(buffer: answer.body)
                    #expect(Int(answer.status.code) == status, "\(who) \(path)")
                    #expect(body.contains(shown), "\(who) \(path) lacks \(shown)")
                    #expect(hidden.isEmpty || !body.contains(hidden), "\(who) \(path) shows \(hidden)")
                }
            }
        }
    }
}

/// The last answer, carried out of a client's closure.
final class Mailbox: Sendable {
    private let held = Mutex<(status: Int, body: String)>((0, ""))

    func put(_ answer: (Int, String)) { held.withLock { $0 = (answer.0, answer.1) } }
    var last: (status: Int, body: String) { held.withLock { $0 } }
}
