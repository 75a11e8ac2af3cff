import HTTPTypes
import Hummingbird
import Identity
import Kernel
import NIOCore

/// `GET /live?topics=alarm,gatePass`: server-sent events within the reader's permissions and data scope.
struct LiveRoutes: Sendable {
    func add(to routes: Routes) { routes.get("/live", permission: .signedIn, use: stream) }

    @Sendable
    func stream(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let topics = Set((context.here["topics"] ?? "").split(separator: ",").prefix(32).map(String.init))
        let last = (request.headers[.lastEventID] ?? context.here["last"]).flatMap { Int64($0) }
        let site = context.site
        let token = context.token
        let address = context.address
        let body = ResponseBody { writer in
            let (key, subscriber, stream) = site.hub.subscribe(topics: topics, principal: principal, after: last)
            defer { site.hub.unsubscribe(key) }
            try await writer.write(ByteBuffer(string: "retry: 3000\n\n"))
            for await message in stream {
                if subscriber.takeMissed() { try await writer.write(ByteBuffer(string: "event: reload\ndata: {}\n\n")) }
                if case .heartbeat = message, let token, try await site.sessions.resolve(token: token, address: address) == nil {
                    try await writer.write(ByteBuffer(string: "event: signed-out\ndata: {}\n\n"))
                    break
                }
                try await writer.write(ByteBuffer(string: Self.text(message)))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache, no-transform", .custom("X-Accel-Buffering"): "no"], body: body)
    }

    static func text(_ message: LiveHub.Message) -> String {
        switch message {
        case .heartbeat: return ": beat\n\n"
        case .reload: return "event: reload\ndata: {}\n\n"
        case .event(let id, let event):
            let value: JSONValue
            switch event.payload {
            case .html(let markup): value = ["topic": .string(event.topic), "html": .string(markup.html)]
            case .json(let json): value = ["topic": .string(event.topic), "json": json]
            case .toast(let title, let text, let tone, let path):
                value = ["topic": .string(event.topic), "toast": ["title": .string(title), "text": .string(text), "tone": .string(tone.rawValue), "path": JSONValue(path)]]
            }
            return "id: \(id)\nevent: live\ndata: \(value.text)\n\n"
        }
    }
}

extension HTTPField.Name {
    static let lastEventID = custom("Last-Event-ID")
}
