import Kernel

extension Strategy {
    /// What it forbids in one line: `国五及以上 · 每日 100 车次 · 新能源不受限`.
    var summary: String {
        var parts: [String] = []
        if stopsAll { parts.append("停止公路运输") }
        if let minimumStage { parts.append("\(minimumStage.title)及以上") }
        if !bannedFuels.isEmpty { parts.append("禁止\(bannedFuels.sorted().map { FuelCode.all.title(of: $0) }.joined(separator: "、"))") }
        if let dailyTripCap { parts.append("每日不超过 \(dailyTripCap) 车次") }
        if let dailyTonnesCap { parts.append("每日不超过 \(Int(dailyTonnesCap)) 吨") }
        if !windows.isEmpty { parts.append(windows.map(\.text).joined(separator: "、")) }
        if groups != [.heavy, .medium] { parts.append("限\(groups.map(\.title).sorted().joined(separator: "、"))") }
        if allowsNewEnergy, !parts.isEmpty { parts.append("新能源不受限") }
        let classes = exemptClasses.sorted().map { VehicleClass(rawValue: $0)?.title ?? $0 }
        if !classes.isEmpty { parts.append("\(classes.joined(separator: "、"))豁免") }
        if !exemptPlates.isEmpty { parts.append("豁免车辆 \(exemptPlates.count) 辆") }
        return parts.isEmpty ? "不限制" : parts.joined(separator: " · ")
    }

    /// For whom: `长安区 · 钢铁 · A 级、B 级`.
    func target(_ sites: [Int64: EnterpriseFacts]) -> String {
        var parts: [String] = []
        if let enterprise { parts.append(sites.values.first { $0.ledgerId == enterprise }?.name ?? "企业 \(enterprise)") }
        if let county { parts.append(Region(code: county)?.title ?? county) }
        if let industry { parts.append((Industry.all + Industry.transportUnits).title(of: industry)) }
        if !grades.isEmpty { parts.append(PerformanceGrade.all.filter { grades.contains($0.code) }.map(\.title).joined(separator: "、")) }
        return parts.isEmpty ? "全部企业" : parts.joined(separator: " · ")
    }
}
