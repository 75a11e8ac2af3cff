import Alarms
import Identity
import Kernel
import Storage
import Workflows

/// D9.6.2 报警联动与研判: cases of the alarm's enterprise that ran at its time, for the correlation panel; those about the alarm itself first.
enum NearbyCases {
    static let face = NeighbourFace("case", "办理中的事项", permission: WorkflowPermission.read) { hood, reader in
        guard let org = hood.alarm.org else { return [] }
        let rows = try reader.rows(
            """
            SELECT id, number, title, started_at, subject_kind, subject_id FROM workflow_cases WHERE org = \(org) AND started_at <= \(hood.to) AND (ended_at IS NULL OR ended_at >= \(hood.from)) \
            AND \(hood.principal.scope.condition()) ORDER BY id DESC LIMIT 20
            """)
        return rows.map { row in
            let isOwn = row.text("subject_kind") == "alarm" && row.int("subject_id") == hood.alarm.id
            return Neighbour(
                at: row.moment("started_at") ?? hood.alarm.occurredAt, title: row.text("title") ?? "", note: (isOwn ? "关于本报警 · " : "") + (row.text("number") ?? ""),
                path: "/work/\(row.int("id") ?? 0)", tone: isOwn ? "orange" : "info")
        }.sorted { ($0.tone == "orange" ? 0 : 1) < ($1.tone == "orange" ? 0 : 1) }
    }
}
