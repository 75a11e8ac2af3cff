import Identity
import Kernel
import Storage

/// A-51 数据质量: how timely, accurate and complete an enterprise's data of a day are, and one score from these.
///
/// Built on `gate_daily`, nothing is scanned. A part that cannot be judged (nothing generated, no pass) does not count; the others share its weight.
/// Source: requirements/A-mobile-sources.md A-51; standards/hj1321-gate.md §8 (definitions are the implementer's choice and are shown on the page).
package struct DataQuality: Sendable {
    let database: any Database
    let registry: GateRegistry
    let clock: Clock

    package enum Level: String, Sendable, CaseIterable {
        case excellent, good, fair, poor

        package var title: String {
            switch self {
            case .excellent: "优"
            case .good: "良"
            case .fair: "中"
            case .poor: "差"
            }
        }
    }

    /// One enterprise on one day, or over a span of days.
    package struct Line: Sendable, Equatable {
        package var day: Day
        package var org: Int64
        package var enterprise: String
        package var area: String
        package var gates: Int
        package var received: Int64 = 0
        package var generated: Int64 = 0
        package var backfilled: Int64 = 0
        package var flagged: Int64 = 0
        package var unknownStage: Int64 = 0
        package var rejected: Int64 = 0
        package var withPhotos: Int64 = 0
        /// Minutes with a heartbeat, added over gates, and how many there could be.
        package var heartbeats: Int64 = 0
        package var minutes: Int64 = 0

        /// 0...1, nil when nothing was generated: received ÷ generated, backfilled records at half their worth.
        package var timeliness: Double? {
            guard generated > 0 else { return nil }
            let rate = min(1, Double(received) / Double(generated))
            return received > 0 ? rate * (1 - 0.5 * Double(backfilled) / Double(received)) : 0
        }
        /// Received ÷ generated, 0...1.
        package var transmissionRate: Double? { generated > 0 ? min(1, Double(received) / Double(generated)) : nil }
        /// 0...1, nil without records: what is neither flagged, nor of unknown stage, nor refused for its form. `flagged` holds records of unknown stage already.
        package var accuracy: Double? {
            let all = received + rejected
            return all > 0 ? max(0, 1 - Double(max(flagged, unknownStage) + rejected) / Double(all)) : nil
        }
        /// 0...1: photos count six parts, heartbeats four.
        package var completeness: Double? {
            let photos = received > 0 ? Double(withPhotos) / Double(received) : nil
            let online = minutes > 0 ? min(1, Double(heartbeats) / Double(minutes)) : nil
            return DataQuality.mean([(photos, 0.6), (online, 0.4)])
        }
        /// 0...100: timeliness 40, accuracy 30, completeness 30.
        package var score: Double? { DataQuality.mean([(timeliness, 0.4), (accuracy, 0.3), (completeness, 0.3)]).map { ($0 * 1000).rounded() / 10 } }
        package var level: Level? {
            score.map { $0 >= 95 ? .excellent : $0 >= 85 ? .good : $0 >= 70 ? .fair : .poor }
        }
    }

    static func mean(_ parts: [(value: Double?, weight: Double)]) -> Double? {
        let known = parts.compactMap { part in part.value.map { ($0, part.weight) } }
        let weight = known.reduce(0) { $0 + $1.1 }
        return weight > 0 ? known.reduce(0) { $0 + $1.0 * $1.1 } / weight : nil
    }

    /// Per enterprise and day, newest day first, then by enterprise; connected enterprises that said nothing have a line too.
    ///
    /// - Throws: `.invalid` when the span is not 1…92 days.
    package func days(from: Day, to: Day, org: Int64? = nil, scope: DataScope) async throws -> [Line] {
        let snapshot = registry.snapshot
        return try await database.read { reader in try days(from: from, to: to, org: org, scope: scope, snapshot, reader) }
    }

    /// The same added up over the span, worst score first.
    package func enterprises(from: Day, to: Day, scope: DataScope) async throws -> [Line] {
        var sums: [Int64: Line] = [:]
        for line in try await days(from: from, to: to, scope: scope) {
            guard var sum = sums[line.org] else {
                sums[line.org] = line
                continue
            }
            sum.day = max(sum.day, line.day)
            sum.received += line.received
            sum.generated += line.generated
            sum.backfilled += line.backfilled
            sum.flagged += line.flagged
            sum.unknownStage += line.unknownStage
            sum.rejected += line.rejected
            sum.withPhotos += line.withPhotos
            sum.heartbeats += line.heartbeats
            sum.minutes += line.minutes
            sums[line.org] = sum
        }
        return sums.values.sorted { (($0.score ?? 101), $0.org) < (($1.score ?? 101), $1.org) }
    }

    private func days(from: Day, to: Day, org: Int64?, scope: DataScope, _ snapshot: GateRegistry.Snapshot, _ reader: any Reader) throws -> [Line] {
        guard from <= to, to.daysSince1970 - from.daysSince1970 < 92 else { throw Failure.invalid([FieldFinding("to", "range", "时间范围应为 1～92 天", title: "截止日期")]) }
        let now = clock.now
        let sites = snapshot.enterprises.values.filter { site in site.isConnected && scope.admits(org: site.org, area: site.county) && (org.map { $0 == site.org } ?? true) }
        var gates: [Int64: Int] = [:]
        for key in snapshot.gates.keys where !snapshot.isManualGate(key) { gates[key.org, default: 0] += 1 }
        var lines: [Key: Line] = [:]
        for number in from.daysSince1970...to.daysSince1970 {
            let day = Day(daysSince1970: number)
            guard day <= now.day else { continue }
            let elapsed: Int64 = day == now.day ? Int64(now.minuteOfDay) : 1440
            for site in sites {
                let count = gates[site.org] ?? 0
                lines[Key(day: day, org: site.org)] = Line(day: day, org: site.org, enterprise: site.name, area: site.county, gates: count, minutes: elapsed * Int64(count))
            }
        }
        var conditions: [SQL] = ["day BETWEEN \(from) AND \(to)", scope.condition(), ManualEntry.isRealGate]
        if let org { conditions.append("org = \(org)") }
        try reader.each(
            "SELECT day, org, received, generated, backfilled, flagged, unknown_stage, rejected, with_photos, heartbeats FROM gate_daily WHERE \(SQL.all(of: conditions))"
        ) { row in
            guard let day = row.day("day"), let owner = row.int("org"), var line = lines[Key(day: day, org: owner)] else { return true }
            let received = row.int("received") ?? 0
            line.received += received
            line.generated += max(row.int("generated") ?? 0, received)
            line.backfilled += row.int("backfilled") ?? 0
            line.flagged += row.int("flagged") ?? 0
            line.unknownStage += row.int("unknown_stage") ?? 0
            line.rejected += row.int("rejected") ?? 0
            line.withPhotos += row.int("with_photos") ?? 0
            line.heartbeats += min(1440, row.int("heartbeats") ?? 0)
            lines[Key(day: day, org: owner)] = line
            return true
        }
        return lines.values.sorted { $0.day != $1.day ? $0.day > $1.day : $0.org < $1.org }
    }

    private struct Key: Hashable {
        var day: Day
        var org: Int64
    }
}
