import Alarms
import Features
import Identity
import Kernel
import Schedules
import Storage

/// D17.4.1 数据完整性: seals what is not sealed yet and compares what is, a part at each run, so that large tables come round in hours and small ones every ten minutes.
package struct IntegrityWatch: Sendable {
    static let alarm = AlarmKind("dataTampered", "重要数据被改动", "Data tampered with", grade: .severe, mergeWindow: 3600)

    private let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    private var book: IntegrityBook { platform.identity.integrity }

    /// Told in the transaction that notes the fault.
    static func register(on platform: Platform) {
        platform.identity.integrity.onFault { [alarms = platform.alarms, clock = platform.clock] title, fault, tx in
            let text = "\(title) #\(fault.object)：\(fault.reason.title)"
            let signal = AlarmSignal(
                kind: alarm.name, org: nil, area: nil, subject: "\(title) #\(fault.object)", occurredAt: clock.now, title: text,
                facts: ["kind": .string(fault.kind), "object": .int(fault.object)], reasons: [AlarmReason("dataTampered", text)])
            _ = try alarms.raise(signal, by: .system("完整性保护"), in: tx)
        }
    }

    package var job: JobDeclaration {
        JobDeclaration("integrity", "重要数据完整性核验", every: 600) { context in
            let (compared, faults) = try await run(parts: 20)
            context.note(faults == 0 ? "核验 \(compared) 项，一致" : "核验 \(compared) 项，新发现异常 \(faults) 项")
        }
    }

    /// - Parameter parts: of a thousand rows each, or runs, at most of every kind.
    /// - Returns: rows compared, and faults that are new.
    package func run(parts: Int) async throws -> (compared: Int, faults: Int) {
        var (compared, faults) = (0, 0)
        for subject in book.declared {
            let one = try await run(subject, parts)
            compared += one.compared
            faults += one.faults
        }
        for run in book.declaredRuns {
            let one = try await follow(run, parts)
            compared += one.compared
            faults += one.faults
        }
        return (compared, faults)
    }

    private func run(_ subject: IntegritySubject, _ parts: Int) async throws -> (compared: Int, faults: Int) {
        let database = platform.database, audit = platform.audit
        guard try await database.read({ [book] in try book.isAdopted(subject.kind, $0) }) else {
            var after: Int64? = 0
            for _ in 0..<(parts * 10) {
                guard let from = after else { break }
                after = try await database.write { [book] in try book.adopt(subject, after: from, audit: audit, in: $0) }
            }
            return (0, 0)
        }
        var (compared, faults) = (0, 0)
        for _ in 0..<parts {
            let from = book.place(subject.kind)
            let part = try await database.read { [book] in try book.compare(subject, after: from, limit: 1000, $0) }
            compared += part.compared
            faults += try await confirm(part.faults, of: subject)
            try await book.advance(subject.kind, compared: part.compared, next: part.last)
            if part.last == nil { break }
        }
        return (compared, faults)
    }

    /// A row that was being changed while it was compared is looked at again, together with its seal, before anybody is told.
    private func confirm(_ found: [(Int64, IntegrityFault.Reason)], of subject: IntegritySubject) async throws -> Int {
        guard !found.isEmpty else { return 0 }
        return try await platform.database.write { [book] tx in
            let still = try found.prefix(200).filter { id, _ in try book.compare(subject, after: id - 1, limit: 1, tx).faults.contains { $0.0 == id } }
            return try book.note(still, of: subject.kind, in: tx)
        }
    }

    private func follow(_ run: IntegrityRun, _ parts: Int) async throws -> (compared: Int, faults: Int) {
        let database = platform.database
        _ = try await database.write { try run.forget(in: $0) }
        for _ in 0..<parts where try await run.sealNext(book, on: database) < IntegrityRun.length { break }
        let from = book.place(run.kind)
        let blocks = try await database.read { try run.blocks(after: from, limit: parts, $0) }
        var faults: [(Int64, IntegrityFault.Reason)] = []
        for block in blocks {
            if let reason = try await database.read(within: .seconds(60), { [book] in try run.fault(of: block, book, $0) }) { faults.append((block.id, reason)) }
        }
        let found = faults
        let new = found.isEmpty ? 0 : try await database.write { [book] in try book.note(found, of: run.kind, in: $0) }
        try await book.advance(run.kind, compared: blocks.count, next: blocks.count == parts ? blocks.last?.id : nil)
        return (blocks.count, new)
    }
}
