import Alarms
import Identity
import Kernel
import Ledgers
import Schedules
import ServiceLifecycle
import Storage
import Web
import Workflows

/// Everything by which a domain enters the program. Removing a feature from the list in App removes all of it, and everything else still runs.
///
/// A feature has two halves: what it declares, known before anything runs (so that tables, permissions and menus can be checked together), and what it does with the
/// running platform: hooks, routes, jobs, services.
package struct Feature: Sendable {
    /// `mobileSources`: stable, unique among features.
    package var name: String
    package var title: String
    package var ledgers: [LedgerDeclaration]
    package var dictionaries: [DictionaryDeclaration]
    /// Beyond those of its ledgers.
    package var tables: [Table]
    /// Beyond those of its ledgers, which every ledger brings by itself (`LedgerRight`).
    package var permissions: [PermissionDeclaration]
    /// Roles that it brings beside the built-in ones.
    package var roles: [FeatureRole]
    /// Who holds the ledgers' rights when they first appear; see `LedgerGrant`.
    package var grants: [LedgerGrant]
    /// Beyond the ledgers' own lines, which stand in the menu by themselves.
    package var menu: [MenuItem]
    package var alarmKinds: [AlarmKind]
    /// Workflows; their effects are registered in `prepare`.
    package var workflows: [WorkflowDeclaration]
    /// Ledgers that stand in the menu by a page of the feature instead of their own.
    package var replacedInMenu: [String]
    /// Kinds of things that it writes into the audit book beside its ledgers, with their titles.
    package var auditTitles: [String: String]
    /// Fields of its settings pages with their titles, for those who must agree to a change (`ApprovalWords`).
    package var settingTitles: [String: String]
    /// What it adds to the generated pages of ledgers, its own or others'.
    package var additions: [LedgerAdditions]
    /// Hooks on ledgers and alarms; called once, before anything is served.
    package var prepare: @Sendable (Platform) throws -> Void
    package var routes: @Sendable (Routes, Platform) -> Void
    package var jobs: @Sendable (Platform) -> [JobDeclaration]
    /// Long-running parts, such as an outbox worker, started after the platform's own and stopped before them.
    package var services: @Sendable (Platform) -> [any Service]

    package init(
        name: String, title: String, ledgers: [LedgerDeclaration] = [], dictionaries: [DictionaryDeclaration] = [], tables: [Table] = [], permissions: [PermissionDeclaration] = [],
        roles: [FeatureRole] = [],
        grants: [LedgerGrant] = [], menu: [MenuItem] = [], alarmKinds: [AlarmKind] = [], workflows: [WorkflowDeclaration] = [], replacedInMenu: [String] = [],
        auditTitles: [String: String] = [:], settingTitles: [String: String] = [:],
        additions: [LedgerAdditions] = [],
        prepare: @escaping @Sendable (Platform) throws -> Void = { _ in }, routes: @escaping @Sendable (Routes, Platform) -> Void = { _, _ in },
        jobs: @escaping @Sendable (Platform) -> [JobDeclaration] = { _ in [] }, services: @escaping @Sendable (Platform) -> [any Service] = { _ in [] }
    ) {
        self.name = name
        self.title = title
        self.ledgers = ledgers
        self.dictionaries = dictionaries
        self.tables = tables
        self.permissions = permissions
        self.roles = roles
        self.grants = grants
        self.menu = menu
        self.alarmKinds = alarmKinds
        self.workflows = workflows
        self.replacedInMenu = replacedInMenu
        self.auditTitles = auditTitles
        self.settingTitles = settingTitles
        self.additions = additions
        self.prepare = prepare
        self.routes = routes
        self.jobs = jobs
        self.services = services
    }
}

/// The built-in roles that hold some rights on some ledgers when these first appear in an installation.
package struct LedgerGrant: Sendable, Equatable {
    package var ledgers: [String]
    package var rights: [LedgerRight]
    package var roles: [BuiltInRole]

    package init(_ ledgers: [String], _ rights: [LedgerRight], to roles: [BuiltInRole]) {
        self.ledgers = ledgers
        self.rights = rights
        self.roles = roles
    }
}
