import Cryptography
import Kernel
import Storage

/// An account of the first start, to be printed once.
package struct FirstCredential: Sendable, Equatable {
    package var login: String
    package var name: String
    package var oneTimePassword: String
}

extension IdentityEngine {
    /// An authority of the first start: `130102`, `长安区`.
    package struct Authority: Sendable, Equatable {
        package var area: String
        package var name: String

        package init(area: String, name: String) {
            self.area = area
            self.name = name
        }
    }

    /// Fills an empty installation: the province, the city and its counties as organisations, the built-in roles, the users `admin` and `city`.
    ///
    /// - Returns: their one-time passwords; empty when there are users already.
    package func firstStart(
        province: Authority = Authority(area: "13", name: "河北省"), city: Authority = Authority(area: "1301", name: "石家庄市"), counties: [Authority],
        permissions: [PermissionDeclaration]
    ) async throws -> [FirstCredential] {
        try await roles.sync(permissions)
        try await database.read { reader in
            try policies.load(reader)
            try blocks.load(reader)
            try providers.load(reader)
            try dualControl.load(reader)
        }
        _ = try await users.sealPersonalFields()
        var people: [(login: String, name: String, role: BuiltInRole)] = [("security", "安全管理员", .securityAdmin), ("auditor", "审计管理员", .auditAdmin)]
        if try await database.read({ try $0.count("SELECT count(*) FROM users") }) == 0 {
            people = [("admin", "系统管理员", .admin)] + people + [("city", "市级监管", .city)]
        } else {
            // An installation from before duties were separated gets the two who were missing.
            let missing = try await missingAdministrators(people.map(\.role))
            people.removeAll { !missing.contains($0.role) }
        }
        guard !people.isEmpty else { return [] }
        var credentials: [FirstCredential] = []
        var hashes: [String] = []
        for person in people {
            let password = OneTimePassword.make()
            credentials.append(FirstCredential(login: person.login, name: person.name, oneTimePassword: password))
            hashes.append(try await users.hasher.make(password))
        }
        let (hashed, chosen) = (hashes, people)
        try await database.write { transaction in
            let top = try authority(province, .province, under: nil, in: transaction)
            let middle = try authority(city, .city, under: top.id, in: transaction)
            for county in counties { _ = try authority(county, .county, under: middle.id, in: transaction) }
            for (person, hash) in zip(chosen, hashed) {
                let role = try transaction.value("SELECT id FROM roles WHERE name = \(person.role.rawValue)")?.int
                let draft = UserDraft(login: person.login, name: person.name, organisation: middle.id, roles: role.map { [$0] } ?? [])
                guard role != nil else { continue }
                _ = try users.insert(draft, passwordHash: hash, by: .system("首次启动"), in: transaction)
            }
        }
        return credentials
    }

    private func missingAdministrators(_ roles: [BuiltInRole]) async throws -> [BuiltInRole] {
        try await database.read { reader in
            try roles.filter { role in
                try reader.first("SELECT 1 FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE r.name = \(role.rawValue) LIMIT 1") == nil
                    && reader.first("SELECT 1 FROM users WHERE login = \(role == .securityAdmin ? "security" : "auditor")") == nil
            }
        }
    }

    private func authority(_ authority: Authority, _ kind: Organisation.Kind, under parent: Int64?, in transaction: any Transaction) throws -> Organisation {
        if let found = try organisations.find(code: authority.area, transaction) { return found }
        return try organisations.create(
            OrganisationDraft(parent: parent, kind: kind, code: authority.area, name: authority.name, area: authority.area), by: .system("首次启动"), in: transaction)
    }
}
