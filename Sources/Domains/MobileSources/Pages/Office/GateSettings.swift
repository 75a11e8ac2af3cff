import Identity
import Kernel
import Storage

/// The settings of this domain that a supervisor edits: kept in `gate_setting`, audited, and taken over by the registry after the commit.
package struct GateSettings: Sendable {
    let gates: GateSupervision

    package init(gates: GateSupervision) { self.gates = gates }

    /// One line of the settings page.
    package struct Setting: Sendable {
        package var name: String
        package var title: String
        package var help: String
        package var unit: String
        package var range: ClosedRange<Double>
        package var isWhole: Bool
    }

    /// Numbers of the registry, in the order of the page.
    package static let numbers: [Setting] = [
        Setting(name: "transmissionTarget", title: "数据传输率目标", help: "低于目标的企业次日报警，比例写作 0～1", unit: "", range: 0.5...1, isWhole: false),
        Setting(name: "leakMinutes", title: "漏传判定时间", help: "流水号断号超过这一时间未补传即报警", unit: "分钟", range: 1...1440, isWhole: true),
        Setting(name: "offlineMinutes", title: "离线判定时间", help: "超过这一时间没有心跳即报警", unit: "分钟", range: 1...1440, isWhole: true),
        Setting(name: "clockDriftSeconds", title: "时钟偏差判定", help: "门禁时钟快于或慢于平台超过这一时间即报警", unit: "秒", range: 30...3600, isWhole: true),
        Setting(name: "manualShareLimit", title: "补录率警戒值", help: "当月补录率高于此值的企业标出，比例写作 0～1", unit: "", range: 0.001...1, isWhole: false),
        Setting(name: "weighingMinutes", title: "计量关联时间", help: "计量与过车相差不超过这一时间才关联", unit: "分钟", range: 1...1440, isWhole: true),
        Setting(name: "weighingTolerance", title: "计量允许偏差", help: "净重与过车上报运输量相差的比例，不足 0.5 吨的不计，比例写作 0～1", unit: "", range: 0...1, isWhole: false),
    ]

    /// Everything as stored; what is missing has its default.
    package func values(in reader: any Reader) throws -> [String: String] {
        let settings = gates.registry.snapshot.settings
        var values: [String: String] = [
            "approvesFilingsItself": settings.approvesFilingsItself ? "1" : "0", "transmissionTarget": text(settings.transmissionTarget),
            "leakMinutes": String(settings.leakMinutes),
            "offlineMinutes": String(settings.offlineMinutes), "clockDriftSeconds": String(settings.clockDriftSeconds), "manualShareLimit": text(settings.manualShareLimit),
            "weighingMinutes": String(settings.weighingMinutes), "weighingTolerance": text(settings.weighingTolerance),
        ]
        let thresholds = try AnalyticsThresholds(in: reader)
        for setting in AnalyticsThresholds.settings { values[setting.name] = text(setting.value(of: thresholds)) }
        return values
    }

    private func text(_ value: Double) -> String { value == value.rounded() ? String(Int64(value)) : String(value) }

    /// Everything wrong with what was entered.
    package func findings(_ values: [String: String]) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        for setting in GateSettings.numbers {
            guard let entered = values[setting.name] else { continue }
            guard let value = Double(entered), setting.range.contains(value) else {
                findings.append(FieldFinding(setting.name, "range", "应在 \(text(setting.range.lowerBound))～\(text(setting.range.upperBound)) 之间", title: setting.title))
                continue
            }
            if setting.isWhole, value != value.rounded() { findings.append(FieldFinding(setting.name, "format", "应为整数", title: setting.title)) }
        }
        for setting in AnalyticsThresholds.settings {
            guard let entered = values[setting.name] else { continue }
            if let value = Double(entered), setting.range.contains(value) { continue }
            findings.append(FieldFinding(setting.name, "range", "应在 \(text(setting.range.lowerBound))～\(text(setting.range.upperBound)) 之间", title: setting.title))
        }
        return findings
    }

    /// Only known names are taken; what does not change is not written.
    ///
    /// - Throws: `.invalid` with every finding.
    package func save(_ values: [String: String], by principal: Principal) async throws {
        let findings = findings(values)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let known = Set(GateRegistry.Settings.names + AnalyticsThresholds.settings.map(\.name))
        let (registry, audit) = (gates.registry, gates.audit)
        try await gates.database.write { [self] tx in
            let before = try self.values(in: tx)
            let changed = values.filter { known.contains($0.key) && before[$0.key] != $0.value }
            guard !changed.isEmpty else { return }
            for (name, value) in changed {
                try tx.execute("INSERT INTO gate_setting (name, value) VALUES (\(name), \(value)) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            }
            let names = changed.keys.sorted()
            let details: JSONValue = [
                "before": .object(JSONObject(names.map { ($0, .string(before[$0] ?? "")) })), "after": .object(JSONObject(names.map { ($0, .string(changed[$0] ?? "")) })),
            ]
            try audit.record(AuditEntry("update", "gateSetting", names.joined(separator: ","), "修改门禁监管设置", details: details), by: principal, in: tx)
            tx.signal(GateRegistry.signal, "")
            tx.afterCommit { registry.update { snapshot in for (name, value) in changed { snapshot.settings.set(name, value) } } }
        }
    }
}
