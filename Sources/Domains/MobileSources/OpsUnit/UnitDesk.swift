import Exchange
import Identity
import Kernel
import Ledgers
import Storage

/// A-21 授权认证, the maintenance unit's side: it applies, mends what was returned, asks for a longer time, registers keys for the enterprises it serves and revokes them.
///
/// A unit acts for its own organisation only; what it may change is said here, not by ledger permissions. Source: requirements/A-mobile-sources.md A-21; interfaces/gate.md Accreditation and keys.
package struct UnitDesk: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let clients: SignedClients
    let audit: AuditTrail
    let registry: GateRegistry
    let clock: Clock

    /// What a unit fills in. Empty texts count as absent.
    package struct Application: Sendable {
        package var name: String
        package var creditCode: String
        package var contact: String
        package var phone: String
        package var remarks: String
        /// Numbers of the enterprises it wants to serve.
        package var enterprises: [String]
        /// Stored files; nil keeps what was handed in before.
        package var materials: [AttachedFile]?

        package init(name: String, creditCode: String, contact: String, phone: String, remarks: String = "", enterprises: [String] = [], materials: [AttachedFile]? = nil) {
            self.name = name
            self.creditCode = creditCode
            self.contact = contact
            self.phone = phone
            self.remarks = remarks
            self.enterprises = enterprises
            self.materials = materials
        }
    }

    /// An enterprise that names this unit as the one that runs its gates.
    package struct Served: Sendable {
        package var org: Int64
        package var code: String
        package var name: String
    }

    /// The unit of the principal's organisation; nil before it has applied.
    package func unit(of principal: Principal, in reader: any Reader) throws -> Record? {
        guard let org = principal.organisation, let id = try reader.value("SELECT id FROM maintenance_unit WHERE org = \(org) AND deleted_at IS NULL ORDER BY id LIMIT 1")?.int,
            try isMaintenance(org, in: reader)
        else { return nil }
        return try ledgers.find(MaintenanceUnit.ledger.name, id: id, by: acting(principal), in: reader)
    }

    /// A supervisor's own rows belong to the authority, so an organisation that is no maintenance unit has none.
    private func isMaintenance(_ org: Int64, in reader: any Reader) throws -> Bool {
        try reader.value("SELECT kind FROM organisations WHERE id = \(org)")?.text == Organisation.Kind.maintenance.rawValue
    }

    package func served(by unit: Int64, in reader: any Reader) throws -> [Served] {
        try reader.rows("SELECT org, enterprise_code, name FROM enterprise WHERE maintenance_unit = \(unit) AND deleted_at IS NULL ORDER BY enterprise_code LIMIT 1000").map {
            Served(org: $0[0].int ?? 0, code: $0[1].text ?? "", name: $0[2].text ?? "")
        }
    }

    /// Hands in an application, or mends one that waits, was returned or is over.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden` for who is no maintenance unit; `.conflict` `JW-M112` when nothing can be applied for now.
    package func apply(_ application: Application, by principal: Principal) async throws -> Record {
        let findings = findings(application)
        return try await database.write { tx in
            guard let org = principal.organisation, try isMaintenance(org, in: tx) else { throw Failure.forbidden("运维单位授权申请") }
            let before = try unit(of: principal, in: tx)
            var all = findings
            if (application.materials ?? before.map { $0.files(named: MaintenanceUnit.materials) } ?? []).isEmpty {
                all.append(FieldFinding("materials", "required", "请上传营业执照等申请材料", title: "申请材料"))
            }
            let draft = draft(application, org: org, area: principal.area)
            do {
                guard all.isEmpty else { throw Failure.invalid([]) }
                guard let before else { return try ledgers.create(MaintenanceUnit.ledger.name, draft, by: acting(principal), in: tx) }
                guard ["applied", "rejected", "expired"].contains(before[MaintenanceUnit.state] ?? "applied") else {
                    throw Failure(.conflict, "JW-M112", "当前状态为“\(GateCodes.unitState.title(of: before[MaintenanceUnit.state] ?? ""))”，不能提交申请")
                }
                return try ledgers.update(MaintenanceUnit.ledger.name, id: before.id, draft, expectedVersion: nil, by: acting(principal), in: tx)
            } catch let failure as Failure where failure.kind == .invalid {
                throw Failure.invalid(all + failure.fields.filter { new in !all.contains { $0.field == new.field } })
            }
        }
    }

    private func findings(_ application: Application) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        func require(_ field: String, _ value: String, _ title: String) {
            if value.isEmpty { findings.append(FieldFinding(field, "required", "必填", title: title)) }
        }
        require("name", application.name, "单位名称")
        require("creditCode", application.creditCode, "统一社会信用代码")
        if !application.creditCode.isEmpty, !CreditCode(normalizing: application.creditCode).isValid {
            findings.append(FieldFinding("creditCode", "checkDigit", "不是有效的统一社会信用代码", title: "统一社会信用代码"))
        }
        require("contact", application.contact, "联系人")
        require("phone", application.phone, "联系电话")
        if application.enterprises.isEmpty { findings.append(FieldFinding("enterprises", "required", "请至少选择一家企业", title: "申请服务的企业")) }
        let known = registry.snapshot.orgByCode
        for code in application.enterprises where known[code] == nil {
            findings.append(FieldFinding("enterprises", "unknown", "没有编号为“\(code.prefix(40))”的企业", title: "申请服务的企业"))
        }
        return findings
    }

    private func draft(_ application: Application, org: Int64, area: String?) -> Draft {
        var draft = Draft(org: org, area: area)
        draft.set(MaintenanceUnit.name, .string(application.name))
        draft.set(MaintenanceUnit.creditCode, .string(application.creditCode))
        draft.set(MaintenanceUnit.contact, .string(application.contact))
        draft.set(MaintenanceUnit.phone, .string(application.phone))
        draft.set(MaintenanceUnit.remarks, application.remarks.isEmpty ? .null : .string(application.remarks))
        draft.set(MaintenanceUnit.askedFor, .string(application.enterprises.joined(separator: ", ")))
        draft.set(MaintenanceUnit.state, "applied")
        draft.set(MaintenanceUnit.appliedAt, .int(clock.now.milliseconds))
        if let materials = application.materials { draft.values[MaintenanceUnit.materials] = .array(materials.map(\.json)) }
        return draft
    }

    /// Asks for a longer time; the supervisor approves again.
    ///
    /// - Throws: `.conflict` `JW-M113` while there is nothing to prolong.
    package func askRenewal(by principal: Principal) async throws {
        try await database.write { tx in
            let unit = try own(principal, in: tx)
            guard unit[MaintenanceUnit.state] == "approved", unit[MaintenanceUnit.validTo] != nil else { throw Failure(.conflict, "JW-M113", "当前授权不需要续期") }
            var draft = Draft()
            draft.set(MaintenanceUnit.renewalAskedAt, .int(clock.now.milliseconds))
            _ = try ledgers.update(MaintenanceUnit.ledger.name, id: unit.id, draft, expectedVersion: nil, by: acting(principal), in: tx)
        }
    }

    // MARK: Keys

    /// - Throws: `.conflict` `JW-M114` unless the unit is approved; `.invalid` for an enterprise that it does not serve, or a key that is none.
    package func addKey(enterpriseCode: String, pem: String, by principal: Principal) async throws {
        try await database.write { tx in
            let unit = try own(principal, in: tx)
            guard unit[MaintenanceUnit.state] == "approved" else { throw Failure(.conflict, "JW-M114", "授权后才能登记公钥") }
            guard try served(by: unit.id, in: tx).contains(where: { $0.code == enterpriseCode }) else {
                throw Failure.invalid([FieldFinding("enterpriseCode", "scope", "不是本单位服务的企业", title: "企业")])
            }
            try AccreditationDesk.addKey(unit, enterpriseCode: enterpriseCode, pem: pem, clients: clients, audit: audit, clock: clock, by: principal, in: tx)
        }
    }

    package func revokeKey(_ key: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            let unit = try own(principal, in: tx)
            try AccreditationDesk.revokeKey(key, of: unit, clients: clients, audit: audit, clock: clock, by: principal, in: tx)
        }
    }

    package func keys(of unit: Record, in reader: any Reader) throws -> [SignedClientKey] { try AccreditationDesk.keys(of: unit, clients: clients, in: reader) }

    private func own(_ principal: Principal, in reader: any Reader) throws -> Record {
        guard let unit = try unit(of: principal, in: reader) else { throw Failure.notFound("本单位的授权申请") }
        return unit
    }

    /// The same person, with what this desk has just found to be theirs: the ledger itself gives units nothing.
    private func acting(_ principal: Principal) -> Principal {
        var acting = principal
        acting.permissions.formUnion([MaintenanceUnit.ledger.readPermission, MaintenanceUnit.ledger.writePermission, MaintenanceUnit.ledger.revealPermission])
        acting.scope = .everything
        return acting
    }
}

extension Record {
    /// The files of a field of the unit's ledger.
    package func files(named name: String) -> [AttachedFile] { MaintenanceUnit.ledger.field(name).map { files($0) } ?? [] }
}
