import Alarms
import Cryptography
import Identity
import Kernel
import Storage

/// A-41 过车实时采集: takes records from gates, answers each for itself, and says `stored` only when it is durable.
package struct GatePasses: Sendable {
    let database: any Database
    let registry: GateRegistry
    let vehicles: KnownVehicles
    let alarms: AlarmEngine
    let audit: AuditTrail
    let clock: Clock
    let intake: PassIntake
    let owners: FieldCipher?

    init(database: any Database, registry: GateRegistry, vehicles: KnownVehicles, alarms: AlarmEngine, audit: AuditTrail, clock: Clock, feed: PassFeed, owners: FieldCipher?) {
        self.database = database
        self.registry = registry
        self.vehicles = vehicles
        self.alarms = alarms
        self.audit = audit
        self.clock = clock
        self.owners = owners
        intake = PassIntake(database: database, store: PassStore(alarms: alarms), vehicles: vehicles, audit: audit, feed: feed)
    }

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
        let asked = PassPreparation.asked(inputs.lazy.compactMap { try? $0.get() }, org: terminal.org)
        let preparation = PassPreparation(snapshot: snapshot, known: try await vehicles.answer(asked), owners: owners)
        let records = inputs.map { input -> PassReady in
            switch input {
            case .failure(let fault):
                .refused(PassResult(serialNo: fault.serialNo, status: .rejected, passId: nil, verdict: nil, findings: [], errors: fault.errors, ignored: fault.ignored))
            case .success(let input): preparation.ready(input, from: terminal, at: now)
            }
        }
        // Refused records count at the gate that sent them, as far as one can be told.
        let gateNo = inputs.lazy.compactMap { try? $0.get().gateNo }.first { snapshot.gates[GateRegistry.GateKey(org: terminal.org, gateNo: $0)] != nil }
        return try await intake.store(
            PassIntake.Work(
                records: records, org: terminal.org, county: snapshot.enterprises[terminal.org]?.county, gateNo: gateNo, day: now.day, sender: terminal.principal(snapshot),
                claim: claim))
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
