import Storage

/// What inspection keeps beside its ledgers.
enum InspectionTables {
    static let all: [Table] = [pending, records, lines, standing, draws]

    /// One row is one item that one subject is to be inspected for.
    static let pending = Table(
        "pending_inspections",
        columns: [
            Column("org", .integer, required: true), Column("area", .text), Column("subject", .integer, required: true), Column("item", .integer, required: true),
            Column("due_on", .integer, required: true), Column("origin", .text, required: true), Column("state", .text, required: true), Column("assignee", .integer),
            Column("assignee_name", .text), Column("campaign", .integer), Column("draw", .integer), Column("record", .integer), Column("created_at", .integer, required: true),
            Column("done_at", .integer),
        ],
        indexes: [
            Index("subject", "item", unique: true, where: "done_at IS NULL"), Index("assignee", "state", "due_on"), Index("state", "due_on"), Index("org", "id"),
            Index("area", "id"),
        ])

    /// One row is one inspection of one subject.
    static let records = Table(
        "inspection_records",
        columns: [
            Column("org", .integer, required: true), Column("area", .text), Column("subject", .integer, required: true), Column("kind", .text, required: true),
            Column("inspected_at", .integer, required: true), Column("officer", .integer, required: true), Column("officer_name", .text, required: true),
            Column("passed", .integer, required: true),
            Column("failed", .integer, required: true), Column("ignored", .integer, required: true), Column("failed_names", .text, required: true), Column("longitude", .real),
            Column("latitude", .real),
            Column("note", .text, required: true), Column("stage", .text, required: true), Column("final_state", .text, required: true), Column("measure", .text),
            Column("amount", .real),
            Column("measure_note", .text), Column("approver", .text), Column("approved_at", .integer), Column("request_key", .text),
        ],
        indexes: [
            Index("subject", "id"), Index("officer", "inspected_at"), Index("inspected_at"), Index("org", "id"), Index("area", "id"), Index("final_state", "id"),
            Index("request_key", unique: true, where: "request_key IS NOT NULL"),
        ])

    /// One row is one item of one inspection.
    static let lines = Table(
        "inspection_lines", key: ["record", "item"],
        columns: [
            Column("record", .integer, required: true), Column("item", .integer, required: true), Column("result", .text, required: true), Column("note", .text, required: true),
            Column("photo", .text),
            Column("failures", .integer, required: true),
        ], indexes: [Index("item", "record")], isClustered: true)

    /// How one subject stands with one item since it was last inspected.
    static let standing = Table(
        "inspection_standing", key: ["subject", "item"],
        columns: [
            Column("subject", .integer, required: true), Column("item", .integer, required: true), Column("result", .text, required: true),
            Column("failures", .integer, required: true),
            Column("inspected_at", .integer, required: true), Column("next_due_on", .integer),
        ], indexes: [Index("next_due_on", where: "next_due_on IS NOT NULL")], isClustered: true)

    /// One row is one random draw, which anyone can draw again from its seed.
    static let draws = Table(
        "inspection_draws",
        columns: [
            Column("org", .integer), Column("area", .text), Column("seed", .integer, required: true), Column("subjects", .integer, required: true),
            Column("items", .integer, required: true),
            Column("population", .integer, required: true), Column("sheet", .text, required: true), Column("at", .integer, required: true),
            Column("by_name", .text, required: true),
        ], indexes: [Index("area", "id")])
}
