import Kernel
import Storage

/// Whom somebody looks after by name rather than by region: the organisations that stand in the grids where an officer has a post, and in those below; or those of a tree of organisations
/// (a tenant that shares its region with another).
package struct GridReach: Sendable, Equatable {
    package enum Tree: String, Sendable { case grids, organisations }

    package var tree = Tree.grids
    /// Paths of the grids, as `Unit.path`: `/3/`, `/3/17/`; of the organisations where the tree is theirs.
    package var paths: [String]
    /// As they were when the reach was read. Whatever changes a grid, a post in it or what stands in it makes sessions read it anew (`IdentityVersion`).
    package var organisations: Set<Int64>

    package init(paths: [String], organisations: Set<Int64>, tree: Tree = .grids) {
        self.tree = tree
        self.paths = paths
        self.organisations = organisations
    }

    /// Grids of somebody's posts that are in use; empty reach where there are none.
    ///
    /// - Parameter unit: one of the posts only.
    static func load(of user: Int64, in unit: Int64? = nil, _ reader: any Reader) throws -> GridReach {
        let one: SQL = unit.map { " AND um.unit_id = \($0)" } ?? ""
        let paths = try reader.rows(
            """
            SELECT un.path FROM unit_members um JOIN units un ON un.id = um.unit_id WHERE um.user_id = \(user) AND un.tree = \(UnitTree.grid.rawValue) AND un.state = 'active'\(one)
            ORDER BY un.path
            """
        ).compactMap { $0[0].text }
        // What lies below another of them is in it.
        var tops: [String] = []
        for path in paths where !tops.contains(where: { path.hasPrefix($0) }) { tops.append(path) }
        guard !tops.isEmpty else { return GridReach(paths: [], organisations: []) }
        let organisations = try reader.rows(subjects(below: tops)).compactMap { $0[0].int }
        return GridReach(paths: tops, organisations: Set(organisations))
    }

    /// An organisation and everything below it.
    static func organisations(below path: String, _ reader: any Reader) throws -> GridReach {
        let ids = try reader.rows("SELECT id FROM organisations WHERE \(Tenant.subtree(path))").compactMap { $0[0].int }
        return GridReach(paths: [path], organisations: Set(ids), tree: .organisations)
    }

    /// For an `IN`: every organisation within.
    var members: SQL { tree == .grids ? Self.subjects(below: paths) : "SELECT id FROM organisations WHERE \(SQL.joined(paths.map(Tenant.subtree), by: " OR "))" }

    /// For an `IN`: the organisations of all grids at or below some paths.
    static func subjects(below paths: [String]) -> SQL {
        "SELECT us.org FROM unit_subjects us JOIN units un ON un.id = us.unit_id WHERE \(GridSubject.stands) AND un.state = 'active' AND \(below(paths))"
    }

    /// Which grids (`un`) stand at or below some paths; none where there are none.
    static func below(_ paths: [String]) -> SQL {
        guard !paths.isEmpty else { return "1 = 0" }
        return "(\(SQL.joined(paths.map { "(un.path >= \($0) AND un.path < \($0.dropLast() + "0"))" }, by: " OR ")))"
    }

    /// Active users with a post in a grid that holds this organisation, or above it.
    package static func officers(of org: Int64, _ reader: any Reader) throws -> Set<Int64> {
        let paths = try reader.rows(
            "SELECT un.path FROM unit_subjects us JOIN units un ON un.id = us.unit_id WHERE us.org = \(org) AND \(GridSubject.stands) AND un.state = 'active'"
        ).compactMap { $0[0].text }
        let grids = Set(paths.flatMap { $0.split(separator: "/").compactMap { Int64($0) } })
        guard !grids.isEmpty else { return [] }
        let rows = try reader.rows(
            "SELECT um.user_id FROM unit_members um JOIN units un ON un.id = um.unit_id WHERE um.unit_id IN (\(list: grids.sorted())) AND un.state = 'active'")
        return Set(rows.compactMap { $0[0].int })
    }

    /// Why an organisation is within: each grid at or below the paths that holds it, and how it came there.
    package func reasons(for org: Int64, _ reader: any Reader) throws -> [String] {
        guard tree == .grids else { return organisations.contains(org) ? ["局点的机构树"] : [] }
        return try reader.rows(
            """
            SELECT un.name, us.way FROM unit_subjects us JOIN units un ON un.id = us.unit_id WHERE us.org = \(org) AND \(GridSubject.stands) AND un.state = 'active' \
            AND \(Self.below(paths)) ORDER BY un.depth DESC
            """
        ).map { row in "网格“\(row.text("name") ?? "")”（\(row.text("way").flatMap(GridSubject.Way.init)?.title ?? "")）" }
    }
}
