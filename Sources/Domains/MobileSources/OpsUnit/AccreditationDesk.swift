import Exchange
import Identity
import Kernel
import Ledgers
import Storage

/// A-21 授权认证: a maintenance unit applies, is approved and gets its number; keys are registered per enterprise, rotated and revoked. Suspending a unit silences its gates at once.
package struct AccreditationDesk: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let clients: SignedClients
    let clock: Clock

    package func approve(unit id: Int64, validTo: Day?, by principal: Principal) async throws -> String {
        try await database.write { tx in
            guard let unit = try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: principal, in: tx) else { throw Failure.notFound("运维单位") }
            let client = try AccreditationDesk.client(of: unit, clients: clients, clock: clock, in: tx)
            return try AccreditationDesk.approve(unit, client: client, validTo: validTo, ledgers: ledgers, clients: clients, clock: clock, by: principal, in: tx)
        }
    }

    /// - Parameter revokes: for ever; otherwise until approved again.
    package func stop(unit id: Int64, revokes: Bool, opinion: String, by principal: Principal) async throws {
        guard !opinion.isEmpty else { throw Failure.invalid([FieldFinding("opinion", "required", "请说明原因", title: "审核意见")]) }
        try await database.write { tx in
            guard let unit = try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: principal, in: tx) else { throw Failure.notFound("运维单位") }
            let client = try AccreditationDesk.client(of: unit, clients: clients, clock: clock, in: tx)
            if revokes { try clients.revoke(client, by: principal.login, in: tx, clock: clock) } else { try clients.suspend(client, by: principal.login, in: tx, clock: clock) }
            var draft = Draft()
            draft.set(MaintenanceUnit.state, revokes ? "revoked" : "suspended")
            draft.values["opinion"] = .string(opinion)
            _ = try ledgers.update(MaintenanceUnit.ledger.name, id: id, draft, expectedVersion: nil, by: principal, in: tx)
        }
    }

    package func addKey(unit id: Int64, enterpriseCode: String, pem: String, by principal: Principal) async throws {
        try await database.write { tx in
            guard let unit = try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: principal, in: tx) else { throw Failure.notFound("运维单位") }
            guard try ledgers.findUnique(Enterprise.ledger.name, matching: ["enterpriseCode": .text(enterpriseCode)], in: tx) != nil else {
                throw Failure.invalid([FieldFinding("enterpriseCode", "unknown", "没有编号为“\(enterpriseCode)”的企业", title: "企业编号")])
            }
            let client = try AccreditationDesk.client(of: unit, clients: clients, clock: clock, in: tx)
            _ = try clients.addKey(client: client, objectCode: enterpriseCode, pem: pem, by: principal.login, in: tx, clock: clock)
        }
    }

    package func revokeKey(_ key: Int64, by principal: Principal) async throws {
        try await database.write { tx in try clients.revokeKey(key, by: principal.login, in: tx, clock: clock) }
    }

    package func keys(unit id: Int64, by principal: Principal) async throws -> [SignedClientKey] {
        try await database.read { reader in
            guard let unit = try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("运维单位") }
            guard let row = try reader.first("SELECT id FROM signed_clients WHERE name = \(AccreditationDesk.clientName(unit)) ORDER BY id LIMIT 1"), let client = row[0].int else {
                return []
            }
            return try clients.keys(of: client, in: reader)
        }
    }

    /// The unit's entry in the client directory, made when it is missing.
    static func client(of unit: Record, clients: SignedClients, clock: Clock, in tx: any Transaction) throws -> Int64 {
        let name = clientName(unit)
        if let row = try tx.first("SELECT id FROM signed_clients WHERE name = \(name) ORDER BY id LIMIT 1"), let id = row[0].int { return id }
        return try clients.apply(name: name, organisation: nil, contact: unit[MaintenanceUnit.name] ?? "", in: tx, clock: clock)
    }

    private static func clientName(_ unit: Record) -> String { "maintenanceUnit-\(unit.id)" }

    static func approve(_ unit: Record, client: Int64, validTo: Day?, ledgers: LedgerEngine, clients: SignedClients, clock: Clock, by principal: Principal, in tx: any Transaction)
        throws -> String
    {
        let number = try clients.approve(client, validUntil: validTo?.end, by: principal.login, in: tx, clock: clock)
        var draft = Draft()
        draft.set(MaintenanceUnit.accreditationNo, .string(number))
        draft.set(MaintenanceUnit.state, "approved")
        if let validTo { draft.set(MaintenanceUnit.validTo, .string(validTo.text)) }
        _ = try ledgers.update(MaintenanceUnit.ledger.name, id: unit.id, draft, expectedVersion: nil, by: principal, in: tx)
        return number
    }
}
