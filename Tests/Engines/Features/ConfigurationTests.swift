import Features
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Storage
import Testing
import Web

@Suite("B5.2.1.2 配置项")
struct ConfigurationTests {
    let house: LedgerHouse
    let book: ConfigurationBook

    init() async throws {
        house = try await AdministrationPagesTests.house()
        book = ConfigurationBook(house.platform)
    }

    private func item(_ key: String, _ kind: ConfigurationKind, _ value: String, choices: [String] = [], isOpen: Bool = true) async throws -> Int64 {
        try await book.create(ConfigurationDraft(key: key, title: "示例配置", kind: kind, choices: choices, value: value, isOpen: isOpen), by: house.admin)
    }

    private func tenant() async throws -> Int64 {
        let tenants = house.platform.identity.tenants
        let draft = TenantDraft(name: "长安局点", organisation: 3, edition: .basic, purpose: "示例用途", contact: "张三")
        let id = try await tenants.apply(draft, by: .system())
        try await tenants.review(id, agrees: true, quota: TenantQuota(users: 50, organisations: 20), opinion: "同意", by: .system())
        return id
    }

    private func fields(_ body: () async throws -> Void) async -> [String] {
        do {
            try await body()
            return []
        } catch let failure as Failure {
            return failure.fields.map { "\($0.field).\($0.code)" }
        } catch {
            return ["\(error)"]
        }
    }

    struct Value: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(kind.rawValue) “\(value)”" }
        let kind: ConfigurationKind
        let value: String
        let fits: Bool
    }

    static let values: [Value] = [
        Value(kind: .text, value: "", fits: true), Value(kind: .integer, value: "-12", fits: true), Value(kind: .integer, value: "1.5", fits: false),
        Value(kind: .decimal, value: "1.5", fits: true), Value(kind: .decimal, value: "inf", fits: false), Value(kind: .bool, value: "true", fits: true),
        Value(kind: .bool, value: "是", fits: false), Value(kind: .day, value: "2026-02-29", fits: false), Value(kind: .day, value: "2026-11-22", fits: true),
        Value(kind: .choice, value: "甲", fits: true), Value(kind: .choice, value: "丙", fits: false),
    ]

    @Test func `a value fits its kind or is refused`() async throws {
        for (index, one) in Self.values.enumerated() {
            let found = await fields { _ = try await item("key\(index).x", one.kind, one.value, choices: ["甲", "乙"]) }
            #expect((found == []) == one.fits, "\(one.testDescription): \(found)")
        }
    }

    @Test func `a tenant inherits until it sets its own, and again afterwards`() async throws {
        let (open, shut, tenant) = (try await item("report.footer", .text, "石家庄市"), try await item("site.limit", .integer, "9", isOpen: false), try await tenant())
        func effective(_ organisation: Int64?) async throws -> [String: JSONValue] {
            let all = try await house.platform.database.read { try book.effective(for: organisation, $0) }
            return all.reduce(into: [:]) { $0[$1.key] = $1.value }
        }
        #expect(try await effective(house.north) == ["report.footer": "石家庄市", "site.limit": 9])
        try await book.set("长安区", of: open, for: tenant, by: house.admin)
        #expect(try await effective(house.north)["report.footer"] == "长安区")
        #expect(try await effective(house.south)["report.footer"] == "石家庄市")
        #expect(try await effective(nil)["report.footer"] == "石家庄市")
        await #expect(throws: Failure.self) { try await book.set("10", of: shut, for: tenant, by: house.admin) }
        try await book.set(nil, of: open, for: tenant, by: house.admin)
        #expect(try await effective(house.north)["report.footer"] == "石家庄市")
        try await book.delete(open, by: house.admin)
        #expect(try await effective(house.north) == ["site.limit": 9])
    }

    @Test func `choices in use stay; keys are unique`() async throws {
        let (id, tenant) = (try await item("page.mode", .choice, "甲", choices: ["甲", "乙"]), try await tenant())
        try await book.set("乙", of: id, for: tenant, by: house.admin)
        #expect(await fields { try await book.set("丙", of: id, for: tenant, by: house.admin) } == ["value.format"])
        let draft = ConfigurationDraft(key: "", title: "示例配置", kind: .choice, choices: ["甲", "丁"], value: "甲", isOpen: true)
        #expect(await fields { try await book.update(id, draft, by: house.admin) } == ["choices.used"])
        #expect(await fields { _ = try await item("page.mode", .text, "") } == ["key.duplicate"])
        #expect(await fields { _ = try await item("坏 键", .text, "") } == ["key.format"])
    }

    @Test func `pages and the interface for applications`() async throws {
        let tenant = try await tenant()
        try await Application(router: house.router).test(.router) { client in
            func post(_ path: String, _ fields: [(String, String)]) async throws -> Int { try await AdministrationPagesTests.post("admin", path, fields, client).status }
            let fields = [("key", "report.footer"), ("title", "报表页脚"), ("kind", "text"), ("value", "石家庄市"), ("isOpen", "1")]
            #expect(try await post("/admin/configuration/new", fields) == 303)
            #expect(try await post("/admin/configuration/new", fields) == 422)
            #expect(try await post("/admin/configuration/1/tenant/\(tenant)", [("value", "长安区")]) == 303)
            let page = try await AdministrationPagesTests.get("admin", "/admin/configuration?tenant=\(tenant)", client)
            #expect(page.status == 200 && page.body.contains("长安区") && page.body.contains("恢复继承"))
            let own = try await AdministrationPagesTests.get("north", "/api/v1/configuration", client)
            #expect(own.body.contains("长安区"))
            let others = try await AdministrationPagesTests.get("south", "/api/v1/configuration", client)
            #expect(others.body.contains("石家庄市"))
            #expect(try await post("/admin/configuration/1/tenant/\(tenant)/inherit", []) == 303)
            #expect(try await AdministrationPagesTests.get("nobody", "/admin/configuration", client).status == 403)
            let tenants = try await AdministrationPagesTests.get("admin", "/admin/tenants", client)
            #expect(tenants.body.contains("长安局点"))
            let one = try await AdministrationPagesTests.get("admin", "/admin/tenants/\(tenant)", client)
            #expect(one.status == 200 && one.body.contains("暂停") && one.body.contains("审核通过"))
            #expect(try await post("/admin/tenants/\(tenant)/state/suspended", [("reason", "")]) == 422)
            #expect(try await post("/admin/tenants/\(tenant)/state/suspended", [("reason", "例行检查")]) == 303)
            #expect(try await post("/admin/limits/new", [("subject", "role:1"), ("target", "area:系统管理"), ("reason", "值班")]) == 422)
            let limits = try await AdministrationPagesTests.get("admin", "/admin/limits", client)
            #expect(limits.status == 200 && limits.body.contains("还没有条件授权"))
            #expect(try await AdministrationPagesTests.get("admin", "/admin/limits/new", client).status == 200)
            #expect(try await AdministrationPagesTests.get("admin", "/admin/terminals?presence=lost", client).status == 200)
        }
    }
}
