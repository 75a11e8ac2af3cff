import Kernel
import Storage

/// What somebody is told about an act that waits for other people (D17.2.4).
package struct DualNotice: Sendable {
    package enum Kind: Sendable { case asked, approved, refused, failed }

    package var kind: Kind
    package var approval: Int64
    package var act: DualAct?
    /// Who asked.
    package var userName: String
    /// Why it was refused, or why it could not be run.
    package var note: String?
    /// Who is told.
    package var users: [Int64]
}

extension DualControl {
    /// The act that an approval let through did not come about: the approval is good again until its time is over.
    package func release(_ id: Int64, because reason: String, by principal: Principal) async throws {
        try await database.write { [self] tx in
            guard try tx.execute("UPDATE dual_approvals SET state = 'approved', used_at = NULL WHERE id = \(id) AND user_id = \(principal.id) AND state = 'used'") == 1,
                let one = try tx.first("SELECT * FROM dual_approvals WHERE id = \(id)").map(DualApproval.init)
            else { return }
            try audit.record(AuditEntry("release", "dualApproval", "\(id)", "执行未成功，复核仍然有效：\(reason.prefix(200))"), by: principal, in: tx)
            try tell(DualNotice(kind: .failed, approval: id, act: one.act, userName: one.userName, note: reason, users: [one.user]), tx)
        }
    }
}
