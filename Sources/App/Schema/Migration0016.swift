import Storage

/// Filings by owners; shipped, never changes.
let migration0016 = Migration(
    "0016-owner-filings",
    [
        .addColumn(table: "registered_vehicle", Column("owner_phone", .text)),
        .addColumn(table: "registered_vehicle", Column("filed_by", .text)),
    ])
