import Kernel
import Storage

/// D16.2.2, D17.3.3 异常行为: what is usual for one person, learned from the book, and what departs from it. Pure: counts in, deviations out, each with its numbers.
package struct ConductBaseline: Sendable, Equatable {
    /// One day of one person.
    package struct DayOfWork: Sendable, Equatable {
        package var acts: Int
        package var exports: Int
        package var reveals: Int
        package var deletions: Int
        /// Hours of the day (0...23) in which something was done.
        package var hours: Set<Int>
        package var addresses: Set<String>

        package init(acts: Int = 0, exports: Int = 0, reveals: Int = 0, deletions: Int = 0, hours: Set<Int> = [], addresses: Set<String> = []) {
            self.acts = acts
            self.exports = exports
            self.reveals = reveals
            self.deletions = deletions
            self.hours = hours
            self.addresses = addresses
        }
    }

    /// One departure: what, what was seen, what is usual.
    package struct Deviation: Sendable, Equatable {
        package var what: String
        package var explanation: String
    }

    /// Days with any act.
    package var days: Int
    /// Mean and standard deviation a day, by name of the count.
    package var usual: [String: (mean: Double, spread: Double)]
    /// Hours in which at least one in ten of the days saw an act, widened by one on each side.
    package var hours: Set<Int>
    package var addresses: Set<String>

    /// Fewer days say nothing of what is usual.
    package static let fewest = 5
    /// Below these nothing is worth a word, however unusual.
    private static let floors = ["操作": 50.0, "导出": 3, "查看个人信息原文": 5, "删除": 5]

    package static func == (a: ConductBaseline, b: ConductBaseline) -> Bool { a.days == b.days && a.hours == b.hours && a.addresses == b.addresses }

    private static func counts(_ day: DayOfWork) -> [String: Double] {
        ["操作": Double(day.acts), "导出": Double(day.exports), "查看个人信息原文": Double(day.reveals), "删除": Double(day.deletions)]
    }

    package init(_ past: [DayOfWork]) {
        days = past.count
        var sums: [String: (mean: Double, spread: Double)] = [:]
        for name in Self.floors.keys {
            let values = past.map { Self.counts($0)[name] ?? 0 }
            let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
            let variance = values.isEmpty ? 0 : values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            sums[name] = (mean, variance.squareRoot())
        }
        usual = sums
        var often: [Int: Int] = [:]
        for day in past { for hour in day.hours { often[hour, default: 0] += 1 } }
        let core = often.filter { $0.value * 10 >= past.count }.keys
        hours = Set(core.flatMap { [($0 + 23) % 24, $0, ($0 + 1) % 24] })
        addresses = past.reduce(into: Set<String>()) { $0.formUnion($1.addresses) }
    }

    /// What of a day is not usual; empty while too little is known.
    package func deviations(of day: DayOfWork) -> [Deviation] {
        guard days >= Self.fewest else { return [] }
        var found: [Deviation] = []
        for (name, value) in Self.counts(day).sorted(by: { $0.key < $1.key }) {
            let (mean, spread) = usual[name] ?? (0, 0), limit = max(mean + 3 * spread, mean * 2, Self.floors[name] ?? 0)
            if value > limit { found.append(Deviation(what: name, explanation: "当日\(name) \(Int(value)) 次，此前 \(days) 日平均 \(Self.text(mean)) 次，通常不超过 \(Self.text(limit)) 次")) }
        }
        let odd = day.hours.subtracting(hours).sorted()
        if !odd.isEmpty { found.append(Deviation(what: "时段", explanation: "在平时没有操作的时段操作：" + odd.map { "\($0) 时" }.joined(separator: "、"))) }
        let strange = day.addresses.subtracting(addresses).sorted()
        if strange.count >= 2 { found.append(Deviation(what: "来源", explanation: "出现 \(strange.count) 个新的来源地址：" + strange.prefix(5).joined(separator: "、"))) }
        return found
    }

    private static func text(_ value: Double) -> String {
        let tenth = (value * 10).rounded() / 10
        return tenth == tenth.rounded() ? String(Int(tenth)) : String(tenth)
    }
}

extension ConductBaseline {
    /// Days of every person between two days, with the first day's excluded ones left out; at most so many rows of the book are read.
    package static func days(from: Day, to: Day, _ reader: any Reader) throws -> [Int64: (name: String, days: [Day: DayOfWork])] {
        var found: [Int64: (name: String, days: [Day: DayOfWork])] = [:]
        let hour = "(at + 28800000) / 3600000 % 24" as SQL
        let rows = try reader.rows(
            """
            SELECT actor_id, max(actor) AS actor, day, \(hour) AS hour, address, count(*) AS acts, sum(CASE WHEN action = 'export' THEN 1 ELSE 0 END) AS exports,
            sum(CASE WHEN action = 'reveal' THEN 1 ELSE 0 END) AS reveals, sum(CASE WHEN action = 'delete' THEN 1 ELSE 0 END) AS deletions
            FROM audit WHERE day >= \(from) AND day <= \(to) AND actor_kind = 'user' GROUP BY actor_id, day, \(hour), address ORDER BY actor_id, day LIMIT 500000
            """)
        for row in rows {
            guard let actor = row.int("actor_id"), let day = row.day("day") else { continue }
            var work = found[actor]?.days[day] ?? DayOfWork()
            work.acts += Int(row.int("acts") ?? 0)
            work.exports += Int(row.int("exports") ?? 0)
            work.reveals += Int(row.int("reveals") ?? 0)
            work.deletions += Int(row.int("deletions") ?? 0)
            work.hours.insert(Int(row.int("hour") ?? 0))
            if let address = row.text("address"), !address.isEmpty { work.addresses.insert(address) }
            found[actor, default: (row.text("actor") ?? "", [:])].days[day] = work
        }
        return found
    }
}
