import Storage

/// Ledgers of security management; shipped, never changes.
let migration0018 = Migration(
    "0018-security",
    [
        securityCertificate, backupMedium, mediumMove, weakness, malwareIncident, deviceAdmission, personalDataRegistry, confidentialityRecord, securityPolicy, securityOrg,
        personnelSecurity, gradingRecord, cryptoAssessment, securityContingency, cryptoGovernance, securityAsset, supplyChainRecord, securityDevice,
    ])

private let securityCertificate: SchemaStep = .createTable(
    Table(
        "security_certificate",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("use", .text),
            Column("pem", .text),
            Column("subject", .text),
            Column("serial", .text),
            Column("issuer", .text),
            Column("algorithm", .text),
            Column("valid_from", .integer),
            Column("valid_to", .integer),
            Column("carrier", .text),
            Column("bound_to", .text),
            Column("state", .text),
            Column("ended_on", .integer),
            Column("remark", .text),
        ],
        indexes: [
            Index("serial", "issuer", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("valid_to", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let backupMedium: SchemaStep = .createTable(
    Table(
        "backup_medium",
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
            Column("kind", .text),
            Column("level", .text),
            Column("content", .text),
            Column("place", .text),
            Column("is_offsite", .integer),
            Column("keeper", .text),
            Column("counted_on", .integer),
            Column("count_by", .integer),
            Column("destroyed_on", .integer),
            Column("remark", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("count_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let mediumMove: SchemaStep = .createTable(
    Table(
        "medium_move",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("medium", .integer),
            Column("act", .text),
            Column("day", .integer),
            Column("person", .text),
            Column("witness", .text),
            Column("result", .text),
            Column("evidence", .text),
        ],
        indexes: [
            Index("org", "day", "id", where: "deleted_at IS NULL"),
            Index("area", "day", "id", where: "deleted_at IS NULL"),
            Index("day", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let weakness: SchemaStep = .createTable(
    Table(
        "weakness",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("reference", .text),
            Column("host", .text),
            Column("grade", .text),
            Column("scanner", .text),
            Column("found_on", .integer),
            Column("due_on", .integer),
            Column("state", .text),
            Column("solution", .text),
            Column("closed_on", .integer),
        ],
        indexes: [
            Index("host", "reference", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("grade", "id", where: "deleted_at IS NULL"),
            Index("found_on", "id", where: "deleted_at IS NULL"),
            Index("due_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let malwareIncident: SchemaStep = .createTable(
    Table(
        "malware_incident",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("at", .integer),
            Column("threat", .text),
            Column("host", .text),
            Column("file", .text),
            Column("sha256", .text),
            Column("engine", .text),
            Column("grade", .text),
            Column("act", .text),
            Column("source", .text),
            Column("summary", .text),
        ],
        indexes: [
            Index("org", "at", "id", where: "deleted_at IS NULL"),
            Index("area", "at", "id", where: "deleted_at IS NULL"),
            Index("at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let deviceAdmission: SchemaStep = .createTable(
    Table(
        "device_admission",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("at", .integer),
            Column("device", .text),
            Column("owner", .text),
            Column("purpose", .text),
            Column("scanner", .text),
            Column("is_clean", .integer),
            Column("checker", .text),
            Column("left_at", .integer),
        ],
        indexes: [
            Index("org", "at", "id", where: "deleted_at IS NULL"),
            Index("area", "at", "id", where: "deleted_at IS NULL"),
            Index("at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let personalDataRegistry: SchemaStep = .createTable(
    Table(
        "personal_data_registry",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("source", .text),
            Column("item", .text),
            Column("kind", .text),
            Column("is_sensitive", .integer),
            Column("subjects", .text),
            Column("purpose", .text),
            Column("basis", .text),
            Column("usage", .text),
            Column("kept_months", .integer),
            Column("roles", .text),
            Column("protection", .text),
            Column("is_necessary", .integer),
            Column("reviewed_on", .integer),
            Column("review_by", .integer),
        ],
        indexes: [
            Index("source", "item", unique: true, where: "deleted_at IS NULL"),
            Index("review_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let confidentialityRecord: SchemaStep = .createTable(
    Table(
        "confidentiality_record",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("kind", .text),
            Column("title", .text),
            Column("person", .text),
            Column("unit", .text),
            Column("level", .text),
            Column("signed_on", .integer),
            Column("valid_to", .integer),
            Column("content", .text),
            Column("decision", .text),
            Column("files", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("signed_on", "id", where: "deleted_at IS NULL"),
            Index("valid_to", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let securityPolicy: SchemaStep = .createTable(
    Table(
        "security_policy",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("number", .text),
            Column("revision", .text),
            Column("layer", .text),
            Column("level", .text),
            Column("range", .text),
            Column("keeper", .text),
            Column("state", .text),
            Column("issued_on", .integer),
            Column("review_by", .integer),
            Column("receipt", .text),
            Column("files", .text),
        ],
        indexes: [
            Index("number", "revision", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("issued_on", "id", where: "deleted_at IS NULL"),
            Index("review_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let securityOrg: SchemaStep = .createTable(
    Table(
        "security_org",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("kind", .text),
            Column("title", .text),
            Column("person", .text),
            Column("deputy", .text),
            Column("phone", .text),
            Column("duty", .text),
            Column("since", .integer),
            Column("rotate_by", .integer),
            Column("files", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("since", "id", where: "deleted_at IS NULL"),
            Index("rotate_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let personnelSecurity: SchemaStep = .createTable(
    Table(
        "personnel_security",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("person", .text),
            Column("login", .text),
            Column("post", .text),
            Column("kind", .text),
            Column("day", .integer),
            Column("result", .text),
            Column("valid_to", .integer),
            Column("files", .text),
        ],
        indexes: [
            Index("org", "day", "id", where: "deleted_at IS NULL"),
            Index("area", "day", "id", where: "deleted_at IS NULL"),
            Index("day", "id", where: "deleted_at IS NULL"),
            Index("valid_to", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let gradingRecord: SchemaStep = .createTable(
    Table(
        "grading_record",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("system", .text),
            Column("kind", .text),
            Column("grade", .integer),
            Column("day", .integer),
            Column("agency", .text),
            Column("number", .text),
            Column("score", .real),
            Column("high_risks", .integer),
            Column("conclusion", .text),
            Column("next_on", .integer),
            Column("attributes", .text),
            Column("files", .text),
        ],
        indexes: [
            Index("org", "day", "id", where: "deleted_at IS NULL"),
            Index("area", "day", "id", where: "deleted_at IS NULL"),
            Index("day", "id", where: "deleted_at IS NULL"),
            Index("score", "id", where: "deleted_at IS NULL"),
            Index("next_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let cryptoAssessment: SchemaStep = .createTable(
    Table(
        "crypto_assessment",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("year", .integer),
            Column("application", .text),
            Column("layer", .text),
            Column("unit", .text),
            Column("weight", .real),
            Column("score", .real),
            Column("is_high_risk", .integer),
            Column("gap", .text),
            Column("improvement", .text),
            Column("improve_by", .integer),
            Column("improved_on", .integer),
        ],
        indexes: [
            Index("year", "application", "layer", "unit", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("year", "id", where: "deleted_at IS NULL"),
            Index("improve_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let securityContingency: SchemaStep = .createTable(
    Table(
        "security_contingency",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("revision", .text),
            Column("event", .text),
            Column("trigger", .text),
            Column("handling", .text),
            Column("recovery", .text),
            Column("lessons", .text),
            Column("resources", .text),
            Column("trained_on", .integer),
            Column("drilled_on", .integer),
            Column("drill_by", .integer),
            Column("files", .text),
        ],
        indexes: [
            Index("title", "revision", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("drill_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let cryptoGovernance: SchemaStep = .createTable(
    Table(
        "crypto_governance",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("field", .text),
            Column("day", .integer),
            Column("keeper", .text),
            Column("content", .text),
            Column("is_severe", .integer),
            Column("assess_by", .integer),
            Column("closed_on", .integer),
            Column("files", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("day", "id", where: "deleted_at IS NULL"),
            Index("assess_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let securityAsset: SchemaStep = .createTable(
    Table(
        "security_asset",
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
            Column("title", .text),
            Column("kind", .text),
            Column("address", .text),
            Column("worth", .text),
            Column("zone", .text),
            Column("place", .text),
            Column("keeper", .text),
            Column("holder", .text),
            Column("configuration", .text),
            Column("bought_on", .integer),
            Column("warranty_to", .integer),
            Column("carry_out", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("warranty_to", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let supplyChainRecord: SchemaStep = .createTable(
    Table(
        "supply_chain_record",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("product", .text),
            Column("kind", .text),
            Column("supplier", .text),
            Column("certificate", .text),
            Column("certificate_to", .integer),
            Column("is_shortlisted", .integer),
            Column("decide_by", .integer),
            Column("package_hash", .text),
            Column("is_scanned", .integer),
            Column("is_separated", .integer),
            Column("acceptance", .text),
            Column("files", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("certificate_to", "id", where: "deleted_at IS NULL"),
            Index("decide_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let securityDevice: SchemaStep = .createTable(
    Table(
        "security_device",
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
            Column("title", .text),
            Column("kind", .text),
            Column("maker", .text),
            Column("release", .text),
            Column("address", .text),
            Column("zone", .text),
            Column("licences", .integer),
            Column("signatures_to", .integer),
            Column("maintained_to", .integer),
            Column("updated_on", .integer),
            Column("keeper", .text),
            Column("remark", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("signatures_to", "id", where: "deleted_at IS NULL"),
            Index("maintained_to", "id", where: "deleted_at IS NULL"),
        ]
    ))
