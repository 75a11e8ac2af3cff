import Cryptography
import Kernel
import Storage

/// One person who is on-line, or one of the places where.
package struct PresentSession: Sendable {
    package var id: Int64
    package var userId: Int64
    package var name: String
    package var login: String
    package var organisationName: String
    package var address: String
    package var agent: String
    package var createdAt: Moment
    package var lastSeenAt: Moment
    package var marks: [SessionMark]
}

/// What the list of those on-line is narrowed by.
package struct PresenceSearch: Sendable {
    /// Part of login, name or organisation.
    package var keyword: String?
    package var address: String?
    /// Only logins that were unusual.
    package var isUnusual: Bool

    package init(keyword: String? = nil, address: String? = nil, isUnusual: Bool = false) {
        self.keyword = keyword
        self.address = address
        self.isUnusual = isUnusual
    }
}

extension Sessions {
    /// A session's key as stored, from the text a principal carries.
    static func bytes(_ text: String) -> [UInt8]? { Hex.decode(text) }

    /// Living sessions of people whom the scope admits, newest first; `before` is the last id of the page before.
    package func presence(_ search: PresenceSearch, scope: DataScope, before: Int64? = nil, limit: Int, _ reader: any Reader) throws -> [PresentSession] {
        var conditions = conditions(search, scope)
        if let before { conditions.append("s.id < \(before)") }
        return try reader.rows("SELECT s.*, u.name, u.login, o.name AS organisation_name FROM \(Self.tables) WHERE \(SQL.all(of: conditions)) ORDER BY s.id DESC LIMIT \(limit)")
            .map { row in
                PresentSession(
                    id: row.int("id") ?? 0, userId: row.int("user_id") ?? 0, name: row.text("name") ?? "", login: row.text("login") ?? "",
                    organisationName: row.text("organisation_name") ?? "", address: row.text("address") ?? "", agent: row.text("agent") ?? "",
                    createdAt: row.moment("created_at") ?? clock.now, lastSeenAt: row.moment("last_seen_at") ?? clock.now, marks: SessionMark.list(row.text("marks")))
            }
    }

    /// Sessions and people.
    package func presenceCount(_ search: PresenceSearch, scope: DataScope, _ reader: any Reader) throws -> (sessions: Int, people: Int) {
        let row = try reader.first("SELECT count(*), count(DISTINCT s.user_id) FROM \(Self.tables) WHERE \(SQL.all(of: conditions(search, scope)))")
        return (Int(row?[0].int ?? 0), Int(row?[1].int ?? 0))
    }

    private static let tables: SQL = "sessions s JOIN users u ON u.id = s.user_id JOIN organisations o ON o.id = u.organisation"

    private func conditions(_ search: PresenceSearch, _ scope: DataScope) -> [SQL] {
        let now = clock.now
        var conditions: [SQL] = [
            "s.expires_at > \(now)", "s.last_seen_at > \(now.adding(seconds: -policies.current.idleSeconds))", scope.condition(org: "u.organisation", area: "u.area"),
        ]
        if let keyword = search.keyword, !keyword.isEmpty { conditions.append(.contains(keyword, in: "u.login", "u.name", "o.name")) }
        if let address = search.address, !address.isEmpty { conditions.append("s.address = \(address)") }
        if search.isUnusual { conditions.append("s.marks <> ''") }
        return conditions
    }
}
