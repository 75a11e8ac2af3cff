import Storage

/// Filings that are evidence are found by model without reading the others; large ledgers are asked by sets of rows. Shipped; never changes.
let migration0004 = Migration("0004-facets", [dropModel, createModel, segments, members])

private let dropModel: SchemaStep = .dropIndex(table: "registered_vehicle", Index("model", "registered_on"))

private let createModel: SchemaStep = .createIndex(
    table: "registered_vehicle", Index("model", "registered_on", where: "filing_state = 'approved' AND emission_stage <> 'X' AND deleted_at IS NULL"))

private let segments: SchemaStep = .createTable(
    Table(
        "facet_segment", key: ["ledger", "segment"],
        columns: [
            Column("ledger", .text, required: true),
            Column("segment", .integer, required: true),
            Column("first_at", .integer, required: true),
            Column("last_at", .integer, required: true),
            Column("rows", .integer, required: true),
        ], isClustered: true))

private let members: SchemaStep = .createTable(
    Table(
        "facet_member", key: ["ledger", "field", "value", "segment"],
        columns: [
            Column("ledger", .text, required: true),
            Column("field", .text, required: true),
            Column("value", .text, required: true),
            Column("segment", .integer, required: true),
            Column("members", .blob, required: true),
        ], isClustered: true))
