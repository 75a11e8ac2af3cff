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
    ///   - travel: told each moment before its pass is stored, so that the alarms' clock can follow.
    package func importHistory(_ passes: [HistoricPass], by principal: Principal, at travel: @escaping @Sendable (Moment) -> Void) async throws -> [PassResult] {
        let snapshot = registry.snapshot
        let store = PassStore(registry: registry, alarms: alarms)
        let audit = audit
        return try await database.write { tx in
            var results: [PassResult] = []
            results.reserveCapacity(passes.count)
            for pass in passes {
                travel(pass.receivedAt)
                let (result, stored) = try store.store(pass.input, from: pass.terminal, snapshot: snapshot, now: pass.receivedAt, in: tx)
                if let stored { try tx.execute("DELETE FROM photo_awaited WHERE pass_id = \(stored.id)") }
                results.append(result)
            }
            let stored = results.count { $0.status == .stored }
            try audit.record(AuditEntry("import", "gatePass", "", "补录历史过车 \(passes.count) 条：入库 \(stored)"), by: principal, in: tx)
            return results
        }
    }
}
