import Kernel
import Schedules
import Storage

/// One line as it will be written.
package struct LogEntry: Sendable {
    package var at: Moment
    package var receivedAt: Moment
    package var source: Int64
    package var address: String
    package var way: LogWay
    package var facility: Int
    package var severity: Int
    package var host: String
    package var app: String
    package var text: String
    package var raw: String
    /// The rule that read it; 0 for none.
    package var rule: Int64 = 0
    package var isEvent = false
    package var mapped: [LogField: String] = [:]
    /// Everything that was read, by its own name.
    package var fields: [String: String] = [:]

    /// Nothing makes it fail.
    init(_ arrival: LogArrival, source: LogSource?, rules: [(rule: LogRule, reading: LogReading)]) {
        let line = SyslogText.clean(arrival.bytes)
        let parsed = SyslogText(line, received: arrival.at)
        receivedAt = arrival.at
        at = Self.credible(parsed.at, arrival.at)
        self.source = source?.id ?? 0
        address = arrival.address
        way = arrival.way
        facility = parsed.facility
        severity = parsed.severity
        host = parsed.host
        app = parsed.app
        text = parsed.text
        raw = line
        fields = parsed.data
        for (rule, reading) in rules where rule.source == nil || rule.source == source?.id {
            guard let found = reading.read(parsed.text) else { continue }
            take(found, rule, reading)
            break
        }
    }

    /// A clock that runs ahead, or stands in another century, is not believed.
    private static func credible(_ at: Moment?, _ received: Moment) -> Moment {
        guard let at, at < received.adding(seconds: 86_400), at > received.adding(seconds: -86_400 * 3650) else { return received }
        return at
    }

    private mutating func take(_ found: [String: String], _ rule: LogRule, _ reading: LogReading) {
        self.rule = rule.id
        isEvent = reading.isEvent
        fields.merge(found) { _, new in new }
        for (name, field) in reading.mapping {
            guard let value = found[name] else { continue }
            switch field {
            case .severity: if let level = LogSeverity(word: value) { severity = level.rawValue }
            case .time: if let time = Moment(parsing: value) { at = Self.credible(time, receivedAt) }
            case .host: host = String(value.prefix(120))
            case .app: app = String(value.prefix(60))
            default: mapped[field] = String(value.prefix(200))
            }
        }
    }

    static let columns =
        ["at", "received_at", "source", "address", "way", "facility", "severity", "host", "app", "text", "raw", "rule", "event"] + LogField.searchable.compactMap(\.column) + [
            "fields"
        ]

    var values: [SQLValue] {
        let kept: SQLValue =
            fields.isEmpty ? .null : .text(JSONValue.object(JSONObject(fields.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })).text)
        return [
            at.sqlValue, receivedAt.sqlValue, .int(source), .text(address), .text(way.rawValue), .int(Int64(facility)), .int(Int64(severity)), .text(host), .text(app), .text(text),
            .text(raw), .int(rule), .int(isEvent ? 1 : 0),
        ] + LogField.searchable.map { mapped[$0].map(SQLValue.text) ?? .null } + [kept]
    }
}

/// What became of lines.
package struct LogTally: Sendable, Equatable {
    package var written = 0
    package var refused = 0
    /// Lines that a rule read.
    package var read = 0
}

extension LogEngine {
    /// Writes what waits until the task ends: a batch is one transaction; one that fails goes back and is tried again after a second.
    package func run(_ waker: Waker = .system, failed: @Sendable (any Error) -> Void) async throws {
        while !Task.isCancelled {
            let batch = intake.take(Self.batch)
            guard !batch.isEmpty else {
                try await waker.sleep(for: .milliseconds(100))
                continue
            }
            do { try await write(batch) } catch {
                intake.giveBack(batch)
                if Task.isCancelled { return }
                failed(error)
                try await waker.sleep(for: .seconds(1))
            }
        }
    }

    /// Writes what still waits; at the end of the program.
    package func settle() async throws {
        while true {
            let batch = intake.take(Self.batch)
            if batch.isEmpty { return }
            try await write(batch)
        }
    }

    /// One transaction: lines, counts by hour, what was refused, when each source was last heard.
    @discardableResult
    package func write(_ arrivals: [LogArrival]) async throws -> LogTally {
        let knowledge = try await knowledge()
        let sorted = LogSorting(arrivals, knowledge)
        try await database.write { tx in
            try tx.insertMany(into: LogTables.lines.name, columns: LogEntry.columns, rows: sorted.entries.map(\.values))
            try Self.count(sorted, in: tx)
            try Self.refuse(sorted, in: tx)
        }
        return sorted.tally
    }

    /// Lines of a file that somebody uploaded, as if its source had sent them.
    ///
    /// - Returns: what became of them.
    package func take(file lines: [[UInt8]], of source: LogSource) async throws -> LogTally {
        let knowledge = try await knowledge(isStale: true)
        var tally = LogTally()
        let now = clock.now
        for start in stride(from: 0, to: lines.count, by: Self.batch) {
            let part = lines[start..<min(start + Self.batch, lines.count)]
            let entries = part.map { bytes in
                LogEntry(LogArrival(address: source.address, bytes: Array(bytes.prefix(LogIntake.longestLine)), way: .file, at: now), source: source, rules: knowledge.rules)
            }
            var sorted = LogSorting([], knowledge)
            for entry in entries { sorted.add(entry) }
            let whole = sorted
            try await database.write { tx in
                try tx.insertMany(into: LogTables.lines.name, columns: LogEntry.columns, rows: whole.entries.map(\.values))
                try Self.count(whole, in: tx)
            }
            tally.written += whole.tally.written
            tally.read += whole.tally.read
        }
        return tally
    }

    private static func count(_ sorted: LogSorting, in tx: any Transaction) throws {
        for (slot, lines) in sorted.slots.sorted(by: { $0.key < $1.key }) {
            try tx.post(
                """
                INSERT INTO log_counts (day, hour, source, severity, lines) VALUES (\(slot.day), \(slot.hour), \(slot.source), \(slot.severity), \(lines))
                ON CONFLICT (day, hour, source, severity) DO UPDATE SET lines = log_counts.lines + excluded.lines
                """)
        }
        for (source, heard) in sorted.heard.sorted(by: { $0.key < $1.key }) {
            try tx.post("UPDATE log_sources SET received = received + \(heard.lines), last_at = \(heard.at) WHERE id = \(source)")
        }
        for (rule, hits) in sorted.hits.sorted(by: { $0.key < $1.key }) { try tx.post("UPDATE log_rules SET hits = hits + \(hits) WHERE id = \(rule)") }
    }

    /// Addresses of one day beyond this are kept together as `*`: whoever invents senders must not fill the table.
    private static let mostRefused = 2000

    private static func refuse(_ sorted: LogSorting, in tx: any Transaction) throws {
        guard let day = sorted.refused.values.first?.last.day else { return }
        let isCrowded = try tx.count("SELECT count(*) FROM log_refused WHERE day = \(day)") + sorted.refused.count > mostRefused
        for (key, one) in sorted.refused.sorted(by: { $0.key < $1.key }) {
            let address = isCrowded ? "*" : key.address
            try tx.post(
                """
                INSERT INTO log_refused (day, address, reason, lines, first_at, last_at, sample)
                VALUES (\(one.last.day), \(address), \(key.reason), \(one.lines), \(one.first), \(one.last), \(one.sample))
                ON CONFLICT (day, address, reason) DO UPDATE SET lines = log_refused.lines + excluded.lines, last_at = excluded.last_at, sample = excluded.sample
                """)
        }
    }
}

/// A batch, sorted into what is written and what is refused, with its sums.
struct LogSorting: Sendable {
    struct Slot: Hashable, Comparable {
        var day: Day
        var hour: Int
        var source: Int64
        var severity: Int

        static func < (a: Slot, b: Slot) -> Bool { (a.day, a.hour, a.source, a.severity) < (b.day, b.hour, b.source, b.severity) }
    }

    struct RefusalKey: Hashable, Comparable {
        var address: String
        var reason: String

        static func < (a: RefusalKey, b: RefusalKey) -> Bool { (a.address, a.reason) < (b.address, b.reason) }
    }

    private(set) var entries: [LogEntry] = []
    private(set) var slots: [Slot: Int] = [:]
    private(set) var heard: [Int64: (lines: Int, at: Moment)] = [:]
    private(set) var hits: [Int64: Int] = [:]
    private(set) var refused: [RefusalKey: (lines: Int, first: Moment, last: Moment, sample: String)] = [:]
    private(set) var tally = LogTally()

    init(_ arrivals: [LogArrival], _ knowledge: LogKnowledge) {
        entries.reserveCapacity(arrivals.count)
        for arrival in arrivals {
            let source = knowledge.source(of: arrival.address)
            if let source, source.isOn {
                add(LogEntry(arrival, source: source, rules: knowledge.rules))
            } else if source == nil, knowledge.settings.keepsUnknown {
                add(LogEntry(arrival, source: nil, rules: knowledge.rules))
            } else {
                refuse(arrival, source == nil ? "unknown" : "off")
            }
        }
    }

    mutating func add(_ entry: LogEntry) {
        entries.append(entry)
        tally.written += 1
        slots[Slot(day: entry.receivedAt.day, hour: entry.receivedAt.hourOfDay, source: entry.source, severity: entry.severity), default: 0] += 1
        heard[entry.source, default: (0, entry.receivedAt)].lines += 1
        heard[entry.source]?.at = entry.receivedAt
        guard entry.rule != 0 else { return }
        tally.read += 1
        hits[entry.rule, default: 0] += 1
    }

    private mutating func refuse(_ arrival: LogArrival, _ reason: String) {
        let key = RefusalKey(address: arrival.address, reason: reason)
        let sample = refused[key]?.sample ?? String(SyslogText.clean(Array(arrival.bytes.prefix(600))).prefix(300))
        refused[key] = ((refused[key]?.lines ?? 0) + 1, refused[key]?.first ?? arrival.at, arrival.at, sample)
        tally.refused += 1
    }
}
