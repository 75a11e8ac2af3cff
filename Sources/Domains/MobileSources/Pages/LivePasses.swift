import Features
import Identity
import Kernel
import Ledgers
import Web

/// The passes that just happened: shown from memory, filled up from the ledger after a start, and sent to open pages as they come.
package struct LivePasses: Sendable {
    /// Of the events that open pages hear.
    package static let topic = "passes"
    let gates: GateSupervision

    package init(gates: GateSupervision) { self.gates = gates }

    /// Once at start: each shown pass is rendered once, whoever looks.
    static func connect(_ feed: PassFeed, to hub: LiveHub) {
        feed.onShow { item in
            hub.publish(LiveEvent(topic, org: item.org, area: item.area, permission: GatePermission.workbench, .html("\(PassLine(item: item))")))
        }
    }

    package struct Filter: Sendable {
        var county: String?
        var org: Int64?
        var verdict: String?

        package static let none = Filter()

        func admits(_ item: PassFeed.Item) -> Bool {
            (county.map { item.area == $0 } ?? true) && (org.map { item.org == $0 } ?? true) && (verdict.map { item.verdict == $0 } ?? true)
        }

        var conditions: [LedgerQuery.Filter] {
            var conditions: [LedgerQuery.Filter] = []
            if let county { conditions.append(.init("area", .eq, [county])) }
            if let org { conditions.append(.init("org", .eq, [String(org)])) }
            if let verdict { conditions.append(.init("verdict", .eq, [verdict])) }
            return conditions
        }
    }

    /// Newest first, within the reader's scope; at most one query, none while the memory holds enough.
    package func recent(_ count: Int, _ filter: Filter = .none, by principal: Principal) async throws -> [PassFeed.Item] {
        let kept = gates.feed.recent(count) { principal.scope.admits(org: $0.org, area: $0.area) && filter.admits($0) }
        if kept.count >= count { return kept }
        var query = LedgerQuery(ledger: GatePassEvent.ledger.name, filters: filter.conditions, limit: count)
        query.wantsTotal = false
        // Without a condition a rare verdict could be looked for through years.
        if filter.verdict != nil { query.filters.append(.init("passedAt", .gte, [gates.clock.today.adding(days: -7).text])) }
        let snapshot = gates.registry.snapshot
        let known = Set(kept.map(\.id))
        let stored = try await gates.ledgers.list(query, by: principal).records.filter { !known.contains($0.id) }.map { PassFeed.Item($0, in: snapshot) }
        return Array((kept + stored).sorted { ($0.passedAt, $0.id) > ($1.passedAt, $1.id) }.prefix(count))
    }
}
