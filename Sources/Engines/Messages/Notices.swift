import Identity
import Kernel
import Storage

/// 通知: written by a person, to people chosen by organisation, role or group; read by each, signed for where that is asked (B5.3.3.2).
package struct OfficialNotice: Sendable, Equatable {
    package var id: Int64
    package var title: String
    package var text: String
    package var grade: MessageGrade
    package var isPinned: Bool
    package var needsSignature: Bool
    package var signBy: Day?
    /// Who it was written to, in words.
    package var targets: String
    package var at: Moment
    package var byId: Int64
    package var byName: String
    package var byOrgName: String
    package var receivers: Int
    package var read: Int
    package var signed: Int

    static let columns: SQL = """
        n.id, n.title, n.text, n.grade, n.is_pinned, n.needs_signature, n.sign_by, n.targets, n.at, n.by_id, n.by_name, n.by_org_name, n.receivers, n.read_count, n.signed_count
        """

    init(_ row: Row) {
        id = row.int("id") ?? 0
        title = row.text("title") ?? ""
        text = row.text("text") ?? ""
        grade = row.text("grade").flatMap(MessageGrade.init(rawValue:)) ?? .info
        isPinned = row.bool("is_pinned")
        needsSignature = row.bool("needs_signature")
        signBy = row.day("sign_by")
        targets = row.text("targets") ?? ""
        at = row.moment("at") ?? Moment(milliseconds: 0)
        byId = row.int("by_id") ?? 0
        byName = row.text("by_name") ?? ""
        byOrgName = row.text("by_org_name") ?? ""
        receivers = Int(row.int("receivers") ?? 0)
        read = Int(row.int("read_count") ?? 0)
        signed = Int(row.int("signed_count") ?? 0)
    }
}

/// One person's line of a notice.
package struct NoticeReceipt: Sendable, Equatable {
    package var user: Int64
    package var name: String
    package var orgName: String
    package var readAt: Moment?
    package var signedAt: Moment?
    /// The name as it was signed, and what was said with it.
    package var signature: String?
    package var remark: String?
    /// The strokes of a drawn signature, as the `d` of an SVG path in 600 × 200.
    package var drawing: String?

    init(_ row: Row) {
        user = row.int("user_id") ?? 0
        name = row.text("user_name") ?? ""
        orgName = row.text("org_name") ?? ""
        readAt = row.moment("read_at")
        signedAt = row.moment("signed_at")
        signature = row.text("signature")
        remark = row.text("remark")
        drawing = row.text("drawing")
    }
}

/// A notice as it is written, and to whom: organisations, roles and groups narrow each other.
package struct NoticeDraft: Sendable, Equatable {
    package var title: String
    package var text: String
    package var grade: MessageGrade
    /// Only here may it be pinned for all who receive it.
    package var isPinned: Bool
    package var needsSignature: Bool
    package var signBy: Day?
    /// Organisations, those below them included; empty is every organisation of the writer's scope.
    package var organisations: [Int64]
    /// Names of roles; empty is every role.
    package var roles: [String]
    package var groups: [Int64]

    package init(
        title: String, text: String, grade: MessageGrade = .info, isPinned: Bool = false, needsSignature: Bool = false, signBy: Day? = nil, organisations: [Int64] = [],
        roles: [String] = [], groups: [Int64] = []
    ) {
        self.title = title
        self.text = text
        self.grade = grade
        self.isPinned = isPinned
        self.needsSignature = needsSignature
        self.signBy = signBy
        self.organisations = organisations
        self.roles = roles
        self.groups = groups
    }
}

/// The boxes of one person's notices.
package enum NoticeBox: String, Sendable, CaseIterable {
    case all, unread, unsigned, read, sent

    package var title: String {
        switch self {
        case .all: "全部"
        case .unread: "未读"
        case .unsigned: "待签收"
        case .read: "已读"
        case .sent: "已发"
        }
    }
}

extension MessageEngine {
    package static let noticeKind = "notice.published"

    /// Writes a notice and tells those it is for, in one transaction.
    ///
    /// - Throws: `.forbidden`; `.invalid` with every finding, also when nobody would receive it.
    @discardableResult
    package func publish(_ draft: NoticeDraft, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        try principal.require(MessagePermission.notice, "发布通知")
        var findings: [FieldFinding] = []
        if !(1...100).contains(draft.title.count) { findings.append(FieldFinding("title", "range", "应为 1—100 个字", title: "标题")) }
        if !(1...5000).contains(draft.text.count) { findings.append(FieldFinding("text", "range", "应为 1—5000 个字", title: "正文")) }
        if let day = draft.signBy, day < clock.today { findings.append(FieldFinding("signBy", "range", "不能早于今天", title: "签收期限")) }
        let people = try findings.isEmpty ? receivers(draft, by: principal, in: tx) : []
        if findings.isEmpty, people.isEmpty { findings.append(FieldFinding("organisations", "empty", "没有符合条件的接收人", title: "接收范围")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        let id = try tx.insert(
            """
            INSERT INTO notices (title, text, grade, is_pinned, needs_signature, sign_by, targets, org, area, at, by_id, by_name, by_org_name, receivers, read_count, signed_count)
            VALUES (\(draft.title), \(draft.text), \(draft.grade.rawValue), \(draft.isPinned), \(draft.needsSignature), \(draft.signBy), \(try words(draft, in: tx)),
            \(principal.organisation), \(principal.area), \(now), \(principal.id), \(principal.name), \(principal.organisationName), \(people.count), 0, 0)
            """)
        try tx.insertMany(
            into: "notice_receivers", columns: ["notice_id", "user_id", "user_name", "org", "org_name"],
            rows: people.map { [.int(id), .int($0.id), .text($0.name), .int($0.org), .text($0.orgName)] })
        var message = MessageDraft(
            Self.noticeKind, grade: draft.grade, title: draft.title, text: draft.needsSignature ? "请阅读并签收" : String(draft.text.prefix(60)), path: "/notices/\(id)",
            users: people.map(\.id), dedupe: "notice \(id)")
        message.sender = MessageSender(kind: principal.kind.rawValue, id: principal.id, name: principal.name)
        try post(message, in: tx)
        try audit?.record(AuditEntry("create", "notice", String(id), "发布通知“\(draft.title)”，\(people.count) 人"), by: principal, in: tx)
        return id
    }

    /// 更新名单: people join a notice that was published, or leave it where they have not signed; who joins is told.
    ///
    /// - Parameters:
    ///   - logins: who joins, within the writer's scope.
    ///   - leaving: users who leave.
    /// - Throws: `.invalid` naming the logins that cannot join.
    /// - Returns: how many joined and left.
    package func changeList(_ id: Int64, joining logins: [String], leaving: [Int64], by principal: Principal, in tx: any Transaction) throws -> (joined: Int, left: Int) {
        let notice = try notice(id, by: principal, in: tx).notice
        guard notice.byId == principal.id else { throw Failure.forbidden("更新名单") }
        let asked = Array(Set(logins)).sorted()
        let found = try tx.rows(
            """
            SELECT u.id, u.login, u.name, u.organisation, o.name AS org_name FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.login IN (\(list: Array(asked.prefix(1000))))
            AND u.state = 'active' AND u.id <> \(principal.id) AND \(principal.scope.condition(org: "u.organisation", area: "o.area"))
            """)
        let unknown = Set(asked).subtracting(found.compactMap { $0.text("login") }).sorted()
        if asked.isEmpty, leaving.isEmpty { throw Failure.invalid([FieldFinding("logins", "required", "请填写要加入的登录名", title: "加入人员")]) }
        if !unknown.isEmpty { throw Failure.invalid([FieldFinding("logins", "unknown", "不是您辖区的在用账号：\(unknown.prefix(10).joined(separator: "、"))", title: "加入人员")]) }
        var joined: [Int64] = []
        for row in found {
            let user = row.int("id") ?? 0
            let isNew = try tx.execute(
                """
                INSERT INTO notice_receivers (notice_id, user_id, user_name, org, org_name) VALUES (\(id), \(user), \(row.text("name") ?? ""), \(row.int("organisation") ?? 0),
                \(row.text("org_name") ?? "")) ON CONFLICT (notice_id, user_id) DO NOTHING
                """)
            if isNew == 1 { joined.append(user) }
        }
        let gone =
            leaving.isEmpty
            ? [] : try tx.rows("SELECT user_id, read_at FROM notice_receivers WHERE notice_id = \(id) AND user_id IN (\(list: Array(leaving.prefix(500)))) AND signed_at IS NULL")
        let left = gone.compactMap { $0.int("user_id") }, seen = gone.filter { $0.moment("read_at") != nil }.count
        try tx.execute("DELETE FROM notice_receivers WHERE notice_id = \(id) AND user_id IN (\(list: left))")
        try tx.execute("UPDATE notices SET receivers = receivers + \(joined.count - left.count), read_count = read_count - \(seen) WHERE id = \(id)")
        try post(
            MessageDraft(
                Self.noticeKind, grade: notice.grade, title: notice.title, text: notice.needsSignature ? "请阅读并签收" : String(notice.text.prefix(60)), path: "/notices/\(id)",
                users: joined, dedupe: nil), in: tx)
        try audit?.record(AuditEntry("update", "notice", String(id), "更新通知名单：加入 \(joined.count) 人，移出 \(left.count) 人"), by: principal, in: tx)
        return (joined.count, left.count)
    }

    /// Active people of the writer's scope who fit.
    private func receivers(_ draft: NoticeDraft, by principal: Principal, in tx: any Transaction) throws -> [(id: Int64, name: String, org: Int64, orgName: String)] {
        var conditions: [SQL] = ["u.state = 'active'", "o.state = 'active'", principal.scope.condition(org: "u.organisation", area: "o.area"), "u.id <> \(principal.id)"]
        if !draft.organisations.isEmpty {
            let paths = try tx.rows("SELECT path FROM organisations WHERE id IN (\(list: Array(draft.organisations.prefix(200))))").compactMap { $0[0].text }
            let below = paths.map { path -> SQL in "(o.path >= \(path) AND o.path < \(path + "~"))" }
            let named: SQL = "o.id IN (\(list: Array(draft.organisations.prefix(200))))"
            conditions.append(SQL.joined([named] + below, by: " OR "))
        }
        if !draft.roles.isEmpty {
            conditions.append(
                "EXISTS (SELECT 1 FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = u.id AND r.name IN (\(list: Array(draft.roles.prefix(50)))))")
        }
        if !draft.groups.isEmpty {
            conditions.append(
                """
                u.id IN (SELECT m.user_id FROM notice_group_members m JOIN notice_groups g ON g.id = m.group_id WHERE g.id IN (\(list: Array(draft.groups.prefix(50)))) AND \(Self.own(principal)))
                """)
        }
        return try tx.rows(
            "SELECT u.id, u.name, u.organisation, o.name AS org_name FROM users u JOIN organisations o ON o.id = u.organisation WHERE \(SQL.all(of: conditions)) ORDER BY u.id LIMIT 20000"
        ).map { ($0.int("id") ?? 0, $0.text("name") ?? "", $0.int("organisation") ?? 0, $0.text("org_name") ?? "") }
    }

    private func words(_ draft: NoticeDraft, in reader: any Reader) throws -> String {
        let organisations = try reader.rows("SELECT name FROM organisations WHERE id IN (\(list: draft.organisations)) ORDER BY id").compactMap { $0[0].text }
        let roles = try reader.rows("SELECT title FROM roles WHERE name IN (\(list: draft.roles)) ORDER BY id").compactMap { $0[0].text }
        let groups = try reader.rows("SELECT title FROM notice_groups WHERE id IN (\(list: draft.groups)) ORDER BY id").compactMap { $0[0].text }
        let parts = [organisations, roles, groups].filter { !$0.isEmpty }.map { $0.joined(separator: "、") }
        return parts.isEmpty ? "辖区内全部人员" : parts.joined(separator: "；")
    }

    /// One's own notices, pinned ones first, then newest.
    package func notices(_ box: NoticeBox, keyword: String?, before: Int64?, limit: Int, of principal: Principal, in reader: any Reader) throws -> [(
        notice: OfficialNotice, receipt: NoticeReceipt?
    )] {
        var conditions: [SQL] = ["n.deleted_at IS NULL"]
        switch box {
        case .all: break
        case .unread: conditions.append("r.read_at IS NULL")
        case .unsigned: conditions.append("n.needs_signature = 1 AND r.signed_at IS NULL")
        case .read: conditions.append("r.read_at IS NOT NULL")
        case .sent: conditions.append("n.by_id = \(principal.id)")
        }
        if let keyword { conditions.append(.contains(keyword, in: "n.title", "n.by_name")) }
        if let before { conditions.append("n.id < \(before)") }
        let order: SQL = before == nil && box != .sent ? "CASE WHEN n.is_pinned = 1 THEN 0 ELSE 1 END, n.id DESC" : "n.id DESC"
        let source: SQL =
            box == .sent ? "notices n LEFT JOIN notice_receivers r ON 1 = 0" : "notice_receivers r JOIN notices n ON n.id = r.notice_id AND r.user_id = \(principal.id)"
        return try reader.rows(
            """
            SELECT \(OfficialNotice.columns), r.user_id, r.user_name, r.org_name, r.read_at, r.signed_at, r.signature, r.remark, r.drawing FROM \(source)
            WHERE \(SQL.all(of: conditions)) ORDER BY \(order) LIMIT \(min(max(limit, 1), 100))
            """
        ).map { (OfficialNotice($0), $0.int("user_id") == nil ? nil : NoticeReceipt($0)) }
    }

    /// A notice for somebody who receives or wrote it.
    ///
    /// - Throws: `.notFound` for everybody else.
    package func notice(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> (notice: OfficialNotice, own: NoticeReceipt?) {
        guard let row = try reader.first("SELECT \(OfficialNotice.columns) FROM notices n WHERE n.id = \(id) AND n.deleted_at IS NULL") else { throw Failure.notFound("该通知") }
        let own = try reader.first("SELECT * FROM notice_receivers WHERE notice_id = \(id) AND user_id = \(principal.id)").map(NoticeReceipt.init)
        let notice = OfficialNotice(row)
        guard own != nil || notice.byId == principal.id else { throw Failure.notFound("该通知") }
        return (notice, own)
    }

    /// Opening it is reading it; counted once.
    package func markNoticeRead(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        if try tx.execute("UPDATE notice_receivers SET read_at = \(clock.now) WHERE notice_id = \(id) AND user_id = \(principal.id) AND read_at IS NULL") == 1 {
            try tx.execute("UPDATE notices SET read_count = read_count + 1 WHERE id = \(id)")
        }
    }

    /// 签收，重新签收: the name is signed by whoever it is.
    ///
    /// - Throws: `.invalid` where the name is not theirs; `.conflict` `JW-MS20` where no signature is asked.
    ///
    /// - Parameter drawing: strokes of a drawn signature; a name alone is enough.
    package func sign(_ id: Int64, name: String, remark: String, drawing: String? = nil, by principal: Principal, in tx: any Transaction) throws {
        let (notice, own) = try notice(id, by: principal, in: tx)
        guard notice.needsSignature, let own else { throw Failure(.conflict, "JW-MS20", "此通知无需签收") }
        var findings: [FieldFinding] = []
        if name != principal.name { findings.append(FieldFinding("name", "differs", "应为您本人的姓名“\(principal.name)”", title: "签名")) }
        if let drawing, drawing.count > 20_000 || !drawing.allSatisfy({ "ML0123456789 -".contains($0) }) || !drawing.hasPrefix("M") {
            findings.append(FieldFinding("drawing", "format", "笔迹无法识别，请清除后重写", title: "手写签名"))
        }
        if remark.count > 500 { findings.append(FieldFinding("remark", "range", "不能超过 500 字", title: "签收意见")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        try markNoticeRead(id, by: principal, in: tx)
        try tx.execute(
            "UPDATE notice_receivers SET signed_at = \(clock.now), signature = \(name), remark = \(remark), drawing = \(drawing) WHERE notice_id = \(id) AND user_id = \(principal.id)"
        )
        try audit?.record(AuditEntry("sign", "notice", String(id), "签收通知“\(notice.title)”"), by: principal, in: tx)
        if own.signedAt == nil { try tx.execute("UPDATE notices SET signed_count = signed_count + 1 WHERE id = \(id)") }
    }

    /// Who received, read and signed; for its writer.
    package func receipts(
        _ id: Int64, unsigned: Bool? = nil, keyword: String? = nil, after: Int64 = 0, limit: Int, by principal: Principal, in reader: any Reader
    ) throws -> [NoticeReceipt] {
        guard try notice(id, by: principal, in: reader).notice.byId == principal.id else { throw Failure.forbidden("查看签收名单") }
        var conditions: [SQL] = ["notice_id = \(id)", "user_id > \(after)"]
        if let unsigned { conditions.append(unsigned ? "signed_at IS NULL" : "signed_at IS NOT NULL") }
        if let keyword { conditions.append(.contains(keyword, in: "user_name", "org_name")) }
        return try reader.rows("SELECT * FROM notice_receivers WHERE \(SQL.all(of: conditions)) ORDER BY user_id LIMIT \(limit)").map(NoticeReceipt.init)
    }

    /// 催签: those who have not signed, or not read, are told again, at most once an hour.
    package func remind(_ id: Int64, by principal: Principal, in tx: any Transaction) throws -> Int {
        let notice = try notice(id, by: principal, in: tx).notice
        guard notice.byId == principal.id else { throw Failure.forbidden("催办") }
        let open: SQL = notice.needsSignature ? "signed_at IS NULL" : "read_at IS NULL"
        let users = try tx.rows("SELECT user_id FROM notice_receivers WHERE notice_id = \(id) AND \(open) ORDER BY user_id LIMIT 20000").compactMap { $0[0].int }
        let hour = clock.now.milliseconds / 3_600_000
        let said = try post(
            MessageDraft(
                Self.noticeKind, grade: .notice, title: notice.title, text: notice.needsSignature ? "催办：请尽快签收" : "催办：请尽快阅读", path: "/notices/\(id)", users: users,
                dedupe: "notice \(id) again \(hour)"), in: tx)
        return said == nil ? 0 : users.count
    }

    /// The writer's own act; nobody sees it any more, the row stays.
    package func withdrawNotice(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        guard try notice(id, by: principal, in: tx).notice.byId == principal.id else { throw Failure.forbidden("删除通知") }
        try tx.execute("UPDATE notices SET deleted_at = \(clock.now) WHERE id = \(id)")
        try audit?.record(AuditEntry("delete", "notice", String(id), "删除通知"), by: principal, in: tx)
    }

    // MARK: Groups

    /// A person's groups and an application's are two things, whatever their numbers.
    static func own(_ principal: Principal) -> SQL { "g.owner = \(principal.id) AND g.owner_kind = \(principal.kind.rawValue)" }

    /// Groups that somebody made.
    package func groups(of principal: Principal, in reader: any Reader) throws -> [(id: Int64, title: String, members: Int)] {
        try reader.rows(
            "SELECT g.id, g.title, (SELECT COUNT(*) FROM notice_group_members m WHERE m.group_id = g.id) AS n FROM notice_groups g WHERE \(Self.own(principal)) ORDER BY g.id LIMIT 200"
        ).map { ($0.int("id") ?? 0, $0.text("title") ?? "", Int($0.int("n") ?? 0)) }
    }

    /// Makes a group of logins, or gives one new members.
    ///
    /// - Throws: `.invalid` naming the logins that are nobody's.
    @discardableResult
    package func keepGroup(_ id: Int64?, title: String, logins: [String], by principal: Principal, in tx: any Transaction) throws -> Int64 {
        guard principal.kind == .user || principal.may(MessagePermission.notice) || principal.may(MessagePermission.post) else { throw Failure.forbidden("通知组") }
        let asked = Array(Set(logins)).sorted()
        // Whoever writes notices names anybody; everybody else those of their own scope and organisation.
        let reach: SQL =
            principal.may(MessagePermission.notice)
            ? "1 = 1" : "\(principal.scope.condition(org: "u.organisation", area: "u.area")) OR u.organisation = \(principal.organisation ?? 0)"
        let found = try tx.rows("SELECT u.id, u.login FROM users u WHERE u.login IN (\(list: Array(asked.prefix(500)))) AND u.state = 'active' AND (\(reach))")
        let unknown = Set(asked).subtracting(found.compactMap { $0.text("login") }).sorted()
        var findings: [FieldFinding] = []
        if !(1...40).contains(title.count) { findings.append(FieldFinding("title", "range", "应为 1—40 个字", title: "名称")) }
        if asked.isEmpty || asked.count > 500 { findings.append(FieldFinding("logins", "range", "应为 1—500 人", title: "成员")) }
        if !unknown.isEmpty { findings.append(FieldFinding("logins", "unknown", "没有这些在用的用户：\(unknown.prefix(10).joined(separator: "、"))", title: "成员")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let group: Int64
        if let id {
            guard try tx.execute("UPDATE notice_groups SET title = \(title) WHERE id = \(id) AND owner = \(principal.id) AND owner_kind = \(principal.kind.rawValue)") == 1 else {
                throw Failure.notFound("该通知组")
            }
            group = id
        } else {
            group = try tx.insert("INSERT INTO notice_groups (title, owner, owner_kind, at) VALUES (\(title), \(principal.id), \(principal.kind.rawValue), \(clock.now))")
        }
        try tx.execute("DELETE FROM notice_group_members WHERE group_id = \(group)")
        try tx.insertMany(into: "notice_group_members", columns: ["group_id", "user_id"], rows: found.compactMap { row in row.int("id").map { [.int(group), .int($0)] } })
        try audit?.record(AuditEntry(id == nil ? "create" : "update", "noticeGroup", String(group), "通知组“\(title)”，\(found.count) 人"), by: principal, in: tx)
        return group
    }

    package func dropGroup(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        guard try tx.execute("DELETE FROM notice_groups WHERE id = \(id) AND owner = \(principal.id) AND owner_kind = \(principal.kind.rawValue)") == 1 else {
            throw Failure.notFound("该通知组")
        }
        try tx.execute("DELETE FROM notice_group_members WHERE group_id = \(id)")
    }

    package func logins(ofGroup id: Int64, by principal: Principal, in reader: any Reader) throws -> [String] {
        try reader.rows(
            """
            SELECT u.login FROM notice_groups g JOIN notice_group_members m ON m.group_id = g.id JOIN users u ON u.id = m.user_id
            WHERE g.id = \(id) AND \(Self.own(principal)) ORDER BY u.login LIMIT 500
            """
        ).compactMap { $0[0].text }
    }
}
