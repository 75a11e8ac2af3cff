import Alarms
import Identity

/// D9.7.2 监管对象分级, D9.7.6 报警推送规则: the five tiers an installation begins with, and two steps of escalation. Who stands behind a tier is chosen on the page.
enum SupervisionTiers {
    private static let categories: [AlarmCategory] = [.measured, .recognised, .dated, .notice]

    private static func levels(_ codes: String) -> [String] { codes.map { "fiveLevels:\($0)" } }
    private static func role(_ role: BuiltInRole) -> String { "role:\(role.rawValue)" }

    static let all = [
        PushRule(
            "tierRegulator", "园区监管类", trigger: .confirmed, after: 180, levels: levels("S"), categories: categories, receivers: [role(.city)], isUrgent: true),
        PushRule("tierPrincipal", "主要负责人类", trigger: .confirmed, levels: levels("SA"), categories: categories, receivers: [role(.enterpriseAdmin)], isUrgent: true),
        PushRule("tierDirector", "安全总监类", trigger: .confirmed, levels: levels("SAB"), categories: categories, receivers: [role(.enterpriseAdmin), role(.county)]),
        PushRule("tierOfficer", "安全员类", trigger: .confirmed, levels: levels("SABC"), categories: categories, receivers: [role(.enterpriseGuard), role(.county)]),
        PushRule(
            "tierSpecial", "特殊类", trigger: .confirmed, times: 3, every: 60, levels: levels("SABCD"), categories: categories, receivers: [role(.maintainer)], isOn: false),
        PushRule("escalateCounty", "升级：三分钟未受理", trigger: .unhandled, after: 180, levels: levels("SA"), categories: categories, receivers: [role(.county)], isUrgent: true),
        PushRule("escalateCity", "升级：十分钟未受理", trigger: .unhandled, after: 600, levels: levels("SAB"), categories: categories, receivers: [role(.city)], isUrgent: true),
    ]
}
