import Storage

/// Entry by authorisation; shipped, never changes.
let migration0022 = Migration(
    "0022-entry-authorisations", [.addColumn(table: "enterprise", Column("needs_authorisation", .integer)), authorisations, checks])

private let authorisations: SchemaStep = .createTable(
    Table(
        "entry_authorisation",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("plate_no", .text),
            Column("plate_color", .text),
            Column("gate_nos", .text),
            Column("valid_from", .integer),
            Column("valid_until", .integer),
            Column("purpose", .text),
            Column("driver", .text),
            Column("driver_id_card", .text),
            Column("driver_phone", .text),
            Column("driver_photo", .text),
            Column("cargo", .text),
        ],
        indexes: [
            Index("org", "plate_no", "plate_color", "valid_from", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("plate_no", "id", where: "deleted_at IS NULL"),
            Index("valid_from", "id", where: "deleted_at IS NULL"),
            Index("valid_until", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let checks: SchemaStep = .createTable(
    Table(
        "entry_check",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("checked_at", .integer),
            Column("plate_no", .text),
            Column("plate_color", .text),
            Column("authorisation", .integer),
            Column("person", .text),
            Column("cargo", .text),
            Column("outcome", .text),
            Column("reasons", .text),
            Column("guard", .text),
            Column("note", .text),
        ],
        indexes: [
            Index("org", "checked_at"),
            Index("area", "checked_at", "id", where: "deleted_at IS NULL"),
            Index("checked_at", "id", where: "deleted_at IS NULL"),
        ]
    ))
