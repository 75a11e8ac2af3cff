import Identity
import Kernel
import Storage

/// A-11 为什么: the verdict of a stored pass told again from the facts and the strategy version it was judged by.
package struct PassExplanationReader: Sendable {
    let database: any Database
    let registry: GateRegistry

    package struct Answer: Sendable {
        package var passId: Int64
        package var plate: String
        package var enterprise: String
        package var gate: String
        package var passedAt: Moment
        /// As given at the time.
        package var verdict: GatePassRule.Verdict
        package var facts: GatePassRule.Facts
        package var explanation: PassExplanation
        /// Every finding the pass keeps, with its sentence.
        package var findings: [GatePassRule.Finding]
        /// False when the pass names a strategy version that was never kept; the steps then leave the strategy out.
        package var knowsStrategy: Bool

        /// Whether the rule of today, asked with the facts of then, answers the same.
        package var agrees: Bool { explanation.verdict == verdict }

        /// `冀A12345 08:03 不允许通行：未在平台备案`.
        package var summary: String {
            let reasons = findings.filter { $0.kind.refuses }.map(\.message)
            let title = GateCodes.verdict.title(of: verdict.rawValue)
            return "\(plate) \(passedAt.text) \(gate) \(title)" + (reasons.isEmpty ? "" : "：" + reasons.joined(separator: "；"))
        }
    }

    /// - Throws: `.notFound` when there is no such pass within the scope.
    package func explain(_ passId: Int64, scope: DataScope) async throws -> Answer { try await database.read { reader in try explain(passId, scope: scope, in: reader) } }

    package func explain(_ passId: Int64, scope: DataScope, in reader: any Reader) throws -> Answer {
        guard let row = try reader.first("SELECT \(KeptPass.columns) FROM gate_pass WHERE id = \(passId) AND \(scope.condition()) AND deleted_at IS NULL") else {
            throw Failure.notFound("该过车记录")
        }
        let pass = KeptPass(row)
        var facts = pass.facts
        if let id = pass.strategyId { facts.strategy = try StrategyVersions.find(id, version: pass.strategyVersion ?? 1, in: reader) }
        let snapshot = registry.snapshot
        let told = Dictionary(GatePassRule.judge(facts).findings.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        let findings = pass.findings.map { kind -> GatePassRule.Finding in
            if let finding = told[kind] { return finding }
            return kind == .liftedByHand && !pass.liftReason.isEmpty ? GatePassRule.Finding(kind, "手动抬杆：\(pass.liftReason)") : GatePassRule.Finding(kind)
        }
        return Answer(
            passId: pass.id, plate: facts.plate.text, enterprise: snapshot.enterprises[pass.org]?.name ?? "",
            gate: snapshot.gates[GateRegistry.GateKey(org: pass.org, gateNo: pass.gateNo)]?.name ?? pass.gateNo,
            passedAt: pass.passedAt, verdict: pass.verdict, facts: facts, explanation: PassExplanation(facts), findings: findings,
            knowsStrategy: pass.strategyId == nil || facts.strategy != nil)
    }
}
