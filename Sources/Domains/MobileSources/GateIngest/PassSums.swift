import Kernel
import Storage
import Synchronization

/// Sums of passes that wait to be added to the roll-ups.
///
/// Where transactions follow each other at once, each would change the same rows of `gate_daily`, `pass_daily` and their like again. Such a transaction leaves what it adds as one row of
/// `pass_sums`; the first one after which nobody waits, or which finds enough there, adds all of it up. Nothing is only in memory: what a killed process left is added at the next start
/// (decision 0100).
package final class PassSums: Sendable {
    static let table = Table("pass_sums", columns: [Column("id", .integer, required: true), Column("body", .text, required: true)])

    /// Transactions whose sums wait at most.
    private static let most = 64

    /// Transactions that have left sums since the last that took them; never fewer than rows wait.
    private let waiting = Mutex((last: Int64(0), count: 0))

    var isWaiting: Bool { waiting.withLock { $0.count > 0 } }
    var hasRoom: Bool { waiting.withLock { $0.count < PassSums.most } }

    func wait(_ tally: PassTally, in tx: any Transaction) throws {
        let id = try tx.insert(SQL(text: PassSums.leaving, arguments: [.text(tally.sums.text)]))
        waiting.withLock { $0 = (max($0.last, id), $0.count + 1) }
    }

    func take(into tally: inout PassTally, in tx: any Transaction) throws {
        let last = try PassSums.take(into: &tally, in: tx)
        tx.afterCommit { [self] in waiting.withLock { if $0.last <= last { $0.count = 0 } } }
    }

    /// Adds everything that waits to the roll-ups.
    package static func settle(in tx: any Transaction) throws {
        var tally = PassTally()
        guard try take(into: &tally, in: tx) > 0 else { return }
        try tally.writeSums(in: tx)
    }

    /// What waits, for those who compare the roll-ups with the passes.
    static func waiting(in reader: any Reader) throws -> PassTally {
        var tally = PassTally()
        _ = try read(into: &tally, reader)
        return tally
    }

    /// - Returns: the last row taken, 0 when there was none.
    private static func take(into tally: inout PassTally, in tx: any Transaction) throws -> Int64 {
        let last = try read(into: &tally, tx)
        if last > 0 { try tx.execute("DELETE FROM pass_sums WHERE id <= \(last)") }
        return last
    }

    private static func read(into tally: inout PassTally, _ reader: any Reader) throws -> Int64 {
        var last: Int64 = 0
        for row in try reader.rows("SELECT id, body FROM pass_sums ORDER BY id") {
            try tally.add(waiting: row[1].text ?? "")
            last = row[0].int ?? last
        }
        return last
    }

    private static let leaving = "INSERT INTO pass_sums (body) VALUES (?)"
}

extension PassTally.GateCounts {
    /// In the order of `GateSum.columns`.
    var all: [Int64] { [received, automatic, manual, backfilled, handLifts, refused, refusedLifted, withPhotos, unknownStage, flagged] }

    init(area: String, _ all: [Int64]) {
        self.init(
            area: area, received: all[0], automatic: all[1], manual: all[2], backfilled: all[3], handLifts: all[4], refused: all[5], refusedLifted: all[6], withPhotos: all[7],
            unknownStage: all[8], flagged: all[9])
    }
}

extension PassTally {
    /// The counters as a row of `pass_sums` keeps them: two lists of lists, of gates' days and of trips.
    var sums: JSONValue {
        let gates = gates.map { gate, counts -> JSONValue in
            .array([.int(Int64(gate.day.number)), .int(gate.org), .string(gate.gateNo), .string(counts.area)] + counts.all.map(JSONValue.int))
        }
        let trips = trips.map { trip, sums -> JSONValue in
            [
                .int(Int64(trip.day.number)), .int(trip.org), .string(trip.stage.rawValue), .string(trip.fuel), .string(trip.group.rawValue), .int(trip.strategy),
                .string(trip.level.rawValue), .string(trip.direction), .string(sums.area), .string(sums.industry), .int(sums.trips), .double(sums.tonnes), .int(sums.refused),
            ]
        }
        return .array([.array(gates), .array(trips)])
    }

    /// - Throws: `JW-M140` when the row is not what `sums` writes.
    mutating func add(waiting body: String) throws {
        guard let lists = (try? JSONValue(parsing: body))?.array, lists.count == 2 else { throw PassTally.unreadable(body) }
        for row in lists[0].array ?? [] {
            let row = row.array ?? []
            let counts = row.dropFirst(4).compactMap(\.int)
            guard counts.count == 10, let day = row[0].day, let org = row[1].int, let gateNo = row[2].string else { throw PassTally.unreadable(body) }
            add(GateCounts(area: row[3].string ?? "", counts), of: GateDay(day: day, org: org, gateNo: gateNo))
        }
        for row in lists[1].array ?? [] {
            let row = row.array ?? []
            guard row.count == 13, let day = row[0].day, let org = row[1].int, let stage = row[2].string.flatMap(EmissionStage.init(rawValue:)), let fuel = row[3].string,
                let group = row[4].string.flatMap(VehicleGroup.init(rawValue:)), let strategy = row[5].int, let level = row[6].string.flatMap(WarningLevel.init(rawValue:)),
                let direction = row[7].string, let trips = row[10].int, let tonnes = row[11].double, let refused = row[12].int
            else { throw PassTally.unreadable(body) }
            let trip = Trip(day: day, org: org, stage: stage, fuel: fuel, group: group, strategy: strategy, level: level, direction: direction)
            add(TripCounts(area: row[8].string ?? "", industry: row[9].string ?? "", trips: trips, tonnes: tonnes, refused: refused), of: trip)
        }
    }

    private static func unreadable(_ body: String) -> Failure {
        Failure(.unexpected, "JW-M140", "待汇总的过车计数无法读取，请联系管理员", cause: String(body.prefix(200)))
    }
}

extension JSONValue {
    fileprivate var day: Day? { int.flatMap { Day(number: Int($0)) } }
}
