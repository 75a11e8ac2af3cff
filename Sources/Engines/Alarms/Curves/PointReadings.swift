import Identity
import Kernel
import Storage

/// One value of one point at one moment, as the system that measures sends it.
package struct PointReading: Sendable, Equatable {
    package var org: Int64?
    package var area: String?
    /// The same word that the point's alarms carry as their subject.
    package var subject: String
    package var unit: String
    /// Limits of the point; nil where there is none.
    package var high: Double?
    package var low: Double?
    package var at: Moment
    package var value: Double

    package init(org: Int64?, area: String? = nil, subject: String, unit: String = "", high: Double? = nil, low: Double? = nil, at: Moment, value: Double) {
        self.org = org
        self.area = area
        self.subject = subject
        self.unit = unit
        self.high = high
        self.low = low
        self.at = at
        self.value = value
    }
}

/// A series beside an alarm.
package struct AlarmCurve: Sendable, Equatable {
    package struct Sample: Sendable, Equatable {
        package var at: Moment
        package var value: Double

        package init(_ at: Moment, _ value: Double) {
            self.at = at
            self.value = value
        }
    }

    package var title: String
    package var unit: String
    /// Oldest first.
    package var samples: [Sample]
    package var high: Double?
    package var low: Double?

    package init(_ title: String, unit: String, samples: [Sample], high: Double? = nil, low: Double? = nil) {
        self.title = title
        self.unit = unit
        self.samples = samples
        self.high = high
        self.low = low
    }
}

/// What a module knows as a series about an alarm, such as the passes of each hour.
package struct CurveFace: Sendable {
    package var permission: String?
    package var find: @Sendable (Alarm, any Reader) throws -> AlarmCurve?

    package init(permission: String? = nil, find: @escaping @Sendable (Alarm, any Reader) throws -> AlarmCurve?) {
        self.permission = permission
        self.find = find
    }
}

extension AlarmEngine {
    /// Readings kept of one point; older ones go when newer come.
    package static let readingsKept = 1000

    /// Keeps readings and what they say of their points.
    package func keep(_ readings: [PointReading], in tx: any Transaction) throws {
        for (point, group) in Dictionary(grouping: readings, by: { Point(org: $0.org ?? 0, subject: $0.subject) }) {
            guard let newest = group.max(by: { $0.at < $1.at }) else { continue }
            try tx.execute(
                """
                INSERT INTO alarm_points (org, subject, area, unit, high, low, last_at) VALUES \
                (\(point.org), \(point.subject), \(newest.area), \(newest.unit), \(newest.high), \(newest.low), \(newest.at)) ON CONFLICT (org, subject) DO UPDATE SET \
                unit = excluded.unit, high = COALESCE(excluded.high, alarm_points.high), low = COALESCE(excluded.low, alarm_points.low), last_at = CASE WHEN excluded.last_at > alarm_points.last_at THEN excluded.last_at ELSE alarm_points.last_at END
                """)
            for reading in group {
                try tx.execute(
                    """
                    INSERT INTO alarm_readings (org, subject, at, value) VALUES (\(point.org), \(point.subject), \(reading.at), \(reading.value)) \
                    ON CONFLICT (org, subject, at) DO UPDATE SET value = excluded.value
                    """)
            }
            try tx.execute(
                """
                DELETE FROM alarm_readings WHERE org = \(point.org) AND subject = \(point.subject) AND at <= \
                (SELECT at FROM alarm_readings WHERE org = \(point.org) AND subject = \(point.subject) ORDER BY at DESC LIMIT 1 OFFSET \(Self.readingsKept))
                """)
        }
    }

    /// The latest value of a point within the scope, with its unit; nil where nothing is known of it.
    package func latest(of subject: String, by principal: Principal, in reader: any Reader) throws -> (value: Double, unit: String)? {
        let scope = principal.scope.condition(org: "p.org", area: "p.area")
        return try reader.first(
            """
            SELECT r.value, p.unit FROM alarm_points p JOIN alarm_readings r ON r.org = p.org AND r.subject = p.subject AND r.at = p.last_at \
            WHERE p.subject = \(subject) AND \(scope) ORDER BY p.last_at DESC LIMIT 1
            """
        ).map { ($0.double("value") ?? 0, $0.text("unit") ?? "") }
    }

    /// Open alarms at a place or about a point within the scope, and how urgent the gravest is.
    package func standing(at words: String, by principal: Principal, in reader: any Reader) throws -> (count: Int, urgency: Int) {
        let row = try reader.first(
            """
            SELECT COUNT(*) AS n, MIN(urgency) AS most FROM (SELECT urgency FROM alarms WHERE closed_at IS NULL AND state IN ('new', 'handling', 'confirmed') \
            AND (place = \(words) OR subject = \(words)) AND \(principal.scope.condition()) LIMIT 1000) AS open
            """)
        return (Int(row?.int("n") ?? 0), Int(row?.int("most") ?? 4))
    }

    private struct Point: Hashable {
        let org: Int64
        let subject: String
    }

    /// The series beside an alarm: what its own point measured, else what a neighbour knows; nil where nobody does. Within twelve hours of the alarm on either side.
    package func curve(of alarm: Alarm, by principal: Principal, in reader: any Reader) throws -> AlarmCurve? {
        let from = alarm.occurredAt.adding(seconds: -43_200), until = alarm.lastAt.adding(seconds: 43_200), org = alarm.org ?? 0
        if let point = try reader.first("SELECT unit, high, low FROM alarm_points WHERE org = \(org) AND subject = \(alarm.subject)") {
            let samples = try reader.rows(
                """
                SELECT at, value FROM alarm_readings WHERE org = \(org) AND subject = \(alarm.subject) AND at >= \(from) AND at <= \(until) ORDER BY at DESC LIMIT \(Self.readingsKept)
                """
            ).reversed().compactMap { row in row.moment("at").map { AlarmCurve.Sample($0, row.double("value") ?? 0) } }
            if !samples.isEmpty { return AlarmCurve(alarm.subject, unit: point.text("unit") ?? "", samples: samples, high: point.double("high"), low: point.double("low")) }
        }
        for face in faces.curves where face.permission.map(principal.may) ?? true { if let curve = try face.find(alarm, reader) { return curve } }
        return nil
    }
}

/// Whether a value left its limits for a moment only (D9.7.4 瞬时超限): pure.
package enum ExcursionFinding: Sendable, Equatable {
    /// Back within so many seconds, at most `ExcursionFinding.momentarySeconds`.
    case momentary(seconds: Int, peak: Double)
    case over(seconds: Int, peak: Double)
    /// Not back yet.
    case standing(seconds: Int, peak: Double)
    /// Never beyond a limit in what is known.
    case within
    /// No limit is known, or no value.
    case unknown

    package static let momentarySeconds = 120

    /// - Parameter moment: when the alarm occurred; the excursion nearest to it is judged.
    package static func judge(_ curve: AlarmCurve, at moment: Moment) -> ExcursionFinding {
        guard curve.high != nil || curve.low != nil, !curve.samples.isEmpty else { return .unknown }
        let isOut = { (value: Double) in curve.high.map { value > $0 } ?? false || curve.low.map { value < $0 } ?? false }
        var runs: [(first: Int, end: Int)] = []
        for (index, sample) in curve.samples.enumerated() where isOut(sample.value) {
            if let last = runs.last, last.end == index { runs[runs.count - 1].end = index + 1 } else { runs.append((index, index + 1)) }
        }
        let distance = { (run: (first: Int, end: Int)) -> Int64 in
            let from = curve.samples[run.first].at.milliseconds, until = curve.samples[run.end - 1].at.milliseconds
            return moment.milliseconds < from ? from - moment.milliseconds : max(0, moment.milliseconds - until)
        }
        guard let run = runs.min(by: { distance($0) < distance($1) }) else { return .within }
        let values = curve.samples[run.first..<run.end].map(\.value)
        let isHigh = curve.high.map { limit in values.contains { $0 > limit } } ?? false
        let peak = (isHigh ? values.max() : values.min()) ?? 0
        let isBack = run.end < curve.samples.count
        let until = curve.samples[isBack ? run.end : run.end - 1].at
        let seconds = Int(until.seconds(since: curve.samples[run.first].at))
        if !isBack { return .standing(seconds: seconds, peak: peak) }
        return seconds <= momentarySeconds ? .momentary(seconds: seconds, peak: peak) : .over(seconds: seconds, peak: peak)
    }
}
