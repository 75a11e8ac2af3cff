import Foundation
import Kernel
import Storage

/// Who is told of an alarm, when and how often: one tier of supervision, or one step of escalation. Source: requirements D9.7.2, D9.7.6, D2.5.4.
package struct PushRule: Sendable, Equatable, Codable {
    /// What begins the counting of time.
    package enum Trigger: String, Sendable, Codable, CaseIterable {
        /// It was raised.
        case opened
        /// It was found valid.
        case confirmed
        /// It was raised and nobody has taken it up when the delay is over.
        case unhandled

        package var title: String {
            switch self {
            case .opened: "报警产生"
            case .confirmed: "确认有效"
            case .unhandled: "未受理升级"
            }
        }
    }

    /// Of the row; 0 before it is kept.
    package var id: Int64 = 0
    /// Stable for what is declared.
    package var name: String
    package var title: String
    package var trigger: Trigger
    /// Seconds after the trigger.
    package var after: Int64
    /// How often, 1 or more, and seconds between.
    package var times: Int
    package var every: Int64
    /// `scheme:code`, such as `fiveLevels:S`; empty all.
    package var levels: [String]
    package var categories: [AlarmCategory]
    package var kinds: [String]
    /// Begins of region codes; empty everywhere.
    package var areas: [String]
    package var orgs: [Int64]
    /// `role:city`, `user:12`, or what a registered face understands, such as `duty:3`.
    package var receivers: [String]
    /// Ends when somebody has taken the alarm up.
    package var endsWhenHandled: Bool
    package var isUrgent: Bool
    package var isOn: Bool

    private enum CodingKeys: String, CodingKey {
        case name, title, trigger, after, times, every, levels, categories, kinds, areas, orgs, receivers, endsWhenHandled, isUrgent, isOn
    }

    package init(
        _ name: String, _ title: String, trigger: Trigger, after: Int64 = 0, times: Int = 1, every: Int64 = 60, levels: [String] = [], categories: [AlarmCategory] = [],
        kinds: [String] = [], areas: [String] = [], orgs: [Int64] = [], receivers: [String] = [], endsWhenHandled: Bool = false, isUrgent: Bool = false, isOn: Bool = true
    ) {
        self.name = name
        self.title = title
        self.trigger = trigger
        self.after = after
        self.times = times
        self.every = every
        self.levels = levels
        self.categories = categories
        self.kinds = kinds
        self.areas = areas
        self.orgs = orgs
        self.receivers = receivers
        self.endsWhenHandled = endsWhenHandled
        self.isUrgent = isUrgent
        self.isOn = isOn
    }

    init(_ row: Row) throws {
        self = try JSONDecoder().decode(PushRule.self, from: Data((row.text("body") ?? "").utf8))
        id = row.int("id") ?? 0
    }

    func json() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

    func admits(kind: String, category: AlarmCategory, org: Int64?, area: String?, levels given: [AlarmLevel]) -> Bool {
        isOn && (categories.isEmpty || categories.contains(category)) && (kinds.isEmpty || kinds.contains(kind)) && (orgs.isEmpty || org.map(orgs.contains) ?? false)
            && (areas.isEmpty || areas.contains { (area ?? "").hasPrefix($0) })
            && (levels.isEmpty || given.contains { level in levels.contains("\(level.scheme):\(level.code)") })
    }

    /// Every fault with its field; empty when it may be kept.
    package func faults() -> [FieldFinding] {
        var faults: [FieldFinding] = []
        if title.isEmpty { faults.append(FieldFinding("title", "required", "不能为空", title: "规则名称")) }
        if receivers.isEmpty { faults.append(FieldFinding("receivers", "required", "至少选择一类接收人", title: "接收人")) }
        if !(0...86_400).contains(after) { faults.append(FieldFinding("after", "range", "应在 0 至 1440 分钟之间", title: "延迟")) }
        if !(1...20).contains(times) { faults.append(FieldFinding("times", "range", "应在 1 至 20 次之间", title: "推送次数")) }
        if times > 1, !(30...86_400).contains(every) { faults.append(FieldFinding("every", "range", "间隔不少于 30 秒，不超过一天", title: "间隔")) }
        return faults
    }
}

/// A kind of receiver that another module knows, such as whoever is on duty.
package struct ReceiverFace: Sendable {
    /// Before the colon of a receiver: `duty`.
    package var prefix: String
    package var choices: @Sendable (any Reader) throws -> [(value: String, title: String)]
    /// Users by id for what stands behind the colon, for an alarm's org and area, at a moment.
    package var users: @Sendable (_ key: String, _ org: Int64?, _ area: String?, _ at: Moment, any Reader) throws -> [Int64]

    /// The same where the alarm itself is known; nil where it makes no difference.
    package var usersOfAlarm: (@Sendable (_ key: String, AlarmFace, any Reader) throws -> [Int64])?
    /// Numbers of those who have no account and are told by short message; nil where everybody has one.
    package var numbersOfAlarm: (@Sendable (_ key: String, AlarmFace, any Reader) throws -> [(phone: String, name: String)])?

    package init(
        prefix: String, choices: @escaping @Sendable (any Reader) throws -> [(value: String, title: String)],
        users: @escaping @Sendable (_ key: String, _ org: Int64?, _ area: String?, _ at: Moment, any Reader) throws -> [Int64],
        usersOfAlarm: (@Sendable (_ key: String, AlarmFace, any Reader) throws -> [Int64])? = nil
    ) {
        self.prefix = prefix
        self.choices = choices
        self.users = users
        self.usersOfAlarm = usersOfAlarm
    }
}

/// What a receiver may be chosen by.
package struct AlarmFace: Sendable {
    package var org: Int64?
    package var area: String?
    /// Raw value of an `AlarmCategory`.
    package var category: String
    /// Codes of its levels, in every scheme.
    package var levels: Set<String>
    /// Titles of its kind, its place and itself.
    package var words: [String]
}
