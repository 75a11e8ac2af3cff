import Storage

/// Shipped; never changes. What maintenance units apply with, a second look of photos, weighings beside their passes, what retention took away.
let migration0003 = Migration(
    "0003-mobile-sources-duties", [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12, step13, step14])

private let step1: SchemaStep = .addColumn(table: "photos", Column("detail", .blob))

private let step2: SchemaStep = .addColumn(table: "maintenance_unit", Column("remarks", .text))

private let step3: SchemaStep = .addColumn(table: "maintenance_unit", Column("asked_for", .text))

private let step4: SchemaStep = .addColumn(table: "maintenance_unit", Column("materials", .text))

private let step5: SchemaStep = .addColumn(table: "maintenance_unit", Column("applied_at", .integer))

private let step6: SchemaStep = .addColumn(table: "maintenance_unit", Column("renewal_asked_at", .integer))

private let step7: SchemaStep = .addColumn(table: "material_movement", Column("match_state", .text))

private let step8: SchemaStep = .addColumn(table: "material_movement", Column("pass_tonnes", .real))

private let step9: SchemaStep = .addColumn(table: "material_movement", Column("difference_tonnes", .real))

private let step10: SchemaStep = .createIndex(table: "material_movement", Index("pass_id", where: "pass_id IS NOT NULL"))

private let step11: SchemaStep = .createIndex(table: "material_movement", Index("weighed_at", where: "match_state = 'pending' AND deleted_at IS NULL"))

private let step12: SchemaStep = .addColumn(table: "gate_state", Column("removed", .integer, required: true, fallback: .int(0)))

private let step13: SchemaStep = .createTable(
    Table(
        "retention_run",
        columns: [
            Column("id", .integer, required: true),
            Column("kind", .text, required: true),
            Column("cutoff", .integer, required: true),
            Column("started_at", .integer, required: true),
            Column("ended_at", .integer),
            Column("removed", .integer, required: true, fallback: .int(0)),
            Column("spared", .integer, required: true, fallback: .int(0)),
            Column("bytes", .integer, required: true, fallback: .int(0)),
            Column("state", .text, required: true),
        ]
    ))

/// Weighings that stand already are joined by the job.
private let step14: SchemaStep = .run("UPDATE material_movement SET match_state = 'pending' WHERE match_state IS NULL")
