import Identity
import Kernel
import Storage

/// How good the alarms of a time were, and how well they were handled. Source: requirements D9.7.8, D18.4.8.
package struct AlarmQuality: Sendable, Equatable {
    package var counts = AlarmCounts()
    /// Alarms of the two most urgent places of the leading scheme.
    package var urgent = 0
    /// Opened alarms an hour of the period, on average.
    package var perHour: Double = 0
    /// Share of the hours with an alarm in which there were three or more, 0...1; nil without alarms.
    package var crowdedHours: Double?
    /// Open for more than a day.
    package var stale = 0
    /// Gone by themselves within a minute, or found to be momentary.
    package var flickering = 0
    /// About devices that were off-line or broken.
    package var offline = 0
    /// Signals that windows held back.
    package var held = 0

    /// Share of alarms that are no longer open, 0...1.
    package var handledRate: Double? { counts.opened == 0 ? nil : Double(counts.opened - counts.open) / Double(counts.opened) }
    /// Share of alarms taken up that were taken up in time.
    package var inTimeRate: Double? { counts.opened == 0 ? nil : Double(counts.inTime) / Double(counts.opened) }
    package var falseRate: Double? { counts.opened == 0 ? nil : Double(counts.falseAlarms) / Double(counts.opened) }
}

/// A subject that raised alarms again and again.
package struct RepeatedSubject: Sendable, Equatable {
    package var kind: String
    package var org: Int64?
    package var orgName: String
    package var subject: String
    package var alarms: Int
    package var times: Int
    package var falseAlarms: Int
}

/// One line of a ranking with the period before.
package struct AlarmRank: Sendable, Equatable {
    package var key: String
    package var counts: AlarmCounts
    package var before: Int

    /// Change against the period before, 0.25 is a quarter more; nil when there was none.
    package var change: Double? { before == 0 ? nil : Double(counts.opened - before) / Double(before) }
}

extension AlarmEngine {
    /// - Parameter filter: needs both days.
    package func quality(_ filter: AlarmFilter, by principal: Principal, in reader: any Reader) throws -> AlarmQuality {
        var quality = AlarmQuality(counts: try totals(filter, by: principal, in: reader))
        let now = clock.now
        let condition: SQL = "\(filter.condition(withStates: false)) AND \(principal.scope.condition())"
        let offline = kinds.filter { $0.category == .equipment }.map(\.name)
        let row = try reader.first(
            """
            SELECT COALESCE(SUM(CASE WHEN urgency <= 2 THEN 1 ELSE 0 END), 0) AS urgent, \
            COALESCE(SUM(CASE WHEN closed_at IS NULL AND state IN ('new', 'handling', 'reconsidering') AND raised_at < \(now.adding(seconds: -86_400)) THEN 1 ELSE 0 END), 0) AS stale, \
            COALESCE(SUM(CASE WHEN false_class = 'momentary' OR (handler IS NULL AND closed_at - occurred_at <= 60000) THEN 1 ELSE 0 END), 0) AS flickering, \
            COALESCE(SUM(CASE WHEN kind IN (\(list: offline)) THEN 1 ELSE 0 END), 0) AS offline FROM alarms WHERE \(condition)
            """)
        quality.urgent = Int(row?.int("urgent") ?? 0)
        quality.stale = Int(row?.int("stale") ?? 0)
        quality.flickering = Int(row?.int("flickering") ?? 0)
        quality.offline = Int(row?.int("offline") ?? 0)
        let hours = try reader.first(
            """
            SELECT COUNT(*) AS hours, COALESCE(SUM(CASE WHEN n >= 3 THEN 1 ELSE 0 END), 0) AS crowded FROM \
            (SELECT occurred_at / 3600000 AS hour, COUNT(*) AS n FROM alarms WHERE \(condition) GROUP BY occurred_at / 3600000) AS by_hour
            """)
        let used = hours?.int("hours") ?? 0
        if used > 0 { quality.crowdedHours = Double(hours?.int("crowded") ?? 0) / Double(used) }
        if let from = filter.from, let to = filter.to, from <= to {
            let seconds = min(to.end, max(now, from.start.adding(seconds: 3600))).seconds(since: from.start)
            quality.perHour = seconds <= 0 ? 0 : Double(quality.counts.opened) / (seconds / 3600)
            quality.held = try reader.count(
                "SELECT COALESCE(SUM(held), 0) FROM alarm_suppressions WHERE from_at < \(to.end) AND until_at >= \(from.start) AND \(principal.scope.condition())")
        }
        return quality
    }

    /// Subjects with the most occurrences, at least three.
    package func repeated(_ filter: AlarmFilter, limit: Int = 20, by principal: Principal, in reader: any Reader) throws -> [RepeatedSubject] {
        let condition: SQL = "\(filter.condition(withStates: false)) AND \(principal.scope.condition())"
        return try reader.rows(
            """
            SELECT kind, org, MAX(org_name) AS org_name, subject, COUNT(*) AS n, SUM(times) AS occurrences, SUM(CASE WHEN false_class IS NOT NULL THEN 1 ELSE 0 END) AS wrong FROM alarms \
            WHERE \(condition) GROUP BY kind, org, subject HAVING SUM(times) >= 3 ORDER BY occurrences DESC, n DESC, subject LIMIT \(limit)
            """
        ).map { row in
            RepeatedSubject(
                kind: row.text("kind") ?? "", org: row.int("org"), orgName: row.text("org_name") ?? "", subject: row.text("subject") ?? "", alarms: Int(row.int("n") ?? 0),
                times: Int(row.int("occurrences") ?? 0), falseAlarms: Int(row.int("wrong") ?? 0))
        }
    }

    /// Most first, each with the number of the same length of time before; at most 200.
    package func ranking(_ filter: AlarmFilter, by dimension: AlarmDimension, for principal: Principal, in reader: any Reader) throws -> [AlarmRank] {
        let rows = try statistics(filter, by: dimension, for: principal, in: reader).prefix(200)
        guard let from = filter.from, let to = filter.to, from <= to else { return rows.map { AlarmRank(key: $0.key, counts: $0.counts, before: 0) } }
        var earlier = filter
        earlier.to = from.adding(days: -1)
        earlier.from = from.adding(days: -(to.daysSince1970 - from.daysSince1970 + 1))
        let before = Dictionary(
            try statistics(earlier, by: dimension, for: principal, in: reader).map { ($0.key, $0.counts.opened) }, uniquingKeysWith: { first, _ in first })
        return rows.map { AlarmRank(key: $0.key, counts: $0.counts, before: before[$0.key] ?? 0) }
    }
}
