import Cryptography
import Kernel
import Synchronization

/// Sessions of recent requests, so that a request asks no database. What was remembered before the last change of identity is not believed.
///
/// Two generations of a bounded size: the older one is forgotten as a whole.
final class SessionCache: Sendable {
    struct Entry: Sendable {
        var session: Session
        var version: UInt64
        var lastSeen: Moment
        /// The last request's time as the database knows it.
        var stored: Moment
        /// When something of the account begins or ends by itself; nothing is believed past it.
        var changesAt: Moment?
    }

    enum Answer: Sendable {
        case known(Session, mustStore: Bool)
        case unknown(lastSeen: Moment?)
    }

    private struct Generations {
        var recent: [Digest: Entry] = [:]
        var older: [Digest: Entry] = [:]
    }

    private let generations = Mutex(Generations())
    private let capacity: Int

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Notes the request when the session is known and alive.
    func touch(_ key: Digest, at now: Moment, version: UInt64, idleSeconds: Int64) -> Answer {
        generations.withLock { generations in
            guard var entry = generations.recent[key] ?? generations.older[key] else { return .unknown(lastSeen: nil) }
            // Idle here may have been busy on another node: the database knows.
            guard entry.version == version, now < entry.session.expiresAt, now < entry.lastSeen.adding(seconds: idleSeconds), entry.changesAt.map({ now < $0 }) ?? true
            else {
                return .unknown(lastSeen: entry.lastSeen)
            }
            entry.lastSeen = max(entry.lastSeen, now)
            let mustStore = now >= entry.stored.adding(seconds: SessionLife.touchSeconds)
            if mustStore { entry.stored = now }
            Self.keep(entry, key, &generations, capacity)
            return .known(entry.session, mustStore: mustStore)
        }
    }

    func remember(_ entry: Entry, _ key: Digest) { generations.withLock { Self.keep(entry, key, &$0, capacity) } }

    func forget(_ key: Digest) {
        generations.withLock {
            $0.recent[key] = nil
            $0.older[key] = nil
        }
    }

    private static func keep(_ entry: Entry, _ key: Digest, _ generations: inout Generations, _ capacity: Int) {
        generations.recent[key] = entry
        guard generations.recent.count >= capacity else { return }
        generations.older = generations.recent
        generations.recent = [:]
    }
}
