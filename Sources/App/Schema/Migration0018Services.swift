import Storage

/// Keys and cryptographic services; shipped, never changes.
let migration0018Services = Migration("0018b-cryptographic-services", [keys, usage, errors, quotas, stamps])

private let keys: SchemaStep = .createTable(
    Table(
        "security_keys",
        columns: [
            Column("name", .text, required: true), Column("title", .text, required: true), Column("generation", .integer, required: true), Column("purpose", .text, required: true),
            Column("state", .text, required: true), Column("secret", .text), Column("public_pem", .text), Column("certificate", .text),
            Column("fingerprint", .text, required: true),
            Column("made_at", .integer, required: true), Column("made_by", .integer, required: true), Column("made_by_name", .text, required: true),
            Column("active_from", .integer), Column("rotate_by", .integer), Column("ended_at", .integer), Column("asked_at", .integer), Column("asked_by", .integer),
            Column("asked_by_name", .text), Column("asked_reason", .text), Column("destroyed_at", .integer), Column("destroyed_by", .integer), Column("destroyed_by_name", .text),
            Column("backed_up_at", .integer), Column("custodian", .text),
        ],
        indexes: [Index("name", "generation", unique: true), Index("name", unique: true, where: "state = 'active'"), Index("fingerprint")]))

private let usage: SchemaStep = .createTable(
    Table(
        "crypto_usage", key: ["day", "caller", "operation"],
        columns: [
            Column("day", .integer, required: true), Column("caller", .text, required: true), Column("operation", .text, required: true),
            Column("caller_name", .text, required: true),
            Column("calls", .integer, required: true), Column("failures", .integer, required: true), Column("bytes", .integer, required: true),
        ], isClustered: true))

private let errors: SchemaStep = .createTable(
    Table(
        "crypto_errors",
        columns: [
            Column("at", .integer, required: true), Column("caller", .text, required: true), Column("caller_name", .text, required: true),
            Column("operation", .text, required: true),
            Column("code", .text, required: true), Column("message", .text, required: true), Column("address", .text, required: true),
        ], indexes: [Index("at"), Index("caller", "at")]))

private let quotas: SchemaStep = .createTable(
    Table(
        "crypto_quotas", key: ["caller"],
        columns: [
            Column("caller", .text, required: true), Column("caller_name", .text, required: true), Column("daily_calls", .integer, required: true),
            Column("updated_at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true))

private let stamps: SchemaStep = .createTable(
    Table(
        "time_stamps",
        columns: [
            Column("at", .integer, required: true), Column("caller", .text, required: true), Column("caller_name", .text, required: true), Column("subject", .text, required: true),
            Column("imprint", .text, required: true), Column("key_id", .integer, required: true), Column("answer", .blob),
        ], indexes: [Index("imprint"), Index("at")]))
