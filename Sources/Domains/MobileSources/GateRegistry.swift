import Kernel
import Ledgers
import Storage
import Synchronization

/// Everything the judging asks for at every pass, in memory: enterprises, gates, the excess list, strategies, warnings.
///
/// Loaded at start, patched after the commit of each change (hooks in `RegistryHooks`), read as a snapshot: a pass is judged by one consistent state.
package final class GateRegistry: Sendable {
    package struct GateKey: Hashable, Sendable {
        package var org: Int64
        package var gateNo: String
        package init(org: Int64, gateNo: String) {
            self.org = org
            self.gateNo = gateNo
        }
    }

    package struct GateFacts: Sendable {
        package var name: String
        /// Barrier number to direction.
        package var barriers: [String: String]
    }

    package struct PlateKey: Hashable, Sendable {
        package var plate: String
        package var color: String
        package init(plate: String, color: String) {
            self.plate = plate
            self.color = color
        }
    }

    package struct Listing: Sendable, Equatable {
        package var id: Int64
        package var version: Int64
        package var from: Moment
        package var to: Moment?
        package var kind: String
    }

    package struct Warning: Sendable, Equatable {
        package var id: Int64
        package var level: WarningLevel
        package var counties: Set<String>
        package var from: Moment
        package var to: Moment?
    }

    package struct Settings: Sendable, Equatable {
        /// Complete, consistent filings approve themselves.
        package var approvesFilingsItself = false
        /// 0...1; the standard's 95 %.
        package var transmissionTarget = 0.95
        package var leakMinutes = 10
        package var offlineMinutes = 3
        /// Seconds by which a gate's clock may differ.
        package var clockDriftSeconds = 120
        /// 0...1 of the passes of a month; more manual entries are marked.
        package var manualShareLimit = 0.05
        /// Minutes between a weighing and its pass, at the most.
        package var weighingMinutes = 120
        /// 0...1 of the net weight by which a pass may differ.
        package var weighingTolerance = 0.05
        package init() {}
    }

    package struct Snapshot: Sendable {
        package var enterprises: [Int64: EnterpriseFacts] = [:]
        package var orgByCode: [String: Int64] = [:]
        package var gates: [GateKey: GateFacts] = [:]
        package var listings: [PlateKey: [Listing]] = [:]
        package var listVersion: Int64 = 0
        package var strategies: [Strategy] = []
        package var warnings: [Warning] = []
        package var settings = Settings()

        /// The listing that holds at a moment; nil when there is none.
        package func listing(plate: String, color: String, at moment: Moment) -> Listing? {
            guard let entries = listings[PlateKey(plate: plate, color: color)] else { return nil }
            return entries.last { $0.from <= moment && ($0.to.map { moment < $0 } ?? true) }
        }

        /// The highest level that runs in a county at a moment.
        package func level(county: String, at moment: Moment) -> WarningLevel {
            var level = WarningLevel.none
            for warning in warnings where warning.level > level && warning.from <= moment && (warning.to.map { moment < $0 } ?? true) && warning.counties.contains(county) {
                level = warning.level
            }
            return level
        }

        /// The strategy an enterprise is under at a moment: the most specific of those for the level, the newest of equals.
        package func strategy(for site: EnterpriseFacts, level: WarningLevel, at moment: Moment) -> Strategy? {
            var best: Strategy?
            for strategy in strategies where strategy.level == level && strategy.fits(site, at: moment) {
                guard let current = best else {
                    best = strategy
                    continue
                }
                if (strategy.specificity, strategy.version) > (current.specificity, current.version) { best = strategy }
            }
            return best
        }

        package func gateNos(of org: Int64) -> [String] { gates.keys.filter { $0.org == org }.map(\.gateNo).sorted() }
    }

    /// What nodes tell each other when the registry has changed; each then loads it anew.
    package static let signal = "registry"

    private struct State {
        var snapshot = Snapshot()
        /// Counts patches: a load that began before one must not undo it.
        var patches = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var snapshot: Snapshot { state.withLock { $0.snapshot } }

    package func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { state in
            change(&state.snapshot)
            state.patches += 1
        }
    }

    /// Reads everything anew: at start, and when another node has changed something.
    package func load(from database: any Database) async throws {
        var isLoaded = false
        while !isLoaded {
            let patches = state.withLock { $0.patches }
            let loaded = try await database.read { reader in try GateRegistry.read(reader) }
            isLoaded = state.withLock { state in
                guard state.patches == patches else { return false }
                state.snapshot = loaded
                return true
            }
        }
    }

    private static func read(_ reader: any Reader) throws -> Snapshot {
        var snapshot = Snapshot()
        try reader.each("SELECT id, org, enterprise_code, name, county, industry, performance_grade, connect_state, needs_authorisation FROM enterprise WHERE deleted_at IS NULL") {
            row in
            guard let org = row[1].int else { return true }
            let facts = EnterpriseFacts(
                ledgerId: row[0].int ?? 0, org: org, code: row[2].text ?? "", name: row[3].text ?? "", county: row[4].text ?? "", industry: row[5].text ?? "",
                grade: row[6].text ?? "",
                isConnected: row[7].text == "connected", needsAuthorisation: row[8].int == 1)
            snapshot.enterprises[org] = facts
            snapshot.orgByCode[facts.code] = org
            return true
        }
        try reader.each("SELECT org, gate_no, name FROM gate WHERE deleted_at IS NULL") { row in
            snapshot.gates[GateKey(org: row[0].int ?? 0, gateNo: row[1].text ?? "")] = GateFacts(name: row[2].text ?? "", barriers: [:])
            return true
        }
        try reader.each("SELECT org, gate_no, barrier_no, direction FROM barrier WHERE deleted_at IS NULL") { row in
            snapshot.gates[GateKey(org: row[0].int ?? 0, gateNo: row[1].text ?? "")]?.barriers[row[2].text ?? ""] = row[3].text ?? ""
            return true
        }
        try reader.each("SELECT id, plate_no, plate_color, list_version, recognized_at, released_at, list_kind FROM excess_emission_entry WHERE deleted_at IS NULL ORDER BY id") {
            row in
            let listing = Listing(
                id: row[0].int ?? 0, version: row[3].int ?? 0, from: Moment(milliseconds: row[4].int ?? 0), to: row[5].int.map { Moment(milliseconds: $0) },
                kind: row[6].text ?? "excess")
            snapshot.listings[PlateKey(plate: row[1].text ?? "", color: row[2].text ?? ""), default: []].append(listing)
            return true
        }
        snapshot.listVersion = try reader.value("SELECT value FROM gate_sequence WHERE name = 'list'")?.int ?? 0
        try reader.each("SELECT * FROM control_strategy WHERE state = 'issued' AND deleted_at IS NULL AND target = 'gateVehicle'") { row in
            if let strategy = Strategy(row: row) { snapshot.strategies.append(strategy) }
            return true
        }
        try reader.each("SELECT id, level, counties, starts_at, ends_at FROM warning_period WHERE deleted_at IS NULL") { row in
            if let warning = Warning(row: row) { snapshot.warnings.append(warning) }
            return true
        }
        try reader.each("SELECT name, value FROM gate_setting") { row in
            snapshot.settings.set(row[0].text ?? "", row[1].text ?? "")
            return true
        }
        return snapshot
    }
}

extension GateRegistry.Settings {
    package static let names = [
        "approvesFilingsItself", "transmissionTarget", "leakMinutes", "offlineMinutes", "clockDriftSeconds", "manualShareLimit", "weighingMinutes", "weighingTolerance",
    ]

    package mutating func set(_ name: String, _ value: String) {
        switch name {
        case "approvesFilingsItself": approvesFilingsItself = value == "1"
        case "transmissionTarget": transmissionTarget = Double(value) ?? transmissionTarget
        case "leakMinutes": leakMinutes = Int(value) ?? leakMinutes
        case "offlineMinutes": offlineMinutes = Int(value) ?? offlineMinutes
        case "clockDriftSeconds": clockDriftSeconds = Int(value) ?? clockDriftSeconds
        case "manualShareLimit": manualShareLimit = Double(value) ?? manualShareLimit
        case "weighingMinutes": weighingMinutes = Int(value) ?? weighingMinutes
        case "weighingTolerance": weighingTolerance = Double(value) ?? weighingTolerance
        default: break
        }
    }
}

extension GateRegistry.Warning {
    init?(row: Row) {
        guard let id = row.int("id"), let level = row.text("level").flatMap(WarningLevel.init(rawValue:)), let from = row.moment("starts_at") else { return nil }
        self.init(id: id, level: level, counties: Set(codes(row.text("counties"))), from: from, to: row.moment("ends_at"))
    }
}

extension Strategy {
    /// From a row of the ledger; nil when the level is not one Jianwei knows.
    init?(row: Row) {
        guard let id = row.int("id"), let level = row.text("level").flatMap(WarningLevel.init(rawValue:)) else { return nil }
        let fuels = codes(row.text("banned_fuels"))
        let groups = codes(row.text("vehicle_groups")).compactMap(VehicleGroup.init(rawValue:))
        let plates = (row.text("exempt_plates") ?? "").split { ",，;；、 \n\r\t".contains($0) }.map { PlateNumber(normalizing: String($0)).text }
        self.init(
            id: id, version: row.int("strategy_version") ?? 1, name: row.text("name") ?? "", level: level, enterprise: row.int("enterprise"), industry: row.text("industry"),
            county: row.text("county"), grades: Set(codes(row.text("grades"))), stopsAll: row.bool("stops_all"),
            minimumStage: row.text("minimum_stage").flatMap(EmissionStage.init(rawValue:)),
            bannedFuels: Set(fuels), groups: Set(groups), allowsNewEnergy: row["allows_new_energy"].isNull || row.bool("allows_new_energy"),
            dailyTripCap: row.int("daily_trip_cap").map(Int.init),
            dailyTonnesCap: row.double("daily_tonnes_cap"), windows: TimeWindow.parse(row.text("windows") ?? "") ?? [], exemptClasses: Set(codes(row.text("exempt_classes"))),
            exemptPlates: Set(plates), validFrom: row.moment("valid_from"), validTo: row.moment("valid_to"), measures: row.text("measures") ?? "")
    }
}

/// The texts of a JSON array, as `.codes` fields are stored.
package func codes(_ stored: String?) -> [String] {
    guard let stored, let value = try? JSONValue(parsing: stored) else { return [] }
    return (value.array ?? []).compactMap(\.string)
}
