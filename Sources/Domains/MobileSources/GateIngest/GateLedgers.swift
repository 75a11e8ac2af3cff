import Identity
import Kernel
import Ledgers
import Storage

/// over the interface: a gate system keeps its enterprise's ledgers up to date, record by record.
///
/// Source: interfaces/gate.md Ledgers.
package struct GateLedgers: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry

    package static let names = ["registeredVehicle", "onSiteVehicle", "nonRoadMachine", "internalVehicle", "entryAuthorisation"]

    package struct Result: Sendable {
        package var key: String
        package var status: String
        package var id: Int64?
        package var errors: [FieldFinding]
        package var ignored: [String]
        package var filingState: String?

        package var json: JSONValue {
            [
                "key": .string(key), "status": .string(status), "id": JSONValue(id),
                "errors": .array(errors.map { ["field": .string($0.field), "code": .string($0.code), "msg": .string($0.message)] }),
                "ignored": .array(ignored.map(JSONValue.string)), "filingState": JSONValue(filingState),
            ]
        }
    }

    /// - Throws: `.notFound` `40401` for a ledger that gates do not keep.
    package func upsert(_ name: String, _ values: [JSONValue], from terminal: GateTerminal, claim: @escaping @Sendable (any Transaction) throws -> Void) async throws -> [Result] {
        guard GateLedgers.names.contains(name), let declaration = ledgers.declaration(name) else { throw Failure(.notFound, "40401", "没有名为“\(name)”的台账接口") }
        let principal = terminal.principal(registry.snapshot)
        return try await database.write { tx in
            try claim(tx)
            return try values.map { value in try upsertOne(declaration, value, org: terminal.org, by: principal, in: tx) }
        }
    }

    private func upsertOne(_ declaration: LedgerDeclaration, _ value: JSONValue, org: Int64, by principal: Principal, in tx: any Transaction) throws -> Result {
        guard let object = value.object else { return Result(key: "", status: "rejected", id: nil, errors: [FieldFinding("", "format", "应为 JSON 对象")], ignored: []) }
        var draft = Draft(org: org)
        var ignored: [String] = []
        for (name, value) in object.members {
            guard let field = declaration.field(name), !field.marks.contains(.readOnly) else {
                ignored.append(name)
                continue
            }
            draft.values[name] = value
        }
        if declaration.field("plateNo") != nil, let plate = draft.values["plateNo"]?.string { draft.values["plateNo"] = .string(PlateNumber(normalizing: plate).text) }
        let key = declaration.uniqueBy.filter { $0 != "org" }.compactMap { draft.values[$0]?.string ?? draft.values[$0]?.int.map(String.init) }.joined(separator: "/")
        do {
            let (record, outcome) = try ledgers.upsert(declaration.name, draft, by: principal, in: tx)
            return Result(key: key, status: outcome.rawValue, id: record.id, errors: [], ignored: ignored, filingState: record[RegisteredVehicle.filingState])
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            let errors = failure.fields.isEmpty ? [FieldFinding("", failure.code, failure.message)] : failure.fields
            return Result(key: key, status: "rejected", id: nil, errors: errors, ignored: ignored)
        }
    }
}
