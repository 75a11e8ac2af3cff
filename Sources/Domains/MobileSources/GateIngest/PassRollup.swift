import Kernel
import Storage

/// The roll-ups of one pass, in its own transaction, so that no statistic ever scans years of passes. Rebuilt and compared by `jianwei verify`.
enum PassRollup {
    static func add(_ pass: StoredPass, in tx: any Transaction) throws {
        let input = pass.input
        let day = input.passedAt.day
        try addGateDay(pass, day, tx)
        guard !pass.facts.isInternal else { return }
        let refused = pass.verdict == .refuse ? 1 : 0
        let tonnes = input.cargoTonnes ?? 0
        try tx.execute(
            """
            INSERT INTO pass_daily (day, org, stage, fuel, vehicle_group, strategy, level, direction, area, industry, trips, tonnes, refused)
            VALUES (\(day), \(pass.site.org), \(pass.facts.stage.rawValue), \(pass.facts.fuel), \(pass.facts.group.rawValue), \(pass.facts.strategy?.id ?? 0), \(pass.facts.level.rawValue), \(input.direction),
                \(pass.site.county), \(pass.site.industry), 1, \(tonnes), \(refused))
            ON CONFLICT (day, org, stage, fuel, vehicle_group, strategy, level, direction) DO UPDATE SET trips = pass_daily.trips + 1, tonnes = pass_daily.tonnes + excluded.tonnes,
                refused = pass_daily.refused + excluded.refused
            """)
        try tx.execute(
            """
            INSERT INTO pass_monthly (month, area, industry, stage, fuel, vehicle_group, level, direction, trips, tonnes, refused)
            VALUES (\(day.month), \(pass.site.county), \(pass.site.industry), \(pass.facts.stage.rawValue), \(pass.facts.fuel), \(pass.facts.group.rawValue), \(pass.facts.level.rawValue), \(input.direction), 1,
                \(tonnes), \(refused))
            ON CONFLICT (month, area, industry, stage, fuel, vehicle_group, level, direction) DO UPDATE SET trips = pass_monthly.trips + 1, tonnes = pass_monthly.tonnes + excluded.tonnes,
                refused = pass_monthly.refused + excluded.refused
            """)
        if !input.plate.isMissing, try tx.execute("INSERT INTO plate_month (month, area, plate) VALUES (\(day.month), \(pass.site.county), \(input.plate.text)) ON CONFLICT DO NOTHING") == 1 {
            try tx.execute(
                "INSERT INTO plate_month_count (month, area, plates) VALUES (\(day.month), \(pass.site.county), 1) ON CONFLICT (month, area) DO UPDATE SET plates = plate_month_count.plates + 1")
        }
    }

    private static func addGateDay(_ pass: StoredPass, _ day: Day, _ tx: any Transaction) throws {
        let input = pass.input
        let isFlagged = pass.findings.contains { !$0.kind.refuses && $0.kind != .internalVehicle && $0.kind != .liftedByHand }
        let hasPhotos = input.headPhoto != nil && input.bodyPhoto != nil
        let lifted = input.barrierAction != "0"
        try tx.execute(
            """
            INSERT INTO gate_daily (day, org, gate_no, area, received, automatic, manual, backfilled, hand_lifts, refused, refused_lifted, with_photos, unknown_stage, flagged)
            VALUES (\(day), \(pass.site.org), \(input.gateNo), \(pass.site.county), 1, \(input.source == "auto"), \(input.source == "manual"), \(input.source == "backfill"), \(input.barrierAction == "1"),
                \(pass.verdict == .refuse), \(pass.verdict == .refuse && lifted), \(hasPhotos), \(pass.facts.stage == .unknown), \(isFlagged))
            ON CONFLICT (day, org, gate_no) DO UPDATE SET received = gate_daily.received + 1, automatic = gate_daily.automatic + excluded.automatic, manual = gate_daily.manual + excluded.manual,
                backfilled = gate_daily.backfilled + excluded.backfilled, hand_lifts = gate_daily.hand_lifts + excluded.hand_lifts, refused = gate_daily.refused + excluded.refused,
                refused_lifted = gate_daily.refused_lifted + excluded.refused_lifted, with_photos = gate_daily.with_photos + excluded.with_photos,
                unknown_stage = gate_daily.unknown_stage + excluded.unknown_stage, flagged = gate_daily.flagged + excluded.flagged
            """)
    }
}
