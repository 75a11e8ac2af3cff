import Cryptography
import Identity
import Kernel
import Ledgers
import Media
import Storage

extension WorkflowEngine {
    /// The engine as a server runs it: audited, pictures locked in the photo store.
    package convenience init(
        declarations: [WorkflowDeclaration], database: any Database, dictionaries: Dictionaries, keys: KeyRing, audit: AuditTrail, clock: Clock,
        notify: @escaping @Sendable (WorkflowNotice, any Transaction) throws -> Void
    ) {
        self.init(
            declarations: declarations, database: database, dictionaries: dictionaries, keys: keys,
            hooks: Hooks(audit: { try audit.record($0, by: $1, in: $2) }, lock: { try PhotoStore.lock($0, in: $1) }, notify: notify), clock: clock)
    }
}

extension WorkflowNotice {
    /// The receivers one by one, each once.
    package func users(in reader: any Reader) throws -> [Int64] {
        var seen: Set<Int64> = []
        return try receivers.flatMap { receiver -> [Int64] in
            switch receiver {
            case .user(let id): return id > 0 ? [id] : []
            case .role(let role, let organisation): return try WorkflowEngine.holders(of: role, organisation: organisation, org: org, area: area, in: reader)
            }
        }.filter { seen.insert($0).inserted }
    }
}
