import Storage

/// People and enterprises ask for an account by themselves (D9.2.7); shipped, never changes.
let migration0024 = Migration("0024-registrations", [registrations])

private let registrations: SchemaStep = .createTable(
    Table(
        "registrations",
        columns: [
            Column("number", .text, required: true), Column("kind", .text, required: true), Column("state", .text, required: true), Column("login", .text, required: true),
            Column("name", .text, required: true), Column("phone", .text, required: true), Column("code", .text, required: true), Column("company", .text, required: true),
            Column("org", .integer), Column("area", .text), Column("purpose", .text, required: true), Column("password_hash", .text), Column("address", .text, required: true),
            Column("at", .integer, required: true), Column("decided_at", .integer), Column("decided_by", .integer), Column("decided_by_name", .text), Column("reason", .text),
            Column("user_id", .integer),
        ],
        indexes: [Index("number", unique: true), Index("state", "id"), Index("area", "id"), Index("org", "id"), Index("address", "at")]))
