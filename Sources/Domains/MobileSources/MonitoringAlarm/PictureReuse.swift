import Alarms
import Kernel
import Media
import Storage

/// A-45 重复套用照片: two vehicles' head or body pictures that are one picture, though not byte for byte.
///
/// Three looks, each closer and dearer than the one before: 64 bits of all pictures of the last hours, 80 bytes of those that are near, pixels of those still left, a bounded number each run.
extension GateAnalytics {
    /// Pixel comparisons of one run, at the most; what is left over waits for nothing, since a copied picture is among the nearest.
    private static let comparisonsARun = 100
    /// Nearest pictures of one that are looked at closer.
    private static let nearest = 40

    private struct Look {
        var sha256: String
        var hash: PerceptualHash
    }

    private struct Use: Sendable {
        var pass: Int64
        var org: Int64
        var area: String
        var gateNo: String
        var plate: String
        var color: String
        var passedAt: Moment
        /// `head` or `body`.
        var view: String
    }

    /// Two pictures of different vehicles that may be one.
    private struct Candidate: Sendable {
        var sha256: String
        var use: Use
        var other: String
        var earlier: Use
        var bits: Int
    }

    /// Compares pictures hashed in `[since, until)` with those of the hours before: two vehicles' head or body pictures that are the same raise an alarm.
    ///
    /// - Returns: how many alarms were raised.
    package func judgePictures(since: Moment, until: Moment) async throws -> Int {
        let snapshot = registry.snapshot
        let thresholds = try await thresholds()
        guard thresholds.lookalikeBits >= 0 else { return 0 }
        let candidates = try await database.read { [photoUses] reader in try GateAnalytics.candidates(since, until, thresholds, photoUses, reader) }
        var signals: [Int64: [AlarmSignal]] = [:]
        var settled: Set<String> = []
        for candidate in candidates.prefix(GateAnalytics.comparisonsARun) where !settled.contains(candidate.sha256) {
            try Task.checkCancellation()
            guard let site = snapshot.enterprises[candidate.use.org], let comparison = try await photos.comparison(of: candidate.sha256, and: candidate.other), comparison.isSame
            else { continue }
            settled.insert(candidate.sha256)
            signals[candidate.use.org, default: []].append(GateAnalytics.reused(candidate, comparison, site, snapshot))
        }
        var raised = 0
        for org in signals.keys.sorted() { raised += try await raise(signals[org] ?? []) }
        return raised
    }

    /// Nearest first.
    private static func candidates(_ since: Moment, _ until: Moment, _ thresholds: AnalyticsThresholds, _ photoUses: PhotoUses, _ reader: any Reader) throws -> [Candidate] {
        let limit = Int(thresholds.lookalikeBits)
        let horizon = until.adding(seconds: -Int64(thresholds.lookalikeHours) * 3600)
        let new = try reader.rows(
            "SELECT sha256 FROM photos WHERE received_at >= \(horizon) AND hashed_at >= \(since) AND hashed_at < \(until) AND phash IS NOT NULL ORDER BY received_at DESC LIMIT 1000"
        )
        let names = Set(new.compactMap { $0[0].text })
        guard !names.isEmpty else { return [] }
        var looks: [Look] = []
        try reader.each("SELECT sha256, phash FROM photos WHERE received_at >= \(horizon) AND received_at < \(until) AND phash IS NOT NULL ORDER BY received_at DESC LIMIT 200000")
        { row in
            if let name = row[0].text, let stored = row[1].int { looks.append(Look(sha256: name, hash: PerceptualHash(stored: stored))) }
            return true
        }
        var candidates: [Candidate] = []
        var uses: [String: Use] = [:]
        func use(_ sha256: String) throws -> Use? {
            if let known = uses[sha256] { return known }
            uses[sha256] = try GateAnalytics.use(sha256, photoUses, reader)
            return uses[sha256]
        }
        for look in looks where names.contains(look.sha256) && saysSomething(look.hash) {
            let near = looks.lazy.filter { $0.sha256 != look.sha256 }.map { (sha256: $0.sha256, bits: $0.hash.distance(to: look.hash)) }.filter { $0.bits <= limit }
                .sorted { ($0.bits, $0.sha256) < ($1.bits, $1.sha256) }.prefix(nearest)
            guard !near.isEmpty, let own = try detail(look.sha256, reader), let mine = try use(look.sha256) else { continue }
            for other in near {
                guard let theirs = try detail(other.sha256, reader), own.mayBeSame(as: theirs), let earlier = try use(other.sha256), earlier.view == mine.view,
                    earlier.plate != mine.plate,
                    earlier.passedAt <= mine.passedAt
                else { continue }
                candidates.append(Candidate(sha256: look.sha256, use: mine, other: other.sha256, earlier: earlier, bits: other.bits))
            }
        }
        return candidates.sorted { ($0.bits, $0.sha256, $0.other) < ($1.bits, $1.sha256, $1.other) }
    }

    /// A dark or blank picture looks like any other dark picture.
    static func saysSomething(_ hash: PerceptualHash) -> Bool { (8...56).contains(hash.bits.nonzeroBitCount) }

    private static func detail(_ sha256: String, _ reader: any Reader) throws -> PictureDetail? {
        try reader.value("SELECT detail FROM photos WHERE sha256 = \(sha256)")?.blob.flatMap(PictureDetail.init(stored:))
    }

    private static func use(_ sha256: String, _ photoUses: PhotoUses, _ reader: any Reader) throws -> Use? {
        guard let id = try photoUses.firstUse(of: sha256, in: reader),
            let row = try reader.first("SELECT org, area, gate_no, plate_no, plate_color, passed_at, head_photo, body_photo FROM gate_pass WHERE id = \(id)")
        else { return nil }
        let view = row[6].text == sha256 ? "head" : row[7].text == sha256 ? "body" : nil
        guard let view, let org = row[0].int, let plate = row[3].text, !PlateNumber(normalizing: plate).isMissing else { return nil }
        return Use(
            pass: id, org: org, area: row[1].text ?? "", gateNo: row[2].text ?? "", plate: plate, color: row[4].text ?? "", passedAt: Moment(milliseconds: row[5].int ?? 0),
            view: view)
    }

    private static func reused(_ found: Candidate, _ comparison: PictureComparison, _ site: EnterpriseFacts, _ snapshot: GateRegistry.Snapshot) -> AlarmSignal {
        let (use, earlier) = (found.use, found.earlier)
        let view = use.view == "head" ? "车头" : "车身"
        let gate = snapshot.gates[GateRegistry.GateKey(org: use.org, gateNo: use.gateNo)]?.name ?? use.gateNo
        let residue = decimalText(comparison.mean, decimals: 1)
        let facts: JSONValue = [
            "号牌号码": .string(use.plate), "过车时间": .string(use.passedAt.text), "过车记录号": .int(use.pass), "相似照片的号牌": .string(earlier.plate), "相似照片的过车时间": .string(earlier.passedAt.text),
            "相似照片的过车记录号": .int(earlier.pass), "相似照片的企业": .string(snapshot.enterprises[earlier.org]?.name ?? ""), "照片": .string(view), "指纹相差位数": .int(Int64(found.bits)),
            "逐点平均相差": .string("\(residue)（共 256 级）"), "相差最大处": .string("\(decimalText(comparison.worstField, decimals: 1))（共 256 级）"),
        ]
        return AlarmSignal(
            kind: ViolationAlarm.photoReused.name, org: use.org, orgName: site.name, area: site.county, place: gate, subject: use.plate + use.color, plate: use.plate,
            occurredAt: use.passedAt, title: "\(use.plate) 的\(view)照片与 \(earlier.plate) 的是同一张", facts: facts,
            reasons: [AlarmReason("photoLookalike", "\(view)照片与 \(earlier.plate) 于 \(earlier.passedAt.text) 的照片逐点比对几乎相同，平均相差 \(residue) 级（共 256 级）")],
            evidence: [.photo(sha256: found.sha256, title: "\(view)照片"), .photo(sha256: found.other, title: "相似照片（\(earlier.plate)）")], source: AlarmSource("gatePass", use.pass))
    }
}
