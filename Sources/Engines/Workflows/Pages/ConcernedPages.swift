import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// The page for the person concerned: reached by a signed link (a code on the paper they were given), without signing in. Shows what the definition allows and nothing else.
extension WorkPages {
    private struct ConcernedView: Sendable {
        var item: WorkflowCase
        var definition: WorkflowDeclaration
        var events: [WorkflowEvent]
        var open: [WorkflowStepRecord]
        var uses: [String: Int]
    }

    private func concernedView(_ context: WebContext) async throws -> ConcernedView {
        guard let id = engine.caseId(ofLink: try context.path("code")) else { throw Failure.notFound("该事项") }
        let view = try await database.read { [engine] reader -> ConcernedView? in
            guard let item = try engine.find(id, in: reader) else { return nil }
            return ConcernedView(
                item: item, definition: try engine.definition(of: item), events: try engine.timeline(of: id, in: reader).filter(\.isPublic),
                open: try engine.path(of: id, in: reader).filter { $0.state == .open }, uses: try engine.uses(of: id, in: reader))
        }
        guard let view, view.definition.publicFields != nil else { throw Failure.notFound("该事项") }
        return view
    }

    /// `GET /w/{code}`.
    @Sendable
    func concerned(request: Request, context: WebContext) async throws -> Response {
        let view = try await concernedView(context)
        let code = try context.path("code")
        let item = view.item
        let allowed = Set(view.definition.publicFields ?? [])
        let facts = view.definition.fields.filter { allowed.contains($0.name) && !$0.isFile && item.data[$0.name] != nil }
        let sheet = engine.sheet(view.definition.fields)
        var items: [DescriptionList.Item] = [
            .init("编号", "<span class=\"num\">\(item.number)</span>"),
            .init("状态", "\(Badge(item.state.title, item.state.tone)) \(item.outcome.flatMap { view.definition.step($0)?.title })"),
            .init("当前环节", "\(view.open.map(\.title).joined(separator: "、"))"), .init("发起时间", "\(item.startedAt)"),
        ]
        items += facts.map { .init($0.title, "\(sheet.text($0, in: item.data))\($0.unit.map { " \($0)" })") }
        items += values(view.definition.form.filter { allowed.contains($0.name) && $0.isFile }, item.data, base: "/w/\(code)/files")
        let entries = view.events.reversed().map { event -> Timeline.Entry in
            let step = event.step.flatMap { view.definition.step($0)?.title }
            let given = values(view.definition.fields.filter { allowed.contains($0.name) }, event.data, base: "/w/\(code)/files")
            let form: Markup = given.isEmpty || event.action == "start" ? .empty : "\(DescriptionList(given, columns: 1))"
            return Timeline.Entry(
                event.at, (step.map { "\($0) · " } ?? "") + event.title, who: event.byOrgName,
                body: "\(Markup.when(!event.text.isEmpty, "<p class=\"keeps-lines\">\(event.text)</p>"))\(form)")
        }
        // What was used up is said where its step is over, too: whoever comes again is to know why there is no button.
        let closed = view.definition.steps.filter { step in step.actors.contains(.concerned) && !view.open.contains { $0.step == step.name } }.flatMap { step in
            step.transitions.compactMap { transition -> Markup? in
                guard let limit = transition.limit, view.uses["\(step.name)/\(transition.name)"] ?? 0 >= limit else { return nil }
                return "\(Notice(.info, "\(transition.title)已满 \(limit) 次，不再受理"))"
            }
        }
        let buttons =
            closed
            + view.open.flatMap { record -> [Markup] in
                guard let step = view.definition.step(record.step), step.actors.contains(.concerned) else { return [] }
                return step.transitions.filter { !$0.isAutomatic }.map { transition -> Markup in
                    let left = transition.limit.map { max(0, $0 - (view.uses["\(step.name)/\(transition.name)"] ?? 0)) }
                    if left == 0 { return "\(Notice(.info, "\(transition.title)次数已用完，不再受理"))" }
                    return "<a class=\"btn btn-primary\" href=\"/w/\(code)/\(record.id)/\(transition.name)\">\(transition.title)\(left.map { "（剩 \($0) 次）" })</a>"
                }
            }
        let body: Markup = """
            \(Self.styles(context))<article class="concerned stack"><h1>\(view.definition.title)</h1>\(Card(item.title, body: "\(DescriptionList(items, columns: 1))\(Markup.when(!buttons.isEmpty, "<div class=\"flow-actions\">\(buttons)</div>"))"))\
            \(Card("办理经过", body: "\(Timeline(entries))"))</article>
            """
        return Shell.page(view.definition.title, layout: .bare, body: body, context: context)
    }

    /// `GET /w/{code}/{step}/{transition}`.
    @Sendable
    func concernedForm(request: Request, context: WebContext) async throws -> Response { try await showConcerned(written: [:], opinion: nil, findings: [], status: .ok, context) }

    private func showConcerned(written: [String: [String]], opinion: String?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws -> Response
    {
        let view = try await concernedView(context)
        let (record, step, transition) = try concernedChoice(view, context)
        let code = try context.path("code")
        var fields = transition.asksForm ? controls(step.form).controls(written) : []
        fields.append(FormField("opinion", "内容", .textArea(rows: 5), value: opinion, isRequired: transition.requiresOpinion, maxLength: 2000, isWide: true))
        let form = Form(
            action: "/w/\(code)/\(record.id)/\(transition.name)", sections: [FormSection(nil, fields)], submit: "提交", cancel: "/w/\(code)", findings: findings, context: context)
        return Shell.page(
            transition.title, status: status, layout: .bare,
            body:
                "\(Self.styles(context))<article class=\"concerned stack\"><h1>\(transition.title)</h1>\(Card("\(view.item.number) \(view.item.title)", body: form.markup))</article>",
            context: context)
    }

    private func concernedChoice(_ view: ConcernedView, _ context: WebContext) throws -> (WorkflowStepRecord, WorkflowStep, WorkflowTransition) {
        let id = try context.id("step")
        let name = try context.path("transition")
        for step in view.definition.steps where step.actors.contains(.concerned) {
            guard let transition = step.transition(name), let limit = transition.limit, view.uses["\(step.name)/\(name)"] ?? 0 >= limit else { continue }
            throw Failure(.conflict, "JW-WF22", "“\(transition.title)”最多 \(limit) 次，本事项已用完，不再受理")
        }
        guard let record = view.open.first(where: { $0.id == id }), let step = view.definition.step(record.step), step.actors.contains(.concerned),
            let transition = step.transition(try context.path("transition")), !transition.isAutomatic
        else { throw Failure.notFound("该操作") }
        return (record, step, transition)
    }

    /// `GET /w/{code}/files/{sha}`: of the fields that this page shows, and of no others.
    @Sendable
    func concernedFile(request: Request, context: WebContext) async throws -> Response {
        let view = try await concernedView(context)
        var shown = view.definition
        let allowed = Set(view.definition.publicFields ?? [])
        shown.form = view.definition.fields.filter { allowed.contains($0.name) && $0.isFile }
        shown.steps = []
        return try await answer(try context.path("sha"), of: shown, [view.item.data] + view.events.map(\.data), context)
    }

    /// `POST /w/{code}/{step}/{transition}`.
    @Sendable
    func concernedMove(request: Request, context: WebContext) async throws -> Response {
        let view = try await concernedView(context)
        let (record, step, transition) = try concernedChoice(view, context)
        // Whoever holds the paper speaks for the person concerned; it may do nothing else.
        let person = Principal(kind: .client, id: 0, login: "concerned", name: "当事人", organisationName: "", permissions: [], scope: .nothing, address: context.address)
        let input = try await request.form(context)
        var texts: [String: [String]] = [:]
        do {
            let written = transition.asksForm ? try await controls(step.form).read(input, by: person) : FormSheetControls.Written()
            texts = written.texts
            let move = CaseMove(step: record.id, transition.name, opinion: input["opinion"], values: written.values)
            try await database.write { [engine] tx in _ = try engine.move(move, by: person, in: tx) }
            return Shell.done("已提交", to: "/w/\(try context.path("code"))", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await showConcerned(written: texts, opinion: input["opinion"], findings: failure.fields, status: .unprocessableContent, context)
        }
    }
}
