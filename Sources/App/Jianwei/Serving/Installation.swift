import Alarms
import Cryptography
import Duty
import Exchange
import Features
import Foundation
import GateOffice
import GridSupervision
import Identity
import Kernel
import Ledgers
import Logging
import Media
import Messages
import MobileSources
import Operations
import ParkSafety
import Reports
import RoadChiefs
import Schedules
import Schema
import Security
import Sensing
import Storage
import StoragePostgres
import StorageS3
import StorageSQLite
import TransportEnforcement
import VideoSurveillance
import Web
import Workflows

/// One data directory with everything that runs on it, put together. Used by the server and by commands that work without one.
struct Installation: Sendable {
    let directory: String
    let platform: Platform
    let features: FeatureSet
    let clients: SignedClients
    let platformKeys: PlatformKeys
    let gates: GateSupervision
    let video: VideoSurveillance
    let database: any Database
    let placement: Placement
    /// This node among those on the same database.
    let node: String
    /// Statements of this process that took long.
    let slow: SlowStatements
    let logger: Logger
    /// One-time passwords of the first start; empty later.
    let credentials: [FirstCredential]

    /// Everything this program consists of: what it serves, and what a new migration is written from.
    static func features(_ mobileSources: MobileSources, _ video: VideoSurveillance) -> FeatureSet {
        FeatureSet([
            mobileSources.feature, GateOffice(mobileSources).feature, Operations.feature, ParkSafety.feature, Security.feature, GridSupervision.feature, RoadChiefs.feature,
            TransportEnforcement.feature, Sensing.feature, video.feature,
        ])
    }

    /// Opens a directory, created when absent: keys, database, migrations, first users, registry.
    ///
    /// - Throws: `Failure` when a declaration is faulty (all faults together), a migration is pending review, or the directory cannot be used.
    ///
    /// - Parameter city: whose authorities an empty directory is given; later it says nothing.
    static func open(
        _ directory: String, placement given: Placement? = nil, city: FirstCity? = .shijiazhuang, logger: Logger, clock: Clock = .system,
        databaseOptions: SQLiteDatabase.Options = SQLiteDatabase.Options(), keepsBeforeUpgrade: Bool = false
    ) async throws -> Installation {
        let placement = try given ?? Placement.resolve(directory)
        let shared = placement.shared ?? directory
        for folder in [directory, shared, shared + "/keys"] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        let keys = try KeyRing(directory: shared + "/keys")
        let node = node(directory)
        let slow = SlowStatements()
        let database = try openDatabase(directory, placement, node: node, slow, databaseOptions)
        let blobs = try await openBlobs(directory, placement)
        let photos = PhotoStore(database: database, blobs: blobs, thumbnailFolder: directory + "/thumbnails", threads: PictureThreads(threads: 2, waiting: 256))
        let clients = SignedClients(keys: keys)
        let mobileSources = MobileSources(clients: clients)
        let video = VideoSurveillance(logger: logger)
        let features = features(mobileSources, video)
        let faults = features.check()
        guard faults.isEmpty else { throw Failure(.unexpected, "JW-A001", "声明有误：" + faults.joined(separator: "；")) }

        let declared = Installation.tables(features)
        if keepsBeforeUpgrade {
            let pending = try await Migrator(Migrations.all).pending(on: database)
            let kept = try await UpgradeBackup.make(pending, of: Migrations.all.count, database: database, placement: placement, directory: directory, now: clock.now)
            if let kept { logger.notice("kept as it was before the upgrade", metadata: ["folder": "\(kept)"]) }
        }
        let applied = try await Migrator(Migrations.all).run(on: database, expecting: declared)
        if !applied.isEmpty { logger.info("database migrated", metadata: ["migrations": "\(applied.joined(separator: ", "))"]) }

        let dictionaries = Dictionaries(features.dictionaries)
        let identity = IdentityEngine(database: database, clock: clock, keys: keys)
        let live = LiveHub(clock: clock)
        let ledgers = LedgerEngine(database: database, declarations: features.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: clock)
        let outbox = Outbox(clock: clock)
        let messages = PlatformMessages.engine(
            channels: try MessageWays.channels(directory), database: database, outbox: outbox, hub: live, keys: keys, clock: clock, audit: identity.audit)
        let alarms = AlarmEngine(kinds: features.alarmKinds, audit: identity.audit, hub: live, clock: clock) { try PlatformMessages.tell($0, through: messages, in: $1) }
        let tasks = LongTasks(on: database, node: node, clock: clock, logger: logger)
        var platform = Platform(
            database: database, clock: clock, keys: keys, blobs: blobs, photos: photos, audit: identity.audit, identity: identity, dictionaries: dictionaries, ledgers: ledgers,
            alarms: alarms, live: live,
            tasks: tasks, outbox: outbox, logger: logger, workflows: features.workflows, messages: messages)
        var backups = BackupBook(database: database, works: BackupChild.works(directory), audit: identity.audit, clock: clock, node: node)
        backups.onFailure = { title, tx in
            let signal = AlarmSignal(
                kind: "backupFailed", org: nil, area: nil, subject: node, occurredAt: clock.now, title: title, reasons: [AlarmReason("backupFailed", title)])
            _ = try alarms.raise(signal, by: .system("备份监测"), in: tx)
        }
        platform.backups = backups

        try await ledgers.load()
        guard let city else { throw Failure(.unexpected, "JW-A002", "没有可用的城市行政区划") }
        let credentials = try await identity.firstStart(
            province: city.province, city: city.city, counties: city.counties,
            permissions: Installation.permissions + features.permissions(runtime: ledgers.declarations.filter(\.isRuntime)))
        try await features.syncRoles(on: platform)
        for feature in features.features { try feature.prepare(platform) }
        try await platform.workflows.load()
        try await platform.messages.load()
        try await platform.reports.load()
        try await platform.alarms.book.open(database, clock: clock)
        try await platform.expiries.open()
        try await platform.duty.seed()
        let gates = mobileSources.gates(on: platform)
        try await gates.start()
        try await clients.load(from: database, clock: clock)
        return Installation(
            directory: directory, platform: platform, features: features, clients: clients, platformKeys: try PlatformKeys(directory: shared + "/keys", keys: keys),
            gates: gates, video: video, database: database, placement: placement, node: node, slow: slow,
            logger: logger, credentials: credentials)
    }

    /// The same after a restart, another for each directory and machine.
    private static func node(_ directory: String) -> String { ProcessInfo.processInfo.hostName + ":" + URL(fileURLWithPath: directory).standardizedFileURL.path }

    /// With S3 the directory's own `blobs` is a cache of this node.
    private static func openBlobs(_ directory: String, _ placement: Placement) async throws -> any BlobStore {
        guard let account = try placement.account() else { return try LocalBlobs(root: (placement.shared ?? directory) + "/blobs") }
        let store = S3Blobs(account, cache: try LocalBlobs(root: directory + "/blobs"))
        try await store.prepare()
        return store
    }

    private static func openDatabase(_ directory: String, _ placement: Placement, node: String, _ slow: SlowStatements, _ options: SQLiteDatabase.Options) throws -> any Database {
        var embedded = options
        embedded.slow = slow
        guard let address = placement.database else { return try SQLiteDatabase(path: directory + "/jianwei.sqlite", options: embedded) }
        var options = PostgresDatabase.Options()
        // Shown by PostgreSQL, which keeps 63 bytes of it.
        options.node = String(node.suffix(60))
        options.replica = placement.replica
        options.slow = slow
        return try PostgresDatabase(address: address, options: options)
    }

    /// Every declared table.
    var tables: [Table] { Installation.tables(features) }

    static func tables(_ features: FeatureSet) -> [Table] {
        let ledgers = features.ledgers.compactMap(\.table) + LedgerTables.all
        return IdentityTables.all + ScheduleTables.tables + PhotoStore.tables + AlarmTables.all + ledgers + features.tables
    }

    /// Beyond those of the features.
    static let permissions = PermissionDeclaration.identity + AlarmPermission.all
}
