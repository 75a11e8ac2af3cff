import Glibc
import Synchronization

/// A statement that took long, without the values it was run with.
package struct SlowStatement: Sendable, Equatable {
    /// With `?` for each value.
    package var text: String
    /// The kind of each value, as far as one run had it.
    package var kinds: [Column.Kind?]
    package var runs: Int
    package var totalMilliseconds: Double
    package var worstMilliseconds: Double
    /// Rows answered or changed by the slowest run.
    package var rows: Int

    package init(text: String, kinds: [Column.Kind?], runs: Int, totalMilliseconds: Double, worstMilliseconds: Double, rows: Int) {
        self.text = text
        self.kinds = kinds
        self.runs = runs
        self.totalMilliseconds = totalMilliseconds
        self.worstMilliseconds = worstMilliseconds
        self.rows = rows
    }
}

/// Collects statements that take longer than a limit. Costs two readings of a coarse clock a statement; what waits to be kept is bounded.
package final class SlowStatements: Sendable {
    /// Different statements between two `take`s; further ones are only counted.
    private static let bound = 200

    private let limit: Atomic<Int>
    private let left = Atomic<Int>(0)
    private let waiting = Mutex<[String: SlowStatement]>([:])

    /// - Parameter milliseconds: as `milliseconds`.
    package init(milliseconds: Int = 500) { limit = Atomic(milliseconds) }

    /// Above which a statement is noted; 0 for never.
    package var milliseconds: Int {
        get { limit.load(ordering: .relaxed) }
        set { limit.store(newValue, ordering: .relaxed) }
    }

    /// Milliseconds of a clock that only goes forward, exact to four.
    package static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// - Parameter began: `now()` before the statement.
    package func note(_ sql: SQL, began: Int, rows: Int) {
        let spent = Self.now() - began
        let limit = milliseconds
        guard limit > 0, spent >= limit, !sql.text.hasPrefix("EXPLAIN") else { return }
        waiting.withLock { waiting in
            guard waiting[sql.text] != nil || waiting.count < Self.bound else {
                left.add(1, ordering: .relaxed)
                return
            }
            var one = waiting[sql.text] ?? SlowStatement(text: sql.text, kinds: sql.arguments.map(\.kind), runs: 0, totalMilliseconds: 0, worstMilliseconds: 0, rows: 0)
            one.runs += 1
            one.totalMilliseconds += Double(spent)
            if Double(spent) >= one.worstMilliseconds {
                one.worstMilliseconds = Double(spent)
                one.rows = rows
            }
            waiting[sql.text] = one
        }
    }

    /// What was noted since the last time, the slowest first.
    package func take() -> [SlowStatement] {
        waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting.values.sorted { $0.worstMilliseconds > $1.worstMilliseconds }
        }
    }

    /// Runs that were slow and found no room.
    package var leftOut: Int { left.load(ordering: .relaxed) }
}

extension SQLValue {
    /// Nil for NULL, which has none.
    package var kind: Column.Kind? {
        switch self {
        case .null: nil
        case .int: .integer
        case .real: .real
        case .text: .text
        case .blob: .blob
        }
    }
}
