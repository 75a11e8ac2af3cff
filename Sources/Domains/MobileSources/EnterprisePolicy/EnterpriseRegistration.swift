import Exchange
import Identity
import Kernel
import Ledgers
import Storage

/// an enterprise enters the platform: its organisation, its row, its gates; the registry follows every later change.
package struct EnterpriseRegistration: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let organisations: Organisations
    let registry: GateRegistry
    let clients: SignedClients
    let refresh: StrategyRefresh
    let audit: AuditTrail
    let clock: Clock

    func register() {
        let organisations = organisations
        ledgers.onPrepare(of: Enterprise.ledger.name) { draft, before, principal, tx in
            guard before == nil, draft.org == nil else { return }
            guard let code = draft[Enterprise.enterpriseCode]?.string, let name = draft[Enterprise.name]?.string, let county = draft[Enterprise.county]?.string,
                Region(code: county)?.isKnown ?? false,
                !code.isEmpty, !name.isEmpty
            else { return }
            draft.org = try EnterpriseRegistration.organisation(code: code, name: name, county: county, organisations, by: principal, in: tx)
        }
        follow(Enterprise.ledger.name) { record, snapshot, isLive in
            guard let org = record.org else { return }
            if let old = snapshot.enterprises[org] { snapshot.orgByCode[old.code] = nil }
            guard isLive else {
                snapshot.enterprises[org] = nil
                return
            }
            let facts = EnterpriseFacts(
                ledgerId: record.id, org: org, code: record[Enterprise.enterpriseCode] ?? "", name: record[Enterprise.name] ?? "", county: record[Enterprise.county] ?? "",
                industry: record[Enterprise.industry] ?? "", grade: record[Enterprise.performanceGrade] ?? "", isConnected: record[Enterprise.connectState] == "connected",
                needsAuthorisation: record[Enterprise.needsAuthorisation] ?? false)
            snapshot.enterprises[org] = facts
            snapshot.orgByCode[facts.code] = org
        }
        let refresh = refresh
        let registry = registry
        ledgers.onChange(of: Enterprise.ledger.name) { change, tx in
            guard let record = change.after, let org = record.org, record.deletedAt == nil else { return }
            var next = registry.snapshot
            next.enterprises[org] = EnterpriseFacts(
                ledgerId: record.id, org: org, code: record[Enterprise.enterpriseCode] ?? "", name: record[Enterprise.name] ?? "", county: record[Enterprise.county] ?? "",
                industry: record[Enterprise.industry] ?? "", grade: record[Enterprise.performanceGrade] ?? "", isConnected: record[Enterprise.connectState] == "connected",
                needsAuthorisation: record[Enterprise.needsAuthorisation] ?? false)
            _ = try refresh.run(next, in: tx)
        }
        follow(Gate.ledger.name) { record, snapshot, isLive in
            guard let org = record.org, let gateNo = record[Gate.gateNo] else { return }
            let key = GateRegistry.GateKey(org: org, gateNo: gateNo)
            if isLive {
                snapshot.gates[key] = GateRegistry.GateFacts(name: record[Gate.name] ?? gateNo, barriers: snapshot.gates[key]?.barriers ?? [:])
            } else {
                snapshot.gates[key] = nil
            }
        }
        follow(Barrier.ledger.name) { record, snapshot, isLive in
            guard let org = record.org, let gateNo = record[Barrier.gateNo], let barrierNo = record[Barrier.barrierNo] else { return }
            snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.barriers[barrierNo] = isLive ? record[Barrier.direction] ?? "1" : nil
        }
    }

    private func follow(_ ledger: String, _ patch: @escaping @Sendable (Record, inout GateRegistry.Snapshot, Bool) -> Void) {
        let registry = registry
        ledgers.onChange(of: ledger) { change, tx in
            guard let record = change.after ?? change.before else { return }
            let isLive = change.after.map { $0.deletedAt == nil } ?? false
            tx.signal(GateRegistry.signal, "")
            tx.afterCommit { registry.update { patch(record, &$0, isLive) } }
        }
    }

    /// The organisation of an enterprise under its county's, made with the whole line above it where that is missing.
    private static func organisation(code: String, name: String, county: String, _ organisations: Organisations, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        if let known = try organisations.find(code: code, tx) { return known.id }
        let system = Principal.system("企业登记")
        let province = try ensure(
            String(county.prefix(2)), kind: .province, parent: nil, area: String(county.prefix(2)), title: Region(code: county.prefix(2) + "0000")?.title, organisations, system, tx
        )
        let city = try ensure(
            String(county.prefix(4)), kind: .city, parent: province, area: String(county.prefix(4)), title: Region(code: county.prefix(4) + "00")?.title, organisations, system, tx)
        let parent = try ensure(county, kind: .county, parent: city, area: county, title: Region(code: county)?.title, organisations, system, tx)
        return try organisations.create(OrganisationDraft(parent: parent, kind: .enterprise, code: code, name: name, area: county), by: system, in: tx).id
    }

    private static func ensure(
        _ code: String, kind: Organisation.Kind, parent: Int64?, area: String, title: String?, _ organisations: Organisations, _ principal: Principal, _ tx: any Transaction
    ) throws -> Int64 {
        if let known = try organisations.find(code: code, tx) { return known.id }
        return try organisations.create(OrganisationDraft(parent: parent, kind: kind, code: code, name: title ?? code, area: area), by: principal, in: tx).id
    }

    // MARK: Provisioning (interfaces/gate.md, from the command line)

    package struct GateClient: Sendable {
        package var enterpriseCode: String
        package var name: String
        package var county: String
        package var industry: String
        package var grade: String
        package var gates: [String]
        package var publicKey: String?
        package var location: (longitude: Double, latitude: Double)?
        package var unitName: String?

        package init(
            enterpriseCode: String, name: String, county: String, industry: String, grade: String, gates: [String], publicKey: String?,
            location: (longitude: Double, latitude: Double)? = nil,
            unitName: String? = nil
        ) {
            self.enterpriseCode = enterpriseCode
            self.name = name
            self.county = county
            self.industry = industry
            self.grade = grade
            self.gates = gates
            self.publicKey = publicKey
            self.location = location
            self.unitName = unitName
        }
    }

    package struct Provisioned: Sendable {
        package var accreditationNo: String
        package var enterpriseCode: String
        package var gates: [String]
        package var org: Int64
    }

    /// Makes what is missing: enterprise, gates with an entry barrier `001` and an exit barrier `002`, an approved maintenance unit, the key. Repeating it changes nothing but adds the key.
    ///
    /// - Throws: `.invalid` with every wrong field.
    package func provision(_ request: GateClient, by principal: Principal) async throws -> Provisioned {
        var findings: [FieldFinding] = []
        if !(Region(code: request.county)?.isKnown ?? false) { findings.append(FieldFinding("county", "unknownCode", "“\(request.county)”不是已知的县（区、市）代码", title: "县（区、市）")) }
        let industry = Industry.find(request.industry)
        if industry == nil { findings.append(FieldFinding("industry", "unknownCode", "“\(request.industry)”不是已知的行业类型", title: "行业类型")) }
        if !PerformanceGrade.isKnown(request.grade) { findings.append(FieldFinding("grade", "unknownCode", "“\(request.grade)”不是已知的绩效分级", title: "绩效分级")) }
        if request.gates.isEmpty { findings.append(FieldFinding("gates", "required", "至少一个出入口", title: "出入口")) }
        guard findings.isEmpty, let industry else { throw Failure.invalid(findings) }
        return try await database.write { tx in
            let org = try enterprise(request, industry: industry.code, by: principal, in: tx)
            for gateNo in request.gates { try gate(gateNo, org: org, by: principal, in: tx) }
            let number = try accredit(request, org: org, by: principal, in: tx)
            return Provisioned(accreditationNo: number, enterpriseCode: request.enterpriseCode, gates: request.gates, org: org)
        }
    }

    private func enterprise(_ request: GateClient, industry: String, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        if let known = try ledgers.findUnique(Enterprise.ledger.name, matching: ["enterpriseCode": .text(request.enterpriseCode)], in: tx), let org = known.org { return org }
        var draft = Draft()
        draft.set(Enterprise.enterpriseCode, .string(request.enterpriseCode))
        draft.set(Enterprise.name, .string(request.name))
        draft.set(Enterprise.county, .string(request.county))
        draft.set(Enterprise.industry, .string(industry))
        draft.set(Enterprise.performanceGrade, .string(request.grade))
        draft.set(Enterprise.connectState, "connected")
        draft.set(Enterprise.connectedAt, .int(clock.now.milliseconds))
        draft.values["gateCount"] = .int(Int64(request.gates.count))
        if let location = request.location { draft.values["location"] = .string("\(location.longitude),\(location.latitude)") }
        let record = try ledgers.create(Enterprise.ledger.name, draft, by: principal, in: tx)
        guard let org = record.org else { throw Failure(.unexpected, "JW-M001", "企业登记未完成", cause: "no organisation for \(request.enterpriseCode)") }
        return org
    }

    private func gate(_ gateNo: String, org: Int64, by principal: Principal, in tx: any Transaction) throws {
        if try ledgers.findUnique(Gate.ledger.name, matching: ["org": .int(org), "gateNo": .text(gateNo)], in: tx) == nil {
            var draft = Draft(org: org)
            draft.set(Gate.gateNo, .string(gateNo))
            draft.set(Gate.name, .string("\(gateNo)号门"))
            _ = try ledgers.create(Gate.ledger.name, draft, by: principal, in: tx)
        }
        for (barrierNo, direction, title) in [("001", "1", "进口道闸"), ("002", "2", "出口道闸")] {
            guard try ledgers.findUnique(Barrier.ledger.name, matching: ["org": .int(org), "gateNo": .text(gateNo), "barrierNo": .text(barrierNo)], in: tx) == nil else { continue }
            var draft = Draft(org: org)
            draft.set(Barrier.gateNo, .string(gateNo))
            draft.set(Barrier.barrierNo, .string(barrierNo))
            draft.set(Barrier.direction, .string(direction))
            draft.values["name"] = .string("\(gateNo)号门\(title)")
            _ = try ledgers.create(Barrier.ledger.name, draft, by: principal, in: tx)
        }
    }

    private func accredit(_ request: GateClient, org: Int64, by principal: Principal, in tx: any Transaction) throws -> String {
        let unitName = request.unitName ?? "\(request.name)门禁运维单位"
        let unit: Record
        if let known = try ledgers.findUnique(MaintenanceUnit.ledger.name, matching: ["name": .text(unitName)], in: tx) {
            unit = known
        } else {
            var draft = Draft()
            draft.set(MaintenanceUnit.name, .string(unitName))
            unit = try ledgers.create(MaintenanceUnit.ledger.name, draft, by: principal, in: tx)
        }
        let client = try AccreditationDesk.client(of: unit, clients: clients, clock: clock, in: tx)
        var number = unit[MaintenanceUnit.accreditationNo] ?? ""
        if number.isEmpty { number = try AccreditationDesk.approve(unit, client: client, validTo: nil, ledgers: ledgers, clients: clients, clock: clock, by: principal, in: tx) }
        if let pem = request.publicKey {
            try AccreditationDesk.addKey(unit, enterpriseCode: request.enterpriseCode, pem: pem, clients: clients, audit: audit, clock: clock, by: principal, in: tx)
        }
        if let site = try ledgers.findUnique(Enterprise.ledger.name, matching: ["enterpriseCode": .text(request.enterpriseCode)], in: tx), site[Enterprise.maintenanceUnit] == nil {
            try AccreditationDesk.entrust(site, to: unit.id, ledgers: ledgers, by: principal, in: tx)
        }
        return number
    }
}
