import Identity

/// What people may do in this domain beyond its ledgers.
package enum GatePermission {
    package static let workbench = "gate.workbench"
    package static let map = "gate.map"
    package static let statistics = "gate.statistics"
    package static let transmission = "gate.transmission"
    package static let warning = "gate.warning"
    package static let handDown = "gate.handDown"
    package static let filing = "gate.filing"
    package static let lookup = "gate.lookup"
    package static let manualEntry = "gate.manualEntry"
    package static let randomCheck = "gate.randomCheck"
    package static let accreditation = "gate.accreditation"
    package static let unitDesk = "gate.unitDesk"
    package static let settings = "gate.settings"
    package static let ownRules = "gate.ownRules"

    static let declarations: [PermissionDeclaration] = [
        PermissionDeclaration(workbench, "工作台与实时过车", area: "移动源门禁", defaultRoles: [.city, .county, .enterpriseAdmin, .enterpriseGuard, .gridOfficer]),
        PermissionDeclaration(map, "一张图", area: "移动源门禁", defaultRoles: [.city, .county, .gridOfficer]),
        PermissionDeclaration(statistics, "统计分析", area: "移动源门禁", defaultRoles: [.city, .county, .enterpriseAdmin]),
        PermissionDeclaration(transmission, "传输率与数据质量", area: "移动源门禁", defaultRoles: [.city, .county, .enterpriseAdmin]),
        PermissionDeclaration(warning, "启动与解除预警", area: "移动源门禁", defaultRoles: [.city]),
        PermissionDeclaration(handDown, "策略与名单下发", area: "移动源门禁", defaultRoles: [.city]),
        PermissionDeclaration(filing, "备案审核", area: "移动源门禁", defaultRoles: [.city, .county]),
        PermissionDeclaration(lookup, "备案查询（门前）", area: "移动源门禁", defaultRoles: [.city, .county, .enterpriseAdmin, .enterpriseGuard]),
        PermissionDeclaration(manualEntry, "人工补录", area: "移动源门禁", defaultRoles: [.enterpriseAdmin, .enterpriseGuard]),
        PermissionDeclaration(randomCheck, "随机核查", area: "移动源门禁", defaultRoles: [.city, .county]),
        PermissionDeclaration(accreditation, "运维单位授权", area: "移动源门禁", defaultRoles: [.city]),
        PermissionDeclaration(unitDesk, "运维单位：申请授权与登记密钥", area: "移动源门禁", defaultRoles: [.maintainer]),
        PermissionDeclaration(settings, "门禁监管设置", area: "移动源门禁", defaultRoles: [.city]),
        PermissionDeclaration(ownRules, "自定义规则", area: "移动源门禁", defaultRoles: [.city]),
    ]
}
