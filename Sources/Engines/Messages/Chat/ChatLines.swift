import Identity
import Kernel
import Storage
import Web

extension ChatEngine {
    /// Says one line to all of a conversation.
    ///
    /// - Parameters:
    ///   - file: stored already.
    ///   - path: a page of the platform, beginning with `/`.
    /// - Throws: `.invalid`; `.conflict` `JW-MS41` where the group was closed.
    @discardableResult
    package func say(_ text: String, file: ChatFile? = nil, path: String? = nil, in room: Int64, by principal: Principal, tx: any Transaction) throws -> Int64 {
        let (found, members) = try self.room(room, of: principal, in: tx)
        guard found.closedAt == nil else { throw Failure(.conflict, "JW-MS41", "该群已解散，不能再发言") }
        var findings: [FieldFinding] = []
        if text.isEmpty, file == nil, path == nil { findings.append(FieldFinding("text", "required", "不能为空", title: "内容")) }
        if text.count > 2000 { findings.append(FieldFinding("text", "range", "不能超过 2000 字", title: "内容")) }
        if let path, !path.hasPrefix("/") || path.hasPrefix("//") || path.count > 300 { findings.append(FieldFinding("path", "format", "应为平台内的页面地址，以 / 开头", title: "分享页面")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        let id = try tx.insert(
            "INSERT INTO chat_lines (room_id, by_id, by_name, at, text, file, path) VALUES (\(room), \(principal.id), \(principal.name), \(now), \(text), \(file?.text), \(path))")
        let last = text.isEmpty ? file.map { "［\($0.name)］" } ?? "［分享］" : String(text.prefix(60))
        try tx.execute("UPDATE chat_rooms SET last_id = \(id), last_at = \(now), last_text = \(last) WHERE id = \(room)")
        try tx.execute("UPDATE chat_members SET seen_id = \(id) WHERE room_id = \(room) AND user_id = \(principal.id)")
        try audit.record(AuditEntry("send", "chat", String(room), file.map { "聊天发送文件 \($0.name)" } ?? "聊天发言"), by: principal, in: tx)
        tell(members, room: room, in: tx)
        return id
    }

    /// Lines after or before another, oldest first.
    package func lines(after: Int64? = nil, before: Int64? = nil, limit: Int = 50, of room: Int64, in reader: any Reader) throws -> [ChatLine] {
        if let after { return try reader.rows("SELECT * FROM chat_lines WHERE room_id = \(room) AND id > \(after) ORDER BY id LIMIT \(limit)").map(ChatLine.init) }
        let bound: SQL = before.map { "id < \($0)" } ?? "1 = 1"
        return try reader.rows("SELECT * FROM chat_lines WHERE room_id = \(room) AND \(bound) ORDER BY id DESC LIMIT \(limit)").map(ChatLine.init).reversed()
    }

    /// All lines up to now are seen; the others' pages learn it.
    package func see(_ room: Int64, by principal: Principal, in tx: any Transaction) throws {
        let changed = try tx.execute(
            "UPDATE chat_members SET seen_id = (SELECT last_id FROM chat_rooms WHERE id = \(room)) WHERE room_id = \(room) AND user_id = \(principal.id) AND seen_id < (SELECT last_id FROM chat_rooms WHERE id = \(room))"
        )
        guard changed == 1 else { return }
        let others = try tx.rows("SELECT user_id FROM chat_members WHERE room_id = \(room) AND user_id <> \(principal.id) LIMIT \(Self.memberLimit)").compactMap {
            $0.int("user_id")
        }
        tx.afterCommit { [hub] in for user in others { hub.publish(LiveEvent(Self.topic, user: user, .json(["room": .int(room), "seen": true]))) } }
    }

    /// Takes back one's own line for two minutes; the row stays for the audit.
    ///
    /// - Throws: `.conflict` `JW-MS42` when it is too late.
    package func recall(_ line: Int64, of room: Int64, by principal: Principal, in tx: any Transaction) throws {
        let (_, members) = try self.room(room, of: principal, in: tx)
        guard let row = try tx.first("SELECT * FROM chat_lines WHERE id = \(line) AND room_id = \(room) AND by_id = \(principal.id)") else { throw Failure.notFound("该消息") }
        guard ChatLine(row).at.adding(seconds: Self.recallSeconds) >= clock.now else { throw Failure(.conflict, "JW-MS42", "发出超过 2 分钟，不能撤回") }
        try tx.execute("UPDATE chat_lines SET recalled_at = \(clock.now) WHERE id = \(line)")
        try tx.execute("UPDATE chat_rooms SET last_text = '［已撤回］' WHERE id = \(room) AND last_id = \(line)")
        try audit.record(AuditEntry("recall", "chat", String(room), "撤回聊天消息"), by: principal, in: tx)
        tell(members, room: room, in: tx)
    }

    /// A file of a line, for those who are in the conversation.
    package func file(_ line: Int64, of room: Int64, by principal: Principal, in reader: any Reader) throws -> ChatFile {
        _ = try self.room(room, of: principal, in: reader)
        guard let row = try reader.first("SELECT * FROM chat_lines WHERE id = \(line) AND room_id = \(room)"), let file = ChatLine(row).file else { throw Failure.notFound("该附件") }
        return file
    }
}
