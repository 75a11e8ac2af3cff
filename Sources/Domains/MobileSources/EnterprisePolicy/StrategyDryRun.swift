import Identity
import Kernel
import Schedules
import Storage

/// A-04 策略试算: what strategies would have refused, had they been in force in a past span of days.
///
/// Each stored pass is judged again by `GatePassRule` from its own facts, with the given strategies at the given level in place of what held. Streamed in pages, so that neither memory nor
/// a reader is held; day caps count anew from the replay.
package struct StrategyDryRun: Sendable {
    let database: any Database
    let registry: GateRegistry

    package static let longestDays = 31
    package static let sampleSize = 50
    private static let pageSize = 2000

    package struct Request: Sendable {
        /// Drafts, issued ones or hand-made ones; the most specific that fits an enterprise is applied, whatever their own level says.
        package var strategies: [Strategy]
        package var level: WarningLevel
        package var from: Day
        package var to: Day

        package init(strategies: [Strategy], level: WarningLevel, from: Day, to: Day) {
            self.strategies = strategies
            self.level = level
            self.from = from
            self.to = to
        }

        package var findings: [FieldFinding] {
            var findings: [FieldFinding] = []
            if strategies.isEmpty { findings.append(FieldFinding("strategies", "required", "请至少选择一项策略", title: "管控策略")) }
            if from > to { findings.append(FieldFinding("to", "range", "不得早于开始日期", title: "截止日期")) }
            if to.daysSince1970 - from.daysSince1970 >= StrategyDryRun.longestDays {
                findings.append(FieldFinding("to", "range", "试算范围不得超过 \(StrategyDryRun.longestDays) 天", title: "截止日期"))
            }
            return findings
        }
    }

    package struct Sum: Sendable, Equatable {
        package var judged = 0
        package var refused = 0
        /// Of the refused ones.
        package var tonnes = 0.0
    }

    package struct Sample: Sendable, Equatable {
        package var passId: Int64
        package var org: Int64
        package var enterprise: String
        package var plate: String
        package var passedAt: Moment
        package var stage: EmissionStage
        package var tonnes: Double
        package var reason: String
    }

    package struct Report: Sendable {
        package var request: Request
        /// Passes that a strategy was applied to; internal vehicles are not among them.
        package var total = Sum()
        /// Refused now and not refused then.
        package var newlyRefused = 0
        /// Refused then for the strategy in force, and not now.
        package var released = 0
        /// Passes at enterprises that none of the strategies fits.
        package var outside = 0
        package var byEnterprise: [Int64: Sum] = [:]
        package var byStage: [EmissionStage: Sum] = [:]
        package var byDay: [Day: Sum] = [:]
        package var enterpriseNames: [Int64: String] = [:]
        /// Evenly spread over the refused ones, in the order of time.
        package var sample: [Sample] = []
    }

    /// The strategy of a ledger row whatever its state, ready to be tried.
    ///
    /// - Parameter version: nil is the present one.
    /// - Throws: `.notFound`.
    package func strategy(_ id: Int64, version: Int64? = nil) async throws -> Strategy {
        let found = try await database.read { reader -> Strategy? in
            if let version { return try StrategyVersions.find(id, version: version, in: reader) }
            return try reader.first("SELECT * FROM control_strategy WHERE id = \(id) AND deleted_at IS NULL").flatMap { Strategy(row: $0) }
        }
        guard let found else { throw Failure.notFound("管控策略") }
        return found
    }

    /// As a long task: its progress is shown, it can be cancelled.
    package func run(_ request: Request, scope: DataScope, in context: LongTaskContext) async throws -> Report {
        try await run(request, scope: scope) { done, total in try await context.progress(done, of: total) }
    }

    /// - Parameter progress: called after each page with passes done and the total; throwing ends the run.
    /// - Throws: `.invalid` with every finding; `CancellationError`.
    package func run(_ request: Request, scope: DataScope, progress: @Sendable (Int, Int) async throws -> Void = { _, _ in }) async throws -> Report {
        let findings = request.findings
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let snapshot = registry.snapshot
        let range: SQL = "passed_at >= \(request.from.start) AND passed_at < \(request.to.end) AND \(scope.condition())"
        let total = try await database.read { try $0.count("SELECT COUNT(*) FROM gate_pass WHERE \(range)") }
        var replay = Replay(request: request, enterprises: snapshot.enterprises)
        var last = (moment: request.from.start.milliseconds, id: Int64(0))
        var done = 0
        while true {
            try Task.checkCancellation()
            let (moment, id) = last
            let page = try await database.read { reader in
                try reader.rows(
                    "SELECT \(KeptPass.columns) FROM gate_pass WHERE \(range) AND passed_at >= \(moment) AND (passed_at > \(moment) OR id > \(id)) ORDER BY passed_at, id LIMIT \(StrategyDryRun.pageSize)"
                )
            }
            for row in page {
                let pass = KeptPass(row)
                replay.judge(pass)
                last = (pass.passedAt.milliseconds, pass.id)
            }
            done += page.count
            try await progress(done, total)
            if page.count < StrategyDryRun.pageSize { break }
        }
        return replay.report
    }

    /// The state of one run.
    private struct Replay {
        var report: Report
        let enterprises: [Int64: EnterpriseFacts]
        let strategies: [Strategy]
        /// What an enterprise has taken in on the day that is being replayed.
        var today: [Int64: (day: Day, trips: Int, tonnes: Double)] = [:]
        /// Every so many refused passes one is kept; doubled whenever the sample is full.
        var step = 1

        init(request: Request, enterprises: [Int64: EnterpriseFacts]) {
            report = Report(request: request)
            self.enterprises = enterprises
            strategies = request.strategies
        }

        mutating func judge(_ pass: KeptPass) {
            guard !pass.facts.isInternal else { return }
            guard let site = enterprises[pass.org], let strategy = strategy(for: site, at: pass.passedAt) else {
                report.outside += 1
                return
            }
            let day = pass.passedAt.day
            var taken = today[pass.org] ?? (day, 0, 0)
            if taken.day != day { taken = (day, 0, 0) }
            var facts = pass.facts
            facts.level = report.request.level
            facts.strategy = strategy
            facts.tripsToday = taken.trips
            facts.tonnesToday = taken.tonnes
            let reason = GatePassRule.breach(of: strategy, by: facts)
            let isRefused = reason != nil
            if facts.isEntry, GatePassRule.judge(facts).verdict != .refuse { taken.trips += 1 }
            taken.tonnes += facts.tonnes
            today[pass.org] = taken
            count(pass, facts, isRefused: isRefused, day: day, site)
            if isRefused, pass.verdict != .refuse { report.newlyRefused += 1 }
            if !isRefused, pass.findings.contains(.strategyBreached) { report.released += 1 }
            if let reason { sample(pass, facts, reason, site) }
        }

        private func strategy(for site: EnterpriseFacts, at moment: Moment) -> Strategy? {
            strategies.filter { strategy in
                var timeless = strategy
                timeless.validFrom = nil
                timeless.validTo = nil
                return timeless.fits(site, at: moment)
            }.max { ($0.specificity, $0.version) < ($1.specificity, $1.version) }
        }

        private mutating func count(_ pass: KeptPass, _ facts: GatePassRule.Facts, isRefused: Bool, day: Day, _ site: EnterpriseFacts) {
            func add(_ sum: inout Sum) {
                sum.judged += 1
                if isRefused {
                    sum.refused += 1
                    sum.tonnes += facts.tonnes
                }
            }
            add(&report.total)
            add(&report.byEnterprise[pass.org, default: Sum()])
            add(&report.byStage[facts.stage, default: Sum()])
            add(&report.byDay[day, default: Sum()])
            report.enterpriseNames[pass.org] = site.name
        }

        private mutating func sample(_ pass: KeptPass, _ facts: GatePassRule.Facts, _ reason: String, _ site: EnterpriseFacts) {
            guard (report.total.refused - 1) % step == 0 else { return }
            if report.sample.count == StrategyDryRun.sampleSize {
                report.sample = report.sample.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
                step *= 2
                guard (report.total.refused - 1) % step == 0 else { return }
            }
            report.sample.append(
                Sample(
                    passId: pass.id, org: pass.org, enterprise: site.name, plate: facts.plate.text, passedAt: pass.passedAt, stage: facts.stage, tonnes: facts.tonnes,
                    reason: reason))
        }
    }
}
