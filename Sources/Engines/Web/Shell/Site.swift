import Kernel
import Logging
import NIOCore

/// One line of the menu. A user sees it when they hold the permission.
package struct MenuItem: Sendable, Equatable {
    /// The group's Chinese title; groups stand in the order of their first item.
    package var group: String
    package var groupEN: String
    /// A symbol of `icons.svg` beside the group's title; empty: none.
    package var groupIcon = ""
    /// A heading inside the group; empty: none.
    package var section = ""
    package var sectionEN = ""
    package var title: String
    package var titleEN: String
    /// A symbol of `icons.svg`, see `Icon`.
    package var icon: String
    package var path: String
    /// Nil: everyone signed in.
    package var permission: String?
    package var order: Int

    package init(_ group: String, groupEN: String = "", _ title: String, _ titleEN: String, icon: String, path: String, permission: String?, order: Int) {
        self.group = group
        self.groupEN = groupEN.isEmpty ? group : groupEN
        self.title = title
        self.titleEN = titleEN
        self.icon = icon
        self.path = path
        self.permission = permission
        self.order = order
    }
}

/// What an operator sets about the pages as a whole.
package struct WebSettings: Sendable {
    /// Shown beside the brand and in titles.
    package var systemName = "重点行业移动源门禁监管平台"
    package var systemNameEN = "Mobile Source Supervision"
    /// Who runs the site; footer of the login page. Empty: not shown.
    package var operatorName = ""
    /// Behind TLS: Secure cookies and HSTS.
    package var isSecure = false
    /// `https://jianwei.example`, as other applications reach the site; empty: as each request names it.
    package var publicAddress = ""
    /// Where to report a weakness (security.txt): `mailto:…` or `https://…`; empty: nothing is served.
    package var securityContact = ""
    /// Peers whose `X-Forwarded-For` is believed (a reverse proxy on the same machine).
    package var trustedProxies: Set<String> = []
    package var bodyLimit = 32 * 1024 * 1024
    /// Requests a second and burst for one address; 0 means no limit.
    package var ratePerSecond = 100.0
    package var rateBurst = 400.0
    /// Paths without access log and rate limit: gateways have their own.
    package var quietPrefixes: [String] = ["/static/", "/assets/", "/healthz", "/readyz", "/health", "/ready"]
    /// Where one goes after signing in.
    package var homePath = "/"
    /// Where the search box of the top bar leads, `PATH?q=…`, with suggestions under `PATH/suggest`; nil: no box.
    package var searchPath: String?
    /// Tile server of the maps, such as `https://tiles.example/{z}/{x}/{y}.png`; empty: only boundaries on a quiet ground.
    package var tileURL = ""
    /// Hosts to which pages that people put together may link; empty for none.
    package var linkHosts: [String] = []
    /// Coordinates of those tiles: `wgs84`, `gcj02` or `bd09`.
    package var tileDatum = "wgs84"
    /// Connections are TLS of our own and ask visitors for certificates.
    package var asksCertificates = false
    /// Told of every answered request: method, address, status, milliseconds.
    package var measured: (@Sendable (String, PageAddress, Int, Double) -> Void)?
    /// Dynamic pages are sent compressed when the client accepts it.
    package var compresses = true

    package init() {}

    /// Scheme and host of the tiles, for the content security policy.
    var tileOrigin: String {
        let parts = tileURL.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0] == "https:" || parts[0] == "http:" else { return "" }
        return "\(parts[0])//\(parts[2].replacing("{s}", with: "*"))"
    }
}

/// All that a site's pages share; immutable after start.
package final class Site: Sendable {
    package let settings: WebSettings
    package let menu: [MenuItem]
    package let assets: AssetStore
    package let sessions: any SessionResolver
    package let hub: LiveHub
    package let clock: Clock
    /// Faults that keep the site from being ready, empty when ready (`/readyz`).
    package let readiness: @Sendable () async -> [String]
    /// The certificate, DER, with which a connection was accepted; nil where there is none.
    package let peerCertificate: @Sendable (any Channel) async -> [UInt8]?
    /// Looks at uploaded files; nil takes them as they come.
    package let uploads: (any UploadInspector)?

    package init(
        settings: WebSettings = WebSettings(), menu: [MenuItem] = [], assets: AssetStore = .empty, sessions: any SessionResolver = NoSessions(), hub: LiveHub = LiveHub(),
        clock: Clock = .system, readiness: @escaping @Sendable () async -> [String] = { [] }, peerCertificate: @escaping @Sendable (any Channel) async -> [UInt8]? = { _ in nil },
        uploads: (any UploadInspector)? = nil
    ) {
        self.settings = settings
        self.menu = menu.sorted { ($0.order, $0.path) < ($1.order, $1.path) }
        self.assets = assets
        self.sessions = sessions
        self.hub = hub
        self.clock = clock
        self.readiness = readiness
        self.peerCertificate = peerCertificate
        self.uploads = uploads
    }

    static let empty = Site()

    /// Where somebody begins for whom the home page is not made: the first line of their menu that not everybody has.
    package func firstPage(for context: WebContext, except path: String) -> String? {
        let own = menu.filter { $0.path != path && ($0.permission.map { context.may($0) } ?? true) }
        return (own.first { $0.permission != nil } ?? own.first)?.path
    }

    /// The menu as one person sees it, grouped in order.
    package func menu(for context: WebContext) -> [(group: String, items: [MenuItem])] {
        var groups: [(group: String, items: [MenuItem])] = []
        for item in menu where item.permission.map({ context.may($0) }) ?? true {
            let title = context.text(item.group, item.groupEN)
            if let index = groups.firstIndex(where: { $0.group == title }) { groups[index].items.append(item) } else { groups.append((title, [item])) }
        }
        return groups
    }
}
