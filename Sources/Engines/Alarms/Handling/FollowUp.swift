import Identity
import Kernel
import Storage

/// What was found when somebody asked after an alarm. Source: requirements D9.7.5, D18.4.6.
package struct FollowUp: Sendable, Equatable {
    package enum Way: String, Sendable, CaseIterable {
        case phone, site, video, data

        package var title: String {
            switch self {
            case .phone: "电话核实"
            case .site: "现场核查"
            case .video: "视频查看"
            case .data: "数据查看"
            }
        }
    }

    package var at = Moment(milliseconds: 0)
    package var byName = ""
    package var way: Way
    /// Who was asked: name and post.
    package var contact: String
    package var finding: String
    package var cause: String
    package var measure: String
    /// It is over.
    package var isRecovered: Bool

    package init(_ way: Way, contact: String = "", finding: String, cause: String = "", measure: String = "", isRecovered: Bool = false) {
        self.way = way
        self.contact = contact
        self.finding = finding
        self.cause = cause
        self.measure = measure
        self.isRecovered = isRecovered
    }
}

extension AlarmEngine {
    /// Keeps a record; the first one takes the alarm up, and the next look is set or, when it is over, dropped.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden`; `.conflict` `JW-A024` on an alarm that is closed or revoked.
    package func follow(_ id: Int64, _ record: FollowUp, by principal: Principal, in tx: any Transaction) throws {
        var alarm = try required(id, by: principal, in: tx)
        try principal.require(kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle, "跟踪报警")
        guard alarm.state != .closed, alarm.state != .revoked else { throw Failure(.conflict, "JW-A024", "报警 \(alarm.number) 已\(alarm.state.title)，不能再跟踪") }
        var findings: [FieldFinding] = []
        if record.finding.isEmpty { findings.append(FieldFinding("finding", "required", "不能为空", title: "核实情况")) }
        if record.way == .phone, record.contact.isEmpty { findings.append(FieldFinding("contact", "required", "电话核实要写明联系了谁", title: "联系人")) }
        for (name, title, text) in [("finding", "核实情况", record.finding), ("cause", "原因", record.cause), ("measure", "措施", record.measure)] where text.count > 1000 {
            findings.append(FieldFinding(name, "range", "不能超过 1000 字", title: title))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        if alarm.state == .new { alarm = try transition(id, .accept, opinion: nil, by: principal, in: tx) }
        let now = clock.now
        try tx.execute(
            """
            INSERT INTO alarm_follow_ups (alarm, at, by_id, by_name, way, contact, finding, cause, measure, is_recovered) VALUES \
            (\(id), \(now), \(principal.id), \(principal.name), \(record.way.rawValue), \(record.contact), \(record.finding), \(record.cause), \(record.measure), \(record.isRecovered ? 1 : 0))
            """)
        let next: Moment? = record.isRecovered ? nil : demands(of: alarm)?.recheckEvery.map { now.adding(seconds: $0) }
        try tx.execute("UPDATE alarms SET recheck_at = \(next), recovered_at = \(record.isRecovered ? alarm.recoveredAt ?? now : nil) WHERE id = \(id)")
        let said = [record.contact.isEmpty ? nil : "联系\(record.contact)", record.finding, record.isRecovered ? "已恢复" : nil].compactMap { $0 }.joined(separator: "；")
        try self.record("followUp", of: id, from: alarm.state, to: alarm.state, text: "\(record.way.title)：\(said)", by: principal, at: now, in: tx)
        try hooks.audit(AuditEntry("update", "alarm", "\(id)", "跟踪报警 \(alarm.number)：\(record.way.title)"), principal, tx)
        try announce(notice(.moved, of: alarm), in: tx)
    }

    /// Oldest first.
    package func followUps(of id: Int64, in reader: any Reader) throws -> [FollowUp] {
        try reader.rows("SELECT * FROM alarm_follow_ups WHERE alarm = \(id) ORDER BY id LIMIT 200").map { row in
            var record = FollowUp(
                row.text("way").flatMap(FollowUp.Way.init(rawValue:)) ?? .phone, contact: row.text("contact") ?? "", finding: row.text("finding") ?? "",
                cause: row.text("cause") ?? "",
                measure: row.text("measure") ?? "", isRecovered: row.bool("is_recovered"))
            record.at = row.moment("at") ?? record.at
            record.byName = row.text("by_name") ?? ""
            return record
        }
    }

    /// - Throws: `.conflict` `JW-A025` where the level wants a telephone call that nobody made.
    func checkCall(before alarm: Alarm, in reader: any Reader) throws {
        guard alarm.state != .revoked, let level = demands(of: alarm), level.mustCall else { return }
        let called = try reader.first("SELECT id FROM alarm_follow_ups WHERE alarm = \(alarm.id) AND way = 'phone' LIMIT 1") != nil
        guard called else { throw Failure(.conflict, "JW-A025", "\(level.code) 级报警须电话核实后才能关闭，请先填写跟踪记录") }
    }
}
