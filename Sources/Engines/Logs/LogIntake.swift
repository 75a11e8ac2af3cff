import Kernel
import Synchronization

/// One line as it arrived, not yet looked at.
package struct LogArrival: Sendable {
    package var address: String
    package var bytes: [UInt8]
    package var way: LogWay
    package var at: Moment
    /// The line was longer than is kept.
    package var isCut: Bool

    package init(address: String, bytes: [UInt8], way: LogWay, at: Moment, isCut: Bool = false) {
        self.address = address
        self.bytes = bytes
        self.way = way
        self.at = at
        self.isCut = isCut
    }
}

/// One open door for logs, as the page of collectors shows it.
package struct LogCollector: Sendable, Equatable {
    /// `UDP 0.0.0.0:5514`
    package var title: String
    package var way: LogWay
    /// Nil while it listens; otherwise why it does not.
    package var fault: String?
    package var since: Moment
    package var lines = 0
    package var cut = 0
    /// Connections turned away because there were too many.
    package var turnedAway = 0
    package var lastAt: Moment?

    package init(title: String, way: LogWay, since: Moment, fault: String? = nil) {
        self.title = title
        self.way = way
        self.since = since
        self.fault = fault
    }
}

/// The queue between the sockets and the database: bounded in lines and bytes, so that a flood costs lines, never the program.
package final class LogIntake: Sendable {
    /// Lines that wait at most.
    static let mostLines = 20_000
    static let mostBytes = 32 << 20
    /// Of one line; the rest is left out.
    package static let longestLine = 8192

    private struct State {
        var queue: [LogArrival] = []
        var bytes = 0
        var taken = 0
        var dropped = 0
        var collectors: [String: LogCollector] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// - Parameter collector: by whose title they are counted.
    /// - Returns: how many were taken; the others are counted as dropped.
    @discardableResult
    package func offer(_ arrivals: [LogArrival], collector: String) -> Int {
        state.withLock { state in
            var taken = 0
            for arrival in arrivals where state.queue.count < Self.mostLines && state.bytes < Self.mostBytes {
                state.queue.append(arrival)
                state.bytes += arrival.bytes.count
                taken += 1
            }
            state.taken += taken
            state.dropped += arrivals.count - taken
            state.collectors[collector]?.lines += arrivals.count
            state.collectors[collector]?.cut += arrivals.count(where: \.isCut)
            if let last = arrivals.last { state.collectors[collector]?.lastAt = last.at }
            return taken
        }
    }

    /// Who can make a sender wait, should.
    package var isNearlyFull: Bool { state.withLock { $0.queue.count > Self.mostLines / 2 || $0.bytes > Self.mostBytes / 2 } }

    /// The oldest, in their order.
    func take(_ most: Int) -> [LogArrival] {
        state.withLock { state in
            let part = Array(state.queue.prefix(most))
            state.queue.removeFirst(part.count)
            state.bytes -= part.reduce(0) { $0 + $1.bytes.count }
            return part
        }
    }

    /// What could not be written goes back to its place.
    func giveBack(_ arrivals: [LogArrival]) {
        state.withLock { state in
            state.queue.insert(contentsOf: arrivals, at: 0)
            state.bytes += arrivals.reduce(0) { $0 + $1.bytes.count }
        }
    }

    package var waiting: Int { state.withLock { $0.queue.count } }
    /// Lines that found the queue full, since the start.
    package var dropped: Int { state.withLock { $0.dropped } }
    package var collectors: [LogCollector] { state.withLock { $0.collectors.values.sorted { $0.title < $1.title } } }

    package func opened(_ collector: LogCollector) { state.withLock { $0.collectors[collector.title] = collector } }
    package func turnedAway(by collector: String) { state.withLock { $0.collectors[collector]?.turnedAway += 1 } }
}
