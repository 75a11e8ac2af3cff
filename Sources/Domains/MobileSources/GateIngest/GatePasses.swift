import Alarms
import Identity
import Kernel
import Storage

/// A-41 过车实时采集: takes records from gates, answers each for itself, and says `stored` only when it is durable.
package struct GatePasses: Sendable {
    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let audit: AuditTrail
    let clock: Clock
    let feed: PassFeed

    /// - Parameters:
    ///   - values: 1…500 records as JSON.
    ///   - claim: run first in the transaction (the gateway's nonce); when it throws nothing is stored.
    /// - Returns: one result a record, in order.
    /// - Throws: `.unavailable` when the database cannot take them; the gate sends them again.
    package func record(_ values: [JSONValue], from terminal: GateTerminal, claim: @escaping @Sendable (any Transaction) throws -> Void = { _ in }) async throws -> [PassResult] {
        let now = clock.now
        let snapshot = registry.snapshot
        let inputs = values.map { value -> Result<GatePassInput, GatePassFault> in
            do throws(GatePassFault) { return .success(try GatePassInput(value, now: now)) } catch { return .failure(error) }
        }
        let store = PassStore(registry: registry, alarms: alarms)
        let audit = audit
        let feed = feed
        return try await database.write { tx in
            try claim(tx)
            var results: [PassResult] = []
            var passes: [StoredPass] = []
            var tally = PassTally()
            // A strategy with a daily cap asks how many came before, among them those of this request.
            let hasCaps = snapshot.strategies.contains { $0.dailyTripCap != nil || $0.dailyTonnesCap != nil }
            results.reserveCapacity(inputs.count)
            for input in inputs {
                switch input {
                case .failure(let fault):
                    results.append(PassResult(serialNo: fault.serialNo, status: .rejected, passId: nil, verdict: nil, findings: [], errors: fault.errors, ignored: fault.ignored))
                case .success(let input):
                    let (result, pass) = try store.store(input, from: terminal, snapshot: snapshot, now: now, tally: &tally, in: tx)
                    results.append(result)
                    if hasCaps { try tally.flush(in: tx) }
                    if let pass { passes.append(pass) }
                }
            }
            try tally.flush(in: tx)
            let stored = passes.count
            let rejected = results.count { $0.status == .rejected }
            if rejected > 0, let gateNo = inputs.lazy.compactMap({ try? $0.get().gateNo }).first, snapshot.gates[GateRegistry.GateKey(org: terminal.org, gateNo: gateNo)] != nil {
                try tx.execute(
                    "INSERT INTO gate_daily (day, org, gate_no, area, rejected) VALUES (\(now.day), \(terminal.org), \(gateNo), \(snapshot.enterprises[terminal.org]?.county), \(rejected)) ON CONFLICT (day, org, gate_no) DO UPDATE SET rejected = gate_daily.rejected + excluded.rejected"
                )
            }
            let entry = AuditEntry("receive", "gatePass", passes.first.map { String($0.id) } ?? "", "接收过车 \(results.count) 条：入库 \(stored)，拒收 \(rejected)")
            try audit.record(entry, by: terminal.principal(snapshot), in: tx)
            if !passes.isEmpty { tx.afterCommit { [passes] in feed.publish(passes) } }
            return results
        }
    }
}

extension GateTerminal {
    /// The gate system as the audit names it; it may do what the interface lets it and sees its own enterprise only.
    func principal(_ snapshot: GateRegistry.Snapshot) -> Principal {
        let site = snapshot.enterprises[org]
        return Principal(
            kind: .client, id: org, login: accreditationNo, name: "\(site?.name ?? enterpriseCode) 门禁系统", organisation: org, organisationName: site?.name ?? "", area: site?.county,
            permissions: ["*"], scope: .organisation(org), address: address)
    }
}
