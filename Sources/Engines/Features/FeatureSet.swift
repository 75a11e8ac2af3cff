import Alarms
import DataServices
import Duty
import Identity
import Kernel
import Ledgers
import Media
import Messages
import Reports
import Schedules
import Search
import Storage
import Watches
import Web
import Workflows

/// All features of one program, seen together: what App migrates, checks, serves and shows.
package struct FeatureSet: Sendable {
    package let features: [Feature]

    package init(_ features: [Feature]) { self.features = features }

    /// The engine of ledgers adds its own of dictionaries, that of workflows its calendar.
    package var ledgers: [LedgerDeclaration] { features.flatMap(\.ledgers) + [DictionaryLedger.ledger, HolidayCalendar.ledger, PersonFile.ledger] }
    package var dictionaries: [DictionaryDeclaration] { features.flatMap(\.dictionaries) }
    package var alarmKinds: [AlarmKind] {
        AuditWatch.kinds + [ExpiryEngine.alarmKind, FileRoom.alarmKind, BackupBook.alarmKind, OwnRule.alarmKind] + JobAlerts.kinds + [ServiceWatch.kind]
            + features.flatMap(\.alarmKinds)
    }
    package var workflows: [WorkflowDeclaration] { DataServiceApproval.workflows + features.flatMap(\.workflows) }
    package var roles: [FeatureRole] { features.flatMap(\.roles) }
    package var additions: [LedgerAdditions] { [PersonFile.additions] + features.flatMap(\.additions) }

    /// Tables of the features and of the generated pages, beyond those of ledgers; the other engines' own stand with the engines.
    package var tables: [Table] {
        LedgerServices.tables + ConfigurationBook.tables + ExternalModules.tables + OperationTables.all + WorkflowTables.all + MessageTables.all + DutyTables.all + SearchTables.all
            + DataServiceTables.all
            + ReportTables.all
            + OwnRule.tables + FeatureRole.tables
            + features.flatMap(\.tables)
    }

    /// Every permission of features and their ledgers; the role form shows them by area.
    package var permissions: [PermissionDeclaration] { permissions(runtime: []) }

    /// - Parameter runtime: ledgers that administrators have defined, whose rights are given like all others.
    package func permissions(runtime: [LedgerDeclaration]) -> [PermissionDeclaration] {
        let own = [LedgerDesignPermission.declaration, PermissionDeclaration("task.manage", "任务中心：查看与取消他人的任务", area: "系统管理")]
        return (ledgers + runtime).flatMap(permissions) + own + ConfigurationBook.permissions + OperationPermission.all + WorkPages.permissions + MessagePages.permissions
            + DutyPermission.all
            + SearchPermission.all + DataServicePermission.all
            + ReportPermission.all + features.flatMap(\.permissions)
    }

    private func permissions(of ledger: LedgerDeclaration) -> [PermissionDeclaration] {
        var out = LedgerRight.allCases.filter { $0.applies(to: ledger) }.map { right in
            PermissionDeclaration(right.permission(on: ledger.name), "\(ledger.title)：\(right.title)", area: ledger.group, defaultRoles: roles(for: right, on: ledger.name))
        }
        if ledger.fields.contains(where: { $0.marks.contains(.restricted) }) {
            out.append(PermissionDeclaration(ledger.restrictedPermission, "\(ledger.title)：查看受限字段", area: ledger.group))
        }
        return out
    }

    private func roles(for right: LedgerRight, on ledger: String) -> [BuiltInRole] {
        var roles: [BuiltInRole] = []
        for grant in PersonFile.grants + features.flatMap(\.grants) where grant.ledgers.contains(ledger) && grant.rights.contains(right) {
            for role in grant.roles where !roles.contains(role) { roles.append(role) }
        }
        return roles
    }

    /// The ledgers' own lines, grouped as declared, then what features add.
    ///
    /// - Parameter hidden: ledgers left out, beside those whose pages a feature's own pages replace in the menu.
    package func menu(hiding hidden: Set<String> = []) -> [MenuItem] {
        let hidden = hidden.union(features.flatMap(\.replacedInMenu))
        var groups: [String] = []
        var items: [MenuItem] = []
        for (position, ledger) in ledgers.enumerated() where !hidden.contains(ledger.name) {
            if !groups.contains(ledger.group) { groups.append(ledger.group) }
            let group = groups.firstIndex(of: ledger.group) ?? 0
            items.append(
                MenuItem(
                    ledger.group, ledger.title, ledger.titleEN ?? ledger.title, icon: "list", path: "/ledgers/\(ledger.name)", permission: ledger.readPermission,
                    order: 2000 + group * 100 + position))
        }
        items.append(MenuItem("系统", groupEN: "System", "任务中心", "Tasks", icon: "clock", path: "/tasks", permission: nil, order: 9000))
        items.append(MenuItem("系统", groupEN: "System", "台账设计", "Ledger designer", icon: "edit", path: "/designer", permission: LedgerDesignPermission.name, order: 9010))
        return items + Administration.menu + WorkPages.menu + MessagePages.menu + ChatPages.menu + ExpiryPages.menu + DutyPages.menu + SearchPages.menu + DataServicePages.menu
            + ReportPages.menu
            + features.flatMap(\.menu)
    }

    /// The platform's own and those of the features.
    package func jobs(on platform: Platform) -> [JobDeclaration] {
        Administration.jobs(on: platform) + AlarmDispatch(engine: platform.alarms, messages: platform.messages, database: platform.database, chat: platform.chat).jobs()
            + platform.expiries.jobs() + platform.duty.jobs() + platform.chat.jobs()
            + features.flatMap { $0.jobs(platform) }
    }

    /// Every fault of every declaration, together; App refuses to start when there is one. `JW-F001` two features of one name, `JW-F002` an addition to an unknown ledger,
    /// `JW-F003` a grant on an unknown ledger; the rest come from the engines.
    package func check() -> [String] {
        var faults: [String] = []
        var names: Set<String> = []
        for feature in features where !names.insert(feature.name).inserted { faults.append("JW-F001 feature “\(feature.name)” stands twice") }
        let known = Set(ledgers.map(\.name))
        for addition in additions where !known.contains(addition.ledger) { faults.append("JW-F002 pages added to unknown ledger “\(addition.ledger)”") }
        for name in features.flatMap(\.grants).flatMap(\.ledgers) where !known.contains(name) { faults.append("JW-F003 rights granted on unknown ledger “\(name)”") }
        faults += workflows.flatMap { $0.faults() }
        return faults + AlarmKind.check(alarmKinds) + LedgerEngine.check(ledgers, dictionaries: Dictionaries(dictionaries))
    }

    /// Registers the generated pages and API, then what the features add.
    ///
    /// - Parameter others: permissions beyond the features', so that a ledger defined at run time can join the role form without dropping them.
    package func register(on routes: Routes, platform: Platform, others: [PermissionDeclaration] = []) {
        let services = LedgerServices(
            engine: platform.ledgers, organisations: platform.identity.organisations, photos: platform.photos, blobs: platform.blobs, tasks: platform.tasks, keys: platform.keys,
            additions: additions, levels: platform.identity.dualControl.levels, previewPath: ReportPages.previewPath
        ) {
            try await platform.identity.roles.sync(others + permissions(runtime: platform.ledgers.declarations.filter(\.isRuntime)))
        }
        LedgerPages(services: services).add(to: routes)
        LedgerAPI(services: services).add(to: routes)
        Administration.add(
            to: routes, platform: platform, auditTitles: features.reduce(into: ReportPages.auditTitles) { $0.merge($1.auditTitles) { first, _ in first } },
            settingTitles: features.reduce(into: [:]) { $0.merge($1.settingTitles) { first, _ in first } })
        ExpiryPages(engine: platform.expiries).add(to: routes)
        DutyPages(engine: platform.duty).add(to: routes)
        MessagePages(engine: platform.messages, database: platform.database).add(to: routes)
        ChatPages(engine: platform.chat, blobs: platform.blobs).add(to: routes)
        DataServicePages(engine: platform.dataServices, database: platform.database).add(to: routes)
        SearchPages(engine: platform.search, database: platform.database).add(to: routes)
        WorkPages(
            engine: platform.workflows, database: platform.database, photos: platform.photos, blobs: platform.blobs, keys: platform.keys,
            subjectPath: { $0.kind == "alarm" ? "/alarms/\($0.id)" : $0.kind == "dataGrant" ? "/data-services" : "/ledgers/\($0.kind)/\($0.id)" }
        ).add(to: routes)
        ReportPages(engine: platform.reports).add(to: routes)
        for feature in features { feature.routes(routes, platform) }
    }
}
