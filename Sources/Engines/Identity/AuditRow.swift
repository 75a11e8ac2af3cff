import Cryptography
import Kernel
import Storage

/// One row of the audit book as stored.
package struct AuditRow: Sendable, Equatable {
    package var id: Int64
    package var at: Moment
    /// `user`, `client` or `system`.
    package var actorKind: String
    package var actorId: Int64
    /// The actor's name at that time.
    package var actor: String
    package var org: Int64?
    package var area: String?
    package var address: String
    package var action: String
    package var objectKind: String
    package var objectId: String
    package var summary: String
    /// JSON text; nil for none.
    package var detailsText: String?
    var storedDay: Int
    var previousHash: [UInt8] = []
    var hash: [UInt8] = []

    /// The row's own hash, in hexadecimal digits.
    package var hashText: String { Hex.encode(hash) }

    package var details: JSONValue { detailsText.flatMap { try? JSONValue(parsing: $0) } ?? .null }

    init(id: Int64, at: Moment, actorKind: String, actorId: Int64, actor: String, org: Int64?, area: String?, address: String, entry: AuditEntry) {
        self.id = id
        self.at = at
        self.actorKind = actorKind
        self.actorId = actorId
        self.actor = actor
        self.org = org
        self.area = area
        self.address = address
        action = entry.action
        objectKind = entry.objectKind
        objectId = entry.objectId
        summary = entry.summary
        detailsText = entry.details.isNull ? nil : entry.details.text
        storedDay = at.day.number
    }

    init(_ row: Row) {
        id = row.int("id") ?? 0
        at = row.moment("at") ?? Moment(milliseconds: 0)
        actorKind = row.text("actor_kind") ?? ""
        actorId = row.int("actor_id") ?? 0
        actor = row.text("actor") ?? ""
        org = row.int("org")
        area = row.text("area")
        address = row.text("address") ?? ""
        action = row.text("action") ?? ""
        objectKind = row.text("object_kind") ?? ""
        objectId = row.text("object_id") ?? ""
        summary = row.text("summary") ?? ""
        detailsText = row.text("details")
        storedDay = Int(row.int("day") ?? 0)
        previousHash = row.blob("previous_hash") ?? []
        hash = row.blob("hash") ?? []
    }

    /// In the order of the table's columns.
    var values: [SQLValue] {
        [
            .int(id), at.sqlValue, .int(Int64(storedDay)), .text(actorKind), .int(actorId), .text(actor), org.sqlValue, area.sqlValue, .text(address), .text(action),
            .text(objectKind), .text(objectId), .text(summary), detailsText.sqlValue, .blob(previousHash), .blob(hash),
        ]
    }

    /// SM3 over the previous hash and every column. Numbers are 8 bytes, texts carry their length before them, so that no two rows are written alike.
    var expectedHash: Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(320)
        bytes += previousHash
        append(id, to: &bytes)
        append(at.milliseconds, to: &bytes)
        append(actorKind, to: &bytes)
        append(actorId, to: &bytes)
        append(actor, to: &bytes)
        append(org.map(String.init), to: &bytes)
        append(area, to: &bytes)
        append(address, to: &bytes)
        append(action, to: &bytes)
        append(objectKind, to: &bytes)
        append(objectId, to: &bytes)
        append(summary, to: &bytes)
        append(detailsText, to: &bytes)
        return SM3.hash(bytes)
    }

    private func append(_ number: Int64, to bytes: inout [UInt8]) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }

    private func append(_ text: String?, to bytes: inout [UInt8]) {
        append(text.map { Int64($0.utf8.count) } ?? -1, to: &bytes)
        if let text { bytes.append(contentsOf: text.utf8) }
    }
}
