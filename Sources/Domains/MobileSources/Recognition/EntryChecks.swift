import Alarms
import Identity
import Kernel
import Ledgers
import Storage

/// A-43 at the barrier: a guard compares person and goods with the authorisation; what he saw is kept, and what does not fit is an alarm.
package struct EntryChecks: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let alarms: AlarmEngine
    let lookup: FilingLookup
    let registry: GateRegistry
    let clock: Clock

    package struct Input: Sendable {
        package var plate: PlateNumber
        package var color: PlateColor
        /// `match`, `mismatch` or `none`.
        package var person: String
        package var cargo: String
        package var note: String?

        package init(plate: PlateNumber, color: PlateColor, person: String, cargo: String, note: String? = nil) {
            self.plate = plate
            self.color = color
            self.person = person
            self.cargo = cargo
            self.note = note
        }

        /// Everything wrong with it.
        var findings: [FieldFinding] {
            var findings: [FieldFinding] = []
            let known = Set(EntryCheck.match.map(\.code))
            if plate.isMissing { findings.append(FieldFinding("plateNo", "required", "请填写号牌号码", title: "号牌号码")) }
            if !known.contains(person) { findings.append(FieldFinding("person", "unknownCode", "请选择核对结果", title: "驾驶人")) }
            if !known.contains(cargo) { findings.append(FieldFinding("cargo", "unknownCode", "请选择核对结果", title: "货物")) }
            if (note?.count ?? 0) > 500 { findings.append(FieldFinding("note", "length", "不超过 500 个字符", title: "说明")) }
            return findings
        }
    }

    package struct Outcome: Sendable {
        package var id: Int64
        package var verdict: GatePassRule.Verdict
        package var reasons: [String]
    }

    /// The platform's own judgement counts first: what it refuses no guard lets in.
    ///
    /// - Throws: `.invalid` with every finding.
    package func record(_ input: Input, org: Int64, by principal: Principal) async throws -> Outcome {
        guard input.findings.isEmpty else { throw Failure.invalid(input.findings) }
        let answer = try await lookup.look(plateNo: input.plate.text, color: input.color, isEntry: true, gateNo: nil, org: org)
        var reasons = answer.judgement.findings.filter { $0.kind.refuses }.map(\.message)
        if input.person == "mismatch" { reasons.append(PassFinding.driverMismatch.title) }
        if input.cargo == "mismatch" { reasons.append(PassFinding.cargoMismatch.title) }
        let verdict: GatePassRule.Verdict = reasons.isEmpty ? answer.judgement.verdict : .refuse
        let (now, site) = (clock.now, registry.snapshot.enterprises[org])
        var draft = Draft(
            [
                "checkedAt": .string(now.rfc3339), "plateNo": .string(input.plate.text), "plateColor": .string(input.color.rawValue), "person": .string(input.person),
                "cargo": .string(input.cargo), "outcome": .string(verdict.rawValue), "reasons": .string(reasons.joined(separator: "；")), "guard": .string(principal.name),
            ], org: org)
        if let note = input.note, !note.isEmpty { draft.values["note"] = .string(note) }
        if let authorisation = answer.authorisations.first?.id { draft.values["authorisation"] = .int(authorisation) }
        let signalled = reasons
        return try await database.write { [draft, ledgers, alarms] tx in
            let record = try ledgers.create(EntryCheck.ledger.name, draft, by: principal, in: tx)
            if !signalled.isEmpty {
                let signal = AlarmSignal(
                    kind: ViolationAlarm.unauthorisedEntry.name, org: org, orgName: site?.name ?? "", area: site?.county, place: "门前核验",
                    subject: input.plate.text + input.color.rawValue,
                    plate: input.plate.text, occurredAt: now, title: "\(input.plate.text) 门前核验不符，未予放行",
                    facts: ["核验记录号": .int(record.id), "号牌号码": .string(input.plate.text), "核验人": .string(principal.name), "说明": JSONValue(input.note)],
                    reasons: signalled.map { AlarmReason("entryCheck", $0) }, versions: AlarmVersions(rule: GatePassRule.version), grade: .ordinary,
                    source: AlarmSource("ledger:\(EntryCheck.ledger.name)", record.id))
                _ = try alarms.raise(signal, by: principal, in: tx)
            }
            return Outcome(id: record.id, verdict: verdict, reasons: signalled)
        }
    }
}
