import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 消息中心 (B5.3.1, B5.3.2): other applications say things to people by our rules and ask what became of it. A worked client stands in docs/interfaces/messages.md.
extension MessagePages {
    /// What other applications say; an administrator chooses its channels like those of any kind.
    package static let applicationKind = MessageKind("application.message", "应用消息", template: "【见微】{title}：{text}")

    func addPosting(to routes: Routes) {
        let api = routes.under("/api/v1")
        api.post("/messages", permission: .named(MessagePermission.post), use: apiPost)
        api.get("/messages", permission: .signedIn, use: apiInbox)
        api.get("/messages/sent", permission: .named(MessagePermission.post), use: apiSent)
        api.get("/messages/{id}/receipts", permission: .named(MessagePermission.post), use: apiReceipts)
        api.post("/messages/{id}/read", permission: .signedIn, use: apiRead)
        // Each keeps its own; whose permission it is, the engine asks.
        api.get("/notice-groups", permission: .signedIn, use: apiGroups)
        api.post("/notice-groups", permission: .signedIn, use: apiKeepGroup)
        api.get("/notice-groups/{id}", permission: .signedIn, use: apiGroup)
        api.put("/notice-groups/{id}", permission: .signedIn, use: apiKeepGroup)
        api.delete("/notice-groups/{id}", permission: .signedIn, use: apiDropGroup)
    }

    /// `POST /api/v1/messages`: `{"title", "text", "grade", "path", "to": {"logins": [], "roles": [], "organisations": [], "groups": []}, "key"}`.
    @Sendable
    func apiPost(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let body = try await request.json(context)
        let (id, receivers, applications) = try await database.write { [engine] tx in try engine.take(body, by: principal, in: tx) }
        let isNew = id != nil || !applications.isEmpty
        return .json(
            ["id": JSONValue(id), "receivers": .int(Int64(receivers)), "applications": .array(applications.map { .string($0) }), "isRepeat": .bool(!isNew)],
            status: isNew ? .created : .ok)
    }

    /// `GET /api/v1/messages?unread=1&before=&limit=`: one's own.
    @Sendable
    func apiInbox(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var query = InboxQuery()
        query.keyword = context.here["q"]
        query.isUnread = context.here["unread"] == "1"
        query.before = context.here["before"].flatMap { Int64($0) }
        query.limit = context.here["limit"].flatMap { Int($0) } ?? 50
        let asked = query
        let (lines, unread) = try await database.read { [engine] in (try engine.inbox(asked, of: principal, in: $0), try engine.unread(of: principal, in: $0)) }
        let items = lines.map { line -> JSONValue in
            [
                "id": .int(line.id), "kind": .string(line.kind), "grade": .string(line.grade.rawValue), "title": .string(line.title), "text": .string(line.text),
                "path": JSONValue(line.path), "at": .string(line.at.rfc3339), "readAt": JSONValue(line.readAt?.rfc3339),
            ]
        }
        return .json(["items": .array(items), "unread": .int(Int64(unread))])
    }

    /// `GET /api/v1/messages/sent?before=`: what this application or person sent.
    @Sendable
    func apiSent(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let before = context.here["before"].flatMap { Int64($0) }
        let found = try await database.read { [engine] in try engine.sent(nil, before: before, limit: 50, by: principal, in: $0) }
        let items = found.map { one -> JSONValue in
            ["id": .int(one.id), "title": .string(one.title), "at": .string(one.at.rfc3339), "receivers": .int(Int64(one.receivers)), "read": .int(Int64(one.read))]
        }
        return .json(["items": .array(items)])
    }

    /// `GET /api/v1/messages/{id}/receipts`: for whoever sent it.
    @Sendable
    func apiReceipts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (receipts, states, forwarded) = try await database.read { [engine] reader in
            guard try engine.isOwn(id, of: principal, in: reader) else { throw Failure.notFound("该消息") }
            let rows = try reader.rows("SELECT channel, state, COUNT(*) AS n FROM message_deliveries WHERE message_id = \(id) GROUP BY channel, state")
            let forwarded = try reader.rows("SELECT target, state, sent_at FROM forward_deliveries WHERE message_id = \(id) ORDER BY id LIMIT 100")
            return (try engine.receipts(of: id, in: reader), rows, forwarded)
        }
        let deliveries = states.map { row -> JSONValue in
            ["channel": .string(row.text("channel") ?? ""), "state": .string(row.text("state") ?? ""), "count": .int(row.int("n") ?? 0)]
        }
        let applications = forwarded.map { row -> JSONValue in
            ["application": .string(row.text("target") ?? ""), "state": .string(row.text("state") ?? ""), "sentAt": JSONValue(row.moment("sent_at")?.rfc3339)]
        }
        return .json([
            "receivers": .int(Int64(receipts.receivers)), "read": .int(Int64(receipts.read)), "deliveries": .array(deliveries), "applications": .array(applications),
        ])
    }

    /// `POST /api/v1/messages/{id}/read`.
    @Sendable
    func apiRead(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.markRead([id], by: principal, in: tx) }
        return .json(["ok": true])
    }

    /// `GET /api/v1/notice-groups`.
    @Sendable
    func apiGroups(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let all = try await database.read { [engine] in try engine.groups(of: principal, in: $0) }
        return .json(["items": .array(all.map { ["id": .int($0.id), "title": .string($0.title), "members": .int(Int64($0.members))] })])
    }

    /// `GET /api/v1/notice-groups/{id}`: with its members.
    @Sendable
    func apiGroup(request: Request, context: WebContext) async throws -> Response {
        let (principal, id) = (try context.signedIn(), try context.id())
        let (group, logins) = try await database.read { [engine] reader in
            (try engine.groups(of: principal, in: reader).first { $0.id == id }, try engine.logins(ofGroup: id, by: principal, in: reader))
        }
        guard let group else { throw Failure.notFound("该通知组") }
        return .json(["id": .int(group.id), "title": .string(group.title), "logins": .array(logins.map { .string($0) })])
    }

    /// `POST /api/v1/notice-groups`, `PUT /api/v1/notice-groups/{id}`: `{"title", "logins": []}`.
    @Sendable
    func apiKeepGroup(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = request.method == .put ? try context.id() : nil
        let body = try await request.json(context)
        let (title, logins) = (body["title"]?.string ?? "", (body["logins"]?.array ?? []).compactMap(\.string))
        let kept = try await database.write { [engine] tx in try engine.keepGroup(id, title: title, logins: logins, by: principal, in: tx) }
        return .json(["id": .int(kept), "ok": true], status: id == nil ? .created : .ok)
    }

    /// `DELETE /api/v1/notice-groups/{id}`.
    @Sendable
    func apiDropGroup(request: Request, context: WebContext) async throws -> Response {
        let (principal, id) = (try context.signedIn(), try context.id())
        try await database.write { [engine] tx in try engine.dropGroup(id, by: principal, in: tx) }
        return .json(["ok": true])
    }
}
