import Identity
import Kernel
import Storage

/// 下发: what changes goes to every gate it concerns, within a second, and each receipt is kept.
///
/// A change is a row of `gate_change`, written in the transaction that makes it true; its id is the cursor gates read from (interfaces/gate.md Downlink).
package struct HandDown: Sendable {
    let database: any Database
    let registry: GateRegistry
    let signal: ChangeSignal
    let clock: Clock

    package enum Kind: String, Sendable { case excessListed, excessReleased, strategy, strategyEnded, filing }

    package struct Item: Sendable {
        package var kind: String
        package var objectId: String
        package var version: Int64
        package var effectiveAt: Moment
        package var body: JSONValue

        package var json: JSONValue {
            ["kind": .string(kind), "id": .string(objectId), "version": .int(version), "effectiveAt": .string(effectiveAt.rfc3339), "body": body]
        }
    }

    /// Posts one change; gates that wait are woken after the commit.
    ///
    /// - Parameter org: the enterprise it concerns; nil for all.
    func post(_ kind: Kind, id: String, version: Int64, org: Int64?, effectiveAt: Moment, body: JSONValue, in tx: any Transaction) throws {
        _ = try tx.insert(
            "INSERT INTO gate_change (kind, object_id, version, org, effective_at, body, created_at) VALUES (\(kind.rawValue), \(id), \(version), \(org), \(effectiveAt), \(body.text), \(clock.now))"
        )
        if let org {
            // The same version comes to the same enterprise again when a warning starts again: its receipts begin anew.
            try tx.execute(
                """
                UPDATE delivery SET kind = \(kind.rawValue), state = 'waiting', sent_at = NULL, received_at = NULL, applied_at = NULL, failed_at = NULL, attempts = 1, message = NULL, retry_at = NULL
                WHERE object_id = \(id) AND version = \(version) AND org = \(org)
                """)
        }
        let signal = signal
        tx.signal(ChangeSignal.topic, "")
        tx.afterCommit { signal.fire() }
    }

    /// The next number of a counter (`list`, `strategy`).
    static func next(_ name: String, in tx: any Transaction) throws -> Int64 {
        try tx.execute("INSERT INTO gate_sequence (name, value) VALUES (\(name), 1) ON CONFLICT (name) DO UPDATE SET value = gate_sequence.value + 1")
        return try tx.value("SELECT value FROM gate_sequence WHERE name = \(name)")?.int ?? 1
    }

    // MARK: Reading

    package struct Page: Sendable {
        package var cursor: String
        package var items: [Item]
    }

    private static let pageSize = 200

    /// Changes after a cursor; waits up to `seconds` when there are none. Without a cursor the full present state, page by page.
    ///
    /// - Throws: `.invalid` `40002` when the cursor is not one of ours.
    package func changes(after cursor: String?, waitSeconds: Int, org: Int64) async throws -> Page {
        guard let cursor, !cursor.isEmpty else { return try await snapshotPage(SnapshotCursor(change: -1, part: 0, last: 0), org: org) }
        if cursor.hasPrefix("s") {
            guard let position = SnapshotCursor(cursor) else { throw badCursor }
            return try await snapshotPage(position, org: org)
        }
        guard cursor.hasPrefix("c"), let last = Int64(cursor.dropFirst()), last >= 0 else { throw badCursor }
        let deadline = clock.now.adding(seconds: Int64(min(max(waitSeconds, 0), 60)))
        while true {
            let seen = signal.version
            let page = try await page(after: last, org: org)
            if !page.items.isEmpty { return page }
            let remaining = deadline.milliseconds - clock.now.milliseconds
            if remaining <= 0 || Task.isCancelled || signal.isClosed { return page }
            // Changes of this process wake at once; those of another node are seen when it looks again.
            await signal.wait(after: seen, for: .milliseconds(min(remaining, 10_000)))
        }
    }

    private var badCursor: Failure { Failure(.invalid, "40002", "游标无效", fields: [FieldFinding("after", "format", "游标无效，请不带 after 重新取全量")]) }

    private func page(after last: Int64, org: Int64) async throws -> Page {
        let rows = try await database.read { reader in
            try reader.rows(
                "SELECT id, kind, object_id, version, effective_at, body FROM gate_change WHERE id > \(last) AND (org = \(org) OR org IS NULL) ORDER BY id LIMIT \(HandDown.pageSize)"
            )
        }
        let items = rows.map { row in
            Item(
                kind: row[1].text ?? "", objectId: row[2].text ?? "", version: row[3].int ?? 0, effectiveAt: Moment(milliseconds: row[4].int ?? 0),
                body: (try? JSONValue(parsing: row[5].text ?? "null")) ?? .null)
        }
        if !items.isEmpty { try await noteSent(items, org: org) }
        return Page(cursor: "c\(rows.last?[0].int ?? last)", items: items)
    }

    /// The present state: excess list, then the strategy that holds, then the enterprise's approved filings.
    private func snapshotPage(_ position: SnapshotCursor, org: Int64) async throws -> Page {
        let snapshot = registry.snapshot
        let now = clock.now
        let (page, isLast) = try await database.read { reader -> (Page, Bool) in
            var at = position
            if at.change < 0 { at.change = try reader.value("SELECT MAX(id) FROM gate_change")?.int ?? 0 }
            var items: [Item] = []
            if at.part == 0 {
                try reader.each(
                    "SELECT id, plate_no, plate_color, list_version, recognized_at, authority, basis, list_kind FROM excess_emission_entry WHERE id > \(at.last) AND state = 'recognized' AND deleted_at IS NULL ORDER BY id LIMIT \(HandDown.pageSize)"
                ) { row in
                    items.append(ExcessListDesk.item(listed: row))
                    at.last = row[0].int ?? at.last
                    return true
                }
                if items.count == HandDown.pageSize { return (Page(cursor: at.text, items: items), false) }
                at = SnapshotCursor(change: at.change, part: 1, last: 0)
                if let site = snapshot.enterprises[org] {
                    let level = snapshot.level(county: site.county, at: now)
                    if let strategy = snapshot.strategy(for: site, level: level, at: now) { items.append(StrategyRefresh.item(strategy, level: level, at: now)) }
                }
            }
            let room = HandDown.pageSize
            var filings = 0
            try reader.each(
                "SELECT id, plate_no, plate_color, emission_stage, fuel, vehicle_type, version, updated_at, created_at FROM registered_vehicle WHERE org = \(org) AND id > \(at.last) AND filing_state = 'approved' AND deleted_at IS NULL ORDER BY id LIMIT \(room)"
            ) { row in
                items.append(Filings.item(row))
                at.last = row[0].int ?? at.last
                filings += 1
                return true
            }
            return (Page(cursor: filings == room ? at.text : "c\(at.change)", items: items), filings < room)
        }
        _ = isLast
        if !page.items.isEmpty { try await noteSent(page.items, org: org) }
        return page
    }

    private func noteSent(_ items: [Item], org: Int64) async throws {
        let now = clock.now
        try await database.write { tx in
            for item in items where item.kind != Kind.filing.rawValue {
                try tx.execute(
                    """
                    INSERT INTO delivery (object_id, version, org, kind, state, sent_at) VALUES (\(item.objectId), \(item.version), \(org), \(item.kind), 'sent', \(now))
                    ON CONFLICT (object_id, version, org) DO UPDATE SET state = CASE WHEN delivery.state IN ('failed', 'waiting') THEN 'sent' ELSE delivery.state END,
                        attempts = delivery.attempts + CASE WHEN delivery.state = 'failed' THEN 1 ELSE 0 END, sent_at = COALESCE(delivery.sent_at, excluded.sent_at), retry_at = NULL
                    """)
            }
        }
    }

    // MARK: Receipts

    package struct Receipt: Sendable {
        package var objectId: String
        package var version: Int64
        package var status: String
        package var message: String?

        package init(objectId: String, version: Int64, status: String, message: String?) {
            self.objectId = objectId
            self.version = version
            self.status = status
            self.message = message
        }
    }

    /// Notes receipts. A failed one is handed down again: after 10 s, 1 min, 5 min, 30 min, then given to the desk.
    ///
    /// - Returns: the receipts that name nothing that was ever sent to this enterprise.
    package func receive(_ receipts: [Receipt], org: Int64, claim: @escaping @Sendable (any Transaction) throws -> Void) async throws -> [Receipt] {
        let now = clock.now
        return try await database.write { tx in
            try claim(tx)
            var unknown: [Receipt] = []
            for receipt in receipts {
                let key: SQL = "object_id = \(receipt.objectId) AND version = \(receipt.version) AND org = \(org)"
                guard let row = try tx.first("SELECT attempts FROM delivery WHERE \(key)") else {
                    unknown.append(receipt)
                    continue
                }
                switch receipt.status {
                case "received":
                    try tx.execute(
                        "UPDATE delivery SET received_at = COALESCE(received_at, \(now)), state = CASE WHEN state = 'applied' THEN state ELSE 'received' END WHERE \(key)")
                case "applied":
                    try tx.execute(
                        "UPDATE delivery SET received_at = COALESCE(received_at, \(now)), applied_at = COALESCE(applied_at, \(now)), state = 'applied', retry_at = NULL WHERE \(key)"
                    )
                default:
                    let retry = HandDown.retry(after: Int(row[0].int ?? 1)).map { now.adding(seconds: $0) }
                    try tx.execute("UPDATE delivery SET failed_at = \(now), state = 'failed', message = \(receipt.message), retry_at = \(retry) WHERE \(key)")
                }
            }
            return unknown
        }
    }

    static func retry(after attempts: Int) -> Int64? { attempts <= 4 ? [10, 60, 300, 1800][max(0, attempts - 1)] : nil }

    /// Hands down again what a gate could not apply and whose time has come.
    ///
    /// - Returns: how many.
    package func retryFailed() async throws -> Int {
        let now = clock.now
        let signal = signal
        return try await database.write { tx in
            let due = try tx.rows("SELECT object_id, version, org FROM delivery WHERE retry_at <= \(now) ORDER BY retry_at LIMIT 200")
            for row in due {
                try tx.execute(
                    """
                    INSERT INTO gate_change (kind, object_id, version, org, effective_at, body, created_at, attempt)
                    SELECT kind, object_id, version, \(row[2]), effective_at, body, \(now), attempt + 1 FROM gate_change WHERE object_id = \(row[0]) AND version = \(row[1]) ORDER BY id DESC LIMIT 1
                    """)
                try tx.execute("UPDATE delivery SET retry_at = NULL WHERE object_id = \(row[0]) AND version = \(row[1]) AND org = \(row[2])")
            }
            if !due.isEmpty {
                tx.signal(ChangeSignal.topic, "")
                tx.afterCommit { signal.fire() }
            }
            return due.count
        }
    }
}

/// Where a gate stands in the full snapshot: `s<last change at its start>.<part>.<last row>`.
private struct SnapshotCursor {
    var change: Int64
    var part: Int
    var last: Int64

    init(change: Int64, part: Int, last: Int64) {
        self.change = change
        self.part = part
        self.last = last
    }

    init?(_ text: String) {
        let parts = text.dropFirst().split(separator: ".").compactMap { Int64($0) }
        guard parts.count == 3, parts.allSatisfy({ $0 >= 0 }), parts[1] <= 1 else { return nil }
        self.init(change: parts[0], part: Int(parts[1]), last: parts[2])
    }

    var text: String { "s\(change).\(part).\(last)" }
}
