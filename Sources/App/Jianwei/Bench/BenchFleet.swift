import Cryptography
import Exchange
import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import MobileSources
import Storage
import StorageSQLite

/// The world that is measured: enterprises with gates, keys and tokens, filed and listed vehicles. Made through the platform's own code, then served.
struct BenchFleet: Sendable {
    struct Site: Sendable {
        var code: String
        var org: Int64
        var accreditationNo: String
        var token = ""
    }

    struct Vehicle: Sendable {
        var plate: String
        var vin: String
        var stage: String
        var isFiled: Bool
        var isListed: Bool
        /// What the gate did with it: refused vehicles are not let in, so that no alarm is due.
        var isAllowed: Bool { isFiled && !isListed }
    }

    static let siteCount = 32
    static let gates = ["1", "2"]
    static let vehicleCount = 10_000

    let key: RSAPrivateKey
    var sites: [Site]
    let vehicles: [Vehicle]
    /// When the last vehicle was listed; passes come after.
    let readyAt: Moment

    /// Lanes of the load: every gate of every enterprise has a connection of its own and counts its own serials.
    var lanes: [(site: Site, gate: String)] { sites.flatMap { site in BenchFleet.gates.map { (site, $0) } } }

    /// Fills an empty directory.
    static func provision(_ directory: String, logger: Logger) async throws -> BenchFleet {
        let installation = try await Installation.open(directory, logger: logger)
        let key = try RSAPrivateKey.generate()
        let pem = try key.publicPEM()
        let principal = Principal.system("性能测试")
        let counties = Region.counties.filter { $0.code.hasPrefix("1301") && !(Region(code: $0.code)?.isStatistical ?? false) }.map(\.code)
        let industries = Industry.all.map(\.code)
        var sites: [Site] = []
        for number in 0..<siteCount {
            let code = "BENCH\(1000 + number)"
            let made = try await installation.gates.registration.provision(
                EnterpriseRegistration.GateClient(
                    enterpriseCode: code, name: "性能测试企业\(number + 1)", county: counties[number % counties.count], industry: industries[number % industries.count], grade: "B",
                    gates: gates, publicKey: pem),
                by: principal)
            sites.append(Site(code: code, org: made.org, accreditationNo: made.accreditationNo))
        }
        let vehicles = (0..<vehicleCount).map(vehicle)
        let owners = sites.map(\.org)
        let ledgers = installation.platform.ledgers
        for start in stride(from: 0, to: vehicles.count, by: 1000) {
            try await installation.database.write { tx in
                for (offset, vehicle) in vehicles[start..<min(start + 1000, vehicles.count)].enumerated() where vehicle.isFiled {
                    var draft = Draft(org: owners[(start + offset) % owners.count])
                    draft.set(RegisteredVehicle.plateNo, .string(vehicle.plate))
                    draft.set(RegisteredVehicle.plateColor, "1")
                    draft.set(RegisteredVehicle.vin, .string(vehicle.vin))
                    draft.set(RegisteredVehicle.emissionStage, .string(vehicle.stage))
                    draft.set(RegisteredVehicle.fuel, "B")
                    draft.set(RegisteredVehicle.vehicleType, "H11")
                    draft.set(RegisteredVehicle.filingState, "approved")
                    draft.set(RegisteredVehicle.filingOpinion, "性能测试")
                    _ = try ledgers.create(RegisteredVehicle.ledger.name, draft, by: principal, in: tx)
                }
            }
        }
        for vehicle in vehicles where vehicle.isListed {
            _ = try await installation.gates.excessList.list(ExcessListDesk.Request(plate: vehicle.plate, color: "1", authority: "市生态环境局", basis: "性能测试"), by: principal)
        }
        await installation.database.close()
        return BenchFleet(key: key, sites: sites, vehicles: vehicles, readyAt: Clock.system.now)
    }

    /// Of a hundred: five are filed nowhere, one is on the excess list, the others are in order.
    private static func vehicle(_ number: Int) -> Vehicle {
        let digits = String(100_000 + number).dropFirst()
        let stages = ["5", "5", "6", "6", "4", "5"]
        return Vehicle(plate: "冀A\(digits)", vin: vin(number), stage: stages[number % stages.count], isFiled: number % 20 != 7, isListed: number % 100 == 33)
    }

    static func vin(_ number: Int) -> String {
        let serial = String(1_000_000 + number).dropFirst()
        for check in "0123456789X" where VIN(normalizing: "LZZ5CLVB\(check)MA\(serial)").hasValidCheckDigit { return "LZZ5CLVB\(check)MA\(serial)" }
        return "LZZ5CLVB0MA\(serial)"
    }

    /// Asks the server for every enterprise's token.
    mutating func authorise(port: Int) throws {
        for index in sites.indices {
            let body = Array("{\"accreditationNo\":\"\(sites[index].accreditationNo)\",\"enterpriseCode\":\"\(sites[index].code)\"}".utf8)
            let answer = try LoadGenerator.ask(port: port, try BenchRequest.signed("/gate/v1/token", body, token: nil, key: key, now: Clock.system.now))
            guard let token = try JSONValue(parsing: answer.body)["data"]?["accessToken"]?.string else {
                throw Failure(.unexpected, "JW-B006", "没有取得令牌：" + String(decoding: answer.body.prefix(300), as: UTF8.self))
            }
            sites[index].token = token
        }
    }
}
