import Storage

/// Approved restorations and the counting of files; shipped, never changes.
let migration0020 = Migration(
    "0020-restores-and-files",
    [
        .createTable(
            Table(
                "restore_requests",
                columns: [
                    Column("folder", .text, required: true), Column("reason", .text, required: true), Column("target", .text, required: true),
                    Column("state", .text, required: true),
                    Column("asked_by", .integer, required: true), Column("asked_name", .text, required: true), Column("asked_at", .integer, required: true),
                    Column("decided_by", .integer), Column("decided_name", .text), Column("decided_at", .integer), Column("decision", .text), Column("valid_until", .integer),
                    Column("ended_at", .integer), Column("minutes", .integer), Column("outcome", .text),
                ],
                indexes: [Index("state", "id")])),
        .createTable(
            Table(
                "file_sweeps",
                columns: [
                    Column("state", .text, required: true), Column("started_at", .integer, required: true), Column("ended_at", .integer),
                    Column("reached", .integer, required: true, fallback: .int(0)), Column("objects", .integer, required: true, fallback: .int(0)),
                    Column("bytes", .integer, required: true, fallback: .int(0)), Column("orphans", .integer, required: true, fallback: .int(0)),
                    Column("orphan_bytes", .integer, required: true, fallback: .int(0)), Column("removed", .integer, required: true, fallback: .int(0)),
                    Column("by_name", .text, required: true),
                ])),
    ])
