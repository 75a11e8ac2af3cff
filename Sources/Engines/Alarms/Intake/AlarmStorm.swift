import Identity
import Kernel
import Storage

/// Signals by the hundred, as they come in a storm: statements and details are bounded by the number of alarms they fall on, counts are exact.
extension AlarmEngine {
    /// Occurrences of one alarm that keep their details when they come in bulk; after these, one of every hundred.
    static let detailedOccurrences = 20
    /// Live notices of repeats that one bulk sends.
    static let noticesOfBulk = 20

    /// As `raise` for each, in the order given, at the cost of the alarms concerned.
    ///
    /// - Throws: as `raise`; `.invalid` `JW-A012` for more than 10,000 at once.
    @discardableResult
    package func raise(all signals: [AlarmSignal], by principal: Principal, in tx: any Transaction) throws -> [AlarmOutcome] {
        guard signals.count <= 10_000 else { throw Failure(.invalid, "JW-A012", "一次最多接收 10000 条报警") }
        for signal in signals where byName[signal.kind] == nil { throw Failure(.unexpected, "JW-A003", "报警类型“\(signal.kind)”没有声明") }
        var bulk = AlarmBulk(signals)
        try hold(&bulk, in: tx)
        try load(&bulk, in: tx)
        for key in bulk.order { try place(key, &bulk, by: principal, in: tx) }
        for key in bulk.collected.keys.sorted() { try collect(key, &bulk, by: principal, in: tx) }
        for rollup in bulk.repeats { try rollup.key.rollup.countRepeat(rollup.value, in: tx) }
        return bulk.outcomes.map { $0 ?? .merged(0) }
    }

    /// Takes out what windows hold back, counted once a window and subject.
    private func hold(_ bulk: inout AlarmBulk, in tx: any Transaction) throws {
        var held: [String: (window: Suppression, first: Int, times: Int)] = [:]
        for (index, signal) in bulk.signals.enumerated() {
            guard let window = window(for: signal) else {
                bulk.add(index, key: Self.mergeKey(signal.kind, signal.org, signal.subject))
                continue
            }
            bulk.outcomes[index] = .suppressed(window: window.id)
            held["\(window.id)|\(signal.kind)|\(signal.subject)", default: (window, index, 0)].times += 1
        }
        for entry in held.sorted(by: { $0.value.first < $1.value.first }).map(\.value) { try hold(bulk.signals[entry.first], times: entry.times, by: entry.window, in: tx) }
    }

    /// The open alarms of all keys, 400 a statement.
    private func load(_ bulk: inout AlarmBulk, in tx: any Transaction) throws {
        for start in stride(from: 0, to: bulk.order.count, by: 400) {
            let keys = Array(bulk.order[start..<min(start + 400, bulk.order.count)])
            let rows = try tx.rows("SELECT merge_key, \(OpenAlarm.columns) FROM alarms WHERE merge_key IN (\(list: keys)) AND accepts_repeats = 1 ORDER BY id\(locking(tx))")
            for row in rows { bulk.open[row.text("merge_key") ?? ""] = try OpenAlarm(row) }
        }
    }

    private func place(_ key: String, _ bulk: inout AlarmBulk, by principal: Principal, in tx: any Transaction) throws {
        guard let indices = bulk.groups[key], let first = indices.first, let kind = byName[bulk.signals[first].kind] else { return }
        var waiting: [Int] = []
        for index in indices {
            let signal = bulk.signals[index]
            if let open = bulk.open[key], kind.closesItself || open.isNear(signal.occurredAt, window: kind.mergeWindow) {
                waiting.append(index)
                // What waits counts as there, so that a chain of signals stays one alarm.
                bulk.open[key]?.take(signal.occurredAt)
                continue
            }
            try merge(waiting, key, &bulk, by: principal, in: tx)
            waiting = []
            bulk.open[key] = nil
            guard try bulk.opened(signal, count: { try openedToday(signal, in: tx) }) < kind.dailyLimit else {
                bulk.collect(index, signal)
                continue
            }
            let id = try open(signal, as: kind, key: key, by: principal, in: tx)
            bulk.outcomes[index] = .opened(id)
            bulk.countOpened(signal)
            bulk.open[key] = try tx.first("SELECT \(OpenAlarm.columns) FROM alarms WHERE id = \(id)").map(OpenAlarm.init)
        }
        try merge(waiting, key, &bulk, by: principal, in: tx)
    }

    private func merge(_ indices: [Int], _ key: String, _ bulk: inout AlarmBulk, by principal: Principal, in tx: any Transaction) throws {
        guard !indices.isEmpty, let open = bulk.open[key] else { return }
        let collects = key.contains("|*") ? byName[open.kind] : nil
        let after = try merge(indices.map { bulk.signals[$0] }, into: open, collecting: collects, isAnnounced: bulk.notices < Self.noticesOfBulk, by: principal, in: tx)
        bulk.notices += 1
        bulk.open[key] = after
        bulk.repeats[AlarmBulk.RollupKey(open), default: 0] += indices.count
        for index in indices { bulk.outcomes[index] = .merged(open.id) }
    }

    private func collect(_ key: String, _ bulk: inout AlarmBulk, by principal: Principal, in tx: any Transaction) throws {
        guard let indices = bulk.collected[key], let first = indices.first, let kind = byName[bulk.signals[first].kind] else { return }
        var rest = indices[...]
        if bulk.open[key] == nil { bulk.open[key] = try openAlarm(key, in: tx) }
        if bulk.open[key] == nil {
            let id = try open(collecting(bulk.signals[first], kind), as: kind, key: key, by: principal, in: tx)
            bulk.outcomes[first] = .opened(id)
            rest = rest.dropFirst()
            bulk.open[key] = try tx.first("SELECT \(OpenAlarm.columns) FROM alarms WHERE id = \(id)").map(OpenAlarm.init)
        }
        try merge(Array(rest), key, &bulk, by: principal, in: tx)
    }

    /// Counts many occurrences on one alarm with one update; the first ones and one of every hundred keep their details.
    ///
    /// - Parameter kind: when the alarm collects what is beyond the day's limit.
    private func merge(_ signals: [AlarmSignal], into open: OpenAlarm, collecting kind: AlarmKind?, isAnnounced: Bool, by principal: Principal, in tx: any Transaction) throws
        -> OpenAlarm
    {
        var after = open
        var head = open.chainHead, count = open.evidenceCount
        for plain in signals {
            after.times += 1
            after.take(plain.occurredAt)
            guard count < evidenceLimit, after.times <= Self.detailedOccurrences || after.times % 100 == 0 else { continue }
            let signal = kind.map { collecting(plain, $0) } ?? plain
            var intake = EvidenceIntake(head: head, count: count, occurrence: after.times, isLate: false, now: clock.now, addedBy: principal.name)
            if !signal.facts.isNull { try add(.facts(signal.facts, title: "第 \(after.times) 次发生"), to: &intake, in: tx) }
            for draft in signal.evidence { try add(draft, to: &intake, in: tx) }
            try intake.write(to: open.id, in: tx)
            (head, count) = (intake.head, intake.count)
        }
        after.chainHead = head
        after.evidenceCount = count
        try tx.execute("UPDATE alarms SET times = \(after.times), last_at = \(after.lastAt), chain_head = \(head), evidence_count = \(count) WHERE id = \(open.id)")
        if isAnnounced { try announce(after.notice(.merged), in: tx) }
        return after
    }
}

/// One bulk on its way in.
private struct AlarmBulk {
    /// Which row of the daily figures repeats count on.
    struct RollupKey: Hashable {
        let day: Day, kind: String, grade: AlarmGrade, org: Int64?, area: String?

        init(_ open: OpenAlarm) { (day, kind, grade, org, area) = (open.day, open.kind, open.grade, open.org, open.area) }

        var rollup: AlarmRollup { AlarmRollup(day: day, kind: kind, grade: grade, org: org, area: area) }
    }

    let signals: [AlarmSignal]
    var outcomes: [AlarmOutcome?]
    /// Merge keys in the order of their first signal.
    private(set) var order: [String] = []
    private(set) var groups: [String: [Int]] = [:]
    /// What is beyond the day's limit, by the key of the collecting alarm.
    private(set) var collected: [String: [Int]] = [:]
    var open: [String: OpenAlarm] = [:]
    var repeats: [RollupKey: Int] = [:]
    var notices = 0
    private var openedCounts: [String: Int] = [:]

    init(_ signals: [AlarmSignal]) {
        self.signals = signals
        outcomes = Array(repeating: nil, count: signals.count)
    }

    mutating func add(_ index: Int, key: String) {
        if groups[key] == nil { order.append(key) }
        groups[key, default: []].append(index)
    }

    mutating func collect(_ index: Int, _ signal: AlarmSignal) {
        collected[AlarmEngine.mergeKey(signal.kind, signal.org, "*\(signal.occurredAt.day.number)"), default: []].append(index)
    }

    mutating func opened(_ signal: AlarmSignal, count: () throws -> Int) rethrows -> Int {
        let key = Self.dayKey(signal)
        if let known = openedCounts[key] { return known }
        let counted = try count()
        openedCounts[key] = counted
        return counted
    }

    mutating func countOpened(_ signal: AlarmSignal) { openedCounts[Self.dayKey(signal), default: 0] += 1 }

    private static func dayKey(_ signal: AlarmSignal) -> String { "\(signal.kind)|\(signal.org ?? 0)|\(signal.occurredAt.day.number)" }
}
