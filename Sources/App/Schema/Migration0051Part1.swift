import Storage

/// Part 1 of migration 0051; shipped, never changes.
let migration0051Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7]

private let step1: SchemaStep = .createTable(
    Table(
        "video_camera",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("number", .text),
            Column("name", .text),
            Column("device_name", .text),
            Column("kind", .text),
            Column("scene", .text),
            Column("source", .text),
            Column("use_state", .text),
            Column("plant", .text),
            Column("zone", .text),
            Column("place", .text),
            Column("position_lng", .real),
            Column("position_lat", .real),
            Column("direction", .text),
            Column("code", .text),
            Column("device_key", .text),
            Column("address", .text),
            Column("sub_address", .text),
            Column("watched", .integer),
            Column("hazard", .text),
            Column("points", .text),
            Column("tags", .text),
            Column("parameters", .text),
            Column("enabled_on", .integer),
            Column("ops_name", .text),
            Column("ops_phone", .text),
            Column("remarks", .text),
        ],
        indexes: [
            Index("org", "plant"),
            Index("number", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("enabled_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "camera_capture",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("camera", .integer),
            Column("camera_name", .text),
            Column("camera_number", .text),
            Column("taken_at", .integer),
            Column("reason", .text),
            Column("taken_by", .text),
            Column("alarm", .text),
            Column("note", .text),
            Column("sm3", .text),
            Column("picture", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("taken_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "camera_view",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("camera_name", .text),
            Column("camera", .integer),
            Column("viewer", .text),
            Column("viewer_unit", .text),
            Column("way", .text),
            Column("began_at", .integer),
            Column("ended_at", .integer),
            Column("start_millis", .integer),
            Column("result", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("began_at", "id", where: "deleted_at IS NULL"),
            Index("start_millis", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "camera_access",
        key: ["camera"],
        columns: [
            Column("camera", .integer, required: true),
            Column("login", .text, required: true),
            Column("secret", .text, required: true),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true),
        ],
        isClustered: true
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "camera_states",
        key: ["camera"],
        columns: [
            Column("camera", .integer, required: true),
            Column("online", .integer),
            Column("since", .integer, required: true),
            Column("checked_at", .integer, required: true),
            Column("seen_at", .integer),
            Column("reason", .text),
            Column("misses", .integer, required: true),
            Column("raised", .integer, required: true),
            Column("start_millis", .integer),
        ],
        isClustered: true
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "camera_walls",
        columns: [
            Column("owner", .integer, required: true),
            Column("owner_name", .text, required: true),
            Column("title", .text, required: true),
            Column("layout", .integer, required: true),
            Column("cameras", .text, required: true),
            Column("seconds", .integer, required: true),
            Column("everyone", .integer, required: true),
            Column("created_at", .integer, required: true),
        ],
        indexes: [
            Index("owner")
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "video_settings",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("value", .text, required: true),
        ],
        isClustered: true
    ))
