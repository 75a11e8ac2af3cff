import Kernel
import Storage

/// The schema of identity and audit, for the program's first migration.
package enum IdentityTables {
    package static let all: [Table] =
        [
            audit, organisations, users, roles, permissions, rolePermissions, userRoles, sessions, loginAttempts, settings, passwordHistory, loginChallenges, temporaryGrants,
            accessReviews, auditCheckpoints,
        ] + ApplicationTables.all + SignInTables.all + DualTables.all + UnitTables.all + GridTables.all + GroupTables.all + [RegistrationTables.registrations]
        + [OrganisationKinds.table, GrantLimits.table, PermissionBounds.table, BlockTables.blocks] + TenantTables.all + IntegrityTables.all + AuditArchives.tables

    static let audit = Table(
        "audit",
        columns: [
            Column("at", .integer, required: true), Column("day", .integer, required: true), Column("actor_kind", .text, required: true),
            Column("actor_id", .integer, required: true),
            Column("actor", .text, required: true), Column("org", .integer), Column("area", .text), Column("address", .text, required: true),
            Column("action", .text, required: true),
            Column("object_kind", .text, required: true), Column("object_id", .text, required: true), Column("summary", .text, required: true), Column("details", .text),
            Column("previous_hash", .blob, required: true), Column("hash", .blob, required: true),
        ],
        indexes: [Index("day", "id"), Index("actor_id", "day", "id"), Index("object_kind", "object_id", "day", "id")], partitionedBy: "at")

    static let organisations = Table(
        "organisations",
        columns: [
            Column("parent", .integer), Column("kind", .text, required: true), Column("code", .text, required: true), Column("name", .text, required: true),
            Column("area", .text, required: true), Column("path", .text, required: true), Column("state", .text, required: true), Column("created_at", .integer, required: true),
            Column("updated_at", .integer, required: true), Column("category", .integer),
        ],
        indexes: [Index("code", unique: true), Index("parent"), Index("path"), Index("area", "id"), Index("category", where: "category IS NOT NULL")])

    static let users = Table(
        "users",
        columns: [
            Column("login", .text, required: true), Column("name", .text, required: true), Column("phone", .text), Column("organisation", .integer, required: true),
            Column("area", .text, required: true), Column("password_hash", .text, required: true), Column("password_changed_at", .integer, required: true),
            Column("must_change", .integer, required: true), Column("state", .text, required: true), Column("failed_count", .integer, required: true),
            Column("locked_until", .integer),
            Column("last_login_at", .integer), Column("last_login_address", .text), Column("created_at", .integer, required: true), Column("updated_at", .integer, required: true),
            Column("expires_at", .integer), Column("totp_secret", .text), Column("totp_enabled_at", .integer), Column("totp_step", .integer), Column("recovery_codes", .text),
            Column("left_at", .integer), Column("successor", .integer), Column("person", .integer),
        ],
        indexes: [Index("login", unique: true), Index("organisation", "id"), Index("area", "id"), Index("person", where: "person IS NOT NULL")])

    static let roles = Table(
        "roles",
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("scope", .text, required: true), Column("kinds", .text, required: true),
            Column("is_built_in", .integer, required: true),
        ],
        indexes: [Index("name", unique: true)])

    static let permissions = Table(
        "permissions", key: ["name"],
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("area", .text, required: true), Column("default_roles", .text, required: true),
            Column("is_declared", .integer, required: true),
        ], isClustered: true)

    static let rolePermissions = Table(
        "role_permissions", key: ["role_id", "permission"], columns: [Column("role_id", .integer, required: true), Column("permission", .text, required: true)], isClustered: true)

    /// What a person may be; `is_direct` 0 is what only the person's groups give.
    static let userRoles = Table(
        "user_roles", key: ["user_id", "role_id"],
        columns: [
            Column("user_id", .integer, required: true), Column("role_id", .integer, required: true), Column("is_direct", .integer, required: true, fallback: .int(1)),
        ], indexes: [Index("role_id")], isClustered: true)

    /// `unit_id`: the unit in whose post the person acts there; NULL for the account's own roles.
    static let sessions = Table(
        "sessions",
        columns: [
            Column("token_hash", .blob, required: true), Column("user_id", .integer, required: true), Column("created_at", .integer, required: true),
            Column("last_seen_at", .integer, required: true), Column("expires_at", .integer, required: true), Column("address", .text, required: true),
            Column("agent", .text, required: true), Column("confirmed_at", .integer), Column("marks", .text),
            Column("method", .text, required: true, fallback: .text("password")), Column("terminal_id", .integer), Column("certificate_id", .integer),
            Column("unit_id", .integer),
        ],
        indexes: [Index("token_hash", unique: true), Index("user_id")])

    /// What administrators set, one row a matter, as JSON.
    static let settings = Table(
        "identity_settings", key: ["name"],
        columns: [
            Column("name", .text, required: true), Column("value", .text, required: true), Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true),
        ], isClustered: true)

    /// Hashes of passwords that were replaced, as many as the policy remembers.
    static let passwordHistory = Table(
        "password_history", columns: [Column("user_id", .integer, required: true), Column("at", .integer, required: true), Column("hash", .text, required: true)],
        indexes: [Index("user_id", "id")])

    /// A role for a time; ends by itself. Rows stay as the record of it.
    static let temporaryGrants = Table(
        "temporary_grants",
        columns: [
            Column("user_id", .integer, required: true), Column("role_id", .integer, required: true), Column("from_at", .integer, required: true),
            Column("until_at", .integer, required: true), Column("reason", .text, required: true), Column("granted_by", .integer, required: true),
            Column("granted_by_name", .text, required: true), Column("created_at", .integer, required: true), Column("revoked_at", .integer),
        ],
        indexes: [Index("user_id", "until_at"), Index("until_at")])

    /// One row is one person's permissions looked through in one year.
    static let accessReviews = Table(
        "access_reviews",
        columns: [
            Column("year", .integer, required: true), Column("user_id", .integer, required: true), Column("verdict", .text, required: true), Column("roles", .text, required: true),
            Column("note", .text), Column("reviewed_by", .integer, required: true), Column("reviewed_by_name", .text, required: true),
            Column("reviewed_at", .integer, required: true),
        ],
        indexes: [Index("year", "user_id", unique: true)])

    /// The book's state at a moment, signed; `is_base` where retention took everything up to it.
    static let auditCheckpoints = Table(
        "audit_checkpoints",
        columns: [
            Column("at", .integer, required: true), Column("audit_id", .integer, required: true), Column("hash", .blob, required: true), Column("signature", .blob, required: true),
            Column("is_base", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [Index("audit_id", unique: true)])

    static let loginChallenges = Table(
        "login_challenges", key: ["id"],
        columns: [Column("id", .text, required: true), Column("answer", .text, required: true), Column("expires_at", .integer, required: true)], isClustered: true)

    /// `outcome`: `pending` while the password is being checked, then `failed` or `accepted`.
    static let loginAttempts = Table(
        "login_attempts",
        columns: [
            Column("at", .integer, required: true), Column("login", .text, required: true), Column("address", .text, required: true), Column("outcome", .text, required: true),
        ],
        indexes: [Index("login", "at"), Index("address", "at")])
}
