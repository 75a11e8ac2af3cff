import Cryptography
import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import Storage
import StorageSQLite

/// D0.3.3 并发与用户: very many people at once, each with a session of their own, who open, look for, count, write and change without a pause. Nobody waits to think, so that so many requests are really under way at once.
struct CrowdBench {
    struct Result {
        var people: Int
        var outcome: LoadGenerator.Outcome
        /// Of the server, an answer.
        var cpuMilliseconds: Double
    }

    private static let articles = 5_000
    private static let rounds = 4

    /// - Parameter directory: empty.
    static func run(_ directory: String, crowds: [Int], logger: Logger) async throws -> [Result] {
        let tokens = try await provision(directory, people: crowds.max() ?? 0, logger: logger)
        let server = try BenchServer.jianwei(directory, more: ["--trusted-proxy", "127.0.0.1", "--requests-per-second", "100000"])
        defer { server.stop() }
        _ = try LoadGenerator(port: server.port, needle: Array("<main".utf8)).closedLoop(requests(Array(tokens.prefix(20)), crowd: 0), limit: 60)
        return try crowds.map { people in
            let before = server.cpuSeconds
            let outcome = try LoadGenerator(port: server.port, needle: Array("<main".utf8)).closedLoop(requests(Array(tokens.prefix(people)), crowd: people), limit: 120)
            guard outcome.refused == 0 else { throw Failure(.unexpected, "JW-B100", "有 \(outcome.refused) 个请求未被接受：\(outcome.firstRefusal ?? "")") }
            return Result(people: people, outcome: outcome, cpuMilliseconds: (server.cpuSeconds - before) * 1000 / Double(max(1, outcome.answers)))
        }
    }

    /// One lane a person, another order for each.
    private static func requests(_ tokens: [String], crowd: Int) -> [[[UInt8]]] {
        tokens.enumerated().map { index, token in
            let all = (0..<rounds).flatMap { round in acts(index, round, crowd) }
            return (0..<all.count).map { at in
                let (method, path, body) = all[(at + index) % all.count]
                let address = "10.\(index >> 16 & 255).\(index >> 8 & 255).\(index & 255)"
                let content = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
                return Array(
                    "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: \(address)\r\nAuthorization: Bearer \(token)\r\nAccept: text/html\r\n\(content)\r\n\(body)"
                        .utf8)
            }
        }
    }

    /// Half of it reading, a quarter looking for and counting, a quarter writing.
    private static func acts(_ index: Int, _ round: Int, _ crowd: Int) -> [(String, String, String)] {
        let row = 1 + (index * 7 + round * 13) % articles
        let article = "{\"subject\":\"并发测试 \(crowd)-\(index)-\(round)\",\"kind\":\"case\",\"keywords\":\"测试\",\"body\":\"演示内容\"}"
        return [
            ("GET", "/ledgers/knowledgeArticle?size=20", ""), ("GET", "/ledgers/knowledgeArticle/\(row)", ""), ("GET", "/api/v1/knowledgeArticle?size=20", ""),
            ("GET", "/ledgers/knowledgeArticle?q=%E6%B5%8B%E8%AF%95&size=20", ""), ("GET", "/api/v1/knowledgeArticle/statistics?by=kind", ""),
            ("POST", "/api/v1/knowledgeArticle", article), ("PATCH", "/api/v1/knowledgeArticle/\(row)", "{\"keywords\":\"改 \(index)-\(round)\"}"), ("GET", "/alarms", ""),
        ]
    }

    /// - Returns: a session for each person.
    private static func provision(_ directory: String, people: Int, logger: Logger) async throws -> [String] {
        let installation = try await Installation.open(directory, logger: logger)
        let tokens = (0..<people).map { _ in SecureRandom.token(32) }
        try await installation.database.write { tx in
            let now = Clock.system.now
            let city = try tx.first("SELECT id, area FROM organisations WHERE kind = 'city' ORDER BY id LIMIT 1")
            let role = try tx.value("SELECT id FROM roles WHERE name = \(BuiltInRole.city.rawValue)")?.int ?? 0
            let first = (try tx.value("SELECT MAX(id) FROM users")?.int ?? 0) + 1
            let columns = ["login", "name", "organisation", "area", "password_hash", "password_changed_at", "must_change", "state", "failed_count", "created_at", "updated_at"]
            let users = (0..<people).map { number -> [SQLValue] in
                [
                    .text("crowd\(number)"), .text("并发测试员\(number)"), .int(city?.int("id") ?? 0), .text(city?.text("area") ?? ""), .text("-"), now.sqlValue, .int(0),
                    .text("active"), .int(0),
                    now.sqlValue, now.sqlValue,
                ]
            }
            try tx.insertMany(into: "users", columns: columns, rows: users)
            try tx.insertMany(into: "user_roles", columns: ["user_id", "role_id"], rows: (0..<people).map { [.int(first + Int64($0)), .int(role)] })
            for (index, token) in tokens.enumerated() {
                try tx.execute(
                    "INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at, address, agent) VALUES (\(SHA256.hash(token).bytes), \(first + Int64(index)), \(now), \(now), \(now.adding(seconds: 36_000)), '127.0.0.1', 'bench')"
                )
            }
            for number in 0..<articles {
                let draft = Draft(["subject": .string("知识 \(number)（演示）"), "kind": "case", "keywords": "测试", "body": "演示内容"])
                _ = try installation.platform.ledgers.create("knowledgeArticle", draft, by: .system("性能测试"), origin: .program, in: tx)
            }
        }
        if let embedded = installation.database as? SQLiteDatabase { try await embedded.analyze() }
        await installation.database.close()
        return tokens
    }
}
