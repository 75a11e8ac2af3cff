import Identity
import Kernel
import Storage

/// A pass of the past with the moment at which it is taken to have come.
package struct HistoricPass: Sendable {
    package var input: GatePassInput
    package var terminal: GateTerminal
    package var receivedAt: Moment

    package init(input: GatePassInput, terminal: GateTerminal, receivedAt: Moment) {
        self.input = input
        self.terminal = terminal
        self.receivedAt = receivedAt
    }
}

extension GatePasses {
    /// Takes in passes of the past, from another system or invented for a demonstration, each as if it had come at its own moment. Stored, judged, paired and counted as any pass; not shown
    /// live, and photos that are not here are not waited for.
    ///
    /// - Parameters:
    ///   - passes: in the order in which they came; serials rise by one at each gate.
    ///   - recordedAt: now, by the real clock; photos of a pass recorded long after it came are not waited for.
    ///   - travel: told each moment before its pass is stored, so that the alarms' clock can follow.
    package func importHistory(
        _ passes: [HistoricPass], recordedAt: Moment, by principal: Principal, at travel: @escaping @Sendable (Moment) -> Void
    ) async throws -> [PassResult] {
        let snapshot = registry.snapshot
        let asked = passes.reduce(into: Set<KnownVehicles.Asked>()) { $0.formUnion(PassPreparation.asked(CollectionOfOne($1.input), org: $1.terminal.org)) }
        let preparation = PassPreparation(snapshot: snapshot, known: try await vehicles.answer(asked), owners: owners)
        let store = PassStore(alarms: alarms, memory: memory)
        let audit = audit
        return try await database.write { tx in
            var results: [PassResult] = []
            results.reserveCapacity(passes.count)
            for pass in passes {
                travel(pass.receivedAt)
                let (result, _) = try store.store(preparation.ready(pass.input, from: pass.terminal, at: pass.receivedAt, recordedAt: recordedAt), in: tx)
                results.append(result)
            }
            let stored = results.count { $0.status == .stored }
            try audit.record(AuditEntry("import", "gatePass", "", "补录历史过车 \(passes.count) 条：入库 \(stored)"), by: principal, in: tx)
            return results
        }
    }
}
