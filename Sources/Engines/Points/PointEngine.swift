import Alarms
import Identity
import Kernel
import Ledgers
import Storage
import Synchronization

/// Points and their values: taken in, judged, kept, asked for. One node takes values; see decision 0110.
package final class PointEngine: Sendable {
    package let database: any Database
    package let alarms: AlarmEngine
    package let clock: Clock
    let memory = Mutex(PointMemory())
    private let known = Mutex<(registry: PointRegistry, version: Int64, readAt: Moment)>((PointRegistry(), -1, Moment(milliseconds: 0)))
    package let algorithms = SeriesAlgorithms()

    /// Told how many milliseconds after it was measured the newest value of a batch was kept.
    let arrived: @Sendable (Double) -> Void

    package init(database: any Database, alarms: AlarmEngine, clock: Clock, arrived: @escaping @Sendable (Double) -> Void = { _ in }) {
        self.arrived = arrived
        self.database = database
        self.alarms = alarms
        self.clock = clock
        // Before any domain's: what a point measured says more of its alarm than what went on around it.
        alarms.faces.add(CurveFace(permission: PointPermission.read) { [weak self] alarm, reader in try self?.curve(of: alarm, in: reader) })
    }

    /// Who raises alarms of values.
    static let judge = Principal.system("监测研判")

    /// Ledgers tell the engine when a point changes. Called once, before anything is served.
    package func connect(ledgers: LedgerEngine) {
        for ledger in [MonitoringPoint.ledger.name, MonitoringDevice.ledger.name] {
            ledgers.onChange(of: ledger) { [self] _, tx in
                try tx.execute(
                    "INSERT INTO point_settings (name, value) VALUES ('version', 1) ON CONFLICT (name) DO UPDATE SET value = point_settings.value + 1")
                tx.afterCommit { [self] in known.withLock { $0.readAt = Moment(milliseconds: 0) } }
            }
        }
        ledgers.onPrepare(of: MonitoringPoint.ledger.name) { draft, before, principal, tx in
            try MonitoringPoint.check(draft, before, org: draft.org ?? before?.org ?? principal.organisation, in: tx)
        }
    }

    // MARK: Points

    /// Seconds for which what another node changed may be unknown here.
    private static let freshness = 5.0

    /// All points as they are declared now.
    package func registry() async throws -> PointRegistry {
        let now = clock.now
        let held = known.withLock { $0 }
        if abs(now.seconds(since: held.readAt)) < Self.freshness { return held.registry }
        let fresh = try await database.read { reader -> (PointRegistry?, Int64) in
            let version = try reader.value("SELECT value FROM point_settings WHERE name = 'version'")?.int ?? 0
            if version == held.version { return (nil, version) }
            return (PointRegistry(try reader.rows(PointDefinition.query).map { PointDefinition($0) }), version)
        }
        let registry = fresh.0 ?? held.registry
        known.withLock { $0 = (registry, fresh.1, now) }
        return registry
    }

    /// A point that the reader may see.
    ///
    /// - Throws: `.notFound`.
    package func point(_ id: Int64, by principal: Principal) async throws -> PointDefinition {
        guard let point = try await registry()[id], principal.scope.admits(org: point.org, area: point.area) else { throw Failure.notFound("监测点") }
        return point
    }

    /// All points the reader may see.
    package func points(for principal: Principal) async throws -> [PointDefinition] {
        let registry = try await registry()
        if principal.scope == .everything { return registry.all }
        return registry.all.filter { principal.scope.admits(org: $0.org, area: $0.area) }
    }

    /// How points stand now.
    package func standings(_ ids: [Int64]) -> [Int64: PointStanding] {
        memory.withLock { memory in
            ids.reduce(into: [:]) { found, id in if let tail = memory.tails[id] { found[id] = tail.standing } }
        }
    }

    /// Values that wait to be packed; for metrics and the page of sources.
    package var waiting: Int { memory.withLock { $0.count } }

    // MARK: After a start

    /// Takes what was acknowledged and not yet packed, and how points stood. Runs by itself when it is needed.
    package func open() async throws {
        guard memory.withLock({ $0.isStale }) else { return }
        try await database.write { [self] tx in try reload(tx) }
    }

    /// On the writer's thread.
    func reload(_ tx: any Transaction) throws {
        guard memory.withLock({ $0.isStale }) else { return }
        var fresh = PointMemory()
        for row in try tx.rows("SELECT * FROM point_states") {
            var tail = PointMemory.Tail()
            tail.standing = PointStanding(row)
            fresh.tails[row.int("point") ?? 0] = tail
        }
        try tx.each("SELECT bytes FROM point_journal ORDER BY id") { row in
            for value in try PointJournal.decode(row.blob("bytes") ?? []) {
                _ = fresh.insert(value.sample, point: value.point, limits: nil, isJudged: false)
            }
            return true
        }
        fresh.isStale = false
        let now = clock.now
        fresh.hearsSince = memory.withLock { $0.hearsSince.milliseconds == .min ? now : $0.hearsSince }
        memory.withLock { [fresh] memory in
            let epoch = memory.epoch, isPacking = memory.isPacking
            memory = fresh
            memory.isPacking = isPacking
            memory.epoch = epoch + 1
        }
    }

    /// What follows from a failure after memory was changed.
    func spoil() { memory.withLock { $0.isStale = true } }
}

extension PointStanding {
    init(_ row: Row) {
        self.init()
        if let at = row.moment("last_at"), let value = row.double("last_value") {
            last = PointSample(at, value, row.int("last_quality").flatMap { PointQuality(rawValue: UInt8(clamping: $0)) } ?? .good)
        }
        level = row.text("level").flatMap(PointLevel.init) ?? .normal
        since = row.moment("since")
        raised = Set((row.text("raised") ?? "").split(separator: "|").compactMap { PointLevel(rawValue: String($0)) })
        isOffline = row.bool("offline")
    }

    /// Writes it; the newest value with it.
    func note(point: Int64, in tx: any Transaction) throws {
        try tx.post(
            """
            INSERT INTO point_states (point, last_at, last_value, last_quality, level, since, raised, offline) VALUES \
            (\(point), \(last?.at), \(last?.value), \(Int64(last?.quality.rawValue ?? 0)), \(level.rawValue), \(since), \(raised.map(\.rawValue).sorted().joined(separator: "|")), \(isOffline)) \
            ON CONFLICT (point) DO UPDATE SET last_at = excluded.last_at, last_value = excluded.last_value, last_quality = excluded.last_quality, level = excluded.level, \
            since = excluded.since, raised = excluded.raised, offline = excluded.offline
            """)
    }
}
