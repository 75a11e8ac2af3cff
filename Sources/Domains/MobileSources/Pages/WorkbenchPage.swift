import Features
import Hummingbird
import Web

/// The city's workbench: what happens now.
struct WorkbenchPage: Sendable {
    let gates: GateSupervision
    let platform: Platform

    func add(to routes: Routes) { routes.get("/", permission: .named(GatePermission.workbench), use: show) }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        Shell.page("工作台", crumbs: [], active: "/", body: "<p>\(gates.feed.total)</p>", context: context)
    }
}
