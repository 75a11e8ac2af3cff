import Exchange
import Identity
import Kernel
import Ledgers
import Storage

/// A-21 授权认证, the supervisor's side: approve, return, suspend, revoke; keys are registered per enterprise, rotated and revoked; what is over expires by a job.
///
/// Every change stands in one transaction with its audit row; suspending a unit silences its gates at once.
package struct AccreditationDesk: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let clients: SignedClients
    let audit: AuditTrail
    let clock: Clock

    /// Days before the end of an accreditation from which it is said to end soon.
    package static let warningDays = 30

    /// - Parameter serves: numbers of enterprises whose unit it becomes; those it serves already stay.
    package func approve(unit id: Int64, validTo: Day?, serves: [String] = [], by principal: Principal) async throws -> String {
        try await database.write { tx in
            let unit = try find(id, by: principal, in: tx)
            let client = try AccreditationDesk.client(of: unit, clients: clients, clock: clock, in: tx)
            let number = try AccreditationDesk.approve(unit, client: client, validTo: validTo, ledgers: ledgers, clients: clients, clock: clock, by: principal, in: tx)
            for code in serves {
                guard let site = try ledgers.findUnique(Enterprise.ledger.name, matching: ["enterpriseCode": .text(code)], in: tx) else {
                    throw Failure.invalid([FieldFinding("serves", "unknown", "没有编号为“\(code)”的企业", title: "服务的企业")])
                }
                try AccreditationDesk.entrust(site, to: id, ledgers: ledgers, by: principal, in: tx)
            }
            return number
        }
    }

    /// An application goes back to the unit, which may mend it and apply again.
    ///
    /// - Throws: `.invalid` without a reason; `.conflict` `JW-M111` for one that is not waiting.
    package func reject(unit id: Int64, opinion: String, by principal: Principal) async throws {
        let opinion = try AccreditationDesk.reason(opinion)
        try await database.write { tx in
            let unit = try find(id, by: principal, in: tx)
            guard unit[MaintenanceUnit.state] ?? "applied" == "applied" else { throw Failure(.conflict, "JW-M111", "该单位没有待审核的申请") }
            var draft = Draft()
            draft.set(MaintenanceUnit.state, "rejected")
            draft.set(MaintenanceUnit.opinion, .string(opinion))
            _ = try ledgers.update(MaintenanceUnit.ledger.name, id: id, draft, expectedVersion: nil, by: principal, in: tx)
        }
    }

    /// - Parameter revokes: for ever; otherwise until approved again.
    package func stop(unit id: Int64, revokes: Bool, opinion: String, by principal: Principal) async throws {
        let opinion = try AccreditationDesk.reason(opinion)
        try await database.write { tx in
            let unit = try find(id, by: principal, in: tx)
            let client = try AccreditationDesk.client(of: unit, clients: clients, clock: clock, in: tx)
            if revokes { try clients.revoke(client, by: principal.login, in: tx, clock: clock) } else { try clients.suspend(client, by: principal.login, in: tx, clock: clock) }
            var draft = Draft()
            draft.set(MaintenanceUnit.state, revokes ? "revoked" : "suspended")
            draft.set(MaintenanceUnit.opinion, .string(opinion))
            _ = try ledgers.update(MaintenanceUnit.ledger.name, id: id, draft, expectedVersion: nil, by: principal, in: tx)
        }
    }

    /// The account organisation of a firm that a supervisor registered: its people then see the unit as theirs.
    ///
    /// - Throws: `.invalid` when the organisation is no maintenance unit or has a unit already.
    package func link(unit id: Int64, to organisation: Int64, by principal: Principal) async throws {
        try principal.require(MaintenanceUnit.ledger.writePermission, "维护\(MaintenanceUnit.ledger.title)")
        try await database.write { tx in
            let unit = try find(id, by: principal, in: tx)
            func refuse(_ message: String) -> Failure { Failure.invalid([FieldFinding("organisation", "reference", message, title: "账号所属机构")]) }
            guard let row = try tx.first("SELECT name, area FROM organisations WHERE id = \(organisation) AND kind = \(Organisation.Kind.maintenance.rawValue)") else {
                throw refuse("请选择运维单位类的机构")
            }
            if let other = try tx.first("SELECT name FROM maintenance_unit WHERE org = \(organisation) AND deleted_at IS NULL AND id <> \(id)") {
                throw refuse("该机构的账号已属于“\(other[0].text ?? "")”")
            }
            try tx.execute("UPDATE maintenance_unit SET org = \(organisation), area = \(row[1].text), updated_at = \(clock.now) WHERE id = \(id)")
            let summary = "运维单位“\(unit[MaintenanceUnit.name] ?? "")”关联账号机构“\(row[0].text ?? "")”"
            try audit.record(AuditEntry("update", MaintenanceUnit.ledger.name, "\(id)", summary, details: ["organisation": .int(organisation)]), by: principal, in: tx)
        }
    }

    // MARK: Keys

    /// - Throws: `.invalid` for an unknown enterprise or a key that is none.
    package func addKey(unit id: Int64, enterpriseCode: String, pem: String, by principal: Principal) async throws {
        try await database.write { tx in
            let unit = try find(id, by: principal, in: tx)
            guard try ledgers.findUnique(Enterprise.ledger.name, matching: ["enterpriseCode": .text(enterpriseCode)], in: tx) != nil else {
                throw Failure.invalid([FieldFinding("enterpriseCode", "unknown", "没有编号为“\(enterpriseCode)”的企业", title: "企业")])
            }
            try AccreditationDesk.addKey(unit, enterpriseCode: enterpriseCode, pem: pem, clients: clients, audit: audit, clock: clock, by: principal, in: tx)
        }
    }

    package func revokeKey(_ key: Int64, of id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            let unit = try find(id, by: principal, in: tx)
            try AccreditationDesk.revokeKey(key, of: unit, clients: clients, audit: audit, clock: clock, by: principal, in: tx)
        }
    }

    package func keys(unit id: Int64, by principal: Principal) async throws -> [SignedClientKey] {
        try await database.read { reader in
            guard let unit = try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("运维单位") }
            return try AccreditationDesk.keys(of: unit, clients: clients, in: reader)
        }
    }

    // MARK: The clock

    /// Accreditations whose last day is over; their gates can no longer sign.
    ///
    /// - Returns: how many expired.
    package func expireDue() async throws -> Int {
        let system = Principal.system("授权到期")
        let today = clock.today
        return try await database.write { tx in
            let due = try tx.rows(
                "SELECT id FROM maintenance_unit WHERE state = 'approved' AND valid_to IS NOT NULL AND valid_to < \(today) AND deleted_at IS NULL ORDER BY id LIMIT 500")
            for row in due {
                guard let id = row[0].int, let unit = try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: system, in: tx) else { continue }
                let client = try AccreditationDesk.client(of: unit, clients: clients, clock: clock, in: tx)
                try clients.expire(client, by: system.login, in: tx, clock: clock)
                var draft = Draft()
                draft.set(MaintenanceUnit.state, "expired")
                _ = try ledgers.update(MaintenanceUnit.ledger.name, id: id, draft, expectedVersion: nil, by: system, in: tx)
            }
            return due.count
        }
    }

    // MARK: Parts, each within a transaction

    private func find(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> Record {
        guard let unit = try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("运维单位") }
        return unit
    }

    private static func reason(_ text: String) throws -> String {
        guard !text.isEmpty else { throw Failure.invalid([FieldFinding("opinion", "required", "请说明原因", title: "原因")]) }
        guard text.count <= 500 else { throw Failure.invalid([FieldFinding("opinion", "length", "最多 500 个字", title: "原因")]) }
        return text
    }

    static func keys(of unit: Record, clients: SignedClients, in reader: any Reader) throws -> [SignedClientKey] {
        guard let client = try reader.value("SELECT id FROM signed_clients WHERE name = \(clientName(unit)) ORDER BY id LIMIT 1")?.int else { return [] }
        return try clients.keys(of: client, in: reader)
    }

    /// The same key again changes nothing and leaves no row.
    static func addKey(
        _ unit: Record, enterpriseCode: String, pem: String, clients: SignedClients, audit: AuditTrail, clock: Clock, by principal: Principal, in tx: any Transaction
    ) throws {
        let client = try client(of: unit, clients: clients, clock: clock, in: tx)
        let before = Set(try clients.keys(of: client, in: tx).map(\.id))
        let id = try clients.addKey(client: client, objectCode: enterpriseCode, pem: pem, by: principal.login, in: tx, clock: clock)
        guard !before.contains(id), let key = try clients.keys(of: client, in: tx).first(where: { $0.id == id }) else { return }
        try record("create", unit, "为企业 \(enterpriseCode) 登记公钥 \(key.fingerprint.prefix(16))…", key, audit, by: principal, in: tx)
    }

    static func revokeKey(_ id: Int64, of unit: Record, clients: SignedClients, audit: AuditTrail, clock: Clock, by principal: Principal, in tx: any Transaction) throws {
        guard let key = try keys(of: unit, clients: clients, in: tx).first(where: { $0.id == id }) else { throw Failure.notFound("公钥") }
        try clients.revokeKey(id, by: principal.login, in: tx, clock: clock)
        try record("delete", unit, "吊销企业 \(key.objectCode) 的公钥 \(key.fingerprint.prefix(16))…", key, audit, by: principal, in: tx)
    }

    private static func record(
        _ action: String, _ unit: Record, _ summary: String, _ key: SignedClientKey, _ audit: AuditTrail, by principal: Principal, in tx: any Transaction
    ) throws {
        let details: JSONValue = ["enterprise": .string(key.objectCode), "kind": .string(key.kind), "fingerprint": .string(key.fingerprint)]
        try audit.record(AuditEntry(action, "clientKey", "\(unit.id)", "\(unit[MaintenanceUnit.name] ?? "")：\(summary)", details: details), by: principal, in: tx)
    }

    /// The enterprise's unit becomes this one; nothing is written when it is already.
    static func entrust(_ site: Record, to unit: Int64, ledgers: LedgerEngine, by principal: Principal, in tx: any Transaction) throws {
        guard site[Enterprise.maintenanceUnit] != unit else { return }
        var draft = Draft()
        draft.set(Enterprise.maintenanceUnit, .int(unit))
        _ = try ledgers.update(Enterprise.ledger.name, id: site.id, draft, expectedVersion: nil, by: principal, in: tx)
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
        draft.set(MaintenanceUnit.validTo, validTo.map { .string($0.text) } ?? .null)
        draft.set(MaintenanceUnit.renewalAskedAt, .null)
        draft.set(MaintenanceUnit.opinion, .null)
        _ = try ledgers.update(MaintenanceUnit.ledger.name, id: unit.id, draft, expectedVersion: nil, by: principal, in: tx)
        return number
    }
}
