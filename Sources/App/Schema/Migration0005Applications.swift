import Storage

/// Applications that sign people in through us; shipped, never changes.
let migration0005Applications = Migration("0005c-applications", [applications, codes, tokens, consents, devices, keys])

private let applications: SchemaStep = .createTable(
    Table(
        "oauth_clients",
        columns: [
            Column("client_id", .text, required: true), Column("name", .text, required: true), Column("kind", .text, required: true), Column("secret_hash", .text),
            Column("redirects", .text, required: true), Column("grants", .text, required: true), Column("scopes", .text, required: true),
            Column("algorithm", .text, required: true),
            Column("org", .integer, required: true), Column("area", .text), Column("purpose", .text, required: true), Column("state", .text, required: true),
            Column("applied_by", .integer, required: true), Column("applied_by_name", .text, required: true), Column("applied_at", .integer, required: true),
            Column("decided_by_name", .text), Column("decided_at", .integer), Column("opinion", .text),
        ],
        indexes: [Index("client_id", unique: true), Index("org", "id"), Index("area", "id")]))

private let codes: SchemaStep = .createTable(
    Table(
        "oauth_codes", key: ["code_hash"],
        columns: [
            Column("code_hash", .blob, required: true), Column("client", .integer, required: true), Column("user_id", .integer, required: true),
            Column("session", .text, required: true), Column("family", .text, required: true), Column("redirect_uri", .text, required: true),
            Column("scope", .text, required: true),
            Column("nonce", .text), Column("challenge", .text, required: true), Column("auth_time", .integer, required: true), Column("expires_at", .integer, required: true),
            Column("used_at", .integer),
        ], isClustered: true))

private let tokens: SchemaStep = .createTable(
    Table(
        "oauth_tokens",
        columns: [
            Column("hash", .blob, required: true), Column("kind", .text, required: true), Column("family", .text, required: true), Column("client", .integer, required: true),
            Column("user_id", .integer), Column("session", .text), Column("scope", .text, required: true), Column("auth_time", .integer, required: true),
            Column("created_at", .integer, required: true), Column("expires_at", .integer, required: true), Column("used_at", .integer), Column("revoked_at", .integer),
        ],
        indexes: [Index("hash", unique: true), Index("family"), Index("client", "user_id"), Index("expires_at")]))

private let consents: SchemaStep = .createTable(
    Table(
        "oauth_consents", key: ["user_id", "client"],
        columns: [
            Column("user_id", .integer, required: true), Column("client", .integer, required: true), Column("scope", .text, required: true), Column("at", .integer, required: true),
        ], isClustered: true))

private let devices: SchemaStep = .createTable(
    Table(
        "oauth_devices", key: ["device_hash"],
        columns: [
            Column("device_hash", .blob, required: true), Column("user_code", .text, required: true), Column("client", .integer, required: true),
            Column("scope", .text, required: true),
            Column("user_id", .integer), Column("session", .text), Column("state", .text, required: true), Column("expires_at", .integer, required: true),
            Column("polled_at", .integer),
        ],
        indexes: [Index("user_code", unique: true)], isClustered: true))

private let keys: SchemaStep = .createTable(
    Table(
        "signing_keys",
        columns: [
            Column("kid", .text, required: true), Column("algorithm", .text, required: true), Column("sealed", .text, required: true),
            Column("created_at", .integer, required: true),
            Column("retired_at", .integer),
        ],
        indexes: [Index("kid", unique: true)]))
