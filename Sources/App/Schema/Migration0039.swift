import Storage

/// Modules of other systems, whose acts are granted here (B5.1.7); shipped, never changes.
let migration0039 = Migration(
    "0039-external-modules",
    [
        .createTable(
            Table(
                "external_modules",
                columns: [
                    Column("application", .integer, required: true), Column("application_name", .text, required: true), Column("code", .text, required: true),
                    Column("title", .text, required: true), Column("acts", .text, required: true), Column("updated_at", .integer, required: true),
                ], indexes: [Index("code", unique: true), Index("application")]))
    ])
