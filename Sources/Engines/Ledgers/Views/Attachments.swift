import Identity
import Kernel
import Storage

/// One use of a stored file by a row.
package struct Attachment: Sendable, Equatable {
    package var ledger: String
    package var recordId: Int64
    package var field: String
    package var file: AttachedFile
    package var at: Moment
    package var byId: Int64
}

extension LedgerEngine {
    /// Every file that a row names or has named, newest first.
    ///
    /// - Throws: `.notFound` outside the scope.
    package func attachments(_ ledger: String, id: Int64, by principal: Principal, in reader: any Reader) throws -> [Attachment] {
        let plan = try plan(ledger)
        guard try find(ledger, id: id, by: principal, includeDeleted: true, in: reader) != nil else { throw Failure.notFound(plan.declaration.title) }
        let visible = Set(plan.declaration.visibleFields(for: principal).map(\.name))
        return try reader.rows("SELECT field, sha256, name, media_type, size, at, by_id FROM attachments WHERE ledger = \(ledger) AND record_id = \(id) ORDER BY id DESC")
            .compactMap { row in
                guard let field = row[0].text, visible.contains(field) else { return nil }
                let file = AttachedFile(sha256: row[1].text ?? "", name: row[2].text ?? "", mediaType: row[3].text ?? "", size: Int(row[4].int ?? 0))
                return Attachment(ledger: ledger, recordId: id, field: field, file: file, at: Moment(milliseconds: row[5].int ?? 0), byId: row[6].int ?? 0)
            }
    }

    /// Whether a stored file may be handed to a principal: some row that the principal may read names it in a field the principal may see.
    package func mayRead(file sha256: String, by principal: Principal, in reader: any Reader) throws -> Bool {
        var mayRead = false
        try reader.each("SELECT ledger, record_id, field FROM attachments WHERE sha256 = \(sha256.lowercased()) ORDER BY id DESC LIMIT 200") { row in
            guard let ledger = row[0].text, let id = row[1].int, let name = row[2].text, let plan = knownPlan(ledger), principal.may(plan.declaration.readPermission) else {
                return true
            }
            guard plan.declaration.visibleFields(for: principal).contains(where: { $0.name == name }) else { return true }
            mayRead = try find(ledger, id: id, by: principal, includeDeleted: true, in: reader) != nil
            return !mayRead
        }
        return mayRead
    }

    /// Whether any row has ever named a stored file: retention asks before it removes one.
    package func isInUse(file sha256: String, in reader: any Reader) throws -> Bool {
        try reader.first("SELECT id FROM attachments WHERE sha256 = \(sha256.lowercased()) LIMIT 1") != nil
    }
}
