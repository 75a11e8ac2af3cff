import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension WorkPages {
    /// `GET /api/v1/work?box=todo&q=&limit=&after=`.
    @Sendable
    func apiList(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let query = query(context)
        let page = try await database.read { [engine] in try engine.list(query, by: principal, in: $0) }
        let lines = page.lines.map { line -> JSONValue in
            var object = line.item.json.object ?? JSONObject()
            object["step"] =
                line.step.map {
                    ["id": .int($0.id), "name": .string($0.step), "title": .string($0.title), "dueAt": JSONValue($0.dueAt?.rfc3339), "version": .int(Int64($0.version))]
                } ?? .null
            return .object(object)
        }
        return .json(["items": .array(lines), "total": .int(Int64(page.total)), "isTotalFloor": .bool(page.isFloor)])
    }

    /// `POST /api/v1/work`: `{"workflow": "…", "values": {…}}`; `Idempotency-Key` makes a repeat harmless.
    @Sendable
    func apiStart(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let body = try await request.json(context)
        guard let name = body["workflow"]?.string else { throw Failure.invalid([FieldFinding("workflow", "required", "不能为空", title: "流程")]) }
        let draft = CaseDraft(name, values: Self.values(body), key: Self.key(request))
        let item = try await database.write { [engine] tx in try engine.start(draft, by: principal, in: tx) }
        return try await answer(item.id, principal, status: .created)
    }

    /// `GET /api/v1/work/{id}`.
    @Sendable
    func apiCase(request: Request, context: WebContext) async throws -> Response { try await answer(context.id(), context.signedIn(), status: .ok) }

    /// `POST /api/v1/work/{id}/steps/{step}/{transition}`: `{"opinion": "…", "values": {…}, "version": 1}`.
    @Sendable
    func apiMove(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        _ = try await database.read { [engine] in try engine.visible(id, by: principal, in: $0) }
        let body = try await request.json(context)
        let move = CaseMove(
            step: try context.id("step"), try context.path("transition"), opinion: body["opinion"]?.string, values: Self.values(body),
            expectedVersion: body["version"]?.int.map { Int($0) }, key: Self.key(request))
        try await database.write { [engine] tx in _ = try engine.move(move, by: principal, in: tx) }
        return try await answer(id, principal, status: .ok)
    }

    private static func values(_ body: JSONValue) -> [String: JSONValue] {
        (body["values"]?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value }
    }

    private static func key(_ request: Request) -> String? {
        HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] }.map { String($0.prefix(100)) }
    }

    private func answer(_ id: Int64, _ principal: Principal, status: HTTPResponse.Status) async throws -> Response {
        let view = try await view(id, by: principal)
        var object = view.item.json.object ?? JSONObject()
        object["steps"] = .array(
            view.path.map { record in
                [
                    "id": .int(record.id), "name": .string(record.step), "title": .string(record.title), "state": .string(record.state.rawValue),
                    "openedAt": .string(record.openedAt.rfc3339), "dueAt": JSONValue(record.dueAt?.rfc3339), "doneAt": JSONValue(record.doneAt?.rfc3339),
                    "by": JSONValue(record.byName),
                    "action": JSONValue(record.action), "version": .int(Int64(record.version)), "isMine": .bool(view.own.contains(record.id)),
                    "transitions": .array((record.state == .open ? view.definition.step(record.step)?.transitions ?? [] : []).filter { !$0.isAutomatic }.map { .string($0.name) }),
                ]
            })
        object["data"] = .object(view.item.data)
        return .json(.object(object), status: status)
    }
}

extension WorkflowCase {
    /// As the API answers it.
    package var json: JSONValue {
        [
            "id": .int(id), "number": .string(number), "workflow": .string(workflow), "definitionVersion": .int(Int64(definitionVersion)), "title": .string(title),
            "org": JSONValue(org), "orgName": .string(orgName), "area": JSONValue(area), "starter": .string(starterName), "state": .string(state.rawValue),
            "outcome": JSONValue(outcome), "startedAt": .string(startedAt.rfc3339), "dueAt": JSONValue(dueAt?.rfc3339), "endedAt": JSONValue(endedAt?.rfc3339),
            "version": .int(Int64(version)),
        ]
    }
}
