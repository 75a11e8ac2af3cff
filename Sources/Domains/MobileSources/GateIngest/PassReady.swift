import Cryptography
import Kernel
import Storage

/// A record on its way into the ledger: read, found at its gate and judged, all outside the transaction, so that the one writer has nothing to think about.
enum PassReady: Sendable {
    case refused(PassResult)
    case judged(Judged)

    struct Judged: Sendable {
        /// As it will be stored where nothing speaks against it that only the writer sees; without an id.
        var pass: StoredPass
        /// `pass` as the values of its row.
        var row: [SQLValue]
        var digest: String
        /// The photos that belong to one pass only.
        var photos: [Digest]
        var outcome: PassJudge.Outcome
        /// What is doubtful beside the verdict.
        var doubts: [GatePassRule.Finding]
    }
}

/// Makes records ready by one state of the registry and one of the vehicle ledgers.
struct PassPreparation {
    let snapshot: GateRegistry.Snapshot
    let known: KnownVehicles.Answer
    /// Seals the owner's name.
    let owners: FieldCipher?

    /// The vehicles that the records of one enterprise speak of.
    static func asked(_ inputs: some Sequence<GatePassInput>, org: Int64) -> Set<KnownVehicles.Asked> {
        var asked: Set<KnownVehicles.Asked> = []
        for input in inputs where !input.plate.isMissing { asked.insert(KnownVehicles.Asked(org: org, plate: input.plate.text)) }
        return asked
    }

    /// - Parameters:
    ///   - now: when the record came.
    ///   - recordedAt: when its row is written, if that is another time.
    func ready(_ input: GatePassInput, from terminal: GateTerminal, at now: Moment, recordedAt: Moment? = nil) -> PassReady {
        guard let site = snapshot.enterprises[terminal.org] else { return .refused(PassResult(refusing: input, "gateNo", "40301", "企业已停联或注销")) }
        guard let gate = snapshot.gates[GateRegistry.GateKey(org: site.org, gateNo: input.gateNo)] else {
            return .refused(PassResult(refusing: input, "gateNo", "40401", "出入口“\(input.gateNo)”未登记"))
        }
        guard let barrierDirection = gate.barriers[input.barrierNo] else { return .refused(PassResult(refusing: input, "barrierNo", "40401", "道闸“\(input.barrierNo)”未登记")) }
        let subject = PassJudge.Subject(
            plate: input.plate, color: input.plateColor, at: input.passedAt, isEntry: input.direction == "1", tonnes: input.cargoTonnes ?? 0, stage: input.emissionStage,
            fuel: input.fuel, vehicleType: input.vehicleType, gateNo: input.gateNo, driver: input.driver, cargo: input.cargoName)
        let outcome = PassJudge(snapshot: snapshot).judge(subject, at: site, known: known.vehicle(subject, org: site.org))
        var doubts: [GatePassRule.Finding] = []
        PassChecks.add(to: &doubts, input: input, filing: outcome.filing, barrierDirection: barrierDirection, now: now)
        let owner: String?
        do {
            owner = try input.owner.map { $0.isEmpty ? $0 : try owners?.seal($0) ?? $0 }
        } catch {
            return .refused(PassResult(refusing: input, "owner", "50001", "暂时无法加密保存"))
        }
        let pass = StoredPass(
            id: 0, input: input, site: site, gateName: gate.name, facts: outcome.facts, verdict: outcome.judgement.verdict, findings: outcome.judgement.findings + doubts,
            vehicleType: outcome.filing?.vehicleType ?? input.vehicleType, listVersion: outcome.facts.listedVersion ?? snapshot.listVersion, filingId: outcome.filing?.id,
            stageBasis: PassPreparation.basis(outcome, input), receivedAt: now, recordedAt: recordedAt ?? now)
        let digest = input.digest
        return .judged(
            PassReady.Judged(
                pass: pass, row: PassRow.values(pass, owner: owner, digest: digest), digest: digest,
                photos: PhotoUses.keys(of: [input.headPhoto, input.bodyPhoto, input.platePhoto]),
                outcome: outcome, doubts: doubts))
    }

    private static func basis(_ outcome: PassJudge.Outcome, _ input: GatePassInput) -> String {
        if let basis = outcome.filing?.basis { return basis }
        if outcome.filing != nil { return "4" }
        if input.plate.isPureElectric { return "3" }
        return input.emissionStage == nil || input.emissionStage == .unknown ? "9" : "4"
    }
}

extension PassResult {
    init(refusing input: GatePassInput, _ field: String, _ code: String, _ message: String) {
        self.init(serialNo: input.serialNo, status: .rejected, passId: nil, verdict: nil, findings: [], errors: [FieldFinding(field, code, message)], ignored: input.ignored)
    }
}
