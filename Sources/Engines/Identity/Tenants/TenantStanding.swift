import Kernel
import Storage

/// What a tenant means for an account in it: whether anybody comes in, and what is theirs to see. Asked where accounts are read, the one place from which every session takes its scope.
struct TenantStanding: Sendable {
    var name: String
    var isOpen: Bool
    var area: String
    var path: String
    /// Another tenant's region is the same, or within it, or around it: regions do not tell their rows apart.
    var sharesArea: Bool

    /// The tenant in whose tree an organisation stands; nil outside of any.
    static func find(above path: String, _ reader: any Reader) throws -> TenantStanding? {
        let ids = path.split(separator: "/").compactMap { Int64($0) }
        guard !ids.isEmpty,
            let row = try reader.first("\(Tenant.select) WHERE t.organisation IN (\(list: ids)) AND t.state IN ('open', 'suspended', 'closed') ORDER BY t.id DESC LIMIT 1")
        else { return nil }
        let tenant = Tenant(row)
        // Codes of regions are digits: nothing in them is a pattern.
        let within: SQL = "\(SQL.starts(with: tenant.area, in: "o.area")) OR \(tenant.area) LIKE o.area || '%'"
        let sharesArea = try reader.first("\(Tenant.select) WHERE t.state IN ('open', 'suspended') AND t.id <> \(tenant.id) AND (\(within)) LIMIT 1") != nil
        return TenantStanding(name: tenant.name, isOpen: tenant.state == .open, area: tenant.area, path: tenant.path, sharesArea: sharesArea)
    }

    /// What of a scope lies within the tenant. Where no other tenant shares its region the region says it, as fast as before; otherwise the tree of organisations does.
    ///
    /// - Parameter own: the path of the person's own organisation.
    func narrowed(_ scope: DataScope, own: String, _ reader: any Reader) throws -> DataScope {
        switch scope {
        case .nothing, .organisation, .grids: return scope
        case .everything: return sharesArea ? .grids(try GridReach.organisations(below: path, reader)) : .areas([area])
        case .areas(let prefixes):
            guard sharesArea else { return .areas(prefixes.filter { $0.hasPrefix(area) }) }
            return .grids(try GridReach.organisations(below: own, reader))
        }
    }
}
