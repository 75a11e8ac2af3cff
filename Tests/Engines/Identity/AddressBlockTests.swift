import Cryptography
import Identity
import Kernel
import Storage
import Testing

@Suite("D17.9.3 攻击源封禁")
struct AddressBlockTests {
    let house: House
    private var blocks: AddressBlocks { house.engine.blocks }

    init() async throws { house = try await House() }

    private func allow(_ change: (inout SignInPolicy) -> Void) async throws {
        var policy = house.engine.policies.current
        change(&policy)
        let wanted = policy
        try await house.database.write { try house.engine.policies.publish(wanted, by: .system(), in: $0) }
    }

    @Test(arguments: [
        ("/wp-login.php", true), ("/.env", true), ("/.git/config", true), ("/passes?q=1'%20or%20'1'='1", true), ("/passes?q=%27+UNION+SELECT+1", true),
        ("/a/%2e%2e/%2e%2e/etc/passwd", true),
        ("/x?y=%253Cscript%253E", true), ("/x?u=${jndi:ldap://a}", true), ("/cgi-bin/test", true), ("/index.action", true),
        ("/passes", false), ("/passes?q=冀A12345", false), ("/ledgers/enterprise/999", false), ("/robots.txt", false), ("/favicon.ico", false), ("/search?q=select", false),
        ("/login?next=/passes?day=2026-11-01", false),
    ])
    func `what scanners ask for is known`(_ target: String, _ isProbe: Bool) { #expect(Probe.isLikely(target) == isProbe) }

    @Test func `an address that goes on is shut out for a time, and only it`() async throws {
        try await allow { ($0.blockAfter, $0.blockMinutes) = (10, 30) }
        for _ in 0..<9 { try await blocks.report(.guessing, from: "203.0.113.7") }
        #expect(!blocks.isBlocked("203.0.113.7"))
        try await blocks.report(.guessing, from: "203.0.113.7")
        #expect(blocks.isBlocked("203.0.113.7"))
        #expect(!blocks.isBlocked("203.0.113.8"))
        house.hand.advance(minutes: 31)
        #expect(!blocks.isBlocked("203.0.113.7"))
        let kept = try await house.database.read { try blocks.list("1 = 1", limit: 10, $0) }
        #expect(kept.map(\.reason) == ["反复试猜口令"] && kept[0].isAutomatic)
    }

    @Test func `scanning weighs more, flooding counts once a second, old misdeeds are forgotten`() async throws {
        try await allow { $0.blockAfter = 10 }
        try await blocks.report(.probing, from: "203.0.113.9")
        for _ in 0..<500 { try await blocks.report(.flooding, from: "203.0.113.9") }
        #expect(!blocks.isBlocked("203.0.113.9"))
        house.hand.advance(seconds: 601)
        try await blocks.report(.probing, from: "203.0.113.9")
        #expect(!blocks.isBlocked("203.0.113.9"))
        try await blocks.report(.probing, from: "203.0.113.9")
        #expect(blocks.isBlocked("203.0.113.9"))
    }

    @Test func `the machine itself, our proxies and named networks are never shut out by themselves`() async throws {
        try await allow {
            $0.blockAfter = 1
            $0.neverBlocked = [NetworkRange("198.51.100.0/24")].compactMap { $0 }
        }
        try await blocks.report(.probing, from: "127.0.0.1")
        try await blocks.report(.probing, from: "198.51.100.20")
        try await blocks.report(.probing, from: "203.0.113.1", isTrusted: true)
        #expect(!blocks.isBlocked("127.0.0.1") && !blocks.isBlocked("198.51.100.20") && !blocks.isBlocked("203.0.113.1"))
        try await allow { $0.blockAfter = 0 }
        try await blocks.report(.probing, from: "203.0.113.2")
        #expect(!blocks.isBlocked("203.0.113.2"))
    }

    @Test func `wrong passwords lead there, the limits' refusals too`() async throws {
        try await allow { ($0.blockAfter, $0.limits.captchaAfter) = (8, 20) }
        try await house.user("clerk", .enterpriseAdmin, in: house.steel)
        for _ in 0..<8 { _ = try? await house.login("clerk", "wrong", from: "203.0.113.30") }
        #expect(blocks.isBlocked("203.0.113.30"))
    }

    @Test func `by hand: networks, ends, and what is refused`() async throws {
        let guardian = try #require(house.credentials.first { $0.login == "security" })
        let person = try await house.login("security", guardian.oneTimePassword, from: "10.9.0.1").session.principal
        var asker = person
        asker.permissions.insert(AddressBlocks.permission)
        let manager = asker
        #expect(await failureCode { try await blocks.block("203.0.113.0/33", reason: "", hours: 0, by: manager) } == "JW-K422")
        #expect(await failureCode { try await blocks.block("10.9.0.0/16", reason: "测试", hours: 1, by: manager) } == "JW-I110")
        #expect(await failureCode { try await blocks.block("0.0.0.0/0", reason: "测试", hours: 1, by: manager) } == "JW-I110")
        try await blocks.block("203.0.113.0/24", reason: "来自情报通报", hours: nil, by: manager)
        #expect(blocks.isBlocked("203.0.113.200") && !blocks.isBlocked("203.0.114.1"))
        let kept = try #require(try await house.database.read { try blocks.list("1 = 1", limit: 1, $0) }.first)
        #expect(kept.until == nil && !kept.isAutomatic)
        // Another process of the same database reads the same.
        let other = IdentityEngine(database: house.database, clock: house.hand.clock, keys: .ephemeral())
        try await house.database.read { try other.blocks.load($0) }
        #expect(other.blocks.isBlocked("203.0.113.200"))
        try await blocks.end(kept.id, by: manager)
        #expect(!blocks.isBlocked("203.0.113.200"))
        #expect(await failureCode { try await blocks.end(kept.id, by: manager) } == "JW-I111")
        let county = Principal(kind: .user, id: 9, login: "x", name: "x", permissions: [], scope: .nothing, address: "10.0.0.1")
        #expect(await failureCode { try await blocks.block("203.0.113.1", reason: "测试", hours: 1, by: county) } == "JW-K403")
    }
}

@Suite("A-25 浏览器版本下限, D17.1.8 接入方式, D17.2.10 提交校验")
struct DoorRuleTests {
    @Test(arguments: [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", "Chrome 120"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36 Edg/119.0.2151.97", "Edge 119"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "Firefox 115"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15", "Safari 17"), ("curl/8.0", nil), ("", nil),
    ])
    func `a browser says what it is`(_ agent: String, _ read: String?) { #expect(BrowserFloor.read(agent).map { "\($0.family.rawValue) \($0.version)" } == read) }

    @Test(arguments: [("Chrome 100", "Chrome 100"), ("edge 99", "Edge 99"), ("Opera 3", nil), ("Chrome", nil), ("Chrome -1", nil), ("Chrome 1 2", nil)])
    func `a floor as it is typed`(_ text: String, _ read: String?) { #expect(BrowserFloor(text)?.text == read) }

    @Test(arguments: [
        ("/admin/users/{id}", "/admin/users/7", true), ("/admin/users/{id}", "/admin/users/7/edit", false), ("/admin/users/new", "/admin/users/new", true),
        ("/admin/users/new", "/admin/users/7", false), ("/a/{x}/b", "/a/1/c", false),
    ])
    func `a form's path`(_ rule: String, _ address: String, _ matches: Bool) { #expect(FormWait(path: rule, seconds: 5).matches(address) == matches) }

    @Test func `an old browser is refused after the password, and the book says so`() async throws {
        let house = try await House()
        try await house.user("clerk", .enterpriseAdmin, in: house.steel)
        var policy = house.engine.policies.current
        policy.oldestBrowsers = [BrowserFloor("Chrome 100")].compactMap { $0 }
        let wanted = policy
        try await house.database.write { try house.engine.policies.publish(wanted, by: .system(), in: $0) }
        func code(_ agent: String) async -> String? {
            await failureCode { _ = try await house.engine.sessions.login("clerk", password: House.password, address: "10.0.0.1", agent: agent) }
        }
        #expect(await code("Mozilla/5.0 Chrome/85.0.1 Safari/537.36") == "JW-I064")
        #expect(await code("Mozilla/5.0 Chrome/100.0.1 Safari/537.36") == nil)
        #expect(await code("curl/8.0") == nil)
    }

    @Test func `an administrator from outside looks but changes nothing`() async throws {
        let house = try await House()
        let first = try #require(house.credentials.first { $0.login == "security" })
        let token = try await house.login("security", first.oneTimePassword).token
        try await house.database.write { _ = try $0.execute("UPDATE users SET must_change = 0") }
        house.engine.version.bump()
        var policy = house.engine.policies.current
        policy.innerNetworks = [NetworkRange("10.0.0.0/8")].compactMap { $0 }
        let wanted = policy
        try await house.database.write { try house.engine.policies.publish(wanted, by: .system(), in: $0) }
        let inside = try #require(try await house.engine.sessions.session(for: token, address: "10.0.0.1")).principal
        let outside = try #require(try await house.engine.sessions.session(for: token, address: "203.0.113.5")).principal
        #expect(inside.may("policy.write") && inside.may("policy.read"))
        #expect(!outside.may("policy.write") && outside.may("policy.read"))
        // Nobody locks themselves into looking.
        #expect(
            await failureCode {
                var narrower = wanted
                narrower.innerNetworks = [NetworkRange("192.0.2.0/24")].compactMap { $0 }
                let asked = narrower
                try await house.database.write { try house.engine.policies.publish(asked, by: inside, in: $0) }
            } == "JW-I040")
    }
}
