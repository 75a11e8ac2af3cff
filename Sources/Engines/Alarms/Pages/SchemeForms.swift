import HTTPTypes
import Hummingbird
import Kernel
import Storage
import Web

extension AlarmPages {
    private func answer(_ title: String, _ action: String, _ fields: [FormField], _ findings: [FieldFinding], _ context: WebContext) throws -> Response {
        let scheme = try found(context).scheme
        let form = Form(
            action: action, sections: [FormSection(nil, fields)], submit: "保存为新版本", cancel: "/alarm-schemes/\(scheme.name)", findings: findings, context: context)
        return Shell.form(
            title, crumbs: Self.schemeCrumbs + [Crumb(scheme.title, "/alarm-schemes/\(scheme.name)"), Crumb(title)], active: "/alarm-schemes",
            form, context: context)
    }

    /// Publishes, or shows the form again with what is wrong.
    private func keep(_ scheme: GradingScheme, _ note: String, _ context: WebContext, or form: ([FieldFinding]) async throws -> Response) async throws -> Response {
        do { return try await publish(scheme, note, context) } catch let failure as Failure where failure.kind == .invalid { return try await form(failure.fields) }
    }

    // MARK: The scheme itself

    /// `GET /alarm-schemes/{name}/edit`.
    @Sendable
    func schemeForm(request: Request, context: WebContext) async throws -> Response { try await schemeForm(nil, [], context) }

    private func schemeForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let scheme = try found(context).scheme
        let chosen = input?.all("orgs") ?? scheme.orgs.map { String($0) }
        let units = try await database.read { try AlarmPages.organisations(chosen.compactMap { Int64($0) }, in: $0) }
        let regions = Region.all.filter { [.city, .county].contains(Region(code: $0.code)?.level) }.map { Choice($0.code, $0.title, group: Region(code: $0.code)?.parent?.title) }
        let fields = [
            FormField("title", "方案名称", .text, value: input?["title"] ?? scheme.title, isRequired: true, maxLength: 40),
            FormField(
                "otherwise", "其余报警", .select(scheme.levels.map { Choice($0.code, "\($0.code) \($0.title)") }), value: input?["otherwise"] ?? scheme.otherwise, isRequired: true),
            FormField("isOn", "启用", .check("新报警按此方案定级"), value: input.map { $0["isOn"] ?? "" } ?? (scheme.isOn ? "1" : "")),
            FormField("isLeading", "主用", .check("决定颜色、排序与研判时限（只有一套）"), value: input.map { $0["isLeading"] ?? "" } ?? (scheme.isLeading ? "1" : "")),
            FormField(
                "timed", "按级别规定时限的类别", .multiSelect(AlarmCategory.allCases.map { Choice($0.rawValue, $0.title) }), values: input?.all("timed") ?? scheme.timed.map(\.rawValue),
                isWide: true),
            FormField("areas", "适用区域", .dropdown(regions), values: input?.all("areas") ?? scheme.areas, placeholder: "全部", isWide: true),
            FormField("orgs", "适用企业", .references(url: "/alarms/organisations", shown: units), values: chosen, help: "不选为全部企业", isWide: true),
            FormField("note", "修改说明", .text, value: input?["note"], isRequired: true, maxLength: 100, isWide: true),
        ]
        return try answer("方案设置", "/alarm-schemes/\(scheme.name)/edit", fields, findings, context)
    }

    /// `POST /alarm-schemes/{name}/edit`.
    @Sendable
    func keepScheme(request: Request, context: WebContext) async throws -> Response {
        var scheme = try found(context).scheme
        let input = try await request.form(context)
        guard let note = input["note"] else { return try await schemeForm(input, [FieldFinding("note", "required", "不能为空", title: "修改说明")], context) }
        scheme.title = input["title"] ?? ""
        scheme.otherwise = input["otherwise"] ?? ""
        scheme.isOn = input["isOn"] == "1"
        scheme.isLeading = input["isLeading"] == "1"
        scheme.timed = input.all("timed").compactMap(AlarmCategory.init(rawValue:))
        scheme.areas = input.all("areas").map { Region(code: $0)?.prefix ?? $0 }
        scheme.orgs = input.all("orgs").compactMap { Int64($0) }
        return try await keep(scheme, note, context) { try await self.schemeForm(input, $0, context) }
    }

    // MARK: Levels

    /// `GET /alarm-schemes/{name}/levels/{at}`: a number from 0, or `new`.
    @Sendable
    func levelForm(request: Request, context: WebContext) async throws -> Response { try levelForm(nil, [], context) }

    private func levelForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) throws -> Response {
        let scheme = try found(context).scheme
        let at = try context.path("at")
        let level = try at == "new" ? nil : element(at, of: scheme.levels)
        let tones = [("red", "红"), ("orange", "橙"), ("yellow", "黄"), ("blue", "蓝"), ("muted", "灰")].map { Choice($0.0, $0.1) }
        let minutes = { (seconds: Int64?) -> String in seconds.map { String($0 / 60) } ?? "" }
        let fields = [
            FormField("code", "代码", .text, value: input?["code"] ?? level?.code, isRequired: true, isReadOnly: level != nil, help: "如 S、A；建成后不再改", maxLength: 4),
            FormField("title", "名称", .text, value: input?["title"] ?? level?.title, isRequired: true, maxLength: 20),
            FormField("tone", "颜色", .select(tones), value: input?["tone"] ?? level?.tone, isRequired: true),
            FormField("start", "开始处置时限", .number(step: "1"), value: input.map { $0["start"] ?? "" } ?? minutes(level?.startWithin), help: "空为沿用报警类型的时限", unit: "分钟", minimum: "1"),
            FormField(
                "recheck", "复核间隔", .number(step: "1"), value: input.map { $0["recheck"] ?? "" } ?? minutes(level?.recheckEvery), help: "成立后未恢复时每隔多久再联系", unit: "分钟", minimum: "1"),
            FormField("mustCall", "电话核实", .check("关闭前须有电话核实记录"), value: input.map { $0["mustCall"] ?? "" } ?? (level?.mustCall == true ? "1" : "")),
        ]
        return try answer(level.map { "级别 \($0.code)" } ?? "加级别", "/alarm-schemes/\(scheme.name)/levels/\(at)", fields, findings, context)
    }

    /// `POST /alarm-schemes/{name}/levels/{at}`.
    @Sendable
    func keepLevel(request: Request, context: WebContext) async throws -> Response {
        var scheme = try found(context).scheme
        let at = try context.path("at")
        let input = try await request.form(context)
        let known = try at == "new" ? nil : element(at, of: scheme.levels)
        let seconds = { (name: String) -> Int64? in input[name].flatMap { Int64($0) }.flatMap { (1...525_600).contains($0) ? $0 * 60 : nil } }
        let level = GradingLevel(
            known?.code ?? input["code"] ?? "", input["title"] ?? "", tone: input["tone"] ?? "neutral", startWithin: seconds("start"), recheckEvery: seconds("recheck"),
            mustCall: input["mustCall"] == "1")
        if known != nil, let index = Int(at) { scheme.levels[index] = level } else { scheme.levels.append(level) }
        return try await keep(scheme, known == nil ? "增加级别 \(level.code)" : "修改级别 \(level.code)", context) { try self.levelForm(input, $0, context) }
    }

    // MARK: Rules

    /// `GET /alarm-schemes/{name}/rules/{at}`.
    @Sendable
    func ruleForm(request: Request, context: WebContext) async throws -> Response { try ruleForm(nil, [], context) }

    private func ruleForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) throws -> Response {
        let scheme = try found(context).scheme
        let at = try context.path("at")
        let rule = try at == "new" ? nil : element(at, of: scheme.rules)
        let fields = [
            FormField("title", "规则名称", .text, value: input?["title"] ?? rule?.title, isRequired: true, maxLength: 60),
            FormField("level", "定为", .select(scheme.levels.map { Choice($0.code, "\($0.code) \($0.title)") }), value: input?["level"] ?? rule?.level, isRequired: true),
            FormField(
                "categories", "报警类别（任一）", .multiSelect(AlarmCategory.allCases.map { Choice($0.rawValue, $0.title) }),
                values: input?.all("categories") ?? rule?.categories.map(\.rawValue) ?? [],
                isWide: true),
            FormField(
                "kinds", "报警类型（任一）", .dropdown(engine.kinds.map { Choice($0.name, $0.title) }), values: input?.all("kinds") ?? rule?.kinds ?? [], placeholder: "不限", isWide: true),
            FormField(
                "traits", "报警特征（同时具备）", .multiSelect(engine.traits.map { Choice($0.name, $0.title, group: $0.group) }), values: input?.all("traits") ?? rule?.traits ?? [],
                isWide: true),
            FormField(
                "grades", "基本等级（任一）", .multiSelect(AlarmGrade.allCases.map { Choice(String($0.rawValue), $0.title) }),
                values: input?.all("grades") ?? rule?.grades.map { String($0) } ?? [], isWide: true),
        ]
        return try answer(rule == nil ? "加规则" : "修改规则", "/alarm-schemes/\(scheme.name)/rules/\(at)", fields, findings, context)
    }

    /// `POST /alarm-schemes/{name}/rules/{at}`.
    @Sendable
    func keepRule(request: Request, context: WebContext) async throws -> Response {
        var scheme = try found(context).scheme
        let at = try context.path("at")
        let input = try await request.form(context)
        let known = try at == "new" ? nil : element(at, of: scheme.rules)
        guard let title = input["title"] else { return try ruleForm(input, [FieldFinding("title", "required", "不能为空", title: "规则名称")], context) }
        let rule = GradingRule(
            title, input["level"] ?? "", categories: input.all("categories").compactMap(AlarmCategory.init(rawValue:)), kinds: input.all("kinds"), traits: input.all("traits"),
            grades: input.all("grades").compactMap { Int($0) })
        if known != nil, let index = Int(at) { scheme.rules[index] = rule } else { scheme.rules.append(rule) }
        return try await keep(scheme, known == nil ? "增加规则“\(title)”" : "修改规则“\(title)”", context) { try self.ruleForm(input, $0, context) }
    }

    /// `POST /alarm-schemes/{name}/rules/{at}/remove`.
    @Sendable
    func removeRule(request: Request, context: WebContext) async throws -> Response {
        var scheme = try found(context).scheme
        let at = try context.path("at")
        let rule = try element(at, of: scheme.rules)
        scheme.rules.removeAll { $0 == rule }
        return try await publish(scheme, "删除规则“\(rule.title)”", context)
    }

    /// `POST /alarm-schemes/{name}/rules/{at}/up`: asked before the one above it from now on.
    @Sendable
    func raiseRule(request: Request, context: WebContext) async throws -> Response {
        var scheme = try found(context).scheme
        let at = try context.path("at")
        let rule = try element(at, of: scheme.rules)
        guard let index = Int(at), index > 0 else { throw Failure.notFound("该规则") }
        scheme.rules.swapAt(index, index - 1)
        return try await publish(scheme, "规则“\(rule.title)”上移", context)
    }

    private func element<Element>(_ at: String, of list: [Element]) throws -> Element {
        guard let index = Int(at), list.indices.contains(index) else { throw Failure.notFound("该条目") }
        return list[index]
    }
}
