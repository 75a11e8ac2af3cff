import CLibpq
import Foundation
import Kernel
import Storage

/// Hears what other nodes signal: a thread with a connection that LISTENs, and a cursor over the kept signals, so that a lost notification or connection loses nothing.
///
/// `@unchecked`: `condition` guards `isStopping` and `hasEnded`; the rest belongs to the thread.
final class PostgresListener: @unchecked Sendable {
    private let open: @Sendable () throws -> PostgresConnection
    private let hear: @Sendable (Signal) -> Void
    private let condition = NSCondition()
    private var isStopping = false
    private var hasEnded = false
    private var cursor: Int64?

    init(open: @escaping @Sendable () throws -> PostgresConnection, hear: @escaping @Sendable (Signal) -> Void) {
        self.open = open
        self.hear = hear
    }

    func start() {
        let thread = Thread { [self] in
            while !isEnding {
                do {
                    try listen()
                } catch {
                    pause(1)
                }
            }
            condition.withLock {
                hasEnded = true
                condition.broadcast()
            }
        }
        thread.name = "jianwei.postgres.listener"
        thread.start()
    }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
        }
    }

    private var isEnding: Bool { condition.withLock { isStopping } }

    private func pause(_ seconds: Double) {
        condition.withLock { if !isStopping { _ = condition.wait(until: Date(timeIntervalSinceNow: seconds)) } }
    }

    /// Returns only when stopping; throws when the connection is lost.
    private func listen() throws {
        let connection = try open()
        try connection.command("LISTEN \(SignalTable.channel)")
        if let cursor {
            // Away for longer than signals are kept: everything may have changed.
            if try !SignalTable.stillHas(after: cursor, on: connection) {
                self.cursor = try SignalTable.last(on: connection)
                hear(Signal(topic: Signal.everything, body: ""))
            }
        } else {
            cursor = try SignalTable.last(on: connection)
        }
        var rounds = 0
        while !isEnding {
            try readOn(connection)
            rounds += 1
            if rounds % 600 == 1 { try connection.command(SignalTable.trimming) }
            try connection.awaitNotification(milliseconds: 500)
        }
    }

    private func readOn(_ connection: PostgresConnection) throws {
        while true {
            let (signals, last) = try SignalTable.after(cursor ?? 0, on: connection)
            for signal in signals { hear(signal) }
            guard last != cursor else { return }
            cursor = last
        }
    }
}

extension PostgresConnection {
    /// Returns at the first notification or when the time has passed, whichever is first; the caller reads the table either way.
    func awaitNotification(milliseconds: Int32) throws {
        guard takeNotifications() == 0 else { return }
        var waited = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&waited, 1, milliseconds) > 0 else { return }
        try consume()
        _ = takeNotifications()
    }
}
