import Storage

/// Signing in through other providers, and log-out notices to applications (D17.1.6); shipped, never changes.
let migration0017Providers = Migration(
    "0017-providers",
    [
        identities, providers, signOns, .addColumn(table: "oauth_clients", Column("backchannel_uri", .text)),
        .addColumn(table: "oauth_clients", Column("frontchannel_uri", .text)),
    ])

private let identities: SchemaStep = .createTable(
    Table(
        "user_identities", key: ["provider", "subject"],
        columns: [
            Column("provider", .text, required: true), Column("subject", .text, required: true), Column("user_id", .integer, required: true),
            Column("title", .text, required: true),
            Column("linked_at", .integer, required: true), Column("last_used_at", .integer), Column("last_sid", .text),
        ],
        indexes: [Index("user_id"), Index("provider", "last_sid")], isClustered: true))

private let providers: SchemaStep = .createTable(
    Table(
        "identity_providers",
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("issuer", .text, required: true), Column("client_id", .text, required: true),
            Column("secret", .text, required: true), Column("rule", .text, required: true), Column("login_claim", .text, required: true),
            Column("name_claim", .text, required: true),
            Column("gate_claim", .text, required: true), Column("gate_value", .text, required: true), Column("organisation", .integer), Column("role", .integer),
            Column("is_on", .integer, required: true), Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
        ],
        indexes: [Index("name", unique: true)]))

private let signOns: SchemaStep = .createTable(
    Table(
        "oauth_sign_ons",
        columns: [
            Column("client", .integer, required: true), Column("user_id", .integer, required: true), Column("session_hash", .blob, required: true),
            Column("sid", .text, required: true), Column("issuer", .text, required: true), Column("created_at", .integer, required: true),
            Column("attempts", .integer, required: true), Column("next_at", .integer, required: true), Column("done_at", .integer), Column("failure", .text),
        ],
        indexes: [Index("client", "session_hash", unique: true), Index("session_hash"), Index("next_at", where: "done_at IS NULL"), Index("created_at")]))
