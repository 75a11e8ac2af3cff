import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension AlarmPages {
    /// `GET /alarms/{id}/act/{action}`: asks for the opinion.
    @Sendable
    func actionForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let action = try namedAction(context.path("action"))
        let alarm = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
        return form(alarm, action, opinion: nil, findings: [], status: .ok, context)
    }

    /// `POST /alarms/{id}/act/{action}`.
    @Sendable
    func act(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let action = try namedAction(context.path("action"))
        let input = try await request.form(context)
        let opinion = input["opinion"], version = input["version"].flatMap { Int($0) }
        let falseClass = (input["falseClass"] ?? context.here["falseClass"]).flatMap(AlarmFalseClass.init(rawValue:))
        do {
            let items = try await database.read { [engine] in try engine.evidence(of: id, by: principal, in: $0) }
            if Self.needsPicture(action, context), input.files("photo").allSatisfy(\.bytes.isEmpty), !items.contains(where: { $0.kind == .photo }) {
                throw Failure.invalid([FieldFinding("photo", "required", "截图闭环须附截图，报警还没有任何照片", title: "截图或照片")])
            }
            let drafts = try await pictures(input, by: principal, context).map { EvidenceDraft.photo(sha256: $0, title: "\(action.title)时的截图") }
            let alarm = try await database.write { [engine] tx in
                try engine.joinLate(drafts, toAlarm: id, by: principal, in: tx)
                return try engine.transition(id, action, opinion: opinion, expectedVersion: version, falseClass: falseClass, by: principal, in: tx)
            }
            return Shell.done("报警 \(alarm.number) 已\(action.title)", to: Self.origin(context) ?? Self.back(request, or: "/alarms/\(id)"), context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            let alarm = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
            return form(alarm, action, opinion: opinion, findings: failure.fields, status: .unprocessableContent, context)
        }
    }

    private func form(_ alarm: Alarm, _ action: AlarmAction, opinion: String?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) -> Response {
        var fields = [FormField("summary", "报警", .shown("\(alarm.number) \(alarm.title)"), isWide: true)]
        let classes = falseClasses(for: [alarm])
        if action == .revoke || action == .close {
            fields.append(FormField("falseClass", "误报类别", .select([Choice("", "不是误报")] + classes), value: context.here["falseClass"], isWide: true))
        }
        let isWaived =
            classes.contains { AlarmFalseClass(rawValue: $0.value)?.sentence != nil } && (action == .revoke || action == .close)
            || action == .close && engine.waiver(of: alarm) != nil
        let origin = Self.origin(context)
        fields += [
            FormField(
                "opinion", "处理意见", .textArea(rows: 5), value: opinion, isRequired: action.requiresOpinion && !isWaived,
                help: isWaived ? "瞬时超限、证照已更新、测试可不填，由系统写明；将写入时间线和审计日志，不可修改" : "将写入时间线和审计日志，不可修改", maxLength: 1000, isWide: true),
            FormField(
                "photo", "截图或照片", .photo(isMultiple: true), isRequired: false, help: Self.needsPicture(action, context) ? "截图闭环须有截图：这里上传，或报警已有照片" : "随处理意见接在证据链末端", isWide: true),
            FormField("version", "版本", .hidden, value: String(alarm.version)),
        ]
        let form = Form(
            action: "/alarms/\(alarm.id)/act/\(action.rawValue)" + (origin == nil ? "" : "?from=wall"), sections: [FormSection(nil, fields)], submit: action.title,
            cancel: origin ?? "/alarms/\(alarm.id)", findings: findings, context: context)
        return Shell.page(
            "\(action.title)报警", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(alarm.id)"), Crumb(action.title)], active: "/alarms", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// What is closed from the wall shows a picture of how it ended.
    private static func needsPicture(_ action: AlarmAction, _ context: WebContext) -> Bool { action == .close && origin(context) != nil }

    /// `GET /alarms/{id}/comment`.
    @Sendable
    func commentForm(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        return remarkForm(id, text: nil, findings: [], status: .ok, context)
    }

    /// `POST /alarms/{id}/comment`.
    @Sendable
    func addComment(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let text = try await request.form(context)["opinion"] ?? ""
        do {
            try await database.write { [engine] in try engine.comment(id, text, by: principal, in: $0) }
            return Shell.done("已备注", to: "/alarms/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return remarkForm(id, text: text, findings: failure.fields, status: .unprocessableContent, context)
        }
    }

    private func remarkForm(_ id: Int64, text: String?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let field = FormField("opinion", "备注", .textArea(rows: 4), value: text, isRequired: true, maxLength: 1000, isWide: true)
        let form = Form(action: "/alarms/\(id)/comment", sections: [FormSection(nil, [field])], submit: "保存", cancel: "/alarms/\(id)", findings: findings, context: context)
        return Shell.page("备注", crumbs: [Crumb("报警处理", "/alarms"), Crumb("备注")], active: "/alarms", status: status, body: Shell.framed(form, context), context: context)
    }

    /// `POST /alarms/batch/accept`.
    @Sendable
    func batchAccept(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        return try await batch(.accept, opinion: nil, input, request, context)
    }

    /// `POST /alarms/batch/ask?action=`: a page that asks for the opinion on the chosen alarms.
    @Sendable
    func batchAsk(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let action = try namedAction(context.here["action"] ?? "")
        return try await askBatch(action, ids(input), opinion: nil, findings: [], status: .ok, context)
    }

    /// `POST /alarms/batch/{action}`.
    @Sendable
    func batchDo(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let action = try namedAction(context.path("action"))
        let falseClass = input["falseClass"].flatMap(AlarmFalseClass.init(rawValue:))
        guard let opinion = input["opinion"] ?? falseClass?.sentence else {
            let finding = FieldFinding("opinion", "required", "不能为空", title: "处理意见")
            return try await askBatch(action, ids(input), opinion: nil, findings: [finding], status: .unprocessableContent, context)
        }
        return try await batch(action, opinion: opinion, falseClass: falseClass, input, request, context)
    }

    private func batch(_ action: AlarmAction, opinion: String?, falseClass: AlarmFalseClass? = nil, _ input: FormInput, _ request: Request, _ context: WebContext) async throws
        -> Response
    {
        let principal = try context.signedIn()
        let chosen = ids(input)
        guard !chosen.isEmpty else { throw Failure(.invalid, "JW-A023", "请先选择报警") }
        let results = try await database.write { [engine] in try engine.transition(all: chosen, action, opinion: opinion, falseClass: falseClass, by: principal, in: $0) }
        let failed = results.compactMap(\.failure)
        var message = "已\(action.title) \(results.count - failed.count) 条"
        if let first = failed.first { message += "，\(failed.count) 条未处理：\(first.message)" }
        return Shell.done(message, to: Self.back(request, or: "/alarms"), context: context)
    }

    private func askBatch(_ action: AlarmAction, _ ids: [Int64], opinion: String?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) async throws
        -> Response
    {
        let principal = try context.signedIn()
        guard !ids.isEmpty, ids.count <= 200 else { throw Failure(.invalid, "JW-A023", ids.isEmpty ? "请先选择报警" : "一次最多处理 200 条报警") }
        let alarms = try await database.read { [engine] reader in try ids.compactMap { try engine.find($0, by: principal, in: reader) } }
        let list = alarms.map { alarm -> Markup in "<li>\(alarm.number) \(alarm.title) \(Badge(alarm.state.title, alarm.state.tone))</li>" }
        let classes = action == .revoke || action == .close ? [FormField("falseClass", "误报类别", .select([Choice("", "不是误报")] + falseClasses(for: alarms)), isWide: true)] : []
        var fields = [
            FormField("summary", "共 \(alarms.count) 条", .shown("<ul>\(list)</ul>"), isWide: true),
            FormField("opinion", "处理意见", .textArea(rows: 5), value: opinion, isRequired: classes.isEmpty, help: "同一意见写入每条报警", maxLength: 1000, isWide: true),
        ]
        fields.insert(contentsOf: classes, at: 1)
        fields += alarms.map { FormField("id", "报警", .hidden, value: String($0.id)) }
        let form = Form(
            action: "/alarms/batch/\(action.rawValue)", sections: [FormSection(nil, fields)], submit: action.title, cancel: "/alarms", findings: findings, context: context)
        return Shell.page(
            "批量\(action.title)", crumbs: [Crumb("报警处理", "/alarms"), Crumb("批量\(action.title)")], active: "/alarms", status: status, body: Shell.framed(form, context),
            context: context)
    }

    /// The classes that fit one of the alarms.
    private func falseClasses(for alarms: [Alarm]) -> [Choice] {
        let fitting = Set(alarms.flatMap { AlarmFalseClass.choices(for: engine.kind($0.kind)?.category ?? .conduct) })
        return AlarmFalseClass.allCases.filter(fitting.contains).map { Choice($0.rawValue, $0.title) }
    }

    private func ids(_ input: FormInput) -> [Int64] { input.all("id").compactMap { Int64($0) } }

    private func namedAction(_ name: String) throws -> AlarmAction {
        guard let action = AlarmAction(rawValue: name), !action.isAutomatic, !action.belongsToReconsideration else { throw Failure.notFound("该操作") }
        return action
    }

    /// The alarm page that the browser shows now, so that a list keeps its filter; anything else is not believed.
    static func back(_ request: Request, or path: String) -> String {
        guard let name = HTTPField.Name("HX-Current-URL"), let shown = request.headers[name], let start = shown.firstRange(of: "/alarms") else { return path }
        let candidate = shown[start.lowerBound...]
        guard candidate == "/alarms" || candidate.hasPrefix("/alarms?") || candidate.hasPrefix("/alarms/"), !candidate.hasPrefix("/alarms/batch") else { return path }
        return String(candidate)
    }
}
