import Storage

/// Part 2 of migration 0048; shipped, never changes.
let migration0048Part2: [SchemaStep] = [step1, step2, step3, step4]

private let step1: SchemaStep = .createIndex(table: "job_runs", Index("id", where: "state = 'queued'"))

private let step2: SchemaStep = .createTable(
    Table(
        "nodes",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("group_name", .text),
            Column("version", .text, required: true),
            Column("processors", .integer, required: true),
            Column("load", .real),
            Column("memory", .integer),
            Column("started_at", .integer, required: true),
            Column("seen_at", .integer, required: true),
            Column("stopped_at", .integer),
        ],
        isClustered: true
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "worker_groups",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("note", .text, required: true),
            Column("updated_at", .integer, required: true),
            Column("updated_by_name", .text, required: true),
        ],
        isClustered: true
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "job_groups",
        key: ["job"],
        columns: [
            Column("job", .text, required: true),
            Column("group_name", .text, required: true),
        ],
        isClustered: true
    ))
