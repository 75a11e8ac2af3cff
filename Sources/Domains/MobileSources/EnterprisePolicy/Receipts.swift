import Identity
import Kernel
import Storage

/// A-03, A-04 下发回执: who has been told, who has confirmed, who could not apply it.
///
/// Read from `delivery` by its key; enterprises that have not asked yet have no row and count as waiting.
package struct Receipts: Sendable {
    let registry: GateRegistry

    package enum State: String, Sendable, CaseIterable {
        case waiting, sent, received, applied, failed

        package var title: String {
            switch self {
            case .waiting: "待下发"
            case .sent: "已下发"
            case .received: "已接收"
            case .applied: "已执行"
            case .failed: "执行失败"
            }
        }
    }

    /// What one enterprise has said of one thing that was handed down.
    package struct Line: Sendable {
        package var site: EnterpriseFacts
        package var objectId: String
        package var version: Int64
        package var state: State
        package var sentAt: Moment?
        package var receivedAt: Moment?
        package var appliedAt: Moment?
        package var failedAt: Moment?
        package var attempts: Int
        package var message: String?
        /// When a failed one is handed down again; nil when it is not.
        package var retryAt: Moment?
    }

    /// How many enterprises stand at each state.
    package struct Count: Sendable, Equatable {
        package var byState: [State: Int] = [:]

        package init(_ lines: [Line] = []) { for line in lines { byState[line.state, default: 0] += 1 } }

        package subscript(_ state: State) -> Int { byState[state] ?? 0 }
        package var total: Int { byState.values.reduce(0, +) }
        package var isComplete: Bool { total == self[.applied] }
        /// 0...1; nil when nobody is concerned.
        package var rate: Double? { total > 0 ? Double(self[.applied]) / Double(total) : nil }
    }

    /// The strategy that holds at each connected enterprise, and its receipt. One query.
    ///
    /// - Parameters:
    ///   - counties: nil is every county.
    ///   - strategy: nil is every strategy.
    package func strategies(counties: Set<String>? = nil, strategy: Int64? = nil, scope: DataScope, in reader: any Reader) throws -> [Line] {
        let sites = registry.snapshot.enterprises
        let only: SQL = strategy.map { "AND s.strategy_id = \($0)" } ?? ""
        let sql: SQL = """
            SELECT s.org, s.strategy_id, s.version, d.state, d.sent_at, d.received_at, d.applied_at, d.failed_at, d.attempts, d.message, d.retry_at FROM site_strategy s
            LEFT JOIN delivery d ON d.object_id = 'strategy-' || s.strategy_id AND d.version = s.version AND d.org = s.org WHERE s.strategy_id IS NOT NULL \(only)
            """
        var lines: [Line] = []
        try reader.each(sql) { row in
            guard let site = sites[row[0].int ?? 0], site.isConnected, counties?.contains(site.county) ?? true, scope.admits(org: site.org, area: site.county) else { return true }
            lines.append(Receipts.line(site, objectId: "strategy-\(row[1].int ?? 0)", version: row[2].int ?? 0, row))
            return true
        }
        return lines.sorted(by: Receipts.order)
    }

    /// What every connected enterprise has said of one thing that goes to all of them. One query.
    package func all(of objectId: String, version: Int64, scope: DataScope, in reader: any Reader) throws -> [Line] {
        var said: [Int64: Row] = [:]
        let sql: SQL = """
            SELECT org, object_id, version, state, sent_at, received_at, applied_at, failed_at, attempts, message, retry_at FROM delivery WHERE object_id = \(objectId) AND version = \(version)
            """
        for row in try reader.rows(sql) { said[row[0].int ?? 0] = row }
        return registry.snapshot.enterprises.values.filter { $0.isConnected && scope.admits(org: $0.org, area: $0.county) }
            .map { Receipts.line($0, objectId: objectId, version: version, said[$0.org]) }.sorted(by: Receipts.order)
    }

    /// How many have applied each of several things; keys are `object id/version`.
    package func applied(_ objects: [(id: String, version: Int64)], scope: DataScope, in reader: any Reader) throws -> [String: (applied: Int, failed: Int)] {
        guard !objects.isEmpty else { return [:] }
        let sites = registry.snapshot.enterprises
        var counts: [String: (applied: Int, failed: Int)] = [:]
        try reader.each("SELECT object_id, version, org, state FROM delivery WHERE object_id IN (\(list: objects.map(\.id)))") { row in
            guard let site = sites[row[2].int ?? 0], site.isConnected, scope.admits(org: site.org, area: site.county) else { return true }
            let key = "\(row[0].text ?? "")/\(row[1].int ?? 0)"
            if row[3].text == State.applied.rawValue { counts[key, default: (0, 0)].applied += 1 }
            if row[3].text == State.failed.rawValue { counts[key, default: (0, 0)].failed += 1 }
            return true
        }
        return counts
    }

    /// Columns from the fourth on: state, sent, received, applied, failed, attempts, message, retry.
    private static func line(_ site: EnterpriseFacts, objectId: String, version: Int64, _ row: Row?) -> Line {
        func moment(_ index: Int) -> Moment? { row?[index].int.map { Moment(milliseconds: $0) } }
        return Line(
            site: site, objectId: objectId, version: version, state: row?[3].text.flatMap(State.init(rawValue:)) ?? .waiting, sentAt: moment(4), receivedAt: moment(5),
            appliedAt: moment(6),
            failedAt: moment(7), attempts: Int(row?[8].int ?? 0), message: row?[9].text, retryAt: moment(10))
    }

    /// What needs a look first.
    private static func order(_ a: Line, _ b: Line) -> Bool {
        let ranks: [State: Int] = [.failed: 0, .waiting: 1, .sent: 2, .received: 3, .applied: 4]
        let (left, right) = (ranks[a.state] ?? 5, ranks[b.state] ?? 5)
        return left != right ? left < right : (a.site.county, a.site.code) < (b.site.county, b.site.code)
    }
}

extension GateSupervision {
    package var receipts: Receipts { Receipts(registry: registry) }

    /// Enterprises that a scope admits, by county, then number.
    package func sites(in scope: DataScope) -> [EnterpriseFacts] {
        registry.snapshot.enterprises.values.filter { scope.admits(org: $0.org, area: $0.county) }.sorted { ($0.county, $0.code) < ($1.county, $1.code) }
    }
}
