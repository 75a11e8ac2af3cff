import Cryptography
import Features
import Identity
import Kernel
import Ledgers
import Maps
import Media
import RoadChiefs
import Storage
import Workflows

/// 路长制 in the demonstration: an office, four responsible units with roads and chiefs, tasks in every state, a scored last month and a running one. Everything says 演示.
struct DemoRoads: Sendable {
    let plan: DemoPlan
    let platform: Platform
    private let writer = Principal.system("演示城市")

    init(plan: DemoPlan, platform: Platform) {
        self.plan = plan
        self.platform = platform
    }

    /// What stands ready for the happenings.
    struct Ground: Sendable {
        var units: [Record] = []
        var chiefs: [Record] = []
        var roads: [Record] = []
        var photo: JSONValue = .null
        var categories: [Int64] = []
        var sources: [Int64] = []
    }

    private static let units = [
        ("LZ-130109-01", "廉州镇人民政府（演示）", 0), ("LZ-130109-02", "藁城经济开发区管委会（演示）", 0), ("LZ-130109-03", "藁城区综合执法局（演示）", 0), ("LZ-130110-01", "获鹿镇人民政府（演示）", 1),
    ]
    private static let roads: [(name: String, from: String, to: String)] = [
        ("廉州路", "石家庄东路", "世纪大道"), ("胜利路", "建设街", "工业街"), ("府前街", "市府路", "廉州路"), ("世纪大道", "开发区西界", "开发区东界"), ("兴业街", "世纪大道", "创业路"),
        ("创业路", "兴业街", "东环路"), ("东环路", "北外环", "南外环"), ("通安街", "廉州路", "世纪大道"), ("北外环路", "西环路", "东环路"), ("向阳大街", "海山大街", "石井路"), ("海山大街", "向阳大街", "龙泉路"),
    ]
    private static let owners = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]

    /// - Returns: logins that were made now.
    func install() async throws -> [DemoCredential] {
        let photo = try await photo()
        var ground = try await platform.database.write { tx in try self.registers(in: tx) }
        ground.photo = photo
        let ready = ground
        let credentials = try await accounts(ready)
        let now = platform.clock.now
        try await platform.database.write { tx in
            let happenings = DemoRoadHappenings(platform: platform, ground: try self.refreshed(ready, in: tx), now: now)
            try happenings.lastMonth(in: tx)
            try happenings.thisMonth(in: tx)
        }
        return credentials
    }

    /// Chiefs know their logins only after the accounts were opened.
    private func refreshed(_ ground: Ground, in tx: any Transaction) throws -> Ground {
        var ground = ground
        ground.chiefs = try ground.chiefs.compactMap { try platform.ledgers.find(RoadChief.ledger.name, id: $0.id, by: writer, in: tx) }
        return ground
    }

    private func photo() async throws -> JSONValue {
        let bytes = try DemoPhoto(
            kind: .body, plate: "冀A演示8", color: .yellow, moment: platform.clock.now, enterprise: "廉州路", gate: "路面遗撒", seed: plan.seed
        ).jpeg()
        let kept = try await platform.photos.receive(bytes, expectedSHA256: nil, organisation: nil, clock: platform.clock)
        return .array([AttachedFile(sha256: kept.sha256, name: "现场照片（演示）.jpg", mediaType: "image/jpeg", size: bytes.count).json])
    }

    private func create(_ ledger: LedgerDeclaration, _ values: [String: JSONValue], org: Int64? = nil, in tx: any Transaction) throws -> Record {
        try platform.ledgers.create(ledger.name, Draft(values, org: org), by: writer, in: tx)
    }

    private func registers(in tx: any Transaction) throws -> Ground {
        var ground = Ground()
        for (code, name, county) in Self.units {
            let values: [String: JSONValue] = [
                "code": .string(code), "name": .string(name), "region": .string(plan.counties[county].code), "contact": .string("演示联系人"), "phone": .string(DemoPeople.phone(600)),
                "description": "演示数据，非真实单位",
            ]
            ground.units.append(try create(ResponsibleUnit.ledger, values, in: tx))
        }
        let district = try platform.identity.organisations.find(code: plan.counties[0].code, tx)?.id
        func chief(_ level: String, _ code: String, _ name: String, _ post: String, _ phone: Int, org: Int64?, above: Int64?) throws -> Record {
            let values: [String: JSONValue] = [
                "level": .string(level), "code": .string(code), "name": .string(name), "post": .string(post), "phone": .string(DemoPeople.phone(phone)),
                "superior": JSONValue(above),
                "officePhone": .string(DemoPeople.phone(609)),
            ]
            return try create(RoadChief.ledger, values, org: org, in: tx)
        }
        let leader = try chief("1", "LZ1-01", "演示区级路长", "副区长", 610, org: district, above: nil)
        ground.chiefs.append(leader)
        for (index, unit) in ground.units.enumerated() {
            let street = try chief("2", "LZ2-0\(index + 1)", "演示街道路长\(index + 1)", "副镇长", 620 + index, org: unit.org, above: index < 3 ? leader.id : nil)
            let community = try chief("3", "LZ3-0\(index + 1)", "演示社区路长\(index + 1)", "社区主任", 630 + index, org: unit.org, above: street.id)
            ground.chiefs += [street, community]
        }
        for (index, road) in Self.roads.enumerated() {
            let owner = Self.owners[index], county = plan.counties[owner == 3 ? 1 : 0]
            let line = Self.line(index, county)
            let values: [String: JSONValue] = [
                "code": .string("DL-\(101 + index)"), "name": .string("\(road.name)（演示）"), "startPoint": .string(road.from), "endPoint": .string(road.to),
                "chief": .int(ground.chiefs[1 + owner * 2 + index % 2].id), "line": .string(line.text), "patrolLength": .double((line.kilometres * 100).rounded() / 100),
                "isPatrolled": true,
            ]
            ground.roads.append(try create(Road.ledger, values, org: ground.units[owner].org, in: tx))
        }
        let whole = try create(ProblemCategory.ledger, ["code": "1", "name": "市容秩序", "description": "店外经营、占道、乱停车等（演示）"], in: tx)
        let face = try create(ProblemCategory.ledger, ["code": "2", "name": "道路设施", "description": "路面、井盖、护栏、路灯等（演示）"], in: tx)
        for (code, name, parent) in [("101", "占道经营", whole.id), ("102", "车辆乱停", whole.id), ("201", "路面破损", face.id), ("202", "渣土遗撒", face.id), ("203", "井盖缺失", face.id)] {
            ground.categories.append(try create(ProblemCategory.ledger, ["code": .string(code), "name": .string(name), "parent": .int(parent)], in: tx).id)
        }
        ground.sources = try tx.rows("SELECT id FROM problem_source WHERE deleted_at IS NULL ORDER BY code").compactMap { $0.int("id") }
        return ground
    }

    /// Streets around the middle of a county: every other one runs north.
    private static func line(_ index: Int, _ county: DemoCounty) -> RoadLine {
        let step = Double(index % 9) * 0.007 - 0.024
        let points = (0...6).map { part -> Coordinate in
            let along = Double(part) * 0.008 - 0.024, bend = part % 2 == 0 ? 0.0006 : -0.0004
            return index % 2 == 0 ? Coordinate(county.longitude + along, county.latitude + step + bend) : Coordinate(county.longitude + step + bend, county.latitude + along * 0.8)
        }
        return RoadLine(points)
    }

    private func accounts(_ ground: Ground) async throws -> [DemoCredential] {
        var credentials: [DemoCredential] = []
        guard let district = try await platform.identity.organisations.find(code: plan.counties[0].code),
            let office = try await platform.identity.roles.all().first(where: { $0.name == RoadRoles.office })
        else { return [] }
        let draft = UserDraft(login: "luzhangban", name: "路长办专员（演示）", phone: DemoPeople.phone(640), organisation: district.id, roles: [office.id])
        let made = try await platform.identity.users.create(draft, by: writer)
        credentials.append(DemoCredential(login: draft.login, name: draft.name, oneTimePassword: made.oneTimePassword))
        let pages = RoadAccountPages(platform: platform)
        let wanted: [(String, Record, RoadAccountPages.Kind)] = [
            ("luzhang-dw", ground.units[0], .unit), ("luzhang-qu", ground.chiefs[0], .chief), ("luzhang1", ground.chiefs[1], .chief), ("luzhang2", ground.chiefs[2], .chief),
        ]
        for (login, record, kind) in wanted {
            let password = try await pages.account(login, for: record, kind, by: writer)
            credentials.append(DemoCredential(login: login, name: record.values["name"]?.text ?? login, oneTimePassword: password))
        }
        return credentials
    }
}
