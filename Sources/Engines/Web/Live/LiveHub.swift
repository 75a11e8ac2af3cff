import Identity
import Kernel
import Synchronization

/// Something that just happened, for pages that are open.
package struct LiveEvent: Sendable {
    package enum Payload: Sendable {
        /// One `<li>`, put on top of lists with `data-live="topic"`.
        case html(Markup)
        /// Handed to the page as a `jw:live` event (`detail.topic`, `detail.json`): moving markers, counters.
        case json(JSONValue)
        /// Shown as a toast on every open page of whoever may receive it, and kept under the bell.
        case toast(title: String, text: String, tone: Tone, path: String?)
    }

    /// Such as `alarm`, `gatePass`, `import.42`; pages subscribe by name.
    package var topic: String
    /// The owner and area of the row, judged by each subscriber's data scope. Both nil: nobody but those who see everything.
    package var org: Int64?
    package var area: String?
    /// Who may receive it; nil: everyone whose scope admits it.
    package var permission: String?
    /// Only this user receives it, whatever the scope says.
    package var user: Int64?
    package var payload: Payload

    package init(_ topic: String, org: Int64? = nil, area: String? = nil, permission: String? = nil, user: Int64? = nil, _ payload: Payload) {
        self.topic = topic
        self.org = org
        self.area = area
        self.permission = permission
        self.user = user
        self.payload = payload
    }

    /// Whether its permission and place admit this reader.
    package func isFor(_ principal: Principal) -> Bool {
        if let user { return principal.kind == .user && principal.id == user }
        if let permission, !principal.may(permission) { return false }
        return principal.scope.admits(org: org, area: area)
    }
}

/// Fans live events out to open pages; never blocks the publisher.
///
/// Each subscriber has a bounded buffer: when it overflows, the oldest events go and the page is told to reload. The last events stay in a ring, so that a page that
/// reconnects misses nothing. One hub serves one process; several nodes will share events through the database.
package final class LiveHub: Sendable {
    enum Message: Sendable {
        case event(Int64, LiveEvent)
        /// Sent every fifteen seconds; also the moment to ask whether the session still holds.
        case heartbeat
        /// Something was missed.
        case reload
    }

    final class Subscriber: Sendable {
        let topics: Set<String>
        let principal: Principal
        let continuation: AsyncStream<Message>.Continuation
        private let hasMissed = Mutex(false)

        init(topics: Set<String>, principal: Principal, continuation: AsyncStream<Message>.Continuation) {
            self.topics = topics
            self.principal = principal
            self.continuation = continuation
        }

        func offer(_ message: Message) {
            if case .dropped = continuation.yield(message) { hasMissed.withLock { $0 = true } }
        }

        func wants(_ event: LiveEvent) -> Bool {
            if case .toast = event.payload { return event.isFor(principal) }
            return topics.contains(event.topic) && event.isFor(principal)
        }

        /// Whether events were dropped since the last call.
        func takeMissed() -> Bool {
            hasMissed.withLock { missed in
                defer { missed = false }
                return missed
            }
        }
    }

    private struct State {
        var lastId: Int64
        var ring: [(id: Int64, event: LiveEvent)] = []
        var subscribers: [Int: Subscriber] = [:]
        var nextKey = 0
        var isClosed = false
    }

    private let state: Mutex<State>
    private let ringSize: Int
    private let bufferSize: Int

    /// - Parameter clock: event ids begin at its present, so that ids keep growing over restarts.
    package init(ringSize: Int = 512, bufferSize: Int = 128, clock: Clock = .system) {
        self.ringSize = ringSize
        self.bufferSize = bufferSize
        state = Mutex(State(lastId: clock.now.milliseconds * 1000))
    }

    /// Open pages now.
    package var subscriberCount: Int { state.withLock { $0.subscribers.count } }

    package func publish(_ event: LiveEvent) {
        let (id, receivers) = state.withLock { state -> (Int64, [Subscriber]) in
            state.lastId += 1
            state.ring.append((state.lastId, event))
            if state.ring.count > ringSize * 2 { state.ring.removeFirst(state.ring.count - ringSize) }
            return (state.lastId, state.subscribers.values.filter { $0.wants(event) })
        }
        for receiver in receivers { receiver.offer(.event(id, event)) }
    }

    /// - Parameter after: the last event id the page has seen; events since then come first, or `.reload` when they are no longer kept.
    func subscribe(topics: Set<String>, principal: Principal, after: Int64?) -> (key: Int, subscriber: Subscriber, stream: AsyncStream<Message>) {
        let (stream, continuation) = AsyncStream.makeStream(of: Message.self, bufferingPolicy: .bufferingNewest(bufferSize))
        let subscriber = Subscriber(topics: topics, principal: principal, continuation: continuation)
        let key = state.withLock { state -> Int in
            state.nextKey += 1
            if let after, after < state.lastId {
                if let first = state.ring.first?.id, first <= after + 1 {
                    for entry in state.ring where entry.id > after && subscriber.wants(entry.event) { subscriber.offer(.event(entry.id, entry.event)) }
                } else {
                    subscriber.offer(.reload)
                }
            }
            if state.isClosed { continuation.finish() } else { state.subscribers[state.nextKey] = subscriber }
            return state.nextKey
        }
        return (key, subscriber, stream)
    }

    func unsubscribe(_ key: Int) { state.withLock { $0.subscribers[key] = nil } }

    /// One heartbeat to every open page.
    package func beat() {
        for subscriber in state.withLock({ Array($0.subscribers.values) }) { subscriber.offer(.heartbeat) }
    }

    /// Ends every stream; pages reconnect to the next process.
    package func close() {
        let all = state.withLock { state -> [Subscriber] in
            state.isClosed = true
            defer { state.subscribers.removeAll() }
            return Array(state.subscribers.values)
        }
        for subscriber in all { subscriber.continuation.finish() }
    }

    /// Beats until cancelled, then closes; run it as one of the program's services.
    package func run() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(15)) } catch { break }
            beat()
        }
        close()
    }
}
