import Identity
import Kernel
import Storage

/// A-46 清洁运输引导: which part of road transport is clean, by trips and by tonnage, and how much is still carried by 国三及以下.
///
/// Two definitions stand side by side: the policy's (国五及以上重型柴油车、重型燃气车、新能源车) and the gate systems' (electric only). Rail, pipe and belt are not seen by gates.
/// Source: requirements/A-mobile-sources.md A-46; standards/hj1321-gate.md §8.
package struct CleanTransportShare: Sendable {
    let database: any Database
    let clock: Clock

    package enum Subject: String, Sendable, CaseIterable { case all, county, industry, enterprise }
    package enum Period: String, Sendable, CaseIterable { case whole, month, day }

    package struct Query: Sendable {
        package var from: Day
        package var to: Day
        package var subject: Subject
        package var period: Period
        package var counties: [String] = []
        package var industries: [String] = []
        package var enterprises: [Int64] = []

        package init(from: Day, to: Day, subject: Subject, period: Period = .whole) {
            self.from = from
            self.to = to
            self.subject = subject
            self.period = period
        }

        package var findings: [FieldFinding] {
            var findings: [FieldFinding] = []
            if from > to { findings.append(FieldFinding("to", "range", "不得早于开始日期", title: "截止日期")) }
            if to.daysSince1970 - from.daysSince1970 >= TransportStatistics.Query.longestDays { findings.append(FieldFinding("to", "range", "时间范围不得超过三年", title: "截止日期")) }
            if period == .day, to.daysSince1970 - from.daysSince1970 >= 366 { findings.append(FieldFinding("to", "range", "按日统计不得超过一年", title: "截止日期")) }
            return findings
        }
    }

    package struct Amount: Sendable, Equatable {
        package var trips: Int64 = 0
        package var tonnes: Double = 0

        package init(trips: Int64 = 0, tonnes: Double = 0) {
            self.trips = trips
            self.tonnes = tonnes
        }

        static func += (a: inout Amount, b: Amount) {
            a.trips += b.trips
            a.tonnes += b.tonnes
        }

        /// To the kilogram, so that the order of adding does not show.
        var rounded: Amount { Amount(trips: trips, tonnes: (tonnes * 1000).rounded() / 1000) }
    }

    package struct Line: Sendable, Equatable {
        /// County or industry code, organisation's id; empty over all.
        package var subject: String
        /// `20261121`, `202611`; 0 over the whole span.
        package var time: Int
        package var total = Amount()
        /// By the policy's definition.
        package var clean = Amount()
        package var electric = Amount()
        /// 国三及以下.
        package var old = Amount()

        package init(subject: String, time: Int) {
            self.subject = subject
            self.time = time
        }

        /// Shares are 0...1 and nil where nothing was carried.
        package var cleanTripShare: Double? { share(Double(clean.trips), Double(total.trips)) }
        package var cleanTonnageShare: Double? { share(clean.tonnes, total.tonnes) }
        package var electricTripShare: Double? { share(Double(electric.trips), Double(total.trips)) }
        package var electricTonnageShare: Double? { share(electric.tonnes, total.tonnes) }
        package var oldTripShare: Double? { share(Double(old.trips), Double(total.trips)) }

        private func share(_ part: Double, _ whole: Double) -> Double? { whole > 0 ? min(1, part / whole) : nil }
    }

    package func lines(_ query: Query, scope: DataScope) async throws -> [Line] { try await database.read { reader in try lines(query, scope: scope, in: reader) } }

    /// In the order of time, then subject.
    ///
    /// - Throws: `.invalid` with every finding of the query.
    package func lines(_ query: Query, scope: DataScope, in reader: any Reader) throws -> [Line] {
        let findings = query.findings
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let span = RollupSpan(
            from: query.from, to: query.to, byMonth: query.subject != .enterprise && query.period != .day && query.enterprises.isEmpty && scope.isByArea, today: clock.today)
        var filters: [SQL] = [scope.condition()]
        if !query.counties.isEmpty { filters.append("area IN (\(list: query.counties))") }
        if !query.industries.isEmpty { filters.append("industry IN (\(list: query.industries))") }
        if !query.enterprises.isEmpty { filters.append("org IN (\(list: query.enterprises))") }
        var sums: [Key: Line] = [:]
        for part in span.parts() { try add(query, part, [part.condition] + filters, reader, &sums) }
        let lines = sums.values.filter { $0.total.trips != 0 }.map { line in
            var line = line
            (line.total, line.clean, line.electric, line.old) = (line.total.rounded, line.clean.rounded, line.electric.rounded, line.old.rounded)
            return line
        }
        return lines.sorted { ($0.time, $0.subject) < ($1.time, $1.subject) }
    }

    private struct Key: Hashable {
        var subject: String
        var time: Int
    }

    private func add(_ query: Query, _ part: RollupSpan.Part, _ conditions: [SQL], _ reader: any Reader, _ sums: inout [Key: Line]) throws {
        let subject: SQL =
            switch query.subject {
            case .all: "''"
            case .county: "area"
            case .industry: "industry"
            case .enterprise: "org"
            }
        let time: SQL =
            switch query.period {
            case .whole: "0"
            case .month: part.time == "month" ? "month" : "day / 100"
            case .day: "day"
            }
        let sql: SQL = """
            SELECT \(subject), \(time), stage, fuel, vehicle_group, SUM(trips), SUM(tonnes) FROM \(ident: part.table) WHERE \(SQL.all(of: conditions)) GROUP BY 1, 2, stage, fuel, vehicle_group
            """
        let sign = part.isTakenOff ? -1 : 1
        try reader.each(sql) { row in
            let key = Key(subject: TransportStatistics.key(row[0]), time: Int(row[1].int ?? 0))
            let amount = Amount(trips: (row[5].int ?? 0) * Int64(sign), tonnes: (row[6].double ?? 0) * Double(sign))
            let stage = row[2].text.flatMap(EmissionStage.init(rawValue:)) ?? .unknown
            var line = sums[key] ?? Line(subject: key.subject, time: key.time)
            line.total += amount
            if CleanTransportShare.isClean(stage: stage, fuel: row[3].text ?? "X", group: row[4].text.flatMap(VehicleGroup.init(rawValue:)) ?? .other) { line.clean += amount }
            if stage == .electric { line.electric += amount }
            if let rank = stage.rank, rank <= 3 { line.old += amount }
            sums[key] = line
            return true
        }
    }

    /// The policy's definition. A hybrid counts by its stage and group, since gates do not tell plug-in hybrids.
    package static func isClean(stage: EmissionStage, fuel: String, group: VehicleGroup) -> Bool {
        if stage == .electric || fuel == "C" { return true }
        guard group == .heavy else { return false }
        switch FuelCode(normalizing: fuel).group {
        case .diesel: return stage.meets(.five) ?? false
        case .gas: return true
        case .petrol, .electric, .other: return false
        }
    }
}
