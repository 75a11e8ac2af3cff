import Identity
import Kernel
import Ledgers
import Web

/// The group of the menu under which everything of this domain stands.
enum SecurityMenu {
    static let group = "安全管理"
}

/// What beyond the ledgers' own rights this domain asks for.
package enum SecurityPermission {
    /// The key ring is seen.
    package static let keysRead = "securityKey.read"
    /// Keys are made, activated, rotated, archived, backed up.
    package static let keysManage = "securityKey.manage"
    /// The second person of a destruction, who holds no key.
    package static let keysWitness = "securityKey.witness"
    /// The services of cryptography are called, by people and applications.
    package static let cryptoUse = "cryptoService.use"
    /// Use, errors and quotas of the services are seen.
    package static let cryptoRead = "cryptoService.read"
    package static let cryptoConfigure = "cryptoService.configure"
    /// Auditors' own rules over the audit book and logs.
    package static let auditRules = "auditRule.manage"
    /// Logs of other machines are searched and downloaded.
    package static let logsRead = "log.read"
    /// Their sources, rules, files and settings are kept.
    package static let logsManage = "log.manage"

    /// What was found in uploaded files is seen.
    package static let uploadsRead = "upload.read"
    /// Rules of looking at uploads are set, files kept aside destroyed, findings taken back.
    package static let uploadsManage = "upload.manage"

    static let declarations: [PermissionDeclaration] = [
        PermissionDeclaration(keysRead, "密钥管理：查看", area: SecurityMenu.group, defaultRoles: [.securityAdmin, .auditAdmin]),
        PermissionDeclaration(keysManage, "密钥管理：生成、启用、更换、归档与备份", area: SecurityMenu.group, defaultRoles: [.securityAdmin]),
        PermissionDeclaration(keysWitness, "密钥管理：监销确认", area: SecurityMenu.group, defaultRoles: [.auditAdmin]),
        PermissionDeclaration(cryptoUse, "密码服务：调用", area: SecurityMenu.group, defaultRoles: [.city, .county]),
        PermissionDeclaration(cryptoRead, "密码服务：查看业务量与异常", area: SecurityMenu.group, defaultRoles: [.securityAdmin, .auditAdmin]),
        PermissionDeclaration(cryptoConfigure, "密码服务：设置限额", area: SecurityMenu.group, defaultRoles: [.securityAdmin]),
        PermissionDeclaration(uploadsRead, "上传检测：查看", area: SecurityMenu.group, defaultRoles: [.securityAdmin, .auditAdmin]),
        PermissionDeclaration(uploadsManage, "上传检测：规则、误报与隔离文件", area: SecurityMenu.group, defaultRoles: [.securityAdmin]),
        PermissionDeclaration(auditRules, "审计规则：设置与试运行", area: SecurityMenu.group, defaultRoles: [.auditAdmin]),
        PermissionDeclaration(logsRead, "日志：检索与下载", area: SecurityMenu.group, defaultRoles: [.securityAdmin, .auditAdmin]),
        PermissionDeclaration(logsManage, "日志：维护来源、解析规则与采集设置", area: SecurityMenu.group, defaultRoles: [.securityAdmin]),
    ]
}

extension Principal {
    /// Given by name: everything (`*`) of the system administrator does not include the duties around keys (三员分立).
    func holds(_ permission: String) -> Bool { kind == .system || (permissions.contains(permission) && may(permission)) }

    /// - Throws: `.forbidden`.
    func requireHeld(_ permission: String, _ title: String) throws { guard holds(permission) else { throw Failure.forbidden(title) } }
}
