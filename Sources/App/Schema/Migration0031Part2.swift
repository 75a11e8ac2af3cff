import Storage

/// Part 2 of migration 0031; shipped, never changes.
let migration0031Part2: [SchemaStep] = [step1, step2, step3, step4, step5, step6]

private let step1: SchemaStep = .createTable(
    Table(
        "responsible_unit",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("code", .text),
            Column("name", .text),
            Column("region", .text),
            Column("contact", .text),
            Column("phone", .text),
            Column("login", .text),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "code", "id", where: "deleted_at IS NULL"),
            Index("area", "code", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "problem_category",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("code", .text),
            Column("name", .text),
            Column("parent", .integer),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "problem_source",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("code", .text),
            Column("name", .text),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "appraisal_rule",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("code", .text),
            Column("name", .text),
            Column("cause", .text),
            Column("points", .real),
            Column("in_use", .integer),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
            Index("points", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "road_parameter",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("code", .text),
            Column("name", .text),
            Column("value", .real),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL")
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "road_tracks",
        key: ["patrol", "at"],
        columns: [
            Column("patrol", .integer, required: true),
            Column("at", .integer, required: true),
            Column("longitude", .real, required: true),
            Column("latitude", .real, required: true),
            Column("accuracy", .real),
        ],
        isClustered: true
    ))
