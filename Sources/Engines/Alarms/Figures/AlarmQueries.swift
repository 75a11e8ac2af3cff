import Identity
import Kernel
import Storage

extension AlarmEngine {
    /// - Returns: nil when it does not exist or lies outside the scope.
    package func find(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> Alarm? {
        try reader.first("SELECT \(Alarm.columns) FROM alarms WHERE id = \(id) AND \(principal.scope.condition())").map(Alarm.init)
    }

    /// - Returns: nil when it does not exist or lies outside the scope.
    package func find(number: String, by principal: Principal, in reader: any Reader) throws -> Alarm? {
        try reader.first("SELECT \(Alarm.columns) FROM alarms WHERE number = \(number) AND \(principal.scope.condition())").map(Alarm.init)
    }

    /// - Throws: `.notFound`.
    package func required(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> Alarm {
        guard let alarm = try find(id, by: principal, in: reader) else { throw Failure.notFound("该报警") }
        return alarm
    }

    /// - Parameters:
    ///   - after: the page that follows this place (older alarms); `before`: the page that ends just before it (newer ones).
    ///   - limit: at most 200.
    package func list(
        _ filter: AlarmFilter, after: AlarmCursor? = nil, before: AlarmCursor? = nil, limit: Int = 50, by principal: Principal, in reader: any Reader
    ) throws -> AlarmPage {
        let size = min(max(limit, 1), 200)
        var condition: SQL = "\(filter.condition()) AND \(principal.scope.condition())"
        if let after { condition += " AND (occurred_at < \(after.occurredAt) OR (occurred_at = \(after.occurredAt) AND id < \(after.id)))" }
        if let before { condition += " AND (occurred_at > \(before.occurredAt) OR (occurred_at = \(before.occurredAt) AND id > \(before.id)))" }
        let isBackwards = before != nil && after == nil
        let order: SQL = isBackwards ? "occurred_at, id" : "occurred_at DESC, id DESC"
        var alarms = try reader.rows("SELECT \(Alarm.columns) FROM alarms WHERE \(condition) ORDER BY \(order) LIMIT \(size + 1)").map(Alarm.init)
        let hasMore = alarms.count > size
        if hasMore { alarms.removeLast() }
        if isBackwards { alarms.reverse() }
        let next = (isBackwards || hasMore) ? alarms.last.map(AlarmCursor.init) : nil
        let previous = (isBackwards ? hasMore : after != nil) ? alarms.first.map(AlarmCursor.init) : nil
        return AlarmPage(alarms: alarms, next: next, previous: previous)
    }

    /// Streams in the order of the list, for exports. The body returns false to stop.
    package func each(_ filter: AlarmFilter, by principal: Principal, in reader: any Reader, _ body: (Alarm) throws -> Bool) throws {
        try reader.each("SELECT \(Alarm.columns) FROM alarms WHERE \(filter.condition()) AND \(principal.scope.condition()) ORDER BY occurred_at DESC, id DESC") {
            try body(Alarm($0))
        }
    }

    /// Alarms by state for the tabs, the filter's own states put aside. From the daily figures when they can answer; otherwise counted up to 10,000 a state.
    package func counts(_ filter: AlarmFilter, by principal: Principal, in reader: any Reader) throws -> [AlarmState: Int] {
        if filter.isAnsweredByRollup { return try totals(filter, by: principal, in: reader).byState }
        var counts: [AlarmState: Int] = [:]
        let condition: SQL = "\(filter.condition(withStates: false)) AND \(principal.scope.condition())"
        for state in AlarmState.allCases {
            counts[state] = try reader.count("SELECT COUNT(*) FROM (SELECT 1 FROM alarms WHERE state = \(state.rawValue) AND \(condition) LIMIT 10001) AS few")
        }
        return counts
    }

    /// The timeline, oldest first.
    package func timeline(of id: Int64, by principal: Principal, in reader: any Reader) throws -> [AlarmEvent] {
        _ = try required(id, by: principal, in: reader)
        return try reader.rows("SELECT at, action, from_state, to_state, by_name, text FROM alarm_events WHERE alarm = \(id) ORDER BY id").map { row in
            AlarmEvent(
                at: row.moment("at") ?? Moment(milliseconds: 0), action: row.text("action") ?? "", from: row.text("from_state").flatMap(AlarmState.init(rawValue:)),
                to: row.text("to_state").flatMap(AlarmState.init(rawValue:)), byName: row.text("by_name") ?? "", text: row.text("text") ?? "")
        }
    }

    /// The evidence in the order of its chain.
    package func evidence(of id: Int64, by principal: Principal, in reader: any Reader) throws -> [EvidenceItem] {
        _ = try required(id, by: principal, in: reader)
        return try reader.rows("SELECT \(EvidenceItem.columns) FROM evidence_items WHERE alarm = \(id) ORDER BY seq").map(EvidenceItem.init)
    }
}
