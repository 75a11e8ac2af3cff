import Identity
import Kernel
import Storage
import Synchronization

/// Stores the requests that wait at the same time in one transaction: one set of counters, one audit row, one commit for all of them.
///
/// Who comes while nothing is under way leads: it stores its own request with all that wait, wakes the others with their answers, and hands the lead to one that came meanwhile. So a lone
/// request is stored at once, and the more come the more share a commit. When the common transaction fails, each request is tried alone, so that a poisoned one harms nobody else.
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

    private enum Turn: Sendable {
        case lead
        case done(Result<[PassResult], any Error>)
    }

    private struct Waiting {
        var work: Work
        var caller: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var records = 0
        var isLed = false
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
        let turn = await withCheckedContinuation { (caller: CheckedContinuation<Turn, Never>) in
            let answer: Turn? = state.withLock { state in
                guard state.isLed else {
                    state.isLed = true
                    return .lead
                }
                guard state.records < PassIntake.mostWaiting else { return .done(.failure(Failure(.unavailable, "JW-S003", "平台繁忙，请稍后重试", cause: "passes wait"))) }
                state.records += work.records.count
                state.waiting.append(Waiting(work: work, caller: caller))
                return nil
            }
            if let answer { caller.resume(returning: answer) }
        }
        switch turn {
        case .done(let result): return try result.get()
        case .lead: return try await lead(work).get()
        }
    }

    private func lead(_ own: Work) async -> Result<[PassResult], any Error> {
        let others = state.withLock { state in
            var room = PassIntake.mostRecords - own.records.count
            let count = state.waiting.prefix { waiting in
                room -= waiting.work.records.count
                return room >= 0
            }.count
            let taken = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.records -= taken.reduce(0) { $0 + $1.work.records.count }
            return taken
        }
        let results = await commit([own] + others.map(\.work))
        let next = state.withLock { state -> Waiting? in
            guard !state.waiting.isEmpty else {
                state.isLed = false
                return nil
            }
            let next = state.waiting.removeFirst()
            state.records -= next.work.records.count
            return next
        }
        next?.caller.resume(returning: .lead)
        for (other, result) in zip(others, results.dropFirst()) { other.caller.resume(returning: .done(result)) }
        return results[0]
    }

    private func commit(_ works: [Work]) async -> [Result<[PassResult], any Error>] {
        do {
            return try await write(works).map { .success($0) }
        } catch {
            guard works.count > 1, (error as? Failure)?.kind != .unavailable else { return works.map { _ in .failure(error) } }
        }
        var results: [Result<[PassResult], any Error>] = []
        for work in works {
            do { results.append(.success(try await write([work])[0])) } catch { results.append(.failure(error)) }
        }
        return results
    }

    private func write(_ works: [Work]) async throws -> [[PassResult]] {
        let (passes, vehicles, audit, feed) = (passes, vehicles, audit, feed)
        return try await database.write { tx in
            var tally = PassTally()
            var group = PassGroup()
            for work in works { try group.take(work, passes, &tally, in: tx) }
            try tally.flush(in: tx)
            try group.record(in: audit, tx)
            let stored = group.stored
            let visits = tally.visits
            if !stored.isEmpty {
                tx.afterCommit { for (filing, visit) in visits { vehicles.noteVisit(visit.plate, filing: filing, at: visit.at) } }
                try feed.publish(stored, after: tx)
            }
            return group.results
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
