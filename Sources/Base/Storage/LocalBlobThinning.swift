import Kernel
import Synchronization

extension LocalBlobFiles {
    /// See `LocalBlobs.thin`.
    func thin(to limit: Int, youngerThan seconds: Int64) throws -> (bytes: Int, removed: Int) {
        var found: [(path: String, size: Int, usedAt: Moment)] = []
        var bytes = 0
        for first in BlobFile.names(in: root) where first.utf8.count == 2 {
            for second in BlobFile.names(in: root + "/" + first) {
                for name in BlobFile.names(in: "\(root)/\(first)/\(second)") {
                    guard let path = path(name), let facts = try BlobFile.facts(path) else { continue }
                    found.append((path, facts.size, facts.putAt))
                    bytes += facts.size
                }
            }
        }
        guard bytes > limit else { return (bytes, 0) }
        let youngest = Clock.system.now.adding(seconds: -seconds)
        var removed = 0
        for file in found.sorted(by: { $0.usedAt < $1.usedAt }) {
            guard bytes > limit, file.usedAt < youngest else { break }
            // Touched meanwhile: somebody reads it.
            let isGone = try removal.withLock { _ in try BlobFile.facts(file.path)?.putAt == file.usedAt ? BlobFile.remove(file.path) : false }
            guard isGone else { continue }
            bytes -= file.size
            removed += 1
        }
        return (bytes, removed)
    }
}
