import Identity
import Kernel
import Storage
import Web

/// What a domain adds to the generated pages of one ledger, without writing pages of its own.
package struct LedgerAdditions: Sendable {
    package var ledger: String
    package var tabs: [LedgerTab]
    package var rowActions: [LedgerRowAction]
    package var listActions: [LedgerListAction]
    /// Shown between the title and the table of the list; for figures and notices. Called with every list page, so it must be quick.
    package var banner: (@Sendable (any Reader, WebContext) throws -> Markup)?

    package init(
        _ ledger: String, tabs: [LedgerTab] = [], rowActions: [LedgerRowAction] = [], listActions: [LedgerListAction] = [],
        banner: (@Sendable (any Reader, WebContext) throws -> Markup)? = nil
    ) {
        self.ledger = ledger
        self.tabs = tabs
        self.rowActions = rowActions
        self.listActions = listActions
        self.banner = banner
    }
}

/// A tab of the detail page, loaded when it is opened.
package struct LedgerTab: Sendable {
    /// Part of the address: `/ledgers/enterprise/7/tabs/passes`.
    package var name: String
    package var title: String
    package var titleEN: String
    /// Beyond the ledger's read permission; nil asks nothing more.
    package var permission: String?
    /// The record has already passed the reader's data scope; whatever else the tab reads must go through the engine or carry the scope itself.
    package var render: @Sendable (Record, WebContext, any Reader) throws -> Markup

    package init(
        _ name: String, _ title: String, _ titleEN: String, permission: String? = nil, render: @escaping @Sendable (Record, WebContext, any Reader) throws -> Markup
    ) {
        self.name = name
        self.title = title
        self.titleEN = titleEN
        self.permission = permission
        self.render = render
    }
}

/// A button at a row and on its detail page that leads to a page of the domain.
package struct LedgerRowAction: Sendable {
    package var title: String
    package var titleEN: String
    package var icon: String
    package var permission: String
    /// Where it leads; nil when it does not apply to this row.
    package var path: @Sendable (Record) -> String?
    /// Opens in a dialog over the page instead of going there.
    package var opensDialog: Bool

    package init(_ title: String, _ titleEN: String, icon: String, permission: String, opensDialog: Bool = false, path: @escaping @Sendable (Record) -> String?) {
        self.title = title
        self.titleEN = titleEN
        self.icon = icon
        self.permission = permission
        self.opensDialog = opensDialog
        self.path = path
    }
}

/// A button at the head of the list.
package struct LedgerListAction: Sendable {
    package var title: String
    package var titleEN: String
    package var icon: String
    package var path: String
    package var permission: String

    package init(_ title: String, _ titleEN: String, icon: String, path: String, permission: String) {
        self.title = title
        self.titleEN = titleEN
        self.icon = icon
        self.path = path
        self.permission = permission
    }
}
