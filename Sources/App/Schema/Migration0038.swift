import Storage

/// Tenants, configuration, limits on grants, heartbeat of registered computers (B5.2.1, D17.2.2, A-25); shipped, never changes.
let migration0038 = Migration(
    "0038-tenants",
    [
        .addColumn(table: "terminals", Column("alive_at", .integer)),
        .addColumn(table: "terminals", Column("lost_at", .integer)),
        .createTable(
            Table(
                "tenants",
                columns: [
                    Column("name", .text, required: true), Column("organisation", .integer, required: true), Column("edition", .text, required: true),
                    Column("user_quota", .integer, required: true), Column("organisation_quota", .integer, required: true), Column("state", .text, required: true),
                    Column("purpose", .text, required: true), Column("contact", .text, required: true), Column("applied_by", .integer, required: true),
                    Column("applied_by_name", .text, required: true), Column("applied_at", .integer, required: true), Column("reviewed_by_name", .text, required: true),
                    Column("reviewed_at", .integer), Column("opinion", .text, required: true), Column("wanted_edition", .text), Column("wanted_users", .integer),
                    Column("wanted_organisations", .integer), Column("wanted_reason", .text), Column("wanted_by", .integer), Column("wanted_by_name", .text),
                    Column("updated_at", .integer, required: true),
                ],
                indexes: [Index("organisation"), Index("state", "id")])),
        .createTable(
            Table(
                "tenant_events",
                columns: [
                    Column("tenant_id", .integer, required: true), Column("at", .integer, required: true), Column("act", .text, required: true),
                    Column("note", .text, required: true), Column("by_name", .text, required: true),
                ], indexes: [Index("tenant_id", "id")])),
        .createTable(
            Table(
                "grant_limits",
                columns: [
                    Column("subject", .text, required: true), Column("subject_id", .integer, required: true), Column("resource", .text, required: true),
                    Column("target", .text, required: true), Column("from_day", .text), Column("until_day", .text), Column("months", .text, required: true),
                    Column("month_days", .text, required: true), Column("weekdays", .text, required: true), Column("from_minute", .integer, required: true),
                    Column("to_minute", .integer, required: true), Column("networks", .text, required: true), Column("reason", .text, required: true),
                    Column("state", .text, required: true), Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
                ], indexes: [Index("subject", "subject_id"), Index("target", "id")])),
        .createTable(
            Table(
                "configuration_items",
                columns: [
                    Column("name", .text, required: true), Column("title", .text, required: true), Column("kind", .text, required: true),
                    Column("choices", .text, required: true), Column("value", .text, required: true), Column("is_open", .integer, required: true),
                    Column("note", .text, required: true), Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
                ], indexes: [Index("name", unique: true)])),
        .createTable(
            Table(
                "configuration_values", key: ["item_id", "tenant_id"],
                columns: [
                    Column("item_id", .integer, required: true), Column("tenant_id", .integer, required: true), Column("value", .text, required: true),
                    Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
                ], indexes: [Index("tenant_id")], isClustered: true)),
    ])
