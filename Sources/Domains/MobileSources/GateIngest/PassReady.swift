import Cryptography
import Kernel

/// A record on its way into the ledger: read, found at its gate and judged, all outside the transaction, so that the one writer has nothing to think about.
enum PassReady: Sendable {
    case refused(PassResult)
    case judged(Judged)

    struct Judged: Sendable {
        var input: GatePassInput
        var digest: String
        /// The photos that belong to one pass only.
        var photos: [Digest]
        var site: EnterpriseFacts
        var gateName: String
        var outcome: PassJudge.Outcome
        /// Of the list as a whole when the vehicle is not on it.
        var listVersion: Int64
        /// What is doubtful beside the verdict.
        var doubts: [GatePassRule.Finding]
        var receivedAt: Moment
        var recordedAt: Moment
    }
}

/// Makes records ready by one state of the registry and one of the vehicle ledgers.
struct PassPreparation {
    let snapshot: GateRegistry.Snapshot
    let known: KnownVehicles.Answer

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
            fuel: input.fuel, vehicleType: input.vehicleType)
        let outcome = PassJudge(snapshot: snapshot).judge(subject, at: site, known: known.vehicle(subject, org: site.org))
        var doubts: [GatePassRule.Finding] = []
        PassChecks.add(to: &doubts, input: input, filing: outcome.filing, barrierDirection: barrierDirection, now: now)
        return .judged(
            PassReady.Judged(
                input: input, digest: input.digest, photos: PhotoUses.keys(of: [input.headPhoto, input.bodyPhoto, input.platePhoto]), site: site, gateName: gate.name, outcome: outcome,
                listVersion: outcome.facts.listedVersion ?? snapshot.listVersion, doubts: doubts, receivedAt: now, recordedAt: recordedAt ?? now))
    }
}

extension PassResult {
    init(refusing input: GatePassInput, _ field: String, _ code: String, _ message: String) {
        self.init(serialNo: input.serialNo, status: .rejected, passId: nil, verdict: nil, findings: [], errors: [FieldFinding(field, code, message)], ignored: input.ignored)
    }
}
