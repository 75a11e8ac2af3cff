import Cryptography
import Exchange
import Kernel

/// Requests of gates as bytes, signed before the measurement begins.
enum BenchRequest {
    /// - Parameter now: what `X-Timestamp` says; it may lie a little ahead, within the window of 300 s.
    static func signed(_ path: String, _ body: [UInt8], token: String?, key: RSAPrivateKey, now: Moment) throws -> [UInt8] {
        let nonce = SecureRandom.token(24)
        let timestamp = String(now.milliseconds)
        let canonical = SignatureCanon.bytes(method: "POST", pathWithQuery: path, timestamp: timestamp, nonce: nonce, bodySHA256hex: SHA256.hash(body).hex)
        let signature = Base64.encode(try key.sign(canonical))
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let head =
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(authorization)Content-Type: application/json; charset=utf-8\r\nX-Timestamp: \(timestamp)\r\nX-Nonce: \(nonce)\r\n"
            + "X-Sign-Type: RSA2\r\nX-Sign: \(signature)\r\nContent-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }
}

/// The passes of one gate in their order: lorries come in, leave ten lorries later, with photos, cargo and papers.
struct BenchPasses: Sendable {
    let fleet: BenchFleet
    let lane: Int
    /// Of the first pass.
    var serial: Int
    let start: Moment

    /// How many of a lane's first passes must be refused; told by the rule, not by the server.
    private(set) var refused = 0

    init(fleet: BenchFleet, lane: Int, serial: Int, start: Moment) {
        self.fleet = fleet
        self.lane = lane
        self.serial = serial
        self.start = start
    }

    mutating func next() -> String {
        let step = serial - 1
        serial += 1
        let isEntry = step % 2 == 0 || step < 20
        let visit = step % 2 == 0 || step < 20 ? step : step - 19
        let vehicle = fleet.vehicles[(visit * 64 + lane * 37 + visit / 150) % fleet.vehicles.count]
        if !vehicle.isAllowed { refused += 1 }
        // Forty thousand passes of a gate end 200 s after the start, within the five minutes that a clock may be ahead.
        let passedAt = Moment(milliseconds: start.milliseconds + Int64(step) * 5)
        let head = SHA256.hash("h\(lane)-\(step)-\(start.milliseconds)").hex
        let body = SHA256.hash("b\(lane)-\(step)-\(start.milliseconds)").hex
        return
            "{\"serialNo\":\(step + 1),\"gateNo\":\"\(fleet.lanes[lane].gate)\",\"barrierNo\":\"\(isEntry ? "001" : "002")\",\"laneNo\":\"1\",\"direction\":\"\(isEntry ? 1 : 2)\",\"plateNo\":\"\(vehicle.plate)\",\"plateColor\":\"1\","
            + "\"passedAt\":\"\(passedAt.rfc3339)\",\"barrierAction\":\(vehicle.isAllowed ? 2 : 0),\"headPhoto\":\"\(head)\",\"bodyPhoto\":\"\(body)\",\"cargoName\":\"铁矿粉\",\"cargoTonnes\":\(20 + step % 15).5,"
            + "\"measuredBy\":\"scale\",\"vin\":\"\(vehicle.vin)\",\"registeredOn\":\"2021-03-05\",\"vehicleType\":\"H11\",\"fuel\":\"B\",\"emissionStage\":\"\(vehicle.stage)\",\"useNature\":\"F\",\"source\":\"auto\",\"confidence\":0.97}"
    }
}
