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
