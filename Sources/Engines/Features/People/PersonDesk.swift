import Identity
import Kernel
import Ledgers
import Storage

/// What is done with a person and the accounts that are theirs.
package struct PersonDesk: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let identity: IdentityEngine
    let ledgers: LedgerEngine

    package init(_ platform: Platform) {
        database = platform.database
        clock = platform.clock
        audit = platform.audit
        identity = platform.identity
        ledgers = platform.ledgers
    }

    /// An account becomes a person's; one that is somebody else's is first taken from them.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.invalid` with a finding for `login`.
    package func link(_ login: String, to person: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let record = try record(person, by: principal, tx)
            func refuse(_ message: String) -> Failure { Failure.invalid([FieldFinding("login", "unknown", message, title: "登录名")]) }
            guard let user = try identity.users.find(login: login, tx), principal.scope.admits(org: user.organisation, area: user.area) else {
                throw refuse("没有此登录名，或不在您的管辖范围内")
            }
            guard user.leftAt == nil else { throw refuse("此账号已办理离职") }
            let owner = try tx.value("SELECT person FROM users WHERE id = \(user.id)")?.int
            guard owner == nil || owner == person else {
                let name = try owner.flatMap { try ledgers.find(PersonFile.ledger.name, id: $0, by: principal, in: tx)?[PersonFile.name] } ?? "其他人员"
                throw refuse("此账号已属于“\(name)”，请先解除")
            }
            try tx.execute("UPDATE users SET person = \(person), updated_at = \(clock.now) WHERE id = \(user.id)")
            let summary = "账号“\(user.login)”归入人员档案“\(record[PersonFile.name] ?? "")”"
            try audit.record(AuditEntry("update", "user", "\(user.id)", summary, details: ["person": .int(person)]), by: principal, in: tx)
        }
    }

    package func unlink(_ user: Int64, from person: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let record = try record(person, by: principal, tx)
            guard let account = try identity.users.find(user, tx), principal.scope.admits(org: account.organisation, area: account.area),
                try tx.execute("UPDATE users SET person = NULL, updated_at = \(clock.now) WHERE id = \(user) AND person = \(person)") == 1
            else { throw Failure.notFound("该账号") }
            let summary = "账号“\(account.login)”移出人员档案“\(record[PersonFile.name] ?? "")”"
            try audit.record(AuditEntry("update", "user", "\(user)", summary, details: ["person": .int(person)]), by: principal, in: tx)
        }
    }

    /// A person leaves: every account that is still in use goes over to a colleague, all in one act, and the file says since when.
    ///
    /// - Parameter successors: for each account the account that takes over.
    /// - Returns: what went over, `title → count`, of all accounts together.
    /// - Throws: as `Users.depart`; `.invalid` with a finding `successor7` for each account without a receiver.
    package func leave(_ person: Int64, successors: [Int64: Int64], roles: Bool, by principal: Principal) async throws -> [(title: String, count: Int)] {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let record = try record(person, by: principal, tx)
            let accounts = try PersonAccount.all(of: person, tx).filter { !$0.hasLeft }
            let own = Set(accounts.map(\.user))
            let findings = accounts.compactMap { account -> FieldFinding? in
                guard let heir = successors[account.user] else {
                    return FieldFinding("successor\(account.user)", "required", "请选择接收人", title: "账号 \(account.login)")
                }
                return own.contains(heir) ? FieldFinding("successor\(account.user)", "own", "不能由本人的另一个账号接收", title: "账号 \(account.login)") : nil
            }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            var moved: [(title: String, count: Int)] = []
            for account in accounts {
                let part = try leave(account, to: successors[account.user] ?? 0, roles, by: principal, tx)
                for one in part {
                    if let index = moved.firstIndex(where: { $0.title == one.title }) { moved[index].count += one.count } else { moved.append(one) }
                }
            }
            let changes: [String: JSONValue] = ["hasLeft": .bool(true), "leftOn": .string(clock.today.text)]
            _ = try ledgers.update(PersonFile.ledger.name, id: record.id, Draft(changes), by: .system("离岗办理"), in: tx)
            let summary = "“\(record[PersonFile.name] ?? "")”离岗，\(accounts.count) 个账号已移交"
            try audit.record(AuditEntry("update", PersonFile.ledger.name, "\(person)", summary), by: principal, in: tx)
            return moved
        }
    }

    private func leave(_ account: PersonAccount, to heir: Int64, _ roles: Bool, by principal: Principal, _ tx: any Transaction) throws -> [(title: String, count: Int)] {
        do {
            return try identity.users.depart(account.user, successor: heir, roles: roles, handOvers: identity.handOvers, by: principal, in: tx)
        } catch let failure as Failure where failure.kind == .invalid {
            throw Failure.invalid(failure.fields.map { FieldFinding("successor\(account.user)", $0.code, $0.message, title: "账号 \(account.login)") })
        }
    }

    private func record(_ person: Int64, by principal: Principal, _ reader: any Reader) throws -> Record {
        guard let found = try ledgers.find(PersonFile.ledger.name, id: person, by: principal, in: reader) else { throw Failure.notFound("人员档案") }
        return found
    }
}
