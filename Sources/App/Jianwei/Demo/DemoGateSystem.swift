import Kernel
import Logging
import Media

/// The gate system of one enterprise, as a real one works: asks before it lifts, counts serials, sends photos and passes, beats, follows changes, keeps what it could not send.
actor DemoGateSystem {
    let place: DemoEnterprise
    private let link: DemoGateLink
    private let threads: PictureThreads
    private let logger: Logger
    private var gates: [String: Gate] = [:]
    private var inside: [Inside] = []
    private var cursor: String?
    private var listed: Set<String> = []
    private var random: DemoRandom
    /// While the line is dead nothing is sent; passes wait.
    private var isSilent = false
    private var fault: (part: String, until: Moment)?
    private var waitingPictures: [[UInt8]] = []

    private struct Gate {
        var lastSerial: Int64
        var today = Clock.system.now.day
        var madeToday: Int64 = 0
        /// What may be asked for again, by serial; the latest few hundred.
        var kept: [Int64: JSONValue] = [:]
        var waiting: [JSONValue] = []
    }

    private struct Inside {
        var visit: DemoVisit
        var leavesAt: Moment
    }

    /// - Parameter serials: the last serial that the platform has of each gate.
    init(place: DemoEnterprise, link: DemoGateLink, serials: [String: Int64], threads: PictureThreads, seed: UInt64, logger: Logger) {
        self.place = place
        self.link = link
        self.threads = threads
        self.logger = logger
        random = DemoRandom(seed, stream: 500 + UInt64(place.index))
        for gate in place.gates { gates[gate] = Gate(lastSerial: serials[gate] ?? 1000) }
    }

    // MARK: Traffic

    /// One passage: somebody leaves when it is time, otherwise somebody comes.
    func pass(_ arrival: DemoVisit, _ mischief: DemoFaults) async {
        let now = Clock.system.now
        if let position = inside.firstIndex(where: { $0.leavesAt <= now }) {
            let leaving = inside.remove(at: position)
            await passage(of: leaving.visit, isEntry: false, mischief)
        } else {
            await passage(of: arrival, isEntry: true, mischief)
        }
    }

    private func passage(of visit: DemoVisit, isEntry: Bool, _ mischief: DemoFaults) async {
        let now = Clock.system.now
        var plate = visit.vehicle.plate
        if mischief == .misread { plate = DemoFaults.misread(plate, &random) }
        let (action, reason) = await decide(plate, visit, isEntry: isEntry, mischief)
        let shot = DemoPictures.Shot(
            vehicle: visit.vehicle, place: place, plate: visit.vehicle.plate, color: visit.vehicle.color, moment: now,
            gate: "\(visit.gate)号门 \(isEntry ? "进" : "出") \(isEntry ? "001" : "002")")
        guard let pictures = try? await threads.run({ [try shot.jpeg(.head), try shot.jpeg(.body)] }) else { return }
        guard var gate = gates[visit.gate] else { return }
        gate.lastSerial += 1
        if gate.today != now.day { (gate.today, gate.madeToday) = (now.day, 0) }
        gate.madeToday += 1
        let record = record(
            of: visit, plate: plate, serial: gate.lastSerial, isEntry: isEntry, at: now, action: action, liftReason: reason, photos: pictures.map { DemoPictures.hash(of: $0) })
        gate.kept[gate.lastSerial] = record
        gate.kept[gate.lastSerial - 400] = nil
        if isSilent { gate.waiting.append(record) }
        gates[visit.gate] = gate
        if isEntry, action != "0" { inside.append(Inside(visit: visit, leavesAt: now.adding(seconds: Int64(random.int(180...900))))) }
        if isSilent { return waitingPictures.append(contentsOf: pictures) }
        // A lost record: the next heartbeat asks for it.
        if mischief == .lost { return }
        if mischief != .latePhotos { await send(pictures) }
        await send([record])
        // Whom the barrier should have stopped is recorded; the recording comes after the pass, as from a real recorder.
        if action != "2", isEntry { await film(pictures[1], serial: gate.lastSerial, at: visit.gate, isEntry: isEntry, now) }
        if mischief == .duplicate { await send([record]) }
        if mischief == .latePhotos {
            try? await Task.sleep(for: .seconds(20))
            await send(pictures)
        }
    }

    /// What the platform says decides; off-line what was handed down last.
    private func decide(_ plate: String, _ visit: DemoVisit, isEntry: Bool, _ mischief: DemoFaults) async -> (action: String, reason: String?) {
        var isAllowed = !listed.contains(plate)
        if !isSilent {
            let query = "plateNo=\(DemoFaults.escaped(plate))&plateColor=\(visit.vehicle.color.rawValue)&direction=\(isEntry ? 1 : 2)&gateNo=\(visit.gate)"
            if let answer = try? await link.get("/gate/v1/filing?\(query)") { isAllowed = answer["verdict"]?.string != "refuse" }
        }
        if isAllowed { return ("2", nil) }
        if !isEntry { return ("1", "已进厂车辆出厂（演示）") }
        if mischief == .liftedByHand || random.chance(0.12) { return ("1", random.pick(DemoVisit.excuses)) }
        return ("0", nil)
    }

    private func record(
        of visit: DemoVisit, plate: String, serial: Int64, isEntry: Bool, at moment: Moment, action: String, liftReason: String?, photos: [String]
    ) -> JSONValue {
        let tonnes = isEntry ? visit.tonnesIn : visit.tonnesOut
        var record: JSONObject = JSONObject()
        record["serialNo"] = .int(serial)
        record["gateNo"] = .string(visit.gate)
        record["barrierNo"] = .string(isEntry ? "001" : "002")
        record["laneNo"] = .string(isEntry ? "1" : "2")
        record["direction"] = .string(isEntry ? "1" : "2")
        record["plateNo"] = .string(plate)
        record["plateColor"] = .string(visit.vehicle.color.rawValue)
        record["passedAt"] = .string(moment.rfc3339)
        record["barrierAction"] = .string(action)
        if let liftReason { record["liftReason"] = .string(liftReason) }
        record["headPhoto"] = .string(photos[0])
        record["bodyPhoto"] = .string(photos[1])
        record["cargoName"] = .string((isEntry ? visit.goodsIn : visit.goodsOut) ?? "空车")
        record["cargoTonnes"] = .double(tonnes)
        record["measuredBy"] = "scale"
        record["source"] = "auto"
        record["confidence"] = .double(random.number(0.93...0.999).rounded(places: 3))
        if visit.isFiled {
            record["vin"] = .string(visit.vehicle.vin)
            record["emissionStage"] = .string(visit.vehicle.stage.rawValue)
            record["fuel"] = .string(visit.vehicle.model.fuel)
            record["vehicleType"] = .string(visit.vehicle.model.vehicleType)
        }
        return .object(record)
    }

    // MARK: Sending

    private func send(_ pictures: [[UInt8]]) async {
        for picture in pictures {
            do { _ = try await link.put(photo: picture) } catch { note("photo", error) }
        }
    }

    private func film(_ picture: [UInt8], serial: Int64, at gateNo: String, isEntry: Bool, _ moment: Moment) async {
        guard let clip = await DemoClips.shared.recording(of: picture) else { return }
        do {
            let camera = "DEMO-\(gateNo)-\(isEntry ? "001" : "002")"
            try await link.put(clip: clip, gateNo: gateNo, serialNo: serial, cameraNo: camera, from: moment.adding(seconds: -2), to: moment.adding(seconds: 3))
        } catch { note("clip", error) }
    }

    private func send(_ records: [JSONValue]) async {
        guard !records.isEmpty else { return }
        do {
            _ = try await link.post("/gate/v1/passes", .array(records))
        } catch {
            note("passes", error)
            // It stays in memory; the next heartbeat asks for it.
        }
    }

    /// What a gate that was cut off sends when the line is back.
    private func backfill(_ records: [JSONValue]) async {
        for start in stride(from: 0, to: records.count, by: 100) { await send(records[start..<min(start + 100, records.count)].map(DemoFaults.backfilled)) }
    }

    // MARK: Heartbeats

    func beat() async {
        guard !isSilent else { return }
        let now = Clock.system.now
        if let fault, fault.until <= now { self.fault = nil }
        for gateNo in place.gates {
            guard let gate = gates[gateNo] else { continue }
            let faulty = gateNo == place.gates[0] ? fault?.part : nil
            let beat: JSONValue = [
                "gateNo": .string(gateNo), "barrierState": faulty == "barrier" ? "fault" : "normal", "readerState": faulty == "reader" ? "fault" : "normal",
                "cameraState": faulty == "camera" ? "fault" : "normal", "lastSerialNo": .int(gate.lastSerial), "generatedToday": .int(gate.madeToday),
                "pending": .int(Int64(gate.waiting.count)),
            ]
            do {
                let answer = try await link.post("/gate/v1/heartbeat", beat)
                await resend(answer["missing"]?.array ?? [], at: gateNo)
            } catch {
                note("heartbeat", error)
            }
        }
    }

    /// The platform lacks these serials. What this gate no longer remembers it cannot send; its operator enters that by hand.
    private func resend(_ missing: [JSONValue], at gateNo: String) async {
        var records: [JSONValue] = []
        var forgotten: [JSONValue] = []
        for run in missing {
            guard let from = run.array?.first?.int, let to = run.array?.last?.int, from <= to else { continue }
            for serial in from...min(to, from + 200) {
                if let kept = gates[gateNo]?.kept[serial] { records.append(kept) } else { forgotten.append(manual(serial, at: gateNo)) }
            }
        }
        await backfill(records)
        await send(forgotten)
    }

    private func manual(_ serial: Int64, at gateNo: String) -> JSONValue {
        [
            "serialNo": .int(serial), "gateNo": .string(gateNo), "barrierNo": "001", "direction": "1", "plateNo": "无牌", "plateColor": "5",
            "passedAt": .string(Clock.system.now.adding(seconds: -300).rfc3339),
            "barrierAction": "2", "source": "manual", "operator": "演示门岗", "reason": "设备重启，按纸质记录补录（演示）",
        ]
    }

    // MARK: Faults

    func goSilent() { isSilent = true }

    func comeBack() async {
        isSilent = false
        let pictures = waitingPictures
        waitingPictures = []
        await beat()
        for gateNo in place.gates {
            let waiting = gates[gateNo]?.waiting ?? []
            gates[gateNo]?.waiting = []
            await backfill(waiting)
        }
        await send(pictures)
    }

    func breakPart(_ part: String, seconds: Int64) { fault = (part, Clock.system.now.adding(seconds: seconds)) }

    // MARK: Changes

    /// Follows what is handed down and answers with receipts; one round is one long poll.
    func follow() async {
        guard !isSilent else {
            try? await Task.sleep(for: .seconds(5))
            return
        }
        do {
            let path = cursor.map { "/gate/v1/changes?after=\($0)&wait=30" } ?? "/gate/v1/changes?wait=0"
            let answer = try await link.get(path, seconds: 45)
            cursor = answer["cursor"]?.string ?? cursor
            let items = answer["items"]?.array ?? []
            for item in items { take(item) }
            let told = items.filter { $0["kind"]?.string != "filing" }
            guard !told.isEmpty else { return }
            let receipts = told.prefix(500).map { item -> JSONValue in ["id": item["id"] ?? .null, "version": item["version"] ?? .null, "status": "applied", "msg": ""] }
            _ = try await link.post("/gate/v1/receipts", ["items": .array(Array(receipts))])
        } catch {
            note("changes", error)
            try? await Task.sleep(for: .seconds(5))
        }
    }

    private func take(_ item: JSONValue) {
        guard let plate = item["body"]?["plateNo"]?.string else { return }
        if item["kind"]?.string == "excessListed" { listed.insert(plate) }
        if item["kind"]?.string == "excessReleased" { listed.remove(plate) }
    }

    private func note(_ what: String, _ error: any Error) {
        guard !Task.isCancelled else { return }
        if let refusal = error as? DemoGateLink.Refusal {
            logger.debug("demo gate refused", metadata: ["enterprise": "\(place.shortName)", "what": "\(what)", "code": "\(refusal.code)", "message": "\(refusal.message)"])
        } else {
            logger.debug("demo gate could not reach the platform", metadata: ["enterprise": "\(place.shortName)", "what": "\(what)", "error": "\(error)"])
        }
    }
}
