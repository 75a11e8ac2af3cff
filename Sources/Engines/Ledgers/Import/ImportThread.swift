import Exchange
import Storage
import Synchronization

/// A value that one import changes from the database's threads, one after the other.
final class Mutable<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func change<T: Sendable>(_ body: (inout Value) throws -> T) throws -> T { try value.withLock { value in try body(&value) } }
}

/// Sheets are parsed one at a time on a thread of their own, never on the pool that serves requests.
enum ImportThread {
    private static let thread = DiskThreads(limit: 1)

    static func read(_ path: String) async throws -> [SheetRow] {
        try await thread.run {
            var rows: [SheetRow] = []
            try SheetReader.read(path: path) { row in
                rows.append(row)
                return true
            }
            return rows
        }
    }
}
