import Kernel
import Storage

/// The most that people of an organisation may hold, whatever their roles and groups give (B5.1.7 用户/用户组权限不超过所在单位权限): its own bound and those of all above it, each of which must admit.
package struct PermissionBound: Sendable, Equatable {
    /// One organisation's own.
    package struct Part: Sendable, Equatable {
        package let organisation: Int64
        package let permissions: Set<String>

        package init(organisation: Int64, permissions: Set<String>) {
            self.organisation = organisation
            self.permissions = permissions
        }

        package func admits(_ permission: String) -> Bool { PermissionBound.holds(permissions, permission) }
    }

    /// From the root down; empty where nothing is bounded.
    package let parts: [Part]

    package init(parts: [Part]) { self.parts = parts }

    package var isEmpty: Bool { parts.isEmpty }

    /// The organisation that keeps a permission back; nil where none does.
    package func keeper(of permission: String) -> Int64? { parts.first { !$0.admits(permission) }?.organisation }

    /// What is left of permissions. `*` and `*.read` are read as all that they stand for.
    package func cut(_ permissions: Set<String>) -> Set<String> {
        parts.reduce(permissions) { held, part in held.filter(part.admits).union(part.permissions.filter { Self.holds(held, $0) }) }
    }

    /// What is kept back of permissions, as they were given.
    package func excess(of permissions: Set<String>) -> Set<String> { permissions.filter { keeper(of: $0) != nil } }

    private static func holds(_ all: Set<String>, _ permission: String) -> Bool {
        if all.contains(permission) || all.contains("*") { return true }
        return permission.lastIndex(of: ".").map { all.contains("*" + permission[$0...]) } ?? false
    }

    /// Of the organisation with this path, `/1/2/17/`. One short query where nothing is bounded.
    static func find(path: String, _ reader: any Reader) throws -> PermissionBound { try find(paths: [path], reader)[path] ?? PermissionBound(parts: []) }

    /// The same for many.
    static func find(paths: Set<String>, _ reader: any Reader) throws -> [String: PermissionBound] {
        func ids(_ path: String) -> [Int64] { path.split(separator: "/").compactMap { Int64($0) } }
        let wanted = Set(paths.flatMap(ids)).sorted()
        var own: [Int64: Set<String>] = [:]
        for from in stride(from: 0, to: wanted.count, by: 500) {
            let some = Array(wanted[from..<min(from + 500, wanted.count)])
            for row in try reader.rows("SELECT org, permission FROM organisation_bounds WHERE org IN (\(list: some))") {
                own[row.int("org") ?? 0, default: []].insert(row.text("permission") ?? "")
            }
        }
        guard !own.isEmpty else { return [:] }
        return paths.reduce(into: [:]) { all, path in
            let parts = ids(path).compactMap { id in own[id].map { Part(organisation: id, permissions: $0.subtracting([PermissionBounds.mark])) } }
            if !parts.isEmpty { all[path] = PermissionBound(parts: parts) }
        }
    }
}
