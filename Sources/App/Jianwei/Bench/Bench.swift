import ArgumentParser
import Foundation
import Kernel
import Ledgers
import Logging

/// `jianwei bench`: the promises, measured on this machine against a server of its own in another process. Every result is checked before its speed is told.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure the promises on this machine.")

    @Option(help: "Passes in the history that lists and statistics are asked of; 40000000 is what is promised.") var passes = 2_000_000
    @Option(help: "An installation that has such a history already.") var history: String?
    @Option(help: "Passes sent one a request.") var singles = 64_000
    @Option(help: "Requests of a hundred passes.") var batches = 3200
    @Option(help: "Parts to run: limits, start, passes, batches, filing, import, users, query, export, alarms, report, search, work, identity, crowd, points, peers.") var only =
        "limits,start,passes,batches,filing,import,users,query,export,alarms,report,search,work,identity,crowd,points,peers"
    @Option(help: "Users of the identity part; 200000 in 50000 organisations is what is promised.") var people = 200_000
    @Option(help: "Seconds for which values of points are sent.") var seconds = 10
    @Option(help: "Vehicles that are searched; 10000000 is what is promised.") var searched = 1_000_000
    @Option(help: "Where scratch directories are made.") var scratch = NSTemporaryDirectory()
    @Option(help: "Run the server under perf record and keep the profile here.") var profile: String?
    @Option(help: "Write the table as Markdown, too.") var markdown: String?
    @Option(help: "postgres://… of a server where scratch databases may be made: every part is measured there as well, beside the embedded database.") var database: String?
    @Option(help: "With --database: how many nodes take the passes, connections spread over them in turn, such as 1,2,3.") var nodes = "1"
    @Flag(help: "With --database: leave the embedded database out.") var onlyDatabase = false

    func run() async throws {
        let parts = Set(only.split(separator: ",").map(String.init))
        let folder = scratch + "/jianwei-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        var report = BenchReport()
        let counts = nodes.split(separator: ",").compactMap { Int($0) }.filter { (1...9).contains($0) }
        guard !counts.isEmpty else { throw ValidationError("--nodes wants numbers such as 1,2,3") }
        print("见微性能测试（\(ProcessInfo.processInfo.activeProcessorCount) 核，负载发生器与服务器同机、各为一个进程）")
        if !onlyDatabase || database == nil { try await measure(parts, BenchPlace(), nodes: 1, folder, logger, &report) }
        if let database {
            let place = BenchPlace(server: database)
            defer { try? place.clear() }
            for (index, count) in counts.enumerated() {
                // Only what gates send is a matter of nodes.
                let some = index == 0 ? parts.subtracting(["limits", "peers"]) : parts.intersection(["passes", "batches", "filing"])
                if !some.isEmpty { try await measure(some, place, nodes: count, "\(folder)/postgres\(count)", logger, &report) }
            }
        }
        if let markdown { try report.markdown.write(toFile: markdown, atomically: true, encoding: .utf8) }
    }

    /// Every part that was asked for, in one place.
    private func measure(_ parts: Set<String>, _ place: BenchPlace, nodes: Int, _ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        report.begin(place.server == nil ? place.title : "\(place.title), \(nodes) node\(nodes == 1 ? "" : "s")")
        for name in ["gates", "import", "users", "alarms", "history", "search", "work", "points", "crowd"] where name != "history" || history == nil || place.server != nil {
            try place.prepare(folder + "/" + name)
        }
        if parts.contains("limits") { try await limits(folder, &report) }
        if !parts.isDisjoint(with: ["start", "passes", "batches", "filing", "peers"]) { try await gates(parts, place, nodes, folder, logger, &report) }
        if parts.contains("import") { try await sheet(folder, logger, &report) }
        if parts.contains("users") { try await users(folder, logger, &report) }
        if parts.contains("identity") { try await identity(folder, logger, &report) }
        if parts.contains("alarms") { try await storm(folder, logger, &report) }
        if !parts.isDisjoint(with: ["query", "export", "report"]) {
            let directory = try place.server == nil ? history ?? makeHistory(folder + "/history") : makeHistory(folder + "/history")
            if parts.contains("query") { try await queries(parts, directory, logger, &report) }
            if parts.contains("export") { try await export(directory, logger, &report) }
            if parts.contains("report") { try await designed(directory, logger, &report) }
        }
        if parts.contains("search") { try await searching(folder, logger, &report) }
        if parts.contains("work") { try await work(folder, logger, &report) }
        if parts.contains("crowd") { try await crowd(folder, logger, &report) }
        if parts.contains("points") { try await measured(folder, logger, &report) }
    }

    private func crowd(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        for result in try await CrowdBench.run(folder + "/crowd", crowds: [300, 900, 3000], logger: logger) {
            let slowest = result.outcome.percentile(0.95), limit = result.people < 1000 ? 1500.0 : 3000.0
            report.add(
                "crowd", "\(result.people) people at once, without a pause: lists, records, search, statistics, alarms, writing, changing", target: "p95 ≤ \(limit / 1000) s",
                "\((Double(result.outcome.answers) / result.outcome.seconds).figure)/s, p50 \(result.outcome.percentile(0.5).figure) ms, p95 \(slowest.figure) ms, p99 \(result.outcome.percentile(0.99).figure) ms, \(result.cpuMilliseconds.figure) CPU-ms",
                isMet: slowest <= limit)
        }
    }

    private func measured(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await PointBench.run(folder + "/points", seconds: seconds, logger: logger)
        report.add(
            "points", "values of 2,000 points over HTTP, 5,000 a request, judged and durable", target: "≥ 1,000,000/s",
            "\(result.perSecond.figure)/s, \(Double(result.stored).figure) stored, p99 \(result.p99.figure) ms, \(result.cpuMicroseconds.figure) CPU-µs a value",
            isMet: result.perSecond >= 1_000_000)
        report.add(
            "points", "bytes of a value in blocks (packed in \(result.packSeconds.figure) s)", target: "≤ 1", "\(result.bytesPerValue.figure)", isMet: result.bytesPerValue <= 1)
    }

    private func limits(_ folder: String, _ report: inout BenchReport) async throws {
        report.add("limits", "RSA-2048 verifications, one thread", "\(try LimitBench.verifications().figure)/s")
        report.add("limits", "fsync of 4 KB", "\(try LimitBench.flushes(folder).figure)/s")
        report.add("limits", "raw insert, 12 columns, no index, 500 a transaction", "\(try await LimitBench.insertions(folder).figure)/s")
    }

    private func searching(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await SearchBench.run(folder + "/search", rows: searched, logger: logger)
        report.add("search", "index built over \(result.rows) vehicles", "\(result.built.figure) rows/s")
        for (title, p99) in result.asked { report.add("search", "search over \(result.rows): \(title)", target: "p99 ≤ 100 ms", "p99 \(p99.figure) ms", isMet: p99 <= 100) }
    }

    private func work(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await WorkBench.run(folder + "/work", logger: logger)
        report.add(
            "work", "starts and decisions of cases", target: "1,000/s", "\(result.transitionsPerSecond.figure)/s", isMet: result.transitionsPerSecond >= 1000)
        report.add(
            "work", "list of 100,000 to-dos", target: "≤ 100 ms", "page p99 \(result.listMilliseconds.figure) ms, count \(result.countMilliseconds.figure) ms",
            isMet: result.listMilliseconds <= 100)
        let home = FileManager.default.currentDirectoryPath
        if let python = PeerBench.python(home) {
            let rate = try WorkBench.peer(home: home, python: python, folder: folder + "/spiff")
            report.add("work", "the same on SpiffWorkflow + SQLite, one process", "\(rate.figure)/s")
        }
    }

    // MARK: Gates

    private func gates(_ parts: Set<String>, _ place: BenchPlace, _ nodes: Int, _ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let directory = folder + "/gates"
        var fleet = try await BenchFleet.provision(directory, logger: logger)
        if parts.contains("start") { try start(directory, &report) }
        let server = try nodes == 1 ? BenchServer.jianwei(directory, profile: profile) : BenchServer.several(directory, nodes: nodes, place)
        defer { server.stop() }
        try fleet.authorise(port: server.port)
        let warmUp = try await PassBench.prepare(fleet, requests: 3200, passesPerRequest: 1, serial: 1)
        let first = try PassBench.drive(warmUp, against: server)
        var sent = first.passes
        var refused = first.expectedRefused
        var serial = 1 + first.passes / fleet.lanes.count
        if parts.contains("passes") {
            let result = try await measure(fleet, server, requests: singles, perRequest: 1, serial: serial, "signed passes, one a request", target: 15_000, &report)
            sent += result.passes
            refused += result.expectedRefused
            serial += result.passes / 64
        }
        if parts.contains("batches") {
            let result = try await measure(fleet, server, requests: batches, perRequest: 100, serial: serial, "signed passes, 100 a request", target: 60_000, &report)
            sent += result.passes
            refused += result.expectedRefused
        }
        if parts.contains("filing") {
            let (outcome, cpu) = try FilingBench.run(fleet, against: server, perSecond: 5000, seconds: 8)
            let p99 = outcome.percentile(0.99)
            report.add(
                "gate", "filing look-up at 5,000/s", target: "p99 ≤ 5 ms",
                "p50 \(outcome.percentile(0.5).figure) ms, p99 \(p99.figure) ms, \(cpu.figure) CPU-ms; \((Double(outcome.answers) / outcome.seconds).figure)/s",
                isMet: p99 <= 5)
        }
        report.add("memory", "peak after the load", "\(server.peakMegabytes.figure) MB")
        server.stop()
        try await PassBench.verify(directory, passes: sent, refused: refused)
        report.add("gate", "count in = count stored, verdicts, roll-ups, serials, photos", "\(sent) passes checked")
        if parts.contains("peers") { try await peers(fleet, folder, &report) }
    }

    private func measure(
        _ fleet: BenchFleet, _ server: BenchServer, requests: Int, perRequest: Int, serial: Int, _ what: String, target: Double, _ report: inout BenchReport
    ) async throws -> PassBench.Result {
        let prepared = try await PassBench.prepare(fleet, requests: requests, passesPerRequest: perRequest, serial: serial, connections: perRequest == 1 ? 64 : 8)
        let before = BenchPlace.serverCPU
        let result = try PassBench.drive(prepared, against: server)
        let beside = BenchPlace.serverCPU - before
        let shared = beside > 0.1 ? " and \((beside * 1000 / Double(result.passes)).figure) in PostgreSQL" : ""
        report.add(
            "gate", what, target: "\(target.figure)/s",
            "\(result.perSecond.figure)/s, p50 \(result.outcome.percentile(0.5).figure) ms, p99 \(result.outcome.percentile(0.99).figure) ms, \(result.cpuMilliseconds.figure) CPU-ms a pass\(shared)",
            isMet: result.perSecond >= target)
        return result
    }

    private func start(_ directory: String, _ report: inout BenchReport) throws {
        var seconds: [Double] = []
        for _ in 0..<3 {
            let server = try BenchServer.jianwei(directory)
            seconds.append(server.startSeconds)
            if seconds.count == 3 {
                sleep(3)
                let resident = server.residentMegabytes
                report.add("memory", "idle", target: "≤ 80 MB", "\(resident.figure) MB resident, of it \(server.ownMegabytes.figure) MB its own", isMet: resident <= 80)
            }
            server.stop()
        }
        let median = seconds.sorted()[1]
        report.add("start", "process start to first answer", target: "≤ 0.5 s", "\(median.figure) s (median of 3)", isMet: median <= 0.5)
    }

    private func peers(_ fleet: BenchFleet, _ folder: String, _ report: inout BenchReport) async throws {
        let home = FileManager.default.currentDirectoryPath
        guard let python = PeerBench.python(home) else { return report.note("peers are not installed: bench/peers/install") }
        let fixture = folder + "/fixture.json"
        try PeerBench.writeFixture(fleet, fixture)
        let single = try await PassBench.prepare(fleet, requests: min(singles, 19_200), passesPerRequest: 1, serial: 1)
        let batch = try await PassBench.prepare(fleet, requests: 160, passesPerRequest: 100, serial: 301, connections: 8)
        for peer in PeerBench.peers {
            for (what, prepared) in [("one a request", single), ("100 a request", batch)] {
                let (result, peak) = try PeerBench.run(
                    peer, home: home, python: python, fixture: fixture, scratch: folder + "/\(prepared.passesPerRequest)", prepared, seconds: 10)
                report.add(
                    "peer", "\(peer.title), \(what)",
                    "\(result.perSecond.figure)/s, p50 \(result.outcome.percentile(0.5).figure) ms, p99 \(result.outcome.percentile(0.99).figure) ms, \(result.cpuMilliseconds.figure) CPU-ms a pass, \(peak.figure) MB"
                )
            }
        }
    }

    // MARK: Ledgers and history

    private func sheet(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let directory = folder + "/import"
        let fleet = try await BenchFleet.provision(directory, logger: logger)
        for (mode, what) in [(ImportOptions.BadRows.skip, "good rows kept"), (.refuseAll, "all or nothing")] {
            let result = try await ImportBench.run(fleet, directory, rows: 100_000, mode: mode, profile: mode == .skip ? profile : nil, logger: logger)
            report.add(
                "import", "100,000 rows × 12 columns of xlsx, judged and stored, \(what)", target: "≤ 20 s",
                "\(result.seconds.figure) s (\(result.cpuSeconds.figure) CPU-s), of it reading \(result.reading.figure) s; another's write waits \(result.othersMedian.figure) ms, at most \(result.othersWorst.figure) ms",
                isMet: result.seconds <= 20)
        }
    }

    private func users(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await ListBench.run(folder + "/users", logger: logger)
        func rate(_ outcome: LoadGenerator.Outcome) -> Double { Double(outcome.answers) / max(0.001, outcome.seconds) }
        report.add(
            "page", "list of 100,000 users, another page of 50 each time", target: "≥ 1,000/s",
            "\(rate(result.everything).figure)/s, p99 \(result.everything.percentile(0.99).figure) ms, \(result.everythingCPU.figure) CPU-ms a page",
            isMet: rate(result.everything) >= 1000)
        let ratio = result.scopedCPU / max(0.001, result.everythingCPU)
        report.add(
            "page", "member's list under data scope ÷ administrator's, CPU of the server; rows leaked", target: "≤ 1.10; 0",
            "\(ratio.figure); 0 (\(rate(result.scoped).figure)/s, \(result.scopedCPU.figure) CPU-ms a page)", isMet: ratio <= 1.1)
    }

    private func identity(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let size = IdentityBench.Size(users: people, organisations: max(1_000, people / 4), sessions: max(100, people / 40))
        let result = try await IdentityBench.run(folder + "/identity", size: size, logger: logger)
        func rate(_ outcome: LoadGenerator.Outcome) -> Double { Double(outcome.answers) / max(0.001, outcome.seconds) }
        let many = "\(Double(size.users).figure) users in \(Double(size.organisations).figure) organisations"
        report.add(
            "identity", "list of \(many), another page of 50 each time", target: "≥ 1,000/s",
            "\(rate(result.everything).figure)/s, p99 \(result.everything.percentile(0.99).figure) ms, \(result.everythingCPU.figure) CPU-ms a page",
            isMet: rate(result.everything) >= 1000)
        let ratio = result.scopedCPU / max(0.001, result.everythingCPU)
        report.add(
            "identity", "the same under data scope ÷ administrator's, CPU of the server; rows leaked", target: "≤ 1.20; 0",
            "\(ratio.figure); 0 (\(rate(result.scoped).figure)/s, \(result.scopedCPU.figure) CPU-ms a page)", isMet: ratio <= 1.2)
        report.add(
            "identity", "a node of a tree of \(Double(size.organisations).figure), with its level and history", target: "p99 ≤ 50 ms",
            "\(rate(result.node).figure)/s, p50 \(result.node.percentile(0.5).figure) ms, p99 \(result.node.percentile(0.99).figure) ms", isMet: result.node.percentile(0.99) <= 50)
        report.add(
            "identity", "\(Double(size.sessions).figure) living sessions, each asked once", target: "≤ 150 MB",
            "\(result.sessionMegabytes.figure) MB more than before, p99 \(result.sessions.percentile(0.99).figure) ms", isMet: result.sessionMegabytes <= 150)
        report.add("identity", "hash of a password, median of nine", "\(result.hashMilliseconds.figure) ms")
    }

    private func designed(_ directory: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await ReportBench.run(directory, logger: logger)
        report.add(
            "report", "designed xlsx of \(result.pages) pages over \(Double(result.passes).figure) passes", target: "50 pages in ≤ 5 s",
            "\(result.seconds.figure) s, \(result.cpuSeconds.figure) CPU-s, \(result.rows) lines, \(result.fileKilobytes.figure) KB",
            isMet: result.seconds <= 5 && result.pages >= 50)
    }

    private func storm(_ folder: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await AlarmBench.run(folder + "/alarms", requests: 1600, logger: logger)
        report.add(
            "alarms", "signals merged into alarms, 100 a request, counted and durable", target: "≥ 10,000/s",
            "\(result.perSecond.figure)/s, \(Double(result.stored).figure) signals on \(Double(result.alarms).figure) alarms, none lost, \(result.cpuMilliseconds.figure) CPU-ms a signal",
            isMet: result.perSecond >= 10_000)
        let p99 = result.desk.percentile(0.99)
        report.add(
            "alarms", "the desk page during that storm", target: "p99 ≤ 200 ms",
            "p50 \(result.desk.percentile(0.5).figure) ms, p99 \(p99.figure) ms over \(result.desk.answers) pages",
            isMet: p99 <= 200)
    }

    private func export(_ directory: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await ExportBench.run(directory, logger: logger)
        report.add(
            "export", "\(Double(result.rows).figure) passes × \(ExportBench.columns) columns to xlsx", target: "≤ 60 s in ≤ 200 MB",
            "\(result.seconds.figure) s (\(result.cpuSeconds.figure) CPU-s), \(result.megabytes.figure) MB, a file of \(result.fileMegabytes.figure) MB",
            isMet: result.seconds <= 60 && result.megabytes <= 200)
    }

    private func queries(_ parts: Set<String>, _ directory: String, _ logger: Logger, _ report: inout BenchReport) async throws {
        let result = try await QueryBench.run(directory, logger: logger)
        let size = "over \(Double(result.passes).figure) passes"
        let lists = result.lists.sorted { $0.milliseconds < $1.milliseconds }
        let cpu = lists.map(\.cpu).sorted()
        if let median = lists.dropFirst(lists.count / 2).first, let worst = lists.last {
            report.add(
                "query", "any three filters, first page with total, \(size)", target: "≤ 50 ms",
                "median \(median.milliseconds.figure) ms, worst \(worst.milliseconds.figure) ms of \(lists.count) combinations, \(lists.count { $0.milliseconds <= 50 }) within 50 ms; CPU median \(cpu[cpu.count / 2].figure) ms, worst \((cpu.last ?? 0).figure) ms",
                isMet: worst.milliseconds <= 50)
            for slow in lists.suffix(3).reversed() where slow.milliseconds > 50 { report.note("slow: \(slow.filters), \(slow.milliseconds.figure) ms, \(slow.cpu.figure) CPU-ms") }
        }
        let plates = result.plateMilliseconds.sorted()
        if let worst = plates.last {
            report.add("query", "one plate's history, \(size)", target: "≤ 5 ms", "median \(plates[plates.count / 2].figure) ms, worst \(worst.figure) ms", isMet: worst <= 5)
        }
        report.add(
            "query", "county × industry × stage × fuel, \(size)", target: "≤ 100 ms",
            "\(result.statisticsMilliseconds.figure) ms (\(result.statisticsCPU.figure) CPU-ms), \(result.statisticsLines) lines",
            isMet: result.statisticsMilliseconds <= 100)
        report.add("query", "the same over whole months only", "\(result.monthsMilliseconds.figure) ms")
        if result.foldedSegments > 0 { report.note("\(result.foldedSegments) segments folded first, \(result.foldingSeconds.figure) s") }
        report.add(
            "query", "distinct plates by county and month, \(size)", target: "≤ 500 ms", "\(result.distinctMilliseconds.figure) ms, \(result.distinctLines) lines",
            isMet: result.distinctMilliseconds <= 500)
        let home = FileManager.default.currentDirectoryPath
        if parts.contains("peers"), let python = PeerBench.python(home) {
            let times = try PeerBench.duckdb(home: home, python: python, history: directory)
            for (name, title) in [("statistics", "county × industry × stage × fuel"), ("plate", "one plate's history"), ("distinct", "distinct plates by county and month")] {
                if let milliseconds = times[name]?.double { report.add("peer", "DuckDB, \(title), \(size)", "\(milliseconds.figure) ms") }
            }
        }
    }

    private func makeHistory(_ directory: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.arguments = ["demo", "--data", directory, "--passes", String(passes)]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(.unavailable, "JW-B060", "未能生成历史数据：jianwei demo --data \(directory) --passes \(passes)") }
        return directory
    }
}
