import Features
import Identity
import Kernel
import Ledgers
import Storage

/// People of the demonstration behind their accounts: kinds of organisations of the city's own, three files, and a county's officer who also has a post in a department of the city.
struct DemoIdentity: Sendable {
    let platform: Platform

    private static let writer = Principal.system("演示城市")

    func install() async throws {
        let identity = platform.identity
        for (title, base) in [("化工园区管委会（演示）", Organisation.Kind.county), ("第三方检测机构（演示）", .maintenance)] {
            _ = try await identity.kinds.create(OrganisationKindDraft(title: title, base: base, note: "演示：按本地机构设置增加"), by: Self.writer)
        }
        guard let city = try await identity.organisations.find(code: "1301") else { return }
        try await files()
        try await department(of: city)
        try await tenant()
        try await limit()
    }

    /// The county of the industrial park as a tenant that was opened and has asked for more, and what it sets differently.
    private func tenant() async throws {
        let identity = platform.identity
        guard let user = try await identity.users.find(login: "xunhua") else { return }
        let draft = TenantDraft(
            name: "循环化工园区局点（演示）", organisation: user.organisation, edition: .standard, purpose: "演示：园区自行管理人员与数据", contact: "演示联系人 \(DemoPeople.phone(600))")
        let id = try await identity.tenants.apply(draft, by: Self.writer)
        try await identity.tenants.review(id, agrees: true, quota: Tenant.Edition.standard.quota, opinion: "材料齐全，同意开通（演示）", by: .system("市级审核（演示）"))
        let wanted = TenantQuota(users: 2_000, organisations: 500)
        try await identity.tenants.askUpgrade(id, .full, wanted, reason: "园区企业增加（演示）", by: Self.writer)
        let book = ConfigurationBook(platform)
        let items = [
            ConfigurationDraft(key: "demo.report.footer", title: "报表页脚（演示）", kind: .text, value: "石家庄市生态环境局（演示）", isOpen: true, note: "演示：接入应用读取"),
            ConfigurationDraft(key: "demo.upload.limit", title: "上传上限 MB（演示）", kind: .integer, value: "32", note: "演示：只能由系统统一设置"),
            ConfigurationDraft(key: "demo.theme", title: "默认外观（演示）", kind: .choice, choices: ["浅色", "深色"], value: "浅色", isOpen: true),
        ]
        for (index, item) in items.enumerated() {
            let number = try await book.create(item, by: Self.writer)
            if index == 0 { try await book.set("循环化工园区（演示）", of: number, for: id, by: Self.writer) }
        }
    }

    /// Somebody's right that ends by itself.
    private func limit() async throws {
        guard let user = try await platform.identity.users.find(login: "luquan") else { return }
        var limit = GrantLimit(subject: .user, subjectId: user.id, resource: .thing, target: PersonFile.ledger.name, reason: "借调期间查阅人员档案（演示）")
        (limit.from, limit.until) = (platform.clock.today, platform.clock.today.adding(days: 365))
        _ = try await platform.identity.limits.keep(limit, by: Self.writer)
    }

    /// Adds up as an identity number, born 1990-01-01 in a place that does not exist.
    private static func idCard(_ number: Int) -> String {
        let body = "1301991990010100" + String(number)
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(body, weights).reduce(0) { $0 + ($1.0.wholeNumberValue ?? 0) * $1.1 }
        return body + String(Array("10X98765432")[sum % 11])
    }

    private func files() async throws {
        let logins = [["gaocheng"], ["luquan"], ["qiye1", "mengang1"]]
        for (index, accounts) in logins.enumerated() {
            guard let user = try await platform.identity.users.find(login: accounts[0]) else { continue }
            let values: [String: JSONValue] = [
                "name": .string("演示人员\(index + 1)"), "number": .string("YS-00\(index + 1)"), "idCard": .string(Self.idCard(index + 1)),
                "phone": .string(DemoPeople.phone(500 + index)), "department": "环境保护科（演示）", "post": index == 2 ? "环保专员" : "科员", "joinedOn": "2024-03-01",
            ]
            let (ledgers, desk) = (platform.ledgers, PersonDesk(platform))
            let org = user.organisation
            let file = try await platform.database.write { try ledgers.create(PersonFile.ledger.name, Draft(values, org: org), by: Self.writer, in: $0) }
            for login in accounts { try await desk.link(login, to: file.id, by: Self.writer) }
        }
    }

    /// `gaocheng` keeps the county's desk and is deputy of a department of the city.
    private func department(of city: Organisation) async throws {
        let identity = platform.identity
        guard let user = try await identity.users.find(login: "gaocheng"), let role = try await identity.roles.all().first(where: { $0.name == BuiltInRole.city.rawValue }) else {
            return
        }
        let unit = try await platform.database.write { tx in
            try identity.units.create(UnitDraft(tree: .government, parent: nil, organisation: city.code, code: "YS-DQC", name: "大气处（演示）"), by: Self.writer, in: tx)
        }
        try await identity.units.appoint(user.login, to: unit.id, post: "副处长", by: Self.writer)
        try await identity.posts.give([role.id], standing: .deputy, isMain: false, to: user.id, in: unit.id, by: Self.writer)
    }
}
