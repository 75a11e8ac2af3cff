import Identity
import Kernel
import Storage
import Testing

@Suite("B5.2.1.1 局点")
struct TenantTests {
    let house: House

    init() async throws {
        house = try await House()
        try await house.user("boss", .city, in: house.organisation("1301"))
        try await house.user("wang", .county, in: house.organisation("130102"))
        try await house.user("keeper", .enterpriseGuard, in: house.steel)
    }

    private var tenants: Tenants { house.engine.tenants }

    private func apply(_ name: String = "长安局点", at code: String = "130102", edition: Tenant.Edition = .basic) async throws -> Int64 {
        let top = try await house.organisation(code)
        return try await tenants.apply(TenantDraft(name: name, organisation: top.id, edition: edition, purpose: "示例用途", contact: "张三 0311"), by: house.principal("boss"))
    }

    @discardableResult
    private func open(_ name: String = "长安局点", at code: String = "130102", users: Int = 50) async throws -> Int64 {
        let id = try await apply(name, at: code)
        try await tenants.review(id, agrees: true, quota: TenantQuota(users: users, organisations: 20), opinion: "同意", by: .system())
        return id
    }

    private func state(_ id: Int64) async throws -> Tenant.State? { try await house.database.read { try tenants.find(id, scope: .everything, $0)?.state } }

    @Test func `applied for, reviewed by another, opened; every step is written down`() async throws {
        let id = try await apply()
        #expect(try await state(id) == .applied)
        var own = try await house.principal("boss")
        own.permissions.insert("tenant.review")
        let asker = own
        #expect(await failureCode { try await tenants.review(id, agrees: true, quota: TenantQuota(users: 5, organisations: 5), opinion: "同意", by: asker) } == "JW-I121")
        #expect(
            await findings { try await tenants.review(id, agrees: true, quota: TenantQuota(users: 0, organisations: 0), opinion: "", by: .system()) } == [
                "users.range", "organisations.range", "reason.length",
            ])
        try await tenants.review(id, agrees: true, quota: TenantQuota(users: 5, organisations: 5), opinion: "同意", by: .system())
        #expect(try await state(id) == .open)
        #expect(await failureCode { try await tenants.review(id, agrees: false, quota: TenantQuota(users: 5, organisations: 5), opinion: "再看", by: .system()) } == "JW-I120")
        #expect(try await house.database.read { try tenants.history(of: id, $0).map(\.act) } == ["审核通过，开通", "申请"])
    }

    @Test func `tenants do not nest and have names of their own`() async throws {
        try await open()
        let boss = try await house.principal("boss")
        func tries(_ name: String, _ code: String) async throws -> [String] {
            let top = try await house.organisation(code).id
            return await findings { _ = try await tenants.apply(TenantDraft(name: name, organisation: top, edition: .basic, purpose: "示例用途", contact: "张三"), by: boss) }
        }
        #expect(try await tries("长安局点", "130104") == ["name.duplicate"])
        #expect(try await tries("石家庄局点", "1301") == ["organisation.nested"])
        #expect(try await tries("钢铁局点", "91130100A") == ["organisation.nested"])
        #expect(try await tries("桥西局点", "130104") == [])
    }

    @Test func `suspended, nobody of it stays or comes in, the others do; resumed they come again; closed is for good`() async throws {
        let id = try await open()
        let (wang, keeper, boss) = (try await house.login("wang"), try await house.login("keeper"), try await house.login("boss"))
        try await tenants.setState(.suspended, of: id, reason: "欠缺材料", by: .system())
        #expect(try await house.session(wang.token) == nil)
        #expect(try await house.session(keeper.token) == nil)
        #expect(try await house.session(boss.token) != nil)
        #expect(await failureCode { _ = try await house.login("wang") } == "JW-I112")
        try await tenants.setState(.open, of: id, reason: "材料已补", by: .system())
        _ = try await house.login("wang")
        try await tenants.setState(.closed, of: id, reason: "业务终止", by: .system())
        #expect(await failureCode { _ = try await house.login("keeper") } == "JW-I112")
        #expect(await failureCode { try await tenants.setState(.open, of: id, reason: "再开", by: .system()) } == "JW-I120")
    }

    @Test func `nobody suspends the tenant they are in`() async throws {
        let id = try await open()
        var own = try await house.principal("wang")
        own.permissions.insert("tenant.review")
        let insider = own
        #expect(await failureCode { try await tenants.setState(.suspended, of: id, reason: "试试看", by: insider) } == "JW-I122")
    }

    @Test func `an upgrade is asked for and decided; limits hold until then`() async throws {
        let id = try await open(users: 2)
        let refused = await findings { try await house.user("third", .county, in: house.organisation("130102")) }
        #expect(refused == ["organisation.quota"])
        let boss = try await house.principal("boss")
        try await tenants.askUpgrade(id, .standard, TenantQuota(users: 100, organisations: 40), reason: "人员增加", by: boss)
        #expect(await failureCode { try await tenants.askUpgrade(id, .full, TenantQuota(users: 200, organisations: 40), reason: "再加", by: boss) } == "JW-I120")
        #expect(await findings { try await house.user("third", .county, in: house.organisation("130102")) } == ["organisation.quota"])
        try await tenants.decideUpgrade(id, agrees: true, opinion: "同意", by: .system())
        try await house.user("third", .county, in: house.organisation("130102"))
        let tenant = try #require(try await house.database.read { try tenants.find(id, scope: .everything, $0) })
        #expect(tenant.edition == .standard && tenant.quota.users == 100 && tenant.wanted == nil)
        #expect(try await house.database.read { try tenants.usage(tenant, $0) } == TenantQuota(users: 3, organisations: 2))
    }

    @Test func `a scope never leaves the tenant: by region where it is alone there, by the tree of organisations where another shares it`() async throws {
        try await open()
        var role = try await house.role(.county)
        try await house.engine.roles.update(role.id, RoleDraft(title: role.title, scope: role.scope, kinds: role.kinds, permissions: role.permissions), by: .system())
        role = try await house.role(.county)
        #expect(try await house.principal("wang").scope == .areas(["130102"]))
        // A maintenance unit of the same county becomes a tenant of its own: the region no longer tells them apart.
        let city = try await house.organisation("1301")
        _ = try await house.engine.organisations.create(OrganisationDraft(parent: city.id, kind: .maintenance, code: "YW9", name: "运维九所", area: "130102"), by: .system())
        try await open("运维局点", at: "YW9")
        let scope = try await house.principal("wang").scope
        let (county, other) = (try await house.organisation("130102"), try await house.organisation("YW9"))
        #expect(scope.admits(org: county.id, area: "130102") && scope.admits(org: house.steel.id, area: "130102"))
        #expect(!scope.admits(org: other.id, area: "130102") && !scope.admits(org: house.cement.id, area: "130104"))
        let seen = try await house.database.read { reader in
            try reader.rows("SELECT id FROM organisations WHERE \(scope.condition(org: "id"))").compactMap { $0[0].int }
        }
        #expect(Set(seen) == [county.id, house.steel.id])
        // Who stands above both sees both; enterprises see themselves.
        #expect(try await house.principal("boss").scope == .areas(["1301"]))
        #expect(try await house.principal("keeper").scope == .organisation(house.steel.id))
    }
}

@Suite("D17.2.2 条件授权")
struct GrantLimitTests {
    let house: House
    let officer: Int64

    init() async throws {
        house = try await House()
        officer = try await house.user("wang", .county, in: house.organisation("130102"))
    }

    private var limits: GrantLimits { house.engine.limits }
    private static let permission = "onSiteVehicle.read"

    private func limit(_ resource: GrantLimit.Resource = .permission, _ target: String = Self.permission, _ change: (inout GrantLimit) -> Void) -> GrantLimit {
        var limit = GrantLimit(subject: .user, subjectId: officer, resource: resource, target: target, reason: "值班时段")
        change(&limit)
        return limit
    }

    struct Window: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let at: String
        let from: String
        let admits: Bool
        let change: @Sendable (inout GrantLimit) -> Void
    }

    /// 2026-11-21 is a Saturday.
    static let windows: [Window] = [
        Window(testDescription: "不限", at: "2026-11-21 08:00:00", from: "10.0.0.1", admits: true) { _ in },
        Window(testDescription: "日期内", at: "2026-11-21 08:00:00", from: "", admits: true) { ($0.from, $0.until) = (Day(parsing: "2026-11-21"), Day(parsing: "2026-11-21")) },
        Window(testDescription: "未到开始日", at: "2026-11-21 08:00:00", from: "", admits: false) { $0.from = Day(parsing: "2026-11-22") },
        Window(testDescription: "已过截止日", at: "2026-11-21 08:00:00", from: "", admits: false) { $0.until = Day(parsing: "2026-11-20") },
        Window(testDescription: "月份", at: "2026-11-21 08:00:00", from: "", admits: false) { $0.months = [10, 12] },
        Window(testDescription: "每月几日", at: "2026-11-21 08:00:00", from: "", admits: true) { $0.monthDays = [1, 21] },
        Window(testDescription: "每月他日", at: "2026-11-21 08:00:00", from: "", admits: false) { $0.monthDays = [22] },
        Window(testDescription: "星期六", at: "2026-11-21 08:00:00", from: "", admits: true) { $0.weekdays = [6, 7] },
        Window(testDescription: "工作日", at: "2026-11-21 08:00:00", from: "", admits: false) { $0.weekdays = [1, 2, 3, 4, 5] },
        Window(testDescription: "时段内", at: "2026-11-21 08:00:00", from: "", admits: true) { ($0.fromMinute, $0.toMinute) = (480, 1080) },
        Window(testDescription: "时段末不含", at: "2026-11-21 18:00:00", from: "", admits: false) { ($0.fromMinute, $0.toMinute) = (480, 1080) },
        Window(testDescription: "跨午夜内", at: "2026-11-21 02:00:00", from: "", admits: true) { ($0.fromMinute, $0.toMinute) = (1320, 360) },
        Window(testDescription: "跨午夜外", at: "2026-11-21 12:00:00", from: "", admits: false) { ($0.fromMinute, $0.toMinute) = (1320, 360) },
        Window(testDescription: "网段内", at: "2026-11-21 12:00:00", from: "10.20.3.4", admits: true) { $0.networks = NetworkRange("10.20.0.0/16").map { [$0] } ?? [] },
        Window(testDescription: "网段外", at: "2026-11-21 12:00:00", from: "10.21.3.4", admits: false) { $0.networks = NetworkRange("10.20.0.0/16").map { [$0] } ?? [] },
    ]

    @Test(arguments: windows) func window(_ one: Window) throws {
        let limit = limit(change: one.change)
        let moment = try #require(Moment(parsing: one.at))
        #expect((limit.fault(at: moment, from: one.from) == nil) == one.admits, "\(limit.words)")
    }

    private func limit(change: (inout GrantLimit) -> Void) -> GrantLimit { limit(.permission, Self.permission, change) }

    private func may(_ token: String, from address: String = "10.0.0.1") async throws -> Bool {
        try await house.engine.sessions.session(for: token, address: address)?.principal.may(Self.permission) ?? false
    }

    @Test func `a window opens and closes by itself in a running session`() async throws {
        let open = try await house.login("wang")
        #expect(try await may(open.token))
        // The hand clock stands at 08:00.
        _ = try await limits.keep(limit { ($0.fromMinute, $0.toMinute) = (490, 500) }, by: .system())
        #expect(try await may(open.token) == false)
        house.hand.advance(minutes: 12)
        #expect(try await may(open.token))
        house.hand.advance(minutes: 12)
        #expect(try await may(open.token) == false)
    }

    @Test func `by network, by thing, by group of resources, by role and group; one of several that admits is enough`() async throws {
        let open = try await house.login("wang")
        let inner = try #require(NetworkRange("10.0.0.0/24"))
        let id = try await limits.keep(limit(.thing, "onSiteVehicle") { $0.networks = [inner] }, by: .system())
        #expect(try await may(open.token))
        #expect(try await may(open.token, from: "10.9.0.1") == false)
        let other = try #require(NetworkRange("10.9.0.0/24"))
        var byRole = GrantLimit(subject: .role, subjectId: try await house.role(.county).id, resource: .permission, target: Self.permission, reason: "分局网段")
        byRole.networks = [other]
        _ = try await limits.keep(byRole, by: .system())
        #expect(try await may(open.token))
        #expect(try await may(open.token, from: "10.9.0.1"))
        #expect(try await may(open.token, from: "172.16.0.1") == false)
        try await limits.setActive(false, of: id, by: .system())
        #expect(try await may(open.token) == false)
        let group = try await house.engine.groups.create(UserGroupDraft(name: "督察组", organisation: try await house.organisation("1301").id), by: .system())
        _ = try await house.engine.groups.add(["wang"], to: group, by: .system())
        var whole = GrantLimit(subject: .group, subjectId: group, resource: .area, target: "系统管理", reason: "夜间不办公")
        whole.weekdays = [7]
        let tooMuch = whole
        #expect(await failureCode { _ = try await limits.keep(tooMuch, by: .system()) } == "JW-I130")
        var byGroup = GrantLimit(subject: .group, subjectId: group, resource: .thing, target: "organisation", reason: "夜间不办公")
        byGroup.weekdays = [7]
        _ = try await limits.keep(byGroup, by: .system())
        let principal = try await house.engine.sessions.session(for: open.token, address: "10.9.0.1")?.principal
        #expect(principal?.may("organisation.read") == false && principal?.may(Self.permission) == true)
    }

    @Test func `every fault is named, and nobody is locked out of the rules`() async throws {
        let empty = limit { _ in }
        #expect(await findings { _ = try await limits.keep(empty, by: .system()) } == ["from.required"])
        let bad = limit(.permission, "nothing.read") { limit in
            (limit.from, limit.until, limit.months, limit.reason) = (Day(parsing: "2026-12-01"), Day(parsing: "2026-11-01"), [13], "")
        }
        #expect(await findings { _ = try await limits.keep(bad, by: .system()) } == ["target.unknown", "until.range", "months.range", "reason.length"])
        let own = limit(.permission, "policy.write") { $0.weekdays = [1] }
        #expect(await failureCode { _ = try await limits.keep(own, by: .system()) } == "JW-I130")
        var nobody = limit { $0.weekdays = [1] }
        nobody.subjectId = 9_999
        let stranger = nobody
        #expect(await findings { _ = try await limits.keep(stranger, by: .system()) } == ["subject.unknown"])
    }
}

@Suite("A-25 终端心跳")
struct TerminalPulseTests {
    let house: House
    let officer: Int64

    init() async throws {
        house = try await House()
        officer = try await house.user("wang", .county, in: house.organisation("130102"))
    }

    private static let device = String(repeating: "d", count: 43)
    private var terminals: Terminals { house.engine.terminals }

    /// A session at a registered computer.
    private func atTerminal() async throws -> NewSession {
        try await terminals.request(for: house.principal("wang"), Entrance(address: "10.0.0.1", agent: "test", device: Self.device), name: "一号机")
        let id = try #require(try await house.database.read { try terminals.own(officer, $0).first?.id })
        try await terminals.decide(id, .approved, by: .system())
        var attempt = LoginAttempt(login: "wang", password: House.password, address: "10.0.0.1", agent: "test")
        attempt.device = Self.device
        guard case .opened(let new) = try await house.engine.sessions.login(attempt, asksCaptcha: false) else { throw Failure.notFound("会话") }
        return new
    }

    private func presence() async throws -> Terminals.Presence? { try await house.database.read { try terminals.own(officer, $0).first.map(terminals.presence) } }
    private func count(_ presence: Terminals.Presence) async throws -> Int {
        try await house.database.read { try terminals.count(keyword: nil, state: nil, presence: presence, scope: .everything, $0) }
    }

    @Test func `alive while it speaks, lost when it falls silent, its sessions end by the rule only`() async throws {
        let open = try await atTerminal()
        let terminal = try #require(open.session.principal.terminal)
        #expect(try await house.session(open.token)?.principal.terminal == terminal)
        #expect(try await presence() == .online)
        for _ in 1...5 {
            house.hand.advance(minutes: 1)
            #expect(try await terminals.pulse(terminal, address: "10.0.0.1"))
            #expect(try await terminals.noteLost(after: 5) == (0, 0))
        }
        #expect(try await count(.online) == 1)
        house.hand.advance(minutes: 4)
        #expect(try await presence() == .offline)
        #expect(try await terminals.noteLost(after: 0) == (1, 0))
        #expect(try await presence() == .lost)
        #expect(try await count(.lost) == 1)
        #expect(try await house.session(open.token) != nil)
        house.hand.advance(minutes: 2)
        #expect(try await terminals.noteLost(after: 5) == (0, 1))
        #expect(try await house.session(open.token) == nil)
        let book = try await house.database.read { try $0.rows("SELECT action FROM audit WHERE action IN ('lost', 'revoke') ORDER BY id").compactMap { $0[0].text } }
        #expect(book == ["lost", "revoke"])
        #expect(try await terminals.pulse(terminal, address: "10.0.0.1"))
        #expect(try await presence() == .online)
    }

    @Test func `a computer that was taken back is not heard, sessions elsewhere are not touched`() async throws {
        let open = try await atTerminal(), elsewhere = try await house.login("wang", from: "10.0.0.7")
        let terminal = try #require(open.session.principal.terminal)
        #expect(elsewhere.session.principal.terminal == nil)
        house.hand.advance(minutes: 10)
        #expect(try await terminals.noteLost(after: 5).ended == 1)
        #expect(try await house.session(elsewhere.token) != nil)
        try await terminals.decide(terminal, .revoked, by: .system())
        #expect(try await terminals.pulse(terminal, address: "10.0.0.1") == false)
    }
}
