import HTTPTypes
import Hummingbird
import Identity
import Kernel
import NIOCore

extension Routes {
    /// The handler, held back until other people have agreed to this very request wherever the rules ask for them (`DualControl`).
    ///
    /// Stands behind the check of permissions: who may not do it cannot ask for it either. The approved request comes again with `_approval` (a field, or `X-Approval` for programs).
    package static func guarded(_ act: DualAct, _ handler: @escaping Handler) -> Handler { guarded(act, level: { _, _ in nil }, handler) }

    /// The same where it depends on the data (B5.1.6).
    ///
    /// - Parameter level: of what the request touches, by its fields and address.
    package static func guarded(
        _ act: DualAct, level: @escaping @Sendable (_ fields: [(name: String, value: String)], WebContext) throws -> DataLevel?, _ handler: @escaping Handler
    ) -> Handler {
        { request, context in
            guard context.site.sessions.asksSecondPerson(for: act) else { return try await handler(request, context) }
            var request = request
            var asked = try await asked(act, &request, context)
            asked.level = try level(asked.fields, context)
            switch try await context.site.sessions.secondPerson(asked, by: context.signedIn()) {
            case .go: return try await handler(request, context)
            case .run(let id): return try await run(id, handler, request, context)
            case .wait(let id):
                if context.wantsJSON { return .json(["approval": .int(id), "state": "pending"], status: .accepted) }
                return Shell.done("已提交复核，他人同意后由您在“双人复核”中执行", to: "/approvals/\(id)", context: context)
            }
        }
    }

    /// What others agreed to; where it fails, the approval is not used up.
    private static func run(_ id: Int64, _ handler: Handler, _ request: Request, _ context: WebContext) async throws -> Response {
        let sessions = context.site.sessions, principal = try context.signedIn()
        do {
            let response = try await handler(request, context)
            if response.status.code >= 400 { try await sessions.secondPersonFailed(id, because: "提交的内容未被接受", by: principal) }
            return response
        } catch {
            try await sessions.secondPersonFailed(id, because: (error as? Failure)?.message ?? "系统出错", by: principal)
            throw error
        }
    }

    private static func asked(_ act: DualAct, _ request: inout Request, _ context: WebContext) async throws -> AskedAct {
        let own: Set<String> = ["_csrf", "_approval", FormStamp.field]
        var number = request.headers[.approval]
        var fields: [(name: String, value: String)] = []
        if request.method != .get {
            let bytes = try await request.bytes(context)
            request.body = RequestBody(buffer: ByteBuffer(bytes: bytes))
            let type = request.headers[.contentType] ?? ""
            if type.hasPrefix("application/json") {
                fields = [("", String(decoding: bytes, as: UTF8.self))]
            } else if !bytes.isEmpty {
                let form = try FormInput.read(bytes, contentType: type)
                guard form.files.isEmpty else { throw Failure(.invalid, "JW-I096", "须经复核的操作不能同时上传文件") }
                number = form["_approval"] ?? number
                fields = form.items.filter { !own.contains($0.name) }.map { ($0.name, $0.value) }
            }
        }
        number = number ?? context.here["_approval"]
        let query = context.here.query.filter { !own.contains($0.name) }
        return AskedAct(
            act: act, method: request.method.rawValue, path: PageAddress(context.here.path, query).text, fields: fields, approval: number.map { Int64($0) ?? 0 })
    }
}

extension HTTPField.Name {
    static let approval = custom("X-Approval")
}
