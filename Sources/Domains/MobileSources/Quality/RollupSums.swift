import Kernel
import Storage

/// One month's roll-ups in memory: counted from the passes, or as stored.
struct RollupSums: Sendable {
    var month: Int
    var passes = 0
    /// By day, org, stage, fuel, vehicle group, strategy, level, direction.
    var daily: [[SQLValue]: TripSum] = [:]
    /// By month, area, industry, stage, fuel, vehicle group, level, direction.
    var monthly: [[SQLValue]: TripSum] = [:]
    /// By day or month, area, industry, stage, fuel.
    var dailyStages: [[SQLValue]: TripSum] = [:]
    var monthlyStages: [[SQLValue]: TripSum] = [:]
    /// By day, org, gate.
    var gates: [[SQLValue]: GateSum] = [:]
    /// By month and area.
    var plateCounts: [[SQLValue]: PlateSum] = [:]
    private var plates: [SQLValue: Set<String>] = [:]
    /// Area and industry of a daily row, area of a gate's row: of the first pass.
    private var places: [[SQLValue]: (area: SQLValue, industry: SQLValue)] = [:]

    private static let columns: SQL = """
        passed_at, org, gate_no, area, industry, emission_stage, fuel, facts, strategy_id, warning_level, direction, cargo_tonnes, verdict, findings, source, barrier_action, head_photo, body_photo, plate_no, \
        vehicle_type, plate_color
        """

    private static func span(_ month: Int) -> (first: Day, end: Day)? {
        guard let first = Day(year: month / 100, month: month % 100, day: 1) else { return nil }
        return (first, first.firstOfNextMonth)
    }

    init(month: Int, reading reader: any Reader) throws {
        self.month = month
        guard let span = RollupSums.span(month) else { return }
        var sums = self
        try reader.each("SELECT \(RollupSums.columns) FROM gate_pass WHERE passed_at >= \(span.first.start) AND passed_at < \(span.end.start) ORDER BY passed_at, id") { row in
            sums.add(row)
            return true
        }
        self = sums
        for (area, plates) in plates { plateCounts[[month.sqlValue, area]] = PlateSum(plates: Int64(plates.count)) }
    }

    /// Counts one pass as `PassRollup.add` did.
    private mutating func add(_ row: Row) {
        passes += 1
        let day = Moment(milliseconds: row[0].int ?? 0).day
        let found = codes(row[13].text).compactMap(PassFinding.init(rawValue:))
        let isRefused = row[12].text == "refuse"
        let kept = row[7].text.flatMap { try? JSONValue(parsing: $0) } ?? .null
        let gate: [SQLValue] = [day.sqlValue, row[1], row[2]]
        // A photo that never came is found later than the roll-up was written.
        let isFlagged = found.contains { !$0.refuses && $0 != .internalVehicle && $0 != .liftedByHand && $0 != .photoMissing }
        let source = row[14].text
        let action = row[15].text
        gates[gate, default: GateSum()].add([
            true, source == "auto", source == "manual", source == "backfill", action == "1", isRefused, isRefused && action != "0", !row[16].isNull && !row[17].isNull,
            row[5].text == "X", isFlagged,
        ])
        if places[gate] == nil { places[gate] = (row[3], .null) }
        guard !(kept["internal"]?.bool ?? false) else { return }
        let group = SQLValue.text(kept["group"]?.string ?? VehicleGroup(type: row[19].text, color: row[20].text.flatMap(PlateColor.init(rawValue:))).rawValue)
        let strategy: SQLValue = row[8].isNull ? .int(0) : row[8]
        let sum = TripSum(trips: 1, tonnes: row[11].double ?? 0, refused: isRefused ? 1 : 0)
        let daily: [SQLValue] = [day.sqlValue, row[1], row[5], row[6], group, strategy, row[9], row[10]]
        self.daily[daily, default: TripSum()].add(sum)
        if places[daily] == nil { places[daily] = (row[3], row[4]) }
        monthly[[day.month.sqlValue, row[3], row[4], row[5], row[6], group, row[9], row[10]], default: TripSum()].add(sum)
        dailyStages[[day.sqlValue, row[3], row[4], row[5], row[6]], default: TripSum()].add(sum)
        monthlyStages[[day.month.sqlValue, row[3], row[4], row[5], row[6]], default: TripSum()].add(sum)
        let plate = row[18].text ?? ""
        if !PlateNumber(normalizing: plate).isMissing { plates[row[3], default: []].insert(plate) }
    }

    init(month: Int, storedIn reader: any Reader) throws {
        self.month = month
        guard let span = RollupSums.span(month) else { return }
        let days: SQL = "day BETWEEN \(span.first) AND \(span.end.adding(days: -1))"
        var sums = self
        try reader.each("SELECT day, org, stage, fuel, vehicle_group, strategy, level, direction, trips, tonnes, refused FROM pass_daily WHERE \(days)") { row in
            sums.daily[Array(row.values[0..<8])] = TripSum(trips: row[8].int ?? 0, tonnes: row[9].double ?? 0, refused: row[10].int ?? 0)
            return true
        }
        try reader.each("SELECT month, area, industry, stage, fuel, vehicle_group, level, direction, trips, tonnes, refused FROM pass_monthly WHERE month = \(month)") { row in
            sums.monthly[Array(row.values[0..<8])] = TripSum(trips: row[8].int ?? 0, tonnes: row[9].double ?? 0, refused: row[10].int ?? 0)
            return true
        }
        try reader.each("SELECT day, area, industry, stage, fuel, trips, tonnes, refused FROM pass_daily_stage WHERE \(days)") { row in
            sums.dailyStages[Array(row.values[0..<5])] = TripSum(trips: row[5].int ?? 0, tonnes: row[6].double ?? 0, refused: row[7].int ?? 0)
            return true
        }
        try reader.each("SELECT month, area, industry, stage, fuel, trips, tonnes, refused FROM pass_monthly_stage WHERE month = \(month)") { row in
            sums.monthlyStages[Array(row.values[0..<5])] = TripSum(trips: row[5].int ?? 0, tonnes: row[6].double ?? 0, refused: row[7].int ?? 0)
            return true
        }
        let counters = SQL.joined(GateSum.columns.map(SQL.ident), by: ", ")
        try reader.each("SELECT day, org, gate_no, \(counters) FROM gate_daily WHERE \(days)") { row in
            sums.gates[Array(row.values[0..<3])] = GateSum(counts: row.values[3...].map { $0.int ?? 0 })
            return true
        }
        try reader.each("SELECT month, area, plates FROM plate_month_count WHERE month = \(month)") { row in
            sums.plateCounts[Array(row.values[0..<2])] = PlateSum(plates: row[2].int ?? 0)
            return true
        }
        sums.add(try PassSums.waiting(in: reader))
        self = sums
    }

    /// What waits to be written to the roll-ups counts as stored.
    private mutating func add(_ waiting: PassTally) {
        for (gate, counts) in waiting.gates where gate.day.month == month {
            let key: [SQLValue] = [gate.day.sqlValue, .int(gate.org), .text(gate.gateNo)]
            let stored = gates[key] ?? GateSum()
            gates[key] = GateSum(counts: zip(stored.counts, counts.all).map { $0 + $1 })
        }
        for (trip, sums) in waiting.trips where trip.day.month == month {
            let sum = TripSum(trips: sums.trips, tonnes: sums.tonnes, refused: sums.refused)
            let (area, industry, stage, fuel) = (SQLValue.text(sums.area), SQLValue.text(sums.industry), SQLValue.text(trip.stage.rawValue), SQLValue.text(trip.fuel))
            let (group, level, direction) = (SQLValue.text(trip.group.rawValue), SQLValue.text(trip.level.rawValue), SQLValue.text(trip.direction))
            daily[[trip.day.sqlValue, .int(trip.org), stage, fuel, group, .int(trip.strategy), level, direction], default: TripSum()].add(sum)
            monthly[[month.sqlValue, area, industry, stage, fuel, group, level, direction], default: TripSum()].add(sum)
            dailyStages[[trip.day.sqlValue, area, industry, stage, fuel], default: TripSum()].add(sum)
            monthlyStages[[month.sqlValue, area, industry, stage, fuel], default: TripSum()].add(sum)
        }
    }

    /// Puts these sums in the place of what is stored; what heartbeats and refusals counted stays.
    func write(in tx: any Transaction) throws {
        guard let span = RollupSums.span(month) else { return }
        let days: SQL = "day BETWEEN \(span.first) AND \(span.end.adding(days: -1))"
        try tx.execute("DELETE FROM pass_daily WHERE \(days)")
        try tx.insertMany(
            into: "pass_daily", columns: ["day", "org", "stage", "fuel", "vehicle_group", "strategy", "level", "direction", "area", "industry", "trips", "tonnes", "refused"],
            rows: daily.map { key, sum in key + [places[key]?.area ?? .null, places[key]?.industry ?? .null] + sum.values })
        try tx.execute("DELETE FROM pass_monthly WHERE month = \(month)")
        try tx.insertMany(
            into: "pass_monthly", columns: ["month", "area", "industry", "stage", "fuel", "vehicle_group", "level", "direction", "trips", "tonnes", "refused"],
            rows: monthly.map { $0.key + $0.value.values })
        try tx.execute("DELETE FROM pass_daily_stage WHERE \(days)")
        try tx.insertMany(
            into: "pass_daily_stage", columns: ["day", "area", "industry", "stage", "fuel", "trips", "tonnes", "refused"], rows: dailyStages.map { $0.key + $0.value.values })
        try tx.execute("DELETE FROM pass_monthly_stage WHERE month = \(month)")
        try tx.insertMany(
            into: "pass_monthly_stage", columns: ["month", "area", "industry", "stage", "fuel", "trips", "tonnes", "refused"], rows: monthlyStages.map { $0.key + $0.value.values })
        try tx.execute("DELETE FROM plate_month WHERE month = \(month)")
        for (area, plates) in plates { try tx.insertMany(into: "plate_month", columns: ["month", "area", "plate"], rows: plates.map { [month.sqlValue, area, .text($0)] }) }
        try tx.execute("DELETE FROM plate_month_count WHERE month = \(month)")
        try tx.insertMany(into: "plate_month_count", columns: ["month", "area", "plates"], rows: plateCounts.map { $0.key + [.int($0.value.plates)] })
        let zero = SQL.joined(GateSum.columns.map { "\(ident: $0) = 0" }, by: ", ")
        try tx.execute("UPDATE gate_daily SET \(zero) WHERE \(days)")
        let names = SQL.joined(GateSum.columns.map(SQL.ident), by: ", ")
        let taken = SQL.joined(GateSum.columns.map { "\(ident: $0) = excluded.\(ident: $0)" }, by: ", ")
        for (key, sum) in gates {
            let values = SQL.joined((key + [places[key]?.area ?? .null] + sum.counts.map { .int($0) }).map { "\($0)" }, by: ", ")
            try tx.execute("INSERT INTO gate_daily (day, org, gate_no, area, \(names)) VALUES (\(values)) ON CONFLICT (day, org, gate_no) DO UPDATE SET \(taken)")
        }
    }
}

/// What a roll-up row holds, comparable with another.
protocol RollupValue: Sendable {
    init()
    var text: String { get }
    func isSame(as other: Self) -> Bool
}

struct TripSum: RollupValue {
    var trips: Int64 = 0
    var tonnes = 0.0
    var refused: Int64 = 0

    mutating func add(_ other: TripSum) {
        trips += other.trips
        tonnes += other.tonnes
        refused += other.refused
    }

    var values: [SQLValue] { [.int(trips), .real(tonnes), .int(refused)] }
    var text: String { "\(trips) 车次、\(decimalText(tonnes, decimals: 3)) 吨、不允许 \(refused)" }
    /// Sums of tonnes may differ by the order of adding: a gram a thousand tonnes.
    func isSame(as other: TripSum) -> Bool { trips == other.trips && refused == other.refused && abs(tonnes - other.tonnes) <= 1e-6 + 1e-9 * abs(tonnes) }
}

struct GateSum: RollupValue {
    static let columns = ["received", "automatic", "manual", "backfilled", "hand_lifts", "refused", "refused_lifted", "with_photos", "unknown_stage", "flagged"]

    var counts: [Int64]

    init() { counts = GateSum.columns.map { _ in 0 } }
    init(counts: [Int64]) { self.counts = counts }

    mutating func add(_ marks: [Bool]) { for (index, mark) in marks.enumerated() where mark { counts[index] += 1 } }

    var text: String { zip(GateSum.columns, counts).filter { $0.1 != 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ") }
    func isSame(as other: GateSum) -> Bool { counts == other.counts }
}

struct PlateSum: RollupValue {
    var plates: Int64 = 0

    var text: String { "\(plates) 辆" }
    func isSame(as other: PlateSum) -> Bool { plates == other.plates }
}
