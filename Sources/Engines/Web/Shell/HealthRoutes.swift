import HTTPTypes
import Hummingbird
import Kernel

/// `/healthz` (also `/health`): the process answers. `/readyz` (also `/ready`): it can do its work; 503 with the reasons when it cannot.
struct HealthRoutes: Sendable {
    func add(to routes: Routes) {
        for path in ["/healthz", "/health"] { routes.get(path, permission: .open) { _, _ in .text("ok\n") } }
        for path in ["/readyz", "/ready"] {
            routes.get(path, permission: .open) { _, context in
                let faults = await context.site.readiness()
                return .json(["ready": .bool(faults.isEmpty), "faults": .array(faults.map { .string($0) })], status: faults.isEmpty ? .ok : .serviceUnavailable)
            }
        }
    }
}
