import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// The JSON API of every ledger under `/api/v1/{ledger}`, with the same permissions, scope and rules as the pages.
///
/// Signed in by session cookie (changes also carry `X-CSRF`) or bearer token. Errors are problem+json with a stable code; lists are paged by cursors.
package struct LedgerAPI: Sendable {
    let services: LedgerServices

    package init(services: LedgerServices) { self.services = services }

    package func add(to routes: Routes) {
        let ledgers = LedgerRoutes(routes: routes, services: services).under("/api/v1/{ledger}")
        ledgers.get("", .read, use: LedgerReads.list)
        ledgers.post("", .write, use: LedgerWrites.create)
        ledgers.get("/statistics", .read, use: LedgerReads.statistics)
        ledgers.get("/export", .export, act: .massExport, use: LedgerReads.export)
        ledgers.post("/import", .import, use: LedgerWrites.bringIn)
        ledgers.post("/uploads", .write, use: LedgerUploads.take)
        ledgers.get("/{id}", .read, use: LedgerReads.one)
        ledgers.put("/{id}", .write, use: LedgerWrites.replace)
        ledgers.patch("/{id}", .write, use: LedgerWrites.change)
        ledgers.delete("/{id}", .delete, act: .deletion, use: LedgerWrites.delete)
        ledgers.post("/{id}/restore", .delete, act: .deletion, use: LedgerWrites.restore)
        ledgers.get("/{id}/history", .read, use: LedgerReads.history)
        let documents = LedgerAPIDocuments(services: services)
        routes.get("/api/openapi.json", permission: .signedIn, use: documents.openAPI)
        routes.get("/api/docs", permission: .signedIn, use: documents.page)
    }
}

/// GET.
enum LedgerReads {
    @Sendable
    static func list(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let query = try strictQuery(desk)
        return try await desk.database.read { reader in
            let page = try desk.engine.list(query, by: desk.principal, in: reader)
            let face = try desk.face(for: page.records, titles: page.titles, in: reader)
            let total: JSONValue =
                switch page.total {
                case .exact(let count): ["count": .int(Int64(count)), "isExact": true]
                case .atLeast(let count): ["count": .int(Int64(count)), "isExact": false]
                case .unknown: .null
                }
            return Response.json(["items": .array(page.records.map(face.json)), "total": total, "next": JSONValue(page.nextCursor), "previous": JSONValue(page.previousCursor)])
        }
    }

    static func strictQuery(_ desk: LedgerDesk) throws -> LedgerQuery {
        try requireStrict(desk)
        return try desk.query(ListAddress.canonical(desk.context.here), cursorNames: ["cursor"], limitName: "limit")
    }

    /// Refuses what a page would quietly overlook, all findings at once.
    static func requireStrict(_ desk: LedgerDesk) throws {
        var findings: [FieldFinding] = []
        func value(_ name: String) -> String? { desk.context.here.query.first { $0.name == name }?.value }
        if let limit = value("limit"), !(Int(limit).map { (1...200).contains($0) } ?? false) { findings.append(FieldFinding("limit", "range", "应为 1 到 200 的整数")) }
        if let deleted = value("deleted"), !["0", "1"].contains(deleted) { findings.append(FieldFinding("deleted", "format", "应为 0 或 1")) }
        if let search = value("q"), search.count > 64 { findings.append(FieldFinding("q", "length", "不能超过 64 个字", title: "关键字")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    @Sendable
    static func one(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        try requireStrict(desk)
        return try await desk.database.read { reader in
            let record = try desk.record(id, includeDeleted: desk.context.here["deleted"] == "1", in: reader)
            return tagged(try desk.face(for: [record], in: reader).json(record), record)
        }
    }

    /// With the version as ETag, for `If-Match`.
    static func tagged(_ json: JSONValue, _ record: Record, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.json(json, status: status)
        response.headers[.eTag] = "\"\(record.version)\""
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable
    static func history(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        return try await desk.database.read { reader in
            let record = try desk.record(id, in: reader)
            let face = try desk.face(for: [record], in: reader)
            let entries = try desk.engine.history(desk.ledger.name, id: id, by: desk.principal, in: reader)
            return Response.json(["items": .array(entries.map { $0.json(face) })])
        }
    }

    @Sendable
    static func export(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        try requireStrict(desk)
        return try await ExportPages.file(request, desk)
    }

    @Sendable
    static func statistics(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        try requireStrict(desk)
        let question = try StatisticsQuestion(desk, isStrict: true)
        return try await desk.database.read(within: .seconds(10)) { reader in
            Response.json(try question.answer(desk, in: reader).json)
        }
    }
}
