import Cryptography
import Kernel
import Storage

/// An outside system (through the unit that maintains it) that may sign requests.
package struct SignedClient: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case applied, approved, suspended, revoked, expired

        package var title: String {
            switch self {
            case .applied: "待审核"
            case .approved: "已授权"
            case .suspended: "已停用"
            case .revoked: "已吊销"
            case .expired: "已到期"
            }
        }
    }

    package var id: Int64
    /// Given at approval; nil before.
    package var accreditationNo: String?
    package var name: String
    package var state: State
    package var validUntil: Moment?
    package var appliedAt: Moment

    init(_ row: Row) {
        id = row.int("id") ?? 0
        accreditationNo = row.text("accreditation_no")
        name = row.text("name") ?? ""
        state = row.text("state").flatMap(State.init) ?? .revoked
        validUntil = row.moment("valid_until")
        appliedAt = row.moment("applied_at") ?? Moment(milliseconds: 0)
    }

    /// What keeps it from signing at this moment; nil when nothing does.
    package func obstacle(at now: Moment) -> String? {
        guard state == .approved else { return "授权\(state.title)" }
        if let validUntil, validUntil <= now { return "授权已到期" }
        return nil
    }
}

/// A public key by which one client signs for one object (an enterprise, a site).
package struct SignedClientKey: Sendable {
    package enum State: String, Sendable { case active, revoked }

    package var id: Int64
    package var client: Int64
    package var objectCode: String
    /// `RSA2` or `SM2`.
    package var kind: String
    package var pem: String
    /// SHA-256 of the public key, hexadecimal.
    package var fingerprint: String
    package var state: State
    package var validFrom: Moment
    package var validUntil: Moment?
    /// The login that registered it.
    package var addedBy: String

    init(_ row: Row) {
        id = row.int("id") ?? 0
        client = row.int("client_id") ?? 0
        objectCode = row.text("object_code") ?? ""
        kind = row.text("kind") ?? ""
        pem = row.text("pem") ?? ""
        fingerprint = row.text("fingerprint") ?? ""
        state = row.text("state").flatMap(State.init) ?? .revoked
        validFrom = row.moment("valid_from") ?? Moment(milliseconds: 0)
        validUntil = row.moment("valid_until")
        addedBy = row.text("added_by") ?? ""
    }

    package func obstacle(at now: Moment) -> String? {
        guard state == .active else { return "密钥已吊销" }
        guard validFrom <= now else { return "密钥尚未生效" }
        if let validUntil, validUntil <= now { return "密钥已到期" }
        return nil
    }
}
