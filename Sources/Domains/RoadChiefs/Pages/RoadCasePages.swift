import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web
import Workflows

/// From a row to its case: `/road-cases/roadTask/7`.
struct RoadCasePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) { routes.get("/road-cases/{ledger}/{id}", permission: .named(RoadPermission.work), use: open) }

    @Sendable func open(request: Request, context: WebContext) async throws -> Response {
        let (ledger, id, principal) = (try context.path("ledger"), try context.id(), try context.signedIn())
        let names = [RoadTask.ledger.name, RoadProblem.ledger.name, RoadEmergency.ledger.name, RoadAppeal.ledger.name, BonusItem.ledger.name]
        guard names.contains(ledger), try await platform.ledgers.find(ledger, id: id, by: principal) != nil else { throw Failure.notFound("该记录") }
        let found = try await platform.database.read { [platform] reader in
            try platform.workflows.cases(about: WorkflowSubject(ledger, id), in: reader).first
        }
        guard let found else { throw Failure.notFound("该记录的办理过程") }
        return Response.redirect(to: "/work/\(found.id)", type: .normal)
    }
}
