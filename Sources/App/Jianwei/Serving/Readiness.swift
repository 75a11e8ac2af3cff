import Kernel
import ServiceLifecycle
import Storage
import Synchronization

/// Whether this node can do its work, asked of the database every two seconds and answered from memory: a balancer's question never waits for a network that is cut.
final class Readiness: Service {
    private struct State {
        var answered: Moment
        var isWriting = true
    }

    /// Seconds without an answer after which the node is not ready.
    private static let patience = 5.0
    /// Seconds after which a write on a shared database is taken for one that waits for a standby, or for a primary on the other side of a cut.
    private static let longestWrite = 8.0

    private let database: any Database
    private let drain: Drain
    private let clock: Clock
    private let state: Mutex<State>

    init(database: any Database, drain: Drain, clock: Clock) {
        self.database = database
        self.drain = drain
        self.clock = clock
        state = Mutex(State(answered: clock.now))
    }

    /// What `/readyz` tells; empty when ready.
    var faults: [String] {
        if drain.isLeaving { return ["leaving"] }
        let (answered, isWriting) = state.withLock { ($0.answered, $0.isWriting) }
        if clock.now.seconds(since: answered) > Self.patience { return ["database"] }
        return isWriting ? [] : ["writer"]
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { [self] in
                while true {
                    await ask()
                    try await Task.sleep(for: .seconds(2))
                }
            }
        } catch is CancellationError {}
    }

    private func ask() async {
        // On one machine a long write, such as a large import, is no reason to send everybody away.
        let isWriting = database.dialect == .sqlite ? true : await (database.figures()["write_seconds"] ?? 0) < Self.longestWrite
        state.withLock { $0.isWriting = isWriting }
        do {
            _ = try await database.read(within: .seconds(2)) { try $0.value("SELECT 1") }
            let now = clock.now
            state.withLock { $0.answered = now }
        } catch {
            // Said by the age of the last answer.
        }
    }
}
