import Storage

/// What signing in by other ways than a password keeps.
enum SignInTables {
    static let all: [Table] = [terminals, certificates, tickets, providers, identities, revocationLists, revokedCertificates]

    /// One row is one person at one computer; the computer's cookie is known by its SHA-256.
    static let terminals = Table(
        "terminals",
        columns: [
            Column("user_id", .integer, required: true), Column("token_hash", .blob, required: true), Column("name", .text, required: true), Column("agent", .text, required: true),
            Column("address", .text, required: true), Column("state", .text, required: true), Column("note", .text), Column("requested_at", .integer, required: true),
            Column("decided_at", .integer), Column("decided_by", .integer), Column("decided_by_name", .text), Column("expires_at", .integer), Column("last_used_at", .integer),
            Column("alive_at", .integer), Column("lost_at", .integer),
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

    /// One row is the newest list of one authority (D17.6.7).
    static let revocationLists = Table(
        "revocation_lists",
        columns: [
            Column("issuer", .text, required: true), Column("authority_pem", .text, required: true), Column("made_at", .integer, required: true), Column("next_at", .integer),
            Column("entries", .integer, required: true), Column("taken_at", .integer, required: true), Column("taken_by_name", .text, required: true),
        ], indexes: [Index("issuer", unique: true)])

    static let revokedCertificates = Table(
        "revoked_certificates", key: ["list_id", "serial"],
        columns: [Column("list_id", .integer, required: true), Column("serial", .text, required: true), Column("revoked_at", .integer, required: true)], isClustered: true)

    /// One row is one account at another provider, linked with one of ours.
    static let identities = Table(
        "user_identities", key: ["provider", "subject"],
        columns: [
            Column("provider", .text, required: true), Column("subject", .text, required: true), Column("user_id", .integer, required: true),
            Column("title", .text, required: true),
            Column("linked_at", .integer, required: true), Column("last_used_at", .integer), Column("last_sid", .text),
        ],
        indexes: [Index("user_id"), Index("provider", "last_sid")], isClustered: true)

    /// One row is one other provider through which people may sign in; the secret sealed.
    static let providers = Table(
        "identity_providers",
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("issuer", .text, required: true), Column("client_id", .text, required: true),
            Column("secret", .text, required: true), Column("rule", .text, required: true), Column("login_claim", .text, required: true),
            Column("name_claim", .text, required: true),
            Column("gate_claim", .text, required: true), Column("gate_value", .text, required: true), Column("organisation", .integer), Column("role", .integer),
            Column("is_on", .integer, required: true), Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
        ],
        indexes: [Index("name", unique: true)])

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
