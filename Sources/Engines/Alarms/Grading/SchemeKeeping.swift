import Identity
import Kernel
import Storage

/// One kept version of a scheme.
package struct SchemeVersion: Sendable, Equatable {
    package var scheme: GradingScheme
    package var version: Int
    package var note: String
    package var at: Moment
    package var byName: String
}

extension AlarmEngine {
    /// Keeps a scheme as its next version; alarms keep the level that they were given.
    ///
    /// - Throws: `.invalid` with every fault; `.forbidden`.
    @discardableResult
    package func publish(_ scheme: GradingScheme, note: String, by principal: Principal, in tx: any Transaction) throws -> Int {
        try principal.require(AlarmPermission.configure, "修改报警分级方案")
        let faults = scheme.faults()
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        let last = try tx.count("SELECT COALESCE(MAX(version), 0) FROM alarm_schemes WHERE name = \(scheme.name)")
        let now = clock.now
        try tx.execute(
            "INSERT INTO alarm_schemes (name, version, body, note, at, by_name) VALUES (\(scheme.name), \(last + 1), \(try scheme.json()), \(note), \(now), \(principal.name))")
        if scheme.isLeading { try stepDown(all: scheme.name, by: principal, in: tx) }
        try hooks.audit(
            AuditEntry("update", "alarmScheme", scheme.name, "报警分级方案“\(scheme.title)”第 \(last + 1) 版：\(note)", details: try JSONValue(parsing: scheme.json())), principal, tx)
        try book.follow(tx, at: now)
        return last + 1
    }

    /// Only one scheme leads.
    private func stepDown(all except: String, by principal: Principal, in tx: any Transaction) throws {
        for (other, version) in try AlarmBook.read(tx, at: clock.now).schemes where other.isLeading && other.name != except {
            var changed = other
            changed.isLeading = false
            try tx.execute(
                "INSERT INTO alarm_schemes (name, version, body, note, at, by_name) VALUES (\(other.name), \(version + 1), \(try changed.json()), '改由其他方案主用', \(clock.now), \(principal.name))"
            )
        }
    }

    /// Newest first, at most 100.
    package func versions(ofScheme name: String, in reader: any Reader) throws -> [SchemeVersion] {
        try reader.rows("SELECT * FROM alarm_schemes WHERE name = \(name) ORDER BY version DESC LIMIT 100").map { row in
            SchemeVersion(
                scheme: try GradingScheme(json: row.text("body") ?? ""), version: Int(row.int("version") ?? 0), note: row.text("note") ?? "",
                at: row.moment("at") ?? Moment(milliseconds: 0), byName: row.text("by_name") ?? "")
        }
    }

    /// What a scheme would have made of the alarms of the last days: alarms by level code, at most 20,000 looked at.
    package func trial(_ scheme: GradingScheme, since: Moment, by principal: Principal, in reader: any Reader) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        try reader.each(
            "SELECT kind, grade, org, area, traits FROM alarms WHERE occurred_at >= \(since) AND \(principal.scope.condition()) ORDER BY occurred_at DESC LIMIT 20000"
        ) { row in
            let subject = GradingSubject(
                kind: row.text("kind") ?? "", category: kind(row.text("kind") ?? "")?.category ?? .conduct,
                traits: Set((row.text("traits") ?? "").split(separator: "|").map(String.init)), grade: AlarmGrade(rawValue: Int(row.int("grade") ?? 1)) ?? .ordinary,
                org: row.int("org"), area: row.text("area"))
            counts[scheme.grade(subject)?.level.code ?? "", default: 0] += 1
            return true
        }
        return counts
    }

    /// Every trait that a declared kind knows, once.
    package var traits: [AlarmTrait] {
        var seen: Set<String> = []
        return kinds.flatMap(\.traits).filter { seen.insert($0.name).inserted }
    }
}
