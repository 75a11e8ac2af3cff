import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web
import Workflows

/// B3.4.6 指派、转交: a problem goes down to a chief of the unit or up to the chief above, who then handles it.
struct RoadHandPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let writes = RoutePermission.named(RoadProblem.ledger.writePermission)
        routes.get("/road-problems/{id}/hand", permission: writes) { _, context in try await form(context, [:], []) }
        routes.post("/road-problems/{id}/hand", permission: writes, use: hand)
    }

    private struct Facts: Sendable {
        var problem: Record
        var step: Int64
        var chiefs: [Choice]
    }

    /// Chiefs of the unit and those above them, who have an account.
    private func facts(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> Facts {
        guard let problem = try platform.ledgers.find(RoadProblem.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("该问题") }
        guard let item = try platform.workflows.cases(about: WorkflowSubject(RoadProblem.ledger.name, id), in: reader).first(where: { $0.state == .running }),
            let step = try platform.workflows.ownSteps(of: item, by: principal, in: reader).max()
        else { throw Failure(.conflict, "JW-B310", "该问题不在您手上，不能指派或转交") }
        let rows = try reader.rows(
            """
            SELECT c.id, c.name, c.level, c.post, c.org FROM road_chief c WHERE c.deleted_at IS NULL AND c.login IS NOT NULL AND c.login <> '' AND c.login <> \(principal.login)
            AND (c.org = \(problem.org) OR c.id IN (SELECT s.superior FROM road_chief s WHERE s.org = \(problem.org) AND s.deleted_at IS NULL)) ORDER BY c.level, c.code LIMIT 200
            """)
        let chiefs = rows.map { row -> Choice in
            let level = platform.dictionaries.title(of: row.text("level") ?? "", in: .roadChiefLevel)
            return Choice(String(row.int("id") ?? 0), "\(row.text("name") ?? "")\(row.text("post").map { "（\($0)）" } ?? "")", group: level)
        }
        return Facts(problem: problem, step: step, chiefs: chiefs)
    }

    private func form(_ context: WebContext, _ written: [String: String], _ findings: [FieldFinding]) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let facts = try await platform.database.read { reader in try self.facts(id, by: principal, reader) }
        let name = facts.problem.values["name"]?.text ?? ""
        let fields = [
            FormField("problem", "问题", .shown("\(name)"), isWide: true),
            FormField("chief", "交给", .select([Choice("", "请选择")] + facts.chiefs), value: written["chief"], isRequired: true, help: "下级路长为指派，上级路长为转交"),
            FormField("opinion", "说明", .textArea(rows: 3), value: written["opinion"], isRequired: true, maxLength: 500, isWide: true),
        ]
        let form = Form(
            action: "/road-problems/\(id)/hand", sections: [FormSection(nil, fields)], submit: "交办", cancel: "/ledgers/roadProblem/\(id)", findings: findings, context: context)
        return Shell.form(
            "指派或转交", crumbs: [Crumb(RoadChiefs.group), Crumb("道路问题", "/ledgers/roadProblem"), Crumb(name, "/ledgers/roadProblem/\(id)"), Crumb("指派或转交")],
            active: "/ledgers/roadProblem", form, context: context)
    }

    @Sendable func hand(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let input = try await request.form(context)
        let (chief, opinion) = (input["chief"] ?? "", input["opinion"] ?? "")
        do {
            try await platform.database.write { tx in try self.give(id, to: chief, opinion: opinion, by: principal, tx) }
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, ["chief": chief, "opinion": opinion], failure.fields)
        }
        return Shell.done("已交办", to: "/road-work", context: context)
    }

    private func give(_ id: Int64, to chief: String, opinion: String, by principal: Principal, _ tx: any Transaction) throws {
        let facts = try facts(id, by: principal, tx)
        guard facts.chiefs.contains(where: { $0.value == chief }), let number = Int64(chief), let login = try RoadRecords.login(ofChief: number, tx) else {
            throw Failure.invalid([FieldFinding("chief", "required", "请选择路长", title: "交给")])
        }
        try platform.workflows.hand(facts.step, to: login, as: .transfer, opinion: opinion, by: principal, in: tx)
        _ = try platform.ledgers.update(RoadProblem.ledger.name, id: id, Draft(["chief": .int(number)]), by: .system(principal.name), in: tx)
    }
}
