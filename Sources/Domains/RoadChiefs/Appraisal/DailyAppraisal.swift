import Features
import Kernel
import Ledgers
import Storage

/// B3.2.1 日常考核: one row is one deduction the office enters for a unit: organisation, leading group, reports, papers.
///
/// Source: requirements/B-transport.md B3.2.1.
package enum DailyAppraisal {
    package static let ledger = LedgerDeclaration(
        id: "B3.2.1", name: "dailyAppraisal", title: "日常考核", titleEN: "Daily appraisal", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners,
        titleField: "note", timeField: "day",
        fields: [
            .day("day", "考核日期", check: .notFuture, marks: [.required, .filterable, .sortable]),
            .reference("rule", "扣分项目", to: "appraisalRule", marks: [.required, .filterable, .groupable]),
            .decimal("points", "分值", places: 1, -100...100, unit: "分", marks: [.sortable, .summable]).hint("留空按考核细则的分值；扣分为负"), .note("note", "说明", length: 0...500),
        ])

    static func register(on platform: Platform) {
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, _, tx in
            guard before == nil, RoadRecords.isBlank(draft.values["points"]), let rule = draft.values["rule"].flatMap(RoadRecords.number) else { return }
            if let points = try tx.value("SELECT points FROM appraisal_rule WHERE id = \(rule) AND deleted_at IS NULL")?.double { draft.values["points"] = .double(points) }
        }
        // A month that was published does not change any more.
        platform.ledgers.onChange(of: ledger.name) { change, tx in
            for record in [change.before, change.after].compactMap({ $0 }) {
                guard let org = record.org, let day = record.values["day"]?.int.flatMap({ Day(number: Int($0)) }) else { continue }
                let month = RoadMonth(of: day)
                if try tx.first("SELECT 1 FROM road_score WHERE org = \(org) AND month = \(month.number) AND deleted_at IS NULL") != nil {
                    throw Failure(.conflict, "JW-B307", "\(month.title)考核已发布，不能再改动当月的日常考核")
                }
            }
        }
    }
}
