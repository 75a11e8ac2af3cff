import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 研判 and what follows by hand (D2.5.2): a verdict of what a picture shows, and short messages to whoever answers for it.
extension AlarmPages {
    func addJudging(to routes: Routes) {
        let read = RoutePermission.named(AlarmPermission.read)
        routes.get("/alarms/{id}/background", permission: read, use: background)
        routes.get("/alarms/{id}/review", permission: read, use: review)
        routes.get("/alarms/{id}/judge", permission: read, use: judgeForm)
        routes.post("/alarms/{id}/judge", permission: read, use: judge)
        routes.get("/alarms/{id}/tell", permission: read, use: tellForm)
        routes.post("/alarms/{id}/tell", permission: read, use: tell)
    }

    /// What one click does where the rules leave nothing to ask, and the forms for judging.
    func judgeButtons(_ alarm: Alarm, _ principal: Principal, _ context: WebContext) -> Markup {
        let actions = engine.actions(on: alarm, by: principal)
        let category = engine.kind(alarm.kind)?.category
        var parts: [Markup] = []
        if category == .recognised, actions.contains(.confirm) {
            parts.append("\(ActionButton(context.text("研判结论", "Judge"), .dialog("/alarms/\(alarm.id)/judge"), icon: "check", style: .primary))")
        }
        if let waiver = engine.waiver(of: alarm), actions.contains(.close) {
            parts.append("\(ActionButton(context.text("免验证闭环", "Close unverified"), .post("/alarms/\(alarm.id)/act/close", confirm: "\(waiver)？"), icon: "check"))")
        }
        if category == .dated, actions.contains(.close) {
            let path = "/alarms/\(alarm.id)/act/close?falseClass=\(AlarmFalseClass.renewed.rawValue)"
            parts.append("\(ActionButton(context.text("证照已更新，闭环", "Renewed"), .post(path, confirm: "已核实证照更新，确定闭环？"), icon: "check"))")
        }
        if settings.messages != nil, principal.may(engine.kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle) {
            parts.append("\(ActionButton(context.text("短信通知负责人", "Tell by SMS"), .dialog("/alarms/\(alarm.id)/tell"), icon: "phone"))")
        }
        return .joined(parts)
    }

    /// The verdicts on a picture, in the order they are offered.
    private static let verdicts: [(value: String, title: String)] =
        [("confirm", "确认（报警属实）")] + AlarmFalseClass.choices(for: .recognised).map { ($0.rawValue, $0.title) }

    /// `GET /alarms/{id}/judge`.
    @Sendable
    func judgeForm(request: Request, context: WebContext) async throws -> Response { try await judgeForm(FormInput(), [], context) }

    private func judgeForm(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let alarm = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
        let fields = [
            FormField("summary", "报警", .shown("\(alarm.number) \(alarm.title)"), isWide: true),
            FormField("verdict", "研判结论", .radio(Self.verdicts.map { Choice($0.value, $0.title) }), value: input["verdict"], isRequired: true, isWide: true),
            FormField("opinion", "依据", .textArea(rows: 3), value: input["opinion"], isRequired: true, help: "看到了什么，据何认定；写入时间轴，不可修改", maxLength: 1000, isWide: true),
            FormField("photo", "截图", .photo(isMultiple: true), isWide: true), FormField("version", "版本", .hidden, value: String(alarm.version)),
        ]
        let form = Form(
            action: "/alarms/\(id)/judge", sections: [FormSection(nil, fields)], submit: "提交结论", cancel: "/alarms/\(id)", findings: findings, context: context)
        return Shell.form("研判结论", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("研判结论")], active: "/alarms", form, context: context)
    }

    /// `POST /alarms/{id}/judge`: a confirmed picture is a valid alarm, anything else revokes it with its class.
    @Sendable
    func judge(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        let verdict = input["verdict"] ?? ""
        guard Self.verdicts.contains(where: { $0.value == verdict }) else {
            return try await judgeForm(input, [FieldFinding("verdict", "required", "请选择研判结论", title: "研判结论")], context)
        }
        let falseClass = AlarmFalseClass(rawValue: verdict), version = input["version"].flatMap { Int($0) }
        do {
            _ = try await database.read { [engine] in try engine.required(id, by: principal, in: $0) }
            let drafts = try await pictures(input, by: principal, context).map { EvidenceDraft.photo(sha256: $0, title: "研判截图") }
            _ = try await database.write { [engine] tx in
                try engine.joinLate(drafts, toAlarm: id, by: principal, in: tx)
                return try engine.transition(
                    id, falseClass == nil ? .confirm : .revoke, opinion: input["opinion"], expectedVersion: version, falseClass: falseClass, by: principal, in: tx)
            }
            return Shell.done("已研判：\(falseClass?.title ?? "确认")", to: Self.back(request, or: "/alarms/\(id)"), context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await judgeForm(input, failure.fields, context) }
    }

    /// `GET /alarms/{id}/tell`.
    @Sendable
    func tellForm(request: Request, context: WebContext) async throws -> Response { try await tellForm(nil, [], context) }

    private func tellForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (alarm, people, hasAnswer) = try await database.read { [engine] reader in
            let alarm = try engine.required(id, by: principal, in: reader)
            return (alarm, try engine.responsible(for: alarm, in: reader), try !engine.answers(of: id, in: reader).isEmpty)
        }
        let advice = engine.callAdvice(for: alarm, hasAnswer: hasAnswer)
        let advised = people.filter { one in advice.roles.contains { $0.rawValue == one.role } }
        // Where nobody of those roles has an account, the next above is told.
        let meant = advised.isEmpty ? people.filter { $0.role == people.first?.role } : advised
        let chosen = input?.all("user") ?? meant.map { String($0.id) }
        let choices = people.map { one in
            Choice(
                String(one.id), "\(one.name)（\(one.organisation)）\(one.hasPhone ? "" : " 无手机号，仅站内")",
                group: ResponsibleCall.roles.first { $0.role.rawValue == one.role }?.title)
        }
        let level = engine.leadingLevel(of: alarm).map { "\($0.code) 级" } ?? alarm.grade.title
        let text = "【见微】\(level)报警 \(alarm.number)：\(alarm.orgName)\(alarm.place)，\(alarm.title)，\(alarm.occurredAt.text)，请立即核实处置并反馈。"
        let reasons: Markup = "<ul>\(advice.reasons.map { reason -> Markup in "<li>\(reason)</li>" })</ul>"
        let fields = [
            FormField("summary", "报警", .shown("\(alarm.number) \(alarm.title)"), isWide: true), FormField("advice", "建议通知", .shown(reasons), isWide: true),
            FormField("user", "负责人", .multiSelect(choices), values: chosen, isRequired: true, help: people.isEmpty ? "没有可通知的负责人账号，请先维护企业与监管账号" : "已按级别和处置效率勾选，可增减", isWide: true),
            FormField("text", "短信内容", .textArea(rows: 3), value: input?["text"] ?? text, isRequired: true, help: "按通道计费条数计入本单位短信额度", maxLength: 500, isWide: true),
        ]
        let form = Form(action: "/alarms/\(id)/tell", sections: [FormSection(nil, fields)], submit: "发送", cancel: "/alarms/\(id)", findings: findings, context: context)
        return Shell.form("短信通知负责人", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("短信通知")], active: "/alarms", form, context: context)
    }

    /// `POST /alarms/{id}/tell`.
    @Sendable
    func tell(request: Request, context: WebContext) async throws -> Response {
        guard let messages = settings.messages else { throw Failure.notFound("短信通知") }
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        let users = input.all("user").compactMap { Int64($0) }
        do {
            try await database.write { [engine] in try engine.tell(id, users, text: input["text"] ?? "", with: messages, by: principal, in: $0) }
            return Shell.done("已通知 \(users.count) 名负责人", to: "/alarms/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await tellForm(input, failure.fields, context) }
    }
}
