import Identity
import Kernel
import Messages
import Storage
import Workflows

/// D18.2.3: leave, and shifts that nobody keeps.
extension DutyEngine {
    /// What stands where a substitute's name would: nobody comes instead.
    package static let leave = "（请假）"

    /// Asks to be let off a shift without a substitute; approved, the shift is taken out of the roster.
    ///
    /// - Throws: `.invalid` without a reason; `.forbidden` for another's shift; `.conflict` `JW-D002` for one that has begun, `JW-D005` where it waits already.
    @discardableResult
    package func askLeave(_ entry: Int64, reason: String, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let standing = try self.entry(entry, by: principal, in: tx)
        guard standing.user == principal.id || principal.may(DutyPermission.manage) else { throw Failure.forbidden("为他人请假") }
        guard standing.from > clock.now else { throw Failure(.conflict, "JW-D002", "班次已开始，不能再调") }
        guard (1...100).contains(reason.count) else { throw Failure.invalid([FieldFinding("leaveReason", "required", "须为 1–100 个字", title: "请假事由")]) }
        guard try tx.value("SELECT id FROM duty_changes WHERE entry = \(entry) AND state = 'asked' LIMIT 1") == nil else {
            throw Failure(.conflict, "JW-D005", "这个班次已有待审批的申请")
        }
        let group = try group(standing.group, by: principal, in: tx)
        let what = "\(standing.day.text) \(try groupShifts(group, in: tx).first { $0.id == standing.shift }?.title ?? "")"
        let id = try tx.insert(
            """
            INSERT INTO duty_changes (group_id, entry, from_id, from_name, to_id, to_name, what, reason, state, asked_at) VALUES \
            (\(group.id), \(entry), \(standing.user), \(standing.name), 0, \(Self.leave), \(what), \(reason), 'asked', \(clock.now))
            """)
        try audit.record(AuditEntry("create", "dutyChange", "\(id)", "\(standing.name) 申请 \(what) 请假：\(reason)"), by: principal, in: tx)
        let managers = try RightHolders.find(DutyPermission.manage, org: group.org, area: group.area, except: principal.id, tx)
        try messages.post(
            MessageDraft("duty.change", title: "请假申请", text: "\(standing.name)申请 \(what) 请假，待审批", path: "/duty/changes?group=\(group.id)", users: managers), in: tx)
        return id
    }

    /// Takes somebody off a shift whose leave was approved; where nobody is left, whoever makes rosters is told at once.
    func grantLeave(_ standing: DutyEntry, what: String, by principal: Principal, in tx: any Transaction) throws {
        try tx.execute("DELETE FROM duty_entries WHERE id = \(standing.id)")
        let left = try tx.count("SELECT count(*) FROM duty_entries WHERE group_id = \(standing.group) AND day = \(standing.day) AND shift = \(standing.shift)")
        guard left == 0 else { return }
        let group = try group(standing.group, by: principal, in: tx)
        try warn(group, "\(what)无人值班", "\(standing.name)请假后没有其他人员，请安排替班", key: "\(group.id) \(standing.day.number) \(standing.shift) leave", in: tx)
    }

    /// Shifts that run, or begin within half an hour, and that nobody keeps; told once each. Groups that have not made a roster for a week are not asked.
    ///
    /// - Returns: how many were told.
    @discardableResult
    package func warnUncovered(in tx: any Transaction) throws -> Int {
        let now = clock.now, soon = now.adding(seconds: 1800)
        let groups = try tx.rows(
            "SELECT * FROM duty_groups WHERE is_on = 1 AND id IN (SELECT group_id FROM duty_entries WHERE until_at > \(now.adding(seconds: -7 * 86_400))) ORDER BY id LIMIT 200"
        ).map(DutyGroup.init)
        guard !groups.isEmpty else { return 0 }
        let shifts = try shifts(in: tx), calendar = try WorkingCalendar.load(tx)
        let kept = Set(
            try tx.rows("SELECT group_id, day, shift FROM duty_entries WHERE until_at > \(now) AND from_at <= \(soon) LIMIT 5000").map {
                "\($0.int("group_id") ?? 0) \($0.day("day")?.number ?? 0) \($0.int("shift") ?? 0)"
            })
        var told = 0
        for group in groups {
            let own = group.shifts.compactMap { id in shifts.first { $0.id == id } }
            let isContinuous = own.reduce(0) { $0 + $1.minutes } >= 1440
            for day in [clock.today.adding(days: -1), clock.today, clock.today.adding(days: 1)] where isContinuous || calendar.isWorkday(day) {
                for shift in own {
                    let span = shift.span(on: day), key = "\(group.id) \(day.number) \(shift.id)"
                    guard span.from <= soon, span.until > now, !kept.contains(key) else { continue }
                    if try warn(group, "\(day.text) \(shift.title)无人值班", "\(shift.hours) 没有安排人员，请立即排班或替班", key: key, in: tx) { told += 1 }
                }
            }
        }
        return told
    }

    /// - Returns: false where it was said before, or nobody could be told.
    @discardableResult
    private func warn(_ group: DutyGroup, _ title: String, _ text: String, key: String, in tx: any Transaction) throws -> Bool {
        let leaders = try tx.rows("SELECT user_id FROM duty_members WHERE group_id = \(group.id) AND is_leader = 1 LIMIT 50").compactMap { $0.int("user_id") }
        let managers = try RightHolders.find(DutyPermission.manage, org: group.org, area: group.area, tx)
        let said = try messages.post(
            MessageDraft(
                "duty.uncovered", grade: .urgent, title: "缺岗预警：\(group.title)", text: "\(title)。\(text)", path: "/duty?group=\(group.id)", users: leaders + managers,
                dedupe: "duty uncovered \(key)"), in: tx)
        guard said != nil else { return false }
        try note(group.id, "缺岗", "\(title)，已通知带班和排班人员", by: .system("缺岗预警"), in: tx)
        return true
    }
}
