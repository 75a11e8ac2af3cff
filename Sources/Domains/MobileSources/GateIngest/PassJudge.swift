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
        /// As the gate recognised them; nil where it did not look.
        var gateNo: String?
        var driver: String?
        var cargo: String?
    }

    /// What an enterprise has moved on a day before this pass; only strategies with a daily cap ask.
    struct DayLoad: Sendable {
        var trips: Int64 = 0
        var tonnes = 0.0
    }

    struct Outcome: Sendable {
        var facts: GatePassRule.Facts
        var filing: Filing?
        var judgement: GatePassRule.Judgement

        /// Whether the verdict depends on the day's load, which only the writer knows exactly.
        var isCapped: Bool { facts.strategy?.dailyTripCap != nil || facts.strategy?.dailyTonnesCap != nil }

        /// The same judged with the day's load.
        mutating func weigh(_ load: DayLoad) {
            facts.tripsToday = Int(load.trips)
            facts.tonnesToday = load.tonnes
            judgement = GatePassRule.judge(facts)
        }
    }

    /// Pure. A strategy with a daily cap is judged as if nothing had moved today; see `Outcome.weigh`.
    func judge(_ subject: Subject, at site: EnterpriseFacts, known: KnownVehicles.Vehicle) -> Outcome {
        let filing = subject.plate.isMissing ? nil : known.filing
        let level = snapshot.level(county: site.county, at: subject.at)
        let strategy = snapshot.strategy(for: site, level: level, at: subject.at)
        let vehicleType = filing?.vehicleType ?? subject.vehicleType
        let isInternal = !subject.plate.isMissing && known.isInternal
        let entry =
            site.needsAuthorisation && subject.isEntry && !isInternal
            ? GatePassRule.EntryComparison(
                doubt: EntryRule.doubt(known.authorisations, EntryRule.Seen(day: subject.at.day, gateNo: subject.gateNo, driver: subject.driver, cargo: subject.cargo))) : nil
        let facts = GatePassRule.Facts(
            plate: subject.plate, color: subject.color, isInternal: isInternal,
            filing: filing.flatMap { GatePassRule.Facts.Filing(rawValue: $0.state) } ?? .none,
            stage: stage(filing, subject), fuel: filing?.fuel ?? subject.fuel ?? (subject.plate.isPureElectric ? "C" : "X"),
            group: VehicleGroup(type: vehicleType, color: subject.color),
            vehicleClass: filing?.vehicleClass, listedVersion: snapshot.listing(plate: subject.plate.text, color: subject.color.rawValue, at: subject.at)?.version, level: level,
            strategy: strategy,
            minuteOfDay: subject.at.minuteOfDay, tripsToday: 0, tonnesToday: 0, tonnes: subject.tonnes, isEntry: subject.isEntry, entry: entry)
        return Outcome(facts: facts, filing: filing, judgement: GatePassRule.judge(facts))
    }

    /// What an enterprise has moved on a day, as far as it is written.
    static func load(org: Int64, on day: Day, in reader: any Reader) throws -> DayLoad {
        let row = try reader.first(SQL(text: loads, arguments: [.int(org), day.sqlValue]))
        return DayLoad(trips: row?[0].int ?? 0, tonnes: row?[1].double ?? 0)
    }

    private static let loads =
        "SELECT COALESCE(SUM(CASE WHEN direction = '1' THEN trips - refused ELSE 0 END), 0), COALESCE(SUM(tonnes), 0.0) FROM pass_daily WHERE org = ? AND day = ?"

    private func stage(_ filing: Filing?, _ subject: Subject) -> EmissionStage {
        if let filing { return filing.stage }
        if subject.plate.isPureElectric { return .electric }
        return subject.stage ?? .unknown
    }

    /// The filing that counts: the enterprise's own approved one, then anybody's approved one, then the enterprise's own whatever its state, then any.
    static func best(of filings: some Sequence<Filing>, for org: Int64) -> Filing? {
        var best: Filing?
        var bestRank = -1
        for filing in filings {
            let rank = (filing.state == "approved" ? 2 : 0) + (filing.org == org ? 1 : 0)
            guard rank > bestRank else { continue }
            bestRank = rank
            best = filing
        }
        return best
    }

    /// In the order in which `Filing.init` reads them.
    static let filingColumns: SQL = "id, org, filing_state, emission_stage, fuel, vehicle_type, vehicle_class, vin, stage_basis, last_pass_at"
}

extension PassJudge.Filing {
    init(_ row: Row, from first: Int) {
        self.init(
            id: row[first].int ?? 0, org: row[first + 1].int ?? 0, state: row[first + 2].text ?? "pending",
            stage: row[first + 3].text.flatMap(EmissionStage.init(rawValue:)) ?? .unknown,
            fuel: row[first + 4].text ?? "X", vehicleType: row[first + 5].text, vehicleClass: row[first + 6].text, vin: row[first + 7].text, basis: row[first + 8].text,
            lastPassAt: row[first + 9].int.map { Moment(milliseconds: $0) })
    }
}
