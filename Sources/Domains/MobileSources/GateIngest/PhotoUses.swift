import Cryptography
import Kernel
import Storage
import Synchronization

/// Which pass used a photo first: a head, body or plate picture that comes a second time is a finding.
///
/// The keys of `photo_use` lie at random, so that a row written with its pass changes a page that nothing else changes. Where only this process writes the database, the uses of the latest
/// passes stay in memory and are written later, many together in the order of their keys, behind a mark. They are nothing of their own: what a killed process had in memory is read again
/// from the passes after the mark (decision 0061).
package final class PhotoUses: Sendable {
    /// Row of `gate_sequence`: up to this pass all uses are in the table.
    static let mark = "photosUsedTo"
    /// Uses in memory before they begin to be written; as many again come meanwhile.
    private static let generation = 65_536
    /// Passes that `verify` looks at.
    private static let verified = 100_000

    private typealias Use = (key: Digest, pass: Int64)

    private struct State {
        /// Of the transaction under way.
        var pending: [Digest: Int64] = [:]
        var young: [Digest: Int64] = [:]
        /// The last pass whose uses are in `young`.
        var youngest: Int64 = 0
        /// Being written: the same as `sorted`, for looking up.
        var old: [Digest: Int64] = [:]
        var sorted: [Use] = []
        /// How many of `sorted` are durable.
        var written = 0
        /// The last pass whose uses are in `old`.
        var oldest: Int64 = 0

        func pass(of key: Digest) -> Int64? { young[key] ?? old[key] ?? pending[key] }

        mutating func age() {
            old = young
            sorted = young.map { (key: $0.key, pass: $0.value) }.sorted { $0.key < $1.key }
            oldest = youngest
            written = 0
            young = [:]
        }

        mutating func leaveOld() {
            old = [:]
            sorted = []
            written = 0
        }
    }

    private let state = Mutex(State())
    /// Whether uses are kept in memory at all.
    let isKept: Bool

    init(database: any Database) { isKept = database.dialect == .sqlite }

    // MARK: In a transaction

    /// Claims photos for a pass.
    ///
    /// - Parameter gathers: keeps them in memory; the caller then calls `fold`, and `committed` or `forget` when it knows the outcome. Otherwise they are written at once.
    /// - Returns: whether one of them belongs to another pass already.
    func claim(_ keys: [Digest], for pass: Int64, gathers: Bool, in tx: any Transaction) throws -> Bool {
        guard !keys.isEmpty else { return false }
        var fresh = isKept ? state.withLock { state in keys.filter { state.pass(of: $0) == nil } } : keys
        var isReused = fresh.count < keys.count
        if gathers {
            fresh = try fresh.filter { key in
                let isUsed = try tx.first(SQL(text: PhotoUses.user, arguments: [.blob(key.bytes)])) != nil
                isReused = isReused || isUsed
                return !isUsed
            }
            state.withLock { state in for key in fresh { state.pending[key] = pass } }
        } else {
            for key in fresh where try tx.execute(SQL(text: PhotoUses.using, arguments: [.blob(key.bytes), .int(pass)])) == 0 { isReused = true }
        }
        return isReused
    }

    /// Writes some of what is due, in the order of its keys.
    ///
    /// - Returns: how far, for `committed`.
    func fold(in tx: any Transaction) throws -> Int {
        let (uses, end, mark) = state.withLock { state -> ([Use], Int, Int64?) in
            if state.sorted.isEmpty, state.young.count >= PhotoUses.generation { state.age() }
            // Twice as fast as they come, so that the old are written before the young are many.
            let end = min(state.sorted.count, state.written + max(64, 2 * state.pending.count))
            return (Array(state.sorted[state.written..<end]), end, end > 0 && end == state.sorted.count ? state.oldest : nil)
        }
        try PhotoUses.write(uses, upTo: mark, in: tx)
        return end
    }

    /// The transaction is durable.
    func committed(folded end: Int, last pass: Int64?) {
        state.withLock { state in
            state.written = end
            if end > 0, end == state.sorted.count { state.leaveOld() }
            state.young.merge(state.pending) { first, _ in first }
            if let pass { state.youngest = max(state.youngest, pass) }
            state.pending.removeAll(keepingCapacity: true)
        }
    }

    /// The transaction left nothing.
    func forget() { state.withLock { $0.pending.removeAll() } }

    /// Writes all; the caller sees to it that no other transaction gathers meanwhile, and calls `settled` when it is durable.
    func settle(in tx: any Transaction) throws {
        let (uses, mark) = state.withLock { state -> ([Use], Int64) in
            let young = state.young.map { (key: $0.key, pass: $0.value) }.sorted { $0.key < $1.key }
            return (Array(state.sorted[state.written...]) + young, max(state.youngest, state.oldest))
        }
        try PhotoUses.write(uses, upTo: mark > 0 ? mark : nil, in: tx)
    }

    func settled() {
        state.withLock { state in
            state.leaveOld()
            state.young = [:]
        }
    }

    // MARK: Asked

    /// The first pass that used a photo as its head, body or plate picture.
    func firstUse(of sha256: String, in reader: any Reader) throws -> Int64? {
        guard let key = Digest(hex: sha256) else { return nil }
        if let pass = state.withLock({ $0.young[key] ?? $0.old[key] }) { return pass }
        return try reader.value(SQL(text: PhotoUses.user, arguments: [.blob(key.bytes)]))?.int
    }

    /// Uses in memory.
    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    // MARK: After a process that was killed

    /// Writes the uses of all passes after the mark; before anything is stored, and before the database moves.
    package static func recover(_ database: any Database) async throws {
        guard database.dialect == .sqlite else { return }
        let (uses, last) = try await database.read(within: .seconds(600)) { reader in
            let mark = try reader.value("SELECT value FROM gate_sequence WHERE name = \(mark)")?.int ?? 0
            var first: [Digest: Int64] = [:]
            var last = mark
            try reader.each("SELECT id, head_photo, body_photo, plate_photo FROM gate_pass WHERE id > \(mark) ORDER BY id") { row in
                guard let id = row[0].int else { return true }
                last = id
                for key in keys(of: [row[1].text, row[2].text, row[3].text]) where first[key] == nil { first[key] = id }
                return true
            }
            return (first.map { (key: $0.key, pass: $0.value) }.sorted { $0.key < $1.key }, last == mark ? nil : last)
        }
        guard let last else { return }
        try await database.write { tx in try write(uses, upTo: last, in: tx) }
    }

    /// For passes written straight into the table, which have no photos.
    package static func skip(_ database: any Database) async throws {
        try await database.write { tx in try write([], upTo: try tx.value("SELECT MAX(id) FROM gate_pass")?.int, in: tx) }
    }

    /// Of the latest passes, those with a photo that belongs to no pass.
    package static func verify(in reader: any Reader) throws -> (passes: Int, differing: [Int64]) {
        var differing: [Int64] = []
        var passes = 0
        for row in try reader.rows("SELECT id, head_photo, body_photo, plate_photo FROM gate_pass ORDER BY id DESC LIMIT \(verified)") {
            passes += 1
            let lacks = try keys(of: [row[1].text, row[2].text, row[3].text]).contains { try reader.first(SQL(text: user, arguments: [.blob($0.bytes)])) == nil }
            if lacks { differing.append(row[0].int ?? 0) }
        }
        return (passes, differing)
    }

    /// Each once.
    static func keys(of photos: [String?]) -> [Digest] {
        var keys: [Digest] = []
        for photo in photos {
            if let photo, let key = Digest(hex: photo), !keys.contains(key) { keys.append(key) }
        }
        return keys
    }

    private static func write(_ uses: [Use], upTo mark: Int64?, in tx: any Transaction) throws {
        for use in uses { try tx.post(SQL(text: using, arguments: [.blob(use.key.bytes), .int(use.pass)])) }
        guard let mark else { return }
        try tx.execute(
            "INSERT INTO gate_sequence (name, value) VALUES (\(self.mark), \(mark)) ON CONFLICT (name) DO UPDATE SET value = CASE WHEN excluded.value > gate_sequence.value THEN excluded.value ELSE gate_sequence.value END"
        )
    }

    private static let user = "SELECT pass_id FROM photo_use WHERE sha256 = ?"
    private static let using = "INSERT INTO photo_use (sha256, pass_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
}
