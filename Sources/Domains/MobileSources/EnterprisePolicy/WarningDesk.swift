import Identity
import Kernel
import Ledgers
import Storage

/// A-04 预警响应: starting and ending 黄/橙/红 for chosen counties. Strategies of the level reach the waiting gates within a second.
package struct WarningDesk: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry
    let refresh: StrategyRefresh
    let clock: Clock

    /// - Parameter startsAt: nil is now; a later moment takes effect by itself.
    /// - Throws: `.invalid` for a level of none, no or unknown counties; `.conflict` `JW-M051` when the same level already runs in all of them; `.forbidden` for counties outside the scope.
    package func start(_ level: WarningLevel, counties: [String], startsAt: Moment? = nil, endsAt: Moment? = nil, basis: String, by principal: Principal) async throws -> Record {
        let start = startsAt ?? clock.now
        let findings = findings(level, counties: counties, startsAt: start, endsAt: endsAt)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        for county in counties where !principal.scope.admits(org: nil, area: county) { throw Failure(.forbidden, "JW-M052", "\(Region(code: county)?.title ?? county)不在您的管辖范围内") }
        return try await database.write { tx in
            let running = registry.snapshot.warnings.filter { $0.level == level && ($0.to ?? start.adding(seconds: 1)) > start && $0.from <= start }
            if counties.allSatisfy({ county in running.contains { $0.counties.contains(county) } }) { throw Failure(.conflict, "JW-M051", "所选县（区、市）已处于\(level.title)预警响应中") }
            var draft = Draft()
            draft.set(WarningPeriod.level, .string(level.rawValue))
            draft.set(WarningPeriod.counties, .array(counties.map(JSONValue.string)))
            draft.set(WarningPeriod.startsAt, .int(start.milliseconds))
            if let endsAt { draft.set(WarningPeriod.endsAt, .int(endsAt.milliseconds)) }
            draft.set(WarningPeriod.basis, .string(basis))
            return try ledgers.create(WarningPeriod.ledger.name, draft, by: principal, in: tx)
        }
    }

    /// Everything wrong with a warning that is to be started, in the order of the form.
    package func findings(_ level: WarningLevel, counties: [String], startsAt: Moment, endsAt: Moment?) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        if level == .none { findings.append(FieldFinding("level", "unknownCode", "请选择黄色、橙色或红色", title: "响应级别")) }
        if counties.isEmpty { findings.append(FieldFinding("counties", "required", "请至少选择一个县（区、市）", title: "县（区、市）")) }
        for county in counties where !(Region(code: county)?.isKnown ?? false) { findings.append(FieldFinding("counties", "unknownCode", "“\(county)”不是已知的行政区划", title: "县（区、市）")) }
        if let endsAt, endsAt <= startsAt { findings.append(FieldFinding("endsAt", "range", "应晚于启动时间", title: "解除时间")) }
        return findings
    }

    /// Ends a level in some counties; a period that covers other counties too goes on for those.
    ///
    /// - Returns: the periods that were changed.
    /// - Throws: `.notFound` `JW-M053` when the level runs in none of them.
    package func end(_ level: WarningLevel, counties: [String], basis: String, by principal: Principal) async throws -> [Record] {
        for county in counties where !principal.scope.admits(org: nil, area: county) { throw Failure(.forbidden, "JW-M052", "\(Region(code: county)?.title ?? county)不在您的管辖范围内") }
        let now = clock.now
        return try await database.write { tx in
            var changed: [Record] = []
            for warning in registry.snapshot.warnings where warning.level == level && (warning.to.map { $0 > now } ?? true) {
                let ended = warning.counties.intersection(counties)
                guard !ended.isEmpty else { continue }
                let remaining = warning.counties.subtracting(ended)
                if !remaining.isEmpty {
                    var rest = Draft()
                    rest.set(WarningPeriod.level, .string(level.rawValue))
                    rest.set(WarningPeriod.counties, .array(remaining.sorted().map(JSONValue.string)))
                    rest.set(WarningPeriod.startsAt, .int(max(warning.from, now).milliseconds))
                    if let to = warning.to { rest.set(WarningPeriod.endsAt, .int(to.milliseconds)) }
                    rest.set(WarningPeriod.basis, .string("部分县（区、市）解除后继续：" + basis))
                    _ = try ledgers.create(WarningPeriod.ledger.name, rest, by: principal, in: tx)
                }
                var draft = Draft()
                draft.set(WarningPeriod.endsAt, .int(max(now, warning.from).milliseconds))
                if !basis.isEmpty { draft.set(WarningPeriod.basis, .string(basis)) }
                changed.append(try ledgers.update(WarningPeriod.ledger.name, id: warning.id, draft, expectedVersion: nil, by: principal, in: tx))
            }
            guard !changed.isEmpty else { throw Failure(.notFound, "JW-M053", "所选县（区、市）没有正在执行的\(level.title)预警") }
            return changed
        }
    }

    func register() {
        let registry = registry
        let refresh = refresh
        ledgers.onChange(of: WarningPeriod.ledger.name) { change, tx in
            guard let record = change.after ?? change.before else { return }
            let row = try tx.first("SELECT id, level, counties, starts_at, ends_at FROM warning_period WHERE id = \(record.id) AND deleted_at IS NULL")
            let warning = row.flatMap { GateRegistry.Warning(row: $0) }
            let id = record.id
            // Several periods may change in one transaction; what the earlier ones changed is read again from the rows.
            var next = registry.snapshot
            next.warnings = try tx.rows("SELECT id, level, counties, starts_at, ends_at FROM warning_period WHERE deleted_at IS NULL").compactMap { GateRegistry.Warning(row: $0) }
            _ = try refresh.run(next, in: tx)
            tx.signal(GateRegistry.signal, "")
            tx.afterCommit {
                registry.update { snapshot in
                    snapshot.warnings.removeAll { $0.id == id }
                    if let warning { snapshot.warnings.append(warning) }
                }
            }
        }
    }
}
