import Identity
import Kernel
import Logging
import Logs
import Schedules
import Storage
import Syslog
import TestDatabases
import Testing

private let noon = Moment(parsing: "2026-11-22 12:00:00") ?? Moment(milliseconds: 0)

@Suite("D17.3.6 日志采集")
struct LogEngineTests {
    let database: any Database
    let logs: LogEngine
    private let writer = Principal.system("安全管理员")

    init() async throws {
        let clock = Clock.fixed(noon)
        database = try await TestDatabase.make()
        try await database.create(LogTables.all + IdentityTables.all)
        logs = LogEngine(database: database, audit: AuditTrail(clock: clock), clock: clock)
    }

    private func source(_ name: String, _ address: String, isOn: Bool = true, kind: LogSourceKind = .firewall) async throws -> Int64 {
        try await database.write { [logs, writer] tx in try logs.keepSource(nil, name: name, address: address, kind: kind, isOn: isOn, note: "", by: writer, in: tx) }
    }

    private func rule(_ title: String, position: Int64 = 100, source: Int64? = nil, _ write: @Sendable (inout LogRule.Body) -> Void) async throws {
        var body = LogRule.Body()
        write(&body)
        let kept = body
        try await database.write { [logs, writer] tx in
            try logs.keepRule(nil, title: title, position: position, isOn: true, source: source, body: kept, by: writer, in: tx)
        }
    }

    private func arrivals(_ lines: [String], from address: String = "10.0.0.1", at: Moment = noon) -> [LogArrival] {
        lines.map { LogArrival(address: address, bytes: Array($0.utf8), way: .udp, at: at) }
    }

    private func search(_ change: (inout LogSearch) -> Void = { _ in }) -> LogSearch {
        var search = LogSearch(from: noon.adding(seconds: -86_400), to: noon.adding(seconds: 86_400))
        change(&search)
        return search
    }

    @Test func `lines of known sources are read, the others are counted and refused`() async throws {
        let firewall = try await source("边界防火墙", "10.0.0.1")
        _ = try await source("车间网段", "10.8.0.0/16", kind: .host)
        _ = try await source("停用的", "10.9.0.1", isOn: false)
        try await rule("拒绝", source: firewall) {
            ($0.kind, $0.pattern) = (.pattern, "deny src=(?<s>\\S+) dst=(?<d>\\S+) level=(?<l>\\w+)")
            $0.mapping = ["s": .sourceAddress, "d": .targetAddress, "l": .severity]
        }
        try await rule("键值", position: 200) { $0.mapping = ["user": .account, "act": .act] }
        let tally = try await logs.write(
            arrivals(["<134>Nov 22 11:59:00 fw01 policy: deny src=203.0.113.9 dst=10.0.8.11 level=high", "<134>Nov 22 11:59:01 fw01 policy: permit user=zhang act=login"])
                + arrivals(["<38>Nov 22 11:59:02 web01 sshd[1]: deny src=1 dst=2 level=3"], from: "10.8.3.4") + arrivals(["<13>x", "<13>y"], from: "192.0.2.1")
                + arrivals(["<13>z"], from: "10.9.0.1"))
        #expect(tally.written == 3 && tally.refused == 3 && tally.read == 3)
        let (all, sources, refused) = try await database.read { [logs] reader in
            (try logs.lines(search(), limit: 10, reader), try logs.sources(reader), try logs.refusals(since: noon.day, reader))
        }
        #expect(all.map(\.host) == ["web01", "fw01", "fw01"])
        let denied = try #require(all.last)
        #expect(denied.mapped[.sourceAddress] == "203.0.113.9" && denied.mapped[.targetAddress] == "10.0.8.11")
        #expect(denied.severity == LogSeverity.critical.rawValue && denied.facility == 16 && denied.app == "policy")
        #expect(denied.fields.map(\.name) == ["d", "l", "s"])
        // The rule of the firewall does not read the host's line; the pairs do.
        #expect(all.first?.mapped[.sourceAddress] == nil && all[1].mapped[.account] == "zhang")
        #expect(sources.map(\.received) == [2, 1, 0] && sources[0].lastAt == noon)
        #expect(Set(refused.map { "\($0.address) \($0.reason) \($0.lines)" }) == ["192.0.2.1 unknown 2", "10.9.0.1 off 1"])
        #expect(refused.first { $0.reason == "unknown" }?.sample == "<13>x")
    }

    @Test func `conditions combine, pages follow one another`() async throws {
        _ = try await source("防火墙", "10.0.0.1")
        try await rule("键值") { $0.mapping = ["src": .sourceAddress] }
        let lines = (0..<25).map { "<\($0 % 2 == 0 ? 131 : 134)>Nov 22 11:\($0 < 10 ? "0" : "")\($0):00 fw0\($0 % 3) app: src=10.1.1.\($0 % 5) 百分号%\($0)" }
        try await logs.write(arrivals(lines))
        func count(_ change: (inout LogSearch) -> Void) async throws -> Int {
            let asked = search(change)
            return try await database.read { [logs] in try logs.lines(asked, limit: 100, $0).count }
        }
        #expect(try await count { $0.severity = 3 } == 13)
        #expect(try await count { $0.host = "fw01" } == 8)
        #expect(try await count { $0.fields[.sourceAddress] = "10.1.1.4" } == 5)
        #expect(try await count { $0.keyword = "百分号%2" } == 6)
        #expect(try await count { $0.keyword = "%24" } == 1)
        #expect(try await count { ($0.severity, $0.host) = (3, "fw00") } == 5)
        #expect(try await count { $0.source = 0 } == 0)
        #expect(try await count { $0.facility = 4 } == 0)
        #expect(try await count { $0.to = noon.adding(seconds: -3600 + 600) } == 10)
        let asked = search()
        let (first, second) = try await database.read { [logs] reader in
            let first = try logs.lines(asked, limit: 20, reader)
            return (first, try logs.lines(asked, after: first.last?.cursor, limit: 20, reader))
        }
        #expect(first.count == 20 && second.count == 5 && Set(first.map(\.id)).isDisjoint(with: second.map(\.id)))
    }

    @Test func `counts by hour, rubbish, clocks that cannot be believed`() async throws {
        _ = try await source("防火墙", "10.0.0.1")
        let odd = LogArrival(address: "10.0.0.1", bytes: [0, 255, 254, 10, 60, 49], way: .tcp, at: noon)
        try await logs.write(arrivals(["<8>1 2099-01-01T00:00:00Z h a - - - future", "<8>1 1970-01-01T00:00:00Z h a - - - past", "<11>Nov 22 11:00:00 h t: ok"]) + [odd])
        let (lines, counts) = try await database.read { [logs] reader in (try logs.lines(search(), limit: 10, reader), try logs.counts(of: noon.day, reader)) }
        #expect(lines.count == 4 && lines.count { $0.at == noon } == 3)
        #expect(counts.reduce(0) { $0 + $1.lines } == 4 && counts.allSatisfy { $0.hour == 12 })
        #expect(counts.first { $0.severity == 0 }?.lines == 2)
    }

    @Test func `unknown sources are kept where the policy says so, and stay apart`() async throws {
        try await database.write { [logs, writer] tx in
            var settings = LogSettings()
            settings.keepsUnknown = true
            try logs.keep(settings, by: writer, in: tx)
        }
        let tally = try await logs.write(arrivals(["<13>x"], from: "192.0.2.1"))
        #expect(tally.written == 1 && tally.refused == 0)
        let asked = search { $0.source = 0 }
        let kept = try await database.read { [logs] reader in try logs.lines(asked, limit: 10, reader) }
        #expect(kept.map(\.address) == ["192.0.2.1"])
        await #expect(throws: Failure.self) {
            try await database.write { [logs, writer] tx in
                var settings = LogSettings()
                settings.keepDays = 30
                try logs.keep(settings, by: writer, in: tx)
            }
        }
    }

    @Test func `invented senders do not fill the table of refusals`() async throws {
        let flood = (0..<2500).map { LogArrival(address: "198.51.\($0 / 250).\($0 % 250)", bytes: Array("<13>x".utf8), way: .udp, at: noon) }
        try await logs.write(Array(flood.prefix(1500)))
        try await logs.write(Array(flood.dropFirst(1500)))
        let (rows, sum, star) = try await database.read { reader in
            (
                try reader.count("SELECT count(*) FROM log_refused"), try reader.count("SELECT sum(lines) FROM log_refused"),
                try reader.count("SELECT count(*) FROM log_refused WHERE address = '*'")
            )
        }
        #expect(rows <= 2001 && sum == 2500 && star == 1)
    }

    @Test func `old lines go, in portions, with their counts`() async throws {
        _ = try await source("防火墙", "10.0.0.1")
        try await logs.write(arrivals(["<13>old", "<13>older"], at: noon.adding(seconds: -200 * 86_400)))
        try await logs.write(arrivals(["<13>new"]))
        #expect(try await logs.forgetOld() == 2)
        let (lines, counts) = try await database.read { reader in (try reader.count("SELECT count(*) FROM log_lines"), try reader.count("SELECT count(*) FROM log_counts")) }
        #expect(lines == 1 && counts == 1)
    }

    @Test func `files are read by the rules of their source`() async throws {
        let id = try await source("业务主机", "10.0.0.2", kind: .host)
        try await rule("键值", source: id) { $0.mapping = ["ip": .sourceAddress] }
        let known = try await database.read { [logs] in try logs.source(id, $0) }
        let tally = try await logs.take(file: ["<13>Nov 22 01:00:00 a b: ip=10.3.3.3", "plain"].map { Array($0.utf8) }, of: known)
        #expect(tally.written == 2 && tally.read == 1)
        let lines = try await database.read { [logs] in try logs.lines(search(), limit: 10, $0) }
        #expect(lines.allSatisfy { $0.way == .file && $0.source == id } && lines.contains { $0.mapped[.sourceAddress] == "10.3.3.3" })
    }

    @Test func `a source needs an address nobody has, removing one leaves its lines`() async throws {
        let id = try await source("来源一", "10.0.0.1")
        try await logs.write(arrivals(["<13>x"]))
        await #expect(throws: Failure.self) { _ = try await source("来源二", "10.0.0.1") }
        await #expect(throws: Failure.self) { _ = try await source("来源三", "not an address") }
        try await database.write { [logs, writer] tx in try logs.removeSource(id, by: writer, in: tx) }
        let tally = try await logs.write(arrivals(["<13>y"]))
        #expect(tally.refused == 1)
        #expect(try await database.read { try $0.count("SELECT count(*) FROM log_lines") } == 1)
    }

    @Test func `the queue is bounded, what it cannot hold is counted`() {
        let intake = LogIntake()
        intake.opened(LogCollector(title: "UDP", way: .udp, since: noon))
        let line = LogArrival(address: "10.0.0.1", bytes: [60], way: .udp, at: noon)
        let taken = intake.offer(Array(repeating: line, count: 25_000), collector: "UDP")
        #expect(taken == 20_000 && intake.dropped == 5000 && intake.isNearlyFull && intake.waiting == 20_000)
        #expect(intake.collectors.first?.lines == 25_000)
    }
}
