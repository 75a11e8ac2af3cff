import Cryptography
import Foundation
import Identity
import Kernel
import Logging
import Storage

/// Ten thousand alarms a second from other systems, a hundred a request, while somebody keeps opening the desk. Counts are compared with what was sent before any speed is told.
struct AlarmBench {
    struct Result {
        var perSecond: Double
        var stored: Int
        /// Alarms that they became.
        var alarms: Int
        var desk: LoadGenerator.Outcome
        var cpuMilliseconds: Double
    }

    static let signalsPerRequest = 100
    private static let subjects = 400
    private static let lanes = 16

    /// - Parameters:
    ///   - directory: empty.
    ///   - requests: of a hundred signals each.
    static func run(_ directory: String, requests: Int, logger: Logger) async throws -> Result {
        let token = try await officer(directory, logger: logger)
        let server = try BenchServer.jianwei(directory, more: ["--trusted-proxy", "127.0.0.1", "--requests-per-second", "100000"])
        defer { server.stop() }
        _ = try drive(server, token, requests: lanes, needle: "merged")
        let before = server.cpuSeconds
        // The desk is opened by another thread for as long as the storm lasts.
        let port = server.port
        async let looks = Self.look(port: port, token: token, pages: max(20, requests / 20))
        let storm = try drive(server, token, requests: requests, needle: "\"result\"")
        let desk = try await looks
        let sent = (requests + lanes) * signalsPerRequest
        let database = try BenchPlace.open(directory)
        let (times, alarms) = try await database.read { reader in
            (try reader.count("SELECT COALESCE(SUM(times), 0) FROM alarms WHERE kind = 'gasLimit'"), try reader.count("SELECT COUNT(*) FROM alarms WHERE kind = 'gasLimit'"))
        }
        await database.close()
        guard times == sent else { throw Failure(.unexpected, "JW-B080", "送出 \(sent) 条报警，计入 \(times) 次") }
        return Result(
            perSecond: Double(requests * signalsPerRequest) / max(0.001, storm.seconds), stored: times, alarms: alarms, desk: desk,
            cpuMilliseconds: (server.cpuSeconds - before) * 1000 / Double(requests * signalsPerRequest))
    }

    /// - Returns: the session token of the city's officer.
    private static func officer(_ directory: String, logger: Logger) async throws -> String {
        let installation = try await Installation.open(directory, logger: logger)
        let token = SecureRandom.token(32)
        try await installation.database.write { tx in
            let now = Clock.system.now
            try tx.execute("UPDATE users SET must_change = 0, password_changed_at = \(now) WHERE login = 'city'")
            let user = try tx.value("SELECT id FROM users WHERE login = 'city'")?.int ?? 0
            try tx.execute(
                "INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at, address, agent) VALUES (\(SHA256.hash(token).bytes), \(user), \(now), \(now), \(now.adding(seconds: 36_000)), '127.0.0.1', 'bench')"
            )
        }
        await installation.database.close()
        return token
    }

    private static func look(port: Int, token: String, pages: Int) async throws -> LoadGenerator.Outcome {
        let page = Array("GET /alarms?state=open HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: jw_session=\(token)\r\n\r\n".utf8)
        return try LoadGenerator(port: port, needle: Array("alarm-desk".utf8)).closedLoop([Array(repeating: page, count: pages)], limit: 120)
    }

    private static func drive(_ server: BenchServer, _ token: String, requests: Int, needle: String) throws -> LoadGenerator.Outcome {
        let bodies = (0..<requests).map { request in
            let signals = (0..<signalsPerRequest).map { index in
                let subject = (request * 37 + index * 11) % subjects
                return "{\"kind\":\"gasLimit\",\"title\":\"气体超限 \(subject)\",\"place\":\"罐区\",\"subject\":\"GT-\(subject)\",\"traits\":[\"high\"],\"facts\":{\"value\":\(index)}}"
            }
            return "{\"signals\":[\(signals.joined(separator: ","))]}"
        }
        let work = (0..<lanes).map { lane in
            stride(from: lane, to: bodies.count, by: lanes).map { index -> [UInt8] in
                let body = Array(bodies[index].utf8)
                let head =
                    "POST /api/v1/alarm-signals HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 10.1.\(index >> 8 & 255).\(index & 255)\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
                return Array(head.utf8) + body
            }
        }
        let outcome = try LoadGenerator(port: server.port, needle: Array(needle.utf8)).closedLoop(work, limit: 300)
        guard outcome.answers == requests else { throw Failure(.unexpected, "JW-B081", "\(requests) 次请求只有 \(outcome.answers) 次答复") }
        return outcome
    }
}
