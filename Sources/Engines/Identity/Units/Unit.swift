import Kernel
import Storage

/// A tree of units (D9.2.1). Organisations are the bodies that own data; units are how they, and those around them, are built: departments, teams, sections of roads, grids.
package enum UnitTree: String, Sendable, CaseIterable {
    case government, park, enterprise, thirdParty, road, grid

    package var title: String {
        switch self {
        case .government: "政府部门"
        case .park: "园区管委会"
        case .enterprise: "企业部门"
        case .thirdParty: "第三方单位"
        case .road: "路段与路长"
        case .grid: "网格"
        }
    }
}

/// One node of a tree.
package struct Unit: Sendable, Equatable {
    package enum State: String, Sendable { case active, retired }

    package var id: Int64
    package var tree: UnitTree
    package var parent: Int64?
    /// The organisation to which it and everything below it belongs.
    package var org: Int64
    package var area: String
    /// Unique within the tree.
    package var code: String
    package var name: String
    /// The ids from the root to this one: `/1/2/17/`.
    package var path: String
    /// 1 for a root.
    package var depth: Int
    /// Among its siblings.
    package var rank: Int
    package var state: State
    /// Into which it was merged.
    package var successor: Int64?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        tree = row.text("tree").flatMap(UnitTree.init) ?? .government
        parent = row.int("parent")
        org = row.int("org") ?? 0
        area = row.text("area") ?? ""
        code = row.text("code") ?? ""
        name = row.text("name") ?? ""
        path = row.text("path") ?? ""
        depth = Int(row.int("depth") ?? 1)
        rank = Int(row.int("rank") ?? 0)
        state = row.text("state").flatMap(State.init) ?? .retired
        successor = row.int("successor")
    }

    /// It and everything below it: one range of the index over paths, however large the tree is. Paths end with `/`, after which `0` comes.
    var subtree: SQL { "path >= \(path) AND path < \(path.dropLast() + "0")" }

    package func isAtOrBelow(_ other: Unit) -> Bool { path.hasPrefix(other.path) }
}

/// What is asked for when a unit is made or changed.
package struct UnitDraft: Sendable, Equatable {
    package var tree: UnitTree
    package var parent: Int64?
    /// Of a root: the code of the organisation that owns it.
    package var organisation: String
    package var code: String
    package var name: String
    package var rank: Int

    package init(tree: UnitTree, parent: Int64?, organisation: String = "", code: String, name: String, rank: Int = 0) {
        self.tree = tree
        self.parent = parent
        self.organisation = organisation
        self.code = code
        self.name = name
        self.rank = rank
    }
}

/// A node in a list, with what stands below it.
package struct UnitLine: Sendable {
    package var unit: Unit
    package var children: Int
    package var members: Int
}

/// Somebody's post in a unit.
package struct UnitMember: Sendable {
    package var user: Int64
    package var userName: String
    package var login: String
    package var organisationName: String
    package var post: String
    /// The one of several posts in which the person signs in, where it gives roles.
    package var isActive: Bool
    package var standing: PostStanding
}

/// What moving or merging a unit touches, shown before it is done.
package struct UnitTouch: Sendable, Equatable {
    package var nodes: Int
    package var members: Int
    /// Levels of the deepest node afterwards.
    package var depth: Int
    /// Whether it goes to another organisation.
    package var changesOwner: Bool
}

/// One line of a unit's history.
package struct UnitChange: Sendable {
    package var at: Moment
    package var kind: String
    package var unitName: String
    package var before: String
    package var after: String
    package var nodes: Int
    package var members: Int
    package var byName: String
}
