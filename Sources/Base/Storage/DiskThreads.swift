import Foundation
import Kernel

/// A whole file waiting to be stored.
struct BlobPut: Sendable {
    let bytes: [UInt8]
    let continuation: CheckedContinuation<Blob, any Error>
}

/// A few threads for everything that waits for the disk, so that neither an event loop, nor Swift's pool, nor a connection to the database does. They end with `stop()`.
///
/// `@unchecked`: `condition` guards every variable.
package final class DiskThreads: @unchecked Sendable {
    private let limit: Int
    private static let putsAtOnce = 32
    private static let waitingBytesLimit = 256 << 20
    private static let waitingJobsLimit = 20_000

    private let condition = NSCondition()
    private let store: @Sendable ([BlobPut]) -> Void
    private var jobs: [@Sendable () -> Void] = []
    private var puts: [BlobPut] = []
    private var waitingBytes = 0
    private var threads = 0
    private var idle = 0
    private var isStopping = false

    /// - Parameter store: stores several files with as few flushes as it can.
    init(limit: Int = 4, store: @escaping @Sendable ([BlobPut]) -> Void) {
        self.limit = limit
        self.store = store
    }

    /// For work of its own kind, such as sums over files or archives.
    ///
    /// - Parameter limit: so many at a time; 1 keeps the order in which they came.
    package convenience init(limit: Int) { self.init(limit: limit) { _ in } }

    /// - Throws: what the body throws; `.unavailable` when very many wait or it was stopped.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = condition.withLock {
                guard !isStopping, jobs.count < Self.waitingJobsLimit else { return false }
                jobs.append { continuation.resume(with: Result { try body() }) }
                wake()
                return true
            }
            if !isTaken { continuation.resume(throwing: BlobFailure.busy("too many wait for the disk")) }
        }
    }

    func put(_ bytes: [UInt8]) async throws -> Blob {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = condition.withLock {
                guard !isStopping, waitingBytes + bytes.count <= Self.waitingBytesLimit else { return false }
                waitingBytes += bytes.count
                puts.append(BlobPut(bytes: bytes, continuation: continuation))
                wake()
                return true
            }
            if !isTaken { continuation.resume(throwing: BlobFailure.busy("too many bytes wait for the disk")) }
        }
    }

    var waiting: Int { condition.withLock { jobs.count + puts.count } }

    /// What waits is done, then the threads end; nothing new is taken.
    package func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
        }
    }

    private func wake() {
        if idle > 0 {
            condition.signal()
        } else if threads < limit {
            threads += 1
            let thread = Thread { [self] in while serve() {} }
            thread.name = "jianwei.disk"
            thread.start()
        }
    }

    /// - Returns: false when stopped and nothing is left.
    private func serve() -> Bool {
        condition.lock()
        idle += 1
        while jobs.isEmpty && puts.isEmpty && !isStopping { condition.wait() }
        idle -= 1
        if !jobs.isEmpty {
            let job = jobs.removeFirst()
            condition.unlock()
            job()
            return true
        }
        guard !puts.isEmpty else {
            condition.unlock()
            return false
        }
        let taken = Array(puts.prefix(Self.putsAtOnce))
        puts.removeFirst(taken.count)
        condition.unlock()
        store(taken)
        condition.withLock { waitingBytes -= taken.reduce(0) { $0 + $1.bytes.count } }
        return true
    }
}
