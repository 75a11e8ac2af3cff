import Storage

/// Part 6 of migration 0001; shipped, never changes.
let migration0001Part6: [SchemaStep] = [step1, step2, step3, step4, step5]

private let step1: SchemaStep = .createTable(
    Table(
        "strategy_version",
        key: ["id", "version"],
        columns: [
            Column("id", .integer, required: true),
            Column("version", .integer, required: true),
            Column("body", .text, required: true),
            Column("recorded_at", .integer, required: true),
        ],
        isClustered: true
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "signed_clients",
        columns: [
            Column("id", .integer, required: true),
            Column("accreditation_no", .text),
            Column("name", .text, required: true),
            Column("organisation", .integer),
            Column("contact", .text),
            Column("state", .text, required: true),
            Column("valid_until", .integer),
            Column("applied_at", .integer, required: true),
            Column("updated_at", .integer, required: true),
            Column("decided_by", .text),
        ],
        indexes: [
            Index("accreditation_no", unique: true)
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "signed_client_keys",
        columns: [
            Column("id", .integer, required: true),
            Column("client_id", .integer, required: true),
            Column("object_code", .text, required: true),
            Column("kind", .text, required: true),
            Column("pem", .text, required: true),
            Column("fingerprint", .text, required: true),
            Column("state", .text, required: true),
            Column("valid_from", .integer, required: true),
            Column("valid_until", .integer),
            Column("added_by", .text, required: true),
            Column("added_at", .integer, required: true),
            Column("revoked_at", .integer),
            Column("revoked_by", .text),
        ],
        indexes: [
            Index("client_id", "object_code", "fingerprint", unique: true)
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "signed_versions",
        columns: [
            Column("id", .integer, required: true),
            Column("version", .integer, required: true),
        ],
        isClustered: true
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "signed_nonces",
        key: ["seen_at", "digest"],
        columns: [
            Column("seen_at", .integer, required: true),
            Column("digest", .blob, required: true),
        ],
        isClustered: true
    ))
