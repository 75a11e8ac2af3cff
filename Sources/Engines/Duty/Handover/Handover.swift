import Alarms
import Identity
import Kernel
import Messages
import Storage

/// One hand-over between two shifts: what stands open, what was looked at, what to watch; signed by whoever gives, then by whoever takes. Source: requirements D9.12.3, D18.3.
package struct Handover: Sendable, Equatable {
    package var id: Int64
    package var group: Int64
    package var shiftTitle: String
    package var from: Moment
    package var until: Moment
    /// Open alarms that go over: number, title, state, as they stood.
    package var alarms: [Item]
    /// Figures of the shift in one sentence, by the program.
    package var figures: String
    package var inspection: String
    package var focus: String
    package var givenBy: Int64
    package var givenByName: String
    package var givenAt: Moment
    package var takenByName: String?
    package var takenAt: Moment?
    package var remark: String?

    package struct Item: Sendable, Equatable {
        package var id: Int64
        package var number: String
        package var title: String
        package var state: String
    }

    /// 三交四清, all of which must be ticked before a shift may be handed over (D18.3.2).
    package static let checks: [(name: String, title: String)] = [
        ("spoken", "口头交接"), ("written", "书面交接"), ("onSite", "现场交接"), ("devices", "设备运行清楚"), ("platform", "平台运行清楚"), ("patrol", "视频巡查问题清楚"),
        ("problems", "问题跟踪进度清楚"),
    ]

    init(_ row: Row) {
        id = row.int("id") ?? 0
        group = row.int("group_id") ?? 0
        shiftTitle = row.text("shift_title") ?? ""
        from = row.moment("from_at") ?? Moment(milliseconds: 0)
        until = row.moment("until_at") ?? Moment(milliseconds: 0)
        let list = (try? JSONValue(parsing: row.text("alarms") ?? "[]"))?.array ?? []
        alarms = list.map { Item(id: $0["id"]?.int ?? 0, number: $0["number"]?.string ?? "", title: $0["title"]?.string ?? "", state: $0["state"]?.string ?? "") }
        figures = row.text("figures") ?? ""
        inspection = row.text("inspection") ?? ""
        focus = row.text("focus") ?? ""
        givenBy = row.int("given_by") ?? 0
        givenByName = row.text("given_by_name") ?? ""
        givenAt = row.moment("given_at") ?? Moment(milliseconds: 0)
        takenByName = row.text("taken_by_name")
        takenAt = row.moment("taken_at")
        remark = row.text("remark")
    }
}

extension DutyEngine {
    /// What goes over by itself: the open alarms of the group's place, most urgent first, and the shift in figures.
    package func open(for group: DutyGroup, since: Moment, in reader: any Reader) throws -> (alarms: [Handover.Item], figures: String) {
        let place = place(of: group)
        let rows = try reader.rows(
            "SELECT id, number, title, state FROM alarms WHERE state IN ('new', 'handling', 'reconsidering') AND (\(place)) ORDER BY urgency, occurred_at DESC LIMIT 50")
        let items = rows.map { row in
            Handover.Item(
                id: row.int("id") ?? 0, number: row.text("number") ?? "", title: row.text("title") ?? "",
                state: row.text("state").flatMap(AlarmState.init(rawValue:))?.title ?? "")
        }
        let counts = try reader.first(
            """
            SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN state IN ('confirmed', 'revoked', 'closed') THEN 1 ELSE 0 END), 0) AS done FROM alarms WHERE raised_at >= \(since) AND (\(place))
            """)
        let open = try reader.count("SELECT COUNT(*) FROM (SELECT 1 FROM alarms WHERE state IN ('new', 'handling', 'reconsidering') AND (\(place)) LIMIT 10000) AS few")
        return (items, "本班产生报警 \(counts?.int("n") ?? 0) 条，已办结 \(counts?.int("done") ?? 0) 条；未结共 \(open) 条，随交接移交前 \(items.count) 条")
    }

    /// The alarms a group answers for.
    private func place(of group: DutyGroup) -> SQL { group.org.map { "org = \($0)" } ?? group.area.map { "area >= \($0) AND area < \($0 + "~")" } ?? "1 = 1" }

    /// Signs as whoever gives.
    ///
    /// - Throws: `.invalid` with every finding (every check must be ticked, nothing left blank); `.forbidden` for whoever is not of the group; `.conflict` `JW-D010` while one waits to be taken.
    @discardableResult
    package func give(_ id: Int64, inspection: String, focus: String, checks: Set<String>, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let group = try group(id, by: principal, in: tx)
        guard group.members.contains(where: { $0.user == principal.id }) || principal.may(DutyPermission.manage) else { throw Failure.forbidden("交班") }
        var findings: [FieldFinding] = []
        if inspection.isEmpty { findings.append(FieldFinding("inspection", "required", "记录不全不得交班", title: "巡检情况")) }
        if focus.isEmpty { findings.append(FieldFinding("focus", "required", "没有也请写“无”", title: "需重点关注")) }
        let missing = Handover.checks.filter { !checks.contains($0.name) }
        if !missing.isEmpty { findings.append(FieldFinding("checks", "required", "未完成：\(missing.map(\.title).joined(separator: "、"))", title: "三交四清")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        guard try tx.first("SELECT id FROM duty_handovers WHERE group_id = \(id) AND taken_at IS NULL LIMIT 1") == nil else { throw Failure(.conflict, "JW-D010", "上一份交接单还没有人接班") }
        let now = clock.now
        let current = try Self.onDuty(group: id, at: now, in: tx)
        let mine = current.first { $0.user == principal.id } ?? current.first
        let since = mine?.from ?? now.adding(seconds: -8 * 3600), until = mine?.until ?? now
        let title = try mine.flatMap { entry in try shifts(in: tx).first { $0.id == entry.shift }?.title } ?? "临时班"
        let open = try open(for: group, since: since, in: tx)
        let alarms: JSONValue = .array(open.alarms.map { ["id": .int($0.id), "number": .string($0.number), "title": .string($0.title), "state": .string($0.state)] })
        let handover = try tx.insert(
            """
            INSERT INTO duty_handovers (group_id, shift_title, from_at, until_at, alarms, figures, inspection, focus, checks, given_by, given_by_name, given_at) VALUES \
            (\(id), \("\(since.day.text) \(title)"), \(since), \(until), \(alarms.text), \(open.figures), \(inspection), \(focus), \(checks.sorted().joined(separator: ",")), \
            \(principal.id), \(principal.name), \(now))
            """)
        try audit.record(AuditEntry("create", "dutyHandover", "\(handover)", "“\(group.title)”交班：\(open.figures)"), by: principal, in: tx)
        let next = try tx.rows(
            "SELECT DISTINCT user_id FROM duty_entries WHERE group_id = \(id) AND from_at > \(now.adding(seconds: -600)) AND from_at <= \(now.adding(seconds: 7200)) LIMIT 20")
        try messages.post(
            MessageDraft(
                "duty.handover", grade: .notice, title: "\(group.title)等待接班", text: open.figures, path: "/duty/handovers/\(handover)",
                users: next.compactMap { $0.int("user_id") }.filter { $0 != principal.id }), in: tx)
        return handover
    }

    /// Signs as whoever takes; nobody takes from themselves.
    package func take(_ id: Int64, remark: String?, by principal: Principal, in tx: any Transaction) throws {
        let handover = try handover(id, by: principal, in: tx)
        let group = try group(handover.group, by: principal, in: tx)
        guard group.members.contains(where: { $0.user == principal.id }) || principal.may(DutyPermission.manage) else { throw Failure.forbidden("接班") }
        guard handover.givenBy != principal.id else { throw Failure(.forbidden, "JW-D011", "交班人不能自己接班") }
        guard handover.takenAt == nil else { throw Failure(.conflict, "JW-D012", "已由 \(handover.takenByName ?? "") 接班") }
        try tx.execute(
            "UPDATE duty_handovers SET taken_by = \(principal.id), taken_by_name = \(principal.name), taken_at = \(clock.now), remark = \(remark) WHERE id = \(id) AND taken_at IS NULL"
        )
        let left = try WallHandover.leave(place(of: group), given: handover.givenAt, at: clock.now, by: principal, in: tx)
        try note(
            handover.group, "交接班", "\(handover.givenByName) 交班，\(principal.name) 接班，移交未结报警 \(handover.alarms.count) 条，\(left) 条转入大屏滞留区", by: principal, in: tx)
        try audit.record(AuditEntry("update", "dutyHandover", "\(id)", "“\(group.title)”接班，移交 \(handover.alarms.count) 条未结报警"), by: principal, in: tx)
    }

    /// - Throws: `.notFound` where the group lies outside the scope.
    package func handover(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> Handover {
        guard let handover = try reader.first("SELECT * FROM duty_handovers WHERE id = \(id)").map(Handover.init) else { throw Failure.notFound("该交接单") }
        _ = try group(handover.group, by: principal, in: reader)
        return handover
    }

    package func handovers(of group: Int64, before: Int64? = nil, limit: Int = 20, in reader: any Reader) throws -> [Handover] {
        let older: SQL = before.map { "id < \($0)" } ?? "1 = 1"
        return try reader.rows("SELECT * FROM duty_handovers WHERE group_id = \(group) AND \(older) ORDER BY id DESC LIMIT \(min(max(limit, 1), 200))").map(Handover.init)
    }
}
