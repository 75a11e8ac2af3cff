import HTTPTypes
import Hummingbird
import Kernel

/// What browsers and researchers look for at fixed places.
struct WellKnownRoutes: Sendable {
    func add(to routes: Routes) {
        routes.get("/favicon.ico", permission: .open) { _, context in .redirect(to: context.site.assets.path("favicon.svg"), type: .permanent) }
        routes.get("/.well-known/security.txt", permission: .open) { _, context in
            // RFC 9116.
            let contact = context.site.settings.securityContact
            guard !contact.isEmpty else { throw Failure.notFound("该文件") }
            return .text("Contact: \(contact)\nExpires: \(context.site.clock.today.adding(days: 180).start.rfc3339)\nPreferred-Languages: zh, en\n")
        }
    }
}
