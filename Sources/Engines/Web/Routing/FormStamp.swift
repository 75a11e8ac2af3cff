import Cryptography
import Hummingbird
import Kernel
import NIOCore

/// D17.2.10 流程校验: a form named by the rules is sent only by who has opened it and looked at it for so long. The form carries when it was shown, bound to session and path, so nothing is stored.
enum FormStamp {
    static let field = "_opened"
    /// How long a form that was opened may be filled in.
    private static let longestSeconds: Int64 = 8 * 3600

    /// For the form at `action`; nil where the rules do not name it.
    static func make(for action: String, _ context: WebContext) -> (stamp: String, seconds: Int)? {
        let path = pathOnly(action)
        guard context.isCookieSession, let token = context.token, let seconds = context.site.sessions.formWait(for: path) else { return nil }
        let at = context.site.clock.now.milliseconds
        return ("\(at).\(seal(at, path, token))", seconds)
    }

    /// - Returns: the request, its body kept when it had to be read.
    /// - Throws: `.conflict` `JW-W431` where the form was not opened, or too short or too long ago.
    static func check(_ request: Request, _ context: WebContext) async throws -> Request {
        guard request.method == .post, let token = context.token, let seconds = context.site.sessions.formWait(for: context.here.path) else { return request }
        var request = request
        let bytes = try await request.bytes(context)
        request.body = RequestBody(buffer: ByteBuffer(bytes: bytes))
        let form = try? FormInput.read(bytes, contentType: request.headers[.contentType] ?? "")
        let parts = (form?[field] ?? "").split(separator: ".").map(String.init)
        let refusal = Failure(.conflict, "JW-W431", "请先打开此表单，阅读至少 \(seconds) 秒后再提交")
        guard parts.count == 2, let at = Int64(parts[0]), constantTimeEqual(parts[1], seal(at, context.here.path, token)) else { throw refusal }
        let spent = context.site.clock.now.milliseconds - at
        guard spent >= Int64(seconds) * 1000, spent <= longestSeconds * 1000 else { throw refusal }
        return request
    }

    private static func pathOnly(_ action: String) -> String { String(action.prefix { $0 != "?" && $0 != "#" }) }

    private static func seal(_ at: Int64, _ path: String, _ token: String) -> String { String(SHA256.hash("form:\(at):\(path):\(token)").hex.prefix(32)) }
}
