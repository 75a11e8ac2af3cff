import Identity
import Kernel
import Ledgers
import Storage

/// A-42 物料进出计量: joins a weighing to the pass of the same vehicle, enterprise and direction that lies nearest in time, and says where the two disagree about the tonnes.
///
/// Joined when the weighing is entered or imported, and again by a job while its pass may still come; one pass answers for one weighing. What is joined is derived and may be worked out anew.
/// Source: requirements/A-mobile-sources.md A-42.
package struct WeighingJoin: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry
    let clock: Clock

    /// Codes of the dictionary `weighingMatch`.
    package enum Match: String, Sendable, CaseIterable {
        case pending, agrees, differs, silent, absent

        package var title: String {
            switch self {
            case .pending: "待关联"
            case .agrees: "与过车一致"
            case .differs: "与过车相差较大"
            case .silent: "过车未报运输量"
            case .absent: "没有对应的过车"
            }
        }
    }

    /// Days for which a weighing waits for its pass: as long as a gate may backfill.
    static let patienceDays: Int64 = 7
    /// Tonnes that scales and loads may always differ by.
    static let leastDifference = 0.5

    /// - Parameters:
    ///   - net: tonnes on the scale.
    ///   - reported: tonnes that came with the pass; nil when it told none.
    ///   - tolerance: 0...1 of the net weight.
    package static func compare(net: Double, reported: Double?, tolerance: Double) -> Match {
        guard let reported else { return .silent }
        return abs(net - reported) > max(leastDifference, net * tolerance) ? .differs : .agrees
    }

    func register() {
        let join = self
        ledgers.onChange(of: MaterialMovement.ledger.name) { change, tx in
            guard let record = change.after, record.deletedAt == nil else { return }
            try join.join(record.id, in: tx)
        }
    }

    /// Weighings that still wait.
    ///
    /// - Returns: how many found their pass.
    package func joinWaiting() async throws -> Int {
        let waiting = try await database.read { reader in
            try reader.rows("SELECT id FROM material_movement WHERE match_state = 'pending' AND deleted_at IS NULL ORDER BY weighed_at DESC LIMIT 500").compactMap { $0[0].int }
        }
        guard !waiting.isEmpty else { return 0 }
        return try await database.write { tx in try waiting.reduce(0) { try join($1, in: tx) ? $0 + 1 : $0 } }
    }

    /// - Returns: true when a pass was found.
    @discardableResult
    private func join(_ id: Int64, in tx: any Transaction) throws -> Bool {
        guard let row = try tx.first("SELECT org, plate_no, direction, weighed_at, net_tonnes FROM material_movement WHERE id = \(id)"), let org = row[0].int, let at = row[3].int,
            let direction = row[2].text
        else { return false }
        let weighed = Moment(milliseconds: at)
        let plate = PlateNumber(normalizing: row[1].text ?? "").text
        let settings = registry.snapshot.settings
        let window = Int64(settings.weighingMinutes) * 60
        let net = row[4].double ?? 0
        let sql: SQL = """
            SELECT p.id, p.cargo_tonnes FROM gate_pass p WHERE p.plate_no = \(plate) AND p.passed_at BETWEEN \(weighed.adding(seconds: -window)) AND \(weighed.adding(seconds: window))
                AND p.org = \(org) AND p.direction = \(direction) AND p.deleted_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM material_movement m WHERE m.pass_id = p.id AND m.id <> \(id) AND m.deleted_at IS NULL)
            ORDER BY ABS(p.passed_at - \(at)), p.id LIMIT 1
            """
        guard let pass = try tx.first(sql), let passId = pass[0].int else {
            let isOver = clock.now > weighed.adding(seconds: WeighingJoin.patienceDays * 86_400)
            let state = isOver ? Match.absent : Match.pending
            try tx.execute(
                "UPDATE material_movement SET pass_id = NULL, pass_tonnes = NULL, difference_tonnes = NULL, match_state = \(state.rawValue) WHERE id = \(id)")
            return false
        }
        let reported = pass[1].double
        let state = WeighingJoin.compare(net: net, reported: reported, tolerance: settings.weighingTolerance)
        let difference = reported.map { ((net - $0) * 1000).rounded() / 1000 }
        try tx.execute(
            "UPDATE material_movement SET pass_id = \(passId), pass_tonnes = \(reported), difference_tonnes = \(difference), match_state = \(state.rawValue) WHERE id = \(id)")
        return true
    }
}
