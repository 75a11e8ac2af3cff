import Identity
import Kernel
import Storage
import Synchronization

/// Stores the requests that wait at the same time in one transaction: one set of counters, one audit row, one commit for all of them.
///
/// A request that comes while nothing is being written is written at once; what comes meanwhile is written together as soon as that is done. So a lone request waits for nobody, and the more
/// come the more share a commit. When the common transaction fails, each request is tried alone, so that a poisoned one harms nobody else.
final class PassIntake: Sendable {
    /// One request.
    struct Work: Sendable {
        var records: [PassReady]
        var org: Int64
        var county: String?
        /// Where refused records count; nil when no record names a gate that is known.
        var gateNo: String?
        var day: Day
        var sender: Principal
        /// Run first; when it throws nothing of the request is stored.
        var claim: @Sendable (any Transaction) throws -> Void
    }

    typealias Outcome = Result<[PassResult], any Error>
    typealias Answer = @Sendable (Outcome) -> Void

    private struct Waiting: Sendable {
        var work: Work
        var answer: Answer
    }

    private struct State {
        var waiting: [Waiting] = []
        /// Records of those that wait.
        var records = 0
        var isWriting = false
        /// A group has failed that was to take over what earlier ones left waiting.
        var owesSums = false
        /// Who waits to write alone.
        var settlers: [CheckedContinuation<Void, Never>] = []
    }

    /// Records after which a transaction takes no further request, so that other writers are not kept waiting.
    private static let mostRecords = 2000
    /// Waiting records beyond which gates are asked to come again later.
    private static let mostWaiting = 100_000

    private let database: any Database
    private let passes: PassStore
    private let vehicles: KnownVehicles
    private let audit: AuditTrail
    private let feed: PassFeed
    private let state = Mutex(State())

    init(database: any Database, store: PassStore, vehicles: KnownVehicles, audit: AuditTrail, feed: PassFeed) {
        self.database = database
        self.passes = store
        self.vehicles = vehicles
        self.audit = audit
        self.feed = feed
    }

    /// - Returns: one result a record, in order, when all is durable.
    /// - Throws: what the claim throws; `.unavailable` when the database cannot take it or too many wait (`JW-S003`).
    func store(_ work: Work) async throws -> [PassResult] {
        try await withCheckedThrowingContinuation { caller in submit(work) { caller.resume(with: $0) } }
    }

    /// The same for who has no task that could wait.
    ///
    /// - Parameter answer: called once, mostly on the writer's thread; must be brief.
    func submit(_ work: Work, then answer: @escaping Answer) {
        let (isTaken, starts) = state.withLock { state in
            guard state.records < PassIntake.mostWaiting else { return (false, false) }
            state.records += work.records.count
            state.waiting.append(Waiting(work: work, answer: answer))
            if state.isWriting { return (true, false) }
            state.isWriting = true
            return (true, true)
        }
        guard isTaken else { return answer(.failure(Failure(.unavailable, "JW-S003", "平台繁忙，请稍后重试", cause: "passes wait"))) }
        if starts { next() }
    }

    private var hasWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Writes what waits now, at least one request, or rests.
    private func next() {
        let (group, settler, owesSums) = state.withLock { state -> ([Waiting], CheckedContinuation<Void, Never>?, Bool) in
            if let settler = state.settlers.popLast() { return ([], settler, false) }
            guard let first = state.waiting.first else {
                state.isWriting = state.owesSums
                state.owesSums = false
                return ([], nil, state.isWriting)
            }
            var room = PassIntake.mostRecords - first.work.records.count
            let more = state.waiting.dropFirst().prefix { waiting in
                room -= waiting.work.records.count
                return room >= 0
            }.count
            let taken = Array(state.waiting.prefix(1 + more))
            state.waiting.removeFirst(taken.count)
            state.records -= taken.reduce(0) { $0 + $1.work.records.count }
            return (taken, nil, false)
        }
        settler?.resume()
        if owesSums { return database.submit({ tx in try PassSums.settle(in: tx) }, then: { [self] _ in next() }) }
        guard !group.isEmpty else { return }
        write(group.map(\.work), remembers: passes.memory.photos.isKept) { [self] outcome in
            if case .failure = outcome {
                passes.memory.photos.forget()
                state.withLock { $0.owesSums = true }
            }
            switch outcome {
            case .success(let results):
                next()
                for (waiting, results) in zip(group, results) { waiting.answer(.success(results)) }
            case .failure(let error) where group.count > 1 && (error as? Failure)?.kind != .unavailable: retry(group)
            case .failure(let error):
                next()
                for waiting in group { waiting.answer(.failure(error)) }
            }
        }
    }

    /// Each alone; the next group goes when all of them are done.
    private func retry(_ group: [Waiting]) {
        let left = Countdown(group.count)
        for waiting in group {
            write([waiting.work], remembers: false) { [self] outcome in
                if left.isLast { next() }
                waiting.answer(outcome.map { $0[0] })
            }
        }
    }

    /// Writes what is only in memory, while nothing else is being stored.
    func settle() async throws {
        await withCheckedContinuation { turn in
            let isFree = state.withLock { state in
                if state.isWriting {
                    state.settlers.append(turn)
                    return false
                }
                state.isWriting = true
                return true
            }
            if isFree { turn.resume() }
        }
        defer { next() }
        let memory = passes.memory
        guard memory.photos.isKept else { return }
        try await database.write { tx in
            try PassSums.settle(in: tx)
            try memory.photos.settle(in: tx)
        }
        memory.photos.settled()
    }

    /// - Parameter remembers: what can be written later stays in memory; only for one transaction at a time.
    private func write(_ works: [Work], remembers: Bool, then: @escaping @Sendable (Result<[[PassResult]], any Error>) -> Void) {
        let (passes, vehicles, audit, feed) = (passes, vehicles, audit, feed)
        database.submit(
            { [self] tx in
                let memory = passes.memory
                var tally = PassTally(memory: remembers ? memory : nil)
                var group = PassGroup()
                for work in works { try group.take(work, passes, &tally, in: tx) }
                try tally.flush(moreComes: remembers && hasWaiting, in: tx)
                try group.record(in: audit, tx)
                let folded = remembers ? try memory.photos.fold(in: tx) : 0
                let stored = group.stored
                let (visits, plates) = (tally.visits, tally.plates)
                if remembers {
                    let last = stored.last?.id
                    tx.afterCommit {
                        memory.photos.committed(folded: folded, last: last)
                        memory.plates.add(plates)
                    }
                }
                if !stored.isEmpty {
                    tx.afterCommit { for (filing, visit) in visits { vehicles.noteVisit(visit.plate, filing: filing, at: visit.at) } }
                    try feed.publish(stored, after: tx)
                }
                return group.results
            }, then: then)
    }
}

/// Tells who is the last of several.
private final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    /// Counts the asker; true for the last one.
    var isLast: Bool {
        left.withLock { left in
            left -= 1
            return left == 0
        }
    }
}

/// What one transaction has taken in.
private struct PassGroup {
    private(set) var results: [[PassResult]] = []
    private(set) var stored: [StoredPass] = []
    private var lines: [Line] = []

    /// One request as the audit tells it.
    private struct Line {
        var sender: Principal
        var first: Int64?
        var last: Int64?
        var records: Int
        var stored: Int
        var rejected: Int
    }

    mutating func take(_ work: PassIntake.Work, _ passes: PassStore, _ tally: inout PassTally, in tx: any Transaction) throws {
        try work.claim(tx)
        var results: [PassResult] = []
        results.reserveCapacity(work.records.count)
        let before = stored.count
        for record in work.records {
            switch record {
            case .refused(let result): results.append(result)
            case .judged(let judged):
                let (result, pass) = try passes.store(judged, tally: &tally, in: tx)
                results.append(result)
                if let pass { stored.append(pass) }
            }
        }
        let own = stored[before...]
        let rejected = results.count { $0.status == .rejected }
        if rejected > 0, let gateNo = work.gateNo {
            try tx.execute(
                "INSERT INTO gate_daily (day, org, gate_no, area, rejected) VALUES (\(work.day), \(work.org), \(gateNo), \(work.county), \(rejected)) ON CONFLICT (day, org, gate_no) DO UPDATE SET rejected = gate_daily.rejected + excluded.rejected"
            )
        }
        lines.append(Line(sender: work.sender, first: own.first?.id, last: own.last?.id, records: results.count, stored: own.count, rejected: rejected))
        self.results.append(results)
    }

    /// A lone request is told by who sent it; several in one transaction are one row whose details name each sender.
    func record(in audit: AuditTrail, _ tx: any Transaction) throws {
        guard let first = lines.first else { return }
        if lines.count == 1 {
            let entry = AuditEntry("receive", "gatePass", first.first.map(String.init) ?? "", "接收过车 \(first.records) 条：入库 \(first.stored)，拒收 \(first.rejected)")
            return try audit.record(entry, by: first.sender, in: tx)
        }
        let (records, stored, rejected) = lines.reduce((0, 0, 0)) { ($0.0 + $1.records, $0.1 + $1.stored, $0.2 + $1.rejected) }
        let details = lines.map { line -> JSONValue in
            [
                "授权号": .string(line.sender.login), "企业": .string(line.sender.organisationName), "地址": .string(line.sender.address), "条数": .int(Int64(line.records)),
                "入库": .int(Int64(line.stored)), "拒收": .int(Int64(line.rejected)), "首条": JSONValue(line.first), "末条": JSONValue(line.last),
            ]
        }
        let entry = AuditEntry(
            "receive", "gatePass", lines.lazy.compactMap(\.first).first.map(String.init) ?? "", "接收 \(lines.count) 次上报的过车 \(records) 条：入库 \(stored)，拒收 \(rejected)",
            details: .array(details))
        try audit.record(entry, by: .system("门禁接口"), in: tx)
    }
}
