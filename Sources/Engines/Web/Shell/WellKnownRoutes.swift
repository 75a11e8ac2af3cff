import HTTPTypes
import Hummingbird
import Kernel
import NIOCore

/// What browsers and researchers look for at fixed places.
struct WellKnownRoutes: Sendable {
    func add(to routes: Routes) {
        routes.get("/favicon.ico", permission: .open) { _, context in .redirect(to: context.site.assets.path("favicon.svg"), type: .permanent) }
        routes.get("/manifest.webmanifest", permission: .open) { _, context in manifest(context) }
        routes.get("/service-worker.js", permission: .open) { _, context in try worker(context) }
        routes.get("/.well-known/security.txt", permission: .open) { _, context in
            // RFC 9116.
            let contact = context.site.settings.securityContact
            guard !contact.isEmpty else { throw Failure.notFound("该文件") }
            return .text("Contact: \(contact)\nExpires: \(context.site.clock.today.adding(days: 180).start.rfc3339)\nPreferred-Languages: zh, en\n")
        }
    }

    /// What a telephone needs to put the site on its home screen (W3C Web Application Manifest).
    private func manifest(_ context: WebContext) -> Response {
        func icon(_ file: String, _ sizes: String, _ type: String, _ purpose: String) -> JSONValue {
            ["src": .string(context.site.assets.path(file)), "sizes": .string(sizes), "type": .string(type), "purpose": .string(purpose)]
        }
        let value: JSONValue = [
            "id": "/", "name": .string(Shell.siteName(context)), "short_name": .string(context.text("见微", "Jianwei")), "lang": .string(context.language == .zh ? "zh-CN" : "en"),
            "start_url": "/", "scope": "/", "display": "standalone", "background_color": "#ffffff", "theme_color": "#10263f",
            "icons": .array([
                icon("favicon.svg", "any", "image/svg+xml", "any"), icon("icon-192.png", "192x192", "image/png", "any"), icon("icon-512.png", "512x512", "image/png", "any"),
                icon("icon-512.png", "512x512", "image/png", "maskable"),
            ]),
        ]
        var answer = Response.json(value)
        answer.headers[.contentType] = "application/manifest+json; charset=utf-8"
        answer.headers[.cacheControl] = "private, max-age=3600"
        return answer
    }

    /// The service worker stands at the root, because it answers for the whole site; browsers look for a newer one at each visit. It loads nothing and speaks with us alone.
    private func worker(_ context: WebContext) throws -> Response {
        guard let file = context.site.assets.files["static/service-worker.js"] else { throw Failure.notFound("该文件") }
        return Response(
            status: .ok,
            headers: [
                .contentType: file.contentType, .cacheControl: "no-cache", .contentSecurityPolicy: "default-src 'none'; connect-src 'self'; img-src 'self'; frame-ancestors 'none'",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}
