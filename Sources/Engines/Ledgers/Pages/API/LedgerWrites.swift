import Cryptography
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// POST, PUT, PATCH, DELETE.
enum LedgerWrites {
    /// With an `Idempotency-Key` a repeated request answers with the row that the first one made.
    @Sendable
    static func create(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let bytes = try await request.bytes(desk.context)
        let draft = try draft(bytes, desk)
        try await LedgerUploads.require(draft, desk)
        let key = try IdempotencyKey(request, body: bytes, desk)
        let (record, isNew) = try await desk.database.write { transaction -> (Record, Bool) in
            if let id = try key?.earlier(in: transaction) { return (try desk.record(id, in: transaction), false) }
            let record = try desk.engine.create(desk.ledger.name, draft, by: desk.principal, origin: .person, in: transaction)
            try key?.keep(record.id, at: desk.services.clock.now, in: transaction)
            return (record, true)
        }
        var response = try await answer(desk, record, status: isNew ? .created : .ok)
        response.headers[.location] = "/api/v1/\(desk.ledger.name)/\(record.id)"
        return response
    }

    /// PUT: what the body does not name is cleared.
    @Sendable
    static func replace(_ request: Request, _ desk: LedgerDesk) async throws -> Response { try await write(request, desk, clearsOthers: true) }

    /// PATCH: what the body does not name stays.
    @Sendable
    static func change(_ request: Request, _ desk: LedgerDesk) async throws -> Response { try await write(request, desk, clearsOthers: false) }

    private static func write(_ request: Request, _ desk: LedgerDesk, clearsOthers: Bool) async throws -> Response {
        let id = try desk.context.id()
        let version = try expectedVersion(request)
        var draft = try draft(try await request.bytes(desk.context), desk)
        if clearsOthers {
            for field in desk.formFields where draft.values[field.name] == nil && !field.marks.contains(.immutable) { draft.values[field.name] = .null }
        }
        let change = draft
        try await LedgerUploads.require(change, desk)
        let record = try await desk.database.write {
            try desk.engine.update(desk.ledger.name, id: id, change, expectedVersion: version, by: desk.principal, origin: .person, in: $0)
        }
        return try await answer(desk, record, status: .ok)
    }

    @Sendable
    static func delete(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        guard let reason = desk.context.here["reason"]?.trimmed, (1...200).contains(reason.count) else {
            throw Failure.invalid([FieldFinding("reason", "required", "应为 1 到 200 个字", title: "删除原因")])
        }
        try await desk.database.write { transaction in
            let record = try desk.record(id, in: transaction)
            guard record.deletedAt == nil else { throw Failure.notFound(desk.ledger.title) }
            try desk.engine.delete(desk.ledger.name, id: id, reason: reason, by: desk.principal, origin: .person, in: transaction)
        }
        return Response(status: .noContent)
    }

    @Sendable
    static func restore(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let record = try await desk.database.write { transaction -> Record in
            try desk.engine.restore(desk.ledger.name, id: id, by: desk.principal, origin: .person, in: transaction)
            return try desk.record(id, in: transaction)
        }
        return try await answer(desk, record, status: .ok)
    }

    private static func answer(_ desk: LedgerDesk, _ record: Record, status: HTTPResponse.Status) async throws -> Response {
        try await desk.database.read { reader in LedgerReads.tagged(try desk.face(for: [record], in: reader).json(record), record, status: status) }
    }

    /// `{"org": 3, "area": "1301", "values": {"vin": "…"}}`.
    private static func draft(_ bytes: [UInt8], _ desk: LedgerDesk) throws -> Draft {
        let body: JSONValue
        do throws(JSONSyntaxError) { body = try JSONValue(parsing: bytes) } catch {
            throw Failure(.invalid, "JW-W400", "请求内容不是合法的 JSON：第 \(error.offset) 字节处\(error.reason)")
        }
        guard let object = body.object else { throw Failure(.invalid, "JW-W400", "请求内容应为 JSON 对象") }
        var findings: [FieldFinding] = []
        var draft = Draft()
        for member in object.members {
            switch member.name {
            case "values":
                if let values = member.value.object {
                    for one in values.members { draft.values[one.name] = one.value }
                } else {
                    findings.append(FieldFinding("values", "type", "应为对象"))
                }
            case "org":
                if member.value.isNull { continue }
                if let org = member.value.int, org > 0 { draft.org = org } else { findings.append(FieldFinding("org", "type", "应为机构编号", title: "所属企业")) }
            case "area":
                if member.value.isNull { continue }
                if let area = member.value.string { draft.area = area } else { findings.append(FieldFinding("area", "type", "应为行政区划代码", title: "地区")) }
            default: findings.append(FieldFinding(member.name, "unknown", "不是可接受的成员", title: "“\(member.name)”"))
            }
        }
        if object["values"] == nil { findings.append(FieldFinding("values", "required", "不能为空")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return draft
    }

    /// - Throws: `.invalid` without `If-Match`: nobody overwrites what they have not seen. `*` takes whatever is there.
    private static func expectedVersion(_ request: Request) throws -> Int? {
        let text = request.headers[.ifMatch]?.trimmed ?? ""
        if text == "*" { return nil }
        let bare = text.hasPrefix("W/") ? String(text.dropFirst(2)) : text
        guard let version = Int(bare.filter { $0 != "\"" }), version > 0, version < Int(Int32.max) else {
            throw Failure.invalid([FieldFinding("If-Match", "required", "应为读取时返回的 ETag，如 \"3\"", title: "If-Match 请求头")])
        }
        return version
    }

    /// A sheet in the body; the work goes on as a long task.
    @Sendable
    static func bringIn(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let form = try await request.form(desk.context)
        guard let file = form.files("file").first else { throw Failure.invalid([FieldFinding("file", "required", "请上传 xlsx 或 csv 文件", title: "文件")]) }
        let task = try await ImportPages.start(file, form, isDryRun: form["dryRun"] == "true", desk)
        return Response.json(["task": .int(task), "page": .string("/tasks/\(task)")], status: .accepted)
    }
}

/// One `Idempotency-Key` of one person: the same key with another body is refused.
struct IdempotencyKey: Sendable {
    let user: Int64
    let ledger: String
    let key: String
    let digest: String

    static let table = Table(
        "api_requests", key: ["user_id", "ledger", "request_key"],
        columns: [
            Storage.Column("user_id", .integer, required: true), Storage.Column("ledger", .text, required: true), Storage.Column("request_key", .text, required: true),
            Storage.Column("digest", .text, required: true), Storage.Column("record_id", .integer, required: true), Storage.Column("at", .integer, required: true),
        ],
        indexes: [Index("at")], isClustered: true)

    init?(_ request: Request, body: [UInt8], _ desk: LedgerDesk) throws {
        guard let key = request.headers[.idempotencyKey]?.trimmed, !key.isEmpty else { return nil }
        guard key.utf8.count <= 128 else { throw Failure.invalid([FieldFinding("Idempotency-Key", "length", "不能超过 128 个字符")]) }
        user = desk.principal.id
        ledger = desk.ledger.name
        self.key = key
        digest = SHA256.hash(body).hex
    }

    /// The row that this key made before.
    func earlier(in reader: any Reader) throws -> Int64? {
        guard let row = try reader.first("SELECT digest, record_id FROM api_requests WHERE user_id = \(user) AND ledger = \(ledger) AND request_key = \(key)") else { return nil }
        guard row.text("digest") == digest else { throw Failure(.conflict, "JW-L412", "同一个 Idempotency-Key 已用于另一个内容不同的请求") }
        return row.int("record_id")
    }

    func keep(_ record: Int64, at moment: Moment, in transaction: any Transaction) throws {
        try transaction.execute(
            "INSERT INTO api_requests (user_id, ledger, request_key, digest, record_id, at) VALUES (\(user), \(ledger), \(key), \(digest), \(record), \(moment))")
    }
}
