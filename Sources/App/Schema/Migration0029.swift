import Storage

/// Sums of passes that wait for the roll-ups; shipped, never changes.
let migration0029 = Migration(
    "0029-waiting-sums",
    [.createTable(Table("pass_sums", columns: [Column("id", .integer, required: true), Column("body", .text, required: true)]))])
