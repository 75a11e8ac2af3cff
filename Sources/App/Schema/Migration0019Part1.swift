import Storage

/// Part 1 of migration 0019; shipped, never changes.
let migration0019Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "roadside_inspection",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("business_type", .text),
            Column("inspected_at", .integer),
            Column("place", .text),
            Column("officer", .text),
            Column("plate_no", .text),
            Column("plate_color", .text),
            Column("vin", .text),
            Column("emission_stage", .text),
            Column("result", .text),
            Column("smoke", .real),
            Column("nox", .integer),
            Column("fault_codes", .text),
            Column("penalty_ticket", .text),
            Column("location_lng", .real),
            Column("location_lat", .real),
            Column("front_photo", .text),
            Column("rear_photo", .text),
            Column("aftertreatment_photo", .text),
            Column("obd_photo", .text),
            Column("exhaust_photo", .text),
            Column("pushed", .integer),
        ],
        indexes: [
            Index("org", "inspected_at", "id", where: "deleted_at IS NULL"),
            Index("area", "inspected_at", "id", where: "deleted_at IS NULL"),
            Index("inspected_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "roadside_notice",
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
            Column("body", .text),
            Column("state", .text),
            Column("published_at", .integer),
            Column("attachments", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("published_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "project_record",
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
            Column("number", .text),
            Column("builder", .text),
            Column("contractor", .text),
            Column("leader", .text),
            Column("phone", .text),
            Column("investment", .real),
            Column("state", .text),
            Column("started_on", .integer),
            Column("planned_end", .integer),
            Column("ended_on", .integer),
            Column("summary", .text),
            Column("papers", .text),
        ],
        indexes: [
            Index("number", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("started_on", "id", where: "deleted_at IS NULL"),
            Index("planned_end", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "maintenance_contact",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("enterprise", .text),
            Column("contact", .text),
            Column("post", .text),
            Column("mobile", .text),
            Column("office_phone", .text),
            Column("systems", .text),
            Column("on_call", .integer),
        ],
        indexes: [
            Index("org", "contact", "mobile", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "notification_recipient",
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
            Column("kind", .text),
            Column("mobile", .text),
            Column("login", .text),
            Column("is_on", .integer),
            Column("watched", .text),
            Column("source", .text),
            Column("levels", .text),
            Column("enterprise", .integer),
        ],
        indexes: [
            Index("login", "kind", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "news_article",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("headline", .text),
            Column("kind", .text),
            Column("state", .text),
            Column("summary", .text),
            Column("body", .text),
            Column("link", .text),
            Column("author", .text),
            Column("published_at", .integer),
            Column("cover", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("published_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "knowledge_article",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("subject", .text),
            Column("kind", .text),
            Column("keywords", .text),
            Column("source", .text),
            Column("issued_on", .integer),
            Column("body", .text),
            Column("papers", .text),
        ],
        indexes: [
            Index("issued_on", "id", where: "deleted_at IS NULL")
        ]
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "release_record",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("release_name", .text),
            Column("notes", .text),
            Column("released_on", .integer),
            Column("leader", .text),
            Column("result", .text),
            Column("tells_users", .integer),
            Column("papers", .text),
        ],
        indexes: [
            Index("release_name", unique: true, where: "deleted_at IS NULL"),
            Index("released_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "system_inspection",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("item", .text),
            Column("parts", .text),
            Column("department", .text),
            Column("cycle", .text),
            Column("inspector", .text),
            Column("inspected_at", .integer),
            Column("result", .text),
            Column("summary", .text),
            Column("next_on", .integer),
            Column("papers", .text),
        ],
        indexes: [
            Index("inspected_at", "id", where: "deleted_at IS NULL"),
            Index("next_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "enterprise_licence",
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
            Column("kind", .text),
            Column("number", .text),
            Column("issuer", .text),
            Column("issued_on", .integer),
            Column("valid_until", .integer),
            Column("review", .text),
            Column("scan", .text),
            Column("remark", .text),
        ],
        indexes: [
            Index("org", "kind", "number", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("valid_until", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "person_certificate",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("holder", .text),
            Column("job_no", .text),
            Column("post", .text),
            Column("kind", .text),
            Column("certificate_no", .text),
            Column("category", .text),
            Column("issuer", .text),
            Column("issued_on", .integer),
            Column("valid_until", .integer),
            Column("phone", .text),
            Column("scan", .text),
        ],
        indexes: [
            Index("org", "certificate_no", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("valid_until", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "special_equipment",
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
            Column("model", .text),
            Column("place", .text),
            Column("in_major_hazard", .integer),
            Column("commissioned_on", .integer),
            Column("last_inspected_on", .integer),
            Column("next_inspection_on", .integer),
            Column("inspector", .text),
            Column("position_lng", .real),
            Column("position_lat", .real),
            Column("report", .text),
        ],
        indexes: [
            Index("org", "code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("next_inspection_on", "id", where: "deleted_at IS NULL"),
        ]
    ))
