import Features
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage

/// The ledgers of the demonstration city: models, filings, on-site vehicles, machines, internal vehicles, the excess list.
struct DemoLedgers: Sendable {
    let plan: DemoPlan
    let orgs: [Int64]
    let platform: Platform

    private static let writer = Principal.system("演示城市")

    func install() async throws {
        try await write(VehicleModel.ledger.name, models())
        try await write(RegisteredVehicle.ledger.name, filings())
        try await write(OnSiteVehicle.ledger.name, onSiteVehicles())
        try await write(NonRoadMachine.ledger.name, machines())
        try await write(InternalVehicle.ledger.name, internalVehicles())
        try await write(EntryAuthorisation.ledger.name, authorisations())
        try await demandAuthorisation()
        try await write(Camera.ledger.name, cameras())
        if try await platform.database.read({ try $0.first("SELECT 1 FROM excess_emission_entry LIMIT 1") }) == nil { try await listVehicles() }
    }

    /// A few hundred rows a transaction, so that nothing else waits long; rows that are there already stay.
    private func write(_ ledger: String, _ drafts: [Draft]) async throws {
        let ledgers = platform.ledgers
        for start in stride(from: 0, to: drafts.count, by: 250) {
            let part = Array(drafts[start..<min(start + 250, drafts.count)])
            try await platform.database.write { tx in
                for draft in part { _ = try ledgers.upsert(ledger, draft, by: DemoLedgers.writer, in: tx) }
            }
        }
    }

    private func models() -> [Draft] {
        plan.models.filter(\.isCatalogued).map { model in
            Draft([
                "model": .string(model.model), "manufacturer": .string(model.maker), "fuel": .string(model.fuel), "emissionStage": .string(model.stage.rawValue),
                "approvedOn": .string(model.approvedOn.text),
            ])
        }
    }

    private func filings() -> [Draft] {
        zip(plan.enterprises, orgs).flatMap { place, org in
            place.vehicles.map { index in
                let vehicle = plan.vehicles[index]
                return Draft(
                    [
                        "plateNo": .string(vehicle.plate), "plateColor": .string(vehicle.color.rawValue), "vin": .string(vehicle.vin), "engineNo": .string(vehicle.engineNo),
                        "registeredOn": .string(vehicle.registeredOn.text), "model": .string(vehicle.model.model), "vehicleType": .string(vehicle.model.vehicleType),
                        "vehicleClass": "0",
                        "useNature": "F", "owner": .string(vehicle.owner), "fuel": .string(vehicle.model.fuel), "emissionStage": .string(vehicle.stage.rawValue),
                        "networked": vehicle.isNetworked ? "1" : "0", "filingState": .string(vehicle.filingState),
                        "filingOpinion": vehicle.filingState == "rejected" ? "随车清单照片不清晰，请重新提交" : "",
                    ], org: org)
            }
        }
    }

    private func onSiteVehicles() -> [Draft] {
        var random = DemoRandom(plan.seed, stream: 11)
        return zip(plan.enterprises, orgs).flatMap { place, org in
            (0..<random.int(2...7)).map { number in
                let isElectric = random.chance(0.35)
                let stage: EmissionStage = isElectric ? .electric : [.six, .five, .four, .three][random.weighted([3, 4, 2, 0.5])]
                return Draft(
                    [
                        "registrationCode": .string("CN-\(place.index + 1)-\(number + 1)"), "registeredOn": .string(Day(daysSince1970: 18_600 + random.int(0...1700)).text),
                        "model": "演示短驳车",
                        "fuel": isElectric ? "C" : "B", "emissionStage": .string(stage.rawValue), "networked": random.chance(0.6) ? "1" : "0", "owner": .string(place.name),
                    ], org: org)
            }
        }
    }

    private func machines() -> [Draft] {
        var random = DemoRandom(plan.seed, stream: 12)
        return zip(plan.enterprises, orgs).flatMap { place, org in
            (0..<random.int(3...9)).map { number in
                let isElectric = random.chance(0.2)
                let stage: EmissionStage = isElectric ? .electric : [.four, .three, .two][random.weighted([4, 5, 1])]
                return Draft(
                    [
                        "registrationCode": .string("FDL-\(place.index + 1)-\(number + 1)"), "machineType": .string(String(random.int(1...5))),
                        "machineModel": .string("演示机\(random.int(10...99))"),
                        "manufacturedOn": .string(Day(daysSince1970: 17_800 + random.int(0...2300)).text), "manufacturer": "演示机械厂", "fuel": isElectric ? "C" : "B",
                        "emissionStage": .string(stage.rawValue), "enginePower": .double(random.number(40...260).rounded(places: 1)), "owner": .string(place.name),
                    ], org: org)
            }
        }
    }

    private func internalVehicles() -> [Draft] {
        var random = DemoRandom(plan.seed, stream: 13)
        var taken: Set<String> = []
        let today = platform.clock.today
        return zip(plan.enterprises, orgs).flatMap { place, org in
            (0..<random.int(2...6)).map { number in
                var plate = DemoCodes.plate(.blue, &random)
                while !taken.insert(plate).inserted { plate = DemoCodes.plate(.blue, &random) }
                return Draft(
                    [
                        "plateNo": .string(plate), "plateColor": "0", "owner": .string("演示职工\(place.index + 1)-\(number + 1)"),
                        "department": .string(random.pick(["生产部", "安环部", "销售部", "行政部", "设备部"])),
                        "validUntil": .string(today.adding(days: random.int(5...500)).text),
                    ], org: org)
            }
        }
    }

    /// the second enterprise lets in by authorisation only; the others have authorised a few.
    private func authorisations() -> [Draft] {
        var random = DemoRandom(plan.seed, stream: 14)
        let today = platform.clock.today
        return zip(plan.enterprises, orgs).flatMap { place, org in
            place.vehicles.prefix(place.index == 1 ? place.vehicles.count : 4).enumerated().map { number, index in
                let vehicle = plan.vehicles[index]
                return Draft(
                    [
                        "plateNo": .string(vehicle.plate), "plateColor": .string(vehicle.color.rawValue), "validFrom": .string(today.adding(days: -60).text),
                        "validUntil": .string(today.adding(days: random.int(60...300)).text), "purpose": "原料与产品运输（演示）",
                        "driver": .string("演示司机\(place.index + 1)-\(number + 1)"),
                        "cargo": .string(Set(place.trade.brings + place.trade.takes).sorted().joined(separator: "、")),
                    ], org: org)
            }
        }
    }

    private func demandAuthorisation() async throws {
        guard plan.enterprises.count > 1, orgs.count > 1 else { return }
        let (ledgers, org) = (platform.ledgers, orgs[1])
        try await platform.database.write { tx in
            guard let id = try tx.value("SELECT id FROM enterprise WHERE org = \(org) AND deleted_at IS NULL")?.int else { return }
            _ = try ledgers.update(Enterprise.ledger.name, id: id, Draft(["needsAuthorisation": true]), expectedVersion: nil, by: DemoLedgers.writer, in: tx)
        }
    }

    private func cameras() -> [Draft] {
        zip(plan.enterprises, orgs).flatMap { place, org in
            place.gates.flatMap { gate in
                [("A", "车头"), ("B", "车身"), ("C", "全景")].map { suffix, scene in
                    Draft(["cameraNo": .string("\(gate)\(suffix)"), "gateNo": .string(gate), "scene": .string(scene), "recordDays": 180], org: org)
                }
            }
        }
    }

    /// Listed vehicles, recognised over the last two months; three of them released again.
    private func listVehicles() async throws {
        let ledgers = platform.ledgers
        let now = platform.clock.now
        let plan = plan
        try await platform.database.write { tx in
            for (position, index) in plan.listed.enumerated() {
                let vehicle = plan.vehicles[index]
                let since = now.adding(seconds: -86_400 * Int64(3 + position * 4))
                var draft = Draft([
                    "plateNo": .string(vehicle.plate), "plateColor": .string(vehicle.color.rawValue), "vin": .string(vehicle.vin),
                    "listKind": position % 5 == 4 ? "black" : "excess",
                    "authority": .string(["石家庄市生态环境局（演示）", "机动车遥感监测站（演示）", "路检路查组（演示）"][position % 3]),
                    "basis": .string(["遥感监测连续两次超标", "路检 OBD 检查氮氧化物超标", "入户抽测烟度超标"][position % 3] + "（演示）"),
                ])
                draft.set(ExcessEmissionList.recognizedAt, .int(since.milliseconds))
                let record = try ledgers.create(ExcessEmissionList.ledger.name, draft, by: DemoLedgers.writer, in: tx)
                guard position >= plan.listed.count - 3 else { continue }
                var release = Draft()
                release.set(ExcessEmissionList.state, "released")
                release.set(ExcessEmissionList.releasedAt, .int(since.adding(seconds: 86_400 * 9).milliseconds))
                release.set(ExcessEmissionList.releaseBasis, "维修后复检合格（演示）")
                _ = try ledgers.update(ExcessEmissionList.ledger.name, id: record.id, release, expectedVersion: nil, by: DemoLedgers.writer, in: tx)
            }
        }
    }
}
