import Dispatch
import Kernel
import Synchronization

/// Hashes passwords on two threads of its own, so that a crowd signing in takes neither the event loops nor more than two cores and 64 MB.
package final class PasswordHasher: Sendable {
    package let cost: PasswordHash.Cost
    private let lanes: [DispatchQueue]
    private let capacity: Int
    /// Waiting and running work of each lane.
    private let load: Mutex<[Int]>

    /// - Parameter capacity: how many may wait or run before further ones are refused; 100 waiting is four seconds.
    package init(cost: PasswordHash.Cost = .standard, threads: Int = 2, capacity: Int = 100) {
        self.cost = cost
        self.capacity = capacity
        lanes = (0..<threads).map { DispatchQueue(label: "jianwei.password.\($0)", qos: .userInitiated) }
        load = Mutex(Array(repeating: 0, count: threads))
    }

    /// - Throws: `.tooMany` `JW-C041` when too many wait; `.unavailable` `JW-C040`.
    package func make(_ password: String) async throws -> String {
        let cost = cost
        return try await run { try PasswordHash.make(password, cost: cost) }
    }

    /// - Throws: as `make`.
    package func verify(_ password: String, against encoded: String) async throws -> Bool { try await run { try PasswordHash.verify(password, against: encoded) } }

    /// Whether a stored hash has another cost than this hasher's.
    package func needsUpgrade(_ encoded: String) -> Bool { PasswordHash.needsUpgrade(encoded, to: cost) }

    private func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        let capacity = capacity
        let chosen = load.withLock { load -> Int? in
            guard load.reduce(0, +) < capacity, let lane = load.indices.min(by: { load[$0] < load[$1] }) else { return nil }
            load[lane] += 1
            return lane
        }
        guard let lane = chosen else { throw Failure(.tooMany, "JW-C041", "登录人数过多，请稍后再试") }
        return try await withCheckedThrowingContinuation { continuation in
            lanes[lane].async {
                let result = Result { try work() }
                self.load.withLock { $0[lane] -= 1 }
                continuation.resume(with: result)
            }
        }
    }
}
