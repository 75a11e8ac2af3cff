import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import MobileSources
import Storage
import StorageSQLite

/// Lists and statistics over years of passes, asked as the pages ask them: through the ledger's list (permission, conditions, page, total) and the domain's statistics.
struct QueryBench {
    struct Result {
        var passes = 0
        /// Milliseconds of every three filters that were tried, with their names.
        var lists: [(filters: String, milliseconds: Double, cpu: Double)] = []
        var plateMilliseconds: [Double] = []
        var statisticsMilliseconds = 0.0
        var statisticsCPU = 0.0
        var statisticsLines = 0
        var monthsMilliseconds = 0.0
        var distinctMilliseconds = 0.0
        var distinctLines = 0
        var foldedSegments = 0
        var foldingSeconds = 0.0
    }

    private static let filters = [
        "area", "industry", "emissionStage", "fuel", "verdict", "direction", "gateNo", "plateColor", "barrierAction", "source", "plateNo", "warningLevel",
    ]
    private static let columns: [String: String] = [
        "emissionStage": "emission_stage", "gateNo": "gate_no", "plateColor": "plate_color", "barrierAction": "barrier_action", "plateNo": "plate_no",
        "warningLevel": "warning_level",
    ]

    /// - Parameter directory: of an installation with a history; nobody serves it now.
    static func run(_ directory: String, logger: Logger) async throws -> Result {
        let installation = try await Installation.open(directory, logger: logger)
        let ledgers = installation.platform.ledgers
        let principal = Principal.system("性能测试")
        var result = Result()
        let (count, samples) = try await installation.database.read(within: .seconds(300)) { reader in
            let last = try reader.value("SELECT MAX(id) FROM gate_pass")?.int ?? 0
            let samples = try (1...40).compactMap { try reader.first("SELECT * FROM gate_pass WHERE id >= \(last * Int64($0) / 41) ORDER BY id LIMIT 1") }
            return (try reader.count("SELECT COUNT(*) FROM gate_pass"), samples)
        }
        guard !samples.isEmpty else { throw Failure(.invalid, "JW-B040", "\(directory) 中没有过车记录") }
        result.passes = count
        let folding = uptime()
        result.foldedSegments = try await ledgers.foldFacets(of: GatePassEvent.ledger.name)
        result.foldingSeconds = Double(uptime() - folding) / 1e9
        try await lists(ledgers, installation, principal, samples, &result)
        for sample in samples {
            let plate = sample.text("plate_no") ?? ""
            var query = LedgerQuery(ledger: GatePassEvent.ledger.name, filters: [LedgerQuery.Filter("plateNo", .eq, [plate])])
            query.limit = 50
            let start = uptime()
            let page = try await installation.database.read { [query] in try ledgers.list(query, by: principal, in: $0) }
            result.plateMilliseconds.append(Double(uptime() - start) / 1e6)
            guard page.records.contains(where: { $0.id == sample.int("id") }) || page.records.count == 50, page.records.allSatisfy({ $0[GatePassEvent.plateNo] == plate }) else {
                throw Failure(.unexpected, "JW-B041", "\(plate) 的过车记录不对")
            }
        }
        try await statistics(installation, &result)
        await installation.database.close()
        return result
    }

    /// Every three of the filters, with the values of some row, so that there is something to find; the answer's rows are checked.
    private static func lists(_ ledgers: LedgerEngine, _ installation: Installation, _ principal: Principal, _ samples: [Row], _ result: inout Result) async throws {
        var turn = 0
        for a in 0..<filters.count {
            for b in (a + 1)..<filters.count {
                for c in (b + 1)..<filters.count {
                    let sample = samples[turn % samples.count]
                    turn += 1
                    let names = [filters[a], filters[b], filters[c]]
                    let values = names.map { sample.text(columns[$0] ?? $0) ?? "" }
                    guard !values.contains("") else { continue }
                    let query = LedgerQuery(ledger: GatePassEvent.ledger.name, filters: zip(names, values).map { LedgerQuery.Filter($0, .eq, [$1]) })
                    let (start, spent) = (uptime(), cpuTime())
                    let page = try await installation.database.read { try ledgers.list(query, by: principal, in: $0) }
                    result.lists.append((zip(names, values).map { "\($0)=\($1)" }.joined(separator: " "), Double(uptime() - start) / 1e6, Double(cpuTime() - spent) / 1e6))
                    guard !page.records.isEmpty,
                        page.records.allSatisfy({ record in zip(names, values).allSatisfy { $0 == "area" ? record.area == $1 : record.values[$0]?.text == $1 } })
                    else {
                        throw Failure(.unexpected, "JW-B042", "按 \(names) = \(values) 查询的结果不对")
                    }
                }
            }
        }
    }

    /// County × industry × stage × fuel over everything there is; trips are compared with the daily roll-up. Medians of three.
    private static func statistics(_ installation: Installation, _ result: inout Result) async throws {
        let figures = installation.gates.statistics
        let span = try await installation.database.read { reader in
            let row = try reader.first("SELECT MIN(day), MAX(day) FROM pass_daily")
            return (row?[0].int ?? 0, row?[1].int ?? 0)
        }
        guard let first = Day(number: Int(span.0)), let last = Day(number: Int(span.1)) else { return }
        func asked(_ from: Day, _ to: Day, _ dimensions: [TransportStatistics.Dimension], _ measures: [TransportStatistics.Measure]) async throws -> (
            grid: TransportStatistics.Grid, milliseconds: Double, cpu: Double
        ) {
            let query = TransportStatistics.Query(from: from, to: to, dimensions: dimensions, measures: measures)
            var times: [Double] = []
            var spent: [Double] = []
            var answer: TransportStatistics.Grid?
            for _ in 0..<3 {
                let (start, before) = (uptime(), cpuTime())
                answer = try await figures.grid(query, scope: .everything)
                times.append(Double(uptime() - start) / 1e6)
                spent.append(Double(cpuTime() - before) / 1e6)
            }
            guard let answer else { throw Failure(.unexpected, "JW-B044", "统计没有结果") }
            return (answer, times.sorted()[1], spent.sorted()[1])
        }
        let four: [TransportStatistics.Dimension] = [.county, .industry, .stage, .fuel]
        let statistics = try await asked(first, last, four, [.trips, .tonnes, .refused])
        result.statisticsLines = statistics.grid.lines.count
        (result.statisticsMilliseconds, result.statisticsCPU) = (statistics.milliseconds, statistics.cpu)
        let trips = statistics.grid.total.trips
        let stored = try await installation.database.read { try $0.value("SELECT SUM(trips) FROM pass_daily")?.int ?? 0 }
        guard trips == stored else { throw Failure(.unexpected, "JW-B043", "统计车次 \(trips)，应为 \(stored)") }
        // Whole months only: the count of distinct plates is by month.
        guard let from = Day(number: Int(span.0) / 100 * 100 + 1), let to = Day(number: Int(span.1) / 100 * 100 + 1).map({ $0.adding(days: -1) }), from < to else { return }
        result.monthsMilliseconds = try await asked(from, to, four, [.trips, .tonnes, .refused]).milliseconds
        let vehicles = try await asked(from, to, [.county, .month], [.vehicles])
        result.distinctMilliseconds = vehicles.milliseconds
        result.distinctLines = vehicles.grid.lines.count
    }
}

/// Nanoseconds of CPU that this process has used.
func cpuTime() -> UInt64 {
    var spent = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent)
    return UInt64(spent.tv_sec) * 1_000_000_000 + UInt64(spent.tv_nsec)
}
