import Hummingbird
import Identity
import Kernel
import Web

/// Registers routes of ledgers so that the right is said where the route is, and no handler runs before it was checked.
struct LedgerRoutes {
    typealias Handler = @Sendable (Request, LedgerDesk) async throws -> Response

    let routes: Routes
    let services: LedgerServices

    func under(_ path: String) -> LedgerRoutes { LedgerRoutes(routes: routes.under(path), services: services) }

    /// The right first, then the second person where one is asked for.
    private func door(_ right: LedgerRight, _ act: DualAct?, _ handler: @escaping Handler) -> Routes.Handler {
        let plain: Routes.Handler = { [services] request, context in try await handler(request, services.desk(right, context)) }
        guard let act else { return plain }
        let guarded = Routes.guarded(act, level: { [services] fields, context in try services.level(of: act, fields, context) }, plain)
        return { [services] request, context in
            _ = try services.desk(right, context)
            return try await guarded(request, context)
        }
    }

    func get(_ path: String, _ right: LedgerRight, act: DualAct? = nil, use handler: @escaping Handler) {
        routes.get(path, permission: .signedIn, use: door(right, act, handler))
    }

    func post(_ path: String, _ right: LedgerRight, act: DualAct? = nil, use handler: @escaping Handler) {
        routes.post(path, permission: .signedIn, use: door(right, act, handler))
    }

    func put(_ path: String, _ right: LedgerRight, use handler: @escaping Handler) {
        routes.put(path, permission: .signedIn) { [services] request, context in try await handler(request, services.desk(right, context)) }
    }

    func patch(_ path: String, _ right: LedgerRight, use handler: @escaping Handler) {
        routes.patch(path, permission: .signedIn) { [services] request, context in try await handler(request, services.desk(right, context)) }
    }

    func delete(_ path: String, _ right: LedgerRight, act: DualAct? = nil, use handler: @escaping Handler) {
        routes.delete(path, permission: .signedIn, use: door(right, act, handler))
    }
}

extension LedgerServices {
    /// Of the data that an act touches: an export has the level of its columns, everything else that of the whole ledger.
    func level(of act: DualAct, _ fields: [(name: String, value: String)], _ context: WebContext) throws -> DataLevel? {
        guard let levels, let ledger = engine.declaration(try context.path("ledger")) else { return nil }
        let named = fields.filter { $0.name == "cols" }.map(\.value) + (context.here["cols"] ?? "").split(separator: ",").map(String.init)
        let chosen = act == .massExport ? ledger.fields.filter { named.contains($0.name) } : []
        return ledger.level(by: levels.current, of: chosen.isEmpty ? ledger.fields : chosen)
    }

    /// The desk of one request: the ledger its path names, and whoever asks, who holds the right.
    ///
    /// - Throws: `.notFound` for an unknown ledger, `.forbidden` `JW-K403` without the right or where the program alone writes.
    func desk(_ right: LedgerRight, _ context: WebContext) throws -> LedgerDesk {
        let principal = try context.signedIn()
        guard let ledger = engine.declaration(try context.path("ledger")) else { throw Failure.notFound("该台账") }
        try principal.require(right.permission(on: ledger.name), "\(right.title)\(ledger.title)")
        guard right.applies(to: ledger) else { throw Failure(.forbidden, "JW-L403", "“\(ledger.title)”由系统自动记录，不能手工\(right.title)") }
        return LedgerDesk(services: self, ledger: ledger, principal: principal, context: context)
    }
}

extension LedgerDeclaration {
    /// Of some of its fields, or of the whole (B5.1.6).
    package func level(by plan: DataLevelPlan, of fields: [Field]? = nil) -> DataLevel {
        let touched = fields ?? self.fields
        return plan.level(of: name, fields: touched.map(\.name), personal: Set(touched.filter { $0.marks.contains(.personal) }.map(\.name)))
    }
}
