import Cryptography
import Identity
import Kernel
import Schedules
import Storage

/// Which browsers may show whose notices.
extension MessageEngine {
    static let deviceLimit = 10

    // MARK: One's own

    /// 允许本机推送: the browser that was another person's becomes this person's; allowing again renews it.
    ///
    /// - Throws: `.invalid` with every finding; `.conflict` `JW-MS31` for one device too many; `.forbidden` for what is no person.
    @discardableResult
    package func subscribe(_ subscription: PushSubscription, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        guard principal.kind == .user else { throw Failure.forbidden("本机推送") }
        guard subscription.findings.isEmpty else { throw Failure.invalid(subscription.findings) }
        let mark = subscription.mark, now = clock.now
        let endpoint = try sealed(subscription.endpoint), auth = try sealed(subscription.auth)
        if let known = try tx.first("SELECT id, user_id FROM push_devices WHERE endpoint_hash = \(mark) AND state = 'active'"), let id = known.int("id") {
            if known.int("user_id") == principal.id {
                try tx.execute("UPDATE push_devices SET title = \(subscription.title), endpoint = \(endpoint), p256dh = \(subscription.p256dh), auth = \(auth) WHERE id = \(id)")
                return id
            }
            try end([id], why: "本机改由他人使用", in: tx)
        }
        let count = try tx.count("SELECT COUNT(*) FROM push_devices WHERE user_id = \(principal.id) AND state = 'active'")
        guard count < Self.deviceLimit else { throw Failure(.conflict, "JW-MS31", "已有 \(count) 台设备允许推送，请先移除不用的设备") }
        let id = try tx.insert(
            """
            INSERT INTO push_devices (user_id, title, endpoint, endpoint_hash, p256dh, auth, state, at)
            VALUES (\(principal.id), \(subscription.title), \(endpoint), \(mark), \(subscription.p256dh), \(auth), 'active', \(now))
            """)
        try audit?.record(AuditEntry("create", "pushDevice", String(id), "允许本机推送：\(subscription.title)"), by: principal, in: tx)
        return id
    }

    /// A person's browsers, the last allowed first.
    package func devices(of principal: Principal, in reader: any Reader) throws -> [PushDevice] {
        try reader.rows(
            """
            SELECT d.*, u.name AS user_name, '' AS org_name FROM push_devices d JOIN users u ON u.id = d.user_id WHERE d.user_id = \(principal.id)
            ORDER BY d.state, d.id DESC LIMIT 30
            """
        ).map(PushDevice.init)
    }

    /// - Throws: `.notFound` for another person's.
    package func removeDevice(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        guard principal.kind == .user, let row = try tx.first("SELECT title FROM push_devices WHERE id = \(id) AND user_id = \(principal.id) AND state = 'active'") else {
            throw Failure.notFound("该设备")
        }
        try end([id], why: "本人移除", in: tx)
        try audit?.record(AuditEntry("delete", "pushDevice", String(id), "停止本机推送：\(row.text("title") ?? "")"), by: principal, in: tx)
    }

    /// 发送测试: goes the way of every message, to all of one's devices.
    ///
    /// - Returns: to how many.
    package func testDevices(by principal: Principal, in tx: any Transaction) throws -> Int {
        let count = try tx.count("SELECT COUNT(*) FROM push_devices WHERE user_id = \(principal.id) AND state = 'active'")
        guard count > 0, principal.kind == .user else { throw Failure(.conflict, "JW-MS32", "还没有允许推送的设备") }
        try post(MessageDraft(Self.pushTest, grade: .notice, title: "推送测试", text: "收到此条说明本机推送正常", path: "/message-settings", users: [principal.id]), in: tx)
        return count
    }

    // MARK: Administrators'

    /// Browsers of people of the reader's scope, newest first.
    package func devices(_ query: PushDeviceQuery, by principal: Principal, in reader: any Reader) throws -> [PushDevice] {
        var conditions: [SQL] = [principal.scope.condition(org: "u.organisation", area: "u.area")]
        if let keyword = query.keyword { conditions.append(.contains(keyword, in: "u.name", "u.login", "d.title", "o.name")) }
        if let state = query.state { conditions.append("d.state = \(state)") }
        if let before = query.before { conditions.append("d.id < \(before)") }
        return try reader.rows(
            """
            SELECT d.*, u.name AS user_name, o.name AS org_name FROM push_devices d JOIN users u ON u.id = d.user_id LEFT JOIN organisations o ON o.id = u.organisation
            WHERE \(SQL.all(of: conditions)) ORDER BY d.id DESC LIMIT \(query.limit)
            """
        ).map(PushDevice.init)
    }

    /// What became of a day's pushes to the people of the reader's scope, and how many of them have a device.
    package func pushFigures(since moment: Moment, by principal: Principal, in reader: any Reader) throws -> (devices: Int, people: Int, sent: Int, shown: Int, dead: Int) {
        let reach = principal.scope.condition(org: "u.organisation", area: "u.area")
        let active = try reader.first(
            "SELECT COUNT(*) AS n, COUNT(DISTINCT d.user_id) AS people FROM push_devices d JOIN users u ON u.id = d.user_id WHERE d.state = 'active' AND \(reach)")
        let sends = try reader.first(
            """
            SELECT COUNT(s.sent_at) AS sent, COUNT(s.shown_at) AS shown, SUM(CASE WHEN s.state = 'dead' THEN 1 ELSE 0 END) AS dead FROM push_sends s
            JOIN push_devices d ON d.id = s.device_id JOIN users u ON u.id = d.user_id WHERE s.at >= \(moment) AND \(reach)
            """)
        func number(_ row: Row?, _ name: String) -> Int { Int(row?.int(name) ?? 0) }
        return (number(active, "n"), number(active, "people"), number(sends, "sent"), number(sends, "shown"), number(sends, "dead"))
    }

    /// An administrator ends a browser of the reader's scope.
    ///
    /// - Throws: `.forbidden`, `.notFound`.
    package func endDevice(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(MessagePermission.deliveries, "推送设备")
        let reach = principal.scope.condition(org: "u.organisation", area: "u.area")
        let found = try tx.first("SELECT d.title, u.name FROM push_devices d JOIN users u ON u.id = d.user_id WHERE d.id = \(id) AND d.state = 'active' AND \(reach)")
        guard let found else { throw Failure.notFound("该设备") }
        try end([id], why: "管理员停用", in: tx)
        let text = "停用“\(found.text("name") ?? "")”的推送设备：\(found.text("title") ?? "")"
        try audit?.record(AuditEntry("delete", "pushDevice", String(id), text), by: principal, in: tx)
    }

    // MARK: Ends

    /// What can no longer be used keeps neither address nor secret.
    func end(_ ids: [Int64], why: String, in tx: any Transaction) throws {
        guard !ids.isEmpty else { return }
        try tx.execute(
            "UPDATE push_devices SET state = 'ended', ended_at = \(clock.now), ended_why = \(why), endpoint = '', auth = '' WHERE id IN (\(list: ids)) AND state = 'active'")
    }

    /// Who is frozen, has left or is past their last day is pushed nothing at once (`pushHandler` asks); within a minute their devices end for good, so that nothing comes back with the account.
    package func endDevicesOfClosedAccounts() async throws -> Int {
        try await database.write { [self] tx in
            let ids = try tx.rows(
                """
                SELECT d.id FROM push_devices d JOIN users u ON u.id = d.user_id WHERE d.state = 'active' AND (u.state <> 'active' OR u.expires_at <= \(clock.now)) ORDER BY d.id LIMIT 500
                """
            ).compactMap { $0[0].int }
            guard !ids.isEmpty else { return 0 }
            try end(ids, why: "账号已停用", in: tx)
            try audit?.record(AuditEntry("delete", "pushDevice", "", "账号停用，结束 \(ids.count) 台设备的推送"), by: .system("消息推送"), in: tx)
            return ids.count
        }
    }

    package func jobs() -> [JobDeclaration] {
        [JobDeclaration("pushEndings", "停用账号的设备结束推送", every: 60) { [self] _ in _ = try await endDevicesOfClosedAccounts() }]
    }

    private func sealed(_ text: String) throws -> String { try phones?.seal(text) ?? text }
}

/// What administrators look for among devices.
package struct PushDeviceQuery: Sendable {
    package var keyword: String?
    package var state: String?
    package var before: Int64?
    package var limit: Int

    package init(keyword: String? = nil, state: String? = nil, before: Int64? = nil, limit: Int) {
        self.keyword = keyword
        self.state = state
        self.before = before
        self.limit = limit
    }
}
