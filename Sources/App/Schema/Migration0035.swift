import Storage

/// What the roles of domains were given already; shipped, never changes.
let migration0035 = Migration(
    "0035-feature-roles",
    [
        .createTable(
            Table(
                "feature_role_grants", key: ["role", "permission"], columns: [Column("role", .text, required: true), Column("permission", .text, required: true)],
                isClustered: true))
    ])
