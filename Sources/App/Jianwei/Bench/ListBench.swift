import Cryptography
import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageSQLite

/// The page of a hundred thousand users as browsers ask for it, another page each time: by who sees all of them, and by who sees one county's.
struct ListBench {
    struct Result {
        var everything: LoadGenerator.Outcome
        var scoped: LoadGenerator.Outcome
        /// CPU-milliseconds of the server a page.
        var everythingCPU: Double
        var scopedCPU: Double
    }

    static let users = 100_000
    private static let pageSize = 50
    private static let lanes = 8
    private static let pagesPerLane = 500

    /// - Parameter directory: empty.
    static func run(_ directory: String, logger: Logger) async throws -> Result {
        let (admin, member, ownIds) = try await provision(directory, logger: logger)
        // Each request comes from another address, so that neither its limit nor the account's is what is measured.
        let server = try BenchServer.jianwei(directory, more: ["--trusted-proxy", "127.0.0.1", "--requests-per-second", "100000"])
        defer { server.stop() }
        let last = ownIds.last ?? 0
        // Another page each time: everyone's ids count without holes, the member's every twentieth.
        let all = (0..<lanes * pagesPerLane).map { Int64(users) - Int64($0 * 24) }
        let own = (0..<lanes * pagesPerLane).map { ownIds[ownIds.count - 1 - ($0 * 17) % (ownIds.count - pageSize - 1)] }
        _ = try drive(server, all.prefix(200).map { $0 }, admin)
        let (everything, everythingCPU) = try measure(server, all, admin, needle: "测试员")
        let (scoped, scopedCPU) = try measure(server, own, member, needle: "测试员130102")
        guard last > 0, everything.needles == all.count * pageSize, scoped.needles == own.count * pageSize else {
            throw Failure(.unexpected, "JW-B070", "用户列表应有 \(all.count * pageSize) 与 \(own.count * pageSize) 行，实有 \(everything.needles) 与 \(scoped.needles)")
        }
        let leaked = try drive(server, Array(own.prefix(500)), member, needle: "测试员130104")
        guard leaked.needles == 0 else { throw Failure(.unexpected, "JW-B071", "范围外的用户出现了 \(leaked.needles) 次") }
        return Result(everything: everything, scoped: scoped, everythingCPU: everythingCPU, scopedCPU: scopedCPU)
    }

    private static func measure(_ server: BenchServer, _ after: [Int64], _ token: String, needle: String) throws -> (LoadGenerator.Outcome, Double) {
        let before = server.cpuSeconds
        let outcome = try drive(server, after, token, needle: needle)
        return (outcome, (server.cpuSeconds - before) * 1000 / Double(max(1, outcome.answers)))
    }

    private static func drive(_ server: BenchServer, _ after: [Int64], _ token: String, needle: String = "测试员") throws -> LoadGenerator.Outcome {
        let requests = (0..<lanes).map { lane in
            stride(from: lane, to: after.count, by: lanes).map { index -> [UInt8] in
                let address = "10.0.\(index >> 8 & 255).\(index & 255)"
                return Array(
                    "GET /admin/users?size=\(pageSize)&after=\(after[index]) HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: \(address)\r\nCookie: jw_session=\(token)\r\n\r\n".utf8
                )
            }
        }
        let outcome = try LoadGenerator(port: server.port, needle: Array("\(needle)".utf8)).closedLoop(requests, limit: 120)
        guard outcome.refused == 0 else { throw Failure(.unexpected, "JW-B072", "有 \(outcome.refused) 页未给出：\(outcome.firstRefusal ?? "")") }
        return outcome
    }

    /// - Returns: session tokens of the administrator and of a member of one county, and the ids that the member may see.
    private static func provision(_ directory: String, logger: Logger) async throws -> (admin: String, member: String, own: [Int64]) {
        let installation = try await Installation.open(directory, logger: logger)
        let tokens = (SecureRandom.token(32), SecureRandom.token(32))
        // Nobody signs in with a password here.
        let hash = "-"
        let own = try await installation.database.write { tx -> [Int64] in
            let now = Clock.system.now
            let counties = try tx.rows("SELECT id, area FROM organisations WHERE kind = 'county' ORDER BY area LIMIT 20").map { ($0[0].int ?? 0, $0[1].text ?? "") }
            let held = try tx.value("SELECT role_id FROM user_roles JOIN users ON users.id = user_id WHERE login = 'admin'")?.int ?? 0
            let roles = try (1...2).map { number in
                try tx.insert(
                    "INSERT INTO roles (name, title, scope, kinds, is_built_in) VALUES (\("bench\(number)"), \("测试角色\(number)"), \(number == 1 ? "everything" : "ownArea"), 'county', 0)"
                )
            }
            for role in roles { try tx.execute("INSERT INTO role_permissions (role_id, permission) SELECT \(role), permission FROM role_permissions WHERE role_id = \(held)") }
            var users: [[SQLValue]] = []
            for number in 0..<ListBench.users {
                let (org, area) = counties[number % counties.count]
                users.append([
                    .text("bench\(number)"), .text("测试员\(area)-\(number)"), .int(org), .text(area), .text(hash), now.sqlValue, .int(0), .text("active"), .int(0), now.sqlValue,
                    now.sqlValue,
                ])
            }
            let first = (try tx.value("SELECT MAX(id) FROM users")?.int ?? 0) + 1
            let columns = ["login", "name", "organisation", "area", "password_hash", "password_changed_at", "must_change", "state", "failed_count", "created_at", "updated_at"]
            try tx.insertMany(into: "users", columns: columns, rows: users)
            try tx.insertMany(into: "user_roles", columns: ["user_id", "role_id"], rows: (0..<ListBench.users).map { [.int(first + Int64($0)), .int(roles[1])] })
            try tx.execute("UPDATE users SET must_change = 0, password_changed_at = \(now) WHERE login = 'admin'")
            let admin = try tx.value("SELECT id FROM users WHERE login = 'admin'")?.int ?? 0
            let own = try tx.rows("SELECT id FROM users WHERE area = '130102' AND id >= \(first) ORDER BY id").compactMap { $0[0].int }
            // The page's head says who is signed in; that must not count as a row.
            try tx.execute("UPDATE users SET name = '县级监管员' WHERE id = \(own[0])")
            for (token, user) in [(tokens.0, admin), (tokens.1, own[0])] {
                try tx.execute(
                    "INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at, address, agent) VALUES (\(SHA256.hash(token).bytes), \(user), \(now), \(now), \(now.adding(seconds: 36_000)), '127.0.0.1', 'bench')"
                )
            }
            return own
        }
        if let embedded = installation.database as? SQLiteDatabase { try await embedded.analyze() }
        await installation.database.close()
        return (tokens.0, tokens.1, own)
    }
}
