import Alarms
import Identity
import Kernel
import Media
import Storage

/// A-45 门禁数据研判与预警: what no single pass shows: surges, night concentration, no cut during a warning, one picture for several vehicles.
///
/// Run by jobs. Reads roll-ups and indexed ranges only; raises alarms in one transaction an enterprise. Thresholds are rows of `gate_setting` (`AnalyticsThresholds`).
/// Source: requirements/A-mobile-sources.md A-45.
package struct GateAnalytics: Sendable {
    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let audit: AuditTrail
    let photos: PhotoStore
    let photoUses: PhotoUses
    let clock: Clock

    package func thresholds() async throws -> AnalyticsThresholds { try await database.read { try AnalyticsThresholds(in: $0) } }

    /// - Parameter values: by name; names that are not given keep what they have.
    /// - Throws: `.invalid` with every wrong value.
    package func save(_ values: [String: String], by principal: Principal) async throws {
        let audit = audit
        try await database.write { tx in
            var thresholds = try AnalyticsThresholds(in: tx)
            let findings = thresholds.take(values)
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            for setting in AnalyticsThresholds.settings where values[setting.name] != nil {
                let value = decimalText(setting.value(of: thresholds), decimals: 4)
                try tx.execute("INSERT INTO gate_setting (name, value) VALUES (\(setting.name), \(value)) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            }
            let details = JSONObject(values.sorted { $0.key < $1.key }.map { (name: $0.key, value: JSONValue.string($0.value)) })
            try audit.record(AuditEntry("update", "gateSetting", "analytics", "修改研判阈值", details: .object(details)), by: principal, in: tx)
        }
    }

    // MARK: Daily

    /// Judges one whole day for every connected enterprise; repeating it counts on the same alarms.
    ///
    /// - Returns: how many alarms were raised.
    package func judge(_ day: Day) async throws -> Int {
        let snapshot = registry.snapshot
        let thresholds = try await thresholds()
        var raised = 0
        for site in snapshot.enterprises.values.sorted(by: { $0.org < $1.org }) where site.isConnected {
            try Task.checkCancellation()
            let signals = try await database.read { reader in try self.signals(site, day, thresholds, snapshot, reader) }
            raised += try await raise(signals)
        }
        return raised
    }

    func raise(_ signals: [AlarmSignal]) async throws -> Int {
        guard !signals.isEmpty else { return 0 }
        let alarms = alarms
        return try await database.write { tx in
            for signal in signals { try alarms.raise(signal, by: .system("数据研判"), in: tx) }
            return signals.count
        }
    }

    func signals(_ site: EnterpriseFacts, _ day: Day, _ thresholds: AnalyticsThresholds, _ snapshot: GateRegistry.Snapshot, _ reader: any Reader) throws -> [AlarmSignal] {
        let trips = try tripsByDay(site.org, from: day.adding(days: -90), to: day, reader)
        let found: [AlarmSignal?] = [
            surge(site, day, trips, thresholds), try nightConcentration(site, day, thresholds, reader), noReduction(site, day, trips, thresholds, snapshot),
        ]
        return found.compactMap { $0 }
    }

    private func tripsByDay(_ org: Int64, from: Day, to: Day, _ reader: any Reader) throws -> [Day: Int] {
        var trips: [Day: Int] = [:]
        try reader.each("SELECT day, SUM(trips) FROM pass_daily WHERE org = \(org) AND day BETWEEN \(from) AND \(to) GROUP BY day") { row in
            if let day = row[0].int.flatMap({ Day(number: Int($0)) }) { trips[day] = Int(row[1].int ?? 0) }
            return true
        }
        return trips
    }

    /// Against the median of the days with traffic among the fourteen before; fewer than five such days say nothing.
    private func surge(_ site: EnterpriseFacts, _ day: Day, _ trips: [Day: Int], _ thresholds: AnalyticsThresholds) -> AlarmSignal? {
        let count = trips[day] ?? 0
        let before = (1...14).compactMap { trips[day.adding(days: -$0)] }.filter { $0 > 0 }.sorted()
        guard before.count >= 5, Double(count) >= thresholds.surgeTrips else { return nil }
        let middle = before.count / 2
        let median = before.count % 2 == 1 ? Double(before[middle]) : Double(before[middle - 1] + before[middle]) / 2
        guard Double(count) >= median * thresholds.surgeFactor else { return nil }
        let times = decimalText(Double(count) / median, decimals: 1)
        return signal(
            ViolationAlarm.flowSurge, site, day, "\(day.text) 进出 \(count) 车次，为前 14 日中位数的 \(times) 倍",
            [
                "日期": .string(day.text), "当日车次": .int(Int64(count)), "前 14 日中位数": .double(median), "倍数": .string(times),
                "阈值": .string("\(decimalText(thresholds.surgeFactor, decimals: 2)) 倍且不少于 \(decimalText(thresholds.surgeTrips, decimals: 0)) 车次"),
            ],
            AlarmReason("flowSurge", "当日 \(count) 车次，前 14 日中位数 \(decimalText(median, decimals: 1)) 车次，达到阈值 \(decimalText(thresholds.surgeFactor, decimals: 2)) 倍"))
    }

    /// 22:00 to 06:00 of the business day.
    private func nightConcentration(_ site: EnterpriseFacts, _ day: Day, _ thresholds: AnalyticsThresholds, _ reader: any Reader) throws -> AlarmSignal? {
        func count(_ from: Moment, _ to: Moment) throws -> Int {
            try reader.count("SELECT COUNT(*) FROM gate_pass WHERE org = \(site.org) AND passed_at >= \(from) AND passed_at < \(to)")
        }
        let all = try count(day.start, day.end)
        guard Double(all) >= thresholds.nightTrips else { return nil }
        let night = try count(day.start, day.start.adding(seconds: 6 * 3600)) + count(day.start.adding(seconds: 22 * 3600), day.end)
        let share = Double(night) / Double(all)
        guard share > thresholds.nightShare else { return nil }
        return signal(
            ViolationAlarm.nightConcentration, site, day, "\(day.text) 夜间运输占 \(percent(share))",
            [
                "日期": .string(day.text), "当日车次": .int(Int64(all)), "夜间车次（22 时至 6 时）": .int(Int64(night)), "夜间占比": .string(percent(share)),
                "阈值": .string(percent(thresholds.nightShare)),
            ],
            AlarmReason("nightConcentration", "22 时至 6 时 \(night) 车次，占当日 \(all) 车次的 \(percent(share))，高于 \(percent(thresholds.nightShare))"))
    }

    /// The whole days of the running warning against the seven days before it without one.
    private func noReduction(_ site: EnterpriseFacts, _ day: Day, _ trips: [Day: Int], _ thresholds: AnalyticsThresholds, _ snapshot: GateRegistry.Snapshot) -> AlarmSignal? {
        let warnings = snapshot.warnings.filter { $0.counties.contains(site.county) }
        func covers(_ day: Day) -> Bool { warnings.contains { $0.from <= day.start && ($0.to.map { $0 >= day.end } ?? true) } }
        func touches(_ day: Day) -> Bool { warnings.contains { $0.from < day.end && ($0.to.map { $0 > day.start } ?? true) && $0.from != $0.to } }
        guard covers(day) else { return nil }
        var first = day
        while covers(first.adding(days: -1)), day.daysSince1970 - first.daysSince1970 < 45 { first = first.adding(days: -1) }
        let warned = first.daysSince1970...day.daysSince1970
        let normal = (1...45).map { first.adding(days: -$0) }.filter { !touches($0) && trips[$0] != nil }.prefix(7)
        guard normal.count >= 3 else { return nil }
        let usual = Double(normal.reduce(0) { $0 + (trips[$1] ?? 0) }) / Double(normal.count)
        let now = Double(warned.reduce(0) { $0 + (trips[Day(daysSince1970: $1)] ?? 0) }) / Double(warned.count)
        guard usual >= thresholds.warningTrips, now >= usual * thresholds.warningShare else { return nil }
        let (usualText, nowText) = (decimalText(usual, decimals: 1), decimalText(now, decimals: 1))
        return signal(
            ViolationAlarm.noReduction, site, day, "响应期间日均 \(nowText) 车次，此前日均 \(usualText) 车次",
            [
                "响应期间": .string("\(first.text) 至 \(day.text)"), "响应期间日均车次": .string(nowText), "对照日数": .int(Int64(normal.count)), "对照日均车次": .string(usualText),
                "响应级别": .string(snapshot.level(county: site.county, at: day.start).title), "阈值": .string("不低于平日的 " + percent(thresholds.warningShare)),
            ],
            AlarmReason("noReduction", "响应 \(warned.count) 天日均 \(nowText) 车次，为非响应日均 \(usualText) 车次的 \(percent(now / usual))，未见减少"))
    }

    private func signal(_ kind: AlarmKind, _ site: EnterpriseFacts, _ day: Day, _ title: String, _ facts: JSONValue, _ reason: AlarmReason) -> AlarmSignal {
        AlarmSignal(
            kind: kind.name, org: site.org, orgName: site.name, area: site.county, subject: "\(day.number)", occurredAt: day.end.adding(seconds: -1), title: title, facts: facts,
            reasons: [reason])
    }
}
