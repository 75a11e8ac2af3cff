import Alarms
import Identity
import Kernel
import Ledgers
import Storage

/// A-13 人工补录: a pass that no reader saw, entered by a person at the enterprise and marked as such.
///
/// Manual entries have a series of their own: for gate `001` the gate `B001`, made on first use, whose serials are given inside the transaction that stores the pass. The real gate's
/// serials stay those of its system, so that the search for missing records is untouched. Source: requirements/A-mobile-sources.md A-13.
package struct ManualEntry: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry
    let vehicles: KnownVehicles
    let alarms: AlarmEngine
    let audit: AuditTrail
    let feed: PassFeed
    let memory: PassMemory
    let clock: Clock

    /// What a person fills in. Empty texts count as absent.
    package struct Input: Sendable {
        /// The real gate the vehicle went through.
        package var gateNo: String
        package var direction: String
        package var plate: PlateNumber
        package var color: PlateColor
        package var passedAt: Moment
        package var operatorName: String
        package var reason: String
        /// Code of the dictionary `barrierAction`.
        package var barrierAction: String
        package var liftReason: String?
        package var cargoName: String?
        package var cargoTonnes: Double?
        package var emissionStage: EmissionStage?
        package var headPhoto: String?
        package var bodyPhoto: String?

        package init(
            gateNo: String, direction: String, plate: PlateNumber, color: PlateColor, passedAt: Moment, operatorName: String, reason: String, barrierAction: String,
            liftReason: String? = nil,
            cargoName: String? = nil, cargoTonnes: Double? = nil, emissionStage: EmissionStage? = nil, headPhoto: String? = nil, bodyPhoto: String? = nil
        ) {
            self.gateNo = gateNo
            self.direction = direction
            self.plate = plate
            self.color = color
            self.passedAt = passedAt
            self.operatorName = operatorName
            self.reason = reason
            self.barrierAction = barrierAction
            self.liftReason = liftReason
            self.cargoName = cargoName
            self.cargoTonnes = cargoTonnes
            self.emissionStage = emissionStage
            self.headPhoto = headPhoto
            self.bodyPhoto = bodyPhoto
        }
    }

    /// The longest time after which a pass may still be entered by hand.
    package static let reachDays = 7
    /// The first letter of the gates that hold manual entries.
    package static let prefix = "B"

    /// - Returns: what was stored, judged like any other pass.
    /// - Throws: `.invalid` with every finding; `.forbidden` when the enterprise is not the writer's; `.conflict` `JW-M131` when the same vehicle was entered for the same minute already.
    package func record(_ input: Input, org: Int64, by principal: Principal) async throws -> PassResult {
        let snapshot = registry.snapshot
        guard let site = snapshot.enterprises[org], principal.scope.admits(org: org, area: site.county) else { throw Failure.forbidden("人工补录") }
        let now = clock.now
        let findings = findings(input, org: org, snapshot, now)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let terminal = GateTerminal(org: org, enterpriseCode: site.code, accreditationNo: principal.login, address: principal.address)
        let asked: Set<KnownVehicles.Asked> = input.plate.isMissing ? [] : [KnownVehicles.Asked(org: org, plate: input.plate.text)]
        let known = try await vehicles.answer(asked)
        return try await database.write { tx in
            let from = Moment(milliseconds: input.passedAt.milliseconds - 60_000), to = input.passedAt.adding(seconds: 60)
            let same = try tx.first(
                "SELECT id FROM gate_pass WHERE plate_no = \(input.plate.text) AND passed_at BETWEEN \(from) AND \(to) AND org = \(org) AND direction = \(input.direction) AND source = 'manual' LIMIT 1"
            )
            if same != nil, !input.plate.isMissing { throw Failure(.conflict, "JW-M131", "该车在这一时间已有一条人工补录记录，请勿重复补录") }
            let gateNo = try gate(for: input.gateNo, org: org, snapshot, in: tx)
            var judged = snapshot
            judged.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)] = GateRegistry.GateFacts(
                name: ManualEntry.name(input.gateNo, org, snapshot), barriers: ManualEntry.barriers)
            let last = try tx.value("SELECT last_serial FROM gate_state WHERE org = \(org) AND gate_no = \(gateNo)")?.int ?? 0
            let record = PassPreparation(snapshot: judged, known: known, owners: ledgers.cipher(of: GatePassEvent.ledger.name, "owner")).ready(
                ManualEntry.pass(input, gateNo: gateNo, serial: last + 1), from: terminal, at: now)
            let (result, pass) = try PassStore(alarms: alarms, memory: memory).store(record, in: tx)
            guard result.status == .stored, let pass else { throw Failure.invalid(result.errors) }
            let entry = AuditEntry("create", "gatePass", String(pass.id), "人工补录过车：\(input.plate.text)，\(input.reason)")
            try audit.record(entry, by: principal, in: tx)
            let feed = feed
            try feed.publish([pass], after: tx)
            return result
        }
    }

    private static let barriers = ["001": "1", "002": "2"]

    private func findings(_ input: Input, org: Int64, _ snapshot: GateRegistry.Snapshot, _ now: Moment) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        let key = GateRegistry.GateKey(org: org, gateNo: input.gateNo)
        if snapshot.gates[key] == nil || snapshot.isManualGate(key) { findings.append(FieldFinding("gateNo", "unknownCode", "请选择本企业的门岗", title: "门岗")) }
        if input.direction != "1", input.direction != "2" { findings.append(FieldFinding("direction", "required", "请选择进厂或出厂", title: "方向")) }
        if input.plate.text.isEmpty { findings.append(FieldFinding("plateNo", "required", "请填写号牌号码；无牌车辆填“无牌”", title: "号牌号码")) }
        if input.passedAt > now.adding(seconds: 60) { findings.append(FieldFinding("passedAt", "future", "不得晚于当前时间", title: "过车时间")) }
        if input.passedAt < now.adding(seconds: -Int64(ManualEntry.reachDays) * 86_400) {
            findings.append(FieldFinding("passedAt", "range", "只能补录 \(ManualEntry.reachDays) 天以内的过车", title: "过车时间"))
        }
        if input.operatorName.isEmpty { findings.append(FieldFinding("operator", "required", "请填写补录人", title: "补录人")) }
        if input.reason.isEmpty { findings.append(FieldFinding("reason", "required", "请填写补录原因", title: "补录原因")) }
        if !["0", "1", "2"].contains(input.barrierAction) { findings.append(FieldFinding("barrierAction", "required", "请选择抬杆方式", title: "抬杆方式")) }
        if input.barrierAction == "1", (input.liftReason ?? "").isEmpty { findings.append(FieldFinding("liftReason", "required", "手动抬杆须填写原因", title: "手动抬杆原因")) }
        if let tonnes = input.cargoTonnes, !(0...1000).contains(tonnes) { findings.append(FieldFinding("cargoTonnes", "range", "应在 0～1000 吨之间", title: "运输量")) }
        return findings
    }

    private static func pass(_ input: Input, gateNo: String, serial: Int64) -> GatePassInput {
        var pass = GatePassInput()
        pass.serialNo = serial
        pass.gateNo = gateNo
        pass.barrierNo = input.direction == "1" ? "001" : "002"
        pass.direction = input.direction
        pass.plate = input.plate
        pass.plateColor = input.color
        pass.passedAt = input.passedAt
        pass.barrierAction = input.barrierAction
        pass.liftReason = input.liftReason
        pass.headPhoto = input.headPhoto
        pass.bodyPhoto = input.bodyPhoto
        pass.cargoName = input.cargoName
        pass.cargoTonnes = input.cargoTonnes
        pass.measuredBy = input.cargoTonnes == nil ? nil : "hand"
        pass.emissionStage = input.emissionStage
        pass.source = "manual"
        pass.operatorName = input.operatorName
        pass.reason = input.reason
        return pass
    }

    private static func name(_ gateNo: String, _ org: Int64, _ snapshot: GateRegistry.Snapshot) -> String {
        "\(snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.name ?? gateNo)（补录）"
    }

    /// The gate that holds the manual entries of a real one; made with its two barriers when it is not there.
    private func gate(for real: String, org: Int64, _ snapshot: GateRegistry.Snapshot, in tx: any Transaction) throws -> String {
        let gateNo = ManualEntry.prefix + real.prefix(7)
        guard try ledgers.findUnique(Gate.ledger.name, matching: ["org": .int(org), "gateNo": .text(gateNo)], in: tx) == nil else { return gateNo }
        let system = Principal.system("人工补录")
        let name = ManualEntry.name(real, org, snapshot)
        var draft = Draft(org: org)
        draft.set(Gate.gateNo, .string(gateNo))
        draft.set(Gate.name, .string(name))
        _ = try ledgers.create(Gate.ledger.name, draft, by: system, in: tx)
        for (barrierNo, direction) in ManualEntry.barriers.sorted(by: { $0.key < $1.key }) {
            var barrier = Draft(org: org)
            barrier.set(Barrier.gateNo, .string(gateNo))
            barrier.set(Barrier.barrierNo, .string(barrierNo))
            barrier.set(Barrier.direction, .string(direction))
            barrier.values["name"] = .string("\(name)\(GateCodes.direction.title(of: direction))")
            _ = try ledgers.create(Barrier.ledger.name, barrier, by: system, in: tx)
        }
        return gateNo
    }
}

extension GateRegistry.Snapshot {
    /// Whether a gate only holds manual entries: no heartbeat, no equipment, no missing serials.
    package func isManualGate(_ key: GateRegistry.GateKey) -> Bool {
        key.gateNo.hasPrefix(ManualEntry.prefix) && gates[GateRegistry.GateKey(org: key.org, gateNo: String(key.gateNo.dropFirst()))] != nil
    }

    /// Gates with equipment, in the order of their numbers.
    package func realGateNos(of org: Int64) -> [String] { gateNos(of: org).filter { !isManualGate(GateRegistry.GateKey(org: org, gateNo: $0)) } }
}
