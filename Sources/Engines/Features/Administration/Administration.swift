import Identity
import Kernel
import Ledgers
import Logging
import Schedules
import Storage
import Web

/// Pages of the platform itself that every product has: users, organisations, roles, the audit book.
enum Administration {
    static func add(to routes: Routes, platform: Platform, auditTitles: [String: String], settingTitles: [String: String] = [:]) {
        for handOver in handOvers { platform.identity.handOvers.add(handOver) }
        UserPages(platform: platform).add(to: routes)
        OrganisationKindPages(platform: platform).add(to: routes)
        PersonPages(platform: platform).add(to: routes)
        PostPages(platform: platform).add(to: routes)
        TenantPages(platform: platform).add(to: routes)
        ConfigurationPages(platform: platform).add(to: routes)
        LimitPages(platform: platform).add(to: routes)
        ResourcePages(platform: platform, table: routes.table).add(to: routes)
        ExternalModulePages(platform: platform).add(to: routes)
        OrganisationPages(platform: platform).add(to: routes)
        RolePages(platform: platform).add(to: routes)
        PresencePages(platform: platform).add(to: routes)
        PolicyPage(platform: platform).add(to: routes)
        FormWaitPages(platform: platform, table: routes.table).add(to: routes)
        DeparturePages(platform: platform).add(to: routes)
        ConfirmPages(platform: platform).add(to: routes)
        SecondFactorPages(platform: platform).add(to: routes)
        ScanPages(platform: platform).add(to: routes)
        CodePages(platform: platform).add(to: routes)
        KeyPages(platform: platform).add(to: routes)
        TerminalPages(platform: platform).add(to: routes)
        CertificatePages(platform: platform).add(to: routes)
        ExternalPages(platform: platform).add(to: routes)
        ProviderPages(platform: platform).add(to: routes)
        ApprovalPages(platform: platform, titles: settingTitles).add(to: routes)
        ApprovalFlowPages(platform: platform).add(to: routes)
        BoundPages(platform: platform).add(to: routes)
        UnitPages(platform: platform).add(to: routes)
        OrganisationFile(platform: platform).add(to: routes)
        RegistrationPages(platform: platform).add(to: routes)
        RoleComparison(platform: platform).add(to: routes)
        GrantPages(platform: platform).add(to: routes)
        GroupPages(platform: platform).add(to: routes)
        AccountImport(platform: platform).add(to: routes)
        ActivationPages(platform: platform).add(to: routes)
        ReviewPages(platform: platform).add(to: routes)
        ExplainPage(platform: platform, table: routes.table).add(to: routes)
        TokenEndpoints(platform: platform).add(to: routes)
        AuthorizePages(platform: platform).add(to: routes)
        ApplicationPages(platform: platform).add(to: routes)
        AuditPage(platform: platform, titles: auditTitles).add(to: routes)
        AuditArchivePages(platform: platform, titles: auditTitles).add(to: routes)
        DatabasePages(platform: platform).add(to: routes)
        JobPages(platform: platform).add(to: routes)
        NodePages(platform: platform).add(to: routes)
        ServicePages(platform: platform).add(to: routes)
        BackupPages(platform: platform).add(to: routes)
        RestorePages(platform: platform).add(to: routes)
        FilePages(platform: platform).add(to: routes)
    }

    /// What of the platform's own goes over to a successor when somebody leaves.
    static let handOvers: [HandOver] = [
        HandOver("处理中的报警") { from, to, transaction in
            let name = try transaction.value("SELECT name FROM users WHERE id = \(to)")?.text
            return try transaction.execute("UPDATE alarms SET handler = \(to), handler_name = \(name) WHERE handler = \(from) AND state IN ('handling', 'reconsidering')")
        },
        HandOver("共享的视图") { from, to, transaction in
            try transaction.execute(
                """
                UPDATE saved_views SET user_id = \(to) WHERE user_id = \(from) AND is_shared = 1
                AND NOT EXISTS (SELECT 1 FROM saved_views o WHERE o.user_id = \(to) AND o.ledger = saved_views.ledger AND o.title = saved_views.title)
                """)
        },
    ]

    static func jobs(on platform: Platform) -> [JobDeclaration] {
        let (identity, watch, logger) = (platform.identity, AuditWatch(platform: platform), platform.logger)
        return [
            JobDeclaration("auditWatch", "安全行为监测", every: 60) { _ in _ = try await watch.run() },
            JobDeclaration("auditCheckpoint", "审计日志签名检查点", every: 3600) { _ in
                // The log goes elsewhere (syslog): a witness that the database's owner cannot change.
                if let point = try await identity.checkpoints.sign() { logger.notice("audit checkpoint", metadata: ["row": "\(point.auditId)", "sm3": "\(point.hash)"]) }
            },
            JobDeclaration("personalSeal", "个人信息改用新密钥加密", dailyAt: 225) { _ in _ = try await identity.users.sealPersonalFields() },
            JobDeclaration("ledgerSeal", "台账个人信息加密", every: 20) { context in
                let rows = try await platform.ledgers.sealing.run()
                if rows > 0 { context.note("\(rows) 行已改用新密钥") }
            },
            JobDeclaration("tokenSweep", "清理令牌、更换签名密钥", dailyAt: 220) { _ in
                _ = try await identity.tokens.sweep()
                _ = try await identity.tokens.signing.rotate()
            },
            JobDeclaration("auditRetention", "审计日志按期限清理", dailyAt: 215) { _ in _ = try await identity.checkpoints.retain() },
            JobDeclaration("fileSweep", "清点文件、清除无人引用的文件", dailyAt: 255) { context in
                let sweep = FileSweep(database: platform.database, blobs: platform.blobs, audit: platform.audit, clock: platform.clock)
                if let run = try await sweep.runDue() { context.note("\(run.objects) 个文件，清除 \(run.removed) 个") }
            },
            JobDeclaration("taskPrune", "清理办结的后台任务与其结果", dailyAt: 235) { context in
                // What nothing names any more the sweep of files takes away.
                let left = try await platform.tasks.prune(before: platform.clock.now.adding(seconds: -30 * 86_400))
                context.note("\(left.count) 个结果文件不再需要")
            },
            JobDeclaration("fileRoom", "文件存储水位", every: 900) { _ in try await FileRoom(platform: platform).watch() },
            JobDeclaration("terminalPulse", "登记终端心跳", every: 60) { context in
                let (lost, ended) = try await identity.terminals.noteLost(after: identity.policies.current.heartbeatMinutes)
                if lost + ended > 0 { context.note("失联 \(lost) 台，结束 \(ended) 个会话") }
            },
            JobDeclaration("policyRefresh", "刷新登录规则", every: 60) { _ in
                try await identity.database.read { reader in
                    try identity.policies.load(reader)
                    try identity.blocks.load(reader)
                    try identity.providers.load(reader)
                    try identity.dualControl.load(reader)
                }
            },
            JobDeclaration("logoutNotices", "向应用发送退出通知", every: 5) { context in
                let (good, failed) = try await identity.logoutNotices.run()
                if good + failed > 0 { context.note("送达 \(good)，未送达 \(failed)") }
            },
        ] + JobAlerts(platform: platform).jobs + ServiceWatch(platform: platform).jobs + [AuditArchivePages(platform: platform, titles: [:]).job]
            + (platform.backups.map { book in [JobDeclaration("backups", "定时备份与恢复演练", every: 300) { _ in _ = try await book.runDue() }] } ?? [])
    }

    static let menu: [MenuItem] = [
        MenuItem("系统", groupEN: "System", "用户管理", "Users", icon: "users", path: "/admin/users", permission: "user.read", order: 8910),
        MenuItem("系统", groupEN: "System", "机构管理", "Organisations", icon: "building", path: "/admin/organisations", permission: "organisation.read", order: 8920),
        MenuItem("系统", groupEN: "System", "角色与权限", "Roles", icon: "shield", path: "/admin/roles", permission: "role.read", order: 8930),
        MenuItem("系统", groupEN: "System", "在线用户", "Who is on-line", icon: "signal", path: "/admin/presence", permission: "user.read", order: 8932),
        MenuItem("系统", groupEN: "System", "终端登记", "Registered computers", icon: "monitor", path: "/admin/terminals", permission: "terminal.read", order: 8937),
        MenuItem("系统", groupEN: "System", "单位权限上限", "Bounds of units", icon: "scale", path: BoundPages.path, permission: "organisation.read", order: 8933),
        MenuItem("系统", groupEN: "System", "审核流程配置", "Approval flows", icon: "flow", path: ApprovalFlowPages.path, permission: "policy.read", order: 8934),
        MenuItem("系统", groupEN: "System", "数据资产定级", "Levels of data", icon: "layers", path: ApprovalFlowPages.assets, permission: "policy.read", order: 8935),
        MenuItem("系统", groupEN: "System", "登录与密码规则", "Sign-in rules", icon: "lock", path: "/admin/policy", permission: "policy.read", order: 8936),
        MenuItem("系统", groupEN: "System", "外部登录服务", "Other sign-in services", icon: "link", path: "/admin/providers", permission: "policy.read", order: 8939),
        FormWaitPages.menu, JobPages.menu, NodePages.menu, ServicePages.menu, TenantPages.menu, ConfigurationPages.menu, LimitPages.menu, ResourcePages.menu, GroupPages.menu,
        ApprovalPages.menu,
        UnitPages.menu, RegistrationPages.menu,
        MenuItem("系统", groupEN: "System", "权限诊断", "Why may one", icon: "search", path: "/admin/explain", permission: "role.read", order: 8931),
        MenuItem("系统", groupEN: "System", "权限复核", "Access reviews", icon: "clipboard", path: "/admin/reviews", permission: "review.write", order: 8934),
        MenuItem("系统", groupEN: "System", "应用接入", "Applications", icon: "link", path: "/admin/applications", permission: "application.read", order: 8938),
        MenuItem("系统", groupEN: "System", "数据库运行", "Database", icon: "database", path: DatabasePages.path, permission: OperationPermission.read, order: 8950),
        MenuItem("系统", groupEN: "System", "文件存储", "Files", icon: "folder", path: FilePages.path, permission: OperationPermission.read, order: 8951),
        MenuItem("系统", groupEN: "System", "备份与演练", "Backups", icon: "archive", path: BackupPages.path, permission: OperationPermission.read, order: 8952),
        MenuItem("系统", groupEN: "System", "审计日志", "Audit trail", icon: "book", path: "/audit", permission: "audit.read", order: 8940),
    ]
}
