import Identity
import Kernel
import Messages
import Storage
import Workflows

extension DutyEngine {
    /// Entries of a group on days, in order.
    package func entries(of group: Int64, from: Day, to: Day, in reader: any Reader) throws -> [DutyEntry] {
        try reader.rows("SELECT * FROM duty_entries WHERE group_id = \(group) AND day >= \(from) AND day <= \(to) ORDER BY day, from_at, is_leader DESC, id LIMIT 20000").map(
            DutyEntry.init)
    }

    /// Makes a roster by a pattern; what stood there from a day on is replaced, what is past stays.
    ///
    /// - Parameter withPast: writes days that are over as well; for histories that are brought in, never for people.
    /// - Returns: how many entries were written.
    /// - Throws: `.invalid` without teams or for more than 93 days.
    @discardableResult
    package func generate(_ id: Int64, _ rotation: Rotation, from: Day, to: Day, firstTeam: Int = 0, withPast: Bool = false, by principal: Principal, in tx: any Transaction) throws
        -> Int
    {
        try admit(principal, "排班")
        let group = try group(id, by: principal, in: tx)
        let shifts = try groupShifts(group, in: tx)
        guard !group.teams.isEmpty, !shifts.isEmpty else { throw Failure.invalid([FieldFinding("group", "required", "先给值班组设好人员和班次", title: "值班组")]) }
        guard from <= to, to.daysSince1970 - from.daysSince1970 < 93 else { throw Failure.invalid([FieldFinding("to", "range", "一次最多排 93 天", title: "结束日期")]) }
        if rotation == .fourTeams, group.teams.count != shifts.count + 1 {
            throw Failure.invalid([FieldFinding("rotation", "range", "四班三运转需要 \(shifts.count + 1) 个班组，现有 \(group.teams.count) 个", title: "轮换方式")])
        }
        let start = withPast ? from : max(from, clock.today)
        let turns = rotation.turns(from: from, to: to, shifts: shifts.count, teams: group.teams.count, first: firstTeam, calendar: try WorkingCalendar.load(tx)).filter {
            $0.day >= start
        }
        let entries = turns.flatMap { turn in
            group.members.filter { $0.team == group.teams[turn.team] }.map {
                DutyEntry(group: id, day: turn.day, shift: shifts[turn.shift], user: $0.user, name: $0.name, isLeader: $0.isLeader)
            }
        }
        try tx.execute("DELETE FROM duty_entries WHERE group_id = \(id) AND day >= \(start) AND day <= \(to) AND from_at > \(clock.now)")
        let standing = Set(try self.entries(of: id, from: start, to: to, in: tx).map { "\($0.day.number)/\($0.shift)/\($0.user)" })
        let fresh = entries.filter { !standing.contains("\($0.day.number)/\($0.shift)/\($0.user)") }
        try insert(fresh, in: tx)
        try audit.record(
            AuditEntry("update", "dutyRoster", "\(id)", "“\(group.title)”按\(rotation.title)排班 \(start.text) 至 \(to.text)，\(fresh.count) 人次"), by: principal, in: tx)
        return fresh.count
    }

    package func groupShifts(_ group: DutyGroup, in reader: any Reader) throws -> [DutyShift] {
        let all = try shifts(in: reader)
        return group.shifts.compactMap { id in all.first { $0.id == id } }
    }

    func insert(_ entries: [DutyEntry], in tx: any Transaction) throws {
        try tx.insertMany(
            into: "duty_entries", columns: ["group_id", "day", "shift", "user_id", "name", "is_leader", "from_at", "until_at", "note"],
            rows: entries.map {
                [
                    .int($0.group), $0.day.sqlValue, .int($0.shift), .int($0.user), .text($0.name), .int($0.isLeader ? 1 : 0), $0.from.sqlValue, $0.until.sqlValue, .text($0.note),
                ]
            })
    }

    /// Puts somebody into a shift.
    ///
    /// - Throws: `.conflict` `JW-D001` when they stand there already; `.invalid` for a person, shift or day that cannot be.
    package func add(_ user: Int64, to id: Int64, day: Day, shift: Int64, by principal: Principal, in tx: any Transaction) throws {
        try admit(principal, "排班")
        let group = try group(id, by: principal, in: tx)
        guard let member = group.members.first(where: { $0.user == user }), let found = try groupShifts(group, in: tx).first(where: { $0.id == shift }) else {
            throw Failure.invalid([FieldFinding("user", "unknownCode", "应为本组人员和本组班次", title: "值班人员")])
        }
        try mayChange(day)
        guard try tx.value("SELECT id FROM duty_entries WHERE group_id = \(id) AND day = \(day) AND shift = \(shift) AND user_id = \(user)") == nil else {
            throw Failure(.conflict, "JW-D001", "\(member.name) 已在 \(day.text) \(found.title)")
        }
        try insert([DutyEntry(group: id, day: day, shift: found, user: user, name: member.name, isLeader: member.isLeader)], in: tx)
        try audit.record(AuditEntry("create", "dutyRoster", "\(id)", "\(day.text) \(found.title)：增加 \(member.name)"), by: principal, in: tx)
    }

    /// Moves an entry to another day or shift of its group.
    package func move(_ entry: Int64, to day: Day, shift: Int64, by principal: Principal, in tx: any Transaction) throws {
        try admit(principal, "排班")
        let standing = try self.entry(entry, by: principal, in: tx)
        let group = try group(standing.group, by: principal, in: tx)
        guard let found = try groupShifts(group, in: tx).first(where: { $0.id == shift }) else {
            throw Failure.invalid([FieldFinding("shift", "unknownCode", "应为本组班次", title: "班次")])
        }
        try mayChange(standing.day)
        try mayChange(day)
        let taken = try tx.value("SELECT id FROM duty_entries WHERE group_id = \(group.id) AND day = \(day) AND shift = \(shift) AND user_id = \(standing.user)") != nil
        guard !taken else { throw Failure(.conflict, "JW-D001", "\(standing.name) 已在 \(day.text) \(found.title)") }
        let span = found.span(on: day)
        try tx.execute("UPDATE duty_entries SET day = \(day), shift = \(shift), from_at = \(span.from), until_at = \(span.until) WHERE id = \(entry)")
        try audit.record(AuditEntry("update", "dutyRoster", "\(group.id)", "\(standing.name)：\(standing.day.text) 改为 \(day.text) \(found.title)"), by: principal, in: tx)
    }

    package func remove(_ entry: Int64, by principal: Principal, in tx: any Transaction) throws {
        try admit(principal, "排班")
        let standing = try self.entry(entry, by: principal, in: tx)
        try mayChange(standing.day)
        try tx.execute("DELETE FROM duty_entries WHERE id = \(entry)")
        try audit.record(AuditEntry("delete", "dutyRoster", "\(standing.group)", "\(standing.day.text)：取消 \(standing.name)"), by: principal, in: tx)
    }

    func entry(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> DutyEntry {
        guard let entry = try reader.first("SELECT * FROM duty_entries WHERE id = \(id)").map(DutyEntry.init) else { throw Failure.notFound("该班次") }
        _ = try group(entry.group, by: principal, in: reader)
        return entry
    }

    /// What was, was: only from today on may a roster change.
    private func mayChange(_ day: Day) throws {
        guard day >= clock.today else { throw Failure(.conflict, "JW-D002", "已过去的班次不能改") }
    }

    /// What is wrong with a group's month, other groups of the same people seen as well.
    package func findings(_ group: DutyGroup, from: Day, to: Day, in reader: any Reader) throws -> [RosterFinding] {
        let own = try entries(of: group.id, from: from.adding(days: -1), to: to.adding(days: 1), in: reader)
        let users = Array(Set(own.map(\.user)))
        let others = try reader.rows(
            "SELECT * FROM duty_entries WHERE user_id IN (\(list: users)) AND group_id <> \(group.id) AND day >= \(from.adding(days: -1)) AND day <= \(to.adding(days: 1)) LIMIT 5000"
        ).map(DutyEntry.init)
        let shifts = try groupShifts(group, in: reader)
        let isContinuous = shifts.reduce(0) { $0 + $1.minutes } >= 1440
        // What is past is not complained of.
        return RosterCheck.findings(
            own, others: others, shifts: shifts, from: max(from, clock.today), to: to, calendar: try WorkingCalendar.load(reader), isContinuous: isContinuous)
    }
}

/// A wish that somebody else takes a shift, or that two shifts change hands.
package struct DutyChange: Sendable, Equatable {
    package var id: Int64
    package var group: Int64
    package var entry: Int64
    package var fromName: String
    package var toName: String
    /// The shift in words.
    package var what: String
    package var reason: String
    /// `asked`, `approved`, `refused`.
    package var state: String
    package var askedAt: Moment
    package var decidedByName: String?
    package var opinion: String?
}

extension DutyEngine {
    /// Asks that a colleague takes one's shift, or, by somebody who makes rosters, another's.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden` for a shift that is another's; `.conflict` `JW-D002` for one that has begun.
    @discardableResult
    package func ask(_ entry: Int64, to user: Int64, reason: String, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let standing = try self.entry(entry, by: principal, in: tx)
        guard standing.user == principal.id || principal.may(DutyPermission.manage) else { throw Failure.forbidden("为他人申请替班") }
        guard standing.from > clock.now else { throw Failure(.conflict, "JW-D002", "班次已开始，不能再调") }
        let group = try group(standing.group, by: principal, in: tx)
        var findings: [FieldFinding] = []
        let member = group.members.first { $0.user == user && $0.user != standing.user }
        if member == nil { findings.append(FieldFinding("to", "unknownCode", "应为本组的另一位人员", title: "替班人")) }
        if reason.isEmpty { findings.append(FieldFinding("reason", "required", "不能为空", title: "事由")) }
        let isBusy = try tx.first("SELECT id FROM duty_entries WHERE user_id = \(user) AND from_at < \(standing.until) AND until_at > \(standing.from) LIMIT 1") != nil
        if isBusy { findings.append(FieldFinding("to", "range", "该时段已有班次", title: "替班人")) }
        guard findings.isEmpty, let member else { throw Failure.invalid(findings) }
        let what = "\(standing.day.text) \(try groupShifts(group, in: tx).first { $0.id == standing.shift }?.title ?? "")"
        let id = try tx.insert(
            """
            INSERT INTO duty_changes (group_id, entry, from_id, from_name, to_id, to_name, what, reason, state, asked_at) VALUES \
            (\(group.id), \(entry), \(standing.user), \(standing.name), \(user), \(member.name), \(what), \(reason), 'asked', \(clock.now))
            """)
        try audit.record(AuditEntry("create", "dutyChange", "\(id)", "申请 \(what) 由 \(member.name) 替 \(standing.name)：\(reason)"), by: principal, in: tx)
        try messages.post(MessageDraft("duty.change", title: "替班申请", text: "\(standing.name)请你替 \(what)，待审批", path: "/duty/changes?group=\(group.id)", users: [user]), in: tx)
        return id
    }

    /// Approves or refuses; an approved one changes the roster at once.
    package func decide(change id: Int64, isApproved: Bool, opinion: String?, by principal: Principal, in tx: any Transaction) throws {
        try admit(principal, "审批调班")
        guard let row = try tx.first("SELECT * FROM duty_changes WHERE id = \(id)"), let entry = row.int("entry"), let user = row.int("to_id") else {
            throw Failure.notFound("该调班申请")
        }
        guard row.text("state") == "asked" else { throw Failure(.conflict, "JW-D003", "该申请已审批") }
        guard isApproved || !(opinion ?? "").isEmpty else { throw Failure.invalid([FieldFinding("opinion", "required", "不能为空", title: "意见")]) }
        let standing = try self.entry(entry, by: principal, in: tx)
        let isLeave = user == 0
        if isApproved {
            guard standing.from > clock.now else { throw Failure(.conflict, "JW-D002", "班次已开始，不能再调") }
            let isBusy = try tx.first("SELECT id FROM duty_entries WHERE user_id = \(user) AND from_at < \(standing.until) AND until_at > \(standing.from) LIMIT 1") != nil
            guard !isBusy else { throw Failure(.conflict, "JW-D004", "\(row.text("to_name") ?? "")该时段已有班次") }
            if isLeave {
                try grantLeave(standing, what: row.text("what") ?? "", by: principal, in: tx)
            } else {
                try tx.execute("UPDATE duty_entries SET user_id = \(user), name = \(row.text("to_name")), note = \("替" + standing.name) WHERE id = \(entry)")
            }
        }
        try tx.execute(
            "UPDATE duty_changes SET state = \(isApproved ? "approved" : "refused"), decided_at = \(clock.now), decided_by_name = \(principal.name), opinion = \(opinion) WHERE id = \(id)"
        )
        let verdict = isApproved ? "同意" : "不同意", asked = isLeave ? "\(standing.name) 请假" : "由 \(row.text("to_name") ?? "") 替 \(standing.name)"
        try audit.record(AuditEntry("update", "dutyChange", "\(id)", "\(verdict)\(row.text("what") ?? "")\(asked)"), by: principal, in: tx)
        try note(standing.group, isLeave ? "请假" : "调班", "\(row.text("what") ?? "")：\(asked)，\(verdict)", by: principal, in: tx)
        try messages.post(
            MessageDraft(
                "duty.change", title: "\(isLeave ? "请假" : "替班")\(verdict)", text: row.text("what") ?? "", path: "/duty?group=\(standing.group)",
                users: [user, row.int("from_id") ?? 0]), in: tx)
    }

    /// Newest first, of groups that someone may see.
    package func changes(of group: Int64, in reader: any Reader) throws -> [DutyChange] {
        try reader.rows("SELECT * FROM duty_changes WHERE group_id = \(group) ORDER BY id DESC LIMIT 100").map { row in
            DutyChange(
                id: row.int("id") ?? 0, group: row.int("group_id") ?? 0, entry: row.int("entry") ?? 0, fromName: row.text("from_name") ?? "", toName: row.text("to_name") ?? "",
                what: row.text("what") ?? "", reason: row.text("reason") ?? "", state: row.text("state") ?? "", askedAt: row.moment("asked_at") ?? Moment(milliseconds: 0),
                decidedByName: row.text("decided_by_name"), opinion: row.text("opinion"))
        }
    }
}
