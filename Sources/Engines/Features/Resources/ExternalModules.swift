import Identity
import Kernel
import Storage

/// A module of another system with what can be done in it (B5.1.7): its acts are granted to roles here like our own permissions, `ext.MODULE.ACT`.
package struct ExternalModule: Sendable, Equatable {
    package struct Act: Sendable, Equatable {
        package var name: String
        package var title: String

        package init(name: String, title: String) {
            self.name = name
            self.title = title
        }
    }

    package var id: Int64
    /// The application that registered it, and asks.
    package var application: Int64
    package var applicationName: String
    package var code: String
    package var title: String
    package var acts: [Act]
    package var updatedAt: Moment
}

/// What one asks of the access decision, and gets.
package struct AccessDecision: Sendable, Equatable {
    package var isAllowed: Bool
    package var reason: String
    package var organisation: Int64?
    package var area: String?
}

/// Modules of other systems, and the one answer to whether somebody may do something in them.
package struct ExternalModules: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let identity: IdentityEngine

    package static let mostActs = 100

    package init(_ platform: Platform) {
        database = platform.database
        clock = platform.clock
        audit = platform.audit
        identity = platform.identity
    }

    static let tables = [
        Table(
            "external_modules",
            columns: [
                Column("application", .integer, required: true), Column("application_name", .text, required: true), Column("code", .text, required: true),
                Column("title", .text, required: true), Column("acts", .text, required: true), Column("updated_at", .integer, required: true),
            ], indexes: [Index("code", unique: true), Index("application")])
    ]

    package static func permission(_ module: String, _ act: String) -> String { "ext.\(module).\(act)" }

    package func all(keyword: String? = nil, _ reader: any Reader) throws -> [ExternalModule] {
        var parts: [SQL] = ["1 = 1"]
        if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "code", "title", "application_name")) }
        return try reader.rows("SELECT * FROM external_modules WHERE \(SQL.all(of: parts)) ORDER BY code LIMIT 1000").map(Self.module)
    }

    private func find(_ code: String, _ reader: any Reader) throws -> ExternalModule? {
        try reader.first("SELECT * FROM external_modules WHERE code = \(code)").map(Self.module)
    }

    private static func module(_ row: Row) -> ExternalModule {
        let acts = (row.text("acts") ?? "").split(separator: "\n").map { line -> ExternalModule.Act in
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            return ExternalModule.Act(name: parts.first ?? "", title: parts.count > 1 ? parts[1] : parts.first ?? "")
        }
        return ExternalModule(
            id: row.int("id") ?? 0, application: row.int("application") ?? 0, applicationName: row.text("application_name") ?? "", code: row.text("code") ?? "",
            title: row.text("title") ?? "", acts: acts, updatedAt: row.moment("updated_at") ?? Moment(milliseconds: 0))
    }

    /// An application says what it has. Acts that are gone are granted to nobody any more.
    ///
    /// - Throws: `.forbidden` for who is no application; `.invalid` with every finding.
    package func register(code: String, title: String, acts: [ExternalModule.Act], by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("access.register", "模块注册")
            guard principal.kind == .client else { throw Failure(.forbidden, "JW-F030", "只有接入的应用可以注册自己的模块") }
            let old = try find(code, tx)
            let findings = check(code, title, acts, old, principal)
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            let text = acts.map { "\($0.name) \($0.title)" }.joined(separator: "\n")
            try tx.execute(
                """
                INSERT INTO external_modules (application, application_name, code, title, acts, updated_at) VALUES (\(principal.id), \(principal.name), \(code), \(title), \(text), \(clock.now))
                ON CONFLICT (code) DO UPDATE SET title = excluded.title, acts = excluded.acts, application_name = excluded.application_name, updated_at = excluded.updated_at
                """)
            let (from, to) = ("ext.\(code).", "ext.\(code)/")
            try tx.execute("UPDATE permissions SET is_declared = 0 WHERE name >= \(from) AND name < \(to)")
            for act in acts {
                try tx.execute(
                    """
                    INSERT INTO permissions (name, title, area, default_roles, is_declared) VALUES (\(Self.permission(code, act.name)), \("\(title)：\(act.title)"), \(principal.name), '', 1)
                    ON CONFLICT (name) DO UPDATE SET title = excluded.title, area = excluded.area, is_declared = 1
                    """)
            }
            try tx.execute(
                "DELETE FROM role_permissions WHERE permission >= \(from) AND permission < \(to) AND permission NOT IN (SELECT name FROM permissions WHERE is_declared = 1)")
            try audit.sealAllRoles(in: tx)
            let details: JSONValue = ["acts": .string(acts.map(\.name).joined(separator: ","))]
            try audit.record(
                AuditEntry(old == nil ? "create" : "update", "externalModule", code, "应用“\(principal.name)”注册模块“\(title)”，\(acts.count) 项操作", details: details), by: principal,
                in: tx)
            tx.signal(IdentityVersion.signal, "")
            tx.afterCommit { identity.version.bump() }
        }
    }

    private func check(_ code: String, _ title: String, _ acts: [ExternalModule.Act], _ old: ExternalModule?, _ principal: Principal) -> [FieldFinding] {
        func isName(_ text: String) -> Bool {
            (2...40).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45 }
        }
        var findings: [FieldFinding] = []
        if !isName(code) { findings.append(FieldFinding("code", "format", "须为 2–40 位字母、数字、下划线或连字符", title: "模块编码")) }
        if let old, old.application != principal.id { findings.append(FieldFinding("code", "taken", "已由“\(old.applicationName)”注册", title: "模块编码")) }
        if !(2...40).contains(title.count) { findings.append(FieldFinding("title", "length", "须为 2–40 个字", title: "模块名称")) }
        if acts.isEmpty || acts.count > Self.mostActs { findings.append(FieldFinding("acts", "range", "须为 1–\(Self.mostActs) 项", title: "操作")) }
        if Set(acts.map(\.name)).count != acts.count { findings.append(FieldFinding("acts", "duplicate", "有重复的操作编码", title: "操作")) }
        for act in acts where !isName(act.name) || !(1...40).contains(act.title.count) || act.title.contains(where: \.isNewline) {
            findings.append(FieldFinding("acts", "format", "操作“\(act.name)”的编码须为 2–40 位字母、数字、下划线或连字符，名称须为 1–40 个字", title: "操作"))
        }
        return findings
    }

    /// Whether a person may do an act of the asking application's module; every question stands in the book.
    ///
    /// - Parameter address: from where the person works, where the asker knows it: limits by network go by it.
    /// - Throws: `.forbidden`; `.notFound` for a module or act that the asker did not register.
    package func decide(login: String, module: String, act: String, address: String, by principal: Principal) async throws -> AccessDecision {
        try await database.write { tx in
            try principal.require("access.decide", "权限查询")
            guard principal.kind == .client, let found = try find(module, tx), found.application == principal.id, let named = found.acts.first(where: { $0.name == act }) else {
                throw Failure.notFound("本应用注册的模块或操作")
            }
            let decision = try judge(login, Self.permission(module, act), address, tx)
            let words = "\(decision.isAllowed ? "允许" : "不允许")“\(login)”在“\(found.title)”\(named.title)：\(decision.reason)"
            try audit.record(AuditEntry("decide", "accessDecision", "\(module).\(act)", words), by: principal, in: tx)
            return decision
        }
    }

    private func judge(_ login: String, _ permission: String, _ address: String, _ reader: any Reader) throws -> AccessDecision {
        guard let user = try identity.users.find(login: login, reader), let standing = try identity.sessions.standing(of: user.id, reader) else {
            return AccessDecision(isAllowed: false, reason: "没有此用户")
        }
        var person = standing.principal
        person.address = address
        person.applyLimits(at: clock.now)
        let (org, area) = (person.organisation, person.area)
        guard standing.isActive else { return AccessDecision(isAllowed: false, reason: "账号或所属机构已停用", organisation: org, area: area) }
        if person.may(permission) { return AccessDecision(isAllowed: true, reason: "所持角色有此权限", organisation: org, area: area) }
        let limits = person.limits.filter { $0.permissions.contains(permission) }.compactMap { $0.fault(at: clock.now, from: address) }
        return AccessDecision(isAllowed: false, reason: limits.first.map { "条件授权：\($0)" } ?? "所持角色没有此权限", organisation: org, area: area)
    }
}
