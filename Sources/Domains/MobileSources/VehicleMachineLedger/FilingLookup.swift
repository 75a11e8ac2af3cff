import Kernel
import Storage

/// A-11 备案车辆查询: what a gate or a guard asks before the barrier lifts.
package struct FilingLookup: Sendable {
    let database: any Database
    let registry: GateRegistry
    let vehicles: KnownVehicles
    let clock: Clock

    package struct Answer: Sendable {
        package var isFiled: Bool
        package var filingState: String?
        package var stage: EmissionStage
        package var fuel: String
        package var isListed: Bool
        package var judgement: GatePassRule.Judgement
        package var explanation: PassExplanation
        package var displayText: String
        package var strategyVersion: Int64?
        package var listVersion: Int64
        package var level: WarningLevel
        /// What the enterprise allowed in and holds today, whether or not it demands one.
        package var authorisations: [EntryRule.Authorisation] = []

        package var json: JSONValue {
            [
                "filed": .bool(isFiled), "emissionStage": .string(stage.rawValue), "fuel": .string(fuel), "listed": .bool(isListed), "verdict": .string(judgement.verdict.rawValue),
                "findings": .array(judgement.findings.map { ["code": .string($0.kind.rawValue), "msg": .string($0.message)] }), "displayText": .string(displayText),
                "strategyVersion": JSONValue(strategyVersion), "listVersion": .int(listVersion), "warningLevel": .string(level.rawValue), "filingState": JSONValue(filingState),
            ]
        }
    }

    /// - Parameters:
    ///   - driver: as recognised at the gate; compared with the authorisation where one is demanded.
    ///   - cargo: the goods, likewise.
    /// - Throws: `.notFound` `40401` when the enterprise has no such gate.
    package func look(plateNo: String, color: PlateColor, isEntry: Bool, gateNo: String?, org: Int64, driver: String? = nil, cargo: String? = nil) async throws -> Answer {
        let snapshot = registry.snapshot
        guard let site = snapshot.enterprises[org] else { throw Failure(.forbidden, "40301", "企业已停联或注销") }
        if let gateNo, snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)] == nil { throw Failure(.notFound, "40401", "出入口“\(gateNo)”未登记") }
        let subject = PassJudge.Subject(
            plate: PlateNumber(normalizing: plateNo), color: color, at: clock.now, isEntry: isEntry, tonnes: 0, gateNo: gateNo, driver: driver, cargo: cargo)
        let asked: Set<KnownVehicles.Asked> = subject.plate.isMissing ? [] : [KnownVehicles.Asked(org: org, plate: subject.plate.text)]
        let known = try await vehicles.answer(asked)
        let vehicle = known.vehicle(subject, org: org)
        var outcome = PassJudge(snapshot: snapshot).judge(subject, at: site, known: vehicle)
        if outcome.isCapped { outcome.weigh(try await database.read { reader in try PassJudge.load(org: org, on: subject.at.day, in: reader) }) }
        var answer = FilingLookup.answer(outcome, snapshot: snapshot)
        answer.authorisations = vehicle.authorisations.filter { $0.holds(on: subject.at.day) }
        return answer
    }

    private static func answer(_ outcome: PassJudge.Outcome, snapshot: GateRegistry.Snapshot) -> Answer {
        let facts = outcome.facts
        let verdict = GateCodes.verdict.title(of: outcome.judgement.verdict.rawValue)
        let control = facts.level == .none ? "无预警" : "\(facts.level.title)预警"
        let reason = outcome.judgement.findings.first { $0.kind.refuses }.map { " " + $0.message } ?? ""
        return Answer(
            isFiled: facts.filing == .approved, filingState: outcome.filing?.state, stage: facts.stage, fuel: facts.fuel, isListed: facts.listedVersion != nil,
            judgement: outcome.judgement,
            explanation: PassExplanation(facts), displayText: "\(facts.plate.text) \(facts.stage.title) \(control) \(verdict)\(reason)", strategyVersion: facts.strategy?.version,
            listVersion: snapshot.listVersion, level: facts.level)
    }
}
