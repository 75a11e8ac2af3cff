import Kernel
import Storage
import Synchronization

/// Answers of the last seconds, so that fifty screens that show one chart ask once. Keyed by question and by everything that decides what its asker may see.
final class AnswerCache: Sendable {
    struct Key: Hashable, Sendable {
        var question: String
        var scope: String
        var area: String
        var permissions: Set<String>
        var withheld: Set<String>
        var day: Int
    }

    private struct Entry: Sendable {
        var table: ReportTable
        var until: Moment
    }

    private static let most = 500
    private let seconds: Int64
    private let clock: Clock
    private let entries = Mutex<[Key: Entry]>([:])

    init(seconds: Int64, clock: Clock) {
        self.seconds = seconds
        self.clock = clock
    }

    subscript(key: Key) -> ReportTable? {
        let now = clock.now
        return entries.withLock { entries in entries[key].flatMap { $0.until > now ? $0.table : nil } }
    }

    func keep(_ table: ReportTable, for key: Key) {
        let now = clock.now
        entries.withLock { entries in
            if entries.count >= AnswerCache.most { entries = entries.filter { $0.value.until > now } }
            if entries.count >= AnswerCache.most { entries.removeAll() }
            entries[key] = Entry(table: table, until: now.adding(seconds: seconds))
        }
    }
}
