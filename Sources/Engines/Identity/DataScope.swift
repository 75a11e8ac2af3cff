import Kernel
import Storage

/// Which rows someone may see, in words every ledger shares: the organisation that owns a row (`org`) and the area it lies in (`area`, a region code).
///
/// Compiled into every query by the engines, so that no query can forget it, and asked again of single rows and live events.
package enum DataScope: Sendable, Equatable {
    case everything
    /// Region code prefixes: `["1301"]` is the whole city, `["130102"]` one county.
    case areas([String])
    /// Rows of one organisation only (an enterprise and its people).
    case organisation(Int64)
    /// Rows of the organisations that stand in somebody's grids and below.
    case grids(GridReach)
    case nothing

    /// The condition for SQL; the columns are the row's owner and area.
    package func condition(org: SQL = "org", area: SQL = "area") -> SQL {
        switch self {
        case .everything: return "1 = 1"
        case .nothing: return "1 = 0"
        case .organisation(let id): return "\(org) = \(id)"
        case .grids(let reach): return reach.paths.isEmpty ? "1 = 0" : "\(org) IN (\(reach.members))"
        case .areas(let prefixes):
            guard !prefixes.isEmpty else { return "1 = 0" }
            let parts = prefixes.map { prefix -> SQL in
                prefix.utf8.count >= 6 ? "\(area) = \(prefix)" : "(\(area) >= \(prefix) AND \(area) < \(prefix + "~"))"
            }
            return "(\(SQL.joined(parts, by: " OR ")))"
        }
    }

    /// Whether sums by area can answer: no row's owner is asked for.
    package var isByArea: Bool {
        switch self {
        case .everything, .areas: true
        default: false
        }
    }

    /// The same question of one row.
    package func admits(org: Int64?, area: String?) -> Bool {
        switch self {
        case .everything: true
        case .nothing: false
        case .organisation(let id): org == id
        case .grids(let reach): org.map(reach.organisations.contains) ?? false
        case .areas(let prefixes): area.map { code in prefixes.contains { code.hasPrefix($0) } } ?? false
        }
    }
}
