import Cryptography
import Foundation
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import StorageSQLite

/// Writes years of passes with their roll-ups straight into the tables, for measurements: rows in one transaction a day while the next day is invented, secondary indexes afterwards.
///
/// Everything that `jianwei verify` counts is consistent. There are no photos and no alarms, and nobody is told. Not a way for real data.
struct BulkHistory: Sendable {
    let plan: BulkPlan
    let seed: UInt64
    let gates: GateSupervision
    /// Opened without flushing: a load that is cut off is thrown away, not repaired.
    let database: any Database

    /// - Parameter report: told what was done, a line at a time.
    func load(until now: Moment, report: @Sendable (String) -> Void) async throws {
        guard try await database.read({ try $0.first("SELECT 1 FROM gate_pass LIMIT 1") }) == nil else { throw Failure(.conflict, "JW-D002", "数据目录中已有过车记录，批量历史只写入空目录") }
        let clock = ContinuousClock()
        let begun = clock.now
        let today = now.day
        let levels = try await warnings(until: today)
        let sites = try await sites()
        report("\(sites.count) enterprises registered, \(seconds(clock.now - begun)) s")
        try await file(sites, now: now)
        report("\(plan.vehicles.count) vehicles filed, \(seconds(clock.now - begun)) s")
        guard let table = GatePassEvent.ledger.table else { return }
        try await MonthPartitions([table]).open(table.name, from: today.adding(days: -plan.size.days).start, to: now, on: database)
        try await database.write { tx in for index in table.indexes { try tx.apply(.dropIndex(table: table.name, index)) } }
        let loadStart = clock.now
        let written = try await days(sites, levels, today: today) { done, passes in
            if done % 30 == 0 || done == plan.size.days { report("day \(done) of \(plan.size.days): \(passes) passes, \(rate(passes, clock.now - loadStart)) rows/s") }
        }
        let dialect = database.dialect
        for index in table.indexes {
            try await database.write { tx in try tx.apply(table.creating(index, dialect)) }
            report("index on \(index.columns.joined(separator: ", ")), \(seconds(clock.now - begun)) s")
        }
        try await PhotoUses.skip(database)
        let segments = try await gates.ledgers.foldFacets(of: GatePassEvent.ledger.name)
        report("\(segments) segments of facets, \(seconds(clock.now - begun)) s")
        try await settle()
        report("\(written) passes in \(seconds(clock.now - begun)) s, \(rate(written, clock.now - begun)) rows/s with indexes")
    }

    /// What a database learns by itself only in time: how the values lie, and, as ids were given by hand, which comes next.
    private func settle() async throws {
        if let embedded = database as? SQLiteDatabase { return try await embedded.analyze() }
        try await database.write { tx in
            _ = try tx.rows("SELECT setval(pg_get_serial_sequence('gate_pass', 'id'), (SELECT MAX(id) FROM gate_pass))")
            try tx.apply(.run("ANALYZE"))
        }
    }

    // MARK: Enterprises, warnings, filings

    private func sites() async throws -> [BulkSite] {
        var sites: [BulkSite] = []
        let share = max(1, plan.size.vehicles / max(1, plan.size.enterprises))
        for place in plan.plan.enterprises {
            let request = EnterpriseRegistration.GateClient(
                enterpriseCode: place.code, name: place.name, county: place.county.code, industry: place.trade.code, grade: place.grade, gates: place.gates, publicKey: nil,
                location: (place.longitude, place.latitude), unitName: plan.plan.units[place.unit])
            let org = try await gates.registration.provision(request, by: .system("批量历史")).org
            let snapshot = gates.registry.snapshot
            guard let facts = snapshot.enterprises[org] else { continue }
            var site = BulkSite(
                org: org, county: place.county.code, industry: place.trade.code, gates: place.gates, weight: place.trade.weight, goodsIn: place.trade.brings,
                goodsOut: place.trade.takes,
                vehicles: (place.index * share)..<min((place.index + 1) * share, plan.vehicles.count), strategies: [:], refused: [:])
            for level in WarningLevel.allCases {
                let strategy = snapshot.strategy(for: facts, level: level, at: gates.clock.now)
                site.strategies[level] = strategy
                site.refused[level] = plan.kinds.map { kind in strategy.map { breaches($0, kind, level) } ?? false }
            }
            sites.append(site)
        }
        return sites
    }

    private func breaches(_ strategy: Strategy, _ kind: BulkPlan.Kind, _ level: WarningLevel) -> Bool {
        let facts = GatePassRule.Facts(
            plate: PlateNumber(normalizing: "冀A12345"), color: nil, isInternal: false, filing: .approved, stage: kind.stage, fuel: kind.fuel, group: kind.group, vehicleClass: "0",
            listedVersion: nil, level: level,
            strategy: strategy, minuteOfDay: 600, tripsToday: 0, tonnesToday: 0, tonnes: 0, isEntry: true)
        return GatePassRule.breach(of: strategy, by: facts) != nil
    }

    /// Three days each of yellow, orange and red in every winter month, whole days, in every county.
    private func warnings(until today: Day) async throws -> [Int: WarningLevel] {
        var levels: [Int: WarningLevel] = [:]
        let counties = plan.plan.counties.map(\.code)
        for back in stride(from: plan.size.days, to: 0, by: -1) {
            let day = today.adding(days: -back)
            let (_, month, number) = day.parts
            guard [11, 12, 1, 2].contains(month), let level: WarningLevel = [4: .yellow, 12: .orange, 20: .red][number], back > 3 else { continue }
            _ = try await gates.warnings.start(level, counties: counties, startsAt: day.start, endsAt: day.adding(days: 3).start, basis: "批量历史", by: .system("批量历史"))
            for offset in 0..<3 { levels[day.adding(days: offset).number] = level }
        }
        return levels
    }

    private func file(_ sites: [BulkSite], now: Moment) async throws {
        let columns = [
            "org", "area", "created_at", "updated_at", "plate_no", "plate_color", "vin", "registered_on", "model", "vehicle_type", "vehicle_class", "use_nature", "owner", "fuel",
            "emission_stage", "stage_basis",
            "filing_state",
        ]
        let plan = plan
        let owners = gates.ledgers.cipher(of: RegisteredVehicle.ledger.name, "owner")
        for site in sites {
            try await database.write { tx in
                var rows: [[SQLValue]] = []
                for index in site.vehicles where plan.vehicles[index].isFiled {
                    let vehicle = plan.vehicles[index]
                    let kind = plan.kinds[Int(vehicle.kind)]
                    let registered = kind.model.approvedOn.adding(days: 300 + index % 900)
                    rows.append([
                        .int(site.org), .text(site.county), now.sqlValue, now.sqlValue, .text(vehicle.plate), .text(vehicle.color),
                        .text(DemoCodes.vin(head: kind.model.vinHead, year: registered.parts.year, serial: index + 1)), registered.sqlValue, .text(kind.model.model),
                        .text(kind.vehicleType), .text("0"), .text("F"),
                        .text(try owners?.seal("演示车队\(index % 5000 + 1)") ?? ""), .text(kind.fuel), .text(kind.stage.rawValue), .text("2"), .text("approved"),
                    ])
                }
                try tx.insertMany(into: "registered_vehicle", columns: columns, rows: rows)
            }
        }
    }

    // MARK: Passes

    private func days(_ sites: [BulkSite], _ levels: [Int: WarningLevel], today: Day, progress: @Sendable (Int, Int) -> Void) async throws -> Int {
        let each = plan.size.passes / max(1, plan.size.days)
        let first = today.adding(days: -plan.size.days)
        let days = plan.size.days
        let (stream, continuation) = AsyncStream.makeStream(of: BulkDay.self, bufferingPolicy: .unbounded)
        let gate = BulkTurnstile(places: 2)
        let inventor = BulkInventor(plan: plan, sites: sites, seed: seed, firstID: 1)
        return try await withThrowingTaskGroup(of: BulkInventor?.self) { group in
            group.addTask {
                var inventor = inventor
                for offset in 0..<days {
                    await gate.enter()
                    try Task.checkCancellation()
                    let day = first.adding(days: offset)
                    continuation.yield(inventor.day(day, level: levels[day.number] ?? .none, passes: each))
                }
                continuation.finish()
                return inventor
            }
            var written = 0
            var done = 0
            var sums = BulkSums(plan: plan, sites: sites)
            do {
                for await day in stream {
                    written += day.rows.count
                    done += 1
                    sums.add(day)
                    let rollups = sums.rows(of: day)
                    let months = done == days || first.adding(days: done).month != day.day.month ? sums.closeMonth(day.day.month) : nil
                    try await database.write { tx in
                        try tx.insertMany(into: "gate_pass", columns: BulkDay.columns, rows: day.rows)
                        try rollups.write(in: tx)
                        if let months { try months.write(in: tx) }
                    }
                    await gate.leave()
                    progress(done, written)
                }
            } catch {
                // Whoever invents must not wait for ever for a writer that is gone.
                group.cancelAll()
                await gate.open()
                throw error
            }
            let inventor = try await group.next().flatMap { $0 }
            if let inventor { try await state(inventor, sites, sums) }
            return written
        }
    }

    /// Where each gate's serials stand.
    private func state(_ inventor: BulkInventor, _ sites: [BulkSite], _ sums: BulkSums) async throws {
        var rows: [[SQLValue]] = []
        for (index, site) in sites.enumerated() {
            for (position, gateNo) in site.gates.enumerated() {
                let last = inventor.serial(site: index, gate: position)
                guard last > 0 else { continue }
                rows.append([.int(site.org), .text(gateNo), .int(1), .int(last), .int(last), .int(sums.lastPass[index * 4 + position] ?? 0)])
            }
        }
        let made = rows
        try await database.write { tx in try tx.insertMany(into: "gate_state", columns: ["org", "gate_no", "first_serial", "last_serial", "received", "last_pass_at"], rows: made) }
    }

    private func seconds(_ duration: Duration) -> String { String(Int(duration / .seconds(1))) }
    private func rate(_ rows: Int, _ duration: Duration) -> String { String(Int(Double(rows) / max(0.001, duration / .seconds(1)))) }
}

/// Lets only so many days be in memory at once.
actor BulkTurnstile {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { self.places = places }

    func enter() async {
        if places > 0 {
            places -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
    }

    /// Lets everybody in.
    func open() {
        places = .max
        for one in waiting { one.resume() }
        waiting.removeAll()
    }
}
