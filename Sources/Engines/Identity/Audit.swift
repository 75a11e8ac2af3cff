import Cryptography
import Kernel
import Storage

/// One audited act, written in the transaction of what it records.
package struct AuditEntry: Sendable {
    /// `create`, `update`, `delete`, `restore`, `read`, `login`, `export`, `import`, `send`, `receive` …
    package var action: String
    /// What kind of thing: a ledger's name, `session`, `gatePass` …
    package var objectKind: String
    package var objectId: String
    package var summary: String
    /// Before and after, or other facts; personal fields already masked.
    package var details: JSONValue

    package init(_ action: String, _ objectKind: String, _ objectId: String, _ summary: String, details: JSONValue = .null) {
        self.action = action
        self.objectKind = objectKind
        self.objectId = objectId
        self.summary = summary
        self.details = details
    }
}
