import Foundation
import Identity
import Kernel
import Storage

extension AlarmEngine {
    /// Opens an alarm, or counts the signal on the open alarm about the same thing.
    ///
    /// Made for hot transactions: a repeat costs one look-up, two updates and its evidence; opening costs seven statements and its evidence.
    ///
    /// - Throws: `.unexpected` `JW-A003` for a kind nobody declared; `.invalid` `JW-A010` for a digest that is none.
    @discardableResult
    package func raise(_ signal: AlarmSignal, by principal: Principal, in tx: any Transaction) throws -> AlarmOutcome {
        guard let kind = byName[signal.kind] else { throw Failure(.unexpected, "JW-A003", "报警类型“\(signal.kind)”没有声明") }
        if let window = window(for: signal) {
            try hold(signal, times: 1, by: window, in: tx)
            return .suppressed(window: window.id)
        }
        let key = Self.mergeKey(signal.kind, signal.org, signal.subject)
        if let open = try openAlarm(key, in: tx), kind.closesItself || open.isNear(signal.occurredAt, window: kind.mergeWindow) {
            return .merged(try merge(signal, into: open, by: principal, in: tx))
        }
        guard try openedToday(signal, in: tx) >= kind.dailyLimit else { return .opened(try open(signal, as: kind, key: key, by: principal, in: tx)) }
        return try collect(signal, as: kind, by: principal, in: tx)
    }

    /// Closes what stands open about a condition that has been mended; does nothing when nothing stands open.
    ///
    /// - Returns: the alarms closed.
    /// - Throws: `.unexpected` `JW-A004` for a kind that does not close itself.
    @discardableResult
    package func clear(kind name: String, subject: String, org: Int64?, at moment: Moment, reason: String, in tx: any Transaction) throws -> [Int64] {
        guard let kind = byName[name] else { throw Failure(.unexpected, "JW-A003", "报警类型“\(name)”没有声明") }
        guard kind.closesItself else { throw Failure(.unexpected, "JW-A004", "报警类型“\(name)”不会自动关闭") }
        let key = Self.mergeKey(name, org, subject)
        let rows = try tx.rows("SELECT \(Alarm.columns) FROM alarms WHERE merge_key = \(key) AND accepts_repeats = 1 ORDER BY id\(locking(tx))")
        return try rows.map { row in
            let alarm = try Alarm(row)
            let text = reason + "（恢复时间 \(moment.text)）"
            try move(alarm, .selfClose, opinion: text, by: .system(), in: tx)
            return alarm.id
        }
    }

    /// Whether a condition stands open, for callers that would clear on every heartbeat.
    package func stands(kind: String, subject: String, org: Int64?, in reader: any Reader) throws -> Bool {
        try reader.first("SELECT id FROM alarms WHERE merge_key = \(Self.mergeKey(kind, org, subject)) AND accepts_repeats = 1 LIMIT 1") != nil
    }

    static func mergeKey(_ kind: String, _ org: Int64?, _ subject: String) -> String { "\(kind)|\(org ?? 0)|\(subject)" }

    func openAlarm(_ key: String, in tx: any Transaction) throws -> OpenAlarm? {
        let found = try tx.first(
            """
            SELECT \(OpenAlarm.columns) FROM alarms \
            WHERE merge_key = \(key) AND accepts_repeats = 1 ORDER BY id DESC LIMIT 1\(locking(tx))
            """)
        return try found.map(OpenAlarm.init)
    }

    func openedToday(_ signal: AlarmSignal, in tx: any Transaction) throws -> Int {
        try tx.count("SELECT COALESCE(SUM(opened), 0) FROM alarm_daily WHERE org = \(signal.org ?? 0) AND day = \(signal.occurredAt.day) AND kind = \(signal.kind)")
    }

    /// Too many of one kind at one organisation on one day: the rest goes on one collecting alarm, evidence and all, and the desk stays usable.
    private func collect(_ signal: AlarmSignal, as kind: AlarmKind, by principal: Principal, in tx: any Transaction) throws -> AlarmOutcome {
        let key = Self.mergeKey(signal.kind, signal.org, "*\(signal.occurredAt.day.number)")
        let note = collecting(signal, kind)
        if let open = try openAlarm(key, in: tx) { return .merged(try merge(note, into: open, by: principal, in: tx)) }
        return .opened(try open(note, as: kind, key: key, by: principal, in: tx))
    }

    /// A signal as it stands on the collecting alarm.
    func collecting(_ signal: AlarmSignal, _ kind: AlarmKind) -> AlarmSignal {
        var note = signal
        note.evidence =
            [
                .facts(
                    ["subject": .string(signal.subject), "place": .string(signal.place), "occurredAt": .string(signal.occurredAt.rfc3339), "title": .string(signal.title)],
                    title: "合并前的报警")
            ] + signal.evidence
        note.title = "\(kind.title)过多，当日其余合并记录"
        note.subject = "*\(signal.occurredAt.day.number)"
        note.plate = nil
        note.reasons.insert(AlarmReason("storm", "当日该单位此类报警已达 \(kind.dailyLimit) 条，其余不再单独成条，证据全部保留"), at: 0)
        return note
    }

    func open(_ signal: AlarmSignal, as kind: AlarmKind, key: String, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let now = clock.now
        let number = try nextNumber(on: now.day, in: tx)
        let grade = signal.grade ?? kind.grade
        let graded = grading(
            GradingSubject(kind: kind.name, category: kind.category, traits: signal.traits, grade: grade, org: signal.org, area: signal.area))
        let within = [kind.triageWithin, graded.startWithin].compactMap { $0 }.min()
        let reasons = signal.reasons.isEmpty ? [AlarmReason(kind.name, signal.title)] : signal.reasons
        var intake = EvidenceIntake(head: EvidenceChain.root(of: number), count: 0, occurrence: 1, isLate: false, now: now, addedBy: principal.name)
        if !signal.facts.isNull { try add(.facts(signal.facts, title: "报警信息"), to: &intake, in: tx) }
        for draft in signal.evidence { try add(draft, to: &intake, in: tx) }
        let id = try tx.insert(
            """
            INSERT INTO alarms (number, kind, grade, state, org, org_name, area, place, subject, plate, title, reasons, rule_version, list_version, strategy_version, source_kind, source_id, day, \
            occurred_at, last_at, times, raised_at, due_at, merge_key, accepts_repeats, chain_head, evidence_count, version, traits, levels, urgency) VALUES \
            (\(number), \(kind.name), \(grade.rawValue), \(AlarmState.new.rawValue), \(signal.org), \(signal.orgName), \(signal.area), \(signal.place), \(signal.subject), \(signal.plate), \
            \(signal.title), \(AlarmReason.json(reasons).text), \(signal.versions.rule), \(signal.versions.list), \(signal.versions.strategy), \(signal.source?.kind), \(signal.source?.id), \
            \(signal.occurredAt.day), \(signal.occurredAt), \(signal.occurredAt), 1, \(now), \(within.map { now.adding(seconds: $0) }), \(key), 1, \(intake.head), \(intake.count), 1, \
            \(signal.traits.isEmpty ? nil : signal.traits.sorted().joined(separator: "|")), \(AlarmLevel.text(graded.levels)), \(graded.urgency))
            """)
        try intake.write(to: id, in: tx)
        let isPushed = try plan(
            [.opened, .unhandled], for: id, kind: kind, name: kind.name, org: signal.org, area: signal.area, levels: graded.levels, at: now, in: tx)
        try record("raise", of: id, from: nil, to: .new, text: signal.title, by: principal, at: now, in: tx)
        try AlarmRollup(day: signal.occurredAt.day, kind: kind.name, grade: grade, org: signal.org, area: signal.area).countOpened(in: tx)
        if principal.kind == .user { try hooks.audit(AuditEntry("create", "alarm", "\(id)", "产生报警 \(number)：\(signal.title)"), principal, tx) }
        try announce(
            AlarmNotice(
                change: .opened, id: id, number: number, kind: kind.name, grade: grade, state: .new, title: signal.title, org: signal.org, area: signal.area, times: 1,
                orgName: signal.orgName, urgency: graded.urgency, isPushed: isPushed), in: tx)
        return id
    }

    private func merge(_ signal: AlarmSignal, into open: OpenAlarm, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let times = open.times + 1
        var intake = EvidenceIntake(head: open.chainHead, count: open.evidenceCount, occurrence: times, isLate: false, now: clock.now, addedBy: principal.name)
        if open.evidenceCount < evidenceLimit {
            if !signal.facts.isNull { try add(.facts(signal.facts, title: "第 \(times) 次发生"), to: &intake, in: tx) }
            for draft in signal.evidence { try add(draft, to: &intake, in: tx) }
            try intake.write(to: open.id, in: tx)
        }
        try tx.execute(
            """
            UPDATE alarms SET times = \(times), last_at = \(max(open.lastAt, signal.occurredAt)), chain_head = \(intake.head), evidence_count = \(intake.count) WHERE id = \(open.id)
            """)
        try AlarmRollup(day: open.day, kind: open.kind, grade: open.grade, org: open.org, area: open.area).countRepeat(in: tx)
        // A storm of repeats tells the pages its first ones and then every hundredth.
        if times <= 10 || times % 100 == 0 {
            var after = open
            after.times = times
            try announce(after.notice(.merged), in: tx)
        }
        return open.id
    }

    /// `BJ20261121-000123`: counted within the business day on which it was raised.
    private func nextNumber(on day: Day, in tx: any Transaction) throws -> String {
        let number = try tx.count("INSERT INTO alarm_numbers (day, last) VALUES (\(day), 1) ON CONFLICT (day) DO UPDATE SET last = alarm_numbers.last + 1 RETURNING last")
        let digits = String(number)
        return "BJ\(day.number)-" + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }

    func add(_ draft: EvidenceDraft, to intake: inout EvidenceIntake, in tx: any Transaction) throws { try intake.add(draft) { try hooks.lock($0, tx) } }

    func record(_ action: String, of alarm: Int64, from: AlarmState?, to: AlarmState?, text: String, by principal: Principal, at now: Moment, in tx: any Transaction) throws {
        try tx.execute(
            """
            INSERT INTO alarm_events (alarm, at, action, from_state, to_state, by_id, by_name, text) \
            VALUES (\(alarm), \(now), \(action), \(from?.rawValue), \(to?.rawValue), \(principal.id), \(principal.name), \(text))
            """)
    }

    func announce(_ notice: AlarmNotice, in tx: any Transaction) throws {
        try hooks.notify(notice, tx)
        tx.signal(AlarmNotice.signal, String(decoding: try JSONEncoder().encode(notice), as: UTF8.self))
        let tell = hooks.announce
        tx.afterCommit { tell(notice) }
    }
}

/// As much of an alarm as merging needs.
struct OpenAlarm {
    static let columns: SQL = "id, number, grade, state, title, day, occurred_at, last_at, times, chain_head, evidence_count, org, area, kind, urgency"

    let id: Int64
    let number: String
    let kind: String
    let grade: AlarmGrade
    let state: AlarmState
    let title: String
    let org: Int64?
    let area: String?
    let day: Day
    let occurredAt: Moment
    private(set) var lastAt: Moment
    var times: Int
    var chainHead: String
    var evidenceCount: Int
    let urgency: Int

    init(_ row: Row) throws {
        guard let id = row.int("id"), let number = row.text("number"), let kind = row.text("kind"), let grade = row.int("grade").flatMap({ AlarmGrade(rawValue: Int($0)) }),
            let state = row.text("state").flatMap(AlarmState.init(rawValue:)), let day = row.day("day"), let occurredAt = row.moment("occurred_at"),
            let lastAt = row.moment("last_at"),
            let chainHead = row.text("chain_head")
        else { throw Failure(.unexpected, "JW-A001", "报警记录已损坏", cause: "alarms.id = \(row.int("id") ?? 0)") }
        self.id = id
        self.number = number
        self.kind = kind
        self.grade = grade
        self.state = state
        self.title = row.text("title") ?? ""
        self.org = row.int("org")
        self.area = row.text("area")
        self.day = day
        self.occurredAt = occurredAt
        self.lastAt = lastAt
        self.times = Int(row.int("times") ?? 1)
        self.chainHead = chainHead
        self.evidenceCount = Int(row.int("evidence_count") ?? 0)
        urgency = Int(row.int("urgency") ?? 4)
    }

    mutating func take(_ moment: Moment) { lastAt = max(lastAt, moment) }

    func notice(_ change: AlarmNotice.Change) -> AlarmNotice {
        AlarmNotice(change: change, id: id, number: number, kind: kind, grade: grade, state: state, title: title, org: org, area: area, times: times, urgency: urgency)
    }

    /// Signals may come late (backfill), so the window opens on both sides.
    func isNear(_ moment: Moment, window: Int64) -> Bool { moment >= occurredAt.adding(seconds: -window) && moment <= lastAt.adding(seconds: window) }
}
