import Storage

/// Small roll-ups by county, industry, stage and fuel; shipped, never changes.
let migration0021 = Migration(
    "0021-roll-ups-by-stage",
    [
        daily, monthly,
        .run(
            "INSERT INTO pass_daily_stage (day, area, industry, stage, fuel, trips, tonnes, refused) SELECT day, COALESCE(area, ''), COALESCE(industry, ''), stage, fuel, SUM(trips), SUM(tonnes), SUM(refused) FROM pass_daily GROUP BY 1, 2, 3, 4, 5"
        ),
        .run(
            "INSERT INTO pass_monthly_stage (month, area, industry, stage, fuel, trips, tonnes, refused) SELECT month, area, industry, stage, fuel, SUM(trips), SUM(tonnes), SUM(refused) FROM pass_monthly GROUP BY 1, 2, 3, 4, 5"
        ),
    ])

private let sums: [Column] = [
    Column("area", .text, required: true), Column("industry", .text, required: true), Column("stage", .text, required: true), Column("fuel", .text, required: true),
    Column("trips", .integer, required: true, fallback: .int(0)), Column("tonnes", .real, required: true, fallback: .real(0)),
    Column("refused", .integer, required: true, fallback: .int(0)),
]

private let daily: SchemaStep = .createTable(
    Table("pass_daily_stage", key: ["day", "area", "industry", "stage", "fuel"], columns: [Column("day", .integer, required: true)] + sums, isClustered: true))

private let monthly: SchemaStep = .createTable(
    Table("pass_monthly_stage", key: ["month", "area", "industry", "stage", "fuel"], columns: [Column("month", .integer, required: true)] + sums, isClustered: true))
