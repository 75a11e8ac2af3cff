import Features
import Identity
import Ledgers
import Schedules
import Storage

/// Catalogue B1.3.1, B1.3.2, B2.2.1, B2.2.2 网格与网格人员: grids drawn on the map, officers bound to them, and what stands in a grid belonging to it by itself.
///
/// What an officer may see follows from it and is enforced in Identity (`DataScope.grids`), for every ledger alike.
package enum GridSupervision {
    package static let feature = Feature(
        name: "gridSupervision", title: "网格监管", ledgers: [Grid.ledger, GridOfficer.ledger], dictionaries: GridCodes.dictionaries, permissions: GridPermission.declarations,
        grants: grants, menu: GridPages.menu, additions: GridOfficerPages.additions + [Grid.addition],
        prepare: { platform in
            GridAssignment(grids: platform.identity.grids).register(on: platform)
            GridOfficer.register(on: platform)
        },
        routes: { routes, platform in
            GridPages(platform: platform).add(to: routes)
            GridOutlinePages(platform: platform).add(to: routes)
            GridOfficerPages(platform: platform).add(to: routes)
        },
        jobs: { platform in GridAssignment(grids: platform.identity.grids).jobs(on: platform) })

    /// The menu's group.
    static let group = "网格监管"

    private static let grants: [LedgerGrant] = [
        LedgerGrant([Grid.ledger.name], [.read, .export], to: [.city, .county]), LedgerGrant([Grid.ledger.name], [.read], to: [.gridOfficer]),
        LedgerGrant([GridOfficer.ledger.name], [.read, .export], to: [.city, .county]),
        LedgerGrant([GridOfficer.ledger.name], [.write, .delete, .import, .reveal], to: [.city]), LedgerGrant([GridOfficer.ledger.name], [.write], to: [.county]),
    ]
}

/// What people may do here beyond the ledgers.
package enum GridPermission {
    /// Draw outlines and make exceptions by hand.
    package static let draw = "grid.draw"

    static let declarations: [PermissionDeclaration] = [PermissionDeclaration(draw, "网格：划定范围与调整归属", area: "网格监管", defaultRoles: [.city, .county])]
}
