import Features
import Identity
import Watches
import Web

/// Pages and menu lines of this domain beyond the ledgers' own.
enum SecurityPages {
    static let menu: [MenuItem] = [
        MenuItem(SecurityMenu.group, groupEN: "Security", "密钥管理", "Keys", icon: "key", path: KeyPages.path, permission: SecurityPermission.keysRead, order: 2990),
        MenuItem(
            SecurityMenu.group, groupEN: "Security", "密码服务监控", "Cryptographic services", icon: "chart", path: CryptoMonitor.path, permission: SecurityPermission.cryptoRead,
            order: 2991),
        MenuItem(
            SecurityMenu.group, groupEN: "Security", "文件加密", "File encryption", icon: "lock", path: FileEncryption.path, permission: SecurityPermission.cryptoUse, order: 2992),
        MenuItem(SecurityMenu.group, groupEN: "Security", "安全态势", "Security posture", icon: "dashboard", path: PosturePages.path, permission: "securityEvent.read", order: 2988),
        MenuItem(SecurityMenu.group, groupEN: "Security", "行为分析", "Conduct", icon: "trend", path: ConductPages.path, permission: "audit.read", order: 2989),
        MenuItem(
            SecurityMenu.group, groupEN: "Security", "封禁地址", "Blocked addresses", icon: "ban", path: AddressBlockPages.path, permission: AddressBlocks.permission, order: 2989),
        MenuItem(
            SecurityMenu.group, groupEN: "Security", "上传检测", "Uploads", icon: "upload", path: UploadPages.path, permission: SecurityPermission.uploadsRead, order: 2989),
        MenuItem(
            SecurityMenu.group, groupEN: "Security", "数据完整性", "Integrity", icon: "tick", path: IntegrityPages.path, permission: IntegrityBook.permission, order: 2989),
        MenuItem(
            SecurityMenu.group, groupEN: "Security", "吊销列表", "Revocation lists", icon: "x", path: RevocationPages.path, permission: RevocationLists.permission, order: 2990),
        MenuItem(
            SecurityMenu.group, groupEN: "Security", "密码误用自检", "Misuse of cryptography", icon: "check", path: MisusePages.path, permission: SecurityPermission.cryptoRead,
            order: 2991),
        MenuItem(SecurityMenu.group, groupEN: "Security", "审计报告", "Audit reports", icon: "file", path: AuditReports.path, permission: "audit.read", order: 2993),
        MenuItem(SecurityMenu.group, groupEN: "Security", "审计规则", "Audit rules", icon: "sliders", path: AuditRules.path, permission: SecurityPermission.auditRules, order: 2993),
        MenuItem(SecurityMenu.group, groupEN: "Security", "审计自保护", "Audit guard", icon: "shield", path: AuditGuard.path, permission: "audit.read", order: 2993),
        MenuItem(SecurityMenu.group, groupEN: "Security", "日志检索", "Logs", icon: "search", path: LogPages.path, permission: SecurityPermission.logsRead, order: 2994),
        MenuItem(SecurityMenu.group, groupEN: "Security", "日志来源", "Log sources", icon: "server", path: LogSourcePages.path, permission: SecurityPermission.logsRead, order: 2995),
        MenuItem(SecurityMenu.group, groupEN: "Security", "解析规则", "Log rules", icon: "filter", path: LogRulePages.path, permission: SecurityPermission.logsRead, order: 2996),
    ]
    static let auditTitles: [String: String] = [
        "auditReport": "审计报告", "securityKey": "密钥", "cryptoService": "密码服务", "log": "日志", "logSource": "日志来源", "logRule": "解析规则", "logSettings": "采集设置", "addressBlock": "封禁地址",
        "revocationList": "吊销列表", "integrity": "数据完整性", "upload": "上传检测",
    ]

    static func add(to routes: Routes, platform: Platform) {
        PersonalDataPages(platform: platform).add(to: routes)
        let desk = CryptoDesk(platform: platform)
        KeyPages(keys: desk.keys).add(to: routes)
        CryptoAPI(desk: desk).add(to: routes)
        FileEncryption(desk: desk).add(to: routes)
        CryptoMonitor(platform: platform).add(to: routes)
        PosturePages(platform: platform).add(to: routes)
        ConductPages(platform: platform).add(to: routes)
        ConductComparison(platform: platform).add(to: routes)
        AuditReports(platform: platform).add(to: routes)
        OwnRulePages(rules: AuditRules.desk(on: platform)).add(to: routes)
        AuditGuard(platform: platform).add(to: routes)
        AddressBlockPages(platform: platform).add(to: routes)
        UploadPages(platform: platform).add(to: routes)
        IntegrityPages(platform: platform).add(to: routes)
        RevocationPages(platform: platform).add(to: routes)
        MisusePages(platform: platform).add(to: routes)
        LogTodayPage(platform: platform).add(to: routes)
        LogPages(platform: platform).add(to: routes)
        LogSourcePages(platform: platform).add(to: routes)
        LogRulePages(platform: platform).add(to: routes)
    }
}
