import Alarms
import Identity
import Kernel
import Maps
import Storage
import Synchronization

/// How all enterprises stand now, read together at most every few seconds however many pages ask; pages take from it what their reader's scope admits.
///
/// Every statement reads a roll-up or a table of one row a gate, so the cost does not grow with the passes that are stored.
final class GatePicture: Sendable {
    /// Counts of one enterprise on one business day.
    struct DayFigures: Sendable {
        var received: Int64 = 0
        var refused: Int64 = 0
        var refusedLifted: Int64 = 0
        var generated: Int64 = 0
        var handLifts: Int64 = 0
        var unknownStage: Int64 = 0
        var manual: Int64 = 0
        var backfilled: Int64 = 0
        var withPhotos: Int64 = 0
        var flagged: Int64 = 0

        /// 0...1; nil when nothing was generated.
        var rate: Double? { generated > 0 ? min(1, Double(received) / Double(generated)) : nil }

        static func += (a: inout DayFigures, b: DayFigures) {
            a.received += b.received
            a.refused += b.refused
            a.refusedLifted += b.refusedLifted
            a.generated += b.generated
            a.handLifts += b.handLifts
            a.unknownStage += b.unknownStage
            a.manual += b.manual
            a.backfilled += b.backfilled
            a.withPhotos += b.withPhotos
            a.flagged += b.flagged
        }
    }

    /// One registered gate as its last heartbeat and its serials say.
    struct GateNow: Sendable {
        var gateNo: String
        var name: String
        var heartbeatAt: Moment?
        var offlineSince: Moment?
        var barrierState: String?
        var readerState: String?
        var cameraState: String?
        var lastPassAt: Moment?
        var lastSerial: Int64?
        var pending: Int64?

        /// A gate that never spoke is not on-line either, but nobody is alarmed about it.
        var isOnline: Bool { heartbeatAt != nil && offlineSince == nil }
    }

    struct Site: Sendable {
        var facts: EnterpriseFacts
        var place: Coordinate?
        /// `GatePicture.shownDays` days, oldest first, today last.
        var days: [DayFigures]
        var gates: [GateNow]
        var openAlarms = 0
        /// Of those, what was raised today.
        var openToday = 0
        var level = WarningLevel.none
        var cleanTrips: Int64 = 0
        var controlledTrips: Int64 = 0
        /// Passes by hour of the day, 24 of each.
        var hoursToday = [Int64](repeating: 0, count: 24)
        var hoursYesterday = [Int64](repeating: 0, count: 24)

        var today: DayFigures { days.last ?? DayFigures() }
        var onlineGates: Int { gates.count(where: \.isOnline) }
        var silentSince: Moment? { gates.compactMap(\.offlineSince).min() }
        var lastPassAt: Moment? { gates.compactMap(\.lastPassAt).max() }

        enum State: String, Sendable, CaseIterable { case alarm, offline, warning, normal, unconnected }

        /// What is worst about it.
        var state: State {
            if !facts.isConnected { return .unconnected }
            if openToday > 0 { return .alarm }
            if silentSince != nil { return .offline }
            return level == .none ? .normal : .warning
        }
    }

    struct Picture: Sendable {
        var takenAt: Moment
        var sites: [Site]

        func sites(_ scope: DataScope) -> [Site] { sites.filter { scope.admits(org: $0.facts.org, area: $0.facts.county) } }
        func site(org: Int64, _ scope: DataScope) -> Site? { sites.first { $0.facts.org == org && scope.admits(org: org, area: $0.facts.county) } }
    }

    private struct Hours: Sendable {
        var takenAt: Moment
        var today: [Int64: [Int64]] = [:]
        var yesterday: [Int64: [Int64]] = [:]
    }

    private struct State {
        var picture: Picture?
        var hours: Hours?
        var isBusy = false
    }

    static let shownDays = 14
    private static let freshSeconds: Int64 = 4
    private static let hoursFreshSeconds: Int64 = 60
    private let gates: GateSupervision
    private let state = Mutex(State())

    init(gates: GateSupervision) { self.gates = gates }

    /// The last picture when it is fresh, or while another page is taking the next one.
    func now() async throws -> Picture {
        let now = gates.clock.now
        let kept: Picture? = state.withLock { state in
            if let picture = state.picture, state.isBusy || now.seconds(since: picture.takenAt) < Double(GatePicture.freshSeconds) { return picture }
            state.isBusy = true
            return nil
        }
        if let kept { return kept }
        defer { state.withLock { $0.isBusy = false } }
        let hours = state.withLock { $0.hours }.flatMap { hours in
            hours.takenAt.day == now.day && now.seconds(since: hours.takenAt) < Double(GatePicture.hoursFreshSeconds) ? hours : nil
        }
        let snapshot = gates.registry.snapshot
        let alarms = gates.alarms
        let (picture, newHours) = try await gates.database.read { reader in try GatePicture.take(snapshot, alarms, hours, now, reader) }
        state.withLock { state in
            state.picture = picture
            state.hours = newHours
        }
        return picture
    }

    private static func take(_ snapshot: GateRegistry.Snapshot, _ alarms: AlarmEngine, _ hours: Hours?, _ now: Moment, _ reader: any Reader) throws -> (Picture, Hours) {
        let today = now.day
        let days = try days(from: today.adding(days: 1 - shownDays), today: today, reader)
        let states = try gateStates(reader)
        let open = try openAlarms(alarms, since: today.adding(days: -90), reader)
        let fresh = try openAlarms(alarms, since: today, reader)
        let clean = try cleanTrips(today, reader)
        let places = try places(reader)
        let hours = try hours ?? countHours(today, now, reader)
        var gatesByOrg: [Int64: [GateNow]] = [:]
        for (key, facts) in snapshot.gates where !snapshot.isManualGate(key) {
            var gate = states[key] ?? GateNow(gateNo: key.gateNo, name: facts.name)
            gate.name = facts.name
            gatesByOrg[key.org, default: []].append(gate)
        }
        let sites = snapshot.enterprises.values.sorted { $0.code < $1.code }.map { facts -> Site in
            var site = Site(
                facts: facts, place: places[facts.org], days: days[facts.org] ?? Array(repeating: DayFigures(), count: shownDays),
                gates: (gatesByOrg[facts.org] ?? []).sorted { $0.gateNo < $1.gateNo })
            site.openAlarms = open[facts.org] ?? 0
            site.openToday = fresh[facts.org] ?? 0
            site.level = snapshot.level(county: facts.county, at: now)
            if let trips = clean[facts.org] { (site.cleanTrips, site.controlledTrips) = trips }
            if let counts = hours.today[facts.org] { site.hoursToday = counts }
            if let counts = hours.yesterday[facts.org] { site.hoursYesterday = counts }
            return site
        }
        return (Picture(takenAt: now, sites: sites), hours)
    }

    private static func days(from first: Day, today: Day, _ reader: any Reader) throws -> [Int64: [DayFigures]] {
        var found: [Int64: [DayFigures]] = [:]
        let sql: SQL = """
            SELECT day, org, SUM(received), SUM(refused), SUM(refused_lifted), SUM(CASE WHEN generated > received THEN generated ELSE received END), SUM(hand_lifts), SUM(unknown_stage), SUM(manual),
                SUM(backfilled), SUM(with_photos), SUM(flagged)
            FROM gate_daily WHERE day BETWEEN \(first) AND \(today) GROUP BY day, org
            """
        try reader.each(sql) { row in
            guard let day = row[0].int.flatMap({ Day(number: Int($0)) }), let org = row[1].int else { return true }
            let place = day.daysSince1970 - first.daysSince1970
            guard (0..<shownDays).contains(place) else { return true }
            let count = { (column: Int) -> Int64 in row[column].int ?? 0 }
            found[org, default: Array(repeating: DayFigures(), count: shownDays)][place] = DayFigures(
                received: count(2), refused: count(3), refusedLifted: count(4), generated: count(5), handLifts: count(6), unknownStage: count(7), manual: count(8),
                backfilled: count(9),
                withPhotos: count(10), flagged: count(11))
            return true
        }
        return found
    }

    private static func gateStates(_ reader: any Reader) throws -> [GateRegistry.GateKey: GateNow] {
        var found: [GateRegistry.GateKey: GateNow] = [:]
        let moment = { (value: SQLValue) -> Moment? in value.int.map { Moment(milliseconds: $0) } }
        try reader.each("SELECT org, gate_no, heartbeat_at, offline_since, barrier_state, reader_state, camera_state, last_pass_at, last_serial, pending FROM gate_state") { row in
            let key = GateRegistry.GateKey(org: row[0].int ?? 0, gateNo: row[1].text ?? "")
            found[key] = GateNow(
                gateNo: key.gateNo, name: key.gateNo, heartbeatAt: moment(row[2]), offlineSince: moment(row[3]), barrierState: row[4].text, readerState: row[5].text,
                cameraState: row[6].text,
                lastPassAt: moment(row[7]), lastSerial: row[8].int, pending: row[9].int)
            return true
        }
        return found
    }

    /// Alarms since a day that somebody still has to do something about.
    private static func openAlarms(_ alarms: AlarmEngine, since day: Day, _ reader: any Reader) throws -> [Int64: Int] {
        var filter = AlarmFilter()
        filter.from = day
        var found: [Int64: Int] = [:]
        for row in try alarms.statistics(filter, by: .org, for: .system("工作台"), in: reader) {
            if let org = Int64(row.key), row.counts.open > 0 { found[org] = row.counts.open }
        }
        return found
    }

    private static func cleanTrips(_ today: Day, _ reader: any Reader) throws -> [Int64: (Int64, Int64)] {
        var found: [Int64: (Int64, Int64)] = [:]
        try reader.each("SELECT org, stage, fuel, vehicle_group, SUM(trips) FROM pass_daily WHERE day = \(today) GROUP BY org, stage, fuel, vehicle_group") { row in
            let org = row[0].int ?? 0
            let trips = row[4].int ?? 0
            let stage = row[1].text.flatMap(EmissionStage.init(rawValue:)) ?? .unknown
            let isClean = CleanTransportShare.isClean(stage: stage, fuel: row[2].text ?? "X", group: row[3].text.flatMap(VehicleGroup.init(rawValue:)) ?? .other)
            let sum = found[org] ?? (0, 0)
            found[org] = (sum.0 + (isClean ? trips : 0), sum.1 + trips)
            return true
        }
        return found
    }

    private static func places(_ reader: any Reader) throws -> [Int64: Coordinate] {
        var found: [Int64: Coordinate] = [:]
        try reader.each("SELECT org, location_lng, location_lat FROM enterprise WHERE deleted_at IS NULL") { row in
            if let org = row[0].int, let longitude = row[1].double, let latitude = row[2].double { found[org] = Coordinate(longitude, latitude) }
            return true
        }
        return found
    }

    /// Two days of the index on enterprise and time, each enterprise's end of it only; taken once a minute.
    private static func countHours(_ today: Day, _ now: Moment, _ reader: any Reader) throws -> Hours {
        let yesterday = today.adding(days: -1).start
        var hours = Hours(takenAt: now)
        let sql: SQL = """
            SELECT p.org, (p.passed_at - \(yesterday)) / 3600000 AS hour, COUNT(*) FROM enterprise e CROSS JOIN gate_pass p
            WHERE e.deleted_at IS NULL AND p.org = e.org AND p.passed_at >= \(yesterday) AND p.passed_at < \(today.end) GROUP BY p.org, hour
            """
        try reader.each(sql) { row in
            let org = row[0].int ?? 0
            let hour = Int(row[1].int ?? 0)
            let blank = [Int64](repeating: 0, count: 24)
            if (0..<24).contains(hour) { hours.yesterday[org, default: blank][hour] = row[2].int ?? 0 }
            if (24..<48).contains(hour) { hours.today[org, default: blank][hour - 24] = row[2].int ?? 0 }
            return true
        }
        return hours
    }
}

extension [GatePicture.Site] {
    /// The days of all of them added up, oldest first.
    var days: [GatePicture.DayFigures] {
        var sums = [GatePicture.DayFigures](repeating: .init(), count: GatePicture.shownDays)
        for site in self {
            for (index, day) in site.days.enumerated() where index < sums.count { sums[index] += day }
        }
        return sums
    }

    func hours(_ path: KeyPath<GatePicture.Site, [Int64]>) -> [Int64] {
        reduce(into: [Int64](repeating: 0, count: 24)) { sums, site in
            for (hour, count) in site[keyPath: path].enumerated() { sums[hour] += count }
        }
    }
}

extension GatePicture.Site.State {
    var title: String {
        switch self {
        case .alarm: "今日有报警未处理"
        case .offline: "门岗离线"
        case .warning: "预警响应中"
        case .normal: "正常"
        case .unconnected: "停联或注销"
        }
    }
}
