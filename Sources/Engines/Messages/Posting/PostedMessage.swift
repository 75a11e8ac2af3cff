import Identity
import Kernel
import Storage

/// What another application says to people, by their logins, roles, organisations or the groups of a person; each narrows to the sender's own scope.
struct PostedMessage: Sendable {
    var title: String
    var text: String
    var grade: MessageGrade
    var path: String?
    var logins: [String]
    var roles: [String]
    var organisations: [String]
    var groups: [Int64]
    /// The sender's own word; the same one again is the same message.
    var key: String?

    /// Nobody is named: it is for applications alone, by rule.
    var isForNobody: Bool { logins.isEmpty && roles.isEmpty && organisations.isEmpty && groups.isEmpty }

    /// - Throws: `.invalid` with every finding.
    init(_ body: JSONValue) throws {
        func list(_ name: String) -> [String] { (body["to"]?[name]?.array ?? []).compactMap { $0.string ?? $0.int.map(String.init) } }
        title = body["title"]?.string ?? ""
        text = body["text"]?.string ?? ""
        path = body["path"]?.string
        key = body["key"]?.string
        logins = list("logins")
        roles = list("roles")
        organisations = list("organisations")
        groups = list("groups").compactMap { Int64($0) }
        let named = body["grade"]?.string ?? "info"
        grade = MessageGrade(rawValue: named) ?? .info
        var findings: [FieldFinding] = []
        if !(1...100).contains(title.count) { findings.append(FieldFinding("title", "range", "应为 1—100 个字", title: "标题")) }
        if !(1...2000).contains(text.count) { findings.append(FieldFinding("text", "range", "应为 1—2000 个字", title: "内容")) }
        if MessageGrade(rawValue: named) == nil { findings.append(FieldFinding("grade", "unknownCode", "应为 info、notice、urgent 之一", title: "级别")) }
        if let path, !path.hasPrefix("/") || path.hasPrefix("//") || path.count > 300 { findings.append(FieldFinding("path", "format", "应为平台内的页面地址，以 / 开头", title: "链接")) }
        if let key, !(1...100).contains(key.count) { findings.append(FieldFinding("key", "range", "应为 1—100 个字", title: "消息标识")) }
        if logins.count > 1000 { findings.append(FieldFinding("to.logins", "range", "一次最多 1000 个", title: "接收人")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }
}

extension MessageEngine {
    /// What an application or a person says by API; see `PostedMessage` for the fields.
    package func take(_ body: JSONValue, by principal: Principal, in tx: any Transaction) throws -> (id: Int64?, receivers: Int, applications: [String]) {
        try post(PostedMessage(body), by: principal, in: tx)
    }

    /// - Returns: the message's id, nil when it was said before or reaches applications only; how many people receive it, and which applications.
    /// - Throws: `.invalid` where nobody of the sender's scope is meant, naming logins that are nobody's.
    func post(_ posted: PostedMessage, by principal: Principal, in tx: any Transaction) throws -> (id: Int64?, receivers: Int, applications: [String]) {
        try principal.require(MessagePermission.post, "发送应用消息")
        let dedupe = posted.key.map { "\(principal.kind.rawValue) \(principal.id) \($0)" }
        guard !posted.isForNobody else {
            let told = try forward(posted, message: nil, dedupe: dedupe, by: principal, in: tx)
            let isKnown = try dedupe.map { try tx.first("SELECT id FROM forward_deliveries WHERE dedupe = \($0) LIMIT 1") != nil } ?? false
            guard !told.isEmpty || isKnown else {
                throw Failure.invalid([FieldFinding("to", "required", "至少给出 logins、roles、organisations、groups 之一，或由管理员设好转发规则", title: "接收人")])
            }
            return (nil, 0, told)
        }
        var conditions: [SQL] = ["u.state = 'active'", "o.state = 'active'", principal.scope.condition(org: "u.organisation", area: "o.area")]
        if !posted.logins.isEmpty { conditions.append("u.login IN (\(list: posted.logins))") }
        if !posted.roles.isEmpty {
            conditions.append(
                "EXISTS (SELECT 1 FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = u.id AND r.name IN (\(list: Array(posted.roles.prefix(50)))))")
        }
        if !posted.organisations.isEmpty { conditions.append("o.code IN (\(list: Array(posted.organisations.prefix(500))))") }
        if !posted.groups.isEmpty {
            conditions.append(
                """
                u.id IN (SELECT m.user_id FROM notice_group_members m JOIN notice_groups g ON g.id = m.group_id WHERE g.id IN (\(list: Array(posted.groups.prefix(50)))) \
                AND g.owner = \(principal.id) AND g.owner_kind = \(principal.kind.rawValue))
                """)
        }
        let people = try tx.rows("SELECT u.id, u.login FROM users u JOIN organisations o ON o.id = u.organisation WHERE \(SQL.all(of: conditions)) ORDER BY u.id LIMIT 20000")
        let unknown = Set(posted.logins).subtracting(people.compactMap { $0.text("login") }).sorted()
        if !unknown.isEmpty { throw Failure.invalid([FieldFinding("to.logins", "unknown", "不在可发送范围：\(unknown.prefix(10).joined(separator: "、"))", title: "接收人")]) }
        if people.isEmpty { throw Failure.invalid([FieldFinding("to", "empty", "没有符合条件的接收人", title: "接收人")]) }
        var draft = MessageDraft(
            MessagePages.applicationKind.name, grade: posted.grade, title: posted.title, text: posted.text, path: posted.path, users: people.compactMap { $0.int("id") },
            dedupe: dedupe, variables: ["application": principal.name])
        draft.sender = MessageSender(kind: principal.kind.rawValue, id: principal.id, name: principal.name)
        let id = try post(draft, in: tx)
        if let id { try audit?.record(AuditEntry("send", "message", String(id), "应用消息“\(posted.title)”，\(people.count) 人"), by: principal, in: tx) }
        let told = id == nil ? [] : try forward(posted, message: id, dedupe: dedupe, by: principal, in: tx)
        return (id, people.count, told)
    }

    /// Whether a message was sent by this person or application.
    func isOwn(_ id: Int64, of principal: Principal, in reader: any Reader) throws -> Bool {
        try reader.first("SELECT 1 FROM messages WHERE id = \(id) AND by_kind = \(principal.kind.rawValue) AND by_id = \(principal.id)") != nil
    }

    /// What somebody sent, newest first.
    package func sent(_ keyword: String?, before: Int64?, limit: Int, by principal: Principal, in reader: any Reader) throws -> [(
        id: Int64, title: String, text: String, at: Moment, receivers: Int, read: Int
    )] {
        var conditions: [SQL] = ["m.by_kind = \(principal.kind.rawValue)", "m.by_id = \(principal.id)"]
        if let before { conditions.append("m.id < \(before)") }
        if let keyword { conditions.append(.contains(keyword, in: "m.title")) }
        return try reader.rows(
            """
            SELECT m.id, m.title, m.text, m.at, m.receivers, (SELECT COUNT(*) FROM message_inbox i WHERE i.message_id = m.id AND i.read_at IS NOT NULL) AS seen
            FROM messages m WHERE \(SQL.all(of: conditions)) ORDER BY m.id DESC LIMIT \(min(max(limit, 1), 200))
            """
        ).map {
            (
                $0.int("id") ?? 0, $0.text("title") ?? "", $0.text("text") ?? "", $0.moment("at") ?? Moment(milliseconds: 0), Int($0.int("receivers") ?? 0),
                Int($0.int("seen") ?? 0)
            )
        }
    }
}
