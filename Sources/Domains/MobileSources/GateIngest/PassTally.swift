import Alarms
import Kernel
import Storage

/// What the records of one transaction add to counters: gathered in memory, written once at its end, so that a hundred passes of one gate cost a few statements.
///
/// Serials stand here too: within a transaction nobody else moves them.
struct PassTally {
    struct GateDay: Hashable {
        var day: Day
        var org: Int64
        var gateNo: String
    }

    struct GateCounts {
        var area = ""
        var received: Int64 = 0
        var automatic: Int64 = 0
        var manual: Int64 = 0
        var backfilled: Int64 = 0
        var handLifts: Int64 = 0
        var refused: Int64 = 0
        var refusedLifted: Int64 = 0
        var withPhotos: Int64 = 0
        var unknownStage: Int64 = 0
        var flagged: Int64 = 0

        mutating func add(_ other: GateCounts) {
            received += other.received
            automatic += other.automatic
            manual += other.manual
            backfilled += other.backfilled
            handLifts += other.handLifts
            refused += other.refused
            refusedLifted += other.refusedLifted
            withPhotos += other.withPhotos
            unknownStage += other.unknownStage
            flagged += other.flagged
        }
    }

    struct Trip: Hashable {
        var day: Day
        var org: Int64
        var stage: EmissionStage
        var fuel: String
        var group: VehicleGroup
        var strategy: Int64
        var level: WarningLevel
        var direction: String
    }

    struct TripCounts {
        var area: String
        var industry: String
        var trips: Int64 = 0
        var tonnes = 0.0
        var refused: Int64 = 0

        mutating func add(_ other: TripCounts) {
            trips += other.trips
            tonnes += other.tonnes
            refused += other.refused
        }
    }

    struct Month: Hashable {
        var month: Int
        var area: String
        var industry: String
        var stage: EmissionStage
        var fuel: String
        var group: VehicleGroup
        var level: WarningLevel
        var direction: String
    }

    /// Of the small roll-ups; by day or by month.
    struct Stage: Hashable {
        var time: Int
        var area: String
        var industry: String
        var stage: EmissionStage
        var fuel: String
    }

    /// What is remembered between transactions; nil where one record is stored on its own and everything is written at once.
    let memory: PassMemory?
    /// Vehicles of `plate_month` that this transaction has seen to.
    private(set) var plates: Set<SeenPlates.Key> = []

    init(memory: PassMemory? = nil) { self.memory = memory }

    /// - Returns: true when nobody has seen to this vehicle of a month yet.
    mutating func meets(_ key: SeenPlates.Key) -> Bool {
        if plates.contains(key) || memory?.plates.contains(key) ?? false { return false }
        plates.insert(key)
        return true
    }

    private(set) var gates: [GateDay: GateCounts] = [:]
    private(set) var trips: [Trip: TripCounts] = [:]
    private var serials: [GateRegistry.GateKey: GateSerials] = [:]
    /// The latest visit of each filing that has not been noted within the hour.
    private(set) var visits: [Int64: (plate: String, at: Moment)] = [:]
    private var hasTakenSums = false

    // MARK: Serials

    /// Where a gate's serials stand, read once a request.
    mutating func serials(org: Int64, gateNo: String, in tx: any Transaction) throws -> GateSerials {
        let key = GateRegistry.GateKey(org: org, gateNo: gateNo)
        if let known = serials[key] { return known }
        let read = try GateSerials.read(org: org, gateNo: gateNo, in: tx)
        serials[key] = read
        return read
    }

    mutating func keep(_ state: GateSerials, org: Int64, gateNo: String) { serials[GateRegistry.GateKey(org: org, gateNo: gateNo)] = state }

    // MARK: Counters

    mutating func add(_ pass: StoredPass) {
        let input = pass.input
        let day = input.passedAt.day
        let isRefused = pass.verdict == .refuse
        var counts = gates[GateDay(day: day, org: pass.site.org, gateNo: input.gateNo)] ?? GateCounts(area: pass.site.county)
        counts.received += 1
        if input.source == "auto" { counts.automatic += 1 }
        if input.source == "manual" { counts.manual += 1 }
        if input.source == "backfill" { counts.backfilled += 1 }
        if input.barrierAction == "1" { counts.handLifts += 1 }
        if isRefused { counts.refused += 1 }
        if isRefused, input.barrierAction != "0" { counts.refusedLifted += 1 }
        if input.headPhoto != nil, input.bodyPhoto != nil { counts.withPhotos += 1 }
        if pass.facts.stage == .unknown { counts.unknownStage += 1 }
        if pass.findings.contains(where: { !$0.kind.refuses && $0.kind != .internalVehicle && $0.kind != .liftedByHand }) { counts.flagged += 1 }
        gates[GateDay(day: day, org: pass.site.org, gateNo: input.gateNo)] = counts
        guard !pass.facts.isInternal else { return }
        let key = Trip(
            day: day, org: pass.site.org, stage: pass.facts.stage, fuel: pass.facts.fuel, group: pass.facts.group, strategy: pass.facts.strategy?.id ?? 0, level: pass.facts.level,
            direction: input.direction)
        var sums = trips[key] ?? TripCounts(area: pass.site.county, industry: pass.site.industry)
        sums.trips += 1
        sums.tonnes += input.cargoTonnes ?? 0
        if isRefused { sums.refused += 1 }
        trips[key] = sums
    }

    /// A-08 最近进出 of the filing, to the hour: an exact moment would write a second row for every pass, and the passes themselves keep it.
    mutating func visit(_ filing: PassJudge.Filing?, by input: GatePassInput) {
        guard let filing, filing.lastPassAt.map({ input.passedAt.seconds(since: $0) >= 3600 }) ?? true,
            visits[filing.id].map({ input.passedAt.seconds(since: $0.at) >= 3600 }) ?? true
        else { return }
        visits[filing.id] = (input.plate.text, input.passedAt)
    }

    mutating func add(_ counts: GateCounts, of gate: GateDay) { gates[gate, default: GateCounts(area: counts.area)].add(counts) }

    mutating func add(_ sums: TripCounts, of trip: Trip) { trips[trip, default: TripCounts(area: sums.area, industry: sums.industry)].add(sums) }

    /// What the enterprise has moved on a day: what is written and what is gathered here, sums that wait in the table included.
    mutating func load(org: Int64, on day: Day, in tx: any Transaction) throws -> PassJudge.DayLoad {
        try takeWaitingSums(in: tx)
        var load = try PassJudge.load(org: org, on: day, in: tx)
        for (key, sums) in trips where key.org == org && key.day == day {
            if key.direction == "1" { load.trips += sums.trips - sums.refused }
            load.tonnes += sums.tonnes
        }
        return load
    }

    /// Adds the sums that earlier transactions left waiting, and takes them away from where they wait.
    mutating func takeWaitingSums(in tx: any Transaction) throws {
        guard let memory, memory.sums.isWaiting else { return }
        try memory.sums.take(into: &self, in: tx)
        hasTakenSums = true
    }

    /// Writes what was gathered and begins anew.
    ///
    /// - Parameter moreComes: another transaction follows at once: sums may wait for it, so that what hundreds of passes add to one row is written once.
    mutating func flush(moreComes: Bool = false, in tx: any Transaction) throws {
        for (filing, visit) in visits { try tx.post(SQL(text: PassTally.visiting, arguments: [visit.at.sqlValue, .int(filing), visit.at.sqlValue])) }
        for (key, state) in serials where state.isChanged { try state.write(org: key.org, gateNo: key.gateNo, in: tx) }
        if moreComes, !hasTakenSums, let memory, memory.sums.hasRoom { return try memory.sums.wait(self, in: tx) }
        try takeWaitingSums(in: tx)
        try writeSums(in: tx)
    }

    /// Writes the sums to the roll-ups.
    mutating func writeSums(in tx: any Transaction) throws {
        for (key, counts) in gates { try write(key, counts, tx) }
        gates.removeAll(keepingCapacity: true)
        var months: [Month: TripCounts] = [:]
        var dailyStages: [Stage: TripCounts] = [:]
        var monthlyStages: [Stage: TripCounts] = [:]
        for (key, sums) in trips {
            try write(key, sums, tx)
            var stage = Stage(time: key.day.number, area: sums.area, industry: sums.industry, stage: key.stage, fuel: key.fuel)
            dailyStages[stage, default: TripCounts(area: "", industry: "")].add(sums)
            stage.time = key.day.month
            monthlyStages[stage, default: TripCounts(area: "", industry: "")].add(sums)
            let month = Month(
                month: key.day.month, area: sums.area, industry: sums.industry, stage: key.stage, fuel: key.fuel, group: key.group, level: key.level, direction: key.direction)
            months[month, default: TripCounts(area: "", industry: "")].add(sums)
        }
        trips.removeAll(keepingCapacity: true)
        for (key, sums) in months { try write(key, sums, tx) }
        for (key, sums) in dailyStages { try write(key, sums, PassTally.dailyStage, tx) }
        for (key, sums) in monthlyStages { try write(key, sums, PassTally.monthlyStage, tx) }
    }

    private func write(_ key: GateDay, _ counts: GateCounts, _ tx: any Transaction) throws {
        let arguments: [SQLValue] = [
            key.day.sqlValue, .int(key.org), .text(key.gateNo), .text(counts.area), .int(counts.received), .int(counts.automatic), .int(counts.manual), .int(counts.backfilled),
            .int(counts.handLifts),
            .int(counts.refused), .int(counts.refusedLifted), .int(counts.withPhotos), .int(counts.unknownStage), .int(counts.flagged),
        ]
        try tx.post(SQL(text: PassTally.gateDay, arguments: arguments))
    }

    private func write(_ key: Trip, _ sums: TripCounts, _ tx: any Transaction) throws {
        let arguments: [SQLValue] = [
            key.day.sqlValue, .int(key.org), .text(key.stage.rawValue), .text(key.fuel), .text(key.group.rawValue), .int(key.strategy), .text(key.level.rawValue),
            .text(key.direction), .text(sums.area),
            .text(sums.industry), .int(sums.trips), .real(sums.tonnes), .int(sums.refused),
        ]
        try tx.post(SQL(text: PassTally.daily, arguments: arguments))
    }

    private func write(_ key: Month, _ sums: TripCounts, _ tx: any Transaction) throws {
        let arguments: [SQLValue] = [
            .int(Int64(key.month)), .text(key.area), .text(key.industry), .text(key.stage.rawValue), .text(key.fuel), .text(key.group.rawValue), .text(key.level.rawValue),
            .text(key.direction),
            .int(sums.trips), .real(sums.tonnes), .int(sums.refused),
        ]
        try tx.post(SQL(text: PassTally.monthly, arguments: arguments))
    }

    private func write(_ key: Stage, _ sums: TripCounts, _ statement: String, _ tx: any Transaction) throws {
        let arguments: [SQLValue] = [
            .int(Int64(key.time)), .text(key.area), .text(key.industry), .text(key.stage.rawValue), .text(key.fuel), .int(sums.trips), .real(sums.tonnes), .int(sums.refused),
        ]
        try tx.post(SQL(text: statement, arguments: arguments))
    }

    private static let visiting = "UPDATE registered_vehicle SET last_pass_at = ? WHERE id = ? AND (last_pass_at IS NULL OR last_pass_at < ?)"
    private static let gateDay = """
        INSERT INTO gate_daily (day, org, gate_no, area, received, automatic, manual, backfilled, hand_lifts, refused, refused_lifted, with_photos, unknown_stage, flagged)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (day, org, gate_no) DO UPDATE SET received = gate_daily.received + excluded.received, automatic = gate_daily.automatic + excluded.automatic,
            manual = gate_daily.manual + excluded.manual, backfilled = gate_daily.backfilled + excluded.backfilled, hand_lifts = gate_daily.hand_lifts + excluded.hand_lifts,
            refused = gate_daily.refused + excluded.refused, refused_lifted = gate_daily.refused_lifted + excluded.refused_lifted, with_photos = gate_daily.with_photos + excluded.with_photos,
            unknown_stage = gate_daily.unknown_stage + excluded.unknown_stage, flagged = gate_daily.flagged + excluded.flagged
        """
    private static let daily = """
        INSERT INTO pass_daily (day, org, stage, fuel, vehicle_group, strategy, level, direction, area, industry, trips, tonnes, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (day, org, stage, fuel, vehicle_group, strategy, level, direction) DO UPDATE SET trips = pass_daily.trips + excluded.trips, tonnes = pass_daily.tonnes + excluded.tonnes,
            refused = pass_daily.refused + excluded.refused
        """
    private static let monthly = """
        INSERT INTO pass_monthly (month, area, industry, stage, fuel, vehicle_group, level, direction, trips, tonnes, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (month, area, industry, stage, fuel, vehicle_group, level, direction) DO UPDATE SET trips = pass_monthly.trips + excluded.trips, tonnes = pass_monthly.tonnes + excluded.tonnes,
            refused = pass_monthly.refused + excluded.refused
        """
    private static let dailyStage = """
        INSERT INTO pass_daily_stage (day, area, industry, stage, fuel, trips, tonnes, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (day, area, industry, stage, fuel) DO UPDATE SET trips = pass_daily_stage.trips + excluded.trips, tonnes = pass_daily_stage.tonnes + excluded.tonnes,
            refused = pass_daily_stage.refused + excluded.refused
        """
    private static let monthlyStage = """
        INSERT INTO pass_monthly_stage (month, area, industry, stage, fuel, trips, tonnes, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (month, area, industry, stage, fuel) DO UPDATE SET trips = pass_monthly_stage.trips + excluded.trips, tonnes = pass_monthly_stage.tonnes + excluded.tonnes,
            refused = pass_monthly_stage.refused + excluded.refused
        """
}
