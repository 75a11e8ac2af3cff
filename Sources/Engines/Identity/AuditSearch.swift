import Kernel
import Storage

/// What an auditor asks the book. Nil means any.
package struct AuditSearch: Sendable {
    package var from: Day?
    /// With this day.
    package var to: Day?
    package var actorId: Int64?
    /// Part of the actor's name.
    package var actor: String?
    package var action: String?
    package var objectKind: String?
    package var objectId: String?
    package var address: String?
    /// Part of the summary.
    package var keyword: String?

    package init(
        from: Day? = nil, to: Day? = nil, actorId: Int64? = nil, actor: String? = nil, action: String? = nil, objectKind: String? = nil, objectId: String? = nil,
        address: String? = nil,
        keyword: String? = nil
    ) {
        self.from = from
        self.to = to
        self.actorId = actorId
        self.actor = actor
        self.action = action
        self.objectKind = objectKind
        self.objectId = objectId
        self.address = address
        self.keyword = keyword
    }
}

/// Newest first.
package struct AuditPage: Sendable {
    package var rows: [AuditRow]
    /// Hand it in for the page that follows; nil on the last one.
    package var next: String?
}

extension AuditTrail {
    /// Rows that the scope admits (by the actor's organisation and area), `limit` of them, newest first. `after` is an earlier page's `next`; nonsense there starts at the top.
    package func page(_ search: AuditSearch, scope: DataScope, after: String? = nil, limit: Int = 50, _ reader: any Reader) throws -> AuditPage {
        var conditions = search.conditions
        conditions.append(scope.condition())
        if let (day, id) = Self.cursor(after) { conditions.append("(day, id) < (\(day), \(id))") }
        let found = try reader.rows("SELECT * FROM audit WHERE \(SQL.all(of: conditions)) ORDER BY day DESC, id DESC LIMIT \(limit + 1)").map(AuditRow.init)
        let rows = Array(found.prefix(limit))
        return AuditPage(rows: rows, next: found.count > limit ? rows.last.map { "\($0.at.day.number)-\($0.id)" } : nil)
    }

    /// Rows that came after one, oldest first.
    package func rows(after id: Int64, limit: Int, _ reader: any Reader) throws -> [AuditRow] {
        try reader.rows("SELECT * FROM audit WHERE id > \(id) ORDER BY id LIMIT \(limit)").map(AuditRow.init)
    }

    /// The acts upon one thing, newest first.
    package func history(of objectKind: String, _ objectId: String, limit: Int = 200, _ reader: any Reader) throws -> [AuditRow] {
        try reader.rows("SELECT * FROM audit WHERE object_kind = \(objectKind) AND object_id = \(objectId) ORDER BY day DESC, id DESC LIMIT \(limit)").map(AuditRow.init)
    }

    private static func cursor(_ text: String?) -> (day: Int64, id: Int64)? {
        guard let parts = text?.split(separator: "-"), parts.count == 2, let day = Int64(parts[0]), let id = Int64(parts[1]) else { return nil }
        return (day, id)
    }
}

extension AuditSearch {
    fileprivate var conditions: [SQL] {
        var conditions: [SQL] = []
        if let from { conditions.append("day >= \(from)") }
        if let to { conditions.append("day <= \(to)") }
        if let actorId { conditions.append("actor_id = \(actorId)") }
        if let actor { conditions.append(.contains(actor, in: "actor")) }
        if let action { conditions.append("action = \(action)") }
        if let objectKind { conditions.append("object_kind = \(objectKind)") }
        if let objectId { conditions.append("object_id = \(objectId)") }
        if let address { conditions.append("address = \(address)") }
        if let keyword { conditions.append(.contains(keyword, in: "summary")) }
        return conditions
    }
}
