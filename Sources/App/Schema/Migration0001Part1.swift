import Storage

/// Part 1 of migration 0001; shipped, never changes.
let migration0001Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "audit",
        columns: [
            Column("at", .integer, required: true),
            Column("day", .integer, required: true),
            Column("actor_kind", .text, required: true),
            Column("actor_id", .integer, required: true),
            Column("actor", .text, required: true),
            Column("org", .integer),
            Column("area", .text),
            Column("address", .text, required: true),
            Column("action", .text, required: true),
            Column("object_kind", .text, required: true),
            Column("object_id", .text, required: true),
            Column("summary", .text, required: true),
            Column("details", .text),
            Column("previous_hash", .blob, required: true),
            Column("hash", .blob, required: true),
        ],
        indexes: [
            Index("day", "id"),
            Index("actor_id", "day", "id"),
            Index("object_kind", "object_id", "day", "id"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "organisations",
        columns: [
            Column("parent", .integer),
            Column("kind", .text, required: true),
            Column("code", .text, required: true),
            Column("name", .text, required: true),
            Column("area", .text, required: true),
            Column("path", .text, required: true),
            Column("state", .text, required: true),
            Column("created_at", .integer, required: true),
            Column("updated_at", .integer, required: true),
        ],
        indexes: [
            Index("code", unique: true),
            Index("parent"),
            Index("path"),
            Index("area", "id"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "users",
        columns: [
            Column("login", .text, required: true),
            Column("name", .text, required: true),
            Column("phone", .text),
            Column("organisation", .integer, required: true),
            Column("area", .text, required: true),
            Column("password_hash", .text, required: true),
            Column("password_changed_at", .integer, required: true),
            Column("must_change", .integer, required: true),
            Column("state", .text, required: true),
            Column("failed_count", .integer, required: true),
            Column("locked_until", .integer),
            Column("last_login_at", .integer),
            Column("last_login_address", .text),
            Column("created_at", .integer, required: true),
            Column("updated_at", .integer, required: true),
        ],
        indexes: [
            Index("login", unique: true),
            Index("organisation", "id"),
            Index("area", "id"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "roles",
        columns: [
            Column("name", .text, required: true),
            Column("title", .text, required: true),
            Column("scope", .text, required: true),
            Column("kinds", .text, required: true),
            Column("is_built_in", .integer, required: true),
        ],
        indexes: [
            Index("name", unique: true)
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "permissions",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("title", .text, required: true),
            Column("area", .text, required: true),
            Column("default_roles", .text, required: true),
            Column("is_declared", .integer, required: true),
        ],
        isClustered: true
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "role_permissions",
        key: ["role_id", "permission"],
        columns: [
            Column("role_id", .integer, required: true),
            Column("permission", .text, required: true),
        ],
        isClustered: true
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "user_roles",
        key: ["user_id", "role_id"],
        columns: [
            Column("user_id", .integer, required: true),
            Column("role_id", .integer, required: true),
        ],
        indexes: [
            Index("role_id")
        ],
        isClustered: true
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "sessions",
        columns: [
            Column("token_hash", .blob, required: true),
            Column("user_id", .integer, required: true),
            Column("created_at", .integer, required: true),
            Column("last_seen_at", .integer, required: true),
            Column("expires_at", .integer, required: true),
            Column("address", .text, required: true),
            Column("agent", .text, required: true),
        ],
        indexes: [
            Index("token_hash", unique: true),
            Index("user_id"),
        ]
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "login_attempts",
        columns: [
            Column("at", .integer, required: true),
            Column("login", .text, required: true),
            Column("address", .text, required: true),
            Column("outcome", .text, required: true),
        ],
        indexes: [
            Index("login", "at"),
            Index("address", "at"),
        ]
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "outbox",
        columns: [
            Column("topic", .text, required: true),
            Column("key", .text, required: true),
            Column("payload", .text, required: true),
            Column("created_at", .integer, required: true),
            Column("available_at", .integer, required: true),
            Column("attempts", .integer, required: true, fallback: .int(0)),
            Column("last_error", .text),
            Column("done_at", .integer),
            Column("dead_at", .integer),
        ],
        indexes: [
            Index("topic", "id", where: "done_at IS NULL AND dead_at IS NULL"),
            Index("topic", "key", "id", where: "attempts > 0 AND done_at IS NULL AND dead_at IS NULL"),
            Index("done_at", where: "done_at IS NOT NULL"),
            Index("dead_at", where: "dead_at IS NOT NULL"),
        ]
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "leases",
        key: ["name"],
        columns: [
            Column("name", .text),
            Column("node", .text, required: true),
            Column("term", .integer, required: true),
            Column("expires_at", .integer, required: true),
        ],
        isClustered: true
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "jobs",
        key: ["name"],
        columns: [
            Column("name", .text),
            Column("due_at", .integer, required: true),
            Column("requested_at", .integer),
        ],
        isClustered: true
    ))
