import Storage

/// Registered computers, certificates and keys of people, tickets between two steps of signing in; shipped, never changes.
let migration0008SignIn = Migration(
    "0008b-sign-in",
    [
        terminals, certificates, tickets, .addColumn(table: "sessions", Column("method", .text, required: true, fallback: .text("password"))),
        .addColumn(table: "sessions", Column("terminal_id", .integer)), .addColumn(table: "sessions", Column("certificate_id", .integer)),
    ])

private let terminals: SchemaStep = .createTable(
    Table(
        "terminals",
        columns: [
            Column("user_id", .integer, required: true), Column("token_hash", .blob, required: true), Column("name", .text, required: true), Column("agent", .text, required: true),
            Column("address", .text, required: true), Column("state", .text, required: true), Column("note", .text), Column("requested_at", .integer, required: true),
            Column("decided_at", .integer), Column("decided_by", .integer), Column("decided_by_name", .text), Column("expires_at", .integer), Column("last_used_at", .integer),
        ],
        indexes: [Index("user_id", "token_hash", unique: true), Index("state", "id")]))

private let certificates: SchemaStep = .createTable(
    Table(
        "user_certificates",
        columns: [
            Column("user_id", .integer, required: true), Column("kind", .text, required: true), Column("title", .text, required: true),
            Column("fingerprint", .text, required: true),
            Column("algorithm", .text, required: true), Column("key_pem", .text, required: true), Column("issuer", .text, required: true), Column("serial", .text, required: true),
            Column("not_before", .integer), Column("not_after", .integer), Column("created_at", .integer, required: true), Column("created_by", .integer, required: true),
            Column("created_by_name", .text, required: true), Column("revoked_at", .integer), Column("last_used_at", .integer),
        ],
        indexes: [Index("fingerprint", unique: true, where: "revoked_at IS NULL"), Index("user_id", "id")]))

private let tickets: SchemaStep = .createTable(
    Table(
        "login_tickets", key: ["id"],
        columns: [
            Column("id", .text, required: true), Column("kind", .text, required: true), Column("secret_hash", .blob, required: true), Column("user_id", .integer),
            Column("answer", .text, required: true), Column("state", .text, required: true), Column("tries", .integer, required: true, fallback: .int(0)),
            Column("address", .text, required: true), Column("agent", .text, required: true), Column("created_at", .integer, required: true),
            Column("expires_at", .integer, required: true),
        ],
        indexes: [Index("kind", "user_id", "created_at"), Index("expires_at")], isClustered: true))
