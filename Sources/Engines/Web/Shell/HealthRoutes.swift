import HTTPTypes
import Hummingbird
import Kernel

/// `/healthz`: the process answers. `/readyz`: it can do its work; 503 with the reasons when it cannot.
struct HealthRoutes: Sendable {
    func add(to routes: Routes) {
        routes.get("/healthz", permission: .open) { _, _ in .text("ok\n") }
        routes.get("/readyz", permission: .open) { _, context in
            let faults = await context.site.readiness()
            return .json(["ready": .bool(faults.isEmpty), "faults": .array(faults.map { .string($0) })], status: faults.isEmpty ? .ok : .serviceUnavailable)
        }
    }
}
