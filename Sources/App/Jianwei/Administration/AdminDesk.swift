import Cryptography
import Features
import Foundation
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage

/// What `jianwei admin` can do, through the same code as the desks; every act leaves audit rows.
struct AdminDesk: Sendable {
    let installation: Installation
    /// A running server seals in the background; without one it is done here.
    let isServing: Bool
    private var gates: GateSupervision { installation.gates }
    private let principal = Principal.system("命令行")

    init(installation: Installation, isServing: Bool = true) {
        self.installation = installation
        self.isServing = isServing
    }

    /// - Parameter request: `{"command": "...", …}` as the command line builds it.
    func perform(_ request: JSONValue) async throws -> JSONValue {
        switch request["command"]?.string {
        case "gate-client": return try await gateClient(request)
        case "filing-add": return try await addFiling(request)
        case "excess-list-add": return try await listVehicle(request)
        case "excess-list-release": return try await releaseVehicle(request)
        case "warning-start": return try await startWarning(request)
        case "warning-end": return try await endWarning(request)
        case "user-reset": return try await resetPassword(request)
        case "keys-rotate": return try await rotateKeys()
        case "keys-status": return try await keysStatus()
        case "keys-seal": return try await sealAnew()
        default: throw Failure(.invalid, "JW-A010", "没有名为“\(request["command"]?.string ?? "")”的命令")
        }
    }

    static func json(_ failure: Failure) -> JSONValue {
        [
            "code": .string(failure.code), "error": .string(failure.message),
            "fields": .array(failure.fields.map { ["field": .string($0.field), "code": .string($0.code), "msg": .string($0.message)] }),
        ]
    }

    private func gateClient(_ request: JSONValue) async throws -> JSONValue {
        let client = EnterpriseRegistration.GateClient(
            enterpriseCode: try text(request, "enterprise"), name: try text(request, "name"), county: try text(request, "county"), industry: try text(request, "industry"),
            grade: try text(request, "grade"),
            gates: (request["gates"]?.array ?? []).compactMap(\.string), publicKey: request["publicKey"]?.string)
        let made = try await gates.registration.provision(client, by: principal)
        return ["accreditationNo": .string(made.accreditationNo), "enterpriseCode": .string(made.enterpriseCode), "gates": .array(made.gates.map(JSONValue.string))]
    }

    private func addFiling(_ request: JSONValue) async throws -> JSONValue {
        let code = try text(request, "enterprise")
        guard let org = gates.registry.snapshot.orgByCode[code] else { throw Failure(.notFound, "JW-A011", "没有编号为“\(code)”的企业") }
        var draft = Draft(org: org)
        draft.set(RegisteredVehicle.plateNo, .string(try text(request, "plate")))
        draft.set(RegisteredVehicle.plateColor, .string(try text(request, "color")))
        draft.set(RegisteredVehicle.emissionStage, .string(try text(request, "stage")))
        draft.set(RegisteredVehicle.fuel, .string(try text(request, "fuel")))
        if let type = request["type"]?.string { draft.set(RegisteredVehicle.vehicleType, .string(type)) }
        if let vin = request["vin"]?.string { draft.set(RegisteredVehicle.vin, .string(vin)) }
        draft.set(RegisteredVehicle.filingState, "approved")
        draft.set(RegisteredVehicle.filingOpinion, "命令行备案并通过")
        let (record, outcome) = try await gates.ledgers.upsertAsProgram(RegisteredVehicle.ledger.name, draft, by: principal)
        return [
            "id": .int(record.id), "status": .string(outcome.rawValue), "plateNo": JSONValue(record[RegisteredVehicle.plateNo]),
            "filingState": JSONValue(record[RegisteredVehicle.filingState]),
        ]
    }

    private func listVehicle(_ request: JSONValue) async throws -> JSONValue {
        let entry = ExcessListDesk.Request(
            plate: try text(request, "plate"), color: try text(request, "color"), kind: request["kind"]?.string ?? "excess", authority: request["authority"]?.string ?? "市生态环境局",
            basis: request["basis"]?.string ?? "命令行认定")
        let record = try await gates.excessList.list(entry, by: principal)
        return entryJSON(record)
    }

    private func releaseVehicle(_ request: JSONValue) async throws -> JSONValue {
        let record = try await gates.excessList.release(
            plate: try text(request, "plate"), color: try text(request, "color"), basis: request["basis"]?.string ?? "命令行解除", by: principal)
        return entryJSON(record)
    }

    private func entryJSON(_ record: Record) -> JSONValue {
        [
            "id": .int(record.id), "plateNo": JSONValue(record[ExcessEmissionList.plateNo]), "plateColor": JSONValue(record[ExcessEmissionList.plateColor]),
            "state": JSONValue(record[ExcessEmissionList.state]), "listVersion": JSONValue(record[ExcessEmissionList.listVersion]),
        ]
    }

    private func startWarning(_ request: JSONValue) async throws -> JSONValue {
        let record = try await gates.warnings.start(try level(request), counties: counties(request), basis: request["basis"]?.string ?? "命令行启动", by: principal)
        return [
            "id": .int(record.id), "level": JSONValue(record[WarningPeriod.level]), "startsAt": JSONValue(record[WarningPeriod.startsAt]?.rfc3339),
            "counties": .array(counties(request).map(JSONValue.string)),
        ]
    }

    private func endWarning(_ request: JSONValue) async throws -> JSONValue {
        let records = try await gates.warnings.end(try level(request), counties: counties(request), basis: request["basis"]?.string ?? "命令行解除", by: principal)
        return ["ended": .array(records.map { ["id": .int($0.id), "endsAt": JSONValue($0[WarningPeriod.endsAt]?.rfc3339)] })]
    }

    private func resetPassword(_ request: JSONValue) async throws -> JSONValue {
        let login = try text(request, "login")
        guard let user = try await installation.platform.identity.users.find(login: login) else { throw Failure(.notFound, "JW-A012", "没有用户“\(login)”") }
        let password = try await installation.platform.identity.passwords.reset(of: user.id, by: principal)
        return ["login": .string(login), "oneTimePassword": .string(password)]
    }

    /// The file first, then this process, then what is stored.
    private func rotateKeys() async throws -> JSONValue {
        let platform = installation.platform
        let folder = installation.directory + "/keys"
        _ = try KeyRing.rotate(directory: folder)
        try platform.keys.reload(directory: folder)
        let sealed = try await platform.identity.users.sealPersonalFields()
        let (version, audit, principal) = (platform.keys.currentVersion, platform.audit, principal)
        try await platform.database.write { transaction in
            try audit.record(AuditEntry("update", "keyRing", "\(version)", "更换密钥，新版本 \(version)，重新加密 \(sealed) 项"), by: principal, in: transaction)
        }
        let rows = isServing ? 0 : try await platform.ledgers.sealing.run()
        return ["version": .int(Int64(version)), "sealedAnew": .int(Int64(sealed + rows)), "ledgers": isServing ? "background" : "done"]
    }

    /// How far personal fields are sealed with the newest key.
    private func keysStatus() async throws -> JSONValue {
        let platform = installation.platform
        let sealing = platform.ledgers.sealing
        let places = try await platform.database.read { try sealing.progress(in: $0) }
        let lines = places.map { place -> JSONValue in
            [
                "table": .string(place.place), "afterId": .int(place.afterId), "lastId": .int(place.lastId), "rewritten": .int(place.rewritten),
                "finishedAt": JSONValue(place.finishedAt?.rfc3339),
            ]
        }
        return ["version": .int(Int64(platform.keys.currentVersion)), "isSealed": .bool(places.allSatisfy { $0.finishedAt != nil }), "tables": .array(lines)]
    }

    /// Looks at every stored value again.
    private func sealAnew() async throws -> JSONValue {
        let platform = installation.platform
        let sealing = platform.ledgers.sealing
        try await platform.database.write { try sealing.forget(in: $0) }
        if !isServing { _ = try await sealing.run() }
        return try await keysStatus()
    }

    private func level(_ request: JSONValue) throws -> WarningLevel {
        let text = try text(request, "level")
        guard let level = WarningLevel(rawValue: text), level != .none else {
            throw Failure.invalid([FieldFinding("level", "unknownCode", "应为 yellow、orange 或 red", title: "响应级别")])
        }
        return level
    }

    private func counties(_ request: JSONValue) -> [String] { (request["counties"]?.array ?? []).compactMap(\.string) }

    private func text(_ request: JSONValue, _ name: String) throws -> String {
        guard let text = request[name]?.string, !text.isEmpty else { throw Failure.invalid([FieldFinding(name, "required", "必填")]) }
        return text
    }
}

extension LedgerEngine {
    func upsertAsProgram(_ ledger: String, _ draft: Draft, by principal: Principal) async throws -> (Record, Upsert) {
        try await database.write { tx in try self.upsert(ledger, draft, by: principal, in: tx) }
    }
}
