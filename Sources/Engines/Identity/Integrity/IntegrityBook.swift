import Cryptography
import Kernel
import Storage
import Synchronization

/// D17.4.1 重要数据完整性: an SM3-HMAC of each row that matters, written in the transaction that changes the row and compared by a job and by `jianwei verify`. The key is the key ring's, so that who can
/// write the database alone cannot seal.
///
/// Rows that were there before are sealed once, as they are; from then on a row without a seal is a fault.
package final class IntegrityBook: Sendable {
    package static let permission = "integrity.manage"
    private let key: MACKey
    private let clock: Clock
    private let subjects = Mutex<[String: IntegritySubject]>([:])
    private let database: any Database
    private struct Place {
        var after: Int64
        var compared: Int
    }
    private let progress = Mutex<[String: Place]>([:])
    private let runs = Mutex<[IntegrityRun]>([])
    private let teller = Mutex<Teller>({ _, _, _ in })

    /// Says that something does not fit, in the transaction that notes it.
    package typealias Teller = @Sendable (_ title: String, IntegrityFault, any Transaction) throws -> Void

    init(database: any Database, keys: KeyRing, clock: Clock) {
        self.database = database
        key = keys.mac(purpose: "integrity")
        self.clock = clock
        for subject in [IntegritySubject.users, .roles] { declare(subject) }
    }

    package func onFault(_ tell: @escaping Teller) { teller.withLock { $0 = tell } }

    package func declare(_ subject: IntegritySubject) { subjects.withLock { $0[subject.kind] = subject } }

    package func declare(_ run: IntegrityRun) { runs.withLock { $0.append(run) } }

    package var declared: [IntegritySubject] { subjects.withLock { $0.values.sorted { $0.kind < $1.kind } } }
    package var declaredRuns: [IntegrityRun] { runs.withLock { $0 } }

    package func protects(_ kind: String) -> Bool { subjects.withLock { $0[kind] != nil } }

    package func title(of kind: String) -> String { subjects.withLock { $0[kind]?.title } ?? declaredRuns.first { $0.kind == kind }?.title ?? kind }

    // MARK: Sealing

    /// Seals rows as they now stand in the transaction; those that are gone lose their seal.
    package func seal(_ kind: String, _ ids: [Int64], in tx: any Transaction) throws {
        guard !ids.isEmpty, let subject = subjects.withLock({ $0[kind] }) else { return }
        for start in stride(from: 0, to: ids.count, by: 500) {
            let part = Array(ids[start..<min(start + 500, ids.count)])
            let contents = try subject.contents(part, tx)
            try tx.execute("DELETE FROM integrity_seals WHERE kind = \(kind) AND object_id IN (\(list: part))")
            let rows = part.compactMap { id in contents[id].map { [SQLValue.text(kind), .int(id), .blob(mac(kind, id, $0))] } }
            try tx.insertMany(into: "integrity_seals", columns: ["kind", "object_id", "mac"], rows: rows)
        }
    }

    private func mac(_ kind: String, _ id: Int64, _ content: IntegrityContent) -> [UInt8] { key.tag(head(kind, id) + content.bytes).bytes }

    private func head(_ kind: String, _ id: Int64) -> [UInt8] { Array("\(kind)\u{0}\(id)\u{0}".utf8) }

    private func fits(_ stored: [UInt8], _ kind: String, _ id: Int64, _ content: IntegrityContent) -> Bool {
        Digest(bytes: stored).map { key.verifies($0, over: head(kind, id) + content.bytes) } ?? false
    }

    // MARK: Comparing

    private static func setting(_ kind: String) -> String { "integrity." + kind }

    /// Whether every row of a kind has been sealed once.
    package func isAdopted(_ kind: String, _ reader: any Reader) throws -> Bool {
        if try reader.first("SELECT name FROM identity_settings WHERE name = \(Self.setting(kind))") != nil { return true }
        // Who takes the setting away would have everything sealed anew as it then is; the book remembers.
        return try reader.first("SELECT id FROM audit WHERE object_kind = 'integrity' AND object_id = \(kind) AND action = 'enable' LIMIT 1") != nil
    }

    /// What of some rows does not fit; of rows after `after` in the order of their ids.
    ///
    /// - Returns: the faults, how many rows were compared, and the last id; nil for the last where the end was reached.
    package func compare(_ subject: IntegritySubject, after: Int64, limit: Int, _ reader: any Reader) throws -> (
        faults: [(Int64, IntegrityFault.Reason)], compared: Int, last: Int64?
    ) {
        let ids = try subject.ids(after, limit, reader)
        let end = ids.count == limit ? ids.last : nil
        let contents = try subject.contents(ids, reader)
        let bound: SQL = end.map { "AND object_id <= \($0)" } ?? ""
        var seals: [Int64: [UInt8]] = [:]
        for row in try reader.rows("SELECT object_id, mac FROM integrity_seals WHERE kind = \(subject.kind) AND object_id > \(after) \(bound) ORDER BY object_id LIMIT 100000") {
            seals[row.int("object_id") ?? 0] = row.blob("mac") ?? []
        }
        var faults: [(Int64, IntegrityFault.Reason)] = []
        for id in ids {
            guard let content = contents[id] else { continue }
            guard let seal = seals.removeValue(forKey: id) else {
                faults.append((id, .unsealed))
                continue
            }
            if !fits(seal, subject.kind, id, content) { faults.append((id, .changed)) }
        }
        faults += seals.keys.sorted().map { ($0, .missing) }
        return (faults, ids.count, end)
    }

    /// Everything of a kind, for `jianwei verify`; nothing where it has not been sealed once.
    package func verify(_ subject: IntegritySubject, _ reader: any Reader) throws -> (rows: Int, faults: [(Int64, IntegrityFault.Reason)]) {
        guard try isAdopted(subject.kind, reader) else { return (0, []) }
        var (rows, faults, after): (Int, [(Int64, IntegrityFault.Reason)], Int64?) = (0, [], 0)
        while let from = after, faults.count < 1000 {
            let part = try compare(subject, after: from, limit: 1000, reader)
            rows += part.compared
            faults += part.faults
            after = part.last
        }
        return (rows, faults)
    }

    // MARK: The job

    /// Seals what has no seal yet, a part at a time.
    ///
    /// - Returns: where to go on; nil when the kind is done, which the audit book then says.
    package func adopt(_ subject: IntegritySubject, after: Int64, audit: AuditTrail, in tx: any Transaction) throws -> Int64? {
        let ids = try subject.ids(after, 1000, tx)
        let known = Set(try tx.rows("SELECT object_id FROM integrity_seals WHERE kind = \(subject.kind) AND object_id IN (\(list: ids))").compactMap { $0[0].int })
        try seal(subject.kind, ids.filter { !known.contains($0) }, in: tx)
        if ids.count == 1000 { return ids.last }
        try tx.execute(
            """
            INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting(subject.kind)), 'sealed', \(clock.now), 0) ON CONFLICT (name) DO NOTHING
            """)
        try audit.record(AuditEntry("enable", "integrity", subject.kind, "对“\(subject.title)”启用完整性保护"), by: .system("完整性保护"), in: tx)
        return nil
    }

    /// Keeps what was found, each thing once while it is open.
    ///
    /// - Returns: how many are new.
    package func note(_ found: [(Int64, IntegrityFault.Reason)], of kind: String, in tx: any Transaction) throws -> Int {
        var new = 0
        let tell = teller.withLock { $0 }
        for (object, reason) in found.prefix(200) {
            guard try tx.first("SELECT id FROM integrity_faults WHERE kind = \(kind) AND object_id = \(object) AND settled_at IS NULL") == nil else { continue }
            let id = try tx.insert("INSERT INTO integrity_faults (kind, object_id, reason, found_at) VALUES (\(kind), \(object), \(reason.rawValue), \(clock.now))")
            guard let row = try tx.first("SELECT * FROM integrity_faults WHERE id = \(id)") else { continue }
            try tell(title(of: kind), IntegrityFault(row), tx)
            new += 1
        }
        return new
    }

    package func faults(where condition: SQL, limit: Int, _ reader: any Reader) throws -> [IntegrityFault] {
        try reader.rows("SELECT * FROM integrity_faults WHERE \(condition) ORDER BY id DESC LIMIT \(limit)").map { IntegrityFault($0) }
    }

    /// After somebody has looked into it: the row as it now stands is what is kept whole from here on.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.invalid` `JW-K422`; `.conflict` `JW-I114` where it was settled already.
    package func settle(_ id: Int64, note: String, audit: AuditTrail, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(Self.permission, "数据完整性")
        guard (2...300).contains(note.count) else { throw Failure.invalid([FieldFinding("note", "length", "请填写 2–300 字", title: "核查结论")]) }
        guard let fault = try tx.first("SELECT * FROM integrity_faults WHERE id = \(id)").map({ IntegrityFault($0) }) else { throw Failure.notFound("完整性异常") }
        guard fault.settledAt == nil else { throw Failure(.conflict, "JW-I114", "此异常已由\(fault.settledBy ?? "他人")处置") }
        if let run = declaredRuns.first(where: { $0.kind == fault.kind }) {
            try run.sealAnew(fault.object, self, in: tx)
        } else {
            try seal(fault.kind, [fault.object], in: tx)
        }
        try tx.execute("UPDATE integrity_faults SET settled_at = \(clock.now), settled_by_name = \(principal.name), note = \(note) WHERE id = \(id)")
        let what = "\(title(of: fault.kind)) #\(fault.object)（\(fault.reason.title)）"
        try audit.record(AuditEntry("update", "integrity", fault.kind, "处置完整性异常：\(what)，结论：\(note)"), by: principal, in: tx)
    }

    // MARK: How far

    /// Where the next part of a kind begins; each process begins anew.
    package func place(_ kind: String) -> Int64 { progress.withLock { $0[kind]?.after ?? 0 } }

    /// A part was compared; at the end of a kind that is kept, so that every node shows it.
    package func advance(_ kind: String, compared: Int, next: Int64?) async throws {
        let total = progress.withLock { progress in
            let total = (progress[kind]?.compared ?? 0) + compared
            progress[kind] = next.map { Place(after: $0, compared: total) }
            return total
        }
        guard next == nil else { return }
        try await database.write { [self] tx in
            _ = try tx.execute(
                """
                INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting(kind)), \(String(total)), \(clock.now), 0)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
                """)
        }
    }

    /// When a kind was compared to its end; nil where it has not been yet.
    package func comparedAt(_ kind: String, _ reader: any Reader) throws -> Moment? {
        guard let row = try reader.first("SELECT value, updated_at FROM identity_settings WHERE name = \(Self.setting(kind))"), Int(row.text("value") ?? "") != nil else {
            return nil
        }
        return row.moment("updated_at")
    }

    // MARK: Runs of rows

    func tag(_ bytes: [UInt8]) -> [UInt8] { key.tag(bytes).bytes }
    func fits(_ stored: [UInt8], _ bytes: [UInt8]) -> Bool { Digest(bytes: stored).map { key.verifies($0, over: bytes) } ?? false }
    var now: Moment { clock.now }
}
