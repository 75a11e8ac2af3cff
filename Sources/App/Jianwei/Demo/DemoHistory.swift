import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Media
import MobileSources
import Storage
import Synchronization

/// A month of passes before the demonstration began, taken in by the path that real passes take, each at its own moment: roll-ups, serials, pairs and alarms follow by themselves.
struct DemoHistory: Sendable {
    let plan: DemoPlan
    let orgs: [Int64]
    let gates: GateSupervision
    let platform: Platform

    static let days = 30
    /// Visits of an average enterprise on a working day.
    private static let visitsEach = 8.2
    /// Pictures are drawn for the latest passes and for those that end in an alarm.
    private static let picturedPasses = DemoPictures.areQuick ? 300 : 24

    /// The past's own clock.
    private final class Travel: Sendable {
        private let moment: Atomic<Int64>
        init(_ start: Moment) { moment = Atomic(start.milliseconds) }
        func move(to moment: Moment) { self.moment.store(moment.milliseconds, ordering: .relaxed) }
        var clock: Clock { Clock { Moment(milliseconds: self.moment.load(ordering: .relaxed)) } }
    }

    /// - Returns: how many passes were stored; 0 when there were some already.
    func install() async throws -> Int {
        if try await platform.database.read({ try $0.first("SELECT 1 FROM gate_pass LIMIT 1") }) != nil { return 0 }
        let now = platform.clock.now
        let warning = try await startPastWarning(now)
        let travel = Travel(now)
        let hooks = AlarmEngine.Hooks(
            audit: { [audit = platform.audit] entry, principal, tx in try audit.record(entry, by: principal, in: tx) },
            lock: { try PhotoStore.lock($0, in: $1) || ClipStore.lock($0, in: $1) })
        let alarms = AlarmEngine(kinds: platform.alarms.kinds, hooks: hooks, clock: travel.clock, book: platform.alarms.book)
        let past = GateSupervision(
            database: platform.database, clock: travel.clock, ledgers: platform.ledgers, alarms: alarms, audit: platform.audit, photos: platform.photos, clients: gates.clients,
            organisations: platform.identity.organisations)
        try await past.registry.load(from: platform.database)
        var passes = invent(until: now, warning: warning)
        try await draw(&passes)
        let stored = try await store(passes.map(\.historic), in: past, travel)
        try await reportGenerated(before: now.day)
        try await weigh(passes, before: now)
        try await DemoAlarmDesk(plan: plan, platform: platform).handle(alarms, before: now) { travel.move(to: $0) }
        return stored
    }

    // MARK: Inventing

    private struct Pass: Sendable {
        var historic: HistoricPass
        var vehicle: DemoVehicle
        var place: DemoEnterprise
        var raisesAlarm: Bool
    }

    private struct PastWarning: Sendable {
        var from: Moment
        var to: Moment
    }

    /// Three and a half days of red in the middle of the month, in every county.
    private func startPastWarning(_ now: Moment) async throws -> PastWarning {
        let first = now.day.adding(days: -16).start.adding(seconds: 12 * 3600)
        let warning = PastWarning(from: first, to: now.day.adding(days: -12).start)
        if gates.registry.snapshot.warnings.isEmpty {
            _ = try await gates.warnings.start(
                .red, counties: plan.counties.map(\.code), startsAt: warning.from, endsAt: warning.to, basis: "市重污染天气应对指挥部第 3 号通知（演示）", by: .system("演示城市"))
        }
        return warning
    }

    private func invent(until now: Moment, warning: PastWarning) -> [Pass] {
        var random = DemoRandom(plan.seed, stream: 21)
        let traffic = DemoTraffic(plan: plan)
        var passes: [Pass] = []
        for back in stride(from: DemoHistory.days, through: 0, by: -1) {
            let day = now.day.adding(days: -back)
            let weekend = day.weekday >= 6 ? 0.78 : 1.0
            for place in plan.enterprises {
                let usual = DemoHistory.visitsEach * place.trade.weight / 1.2 * weekend
                for _ in 0..<random.count(around: usual) {
                    let at = day.start.adding(seconds: DemoHistory.secondOfDay(&random))
                    let level: WarningLevel = at >= warning.from && at < warning.to ? .red : .none
                    guard at < now, random.chance(DemoTraffic.share(place, level)) else { continue }
                    passes += self.passes(of: traffic.visit(to: place, level: level, &random), at: at, until: now, &random)
                }
            }
        }
        passes.sort { $0.historic.receivedAt < $1.historic.receivedAt }
        number(&passes)
        return passes
    }

    /// Most traffic between six and eighteen, a little at night.
    private static func secondOfDay(_ random: inout DemoRandom) -> Int64 {
        let hour = random.weighted([0.6, 0.5, 0.5, 0.6, 1, 2, 4, 6, 8, 8, 7, 5, 4, 5, 7, 7, 6, 5, 3.5, 2.5, 2, 1.5, 1, 0.8])
        return Int64(hour * 3600 + random.int(0...3599))
    }

    private func passes(of visit: DemoVisit, at: Moment, until now: Moment, _ random: inout DemoRandom) -> [Pass] {
        var entry = input(of: visit, at: at, isEntry: true, &random)
        let org = orgs[visit.place.index]
        func pass(_ input: GatePassInput, _ raises: Bool) -> Pass {
            let terminal = GateTerminal(org: org, enterpriseCode: visit.place.code, accreditationNo: "demo", address: "127.0.0.1")
            let historic = HistoricPass(input: input, terminal: terminal, receivedAt: input.passedAt.adding(seconds: Int64(random.int(2...7))))
            return Pass(historic: historic, vehicle: visit.vehicle, place: visit.place, raisesAlarm: raises)
        }
        guard visit.reason == nil || visit.isLiftedByHand else {
            entry.barrierAction = "0"
            return [pass(entry, false)]
        }
        if visit.isLiftedByHand {
            entry.barrierAction = "1"
            entry.liftReason = random.pick(DemoVisit.excuses)
        }
        let first = pass(entry, visit.isLiftedByHand)
        let leaves = at.adding(seconds: Int64(visit.stay * 60))
        guard leaves < now else { return [first] }
        var exit = input(of: visit, at: leaves, isEntry: false, &random)
        exit.barrierAction = visit.isLiftedByHand ? "1" : "2"
        if visit.isLiftedByHand { exit.liftReason = "已进厂车辆出厂（演示）" }
        return [first, pass(exit, visit.isLiftedByHand)]
    }

    private func input(of visit: DemoVisit, at: Moment, isEntry: Bool, _ random: inout DemoRandom) -> GatePassInput {
        var input = GatePassInput()
        input.gateNo = visit.gate
        input.barrierNo = isEntry ? "001" : "002"
        input.laneNo = isEntry ? "1" : "2"
        input.direction = isEntry ? "1" : "2"
        input.plate = PlateNumber(normalizing: visit.vehicle.plate)
        input.plateColor = visit.vehicle.color
        input.passedAt = Moment(milliseconds: at.milliseconds / 1000 * 1000)
        input.barrierAction = "2"
        input.source = random.chance(0.985) ? "auto" : "backfill"
        input.confidence = random.number(0.93...0.999).rounded(places: 3)
        if let goods = isEntry ? visit.goodsIn : visit.goodsOut {
            input.cargoName = goods
            input.cargoTonnes = isEntry ? visit.tonnesIn : visit.tonnesOut
            input.measuredBy = "scale"
        } else {
            input.cargoName = "空车"
            input.cargoTonnes = 0
        }
        if visit.isFiled || random.chance(0.5) {
            input.vin = visit.vehicle.vin
            input.emissionStage = visit.vehicle.stage
            input.fuel = visit.vehicle.model.fuel
            input.vehicleType = visit.vehicle.model.vehicleType
            input.registeredOn = visit.vehicle.registeredOn
        }
        return input
    }

    /// Serials rise by one at each gate, in the order of passing.
    private func number(_ passes: inout [Pass]) {
        var last: [String: Int64] = [:]
        for index in passes.indices {
            let key = "\(passes[index].place.index)/\(passes[index].historic.input.gateNo)"
            let next = (last[key] ?? Int64(1000 + passes[index].place.index * 7)) + 1
            last[key] = next
            passes[index].historic.input.serialNo = next
            // Pictures of the distant past were taken away when their time was over: their hashes remain.
            let name = "demo-\(plan.seed)-\(key)-\(next)"
            passes[index].historic.input.headPhoto = DemoPictures.hash(of: "\(name)-head")
            passes[index].historic.input.bodyPhoto = DemoPictures.hash(of: "\(name)-body")
        }
    }

    // MARK: Storing

    private func draw(_ passes: inout [Pass]) async throws {
        let chosen = passes.indices.filter { (passes[$0].raisesAlarm && DemoPictures.areQuick) || $0 >= passes.count - DemoHistory.picturedPasses }
        let pictures = DemoPictures(platform: platform)
        let orgs = orgs
        let wanted = chosen.map { ($0, passes[$0]) }
        let drawn = try await withThrowingTaskGroup(of: (Int, String, String).self) { group in
            var waiting = wanted.makeIterator()
            func add() {
                guard let (index, pass) = waiting.next() else { return }
                group.addTask {
                    let shot = DemoPictures.Shot(vehicle: pass.vehicle, place: pass.place, input: pass.historic.input)
                    let head = try await pictures.store(shot, .head, org: orgs[pass.place.index], at: pass.historic.receivedAt)
                    let body = try await pictures.store(shot, .body, org: orgs[pass.place.index], at: pass.historic.receivedAt)
                    return (index, head, body)
                }
            }
            for _ in 0..<8 { add() }
            var drawn: [(Int, String, String)] = []
            for try await one in group {
                drawn.append(one)
                add()
            }
            return drawn
        }
        for (index, head, body) in drawn {
            passes[index].historic.input.headPhoto = head
            passes[index].historic.input.bodyPhoto = body
        }
    }

    private func store(_ passes: [HistoricPass], in past: GateSupervision, _ travel: Travel) async throws -> Int {
        var stored = 0
        for start in stride(from: 0, to: passes.count, by: 500) {
            let part = Array(passes[start..<min(start + 500, passes.count)])
            let results = try await past.passes.importHistory(part, recordedAt: Clock.system.now, by: .system("演示城市")) { travel.move(to: $0) }
            stored += results.count { $0.status == .stored }
        }
        return stored
    }

    /// What the gates say they made on past days: nearly always what came; here and there a day with losses.
    private func reportGenerated(before today: Day) async throws {
        let seed = plan.seed
        try await platform.database.write { tx in
            var random = DemoRandom(seed, stream: 22)
            for row in try tx.rows("SELECT day, org, gate_no, received FROM gate_daily WHERE day < \(today) ORDER BY day, org, gate_no") {
                let received = row[3].int ?? 0
                let lost = random.chance(0.02) ? received / 9 + 1 : 0
                let beats = Int64(1440 - (random.chance(0.03) ? random.int(30...300) : random.int(0...3)))
                try tx.execute("UPDATE gate_daily SET generated = \(received + lost), heartbeats = \(beats) WHERE day = \(row[0]) AND org = \(row[1]) AND gate_no = \(row[2])")
            }
        }
    }

    /// Weighbridge rows of the last three days.
    private func weigh(_ passes: [Pass], before now: Moment) async throws {
        let since = now.adding(seconds: -3 * 86_400)
        let rows = passes.filter { $0.historic.input.passedAt >= since && ($0.historic.input.cargoTonnes ?? 0) > 0 && $0.historic.input.barrierAction != "0" }
        let orgs = orgs
        let ledgers = platform.ledgers
        try await platform.database.write { tx in
            for (index, pass) in rows.enumerated() {
                let input = pass.historic.input
                // One scale in nine disagrees with what the gate reported.
                let net = ((input.cargoTonnes ?? 0) * (index % 9 == 4 ? 1.14 : 1)).rounded(places: 2)
                let tare = pass.vehicle.isHeavy ? 15.2 : 6.4
                let draft = Draft(
                    [
                        "weighedAt": .int(input.passedAt.adding(seconds: input.direction == "1" ? 240 : -300).milliseconds), "plateNo": .string(input.plate.text),
                        "direction": .string(input.direction),
                        "goodsName": .string(input.cargoName ?? "货物"), "grossTonnes": .double((net + tare).rounded(places: 2)), "tareTonnes": .double(tare),
                        "netTonnes": .double(net), "measuredBy": "scale",
                    ], org: orgs[pass.place.index])
                _ = try ledgers.create(MaterialMovement.ledger.name, draft, by: .system("演示城市"), in: tx)
            }
        }
    }
}
