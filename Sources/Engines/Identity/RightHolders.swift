import Kernel
import Storage

/// Active people who hold a permission by one of their roles, own or of a post, and in whose scope something stands: whom the program tells.
package enum RightHolders {
    package static let most = 200

    /// - Parameters:
    ///   - org: the organisation of what it is about; nil where it has none.
    ///   - area: its area; only who sees everything is found where both are nil.
    ///   - except: left out, such as who asks.
    package static func find(_ permission: String, org: Int64?, area: String?, except: Int64? = nil, _ reader: any Reader) throws -> [Int64] {
        let rows = try reader.rows(
            """
            SELECT u.id, u.organisation, o.area AS place, o.path, r.scope FROM users u JOIN organisations o ON o.id = u.organisation
            JOIN user_roles ur ON ur.user_id = u.id JOIN roles r ON r.id = ur.role_id JOIN role_permissions rp ON rp.role_id = r.id
            WHERE rp.permission = \(permission) AND u.state = 'active' AND o.state = 'active' AND u.id <> \(except ?? 0) ORDER BY u.id LIMIT 2000
            """)
        let posts = try reader.rows(
            """
            SELECT u.id, un.org AS organisation, o.area AS place, o.path, r.scope FROM unit_post_roles pr JOIN users u ON u.id = pr.user_id JOIN units un ON un.id = pr.unit_id
            JOIN organisations o ON o.id = un.org JOIN roles r ON r.id = pr.role_id JOIN role_permissions rp ON rp.role_id = r.id
            WHERE rp.permission = \(permission) AND u.state = 'active' AND un.state = 'active' AND o.state = 'active' AND u.id <> \(except ?? 0) ORDER BY u.id LIMIT 2000
            """)
        let officers = try org.map { try GridReach.officers(of: $0, reader) } ?? []
        let bounds = try PermissionBound.find(paths: Set((rows + posts).compactMap { $0.text("path") }), reader)
        var found: [Int64] = []
        for row in rows + posts {
            guard let id = row.int("id"), !found.contains(id), found.count < most, row.text("path").flatMap({ bounds[$0] })?.keeper(of: permission) == nil else { continue }
            let reaches =
                switch row.text("scope").flatMap(ScopeRule.init(rawValue:)) {
                case .everything: true
                case .ownArea: (area ?? "").hasPrefix(row.text("place") ?? "-")
                case .ownGrids: officers.contains(id)
                case .ownOrganisation: org != nil && row.int("organisation") == org
                case nil: false
                }
            if reaches { found.append(id) }
        }
        return found
    }
}
