import Kernel
import Storage

/// Gathers the facts of one pass and has them judged: filing from the ledger, list, strategy and level from the registry.
struct PassJudge {
    let snapshot: GateRegistry.Snapshot

    /// A filing as far as judging needs it.
    struct Filing: Sendable {
        var id: Int64
        var org: Int64
        var state: String
        var stage: EmissionStage
        var fuel: String
        var vehicleType: String?
        var vehicleClass: String?
        var vin: String?
        var basis: String?
        var lastPassAt: Moment?
    }

    struct Subject: Sendable {
        var plate: PlateNumber
        var color: PlateColor
        var at: Moment
        var isEntry: Bool
        var tonnes: Double
        /// As the gate reports them; used where nothing is filed.
        var stage: EmissionStage?
        var fuel: String?
        var vehicleType: String?
    }

    struct Outcome: Sendable {
        var facts: GatePassRule.Facts
        var filing: Filing?
        var judgement: GatePassRule.Judgement
    }

    func judge(_ subject: Subject, at site: EnterpriseFacts, in reader: any Reader) throws -> Outcome {
        let filing = subject.plate.isMissing ? nil : try filing(of: subject.plate.text, color: subject.color, org: site.org, in: reader)
        let isInternal = subject.plate.isMissing ? false : try isInternal(subject, org: site.org, in: reader)
        let level = snapshot.level(county: site.county, at: subject.at)
        let strategy = snapshot.strategy(for: site, level: level, at: subject.at)
        var tripsToday = 0
        var tonnesToday = 0.0
        if strategy?.dailyTripCap != nil || strategy?.dailyTonnesCap != nil {
            let row = try reader.first(
                "SELECT COALESCE(SUM(CASE WHEN direction = '1' THEN trips - refused ELSE 0 END), 0), COALESCE(SUM(tonnes), 0.0) FROM pass_daily WHERE org = \(site.org) AND day = \(subject.at.day)"
            )
            tripsToday = Int(row?[0].int ?? 0)
            tonnesToday = row?[1].double ?? 0
        }
        let vehicleType = filing?.vehicleType ?? subject.vehicleType
        let facts = GatePassRule.Facts(
            plate: subject.plate, color: subject.color, isInternal: isInternal, filing: filing.flatMap { GatePassRule.Facts.Filing(rawValue: $0.state) } ?? .none,
            stage: stage(filing, subject), fuel: filing?.fuel ?? subject.fuel ?? (subject.plate.isPureElectric ? "C" : "X"),
            group: VehicleGroup(type: vehicleType, color: subject.color),
            vehicleClass: filing?.vehicleClass, listedVersion: snapshot.listing(plate: subject.plate.text, color: subject.color.rawValue, at: subject.at)?.version, level: level,
            strategy: strategy,
            minuteOfDay: subject.at.minuteOfDay, tripsToday: tripsToday, tonnesToday: tonnesToday, tonnes: subject.tonnes, isEntry: subject.isEntry)
        return Outcome(facts: facts, filing: filing, judgement: GatePassRule.judge(facts))
    }

    private func stage(_ filing: Filing?, _ subject: Subject) -> EmissionStage {
        if let filing { return filing.stage }
        if subject.plate.isPureElectric { return .electric }
        return subject.stage ?? .unknown
    }

    /// The filing that counts: the enterprise's own approved one, then anybody's approved one, then the enterprise's own whatever its state, then any.
    func filing(of plate: String, color: PlateColor, org: Int64, in reader: any Reader) throws -> Filing? {
        var best: Filing?
        var bestRank = -1
        try reader.each(
            SQL(text: PassJudge.filings, arguments: [.text(plate), .text(color.rawValue)])
        ) { row in
            let state = row[2].text ?? "pending"
            let owner = row[1].int ?? 0
            let rank = (state == "approved" ? 2 : 0) + (owner == org ? 1 : 0)
            guard rank > bestRank else { return true }
            bestRank = rank
            best = Filing(
                id: row[0].int ?? 0, org: owner, state: state, stage: row[3].text.flatMap(EmissionStage.init(rawValue:)) ?? .unknown, fuel: row[4].text ?? "X",
                vehicleType: row[5].text,
                vehicleClass: row[6].text, vin: row[7].text, basis: row[8].text, lastPassAt: row[9].int.map { Moment(milliseconds: $0) })
            return rank < 3
        }
        return best
    }

    private static let filings =
        "SELECT id, org, filing_state, emission_stage, fuel, vehicle_type, vehicle_class, vin, stage_basis, last_pass_at FROM registered_vehicle WHERE plate_no = ? AND plate_color = ? AND deleted_at IS NULL"
    private static let internals = "SELECT valid_until FROM internal_vehicle WHERE org = ? AND plate_no = ? AND plate_color = ? AND deleted_at IS NULL"

    private func isInternal(_ subject: Subject, org: Int64, in reader: any Reader) throws -> Bool {
        let row = try reader.first(SQL(text: PassJudge.internals, arguments: [.int(org), .text(subject.plate.text), .text(subject.color.rawValue)]))
        guard let row else { return false }
        return row[0].int.map { Int64(subject.at.day.number) <= $0 } ?? true
    }
}
