import Kernel
import Storage
import Synchronization

/// What of an engine's belongs to a person and goes over to the successor when the person leaves; each engine brings its own.
package struct HandOver: Sendable {
    /// `处理中的报警`.
    package let title: String
    /// Moves everything from one to the other.
    ///
    /// - Returns: how many went over.
    package let move: @Sendable (_ from: Int64, _ to: Int64, _ transaction: any Transaction) throws -> Int

    package init(_ title: String, move: @escaping @Sendable (_ from: Int64, _ to: Int64, _ transaction: any Transaction) throws -> Int) {
        self.title = title
        self.move = move
    }
}

/// All that goes over, collected while features are prepared.
package final class HandOvers: Sendable {
    init() {}

    private let list = Mutex<[HandOver]>([])

    package func add(_ handOver: HandOver) { list.withLock { $0.append(handOver) } }
    var all: [HandOver] { list.withLock { $0 } }
}

extension Users {
    /// A person leaves (离职交接): the account is frozen for good, its sessions end, its roles and duties go over to a colleague of the same organisation.
    ///
    /// - Parameter roles: whether the successor gets the roles too, as far as the asker may give them.
    /// - Returns: what went over, `title → count`.
    /// - Throws: `.forbidden`, `.notFound`; `.invalid` with a finding for `successor`; `.conflict` `JW-I031`, `JW-I032`.
    package func depart(_ id: Int64, successor: Int64, roles: Bool, handOvers: HandOvers, by principal: Principal) async throws -> [(title: String, count: Int)] {
        try await database.write { try depart(id, successor: successor, roles: roles, handOvers: handOvers, by: principal, in: $0) }
    }

    /// The same in a caller's transaction, so that a person with several accounts leaves with all of them at once.
    package func depart(
        _ id: Int64, successor: Int64, roles: Bool, handOvers: HandOvers, by principal: Principal, in transaction: any Transaction
    ) throws -> [(title: String, count: Int)] {
        try principal.require("user.write", "用户管理")
        let leaver = try manageable(id, by: principal, transaction)
        guard principal.kind != .user || id != principal.id else { throw Failure(.conflict, "JW-I032", "不能为自己办理离职") }
        guard id != successor, let heir = try find(successor, transaction), heir.state == .active, heir.organisation == leaver.organisation else {
            throw Failure.invalid([FieldFinding("successor", "unknown", "须为同一机构中状态正常的另一名用户", title: "接收人")])
        }
        var moved: [(title: String, count: Int)] = []
        if roles {
            let added = Set(leaver.roles.map(\.id)).subtracting(heir.roles.map(\.id))
            _ = try manageable(successor, by: principal, transaction)
            try transaction.insertMany(into: "user_roles", columns: ["user_id", "role_id"], rows: added.sorted().map { [.int(successor), .int($0)] })
            moved.append((title: "角色", count: added.count))
        }
        for handOver in handOvers.all { moved.append((title: handOver.title, count: try handOver.move(id, successor, transaction))) }
        let now = clock.now
        try transaction.execute("UPDATE users SET state = 'frozen', left_at = \(now), successor = \(successor), updated_at = \(now) WHERE id = \(id)")
        try transaction.execute("DELETE FROM sessions WHERE user_id = \(id)")
        try takeBack(id, now, transaction)
        try audit.sealUsers([id, successor], in: transaction)
        try requireAnAdministrator(transaction)
        let counts = moved.map { (name: $0.title, value: JSONValue.int(Int64($0.count))) }
        let details = JSONValue.object(JSONObject(counts + [(name: "收回的角色", value: .string(leaver.roles.map(\.title).joined(separator: "、")))]))
        try audit.record(
            AuditEntry("update", "user", "\(id)", "用户“\(leaver.name)”（\(leaver.login)）离职，由“\(heir.name)”（\(heir.login)）接手", details: details), by: principal,
            in: transaction)
        version.bump(after: transaction)
        return moved
    }

    /// 离岗立即终止全部权限 (D17.1.1): groups, roles, posts, temporary grants, certificates and keys, computers. Which roles they were stays in the book.
    private func takeBack(_ id: Int64, _ now: Moment, _ transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM user_group_members WHERE user_id = \(id)")
        try transaction.execute("DELETE FROM user_roles WHERE user_id = \(id)")
        try Posts.strip(id, in: transaction)
        try transaction.execute("DELETE FROM unit_members WHERE user_id = \(id)")
        try transaction.execute("DELETE FROM user_activations WHERE user_id = \(id)")
        try transaction.execute("UPDATE temporary_grants SET revoked_at = \(now) WHERE user_id = \(id) AND revoked_at IS NULL AND until_at > \(now)")
        try transaction.execute("UPDATE user_certificates SET revoked_at = \(now) WHERE user_id = \(id) AND revoked_at IS NULL")
        try transaction.execute("UPDATE terminals SET state = 'revoked' WHERE user_id = \(id) AND state = 'approved'")
    }
}
