import Identity
import Kernel
import Schedules
import Storage
import Web

/// 消息聊天 (D9.16.1): conversations of two people and of groups, live on every page that shows them; each line is written once, audited, and kept for a time.
package final class ChatEngine: Sendable {
    package static let topic = "chat"
    /// Days that lines are kept; a group's list of people stays.
    package static let keptDays = 365
    /// A line may be taken back by whoever said it for two minutes.
    static let recallSeconds: Int64 = 120
    static let memberLimit = 500

    let database: any Database
    let hub: LiveHub
    let audit: AuditTrail
    let clock: Clock

    package init(database: any Database, hub: LiveHub, audit: AuditTrail, clock: Clock) {
        self.database = database
        self.hub = hub
        self.audit = audit
        self.clock = clock
    }

    package func jobs() -> [JobDeclaration] {
        [JobDeclaration("chatRetention", "清理过期聊天记录", dailyAt: 60 * 3 + 20) { context in context.note("删除 \(try await self.forget()) 条") }]
    }

    /// Removes lines that are too old, by a thousand.
    ///
    /// - Returns: how many went.
    @discardableResult
    package func forget() async throws -> Int {
        let before = clock.today.adding(days: -Self.keptDays).start
        var gone = 0
        while true {
            let count = try await database.write { [audit] tx in
                let ids = try tx.rows("SELECT id FROM chat_lines WHERE at < \(before) ORDER BY at LIMIT 1000").compactMap { $0.int("id") }
                guard !ids.isEmpty else { return 0 }
                try tx.execute("DELETE FROM chat_lines WHERE id IN (\(list: ids))")
                try audit.record(AuditEntry("delete", "chat", "retention", "清理 \(Self.keptDays) 天前的聊天记录 \(ids.count) 条"), by: .system("聊天"), in: tx)
                return ids.count
            }
            gone += count
            if count < 1000 { return gone }
        }
    }

    // MARK: People

    /// Whom somebody may write to: their scope, their own organisation, and those above it.
    package func people(_ keyword: String?, ids: [Int64] = [], limit: Int = 30, of principal: Principal, in reader: any Reader) throws -> [(
        id: Int64, name: String, orgName: String
    )] {
        let own = principal.organisation ?? 0
        let path = try reader.first("SELECT path FROM organisations WHERE id = \(own)")?.text("path") ?? ""
        var conditions: [SQL] = [
            "u.state = 'active'", "u.id <> \(principal.id)",
            "(\(principal.scope.condition(org: "u.organisation", area: "o.area")) OR u.organisation = \(own) OR (o.path <> '' AND SUBSTR(\(path), 1, LENGTH(o.path)) = o.path))",
        ]
        if !ids.isEmpty { conditions.append("u.id IN (\(list: Array(ids.prefix(Self.memberLimit))))") }
        if let keyword { conditions.append(.contains(keyword, in: "u.name", "u.login", "o.name")) }
        return try reader.rows(
            """
            SELECT u.id, u.name, o.name AS org_name FROM users u JOIN organisations o ON o.id = u.organisation
            WHERE \(SQL.all(of: conditions)) ORDER BY o.name, u.name, u.id LIMIT \(max(limit, ids.count))
            """
        ).map { ($0.int("id") ?? 0, $0.text("name") ?? "", $0.text("org_name") ?? "") }
    }

    // MARK: Rooms

    /// One's conversations, the last spoken in first.
    package func rooms(_ keyword: String? = nil, limit: Int = 100, of principal: Principal, in reader: any Reader) throws -> [ChatRoom] {
        var conditions: [SQL] = ["m.user_id = \(principal.id)"]
        if let keyword { conditions.append(.contains(keyword, in: "r.title", "o.user_name")) }
        return try reader.rows(
            """
            SELECT r.*, o.user_name AS other, (SELECT COUNT(*) FROM chat_lines l WHERE l.room_id = r.id AND l.id > m.seen_id AND l.by_id <> m.user_id) AS unread
            FROM chat_members m JOIN chat_rooms r ON r.id = m.room_id LEFT JOIN chat_members o ON r.pair IS NOT NULL AND o.room_id = r.id AND o.user_id <> m.user_id
            WHERE \(SQL.all(of: conditions)) ORDER BY r.last_at DESC, r.id DESC LIMIT \(limit)
            """
        ).map(Self.room)
    }

    private static func room(_ row: Row) -> ChatRoom {
        let isGroup = row.text("pair") == nil
        return ChatRoom(
            id: row.int("id") ?? 0, title: isGroup ? row.text("title") ?? "" : row.text("other") ?? row.text("title") ?? "", isGroup: isGroup, subject: row.text("subject"),
            owner: row.int("owner") ?? 0, lastAt: row.moment("last_at") ?? Moment(milliseconds: 0), lastText: row.text("last_text") ?? "", unread: Int(row.int("unread") ?? 0),
            closedAt: row.moment("closed_at"))
    }

    /// - Throws: `.notFound` for whoever is not in it.
    package func room(_ id: Int64, of principal: Principal, in reader: any Reader) throws -> (room: ChatRoom, members: [ChatMember]) {
        guard principal.kind == .user else { throw Failure.notFound("该会话") }
        let row = try reader.first(
            """
            SELECT r.*, o.user_name AS other, 0 AS unread FROM chat_members m JOIN chat_rooms r ON r.id = m.room_id
            LEFT JOIN chat_members o ON r.pair IS NOT NULL AND o.room_id = r.id AND o.user_id <> m.user_id WHERE r.id = \(id) AND m.user_id = \(principal.id)
            """)
        guard let row else { throw Failure.notFound("该会话") }
        let members = try reader.rows("SELECT * FROM chat_members WHERE room_id = \(id) ORDER BY is_admin DESC, joined_at, user_id LIMIT \(Self.memberLimit)").map {
            ChatMember(
                user: $0.int("user_id") ?? 0, name: $0.text("user_name") ?? "", orgName: $0.text("org_name") ?? "", isAdmin: $0.bool("is_admin"), seen: $0.int("seen_id") ?? 0)
        }
        return (Self.room(row), members)
    }

    /// The conversation with one other person, begun where there is none.
    ///
    /// - Throws: `.invalid` for somebody one may not write to.
    package func begin(with user: Int64, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let found = try people(nil, ids: [user], of: principal, in: tx)
        let pair = "\(min(user, principal.id))-\(max(user, principal.id))"
        if let known = try tx.value("SELECT id FROM chat_rooms WHERE pair = \(pair)")?.int { return known }
        guard let other = found.first else { throw Failure.invalid([FieldFinding("people", "unknownCode", "不在您的通讯录中", title: "人员")]) }
        let now = clock.now
        let id = try tx.insert(
            "INSERT INTO chat_rooms (title, pair, owner, at, last_at, last_text) VALUES (\(other.name), \(pair), \(principal.id), \(now), \(now), '')")
        try join([(principal.id, principal.name, principal.organisationName), other], room: id, admin: nil, in: tx)
        try audit.record(AuditEntry("create", "chat", String(id), "与\(other.name)的会话"), by: principal, in: tx)
        return id
    }

    /// A group; whoever makes it leads it.
    ///
    /// - Parameter subject: what it is about, so that the same group is found again: `alarm:7`.
    /// - Throws: `.invalid` with every finding.
    package func make(_ title: String, people ids: [Int64], subject: String? = nil, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        var findings: [FieldFinding] = []
        let found = try people(nil, ids: ids.isEmpty ? [-1] : ids, of: principal, in: tx)
        if !(1...40).contains(title.count) { findings.append(FieldFinding("title", "range", "应为 1—40 个字", title: "群名称")) }
        if found.isEmpty || ids.count >= Self.memberLimit { findings.append(FieldFinding("people", "range", "至少选一个通讯录中的人，最多 \(Self.memberLimit - 1) 人", title: "成员")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        if let subject, let known = try tx.value("SELECT id FROM chat_rooms WHERE subject = \(subject) AND closed_at IS NULL")?.int {
            try join([(principal.id, principal.name, principal.organisationName)] + found, room: known, admin: nil, in: tx)
            return known
        }
        let now = clock.now
        let id = try tx.insert(
            "INSERT INTO chat_rooms (title, subject, owner, at, last_at, last_text) VALUES (\(title), \(subject), \(principal.id), \(now), \(now), '')")
        try join([(principal.id, principal.name, principal.organisationName)] + found, room: id, admin: principal.id, in: tx)
        try audit.record(AuditEntry("create", "chat", String(id), "群“\(title)”，\(found.count + 1) 人"), by: principal, in: tx)
        return id
    }

    /// A group that makes itself for what has happened: whoever is told joins, and stays when others come later (自动建群).
    ///
    /// - Parameters:
    ///   - subject: what it is about: `alarm:7`.
    ///   - path: the page of what happened; said with the first line.
    /// - Returns: nil where nobody is meant.
    @discardableResult
    package func gather(_ title: String, people ids: [Int64], subject: String, path: String, in tx: any Transaction) throws -> Int64? {
        let found = try tx.rows(
            """
            SELECT u.id, u.name, o.name AS org_name FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.id IN (\(list: Array(ids.prefix(Self.memberLimit - 1)))) AND u.state = 'active'
            ORDER BY u.id
            """
        ).map { (id: $0.int("id") ?? 0, name: $0.text("name") ?? "", orgName: $0.text("org_name") ?? "") }
        guard let first = found.first else { return nil }
        let known = try tx.value("SELECT id FROM chat_rooms WHERE subject = \(subject) AND closed_at IS NULL")?.int
        let now = clock.now
        let room =
            try known
            ?? tx.insert(
                "INSERT INTO chat_rooms (title, subject, owner, at, last_at, last_text) VALUES (\(String(title.prefix(40))), \(subject), \(first.id), \(now), \(now), '')")
        let before = try tx.count("SELECT COUNT(*) FROM chat_members WHERE room_id = \(room)")
        try join(found, room: room, admin: known == nil ? first.id : nil, in: tx)
        let joined = try tx.count("SELECT COUNT(*) FROM chat_members WHERE room_id = \(room)") - before
        guard joined > 0 else { return room }
        let said = known == nil ? "系统按“\(title)”自动建群，请在此会商处置" : "\(joined) 人因再次推送加入"
        let line = try tx.insert("INSERT INTO chat_lines (room_id, by_id, by_name, at, text, path) VALUES (\(room), 0, '系统', \(now), \(said), \(path))")
        try tx.execute("UPDATE chat_rooms SET last_id = \(line), last_at = \(now), last_text = \(String(said.prefix(60))) WHERE id = \(room)")
        try audit.record(AuditEntry("create", "chat", String(room), "自动建群“\(title)”，\(joined) 人"), by: .system("自动建群"), in: tx)
        tell(found.map { ChatMember(user: $0.id, name: $0.name, orgName: $0.orgName, isAdmin: false, seen: 0) }, room: room, in: tx)
        return room
    }

    private func join(_ people: [(id: Int64, name: String, orgName: String)], room: Int64, admin: Int64?, in tx: any Transaction) throws {
        for one in people {
            try tx.execute(
                """
                INSERT INTO chat_members (room_id, user_id, user_name, org_name, is_admin, joined_at)
                VALUES (\(room), \(one.id), \(one.name), \(one.orgName), \(one.id == admin ? 1 : 0), \(clock.now)) ON CONFLICT (room_id, user_id) DO NOTHING
                """)
        }
    }

    /// New name and people of a group, by those who lead it; whoever is not named leaves.
    package func change(_ id: Int64, title: String, people ids: [Int64], by principal: Principal, in tx: any Transaction) throws {
        let (room, members) = try led(id, by: principal, in: tx)
        guard (1...40).contains(title.count) else { throw Failure.invalid([FieldFinding("title", "range", "应为 1—40 个字", title: "群名称")]) }
        let known = Set(members.map(\.user)), wanted = Set(ids).union([room.owner, principal.id])
        let new = wanted.subtracting(known)
        let found = try new.isEmpty ? [] : people(nil, ids: Array(new), of: principal, in: tx)
        if found.count < new.count { throw Failure.invalid([FieldFinding("people", "unknownCode", "有 \(new.count - found.count) 人不在您的通讯录中", title: "成员")]) }
        let leaving = known.subtracting(wanted)
        try tx.execute("UPDATE chat_rooms SET title = \(title) WHERE id = \(id)")
        try join(found, room: id, admin: nil, in: tx)
        try tx.execute("DELETE FROM chat_members WHERE room_id = \(id) AND user_id IN (\(list: Array(leaving)))")
        try audit.record(AuditEntry("update", "chat", String(id), "群“\(title)”：加入 \(found.count) 人，移出 \(leaving.count) 人"), by: principal, in: tx)
    }

    /// Ends a group: nobody writes into it any more.
    package func close(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let (room, members) = try led(id, by: principal, in: tx)
        try tx.execute("UPDATE chat_rooms SET closed_at = \(clock.now) WHERE id = \(id)")
        try audit.record(AuditEntry("close", "chat", String(id), "解散群“\(room.title)”"), by: principal, in: tx)
        tell(members, room: id, in: tx)
    }

    /// Leaves a group; its owner closes it instead.
    package func leave(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let (room, _) = try room(id, of: principal, in: tx)
        guard room.isGroup, room.owner != principal.id else { throw Failure(.conflict, "JW-MS40", "群主请解散群，单聊不能退出") }
        try tx.execute("DELETE FROM chat_members WHERE room_id = \(id) AND user_id = \(principal.id)")
        try audit.record(AuditEntry("update", "chat", String(id), "退出群“\(room.title)”"), by: principal, in: tx)
    }

    private func led(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> (ChatRoom, [ChatMember]) {
        let (room, members) = try room(id, of: principal, in: reader)
        guard room.isGroup, members.contains(where: { $0.user == principal.id && $0.isAdmin }) else { throw Failure.forbidden("管理该群") }
        return (room, members)
    }

    func tell(_ members: [ChatMember], room: Int64, in tx: any Transaction) {
        tx.afterCommit { [hub] in for member in members { hub.publish(LiveEvent(Self.topic, user: member.user, .json(["room": .int(room)]))) } }
    }
}
