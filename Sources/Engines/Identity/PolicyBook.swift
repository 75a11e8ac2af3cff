import Kernel
import Storage
import Synchronization

/// The sign-in policy in force, in memory; a change acts on the next login and the next request.
package final class PolicyBook: Sendable {
    private let policy: Mutex<SignInPolicy>
    private let initial: SignInPolicy
    private let audit: AuditTrail
    private let clock: Clock
    private let version: IdentityVersion

    static let setting = "signInPolicy"
    /// What a node sets itself to read anew when another one says that identity changed.
    package static let signal = "signInPolicy"

    init(initial: SignInPolicy, audit: AuditTrail, clock: Clock, version: IdentityVersion) {
        self.initial = initial
        self.audit = audit
        self.clock = clock
        self.version = version
        policy = Mutex(initial)
    }

    package var current: SignInPolicy { policy.withLock { $0 } }

    /// Takes what is stored; at the start, and now and then where several nodes share a database.
    package func load(_ reader: any Reader) throws {
        guard let text = try reader.value("SELECT value FROM identity_settings WHERE name = \(Self.setting)")?.text else { return }
        let stored = SignInPolicy(json: try JSONValue(parsing: text), otherwise: initial)
        policy.withLock { $0 = stored }
    }

    /// Who binds themselves to registered computers must have one.
    private func requireOwnTerminal(_ new: SignInPolicy, _ principal: Principal, _ reader: any Reader) throws {
        guard principal.kind == .user, let account = try Account.load(where: "u.id = \(principal.id)", at: clock.now, reader), new.demandsTerminal(account) else { return }
        guard try reader.first("SELECT id FROM terminals WHERE user_id = \(principal.id) AND state = 'approved' LIMIT 1") != nil else {
            throw Failure(.conflict, "JW-I040", "按此规则，您自己也只能在已登记的终端上登录，而您还没有。请先在“我的登录”中登记本机")
        }
    }

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding; `.conflict` `JW-I040` when the asker would be shut out by the new rules.
    package func publish(_ new: SignInPolicy, by principal: Principal, in transaction: any Transaction) throws {
        try principal.require("policy.write", "登录与密码规则")
        guard new.findings.isEmpty else { throw Failure.invalid(new.findings) }
        if principal.kind == .user {
            guard new.admits(clock.now), new.admits(address: principal.address, administrator: true), new.admits(address: principal.address, administrator: false) else {
                throw Failure(.conflict, "JW-I040", "按此规则，您自己此刻就不能从 \(principal.address) 登录。请先调整时段或网段")
            }
        }
        try requireOwnTerminal(new, principal, transaction)
        if principal.kind == .user, principal.isAdministrator, new.isRemote(principal.address) {
            throw Failure(.conflict, "JW-I040", "您自己的地址 \(principal.address) 不在“办公与 VPN 网段”内，保存后您将只能查看。请先加入本网段")
        }
        let before = current
        let now = clock.now
        try transaction.execute(
            """
            INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting), \(new.json.text), \(now), \(principal.id))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
            """)
        try audit.record(
            AuditEntry("update", "signInPolicy", "1", "修改登录与密码规则", details: ["before": before.json, "after": new.json]), by: principal, in: transaction)
        transaction.afterCommit { [self] in policy.withLock { $0 = new } }
        version.bump(after: transaction)
    }
}
