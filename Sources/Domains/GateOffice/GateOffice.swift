import Alarms
import Features
import Identity
import MobileSources
import Watches
import Web

/// Catalogue A at the desk: figures, quality, reports, maintenance units, retention and settings, beside what happens at the gates (`MobileSources`). Two modules of one chapter:
/// this one uses the other's engines and is used by none.
package struct GateOffice: Sendable {
    private let sources: MobileSources

    package init(_ sources: MobileSources) { self.sources = sources }

    package var feature: Feature {
        let sources = sources
        return Feature(
            name: "gateOffice", title: "移动源门禁统计与管理", menu: GateOffice.menu,
            auditTitles: ["randomCheck": "随机核查", "retention": "到期清理"],
            settingTitles: GateOffice.settingTitles,
            prepare: { platform in try GateReports.register(on: platform, gates: sources.gates(on: platform)) },
            routes: { routes, platform in
                let gates = sources.gates(on: platform)
                StatisticsPages(gates: gates).add(to: routes)
                CleanTransportPages(gates: gates).add(to: routes)
                TransmissionPages(gates: gates).add(to: routes)
                DataQualityPages(gates: gates).add(to: routes)
                ManualSharePages(gates: gates).add(to: routes)
                RandomCheckPages(gates: gates).add(to: routes)
                AccreditationPages(gates: gates).add(to: routes)
                UnitPages(gates: gates, blobs: platform.blobs).add(to: routes)
                RetentionPage(gates: gates, blobs: platform.blobs).add(to: routes)
                GateSettingsPage(gates: gates).add(to: routes)
                RoadsideStatisticsPage(gates: gates).add(to: routes)
                ReconsiderationPages(platform: platform).add(to: routes)
                ReconsiderationStatistics(platform: platform).add(to: routes)
                OwnRulePages(rules: OwnRules(gates: gates, platform: platform)).add(to: routes)
            },
            jobs: { platform in [OwnRuleWatch(rules: OwnRules(gates: sources.gates(on: platform), platform: platform)).job] })
    }

    private static let settingTitles: [String: String] = {
        var titles = ["approvesFilingsItself": "完整且一致的备案自动通过"]
        for setting in GateSettings.numbers { titles[setting.name] = setting.title }
        for setting in AnalyticsThresholds.settings { titles[setting.name] = setting.title }
        for rule in RetentionRule.all { titles[rule.setting] = "保存期限：\(rule.title)" }
        return titles
    }()

    private static let menu: [MenuItem] = [
        MenuItem("过车与统计", groupEN: "Passes and statistics", "数据统计汇总", "Statistics", icon: "chart", path: "/statistics", permission: GatePermission.statistics, order: 310),
        MenuItem("过车与统计", groupEN: "Passes and statistics", "清洁运输比例", "Clean transport", icon: "leaf", path: "/clean-transport", permission: GatePermission.statistics, order: 320),
        MenuItem("过车与统计", groupEN: "Passes and statistics", "数据传输率", "Transmission", icon: "signal", path: "/transmission", permission: GatePermission.transmission, order: 330),
        MenuItem("过车与统计", groupEN: "Passes and statistics", "数据质量", "Data quality", icon: "gauge", path: "/data-quality", permission: GatePermission.transmission, order: 340),
        MenuItem("过车与统计", groupEN: "Passes and statistics", "补录率", "Manual entries", icon: "edit", path: "/manual-share", permission: GatePermission.transmission, order: 345),
        MenuItem("过车与统计", groupEN: "Passes and statistics", "随机核查", "Random checks", icon: "list", path: "/random-checks", permission: GatePermission.randomCheck, order: 350),
        MenuItem("企业与门禁", groupEN: "Enterprises", "运维单位授权", "Accreditation", icon: "key", path: "/accreditation", permission: GatePermission.accreditation, order: 420),
        MenuItem("运维单位", groupEN: "Maintenance unit", "本单位授权", "Our accreditation", icon: "key", path: "/unit", permission: GatePermission.unitDesk, order: 530),
        MenuItem("监测报警", groupEN: "Alarms", "自定义规则", "Rules of one's own", icon: "sliders", path: "/own-rules", permission: GatePermission.ownRules, order: 335),
        MenuItem("系统", groupEN: "System", "门禁监管设置", "Gate settings", icon: "settings", path: "/gate-settings", permission: GatePermission.settings, order: 8900),
        MenuItem("系统", groupEN: "System", "保存期限", "Retention", icon: "database", path: "/retention", permission: GatePermission.settings, order: 8905),
    ]
}
