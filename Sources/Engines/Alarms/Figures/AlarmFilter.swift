import Kernel
import Storage

/// Which alarms someone wants to see; everything unset is everything.
package struct AlarmFilter: Sendable, Equatable {
    package var states: [AlarmState] = []
    package var kinds: [String] = []
    package var grades: [AlarmGrade] = []
    /// A region code or a prefix of one.
    package var area: String?
    package var org: Int64?
    /// First and last business day of the first occurrence.
    package var from: Day?
    package var to: Day?
    /// Beginning of a plate.
    package var plate: String?
    /// Part of number, title, place, or the organisation's name.
    package var search: String?
    package var source: AlarmSource?
    /// Only new ones whose deadline is before this moment.
    package var overdueAt: Moment?
    /// Only those to be looked at again before this moment.
    package var recheckBefore: Moment?
    /// `scheme:code`.
    package var level: String?
    package var falseClass: AlarmFalseClass?
    /// Exactly this point, vehicle or device.
    package var subject: String?

    package init() {}

    /// Every part but the states can be answered from the daily figures, given a first day to begin with.
    var isAnsweredByRollup: Bool {
        from != nil && plate == nil && search == nil && source == nil && overdueAt == nil && recheckBefore == nil && level == nil && falseClass == nil && subject == nil
    }

    func condition(withStates: Bool = true) -> SQL {
        var parts = rollupParts
        if withStates, !states.isEmpty { parts.append("state IN (\(list: states.map(\.rawValue)))") }
        if let area { parts.append(Self.prefix("area", area)) }
        if let from { parts.append("occurred_at >= \(from.start)") }
        if let to { parts.append("occurred_at < \(to.end)") }
        if let plate { parts.append(Self.prefix("plate", plate)) }
        if let source { parts.append("source_kind = \(source.kind) AND source_id = \(source.id)") }
        if let overdueAt { parts.append("state = 'new' AND due_at < \(overdueAt)") }
        if let recheckBefore { parts.append("recheck_at < \(recheckBefore)") }
        if let subject { parts.append("subject = \(subject)") }
        if let falseClass { parts.append("false_class = \(falseClass.rawValue)") }
        if let level, let colon = level.firstIndex(of: ":") {
            let scheme = level[..<colon].filter { $0.isLetter || $0.isNumber }, code = level[level.index(after: colon)...].filter { $0.isLetter || $0.isNumber }
            parts.append(.contains(code: "|\(scheme)@", ":\(code)|", in: "levels"))
        }
        if let search { parts.append(.contains(search, in: "number", "title", "place", "org_name")) }
        return SQL.all(of: parts)
    }

    /// The same over `alarm_daily`.
    var rollupCondition: SQL {
        var parts = rollupParts
        if let area { parts.append(Self.prefix("area", area)) }
        if let from { parts.append("day >= \(from)") }
        if let to { parts.append("day <= \(to)") }
        return SQL.all(of: parts)
    }

    private var rollupParts: [SQL] {
        var parts: [SQL] = []
        if !kinds.isEmpty { parts.append("kind IN (\(list: kinds))") }
        if !grades.isEmpty { parts.append("grade IN (\(list: grades.map(\.rawValue)))") }
        if let org { parts.append("org = \(org)") }
        return parts
    }

    /// Plates and region codes never go beyond U+FFFF, so this is the last text with the prefix.
    private static func prefix(_ column: String, _ value: String) -> SQL { "\(ident: column) >= \(value) AND \(ident: column) < \(value + "\u{FFFF}")" }
}

/// A place in a list ordered by occurrence, newest first.
package struct AlarmCursor: Sendable, Equatable {
    package var occurredAt: Moment
    package var id: Int64

    /// `1763683200000-42`.
    package var text: String { "\(occurredAt.milliseconds)-\(id)" }

    package init(_ alarm: Alarm) {
        occurredAt = alarm.occurredAt
        id = alarm.id
    }

    /// Nil for a text that is no cursor.
    package init?(_ text: String) {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let at = Int64(parts[0]), let id = Int64(parts[1]) else { return nil }
        occurredAt = Moment(milliseconds: at)
        self.id = id
    }
}

/// One page of alarms, newest first.
package struct AlarmPage: Sendable, Equatable {
    package var alarms: [Alarm]
    /// Where the next page begins; nil on the last.
    package var next: AlarmCursor?
    /// Where the previous page ends; nil on the first.
    package var previous: AlarmCursor?
}
