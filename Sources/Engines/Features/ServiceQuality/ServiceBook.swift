import Identity
import Kernel
import Storage

/// What was measured, by kind and five minutes of each node, and by day. Kept 35 days and 25 months.
package struct ServiceBook: Sendable {
    /// `service_levels`: one row is one kind, five minutes and one node; `service_days`: one row is one kind and day.
    static let tables: [Table] = [
        Table(
            "service_levels", key: ["slot", "kind", "node"],
            columns: [
                Column("slot", .integer, required: true), Column("kind", .text, required: true), Column("node", .text, required: true), Column("count", .integer, required: true),
                Column("total_ms", .real, required: true), Column("worst_ms", .real, required: true), Column("over", .integer, required: true),
                Column("buckets", .text, required: true),
            ], isClustered: true),
        Table(
            "service_days", key: ["day", "kind"],
            columns: [
                Column("day", .integer, required: true), Column("kind", .text, required: true), Column("count", .integer, required: true),
                Column("total_ms", .real, required: true), Column("worst_ms", .real, required: true), Column("over", .integer, required: true),
                Column("buckets", .text, required: true),
            ], isClustered: true),
    ]

    static let slotMilliseconds: Int64 = 300_000
    /// Not a service: how long the platform was there.
    static let presence = "presence"
    private static let slotDays = 35
    private static let days = 760

    let database: any Database
    package let meter: ServiceMeter
    let clock: Clock

    package init(database: any Database, meter: ServiceMeter, clock: Clock) {
        self.database = database
        self.meter = meter
        self.clock = clock
    }

    static func slot(_ moment: Moment) -> Int64 { moment.milliseconds / slotMilliseconds }
    static func begin(ofSlot slot: Int64) -> Moment { Moment(milliseconds: slot * slotMilliseconds) }

    // MARK: Writing

    /// Adds what this node has measured since the last time, and that it was there meanwhile.
    ///
    /// - Parameter milliseconds: since the last time.
    package func keep(node: String, present milliseconds: Int) async throws {
        let seen = meter.take()
        var presence = ServiceMeter.Tally()
        presence.count = 1
        presence.totalMilliseconds = Double(milliseconds)
        let taken = seen.merging([Self.presence: presence]) { first, _ in first }
        do {
            let limits = try await write(taken, node: node)
            meter.allow(Dictionary(uniqueKeysWithValues: limits.map { ($0.key.rawValue, Double($0.value.peak)) }))
        } catch {
            meter.put(seen)
            throw error
        }
    }

    private func write(_ taken: Sums, node: String) async throws -> [ServiceKind: ServiceLimit] {
        let slot = Self.slot(clock.now)
        return try await database.write { tx in
            let known = Dictionary(
                try tx.rows("SELECT * FROM service_levels WHERE slot = \(slot) AND node = \(node)").map { ($0.text("kind") ?? "", ServiceMeter.Tally($0)) },
                uniquingKeysWith: { first, _ in first })
            for (kind, tally) in taken.sorted(by: { $0.key < $1.key }) {
                var sum = known[kind] ?? ServiceMeter.Tally()
                sum.add(tally)
                try tx.execute(
                    """
                    INSERT INTO service_levels (slot, kind, node, count, total_ms, worst_ms, over, buckets)
                    VALUES (\(slot), \(kind), \(node), \(sum.count), \(sum.totalMilliseconds), \(sum.worstMilliseconds), \(sum.over), \(sum.bucketText))
                    ON CONFLICT (slot, kind, node) DO UPDATE SET count = excluded.count, total_ms = excluded.total_ms, worst_ms = excluded.worst_ms, over = excluded.over, buckets = excluded.buckets
                    """)
            }
            return try Self.limits(tx)
        }
    }

    /// Sums of a day, of all nodes.
    package func rollUp(_ day: Day, in tx: any Transaction) throws {
        let (from, until) = (Self.slot(day.start), Self.slot(day.adding(days: 1).start))
        var sums = try Self.sums(from: from, until: until, by: { _ in 0 }, tx)[0] ?? [:]
        // Several nodes are there at once; each five minutes count once.
        let present = try Self.presence(from: from, until: until, tx)
        if !present.isEmpty {
            var tally = ServiceMeter.Tally()
            tally.count = present.count
            tally.totalMilliseconds = present.values.reduce(0, +)
            sums[Self.presence] = tally
        }
        for (kind, sum) in sums.sorted(by: { $0.key < $1.key }) {
            try tx.execute(
                """
                INSERT INTO service_days (day, kind, count, total_ms, worst_ms, over, buckets)
                VALUES (\(day), \(kind), \(sum.count), \(sum.totalMilliseconds), \(sum.worstMilliseconds), \(sum.over), \(sum.bucketText))
                ON CONFLICT (day, kind) DO UPDATE SET count = excluded.count, total_ms = excluded.total_ms, worst_ms = excluded.worst_ms, over = excluded.over, buckets = excluded.buckets
                """)
        }
    }

    package func forget(in tx: any Transaction) throws -> Int {
        let today = clock.today
        return try tx.execute("DELETE FROM service_levels WHERE slot < \(Self.slot(today.adding(days: -Self.slotDays).start))")
            + tx.execute("DELETE FROM service_days WHERE day < \(today.adding(days: -Self.days))")
    }

    // MARK: Reading

    typealias Sums = [String: ServiceMeter.Tally]

    /// All nodes together, by kind and by what the caller makes of a slot.
    static func sums(from: Int64, until: Int64, kind: ServiceKind? = nil, by key: (Int64) -> Int64, _ reader: any Reader) throws -> [Int64: Sums] {
        var sums: [Int64: Sums] = [:]
        let only: SQL = kind.map { "kind = \($0.rawValue)" } ?? "kind <> \(presence)"
        try reader.each("SELECT * FROM service_levels WHERE slot >= \(from) AND slot < \(until) AND \(only) ORDER BY slot") { row in
            sums[key(row.int("slot") ?? 0), default: [:]][row.text("kind") ?? "", default: ServiceMeter.Tally()].add(ServiceMeter.Tally(row))
            return true
        }
        return sums
    }

    /// Sums of days, presence among them.
    static func days(from: Day, through: Day, _ reader: any Reader) throws -> [Day: Sums] {
        var sums: [Day: Sums] = [:]
        for row in try reader.rows("SELECT * FROM service_days WHERE day >= \(from) AND day <= \(through) ORDER BY day") {
            guard let day = row.day("day") else { continue }
            sums[day, default: [:]][row.text("kind") ?? ""] = ServiceMeter.Tally(row)
        }
        return sums
    }

    /// Milliseconds of each five minutes in which at least one node was there.
    static func presence(from: Int64, until: Int64, _ reader: any Reader) throws -> [Int64: Double] {
        let rows = try reader.rows(
            "SELECT slot, MAX(total_ms) AS present FROM service_levels WHERE slot >= \(from) AND slot < \(until) AND kind = \(presence) GROUP BY slot ORDER BY slot")
        return Dictionary(rows.map { ($0.int("slot") ?? 0, min($0.double("present") ?? 0, Double(slotMilliseconds))) }, uniquingKeysWith: max)
    }

    // MARK: Limits

    package static func limits(_ reader: any Reader) throws -> [ServiceKind: ServiceLimit] {
        var limits = Dictionary(uniqueKeysWithValues: ServiceKind.allCases.map { ($0, $0.usualLimit) })
        for row in try reader.rows("SELECT name, value FROM operation_settings WHERE \(SQL.starts(with: "service.", in: "name"))") {
            guard let kind = ServiceKind(rawValue: String((row.text("name") ?? "").dropFirst(8))), let limit = ServiceLimit(row.text("value") ?? "") else { continue }
            limits[kind] = limit
        }
        return limits
    }

    func set(_ kind: ServiceKind, _ limit: ServiceLimit, audit: AuditTrail, by principal: Principal) async throws {
        try await database.write { tx in
            let before = try Self.limits(tx)[kind] ?? kind.usualLimit
            guard before != limit else { return }
            try tx.execute(
                """
                INSERT INTO operation_settings (name, value, at, by_name) VALUES (\("service." + kind.rawValue), \(limit.text), \(clock.now), \(principal.name))
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at, by_name = excluded.by_name
                """)
            func told(_ limit: ServiceLimit) -> JSONValue { ["平均毫秒": .int(Int64(limit.average)), "峰值毫秒": .int(Int64(limit.peak)), "容许超过峰值百分比": .int(Int64(limit.share))] }
            try audit.record(
                AuditEntry("update", "operationSetting", kind.rawValue, "修改“\(kind.title)”的时限", details: ["before": told(before), "after": told(limit)]), by: principal, in: tx)
        }
    }
}

extension ServiceMeter.Tally {
    /// A row of either table.
    init(_ row: Row) {
        self.init()
        count = Int(row.int("count") ?? 0)
        totalMilliseconds = row.double("total_ms") ?? 0
        worstMilliseconds = row.double("worst_ms") ?? 0
        over = Int(row.int("over") ?? 0)
        for (index, text) in (row.text("buckets") ?? "").split(separator: ",", omittingEmptySubsequences: false).enumerated() where index < buckets.count {
            buckets[index] = Int(text) ?? 0
        }
    }

    var bucketText: String { buckets.map(String.init).joined(separator: ",") }
}
