import Kernel
import MobileSources
import Storage

/// One day of passes invented and counted: rows for `gate_pass` with every roll-up they make.
struct BulkDay: Sendable {
    struct DailyKey: Hashable, Sendable {
        var site: Int32
        var kind: UInt8
        var isFiled: Bool
        var isEntry: Bool
    }

    struct Tally: Sendable {
        var trips: Int64 = 0
        var tonnes = 0.0
        var refused: Int64 = 0
    }

    struct GateTally: Sendable {
        var received: Int64 = 0
        var automatic: Int64 = 0
        var backfilled: Int64 = 0
        var handLifts: Int64 = 0
        var refused: Int64 = 0
        var refusedLifted: Int64 = 0
        var flagged: Int64 = 0
        var lastPassAt: Int64 = 0
    }

    var day: Day
    var level: WarningLevel
    var rows: [[SQLValue]] = []
    var daily: [DailyKey: Tally] = [:]
    /// By site × 4 + gate.
    var gateDays: [Int: GateTally] = [:]
    /// Site's county position and vehicle, once each.
    var seen: Set<UInt64> = []

    static let columns = [
        "id", "org", "area", "created_at", "updated_at", "passed_at", "plate_no", "plate_color", "direction", "gate_no", "barrier_no", "serial_no", "barrier_action", "lift_reason",
        "source", "industry",
        "vehicle_type", "vehicle_class", "fuel", "emission_stage", "stage_basis", "cargo_name", "cargo_tonnes", "measured_by", "verdict", "findings", "warning_level",
        "strategy_id", "strategy_version",
        "list_version", "rule_version", "facts", "received_at", "pair_id",
    ]
}

/// Invents days one after another; the serials of gates and the numbers of rows go on from day to day.
struct BulkInventor: Sendable {
    let plan: BulkPlan
    let sites: [BulkSite]
    /// Position of each site's county.
    let countyPositions: [Int]
    private var random: DemoRandom
    private var nextID: Int64
    private var serials: [Int64]
    private let weightSum: Double
    private let facts: [String]

    private struct Event {
        var at: Int64
        var site: Int32
        var vehicle: Int32
        var gate: UInt8
        var isEntry: Bool
        var action: UInt8
        var isRefused: Bool
        var isBackfill: Bool
        var tonnes: Float
        var partner: Int32
    }

    init(plan: BulkPlan, sites: [BulkSite], seed: UInt64, firstID: Int64) {
        self.plan = plan
        self.sites = sites
        random = DemoRandom(seed, stream: 62)
        nextID = firstID
        serials = Array(repeating: 0, count: sites.count * 4)
        weightSum = sites.map(\.weight).reduce(0, +)
        let counties = Array(Set(sites.map(\.county))).sorted()
        countyPositions = sites.map { site in counties.firstIndex(of: site.county) ?? 0 }
        facts = VehicleGroup.allCases.flatMap { group in
            ["none", "approved"].map { "{\"internal\":false,\"filing\":\"\($0)\",\"group\":\"\(group.rawValue)\",\"listed\":null,\"trips\":0,\"tonnes\":0}" }
        }
    }

    func serial(site: Int, gate: Int) -> Int64 { serials[site * 4 + gate] }

    /// - Parameter passes: about how many the day shall have.
    mutating func day(_ day: Day, level: WarningLevel, passes: Int) -> BulkDay {
        var events = events(level: level, passes: passes)
        let order = events.indices.sorted { events[$0].at < events[$1].at }
        var position = [Int32](repeating: 0, count: events.count)
        for (rank, index) in order.enumerated() { position[index] = Int32(rank) }
        var made = BulkDay(day: day, level: level)
        made.rows.reserveCapacity(events.count)
        let start = day.start.milliseconds
        for index in order { row(&events[index], start: start, position, &made) }
        nextID += Int64(events.count)
        return made
    }

    private mutating func events(level: WarningLevel, passes: Int) -> [Event] {
        var events: [Event] = []
        events.reserveCapacity(passes + 1024)
        for (index, site) in sites.enumerated() {
            let refused = site.refused[level] ?? []
            let visits = random.count(around: Double(passes) / 2 * site.weight / weightSum)
            for _ in 0..<visits {
                let vehicle =
                    random.chance(0.08)
                    ? random.int(0...(plan.vehicles.count - 1))
                    : site.vehicles.lowerBound + min(random.int(0...(site.vehicles.count - 1)), random.int(0...(site.vehicles.count - 1)))
                let facts = plan.vehicles[vehicle]
                let isRefused = !facts.isFiled || refused[Int(facts.kind)]
                if isRefused, !random.chance(0.04) { continue }
                let action: UInt8 = isRefused ? (random.chance(0.2) ? 1 : 0) : 2
                let at = second(&random)
                let gate = UInt8(random.int(0...(site.gates.count - 1)))
                let brings = random.chance(0.6)
                let full = Float(random.int(800...3400)) / 100
                var entry = Event(
                    at: at * 1000, site: Int32(index), vehicle: Int32(vehicle), gate: gate, isEntry: true, action: action, isRefused: isRefused, isBackfill: random.chance(0.01),
                    tonnes: brings ? full : 0,
                    partner: -1)
                let leaves = at + Int64(random.int(900...9000))
                guard action != 0, leaves < 86_400 else {
                    events.append(entry)
                    continue
                }
                entry.partner = Int32(events.count + 1)
                events.append(entry)
                events.append(
                    Event(
                        at: leaves * 1000, site: Int32(index), vehicle: Int32(vehicle), gate: gate, isEntry: false, action: action, isRefused: isRefused, isBackfill: false,
                        tonnes: brings ? 0 : full,
                        partner: Int32(events.count - 1)))
            }
        }
        return events
    }

    private func second(_ random: inout DemoRandom) -> Int64 {
        // Two thirds by day.
        random.chance(0.68) ? Int64(random.int(21_600...64_800)) : Int64(random.int(0...86_399))
    }

    private mutating func row(_ event: inout Event, start: Int64, _ position: [Int32], _ made: inout BulkDay) {
        let siteIndex = Int(event.site)
        let site = sites[siteIndex]
        let vehicle = plan.vehicles[Int(event.vehicle)]
        let kind = plan.kinds[Int(vehicle.kind)]
        let gateIndex = siteIndex * 4 + Int(event.gate)
        serials[gateIndex] += 1
        let passedAt = start + event.at
        let receivedAt = passedAt + (event.isBackfill ? 600_000 : 2_000)
        let strategy = site.strategies[made.level]
        let hand = event.action == 1
        let finding = !vehicle.isFiled ? "notFiled" : "strategyBreached"
        let findings: SQLValue = event.isRefused ? .text(hand ? "[\"\(finding)\",\"liftedByHand\"]" : "[\"\(finding)\"]") : .text("[]")
        let group = VehicleGroup.allCases.firstIndex(of: kind.group) ?? 0
        let id = nextID + Int64(made.rows.count)
        let partner: SQLValue = event.partner < 0 ? .null : .int(nextID + Int64(position[Int(event.partner)]))
        var row: [SQLValue] = []
        row.reserveCapacity(BulkDay.columns.count)
        row.append(.int(id))
        row.append(.int(site.org))
        row.append(.text(site.county))
        row.append(.int(receivedAt))
        row.append(.int(receivedAt))
        row.append(.int(passedAt))
        row.append(.text(vehicle.plate))
        row.append(.text(vehicle.color))
        row.append(event.isEntry ? one : two)
        row.append(.text(site.gates[Int(event.gate)]))
        row.append(event.isEntry ? entryBarrier : exitBarrier)
        row.append(.int(serials[gateIndex]))
        row.append(event.action == 2 ? two : event.action == 1 ? one : zero)
        row.append(hand ? .text("演示放行") : .null)
        row.append(event.isBackfill ? .text("backfill") : .text("auto"))
        row.append(.text(site.industry))
        row.append(.text(kind.vehicleType))
        row.append(zero)
        row.append(.text(kind.fuel))
        row.append(.text(kind.stage.rawValue))
        row.append(.text("2"))
        row.append(event.tonnes > 0 ? .text(goods(site, event)) : .text("空车"))
        row.append(.real(Double(event.tonnes)))
        row.append(.text("scale"))
        row.append(event.isRefused ? .text("refuse") : .text("allow"))
        row.append(findings)
        row.append(.text(made.level.rawValue))
        row.append(strategy.map { .int($0.id) } ?? .null)
        row.append(strategy.map { .int($0.version) } ?? .null)
        row.append(.int(0))
        row.append(.int(GatePassRule.version))
        row.append(.text(facts[group * 2 + (vehicle.isFiled ? 1 : 0)]))
        row.append(.int(receivedAt))
        row.append(partner)
        made.rows.append(row)
        count(event, vehicle, siteIndex, gateIndex, passedAt, &made)
    }

    private func goods(_ site: BulkSite, _ event: Event) -> String {
        let list = event.isEntry ? site.goodsIn : site.goodsOut
        return list[Int(event.vehicle) % list.count]
    }

    private func count(_ event: Event, _ vehicle: BulkPlan.Vehicle, _ site: Int, _ gate: Int, _ passedAt: Int64, _ made: inout BulkDay) {
        let key = BulkDay.DailyKey(site: Int32(site), kind: vehicle.kind, isFiled: vehicle.isFiled, isEntry: event.isEntry)
        made.daily[key, default: BulkDay.Tally()].trips += 1
        made.daily[key, default: BulkDay.Tally()].tonnes += Double(event.tonnes)
        if event.isRefused { made.daily[key, default: BulkDay.Tally()].refused += 1 }
        var tally = made.gateDays[gate] ?? BulkDay.GateTally()
        tally.received += 1
        if event.isBackfill { tally.backfilled += 1 } else { tally.automatic += 1 }
        if event.action == 1 { tally.handLifts += 1 }
        if event.isRefused { tally.refused += 1 }
        if event.isRefused, event.action != 0 { tally.refusedLifted += 1 }
        tally.lastPassAt = passedAt
        made.gateDays[gate] = tally
        made.seen.insert(UInt64(countyPositions[site]) << 32 | UInt64(event.vehicle))
    }
}

private let zero = SQLValue.text("0")
private let one = SQLValue.text("1")
private let two = SQLValue.text("2")
private let entryBarrier = SQLValue.text("001")
private let exitBarrier = SQLValue.text("002")
