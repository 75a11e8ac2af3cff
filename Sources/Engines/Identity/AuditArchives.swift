import Cryptography
import Kernel
import Storage

/// D17.3.2 审计归档: parts of the book as files that prove themselves, to be kept elsewhere, and read back when they are needed. Each holds the rows with their chain, and the signed checkpoint at its end
/// with the key that signed it.
///
/// Retention takes only rows that stand in an archive, once there are archives (`AuditCheckpoints.retain`).
package struct AuditArchives: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let checkpoints: AuditCheckpoints

    /// Rows of one file: about ten megabytes.
    static let most = 20_000
    package static let mostBytes = 32 << 20

    package struct Archive: Sendable, Equatable {
        package var id: Int64
        package var from: Int64
        package var to: Int64
        package var since: Moment
        package var until: Moment
        package var sha256: String
        package var size: Int
        package var madeAt: Moment
        package var madeBy: String
        /// Read back from a file; its rows are searched as long as it stays.
        package var isImported: Bool

        init(_ row: Row) {
            id = row.int("id") ?? 0
            from = row.int("from_id") ?? 0
            to = row.int("to_id") ?? 0
            since = row.moment("since_at") ?? Moment(milliseconds: 0)
            until = row.moment("until_at") ?? Moment(milliseconds: 0)
            sha256 = row.text("sha256") ?? ""
            size = Int(row.int("size") ?? 0)
            madeAt = row.moment("made_at") ?? Moment(milliseconds: 0)
            madeBy = row.text("made_by_name") ?? ""
            isImported = row.bool("is_imported")
        }

        package var rows: Int64 { to - from + 1 }
        package var filename: String { "审计归档 \(from)-\(to).jsonl" }
    }

    /// A part of the book on its way into a file.
    package struct Part: Sendable {
        package var from: Int64
        package var to: Int64
        var since: Moment
        var until: Moment
        package var text: String
    }

    static let tables: [Table] = [
        Table(
            "audit_archives",
            columns: [
                Column("from_id", .integer, required: true), Column("to_id", .integer, required: true), Column("since_at", .integer, required: true),
                Column("until_at", .integer, required: true), Column("sha256", .text, required: true), Column("size", .integer, required: true),
                Column("made_at", .integer, required: true), Column("made_by_name", .text, required: true), Column("is_imported", .integer, required: true),
            ], indexes: [Index("is_imported", "to_id")]),
        Table(
            "audit_imported", key: ["archive_id", "row_id"],
            columns: [
                Column("archive_id", .integer, required: true), Column("row_id", .integer, required: true), Column("at", .integer, required: true),
                Column("actor", .text, required: true),
                Column("address", .text, required: true), Column("action", .text, required: true), Column("object_kind", .text, required: true),
                Column("object_id", .text, required: true), Column("summary", .text, required: true), Column("details", .text),
            ], isClustered: true),
    ]

    // MARK: Making

    package func all(isImported: Bool, before: Int64? = nil, limit: Int, _ reader: any Reader) throws -> [Archive] {
        let cursor: SQL = before.map { "AND id < \($0)" } ?? ""
        return try reader.rows("SELECT * FROM audit_archives WHERE is_imported = \(isImported) \(cursor) ORDER BY id DESC LIMIT \(limit)").map { Archive($0) }
    }

    package func find(_ id: Int64, _ reader: any Reader) throws -> Archive {
        guard let row = try reader.first("SELECT * FROM audit_archives WHERE id = \(id)") else { throw Failure.notFound("审计归档") }
        return Archive(row)
    }

    /// The last row that stands in an archive of ours; 0 for none.
    static func archivedTo(_ reader: any Reader) throws -> Int64 { try reader.value("SELECT max(to_id) FROM audit_archives WHERE is_imported = 0")?.int ?? 0 }

    /// The next part that is not archived yet, up to a checkpoint; nil where no checkpoint covers a further row.
    ///
    /// - Parameter everything: also a part that is not full.
    package func next(everything: Bool, _ reader: any Reader) throws -> Part? {
        let from = try Self.archivedTo(reader) + 1
        let first = try reader.value("SELECT min(id) FROM audit")?.int ?? 0
        let begin = max(from, first)
        let reach = begin + Int64(Self.most) - 1
        let found = try reader.first(
            "SELECT audit_id, at, hash, signature FROM audit_checkpoints WHERE audit_id >= \(begin) AND audit_id <= \(reach) ORDER BY audit_id DESC LIMIT 1")
        guard let checkpoint = found, let to = checkpoint.int("audit_id"), let key = try checkpoints.publicPEM(reader) else { return nil }
        // A part that could still grow waits, unless the next checkpoint would not fit into it.
        let follows = try reader.first("SELECT audit_id FROM audit_checkpoints WHERE audit_id > \(reach) LIMIT 1") != nil
        guard everything || follows else { return nil }
        var lines: [String] = []
        var (since, until): (Moment?, Moment?) = (nil, nil)
        try reader.each("SELECT * FROM audit WHERE id >= \(begin) AND id <= \(to) ORDER BY id") { stored in
            let row = AuditRow(stored)
            lines.append(row.archived.text)
            since = since ?? row.at
            until = row.at
            return true
        }
        guard let since, let until else { return nil }
        let head: JSONValue = [
            "format": "jianwei-audit-1", "from": .int(begin), "to": .int(to), "rows": .int(Int64(lines.count)), "key": .string(key),
            "checkpoint": [
                "at": .int((checkpoint.moment("at") ?? until).milliseconds), "id": .int(to), "hash": .string(Hex.encode(checkpoint.blob("hash") ?? [])),
                "signature": .string(Base64.encode(checkpoint.blob("signature") ?? [])),
            ],
        ]
        return Part(from: begin, to: to, since: since, until: until, text: ([head.text] + lines).joined(separator: "\n") + "\n")
    }

    package func keep(_ part: Part, sha256: String, by principal: Principal) async throws -> Archive {
        try await database.write { tx in
            guard try Self.archivedTo(tx) < part.from else { throw Failure(.conflict, "JW-I116", "这一段刚刚已经归档") }
            let id = try tx.insert(
                """
                INSERT INTO audit_archives (from_id, to_id, since_at, until_at, sha256, size, made_at, made_by_name, is_imported) VALUES
                (\(part.from), \(part.to), \(part.since), \(part.until), \(sha256), \(part.text.utf8.count), \(clock.now), \(principal.name), 0)
                """)
            try audit.record(AuditEntry("create", "auditArchive", "\(id)", "审计日志归档第 \(part.from)–\(part.to) 条，SHA-256 \(sha256)"), by: principal, in: tx)
            return try find(id, tx)
        }
    }

    // MARK: Reading back

    /// What a file holds, where it is whole: chained row by row, and signed at its end.
    ///
    /// - Throws: `.invalid` `JW-I117`, saying what is wrong with it.
    package static func read(_ bytes: [UInt8]) throws -> [AuditRow] {
        func refuse(_ why: String) -> Failure { Failure(.invalid, "JW-I117", "归档文件\(why)") }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let head = lines.first.flatMap({ try? JSONValue(parsing: String($0)) }), head["format"]?.string == "jianwei-audit-1" else { throw refuse("格式不符，应为本平台导出的审计归档") }
        guard let from = head["from"]?.int, let to = head["to"]?.int, let count = head["rows"]?.int, Int(count) == lines.count - 1, count <= most, count > 0 else {
            throw refuse("的条数与文件头不符，可能不完整")
        }
        var rows: [AuditRow] = []
        rows.reserveCapacity(Int(count))
        for (index, line) in lines.dropFirst().enumerated() {
            guard let json = try? JSONValue(parsing: String(line)), let row = AuditRow(archived: json) else { throw refuse("第 \(index + 2) 行无法识别") }
            guard row.hash == row.expectedHash.bytes else { throw refuse("第 \(row.id) 条的内容被改动") }
            if let last = rows.last, row.previousHash != last.hash || row.id != last.id + 1 { throw refuse("第 \(row.id) 条与上一条不衔接") }
            rows.append(row)
        }
        guard rows.first?.id == from, let last = rows.last, last.id == to, let point = head["checkpoint"], point["id"]?.int == to, let at = point["at"]?.int,
            point["hash"]?.string == last.hashText, let signature = point["signature"]?.string.flatMap(Base64.decode), let pem = head["key"]?.string,
            let key = try? SM2PublicKey(pem: pem), key.verify(signature: signature, over: AuditCheckpoints.statement(to, last.hash, Moment(milliseconds: at)))
        else { throw refuse("末尾的签名无效") }
        return rows
    }

    /// The key that signed a file, to be compared with the platform's own.
    package static func key(of bytes: [UInt8]) -> String? {
        let head = bytes.prefix(64 << 10).split(separator: UInt8(ascii: "\n"), maxSplits: 1).first.map { String(decoding: $0, as: UTF8.self) }
        return head.flatMap { try? JSONValue(parsing: $0) }?["key"]?.string
    }

    /// Puts the rows of a file beside the book, for search.
    ///
    /// - Returns: the archive, and whether this platform signed it.
    /// - Throws: `.invalid` `JW-I117`; `.conflict` `JW-I118` for one that is there already.
    package func restore(_ bytes: [UInt8], sha256: String, by principal: Principal) async throws -> (archive: Archive, isOwn: Bool) {
        try principal.require("audit.verify", "审计归档")
        let rows = try Self.read(bytes)
        let key = Self.key(of: bytes)
        guard let first = rows.first, let last = rows.last else { throw Failure(.invalid, "JW-I117", "归档文件是空的") }
        return try await database.write { tx in
            guard try tx.first("SELECT id FROM audit_archives WHERE sha256 = \(sha256) AND is_imported = 1") == nil else { throw Failure(.conflict, "JW-I118", "此归档已经导入") }
            let isOwn = try checkpoints.publicPEM(tx) == key
            let id = try tx.insert(
                """
                INSERT INTO audit_archives (from_id, to_id, since_at, until_at, sha256, size, made_at, made_by_name, is_imported) VALUES
                (\(first.id), \(last.id), \(first.at), \(last.at), \(sha256), \(bytes.count), \(clock.now), \(principal.name), 1)
                """)
            let values = rows.map { row -> [SQLValue] in
                [
                    .int(id), .int(row.id), row.at.sqlValue, .text(row.actor), .text(row.address), .text(row.action), .text(row.objectKind), .text(row.objectId),
                    .text(row.summary),
                    row.detailsText.sqlValue,
                ]
            }
            try tx.insertMany(
                into: "audit_imported", columns: ["archive_id", "row_id", "at", "actor", "address", "action", "object_kind", "object_id", "summary", "details"], rows: values)
            let whose = isOwn ? "本平台签名" : "其他平台签名"
            try audit.record(AuditEntry("import", "auditArchive", "\(id)", "导入审计归档第 \(first.id)–\(last.id) 条，\(whose)"), by: principal, in: tx)
            return (try find(id, tx), isOwn)
        }
    }

    /// Takes rows that were read back away again; the file stays where it was.
    package func drop(_ id: Int64, by principal: Principal) async throws {
        try principal.require("audit.verify", "审计归档")
        try await database.write { tx in
            let archive = try find(id, tx)
            guard archive.isImported else { throw Failure(.conflict, "JW-I119", "本平台的归档不能移除") }
            try tx.execute("DELETE FROM audit_imported WHERE archive_id = \(id)")
            try tx.execute("DELETE FROM audit_archives WHERE id = \(id)")
            try audit.record(AuditEntry("delete", "auditArchive", "\(id)", "移除导入的审计归档第 \(archive.from)–\(archive.to) 条"), by: principal, in: tx)
        }
    }
}

extension AuditRow {
    /// One line of an archive.
    var archived: JSONValue {
        [
            "id": .int(id), "at": .int(at.milliseconds), "kind": .string(actorKind), "actorId": .int(actorId), "actor": .string(actor), "org": JSONValue(org),
            "area": JSONValue(area),
            "address": .string(address), "action": .string(action), "object": .string(objectKind), "objectId": .string(objectId), "summary": .string(summary),
            "details": JSONValue(detailsText), "previous": .string(Hex.encode(previousHash)), "hash": .string(Hex.encode(hash)),
        ]
    }

    init?(archived json: JSONValue) {
        guard let id = json["id"]?.int, let at = json["at"]?.int, let kind = json["kind"]?.string, let actorId = json["actorId"]?.int, let actor = json["actor"]?.string,
            let address = json["address"]?.string, let action = json["action"]?.string, let object = json["object"]?.string, let objectId = json["objectId"]?.string,
            let summary = json["summary"]?.string, let previous = json["previous"]?.string.flatMap(Hex.decode), let hash = json["hash"]?.string.flatMap(Hex.decode)
        else { return nil }
        self.init(
            id: id, at: Moment(milliseconds: at), actorKind: kind, actorId: actorId, actor: actor, org: json["org"]?.int, area: json["area"]?.string, address: address,
            entry: AuditEntry(action, object, objectId, summary))
        detailsText = json["details"]?.string
        previousHash = previous
        self.hash = hash
    }
}
