import Alarms
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web
import Workflows

/// A-19 on an alarm's page: asking for reconsideration, and the way to the case.
package struct ReconsiderationPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/reconsideration/alarm/{id}", permission: .named(AlarmPermission.read), use: ask)
        routes.post("/reconsideration/alarm/{id}", permission: .named(AlarmPermission.appeal), use: start)
        routes.get("/reconsideration/alarm/{id}/case", permission: .named(AlarmPermission.read), use: latest)
    }

    /// Buttons on the alarm's page.
    package static let actions: @Sendable (Alarm, Principal) -> [ActionButton] = { alarm, principal in
        if alarm.state == .reconsidering { return [ActionButton("复议进展", .link("/reconsideration/alarm/\(alarm.id)/case"), icon: "flow")] }
        guard alarm.state == .confirmed, principal.may(AlarmPermission.appeal), principal.roles.contains(BuiltInRole.enterpriseAdmin.rawValue) else { return [] }
        return [ActionButton("提出复议", .link("/reconsideration/alarm/\(alarm.id)"), icon: "scale", style: .primary)]
    }

    private var form: FormSheetControls {
        FormSheetControls(
            platform.workflows.sheet(Reconsideration.workflow.form), photos: platform.photos, blobs: platform.blobs, keys: platform.keys, clock: platform.clock)
    }

    @Sendable
    func ask(request: Request, context: WebContext) async throws -> Response { try await show([:], findings: [], notice: nil, status: .ok, context) }

    private func show(_ written: [String: [String]], findings: [FieldFinding], notice: String?, status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let alarm = try await platform.database.read { [platform] in try platform.alarms.required(id, by: principal, in: $0) }
        let fields = [FormField("alarm", "报警", .shown("\(alarm.number) \(alarm.title)"), isWide: true)] + form.controls(written)
        let shown = Form(
            action: "/reconsideration/alarm/\(id)", sections: [FormSection(nil, fields)], submit: "提交复议", cancel: "/alarms/\(id)", findings: findings, context: context)
        let said: Markup = notice.map { "\(Notice(.orange, "\($0)"))" } ?? .empty
        return Shell.page(
            "提出复议", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("提出复议")], active: "/alarms", status: status,
            body: "\(said)\(Card(body: shown.markup))", context: context)
    }

    @Sendable
    func start(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        var texts: [String: [String]] = [:]
        do {
            let written = try await form.read(input, by: principal)
            texts = written.texts
            let item = try await platform.database.write { [platform] tx in
                let alarm = try platform.alarms.required(id, by: principal, in: tx)
                return try platform.workflows.start(
                    CaseDraft(Reconsideration.workflow.name, values: written.values, title: alarm.title, org: alarm.org, subject: WorkflowSubject("alarm", id)), by: principal,
                    in: tx)
            }
            return Shell.done("复议已提交，编号 \(item.number)", to: "/work/\(item.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            return try await show(texts, findings: failure.fields, notice: failure.fields.isEmpty ? failure.message : nil, status: .unprocessableContent, context)
        }
    }

    /// `GET /reconsideration/alarm/{id}/case`: the newest case about an alarm.
    @Sendable
    func latest(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let found = try await platform.database.read { [platform] reader -> WorkflowCase? in
            _ = try platform.alarms.required(id, by: principal, in: reader)
            return try platform.workflows.cases(about: WorkflowSubject("alarm", id), in: reader).first
        }
        guard let found else { throw Failure.notFound("该报警的复议") }
        return Response.redirect(to: "/work/\(found.id)", type: .normal)
    }
}
