import Storage

/// Recordings of passes; shipped, never changes.
let migration0015 = Migration("0015-clips", [clips, passClips, awaitedClips])

private let clips: SchemaStep = .createTable(
    Table(
        "clips", key: ["sha256"],
        columns: [
            Column("sha256", .text, required: true), Column("bytes", .integer, required: true), Column("seconds", .real), Column("codec", .text, required: true),
            Column("received_at", .integer, required: true), Column("source_org", .integer, required: true), Column("locks", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [Index("received_at")]))

private let passClips: SchemaStep = .createTable(
    Table(
        "pass_clip", key: ["org", "gate_no", "serial_no", "sha256"],
        columns: [
            Column("org", .integer, required: true), Column("gate_no", .text, required: true), Column("serial_no", .integer, required: true),
            Column("sha256", .text, required: true), Column("camera_no", .text), Column("from_at", .integer), Column("to_at", .integer),
            Column("received_at", .integer, required: true),
        ], indexes: [Index("sha256")], isClustered: true))

private let awaitedClips: SchemaStep = .createTable(
    Table(
        "alarm_awaited_clips", key: ["reference", "alarm"],
        columns: [
            Column("reference", .text, required: true), Column("alarm", .integer, required: true), Column("occurrence", .integer, required: true),
            Column("since", .integer, required: true),
        ], isClustered: true))
