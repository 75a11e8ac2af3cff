import Storage

/// Part 1 of migration 0046; shipped, never changes.
let migration0046Part1: [SchemaStep] = [step1]

private let step1: SchemaStep = .createTable(
    Table(
        "transport_equipment",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("name", .text),
            Column("code", .text),
            Column("kind", .text),
            Column("plate_no", .text),
            Column("item", .text),
            Column("last_inspected_on", .integer),
            Column("next_inspection_on", .integer),
            Column("inspector", .text),
            Column("in_use", .integer),
            Column("checked_on", .integer),
            Column("check_result", .text),
            Column("report", .text),
            Column("remark", .text),
        ],
        indexes: [
            Index("org", "code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "next_inspection_on", "id", where: "deleted_at IS NULL"),
            Index("area", "next_inspection_on", "id", where: "deleted_at IS NULL"),
            Index("next_inspection_on", "id", where: "deleted_at IS NULL"),
        ]
    ))
