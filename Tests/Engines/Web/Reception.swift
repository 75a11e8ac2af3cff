import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import NIOCore
import Synchronization
import Testing
import Web

/// Two people who may sign in, each with a fixed token.
struct Roster: SessionResolver {
    static let clerk = Principal(
        kind: .user, id: 7, login: "clerk", name: "李敏", organisation: 3, organisationName: "长安区分局", area: "130102", permissions: ["vehicle.read"], scope: .areas(["130102"]))
    static let novice = Principal(kind: .user, id: 8, login: "novice", name: "新人", permissions: [], scope: .nothing)

    func resolve(token: String, address: String) async throws -> SignedIn? {
        switch token {
        case "clerk": SignedIn(principal: Self.clerk)
        case "novice": SignedIn(principal: Self.novice, mustChangePassword: true)
        default: nil
        }
    }

    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant {
        guard password == "right" else { throw Failure(.unauthenticated, "JW-I011", "登录名或密码错误") }
        return SessionGrant(token: login, seconds: 60)
    }

    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {
        guard current == "right" else { throw Failure.invalid([FieldFinding("current", "wrong", "不正确", title: "当前密码")]) }
    }
}

/// A small site with a route of each kind.
enum Reception {
    static func site(settings: WebSettings = WebSettings(), hub: LiveHub = LiveHub()) -> Site {
        let menu = [
            MenuItem("车辆", "场内车辆", "On-site vehicles", icon: "truck", path: "/vehicles", permission: "vehicle.read", order: 1),
            MenuItem("系统", "用户", "Users", icon: "users", path: "/users", permission: "user.read", order: 2),
        ]
        let files = ["static/app.css": AssetStore.Asset(bytes: Array("body{}".utf8), compressed: nil, contentType: "text/css; charset=utf-8")]
        return Site(
            settings: settings, menu: menu, assets: AssetStore(files: files, version: "0123456789ab"), sessions: Roster(), hub: hub,
            clock: .fixed(Moment(milliseconds: 1_795_226_400_000)))
    }

    static func routes(_ routes: Routes) {
        routes.get("/vehicles", permission: .named("vehicle.read")) { _, context in
            Shell.page("场内车辆", body: "<p id=\"list\">\(String(repeating: "冀A8K231 ", count: 400))</p>", context: context)
        }
        routes.post("/vehicles", permission: .named("vehicle.read")) { request, context in
            let form = try await request.form(context)
            guard let plate = form["plate"] else { throw Failure.invalid([FieldFinding("plate", "required", "不能为空", title: "号牌号码")]) }
            return Shell.done("已保存 \(plate)", to: "/vehicles", context: context)
        }
        routes.get("/users", permission: .named("user.read")) { _, context in .text("users") }
        routes.get("/public", permission: .open) { _, context in .text(context.address) }
        routes.get("/fail", permission: .open) { _, _ in throw Failure(.conflict, "JW-X409", "<已被他人修改>", cause: "secret detail") }
        routes.under("/api/v1").get("/vehicles/{id}", permission: .named("vehicle.read")) { _, context in .json(["id": .int(try context.id())]) }
    }

    static func test(_ site: Site = site(), table: RouteTable = RouteTable(), _ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void) async throws {
        try await Application(router: WebRouter.make(site: site, table: table, register: routes)).test(.router, body)
    }

    static func cookie(_ token: String) -> HTTPFields { [.cookie: "jw_session=\(token)"] }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}
