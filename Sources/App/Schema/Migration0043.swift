import Storage

/// Subjects are found by an identity number (B2.1.11.1); shipped, never changes.
let migration0043 = Migration("0043-subject-id-card", [.addColumn(table: "transport_subject", Column("id_card", .text))])
