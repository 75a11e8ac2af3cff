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
    let memory: PassMemory
    let intake: PassIntake
    let owners: FieldCipher?

    init(
        database: any Database, registry: GateRegistry, vehicles: KnownVehicles, alarms: AlarmEngine, audit: AuditTrail, clock: Clock, feed: PassFeed, memory: PassMemory,
        owners: FieldCipher?
    ) {
        self.database = database
        self.registry = registry
        self.vehicles = vehicles
        self.alarms = alarms
        self.audit = audit
        self.clock = clock
        self.memory = memory
        self.owners = owners
        intake = PassIntake(database: database, store: PassStore(alarms: alarms, memory: memory), vehicles: vehicles, audit: audit, feed: feed)
    }

    /// - Parameters:
    ///   - values: 1…500 records as JSON.
    ///   - claim: run first in the transaction (the gateway's nonce); when it throws nothing is stored.
    /// - Returns: one result a record, in order.
    /// - Throws: `.unavailable` when the database cannot take them; the gate sends them again.
    package func record(_ values: [JSONValue], from terminal: GateTerminal, claim: @escaping @Sendable (any Transaction) throws -> Void = { _ in }) async throws -> [PassResult] {
        let now = clock.now
        let reading = PassReading(values, org: terminal.org, now: now)
        return try await intake.store(work(reading, try await vehicles.answer(reading.asked), terminal, now, claim))
    }

    /// The same in two steps for who has no task that could wait: everything is read and judged now, stored when the result is called.
    ///
    /// - Returns: nil when a vehicle must first be asked of the database.
    package func recordAtOnce(_ values: [JSONValue], from terminal: GateTerminal) -> (
        @Sendable (_ claim: @escaping @Sendable (any Transaction) throws -> Void, _ then: @escaping @Sendable (Result<[PassResult], any Error>) -> Void) -> Void
    )? {
        let now = clock.now
        let reading = PassReading(values, org: terminal.org, now: now)
        guard let known = vehicles.known(reading.asked) else { return nil }
        let ready = work(reading, known, terminal, now) { _ in }
        let intake = intake
        return { claim, then in
            var work = ready
            work.claim = claim
            intake.submit(work, then: then)
        }
    }

    /// Writes what is only in memory; before the database closes.
    package func settle() async throws { try await intake.settle() }

    /// Whether `recordAtOnce` can ever know a vehicle: on a database that other nodes write nothing is kept in memory.
    package var mayRecordAtOnce: Bool { database.dialect == .sqlite }

    private func work(
        _ reading: PassReading, _ known: KnownVehicles.Answer, _ terminal: GateTerminal, _ now: Moment, _ claim: @escaping @Sendable (any Transaction) throws -> Void
    ) -> PassIntake.Work {
        let snapshot = registry.snapshot
        let preparation = PassPreparation(snapshot: snapshot, known: known, owners: owners)
        let records = reading.inputs.map { input -> PassReady in
            switch input {
            case .failure(let fault):
                .refused(PassResult(serialNo: fault.serialNo, status: .rejected, passId: nil, verdict: nil, findings: [], errors: fault.errors, ignored: fault.ignored))
            case .success(let input): preparation.ready(input, from: terminal, at: now)
            }
        }
        // Refused records count at the gate that sent them, as far as one can be told.
        let gateNo = reading.inputs.lazy.compactMap { try? $0.get().gateNo }.first { snapshot.gates[GateRegistry.GateKey(org: terminal.org, gateNo: $0)] != nil }
        return PassIntake.Work(
            records: records, org: terminal.org, county: snapshot.enterprises[terminal.org]?.county, gateNo: gateNo, day: now.day, sender: terminal.principal(snapshot),
            claim: claim)
    }
}

/// The records of one request as far as they can be read, and the vehicles they speak of.
private struct PassReading {
    var inputs: [Result<GatePassInput, GatePassFault>] = []
    var asked: Set<KnownVehicles.Asked> = []

    init(_ values: [JSONValue], org: Int64, now: Moment) {
        inputs.reserveCapacity(values.count)
        for value in values {
            do throws(GatePassFault) {
                let input = try GatePassInput(value, now: now)
                if !input.plate.isMissing { asked.insert(KnownVehicles.Asked(org: org, plate: input.plate.text)) }
                inputs.append(.success(input))
            } catch { inputs.append(.failure(error)) }
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
