import Alarms
import ArgumentParser
import DataServices
import Exchange
import Features
import Foundation
import GateOffice
import HJ1321
import Hummingbird
import Identity
import Kernel
import Ledgers
import Logging
import Logs
import Maps
import Media
import Messages
import MobileSources
import NIOCore
import Points
import Reports
import Schedules
import Search
import Security
import ServiceLifecycle
import Storage
import StoragePostgres
import StorageS3
import UnixSignals
import Video
import VideoSurveillance
import Web
import Workflows

/// `jianwei serve --data DIR --listen 127.0.0.1:8080`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve a data directory, created when absent.")

    @Option(help: "The data directory.") var data = "data"
    @Option(help: "A file with further options, NAME = VALUE a line; what is typed wins.") var configuration: String?
    @Option(help: "postgres://user@host/name instead of the embedded database; the directory remembers it.") var database: String?
    @Option(help: "A directory that all nodes see, for keys and files; the directory remembers it.") var shared: String?
    @Option(help: "s3://KEY:SECRET@host/bucket for photos and files; the directory remembers it.") var blobs: String?
    @Option(help: "postgres://… of one standby that answers lists, statistics and exports; empty for none; the directory remembers it.") var replica: String?
    @Option(help: "Seconds between being asked to stop, when /readyz turns to 503, and stopping.") var drain = 0
    @Flag(help: "Do not keep a copy of the database before a newer program's migrations are applied.") var withoutUpgradeBackup = false
    @Option(help: "Address and port to listen on.") var listen = "127.0.0.1:8080"
    @Option(help: "Code of the city (GB/T 2260, such as 130100) whose authorities an empty directory is given; 石家庄 where nothing is said.") var city: String?
    @Flag(help: "Fill an empty directory with an invented city and let it live.") var demo = false
    @Option(help: "Address of a reverse proxy whose X-Forwarded-For is believed; may be repeated.") var trustedProxy: [String] = []
    @Flag(help: "Visitors come over TLS (ended by the proxy): cookies are Secure, HSTS is sent.") var secure = false
    @Option(help: "A host to which boards may link, such as www.example.gov.cn; may be repeated.") var linkHost: [String] = []
    @Option(help: "PEM file of the server's certificate with its chain: visitors come over TLS 1.2 or 1.3; changed files are taken up in seconds.") var tlsCertificate: String?
    @Option(help: "PEM file of its private key.") var tlsKey: String?
    @Option(help: "PEM file of the authorities that issue people's certificates: visitors may show one to sign in.") var clientCa: String?
    @Option(help: "The address under which other applications reach the site, such as https://jianwei.example.") var publicAddress = ""
    @Option(help: "Where to report a weakness, mailto:… or https://…; served as security.txt.") var securityContact = ""
    @Option(help: "Address and port where logs of other machines are taken over UDP (syslog), such as 0.0.0.0:514.") var syslogUdp: String?
    @Option(help: "The same over TCP.") var syslogTcp: String?
    @Option(help: "The same over TLS, with --tls-certificate and --tls-key.") var syslogTls: String?
    @Option(help: "Requests a second that one address, and one account, may send.") var requestsPerSecond = 100.0
    @Option(help: "trace, debug, info, notice, warning, error.") var logLevel = "info"

    func run() async throws {
        var logger = Logger(label: "jianwei")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        let address = try ListenAddress(listen)
        let doors = try LogDoors(udp: syslogUdp, tcp: syslogTcp, tls: syslogTls)
        guard (tlsCertificate == nil) == (tlsKey == nil) else { throw ValidationError("--tls-certificate and --tls-key go together") }
        guard clientCa == nil || tlsCertificate != nil else { throw ValidationError("--client-ca needs --tls-certificate and --tls-key") }
        var tls: TLSFiles?
        if let tlsCertificate, let tlsKey { tls = try TLSFiles(certificate: tlsCertificate, key: tlsKey, clientCA: clientCa) }
        let lock = try DirectoryLock(data)
        let started = Clock.system.now
        guard let first = city.map({ FirstCity($0) }) ?? .shijiazhuang else { throw ValidationError("--city wants the code of a known city such as 130100, not “\(city ?? "")”") }
        if demo, city != nil { throw ValidationError("the invented city of --demo is 石家庄; leave --city out") }
        let placement = try Placement.resolve(data, database: database, shared: shared, blobs: blobs, replica: replica)
        let installation = try await Installation.open(data, placement: placement, city: first, logger: logger, keepsBeforeUpgrade: !withoutUpgradeBackup)
        if city == nil, !demo, !installation.credentials.isEmpty {
            logger.notice("authorities of 石家庄市 (130100) were made; --city names another for an empty directory")
        }
        try await RestoreNote.settle(installation)
        let demonstration = demo ? DemoStage(installation: installation, address: address, logger: logger) : nil
        let credentials = try await demonstration?.install() ?? []
        let server = try Server(
            installation: installation, address: address, trustedProxies: Set(trustedProxy), isSecure: secure || tls != nil, publicAddress: publicAddress, linkHosts: linkHost,
            securityContact: securityContact,
            requestsPerSecond: requestsPerSecond, drain: Drain(seconds: max(0, drain)), tls: tls, asksCertificates: clientCa != nil,
            logger: logger,
            extraServices: (demonstration.map { [$0.simulator, $0.points] as [any Service] } ?? []) + doors.services(installation, tls: tls, logger: logger))
        try lock.publish(port: address.port, host: address.host, isSecure: tls != nil)
        Serve.greet(installation, address, scheme: tls == nil ? "http" : "https", seconds: Clock.system.now.seconds(since: started))
        DemoStage.greet(credentials)
        IdleMemory.release()
        try await server.run()
        try await installation.gates.passes.settle()
        try await installation.platform.logs.settle()
        await installation.database.close()
        lock.release()
    }

    /// What the operator sees: the address and, once, the first passwords.
    static func greet(_ installation: Installation, _ address: ListenAddress, scheme: String, seconds: Double) {
        print("见微 Jianwei 已就绪（用时 \(Figure.decimal(seconds, digits: 2)) 秒）：\(scheme)://\(address.host):\(address.port)")
        print("数据目录：\(URL(fileURLWithPath: installation.directory).path)")
        if !installation.credentials.isEmpty {
            print("首次启动，一次性密码（登录后必须修改，只显示这一次）：")
            for credential in installation.credentials { print("  \(credential.name)  用户名 \(credential.login)  密码 \(credential.oneTimePassword)") }
        }
        fflush(nil)
    }
}

struct ListenAddress: Sendable {
    var host: String
    var port: Int

    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) else {
            throw ValidationError("--listen wants ADDRESS:PORT, not “\(text)”")
        }
        host = String(text[..<colon])
        self.port = port
    }
}

/// The server: web, gate interface, background services.
struct Server: Sendable {
    private let application: any ApplicationProtocol
    private let farewell: Farewell
    private let logger: Logger

    init(
        installation: Installation, address: ListenAddress, trustedProxies: Set<String> = [], isSecure: Bool = false, publicAddress: String = "", linkHosts: [String] = [],
        securityContact: String = "",
        requestsPerSecond: Double = 100, drain: Drain = Drain(seconds: 0), tls: TLSFiles? = nil, asksCertificates: Bool = false,
        logger: Logger, extraServices: [any Service] = []
    ) throws {
        let platform = installation.platform
        var settings = WebSettings()
        settings.systemName = "重点行业移动源门禁监管平台"
        settings.trustedProxies = trustedProxies
        settings.linkHosts = linkHosts
        settings.isSecure = isSecure
        settings.publicAddress = publicAddress
        settings.securityContact = securityContact
        settings.asksCertificates = asksCertificates
        settings.quietPrefixes += DataServicePages.quietPrefixes
        settings.searchPath = SearchPages.path
        settings.measured = { [meter = platform.services.meter] method, here, status, milliseconds in
            // Refusals are answered before anything is done.
            guard status < 400 || status >= 500, let kind = ServiceKind.of(method: method, here) else { return }
            meter.note(kind.rawValue, milliseconds: milliseconds)
        }
        settings.ratePerSecond = requestsPerSecond
        settings.rateBurst = requestsPerSecond * 4
        let home = HomeDirectory.find()
        let assets = try AssetStore.load(home: home)
        if !assets.missing.isEmpty { logger.warning("web assets are missing; run scripts/assets", metadata: ["missing": "\(assets.missing.joined(separator: ", "))"]) }
        let database = platform.database
        let readiness = Readiness(database: database, drain: drain, clock: platform.clock)
        let site = Site(
            settings: settings, menu: MenuPlan.arranged(installation.features.menu() + AlarmPages.menu), assets: assets, sessions: IdentitySessions(platform.identity),
            hub: platform.live,
            clock: platform.clock,
            readiness: { readiness.faults }, peerCertificate: Connections.peerCertificate, uploads: UploadGuard(platform: platform))
        let alarmPages = AlarmPages(
            engine: platform.alarms, database: platform.database, photos: platform.photos,
            settings: AlarmPages.Settings(
                factTitles: PointAlarms.factTitles + VideoSurveillance.factTitles,
                sourcePath: {
                    $0.kind == GatePassEvent.ledger.name
                        ? "/passes/\($0.id)"
                        : $0.kind == PointAlarms.source
                            ? "/points/\($0.id)"
                            : $0.kind == VideoSurveillance.alarmSource
                                ? "/cameras/\($0.id)" : $0.kind == "alarm" ? "/alarms/\($0.id)" : $0.kind.hasPrefix("ledger:") ? "/ledgers/\($0.kind.dropFirst(7))/\($0.id)" : nil
                },
                actions: ReconsiderationPages.actions, workFolder: installation.directory + "/work", messages: platform.messages
            ))
        try FileManager.default.createDirectory(atPath: installation.directory + "/work", withIntermediateDirectories: true)
        let maps = try MapRoutes(dataDirectory: installation.directory, otherwise: MobileSources.countySketch)
        let table = RouteTable()
        let router = WebRouter.make(site: site, table: table) { routes in
            maps.add(to: routes)
            installation.features.register(on: routes, platform: platform, others: Installation.permissions)
            alarmPages.add(to: routes)
        }
        guard table.faults.isEmpty else { throw Failure(.unexpected, "JW-A001", "声明有误：" + table.faults.joined(separator: "；")) }
        let gateway = GateGateway(
            backend: GateDesk(gates: installation.gates), clients: installation.clients, platformKeys: installation.platformKeys, clock: platform.clock, logger: logger)
        let figures = MetricsDoor(metrics: Metrics(), database: database, blobs: platform.blobs, clock: platform.clock)
        let door = FrontDoor(
            trustedProxies: trustedProxies, gates: gateway, site: router.buildResponder(),
            administration: AdminDoor(key: try AdminKey.readOrMake(installation.directory), desk: AdminDesk(installation: installation)),
            figures: figures, blocks: platform.identity.blocks)
        var quiet = logger
        quiet[metadataKey: "part"] = "http"
        var configuration = ApplicationConfiguration(address: .hostname(address.host, port: address.port), serverName: nil)
        configuration.backlog = 1024
        let lane = GateLane.Setup(gates: gateway, trustedProxies: trustedProxies, metrics: figures.metrics, clock: platform.clock, blocks: platform.identity.blocks)
        var app = Application(responder: door, server: Connections.builder(tls, lane), configuration: configuration, logger: quiet)
        for service in Server.services(installation, contact: Server.contact(settings)) + extraServices + [readiness] { app.addServices(service) }
        if let tls { app.addServices(Running { await tls.watch(logger) }) }
        application = app
        farewell = Farewell(live: platform.live, gates: installation.gates, video: installation.video, drain: drain)
        self.logger = logger
    }

    /// Until SIGTERM or SIGINT. A service group stops its last service first: what waits is told before the server begins to wait for it.
    func run() async throws {
        let group = ServiceGroup(services: [application, farewell], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }

    /// Whom a push service asks about what the platform sends (RFC 8292).
    private static func contact(_ settings: WebSettings) -> String {
        let known = [settings.securityContact, settings.publicAddress].first { $0.hasPrefix("mailto:") || $0.hasPrefix("https://") }
        return known ?? "mailto:postmaster@localhost"
    }

    private static func services(_ installation: Installation, contact: String) -> [any Service] {
        let platform = installation.platform
        let leadership = Leadership(node: installation.node, on: platform.database, clock: platform.clock)
        let jobs = Server.jobs(installation) + platform.workflows.jobs() + platform.reports.jobs() + platform.messages.jobs() + installation.features.jobs(on: platform)
        let scheduler = Scheduler(jobs, on: platform.database, leadership: leadership, clock: platform.clock, logger: platform.logger)
        platform.jobs.declare(jobs)
        let beat = NodeBeat(platform.nodes, node: installation.node, version: Jianwei.configuration.version, logger: platform.logger)
        let worker = OutboxWorker(
            platform.outbox, on: platform.database, handlers: platform.messages.handlers,
            clock: platform.clock, logger: platform.logger)
        let logger = platform.logger
        let hashing = PhotoHashing(photos: platform.photos, clock: platform.clock) { error in logger.warning("photo hashing failed", metadata: ["error": "\(error)"]) }
        let live = platform.live
        let outbound = OutboundClient(identity: platform.identity)
        platform.identity.external.use { url, headers, form in try await outbound.call(url, headers, form) }
        platform.messages.use { url, headers, body in try await outbound.call(url, headers, body) }
        platform.messages.use(push: PushWay(contact: contact) { url, headers, body in try await outbound.send(url, headers, body) })
        platform.identity.logoutNotices.use { url, headers, form in try await outbound.call(url, headers, form) }
        installation.video.use(CameraDoor.ask)
        let channels = (try? MessageWays.channels(installation.directory)) ?? []
        let codes: [any Service] =
            CodeMessages(platform.identity.codeSignIn, channels: channels, clock: platform.clock, logger: logger).map { codes in [Running { await codes.run() }] } ?? []
        let searching = Leadership("search", node: installation.node, on: platform.database, clock: platform.clock)
        let search = Running {
            do {
                try await platform.search.run(searching) { error in logger.warning("the search index could not follow", metadata: ["error": "\(error)"]) }
            } catch is CancellationError {}
            try await searching.release()
        }
        return codes + [
            beat, platform.tasks, scheduler, search, worker, Running { try await hashing.run() }, Running { await live.run() }, SlowStatementService(installation: installation),
            ServiceLevels(installation: installation), Running { await IdleMemory().run() }, Running { await installation.video.run(on: platform) },
        ]
            + installation.features.features.flatMap { $0.services(platform) } + signals(installation) + thinning(installation)
    }

    /// Each node keeps its own copies of what is in the S3 service.
    private static func thinning(_ installation: Installation) -> [any Service] {
        guard let store = installation.platform.blobs as? S3Blobs else { return [] }
        let logger = installation.logger
        return [
            Running {
                while !Task.isCancelled {
                    do {
                        let (bytes, removed) = try await store.thin()
                        if removed > 0 { logger.info("local copies thinned", metadata: ["removed": "\(removed)", "megabytes": "\(bytes >> 20)"]) }
                    } catch {
                        if !Task.isCancelled { logger.warning("local copies could not be thinned", metadata: ["error": "\(error)"]) }
                    }
                    try? await Task.sleep(for: .seconds(300))
                }
            }
        ]
    }

    private static func signals(_ installation: Installation) -> [any Service] {
        guard let database = installation.database as? PostgresDatabase else { return [] }
        return [NodeSignals(database: database, platform: installation.platform, gates: installation.gates, clients: installation.clients, logger: installation.logger)]
    }

    private static func jobs(_ installation: Installation) -> [JobDeclaration] {
        let platform = installation.platform
        let clients = installation.clients
        return [
            JobDeclaration("partitions", "按月分区的新建与撤除", every: 21_600) { [logger = platform.logger] _ in
                let done = try await MonthPartitions(installation.tables).maintain(on: platform.database, at: platform.clock.now)
                if !done.isEmpty { logger.notice("partitions", metadata: ["done": "\(done.joined(separator: ", "))"]) }
            },
            JobDeclaration("sessionSweep", "清理过期会话", dailyAt: 200) { _ in _ = try await platform.identity.sessions.sweep() },
            JobDeclaration("dataCallSweep", "清理数据服务访问日志", dailyAt: 210) { context in context.note("清理 \(try await platform.dataServices.forget()) 条") },
            JobDeclaration("clientRefresh", "刷新授权与密钥", every: 5) { _ in _ = try await clients.directory.refreshIfChanged(from: platform.database) },
        ]
    }
}

/// A closure as a service of the group; ends with the group.
struct Running: Service {
    let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) { self.body = body }

    func run() async throws {
        // Being told to stop is no failure.
        do { try await cancelWhenGracefulShutdown { try await body() } } catch is CancellationError {}
    }
}

/// Ends what waits for something to happen (live pages, long polls) when the server is asked to stop, so that stopping takes moments.
struct Farewell: Service {
    let live: LiveHub
    let gates: GateSupervision
    let video: VideoSurveillance
    let drain: Drain

    func run() async throws {
        try? await gracefulShutdown()
        drain.leave()
        // Balancers ask every few seconds; until they know, requests are answered as always.
        if drain.seconds > 0 { try? await Task.sleep(for: .seconds(drain.seconds)) }
        live.close()
        gates.signal.close()
        video.streams.close()
    }
}
