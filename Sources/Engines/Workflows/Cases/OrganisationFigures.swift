import Identity
import Kernel
import Storage

/// What came of the cases of one organisation.
package struct OrganisationFigures: Sendable, Equatable {
    package var name: String
    package var running: Int
    /// By what the case came to, in words.
    package var outcomes: [String: Int]
    /// Seconds from start to end; nil where none ended.
    package var averageSeconds: Double?

    package var total: Int { running + outcomes.values.reduce(0, +) }
}

extension WorkflowEngine {
    /// Of cases started on these days, those with most first; at most 500 organisations.
    package func byOrganisation(_ name: String, from: Day, to: Day, by principal: Principal, in reader: any Reader) throws -> (titles: [String], lines: [OrganisationFigures]) {
        try principal.require(WorkflowPermission.read, "流程统计")
        let definition = try definition(name)
        let rows = try reader.rows(
            """
            SELECT c.org, MAX(c.org_name) AS name, c.state, c.outcome, COUNT(*) AS n, SUM((c.ended_at - c.started_at) / 1000.0) AS seconds FROM workflow_cases c
            WHERE c.workflow = \(name) AND c.started_at >= \(from.start) AND c.started_at < \(to.end) AND \(principal.scope.condition(org: "c.org", area: "c.area"))
            GROUP BY c.org, c.state, c.outcome
            """)
        var titles: [String] = []
        var lines: [Int64: OrganisationFigures] = [:]
        var spent: [Int64: (seconds: Double, count: Int)] = [:]
        for row in rows {
            let (org, count) = (row.int("org") ?? 0, Int(row.int("n") ?? 0))
            var line = lines[org] ?? OrganisationFigures(name: row.text("name") ?? "", running: 0, outcomes: [:])
            let state = row.text("state").flatMap(WorkflowCase.State.init(rawValue:)) ?? .running
            if state == .running {
                line.running += count
            } else {
                let title = row.text("outcome").flatMap { definition.step($0)?.title } ?? state.title
                if !titles.contains(title) { titles.append(title) }
                line.outcomes[title, default: 0] += count
                let before = spent[org] ?? (0, 0)
                spent[org] = (before.seconds + (row.double("seconds") ?? 0), before.count + count)
            }
            lines[org] = line
        }
        for (org, sum) in spent where sum.count > 0 { lines[org]?.averageSeconds = sum.seconds / Double(sum.count) }
        let sorted = lines.values.sorted { ($0.total, $1.name) > ($1.total, $0.name) }
        return (titles.sorted(), Array(sorted.prefix(500)))
    }
}
