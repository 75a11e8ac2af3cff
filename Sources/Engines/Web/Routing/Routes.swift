import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Synchronization

/// Who may call a route. There is no default: every registration says it.
package enum RoutePermission: Sendable, Equatable {
    /// Anyone: the login page, health, gateways that check their own tokens.
    case open
    /// Anyone who has signed in and whose password is not due for change.
    case signedIn
    /// Signed in and holding the permission, such as `onSiteVehicle.read`.
    case named(String)
}

/// One registered route, for the permission matrix, OpenAPI and tests.
package struct RouteEntry: Sendable, Equatable {
    package var method: String
    package var path: String
    package var permission: RoutePermission
    /// Asks for a recent proof of identity.
    package var isDangerous: Bool

    package init(method: String, path: String, permission: RoutePermission, isDangerous: Bool = false) {
        self.method = method
        self.path = path
        self.permission = permission
        self.isDangerous = isDangerous
    }
}

extension RouteEntry {
    /// Whether an address is this route's, `{name}` standing for one segment and `**` for the rest.
    package func matches(_ address: String) -> Bool { RoutePattern.matches(path, address) }

    /// The same for routes that the router could not tell apart.
    var shape: String { method + path.split(separator: "/").map { $0.hasPrefix("{") ? "/{}" : "/\($0)" }.joined() }
}

/// Every route of a site in the order of registration.
package final class RouteTable: Sendable {
    private struct State {
        var entries: [RouteEntry] = []
        /// Of all entries: hundreds of routes are registered at each start.
        var shapes: Set<String> = []
    }

    private let state = Mutex(State())
    private let doubles = Mutex<[String]>([])

    package init() {}

    package var entries: [RouteEntry] { state.withLock { $0.entries } }
    /// Routes that were registered twice, `JW-F004`; App refuses to start when there is one.
    package var faults: [String] { doubles.withLock { $0 } }

    /// - Returns: false when there is such a route already; the first one stays.
    func add(_ entry: RouteEntry) -> Bool {
        let shape = entry.shape
        let isNew = state.withLock { state in
            guard state.shapes.insert(shape).inserted else { return false }
            state.entries.append(entry)
            return true
        }
        if !isNew { doubles.withLock { $0.append("JW-F004 route \(entry.method) \(entry.path) is registered twice") } }
        return isNew
    }

    /// What may be done at an address; empty when there is no such address.
    func methods(of address: String) -> [String] {
        let found = Set(entries.filter { $0.matches(address) }.map(\.method))
        return (found.contains("GET") ? found.union(["HEAD"]) : found).sorted()
    }
}

/// The only door to the router: denies unless the caller may.
package struct Routes {
    package typealias Handler = @Sendable (Request, WebContext) async throws -> Response

    private let router: Router<WebContext>
    package let table: RouteTable
    private let prefix: String

    init(router: Router<WebContext>, table: RouteTable, prefix: String = "") {
        self.router = router
        self.table = table
        self.prefix = prefix
    }

    /// The same door under a path prefix such as `/api/v1`.
    package func under(_ path: String) -> Routes { Routes(router: router, table: table, prefix: prefix + path) }

    package func get(_ path: String, permission: RoutePermission, use handler: @escaping Handler) { on(.get, path, permission: permission, use: handler) }
    /// - Parameter isDangerous: who proved their identity too long ago (`SignInPolicy.confirmMinutes`) must do so again first.
    package func post(_ path: String, permission: RoutePermission, isDangerous: Bool = false, use handler: @escaping Handler) {
        on(.post, path, permission: permission, isDangerous: isDangerous, use: handler)
    }
    package func put(_ path: String, permission: RoutePermission, use handler: @escaping Handler) { on(.put, path, permission: permission, use: handler) }
    package func patch(_ path: String, permission: RoutePermission, use handler: @escaping Handler) { on(.patch, path, permission: permission, use: handler) }
    package func delete(_ path: String, permission: RoutePermission, use handler: @escaping Handler) { on(.delete, path, permission: permission, use: handler) }

    /// - Parameter path: segments may be `{name}` (read with `context.id("name")` or `context.path("name")`) or a final `**`.
    package func on(_ method: HTTPRequest.Method, _ path: String, permission: RoutePermission, isDangerous: Bool = false, use handler: @escaping Handler) {
        let full = prefix + path
        guard table.add(RouteEntry(method: method.rawValue, path: full, permission: permission, isDangerous: isDangerous)) else { return }
        router.on(RouterPath(full), method: method) { request, context -> Response in
            try Self.admit(context, permission)
            if isDangerous { try Self.requireConfirmation(context) }
            return try await handler(request, context)
        }
    }

    private static func admit(_ context: WebContext, _ permission: RoutePermission) throws {
        guard permission != .open else { return }
        let principal = try context.signedIn()
        // The live stream gives nothing to who has no permissions, and pages of the duty itself open it.
        let isAlwaysOpen = context.here.path == "/logout" || context.here.path == "/live"
        guard isAlwaysOpen || !context.mustChangePassword || context.here.path == "/account/password" else { throw Failure(.forbidden, "JW-W428", "请先修改初始密码") }
        // Enrolling wants a fresh proof of identity, which is given on a page of its own.
        let isEnrolling = context.here.path == "/account/second" || context.here.path == "/account/confirm"
        guard isAlwaysOpen || context.mustChangePassword || !context.mustEnrol || isEnrolling else {
            throw Failure(.forbidden, "JW-W427", "请先开启动态口令")
        }
        guard case .named(let name) = permission else { return }
        guard principal.may(name) else { throw Failure(.forbidden, "JW-W403", "您没有访问此功能的权限（\(name)）") }
    }

    private static func requireConfirmation(_ context: WebContext) throws {
        guard let confirmed = context.confirmedAt else { return }
        guard context.site.clock.now < confirmed.adding(seconds: context.site.sessions.confirmSeconds) else {
            throw Failure(.forbidden, "JW-W430", "此操作较为重要，请先确认本人身份，然后再次操作")
        }
    }
}
