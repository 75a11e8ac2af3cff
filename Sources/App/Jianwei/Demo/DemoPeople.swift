import Identity
import Kernel
import Storage

/// Accounts of the demonstration: one officer a county, an administrator and a guard of a few enterprises. Each gets a one-time password.
struct DemoPeople: Sendable {
    let plan: DemoPlan
    let orgs: [Int64]
    let identity: IdentityEngine

    private struct Person: Sendable {
        var login: String
        var name: String
        var role: BuiltInRole
        var organisation: Int64
    }

    static let countyLogins = ["gaocheng", "luquan", "luancheng", "jingxing", "zhengding", "pingshan", "yuanshi", "xunhua"]

    /// Valid in form, plainly made up.
    static func phone(_ number: Int) -> String { "1990000" + String(repeating: "0", count: 4 - String(number).count) + String(number) }

    /// - Returns: logins that were made now; those that are there already keep their passwords.
    func install() async throws -> [DemoCredential] {
        let people = try await people()
        let roles = try await identity.roles.all()
        let identity = identity
        let made = try await withThrowingTaskGroup(of: (Int, DemoCredential)?.self) { group in
            for (index, person) in people.enumerated() {
                guard let role = roles.first(where: { $0.name == person.role.rawValue }), try await identity.users.find(login: person.login) == nil else { continue }
                group.addTask {
                    let draft = UserDraft(login: person.login, name: person.name, phone: DemoPeople.phone(100 + index), organisation: person.organisation, roles: [role.id])
                    let made = try await identity.users.create(draft, by: .system("演示城市"))
                    return (index, DemoCredential(login: person.login, name: person.name, oneTimePassword: made.oneTimePassword))
                }
            }
            var made: [(Int, DemoCredential)] = []
            for try await one in group { if let one { made.append(one) } }
            return made
        }
        return made.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func people() async throws -> [Person] {
        var people: [Person] = []
        for (county, login) in zip(plan.counties, DemoPeople.countyLogins) {
            guard let organisation = try await identity.organisations.find(code: county.code) else { continue }
            people.append(Person(login: login, name: "\(county.short)值班员（演示）", role: .county, organisation: organisation.id))
        }
        for index in 0..<min(3, orgs.count) {
            people.append(Person(login: "qiye\(index + 1)", name: "企业管理员\(index + 1)（演示）", role: .enterpriseAdmin, organisation: orgs[index]))
            people.append(Person(login: "mengang\(index + 1)", name: "门岗值守\(index + 1)（演示）", role: .enterpriseGuard, organisation: orgs[index]))
        }
        return people
    }
}
