import Features
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Check-ins, positions and logs of officers. Rows carry the officer's authority, so that supervisors of the area see them and nobody else does.
package struct FieldDesk: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    package struct Checkin: Sendable {
        /// `on`, `off`, `arrive`, `out`.
        package var kind: String
        package var subject: Int64?
        package var matter: String
        package var longitude: Double?
        package var latitude: Double?

        package init(kind: String, subject: Int64? = nil, matter: String = "", longitude: Double? = nil, latitude: Double? = nil) {
            self.kind = kind
            self.subject = subject
            self.matter = matter
            self.longitude = longitude
            self.latitude = latitude
        }
    }

    /// - Throws: `.invalid` with every wrong field; `.conflict` `JW-EN20` for a second 上班 before 下班, or 下班 without 上班.
    package func check(_ checkin: Checkin, by principal: Principal, in tx: any Transaction) throws {
        var findings: [FieldFinding] = []
        let matter = checkin.matter.trimmedSpaces
        if !["on", "off", "arrive", "out"].contains(checkin.kind) { findings.append(FieldFinding("kind", "unknown", "请选择签到类型", title: "签到类型")) }
        if checkin.kind == "out", matter.isEmpty { findings.append(FieldFinding("matter", "required", "外出须写明办理事项", title: "办理事项")) }
        if matter.count > 200 { findings.append(FieldFinding("matter", "range", "不能超过 200 字", title: "办理事项")) }
        if checkin.kind == "arrive" {
            let found = try checkin.subject.flatMap { try platform.ledgers.find(EnforcementSubject.ledger.name, id: $0, by: principal, in: tx) }
            if found == nil { findings.append(FieldFinding("subject", "unknown", "请选择到达的主体", title: "主体")) }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = platform.clock.now
        if ["on", "off"].contains(checkin.kind) {
            let last = try tx.value(
                "SELECT kind FROM field_checkins WHERE user_id = \(principal.id) AND kind IN ('on', 'off') AND at >= \(platform.clock.today.start) ORDER BY at DESC, id DESC LIMIT 1"
            )?.text
            if checkin.kind == "on", last == "on" { throw Failure(.conflict, "JW-EN20", "今天已上班打卡") }
            if checkin.kind == "off", last != "on" { throw Failure(.conflict, "JW-EN20", last == "off" ? "今天已下班打卡" : "请先上班打卡") }
        }
        try tx.execute(
            """
            INSERT INTO field_checkins (user_id, user_name, org, area, kind, subject, matter, at, longitude, latitude)
            VALUES (\(principal.id), \(principal.name), \(principal.organisation), \(principal.area), \(checkin.kind), \(checkin.subject), \(matter), \(now), \(checkin.longitude), \(checkin.latitude))
            """)
        if let longitude = checkin.longitude, let latitude = checkin.latitude { try position(longitude, latitude, of: principal.id, in: tx) }
        let title = platform.dictionaries.title(of: checkin.kind, in: .checkinKind)
        try platform.audit.record(AuditEntry("create", "fieldCheckin", "\(principal.id)", "\(title)签到\(matter.isEmpty ? "" : "：\(matter)")"), by: principal, in: tx)
    }

    /// Where an officer is, at most once in twenty seconds; degrees in WGS84.
    package func position(_ longitude: Double, _ latitude: Double, of user: Int64, in tx: any Transaction) throws {
        guard (-180...180).contains(longitude), (-90...90).contains(latitude) else { throw Failure.invalid([FieldFinding("position", "range", "不是有效的位置", title: "位置")]) }
        let now = platform.clock.now
        let last = try tx.value("SELECT MAX(at) FROM field_positions WHERE user_id = \(user)")?.int ?? 0
        guard now.milliseconds - last >= 20_000 else { return }
        try tx.execute("INSERT INTO field_positions (user_id, at, longitude, latitude) VALUES (\(user), \(now), \(longitude), \(latitude))")
    }

    /// - Throws: `.invalid` for an empty or too long log.
    package func log(_ content: String, by principal: Principal, in tx: any Transaction) throws {
        let content = content.trimmedSpaces
        guard (2...2000).contains(content.count) else { throw Failure.invalid([FieldFinding("content", "range", "须为 2–2000 个字", title: "工作日志")]) }
        try tx.execute(
            """
            INSERT INTO field_logs (user_id, user_name, org, area, day, content, at)
            VALUES (\(principal.id), \(principal.name), \(principal.organisation), \(principal.area), \(platform.clock.today), \(content), \(platform.clock.now))
            """)
        try platform.audit.record(AuditEntry("create", "fieldLog", "\(principal.id)", "填写工作日志"), by: principal, in: tx)
    }

    // MARK: What others may see

    package struct Track: Sendable {
        package var user: Int64
        package var name: String
        package var points: [(at: Moment, longitude: Double, latitude: Double)]
        package var checkins: [(at: Moment, kind: String, title: String, longitude: Double?, latitude: Double?)]
    }

    /// Of the people of authorities within the scope, on one day; at most 200 people and 2,000 points each.
    package func tracks(on day: Day, scope: DataScope, _ reader: any Reader) throws -> [Track] {
        let people = try reader.rows(
            """
            SELECT u.id, u.name FROM users u JOIN organisations o ON o.id = u.organisation WHERE \(scope.condition(org: "o.id", area: "o.area"))
            AND (u.id IN (SELECT user_id FROM field_positions WHERE at >= \(day.start) AND at < \(day.end)) OR u.id IN (SELECT user_id FROM field_checkins WHERE at >= \(day.start) AND at < \(day.end)))
            ORDER BY u.id LIMIT 200
            """)
        let ids = people.compactMap { $0.int("id") }
        guard !ids.isEmpty else { return [] }
        var tracks = people.map { Track(user: $0.int("id") ?? 0, name: $0.text("name") ?? "", points: [], checkins: []) }
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        for row in try reader.rows(
            "SELECT user_id, at, longitude, latitude FROM field_positions WHERE user_id IN (\(list: ids)) AND at >= \(day.start) AND at < \(day.end) ORDER BY user_id, at LIMIT 50000"
        ) {
            guard let index = places[row.int("user_id") ?? 0], let at = row.moment("at"), tracks[index].points.count < 2000 else { continue }
            tracks[index].points.append((at, row.double("longitude") ?? 0, row.double("latitude") ?? 0))
        }
        for row in try reader.rows(
            """
            SELECT f.user_id, f.kind, f.at, f.matter, f.longitude, f.latitude, s.name AS subject FROM field_checkins f LEFT JOIN transport_subject s ON s.id = f.subject
            WHERE f.user_id IN (\(list: ids)) AND f.at >= \(day.start) AND f.at < \(day.end) ORDER BY f.at LIMIT 5000
            """)
        {
            guard let index = places[row.int("user_id") ?? 0], let at = row.moment("at") else { continue }
            let title = [row.text("subject"), row.text("matter")].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
            tracks[index].checkins.append((at, row.text("kind") ?? "", title, row.double("longitude"), row.double("latitude")))
        }
        return tracks
    }
}
