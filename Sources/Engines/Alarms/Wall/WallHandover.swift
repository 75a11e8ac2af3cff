import Identity
import Kernel
import Storage

/// What a shift leaves unfinished when the next takes over: it moves to the zone of alarms left behind. Source: requirements D2.5.6 “交接班未闭环转滞留区”.
package enum WallHandover {
    /// - Parameters:
    ///   - place: which alarms the shift answers for.
    ///   - given: when the shift was given; what was raised later belongs to the next.
    /// - Returns: how many alarms were left behind.
    package static func leave(_ place: SQL, given: Moment, at now: Moment, by principal: Principal, in tx: any Transaction) throws -> Int {
        let unfinished: SQL = """
            closed_at IS NULL AND raised_at <= \(given) AND (\(place)) AND \
            (state IN ('new', 'handling', 'reconsidering') OR (state = 'confirmed' AND (recheck_at IS NOT NULL OR recovered_at IS NOT NULL OR held_over_at IS NOT NULL)))
            """
        try tx.execute(
            """
            INSERT INTO alarm_events (alarm, at, action, from_state, to_state, by_id, by_name, text) \
            SELECT id, \(now), 'handOver', state, state, \(principal.id), \(principal.name), \("交接班时未闭环，由 \(principal.name) 接班跟踪") FROM alarms WHERE \(unfinished)
            """)
        return try tx.execute("UPDATE alarms SET held_over_at = \(now) WHERE \(unfinished)")
    }
}
