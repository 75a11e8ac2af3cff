import Kernel
import Storage
import Synchronization

/// What the one who stores passes remembers between transactions, so that most passes ask and change fewer pages. Everything in it stands in the database or can be made from the passes there.
struct PassMemory: Sendable {
    let photos: PhotoUses
    let plates = SeenPlates()
    let sums = PassSums()

    init(database: any Database) { photos = PhotoUses(database: database) }
}

/// Vehicles known to stand in `plate_month`; bounded: of two halves the older is dropped when the younger is full.
final class SeenPlates: Sendable {
    struct Key: Hashable, Sendable {
        var month: Int
        var area: String
        var plate: String
    }

    private static let half = 100_000
    private let state = Mutex<(young: Set<Key>, old: Set<Key>)>(([], []))

    func contains(_ key: Key) -> Bool { state.withLock { $0.young.contains(key) || $0.old.contains(key) } }

    /// Once they are durable.
    func add(_ keys: Set<Key>) {
        guard !keys.isEmpty else { return }
        state.withLock { state in
            state.young.formUnion(keys)
            if state.young.count >= SeenPlates.half { state = (young: [], old: state.young) }
        }
    }
}
