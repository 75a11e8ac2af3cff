import Kernel
import Ledgers
import MobileSources
import Rules
import Storage
import Watches

/// Gate passes as rules see them (A-41).
struct PassStream: RuleStream {
    let registry: GateRegistry
    let name = "pass"
    let title = "过车记录"
    let sourceKind: String? = GatePassEvent.ledger.name

    /// By rank, so that `不大于 国四` can be asked.
    private static let stages = EmissionStage.allCases.compactMap { stage in stage.rank.map { CodeItem(String($0), stage.title, stage.titleEN) } }
    static let neverEntered = 8760.0

    var facts: [StreamFact] {
        [
            StreamFact("direction", "方向", .text, in: "过车", choices: GateCodes.direction), StreamFact("gateNo", "出入口编号", .text, in: "过车"),
            StreamFact("verdict", "校验结论", .text, in: "过车", choices: GateCodes.verdict), StreamFact("findings", "校验发现", .set, in: "过车", choices: PassFinding.all),
            StreamFact("barrierAction", "抬杆方式", .text, in: "过车", choices: GateCodes.barrierAction), StreamFact("source", "数据来源", .text, in: "过车", choices: GateCodes.passSource),
            StreamFact("warningLevel", "当时响应级别", .text, in: "过车", choices: WarningLevel.all),
            StreamFact("hoursSinceEntry", "距上次进厂（一年内没有按 8760 小时计）", .number, in: "过车", unit: "小时", isSlow: true),
            StreamFact("plateNo", "号牌号码", .text, in: "车辆"), StreamFact("plateColor", "号牌颜色", .text, in: "车辆", choices: PlateColor.all),
            StreamFact("stage", "排放阶段", .number, in: "车辆", choices: Self.stages), StreamFact("fuel", "燃料种类", .text, in: "车辆", choices: FuelCode.all),
            StreamFact("vehicleType", "车辆类型", .text, in: "车辆", choices: VehicleTypeCode.all), StreamFact("vehicleClass", "车辆种类", .text, in: "车辆", choices: VehicleClass.all),
            StreamFact("isFiled", "已备案", .bool, in: "车辆"), StreamFact("cargoName", "货物名称", .text, in: "货物"), StreamFact("cargoTonnes", "运输量", .number, in: "货物", unit: "吨"),
            StreamFact("enterprise", "企业", .text, in: "企业", choices: enterprises), StreamFact("county", "县（区、市）", .text, in: "企业", choices: Region.counties),
            StreamFact("industry", "行业类型", .text, in: "企业", choices: Industry.all),
        ]
    }

    /// Enterprises by their numbers, in the order of their names.
    private var enterprises: [CodeItem] { registry.snapshot.enterprises.values.map { CodeItem($0.code, $0.name, $0.name) }.sorted { $0.title < $1.title } }

    let groupings = [("vehicle", "同一车辆在同一企业"), ("anywhere", "同一车辆（不分企业）"), ("gate", "同一出入口"), ("enterprise", "同一企业")].map { (name: $0.0, title: $0.1) }

    private static let columns: SQL = """
        id, passed_at, org, area, gate_no, plate_no, plate_color, direction, verdict, findings, barrier_action, source, warning_level, emission_stage, fuel, vehicle_type, vehicle_class, filing_id, \
        cargo_name, cargo_tonnes, industry, head_photo, body_photo
        """

    func last(in reader: any Reader) throws -> Int64 { try reader.value("SELECT MAX(id) FROM gate_pass")?.int ?? 0 }

    func after(_ mark: Int64, limit: Int, in reader: any Reader) throws -> [Happening] {
        try read("SELECT \(Self.columns) FROM gate_pass WHERE id > \(mark) ORDER BY id LIMIT \(limit)", in: reader)
    }

    func between(_ from: Moment, _ until: Moment, after: (at: Moment, id: Int64)?, limit: Int, in reader: any Reader) throws -> [Happening] {
        let place: SQL = after.map { "passed_at >= \($0.at) AND (passed_at > \($0.at) OR id > \($0.id))" } ?? "passed_at >= \(from)"
        return try read("SELECT \(Self.columns) FROM gate_pass WHERE \(place) AND passed_at < \(until) ORDER BY passed_at, id LIMIT \(limit)", in: reader)
    }

    func alike(_ happening: Happening, by grouping: String, from: Moment, until: Moment, limit: Int, in reader: any Reader) throws -> [Happening] {
        var conditions: [SQL] = ["passed_at >= \(from)", "passed_at <= \(until)"]
        if grouping == "anywhere" || grouping == "vehicle" { conditions += ["plate_no = \(happening.plate)", "plate_color = \(colour(happening))"] }
        if grouping != "anywhere" { conditions.append("org = \(happening.org)") }
        if grouping == "gate" { conditions.append("gate_no = \(Self.text("gateNo", happening))") }
        return try read("SELECT \(Self.columns) FROM gate_pass WHERE \(SQL.all(of: conditions)) ORDER BY passed_at DESC, id DESC LIMIT \(limit)", in: reader)
    }

    func key(_ happening: Happening, by grouping: String) -> String {
        let vehicle = "\(happening.plate ?? "")\(PlateColor.all.title(of: colour(happening)))"
        return switch grouping {
        case "anywhere": vehicle
        case "vehicle": "\(happening.org ?? 0) \(vehicle)"
        case "gate": "\(happening.org ?? 0) \(happening.place)"
        default: "\(happening.org ?? 0) 全企业"
        }
    }

    func complete(_ happening: inout Happening, in reader: any Reader) throws {
        let entered = try reader.value(
            """
            SELECT MAX(passed_at) FROM gate_pass WHERE plate_no = \(happening.plate) AND passed_at < \(happening.at) AND passed_at >= \(happening.at.adding(seconds: -31_536_000)) \
            AND org = \(happening.org) AND plate_color = \(colour(happening)) AND direction = '1'
            """)?.int
        let hours = entered.map { Double(happening.at.milliseconds - $0) / 3_600_000 } ?? Self.neverEntered
        happening.facts["hoursSinceEntry"] = .number((hours * 100).rounded() / 100)
    }

    private func colour(_ happening: Happening) -> String { Self.text("plateColor", happening) }

    private static func text(_ name: String, _ happening: Happening) -> String {
        if case .text(let value) = happening.facts[name] { return value }
        return ""
    }

    private func read(_ sql: SQL, in reader: any Reader) throws -> [Happening] {
        let snapshot = registry.snapshot
        return try reader.rows(sql).compactMap { happening($0, snapshot) }
    }

    private func happening(_ row: Row, _ snapshot: GateRegistry.Snapshot) -> Happening? {
        guard let id = row[0].int, let at = row[1].int, let org = row[2].int else { return nil }
        let gate = row[4].text ?? "", plate = row[5].text ?? "", direction = row[7].text ?? ""
        let site = snapshot.enterprises[org]
        let place = snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gate)]?.name ?? gate
        var facts: [String: FactValue] = [:]
        let texts: [(String, Int)] = [
            ("gateNo", 4), ("plateNo", 5), ("plateColor", 6), ("direction", 7), ("verdict", 8), ("barrierAction", 10), ("source", 11), ("warningLevel", 12), ("fuel", 14),
            ("vehicleType", 15), ("vehicleClass", 16), ("cargoName", 18), ("industry", 20), ("county", 3),
        ]
        for (name, column) in texts { if let value = row[column].text { facts[name] = .text(value) } }
        facts["findings"] = .set(Set(codes(row[9].text)))
        if let rank = row[13].text.flatMap(EmissionStage.init(rawValue:))?.rank { facts["stage"] = .number(Double(rank)) }
        facts["isFiled"] = .bool(row[17].int != nil)
        if let tonnes = row[19].double { facts["cargoTonnes"] = .number(tonnes) }
        if let site { facts["enterprise"] = .text(site.code) }
        let photos = [(row[21].text, "车头照片"), (row[22].text, "车身照片")].compactMap { photo in photo.0.map { (sha256: $0, title: photo.1) } }
        return Happening(
            id: id, at: Moment(milliseconds: at), org: org, area: row[3].text, orgName: site?.name ?? "", place: place, plate: plate,
            title: "\(plate) \(GateCodes.direction.title(of: direction)) \(place)", facts: facts, photos: photos)
    }
}
