import Storage

/// Tables of this domain that are not ledgers: the running state of gates, roll-ups, hand-downs.
package enum GateTables {
    /// One row a gate: where its serials stand, how many of its passes retention took away, what its last heartbeat said.
    static let gateState = Table(
        "gate_state", key: ["org", "gate_no"],
        columns: [
            Column("org", .integer, required: true), Column("gate_no", .text, required: true), Column("first_serial", .integer), Column("last_serial", .integer),
            Column("received", .integer, required: true, fallback: .int(0)), Column("last_pass_at", .integer), Column("heartbeat_at", .integer), Column("barrier_state", .text),
            Column("reader_state", .text), Column("camera_state", .text), Column("reported_serial", .integer), Column("reported_today", .integer), Column("pending", .integer),
            Column("offline_since", .integer), counter("removed"),
        ], isClustered: true)

    /// One row a run of serials that have not come.
    static let serialGap = Table(
        "serial_gap",
        columns: [
            Column("id", .integer, required: true), Column("org", .integer, required: true), Column("gate_no", .text, required: true),
            Column("from_serial", .integer, required: true),
            Column("to_serial", .integer, required: true), Column("noticed_at", .integer, required: true), Column("alarmed_at", .integer),
        ], indexes: [Index("org", "gate_no", "from_serial"), Index("noticed_at")])

    /// One row a gate and business day: the counts behind transmission rate, data quality and the completeness proof.
    static let gateDaily = Table(
        "gate_daily", key: ["day", "org", "gate_no"],
        columns: [
            Column("day", .integer, required: true), Column("org", .integer, required: true), Column("gate_no", .text, required: true), Column("area", .text),
            counter("received"), counter("automatic"), counter("manual"), counter("backfilled"), counter("hand_lifts"), counter("refused"), counter("refused_lifted"),
            counter("with_photos"),
            counter("unknown_stage"), counter("flagged"), counter("duplicates"), counter("rejected"), counter("generated"), counter("heartbeats"),
        ], indexes: [Index("org", "day")], isClustered: true)

    /// Trips and tonnes per day, enterprise, stage, fuel, vehicle group, strategy, level and direction.
    static let passDaily = Table(
        "pass_daily", key: ["day", "org", "stage", "fuel", "vehicle_group", "strategy", "level", "direction"],
        columns: [
            Column("day", .integer, required: true), Column("org", .integer, required: true), Column("stage", .text, required: true), Column("fuel", .text, required: true),
            Column("vehicle_group", .text, required: true), Column("strategy", .integer, required: true), Column("level", .text, required: true),
            Column("direction", .text, required: true),
            Column("area", .text), Column("industry", .text), counter("trips"), Column("tonnes", .real, required: true, fallback: .real(0)), counter("refused"),
        ], indexes: [Index("org", "day")], isClustered: true)

    /// The same by month, county and industry, so that two years are a few thousand rows.
    static let passMonthly = Table(
        "pass_monthly", key: ["month", "area", "industry", "stage", "fuel", "vehicle_group", "level", "direction"],
        columns: [
            Column("month", .integer, required: true), Column("area", .text, required: true), Column("industry", .text, required: true), Column("stage", .text, required: true),
            Column("fuel", .text, required: true), Column("vehicle_group", .text, required: true), Column("level", .text, required: true),
            Column("direction", .text, required: true), counter("trips"),
            Column("tonnes", .real, required: true, fallback: .real(0)), counter("refused"),
        ], isClustered: true)

    /// The same by county, industry, stage and fuel alone, which is what is asked most: a day is some hundred rows, whatever passes.
    static let passDailyStage = Table(
        "pass_daily_stage", key: ["day", "area", "industry", "stage", "fuel"],
        columns: [
            Column("day", .integer, required: true), Column("area", .text, required: true), Column("industry", .text, required: true), Column("stage", .text, required: true),
            Column("fuel", .text, required: true), counter("trips"), Column("tonnes", .real, required: true, fallback: .real(0)), counter("refused"),
        ], isClustered: true)

    static let passMonthlyStage = Table(
        "pass_monthly_stage", key: ["month", "area", "industry", "stage", "fuel"],
        columns: [
            Column("month", .integer, required: true), Column("area", .text, required: true), Column("industry", .text, required: true), Column("stage", .text, required: true),
            Column("fuel", .text, required: true), counter("trips"), Column("tonnes", .real, required: true, fallback: .real(0)), counter("refused"),
        ], isClustered: true)

    /// Which vehicles were seen in a county in a month; a new row adds one to `plate_month_count`.
    static let plateMonth = Table(
        "plate_month", key: ["month", "area", "plate"],
        columns: [Column("month", .integer, required: true), Column("area", .text, required: true), Column("plate", .text, required: true)], isClustered: true)

    static let plateMonthCount = Table(
        "plate_month_count", key: ["month", "area"], columns: [Column("month", .integer, required: true), Column("area", .text, required: true), counter("plates")],
        isClustered: true)

    /// The first pass that used a photo; a second use is a finding.
    static let photoUse = Table("photo_use", key: ["sha256"], columns: [Column("sha256", .blob, required: true), Column("pass_id", .integer, required: true)], isClustered: true)

    /// Which recordings show which pass; the pass may come later.
    static let passClip = Table(
        "pass_clip", key: ["org", "gate_no", "serial_no", "sha256"],
        columns: [
            Column("org", .integer, required: true), Column("gate_no", .text, required: true), Column("serial_no", .integer, required: true),
            Column("sha256", .text, required: true), Column("camera_no", .text), Column("from_at", .integer), Column("to_at", .integer),
            Column("received_at", .integer, required: true),
        ], indexes: [Index("sha256")], isClustered: true)

    /// What is handed down to gates, in the order it became true (interfaces/gate.md Downlink).
    static let gateChange = Table(
        "gate_change",
        columns: [
            Column("id", .integer, required: true), Column("kind", .text, required: true), Column("object_id", .text, required: true), Column("version", .integer, required: true),
            Column("org", .integer), Column("effective_at", .integer, required: true), Column("body", .text, required: true), Column("created_at", .integer, required: true),
            Column("attempt", .integer, required: true, fallback: .int(1)),
        ], indexes: [Index("org", "id"), Index("object_id", "version")])

    /// One row a change and enterprise: sent, received, applied or failed.
    static let delivery = Table(
        "delivery", key: ["object_id", "version", "org"],
        columns: [
            Column("object_id", .text, required: true), Column("version", .integer, required: true), Column("org", .integer, required: true), Column("kind", .text, required: true),
            Column("state", .text, required: true), Column("sent_at", .integer), Column("received_at", .integer), Column("applied_at", .integer), Column("failed_at", .integer),
            Column("attempts", .integer, required: true, fallback: .int(1)), Column("message", .text), Column("retry_at", .integer),
        ], indexes: [Index("org", "state"), Index("retry_at")], isClustered: true)

    /// The strategy each enterprise was last told to follow; compared with what holds now, so that time rules take effect by themselves.
    static let siteStrategy = Table(
        "site_strategy", key: ["org"],
        columns: [
            Column("org", .integer, required: true), Column("strategy_id", .integer), Column("version", .integer), Column("level", .text, required: true),
            Column("since", .integer, required: true),
        ], isClustered: true)

    /// Counters that only rise: list and strategy versions, the last pass whose photos were looked for.
    static let sequence = Table(
        "gate_sequence", key: ["name"], columns: [Column("name", .text, required: true), Column("value", .integer, required: true)], isClustered: true)

    /// Settings of this domain that a supervisor edits.
    static let setting = Table(
        "gate_setting", key: ["name"], columns: [Column("name", .text, required: true), Column("value", .text, required: true)], isClustered: true)

    /// A saved §9 random check: its seed, what was drawn, what was found.
    static let randomCheck = Table(
        "random_check",
        columns: [
            Column("id", .integer, required: true), Column("org", .integer, required: true), Column("area", .text), Column("seed", .integer, required: true),
            Column("from_day", .integer, required: true),
            Column("to_day", .integer, required: true), Column("created_at", .integer, required: true), Column("created_by", .text, required: true),
            Column("sheet", .text, required: true),
            Column("state", .text, required: true), Column("finished_at", .integer),
        ], indexes: [Index("org", "id"), Index("area", "id")])

    package static let all: [Table] = [
        gateState, serialGap, gateDaily, passDaily, passMonthly, passDailyStage, passMonthlyStage, plateMonth, plateMonthCount, PassSums.table, photoUse, passClip, gateChange,
        delivery,
        siteStrategy, sequence, setting,
        randomCheck, StrategyVersions.table, Retention.table,
    ]
}

private func counter(_ name: String) -> Column { Column(name, .integer, required: true, fallback: .int(0)) }
