import Storage

/// Part 1 of migration 0048; shipped, never changes.
let migration0048Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .addColumn(table: "oauth_clients", Column("peer", .text))

private let step2: SchemaStep = .addColumn(table: "oauth_clients", Column("networks", .text))

private let step3: SchemaStep = .addColumn(table: "oauth_clients", Column("valid_until", .integer))

private let step4: SchemaStep = .createTable(
    Table(
        "revocation_lists",
        columns: [
            Column("issuer", .text, required: true),
            Column("authority_pem", .text, required: true),
            Column("made_at", .integer, required: true),
            Column("next_at", .integer),
            Column("entries", .integer, required: true),
            Column("taken_at", .integer, required: true),
            Column("taken_by_name", .text, required: true),
        ],
        indexes: [
            Index("issuer", unique: true)
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "revoked_certificates",
        key: ["list_id", "serial"],
        columns: [
            Column("list_id", .integer, required: true),
            Column("serial", .text, required: true),
            Column("revoked_at", .integer, required: true),
        ],
        isClustered: true
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "address_blocks",
        columns: [
            Column("network", .text, required: true),
            Column("reason", .text, required: true),
            Column("is_automatic", .integer, required: true),
            Column("made_at", .integer, required: true),
            Column("made_by", .integer, required: true),
            Column("made_by_name", .text, required: true),
            Column("until_at", .integer),
            Column("ended_at", .integer),
            Column("ended_by_name", .text),
        ],
        indexes: [
            Index("network", "id"),
            Index("ended_at", "until_at"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "integrity_seals",
        key: ["kind", "object_id"],
        columns: [
            Column("kind", .text, required: true),
            Column("object_id", .integer, required: true),
            Column("mac", .blob, required: true),
        ],
        isClustered: true
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "integrity_blocks",
        columns: [
            Column("kind", .text, required: true),
            Column("from_id", .integer, required: true),
            Column("to_id", .integer, required: true),
            Column("row_count", .integer, required: true),
            Column("since_at", .integer, required: true),
            Column("until_at", .integer, required: true),
            Column("mac", .blob, required: true),
            Column("made_at", .integer, required: true),
        ],
        indexes: [
            Index("kind", "to_id", unique: true)
        ]
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "integrity_faults",
        columns: [
            Column("kind", .text, required: true),
            Column("object_id", .integer, required: true),
            Column("reason", .text, required: true),
            Column("found_at", .integer, required: true),
            Column("settled_at", .integer),
            Column("settled_by_name", .text),
            Column("note", .text),
        ],
        indexes: [
            Index("kind", "object_id"),
            Index("settled_at", "id"),
        ]
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "audit_archives",
        columns: [
            Column("from_id", .integer, required: true),
            Column("to_id", .integer, required: true),
            Column("since_at", .integer, required: true),
            Column("until_at", .integer, required: true),
            Column("sha256", .text, required: true),
            Column("size", .integer, required: true),
            Column("made_at", .integer, required: true),
            Column("made_by_name", .text, required: true),
            Column("is_imported", .integer, required: true),
        ],
        indexes: [
            Index("is_imported", "to_id")
        ]
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "audit_imported",
        key: ["archive_id", "row_id"],
        columns: [
            Column("archive_id", .integer, required: true),
            Column("row_id", .integer, required: true),
            Column("at", .integer, required: true),
            Column("actor", .text, required: true),
            Column("address", .text, required: true),
            Column("action", .text, required: true),
            Column("object_kind", .text, required: true),
            Column("object_id", .text, required: true),
            Column("summary", .text, required: true),
            Column("details", .text),
        ],
        isClustered: true
    ))

private let step12: SchemaStep = .addColumn(table: "job_runs", Column("group_name", .text))
