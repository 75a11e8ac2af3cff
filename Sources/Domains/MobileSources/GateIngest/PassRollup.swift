import Kernel
import Storage

/// Which vehicles were seen in a county in a month: the one roll-up that must know every pass. What can be added up first is in `PassTally`.
/// Rebuilt and compared by `jianwei verify`.
enum PassRollup {
    static func addPlate(_ pass: StoredPass, _ tally: inout PassTally, in tx: any Transaction) throws {
        guard !pass.facts.isInternal, !pass.input.plate.isMissing else { return }
        let month = pass.input.passedAt.day.month
        guard tally.meets(SeenPlates.Key(month: month, area: pass.site.county, plate: pass.input.plate.text)) else { return }
        let key: [SQLValue] = [.int(Int64(month)), .text(pass.site.county), .text(pass.input.plate.text)]
        guard try tx.execute(SQL(text: seen, arguments: key)) == 1 else { return }
        try tx.post(SQL(text: count, arguments: Array(key.prefix(2))))
    }

    private static let seen = "INSERT INTO plate_month (month, area, plate) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    private static let count = "INSERT INTO plate_month_count (month, area, plates) VALUES (?, ?, 1) ON CONFLICT (month, area) DO UPDATE SET plates = plate_month_count.plates + 1"
}
