import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Logging
import NIOCore
import Storage

/// The one middleware every request passes: who, from where, how fast, in which language; and on the way back errors, headers, compression, log.
struct Edge: RouterMiddleware {
    typealias Context = WebContext

    let site: Site
    let table: RouteTable
    let limit: RateLimit
    /// The same for one account, wherever it comes from.
    let accountLimit: RateLimit

    init(site: Site, table: RouteTable) {
        self.site = site
        self.table = table
        limit = RateLimit(perSecond: site.settings.ratePerSecond, burst: site.settings.rateBurst)
        accountLimit = RateLimit(perSecond: site.settings.ratePerSecond, burst: site.settings.rateBurst)
    }

    func handle(_ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response) async throws -> Response {
        var context = context
        context.site = site
        let request = site.settings.isSecure ? CookiePrefix.taken(from: request) : request
        let path = request.uri.path
        context.here = PageAddress(path, request.uri.query.map { FormEncoding.pairs(Array($0.utf8)) } ?? [])
        let isQuiet = site.settings.quietPrefixes.contains { path.hasPrefix($0) }
        if !isQuiet { prepare(&context, request) }
        let started = isQuiet ? nil : ContinuousClock.now
        var freshness: Freshness?
        let seen = request.cookies["jw_seen"].flatMap { UInt64($0.value) } ?? 0
        var response: Response
        do {
            guard isQuiet || limit.admits(context.address, at: site.clock.now) else {
                try await report(.flooding, context)
                throw Failure(.tooMany, "JW-W429", "操作过于频繁，请稍后再试")
            }
            if !isQuiet { try await identify(&context, request) }
            if let principal = context.principal, !accountLimit.admits("\(principal.kind.rawValue)\(principal.id)", at: site.clock.now) {
                throw Failure(.tooMany, "JW-W429", "操作过于频繁，请稍后再试")
            }
            let checked = isQuiet || !context.isCookieSession ? request : try await FormStamp.check(EdgeForgery.check(request, context), context)
            let ready = context
            // What this person wrote a moment ago, on whichever node, is what they see next.
            if context.isCookieSession { freshness = Freshness(position: seen) }
            response = try await Freshness.$current.withValue(freshness) { try await Language.$current.withValue(context.language) { try await next(checked, ready) } }
        } catch {
            let allowed = table.methods(of: path)
            let isWrongMethod = (error as? HTTPError)?.status == .notFound && !allowed.isEmpty
            let told: any Error = isWrongMethod ? HTTPError(.methodNotAllowed) : error
            response = Language.$current.withValue(context.language) { EdgeFailure.answer(told, request: request, context: context) }
            if isWrongMethod { response.headers[.allow] = allowed.joined(separator: ", ") }
        }
        if !isQuiet {
            if response.status.code >= 400, Probe.isLikely(request.uri.string) { try await report(.probing, context) }
            remember(context, &response)
            if let written = freshness?.required, written > seen { response.headers[values: .setCookie].append("jw_seen=\(written); Path=/; Max-Age=60; HttpOnly; SameSite=Lax") }
            response = try await EdgeCompression.compress(response, request, site.settings)
        }
        EdgeHeaders.add(to: &response, path: path, context: context)
        if let started { log(request, response, context, started) }
        return response
    }

    /// A store that cannot be asked must not turn a refusal into a failure.
    private func report(_ misdeed: Misdeed, _ context: WebContext) async throws {
        do {
            try await site.sessions.report(misdeed, from: context.address, isTrusted: site.settings.trustedProxies.contains(context.address))
        } catch let error where !(error is CancellationError) {
            context.logger.warning("a misdeed could not be noted", metadata: ["error": "\(error)"])
        }
    }

    private func prepare(_ context: inout WebContext, _ request: Request) {
        if let chain = request.headers[.forwardedFor], site.settings.trustedProxies.contains(context.address), let client = chain.split(separator: ",").last {
            context.address = String(client).trimmedSpaces
        }
        let accept = request.headers[.accept] ?? ""
        context.wantsJSON = context.here.path.hasPrefix("/api/") || (accept.contains("json") && !accept.contains("text/html"))
        context.isPartial = request.headers[.hxRequest] == "true" && request.headers[.historyRestore] == nil
        context.partialTarget = context.isPartial ? request.headers[.hxTarget] : nil
        context.language = Language(rawValue: context.here["lang"] ?? request.cookies["jw_lang"]?.value ?? "") ?? .zh
        // A page over TLS writes this one itself, whatever the operator told us.
        let theme = request.cookies["jw_theme"] ?? request.cookies[CookiePrefix.host + "jw_theme"]
        context.theme = Theme(rawValue: context.here["theme"] ?? theme?.value ?? "") ?? .auto
        context.flash = request.cookies["jw_flash"].map { FormEncoding.decode($0.value.utf8) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func identify(_ context: inout WebContext, _ request: Request) async throws {
        if let header = request.headers[.authorization], header.hasPrefix("Bearer ") {
            context.token = String(header.dropFirst(7)).trimmedSpaces
        } else if let cookie = request.cookies["jw_session"]?.value, !cookie.isEmpty {
            context.token = cookie
            context.isCookieSession = true
        }
        // Tokens of applications open the API, not the pages.
        if let token = context.token, TokenDesk.isAccessToken(token), context.isCookieSession || !(context.here.path.hasPrefix("/api/") || context.here.path == "/oauth/userinfo") {
            context.token = nil
            return context.isCookieSession = false
        }
        guard let token = context.token, let session = try await site.sessions.resolve(token: token, address: context.address) else { return context.isCookieSession = false }
        context.principal = session.principal
        context.mustChangePassword = session.mustChangePassword
        context.mustEnrol = session.mustEnrol
        context.confirmedAt = session.confirmedAt
        if context.isCookieSession { context.csrf = EdgeForgery.token(for: token) }
    }

    /// A language or theme chosen in the address is kept for a year.
    private func remember(_ context: WebContext, _ response: inout Response) {
        if context.here["lang"] != nil { response.headers[values: .setCookie].append("jw_lang=\(context.language.rawValue); Path=/; Max-Age=31536000; SameSite=Lax") }
        if context.here["theme"] != nil { response.headers[values: .setCookie].append("jw_theme=\(context.theme.rawValue); Path=/; Max-Age=31536000; SameSite=Lax") }
    }

    private func log(_ request: Request, _ response: Response, _ context: WebContext, _ started: ContinuousClock.Instant) {
        let spent = started.duration(to: .now)
        let milliseconds = Double(spent.components.seconds) * 1000 + Double(spent.components.attoseconds) / 1e15
        site.settings.measured?(request.method.rawValue, context.here, response.status.code, milliseconds)
        context.logger.info(
            "access",
            metadata: [
                "method": "\(request.method)", "path": "\(context.here.path)", "status": "\(response.status.code)", "ms": "\(Figure.decimal(milliseconds))",
                "address": "\(context.address)",
                "user": "\(context.principal?.login ?? "-")",
            ])
    }
}

extension HTTPField.Name {
    static let historyRestore = custom("HX-History-Restore-Request")
}

/// Cross-site request forgery: a change with a cookie session must carry a token that only our pages know.
enum EdgeForgery {
    /// Derived from the session's secret, so nothing is stored and a new session has a new one.
    static func token(for session: String) -> String { String(SHA256.hash("csrf:" + session).hex.prefix(32)) }

    /// - Returns: the request, its body kept when it had to be read for the form field `_csrf`.
    static func check(_ request: Request, _ context: WebContext) async throws -> Request {
        if request.method == .get || request.method == .head || request.method == .options { return request }
        if let given = request.headers[.csrf] {
            guard constantTimeEqual(given, context.csrf) else { throw wrong }
            return request
        }
        let type = request.headers[.contentType] ?? ""
        guard type.hasPrefix("application/x-www-form-urlencoded") || type.hasPrefix("multipart/form-data") else { throw wrong }
        var request = request
        let bytes = try await request.bytes(context)
        request.body = RequestBody(buffer: ByteBuffer(bytes: bytes))
        guard let given = try FormInput.read(bytes, contentType: type)["_csrf"], constantTimeEqual(given, context.csrf) else { throw wrong }
        return request
    }

    private static let wrong = Failure(.forbidden, "JW-W419", "页面已过期，请刷新后重新提交")
}

/// What browsers may load and where forms may lead.
package enum SecurityPolicy {
    /// Scripts and styles only from our own files; pictures may also be data (icons in CSS) or blobs (previews before upload), map tiles come through a configured host.
    ///
    /// - Parameters:
    ///   - formTargets: origins beside our own to which a form's answer may redirect.
    ///   - frames: origins that the page may show in frames; none but our own otherwise.
    package static func text(tiles: String, formTargets: String = "", frames: String = "") -> String {
        let pictures = "img-src 'self' data: blob:\(tiles.isEmpty ? "" : " " + tiles)"
        let forms = "form-action 'self'\(formTargets.isEmpty ? "" : " " + formTargets)"
        return
            "default-src 'self'; script-src 'self'; style-src 'self'; \(pictures); media-src 'self' blob:; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; \(forms); frame-ancestors 'none'\(frames.isEmpty ? "" : "; frame-src " + frames)"
    }

    /// For what is no page (data, pictures, files) where somebody opens it by itself: nothing in it runs, nothing frames it. Browsers show a PDF by a plug-in.
    static func alone(_ contentType: String) -> String {
        let plugins = contentType.hasPrefix("application/pdf") ? "" : " object-src 'none';"
        return "default-src 'self'; script-src 'none';\(plugins) base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }

    /// Scheme, host and port of an address; empty for a path of our own.
    package static func origin(of address: String) -> String {
        let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty else { return "" }
        return "\(parts[0])//\(parts[2].prefix { $0 != "?" && $0 != "#" && $0 != ";" && $0 != " " })"
    }
}

/// Response headers that browsers enforce.
enum EdgeHeaders {
    static func add(to response: inout Response, path: String, context: WebContext) {
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.requestId] = context.requestId
        response.headers[.referrerPolicy] = "same-origin"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        if context.site.settings.isSecure {
            response.headers[.strictTransportSecurity] = "max-age=31536000; includeSubDomains"
            let cookies = response.headers[values: .setCookie]
            if !cookies.isEmpty { response.headers[values: .setCookie] = cookies.map(CookiePrefix.given) }
        }
        let type = response.headers[.contentType] ?? ""
        guard type.hasPrefix("text/html") else {
            if response.headers[.contentSecurityPolicy] == nil { response.headers[.contentSecurityPolicy] = SecurityPolicy.alone(type) }
            return
        }
        if response.headers[.contentSecurityPolicy] == nil { response.headers[.contentSecurityPolicy] = SecurityPolicy.text(tiles: context.site.settings.tileOrigin) }
        response.headers[.frameOptions] = "DENY"
        response.headers[.permissionsPolicy] = "camera=(self), geolocation=(self), microphone=(self)"
        response.headers[.openerPolicy] = "same-origin"
    }
}
