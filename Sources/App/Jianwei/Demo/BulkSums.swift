import Kernel
import MobileSources
import Storage

/// The roll-ups of the bulk load, kept in memory for a month and written as whole rows.
struct BulkSums: Sendable {
    struct Rows: Sendable {
        var table: String
        var columns: [String]
        var rows: [[SQLValue]]
    }

    struct Batch: Sendable {
        var parts: [Rows]
        func write(in tx: any Transaction) throws { for part in parts { try tx.insertMany(into: part.table, columns: part.columns, rows: part.rows) } }
    }

    private struct MonthKey: Hashable, Sendable {
        var area: String
        var industry: String
        var stage: String
        var fuel: String
        var group: String
        var level: String
        var direction: String
    }

    private struct StageKey: Hashable, Sendable {
        var area: String
        var industry: String
        var stage: String
        var fuel: String

        func row(_ time: SQLValue, _ tally: BulkDay.Tally) -> [SQLValue] {
            [time, .text(area), .text(industry), .text(stage), .text(fuel), .int(tally.trips), .real(tally.tonnes), .int(tally.refused)]
        }
    }

    private struct DayKey: Hashable, Sendable {
        var site: Int32
        var stage: String
        var fuel: String
        var group: String
        var direction: String
    }

    private let plan: BulkPlan
    private let sites: [BulkSite]
    private let counties: [String]
    private var month: [MonthKey: BulkDay.Tally] = [:]
    private var seen: Set<UInt64> = []
    private(set) var lastPass: [Int: Int64] = [:]

    init(plan: BulkPlan, sites: [BulkSite]) {
        self.plan = plan
        self.sites = sites
        counties = Array(Set(sites.map(\.county))).sorted()
    }

    mutating func add(_ day: BulkDay) {
        for (key, tally) in day.daily {
            let site = sites[Int(key.site)]
            let kind = plan.kinds[Int(key.kind)]
            let monthly = MonthKey(
                area: site.county, industry: site.industry, stage: kind.stage.rawValue, fuel: kind.fuel, group: kind.group.rawValue, level: day.level.rawValue,
                direction: key.isEntry ? "1" : "2")
            month[monthly, default: BulkDay.Tally()].add(tally)
        }
        seen.formUnion(day.seen)
        for (gate, tally) in day.gateDays { lastPass[gate] = tally.lastPassAt }
    }

    private static let stageColumns = ["area", "industry", "stage", "fuel", "trips", "tonnes", "refused"]

    /// `pass_daily`, `pass_daily_stage` and `gate_daily` of one day.
    func rows(of day: BulkDay) -> Batch {
        var sums: [DayKey: BulkDay.Tally] = [:]
        var stages: [StageKey: BulkDay.Tally] = [:]
        for (key, tally) in day.daily {
            let kind = plan.kinds[Int(key.kind)]
            let daily = DayKey(site: key.site, stage: kind.stage.rawValue, fuel: kind.fuel, group: kind.group.rawValue, direction: key.isEntry ? "1" : "2")
            sums[daily, default: BulkDay.Tally()].add(tally)
            let stage = StageKey(area: sites[Int(key.site)].county, industry: sites[Int(key.site)].industry, stage: kind.stage.rawValue, fuel: kind.fuel)
            stages[stage, default: BulkDay.Tally()].add(tally)
        }
        let number = SQLValue.int(Int64(day.day.number))
        var daily: [[SQLValue]] = []
        for (key, tally) in sums {
            let site = sites[Int(key.site)]
            daily.append([
                number, .int(site.org), .text(key.stage), .text(key.fuel), .text(key.group), .int(site.strategies[day.level]?.id ?? 0), .text(day.level.rawValue),
                .text(key.direction), .text(site.county),
                .text(site.industry), .int(tally.trips), .real(tally.tonnes), .int(tally.refused),
            ])
        }
        var gates: [[SQLValue]] = []
        for (index, tally) in day.gateDays {
            let site = sites[index / 4]
            gates.append([
                number, .int(site.org), .text(site.gates[index % 4]), .text(site.county), .int(tally.received), .int(tally.automatic), .int(tally.backfilled),
                .int(tally.handLifts), .int(tally.refused),
                .int(tally.refusedLifted), .int(tally.received), .int(1440),
            ])
        }
        let dailyColumns = ["day", "org", "stage", "fuel", "vehicle_group", "strategy", "level", "direction", "area", "industry", "trips", "tonnes", "refused"]
        let gateColumns = ["day", "org", "gate_no", "area", "received", "automatic", "backfilled", "hand_lifts", "refused", "refused_lifted", "generated", "heartbeats"]
        return Batch(parts: [
            Rows(table: "pass_daily", columns: dailyColumns, rows: daily),
            Rows(table: "pass_daily_stage", columns: ["day"] + BulkSums.stageColumns, rows: stages.map { $0.key.row(number, $0.value) }),
            Rows(table: "gate_daily", columns: gateColumns, rows: gates),
        ])
    }

    /// `pass_monthly`, `pass_monthly_stage` and the vehicles seen, of a month that is over.
    mutating func closeMonth(_ number: Int) -> Batch {
        let stamp = SQLValue.int(Int64(number))
        let monthly: [[SQLValue]] = month.map { key, tally in
            [
                stamp, .text(key.area), .text(key.industry), .text(key.stage), .text(key.fuel), .text(key.group), .text(key.level), .text(key.direction), .int(tally.trips),
                .real(tally.tonnes), .int(tally.refused),
            ]
        }
        var stages: [StageKey: BulkDay.Tally] = [:]
        for (key, tally) in month { stages[StageKey(area: key.area, industry: key.industry, stage: key.stage, fuel: key.fuel), default: BulkDay.Tally()].add(tally) }
        // In the order of the key, so that the clustered table grows at its end.
        var plates: [(area: String, plate: String)] = seen.map { (counties[Int($0 >> 32)], plan.vehicles[Int($0 & 0xFFFF_FFFF)].plate) }
        plates.sort { ($0.area, $0.plate) < ($1.area, $1.plate) }
        var counts: [String: Int64] = [:]
        for (area, _) in plates { counts[area, default: 0] += 1 }
        month = [:]
        seen = []
        let columns = ["month", "area", "industry", "stage", "fuel", "vehicle_group", "level", "direction", "trips", "tonnes", "refused"]
        return Batch(parts: [
            Rows(table: "pass_monthly", columns: columns, rows: monthly),
            Rows(table: "pass_monthly_stage", columns: ["month"] + BulkSums.stageColumns, rows: stages.map { $0.key.row(stamp, $0.value) }),
            Rows(table: "plate_month", columns: ["month", "area", "plate"], rows: plates.map { [stamp, .text($0.area), .text($0.plate)] }),
            Rows(table: "plate_month_count", columns: ["month", "area", "plates"], rows: counts.sorted { $0.key < $1.key }.map { [stamp, .text($0.key), .int($0.value)] }),
        ])
    }
}

extension BulkDay.Tally {
    mutating func add(_ other: BulkDay.Tally) {
        trips += other.trips
        tonnes += other.tonnes
        refused += other.refused
    }
}
