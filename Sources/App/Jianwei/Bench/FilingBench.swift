import Kernel

/// The question before the barrier lifts, asked by the clock.
struct FilingBench {
    /// - Returns: waiting times, and the share of CPU per question.
    static func run(_ fleet: BenchFleet, against server: BenchServer, perSecond: Double, seconds: Int) throws -> (outcome: LoadGenerator.Outcome, cpuMilliseconds: Double) {
        let lanes = fleet.lanes
        let perLane = Int(perSecond) * seconds / lanes.count
        var filed = 0
        var requests: [[[UInt8]]] = []
        for (index, lane) in lanes.enumerated() {
            requests.append(
                (0..<perLane).map { step in
                    let vehicle = fleet.vehicles[(step * 131 + index * 57) % fleet.vehicles.count]
                    if vehicle.isFiled { filed += 1 }
                    return LoadGenerator.get("/gate/v1/filing?plateNo=%E5%86%80\(vehicle.plate.dropFirst())&plateColor=1&direction=1&gateNo=\(lane.gate)", token: lane.site.token)
                })
        }
        let before = server.cpuSeconds
        let outcome = try LoadGenerator(ports: server.ports, needle: Array("\"filed\":true".utf8)).openLoop(requests, perSecond: perSecond)
        let spent = server.cpuSeconds - before
        guard outcome.refused == 0 else { throw Failure(.unexpected, "JW-B010", "有 \(outcome.refused) 个查询未被接受：\(outcome.firstRefusal ?? "")") }
        guard outcome.needles == filed else { throw Failure(.unexpected, "JW-B013", "已备案应为 \(filed) 次，实答 \(outcome.needles) 次") }
        return (outcome, spent * 1000 / Double(outcome.answers))
    }
}
