import Features
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage

/// Weighings of the demonstration: what the scales of three enterprises said of their last loads; one in eight disagrees with what the gate reported.
struct DemoWeighings: Sendable {
    let orgs: [Int64]
    let platform: Platform

    func install() async throws {
        let loads = try await platform.database.read { [orgs] reader in
            try orgs.prefix(3).flatMap { org in
                try reader.rows(
                    """
                    SELECT id, org, plate_no, direction, passed_at, cargo_name, cargo_tonnes FROM gate_pass
                    WHERE org = \(org) AND cargo_tonnes > 1 AND cargo_name IS NOT NULL AND source = 'auto' ORDER BY passed_at DESC LIMIT 40
                    """)
            }
        }
        let ledgers = platform.ledgers
        try await platform.database.write { tx in
            for (index, row) in loads.enumerated() {
                guard let org = row[1].int, let at = row[4].int, let tonnes = row[6].double else { continue }
                let factor = index % 8 == 5 ? 1.14 : 1 + Double(index % 5 - 2) / 200
                let net = (tonnes * factor * 1000).rounded() / 1000
                let tare = 14.2 + Double(index % 7) / 10
                let values: [String: JSONValue] = [
                    "weighedAt": .int(at + (row[3].text == "1" ? 1 : -1) * 240_000), "plateNo": .string(row[2].text ?? ""), "direction": .string(row[3].text ?? "1"),
                    "goodsName": .string(row[5].text ?? ""), "grossTonnes": .double(((net + tare) * 1000).rounded() / 1000), "tareTonnes": .double(tare), "netTonnes": .double(net),
                    "measuredBy": "scale",
                ]
                _ = try ledgers.create(MaterialMovement.ledger.name, Draft(values, org: org), by: .system("演示城市"), in: tx)
            }
        }
    }
}
