import Storage

/// Part 3 of migration 0001; shipped, never changes.
let migration0001Part3: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "camera",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("camera_no", .text),
            Column("gate_no", .text),
            Column("scene", .text),
            Column("channel_no", .text),
            Column("record_days", .integer),
        ],
        indexes: [
            Index("org", "camera_no", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "maintenance_unit",
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
            Column("credit_code", .text),
            Column("contact", .text),
            Column("phone", .text),
            Column("accreditation_no", .text),
            Column("state", .text),
            Column("valid_to", .integer),
            Column("opinion", .text),
        ],
        indexes: [
            Index("name", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "gate_pass",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("passed_at", .integer),
            Column("plate_no", .text),
            Column("plate_color", .text),
            Column("direction", .text),
            Column("gate_no", .text),
            Column("barrier_no", .text),
            Column("lane_no", .text),
            Column("serial_no", .integer),
            Column("started_at", .integer),
            Column("ended_at", .integer),
            Column("barrier_action", .text),
            Column("lift_reason", .text),
            Column("source", .text),
            Column("operator", .text),
            Column("reason", .text),
            Column("confidence", .real),
            Column("industry", .text),
            Column("vehicle_type", .text),
            Column("vehicle_class", .text),
            Column("fuel", .text),
            Column("emission_stage", .text),
            Column("stage_basis", .text),
            Column("vin", .text),
            Column("engine_no", .text),
            Column("registered_on", .integer),
            Column("model", .text),
            Column("use_nature", .text),
            Column("owner", .text),
            Column("networked", .text),
            Column("cargo_name", .text),
            Column("cargo_tonnes", .real),
            Column("measured_by", .text),
            Column("head_photo", .text),
            Column("body_photo", .text),
            Column("plate_photo", .text),
            Column("document_photo", .text),
            Column("video_camera", .text),
            Column("video_from", .integer),
            Column("video_to", .integer),
            Column("verdict", .text),
            Column("findings", .text),
            Column("warning_level", .text),
            Column("strategy_id", .integer),
            Column("strategy_version", .integer),
            Column("list_version", .integer),
            Column("rule_version", .integer),
            Column("filing_id", .integer),
            Column("facts", .text),
            Column("received_at", .integer),
            Column("pair_id", .integer),
            Column("digest", .text),
        ],
        indexes: [
            Index("org", "gate_no", "serial_no", unique: true),
            Index("plate_no", "passed_at"),
            Index("org", "passed_at"),
            Index("area", "passed_at"),
            Index("passed_at"),
            Index("org", "plate_no", where: "direction = '1' AND pair_id IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "registered_vehicle",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("plate_no", .text),
            Column("plate_color", .text),
            Column("vin", .text),
            Column("engine_no", .text),
            Column("registered_on", .integer),
            Column("model", .text),
            Column("vehicle_type", .text),
            Column("vehicle_class", .text),
            Column("use_nature", .text),
            Column("owner", .text),
            Column("fuel", .text),
            Column("emission_stage", .text),
            Column("stage_basis", .text),
            Column("stage_evidence", .text),
            Column("networked", .text),
            Column("licence_photo", .text),
            Column("manifest_photo", .text),
            Column("filing_state", .text),
            Column("filing_opinion", .text),
            Column("last_pass_at", .integer),
        ],
        indexes: [
            Index("plate_no", "plate_color"),
            Index("vin"),
            Index("model", "registered_on"),
            Index("org", "plate_no", "plate_color", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("plate_no", "id", where: "deleted_at IS NULL"),
            Index("registered_on", "id", where: "deleted_at IS NULL"),
            Index("last_pass_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "on_site_vehicle",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("registration_code", .text),
            Column("plate_no", .text),
            Column("vin", .text),
            Column("registered_on", .integer),
            Column("manufactured_on", .integer),
            Column("model", .text),
            Column("engine_no", .text),
            Column("fuel", .text),
            Column("emission_stage", .text),
            Column("networked", .text),
            Column("owner", .text),
            Column("in_use", .integer),
            Column("licence_photo", .text),
            Column("manifest_photo", .text),
            Column("vehicle_photo", .text),
        ],
        indexes: [
            Index("org", "registration_code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "non_road_machine",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("registration_code", .text),
            Column("machine_type", .text),
            Column("machine_model", .text),
            Column("machine_code", .text),
            Column("plate_no", .text),
            Column("manufactured_on", .integer),
            Column("manufacturer", .text),
            Column("fuel", .text),
            Column("emission_stage", .text),
            Column("engine_model", .text),
            Column("engine_no", .text),
            Column("engine_manufacturer", .text),
            Column("engine_power", .real),
            Column("disclosure_no", .text),
            Column("owner", .text),
            Column("entered_on", .integer),
            Column("in_use", .integer),
            Column("machine_plate_photo", .text),
            Column("engine_plate_photo", .text),
            Column("label_photo", .text),
            Column("machine_photo", .text),
        ],
        indexes: [
            Index("org", "registration_code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "internal_vehicle",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("plate_no", .text),
            Column("plate_color", .text),
            Column("owner", .text),
            Column("department", .text),
            Column("valid_until", .integer),
        ],
        indexes: [
            Index("org", "plate_no", "plate_color"),
            Index("org", "plate_no", "plate_color", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("valid_until", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "vehicle_model",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("model", .text),
            Column("manufacturer", .text),
            Column("fuel", .text),
            Column("emission_stage", .text),
            Column("approved_on", .integer),
        ],
        indexes: [
            Index("model", "approved_on"),
            Index("model", "approved_on", "emission_stage", unique: true, where: "deleted_at IS NULL"),
            Index("approved_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "material_movement",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("weighed_at", .integer),
            Column("plate_no", .text),
            Column("direction", .text),
            Column("goods_name", .text),
            Column("gross_tonnes", .real),
            Column("tare_tonnes", .real),
            Column("net_tonnes", .real),
            Column("measured_by", .text),
            Column("pass_id", .integer),
        ],
        indexes: [
            Index("org", "weighed_at"),
            Index("area", "weighed_at", "id", where: "deleted_at IS NULL"),
            Index("weighed_at", "id", where: "deleted_at IS NULL"),
            Index("plate_no", "id", where: "deleted_at IS NULL"),
            Index("goods_name", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "excess_emission_entry",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("plate_no", .text),
            Column("plate_color", .text),
            Column("vin", .text),
            Column("list_kind", .text),
            Column("authority", .text),
            Column("basis", .text),
            Column("recognized_at", .integer),
            Column("state", .text),
            Column("released_at", .integer),
            Column("release_basis", .text),
            Column("list_version", .integer),
        ],
        indexes: [
            Index("plate_no", "plate_color"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("recognized_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "control_strategy",
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
            Column("level", .text),
            Column("enterprise", .integer),
            Column("industry", .text),
            Column("county", .text),
            Column("grades", .text),
            Column("target", .text),
            Column("stops_all", .integer),
            Column("minimum_stage", .text),
            Column("banned_fuels", .text),
            Column("vehicle_groups", .text),
            Column("allows_new_energy", .integer),
            Column("daily_trip_cap", .integer),
            Column("daily_tonnes_cap", .real),
            Column("windows", .text),
            Column("exempt_classes", .text),
            Column("exempt_plates", .text),
            Column("measures", .text),
            Column("valid_from", .integer),
            Column("valid_to", .integer),
            Column("strategy_version", .integer),
            Column("state", .text),
        ],
        indexes: [
            Index("org", "level", "id", where: "deleted_at IS NULL"),
            Index("area", "level", "id", where: "deleted_at IS NULL"),
            Index("level", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "warning_period",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("level", .text),
            Column("counties", .text),
            Column("starts_at", .integer),
            Column("ends_at", .integer),
            Column("basis", .text),
        ],
        indexes: [
            Index("org", "starts_at", "id", where: "deleted_at IS NULL"),
            Index("area", "starts_at", "id", where: "deleted_at IS NULL"),
            Index("starts_at", "id", where: "deleted_at IS NULL"),
            Index("ends_at", "id", where: "deleted_at IS NULL"),
        ]
    ))
