import Foundation
import Kernel

/// A few threads of their own for decoding and drawing, so that no event loop and no shared pool ever waits for a picture.
package final class PictureThreads: Sendable {
    private let queue: PictureQueue

    /// - Parameters:
    ///   - threads: how many pictures are worked on side by side.
    ///   - waiting: how many more may wait; beyond that callers are refused at once.
    ///   - isBackground: gives way to everything else on the machine.
    package init(threads: Int, waiting: Int, isBackground: Bool = false) {
        let queue = PictureQueue(limit: waiting)
        self.queue = queue
        for index in 0..<max(1, threads) {
            let thread = Thread {
                // On Linux a nice value belongs to the calling thread alone.
                if isBackground { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
                queue.work()
            }
            thread.name = "picture-\(index)"
            thread.start()
        }
    }

    deinit { queue.close() }

    /// - Throws: what the body throws; `.unavailable` `JW-M010` when too many wait.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
            let isTaken = queue.add { continuation.resume(with: Result { try body() }) }
            if !isTaken { continuation.resume(throwing: Failure(.unavailable, "JW-M010", "图片处理繁忙，请稍后再试")) }
        }
    }
}

/// Bodies waiting for a thread. `@unchecked`: everything mutable is guarded by `condition`.
private final class PictureQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private let limit: Int
    private var bodies: [@Sendable () -> Void] = []
    private var head = 0
    private var isClosed = false

    init(limit: Int) { self.limit = limit }

    func add(_ body: @escaping @Sendable () -> Void) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed, bodies.count - head < limit else { return false }
        bodies.append(body)
        condition.signal()
        return true
    }

    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Runs on a thread until the queue is closed and empty.
    func work() {
        while let body = next() { body() }
    }

    private func next() -> (@Sendable () -> Void)? {
        condition.lock()
        defer { condition.unlock() }
        while head == bodies.count {
            if isClosed { return nil }
            condition.wait()
        }
        let body = bodies[head]
        head += 1
        if head == bodies.count {
            bodies.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 256 {
            bodies.removeFirst(head)
            head = 0
        }
        return body
    }
}
