import Kernel
import Storage

/// A stored pass as far as judging it again needs it: its columns and the facts kept beside them (`GatePassRule.Facts.kept`).
struct KeptPass: Sendable {
    static let columns: SQL = """
        id, org, area, passed_at, plate_no, plate_color, direction, emission_stage, fuel, vehicle_type, vehicle_class, cargo_tonnes, warning_level, strategy_id, strategy_version, list_version, verdict, \
        findings, facts, gate_no, lift_reason, rule_version
        """

    var id: Int64
    var org: Int64
    var area: String
    var passedAt: Moment
    var verdict: GatePassRule.Verdict
    var findings: [PassFinding]
    var strategyId: Int64?
    var strategyVersion: Int64?
    var gateNo: String
    var liftReason: String
    var ruleVersion: Int64
    /// Without the strategy, which the caller puts in.
    var facts: GatePassRule.Facts

    init(_ row: Row) {
        id = row[0].int ?? 0
        org = row[1].int ?? 0
        area = row[2].text ?? ""
        passedAt = Moment(milliseconds: row[3].int ?? 0)
        verdict = row[16].text.flatMap(GatePassRule.Verdict.init(rawValue:)) ?? .unknown
        findings = codes(row[17].text).compactMap(PassFinding.init(rawValue:))
        strategyId = row[13].int
        strategyVersion = row[14].int
        gateNo = row[19].text ?? ""
        liftReason = row[20].text ?? ""
        ruleVersion = row[21].int ?? 1
        let kept = row[18].text.flatMap { try? JSONValue(parsing: $0) } ?? .null
        let color = row[5].text.flatMap(PlateColor.init(rawValue:))
        facts = GatePassRule.Facts(
            plate: PlateNumber(normalizing: row[4].text ?? ""), color: color, isInternal: kept["internal"]?.bool ?? false,
            filing: kept["filing"]?.string.flatMap(GatePassRule.Facts.Filing.init(rawValue:)) ?? .none, stage: row[7].text.flatMap(EmissionStage.init(rawValue:)) ?? .unknown,
            fuel: row[8].text ?? "X",
            group: kept["group"]?.string.flatMap(VehicleGroup.init(rawValue:)) ?? VehicleGroup(type: row[9].text, color: color), vehicleClass: row[10].text,
            listedVersion: kept["listed"]?.int,
            level: row[12].text.flatMap(WarningLevel.init(rawValue:)) ?? .none, strategy: nil, minuteOfDay: passedAt.minuteOfDay, tripsToday: Int(kept["trips"]?.int ?? 0),
            tonnesToday: kept["tonnes"]?.double ?? 0, tonnes: row[11].double ?? 0, isEntry: row[6].text == "1")
        facts.entry = kept["entry"]?.string.map { GatePassRule.EntryComparison(doubt: PassFinding(rawValue: $0).map { GatePassRule.Finding($0) }) }
    }
}
