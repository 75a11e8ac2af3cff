import Kernel
import Logging
import ServiceLifecycle
import Storage

/// What is done with the messages of one topic. Must be idempotent: a message comes again when its success could not be written.
package struct OutboxHandler: Sendable {
    package let topic: String
    /// Messages taken at once.
    package var batch: Int
    /// Attempts after which a message is a dead letter; nil tries for ever.
    package var attempts: Int?
    /// Seconds of the first pause; each further one doubles, up to `longestPause`.
    package var firstPause: Int64 = 1
    package var longestPause: Int64 = 600
    /// Seconds that handled rows stay readable; 0 removes them at once, for topics with very many messages.
    package var keepDone: Int64 = 86_400
    /// Keys handled side by side; 1 for handlers of whole batches.
    let concurrency: Int
    let run: @Sendable ([OutboxMessage]) async throws -> Void

    /// Handles one message at a time; different keys side by side.
    package init(topic: String, attempts: Int? = 20, concurrency: Int = 4, each handle: @escaping @Sendable (OutboxMessage) async throws -> Void) {
        self.topic = topic
        self.attempts = attempts
        self.concurrency = max(1, concurrency)
        batch = 100
        run = { for message in $0 { try await handle(message) } }
    }

    /// Handles up to `size` messages together, in order of posting. When it throws, they come again one by one, so that one bad message holds up only its own key.
    package init(topic: String, attempts: Int? = 20, batchesOf size: Int, _ handle: @escaping @Sendable ([OutboxMessage]) async throws -> Void) {
        self.topic = topic
        self.attempts = attempts
        concurrency = 1
        batch = max(1, size)
        run = handle
    }

    /// Seconds to wait after this many failures, 1 or more.
    func pause(after failures: Int) -> Int64 { min(longestPause, firstPause << Int64(min(failures - 1, 30))) }
}

/// Delivers the outbox. One loop a topic, so that a slow topic never delays another; woken by commits, and once a second for what commits elsewhere or becomes due.
package struct OutboxWorker: Service {
    private let outbox: Outbox
    private let database: any Database
    private let handlers: [OutboxHandler]
    private let leadership: Leadership?
    private let clock: Clock
    private let waker: Waker
    private let logger: Logger

    /// - Parameter leadership: with more than one node, the lease whose holder delivers; nil delivers always.
    package init(
        _ outbox: Outbox, on database: any Database, handlers: [OutboxHandler], leadership: Leadership? = nil, clock: Clock = .system, waker: Waker = .system, logger: Logger
    ) {
        let topics = handlers.map(\.topic)
        precondition(Set(topics).count == topics.count, "two handlers for one outbox topic: \(topics)")
        self.outbox = outbox
        self.database = database
        self.handlers = handlers
        self.leadership = leadership
        self.clock = clock
        self.waker = waker
        self.logger = logger
    }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            for handler in handlers { group.addTask { await serve(handler) } }
            group.addTask { await cancelWhenGracefulShutdown { await tick() } }
        }
    }

    /// Handles everything that is due now, in all topics, then returns; what tests and the command line call.
    ///
    /// - Returns: how many messages were handled or failed.
    @discardableResult
    package func drain() async throws -> Int {
        var total = 0
        for handler in handlers {
            while case let count = try await step(handler), count > 0 { total += count }
        }
        return total
    }

    private func tick() async {
        var ticks = 0
        while (try? await waker.sleep(for: .seconds(1))) != nil {
            outbox.ringAll()
            ticks += 1
            if ticks % 60 == 0 { await prune() }
        }
    }

    private func serve(_ handler: OutboxHandler) async {
        let bell = outbox.bell(handler.topic)
        bell.ring()
        for await _ in bell.rings.cancelOnGracefulShutdown() {
            do {
                while try await step(handler) > 0, !Task.isCancelled, !Task.isShuttingDownGracefully {}
            } catch {
                logger.error("outbox topic \(handler.topic) could not be read or written", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Takes one batch and handles it.
    private func step(_ handler: OutboxHandler) async throws -> Int {
        if let leadership, !leadership.isLeader { return 0 }
        let now = clock.now
        let messages = try await database.read { reader in
            // A message waits behind an earlier one of its key that failed and is pausing.
            try reader.rows(
                """
                SELECT * FROM outbox o WHERE topic = \(handler.topic) AND done_at IS NULL AND dead_at IS NULL AND available_at <= \(now)
                AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.topic = \(handler.topic) AND e.key = o.key AND e.attempts > 0 AND e.done_at IS NULL AND e.dead_at IS NULL
                AND e.id < o.id AND e.available_at > \(now)) ORDER BY id LIMIT \(handler.batch)
                """
            ).map(OutboxMessage.init)
        }
        guard !messages.isEmpty else { return 0 }
        let outcomes = await handle(messages, with: handler)
        try await settle(outcomes, of: handler)
        return outcomes.count
    }

    /// - Returns: an outcome for each message that was tried; those behind a failure of their key are not tried.
    private func handle(_ messages: [OutboxMessage], with handler: OutboxHandler) async -> [OutboxOutcome] {
        if handler.concurrency == 1, messages.count > 1, messages.allSatisfy({ $0.attempts == 0 }) {
            do {
                try await handler.run(messages)
                return messages.map { OutboxOutcome(message: $0, error: nil) }
            } catch {
                logger.warning("outbox topic \(handler.topic): a batch failed and is tried one by one", metadata: ["error": "\(error)"])
            }
        }
        let chains = Dictionary(grouping: messages, by: \.key).values.sorted { ($0.first?.id ?? 0) < ($1.first?.id ?? 0) }
        return await withTaskGroup(of: [OutboxOutcome].self) { group in
            var outcomes: [OutboxOutcome] = []
            for (index, chain) in chains.enumerated() {
                if index >= handler.concurrency { outcomes += await group.next() ?? [] }
                group.addTask { await handle(chain: chain, with: handler) }
            }
            for await part in group { outcomes += part }
            return outcomes
        }
    }

    private func handle(chain: [OutboxMessage], with handler: OutboxHandler) async -> [OutboxOutcome] {
        var outcomes: [OutboxOutcome] = []
        for message in chain {
            do {
                try await handler.run([message])
                outcomes.append(OutboxOutcome(message: message, error: nil))
            } catch is CancellationError {
                return outcomes
            } catch {
                outcomes.append(OutboxOutcome(message: message, error: "\(error)"))
                return outcomes
            }
        }
        return outcomes
    }

    private func settle(_ outcomes: [OutboxOutcome], of handler: OutboxHandler) async throws {
        let now = clock.now
        let done = outcomes.filter { $0.error == nil }.map(\.message.id)
        let failed = outcomes.filter { $0.error != nil }
        try await database.write { tx in
            for start in stride(from: 0, to: done.count, by: 500) {
                let ids = Array(done[start..<min(start + 500, done.count)])
                if handler.keepDone > 0 {
                    try tx.execute("UPDATE outbox SET done_at = \(now) WHERE id IN (\(list: ids))")
                } else {
                    try tx.execute("DELETE FROM outbox WHERE id IN (\(list: ids))")
                }
            }
            for outcome in failed {
                let failures = outcome.message.attempts + 1
                let isDead = handler.attempts.map { failures >= $0 } ?? false
                let available = now.adding(seconds: handler.pause(after: failures))
                try tx.execute(
                    "UPDATE outbox SET attempts = \(failures), last_error = \(outcome.error.map { String($0.prefix(2000)) }), available_at = \(available), dead_at = \(isDead ? now : nil) WHERE id = \(outcome.message.id)"
                )
            }
        }
        for outcome in failed {
            logger.warning(
                "outbox message failed", metadata: ["topic": "\(handler.topic)", "key": "\(outcome.message.key)", "id": "\(outcome.message.id)", "error": "\(outcome.error ?? "")"])
        }
    }

    /// Removes handled rows that were kept long enough, a bounded number at a time.
    package func prune() async {
        let now = clock.now
        for handler in handlers where handler.keepDone > 0 {
            do {
                try await database.write { tx in
                    try tx.execute(
                        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at IS NOT NULL AND done_at < \(now.adding(seconds: -handler.keepDone)) AND topic = \(handler.topic) LIMIT 10000)"
                    )
                }
            } catch {
                logger.error("outbox could not be pruned", metadata: ["error": "\(error)"])
            }
        }
    }
}

private struct OutboxOutcome: Sendable {
    let message: OutboxMessage
    let error: String?
}
