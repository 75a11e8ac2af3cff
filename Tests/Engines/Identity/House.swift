import Cryptography
import Identity
import Kernel
import Storage
import Synchronization
import TestDatabases
import Testing

/// A clock that goes only when a test moves it.
final class HandClock: Sendable {
    private let time = Mutex(Moment(parsing: "2026-11-21 08:00:00") ?? Moment(milliseconds: 0))

    var clock: Clock { Clock { self.time.withLock { $0 } } }
    var now: Moment { time.withLock { $0 } }
    func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
    func advance(minutes: Int64) { advance(seconds: minutes * 60) }
}

/// An installation after its first start: 石家庄市 with two counties, an enterprise in each, cheap password hashes.
struct House {
    let database: any Database
    let hand = HandClock()
    let engine: IdentityEngine
    let credentials: [FirstCredential]
    let steel: Organisation
    let cement: Organisation

    static let declarations: [PermissionDeclaration] =
        PermissionDeclaration.identity + [
            PermissionDeclaration("onSiteVehicle.read", "场内运输车辆：查看", defaultRoles: [.city, .county, .enterpriseAdmin, .enterpriseGuard]),
            PermissionDeclaration("onSiteVehicle.write", "场内运输车辆：维护", defaultRoles: [.enterpriseAdmin]),
        ]

    init(limits: LoginLimits = LoginLimits()) async throws {
        let database = try await TestDatabase.make()
        try await database.write { transaction in for table in IdentityTables.all { try transaction.apply(.createTable(table)) } }
        let engine = IdentityEngine(database: database, clock: hand.clock, keys: .ephemeral(), hasher: PasswordHasher(cost: .trivial), limits: limits)
        credentials = try await engine.firstStart(
            counties: [.init(area: "130102", name: "长安区"), .init(area: "130104", name: "桥西区")], permissions: Self.declarations)
        func enterprise(_ code: String, _ name: String, _ area: String) async throws -> Organisation {
            let parent = try #require(try await engine.organisations.find(code: area))
            return try await engine.organisations.create(OrganisationDraft(parent: parent.id, kind: .enterprise, code: code, name: name, area: area), by: .system())
        }
        steel = try await enterprise("91130100A", "钢铁公司", "130102")
        cement = try await enterprise("91130100B", "水泥公司", "130104")
        self.database = database
        self.engine = engine
    }

    func role(_ role: BuiltInRole) async throws -> Role { try #require(try await engine.roles.all().first { $0.name == role.rawValue }) }

    func organisation(_ code: String) async throws -> Organisation { try #require(try await engine.organisations.find(code: code)) }

    /// A user with the password `Gate#Keeper26`, already changed.
    @discardableResult
    func user(_ login: String, _ role: BuiltInRole, in organisation: Organisation) async throws -> Int64 {
        let draft = UserDraft(login: login, name: login, organisation: organisation.id, roles: [try await self.role(role).id])
        let hash = try await PasswordHasher(cost: .trivial).make(Self.password)
        return try await database.write { transaction in
            let id = try engine.users.insert(draft, passwordHash: hash, by: .system(), in: transaction)
            try transaction.execute("UPDATE users SET must_change = 0 WHERE id = \(id)")
            return id
        }
    }

    static let password = "Gate#Keeper26"

    func login(_ login: String, _ password: String = House.password, from address: String = "10.0.0.1") async throws -> NewSession {
        try await engine.sessions.login(login, password: password, address: address, agent: "test")
    }

    /// The principal of a fresh login.
    func principal(_ login: String) async throws -> Principal { try await self.login(login).session.principal }

    func session(_ token: String) async throws -> Session? { try await engine.sessions.session(for: token, address: "10.0.0.1") }
}

/// The code of the failure that the body throws; nil when it throws none.
func failureCode(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch let failure as Failure {
        return failure.code
    } catch {
        return "\(error)"
    }
}

/// `field.code` of every finding that the body's failure carries.
func findings(_ body: () async throws -> Void) async -> [String] {
    do {
        try await body()
        return []
    } catch let failure as Failure {
        return failure.fields.map { "\($0.field).\($0.code)" }
    } catch {
        return ["\(error)"]
    }
}
