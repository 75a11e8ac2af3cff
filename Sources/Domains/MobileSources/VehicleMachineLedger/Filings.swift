import Identity
import Kernel
import Ledgers
import Storage

/// 备案: a filing starts as 待校验, its emission stage is determined with evidence, and it counts once approved.
package struct Filings: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry
    let handDown: HandDown
    let clock: Clock

    package func decide(id: Int64, approves: Bool, opinion: String, by principal: Principal) async throws -> Record {
        try await database.write { tx in try decide(id: id, approves: approves, opinion: opinion, by: principal, in: tx) }
    }

    /// - Throws: `.invalid` when a filing is returned without a reason.
    package func decide(id: Int64, approves: Bool, opinion: String, by principal: Principal, in tx: any Transaction) throws -> Record {
        if !approves, opinion.isEmpty { throw Failure.invalid([FieldFinding("filingOpinion", "required", "退回时须说明原因", title: "审核意见")]) }
        guard try ledgers.find(RegisteredVehicle.ledger.name, id: id, by: principal, in: tx) != nil else { throw Failure.notFound("备案车辆") }
        var draft = Draft()
        draft.set(RegisteredVehicle.filingState, approves ? "approved" : "rejected")
        draft.set(RegisteredVehicle.filingOpinion, .string(opinion))
        return try ledgers.update(RegisteredVehicle.ledger.name, id: id, draft, expectedVersion: nil, by: principal, in: tx)
    }

    func register() {
        let registry = registry
        ledgers.onDerive(of: RegisteredVehicle.ledger.name) { draft, before, _, reader in
            if let plate = draft[RegisteredVehicle.plateNo]?.string { draft.set(RegisteredVehicle.plateNo, .string(PlateNumber(normalizing: plate).text)) }
            let changesVehicle = before == nil || Filings.auditedFields.contains { draft.values[$0] != nil }
            guard changesVehicle else { return }
            let evidence = try StageEvidence.determine(StageEvidence.Subject(draft, before), excluding: before?.id, in: reader)
            draft.set(RegisteredVehicle.emissionStage, .string(evidence.stage.rawValue))
            draft.set(RegisteredVehicle.stageBasis, .string(evidence.basis))
            draft.set(RegisteredVehicle.stageEvidence, .string(evidence.text))
            if draft[RegisteredVehicle.filingState] == nil {
                // A change of VIN, stage or registration day needs a new check (hj1321-gate.md §11).
                let isComplete = Filings.isComplete(draft, before) && !evidence.conflicts
                draft.set(RegisteredVehicle.filingState, registry.snapshot.settings.approvesFilingsItself && isComplete ? "approved" : "pending")
            }
        }
        let handDown = handDown
        let clock = clock
        ledgers.onChange(of: RegisteredVehicle.ledger.name) { change, tx in
            let isFiled = change.after.map { $0[RegisteredVehicle.filingState] == "approved" && $0.deletedAt == nil } ?? false
            let wasFiled = change.before.map { $0[RegisteredVehicle.filingState] == "approved" && $0.deletedAt == nil } ?? false
            guard isFiled || wasFiled, let record = change.after ?? change.before, let org = record.org else { return }
            try handDown.post(
                .filing, id: "filing-\(record.id)", version: Int64(record.version), org: org, effectiveAt: clock.now, body: Filings.body(record, isFiled: isFiled), in: tx)
        }
    }

    private static let auditedFields = ["plateNo", "plateColor", "vin", "emissionStage", "registeredOn", "model", "fuel", "engineNo", "manifestPhoto"]

    private static func isComplete(_ draft: Draft, _ before: Record?) -> Bool {
        ["vin", "registeredOn", "model", "vehicleType"].allSatisfy { name in
            if let value = draft.values[name] { return !(value.isNull || value.string == "") }
            return before?.values[name].map { !$0.isNull } ?? false
        }
    }

    private static func body(_ record: Record, isFiled: Bool) -> JSONValue {
        [
            "plateNo": JSONValue(record[RegisteredVehicle.plateNo]), "plateColor": JSONValue(record[RegisteredVehicle.plateColor]), "filed": .bool(isFiled),
            "emissionStage": JSONValue(record[RegisteredVehicle.emissionStage]), "fuel": JSONValue(record[RegisteredVehicle.fuel]),
            "vehicleType": JSONValue(record[RegisteredVehicle.vehicleType]),
        ]
    }

    /// An approved filing as the full snapshot hands it down; columns as `HandDown.snapshotPage` selects them.
    static func item(_ row: Row) -> HandDown.Item {
        let body: JSONValue = [
            "plateNo": JSONValue(row[1].text), "plateColor": JSONValue(row[2].text), "filed": true, "emissionStage": JSONValue(row[3].text), "fuel": JSONValue(row[4].text),
            "vehicleType": JSONValue(row[5].text),
        ]
        return HandDown.Item(
            kind: HandDown.Kind.filing.rawValue, objectId: "filing-\(row[0].int ?? 0)", version: row[6].int ?? 1, effectiveAt: Moment(milliseconds: row[7].int ?? row[8].int ?? 0),
            body: body)
    }
}
