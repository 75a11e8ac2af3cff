import Kernel
import Storage

/// Compares, for each enterprise, the strategy that holds with the one it was last told, and hands down the difference. Run by every change of strategies and warnings and by the
/// clock every few seconds, so that time rules take effect by themselves.
struct StrategyRefresh: Sendable {
    let handDown: HandDown
    let clock: Clock

    /// - Parameter snapshot: the state as it will be after the commit.
    /// - Returns: how many enterprises were told something new.
    func run(_ snapshot: GateRegistry.Snapshot, in tx: any Transaction) throws -> Int {
        let now = clock.now
        var told: [Int64: (strategy: Int64?, version: Int64?, level: String)] = [:]
        try tx.each("SELECT org, strategy_id, version, level FROM site_strategy") { row in
            told[row[0].int ?? 0] = (row[1].int, row[2].int, row[3].text ?? "none")
            return true
        }
        var changed = 0
        for site in snapshot.enterprises.values.sorted(by: { $0.org < $1.org }) where site.isConnected {
            let level = snapshot.level(county: site.county, at: now)
            let strategy = snapshot.strategy(for: site, level: level, at: now)
            let before = told[site.org]
            if let before, before.strategy == strategy?.id, before.version == strategy?.version, before.level == level.rawValue { continue }
            if before == nil, strategy == nil { continue }
            changed += 1
            if let old = before?.strategy, old != strategy?.id {
                let body: JSONValue = ["reason": .string("响应级别变为\(level.title)"), "level": .string(level.rawValue)]
                try handDown.post(.strategyEnded, id: "strategy-\(old)", version: before?.version ?? 1, org: site.org, effectiveAt: now, body: body, in: tx)
            }
            if let strategy {
                let item = StrategyRefresh.item(strategy, level: level, at: now)
                try handDown.post(.strategy, id: item.objectId, version: item.version, org: site.org, effectiveAt: now, body: item.body, in: tx)
            }
            try tx.execute(
                """
                INSERT INTO site_strategy (org, strategy_id, version, level, since) VALUES (\(site.org), \(strategy?.id), \(strategy?.version), \(level.rawValue), \(now))
                ON CONFLICT (org) DO UPDATE SET strategy_id = excluded.strategy_id, version = excluded.version, level = excluded.level, since = excluded.since
                """)
        }
        return changed
    }

    /// What a gate needs to decide by itself while it is off-line.
    static func item(_ strategy: Strategy, level: WarningLevel, at moment: Moment) -> HandDown.Item {
        let body: JSONValue = [
            "name": .string(strategy.name), "level": .string(level.rawValue), "levelTitle": .string(level.title), "stopsAll": .bool(strategy.stopsAll),
            "minEmissionStage": JSONValue(strategy.minimumStage?.rawValue), "bannedFuels": .array(strategy.bannedFuels.sorted().map(JSONValue.string)),
            "vehicleGroups": .array(strategy.groups.map(\.rawValue).sorted().map(JSONValue.string)), "allowsNewEnergy": .bool(strategy.allowsNewEnergy),
            "dailyTripCap": JSONValue(strategy.dailyTripCap), "dailyTonnesCap": JSONValue(strategy.dailyTonnesCap),
            "timeWindows": .array(strategy.windows.map { .string($0.text) }),
            "exemptClasses": .array(strategy.exemptClasses.sorted().map(JSONValue.string)), "exemptPlates": .array(strategy.exemptPlates.sorted().map(JSONValue.string)),
            "validFrom": JSONValue(strategy.validFrom?.rfc3339), "validTo": JSONValue(strategy.validTo?.rfc3339), "measures": .string(strategy.measures),
        ]
        return HandDown.Item(kind: HandDown.Kind.strategy.rawValue, objectId: "strategy-\(strategy.id)", version: strategy.version, effectiveAt: moment, body: body)
    }
}
