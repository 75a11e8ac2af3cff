/// Paths of routes as they are declared: `{id}` stands for one segment, `**` for all that follow.
package enum RoutePattern {
    package static func matches(_ pattern: String, _ path: String) -> Bool {
        let wanted = pattern.split(separator: "/"), given = path.split(separator: "/")
        for (index, part) in wanted.enumerated() {
            if part == "**" { return true }
            guard index < given.count, part.hasPrefix("{") || part == given[index] else { return false }
        }
        return wanted.count == given.count
    }
}
