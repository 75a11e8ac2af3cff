import Cryptography
import Foundation
import Identity
import Kernel
import Storage

/// takes passes away whose time is over. Roll-ups stay; what counts them again (`RollupVerify`) is told from which month on passes are whole.
enum PassRemoval {
    /// Row of `gate_setting`: the first business day, as a number, whose passes were never removed.
    static let wholeFrom = "passesWholeFrom"

    /// D17.4.1: what decisions at the barrier stand on.
    static let protectedLedgers = ["enterprise", "gate", "barrier", "excessEmissionEntry", "controlStrategy", "warningPeriod"]

    /// 门禁进出记录: what a gate said and what was judged of it; pairs and later findings are added to a row and so not sealed.
    static let integrity = IntegrityRun(
        "gatePass", "门禁进出记录", table: "gate_pass",
        columns: ["org", "plate_no", "plate_color", "direction", "gate_no", "serial_no", "barrier_action", "source", "verdict", "cargo_tonnes", "head_photo", "digest"],
        timeColumn: "received_at", keptBy: "passed_at"
    ) { reader in
        let day = try reader.value("SELECT value FROM gate_setting WHERE name = \(wholeFrom)")?.text.flatMap(Int.init)
        return day.flatMap { Day(number: $0)?.start }
    }

    /// The first month (`202611`) whose passes are whole; 0 when none were ever removed.
    static func firstWholeMonth(in reader: any Reader) throws -> Int {
        (try reader.value("SELECT value FROM gate_setting WHERE name = \(wholeFrom)")?.text.flatMap(Int.init) ?? 0) / 100
    }

    /// Whether a filing still explains a pass.
    static func isJudgedBy(filing id: Int64, in reader: any Reader) throws -> Bool {
        guard let plate = try reader.value("SELECT plate_no FROM registered_vehicle WHERE id = \(id)")?.text else { return false }
        return try reader.first("SELECT 1 FROM gate_pass WHERE plate_no = \(plate) AND filing_id = \(id) LIMIT 1") != nil
    }

    /// The oldest passes before a moment, but for those that an alarm, its photos or a saved random check refer to.
    static func bite(before cutoff: Moment, from cursor: Retention.Cursor, size: Int, in tx: any Transaction) throws -> Retention.Bite {
        let rows = try tx.rows(
            """
            SELECT id, passed_at, org, gate_no, head_photo, body_photo, plate_photo, document_photo FROM gate_pass
            WHERE passed_at < \(cutoff) AND (passed_at > \(cursor.moment) OR (passed_at = \(cursor.moment) AND id > \(cursor.id))) ORDER BY passed_at, id LIMIT \(size)
            """)
        guard let last = rows.last else { return Retention.Bite() }
        let kept = try referredTo(rows, before: cutoff, in: tx)
        let gone = rows.filter { !kept.contains($0[0].int ?? 0) }
        let ids = gone.compactMap { $0[0].int }
        if !ids.isEmpty {
            try noteWholeFrom(cutoff.day, in: tx)
            try tx.execute("DELETE FROM gate_pass WHERE id IN (\(list: ids))")
            for (gate, count) in Dictionary(grouping: gone, by: { GateRegistry.GateKey(org: $0[2].int ?? 0, gateNo: $0[3].text ?? "") }).mapValues(\.count) {
                try tx.execute("UPDATE gate_state SET removed = removed + \(count) WHERE org = \(gate.org) AND gate_no = \(gate.gateNo)")
            }
            try forgetPhotos(of: gone, in: tx)
        }
        let next = rows.count < size ? nil : Retention.Cursor(moment: last[1].int ?? 0, id: last[0].int ?? 0)
        return Retention.Bite(removed: ids.count, spared: kept.count, next: next)
    }

    /// Passes before a day are no longer whole.
    static func noteWholeFrom(_ day: Day, in tx: any Transaction) throws {
        try tx.execute(
            "INSERT INTO gate_setting (name, value) VALUES (\(wholeFrom), \(String(day.number))) ON CONFLICT (name) DO UPDATE SET value = CASE WHEN excluded.value > gate_setting.value THEN excluded.value ELSE gate_setting.value END"
        )
    }

    private static func photos(_ row: Row) -> [String] { (4...7).compactMap { row[$0].text } }

    private static func referredTo(_ rows: [Row], before cutoff: Moment, in reader: any Reader) throws -> Set<Int64> {
        let ids = rows.compactMap { $0[0].int }
        var kept = Set(try reader.rows("SELECT source_id FROM alarms WHERE source_kind = 'gatePass' AND source_id IN (\(list: ids))").compactMap { $0[0].int })
        let hashes = rows.flatMap(photos)
        let locked = Set(try reader.rows("SELECT sha256 FROM photos WHERE sha256 IN (\(list: hashes)) AND locks > 0").compactMap { $0[0].text })
        if !locked.isEmpty { for row in rows where photos(row).contains(where: locked.contains) { kept.insert(row[0].int ?? 0) } }
        let drawn = try drawnPasses(before: cutoff, in: reader)
        for id in ids where drawn.contains(id) { kept.insert(id) }
        return kept
    }

    /// Passes on saved sheets of random checks.
    static func drawnPasses(before cutoff: Moment, in reader: any Reader) throws -> Set<Int64> {
        var drawn: Set<Int64> = []
        try reader.each("SELECT sheet FROM random_check WHERE from_day < \(cutoff.day) ORDER BY id DESC LIMIT 5000") { row in
            if let text = row[0].text, let sheet = try? JSONDecoder().decode(RandomCheck.Sheet.self, from: Data(text.utf8)) { drawn.formUnion(sheet.lines.map(\.passId)) }
            return true
        }
        return drawn
    }

    /// A photo whose file is gone needs no first user any more; one that is still kept stays claimed, and the photo's own rule takes both.
    private static func forgetPhotos(of rows: [Row], in tx: any Transaction) throws {
        let hashes = Array(Set(rows.flatMap(photos)))
        let present = Set(try tx.rows("SELECT sha256 FROM photos WHERE sha256 IN (\(list: hashes))").compactMap { $0[0].text })
        let keys = hashes.filter { !present.contains($0) }.compactMap { Hex.decode($0) }
        try tx.execute("DELETE FROM photo_use WHERE sha256 IN (\(list: keys))")
    }
}
