import Alarms
import Exchange
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Synchronization

/// The whole domain at work, put together once: what pages, the gate interface, jobs and the command line call.
package struct GateSupervision: Sendable {
    package let database: any Database
    package let clock: Clock
    package let ledgers: LedgerEngine
    package let alarms: AlarmEngine
    package let audit: AuditTrail
    package let photos: PhotoStore
    package let clients: SignedClients
    package let registry: GateRegistry
    package let vehicles: KnownVehicles
    package let feed: PassFeed
    package let signal: ChangeSignal
    package let handDown: HandDown
    package let passes: GatePasses
    package let clips: PassClips
    package let filingLookup: FilingLookup
    package let entryChecks: EntryChecks
    package let heartbeats: GateHeartbeats
    package let gateLedgers: GateLedgers
    package let watch: GateWatch
    package let transmission: TransmissionRate
    package let excessList: ExcessListDesk
    package let strategies: StrategyDesk
    package let warnings: WarningDesk
    package let filings: Filings
    package let ownerFilings: OwnerFilings
    package let registration: EnterpriseRegistration
    package let accreditation: AccreditationDesk
    package let units: UnitDesk
    package let statistics: TransportStatistics
    package let cleanTransport: CleanTransportShare
    package let quality: DataQuality
    package let completeness: CompletenessProof
    package let analytics: GateAnalytics
    package let dryRun: StrategyDryRun
    package let explanations: PassExplanationReader
    package let randomChecks: RandomChecks
    package let rollups: RollupVerify
    package let manualEntries: ManualEntry
    package let manualShare: ManualShare
    package let weighings: WeighingJoin
    package let clockDrift: ClockDrift
    package let retention: Retention
    let refresh: StrategyRefresh

    package init(
        database: any Database, clock: Clock, ledgers: LedgerEngine, alarms: AlarmEngine, audit: AuditTrail, photos: PhotoStore, clients: SignedClients,
        organisations: Organisations
    ) {
        self.database = database
        self.clock = clock
        self.ledgers = ledgers
        self.alarms = alarms
        self.audit = audit
        self.photos = photos
        self.clients = clients
        registry = GateRegistry()
        vehicles = KnownVehicles(database: database)
        feed = PassFeed(clock: clock)
        signal = ChangeSignal()
        handDown = HandDown(database: database, registry: registry, signal: signal, clock: clock)
        refresh = StrategyRefresh(handDown: handDown, clock: clock)
        let memory = PassMemory(database: database)
        passes = GatePasses(
            database: database, registry: registry, vehicles: vehicles, alarms: alarms, audit: audit, clock: clock, feed: feed, memory: memory,
            owners: ledgers.cipher(of: GatePassEvent.ledger.name, "owner"))
        clips = PassClips(database: database, registry: registry, alarms: alarms, clips: photos.clips, clock: clock)
        filingLookup = FilingLookup(database: database, registry: registry, vehicles: vehicles, clock: clock)
        entryChecks = EntryChecks(database: database, ledgers: ledgers, alarms: alarms, lookup: filingLookup, registry: registry, clock: clock)
        heartbeats = GateHeartbeats(database: database, registry: registry, alarms: alarms, clock: clock)
        gateLedgers = GateLedgers(database: database, ledgers: ledgers, registry: registry)
        watch = GateWatch(database: database, registry: registry, alarms: alarms, clock: clock)
        transmission = TransmissionRate(database: database, registry: registry, alarms: alarms, clock: clock)
        excessList = ExcessListDesk(database: database, ledgers: ledgers, registry: registry, handDown: handDown, clock: clock)
        strategies = StrategyDesk(database: database, ledgers: ledgers, registry: registry, refresh: refresh, audit: audit, clock: clock)
        warnings = WarningDesk(database: database, ledgers: ledgers, registry: registry, refresh: refresh, clock: clock)
        filings = Filings(database: database, ledgers: ledgers, registry: registry, handDown: handDown, clock: clock)
        ownerFilings = OwnerFilings(database: database, ledgers: ledgers, registry: registry)
        registration = EnterpriseRegistration(
            database: database, ledgers: ledgers, organisations: organisations, registry: registry, clients: clients, refresh: refresh, audit: audit, clock: clock)
        accreditation = AccreditationDesk(database: database, ledgers: ledgers, clients: clients, audit: audit, clock: clock)
        units = UnitDesk(database: database, ledgers: ledgers, clients: clients, audit: audit, registry: registry, clock: clock)
        statistics = TransportStatistics(database: database, clock: clock)
        cleanTransport = CleanTransportShare(database: database, clock: clock)
        quality = DataQuality(database: database, registry: registry, clock: clock)
        completeness = CompletenessProof(database: database, registry: registry)
        analytics = GateAnalytics(database: database, registry: registry, alarms: alarms, audit: audit, photos: photos, photoUses: memory.photos, clock: clock)
        dryRun = StrategyDryRun(database: database, registry: registry)
        explanations = PassExplanationReader(database: database, registry: registry)
        randomChecks = RandomChecks(database: database, registry: registry, audit: audit, clock: clock)
        rollups = RollupVerify(database: database)
        manualShare = ManualShare(database: database, registry: registry, clock: clock)
        weighings = WeighingJoin(database: database, ledgers: ledgers, registry: registry, clock: clock)
        clockDrift = ClockDrift(database: database, registry: registry, alarms: alarms, clock: clock)
        retention = Retention(database: database, ledgers: ledgers, photos: photos, photoUses: memory.photos, audit: audit, clock: clock)
        manualEntries = ManualEntry(
            database: database, ledgers: ledgers, registry: registry, vehicles: vehicles, alarms: alarms, audit: audit, feed: feed, memory: memory, clock: clock)
    }

    /// Hooks on the ledgers; once, before anything is served.
    package func registerHooks() {
        registration.register()
        excessList.register()
        strategies.register()
        warnings.register()
        filings.register()
        vehicles.register(ledgers)
        weighings.register()
    }

    /// After migrations: shipped strategies, the registry.
    package func start() async throws {
        try await PhotoUses.recover(database)
        try await database.write { tx in try PassSums.settle(in: tx) }
        try await strategies.shipDefaults(by: .system("出厂策略"))
        try await registry.load(from: database)
        try await vehicles.load()
    }

    /// Time rules: a warning or strategy whose moment has come takes effect and is handed down.
    ///
    /// - Returns: how many enterprises were told something new.
    package func applyTimeRules() async throws -> Int {
        let snapshot = registry.snapshot
        let refresh = refresh
        return try await database.write { tx in try refresh.run(snapshot, in: tx) }
    }

    /// A photo from a gate: stored, joined to what waits for it.
    ///
    /// - Returns: true when it was not known before.
    package func receivePhoto(_ sha256: String, _ bytes: [UInt8], from terminal: GateTerminal, claim: @escaping @Sendable (any Transaction) throws -> Void) async throws -> Bool {
        let isNew = try await storePhoto(sha256, bytes, terminal)
        let alarms = alarms
        try await database.write { tx in
            try claim(tx)
            _ = try alarms.photoArrived(sha256, in: tx)
        }
        return isNew
    }

    private func storePhoto(_ sha256: String, _ bytes: [UInt8], _ terminal: GateTerminal) async throws -> Bool {
        let known = try await photos.photo(sha256) != nil
        if known { return false }
        do {
            _ = try await photos.receive(bytes, expectedSHA256: sha256, organisation: terminal.org, clock: clock)
        } catch let failure as Failure where failure.kind == .invalid {
            throw Failure(.invalid, "40002", failure.message, fields: failure.fields.isEmpty ? [FieldFinding("body", "image", failure.message)] : failure.fields)
        }
        return true
    }
}

extension GateSupervision {
    /// A token was given to a gate system; kept in the audit.
    package func noteToken(for terminal: GateTerminal, claim: @escaping @Sendable (any Transaction) throws -> Void) async throws {
        let principal = terminal.principal(registry.snapshot)
        let audit = audit
        try await database.write { tx in
            try claim(tx)
            try audit.record(AuditEntry("login", "gateToken", terminal.enterpriseCode, "门禁系统取得访问令牌"), by: principal, in: tx)
        }
    }
}
