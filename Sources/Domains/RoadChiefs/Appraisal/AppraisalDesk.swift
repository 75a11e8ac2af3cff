import Features
import Identity
import Kernel
import Ledgers
import Storage

/// Reads what happened, scores it, and publishes a month: from then on it stands as it is.
package struct AppraisalDesk: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    /// One unit's month: as published, or as it would be now.
    package struct Standing: Sendable {
        package var org: Int64
        package var name: String
        package var sheet: AppraisalScore.Sheet
        /// 1 for the best; units of one score share it.
        package var rank: Int
        package var publishedAt: Moment?
        package var publisher: String?

        package init(org: Int64, name: String, sheet: AppraisalScore.Sheet, rank: Int, publishedAt: Moment? = nil, publisher: String? = nil) {
            self.org = org
            self.name = name
            self.sheet = sheet
            self.rank = rank
            self.publishedAt = publishedAt
            self.publisher = publisher
        }
    }

    /// Every unit that a reader sees, best first.
    package func standings(_ month: RoadMonth, scope: DataScope, _ reader: any Reader) throws -> [Standing] {
        let units = try reader.rows(
            "SELECT org, name FROM responsible_unit WHERE deleted_at IS NULL AND org IS NOT NULL AND \(scope.condition()) ORDER BY code LIMIT 1000"
        ).map { (org: $0.int("org") ?? 0, name: $0.text("name") ?? "") }
        let published = try AppraisalReader.published(month, units.map(\.org), reader)
        let open = units.filter { published[$0.org] == nil }
        let facts = try AppraisalReader(month: month, orgs: open.map(\.org), now: platform.clock.now).facts(reader)
        let settings = try AppraisalSettings.load(reader)
        let rules = try AppraisalReader.rules(reader)
        let standings = units.map { unit -> Standing in
            if let known = published[unit.org] {
                return Standing(org: unit.org, name: unit.name, sheet: known.sheet, rank: 0, publishedAt: known.at, publisher: known.publisher)
            }
            let sheet = AppraisalScore.sheet(facts[unit.org] ?? AppraisalScore.Facts(now: platform.clock.now), rules: rules, settings: settings)
            return Standing(org: unit.org, name: unit.name, sheet: sheet, rank: 0, publishedAt: nil, publisher: nil)
        }
        return Self.ranked(standings)
    }

    /// Best first; equal scores share a rank and the next is left out.
    package static func ranked(_ standings: [Standing]) -> [Standing] {
        var sorted = standings.sorted { ($0.sheet.total, $1.name) > ($1.sheet.total, $0.name) }
        for index in sorted.indices {
            let isSame = index > 0 && sorted[index].sheet.total == sorted[index - 1].sheet.total
            sorted[index].rank = isSame ? sorted[index - 1].rank : index + 1
        }
        return sorted
    }

    /// Freezes a month that is over for every unit in the publisher's scope that has no sheet yet.
    ///
    /// - Returns: how many sheets were written.
    /// - Throws: `.forbidden`; `.conflict` `JW-B308` while the month runs, `JW-B309` when all is published.
    package func publish(_ month: RoadMonth, by principal: Principal, in tx: any Transaction) throws -> Int {
        try principal.require(RoadPermission.publish, "发布月度考核")
        guard month.end <= platform.clock.now else { throw Failure(.conflict, "JW-B308", "\(month.title)尚未结束，不能发布") }
        _ = try PatrolDesk(platform: platform).closeMonths(in: tx)
        let open = try standings(month, scope: principal.scope, tx).filter { $0.publishedAt == nil }
        guard !open.isEmpty else { throw Failure(.conflict, "JW-B309", "\(month.title)考核已发布") }
        for standing in open { try keep(standing, month, by: principal, in: tx) }
        let entry = AuditEntry("publish", "roadMonth", month.text, "发布\(month.title)路长制考核，\(open.count) 个责任单位")
        try platform.audit.record(entry, by: principal, in: tx)
        return open.count
    }

    private func keep(_ standing: Standing, _ month: RoadMonth, by principal: Principal, in tx: any Transaction) throws {
        let sheet = standing.sheet, by = Principal.system(principal.name)
        let values: [String: JSONValue] = [
            "name": .string("\(month.title) \(standing.name)"), "month": .int(Int64(month.number)), "rank": .int(Int64(standing.rank)), "total": .double(sheet.total),
            "base": .double(sheet.base), "daily": .double(sheet.sum("daily")), "business": .double(sheet.sum("business")), "emergency": .double(sheet.sum("emergency")),
            "bonus": .double(sheet.sum("bonus")), "refund": .double(sheet.sum("refund")), "rounds": .int(Int64(sheet.rounds)), "missed": .int(Int64(sheet.missed)),
            "publishedAt": .string(platform.clock.now.text), "publisher": .string(principal.name),
        ]
        let score = try platform.ledgers.create(RoadScore.ledger.name, Draft(values, org: standing.org), by: by, in: tx)
        for line in sheet.lines {
            var values: [String: JSONValue] = [
                "score": .int(score.id), "month": .int(Int64(month.number)), "section": .string(line.section), "cause": .string(line.trigger), "title": .string(line.title),
                "points": .double(line.points), "isWithdrawn": .bool(line.isWithdrawn), "why": .string(String(line.why.prefix(500))),
            ]
            if let subject = line.subject {
                values["subjectKind"] = .string(subject.kind)
                values["subjectId"] = .int(subject.id)
            }
            _ = try platform.ledgers.create(RoadScoreLine.ledger.name, Draft(values, org: standing.org), by: by, in: tx)
        }
    }
}
