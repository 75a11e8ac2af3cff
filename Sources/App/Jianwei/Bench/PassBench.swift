import Foundation
import Kernel
import Storage

/// Signed passes, one a request and a hundred a request: throughput, waiting times, CPU, and proof that everything was stored as it should be.
struct PassBench {
    /// Requests of every lane, and how many passes of a lane's first n requests must be refused.
    struct Prepared: Sendable {
        var lanes: [[[UInt8]]]
        var refusedBy: [[Int]]
        var passesPerRequest: Int
    }

    struct Result {
        var perSecond: Double
        var passes: Int
        var expectedRefused: Int
        var outcome: LoadGenerator.Outcome
        var cpuMilliseconds: Double
    }

    static let stored = Array("\"status\":\"stored\"".utf8)

    /// Signs on both cores; a signature costs twenty times what verifying it does.
    static func prepare(_ fleet: BenchFleet, requests: Int, passesPerRequest: Int, serial: Int, connections: Int = 64) async throws -> Prepared {
        let lanes = fleet.lanes.prefix(connections)
        let perLane = max(1, requests / lanes.count)
        let now = Clock.system.now
        let made = try await withThrowingTaskGroup(of: (Int, [[UInt8]], [Int]).self) { group in
            for lane in lanes.indices {
                group.addTask {
                    var passes = BenchPasses(fleet: fleet, lane: lane, serial: serial, start: fleet.readyAt)
                    var requests: [[UInt8]] = []
                    var refused: [Int] = []
                    for _ in 0..<perLane {
                        let records = (0..<passesPerRequest).map { _ in passes.next() }
                        let body = passesPerRequest == 1 ? records[0] : "[" + records.joined(separator: ",") + "]"
                        requests.append(try BenchRequest.signed("/gate/v1/passes", Array(body.utf8), token: lanes[lane].site.token, key: fleet.key, now: now.adding(seconds: 200)))
                        refused.append(passes.refused)
                    }
                    return (lane, requests, refused)
                }
            }
            var made: [(Int, [[UInt8]], [Int])] = []
            for try await one in group { made.append(one) }
            return made.sorted { $0.0 < $1.0 }
        }
        return Prepared(lanes: made.map(\.1), refusedBy: made.map(\.2), passesPerRequest: passesPerRequest)
    }

    /// - Throws: when an answer was not 200 or a pass was not said to be stored.
    static func drive(_ prepared: Prepared, against server: BenchServer, limit: Double = .infinity) throws -> Result {
        let before = server.cpuSeconds
        let outcome = try LoadGenerator(ports: server.ports, needle: stored).closedLoop(prepared.lanes, limit: limit)
        let spent = server.cpuSeconds - before
        guard outcome.refused == 0 else { throw Failure(.unexpected, "JW-B010", "有 \(outcome.refused) 个请求未被接受：\(outcome.firstRefusal ?? "")") }
        let passes = outcome.answers * prepared.passesPerRequest
        guard outcome.needles == passes else { throw Failure(.unexpected, "JW-B011", "发送 \(passes) 条，平台只确认入库 \(outcome.needles) 条") }
        let expected = zip(prepared.refusedBy, outcome.answersByLane).reduce(0) { $0 + ($1.1 > 0 ? $1.0[$1.1 - 1] : 0) }
        return Result(perSecond: Double(passes) / outcome.seconds, passes: passes, expectedRefused: expected, outcome: outcome, cpuMilliseconds: spent * 1000 / Double(passes))
    }

    /// What lies in the database after the server has gone, against what was sent.
    ///
    /// - Throws: with the first difference.
    static func verify(_ directory: String, passes: Int, refused: Int) async throws {
        let database = try BenchPlace.open(directory)
        let facts: [(String, SQL, Int)] = [
            ("过车记录", "SELECT COUNT(*) FROM gate_pass", passes),
            ("不允许通行", "SELECT COUNT(*) FROM gate_pass WHERE verdict = 'refuse'", refused),
            ("日汇总", "SELECT SUM(trips) FROM pass_daily", passes),
            ("月汇总", "SELECT SUM(trips) FROM pass_monthly", passes),
            ("门岗日计数", "SELECT SUM(received) FROM gate_daily", passes),
            ("门岗累计", "SELECT SUM(received) FROM gate_state", passes),
            ("流水号缺口", "SELECT COUNT(*) FROM serial_gap", 0),
            ("照片登记", "SELECT COUNT(*) FROM photo_use", passes * 2),
        ]
        let found = try await database.read(within: .seconds(120)) { reader in try facts.map { try reader.count($0.1) } }
        await database.close()
        for (fact, count) in zip(facts, found) where fact.2 != count { throw Failure(.unexpected, "JW-B012", "\(fact.0)应为 \(fact.2)，实为 \(count)") }
    }
}
