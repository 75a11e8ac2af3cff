import Kernel
import Storage
import Synchronization

/// D17.9.3 攻击源封禁: addresses that attack again and again are shut out by themselves for a time, others by hand; asked before anything else of a request is looked at.
///
/// Misdeeds are counted by each node for itself; blocks stand in the database and count on all nodes.
package final class AddressBlocks: Sendable {
    private struct Known {
        var exact: [String: Moment?] = [:]
        var ranges: [(NetworkRange, Moment?)] = []
        /// Who was refused on the short way, until when: such callers take the long way, where they are counted.
        var suspects: [String: Moment] = [:]

        var isEmpty: Bool { exact.isEmpty && ranges.isEmpty && suspects.isEmpty }
    }

    /// What nodes tell each other.
    package static let signal = "addressBlocks"
    package static let permission = "addressBlock.manage"

    private let database: any Database
    private let clock: Clock
    private let audit: AuditTrail
    private let policies: PolicyBook
    private let known = Mutex(Known())
    private let tally = Mutex(MisdeedTally())
    /// Asked on every request before the lock is.
    private let hasAny = Atomic<Bool>(false)
    private let teller = Mutex<Teller>({ _, _ in })

    /// Says that an address was shut out by itself, in the transaction that does it.
    package typealias Teller = @Sendable (AddressBlock, any Transaction) throws -> Void

    init(database: any Database, clock: Clock, audit: AuditTrail, policies: PolicyBook) {
        self.database = database
        self.clock = clock
        self.audit = audit
        self.policies = policies
    }

    package func onBlock(_ tell: @escaping Teller) { teller.withLock { $0 = tell } }

    // MARK: Every request

    package func isBlocked(_ address: String) -> Bool {
        guard hasAny.load(ordering: .relaxed) else { return false }
        let now = clock.now
        return known.withLock { known in
            if let until = known.exact[address], until.map({ now < $0 }) ?? true { return true }
            return known.ranges.contains { range, until in (until.map { now < $0 } ?? true) && range.contains(address) }
        }
    }

    /// Whether an address must take the way on which misdeeds are counted.
    package func isSuspect(_ address: String) -> Bool {
        guard hasAny.load(ordering: .relaxed) else { return false }
        let now = clock.now
        return known.withLock { known in known.suspects[address].map { now < $0 } ?? false }
    }

    /// For callers that cannot wait: their next requests are looked at by those who can.
    package func suspect(_ address: String) {
        let until = clock.now.adding(seconds: Int64(MisdeedTally.windowSeconds))
        known.withLock { known in
            if known.suspects.count >= 1_000 { known.suspects = [:] }
            known.suspects[address] = until
        }
        hasAny.store(true, ordering: .relaxed)
    }

    /// Notes what an address did, and shuts it out when that was once too often.
    ///
    /// - Parameter isTrusted: the address is one of our own proxies, which speaks for many.
    package func report(_ misdeed: Misdeed, from address: String, isTrusted: Bool = false) async throws {
        let policy = policies.current
        guard policy.blockAfter > 0, !isTrusted, !Self.isOwn(address), !policy.neverBlocked.contains(where: { $0.contains(address) }) else { return }
        let now = clock.now
        guard let kinds = tally.withLock({ $0.add(misdeed, from: address, limit: policy.blockAfter, at: now) }), NetworkRange(address) != nil, !isBlocked(address) else { return }
        let until = now.adding(seconds: Int64(policy.blockMinutes) * 60)
        let reason = kinds.map(\.title).joined(separator: "、")
        try await database.write { [self] tx in
            let block = try insert(address, reason, isAutomatic: true, until: until, by: .system("攻击源识别"), in: tx)
            let tell = teller.withLock { $0 }
            try tell(block, tx)
        }
    }

    /// The machine itself: a program on it that is shut out would shut out its administrator.
    private static func isOwn(_ address: String) -> Bool { address == "127.0.0.1" || address == "::1" || address.isEmpty }

    // MARK: By hand

    /// - Parameter hours: nil for until somebody ends it.
    /// - Throws: `.forbidden`; `.invalid` `JW-K422`; `.conflict` `JW-I110` where the asker would shut out themselves.
    package func block(_ network: String, reason: String, hours: Int?, by principal: Principal) async throws {
        try principal.require(Self.permission, "封禁地址")
        var findings: [FieldFinding] = []
        let range = NetworkRange(network)
        if range == nil { findings.append(FieldFinding("network", "format", "应为地址或网段，如 203.0.113.7 或 203.0.113.0/24", title: "地址或网段")) }
        if !(2...200).contains(reason.count) { findings.append(FieldFinding("reason", "length", "请填写 2–200 字", title: "原因")) }
        if let hours, !(1...8760).contains(hours) { findings.append(FieldFinding("hours", "range", "须在 1–8760 之间，不填为长期", title: "时长")) }
        guard findings.isEmpty, let range else { throw Failure.invalid(findings) }
        guard !range.contains(principal.address), !["127.0.0.1", "::1"].contains(where: range.contains) else {
            throw Failure(.conflict, "JW-I110", "“\(network)”包含您自己或本机的地址，封禁后将无法访问平台")
        }
        try await database.write { [self] tx in
            _ = try insert(network, reason, isAutomatic: false, until: hours.map { clock.now.adding(seconds: Int64($0) * 3600) }, by: principal, in: tx)
        }
    }

    /// - Throws: `.forbidden`; `.notFound`; `.conflict` `JW-I111` where it has ended.
    package func end(_ id: Int64, by principal: Principal) async throws {
        try principal.require(Self.permission, "封禁地址")
        let now = clock.now
        try await database.write { [self] tx in
            guard let block = try tx.first("SELECT * FROM address_blocks WHERE id = \(id)").map({ AddressBlock($0) }) else { throw Failure.notFound("封禁") }
            guard block.isLiving(at: now) else { throw Failure(.conflict, "JW-I111", "该封禁已经结束") }
            try tx.execute("UPDATE address_blocks SET ended_at = \(now), ended_by_name = \(principal.name) WHERE id = \(id)")
            try audit.record(AuditEntry("update", "addressBlock", "\(id)", "解除封禁 \(block.network)"), by: principal, in: tx)
            try follow(tx)
        }
    }

    /// - Returns: what was kept out or is being kept out, the newest first.
    package func list(_ condition: SQL, limit: Int, _ reader: any Reader) throws -> [AddressBlock] {
        try reader.rows("SELECT * FROM address_blocks WHERE \(condition) ORDER BY id DESC LIMIT \(limit)").map { AddressBlock($0) }
    }

    // MARK: What is in memory

    /// Takes what is stored; at the start, after a change, and when another node says so.
    package func load(_ reader: any Reader) throws {
        take(try Self.living(reader, at: clock.now))
    }

    private func insert(_ network: String, _ reason: String, isAutomatic: Bool, until: Moment?, by principal: Principal, in tx: any Transaction) throws -> AddressBlock {
        let now = clock.now
        let id = try tx.insert(
            """
            INSERT INTO address_blocks (network, reason, is_automatic, made_at, made_by, made_by_name, until_at) VALUES
            (\(network), \(reason), \(isAutomatic), \(now), \(principal.id), \(principal.name), \(until))
            """)
        let details: JSONValue = ["until": .string(until.map { "\($0)" } ?? "长期"), "automatic": .bool(isAutomatic)]
        try audit.record(AuditEntry("create", "addressBlock", "\(id)", "封禁 \(network)：\(reason)", details: details), by: principal, in: tx)
        try follow(tx)
        guard let row = try tx.first("SELECT * FROM address_blocks WHERE id = \(id)") else { throw Failure.notFound("封禁") }
        return AddressBlock(row)
    }

    /// Reads within the transaction, believed after it.
    private func follow(_ tx: any Transaction) throws {
        tx.signal(Self.signal, "")
        let rows = try Self.living(tx, at: clock.now)
        tx.afterCommit { [self] in take(rows) }
    }

    private static func living(_ reader: any Reader, at now: Moment) throws -> [Row] {
        try reader.rows("SELECT network, until_at FROM address_blocks WHERE ended_at IS NULL AND (until_at IS NULL OR until_at > \(now)) ORDER BY id DESC LIMIT 10000")
    }

    private func take(_ rows: [Row]) {
        var new = Known()
        for row in rows {
            guard let network = row.text("network"), let range = NetworkRange(network) else { continue }
            let until = row.moment("until_at")
            if network.contains("/") { new.ranges.append((range, until)) } else if new.exact[network] == nil { new.exact[network] = .some(until) }
        }
        let read = new
        let isEmpty = known.withLock { known in
            (known.exact, known.ranges) = (read.exact, read.ranges)
            return known.isEmpty
        }
        hasAny.store(!isEmpty, ordering: .relaxed)
    }
}
