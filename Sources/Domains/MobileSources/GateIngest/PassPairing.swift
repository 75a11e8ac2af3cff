import Kernel
import Storage

/// Joins an exit to the entry of the same vehicle at the same enterprise (hj1321-gate.md §3): the latest open entry before it.
enum PassPairing {
    struct Pair {
        var partner: Int64?
        var finding: GatePassRule.Finding?
    }

    static func find(for input: GatePassInput, org: Int64, in tx: any Transaction) throws -> Pair {
        guard !input.plate.isMissing else { return Pair() }
        return input.direction == "2" ? try entry(for: input, org, tx) : try exit(for: input, org, tx)
    }

    /// Sorted by an expression, so that the few open entries of the vehicle are sorted and not the enterprise's whole history walked backwards.
    private static let openEntries =
        "SELECT id, passed_at, plate_color FROM gate_pass WHERE org = ? AND plate_no = ? AND direction = '1' AND pair_id IS NULL ORDER BY passed_at + 0 DESC LIMIT 8"

    private static func entry(for input: GatePassInput, _ org: Int64, _ tx: any Transaction) throws -> Pair {
        let open = try tx.rows(
            SQL(text: openEntries, arguments: [.int(org), .text(input.plate.text)])
        ).filter { $0[2].text == input.plateColor.rawValue }
        if let entry = open.first(where: { ($0[1].int ?? .max) <= input.passedAt.milliseconds }) { return Pair(partner: entry[0].int) }
        if !open.isEmpty { return Pair(finding: GatePassRule.Finding(.exitBeforeEntry)) }
        return Pair(finding: GatePassRule.Finding(.exitWithoutEntry))
    }

    /// Only a late entry can have an exit that came before it.
    private static func exit(for input: GatePassInput, _ org: Int64, _ tx: any Transaction) throws -> Pair {
        guard input.source != "auto" else { return Pair() }
        let waiting = try tx.first(
            "SELECT id FROM gate_pass WHERE plate_no = \(input.plate.text) AND passed_at >= \(input.passedAt) AND org = \(org) AND plate_color = \(input.plateColor.rawValue) AND direction = '2' AND pair_id IS NULL ORDER BY passed_at LIMIT 1"
        )
        return Pair(partner: waiting?[0].int)
    }
}
