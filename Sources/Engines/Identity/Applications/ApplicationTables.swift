import Storage

/// The schema of applications that sign people in through us, and of what was given to them.
enum ApplicationTables {
    static let all: [Table] = [applications, codes, tokens, consents, devices, keys, signOns]

    static let applications = Table(
        "oauth_clients",
        columns: [
            Column("client_id", .text, required: true), Column("name", .text, required: true), Column("kind", .text, required: true), Column("secret_hash", .text),
            Column("redirects", .text, required: true), Column("grants", .text, required: true), Column("scopes", .text, required: true),
            Column("algorithm", .text, required: true),
            Column("org", .integer, required: true), Column("area", .text), Column("purpose", .text, required: true), Column("state", .text, required: true),
            Column("applied_by", .integer, required: true), Column("applied_by_name", .text, required: true), Column("applied_at", .integer, required: true),
            Column("decided_by_name", .text), Column("decided_at", .integer), Column("opinion", .text), Column("backchannel_uri", .text), Column("frontchannel_uri", .text),
            Column("peer", .text), Column("networks", .text), Column("valid_until", .integer),
        ],
        indexes: [Index("client_id", unique: true), Index("org", "id"), Index("area", "id")])

    static let codes = Table(
        "oauth_codes", key: ["code_hash"],
        columns: [
            Column("code_hash", .blob, required: true), Column("client", .integer, required: true), Column("user_id", .integer, required: true),
            Column("session", .text, required: true), Column("family", .text, required: true), Column("redirect_uri", .text, required: true),
            Column("scope", .text, required: true),
            Column("nonce", .text), Column("challenge", .text, required: true), Column("auth_time", .integer, required: true), Column("expires_at", .integer, required: true),
            Column("used_at", .integer),
        ], isClustered: true)

    /// Access and refresh tokens; of the token only the SHA-256. `family` joins all that came of one consent, so that a replay ends them together.
    static let tokens = Table(
        "oauth_tokens",
        columns: [
            Column("hash", .blob, required: true), Column("kind", .text, required: true), Column("family", .text, required: true), Column("client", .integer, required: true),
            Column("user_id", .integer), Column("session", .text), Column("scope", .text, required: true), Column("auth_time", .integer, required: true),
            Column("created_at", .integer, required: true), Column("expires_at", .integer, required: true), Column("used_at", .integer), Column("revoked_at", .integer),
        ],
        indexes: [Index("hash", unique: true), Index("family"), Index("client", "user_id"), Index("expires_at")])

    static let consents = Table(
        "oauth_consents", key: ["user_id", "client"],
        columns: [
            Column("user_id", .integer, required: true), Column("client", .integer, required: true), Column("scope", .text, required: true), Column("at", .integer, required: true),
        ], isClustered: true)

    static let devices = Table(
        "oauth_devices", key: ["device_hash"],
        columns: [
            Column("device_hash", .blob, required: true), Column("user_code", .text, required: true), Column("client", .integer, required: true),
            Column("scope", .text, required: true),
            Column("user_id", .integer), Column("session", .text), Column("state", .text, required: true), Column("expires_at", .integer, required: true),
            Column("polled_at", .integer),
        ],
        indexes: [Index("user_code", unique: true)], isClustered: true)

    /// One row is one application into which one session signed somebody; when the session has ended the application is told.
    static let signOns = Table(
        "oauth_sign_ons",
        columns: [
            Column("client", .integer, required: true), Column("user_id", .integer, required: true), Column("session_hash", .blob, required: true),
            Column("sid", .text, required: true), Column("issuer", .text, required: true), Column("created_at", .integer, required: true),
            Column("attempts", .integer, required: true), Column("next_at", .integer, required: true), Column("done_at", .integer), Column("failure", .text),
        ],
        indexes: [Index("client", "session_hash", unique: true), Index("session_hash"), Index("next_at", where: "done_at IS NULL"), Index("created_at")])

    /// Keys that sign identity tokens; the private half sealed with the key ring.
    static let keys = Table(
        "signing_keys",
        columns: [
            Column("kid", .text, required: true), Column("algorithm", .text, required: true), Column("sealed", .text, required: true),
            Column("created_at", .integer, required: true),
            Column("retired_at", .integer),
        ],
        indexes: [Index("kid", unique: true)])
}
