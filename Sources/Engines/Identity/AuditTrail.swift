import Cryptography
import Kernel
import Storage

/// The book of every act: rows are only ever added, each carries the hash of the one before it, so that a change, a gap or an exchange is found.
///
/// Taking rows off the end leaves no trace inside the book; who must exclude that keeps `AuditVerdict.lastHash` elsewhere.
/// Source: standards/security.md §1, 8.1.4.3.
package struct AuditTrail: Sendable {
    private let clock: Clock
    /// Seals rows whose changes are recorded here; nil where nothing is sealed.
    package let integrity: IntegrityBook?

    package init(clock: Clock, integrity: IntegrityBook? = nil) {
        self.clock = clock
        self.integrity = integrity
    }

    /// Adds a row in the transaction of what it records. The last hash is read in the same transaction: a remembered one would survive a rollback.
    package func record(_ entry: AuditEntry, by principal: Principal, in transaction: any Transaction) throws {
        let last = try transaction.first(SQL(text: Self.lastRow))
        let previousHash = last?.blob("hash") ?? Self.origin
        let now = clock.now
        var row = AuditRow(
            id: (last?.int("id") ?? 0) + 1, at: now, actorKind: principal.kind.rawValue, actorId: principal.id, actor: principal.name, org: principal.organisation,
            area: principal.area, address: principal.address, entry: entry)
        row.previousHash = previousHash
        row.hash = row.expectedHash.bytes
        try transaction.post(SQL(text: Self.insertion, arguments: row.values))
    }

    /// What precedes the first row.
    static let origin = [UInt8](repeating: 0, count: 32)

    private static let lastRow = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1"
    private static let insertion =
        "INSERT INTO audit (id, at, day, actor_kind, actor_id, actor, org, area, address, action, object_kind, object_id, summary, details, previous_hash, hash) "
        + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
}

/// Whether the book is whole.
package struct AuditVerdict: Sendable, Equatable {
    package var rows: Int
    package var first: Int64?
    package var last: Int64?
    /// Of the last sound row, in hexadecimal digits.
    package var lastHash: String
    /// Every row that does not fit, and why in Chinese, at most a hundred; empty when the book is whole.
    package var faults: [BrokenRow] = []

    package struct BrokenRow: Sendable, Equatable {
        package var id: Int64
        package var reason: String
    }

    package var broken: BrokenRow? { faults.first }
    package var isIntact: Bool { faults.isEmpty }
}

extension AuditTrail {
    /// Reads the whole book, one row in memory at a time. Each row is judged against the one stored before it, so that one changed row is one fault. Where retention took the
    /// oldest rows, the first one left is taken on trust; `AuditCheckpoints.verify` does not.
    ///
    /// - Parameter witnesses: hashes that rows had when they were signed, by id.
    package func verify(_ reader: any Reader, witnesses: [Int64: [UInt8]] = [:]) throws -> AuditVerdict {
        var verdict = AuditVerdict(rows: 0, first: nil, last: nil, lastHash: Hex.encode(Self.origin))
        var previousHash: [UInt8]?
        try reader.each("SELECT * FROM audit ORDER BY id") { stored in
            let row = AuditRow(stored)
            verdict.rows += 1
            var reason = Self.fault(of: row, after: verdict.last, previousHash)
            if reason == nil, let witness = witnesses[row.id], witness != row.hash { reason = "与签名的检查点不符" }
            if let reason { verdict.faults.append(AuditVerdict.BrokenRow(id: row.id, reason: reason)) }
            verdict.first = verdict.first ?? row.id
            verdict.last = row.id
            if reason == nil { verdict.lastHash = Hex.encode(row.hash) }
            previousHash = row.hash
            return verdict.faults.count < 100
        }
        return verdict
    }

    private static func fault(of row: AuditRow, after last: Int64?, _ previousHash: [UInt8]?) -> String? {
        if let last, row.id != last + 1 { return "第 \(last + 1) 条起缺失 \(row.id - last - 1) 条" }
        if let previousHash, row.previousHash != previousHash { return "与上一条的校验值不衔接" }
        if row.id == 1, row.previousHash != origin { return "首条的起始校验值有误" }
        if row.storedDay != row.at.day.number { return "日期与时间不一致" }
        return row.hash == row.expectedHash.bytes ? nil : "内容被改动"
    }
}
