import Kernel
import Storage

/// When and from where a permission counts (D17.2.2): days of a span, months, days of the month, days of the week, minutes of the day, networks. What is empty does not limit.
package struct GrantLimit: Sendable, Equatable {
    /// Whom it binds.
    package enum Subject: String, Sendable, CaseIterable {
        case user, group, role

        package var title: String {
            switch self {
            case .user: "用户"
            case .group: "用户组"
            case .role: "角色"
            }
        }
    }

    /// What it binds: one permission, every act on one thing, or a whole group of resources.
    package enum Resource: String, Sendable, CaseIterable {
        case permission, thing, area

        package var title: String {
            switch self {
            case .permission: "单项权限"
            case .thing: "一类资源的全部操作"
            case .area: "资源组"
            }
        }
    }

    package var id: Int64
    package var subject: Subject
    package var subjectId: Int64
    package var resource: Resource
    /// `alarm.handle`, `alarm`, `监测报警`.
    package var target: String
    package var from: Day?
    package var until: Day?
    /// 1…12.
    package var months: [Int]
    /// 1…31.
    package var monthDays: [Int]
    /// 1 is Monday.
    package var weekdays: [Int]
    /// Of the day in Asia/Shanghai, from…to; `to` may be below `from`, across midnight. Equal: the whole day.
    package var fromMinute: Int
    package var toMinute: Int
    package var networks: [NetworkRange]
    package var reason: String
    package var isActive: Bool
    package var updatedBy: String
    package var updatedAt: Moment
    /// The permissions that the target means, as they are declared.
    package var permissions: Set<String> = []

    package init(subject: Subject, subjectId: Int64, resource: Resource, target: String, reason: String = "") {
        id = 0
        (self.subject, self.subjectId, self.resource, self.target, self.reason) = (subject, subjectId, resource, target, reason)
        (months, monthDays, weekdays, networks) = ([], [], [], [])
        (fromMinute, toMinute) = (0, 0)
        isActive = true
        updatedBy = ""
        updatedAt = Moment(milliseconds: 0)
    }

    init(_ row: Row) {
        func numbers(_ name: String) -> [Int] { (row.text(name) ?? "").split(separator: ",").compactMap { Int($0) } }
        id = row.int("id") ?? 0
        subject = row.text("subject").flatMap(Subject.init) ?? .user
        subjectId = row.int("subject_id") ?? 0
        resource = row.text("resource").flatMap(Resource.init) ?? .permission
        target = row.text("target") ?? ""
        from = row.text("from_day").flatMap { Day(parsing: $0) }
        until = row.text("until_day").flatMap { Day(parsing: $0) }
        (months, monthDays, weekdays) = (numbers("months"), numbers("month_days"), numbers("weekdays"))
        fromMinute = Int(row.int("from_minute") ?? 0)
        toMinute = Int(row.int("to_minute") ?? 0)
        networks = (row.text("networks") ?? "").split(separator: "\n").compactMap { NetworkRange(String($0)) }
        reason = row.text("reason") ?? ""
        isActive = row.text("state") == "active"
        updatedBy = row.text("updated_by_name") ?? ""
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
    }

    /// Why it does not admit now, from there; nil when it does.
    package func fault(at moment: Moment, from address: String) -> String? {
        let day = moment.day
        if let from, day < from { return "\(from.text) 起才可使用" }
        if let until, day > until { return "\(until.text) 后不可使用" }
        let (month, monthDay) = (day.number / 100 % 100, day.number % 100)
        if !months.isEmpty, !months.contains(month) { return "只在 \(Self.list(months)) 月可使用" }
        if !monthDays.isEmpty, !monthDays.contains(monthDay) { return "只在每月 \(Self.list(monthDays)) 日可使用" }
        if !weekdays.isEmpty, !weekdays.contains(day.weekday) { return "只在\(Self.weekdays(weekdays))可使用" }
        if fromMinute != toMinute {
            let minute = moment.minuteOfDay
            let isWithin = fromMinute < toMinute ? (fromMinute..<toMinute).contains(minute) : minute >= fromMinute || minute < toMinute
            if !isWithin { return "只在 \(Self.clock(fromMinute)) 至 \(Self.clock(toMinute)) 可使用" }
        }
        if !networks.isEmpty, !networks.contains(where: { $0.contains(address) }) { return "只能从 \(networks.map(\.text).joined(separator: "、")) 使用" }
        return nil
    }

    /// All of it, for people.
    package var words: String {
        var parts: [String] = []
        if from != nil || until != nil { parts.append("\(from?.text ?? "即日") 至 \(until?.text ?? "长期")") }
        if !months.isEmpty { parts.append("\(Self.list(months)) 月") }
        if !monthDays.isEmpty { parts.append("每月 \(Self.list(monthDays)) 日") }
        if !weekdays.isEmpty { parts.append(Self.weekdays(weekdays)) }
        if fromMinute != toMinute { parts.append("\(Self.clock(fromMinute))–\(Self.clock(toMinute))") }
        if !networks.isEmpty { parts.append("来自 \(networks.map(\.text).joined(separator: "、"))") }
        return parts.isEmpty ? "不限" : parts.joined(separator: "，")
    }

    package static func clock(_ minute: Int) -> String {
        let (hour, rest) = (minute / 60, minute % 60)
        return (hour < 10 ? "0" : "") + "\(hour):" + (rest < 10 ? "0" : "") + "\(rest)"
    }

    private static func list(_ numbers: [Int]) -> String { numbers.sorted().map { String($0) }.joined(separator: "、") }
    private static func weekdays(_ days: [Int]) -> String { "周" + days.sorted().map { ["一", "二", "三", "四", "五", "六", "日"][min(max($0, 1), 7) - 1] }.joined(separator: "、") }
}

extension Principal {
    /// Permissions that the limits keep back now, from `address`: of several limits on one permission one that admits is enough.
    package mutating func applyLimits(at moment: Moment) {
        guard !limits.isEmpty else { return }
        var (admitted, kept): (Set<String>, Set<String>) = ([], [])
        for limit in limits { if limit.fault(at: moment, from: address) == nil { admitted.formUnion(limit.permissions) } else { kept.formUnion(limit.permissions) } }
        withheld.formUnion(kept.subtracting(admitted))
    }
}
