import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

extension WorkPages {
    /// `GET /work/new`: what this person may start.
    @Sendable
    func startable(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let cards = engine.definitions.filter { !$0.needsSubject && engine.mayStart($0, by: principal) }.map { definition -> Markup in
            let time: Markup = definition.within.map { "，全程 \($0.title)" } ?? .empty
            return """
                <a class="flow-card" href="/work/new/\(definition.name)">\(Icon("flow"))<strong>\(context.text(definition.title, definition.titleEN))</strong>\
                <span>\(definition.steps.filter { $0.kind == .task }.count) 个办理环节\(time)</span></a>
                """
        }
        let body: Markup =
            cards.isEmpty
            ? "\(Card(body: "\(EmptyState("没有可以直接发起的事项", hint: "有些事项从它所针对的记录发起，例如在报警页面提出复议", icon: "send"))"))" : "<div class=\"flow-cards\">\(cards)</div>"
        return Shell.page(
            context.text("发起事项", "Start"), crumbs: [Crumb(context.text("我的事项", "My work"), "/work"), Crumb(context.text("发起", "Start"))], active: "/work/new",
            body: "\(Self.styles(context))\(body)", context: context)
    }

    /// `GET /work/new/{name}`.
    @Sendable
    func startForm(request: Request, context: WebContext) async throws -> Response {
        try await showStart(try context.path("name"), written: [:], findings: [], notice: nil, status: .ok, context)
    }

    private func showStart(_ name: String, written: [String: [String]], findings: [FieldFinding], notice: String?, status: HTTPResponse.Status, _ context: WebContext) async throws
        -> Response
    {
        let principal = try context.signedIn()
        let definition = try engine.definition(name)
        guard !definition.needsSubject, engine.mayStart(definition, by: principal) else { throw Failure.forbidden("发起\(definition.title)") }
        let fields = try await named(controls(definition.form).controls(written), of: definition, org: principal.organisation, area: principal.area)
        let form = Form(
            action: "/work/new/\(name)", sections: [FormSection(nil, fields)], submit: "提交", cancel: "/work/new", findings: findings,
            context: context)
        let said: Markup = notice.map { "\(Notice(.orange, "\($0)"))" } ?? .empty
        let graph: Markup = context.isDialog ? .empty : "\(Card("办理流程", body: "\(DefinitionGraph(definition: definition))"))"
        return Shell.page(
            definition.title, crumbs: [Crumb("发起事项", "/work/new"), Crumb(definition.title)], active: "/work/new", status: status,
            body: "\(Self.styles(context))\(said)\(Shell.framed(form, context))\(graph)", context: context)
    }

    /// `POST /work/new/{name}`.
    @Sendable
    func start(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let name = try context.path("name")
        let definition = try engine.definition(name)
        let input = try await request.form(context)
        var texts: [String: [String]] = [:]
        do {
            let written = try await controls(definition.form).read(input, by: principal)
            texts = written.texts
            let item = try await database.write { [engine] tx in try engine.start(CaseDraft(name, values: written.values), by: principal, in: tx) }
            return Shell.done("已提交，编号 \(item.number)", to: "/work/\(item.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            return try await showStart(
                name, written: texts, findings: failure.fields, notice: failure.fields.isEmpty ? failure.message : nil, status: .unprocessableContent, context)
        }
    }
}
