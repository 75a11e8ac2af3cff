import Storage

/// Data services; shipped, never changes.
let migration0012Services = Migration("0012-services", [services, applications, grants, blocks, usage, calls])

private let services: SchemaStep = .createTable(
    Table(
        "data_services",
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("category", .text, required: true), Column("details", .text, required: true),
            Column("level", .text, required: true), Column("ledger", .text, required: true), Column("body", .text, required: true), Column("state", .text, required: true),
            Column("scope", .text, required: true), Column("org", .integer), Column("area", .text), Column("version", .integer, required: true),
            Column("updated_at", .integer, required: true), Column("updated_by", .integer, required: true), Column("updated_by_name", .text, required: true),
        ],
        indexes: [Index("name", unique: true), Index("state", "id")]))

private let applications: SchemaStep = .createTable(
    Table(
        "data_applications",
        columns: [
            Column("name", .text, required: true), Column("app_key", .text, required: true), Column("secret", .blob, required: true), Column("contact", .text, required: true),
            Column("org", .integer), Column("area", .text), Column("addresses", .text, required: true), Column("state", .text, required: true),
            Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
        ],
        indexes: [Index("app_key", unique: true), Index("org", "id")]))

private let grants: SchemaStep = .createTable(
    Table(
        "data_grants",
        columns: [
            Column("service_id", .integer, required: true), Column("application_id", .integer, required: true), Column("state", .text, required: true),
            Column("purpose", .text, required: true), Column("daily_limit", .integer, required: true), Column("minute_limit", .integer, required: true),
            Column("valid_until", .integer), Column("case_id", .integer), Column("at", .integer, required: true), Column("by_name", .text, required: true),
            Column("decided_at", .integer), Column("decided_by", .text),
        ],
        indexes: [Index("service_id", "application_id", unique: true, where: "state IN ('applied', 'approved')"), Index("application_id", "id"), Index("case_id")]))

private let blocks: SchemaStep = .createTable(
    Table(
        "data_blocks",
        columns: [
            Column("address", .text, required: true), Column("reason", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ],
        indexes: [Index("address", unique: true)]))

private let usage: SchemaStep = .createTable(
    Table(
        "data_usage", key: ["grant_id", "day"],
        columns: [
            Column("grant_id", .integer, required: true), Column("day", .integer, required: true), Column("calls", .integer, required: true),
            Column("rows", .integer, required: true),
        ], isClustered: true))

private let calls: SchemaStep = .createTable(
    Table(
        "data_calls",
        columns: [
            Column("at", .integer, required: true), Column("service", .text, required: true), Column("app_key", .text), Column("application", .text),
            Column("address", .text, required: true),
            Column("status", .integer, required: true), Column("code", .text), Column("rows", .integer, required: true), Column("milliseconds", .integer, required: true),
            Column("query", .text, required: true), Column("org", .integer), Column("area", .text),
        ],
        indexes: [Index("at"), Index("service", "id"), Index("app_key", "id"), Index("status", "id")]))
