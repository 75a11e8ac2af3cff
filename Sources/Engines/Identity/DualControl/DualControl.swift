import Cryptography
import Kernel
import Storage
import Synchronization

/// Four eyes (双人复核, D17.2.4): acts that the policy names do not run when they are asked for. The request is kept, other people look at it and agree, and then the very same request of the very same person
/// runs once. Nobody decides their own; whoever decides must have the asker in their scope.
package final class DualControl: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    private let keys: KeyRing
    private let policy = Mutex(DualPolicy())
    /// Levels of data and the flows that follow them.
    package let levels = DataLevelBook()
    private let teller = Mutex<Teller>({ _, _ in })

    /// Says a notice to its people, in the transaction of what it is about.
    package typealias Teller = @Sendable (DualNotice, any Transaction) throws -> Void

    package static let permission = "approval.decide"
    private static let setting = "dualControl"
    private static let mostBytes = 200_000

    init(database: any Database, clock: Clock, audit: AuditTrail, keys: KeyRing) {
        self.database = database
        self.clock = clock
        self.audit = audit
        self.keys = keys
    }

    /// Who carries notices; called once, when the platform is put together.
    package func onNotice(_ tell: @escaping Teller) { teller.withLock { $0 = tell } }

    func tell(_ notice: DualNotice, _ tx: any Transaction) throws {
        let tell = teller.withLock { $0 }
        try tell(notice, tx)
    }

    // MARK: The policy

    package var current: DualPolicy { policy.withLock { $0 } }

    /// Takes what is stored; at the start, and now and then where several nodes share a database.
    package func load(_ reader: any Reader) throws {
        try levels.load(reader)
        guard let text = try reader.value("SELECT value FROM identity_settings WHERE name = \(Self.setting)")?.text else { return }
        let json = try JSONValue(parsing: text)
        var stored = DualPolicy()
        for act in DualAct.all { if let votes = json["votes"]?[act.name]?.int, votes > 0 { stored.votes[act.name] = Int(votes) } }
        if let hours = json["hours"]?.int { stored.hours = Int(hours) }
        let new = stored
        policy.withLock { $0 = new }
    }

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` where a number is out of bounds, or too few people could decide.
    package func publish(_ new: DualPolicy, by principal: Principal) async throws {
        try principal.require("policy.write", "双人复核事项")
        try await database.write { [self] tx in
            var findings: [FieldFinding] = []
            if !DualPolicy.hoursRange.contains(new.hours) { findings.append(FieldFinding("hours", "range", "须在 1–168 之间", title: "复核有效期")) }
            let deciders = try deciders(tx)
            for act in DualAct.all {
                guard let votes = new.votes[act.name], votes != 0 else { continue }
                if !(1...DualPolicy.mostVotes).contains(votes) {
                    findings.append(FieldFinding(act.name, "range", "须在 0–\(DualPolicy.mostVotes) 之间", title: act.title))
                } else if deciders < votes + 1 {
                    findings.append(FieldFinding(act.name, "people", "登录过的复核人只有 \(deciders) 名，至少须 \(votes + 1) 名（本人不能复核自己）", title: act.title))
                }
            }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            let before = json(current), after = json(new)
            try tx.execute(
                """
                INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting), \(after.text), \(clock.now), \(principal.id))
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
                """)
            try audit.record(AuditEntry("update", "dualControl", "1", "修改双人复核事项", details: ["before": before, "after": after]), by: principal, in: tx)
            tx.afterCommit { [self] in policy.withLock { $0 = new } }
        }
    }

    /// People who have signed in and may decide.
    func deciders(_ reader: any Reader) throws -> Int {
        try reader.count(
            """
            SELECT count(DISTINCT u.id) FROM users u JOIN user_roles ur ON ur.user_id = u.id JOIN role_permissions rp ON rp.role_id = ur.role_id
            WHERE u.state = 'active' AND rp.permission = \(Self.permission) AND u.last_login_at IS NOT NULL
            """)
    }

    /// Sets the policy of a demonstration, where nobody has signed in yet.
    package func install(_ new: DualPolicy) async throws {
        let text = json(new).text, now = clock.now
        try await database.write { [self] tx in
            try tx.execute(
                """
                INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting), \(text), \(now), 0)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
                """)
            tx.afterCommit { [self] in policy.withLock { $0 = new } }
        }
    }

    private func json(_ policy: DualPolicy) -> JSONValue {
        let votes = DualAct.all.compactMap { act in policy.votes[act.name].map { (name: act.name, value: JSONValue.int(Int64($0))) } }
        return ["votes": .object(JSONObject(votes)), "hours": .int(Int64(policy.hours))]
    }

    // MARK: At the door

    /// Whether the act runs now. An approval is used up by this; who runs the act and fails gives it back (`release`).
    ///
    /// - Throws: `.conflict` `JW-I090` for an approval that is not there, not given, over, used, or given to another request; `.forbidden` `JW-I091` for programs; `.tooLarge` `JW-I092`.
    package func admit(_ asked: AskedAct, by principal: Principal) async throws -> DualVerdict {
        let policy = current
        let needed = votes(for: asked.act, at: asked.level)
        guard needed > 0, principal.kind != .system else { return .go }
        guard principal.kind == .user else { throw Failure(.forbidden, "JW-I091", "“\(asked.act.title)”须经他人复核，不能由程序直接执行") }
        let text = asked.text
        guard text.utf8.count <= Self.mostBytes else { throw Failure(.tooLarge, "JW-I092", "须经复核的操作一次至多提交 200 KB") }
        let digest = SHA256.hash(text).bytes
        let now = clock.now
        return try await database.write { [self] tx in
            if let id = asked.approval {
                guard let found = try tx.first("SELECT * FROM dual_approvals WHERE id = \(id) AND user_id = \(principal.id)").map(DualApproval.init), found.state == .approved,
                    now < found.expiresAt, found.digest == digest,
                    try tx.execute("UPDATE dual_approvals SET state = 'used', used_at = \(now) WHERE id = \(id) AND state = 'approved'") == 1
                else { throw Failure(.conflict, "JW-I090", "复核不存在、未通过、已过期或已执行，或内容与复核时不同") }
                try audit.record(AuditEntry("execute", "dualApproval", "\(id)", "经复核执行“\(asked.act.title)”：\(asked.method) \(asked.path)"), by: principal, in: tx)
                return .run(id)
            }
            let known = try tx.rows(
                "SELECT * FROM dual_approvals WHERE user_id = \(principal.id) AND state IN ('pending', 'approved') AND expires_at > \(now) ORDER BY id DESC LIMIT 50"
            ).map(
                DualApproval.init)
            if let same = known.first(where: { $0.digest == digest }) { return .wait(same.id) }
            guard known.count < 50 else { throw Failure(.tooMany, "JW-I093", "您已有 50 件事项待复核，请先撤回或等待办理") }
            let id = try tx.insert(
                """
                INSERT INTO dual_approvals (act, method, path, content, digest, user_id, user_name, org, area, state, needed, created_at, expires_at)
                VALUES (\(asked.act.name), \(asked.method), \(asked.path), \(try keys.seal(text)), \(digest), \(principal.id), \(principal.name), \(principal.organisation), \(principal.area),
                'pending', \(needed), \(now), \(now.adding(seconds: Int64(policy.hours) * 3600)))
                """)
            try audit.record(AuditEntry("request", "dualApproval", "\(id)", "提请复核“\(asked.act.title)”：\(asked.method) \(asked.path)"), by: principal, in: tx)
            let others = try RightHolders.find(Self.permission, org: principal.organisation, area: principal.area, except: principal.id, tx)
            try tell(DualNotice(kind: .asked, approval: id, act: asked.act, userName: principal.name, users: others), tx)
            return .wait(id)
        }
    }

    // MARK: Reading

    /// One's own, and with the permission those of one's scope; newest first.
    package func page(state: DualApproval.State?, act: String?, keyword: String?, mine: Bool, by principal: Principal, before: Int64?, limit: Int, _ reader: any Reader) throws
        -> [DualApproval]
    {
        var conditions: [SQL] = [visible(to: principal)]
        if mine { conditions.append("user_id = \(principal.id)") }
        if let state { conditions.append("state = \(state.rawValue)") }
        if let act, !act.isEmpty { conditions.append("act = \(act)") }
        if let keyword, !keyword.isEmpty { conditions.append(.contains(keyword, in: "user_name", "path")) }
        if let before { conditions.append("id < \(before)") }
        return try reader.rows("SELECT * FROM dual_approvals WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(limit)").map(DualApproval.init)
    }

    private func visible(to principal: Principal) -> SQL {
        let own: SQL = "user_id = \(principal.id)"
        return principal.may(Self.permission) ? "(\(own) OR \(principal.scope.condition()))" : own
    }

    package func find(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> DualApproval {
        guard let row = try reader.first("SELECT * FROM dual_approvals WHERE id = \(id) AND \(visible(to: principal))") else { throw Failure.notFound("复核事项") }
        return DualApproval(row)
    }

    /// The fields of the request, in its order.
    package func fields(of approval: DualApproval) throws -> [(name: String, value: String)] {
        let json = try JSONValue(parsing: keys.open(approval.content))
        return (json["fields"]?.array ?? []).compactMap { pair in
            guard let two = pair.array, two.count == 2, let name = two[0].string, let value = two[1].string else { return nil }
            return (name, value)
        }
    }

    package func votes(of id: Int64, _ reader: any Reader) throws -> [DualVote] {
        try reader.rows("SELECT * FROM dual_votes WHERE approval = \(id) ORDER BY at").map { row in
            DualVote(userName: row.text("user_name") ?? "", agrees: row.int("agrees") == 1, note: row.text("note"), at: row.moment("at") ?? Moment(milliseconds: 0))
        }
    }

    // MARK: Deciding

    /// One vote; enough of them, or one against, decide.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I094` (one's own), `JW-I095` (decided, over, or voted before); `.invalid` where a refusal says no reason.
    package func vote(_ id: Int64, agrees: Bool, note: String?, by principal: Principal) async throws {
        try principal.require(Self.permission, "复核")
        let now = clock.now
        try await database.write { [self] tx in
            let found = try find(id, by: principal, tx)
            guard found.user != principal.id else { throw Failure(.conflict, "JW-I094", "不能复核自己提出的事项") }
            guard found.state == .pending, now < found.expiresAt else { throw Failure(.conflict, "JW-I095", "此事项已办结或已过期") }
            guard agrees || !(note ?? "").isEmpty else { throw Failure.invalid([FieldFinding("note", "required", "不同意须说明理由", title: "意见")]) }
            guard (note ?? "").count <= 500 else { throw Failure.invalid([FieldFinding("note", "length", "至多 500 个字", title: "意见")]) }
            guard try tx.count("SELECT count(*) FROM dual_votes WHERE approval = \(id) AND user_id = \(principal.id)") == 0 else { throw Failure(.conflict, "JW-I095", "您已复核过此事项") }
            try tx.execute(
                "INSERT INTO dual_votes (approval, user_id, user_name, agrees, note, at) VALUES (\(id), \(principal.id), \(principal.name), \(agrees ? 1 : 0), \(note), \(now))")
            let agreed = try tx.count("SELECT count(*) FROM dual_votes WHERE approval = \(id) AND agrees = 1")
            let state: DualApproval.State = !agrees ? .refused : agreed >= found.needed ? .approved : .pending
            if state != .pending { try tx.execute("UPDATE dual_approvals SET state = \(state.rawValue), decided_at = \(now) WHERE id = \(id) AND state = 'pending'") }
            let words = "\(agrees ? "同意" : "不同意")\(found.userName)“\(found.act?.title ?? "")”（\(agreed)/\(found.needed)）"
            try audit.record(AuditEntry(agrees ? "approve" : "refuse", "dualApproval", "\(id)", words, details: ["note": JSONValue(note)]), by: principal, in: tx)
            guard state != .pending else { return }
            try tell(DualNotice(kind: agrees ? .approved : .refused, approval: id, act: found.act, userName: found.userName, note: note, users: [found.user]), tx)
        }
    }

    /// Why it is asked for; only by who asked, while it waits.
    package func explain(_ id: Int64, reason: String, by principal: Principal) async throws {
        guard (1...500).contains(reason.count) else { throw Failure.invalid([FieldFinding("reason", "length", "须为 1–500 个字", title: "事由")]) }
        try await change(id, "SET reason = \(reason)", from: "state = 'pending'", "补充复核事由：\(reason)", by: principal)
    }

    package func withdraw(_ id: Int64, by principal: Principal) async throws {
        try await change(id, "SET state = 'withdrawn', decided_at = \(clock.now)", from: "state IN ('pending', 'approved')", "撤回复核事项", by: principal)
    }

    private func change(_ id: Int64, _ set: SQL, from: SQL, _ words: String, by principal: Principal) async throws {
        try await database.write { [self] tx in
            guard try tx.execute("UPDATE dual_approvals \(set) WHERE id = \(id) AND user_id = \(principal.id) AND \(from)") == 1 else { throw Failure.notFound("复核事项") }
            try audit.record(AuditEntry("update", "dualApproval", "\(id)", words), by: principal, in: tx)
        }
    }
}
