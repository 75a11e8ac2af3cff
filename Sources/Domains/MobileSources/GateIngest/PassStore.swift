import Alarms
import Cryptography
import Identity
import Kernel
import Storage

/// Stores one judged pass inside a transaction: idempotence, pairing, serials, photos, roll-ups, alarm. The hottest path of the program; every statement's text is the same for
/// every call so that its preparation is kept.
struct PassStore: Sendable {
    let alarms: AlarmEngine
    let memory: PassMemory

    /// - Parameter tally: of the transaction; the caller flushes it at the end.
    /// - Returns: what the gate is told, and the stored pass where one was stored.
    func store(_ judged: PassReady.Judged, tally: inout PassTally, in tx: any Transaction) throws -> (PassResult, StoredPass?) {
        let (input, site, digest, now) = (judged.pass.input, judged.pass.site, judged.digest, judged.pass.receivedAt)
        var serials = try tally.serials(org: site.org, gateNo: input.gateNo, in: tx)
        // A serial beyond the gate's last one cannot be there yet.
        if input.serialNo <= serials.last ?? .max, let known = try tx.first(SQL(text: PassStore.bySerial, arguments: [.int(site.org), .text(input.gateNo), .int(input.serialNo)])) {
            return (try again(input, known, digest, site, now, tx), nil)
        }
        var pass = judged.pass
        var row = judged.row
        var outcome = judged.outcome
        if outcome.isCapped {
            outcome.weigh(try tally.load(org: site.org, on: input.passedAt.day, in: tx))
            pass.facts = outcome.facts
            pass.verdict = outcome.judgement.verdict
            pass.findings = outcome.judgement.findings + judged.doubts
            PassRow.judgedAnew(pass, &row)
        }
        let count = pass.findings.count
        if input.source == "backfill", outcome.judgement.verdict == .refuse, try decidedOffline(input, outcome, site, tx) {
            pass.findings.append(GatePassRule.Finding(.offlineDecision))
        }
        let pair = try PassPairing.find(for: input, org: site.org, in: tx)
        if let finding = pair.finding { pass.findings.append(finding) }
        if pass.findings.count > count { PassRow.found(pass.findings, &row) }
        if let partner = pair.partner { PassRow.paired(partner, &row) }
        pass.id = try PassRow.insert(row, in: tx)
        if let partner = pair.partner { try tx.post(SQL(text: "UPDATE gate_pass SET pair_id = ? WHERE id = ?", arguments: [.int(pass.id), .int(partner)])) }
        if try memory.photos.claim(judged.photos, for: pass.id, gathers: tally.memory != nil, in: tx) {
            pass.findings.append(GatePassRule.Finding(.duplicatePhoto))
            try tx.post("UPDATE gate_pass SET findings = \(PassRow.codes(pass.findings)) WHERE id = \(pass.id)")
        }
        try serials.took(input.serialNo, org: site.org, gateNo: input.gateNo, at: input.passedAt, now: now, alarms: alarms, in: tx)
        tally.keep(serials, org: site.org, gateNo: input.gateNo)
        tally.add(pass)
        tally.visit(outcome.filing, by: input)
        try PassRollup.addPlate(pass, &tally, in: tx)
        try raise(pass, in: tx)
        let result = PassResult(
            serialNo: input.serialNo, status: .stored, passId: pass.id, verdict: pass.verdict.rawValue, findings: pass.findings, errors: [], ignored: input.ignored)
        return (result, pass)
    }

    /// One record on its own: what it adds to counters is written at once.
    func store(_ record: PassReady, in tx: any Transaction) throws -> (PassResult, StoredPass?) {
        switch record {
        case .refused(let result): return (result, nil)
        case .judged(let judged):
            var tally = PassTally()
            let stored = try store(judged, tally: &tally, in: tx)
            try tally.flush(in: tx)
            return stored
        }
    }

    private static let bySerial = "SELECT id, digest, verdict, findings FROM gate_pass WHERE org = ? AND gate_no = ? AND serial_no = ?"

    /// A serial that is already there: the same content is a duplicate and answered as it was; other content is refused.
    private func again(_ input: GatePassInput, _ known: Row, _ digest: String, _ site: EnterpriseFacts, _ now: Moment, _ tx: any Transaction) throws -> PassResult {
        guard known[1].text == digest else { return PassResult(refusing: input, "serialNo", "40901", "该流水号已用于另一条过车记录") }
        try tx.execute(
            "INSERT INTO gate_daily (day, org, gate_no, area, duplicates) VALUES (\(input.passedAt.day), \(site.org), \(input.gateNo), \(site.county), 1) ON CONFLICT (day, org, gate_no) DO UPDATE SET duplicates = gate_daily.duplicates + 1"
        )
        let findings = codes(known[3].text).compactMap { PassFinding(rawValue: $0).map { GatePassRule.Finding($0) } }
        return PassResult(serialNo: input.serialNo, status: .duplicate, passId: known[0].int, verdict: known[2].text, findings: findings, errors: [], ignored: input.ignored)
    }

    /// Whether the gate had not yet confirmed the list or strategy that now refuses the vehicle when it passed.
    private func decidedOffline(_ input: GatePassInput, _ outcome: PassJudge.Outcome, _ site: EnterpriseFacts, _ tx: any Transaction) throws -> Bool {
        var objects: [String] = []
        if let strategy = outcome.facts.strategy, outcome.judgement.findings.contains(where: { $0.kind == .strategyBreached }) { objects.append("strategy-\(strategy.id)") }
        if outcome.facts.listedVersion != nil { objects.append("list-\(input.plate.text)-\(input.plateColor.rawValue)") }
        for object in objects {
            let row = try tx.first("SELECT MIN(COALESCE(applied_at, received_at)) FROM delivery WHERE object_id = \(object) AND org = \(site.org)")
            if row?[0].int.map({ $0 > input.passedAt.milliseconds }) ?? true { return true }
        }
        return false
    }

    private func raise(_ pass: StoredPass, in tx: any Transaction) throws {
        let wasLifted = pass.input.barrierAction != "0"
        var kinds: [AlarmKind] = []
        if pass.verdict == .refuse, wasLifted, let kind = ViolationAlarm.kind(for: pass.findings) { kinds.append(kind) }
        if pass.findings.contains(where: { $0.kind == .duplicatePhoto }) { kinds.append(ViolationAlarm.photoReused) }
        if pass.findings.contains(where: { $0.kind == .vinMismatch || $0.kind == .stageMismatch }) { kinds.append(ViolationAlarm.plateConflict) }
        guard !kinds.isEmpty else { return }
        let clips = try PassClips.clips(org: pass.site.org, gateNo: pass.input.gateNo, serialNo: pass.input.serialNo, in: tx)
        for kind in kinds { _ = try alarms.raise(ViolationAlarm.signal(kind, pass: pass, clips: clips), by: .system("过车研判"), in: tx) }
    }
}
