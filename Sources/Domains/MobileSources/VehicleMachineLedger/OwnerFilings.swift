import Cryptography
import Identity
import Kernel
import Ledgers
import Storage

/// A-12 车主扫码备案: an owner files a vehicle from a telephone, without an account, by the code an enterprise hangs out at its gate; A-08: where such a vehicle really drives in, it enters the list.
///
/// Both links are signed and never stored: one names the enterprise, the other a filing, so that only who filed it may look at it and mend it.
package struct OwnerFilings: Sendable {
    static let principalName = "车主（扫码）"
    /// Filings of owners that may wait at one enterprise; more is no owner but a flood.
    static let mostWaiting = 300
    static let mark = "ownerVisitsTo"
    private static let passesAtOnce: Int64 = 20_000
    private static let roundsARun = 50

    /// What another enterprise's entry takes over, beside the day of registration.
    private static let carried = [
        "plateNo", "plateColor", "vin", "engineNo", "model", "vehicleType", "vehicleClass", "fuel", "emissionStage", "useNature", "owner", "ownerPhone", "networked",
        "licencePhoto",
        "manifestPhoto", "filingState", "filedBy",
    ]

    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry

    /// `12-5f…`: the enterprise's code, as it stands behind `/m/filing/`.
    static func siteCode(_ org: Int64, _ links: MACKey) -> String { code("site", org, links) }

    /// - Returns: nil when the link was not made here.
    static func site(of code: String, _ links: MACKey) -> Int64? { number("site", code, links) }

    static func filingCode(_ id: Int64, _ links: MACKey) -> String { code("filing", id, links) }
    static func filing(of code: String, _ links: MACKey) -> Int64? { number("filing", code, links) }

    private static func code(_ kind: String, _ id: Int64, _ links: MACKey) -> String { "\(id)-\(links.tag("\(kind) \(id)").hex.prefix(32))" }

    private static func number(_ kind: String, _ code: String, _ links: MACKey) -> Int64? {
        guard let dash = code.firstIndex(of: "-"), let id = Int64(code[..<dash]), constantTimeEqual(code, self.code(kind, id, links)) else { return nil }
        return id
    }

    /// Files a vehicle for an enterprise; it waits for the supervisor's check like any other.
    ///
    /// - Throws: `.invalid` with every wrong field; `.conflict` `JW-G060` when the enterprise has this vehicle already, `.tooMany` `JW-G061` when too many wait.
    func file(_ draft: Draft, org: Int64) async throws -> Record {
        var draft = draft
        draft.org = org
        draft.set(RegisteredVehicle.filedBy, "owner")
        let filed = draft
        return try await database.write { [ledgers] tx in
            let waiting = try tx.count(
                "SELECT COUNT(*) FROM registered_vehicle WHERE org = \(org) AND filed_by = 'owner' AND filing_state = 'pending' AND deleted_at IS NULL")
            guard waiting < OwnerFilings.mostWaiting else { throw Failure(.tooMany, "JW-G061", "该企业待校验的车主备案过多，请稍后再试或联系企业") }
            if let plate = filed[RegisteredVehicle.plateNo]?.string.map({ PlateNumber(normalizing: $0).text }), let color = filed[RegisteredVehicle.plateColor]?.string,
                try tx.first("SELECT id FROM registered_vehicle WHERE org = \(org) AND plate_no = \(plate) AND plate_color = \(color) AND deleted_at IS NULL") != nil
            {
                throw Failure(.conflict, "JW-G060", "\(plate) 已在该企业登记备案；如需更正，请使用提交时保存的查询链接或联系企业")
            }
            return try ledgers.create(RegisteredVehicle.ledger.name, filed, by: .system(OwnerFilings.principalName), in: tx)
        }
    }

    /// The filing as its owner may see it; nil when an enterprise made it or it is gone.
    func find(_ id: Int64, in reader: any Reader) throws -> Record? {
        let record = try ledgers.find(RegisteredVehicle.ledger.name, id: id, by: .system(OwnerFilings.principalName), in: reader)
        return record.flatMap { $0[RegisteredVehicle.filedBy] == "owner" && $0.deletedAt == nil ? $0 : nil }
    }

    /// Mends a filing that still waits or was returned; it waits again.
    ///
    /// - Throws: `.conflict` `JW-G062` once it counts as filed.
    func mend(_ id: Int64, _ draft: Draft) async throws -> Record {
        var draft = draft
        draft.set(RegisteredVehicle.filingState, "pending")
        draft.set(RegisteredVehicle.filingOpinion, "")
        let mended = draft
        return try await database.write { tx in
            guard let record = try find(id, in: tx) else { throw Failure.notFound("该备案") }
            guard record[RegisteredVehicle.filingState] != "approved" else { throw Failure(.conflict, "JW-G062", "该车已备案，如需变更请联系企业") }
            return try ledgers.update(RegisteredVehicle.ledger.name, id: id, mended, expectedVersion: record.version, by: .system(OwnerFilings.principalName), in: tx)
        }
    }

    /// Vehicles that their owners filed and that drove into another enterprise enter its list, as filed as they are. Goes through the passes behind a mark.
    ///
    /// - Returns: vehicles that entered a list.
    package func enterVisited() async throws -> Int {
        var entered = 0
        for _ in 0..<OwnerFilings.roundsARun {
            try Task.checkCancellation()
            let (from, top) = try await database.read { reader in
                (
                    try reader.value("SELECT value FROM gate_sequence WHERE name = \(OwnerFilings.mark)")?.int ?? 0, try reader.value("SELECT MAX(id) FROM gate_pass")?.int ?? 0
                )
            }
            guard top > from else { break }
            let to = min(top, from + OwnerFilings.passesAtOnce)
            let visits = try await database.read { reader in
                try reader.rows(
                    """
                    SELECT DISTINCT p.org, v.id FROM gate_pass p JOIN registered_vehicle v ON v.id = p.filing_id \
                    WHERE p.id > \(from) AND p.id <= \(to) AND v.filed_by = 'owner' AND v.org <> p.org AND v.deleted_at IS NULL ORDER BY p.org, v.id
                    """
                ).compactMap { row in row[0].int.flatMap { org in row[1].int.map { (org: org, filing: $0) } } }
            }
            entered += try await database.write { tx in
                var count = 0
                for visit in visits where try enter(visit.filing, into: visit.org, in: tx) { count += 1 }
                try tx.execute("INSERT INTO gate_sequence (name, value) VALUES (\(OwnerFilings.mark), \(to)) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
                return count
            }
        }
        return entered
    }

    private func enter(_ filing: Int64, into org: Int64, in tx: any Transaction) throws -> Bool {
        let system = Principal.system("车主备案随过车入册")
        guard let source = try ledgers.find(RegisteredVehicle.ledger.name, id: filing, by: system, in: tx), let plate = source[RegisteredVehicle.plateNo],
            let color = source[RegisteredVehicle.plateColor],
            try tx.first("SELECT id FROM registered_vehicle WHERE org = \(org) AND plate_no = \(plate) AND plate_color = \(color) AND deleted_at IS NULL") == nil
        else { return false }
        var draft = Draft(org: org)
        for name in OwnerFilings.carried { if let text = source.values[name]?.text { draft.values[name] = .string(text) } }
        if let day = source[RegisteredVehicle.registeredOn] { draft.set(RegisteredVehicle.registeredOn, .string(day.text)) }
        _ = try ledgers.create(RegisteredVehicle.ledger.name, draft, by: system, in: tx)
        return true
    }
}
