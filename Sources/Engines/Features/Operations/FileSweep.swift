import Cryptography
import Identity
import Kernel
import Storage

/// C7.1: counts what lies in the file store and takes away what no row refers to any more, such as the halves of an upload whose row was never written.
///
/// Nothing goes that was put within the last days (`orphanDays`), and nothing that any row of any table still names. It walks by the first two digits of the hash and remembers how far it came, so a
/// run that was stopped is taken up again.
package struct FileSweep: Sendable {
    package struct Run: Sendable {
        package let id: Int64
        /// `running`, `done`.
        package let state: String
        package let startedAt: Moment?
        package let endedAt: Moment?
        /// Prefixes that are done, 0...256.
        package let reached: Int
        package let objects: Int64
        package let bytes: Int64
        package let orphans: Int64
        package let orphanBytes: Int64
        package let removed: Int64
        package let byName: String

        init(_ row: Row) {
            id = row.int("id") ?? 0
            state = row.text("state") ?? ""
            startedAt = row.moment("started_at")
            endedAt = row.moment("ended_at")
            reached = Int(row.int("reached") ?? 0)
            objects = row.int("objects") ?? 0
            bytes = row.int("bytes") ?? 0
            orphans = row.int("orphans") ?? 0
            orphanBytes = row.int("orphan_bytes") ?? 0
            removed = row.int("removed") ?? 0
            byName = row.text("by_name") ?? ""
        }
    }

    /// Tables whose texts name no file, or only such as `photos` and `clips` answer for; the largest ones.
    private static let silent: Set<String> = [
        "gate_pass", "audit", "photos", "clips", "photo_use", "plate_month", "signed_nonces", "node_signals", "pass_daily", "pass_monthly", "pass_sums",
    ]
    private static let days: Int64 = 7

    let database: any Database
    let blobs: any BlobStore
    let audit: AuditTrail
    let clock: Clock
    /// Between two prefixes, so that nobody notices.
    var pause = Duration.milliseconds(40)

    package init(database: any Database, blobs: any BlobStore, audit: AuditTrail, clock: Clock, pause: Duration = .milliseconds(40)) {
        self.database = database
        self.blobs = blobs
        self.audit = audit
        self.clock = clock
        self.pause = pause
    }

    package static func last(state: String? = nil, in reader: any Reader) throws -> Run? {
        let condition: SQL = if let state { "state = \(state)" } else { "1 = 1" }
        return try reader.first("SELECT * FROM file_sweeps WHERE \(condition) ORDER BY id DESC LIMIT 1").map(Run.init)
    }

    package static func page(before: Int64?, limit: Int, in reader: any Reader) throws -> [Run] {
        let condition: SQL = before.map { "id < \($0)" } ?? "1 = 1"
        return try reader.rows("SELECT * FROM file_sweeps WHERE \(condition) ORDER BY id DESC LIMIT \(limit)").map(Run.init)
    }

    /// Once a week, and what was not brought to an end.
    package func runDue() async throws -> Run? {
        let last = try await database.read { try Self.last(in: $0) }
        if let last, last.state == "done", let began = last.startedAt, clock.now.seconds(since: began) < Double(Self.days * 86_400 - 3600) { return nil }
        return try await run(by: .system("定时清点"))
    }

    package func run(by principal: Principal) async throws -> Run {
        let now = clock.now
        let (begun, settings) = try await database.write { tx -> (Run, OperationSettings) in
            let settings = try OperationSettings.read(tx)
            if let open = try Self.last(in: tx), open.state == "running" { return (open, settings) }
            let id = try tx.insert("INSERT INTO file_sweeps (state, started_at, by_name) VALUES ('running', \(now), \(principal.name))")
            guard let made = try tx.first("SELECT * FROM file_sweeps WHERE id = \(id)") else { throw Failure.notFound("清点") }
            return (Run(made), settings)
        }
        let named = try await mentions()
        for prefix in begun.reached..<256 {
            try Task.checkCancellation()
            try await take(prefix, of: begun.id, named, settings)
            try await Task.sleep(for: pause)
        }
        let ended = clock.now
        return try await database.write { [audit] tx in
            try tx.execute("UPDATE file_sweeps SET state = 'done', ended_at = \(ended) WHERE id = \(begun.id)")
            guard let row = try tx.first("SELECT * FROM file_sweeps WHERE id = \(begun.id)") else { throw Failure.notFound("清点") }
            let run = Run(row)
            try audit.record(
                AuditEntry("finish", "fileSweep", String(run.id), "清点文件 \(run.objects) 个，无人引用 \(run.orphans) 个，清除 \(run.removed) 个"), by: principal, in: tx)
            return run
        }
    }

    private func take(_ prefix: Int, of run: Int64, _ named: Set<Digest>, _ settings: OperationSettings) async throws {
        let digits = Hex.encode([UInt8(prefix)])
        let found = try await blobs.list(digits)
        let upper = digits + "g"
        let owned = try await database.read(within: .seconds(300)) { reader in
            var owned: Set<Digest> = []
            for table in ["photos", "clips"] {
                try reader.each("SELECT sha256 FROM \(ident: table) WHERE sha256 >= \(digits) AND sha256 < \(upper)") { row in
                    if let digest = row[0].text.flatMap({ Digest(hex: $0) }) { owned.insert(digest) }
                    return true
                }
            }
            return owned
        }
        let orphans = found.filter { blob in Digest(hex: blob.hash).map { !owned.contains($0) && !named.contains($0) } ?? false }
        var removed = 0
        if settings.orphanDays > 0 {
            let cutoff = clock.now.adding(seconds: -Int64(settings.orphanDays) * 86_400)
            for orphan in orphans where try await blobs.delete(orphan.hash, unlessPutSince: cutoff) { removed += 1 }
        }
        let (gone, bytes, orphanBytes) = (removed, found.reduce(0) { $0 + $1.size }, orphans.reduce(0) { $0 + $1.size })
        try await database.write { tx in
            try tx.execute(
                """
                UPDATE file_sweeps SET reached = \(prefix + 1), objects = objects + \(found.count), bytes = bytes + \(bytes), orphans = orphans + \(orphans.count),
                    orphan_bytes = orphan_bytes + \(orphanBytes), removed = removed + \(gone) WHERE id = \(run)
                """)
        }
    }

    /// Every hash that a text of any table holds, whatever it means there: what looks like a file's name is taken for one.
    private func mentions() async throws -> Set<Digest> {
        let tables = try await database.read { reader in try SchemaIntrospection.tables(reader) }.filter { table in
            !Self.silent.contains { table.name == $0 || table.name.hasPrefix($0 + "_2") || table.name == $0 + "_rest" || table.name == $0 + "_before" }
        }
        var named: Set<Digest> = []
        for table in tables {
            let columns = table.columns.filter { $0.kind == .text }.map(\.name)
            guard !columns.isEmpty else { continue }
            let list = SQL.joined(columns.map { SQL.ident($0) }, by: ", ")
            let found = try await database.read(within: .seconds(3600)) { reader in
                var found: Set<Digest> = []
                try reader.each("SELECT \(list) FROM \(ident: table.name)") { row in
                    for index in columns.indices { if let text = row[index].text, text.utf8.count >= 64 { Self.collect(text, into: &found) } }
                    return true
                }
                return found
            }
            named.formUnion(found)
        }
        return named
    }

    /// Runs of exactly 64 hexadecimal digits.
    static func collect(_ text: String, into found: inout Set<Digest>) {
        var run: [UInt8] = []
        func end() {
            if run.count == 64, let digest = Digest(hex: String(decoding: run, as: UTF8.self).lowercased()) { found.insert(digest) }
            run.removeAll(keepingCapacity: true)
        }
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...70, 97...102: run.append(byte)
            default: end()
            }
        }
        end()
    }

    static let table = Table(
        "file_sweeps",
        columns: [
            Column("state", .text, required: true), Column("started_at", .integer, required: true), Column("ended_at", .integer),
            Column("reached", .integer, required: true, fallback: .int(0)), Column("objects", .integer, required: true, fallback: .int(0)),
            Column("bytes", .integer, required: true, fallback: .int(0)), Column("orphans", .integer, required: true, fallback: .int(0)),
            Column("orphan_bytes", .integer, required: true, fallback: .int(0)), Column("removed", .integer, required: true, fallback: .int(0)),
            Column("by_name", .text, required: true),
        ])
}
