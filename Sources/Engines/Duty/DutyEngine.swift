import Alarms
import Identity
import Kernel
import Messages
import Schedules
import Storage
import Workflows

/// The permissions of duty.
package enum DutyPermission {
    package static let read = "duty.read"
    package static let manage = "duty.manage"

    package static let all: [PermissionDeclaration] = [
        PermissionDeclaration(read, "值班：查看", area: "值班值守", defaultRoles: [.city, .county]), PermissionDeclaration(manage, "值班：排班、查岗、审批调班", area: "值班值守", defaultRoles: [.city]),
    ]
}

/// Who is on duty, when, and what they hand on. Everything that changes runs in the caller's transaction with its audit row.
package final class DutyEngine: Sendable {
    package let database: any Database
    let alarms: AlarmEngine
    let messages: MessageEngine
    let audit: AuditTrail
    let clock: Clock

    package static let messageKinds: [MessageKind] = [
        MessageKind("duty.call", "查岗", template: "【见微】{title}：{text}", channels: ["sms"], isQuiet: false), MessageKind("duty.change", "调班", template: "【见微】{title}：{text}"),
        MessageKind("duty.handover", "交接班", template: "【见微】{title}：{text}", isQuiet: false),
        MessageKind("duty.uncovered", "缺岗预警", template: "【见微】{title}：{text}", channels: ["sms"], isQuiet: false),
    ]

    package init(database: any Database, alarms: AlarmEngine, messages: MessageEngine, audit: AuditTrail, clock: Clock) {
        self.database = database
        self.alarms = alarms
        self.messages = messages
        self.audit = audit
        self.clock = clock
    }

    /// Whoever is on duty becomes a receiver of alarms: `duty:3` of one group, `duty:0` of every group that watches over the alarm's organisation or area.
    package func connect() {
        alarms.faces.add(
            ReceiverFace(
                prefix: "duty",
                choices: { reader in
                    [("0", "值班人员（管辖该单位、区域的）")]
                        + (try reader.rows("SELECT id, title FROM duty_groups WHERE is_on = 1 ORDER BY id LIMIT 200").map {
                            ("\($0.int("id") ?? 0)", "值班：\($0.text("title") ?? "")")
                        })
                },
                users: { key, org, area, at, reader in try DutyEngine.onDuty(group: Int64(key) ?? 0, org: org, area: area, at: at, in: reader).map(\.user) }))
    }

    /// Who is on duty at a moment, leaders first.
    ///
    /// - Parameter group: 0 asks every group of the organisation, of an area around the given one, or of no place at all.
    package static func onDuty(group: Int64, org: Int64? = nil, area: String? = nil, at moment: Moment, in reader: any Reader) throws -> [DutyEntry] {
        let rows = try reader.rows(
            """
            SELECT e.*, g.org AS g_org, g.area AS g_area FROM duty_entries e JOIN duty_groups g ON g.id = e.group_id JOIN users u ON u.id = e.user_id \
            WHERE e.until_at > \(moment) AND e.from_at <= \(moment) AND g.is_on = 1 AND u.state = 'active' AND (\(group) = 0 OR e.group_id = \(group)) ORDER BY e.is_leader DESC, e.id LIMIT 500
            """)
        return rows.filter { row in
            guard group == 0 else { return true }
            if let own = row.int("g_org") { return own == org }
            return row.text("g_area").map { (area ?? "").hasPrefix($0) } ?? true
        }.map(DutyEntry.init)
    }

    package func jobs() -> [JobDeclaration] {
        [
            JobDeclaration("dutyCalls", "查岗到时、无人值班", every: 30) { _ in try await self.sweep() }
        ]
    }

    // MARK: Groups and shifts

    package func shifts(in reader: any Reader) throws -> [DutyShift] {
        try reader.rows("SELECT * FROM duty_shifts WHERE is_on = 1 ORDER BY starts, id LIMIT 50").map(DutyShift.init)
    }

    /// Groups that someone may see, with their members.
    package func groups(by principal: Principal, in reader: any Reader) throws -> [DutyGroup] {
        var groups = try reader.rows("SELECT * FROM duty_groups WHERE is_on = 1 AND \(scope(principal)) ORDER BY id LIMIT 200").map(DutyGroup.init)
        let rows = try reader.rows("SELECT * FROM duty_members WHERE group_id IN (\(list: groups.map(\.id))) ORDER BY team, is_leader DESC, name")
        let byGroup = Dictionary(grouping: rows) { $0.int("group_id") ?? 0 }
        for index in groups.indices {
            groups[index].members = (byGroup[groups[index].id] ?? []).map {
                DutyGroup.Member(user: $0.int("user_id") ?? 0, name: $0.text("name") ?? "", team: Int($0.int("team") ?? 1), isLeader: $0.bool("is_leader"))
            }
        }
        return groups
    }

    /// Its own people see a group wherever they are.
    func scope(_ principal: Principal) -> SQL {
        "(\(principal.scope.condition()) OR id IN (SELECT group_id FROM duty_members WHERE user_id = \(principal.id)))"
    }

    /// - Throws: `.notFound` outside the scope.
    package func group(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> DutyGroup {
        guard let group = try groups(by: principal, in: reader).first(where: { $0.id == id }) else { throw Failure.notFound("该值班组") }
        return group
    }

    func admit(_ principal: Principal, _ what: String) throws { try principal.require(DutyPermission.manage, what) }

    /// Keeps a group, a new one when its id is 0; members by user id, team and whether they lead.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden`.
    @discardableResult
    package func keep(_ group: DutyGroup, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        try admit(principal, "管理值班组")
        var findings: [FieldFinding] = []
        if group.title.isEmpty { findings.append(FieldFinding("title", "required", "不能为空", title: "值班组名称")) }
        if group.shifts.isEmpty { findings.append(FieldFinding("shifts", "required", "至少选一个班次", title: "班次")) }
        let ids = group.members.map(\.user)
        let names = try tx.rows("SELECT id, name FROM users WHERE id IN (\(list: ids)) AND state = 'active'").reduce(into: [Int64: String]()) {
            $0[$1.int("id") ?? 0] = $1.text("name") ?? ""
        }
        let unknown = ids.filter { names[$0] == nil }
        if !unknown.isEmpty { findings.append(FieldFinding("members", "unknownCode", "没有在用用户 \(unknown.map(String.init).joined(separator: "、"))", title: "值班人员")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        guard principal.scope.admits(org: group.org, area: group.area) || principal.scope == .everything else { throw Failure.forbidden("管理该范围的值班组") }
        let shifts = group.shifts.map(String.init).joined(separator: ","), now = clock.now
        var id = group.id
        if id == 0 {
            id = try tx.insert(
                """
                INSERT INTO duty_groups (title, leader, phone, org, area, shifts, at, by_name) VALUES \
                (\(group.title), \(group.leader), \(group.phone), \(group.org), \(group.area), \(shifts), \(now), \(principal.name))
                """)
        } else {
            _ = try self.group(id, by: principal, in: tx)
            try tx.execute(
                "UPDATE duty_groups SET title = \(group.title), leader = \(group.leader), phone = \(group.phone), shifts = \(shifts), at = \(now), by_name = \(principal.name) WHERE id = \(id)"
            )
            try tx.execute("DELETE FROM duty_members WHERE group_id = \(id)")
        }
        try tx.insertMany(
            into: "duty_members", columns: ["group_id", "user_id", "name", "team", "is_leader"],
            rows: group.members.map { [.int(id), .int($0.user), .text(names[$0.user] ?? ""), .int(Int64($0.team)), .int($0.isLeader ? 1 : 0)] })
        try audit.record(AuditEntry(group.id == 0 ? "create" : "update", "dutyGroup", "\(id)", "值班组“\(group.title)”，\(group.members.count) 人"), by: principal, in: tx)
        return id
    }

    /// Fills an empty table with the shifts of D18.2.2; at start.
    package func seed() async throws {
        try await database.write { tx in
            guard try tx.value("SELECT id FROM duty_shifts LIMIT 1") == nil else { return }
            let shifts: [(String, Int, Int, String)] = [("早班", 30, 480, "blue"), ("中班", 510, 480, "good"), ("晚班", 990, 480, "orange"), ("常白班", 510, 540, "info")]
            for shift in shifts { try tx.execute("INSERT INTO duty_shifts (title, starts, minutes, tone) VALUES (\(shift.0), \(shift.1), \(shift.2), \(shift.3))") }
        }
    }

    func note(_ group: Int64, _ kind: String, _ text: String, by principal: Principal, in tx: any Transaction) throws {
        try tx.execute(
            "INSERT INTO duty_log (group_id, at, by_id, by_name, kind, text) VALUES (\(group), \(clock.now), \(principal.id), \(principal.name), \(kind), \(text))")
    }
}
