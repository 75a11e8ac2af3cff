import Cryptography
import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageSQLite

/// Very many people: lists under a data scope among tens of thousands of organisations, a node of a large tree, living sessions in memory, what a password costs.
struct IdentityBench {
    struct Size {
        var users: Int
        var organisations: Int
        var sessions: Int
    }

    struct Result {
        var size: Size
        /// The list of users by who sees all and by who sees one county.
        var everything: LoadGenerator.Outcome
        var scoped: LoadGenerator.Outcome
        /// CPU-milliseconds of the server a page.
        var everythingCPU: Double
        var scopedCPU: Double
        /// One level of a tree as large as there are organisations.
        var node: LoadGenerator.Outcome
        /// Every session has asked once; megabytes that the server has more than before.
        var sessions: LoadGenerator.Outcome
        var sessionMegabytes: Double
        /// Of the password's hash on this machine, milliseconds.
        var hashMilliseconds: Double
    }

    private static let lanes = 8
    private static let pageSize = 50

    /// - Parameter directory: empty.
    static func run(_ directory: String, size: Size, logger: Logger) async throws -> Result {
        let made = try await provision(directory, size, logger: logger)
        // Each request comes from another address, so that neither its limit nor the account's is what is measured.
        let server = try BenchServer.jianwei(directory, more: ["--trusted-proxy", "127.0.0.1", "--requests-per-second", "100000"])
        defer { server.stop() }
        let pages = 2_000
        let all = (0..<pages).map { "/admin/users?size=\(pageSize)&after=\(made.lastUser - Int64($0 * 37 % (size.users / 2)))" }
        let own = (0..<pages).map { "/admin/users?size=\(pageSize)&after=\(made.own[made.own.count - 1 - $0 * 17 % max(1, made.own.count - pageSize - 1)])" }
        _ = try drive(server, Array(all.prefix(200)), made.admin)
        let (everything, everythingCPU) = try measure(server, all, made.admin, needle: "测试员")
        let (scoped, scopedCPU) = try measure(server, own, made.member, needle: "测试员130102")
        guard everything.needles == all.count * pageSize, scoped.needles == own.count * pageSize else {
            throw Failure(.unexpected, "JW-B090", "用户列表应有 \(all.count * pageSize) 行与 \(own.count * pageSize) 行，实有 \(everything.needles) 与 \(scoped.needles)")
        }
        let leaked = try drive(server, Array(own.prefix(300)), made.member, needle: "测试员130104")
        guard leaked.needles == 0 else { throw Failure(.unexpected, "JW-B091", "范围外的用户出现了 \(leaked.needles) 次") }
        let nodes = (0..<1_000).map { "/admin/units/\(made.units[$0 * 31 % made.units.count])" }
        _ = try drive(server, Array(nodes.prefix(100)), made.admin)
        let node = try drive(server, nodes, made.admin, needle: "测试单位")
        let before = server.ownMegabytes
        let sessions = try drive(server, made.tokens.map { ("/account/password", $0) })
        return Result(
            size: size, everything: everything, scoped: scoped, everythingCPU: everythingCPU, scopedCPU: scopedCPU, node: node, sessions: sessions,
            sessionMegabytes: max(0, server.ownMegabytes - before), hashMilliseconds: try await hashMilliseconds())
    }

    private static func hashMilliseconds() async throws -> Double {
        let hasher = PasswordHasher()
        let hash = try await hasher.make("Gate#Keeper26")
        var times: [Double] = []
        for _ in 0..<9 {
            let start = Clock.system.now
            _ = try await hasher.verify("Gate#Keeper26", against: hash)
            times.append(Clock.system.now.seconds(since: start) * 1000)
        }
        return times.sorted()[4]
    }

    private static func measure(_ server: BenchServer, _ paths: [String], _ token: String, needle: String) throws -> (LoadGenerator.Outcome, Double) {
        let before = server.cpuSeconds
        let outcome = try drive(server, paths, token, needle: needle)
        return (outcome, (server.cpuSeconds - before) * 1000 / Double(max(1, outcome.answers)))
    }

    private static func drive(_ server: BenchServer, _ paths: [String], _ token: String, needle: String = "测试") throws -> LoadGenerator.Outcome {
        try drive(server, paths.map { ($0, token) }, needle: needle)
    }

    private static func drive(_ server: BenchServer, _ asked: [(path: String, token: String)], needle: String = "测试") throws -> LoadGenerator.Outcome {
        let requests = (0..<lanes).map { lane in
            stride(from: lane, to: asked.count, by: lanes).map { index -> [UInt8] in
                let address = "10.\(index >> 16 & 255).\(index >> 8 & 255).\(index & 255)"
                return Array("GET \(asked[index].path) HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: \(address)\r\nCookie: jw_session=\(asked[index].token)\r\n\r\n".utf8)
            }
        }
        let outcome = try LoadGenerator(port: server.port, needle: Array("\(needle)".utf8)).closedLoop(requests, limit: 300)
        guard outcome.refused == 0 else { throw Failure(.unexpected, "JW-B092", "有 \(outcome.refused) 页未给出：\(outcome.firstRefusal ?? "")") }
        return outcome
    }

    // MARK: Filling

    private struct Made {
        var admin: String
        var member: String
        /// Ids that the member may see, ascending.
        var own: [Int64]
        var lastUser: Int64
        var units: [Int64]
        /// Of living sessions, one a user.
        var tokens: [String]
    }

    private static func provision(_ directory: String, _ size: Size, logger: Logger) async throws -> Made {
        let installation = try await Installation.open(directory, logger: logger)
        let made = try await installation.database.write { tx in
            let roles = try roles(tx)
            let orgs = try organisations(size.organisations, tx)
            let (own, first) = try users(size.users, orgs, role: roles.scoped, tx)
            let units = try units(size.organisations, tx)
            try tx.execute("UPDATE users SET must_change = 0, password_changed_at = \(Clock.system.now) WHERE login = 'admin'")
            let admin = try tx.value("SELECT id FROM users WHERE login = 'admin'")?.int ?? 0
            // The page's head says who is signed in; that must not count as a row.
            try tx.execute("UPDATE users SET name = '县级监管员' WHERE id = \(own[0])")
            let people = [admin, own[0]] + (0..<size.sessions).map { first + Int64($0 % size.users) }
            let tokens = try sessions(people, tx)
            return Made(admin: tokens[0], member: tokens[1], own: Array(own.dropFirst()), lastUser: first + Int64(size.users), units: units, tokens: Array(tokens.dropFirst(2)))
        }
        if let embedded = installation.database as? SQLiteDatabase { try await embedded.analyze() }
        await installation.database.close()
        return made
    }

    private static func roles(_ tx: any Transaction) throws -> (all: Int64, scoped: Int64) {
        let held = try tx.value("SELECT role_id FROM user_roles JOIN users ON users.id = user_id WHERE login = 'admin'")?.int ?? 0
        let made = try [("everything", 1), ("ownArea", 2)].map { scope, number in
            let id = try tx.insert(
                "INSERT INTO roles (name, title, scope, kinds, is_built_in) VALUES (\("bench\(number)"), \("测试角色\(number)"), \(scope), 'county,enterprise', 0)")
            try tx.execute("INSERT INTO role_permissions (role_id, permission) SELECT \(id), permission FROM role_permissions WHERE role_id = \(held)")
            return id
        }
        return (made[0], made[1])
    }

    /// Enterprises under the counties; what comes back are county and enterprise organisations with their areas.
    private static func organisations(_ count: Int, _ tx: any Transaction) throws -> [(id: Int64, area: String)] {
        let counties = try tx.rows("SELECT id, area, path FROM organisations WHERE kind = 'county' ORDER BY area LIMIT 20").map {
            (id: $0[0].int ?? 0, area: $0[1].text ?? "", path: $0[2].text ?? "/")
        }
        let first = (try tx.value("SELECT MAX(id) FROM organisations")?.int ?? 0) + 1
        let now = Clock.system.now
        for start in stride(from: 0, to: count, by: 10_000) {
            let rows = (start..<min(start + 10_000, count)).map { number -> [SQLValue] in
                let county = counties[number % counties.count]
                let id = first + Int64(number)
                return [
                    .int(id), .int(county.id), .text("enterprise"), .text("BENCH\(number)"), .text("测试企业\(number)"), .text(county.area), .text("\(county.path)\(id)/"),
                    .text("active"),
                    now.sqlValue, now.sqlValue,
                ]
            }
            try tx.insertMany(into: "organisations", columns: ["id", "parent", "kind", "code", "name", "area", "path", "state", "created_at", "updated_at"], rows: rows)
        }
        return counties.map { ($0.id, $0.area) } + (0..<count).map { (first + Int64($0), counties[$0 % counties.count].area) }
    }

    /// - Returns: ids of those in 130102, of whom the first belongs to the county itself, and the first id of all.
    private static func users(_ count: Int, _ orgs: [(id: Int64, area: String)], role: Int64, _ tx: any Transaction) throws -> (own: [Int64], first: Int64) {
        let first = (try tx.value("SELECT MAX(id) FROM users")?.int ?? 0) + 1
        let columns = ["id", "login", "name", "organisation", "area", "password_hash", "password_changed_at", "must_change", "state", "failed_count", "created_at", "updated_at"]
        let now = Clock.system.now
        for start in stride(from: 0, to: count, by: 10_000) {
            let part = start..<min(start + 10_000, count)
            // Nobody signs in with a password here.
            let rows = part.map { number -> [SQLValue] in
                let org = orgs[number % orgs.count]
                return [
                    .int(first + Int64(number)), .text("bench\(number)"), .text("测试员\(org.area)-\(number)"), .int(org.id), .text(org.area), .text("-"), now.sqlValue, .int(0),
                    .text("active"), .int(0), now.sqlValue, now.sqlValue,
                ]
            }
            try tx.insertMany(into: "users", columns: columns, rows: rows)
            try tx.insertMany(into: "user_roles", columns: ["user_id", "role_id"], rows: part.map { [.int(first + Int64($0)), .int(role)] })
        }
        return (try tx.rows("SELECT id FROM users WHERE area = '130102' AND id >= \(first) ORDER BY id").compactMap { $0[0].int }, first)
    }

    /// A tree of three levels, forty below each node of the first two; what comes back are nodes with others below them.
    private static func units(_ count: Int, _ tx: any Transaction) throws -> [Int64] {
        let owner = try tx.first("SELECT id, area FROM organisations WHERE kind = 'city' ORDER BY id LIMIT 1")
        let (org, area) = (owner?.int("id") ?? 0, owner?.text("area") ?? "")
        let first = (try tx.value("SELECT MAX(id) FROM units")?.int ?? 0) + 1
        let now = Clock.system.now
        var paths: [String] = []
        var inner: [Int64] = []
        var rows: [[SQLValue]] = []
        for number in 0..<count {
            let id = first + Int64(number)
            let parent = number == 0 ? nil : (number - 1) / 40
            let path = (parent.map { paths[$0] } ?? "/") + "\(id)/"
            paths.append(path)
            if number * 40 + 1 < count { inner.append(id) }
            rows.append([
                .int(id), .text("government"), parent.map { .int(first + Int64($0)) } ?? .null, .int(org), .text(area), .text("B\(number)"), .text("测试单位\(number)"), .text(path),
                .int(Int64(path.count { $0 == "/" } - 1)), .int(0), .text("active"), now.sqlValue, now.sqlValue,
            ])
        }
        let columns = ["id", "tree", "parent", "org", "area", "code", "name", "path", "depth", "rank", "state", "created_at", "updated_at"]
        for start in stride(from: 0, to: rows.count, by: 10_000) { try tx.insertMany(into: "units", columns: columns, rows: Array(rows[start..<min(start + 10_000, rows.count)])) }
        return inner
    }

    private static func sessions(_ people: [Int64], _ tx: any Transaction) throws -> [String] {
        let now = Clock.system.now
        let tokens = people.map { _ in SecureRandom.token(32) }
        let rows = zip(tokens, people).map { token, user -> [SQLValue] in
            [.blob(SHA256.hash(token).bytes), .int(user), now.sqlValue, now.sqlValue, now.adding(seconds: 36_000).sqlValue, .text("127.0.0.1"), .text("bench")]
        }
        try tx.insertMany(into: "sessions", columns: ["token_hash", "user_id", "created_at", "last_seen_at", "expires_at", "address", "agent"], rows: rows)
        return tokens
    }
}
