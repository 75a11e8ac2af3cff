import Kernel
import Logging
import ServiceLifecycle

/// Says every ten seconds that this node is there, and at the end that it goes.
package struct NodeBeat: Service {
    private let book: NodeBook
    private let node: String
    private let version: String
    private let waker: Waker
    private let logger: Logger

    package init(_ book: NodeBook, node: String, version: String, waker: Waker = .system, logger: Logger) {
        self.book = book
        self.node = node
        self.version = version
        self.waker = waker
        self.logger = logger
    }

    package func run() async throws {
        await attempt { try await book.begin(node, version: version) }
        await cancelWhenGracefulShutdown {
            repeat { await attempt { try await book.beat(node) } } while (try? await waker.sleep(for: .seconds(10))) != nil
        }
        await attempt { try await book.end(node) }
    }

    /// A database that is away for a while ends nothing: the next word is said when it is back.
    private func attempt(_ say: () async throws -> Void) async {
        do { try await say() } catch { logger.warning("the node could not say that it is there", metadata: ["error": "\(error)"]) }
    }
}
