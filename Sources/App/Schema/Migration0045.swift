import Storage

/// Means of judging and closing beside the other figures of alarms (D2.5.5), and alarms that a shift handed over unfinished (D2.5.6); shipped, never changes.
let migration0045 = Migration(
    "0045-alarm-ends",
    [
        .addColumn(table: "alarms", Column("held_over_at", .integer)),
        .addColumn(table: "alarm_daily", Column("judged", .integer, required: true, fallback: .int(0))),
        .addColumn(table: "alarm_daily", Column("judged_seconds", .integer, required: true, fallback: .int(0))),
        .addColumn(table: "alarm_daily", Column("closed_seconds", .integer, required: true, fallback: .int(0))),
        .run(
            """
            UPDATE alarm_daily SET judged = f.judged, judged_seconds = f.judged_seconds, closed_seconds = f.closed_seconds FROM \
            (SELECT day, kind, grade, COALESCE(org, 0) AS org, COALESCE(area, '') AS area, SUM(CASE WHEN decided_at IS NOT NULL THEN 1 ELSE 0 END) AS judged, \
            COALESCE(SUM((decided_at - raised_at) / 1000), 0) AS judged_seconds, COALESCE(SUM((closed_at - raised_at) / 1000), 0) AS closed_seconds \
            FROM alarms GROUP BY day, kind, grade, COALESCE(org, 0), COALESCE(area, '')) AS f \
            WHERE alarm_daily.day = f.day AND alarm_daily.kind = f.kind AND alarm_daily.grade = f.grade AND alarm_daily.org = f.org AND alarm_daily.area = f.area
            """),
    ])
