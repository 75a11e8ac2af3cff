import Alarms
import Identity
import Kernel
import Messages
import Rules
import Storage
import Web

/// The desk of rules people write (A-18): drafts, publishing, stopping; every act audited.
package struct OwnRules: Sendable {
    let database: any Database
    let alarms: AlarmEngine
    let messages: MessageEngine
    let audit: AuditTrail
    let clock: Clock
    let streams: [any RuleStream]
    let place: OwnRulePlace

    static let messageKind = "ownRule.hit"
    static let most = 200

    /// - Parameter streams: what these rules are written over; rules over others belong to another desk.
    package init(_ streams: [any RuleStream], at place: OwnRulePlace, database: any Database, alarms: AlarmEngine, messages: MessageEngine, audit: AuditTrail, clock: Clock) {
        self.database = database
        self.alarms = alarms
        self.messages = messages
        self.audit = audit
        self.clock = clock
        self.streams = streams
        self.place = place
    }

    /// One alarm of a rule.
    struct Hit: Sendable {
        var at: Moment
        var title: String
        var times: Int
        var reasons: [String]
    }

    /// The latest ten.
    func hits(of rule: OwnRule) async throws -> [Hit] {
        let (kind, beginning) = (place.alarmKind.name, "规则\(rule.id) ")
        return try await database.read { reader in
            let condition = SQL.starts(with: beginning, in: "subject")
            let found = try reader.rows("SELECT last_at, title, times, reasons FROM alarms WHERE kind = \(kind) AND \(condition) ORDER BY occurred_at DESC LIMIT 10")
            return found.map { row in
                let reasons = row.text("reasons").flatMap { try? JSONValue(parsing: $0) }?.array ?? []
                return Hit(
                    at: row.moment("last_at") ?? Moment(milliseconds: 0), title: row.text("title") ?? "", times: Int(row.int("times") ?? 1),
                    reasons: reasons.compactMap { $0["message"]?.string })
            }
        }
    }

    func stream(_ name: String) throws -> any RuleStream {
        guard let stream = streams.first(where: { $0.name == name }) else { throw Failure.notFound("该数据来源") }
        return stream
    }

    // MARK: Reading

    /// Rules that see no more than the reader may see, newest first.
    func all(by principal: Principal, in reader: any Reader) throws -> [OwnRule] {
        try reader.rows("SELECT * FROM own_rule WHERE stream IN (\(list: streams.map(\.name))) ORDER BY id DESC LIMIT \(Self.most)").map(OwnRule.init).filter {
            Self.admits(principal.scope, $0)
        }
    }

    func find(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> OwnRule {
        guard let rule = try reader.first("SELECT * FROM own_rule WHERE id = \(id) AND stream IN (\(list: streams.map(\.name)))").map(OwnRule.init),
            Self.admits(principal.scope, rule)
        else { throw Failure.notFound("该规则") }
        return rule
    }

    private static func admits(_ scope: DataScope, _ rule: OwnRule) -> Bool {
        switch scope {
        case .everything: true
        case .areas: !rule.areas.isEmpty && rule.areas.allSatisfy { scope.admits(org: nil, area: $0) }
        default: false
        }
    }

    func versions(of id: Int64, in reader: any Reader) throws -> [(version: Int64, body: OwnRule.Body, note: String, at: Moment, by: String)] {
        try reader.rows("SELECT * FROM own_rule_version WHERE rule = \(id) ORDER BY version DESC LIMIT 50").map { row in
            (
                row.int("version") ?? 0, try OwnRule.Body(row.text("body") ?? "{}"), row.text("note") ?? "", row.moment("at") ?? Moment(milliseconds: 0),
                row.text("by_name") ?? ""
            )
        }
    }

    // MARK: Acts

    /// A draft without conditions.
    ///
    /// - Throws: `.invalid`, `.notFound` for an unknown stream, `.forbidden` for who supervises no area.
    package func make(title: String, stream name: String, by principal: Principal) async throws -> Int64 {
        let stream = try stream(name)
        guard (1...60).contains(title.count) else { throw Failure.invalid([FieldFinding("title", "range", "应为 1—60 个字", title: "规则名称")]) }
        let areas: [String] =
            switch principal.scope {
            case .everything: []
            case .areas(let areas): areas
            default: throw Failure(.forbidden, "JW-M081", "只有监管部门可以设置自定义规则")
            }
        let body = OwnRule.Body(title: title, rule: WatchRule(groupedBy: stream.groupings.first?.name ?? ""))
        let now = clock.now
        return try await database.write { tx in
            guard try tx.count("SELECT COUNT(*) FROM own_rule") < Self.most else { throw Failure(.conflict, "JW-M082", "自定义规则已达 \(Self.most) 条，请先删除不用的") }
            let id = try tx.insert(
                """
                INSERT INTO own_rule (stream, state, draft, version, areas, judged_to, faults, hits, updated_at, updated_by) \
                VALUES (\(name), 'draft', \(body.json.text), 0, \(areas.joined(separator: ",")), 0, 0, 0, \(now), \(principal.name))
                """)
            try audit.record(AuditEntry("create", "ownRule", "\(id)", "新建自定义规则“\(title)”"), by: principal, in: tx)
            return id
        }
    }

    /// Changes the draft; what is published goes on as it is.
    ///
    /// - Throws: `.invalid` with what the change returns or what a sound body lacks.
    package func change(_ id: Int64, by principal: Principal, _ change: @escaping @Sendable (inout OwnRule.Body, any RuleStream) throws -> Void) async throws {
        let now = clock.now
        try await database.write { tx in
            let rule = try find(id, by: principal, in: tx)
            var body = rule.draft
            let stream = try stream(rule.stream)
            try change(&body, stream)
            if !(1...60).contains(body.title.count) { throw Failure.invalid([FieldFinding("title", "range", "应为 1—60 个字", title: "规则名称")]) }
            let faults = body.rule.faults(vocabulary: stream.vocabulary, groupings: stream.groupings.map(\.name)).filter { $0.code != "required" }
            guard faults.isEmpty else { throw Failure.invalid(faults) }
            try tx.execute("UPDATE own_rule SET draft = \(body.json.text), updated_at = \(now), updated_by = \(principal.name) WHERE id = \(id)")
            try audit.record(
                AuditEntry("update", "ownRule", "\(id)", "修改自定义规则“\(body.title)”", details: ["before": rule.draft.json, "after": body.json]), by: principal, in: tx)
        }
    }

    /// The draft becomes the next version and judges what is written from now on.
    ///
    /// - Throws: `.invalid` with every finding.
    package func publish(_ id: Int64, note: String, by principal: Principal) async throws {
        let now = clock.now
        try await database.write { tx in
            let rule = try find(id, by: principal, in: tx)
            let stream = try stream(rule.stream)
            let faults = rule.draft.rule.faults(vocabulary: stream.vocabulary, groupings: stream.groupings.map(\.name))
            guard faults.isEmpty else { throw Failure.invalid(faults) }
            let version = rule.version + 1, body = rule.draft.json.text
            let mark = rule.state == .live ? rule.mark : try stream.last(in: tx)
            try tx.execute(
                "INSERT INTO own_rule_version (rule, version, body, note, at, by_name) VALUES (\(id), \(version), \(body), \(String(note.prefix(200))), \(now), \(principal.name))")
            try tx.execute(
                """
                UPDATE own_rule SET state = 'live', live = \(body), version = \(version), judged_to = \(mark), fault = NULL, faults = 0, updated_at = \(now), updated_by = \(principal.name) WHERE id = \(id)
                """)
            try audit.record(
                AuditEntry("publish", "ownRule", "\(id)", "发布自定义规则“\(rule.draft.title)”第 \(version) 版", details: rule.draft.json), by: principal, in: tx)
        }
    }

    /// - Parameter state: `.stopped`, or `.live` to go on from now, or from where it failed.
    func turn(_ id: Int64, to state: OwnRule.State, by principal: Principal) async throws {
        let now = clock.now
        try await database.write { tx in
            let rule = try find(id, by: principal, in: tx)
            guard let live = rule.live, rule.state != state, state == .live || rule.state == .live else { throw Failure(.conflict, "JW-M083", "规则当前不能这样操作") }
            // What was set aside goes on where it failed, what was stopped with what comes.
            let mark = state == .live && rule.state == .stopped ? try stream(rule.stream).last(in: tx) : rule.mark
            try tx.execute(
                "UPDATE own_rule SET state = \(state.rawValue), judged_to = \(mark), fault = NULL, faults = 0, updated_at = \(now), updated_by = \(principal.name) WHERE id = \(id)"
            )
            try audit.record(AuditEntry("update", "ownRule", "\(id)", "\(state == .live ? "启用" : "停用")自定义规则“\(live.title)”"), by: principal, in: tx)
        }
    }

    func remove(_ id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            let rule = try find(id, by: principal, in: tx)
            guard rule.state != .live else { throw Failure(.conflict, "JW-M084", "运行中的规则请先停用") }
            try tx.execute("DELETE FROM own_rule_version WHERE rule = \(id)")
            try tx.execute("DELETE FROM own_rule WHERE id = \(id)")
            try audit.record(AuditEntry("delete", "ownRule", "\(id)", "删除自定义规则“\(rule.draft.title)”", details: rule.draft.json), by: principal, in: tx)
        }
    }
}
