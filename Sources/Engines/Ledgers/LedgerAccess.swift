import Identity
import Kernel
import Storage

/// Who asks for a change: a person through a page, the API or a sheet, who may not set read-only fields; or the program itself.
package enum DraftOrigin: Sendable {
    case program, person
}

/// What `scope` means for one ledger: the one place that says which rows a principal may see or write. Every list, find, export, statistic and write goes through it.
struct RowScope {
    let ownership: LedgerDeclaration.Ownership
    let scope: DataScope
    /// The principal's own region, for rows of authorities above it.
    let area: String?

    init(_ declaration: LedgerDeclaration, _ principal: Principal) {
        ownership = declaration.ownedBy
        scope = principal.scope
        area = principal.area
    }

    /// Nil where every row may be read. With `walksInOrder` the columns are hidden from SQLite's index choice: a scope of many areas is answered faster by walking the sort order than by
    /// collecting and sorting every row of those areas.
    func condition(_ dialect: Dialect, walksInOrder: Bool = true) -> SQL? {
        guard ownership != .shared, scope != .everything else { return nil }
        let hides = walksInOrder && dialect == .sqlite && !isOneKey
        let org: SQL = hides ? "+org" : "org"
        let area: SQL = hides ? "+area" : "area"
        let own = scope.condition(org: org, area: area)
        guard ownership == .authority, scope != .nothing else { return own }
        let above = areasAbove
        return above.isEmpty ? "(\(area) IS NULL OR \(own))" : "(\(area) IS NULL OR \(area) IN (\(list: above)) OR \(own))"
    }

    func mayRead(org: Int64?, area: String?) -> Bool {
        if ownership == .shared || scope.admits(org: org, area: area) { return true }
        guard ownership == .authority, scope != .nothing else { return false }
        return area.map(areasAbove.contains) ?? true
    }

    /// An authority's row of a wider region is read, never written, from within it. A row of no region was made by the platform itself (what it ships, the command line): a city or a province keeps it.
    func mayWrite(org: Int64?, area: String?) -> Bool {
        if ownership == .shared || scope.admits(org: org, area: area) { return true }
        guard ownership == .authority, org == nil, area == nil, case .areas(let prefixes) = scope else { return false }
        return prefixes.contains { $0.utf8.count <= 4 }
    }

    /// One organisation or one county is an equality that (org, id) or (area, id) answers in order.
    private var isOneKey: Bool {
        guard ownership == .enterprise else { return false }
        switch scope {
        case .organisation: return true
        case .areas(let prefixes): return prefixes.count == 1 && prefixes[0].utf8.count >= 6
        default: return false
        }
    }

    /// Regions that the principal lies in: 130102 lies in 1301 and 13.
    private var areasAbove: [String] {
        let own: [String]
        switch scope {
        case .areas(let prefixes): own = prefixes
        case .organisation, .grids: own = area.map { [$0] } ?? []
        default: own = []
        }
        var above: [String] = []
        for code in own {
            for length in [2, 4, 6] where length < code.utf8.count || (length == code.utf8.count && scope.isOfOrganisations) {
                let prefix = String(code.prefix(length))
                if !above.contains(prefix) { above.append(prefix) }
            }
        }
        return above
    }
}

extension DataScope {
    fileprivate var isOfOrganisations: Bool {
        switch self {
        case .organisation, .grids: true
        default: false
        }
    }
}

extension LedgerDeclaration {
    /// Whether a row of this owner lies within the principal's scope; the same answer as every list and find gives.
    package func mayRead(org: Int64?, area: String?, _ principal: Principal) -> Bool { RowScope(self, principal).mayRead(org: org, area: area) }

    package var revealPermission: String { "\(name).reveal" }
    package var restrictedPermission: String { "\(name).restricted" }

    /// Fields that exist for this principal: restricted ones only with the permission.
    package func visibleFields(for principal: Principal) -> [Field] {
        let seesRestricted = principal.may(restrictedPermission)
        return fields.filter { seesRestricted || !$0.marks.contains(.restricted) }
    }

    func requireReading(_ principal: Principal) throws { try principal.require(readPermission, "查看\(title)") }

    /// Rows of a read-only ledger are written by its domain, which answers for who may; a person may never.
    func requireWriting(_ principal: Principal, _ origin: DraftOrigin) throws {
        if isReadOnly || view != nil {
            guard origin == .program, view == nil else { throw Failure(.forbidden, "JW-L003", "\(title)由系统自动形成，不能直接修改") }
            return
        }
        try principal.require(writePermission, "维护\(title)")
    }
}
