import Identity
import Kernel
import Messages
import Storage

/// One person who was asked to show that they are there (查岗).
package struct DutyCall: Sendable, Equatable {
    package var id: Int64
    package var group: Int64
    package var user: Int64
    package var name: String
    package var calledAt: Moment
    package var dueAt: Moment
    package var answeredAt: Moment?
    /// `waiting`, `answered`, `missed`.
    package var state: String
    package var note: String?
    package var byName: String

    init(_ row: Row) {
        id = row.int("id") ?? 0
        group = row.int("group_id") ?? 0
        user = row.int("user_id") ?? 0
        name = row.text("name") ?? ""
        calledAt = row.moment("called_at") ?? Moment(milliseconds: 0)
        dueAt = row.moment("due_at") ?? Moment(milliseconds: 0)
        answeredAt = row.moment("answered_at")
        state = row.text("state") ?? ""
        note = row.text("note")
        byName = row.text("by_name") ?? ""
    }
}

/// One entry of a group's log.
package struct DutyNote: Sendable, Equatable {
    package var id: Int64
    package var at: Moment
    package var byName: String
    package var kind: String
    package var text: String
}

/// What somebody did in a time.
package struct DutyFigures: Sendable, Equatable {
    package var name: String
    package var shifts: Int
    package var hours: Double
    package var nights: Int
    package var calls: Int
    package var missed: Int
    package var handovers: Int
}

extension DutyEngine {
    /// Calls one of those on duty, or all.
    ///
    /// - Parameters:
    ///   - pick: a number by which one is chosen (any integer, from the caller's randomness); nil calls everybody.
    ///   - minutes: to answer, 1...60.
    /// - Returns: how many were called.
    /// - Throws: `.conflict` `JW-D020` when nobody is on duty.
    @discardableResult
    package func call(_ id: Int64, pick: Int?, minutes: Int, by principal: Principal, in tx: any Transaction) throws -> Int {
        try admit(principal, "查岗")
        let group = try group(id, by: principal, in: tx)
        guard (1...60).contains(minutes) else { throw Failure.invalid([FieldFinding("minutes", "range", "1 至 60 分钟", title: "应答时限")]) }
        let now = clock.now
        let present = try Self.onDuty(group: id, at: now, in: tx)
        guard !present.isEmpty else { throw Failure(.conflict, "JW-D020", "“\(group.title)”现在没有人值班") }
        let called = pick.map { [present[abs($0 % present.count)]] } ?? present
        let due = now.adding(seconds: Int64(minutes) * 60)
        for entry in called {
            let call = try tx.insert(
                """
                INSERT INTO duty_calls (group_id, user_id, name, called_at, due_at, state, by_name) VALUES (\(id), \(entry.user), \(entry.name), \(now), \(due), 'waiting', \(principal.name))
                """)
            try messages.post(
                MessageDraft(
                    "duty.call", grade: .urgent, title: "查岗", text: "请在 \(minutes) 分钟内应答", path: "/duty/calls/\(call)", users: [entry.user], dedupe: "duty call \(call)"), in: tx)
        }
        try audit.record(AuditEntry("create", "dutyCall", "\(id)", "“\(group.title)”查岗：\(called.map(\.name).joined(separator: "、"))"), by: principal, in: tx)
        return called.count
    }

    /// - Throws: `.forbidden` for a call to somebody else; `.conflict` `JW-D021` when it is too late or done.
    package func answer(_ id: Int64, note text: String?, by principal: Principal, in tx: any Transaction) throws {
        guard let call = try tx.first("SELECT * FROM duty_calls WHERE id = \(id)").map(DutyCall.init) else { throw Failure.notFound("该查岗") }
        guard call.user == principal.id else { throw Failure.forbidden("应答他人的查岗") }
        let now = clock.now
        guard call.state == "waiting", now <= call.dueAt else { throw Failure(.conflict, "JW-D021", call.state == "answered" ? "已应答" : "已超过应答时限") }
        try tx.execute("UPDATE duty_calls SET state = 'answered', answered_at = \(now), note = \(text) WHERE id = \(id)")
        try note(call.group, "查岗", "\(call.name) 应答，用时 \(Int(now.seconds(since: call.calledAt))) 秒", by: principal, in: tx)
        try audit.record(AuditEntry("update", "dutyCall", "\(id)", "查岗应答"), by: principal, in: tx)
    }

    /// Calls whose time is over are missed; shifts that nobody keeps are told once (`warnUncovered`).
    package func sweep() async throws {
        try await database.write { [self] tx in
            let now = clock.now
            for call in try tx.rows("SELECT * FROM duty_calls WHERE state = 'waiting' AND due_at < \(now) ORDER BY id LIMIT 200").map(DutyCall.init) {
                try tx.execute("UPDATE duty_calls SET state = 'missed' WHERE id = \(call.id)")
                try note(call.group, "查岗", "\(call.name) 未在时限内应答", by: .system("查岗"), in: tx)
                let leaders = try tx.rows("SELECT user_id FROM duty_members WHERE group_id = \(call.group) AND is_leader = 1 AND user_id <> \(call.user) LIMIT 20").compactMap {
                    $0.int("user_id")
                }
                try messages.post(
                    MessageDraft(
                        "duty.call", grade: .notice, title: "查岗未应答", text: "\(call.name) 未在时限内应答", path: "/duty/calls?group=\(call.group)", users: leaders,
                        dedupe: "duty missed \(call.id)"), in: tx)
            }
            try warnUncovered(in: tx)
        }
    }

    package func calls(of group: Int64, in reader: any Reader) throws -> [DutyCall] {
        try reader.rows("SELECT * FROM duty_calls WHERE group_id = \(group) ORDER BY id DESC LIMIT 200").map(DutyCall.init)
    }

    package func waitingCall(of principal: Principal, in reader: any Reader) throws -> DutyCall? {
        try reader.first("SELECT * FROM duty_calls WHERE user_id = \(principal.id) AND state = 'waiting' AND due_at >= \(clock.now) ORDER BY id DESC LIMIT 1").map(DutyCall.init)
    }

    /// Writes into the log.
    package func write(_ text: String, to id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let group = try group(id, by: principal, in: tx)
        guard !text.isEmpty, text.count <= 1000 else { throw Failure.invalid([FieldFinding("text", "required", "1 至 1000 字", title: "内容")]) }
        guard group.members.contains(where: { $0.user == principal.id }) || principal.may(DutyPermission.manage) else { throw Failure.forbidden("写值班日志") }
        try note(id, "日志", text, by: principal, in: tx)
        try audit.record(AuditEntry("create", "dutyLog", "\(id)", "“\(group.title)”值班日志"), by: principal, in: tx)
    }

    package func notes(of group: Int64, before: Int64? = nil, limit: Int = 50, in reader: any Reader) throws -> [DutyNote] {
        let older: SQL = before.map { "id < \($0)" } ?? "1 = 1"
        return try reader.rows("SELECT * FROM duty_log WHERE group_id = \(group) AND \(older) ORDER BY id DESC LIMIT \(min(max(limit, 1), 200))").map {
            DutyNote(
                id: $0.int("id") ?? 0, at: $0.moment("at") ?? Moment(milliseconds: 0), byName: $0.text("by_name") ?? "", kind: $0.text("kind") ?? "", text: $0.text("text") ?? "")
        }
    }

    /// What everybody of a group did from one day to another; shifts that have begun.
    package func figures(of group: DutyGroup, from: Day, to: Day, in reader: any Reader) throws -> [DutyFigures] {
        let now = clock.now
        let entries = try entries(of: group.id, from: from, to: to, in: reader).filter { $0.from <= now }
        let calls = try reader.rows("SELECT * FROM duty_calls WHERE group_id = \(group.id) AND called_at >= \(from.start) AND called_at < \(to.end) LIMIT 5000").map(DutyCall.init)
        let given = try reader.rows(
            "SELECT given_by, COUNT(*) AS n FROM duty_handovers WHERE group_id = \(group.id) AND given_at >= \(from.start) AND given_at < \(to.end) GROUP BY given_by")
        let handovers = given.reduce(into: [Int64: Int]()) { $0[$1.int("given_by") ?? 0] = Int($1.int("n") ?? 0) }
        return group.members.map { member in
            let mine = entries.filter { $0.user == member.user }, called = calls.filter { $0.user == member.user }
            return DutyFigures(
                name: member.name, shifts: mine.count, hours: mine.reduce(0) { $0 + $1.until.seconds(since: $1.from) / 3600 },
                nights: mine.filter { $0.until.day > $0.from.day || $0.from.hourOfDay < 5 }.count, calls: called.count, missed: called.filter { $0.state == "missed" }.count,
                handovers: handovers[member.user] ?? 0)
        }
    }
}
