import Identity
import Kernel
import Ledgers
import Storage

/// A-03: listing and releasing vehicles. The registry knows after the commit, every waiting gate within a second.
package struct ExcessListDesk: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry
    let handDown: HandDown
    let clock: Clock

    package struct Request: Sendable {
        package var plate: String
        package var color: String
        package var kind: String
        package var authority: String
        package var basis: String
        package var vin: String?

        package init(plate: String, color: String, kind: String = "excess", authority: String, basis: String, vin: String? = nil) {
            self.plate = plate
            self.color = color
            self.kind = kind
            self.authority = authority
            self.basis = basis
            self.vin = vin
        }
    }

    package func list(_ request: Request, by principal: Principal) async throws -> Record { try await database.write { tx in try list(request, by: principal, in: tx) } }

    /// - Throws: `.conflict` `JW-M031` when the vehicle is listed already.
    package func list(_ request: Request, by principal: Principal, in tx: any Transaction) throws -> Record {
        let plate = PlateNumber(normalizing: request.plate).text
        let present = try tx.first(
            "SELECT id FROM excess_emission_entry WHERE plate_no = \(plate) AND plate_color = \(request.color) AND state = 'recognized' AND deleted_at IS NULL")
        if present != nil { throw Failure(.conflict, "JW-M031", "\(plate) 已在名单中，无需重复认定") }
        var draft = Draft()
        draft.set(ExcessEmissionList.plateNo, .string(plate))
        draft.set(ExcessEmissionList.plateColor, .string(request.color))
        draft.set(ExcessEmissionList.listKind, .string(request.kind))
        draft.set(ExcessEmissionList.authority, .string(request.authority))
        draft.set(ExcessEmissionList.basis, .string(request.basis))
        if let vin = request.vin { draft.values["vin"] = .string(vin) }
        return try ledgers.create(ExcessEmissionList.ledger.name, draft, by: principal, in: tx)
    }

    package func release(plate: String, color: String, basis: String, by principal: Principal) async throws -> Record {
        try await database.write { tx in
            let text = PlateNumber(normalizing: plate).text
            let row = try tx.first(
                "SELECT id FROM excess_emission_entry WHERE plate_no = \(text) AND plate_color = \(color) AND state = 'recognized' AND deleted_at IS NULL ORDER BY id DESC LIMIT 1")
            guard let id = row?[0].int else { throw Failure(.notFound, "JW-M032", "\(text) 不在名单中") }
            return try release(id: id, basis: basis, by: principal, in: tx)
        }
    }

    package func release(id: Int64, basis: String, by principal: Principal, in tx: any Transaction) throws -> Record {
        guard !basis.isEmpty else { throw Failure.invalid([FieldFinding("releaseBasis", "required", "必填", title: "解除依据")]) }
        guard let before = try ledgers.find(ExcessEmissionList.ledger.name, id: id, by: principal, in: tx) else { throw Failure.notFound("名单记录") }
        guard before[ExcessEmissionList.state] == "recognized" else { throw Failure(.conflict, "JW-M033", "该车辆已解除，无需重复解除") }
        var draft = Draft()
        draft.set(ExcessEmissionList.state, "released")
        draft.set(ExcessEmissionList.releasedAt, .int(clock.now.milliseconds))
        draft.set(ExcessEmissionList.releaseBasis, .string(basis))
        return try ledgers.update(ExcessEmissionList.ledger.name, id: id, draft, expectedVersion: nil, by: principal, in: tx)
    }

    // MARK: Hooks: whatever way a row changes (desk, page, import, interface), version, registry and gates follow.

    func register() {
        let clock = clock
        ledgers.onPrepare(of: ExcessEmissionList.ledger.name) { draft, before, _, tx in
            let next = try HandDown.next("list", in: tx)
            draft.set(ExcessEmissionList.listVersion, .int(next))
            guard before == nil else { return }
            if draft[ExcessEmissionList.recognizedAt] == nil { draft.set(ExcessEmissionList.recognizedAt, .int(clock.now.milliseconds)) }
            if draft[ExcessEmissionList.state] == nil { draft.set(ExcessEmissionList.state, "recognized") }
        }
        let handDown = handDown
        let registry = registry
        ledgers.onChange(of: ExcessEmissionList.ledger.name) { change, tx in
            guard let record = change.after ?? change.before else { return }
            let isListed = change.after.map { $0[ExcessEmissionList.state] == "recognized" && $0.deletedAt == nil } ?? false
            let wasListed = change.before.map { $0[ExcessEmissionList.state] == "recognized" && $0.deletedAt == nil } ?? false
            ExcessListDesk.patch(registry, record, isListed: isListed, now: clock.now, in: tx)
            guard isListed || wasListed else { return }
            let version = record[ExcessEmissionList.listVersion] ?? 0
            let effective = isListed ? record[ExcessEmissionList.recognizedAt] ?? clock.now : clock.now
            try handDown.post(
                isListed ? .excessListed : .excessReleased, id: ExcessListDesk.objectId(record), version: version, org: nil, effectiveAt: effective,
                body: ExcessListDesk.body(record), in: tx)
        }
    }

    private static func patch(_ registry: GateRegistry, _ record: Record, isListed: Bool, now: Moment, in tx: any Transaction) {
        let key = GateRegistry.PlateKey(plate: record[ExcessEmissionList.plateNo] ?? "", color: record[ExcessEmissionList.plateColor] ?? "")
        let version = record[ExcessEmissionList.listVersion] ?? 0
        let listing = GateRegistry.Listing(
            id: record.id, version: version, from: record[ExcessEmissionList.recognizedAt] ?? now, to: isListed ? nil : record[ExcessEmissionList.releasedAt] ?? now,
            kind: record[ExcessEmissionList.listKind] ?? "excess")
        tx.signal(GateRegistry.signal, "")
        tx.afterCommit {
            registry.update { snapshot in
                var entries = snapshot.listings[key] ?? []
                entries.removeAll { $0.id == listing.id }
                entries.append(listing)
                snapshot.listings[key] = entries.sorted { $0.from < $1.from }
                snapshot.listVersion = max(snapshot.listVersion, version)
            }
        }
    }

    static func objectId(_ record: Record) -> String { "list-\(record[ExcessEmissionList.plateNo] ?? "")-\(record[ExcessEmissionList.plateColor] ?? "")" }

    private static func body(_ record: Record) -> JSONValue {
        [
            "plateNo": JSONValue(record[ExcessEmissionList.plateNo]), "plateColor": JSONValue(record[ExcessEmissionList.plateColor]),
            "listKind": JSONValue(record[ExcessEmissionList.listKind]),
            "authority": JSONValue(record[ExcessEmissionList.authority]), "basis": JSONValue(record[ExcessEmissionList.basis]),
            "recognizedAt": JSONValue(record[ExcessEmissionList.recognizedAt]?.rfc3339), "releasedAt": JSONValue(record[ExcessEmissionList.releasedAt]?.rfc3339),
            "releaseBasis": JSONValue(record[ExcessEmissionList.releaseBasis]),
        ]
    }

    /// A listed row as the full snapshot hands it down; columns as `HandDown.snapshotPage` selects them.
    static func item(listed row: Row) -> HandDown.Item {
        let recognized = Moment(milliseconds: row[4].int ?? 0)
        let body: JSONValue = [
            "plateNo": JSONValue(row[1].text), "plateColor": JSONValue(row[2].text), "listKind": JSONValue(row[7].text), "authority": JSONValue(row[5].text),
            "basis": JSONValue(row[6].text),
            "recognizedAt": .string(recognized.rfc3339),
        ]
        return HandDown.Item(
            kind: HandDown.Kind.excessListed.rawValue, objectId: "list-\(row[1].text ?? "")-\(row[2].text ?? "")", version: row[3].int ?? 0, effectiveAt: recognized, body: body)
    }
}
