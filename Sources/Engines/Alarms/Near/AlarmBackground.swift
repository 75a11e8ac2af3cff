import Identity
import Kernel
import Storage

/// What is known of an alarm's object before somebody judges it. Source: requirements D2.5.6 “研判信息”.
struct AlarmBackground: Sendable {
    struct Point: Sendable {
        var subject: String
        var kind: String
        var place: String
        var alarms: Int
        var times: Int
        var lastAt: Moment?
    }

    struct Picture: Sendable {
        var alarm: Int64
        var sha256: String
        var title: String
        var at: Moment
    }

    struct Camera: Sendable {
        var name: String
        var alarm: Int64
        var from: Moment?
        var to: Moment?
    }

    struct Means: Sendable {
        var title: String
        var counts: AlarmCounts
    }

    /// Of the same point within thirty days, newest first, without this one; at most 200.
    var earlier: [Alarm] = []
    /// What the unit's alarms of a year came from.
    var means: [Means] = []
    /// How they were verified: title and number of records.
    var verified: [(title: String, count: Int)] = []
    var points: [Point] = []
    var pictures: [Picture] = []
    var cameras: [Camera] = []
    /// That show the place now.
    var live: [PictureFace.Camera] = []
}

extension AlarmEngine {
    static let backgroundDays = 30

    /// - Throws: `.notFound` outside the scope.
    func background(of id: Int64, by principal: Principal, in reader: any Reader) throws -> (alarm: Alarm, AlarmBackground) {
        let alarm = try required(id, by: principal, in: reader)
        let since = alarm.occurredAt.adding(seconds: -Int64(Self.backgroundDays) * 86_400)
        let scope = principal.scope.condition()
        let owner: SQL = alarm.org.map { "org = \($0)" } ?? alarm.area.map { "org IS NULL AND area = \($0)" } ?? "org IS NULL AND area IS NULL"
        let recent: SQL = "\(owner) AND occurred_at >= \(since) AND occurred_at <= \(alarm.lastAt) AND \(scope)"
        var found = AlarmBackground()
        found.earlier = try reader.rows(
            "SELECT \(Alarm.columns) FROM alarms WHERE \(recent) AND subject = \(alarm.subject) AND id <> \(id) ORDER BY occurred_at DESC LIMIT 200"
        ).map(Alarm.init)
        found.points = try related(to: alarm, recent, in: reader)
        found.pictures = try pictures(near: alarm, recent, in: reader)
        found.cameras = try cameras(near: alarm, recent, in: reader)
        found.live = try livePictures(of: alarm, by: principal, in: reader)
        if let org = alarm.org {
            found.means = try means(of: org, until: alarm.day, by: principal, in: reader)
            found.verified = try verified(org, until: alarm.occurredAt, scope, in: reader)
        }
        return (alarm, found)
    }

    /// Cameras that show the place of an alarm now, for whoever may see them.
    func livePictures(of alarm: Alarm, by principal: Principal, in reader: any Reader) throws -> [PictureFace.Camera] {
        guard let face = faces.pictures, principal.may(face.permission) else { return [] }
        return try face.find(alarm, principal, reader)
    }

    /// Kinds about dates, whose subjects are records and no points.
    var dated: [String] { kinds.filter { $0.category == .dated }.map(\.name) }

    /// Other points of the same place, or of the same unit when the place is not said.
    private func related(to alarm: Alarm, _ recent: SQL, in reader: any Reader) throws -> [AlarmBackground.Point] {
        var near: SQL = alarm.place.isEmpty ? "1 = 1" : "place = \(alarm.place)"
        if !dated.isEmpty { near = "\(near) AND kind NOT IN (\(list: dated))" }
        return try reader.rows(
            """
            SELECT subject, kind, MAX(place) AS place, COUNT(*) AS n, SUM(times) AS occurrences, MAX(last_at) AS last_at FROM alarms \
            WHERE \(recent) AND subject <> \(alarm.subject) AND \(near) GROUP BY subject, kind ORDER BY occurrences DESC, subject LIMIT 10
            """
        ).map { row in
            AlarmBackground.Point(
                subject: row.text("subject") ?? "", kind: row.text("kind") ?? "", place: row.text("place") ?? "", alarms: Int(row.int("n") ?? 0),
                times: Int(row.int("occurrences") ?? 0),
                lastAt: row.moment("last_at"))
        }
    }

    /// The alarm's own first, then those of its point, its place and its unit, newest first.
    private func pictures(near alarm: Alarm, _ recent: SQL, in reader: any Reader) throws -> [AlarmBackground.Picture] {
        try reader.rows(
            """
            SELECT e.alarm, e.sha256, e.title, e.added_at FROM evidence_items e JOIN \
            (SELECT id, CASE WHEN id = \(alarm.id) THEN 0 WHEN subject = \(alarm.subject) THEN 1 WHEN place = \(alarm.place) THEN 2 ELSE 3 END AS nearness, occurred_at AS at FROM alarms \
            WHERE \(recent) ORDER BY occurred_at DESC LIMIT 500) AS few ON few.id = e.alarm WHERE e.kind = 'photo' ORDER BY few.nearness, few.at DESC, e.seq LIMIT 12
            """
        ).map { row in
            AlarmBackground.Picture(
                alarm: row.int("alarm") ?? 0, sha256: row.text("sha256") ?? "", title: row.text("title") ?? "", at: row.moment("added_at") ?? alarm.occurredAt)
        }
    }

    /// Cameras that the evidence of the same point names, each with its newest recording.
    private func cameras(near alarm: Alarm, _ recent: SQL, in reader: any Reader) throws -> [AlarmBackground.Camera] {
        let rows = try reader.rows(
            """
            SELECT e.alarm, e.body FROM evidence_items e JOIN (SELECT id FROM alarms WHERE \(recent) AND (subject = \(alarm.subject) OR place = \(alarm.place)) \
            ORDER BY occurred_at DESC LIMIT 200) AS few ON few.id = e.alarm WHERE e.kind = 'video' AND e.body IS NOT NULL ORDER BY e.alarm DESC, e.seq DESC LIMIT 200
            """)
        var seen: Set<String> = []
        return rows.compactMap { row in
            guard let body = row.text("body"), let reference = try? JSONValue(parsing: body), let name = reference["camera"]?.string, seen.insert(name).inserted else { return nil }
            return AlarmBackground.Camera(
                name: name, alarm: row.int("alarm") ?? 0, from: reference["from"]?.string.flatMap { Moment(parsing: $0) },
                to: reference["to"]?.string.flatMap { Moment(parsing: $0) })
        }
    }

    private func means(of org: Int64, until day: Day, by principal: Principal, in reader: any Reader) throws -> [AlarmBackground.Means] {
        var filter = AlarmFilter()
        filter.org = org
        filter.to = day
        filter.from = day.adding(days: -364)
        let kinds = try statistics(filter, by: .kind, for: principal, in: reader)
        return AlarmCategory.allCases.compactMap { category in
            let own = kinds.filter { kind($0.key)?.category == category }
            return own.isEmpty ? nil : AlarmBackground.Means(title: category.title, counts: own.reduce(AlarmCounts()) { $0 + $1.counts })
        }
    }

    private func verified(_ org: Int64, until moment: Moment, _ scope: SQL, in reader: any Reader) throws -> [(title: String, count: Int)] {
        let year: SQL = """
            (SELECT id FROM alarms WHERE org = \(org) AND occurred_at >= \(moment.adding(seconds: -365 * 86_400)) AND \(scope) ORDER BY occurred_at DESC LIMIT 20000) AS few
            """
        let rows = try reader.rows("SELECT f.way, COUNT(*) AS n FROM alarm_follow_ups f JOIN \(year) ON few.id = f.alarm GROUP BY f.way")
        let ways = Dictionary(rows.map { ($0.text("way") ?? "", Int($0.int("n") ?? 0)) }, uniquingKeysWith: +)
        let answers = try reader.count("SELECT COUNT(*) FROM alarm_answers a JOIN \(year) ON few.id = a.alarm")
        return FollowUp.Way.allCases.map { ($0.title, ways[$0.rawValue] ?? 0) } + [("企业答复", answers)]
    }
}
