import Kernel
import Storage

/// One row of a ledger as stored: field names (not column names) to values. A location has `name_lng` and `name_lat`.
package struct Record: Sendable, Equatable {
    package var id: Int64
    package var org: Int64?
    package var area: String?
    package var version: Int
    package var createdAt: Moment
    package var updatedAt: Moment
    package var deletedAt: Moment?
    /// The user who made and last changed the row; 0 is Jianwei itself.
    package var createdBy: Int64 = 0
    package var updatedBy: Int64 = 0
    package var values: [String: SQLValue]

    package init(id: Int64, org: Int64?, area: String?, version: Int, createdAt: Moment, updatedAt: Moment, deletedAt: Moment? = nil, values: [String: SQLValue]) {
        self.id = id
        self.org = org
        self.area = area
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deletedAt = deletedAt
        self.values = values
    }

    package subscript<Value>(key: FieldKey<Value>) -> Value? {
        get { values[key.name].flatMap { Value.read($0) } }
        set { values[key.name] = newValue?.stored ?? .null }
    }
}

/// Values on their way into a ledger, still to be validated. Keys are field names; `org` names the owner where the writer may choose it, `area` the region of an authority's row.
package struct Draft: Sendable, Equatable {
    package var values: [String: JSONValue]
    package var org: Int64?
    package var area: String?

    /// Fields that the program filled in (`LedgerEngine.onDerive`, `onPrepare`), which a person may not.
    var prepared: Set<String> = []

    package init(_ values: [String: JSONValue] = [:], org: Int64? = nil, area: String? = nil) {
        self.values = values
        self.org = org
        self.area = area
    }

    /// What differs from the draft as it was written came from the program.
    mutating func notePrepared(since written: Draft) { for (name, value) in values where written.values[name] != value { prepared.insert(name) } }

    package mutating func set<Value>(_ key: FieldKey<Value>, _ value: JSONValue) { values[key.name] = value }
    package subscript<Value>(key: FieldKey<Value>) -> JSONValue? {
        get { values[key.name] }
        set { values[key.name] = newValue }
    }
}
