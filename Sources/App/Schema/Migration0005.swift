import Storage

/// Rules for signing in, the second factor, leaving; shipped, never changes.
let migration0005 = Migration(
    "0005-sign-in",
    [
        userExpiry, userSecret, userSecretSince, userStep, userRecovery, userLeft, userSuccessor, sessionConfirmed, sessionMarks, settings, passwordHistory, loginChallenges,
    ])

private let userExpiry: SchemaStep = .addColumn(table: "users", Column("expires_at", .integer))
private let userSecret: SchemaStep = .addColumn(table: "users", Column("totp_secret", .text))
private let userSecretSince: SchemaStep = .addColumn(table: "users", Column("totp_enabled_at", .integer))
private let userStep: SchemaStep = .addColumn(table: "users", Column("totp_step", .integer))
private let userRecovery: SchemaStep = .addColumn(table: "users", Column("recovery_codes", .text))
private let userLeft: SchemaStep = .addColumn(table: "users", Column("left_at", .integer))
private let userSuccessor: SchemaStep = .addColumn(table: "users", Column("successor", .integer))
private let sessionConfirmed: SchemaStep = .addColumn(table: "sessions", Column("confirmed_at", .integer))
private let sessionMarks: SchemaStep = .addColumn(table: "sessions", Column("marks", .text))

private let settings: SchemaStep = .createTable(
    Table(
        "identity_settings", key: ["name"],
        columns: [
            Column("name", .text, required: true), Column("value", .text, required: true), Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true),
        ], isClustered: true))

private let passwordHistory: SchemaStep = .createTable(
    Table(
        "password_history", columns: [Column("user_id", .integer, required: true), Column("at", .integer, required: true), Column("hash", .text, required: true)],
        indexes: [Index("user_id", "id")]))

private let loginChallenges: SchemaStep = .createTable(
    Table(
        "login_challenges", key: ["id"],
        columns: [Column("id", .text, required: true), Column("answer", .text, required: true), Column("expires_at", .integer, required: true)], isClustered: true))
