import Identity

/// What people may do with figures beyond reading a ledger.
package enum ReportPermission {
    /// Put questions together, keep them for oneself, look at what is shared.
    package static let build = "report.build"
    package static let share = "report.share"
    package static let design = "report.design"
    package static let schedule = "report.schedule"

    package static let all: [PermissionDeclaration] = [
        PermissionDeclaration(build, "自助统计、看板与报表：查看和制作", area: "统计报表", defaultRoles: [.city, .county, .enterpriseAdmin]),
        PermissionDeclaration(share, "统计、看板与报表：共享给角色和机构", area: "统计报表", defaultRoles: [.city, .county]),
        PermissionDeclaration(design, "报表模板：上传与发布", area: "统计报表", defaultRoles: [.city]),
        PermissionDeclaration(schedule, "报表：定时生成与发送", area: "统计报表", defaultRoles: [.city, .county]),
    ]
}
