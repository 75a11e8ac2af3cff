import Features
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage

/// Maintenance units of the demonstration: the first has people of its own and ends soon, another has applied and waits.
struct DemoUnits: Sendable {
    let plan: DemoPlan
    let gates: GateSupervision
    let platform: Platform

    /// - Returns: logins that were made now.
    func install() async throws -> [DemoCredential] {
        let system = Principal.system("演示城市")
        guard let city = try await platform.identity.organisations.find(code: "1301") else { return [] }
        var credentials: [DemoCredential] = []
        for (index, name) in [plan.units[0], "北辰门禁服务（演示）"].enumerated() {
            let draft = OrganisationDraft(parent: city.id, kind: .maintenance, code: "YW000\(index + 1)", name: name, area: city.area)
            let firm = try await platform.identity.organisations.create(draft, by: system)
            let person = "运维工程师\(index + 1)（演示）"
            guard let role = try await platform.identity.roles.all().first(where: { $0.name == BuiltInRole.maintainer.rawValue }) else { return credentials }
            let account = UserDraft(login: "yunwei\(index + 1)", name: person, phone: DemoPeople.phone(300 + index), organisation: firm.id, roles: [role.id])
            let made = try await platform.identity.users.create(account, by: system)
            credentials.append(DemoCredential(login: account.login, name: person, oneTimePassword: made.oneTimePassword))
            if index == 0 { try await link(firm.id, name, by: system) } else { try await apply(firm, person, made.id) }
        }
        return credentials
    }

    private func link(_ firm: Int64, _ name: String, by principal: Principal) async throws {
        guard let unit = try await platform.database.read({ try platform.ledgers.findUnique(MaintenanceUnit.ledger.name, matching: ["name": .text(name)], in: $0) }) else { return }
        try await gates.accreditation.link(unit: unit.id, to: firm, by: principal)
        _ = try await gates.accreditation.approve(unit: unit.id, validTo: platform.clock.today.adding(days: 21), by: principal)
    }

    private func apply(_ firm: Organisation, _ person: String, _ id: Int64) async throws {
        let text = Array("演示材料：\(firm.name)营业执照与运维合同（非真实文件）".utf8)
        let paper = AttachedFile(sha256: try await platform.blobs.put(text).hash, name: "申请材料（演示）.txt", mediaType: "text/plain; charset=utf-8", size: text.count)
        let principal = Principal(
            kind: .user, id: id, login: "yunwei2", name: person, organisation: firm.id, organisationName: firm.name, area: firm.area, permissions: [], scope: .organisation(firm.id)
        )
        let application = UnitDesk.Application(
            name: firm.name, creditCode: DemoUnits.creditCode, contact: "演示联系人", phone: DemoPeople.phone(310), remarks: "演示：运维人员 6 名，2 小时到场",
            enterprises: plan.enterprises.prefix(2).map(\.code), materials: [paper])
        _ = try await gates.units.apply(application, by: principal)
    }

    /// Adds up, and plainly nobody's.
    private static let creditCode: String = {
        let body = "91130100DEM0YUN88"
        return "0123456789ABCDEFGHJKLMNPQRTUWXY".map { body + String($0) }.first { CreditCode(normalizing: $0).isValid } ?? body
    }()
}
