import Storage

/// Grants for a time, yearly reviews, signed states of the audit book; shipped, never changes.
let migration0005Access = Migration("0005b-access", [temporaryGrants, accessReviews, auditCheckpoints])

private let temporaryGrants: SchemaStep = .createTable(
    Table(
        "temporary_grants",
        columns: [
            Column("user_id", .integer, required: true), Column("role_id", .integer, required: true), Column("from_at", .integer, required: true),
            Column("until_at", .integer, required: true), Column("reason", .text, required: true), Column("granted_by", .integer, required: true),
            Column("granted_by_name", .text, required: true), Column("created_at", .integer, required: true), Column("revoked_at", .integer),
        ],
        indexes: [Index("user_id", "until_at"), Index("until_at")]))

private let accessReviews: SchemaStep = .createTable(
    Table(
        "access_reviews",
        columns: [
            Column("year", .integer, required: true), Column("user_id", .integer, required: true), Column("verdict", .text, required: true), Column("roles", .text, required: true),
            Column("note", .text), Column("reviewed_by", .integer, required: true), Column("reviewed_by_name", .text, required: true),
            Column("reviewed_at", .integer, required: true),
        ],
        indexes: [Index("year", "user_id", unique: true)]))

private let auditCheckpoints: SchemaStep = .createTable(
    Table(
        "audit_checkpoints",
        columns: [
            Column("at", .integer, required: true), Column("audit_id", .integer, required: true), Column("hash", .blob, required: true), Column("signature", .blob, required: true),
            Column("is_base", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [Index("audit_id", unique: true)]))
