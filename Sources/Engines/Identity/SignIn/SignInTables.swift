import Storage

/// What signing in by other ways than a password keeps.
enum SignInTables {
    static let all: [Table] = [terminals, certificates, tickets]

    /// One row is one person at one computer; the computer's cookie is known by its SHA-256.
    static let terminals = Table(
        "terminals",
        columns: [
            Column("user_id", .integer, required: true), Column("token_hash", .blob, required: true), Column("name", .text, required: true), Column("agent", .text, required: true),
            Column("address", .text, required: true), Column("state", .text, required: true), Column("note", .text), Column("requested_at", .integer, required: true),
            Column("decided_at", .integer), Column("decided_by", .integer), Column("decided_by_name", .text), Column("expires_at", .integer), Column("last_used_at", .integer),
        ],
        indexes: [Index("user_id", "token_hash", unique: true), Index("state", "id")])

    /// One row is one certificate, or bare public key, with which a person may sign in.
    static let certificates = Table(
        "user_certificates",
        columns: [
            Column("user_id", .integer, required: true), Column("kind", .text, required: true), Column("title", .text, required: true),
            Column("fingerprint", .text, required: true),
            Column("algorithm", .text, required: true), Column("key_pem", .text, required: true), Column("issuer", .text, required: true), Column("serial", .text, required: true),
            Column("not_before", .integer), Column("not_after", .integer), Column("created_at", .integer, required: true), Column("created_by", .integer, required: true),
            Column("created_by_name", .text, required: true), Column("revoked_at", .integer), Column("last_used_at", .integer),
        ],
        indexes: [Index("fingerprint", unique: true, where: "revoked_at IS NULL"), Index("user_id", "id")])

    /// One row is one sign-in between its two steps: a square code on a screen, a code on its way by SMS, a challenge to be signed. `secret_hash` binds it to the browser that began.
    static let tickets = Table(
        "login_tickets", key: ["id"],
        columns: [
            Column("id", .text, required: true), Column("kind", .text, required: true), Column("secret_hash", .blob, required: true), Column("user_id", .integer),
            Column("answer", .text, required: true), Column("state", .text, required: true), Column("tries", .integer, required: true, fallback: .int(0)),
            Column("address", .text, required: true), Column("agent", .text, required: true), Column("created_at", .integer, required: true),
            Column("expires_at", .integer, required: true),
        ],
        indexes: [Index("kind", "user_id", "created_at"), Index("expires_at")], isClustered: true)
}
