import Identity
import Kernel
import Schedules
import Storage

/// When a report is made again: at a minute of the day, each day, on a weekday or on a day of the month.
package struct ReportRhythm: Sendable, Equatable {
    package enum Every: String, Sendable, CaseIterable {
        case day, week, month

        package var title: String {
            switch self {
            case .day: "每天"
            case .week: "每周"
            case .month: "每月"
            }
        }
    }

    package var every: Every
    /// 0...1439, Asia/Shanghai.
    package var minute: Int
    /// Of weeks 1 (Monday) ... 7, of months 1 ... 28; of days nothing.
    package var day: Int

    package init(_ every: Every, minute: Int, day: Int = 1) {
        self.every = every
        self.minute = min(max(minute, 0), 1439)
        self.day = min(max(day, 1), every == .week ? 7 : 28)
    }

    init?(_ text: String) {
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 3, let every = Every(rawValue: parts[0]), let minute = Int(parts[1]), let day = Int(parts[2]) else { return nil }
        self.init(every, minute: minute, day: day)
    }

    var text: String { "\(every.rawValue) \(minute) \(day)" }

    package var title: String {
        let time = "\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        switch every {
        case .day: return "每天 \(time)"
        case .week: return "每周\(["一", "二", "三", "四", "五", "六", "日"][day - 1]) \(time)"
        case .month: return "每月 \(day) 日 \(time)"
        }
    }

    /// The first moment after `now`.
    package func next(after now: Moment) -> Moment {
        var day = now.day
        for _ in 0..<64 {
            let at = day.start.adding(seconds: Int64(minute) * 60)
            let fits =
                switch every {
                case .day: true
                case .week: day.weekday == self.day
                case .month: day.parts.day == self.day
                }
            if fits, at > now { return at }
            day = day.adding(days: 1)
        }
        return now.adding(seconds: 86_400)
    }
}

/// One report for the same people again and again.
package struct ReportSchedule: Sendable {
    package var id: Int64
    package var item: Int64
    package var title: String
    package var rhythm: ReportRhythm
    package var formats: [ReportFormat]
    /// `role:county`, `org:12`, `user:7`.
    package var receivers: [String]
    package var parameters: [String: [String]]
    package var owner: Int64
    package var ownerName: String
    package var isOn: Bool
    package var nextAt: Moment
    package var lastAt: Moment?
    package var lastNote: String?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        item = row.int("item") ?? 0
        title = row.text("title") ?? ""
        rhythm = row.text("rhythm").flatMap { ReportRhythm($0) } ?? ReportRhythm(.day, minute: 480)
        formats = (row.text("formats") ?? "").split(separator: ",").compactMap { ReportFormat(rawValue: String($0)) }
        receivers = (row.text("receivers") ?? "").split(separator: ",").map(String.init)
        let json = (try? JSONValue(parsing: row.text("parameters") ?? "")) ?? .null
        parameters = (json.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = ($1.value.array ?? []).compactMap(\.string) }
        owner = row.int("owner") ?? 0
        ownerName = row.text("owner_name") ?? ""
        isOn = row.bool("is_on")
        nextAt = row.moment("next_at") ?? Moment(milliseconds: 0)
        lastAt = row.moment("last_at")
        lastNote = row.text("last_note")
    }
}

extension ReportEngine {
    package static let messageKind = "report.made"
    package static let mostReceivers = 200

    package func jobs() -> [JobDeclaration] {
        [
            JobDeclaration("reports.schedules", "定时生成报表", every: 60) { [self] context in
                let made = try await runDue(at: clock.now)
                if made > 0 { context.note("生成 \(made) 份") }
            }
        ]
    }

    /// - Throws: `.invalid` with every finding.
    @discardableResult
    package func schedule(
        _ item: ReportItem, rhythm: ReportRhythm, formats: [ReportFormat], receivers: [String], parameters: [String: [String]] = [:], by principal: Principal,
        in tx: any Transaction
    ) throws -> Int64 {
        try principal.require(ReportPermission.schedule, "定时生成报表")
        var findings: [FieldFinding] = []
        if formats.isEmpty { findings.append(FieldFinding("format", "required", "请至少选择一种格式", title: "格式")) }
        if receivers.isEmpty { findings.append(FieldFinding("receiver", "required", "请至少选择一个接收人、角色或机构", title: "接收人")) }
        let users = try self.users(receivers, within: principal, in: tx)
        if !receivers.isEmpty, users.isEmpty { findings.append(FieldFinding("receiver", "empty", "所选范围内没有在用的账号", title: "接收人")) }
        if users.count > ReportEngine.mostReceivers { findings.append(FieldFinding("receiver", "count", "接收人共 \(users.count) 人，超过 \(ReportEngine.mostReceivers) 人", title: "接收人")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        let body = JSONValue.object(JSONObject(parameters.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map(JSONValue.string))) }))
        let id = try tx.insert(
            """
            INSERT INTO report_schedules (item, title, rhythm, formats, receivers, parameters, owner, owner_name, is_on, next_at, created_at)
            VALUES (\(item.id), \(item.title), \(rhythm.text), \(formats.map(\.rawValue).joined(separator: ",")), \(receivers.joined(separator: ",")), \(body.text), \(principal.id), \(principal.name), 1,
            \(rhythm.next(after: now)), \(now))
            """)
        try identity.audit.record(AuditEntry("create", "reportSchedule", "\(id)", "定时生成“\(item.title)”：\(rhythm.title)"), by: principal, in: tx)
        return id
    }

    /// One's own; who schedules for a wider area sees no other's.
    package func schedules(of principal: Principal, in reader: any Reader) throws -> [ReportSchedule] {
        try reader.rows("SELECT * FROM report_schedules WHERE owner = \(principal.id) ORDER BY id DESC LIMIT 200").map(ReportSchedule.init)
    }

    package func schedule(_ id: Int64, of principal: Principal, in reader: any Reader) throws -> ReportSchedule {
        guard let found = try reader.first("SELECT * FROM report_schedules WHERE id = \(id) AND owner = \(principal.id)").map(ReportSchedule.init) else {
            throw Failure.notFound("该定时任务")
        }
        return found
    }

    package func switched(_ schedule: ReportSchedule, on: Bool, by principal: Principal, in tx: any Transaction) throws {
        try tx.execute("UPDATE report_schedules SET is_on = \(on), next_at = \(schedule.rhythm.next(after: clock.now)) WHERE id = \(schedule.id)")
        try identity.audit.record(AuditEntry("update", "reportSchedule", "\(schedule.id)", "\(on ? "启用" : "停用")“\(schedule.title)”定时生成"), by: principal, in: tx)
    }

    package func remove(_ schedule: ReportSchedule, by principal: Principal, in tx: any Transaction) throws {
        try tx.execute("DELETE FROM report_schedules WHERE id = \(schedule.id)")
        try identity.audit.record(AuditEntry("delete", "reportSchedule", "\(schedule.id)", "删除“\(schedule.title)”定时生成"), by: principal, in: tx)
    }

    /// Users behind the words, in use, and within the scheduler's own scope: nobody sends beyond what they oversee.
    func users(_ receivers: [String], within principal: Principal, in reader: any Reader) throws -> [Int64] {
        var found: Set<Int64> = []
        for receiver in receivers.prefix(100) {
            let parts = receiver.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            let condition: SQL
            switch parts[0] {
            case "role": condition = "u.id IN (SELECT ur.user_id FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE r.name = \(parts[1]))"
            case "org": condition = "u.organisation = \(Int64(parts[1]) ?? 0)"
            default: condition = "u.id = \(Int64(parts[1]) ?? 0)"
            }
            let scope = principal.scope.condition(org: "o.id", area: "o.area")
            for row in try reader.rows(
                "SELECT u.id FROM users u JOIN organisations o ON o.id = u.organisation WHERE \(condition) AND u.state = 'active' AND o.state = 'active' AND \(scope) ORDER BY u.id LIMIT 2000"
            ) {
                if let id = row[0].int { found.insert(id) }
            }
        }
        return found.sorted()
    }

    /// Runs everything that is due. A schedule moves on when each of its receivers has a file or a line that says why not; after a crash the rest is made.
    ///
    /// - Returns: how many people were served.
    @discardableResult
    package func runDue(at now: Moment) async throws -> Int {
        let due = try await database.read {
            try $0.rows("SELECT * FROM report_schedules WHERE is_on = 1 AND next_at <= \(now) ORDER BY next_at, id LIMIT 100").map(ReportSchedule.init)
        }
        var served = 0
        for schedule in due {
            try Task.checkCancellation()
            let (count, note) = await run(schedule, dueAt: schedule.nextAt)
            served += count
            try await database.write { [clock] tx in
                try tx.execute(
                    "UPDATE report_schedules SET last_at = \(schedule.nextAt), last_note = \(note), next_at = \(schedule.rhythm.next(after: clock.now)) WHERE id = \(schedule.id)")
            }
        }
        return served
    }

    /// Each receiver under their own rights as they are now.
    package func run(_ schedule: ReportSchedule, dueAt: Moment) async -> (served: Int, note: String) {
        do {
            let (item, people) = try await database.read { [self] reader -> (ReportItem, [Principal]) in
                guard let owner = try identity.sessions.standing(of: schedule.owner, reader), owner.isActive, owner.principal.may(ReportPermission.schedule) else {
                    throw Failure(.forbidden, "JW-R050", "设置人的账号已停用或不再有定时生成的权限")
                }
                let item = try self.item(schedule.item, [.template], by: owner.principal, in: reader)
                let people = try self.users(schedule.receivers, within: owner.principal, in: reader).prefix(ReportEngine.mostReceivers).compactMap { id -> Principal? in
                    guard let standing = try identity.sessions.standing(of: id, reader), standing.isActive, standing.principal.may(ReportPermission.build) else { return nil }
                    return standing.principal
                }
                return (item, people)
            }
            let template = try await self.template(item)
            let order = ReportOrder(day: template.period.last(before: dueAt.day), parameters: schedule.parameters)
            let run = ReportArchive.Run(schedule: schedule.id, dueAt: dueAt, owner: schedule.ownerName)
            for person in people { try await ReportArchive(engine: self).keep(item, template, order, schedule.formats, for: person, schedule: run) }
            return (people.count, "已为 \(people.count) 人生成 \(template.period.label(order.day))")
        } catch let failure as Failure {
            return (0, "未生成：\(failure.message)")
        } catch {
            return (0, "未生成：\(error)")
        }
    }
}
