import Cryptography
import Kernel
import Storage

/// Asking for an account and deciding on it (D9.2.7).
///
/// The door says only what is wrong with the form itself: whether a login or an organisation exists is told to whoever decides, never to who asks.
package struct Registrations: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let users: Users
    let organisations: Organisations
    let challenges: LoginChallenges
    let policies: PolicyBook
    let phones: FieldCipher

    /// From one address within an hour.
    package static let mostAnHour = 5
    /// Undecided in all; more are asked to come again.
    static let mostPending = 5_000

    package var isOn: Bool { policies.current.selfRegistration }

    /// What the picture at the door asks; see `LoginChallenges`.
    package func challenge() async throws -> String { try await challenges.make() }

    // MARK: Asking

    /// - Returns: the number of the application.
    /// - Throws: `.notFound` `JW-I050` while nobody may register; `.tooMany` `JW-I051`; `.invalid` `JW-K422` with every finding.
    package func apply(_ draft: RegistrationDraft, from address: String) async throws -> String {
        guard isOn else { throw Failure(.notFound, "JW-I050", "本系统未开放自助注册，请联系管理员开通账号") }
        let isHuman = try await database.write { tx in
            try requireRoom(address, tx)
            return try challenges.accepts(draft.captcha.answer, of: draft.captcha.id, in: tx)
        }
        var findings = findings(draft)
        if !isHuman { findings.append(FieldFinding("captcha", "captcha", "不正确或已过期，请按新图重新填写", title: "验证码")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        // As long whether the login exists or not.
        let hash = try await users.hasher.make(draft.password)
        let number = "ZC" + SecureRandom.token(9).uppercased().filter { $0.isLetter || $0.isNumber }.prefix(10)
        try await database.write { tx in
            try requireRoom(address, tx)
            let found = try organisations.find(code: draft.code, tx)
            let owner = draft.kind == .person ? found.flatMap { $0.state == .active ? $0 : nil } : nil
            let id = try tx.insert(
                """
                INSERT INTO registrations (number, kind, state, login, name, phone, code, company, org, area, purpose, password_hash, address, at)
                VALUES (\(number), \(draft.kind.rawValue), 'pending', \(draft.login), \(draft.name), \(try phones.seal(draft.phone)), \(draft.code), \(draft.company), \(owner?.id),
                \(owner?.area ?? draft.county), \(draft.purpose), \(hash), \(address), \(clock.now))
                """)
            var asker = Principal.system("自助注册")
            asker.address = address
            try audit.record(AuditEntry("create", "registration", "\(id)", "\(draft.kind.title)申请 \(number)：\(draft.login)"), by: asker, in: tx)
        }
        return number
    }

    private func requireRoom(_ address: String, _ reader: any Reader) throws {
        let recent = try reader.count("SELECT count(*) FROM registrations WHERE address = \(address) AND at > \(clock.now.adding(seconds: -3600))")
        guard recent < Self.mostAnHour else { throw Failure(.tooMany, "JW-I051", "此网络地址申请过于频繁，请一小时后再试") }
        let pending = try reader.count("SELECT count(*) FROM (SELECT 1 FROM registrations WHERE state = 'pending' LIMIT \(Self.mostPending)) AS waiting")
        guard pending < Self.mostPending else { throw Failure(.tooMany, "JW-I051", "待审核的申请过多，请稍后再试") }
    }

    /// Only of the form itself, in form order.
    private func findings(_ draft: RegistrationDraft) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        if draft.kind == .enterprise {
            if !CreditCode(normalizing: draft.code).isValid { findings.append(FieldFinding("code", "format", "不是有效的统一社会信用代码", title: "统一社会信用代码")) }
            if !(2...60).contains(draft.company.count) { findings.append(FieldFinding("company", "length", "须为 2–60 个字", title: "企业名称")) }
        } else if !(2...64).contains(draft.code.utf8.count) {
            findings.append(FieldFinding("code", "length", "不能为空", title: "所在单位编号"))
        }
        if Region(code: draft.county)?.level != .county { findings.append(FieldFinding("county", "unknown", "请选择", title: "县（区、市）")) }
        if !(1...30).contains(draft.name.count) { findings.append(FieldFinding("name", "length", "须为 1–30 个字", title: "姓名")) }
        if !Phone(normalizing: draft.phone).isValid { findings.append(FieldFinding("phone", "format", "不是有效的电话号码", title: "联系电话")) }
        if !Users.isLogin(draft.login) { findings.append(FieldFinding("login", "format", "须为 3–32 位小写字母、数字或 . _ -，以字母或数字开头", title: "登录名")) }
        findings += policies.current.password.findings(for: draft.password, login: draft.login)
        if !(2...200).contains(draft.purpose.count) { findings.append(FieldFinding("purpose", "length", "须为 2–200 个字", title: "用途")) }
        return findings
    }

    /// For who asked: nil for a wrong number and for a wrong telephone number alike.
    package func standing(of number: String, phone: String) async throws -> Registration? {
        try await database.read { reader in
            guard let row = try reader.first("SELECT * FROM registrations WHERE number = \(number.uppercased().filter { !$0.isWhitespace })") else { return nil }
            let known = try registration(row)
            return known.phone == phone.filter { !$0.isWhitespace } ? known : nil
        }
    }

    // MARK: Deciding

    package func page(
        state: Registration.State?, keyword: String? = nil, scope: DataScope, before: Int64? = nil, limit: Int = 50, _ reader: any Reader
    ) throws -> [Registration] {
        var conditions: [SQL] = [scope.condition()]
        if let state { conditions.append("state = \(state.rawValue)") }
        if let keyword, !keyword.isEmpty {
            conditions.append("login = \(User.normalized(keyword)) OR name = \(keyword) OR number = \(keyword) OR code = \(keyword) OR company = \(keyword)")
        }
        if let before { conditions.append("id < \(before)") }
        return try reader.rows("SELECT * FROM registrations WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(limit)").map(registration)
    }

    package func find(_ id: Int64, scope: DataScope, _ reader: any Reader) throws -> Registration? {
        try reader.first("SELECT * FROM registrations WHERE id = \(id) AND \(scope.condition())").map(registration)
    }

    private func registration(_ row: Row) throws -> Registration { Registration(row, phone: try phones.open(row.text("phone") ?? "")) }

    /// What stands in the way, as the form of an account would say it; empty when it may be approved.
    package func obstacles(_ one: Registration, _ reader: any Reader) throws -> [String] {
        var out: [String] = []
        if try reader.count("SELECT count(*) FROM users WHERE login = \(one.login)") > 0 { out.append("登录名“\(one.login)”已被使用") }
        let found = try organisations.find(code: one.code, reader)
        switch one.kind {
        case .person: if one.org == nil { out.append("没有编号为“\(one.code)”的在用机构") }
        case .enterprise: if let found { out.append("统一社会信用代码已登记为“\(found.name)”，请申请人改以个人账号加入") }
        }
        return out
    }

    /// An account with the password that was chosen, which must be changed at the first sign-in; for an enterprise its organisation first.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I052` when it was decided already; `.invalid` with findings of the account or the organisation.
    package func approve(_ id: Int64, role: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            let (one, hash) = try undecided(id, by: principal, tx)
            let obstacles = try obstacles(one, tx)
            guard obstacles.isEmpty else { throw Failure.invalid(obstacles.map { FieldFinding("role", "obstacle", $0, title: "") }) }
            var org = one.org
            if one.kind == .enterprise {
                let county = try one.area.flatMap { try organisations.find(code: $0, tx) }
                let draft = OrganisationDraft(parent: county?.id, kind: .enterprise, code: one.code, name: one.company, area: one.area ?? "")
                org = try organisations.create(draft, by: principal, in: tx).id
            }
            let account = UserDraft(login: one.login, name: one.name, phone: one.phone, organisation: org, roles: [role])
            let user = try users.insert(account, passwordHash: hash, by: principal, in: tx)
            try decide(one, .approved, reason: nil, user: user, org: org, by: principal, in: tx)
        }
    }

    /// - Throws: as `approve`; `.invalid` for the reason.
    package func refuse(_ id: Int64, reason: String, by principal: Principal) async throws {
        guard (2...200).contains(reason.count) else { throw Failure.invalid([FieldFinding("reason", "length", "须为 2–200 个字", title: "原因")]) }
        try await database.write { tx in
            let (one, _) = try undecided(id, by: principal, tx)
            try decide(one, .refused, reason: reason, user: nil, org: one.org, by: principal, in: tx)
        }
    }

    private func undecided(_ id: Int64, by principal: Principal, _ tx: any Transaction) throws -> (Registration, String) {
        try principal.require("registration.review", "审核注册申请")
        guard let row = try tx.first("SELECT * FROM registrations WHERE id = \(id) AND \(principal.scope.condition())") else { throw Failure.notFound("该申请") }
        let one = try registration(row)
        guard one.state == .pending, let hash = row.text("password_hash") else { throw Failure(.conflict, "JW-I052", "该申请已审核（\(one.state.title)）") }
        return (one, hash)
    }

    /// The hash goes with the decision: nothing of the password is kept twice.
    private func decide(
        _ one: Registration, _ state: Registration.State, reason: String?, user: Int64?, org: Int64?, by principal: Principal, in tx: any Transaction
    ) throws {
        try tx.execute(
            """
            UPDATE registrations SET state = \(state.rawValue), password_hash = NULL, decided_at = \(clock.now), decided_by = \(principal.id), decided_by_name = \(principal.name),
            reason = \(reason), user_id = \(user), org = \(org) WHERE id = \(one.id)
            """)
        let words = "\(one.kind.title)申请 \(one.number)（\(one.login)）\(state.title)" + (reason.map { "：\($0)" } ?? "")
        try audit.record(AuditEntry("update", "registration", "\(one.id)", words), by: principal, in: tx)
    }
}
