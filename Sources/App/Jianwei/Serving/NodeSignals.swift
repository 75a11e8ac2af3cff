import Alarms
import Exchange
import Features
import Identity
import Kernel
import Ledgers
import Logging
import MobileSources
import ServiceLifecycle
import Storage
import StoragePostgres
import Synchronization

/// Follows what other nodes on the same database do: live events are shown at once, what is kept in memory is loaded anew, each kind at most ten times a second.
struct NodeSignals: Service {
    let database: PostgresDatabase
    let platform: Platform
    let gates: GateSupervision
    let clients: SignedClients
    let logger: Logger

    func run() async throws {
        // Being told to stop is no failure, whichever of the two loops hears it first.
        do { try await cancelWhenGracefulShutdown { try await follow() } } catch is CancellationError {}
    }

    private func follow() async throws {
        let stale = Stale()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await signal in database.signals() { hear(signal, stale) } }
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(100))
                    await reload(stale)
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func hear(_ signal: Signal, _ stale: Stale) {
        switch signal.topic {
        case PassFeed.signal: gates.feed.hear(signal.body)
        case AlarmNotice.signal: AlarmLive.hear(signal.body, platform.live)
        case ChangeSignal.topic: gates.signal.fire()
        case IdentityVersion.signal:
            platform.identity.version.bump()
            stale.add([PolicyBook.signal])
        case Signal.everything:
            platform.identity.version.bump()
            gates.signal.fire()
            stale.add([GateRegistry.signal, LedgerEngine.signal, ClientDirectory.signal, PolicyBook.signal, AlarmBook.signal, AddressBlocks.signal])
        default: stale.add([signal.topic])
        }
    }

    private func reload(_ stale: Stale) async {
        for topic in stale.take() {
            do {
                switch topic {
                case GateRegistry.signal: try await gates.registry.load(from: platform.database)
                case PolicyBook.signal: try await platform.database.read { [policies = platform.identity.policies] in try policies.load($0) }
                case AddressBlocks.signal: try await platform.database.read { [blocks = platform.identity.blocks] in try blocks.load($0) }
                case LedgerEngine.signal: try await platform.ledgers.reload()
                case AlarmBook.signal: try await platform.alarms.book.reload(platform.database, clock: platform.clock)
                case ClientDirectory.signal: try await clients.directory.refreshIfChanged(from: platform.database)
                default: logger.debug("a signal nobody knows", metadata: ["topic": "\(topic)"])
                }
            } catch {
                // Once more at the next round: what is in memory stays as it was until then.
                stale.add([topic])
                logger.warning("could not follow another node", metadata: ["topic": "\(topic)", "error": "\(error)"])
            }
        }
    }
}

/// What has to be loaded anew.
private final class Stale: Sendable {
    private let topics = Mutex<Set<String>>([])

    func add(_ names: [String]) { topics.withLock { $0.formUnion(names) } }

    func take() -> Set<String> {
        topics.withLock { topics in
            defer { topics = [] }
            return topics
        }
    }
}
