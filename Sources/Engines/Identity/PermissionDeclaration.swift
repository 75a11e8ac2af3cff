/// One permission as an engine or domain declares it, with the built-in roles that hold it when it first appears. `admin` holds everything without being named.
package struct PermissionDeclaration: Sendable, Equatable {
    /// `onSiteVehicle.read`: the thing, a dot, the act; `*.read` is reading everything.
    package var name: String
    /// As the role form shows it: `场内运输车辆：查看`.
    package var title: String
    /// The heading it stands under in the role form.
    package var area: String
    package var defaultRoles: [BuiltInRole]

    package init(_ name: String, _ title: String, area: String = "", defaultRoles: [BuiltInRole] = []) {
        self.name = name
        self.title = title
        self.area = area
        self.defaultRoles = defaultRoles
    }

    /// Identity's own.
    package static let identity: [PermissionDeclaration] = [
        PermissionDeclaration("organisation.read", "组织机构：查看", area: "系统管理", defaultRoles: [.city, .county, .securityAdmin, .auditAdmin]),
        PermissionDeclaration("organisation.write", "组织机构：维护", area: "系统管理", defaultRoles: [.city]),
        PermissionDeclaration("user.read", "用户：查看", area: "系统管理", defaultRoles: [.city, .county, .enterpriseAdmin, .securityAdmin, .auditAdmin]),
        PermissionDeclaration("user.write", "用户：维护", area: "系统管理", defaultRoles: [.city, .enterpriseAdmin, .securityAdmin]),
        PermissionDeclaration("registration.review", "注册申请：审核", area: "系统管理", defaultRoles: [.city, .enterpriseAdmin]),
        PermissionDeclaration("tenant.read", "局点：查看", area: "系统管理", defaultRoles: [.city, .county, .securityAdmin, .auditAdmin]),
        PermissionDeclaration("tenant.apply", "局点：申请开通与升级", area: "系统管理", defaultRoles: [.city, .county]),
        PermissionDeclaration("tenant.review", "局点：审核、暂停与关闭", area: "系统管理"),
        PermissionDeclaration("grantLimit.read", "条件授权：查看", area: "系统管理", defaultRoles: [.securityAdmin, .auditAdmin]),
        PermissionDeclaration("grantLimit.write", "条件授权：维护", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration("role.read", "角色：查看", area: "系统管理", defaultRoles: [.securityAdmin, .auditAdmin]),
        PermissionDeclaration("role.write", "角色：维护", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration("role.grantAny", "角色：授予超出本人的权限", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration("access.register", "统一授权接口：注册本系统的模块与操作", area: "系统管理"),
        PermissionDeclaration("access.decide", "统一授权接口：查询用户可否操作", area: "系统管理"),
        PermissionDeclaration(IntegrityBook.permission, "数据完整性：查看、核验与处置", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration(RevocationLists.permission, "吊销列表：查看与更新", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration(AddressBlocks.permission, "封禁地址：查看、封禁与解除", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration("policy.read", "登录与密码规则：查看", area: "系统管理", defaultRoles: [.securityAdmin, .auditAdmin]),
        PermissionDeclaration("policy.write", "登录与密码规则：维护", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration("terminal.read", "终端登记：查看", area: "系统管理", defaultRoles: [.city, .county, .enterpriseAdmin, .securityAdmin, .auditAdmin]),
        PermissionDeclaration("terminal.write", "终端登记：批准与撤销", area: "系统管理", defaultRoles: [.city, .enterpriseAdmin, .securityAdmin]),
        PermissionDeclaration("review.write", "权限复核：查看与登记", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration("application.read", "应用接入：查看", area: "系统管理", defaultRoles: [.city, .securityAdmin, .auditAdmin]),
        PermissionDeclaration("application.write", "应用接入：申请", area: "系统管理", defaultRoles: [.city]),
        PermissionDeclaration("application.approve", "应用接入：审批", area: "系统管理", defaultRoles: [.securityAdmin]),
        PermissionDeclaration(DualControl.permission, "双人复核：复核他人的操作", area: "系统管理", defaultRoles: [.city, .county, .securityAdmin, .auditAdmin]),
        PermissionDeclaration("audit.read", "审计日志：查看", area: "系统管理", defaultRoles: [.city, .auditAdmin]),
        PermissionDeclaration("audit.export", "审计日志：导出", area: "系统管理", defaultRoles: [.auditAdmin]),
        PermissionDeclaration("audit.verify", "审计日志：校验与检查点", area: "系统管理", defaultRoles: [.auditAdmin]),
    ]
}
