import Features
import Logging
import ServiceLifecycle
import Storage

/// Every few seconds takes what this node noted of slow statements into the log and the kept book, and follows the limit that operators set.
struct SlowStatementService: Service {
    private static let seconds = 5
    let installation: Installation

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await round()
                try? await Task.sleep(for: .seconds(Self.seconds))
            }
        }
    }

    private func round() async {
        let (slow, database, logger) = (installation.slow, installation.database, installation.logger)
        do {
            slow.milliseconds = try await database.read(within: .seconds(5)) { try OperationSettings.read($0).slowMilliseconds }
            let seen = slow.take()
            for one in seen {
                logger.notice(
                    "slow statement",
                    metadata: [
                        "ms": "\(Int(one.worstMilliseconds))", "runs": "\(one.runs)", "rows": "\(one.rows)", "statement": "\(one.text.prefix(500).replacing("\n", with: " "))",
                    ])
            }
            try await SlowStatementBook(database: database, clock: installation.platform.clock).keep(seen, node: installation.node)
        } catch {
            // The database is away; what was noted is in the log.
            logger.debug("slow statements could not be kept", metadata: ["error": "\(error)"])
        }
    }
}
