import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Logging
import NIOCore

/// Light or dark, or as the reader's machine is set.
package enum Theme: String, Sendable, CaseIterable { case auto, light, dark }

/// What a route knows about the one request it answers.
package struct WebContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: (any Channel)?
    /// The site the request came to: menu, assets, sessions, live hub.
    package var site: Site
    /// The client's address as text; behind a trusted proxy the one the proxy names.
    package var address: String
    package var language = Language.zh
    package var theme = Theme.auto
    /// Nil until someone has signed in.
    package var principal: Principal?
    /// The cookie's or bearer's token; never log it.
    package var token: String?
    /// Whether `token` came in a cookie, so that unsafe methods need the CSRF token.
    package var isCookieSession = false
    package var mustChangePassword = false
    /// The rules ask for a second factor that is not there yet.
    package var mustEnrol = false
    /// When the person last proved who they are; nil where that is not asked.
    package var confirmedAt: Moment?
    /// The hidden `_csrf` field of forms; empty without a session.
    package var csrf = ""
    /// Path and query of this request.
    package var here = PageAddress("/")
    /// `HX-Request`: htmx asks for part of a page.
    package var isPartial = false
    /// The id of the element htmx will fill: `main`, `dialog`, a table's id; nil for a full page.
    package var partialTarget: String?
    /// The client asks for JSON: a path under /api or an Accept header that prefers it.
    package var wantsJSON = false
    /// One message carried over a redirect, shown once as a toast.
    package var flash: String?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        site = .empty
        address = source.channel.remoteAddress?.ipAddress ?? ""
    }

    /// The visitor's certificate, DER, where the connection was accepted with one.
    package func peerCertificate() async -> [UInt8]? {
        guard let channel else { return nil }
        return await site.peerCertificate(channel)
    }

    /// Scheme and host as visitors see them, without a slash at the end.
    package func publicAddress(_ request: Request) -> String {
        let settings = site.settings
        if !settings.publicAddress.isEmpty { return settings.publicAddress }
        return (settings.isSecure ? "https://" : "http://") + (request.head.authority ?? "localhost")
    }

    /// Stable for this request, also in the log and in problem answers.
    package var requestId: String { id }
    package var isDialog: Bool { partialTarget == "dialog" }
    package var maxUploadSize: Int { site.settings.bodyLimit }

    /// - Throws: `.unauthenticated` `JW-W401`.
    package func signedIn() throws -> Principal {
        guard let principal else { throw Failure(.unauthenticated, "JW-W401", "请先登录") }
        return principal
    }

    package func may(_ permission: String) -> Bool { principal?.may(permission) ?? false }

    /// The label in the language the user chose.
    package func text(_ chinese: String, _ english: String) -> String { language == .zh ? chinese : english }

    /// A path parameter as an identifier.
    ///
    /// - Throws: `.notFound` when it is absent or not a positive number.
    package func id(_ name: String = "id") throws -> Int64 {
        guard let text = parameters.get(name), let id = Int64(text), id > 0 else { throw Failure.notFound("该记录") }
        return id
    }

    /// A path parameter as text.
    package func path(_ name: String) throws -> String {
        guard let text = parameters.get(name), !text.isEmpty else { throw Failure.notFound("该页面") }
        return text
    }
}
