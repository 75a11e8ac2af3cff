import Alarms
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Rules
import Storage
import Web

/// The forms of a rule: typed rows, nothing written as an expression.
extension OwnRulePages {
    private func framed(_ title: String, _ rule: OwnRule?, _ form: Markup, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let place = rule.map { [Crumb($0.draft.title, "\(rules.place.path)/\($0.id)")] } ?? []
        return Shell.page(
            title, crumbs: rules.place.crumbs + place + [Crumb(title)], active: rules.place.path, status: findings.isEmpty ? .ok : .unprocessableContent,
            body: context.isDialog ? form : "\(Card(body: form))", context: context)
    }

    private func found(_ context: WebContext) async throws -> OwnRule {
        let principal = try context.signedIn(), id = try context.id()
        return try await rules.database.read { [rules] in try rules.find(id, by: principal, in: $0) }
    }

    // MARK: New

    @Sendable func newForm(request: Request, context: WebContext) async throws -> Response { newForm(FormInput(), [], context) }

    private func newForm(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let fields = [
            FormField("title", "规则名称", .text, value: input["title"], isRequired: true, placeholder: "如 同车一日多次进厂", maxLength: 60, isWide: true),
            FormField(
                "stream", "数据来源", .radio(rules.streams.map { Choice($0.name, $0.title) }), value: input["stream"] ?? rules.streams.first?.name, isRequired: true, help: "建成后不再改"),
        ]
        let form = Form(action: "\(rules.place.path)/new", sections: [FormSection(nil, fields)], submit: "建草稿", cancel: rules.place.path, findings: findings, context: context)
        return framed("新建自定义规则", nil, "\(form)", findings, context)
    }

    @Sendable func make(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        do {
            let id = try await rules.make(title: input["title"] ?? "", stream: input["stream"] ?? "", by: principal)
            return Shell.done("草稿已建，请设置条件和次数", to: "\(rules.place.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return newForm(input, failure.fields, context) }
    }

    // MARK: Settings

    @Sendable func settingsForm(request: Request, context: WebContext) async throws -> Response { try await settingsForm(nil, [], context) }

    private func settingsForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let rule = try await found(context)
        let receivers = try await rules.database.read { [rules] in try rules.alarms.receiverChoices(in: $0) }.map { Choice($0.value, $0.title) }
        let stream = try rules.stream(rule.stream)
        let watch = rule.draft.rule
        func value(_ name: String, _ kept: String?) -> String? { input.map { $0[name] ?? "" } ?? kept }
        let count = [
            FormField("title", "规则名称", .text, value: value("title", rule.draft.title), isRequired: true, maxLength: 60, isWide: true),
            FormField("groupedBy", "计次对象", .select(stream.groupings.map { Choice($0.name, $0.title) }), value: value("groupedBy", watch.groupedBy), isRequired: true),
            FormField("times", "达到次数", .number(step: "1"), value: value("times", String(watch.times)), isRequired: true, help: "1 为每次发生即报警；“超过 3 次”填 4", unit: "次", minimum: "1"),
            FormField(
                "windowHours", "时间窗", .number(step: "1"), value: value("windowHours", String(watch.windowHours)), help: "0 为当日；否则为此前若干小时", unit: "小时", minimum: "0", maximum: "720"),
        ]
        let whole = stream.combined.flatMap { stream.fact($0) }.map { fact in
            FormSection(
                "组合",
                [
                    FormField(
                        "together", fact.declaration.title, fact.choices.count > 12 ? .dropdown(fact.choices) : .multiSelect(fact.choices),
                        values: input?.all("together") ?? watch.together?.values.sorted() ?? [], help: "选两个以上：时间窗内同一对象这几种都出现才命中；不选则只按次数", isWide: true)
                ])
        }
        let names = ["一", "二", "三", "四", "五", "六", "日"]
        let time = [
            FormField("validFrom", "生效日期", .day, value: value("validFrom", watch.validFrom?.text)),
            FormField("validUntil", "失效日期", .day, value: value("validUntil", watch.validUntil?.text)),
            FormField(
                "hoursFrom", "时段开始", .text, value: value("hoursFrom", watch.hours.map { Self.clock($0.from) }), help: "空为全天；可跨零点", placeholder: "22:00", maxLength: 5),
            FormField("hoursUntil", "时段结束", .text, value: value("hoursUntil", watch.hours.map { Self.clock($0.until) }), placeholder: "06:00", maxLength: 5),
            FormField(
                "weekdays", "星期", .multiSelect((1...7).map { Choice(String($0), "周\(names[$0 - 1])") }),
                values: input?.all("weekdays") ?? watch.weekdays.sorted().map { String($0) },
                help: "都不选为每天", isWide: true),
        ]
        let alarm = [
            FormField(
                "grade", "报警等级", .select(AlarmGrade.allCases.map { Choice(String($0.rawValue), $0.title) }), value: value("grade", String(rule.draft.grade.rawValue)),
                isRequired: true),
            FormField(
                "receivers", "另行通知", .multiSelect(receivers), values: input?.all("receivers") ?? rule.draft.receivers, help: "新报警产生时通知一次；推送规则照常", isWide: true),
        ]
        let form = Form(
            action: "\(rules.place.path)/\(rule.id)/settings",
            sections: [FormSection("次数", count)] + (whole.map { [$0] } ?? []) + [FormSection("何时有效", time), FormSection("报警", alarm)], cancel: "\(rules.place.path)/\(rule.id)",
            findings: findings, context: context)
        return framed("规则内容", rule, "\(form)", findings, context)
    }

    static func clock(_ minute: Int) -> String {
        let rest = minute % 60
        return "\(minute / 60 < 10 ? "0" : "")\(minute / 60):\(rest < 10 ? "0" : "")\(rest)"
    }

    /// `22:00` as a minute of the day; nil for anything else.
    static func minute(_ text: String) -> Int? {
        let parts = text.replacing("：", with: ":").split(separator: ":").map { Int($0) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0...24).contains(hour), (0..<60).contains(minute), hour * 60 + minute <= 1440 else { return nil }
        return hour * 60 + minute
    }

    @Sendable func keepSettings(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        do {
            let read = try Self.settings(input), together = input.all("together")
            try await rules.change(id, by: principal) { body, stream in
                let conditions = body.rule.conditions
                body = read
                body.rule.conditions = conditions
                let values = Set(together)
                body.rule.together = values.isEmpty ? nil : stream.combined.map { WatchRule.Together(fact: $0, values: values) }
            }
            return Shell.done("草稿已保存", to: "\(rules.place.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await settingsForm(input, failure.fields, context) }
    }

    private static func settings(_ input: FormInput) throws -> OwnRule.Body {
        var findings: [FieldFinding] = []
        func whole(_ name: String, _ title: String, empty: Int) -> Int {
            guard let text = input[name] else { return empty }
            if Int(text) == nil { findings.append(FieldFinding(name, "format", "应为整数", title: title)) }
            return Int(text) ?? empty
        }
        func day(_ name: String, _ title: String) -> Day? {
            guard let text = input[name] else { return nil }
            if Day(parsing: text) == nil { findings.append(FieldFinding(name, "format", "应为日期", title: title)) }
            return Day(parsing: text)
        }
        var hours: WatchRule.ClosedSpan?
        if input["hoursFrom"] != nil || input["hoursUntil"] != nil {
            if let from = minute(input["hoursFrom"] ?? ""), let until = minute(input["hoursUntil"] ?? "") {
                hours = WatchRule.ClosedSpan(from: from, until: until)
            } else {
                findings.append(FieldFinding("hoursFrom", "format", "开始和结束都要填写，如 22:00", title: "时段"))
            }
        }
        let rule = WatchRule(
            groupedBy: input["groupedBy"] ?? "", times: whole("times", "达到次数", empty: 1), windowHours: whole("windowHours", "时间窗", empty: 0), validFrom: day("validFrom", "生效日期"),
            validUntil: day("validUntil", "失效日期"), hours: hours, weekdays: Set(input.all("weekdays").compactMap { Int($0) }.filter { (1...7).contains($0) }))
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return OwnRule.Body(
            title: input["title"] ?? "", rule: rule, grade: input["grade"].flatMap { Int($0) }.flatMap { AlarmGrade(rawValue: $0) } ?? .ordinary,
            receivers: Array(input.all("receivers").prefix(20)))
    }

    // MARK: Conditions

    /// What may be asked for; each leads to the form that suits its kind.
    @Sendable func factList(request: Request, context: WebContext) async throws -> Response {
        let rule = try await found(context)
        let stream = try rules.stream(rule.stream)
        var sections: [String] = []
        for fact in stream.facts where !sections.contains(fact.section) { sections.append(fact.section) }
        let parts = sections.map { section -> Markup in
            let buttons = stream.facts.filter { $0.section == section }.map { fact -> Markup in
                "\(ActionButton(fact.declaration.title, .dialog("\(rules.place.path)/\(rule.id)/conditions/new?fact=\(fact.declaration.name)"), style: .plain))"
            }
            return "<h3>\(section)</h3><div class=\"row-flex\">\(buttons)</div>"
        }
        return framed("按什么设条件", rule, "<div class=\"stack\">\(parts)</div>", [], context)
    }

    @Sendable func conditionForm(request: Request, context: WebContext) async throws -> Response { try await conditionForm(nil, [], context) }

    private func conditionForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let rule = try await found(context)
        let stream = try rules.stream(rule.stream)
        let at = try context.path("at")
        let known = try Self.condition(at, of: rule.draft.rule)
        guard let fact = stream.fact(input?["fact"] ?? known?.fact ?? context.here["fact"] ?? "") else { throw Failure.notFound("该事实") }
        let comparisons = Self.comparisons(fact).map { Choice($0.rawValue, $0.title) }
        let fields = [
            FormField("fact", "事实", .hidden, value: fact.declaration.name), FormField("shown", "事实", .shown("\(fact.declaration.title)")),
            FormField("is", "比较", .select(comparisons), value: input?["is"] ?? known?.comparison.rawValue ?? comparisons.first?.value, isRequired: true),
            Self.valueField(fact, input?.all("value") ?? known.map { Self.texts($0.value) } ?? []),
        ]
        let form = Form(
            action: "\(rules.place.path)/\(rule.id)/conditions/\(at)", sections: [FormSection(nil, fields)], cancel: "\(rules.place.path)/\(rule.id)", findings: findings,
            context: context)
        return framed(known == nil ? "加条件" : "修改条件", rule, "\(form)", findings, context)
    }

    private static func condition(_ at: String, of rule: WatchRule) throws -> Condition? {
        if at == "new" { return nil }
        guard let index = Int(at), rule.conditions.indices.contains(index) else { throw Failure.notFound("该条件") }
        return rule.conditions[index]
    }

    static func comparisons(_ fact: StreamFact) -> [Condition.Comparison] {
        switch fact.declaration.kind {
        case .number: [.atMost, .atLeast, .less, .greater, .equals, .differs, .isPresent, .isMissing]
        case .bool: [.equals]
        case .set: [.contains, .lacks]
        case .text: fact.choices.isEmpty ? [.equals, .differs, .startsWith, .includes, .omits, .isPresent, .isMissing] : [.oneOf, .noneOf, .isPresent, .isMissing]
        }
    }

    private static func texts(_ value: FactValue) -> [String] {
        switch value {
        case .set(let texts): texts.sorted()
        case .bool(let isTrue): [isTrue ? "1" : "0"]
        case .missing: []
        default: [value.shown]
        }
    }

    private static func valueField(_ fact: StreamFact, _ values: [String]) -> FormField {
        switch fact.declaration.kind {
        case .number where !fact.choices.isEmpty: FormField("value", "值", .select(fact.choices), values: values, isRequired: true)
        case .number:
            FormField("value", "值", .number(step: "any"), values: values, help: "比较为已知、未知时不填", unit: fact.declaration.unit)
        case .bool: FormField("value", "值", .radio([Choice("1", "是"), Choice("0", "否")]), values: values.isEmpty ? ["1"] : values, isRequired: true)
        case .text, .set:
            fact.choices.isEmpty
                ? FormField("value", "值", .text, values: values, help: "比较为已知、未知时不填", maxLength: 100)
                : fact.choices.count > 12
                    ? FormField("value", "值", .dropdown(fact.choices), values: values, placeholder: "可选多个，任一即可", isWide: true)
                    : FormField("value", "值", .multiSelect(fact.choices), values: values, help: "可选多个，任一即可", isWide: true)
        }
    }

    @Sendable func keepCondition(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id(), at = try context.path("at")
        let input = try await request.form(context)
        let name = input["fact"] ?? "", comparison = input["is"].flatMap(Condition.Comparison.init(rawValue:)), texts = input.all("value")
        do {
            try await rules.change(id, by: principal) { body, stream in
                guard let fact = stream.fact(name), let comparison else { throw Failure.invalid([FieldFinding("is", "required", "请选择比较", title: "比较")]) }
                let condition = Condition(name, comparison, try Self.value(texts, comparison, fact))
                if try Self.condition(at, of: body.rule) != nil, let index = Int(at) { body.rule.conditions[index] = condition } else { body.rule.conditions.append(condition) }
            }
            return Shell.done("条件已保存", to: "\(rules.place.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await conditionForm(input, failure.fields, context) }
    }

    private static func value(_ texts: [String], _ comparison: Condition.Comparison, _ fact: StreamFact) throws -> FactValue {
        if comparison == .isPresent || comparison == .isMissing { return .missing }
        guard let first = texts.first else { throw Failure.invalid([FieldFinding("value", "required", "不能为空", title: "值")]) }
        switch fact.declaration.kind {
        case .number:
            guard let number = Double(first), number.isFinite else { throw Failure.invalid([FieldFinding("value", "format", "应为数字", title: "值")]) }
            return .number(number)
        case .bool: return .bool(first == "1")
        case .set: return .set(Set(texts))
        case .text: return fact.choices.isEmpty ? .text(String(first.prefix(100))) : .set(Set(texts.prefix(200)))
        }
    }

    @Sendable func removeCondition(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id(), at = try context.path("at")
        try await rules.change(id, by: principal) { body, _ in
            guard try Self.condition(at, of: body.rule) != nil, let index = Int(at) else { throw Failure.notFound("该条件") }
            body.rule.conditions.remove(at: index)
        }
        return Shell.refreshed("条件已删除", context: context, request: request)
    }

    // MARK: Publishing and stopping

    @Sendable func publishForm(request: Request, context: WebContext) async throws -> Response { try await publishForm([], context) }

    private func publishForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let rule = try await found(context)
        let stream = try rules.stream(rule.stream)
        let fields = [
            FormField("what", "规则", .shown("\(Self.sentence(rule.draft.rule, stream))，\(Self.timeText(rule.draft.rule))"), isWide: true),
            FormField("note", "发布说明", .text, help: "写入版本记录", maxLength: 200, isWide: true),
        ]
        let wrong = findings.map { finding -> Markup in "\(Notice(.red, "\(finding.title)：\(finding.message)"))" }
        let form = Form(
            action: "\(rules.place.path)/\(rule.id)/publish", sections: [FormSection(nil, fields)], submit: "发布第 \(rule.version + 1) 版", cancel: "\(rules.place.path)/\(rule.id)",
            findings: findings,
            context: context)
        return framed("发布规则", rule, "\(wrong)\(Notice(.info, "发布后对新写入的记录生效，不追溯；建议先试运行"))\(form)", findings, context)
    }

    @Sendable func publish(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        do {
            try await rules.publish(id, note: input["note"] ?? "", by: principal)
            return Shell.done("已发布，对新记录生效", to: "\(rules.place.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await publishForm(failure.fields, context) }
    }

    @Sendable func stop(request: Request, context: WebContext) async throws -> Response {
        try await rules.turn(context.id(), to: .stopped, by: context.signedIn())
        return Shell.refreshed("已停用", context: context, request: request)
    }

    @Sendable func resume(request: Request, context: WebContext) async throws -> Response {
        try await rules.turn(context.id(), to: .live, by: context.signedIn())
        return Shell.refreshed("已启用", context: context, request: request)
    }

    @Sendable func remove(request: Request, context: WebContext) async throws -> Response {
        try await rules.remove(context.id(), by: context.signedIn())
        return Shell.done("规则已删除", to: rules.place.path, context: context)
    }
}
