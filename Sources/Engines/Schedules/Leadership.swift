import Kernel
import Storage
import Synchronization

/// A lease that one node at a time holds, so that jobs run once however many nodes there are.
///
/// The term counts holders and fences them: a node that lost the lease without noticing is refused inside the transaction (`require`).
package final class Leadership: Sendable {
    /// One row is one lease.
    package static let tables: [Table] = [
        Table(
            "leases",
            key: ["name"],
            columns: [Column("name", .text), Column("node", .text, required: true), Column("term", .integer, required: true), Column("expires_at", .integer, required: true)],
            isClustered: true
        )
    ]

    private struct Hold: Sendable {
        var term: Int64
        var expiresAt: Moment
    }

    package let node: String
    private let name: String
    private let database: any Database
    private let clock: Clock
    private let seconds: Int64
    private let hold = Mutex<Hold?>(nil)

    /// - Parameters:
    ///   - node: stable over restarts, different on each machine; a restarted node takes its own lease back at once.
    ///   - seconds: how long others wait after the holder has died.
    package init(_ name: String = "scheduler", node: String, on database: any Database, seconds: Int64 = 15, clock: Clock = .system) {
        self.name = name
        self.node = node
        self.database = database
        self.seconds = seconds
        self.clock = clock
    }

    /// True while this node's lease has not run out by its own clock.
    package var isLeader: Bool { hold.withLock { $0.map { clock.now < $0.expiresAt } ?? false } }

    /// The number of this holding; 0 when it does not hold.
    package var term: Int64 { hold.withLock { $0?.term ?? 0 } }

    /// Takes or extends the lease; writes only when a third of it has passed.
    ///
    /// - Returns: whether this node leads now, and whether that is new.
    package func renew() async throws -> (isLeader: Bool, isNew: Bool) {
        let now = clock.now
        let held = hold.withLock { $0 }
        if let held, now.adding(seconds: seconds * 2 / 3) < held.expiresAt { return (true, false) }
        let expires = now.adding(seconds: seconds)
        let taken = try await database.write { [name, node] tx -> Hold? in
            if let held, try tx.execute("UPDATE leases SET expires_at = \(expires) WHERE name = \(name) AND node = \(node) AND term = \(held.term)") == 1 {
                return Hold(term: held.term, expiresAt: expires)
            }
            try tx.execute("INSERT INTO leases (name, node, term, expires_at) VALUES (\(name), '-', 0, 0) ON CONFLICT DO NOTHING")
            // A node that held a term in this process and lost it waits like any other.
            let own = held == nil ? node : ""
            guard try tx.execute("UPDATE leases SET node = \(node), term = term + 1, expires_at = \(expires) WHERE name = \(name) AND (expires_at <= \(now) OR node = \(own))") == 1
            else { return nil }
            return Hold(term: try tx.value("SELECT term FROM leases WHERE name = \(name)")?.int ?? 0, expiresAt: expires)
        }
        hold.withLock { $0 = taken }
        return (taken != nil, taken != nil && taken?.term != held?.term)
    }

    /// Checks, inside the transaction that relies on it, that this node still leads.
    ///
    /// - Throws: `Failure` `.conflict` `JW-J001`.
    package func require(in tx: any Transaction) throws {
        let term = term
        guard term > 0, try tx.count("SELECT COUNT(*) FROM leases WHERE name = \(name) AND node = \(node) AND term = \(term) AND expires_at > \(clock.now)") == 1 else {
            throw Failure(.conflict, "JW-J001", "本节点已不是主节点", cause: "lease \(name), node \(node), term \(term)")
        }
    }

    /// Lets others take over at once.
    package func release() async throws {
        let term = term
        hold.withLock { $0 = nil }
        try await database.write { [name, node] tx in
            try tx.execute("UPDATE leases SET expires_at = 0, node = '-' WHERE name = \(name) AND node = \(node) AND term = \(term)")
        }
    }
}
