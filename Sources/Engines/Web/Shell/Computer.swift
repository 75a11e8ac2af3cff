import Cryptography
import Hummingbird

/// The computer that a request comes from, known by a cookie of its own that outlives sessions: what a person registers where the rules bind them to computers.
package struct Computer: Sendable {
    private static let cookie = "jw_device"
    private static let seconds = 400 * 86_400

    /// 43 characters of base64url; made where the request had none.
    package let secret: String
    private let isNew: Bool

    package init(_ request: Request) {
        let known = request.cookies[Self.cookie]?.value
        isNew = known?.utf8.count != 43
        secret = isNew ? SecureRandom.token(32) : known ?? ""
    }

    /// The answer, with the cookie where it is new.
    package func kept(in response: Response, _ context: WebContext) -> Response {
        guard isNew else { return response }
        var response = response
        response.setCookie(Cookie(name: Self.cookie, value: secret, maxAge: Self.seconds, path: "/", secure: context.site.settings.isSecure, httpOnly: true, sameSite: .lax))
        return response
    }
}
