import Identity
import Kernel
import Storage

/// One line of somebody's list.
package struct InboxLine: Sendable, Equatable {
    package var id: Int64
    package var kind: String
    package var grade: MessageGrade
    package var title: String
    package var text: String
    package var path: String?
    package var at: Moment
    package var readAt: Moment?
    /// How many receive it and have read it, of what one sent oneself.
    package var receivers = 0
    package var read = 0
}

/// What a list of messages is narrowed to.
package struct InboxQuery: Sendable, Equatable {
    package var keyword: String?
    package var kind: String?
    package var isUnread = false
    package var isRead = false
    /// Messages of one's own instead: what this person said to others.
    package var isSent = false
    package var before: Int64?
    package var limit = 20

    package init() {}
}

extension MessageEngine {
    /// Somebody's own messages, newest first.
    package func inbox(_ query: InboxQuery, of principal: Principal, in reader: any Reader) throws -> [InboxLine] {
        if query.isSent { return try sent(query, of: principal, in: reader) }
        var conditions: [SQL] = ["i.user_id = \(principal.id)"]
        if query.isUnread { conditions.append("i.read_at IS NULL") }
        if query.isRead { conditions.append("i.read_at IS NOT NULL") }
        if let kind = query.kind { conditions.append("i.kind = \(kind)") }
        if let before = query.before { conditions.append("i.message_id < \(before)") }
        if let keyword = query.keyword { conditions.append(.contains(keyword, in: "m.title", "m.text")) }
        return try reader.rows(
            """
            SELECT m.id, m.kind, m.grade, m.title, m.text, m.path, m.at, i.read_at FROM message_inbox i JOIN messages m ON m.id = i.message_id
            WHERE \(SQL.all(of: conditions)) ORDER BY i.message_id DESC LIMIT \(min(max(query.limit, 1), 200))
            """
        ).map(Self.line)
    }

    /// What somebody said to others: notices, reminders of them; newest first, with who read it.
    private func sent(_ query: InboxQuery, of principal: Principal, in reader: any Reader) throws -> [InboxLine] {
        var conditions: [SQL] = ["m.by_kind = \(principal.kind.rawValue)", "m.by_id = \(principal.id)"]
        if let kind = query.kind { conditions.append("m.kind = \(kind)") }
        if let before = query.before { conditions.append("m.id < \(before)") }
        if let keyword = query.keyword { conditions.append(.contains(keyword, in: "m.title", "m.text")) }
        return try reader.rows(
            """
            SELECT m.id, m.kind, m.grade, m.title, m.text, m.path, m.at, m.at AS read_at, m.receivers,
            (SELECT COUNT(*) FROM message_inbox i WHERE i.message_id = m.id AND i.read_at IS NOT NULL) AS seen
            FROM messages m WHERE \(SQL.all(of: conditions)) ORDER BY m.id DESC LIMIT \(min(max(query.limit, 1), 200))
            """
        ).map { row in
            var line = Self.line(row)
            line.receivers = Int(row.int("receivers") ?? 0)
            line.read = Int(row.int("seen") ?? 0)
            return line
        }
    }

    /// Somebody's own messages with a text in them, newest first; looks through their last 3,000.
    package func recent(containing text: String, limit: Int, of principal: Principal, in reader: any Reader) throws -> [InboxLine] {
        try reader.rows(
            """
            SELECT m.id, m.kind, m.grade, m.title, m.text, m.path, m.at, i.read_at
            FROM (SELECT message_id, read_at FROM message_inbox WHERE user_id = \(principal.id) ORDER BY message_id DESC LIMIT 3000) i JOIN messages m ON m.id = i.message_id
            WHERE \(SQL.contains(text, in: "m.title", "m.text")) ORDER BY m.id DESC LIMIT \(limit)
            """
        ).map(Self.line)
    }

    private static func line(_ row: Row) -> InboxLine {
        InboxLine(
            id: row.int("id") ?? 0, kind: row.text("kind") ?? "", grade: row.text("grade").flatMap(MessageGrade.init(rawValue:)) ?? .info, title: row.text("title") ?? "",
            text: row.text("text") ?? "", path: row.text("path"), at: row.moment("at") ?? Moment(milliseconds: 0), readAt: row.moment("read_at"))
    }

    /// Counted to 1,000.
    package func unread(of principal: Principal, in reader: any Reader) throws -> Int {
        try reader.count("SELECT COUNT(*) FROM (SELECT 1 FROM message_inbox WHERE user_id = \(principal.id) AND read_at IS NULL LIMIT 1000) AS few")
    }

    /// Marks some as read, or all.
    package func markRead(_ ids: [Int64]?, by principal: Principal, in tx: any Transaction) throws {
        let which: SQL = ids.map { "message_id IN (\(list: Array($0.prefix(500))))" } ?? "1 = 1"
        try tx.execute("UPDATE message_inbox SET read_at = \(clock.now) WHERE user_id = \(principal.id) AND read_at IS NULL AND \(which)")
    }

    /// Who has read a message: receivers and readers.
    package func receipts(of id: Int64, in reader: any Reader) throws -> (receivers: Int, read: Int) {
        let row = try reader.first("SELECT COUNT(*) AS n, COUNT(read_at) AS seen FROM message_inbox WHERE message_id = \(id)")
        return (Int(row?.int("n") ?? 0), Int(row?.int("seen") ?? 0))
    }
}
