import Foundation
import Kernel
import Storage

/// A standby that answers looks: readers of its own, and a thread that watches how far it has followed the primary.
///
/// What it has replayed was asked before a look begins, so its snapshot holds at least that.
///
/// `@unchecked`: `condition` guards every variable.
final class PostgresReplica: @unchecked Sendable {
    /// Behind by more than this it is not asked.
    private static let longestLag = 5.0

    let readers: ReaderPool<PostgresConnection>
    private let open: @Sendable () throws -> PostgresConnection
    private let condition = NSCondition()
    private var isStopping = false
    private var isUsable = false
    private var replayed: UInt64 = 0
    private var lag = 0.0
    private var looks = 0
    private var sentOn = 0

    init(readers count: Int, waiting: Int, open: @escaping @Sendable () throws -> PostgresConnection) {
        var limits = ReaderPool<PostgresConnection>.Limits()
        limits.readers = count
        limits.waiting = waiting
        readers = ReaderPool("jianwei.postgres.standby", limits: limits, open: open)
        self.open = open
    }

    func start() {
        let thread = Thread { [self] in
            while pause(0) {
                do {
                    try watch()
                } catch {
                    condition.withLock { isUsable = false }
                }
                _ = pause(1)
            }
        }
        thread.name = "jianwei.postgres.replica"
        thread.start()
    }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
        }
        readers.stop()
    }

    /// Whether the standby follows closely and has what this reader wrote. Counts.
    func mayAnswer(_ freshness: Freshness?) -> Bool {
        condition.withLock {
            let may = isUsable && (freshness?.required ?? 0) <= replayed
            if may { looks += 1 } else { sentOn += 1 }
            return may
        }
    }

    /// A look failed there: it is asked again after the next watch.
    func failed() { condition.withLock { isUsable = false } }

    func figures() -> [String: Double] {
        condition.withLock {
            [
                "replica_usable": isUsable ? 1 : 0, "replica_lag_seconds": lag, "replica_looks": Double(looks), "replica_looks_by_primary": Double(sentOn),
                "replica_position": Double(replayed),
            ]
        }
    }

    /// - Returns: false when stopping.
    private func pause(_ seconds: Double) -> Bool {
        condition.withLock {
            if seconds > 0, !isStopping { _ = condition.wait(until: Date(timeIntervalSinceNow: seconds)) }
            return !isStopping
        }
    }

    /// Returns when stopping; throws when the standby is away. One that has lost its primary, or has become one, is not asked.
    private func watch() throws {
        let connection = try open()
        repeat {
            let row = try connection.rows(
                """
                SELECT (pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver)) AS follows, pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS replayed,
                CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE COALESCE(EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp()), 0)::float8 END AS lag
                """
            ).first
            condition.withLock {
                replayed = UInt64(max(0, row?.int("replayed") ?? 0))
                lag = row?.double("lag") ?? 0
                isUsable = row?.bool("follows") == true && lag <= Self.longestLag
            }
        } while pause(0.2)
    }
}
