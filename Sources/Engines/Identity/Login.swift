import Cryptography
import Kernel
import Storage

/// What somebody at the door brings.
package struct LoginAttempt: Sendable {
    package var login: String
    package var password: String
    package var address: String
    package var agent: String
    /// Id and reading of the picture, where one was shown.
    package var captcha: (id: String, answer: String)?
    /// The secret of the computer's own cookie.
    package var device: String?

    var entrance: Entrance { Entrance(address: address, agent: agent, device: device) }

    package init(login: String, password: String, address: String, agent: String, captcha: (id: String, answer: String)? = nil) {
        self.login = login
        self.password = password
        self.address = address
        self.agent = agent
        self.captcha = captcha
    }
}

/// Where a login stands after the password was right.
package enum LoginStep: Sendable {
    case opened(NewSession)
    /// A one-time code is still to come; the text goes with it and is good for five minutes.
    case secondFactor(pending: String)
}

extension Sessions {
    /// Signs in. The answer to a wrong password takes as long and says as much as the one to a login that does not exist.
    ///
    /// - Parameter asksCaptcha: false for callers that cannot show a picture.
    /// - Throws: `.tooMany` `JW-I010` (limits), `JW-C041` (too many hash at once); `.invalid` `JW-I015` (a picture must be read first), `JW-I016` (read wrongly);
    ///   `.unauthenticated` `JW-I011` (login or password wrong); `.forbidden` `JW-I012` (frozen or its organisation retired), `JW-I013` (network), `JW-I014` (hours),
    ///   `JW-I018` (expired), `JW-I019` (unused for too long), `JW-I060` (a computer not registered yet), `JW-I061` (one refused); these said only to who knows the password.
    package func login(_ attempt: LoginAttempt, asksCaptcha: Bool = true) async throws -> LoginStep {
        let login = String(User.normalized(attempt.login).prefix(64))
        let limits = policies.current.limits
        if asksCaptcha { try await checkCaptcha(login, attempt) }
        let number = try await admit(login, attempt.address, limits)
        let account = try await database.read { try Account.load(where: "u.login = \(login)", at: clock.now, $0) }
        let isRight: Bool
        var upgraded: String?
        do {
            let stored = account?.passwordHash ?? PasswordHash.decoy(cost: hasher.cost)
            isRight = attempt.password.utf8.count <= 512 ? try await hasher.verify(attempt.password, against: stored) : false
            if isRight, account != nil, hasher.needsUpgrade(stored) { upgraded = try await hasher.make(attempt.password) }
        } catch {
            // Not the user's failure: it must not count as one.
            try await database.write { _ = try $0.execute("DELETE FROM login_attempts WHERE id = \(number)") }
            throw error
        }
        guard isRight, let account else { throw try await failed(login, number, account, attempt.address, Failure(.unauthenticated, "JW-I011", "登录名或密码错误")) }
        guard account.secondFactor == nil || account.refusal(policies.current, from: attempt.address, at: clock.now) != nil else {
            return .secondFactor(pending: try pending(account, number, attempt.entrance))
        }
        return .opened(try await open(account, [number], upgraded, attempt.entrance))
    }

    /// What the second step begins with.
    func pending(_ account: Account, _ attempt: Int64, _ entrance: Entrance) throws -> String {
        try Pending(user: account.principal.id, attempt: attempt, until: clock.now.adding(seconds: 300), password: account.passwordHash, entrance: entrance).sealed(keys)
    }

    /// The same for accounts without a second factor, by callers that cannot show a picture.
    ///
    /// - Throws: as above; `.forbidden` `JW-I017` when the account has a second factor.
    package func login(_ login: String, password: String, address: String, agent: String) async throws -> NewSession {
        switch try await self.login(LoginAttempt(login: login, password: password, address: address, agent: agent), asksCaptcha: false) {
        case .opened(let new): return new
        case .secondFactor: throw Failure(.forbidden, "JW-I017", "此账号已开启动态口令，请在登录页面登录")
        }
    }

    /// Whether the login page must show a picture.
    package func asksCaptcha(_ login: String, from address: String) async throws -> Bool {
        let (limits, now) = (policies.current.limits, clock.now)
        let name = String(User.normalized(login).prefix(64))
        return try await database.read { try limits.asksCaptcha(name, from: address, at: now, $0) }
    }

    private func checkCaptcha(_ login: String, _ attempt: LoginAttempt) async throws {
        guard try await asksCaptcha(login, from: attempt.address) else { return }
        guard let captcha = attempt.captcha, !captcha.answer.isEmpty else {
            try await blocks.report(.guessing, from: attempt.address)
            throw Failure(.invalid, "JW-I015", "请输入图中的验证码")
        }
        guard try await database.write({ try challenges.accepts(captcha.answer, of: captcha.id, in: $0) }) else {
            try await blocks.report(.guessing, from: attempt.address)
            throw Failure(.invalid, "JW-I016", "验证码不正确或已过期，请重新输入")
        }
    }

    /// The second step.
    ///
    /// - Parameter code: six digits of the authenticator program, or a recovery code.
    /// - Throws: `.unauthenticated` `JW-I042` (begin anew), `JW-I043` (code wrong); `.tooMany` `JW-I010`; `.forbidden` as `login`.
    package func finish(_ pending: String, code: String, address: String, agent: String) async throws -> NewSession {
        guard let known = Pending(sealed: pending, keys), clock.now < known.until,
            let account = try await database.read({ try Account.load(where: "u.id = \(known.user)", at: clock.now, $0) }),
            account.passwordHash == known.password, account.secondFactor != nil
        else { throw Failure(.unauthenticated, "JW-I042", "登录已超时，请重新输入密码") }
        let (limits, login) = (policies.current.limits, account.principal.login)
        let number = try await admit(login, address, limits)
        let isRight = try await database.write { transaction -> Bool in
            guard let fresh = try Account.load(where: "u.id = \(known.user)", at: clock.now, transaction)?.secondFactor,
                let next = try fresh.accepting(code, keys: keys, at: clock.now)
            else {
                return false
            }
            try next.store(of: known.user, in: transaction)
            return true
        }
        guard isRight else { throw try await failed(login, number, account, address, Failure(.unauthenticated, "JW-I043", "动态口令不正确或已使用过")) }
        var entrance = known.entrance
        (entrance.address, entrance.agent) = (address, agent)
        return try await open(account, [known.attempt, number], nil, entrance)
    }

    /// Who goes on guessing after the limit is told so, and counted (`AddressBlocks`).
    private func admit(_ login: String, _ address: String, _ limits: LoginLimits) async throws -> Int64 {
        do {
            return try await database.write { try limits.admit(login, from: address, at: clock.now, in: $0) }
        } catch let failure as Failure where failure.kind == .tooMany {
            try await blocks.report(.guessing, from: address)
            throw failure
        }
    }

    private func failed(_ login: String, _ attempt: Int64, _ account: Account?, _ address: String, _ failure: Failure) async throws -> Failure {
        let limits = policies.current.limits
        try await database.write { transaction in
            try transaction.execute("UPDATE login_attempts SET outcome = 'failed' WHERE id = \(attempt)")
            var actor = account?.principal ?? Principal(kind: .user, id: 0, login: login, name: login, permissions: [], scope: .nothing)
            actor.address = address
            if account != nil {
                let until = try limits.lockedUntil(login, at: clock.now, transaction)
                try transaction.execute("UPDATE users SET failed_count = failed_count + 1, locked_until = \(until) WHERE id = \(actor.id)")
            }
            let what = failure.code == "JW-I043" ? "动态口令不符" : "登录失败"
            try audit.record(AuditEntry("loginFailed", "session", "", "\(what)（\(login)）"), by: actor, in: transaction)
        }
        try await blocks.report(.guessing, from: address)
        return failure
    }

    func open(_ seen: Account, _ attempts: [Int64], _ upgraded: String?, _ entrance: Entrance) async throws -> NewSession {
        let address = entrance.address
        let token = SecureRandom.token(32)
        let key = SHA256.hash(token)
        let now = clock.now
        let policy = policies.current
        let expiresAt = now.adding(seconds: policy.absoluteSeconds)
        let opened = try await database.write { transaction -> Result<(Session, [SessionMark]), Failure> in
            // Asked again: what was read before the hash was computed may have changed.
            let userId = seen.principal.id
            let post = try ActingPost.main(of: userId, transaction)
            guard let account = try Account.load(where: "u.id = \(userId)", at: now, in: post, transaction), account.passwordHash == seen.passwordHash else {
                throw Failure(.unauthenticated, "JW-I011", "登录名或密码错误")
            }
            var actor = account.principal
            actor.address = address
            let marks = try unusual(of: actor.login, address, policy, now, transaction)
            try transaction.execute("UPDATE login_attempts SET outcome = 'accepted' WHERE id IN (\(list: attempts))")
            if let refusal = account.refusal(policy, from: address, at: now) {
                try audit.record(AuditEntry("loginFailed", "session", "", "登录失败：\(refusal.message)"), by: actor, in: transaction)
                return .failure(refusal)
            }
            if let refusal = BrowserFloor.refusal(policy.oldestBrowsers, entrance.agent) {
                try audit.record(AuditEntry("loginFailed", "session", "", "登录失败：\(refusal.message)"), by: actor, in: transaction)
                return .failure(refusal)
            }
            let (terminal, unregistered) = try terminals.check(account, policy, entrance, at: now, in: transaction)
            if let unregistered {
                try audit.record(AuditEntry("loginFailed", "session", "", "登录失败：终端未登记"), by: actor, in: transaction)
                return .failure(unregistered)
            }
            if let certificate = entrance.certificate {
                try transaction.execute("UPDATE user_certificates SET last_used_at = \(now) WHERE id = \(certificate)")
            }
            let id = try transaction.insert(
                """
                INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at, address, agent, confirmed_at, marks, method, terminal_id, certificate_id, unit_id)
                VALUES (\(key.bytes), \(userId), \(now), \(now), \(expiresAt), \(address), \(String(entrance.agent.prefix(200))), \(now), \(marks.map(\.rawValue).joined(separator: ",")),
                \(entrance.method.rawValue), \(terminal), \(entrance.certificate), \(account.principal.post?.unit))
                """)
            try endOldest(of: userId, policy, now, transaction)
            try transaction.execute(
                """
                UPDATE users SET failed_count = 0, locked_until = NULL, last_login_at = \(now), last_login_address = \(address), password_hash = \(upgraded ?? account.passwordHash)
                WHERE id = \(userId)
                """)
            if upgraded != nil { try audit.sealUsers([userId], in: transaction) }
            let acting = account.principal.post.map { ["岗位：\($0.fullTitle)"] } ?? []
            let words = acting + (entrance.method == .password ? [] : [entrance.method.title]) + marks.map(\.title)
            let remark = words.isEmpty ? "" : "（\(words.joined(separator: "、"))）"
            try audit.record(
                AuditEntry("login", "session", "\(id)", "登录\(remark)", details: marks.isEmpty ? .null : ["marks": .array(marks.map { .string($0.rawValue) })]), by: actor,
                in: transaction)
            var session = Self.session(id: id, key, account, policy, createdAt: now, expiresAt: expiresAt, confirmedAt: now, now: now)
            session.principal.address = address
            session.principal.terminal = terminal
            session.principal.applyLimits(at: now)
            return .success((session, marks))
        }
        let (session, marks) = try opened.get()
        return NewSession(token: token, session: session, isNewAddress: marks.contains(.newAddress))
    }

    /// What is unusual about this login, by the person's own logins of the last months; nothing for the first ones.
    private func unusual(of login: String, _ address: String, _ policy: SignInPolicy, _ now: Moment, _ reader: any Reader) throws -> [SessionMark] {
        let earlier = try reader.rows("SELECT at FROM login_attempts WHERE login = \(login) AND outcome = 'accepted' ORDER BY id DESC LIMIT 200").compactMap { $0.moment("at") }
        var marks: [SessionMark] = []
        if !earlier.isEmpty, try !policy.limits.knows(address, of: login, at: now, reader) { marks.append(.newAddress) }
        let minute = now.minuteOfDay
        let isUsual = earlier.contains { moment in
            let apart = abs(moment.minuteOfDay - minute)
            return min(apart, 1440 - apart) <= 120
        }
        if earlier.count >= 10, !isUsual { marks.append(.oddHour) }
        return marks
    }

    /// Keeps as many living sessions as the policy allows, the latest used.
    private func endOldest(of user: Int64, _ policy: SignInPolicy, _ now: Moment, _ transaction: any Transaction) throws {
        guard policy.concurrentSessions > 0 else { return }
        let idle = now.adding(seconds: -policy.idleSeconds)
        let surplus = try transaction.rows(
            """
            SELECT id FROM sessions WHERE user_id = \(user) AND expires_at > \(now) AND last_seen_at > \(idle)
            ORDER BY last_seen_at DESC, id DESC LIMIT 1000 OFFSET \(policy.concurrentSessions)
            """
        ).compactMap { $0.int("id") }
        guard !surplus.isEmpty else { return }
        try transaction.execute("DELETE FROM sessions WHERE id IN (\(list: surplus))")
        version.bump(after: transaction)
    }
}

/// What stands between the two steps, sealed so that it says nothing and cannot be made elsewhere.
private struct Pending {
    var user: Int64
    var attempt: Int64
    var until: Moment
    /// The hash that was right, so that a change of password ends the login.
    var password: String
    var entrance: Entrance

    init(user: Int64, attempt: Int64, until: Moment, password: String, entrance: Entrance) {
        self.user = user
        self.attempt = attempt
        self.until = until
        self.password = password
        self.entrance = entrance
    }

    func sealed(_ keys: KeyRing) throws -> String {
        let value: JSONValue = [
            "login": "pending", "user": .int(user), "attempt": .int(attempt), "until": .int(until.milliseconds), "password": .string(password),
            "device": JSONValue(entrance.device), "method": .string(entrance.method.rawValue), "certificate": JSONValue(entrance.certificate),
        ]
        return try keys.seal(value.text)
    }

    /// Nil for anything that `sealed` did not make.
    init?(sealed: String, _ keys: KeyRing) {
        guard let json = try? JSONValue(parsing: keys.open(sealed)), json["login"]?.string == "pending", let user = json["user"]?.int, let attempt = json["attempt"]?.int,
            let until = json["until"]?.int, let password = json["password"]?.string
        else { return nil }
        var entrance = Entrance(address: "", agent: "", device: json["device"]?.string)
        entrance.method = json["method"]?.string.flatMap(SignInMethod.init) ?? .password
        entrance.certificate = json["certificate"]?.int
        self.init(user: user, attempt: attempt, until: Moment(milliseconds: until), password: password, entrance: entrance)
    }
}
