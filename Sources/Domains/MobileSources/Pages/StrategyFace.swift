import Kernel
import Web

/// What a strategy asks, in sentences, and why it is the one that holds for an enterprise.
enum StrategyFace {
    static func limits(_ strategy: Strategy) -> [String] {
        var limits: [String] = []
        let groups = VehicleGroup.allCases.filter { strategy.groups.contains($0) }.map(\.title).joined(separator: "、")
        if strategy.stopsAll { limits.append("停止车辆进出（\(groups)）") }
        if let minimum = strategy.minimumStage { limits.append("\(groups)车辆应达到\(minimum.title)及以上") }
        if !strategy.bannedFuels.isEmpty { limits.append("禁止\(strategy.bannedFuels.sorted().map { FuelCode(normalizing: $0).title }.joined(separator: "、"))车辆") }
        if let cap = strategy.dailyTripCap { limits.append("每日进厂不超过 \(cap) 车次") }
        if let cap = strategy.dailyTonnesCap { limits.append("每日运输量不超过 \(Figure.plain(cap)) 吨") }
        if !strategy.windows.isEmpty { limits.append("限制时段 \(strategy.windows.map(\.text).joined(separator: "、"))") }
        if strategy.allowsNewEnergy { limits.append("新能源车辆不受限") }
        let classes = strategy.exemptClasses.sorted().map { VehicleClass(rawValue: $0)?.title ?? $0 }
        if !classes.isEmpty { limits.append("\(classes.joined(separator: "、"))车辆豁免") }
        if !strategy.exemptPlates.isEmpty { limits.append("另有 \(strategy.exemptPlates.count) 辆指定车辆豁免") }
        return limits
    }

    /// `长安区处于橙色预警响应；该策略适用于绩效分级 C、D，本企业为 C 级。`
    static func why(_ strategy: Strategy?, _ site: EnterpriseFacts, _ level: WarningLevel) -> String {
        let state = level == .none ? "\(GateWords.county(site.county))当前没有预警" : "\(GateWords.county(site.county))处于\(level.title)预警响应"
        guard let strategy else { return "\(state)，没有适用于本企业的策略，只校验备案和排放超标车辆名单。" }
        var grounds: [String] = []
        if strategy.enterprise != nil { grounds.append("专为本企业制定") }
        if let industry = strategy.industry { grounds.append("适用行业 \(Industry.find(industry)?.title ?? industry)") }
        if let county = strategy.county { grounds.append("适用县（区、市） \(GateWords.county(county))") }
        if !strategy.grades.isEmpty { grounds.append("适用绩效分级 \(strategy.grades.sorted().joined(separator: "、"))，本企业为 \(site.grade)") }
        if grounds.isEmpty { grounds.append("适用于所有企业") }
        return "\(state)；\(grounds.joined(separator: "，"))，在同级别策略中最为具体。"
    }

    /// The level, the strategy in force and its reasons as one card.
    static func card(_ site: EnterpriseFacts, _ snapshot: GateRegistry.Snapshot, now: Moment, actions: Markup = .empty) -> Markup {
        let level = snapshot.level(county: site.county, at: now)
        let strategy = snapshot.strategy(for: site, level: level, at: now)
        let asked: Markup =
            strategy.map { strategy -> Markup in
                let lines = StrategyFace.limits(strategy).map { line -> Markup in "<li>\(line)</li>" }
                return "<ul class=\"findings\">\(lines)</ul>\(Markup.when(!strategy.measures.isEmpty, "<p class=\"muted\">\(strategy.measures)</p>"))"
            } ?? .empty
        let title = strategy.map { "\($0.name)（第 \($0.version) 版）" } ?? "无适用策略"
        return
            "\(Card("当前管控策略", actions: actions, body: "<div class=\"strategy-now\">\(level.badge)<strong>\(title)</strong></div>\(asked)<p class=\"muted\">\(why(strategy, site, level))</p>"))"
    }
}
