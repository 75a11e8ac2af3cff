import Cryptography
import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import Points
import Storage

/// Values of instruments over HTTP as text lines, judged against limits, durable when answered; then packed. Counts are compared with what was sent before any speed is told.
struct PointBench {
    struct Result {
        var perSecond: Double
        var stored: Int
        var bytesPerValue: Double
        var p99: Double
        var cpuMicroseconds: Double
        var packSeconds: Double
    }

    private static let lanes = 8
    /// Points of one lane.
    private static let points = 250
    /// Seconds of one request: so many values of each point.
    private static let steps = 20

    /// - Parameters:
    ///   - directory: empty.
    ///   - seconds: how long values are sent.
    static func run(_ directory: String, seconds: Int, logger: Logger) async throws -> Result {
        let token = try await declare(directory, logger: logger)
        let server = try BenchServer.jianwei(directory, more: ["--trusted-proxy", "127.0.0.1", "--requests-per-second", "100000"])
        var isRunning = true
        defer { if isRunning { server.stop() } }
        let work = requests(token, count: max(4, seconds * 60))
        let before = server.cpuSeconds
        let outcome = try LoadGenerator(port: server.port, needle: Array("\"refused\":0".utf8)).closedLoop(work, limit: Double(seconds))
        let cpu = server.cpuSeconds - before
        server.stop()
        isRunning = false
        guard outcome.refused == 0, outcome.needles == outcome.answers else {
            throw Failure(.unexpected, "JW-B090", "\(outcome.answers) 次答复中 \(outcome.answers - outcome.needles) 次有拒收", cause: outcome.firstRefusal)
        }
        let sent = outcome.answers * points * steps
        let installation = try await Installation.open(directory, logger: logger)
        let began = Clock.system.now
        try await installation.platform.points.pack()
        let packing = Clock.system.now.seconds(since: began)
        let (stored, kept, bytes) = try await installation.database.read { reader in
            (
                try reader.count("SELECT COALESCE(SUM(stored), 0) FROM point_receipts"), try reader.count("SELECT COALESCE(SUM(kept), 0) FROM point_blocks"),
                try reader.count("SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM point_blocks")
            )
        }
        await installation.database.close()
        guard stored == sent, kept == sent else { throw Failure(.unexpected, "JW-B091", "送出 \(sent) 个数据，存入 \(stored) 个，入块 \(kept) 个") }
        return Result(
            perSecond: Double(sent) / max(0.001, outcome.seconds), stored: stored, bytesPerValue: Double(bytes) / Double(max(1, kept)), p99: outcome.percentile(0.99),
            cpuMicroseconds: cpu * 1e6 / Double(max(1, sent)), packSeconds: packing)
    }

    /// - Returns: the session token of the city's officer.
    private static func declare(_ directory: String, logger: Logger) async throws -> String {
        let installation = try await Installation.open(directory, logger: logger)
        let token = SecureRandom.token(32)
        let ledgers = installation.platform.ledgers
        try await installation.database.write { tx in
            let now = Clock.system.now
            try tx.execute("UPDATE users SET must_change = 0, password_changed_at = \(now) WHERE login = 'city'")
            let user = try tx.value("SELECT id FROM users WHERE login = 'city'")?.int ?? 0
            try tx.execute(
                "INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at, address, agent) VALUES (\(SHA256.hash(token).bytes), \(user), \(now), \(now), \(now.adding(seconds: 36_000)), '127.0.0.1', 'bench')"
            )
            let org = try tx.insert(
                "INSERT INTO organisations (kind, code, name, area, path, state, created_at, updated_at) VALUES ('enterprise', 'BENCH', '性能测试企业', '130102', '/9/', 'active', \(now), \(now))"
            )
            for index in 0..<lanes * points {
                _ = try ledgers.create(
                    MonitoringPoint.ledger.name,
                    Draft(["code": .string(code(index)), "name": .string("测点 \(index)"), "kind": "combustible", "unit": "%LEL", "period": 1], org: org), by: .system("性能测试"),
                    origin: .program, in: tx)
            }
        }
        await installation.database.close()
        return token
    }

    private static func code(_ index: Int) -> String { "B-\(100_000 + index)" }

    private static func requests(_ token: String, count: Int) -> [[[UInt8]]] {
        let start = Clock.system.now.milliseconds / 1000 * 1000 - 2 * 86_400_000
        return (0..<lanes).map { lane in
            var random = SplitMix64(seed: UInt64(lane + 1))
            return (0..<count).map { request -> [UInt8] in
                var body: [UInt8] = []
                body.reserveCapacity(points * steps * 28)
                for step in 0..<steps {
                    let at = start + Int64(request * steps + step) * 1000
                    for point in 0..<points {
                        let value = 80 + Int(random.next() % 9) + (request + point) % 17
                        body += Array("\(code(lane * points + point)),\(at),\(value / 10).\(value % 10)\n".utf8)
                    }
                }
                let head =
                    "POST /api/v1/points/values HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 10.2.\(lane).\(request & 255)\r\nAuthorization: Bearer \(token)\r\nContent-Type: text/plain\r\nContent-Length: \(body.count)\r\n\r\n"
                return Array(head.utf8) + body
            }
        }
    }
}
