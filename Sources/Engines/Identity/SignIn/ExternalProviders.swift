import Cryptography
import Kernel
import Storage
import Synchronization

/// The providers that are set up, in memory; other nodes follow within a minute.
package final class ExternalProviders: Sendable {
    private let database: any Database
    private let clock: Clock
    private let audit: AuditTrail
    private let users: Users
    private let keys: KeyRing
    private let known = Mutex<[ExternalProvider]>([])

    init(database: any Database, clock: Clock, audit: AuditTrail, users: Users, keys: KeyRing) {
        self.database = database
        self.clock = clock
        self.audit = audit
        self.users = users
        self.keys = keys
    }

    /// All, off ones too, by name.
    package var all: [ExternalProvider] { known.withLock { $0 } }

    /// Takes what is stored; at the start, and now and then where several nodes share a database.
    package func load(_ reader: any Reader) throws {
        let stored = try reader.rows("SELECT * FROM identity_providers ORDER BY name").map(ExternalProvider.init)
        known.withLock { $0 = stored }
    }

    func secret(of provider: ExternalProvider) throws -> String { try keys.open(provider.sealedSecret) }

    /// - Parameter id: nil for a new one.
    /// - Throws: `.forbidden`; `.notFound`; `.invalid` `JW-K422` with every finding.
    package func save(_ draft: ProviderDraft, id: Int64?, by principal: Principal) async throws {
        try principal.require("policy.write", "外部登录服务")
        try await database.write { [self] tx in
            let old = try id.map { id -> ExternalProvider in
                guard let row = try tx.first("SELECT * FROM identity_providers WHERE id = \(id)") else { throw Failure.notFound("登录服务") }
                return ExternalProvider(row)
            }
            let organisation = try draft.organisation.isEmpty ? nil : tx.first("SELECT * FROM organisations WHERE code = \(draft.organisation)").map(Organisation.init)
            let found = try findings(draft, old: old, organisation, by: principal, tx)
            guard found.isEmpty else { throw Failure.invalid(found) }
            let name = old?.name ?? draft.name
            let secret = try draft.secret.map(keys.seal) ?? old?.sealedSecret ?? ""
            let issuer = draft.issuer.hasSuffix("/") ? String(draft.issuer.dropLast()) : draft.issuer
            try tx.execute(
                """
                INSERT INTO identity_providers (name, title, issuer, client_id, secret, rule, login_claim, name_claim, gate_claim, gate_value, organisation, role, is_on, updated_at, updated_by_name)
                VALUES (\(name), \(draft.title), \(issuer), \(draft.clientId), \(secret), \(draft.rule.rawValue), \(draft.loginClaim), \(draft.nameClaim), \(draft.gateClaim), \(draft.gateValue),
                \(organisation?.id), \(draft.role), \(draft.isOn ? 1 : 0), \(clock.now), \(principal.name))
                ON CONFLICT (name) DO UPDATE SET title = excluded.title, issuer = excluded.issuer, client_id = excluded.client_id, secret = excluded.secret, rule = excluded.rule,
                login_claim = excluded.login_claim, name_claim = excluded.name_claim, gate_claim = excluded.gate_claim, gate_value = excluded.gate_value,
                organisation = excluded.organisation, role = excluded.role, is_on = excluded.is_on, updated_at = excluded.updated_at, updated_by_name = excluded.updated_by_name
                """)
            let details: JSONValue = [
                "issuer": .string(issuer), "clientId": .string(draft.clientId), "rule": .string(draft.rule.rawValue), "isOn": .bool(draft.isOn),
                "organisation": .string(draft.organisation),
                "role": JSONValue(draft.role), "condition": .string("\(draft.gateClaim)=\(draft.gateValue)"), "secretChanged": .bool(draft.secret != nil),
            ]
            let act = old == nil ? "新增" : "修改"
            try audit.record(AuditEntry(old == nil ? "create" : "update", "identityProvider", name, "\(act)外部登录服务“\(draft.title)”", details: details), by: principal, in: tx)
            let stored = try tx.rows("SELECT * FROM identity_providers ORDER BY name").map(ExternalProvider.init)
            tx.afterCommit { [self] in known.withLock { $0 = stored } }
        }
    }

    private func findings(_ draft: ProviderDraft, old: ExternalProvider?, _ organisation: Organisation?, by principal: Principal, _ reader: any Reader) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        func add(_ name: String, _ code: String, _ message: String, _ title: String) { findings.append(FieldFinding(name, code, message, title: title)) }
        if old == nil {
            let isName = (2...20).contains(draft.name.utf8.count) && draft.name.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 45 }
            if !isName {
                add("name", "format", "须为 2–20 位小写字母、数字或连字符", "代号")
            } else if try reader.count("SELECT count(*) FROM identity_providers WHERE name = \(draft.name)") > 0 {
                add("name", "duplicate", "已被使用", "代号")
            }
            if draft.secret == nil { add("secret", "required", "不能为空", "密钥") }
        }
        if !(1...30).contains(draft.title.count) { add("title", "length", "须为 1–30 个字", "名称") }
        if !ExternalProvider.isAddress(draft.issuer) { add("issuer", "format", "须为 https 地址（允许访问的内网可为 http）", "颁发者地址") }
        if !(1...200).contains(draft.clientId.utf8.count) { add("clientId", "length", "须为 1–200 个字符", "应用编号") }
        if let secret = draft.secret, secret.utf8.count > 500 { add("secret", "length", "至多 500 个字符", "密钥") }
        if draft.rule == .created { try accountFindings(draft, organisation, by: principal, reader, add) }
        return findings
    }

    /// Accounts that are made by rule can be no more than who wrote the rule could make, and never administrators.
    private func accountFindings(
        _ draft: ProviderDraft, _ organisation: Organisation?, by principal: Principal, _ reader: any Reader, _ add: (String, String, String, String) -> Void
    ) throws {
        if draft.gateClaim.isEmpty || draft.gateValue.isEmpty { add("gateClaim", "required", "自动建立账号须有条件：声明名称与取值", "条件") }
        if draft.loginClaim.isEmpty { add("loginClaim", "required", "不能为空", "登录名取自") }
        if draft.nameClaim.isEmpty { add("nameClaim", "required", "不能为空", "姓名取自") }
        guard let organisation, organisation.state == .active, principal.scope.admits(org: organisation.id, area: organisation.area) else {
            return add("organisation", "unknown", "不存在、已停用或不在您的管辖范围内", "账号所属机构")
        }
        guard let id = draft.role, let row = try reader.first("SELECT * FROM roles WHERE id = \(id)") else { return add("role", "required", "请选择", "账号角色") }
        let role = Role(row, permissions: [])
        if role.name == BuiltInRole.admin.rawValue || DutySeparation.administrators.contains(where: { $0.rawValue == role.name }) {
            add("role", "appoint", "管理员账号不能自动建立", "账号角色")
        }
        if !role.kinds.contains(organisation.kind) { add("role", "kind", "“\(role.title)”不适用于\(organisation.kind.title)机构", "账号角色") }
        if !principal.may("role.grantAny"), try !users.rolesBeyond(principal, [id], reader).isEmpty { add("role", "excess", "超出您的权限", "账号角色") }
    }
}
