import Features
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
        MenuItem(SecurityMenu.group, groupEN: "Security", "审计报告", "Audit reports", icon: "file", path: AuditReports.path, permission: "audit.read", order: 2993),
    ]
    static let auditTitles: [String: String] = ["auditReport": "审计报告", "securityKey": "密钥", "cryptoService": "密码服务"]

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
    }
}
