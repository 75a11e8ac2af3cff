import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

extension WorkPages {
    /// `GET /work/{id}/steps/{step}/{transition}`: the step's form and the opinion.
    @Sendable
    func moveForm(request: Request, context: WebContext) async throws -> Response {
        try await showMove(written: [:], opinion: nil, findings: [], notice: nil, status: .ok, context)
    }

    private func showMove(
        written: [String: [String]], opinion: String?, findings: [FieldFinding], notice: String?, status: HTTPResponse.Status, _ context: WebContext
    ) async throws -> Response {
        let view = try await view(context.id(), by: context.signedIn())
        let (record, step, transition) = try chosen(view, context)
        var fields =
            transition.asksForm ? try await named(controls(step.form).controls(written), of: view.definition, org: view.item.org, area: view.item.area, known: view.item.data) : []
        fields += [
            FormField("opinion", "意见", .textArea(rows: 4), value: opinion, isRequired: transition.requiresOpinion, help: "写入时间线，不可修改", maxLength: 2000, isWide: true),
            FormField("version", "", .hidden, value: String(record.version)), FormField("key", "", .hidden, value: context.requestId),
        ]
        let form = Form(
            action: "/work/\(view.item.id)/steps/\(record.id)/\(transition.name)", sections: [FormSection(nil, fields)], submit: transition.title, cancel: "/work/\(view.item.id)",
            findings: findings, context: context)
        let said: Markup = notice.map { "\(Notice(.orange, "\($0)"))" } ?? .empty
        return Shell.page(
            "\(step.title)：\(transition.title)", crumbs: [Crumb("我的事项", "/work"), Crumb(view.item.number, "/work/\(view.item.id)"), Crumb(transition.title)], active: "/work",
            status: status, body: "\(said)\(Shell.framed(form, context))", context: context)
    }

    /// Fields that name a person offer those who may be named.
    ///
    /// - Parameter known: what the case holds already.
    func named(_ fields: [FormField], of definition: WorkflowDeclaration, org: Int64?, area: String?, known: JSONObject = JSONObject()) async throws -> [FormField] {
        let roles = Dictionary(definition.namedFields.map { ($0.field, $0.role) }) { first, _ in first }
        var fields = fields
        for index in fields.indices {
            guard let role = roles[fields[index].name] else { continue }
            let people = try await database.read { [engine] reader in try engine.nameable(role, org: org, area: area, in: reader) }
            fields[index].kind = .select([Choice("", "请选择")] + people.map { Choice($0.login, $0.name, group: $0.organisation) })
            if fields[index].values.isEmpty, let name = known[fields[index].name]?.string { fields[index].values = [name] }
        }
        return fields
    }

    private func chosen(_ view: CaseView, _ context: WebContext) throws -> (WorkflowStepRecord, WorkflowStep, WorkflowTransition) {
        let id = try context.id("step")
        guard let record = view.path.first(where: { $0.id == id }), let step = view.definition.step(record.step), let transition = step.transition(try context.path("transition")),
            !transition.isAutomatic
        else { throw Failure.notFound("该操作") }
        guard record.state == .open else { throw Failure(.conflict, "JW-WF20", "\(view.item.number) 的“\(record.title)”环节已办理，请刷新") }
        guard view.own.contains(id) else { throw Failure.forbidden("办理“\(record.title)”") }
        return (record, step, transition)
    }

    /// `POST /work/{id}/steps/{step}/{transition}`.
    @Sendable
    func move(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let view = try await view(id, by: principal)
        let input = try await request.form(context)
        var texts: [String: [String]] = [:]
        do {
            let (record, step, transition) = try chosen(view, context)
            let written = transition.asksForm ? try await controls(step.form).read(input, by: principal) : FormSheetControls.Written()
            texts = written.texts
            let move = CaseMove(
                step: record.id, transition.name, opinion: input["opinion"], values: written.values, expectedVersion: input["version"].flatMap { Int($0) }, key: input["key"])
            try await database.write { [engine] tx in _ = try engine.move(move, by: principal, in: tx) }
            return Shell.done("\(step.title)：已\(transition.title)", to: "/work/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await showMove(
                written: texts, opinion: input["opinion"], findings: failure.fields, notice: failure.fields.isEmpty ? failure.message : nil, status: .unprocessableContent, context)
        }
    }

    /// `GET /work/{id}/hand/{step}/{power}`: to whom, and why.
    @Sendable
    func powerForm(request: Request, context: WebContext) async throws -> Response {
        try await showPower(written: [:], findings: [], status: .ok, context)
    }

    private func showPower(written: [String: String], findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let view = try await view(context.id(), by: principal)
        let stepId = try context.id("step")
        let word = try context.path("power")
        let title = word == "assign" ? "指派" : WorkflowStep.Power(rawValue: word)?.title
        guard let title, let record = view.path.first(where: { $0.id == stepId && $0.state == .open }) else { throw Failure.notFound("该操作") }
        let target: FormField
        if word == WorkflowStep.Power.sendBack.rawValue {
            let choices = view.doneBefore.filter { $0.name != record.step }.map { Choice($0.name, $0.title) }
            target = FormField("to", "退回到", .radio(choices), value: written["to"] ?? choices.last?.value, isRequired: true)
        } else {
            let people = try await colleagues(of: view.item, except: principal)
            target = FormField("to", "接收人", .select([Choice("", "请选择")] + people), value: written["to"], isRequired: true, help: word == "delegate" ? "由其代您办理本环节，记录中注明" : nil)
        }
        let fields = [
            target, FormField("opinion", word == "sendBack" ? "退回原因" : "说明", .textArea(rows: 4), value: written["opinion"], isRequired: true, maxLength: 2000, isWide: true),
        ]
        let form = Form(
            action: "/work/\(view.item.id)/hand/\(stepId)/\(word)", sections: [FormSection(nil, fields)], submit: title, cancel: "/work/\(view.item.id)", findings: findings,
            context: context)
        return Shell.page(
            "\(record.title)：\(title)", crumbs: [Crumb("我的事项", "/work"), Crumb(view.item.number, "/work/\(view.item.id)"), Crumb(title)], active: "/work", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// Who may be handed a step: people of supervising authorities over the case's area, and of its own organisation.
    private func colleagues(of item: WorkflowCase, except principal: Principal) async throws -> [Choice] {
        let area = item.area ?? ""
        return try await database.read { reader in
            try reader.rows(
                """
                SELECT u.login, u.name, o.name AS place FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.state = 'active' AND u.id <> \(principal.id)
                AND (o.id = \(item.org ?? -1) OR o.id = \(principal.organisation ?? -1) OR (o.kind IN ('province', 'city', 'county') AND SUBSTR(\(area), 1, LENGTH(o.area)) = o.area))
                ORDER BY o.area DESC, o.name, u.name LIMIT 300
                """
            ).map { Choice($0.text("login") ?? "", $0.text("name") ?? "", group: $0.text("place")) }
        }
    }

    /// `POST /work/{id}/hand/{step}/{power}`.
    @Sendable
    func power(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id(), stepId = try context.id("step")
        let word = try context.path("power")
        _ = try await database.read { [engine] in try engine.visible(id, by: principal, in: $0) }
        let input = try await request.form(context)
        let to = input["to"] ?? "", opinion = input["opinion"] ?? ""
        do {
            try await database.write { [engine] tx in
                switch word {
                case "assign": try engine.assign(stepId, to: to, opinion: opinion, by: principal, in: tx)
                case "sendBack": try engine.sendBack(stepId, to: to, opinion: opinion, by: principal, in: tx)
                default:
                    guard let power = WorkflowStep.Power(rawValue: word) else { throw Failure.notFound("该操作") }
                    try engine.hand(stepId, to: to, as: power, opinion: opinion, by: principal, in: tx)
                }
            }
            let title = word == "assign" ? "指派" : WorkflowStep.Power(rawValue: word)?.title ?? ""
            return Shell.done("已\(title)", to: "/work", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await showPower(written: ["to": to, "opinion": opinion], findings: failure.fields, status: .unprocessableContent, context)
        }
    }

    /// `GET /work/{id}/do/{act}`: urge, withdraw, copy.
    @Sendable
    func actForm(request: Request, context: WebContext) async throws -> Response {
        try await showAct(written: nil, findings: [], status: .ok, context)
    }

    private func showAct(written: String?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let item = try await database.read { [engine] in try engine.visible(id, by: principal, in: $0) }
        let act = try context.path("act")
        let isOwn = item.starter == principal.id
        var title: String
        var fields: [FormField]
        switch act {
        case "urge":
            title = "督办"
            fields = [FormField("opinion", "督办要求", .textArea(rows: 4), value: written, isRequired: true, maxLength: 2000, isWide: true)]
        case "withdraw":
            title = isOwn ? "撤回" : "终止"
            fields = [
                FormField("warning", "提示", .shown("\(Notice(.orange, "\(title)后不能恢复；各环节的办理记录保留"))"), isWide: true),
                FormField("opinion", "原因", .textArea(rows: 4), value: written, isRequired: true, maxLength: 2000, isWide: true),
            ]
        case "copy":
            title = "抄送"
            fields = [FormField("to", "抄送给", .select([Choice("", "请选择")] + (try await colleagues(of: item, except: principal))), value: written, isRequired: true)]
        default: throw Failure.notFound("该操作")
        }
        let form = Form(action: "/work/\(id)/do/\(act)", sections: [FormSection(nil, fields)], submit: title, cancel: "/work/\(id)", findings: findings, context: context)
        return Shell.page(
            "\(title) \(item.number)", crumbs: [Crumb("我的事项", "/work"), Crumb(item.number, "/work/\(id)"), Crumb(title)], active: "/work", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// `POST /work/{id}/do/{act}`.
    @Sendable
    func act(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let act = try context.path("act")
        let input = try await request.form(context)
        let text = input["opinion"] ?? "", to = input["to"] ?? ""
        do {
            try await database.write { [engine] tx in
                switch act {
                case "urge": try engine.urge(id, text: text, by: principal, in: tx)
                case "withdraw": try engine.cancel(id, reason: text, by: principal, in: tx)
                case "copy": try engine.copy(id, to: to, by: principal, in: tx)
                default: throw Failure.notFound("该操作")
                }
            }
            return Shell.done(act == "urge" ? "已督办" : act == "copy" ? "已抄送" : "已撤回", to: "/work/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await showAct(written: act == "copy" ? to : text, findings: failure.fields, status: .unprocessableContent, context)
        }
    }
}
