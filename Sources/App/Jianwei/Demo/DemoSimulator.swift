import AsyncHTTPClient
import Identity
import Kernel
import Logging
import Media
import MobileSources
import ServiceLifecycle
import Storage

/// Lets the demonstration city live: its gate systems speak to the platform over HTTP with real signatures, at a pass or two a second, with the faults that real gates have; once, a warning
/// starts two minutes after the start, is raised and ends.
struct DemoSimulator: Service {
    private let plan: DemoPlan
    private let baseURL: String
    private let folder: String
    private let gates: GateSupervision
    private let logger: Logger
    /// Passes a second over the whole city.
    private let rate: Double

    /// - Parameters:
    ///   - baseURL: where the platform listens, such as `http://127.0.0.1:8080`.
    ///   - folder: the same as `DemoCity.install` was given.
    init(seed: UInt64 = 20_261_121, baseURL: String, folder: String, gates: GateSupervision, rate: Double = DemoPictures.areQuick ? 1.3 : 0.2, logger: Logger) {
        plan = DemoPlan(seed: seed)
        self.baseURL = baseURL
        self.folder = folder
        self.gates = gates
        self.rate = rate
        self.logger = logger
    }

    func run() async throws {
        var configuration = HTTPClient.Configuration()
        // Every enterprise waits for changes all the time and speaks beside it.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4 * plan.enterprises.count
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let systems = try await systems(client)
            await cancelWhenGracefulShutdown { await live(systems) }
        } catch {
            if !Task.isCancelled, !Task.isShuttingDownGracefully { logger.error("demo simulator could not start", metadata: ["error": "\(error)"]) }
        }
        try? await client.shutdown()
        try? await gracefulShutdown()
    }

    // MARK: Gate systems

    private func systems(_ client: HTTPClient) async throws -> [DemoGateSystem] {
        let keys = try await DemoKeys.open(folder: folder, count: plan.units.count)
        let known = try await gates.database.read { reader in
            let numbers = try reader.rows("SELECT name, accreditation_no FROM maintenance_unit WHERE deleted_at IS NULL").map { ($0[0].text ?? "", $0[1].text ?? "") }
            let serials = try reader.rows("SELECT org, gate_no, last_serial FROM gate_state").map { ($0[0].int ?? 0, $0[1].text ?? "", $0[2].int ?? 0) }
            return (numbers, serials)
        }
        let numbers = Dictionary(known.0, uniquingKeysWith: { first, _ in first })
        let snapshot = gates.registry.snapshot
        let threads = PictureThreads(threads: 1, waiting: 64, isBackground: true)
        return plan.enterprises.compactMap { place in
            guard let org = snapshot.orgByCode[place.code], let number = numbers[plan.units[place.unit]] else { return nil }
            let serials = Dictionary(known.1.filter { $0.0 == org }.map { ($0.1, $0.2) }, uniquingKeysWith: max)
            let link = DemoGateLink(client: client, baseURL: baseURL, accreditationNo: number, enterpriseCode: place.code, key: keys.key(ofUnit: place.unit))
            return DemoGateSystem(place: place, link: link, serials: serials, threads: threads, seed: plan.seed, logger: logger)
        }
    }

    private func live(_ systems: [DemoGateSystem]) async {
        guard !systems.isEmpty else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.drive(systems) }
            group.addTask { await self.trouble(systems) }
            group.addTask { await self.warn() }
            for (index, system) in systems.enumerated() {
                group.addTask {
                    // Spread over the minute, so that sixty gates do not speak at once.
                    await rest(milliseconds: 300 + index * 60_000 / systems.count)
                    while !Task.isCancelled {
                        await system.beat()
                        await rest(milliseconds: 60_000)
                    }
                }
                group.addTask {
                    await rest(milliseconds: 1_000 + index * 200)
                    while !Task.isCancelled { await system.follow() }
                }
            }
        }
    }

    // MARK: Traffic

    private func drive(_ systems: [DemoGateSystem]) async {
        let traffic = DemoTraffic(plan: plan)
        var random = DemoRandom(plan.seed ^ UInt64(bitPattern: Clock.system.now.milliseconds / 60_000), stream: 41)
        let weights = systems.map(\.place.trade.weight)
        await rest(milliseconds: 1_500)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let system = systems[random.weighted(weights)]
                let level = gates.registry.snapshot.level(county: system.place.county.code, at: Clock.system.now)
                if random.chance(DemoTraffic.share(system.place, level)) {
                    var visit = traffic.visit(to: system.place, level: level, &random)
                    let mischief = DemoFaults.draw(&random)
                    // Now and then a listed vehicle comes and is let in by hand.
                    if mischief == .liftedByHand, let listed = plan.listed.dropLast(3).randomElement(using: &random) { visit.vehicle = plan.vehicles[listed] }
                    let arrival = visit
                    group.addTask { await system.pass(arrival, mischief) }
                }
                await rest(milliseconds: Int(random.number(0.3...1.7) * 1000 / rate))
            }
        }
    }

    // MARK: Faults

    /// A line that is cut for four minutes, a camera that breaks for three; then again elsewhere.
    private func trouble(_ systems: [DemoGateSystem]) async {
        var random = DemoRandom(plan.seed, stream: 42)
        await rest(milliseconds: 60_000)
        while !Task.isCancelled {
            let cut = random.pick(systems)
            let broken = random.pick(systems)
            await cut.goSilent()
            logger.info("demo: line cut for four minutes", metadata: ["enterprise": "\(cut.place.shortName)"])
            await rest(milliseconds: 30_000)
            await broken.breakPart(random.pick(["camera", "reader", "barrier"]), seconds: 180)
            await rest(milliseconds: 210_000)
            await cut.comeBack()
            await rest(milliseconds: 480_000)
        }
    }

    private func warn() async {
        let counties = Array(plan.counties.map(\.code).prefix(5))
        let desk = Principal.system("演示预警")
        guard gates.registry.snapshot.warnings.allSatisfy({ $0.to.map { $0 < Clock.system.now } ?? false }) else { return }
        await rest(milliseconds: 120_000)
        guard !Task.isCancelled else { return }
        await attempt("yellow") { _ = try await gates.warnings.start(.yellow, counties: counties, basis: "市重污染天气应急指挥部第 4 号通知（演示）", by: desk) }
        await rest(milliseconds: 150_000)
        guard !Task.isCancelled else { return }
        await attempt("red") { _ = try await gates.warnings.start(.red, counties: counties, basis: "预警升级为红色（演示）", by: desk) }
        await rest(milliseconds: 360_000)
        await attempt("end") {
            _ = try await gates.warnings.end(.red, counties: counties, basis: "空气质量好转，解除预警（演示）", by: desk)
            _ = try await gates.warnings.end(.yellow, counties: counties, basis: "空气质量好转，解除预警（演示）", by: desk)
        }
    }

    private func attempt(_ what: String, _ act: () async throws -> Void) async {
        do { try await act() } catch { logger.notice("demo warning not changed", metadata: ["step": "\(what)", "error": "\(error)"]) }
    }
}

/// Returns early when cancelled.
private func rest(milliseconds: Int) async { try? await Task.sleep(for: .milliseconds(milliseconds)) }
