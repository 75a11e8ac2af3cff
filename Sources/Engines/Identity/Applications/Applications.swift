import Cryptography
import Kernel
import Storage

/// Registration and approval of applications: an organisation applies, a security administrator decides, a secret is shown once.
package struct Applications: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail

    // MARK: Reading

    package func find(_ id: Int64, scope: DataScope, _ reader: any Reader) throws -> ClientApplication? {
        try reader.first("SELECT * FROM oauth_clients WHERE id = \(id) AND \(scope.condition())").map(ClientApplication.init)
    }

    func find(client: String, _ reader: any Reader) throws -> ClientApplication? {
        try reader.first("SELECT * FROM oauth_clients WHERE client_id = \(client)").map(ClientApplication.init)
    }

    package func page(keyword: String?, state: ClientApplication.State?, scope: DataScope, before: Int64?, limit: Int, _ reader: any Reader) throws -> [ClientApplication] {
        var conditions: [SQL] = [scope.condition()]
        if let keyword, !keyword.isEmpty { conditions.append("\(SQL.contains(keyword, in: "name")) OR client_id = \(keyword)") }
        if let state { conditions.append("state = \(state.rawValue)") }
        if let before { conditions.append("id < \(before)") }
        return try reader.rows("SELECT * FROM oauth_clients WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(limit)").map(ClientApplication.init)
    }

    // MARK: Writing

    /// - Parameter permissions: names that may be asked for as scopes, beside the fixed ones.
    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func apply(_ draft: ApplicationDraft, permissions: Set<String>, by principal: Principal) async throws -> Int64 {
        try principal.require("application.write", "应用接入")
        let findings = findings(draft, permissions)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        guard let org = principal.organisation else { throw Failure.forbidden("应用接入") }
        return try await database.write { transaction in
            let clientId = "jw-" + Hex.encode(SecureRandom.bytes(10))
            let id = try transaction.insert(
                """
                INSERT INTO oauth_clients (client_id, name, kind, redirects, grants, scopes, algorithm, org, area, purpose, state, applied_by, applied_by_name, applied_at,
                backchannel_uri, frontchannel_uri, peer, networks, valid_until)
                VALUES (\(clientId), \(draft.name), \(draft.kind.rawValue), \(draft.redirects.joined(separator: "\n")), \(draft.grants.map(\.rawValue).joined(separator: " ")),
                \(draft.scopes.joined(separator: " ")), \(draft.algorithm), \(org), \(principal.area), \(draft.purpose), 'applied', \(principal.id), \(principal.name), \(clock.now),
                \(draft.backChannel), \(draft.frontChannel), \(draft.peer), \(draft.networks.joined(separator: "\n")), \(draft.validUntil))
                """)
            let details: JSONValue = ["scopes": .string(draft.scopes.joined(separator: " ")), "redirects": .string(draft.redirects.joined(separator: " "))]
            try audit.record(AuditEntry("create", "application", "\(id)", "申请接入应用“\(draft.name)”", details: details), by: principal, in: transaction)
            return id
        }
    }

    private func findings(_ draft: ApplicationDraft, _ permissions: Set<String>) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        if !(1...40).contains(draft.name.count) { findings.append(FieldFinding("name", "length", "须为 1–40 个字", title: "应用名称")) }
        if !(1...500).contains(draft.purpose.count) { findings.append(FieldFinding("purpose", "required", "须为 1–500 个字", title: "用途")) }
        if draft.grants.isEmpty { findings.append(FieldFinding("grants", "required", "至少选择一种", title: "授权方式")) }
        if draft.grants.contains(.code), draft.redirects.isEmpty { findings.append(FieldFinding("redirects", "required", "授权码方式须填写", title: "回调地址")) }
        if draft.namesPeer, draft.peer.isEmpty { findings.append(FieldFinding("peer", "required", "必填", title: "对端单位与联系人")) }
        if draft.namesPeer, draft.validUntil == nil { findings.append(FieldFinding("validUntil", "required", "必填，形如 2027-06-30", title: "接入有效期至")) }
        if draft.peer.count > 200 { findings.append(FieldFinding("peer", "length", "至多 200 个字", title: "对端单位与联系人")) }
        let strange = draft.networks.filter { NetworkRange($0) == nil }
        if !strange.isEmpty || draft.networks.count > 50 {
            findings.append(FieldFinding("networks", "format", "不是网段，或超过 50 个：\(strange.joined(separator: "、"))", title: "允许的来源网段"))
        }
        if let day = draft.validUntil, day < clock.today || day > clock.today.adding(days: 3 * 366) {
            findings.append(FieldFinding("validUntil", "range", "须在今天之后三年以内", title: "接入有效期至"))
        }
        let wrong = draft.redirects.filter { !ClientApplication.isRedirect($0) }
        if !wrong.isEmpty || draft.redirects.count > 10 {
            findings.append(FieldFinding("redirects", "format", "须为 https 地址，或本机的 http 地址，至多十个：\(wrong.joined(separator: "、"))", title: "回调地址"))
        }
        for (name, title, address) in [("backChannel", "退出通知地址（后台）", draft.backChannel), ("frontChannel", "退出通知地址（浏览器）", draft.frontChannel)]
        where !address.isEmpty && !ClientApplication.isRedirect(address) {
            findings.append(FieldFinding(name, "format", "须为 https 地址，或本机的 http 地址", title: title))
        }
        if draft.kind == .open, !Set(draft.grants).isDisjoint(with: [.client, .password]) {
            findings.append(FieldFinding("grants", "kind", "不能保管密钥的应用不能使用客户端凭据或密码方式", title: "授权方式"))
        }
        let known = permissions.union(TokenScope.titles.map(\.name))
        let unknown = draft.scopes.filter { !known.contains($0) }
        if draft.scopes.isEmpty { findings.append(FieldFinding("scopes", "required", "至少选择一项", title: "权限范围")) }
        if !unknown.isEmpty { findings.append(FieldFinding("scopes", "unknownCode", "不存在：\(unknown.joined(separator: "、"))", title: "权限范围")) }
        if TokenKey.Algorithm(rawValue: draft.algorithm) == nil { findings.append(FieldFinding("algorithm", "unknownCode", "应为 RS256、ES256 或 SM2", title: "签名算法")) }
        return findings
    }

    /// Approves, rejects, suspends. What is not approved has no valid token from the next request on.
    ///
    /// - Returns: the client's secret when a confidential application is approved and has none yet; shown once.
    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I050` for one's own application.
    package func decide(_ state: ClientApplication.State, _ id: Int64, opinion: String?, by principal: Principal) async throws -> String? {
        try await database.write { transaction in
            try principal.require("application.approve", "应用审批")
            guard let application = try find(id, scope: principal.scope, transaction) else { throw Failure.notFound("应用") }
            let applicant = try transaction.value("SELECT applied_by FROM oauth_clients WHERE id = \(id)")?.int
            guard principal.kind != .user || applicant != principal.id else { throw Failure(.conflict, "JW-I050", "不能审批自己提出的申请") }
            let secret = state == .approved && application.kind == .confidential && application.secretHash == nil ? SecureRandom.token(32) : nil
            try transaction.execute(
                """
                UPDATE oauth_clients SET state = \(state.rawValue), decided_by_name = \(principal.name), decided_at = \(clock.now), opinion = \(opinion),
                secret_hash = \(secret.map { SHA256.hash($0).hex } ?? application.secretHash) WHERE id = \(id)
                """)
            if state != .approved { try transaction.execute("UPDATE oauth_tokens SET revoked_at = \(clock.now) WHERE client = \(id) AND revoked_at IS NULL") }
            try audit.record(
                AuditEntry("approve", "application", "\(id)", "应用“\(application.name)”\(state.title)", details: ["opinion": JSONValue(opinion)]), by: principal, in: transaction)
            return secret
        }
    }

    /// A new secret; the old one and all tokens end at once.
    package func renewSecret(_ id: Int64, by principal: Principal) async throws -> String {
        try await database.write { transaction in
            try principal.require("application.approve", "应用审批")
            guard let application = try find(id, scope: principal.scope, transaction), application.kind == .confidential else { throw Failure.notFound("应用") }
            let secret = SecureRandom.token(32)
            try transaction.execute("UPDATE oauth_clients SET secret_hash = \(SHA256.hash(secret).hex) WHERE id = \(id)")
            try transaction.execute("UPDATE oauth_tokens SET revoked_at = \(clock.now) WHERE client = \(id) AND revoked_at IS NULL")
            try audit.record(AuditEntry("update", "application", "\(id)", "更换应用“\(application.name)”的密钥"), by: principal, in: transaction)
            return secret
        }
    }
}
