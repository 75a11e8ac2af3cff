import HTTPTypes
import Hummingbird
import Kernel
import Web

extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name {
        guard let made = HTTPField.Name(name) else { preconditionFailure("“\(name)” is not a header name") }
        return made
    }

    static let hxRetarget = named("HX-Retarget")
    static let hxReswap = named("HX-Reswap")
    static let hxGoTo = named("HX-Redirect")
    static let idempotencyKey = named("Idempotency-Key")
}

extension Response {
    /// Sends the browser to a file or a page, whether htmx asked or a plain form did.
    static func leave(to path: String, _ context: WebContext) -> Response {
        context.isPartial ? Response(status: .ok, headers: [.hxGoTo: path]) : .redirect(to: path, type: .normal)
    }
}
