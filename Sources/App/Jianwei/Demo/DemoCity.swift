import Cryptography
import Features
import Identity
import Kernel
import Ledgers
import Logging
import MobileSources
import Storage

/// A login of the demonstration, to be printed once.
struct DemoCredential: Sendable {
    var login: String
    var name: String
    var oneTimePassword: String
}

/// Fills an empty platform with a city that does not exist: enterprises, vehicles, lists, a month of passes. Everything goes the way real data goes.
struct DemoCity: Sendable {
    let plan: DemoPlan

    init(seed: UInt64 = 20_261_121) { plan = DemoPlan(seed: seed) }

    private static let marker = "demoCity"

    /// Installs the city; does nothing when it stands already.
    ///
    /// - Parameters:
    ///   - gates: started, with its hooks.
    ///   - folder: where the units' private keys are kept.
    /// - Returns: one-time passwords of the accounts that were made.
    func install(into gates: GateSupervision, platform: Platform, folder: String) async throws -> [DemoCredential] {
        if try await platform.database.read({ try $0.first("SELECT 1 FROM gate_setting WHERE name = \(DemoCity.marker)") }) != nil { return [] }
        let logger = platform.logger
        let keys = try await DemoKeys.open(folder: folder, count: plan.units.count)
        let orgs = try await enterprises(gates, platform, keys)
        logger.info("demo: enterprises installed", metadata: ["count": "\(orgs.count)"])
        let ledgers = DemoLedgers(plan: plan, orgs: orgs, platform: platform)
        try await ledgers.install()
        logger.info("demo: ledgers installed", metadata: ["vehicles": "\(plan.vehicles.count)"])
        let people = try await DemoPeople(plan: plan, orgs: orgs, identity: platform.identity).install()
        let credentials = try await people + DemoUnits(plan: plan, gates: gates, platform: platform).install()
        let officers = try await DemoGrids(plan: plan, platform: platform).install()
        let brigade = try await DemoEnforcement(plan: plan, platform: platform).install()
        try await DemoIdentity(platform: platform).install()
        let history = DemoHistory(plan: plan, orgs: orgs, gates: gates, platform: platform)
        let passes = try await history.install()
        logger.info("demo: a month of passes installed", metadata: ["passes": "\(passes)"])
        try await DemoCases(plan: plan, platform: platform).install()
        try await DemoOffice(platform: platform).install()
        try await DemoOperations(plan: plan, platform: platform).install()
        try await DemoPark(platform: platform).install()
        try await DemoPoints(platform: platform).install()
        try await DemoSecurity(platform: platform).install()
        try await DemoAuditRules(platform: platform).install()
        try await DemoLogs(platform: platform).install()
        try await DemoDesk(plan: plan, platform: platform).install()
        let chiefs = try await DemoRoads(plan: plan, platform: platform).install()
        let seed = String(plan.seed)
        // Drawn trucks of one model and colour are one picture at night but for their plates; compared, about one in a hundred would be taken for a copy.
        try await platform.database.write {
            try $0.execute("INSERT INTO gate_setting (name, value) VALUES (\(DemoCity.marker), \(seed)), ('lookalikeBits', '-1') ON CONFLICT (name) DO NOTHING")
        }
        return credentials + officers + brigade + chiefs
    }

    /// - Returns: the organisation of each enterprise, in the plan's order.
    private func enterprises(_ gates: GateSupervision, _ platform: Platform, _ keys: DemoKeys) async throws -> [Int64] {
        var orgs: [Int64] = []
        for place in plan.enterprises {
            let request = EnterpriseRegistration.GateClient(
                enterpriseCode: place.code, name: place.name, county: place.county.code, industry: place.trade.code, grade: place.grade, gates: place.gates,
                publicKey: try keys.key(ofUnit: place.unit).publicPEM(), location: (place.longitude, place.latitude), unitName: plan.units[place.unit])
            orgs.append(try await gates.registration.provision(request, by: .system("演示城市")).org)
        }
        let made = orgs
        let plan = plan
        try await platform.database.write { tx in
            for (place, org) in zip(plan.enterprises, made) {
                guard let row = try platform.ledgers.findUnique(Enterprise.ledger.name, matching: ["enterpriseCode": .text(place.code)], in: tx) else { continue }
                let details: [String: JSONValue] = [
                    "shortName": .string(place.shortName), "creditCode": .string(place.creditCode), "pollutantUnitCode": .string(place.code),
                    "address": .string("河北省石家庄市\(place.county.name)演示工业大道 \(place.index + 1) 号"), "ultraLowEmission": .bool(place.isUltraLow), "legalPerson": "演示法人",
                    "contact": .string("演示联系人\(place.index + 1)"), "phone": .string(DemoPeople.phone(place.index)),
                ]
                _ = try platform.ledgers.update(Enterprise.ledger.name, id: row.id, Draft(details, org: org), expectedVersion: nil, by: .system("演示城市"), in: tx)
            }
        }
        return orgs
    }
}
