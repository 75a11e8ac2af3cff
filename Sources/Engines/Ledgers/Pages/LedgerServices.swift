import Cryptography
import Identity
import Kernel
import Media
import Schedules
import Storage
import Web

/// What the generated pages and the API stand on, handed in once at start.
package struct LedgerServices: Sendable {
    package let engine: LedgerEngine
    package let organisations: Organisations
    package let photos: PhotoStore
    /// Files that are not photos.
    package let blobs: any BlobStore
    package let tasks: LongTasks
    let keys: KeyRing
    /// Called when an administrator has defined or changed a ledger, so that its rights can be given.
    let definitionChanged: @Sendable () async throws -> Void
    /// Where a stored file (hash, name) is shown without a download; nil for files that cannot be, and where nothing shows any.
    let previewPath: @Sendable (_ sha256: String, _ name: String) -> String?
    /// Which data is how sensitive; nil where nobody asks.
    let levels: DataLevelBook?
    private let additionsByLedger: [String: LedgerAdditions]

    package init(
        engine: LedgerEngine, organisations: Organisations, photos: PhotoStore, blobs: any BlobStore, tasks: LongTasks, keys: KeyRing, additions: [LedgerAdditions] = [],
        levels: DataLevelBook? = nil,
        previewPath: @escaping @Sendable (String, String) -> String? = { _, _ in nil },
        definitionChanged: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.definitionChanged = definitionChanged
        self.levels = levels
        self.previewPath = previewPath
        self.engine = engine
        self.organisations = organisations
        self.photos = photos
        self.blobs = blobs
        self.tasks = tasks
        self.keys = keys
        additionsByLedger = additions.reduce(into: [:]) { all, one in
            var merged = all[one.ledger] ?? LedgerAdditions(one.ledger)
            merged.tabs += one.tabs
            merged.rowActions += one.rowActions
            merged.listActions += one.listActions
            merged.banner = merged.banner ?? one.banner
            all[one.ledger] = merged
        }
    }

    var database: any Database { engine.database }
    var clock: Clock { engine.clock }
    var seal: UploadSeal { UploadSeal(keys: keys) }
    func additions(to ledger: String) -> LedgerAdditions { additionsByLedger[ledger] ?? LedgerAdditions(ledger) }

    /// Tables of the pages and the API themselves.
    package static let tables: [Table] = [ListPreference.table, IdempotencyKey.table, ImportUpload.table]
}
