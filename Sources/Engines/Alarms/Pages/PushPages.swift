import Cryptography
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Who is told of which alarms, when and how often: `/alarm-push-rules`.
extension AlarmPages {
    func addPushRules(to routes: Routes) {
        let configure = RoutePermission.named(AlarmPermission.configure)
        routes.get("/alarm-push-rules", permission: configure, use: pushRules)
        routes.get("/alarm-push-rules/{at}", permission: configure, use: pushRuleForm)
        routes.post("/alarm-push-rules/{at}", permission: configure, use: keepPushRule)
        routes.post("/alarm-push-rules/{at}/remove", permission: configure, use: removePushRule)
    }

    /// `GET /alarm-push-rules`.
    @Sendable
    func pushRules(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"], trigger = context.here["trigger"].flatMap(PushRule.Trigger.init(rawValue:))
        let rules = engine.pushRules.filter { rule in (keyword.map { rule.title.contains($0) } ?? true) && (trigger == nil || rule.trigger == trigger) }
        let people = rules.flatMap(\.receivers).filter { $0.hasPrefix("user:") }.compactMap { Int64($0.dropFirst(5)) }
        let known = try await database.read { [engine] reader in
            try engine.receiverChoices(in: reader).map { ($0.value, $0.title) } + AlarmPages.persons(people, in: reader).map { ("user:\($0.value)", $0.title) }
        }
        let choices = Dictionary(known, uniquingKeysWith: { first, _ in first })
        let rows = rules.map { rule -> TableRow in
            let levels = rule.levels.map { $0.split(separator: ":").last.map { "\($0)" } ?? "" }.joined(separator: "、")
            let scope =
                rule.categories.map(\.title) + rule.kinds.map { engine.title(ofKind: $0) } + rule.areas.map { areaTitle($0) }
                + (rule.orgs.isEmpty ? [] : ["\(rule.orgs.count) 家单位"])
            let rhythm =
                (rule.after == 0 ? "立即" : "\(Self.duration(Double(rule.after)))后") + (rule.times > 1 ? "，每 \(Self.duration(Double(rule.every)))，共 \(rule.times) 次" : "，1 次")
            return TableRow(
                id: "\(rule.id)",
                [
                    "\(rule.title)", "\(Badge(rule.isOn ? "启用" : "停用", rule.isOn ? .good : .muted, isDot: true))", "\(rule.trigger.title)", "\(levels.isEmpty ? "全部" : levels)",
                    "\(scope.isEmpty ? "全部" : scope.joined(separator: "、"))", "\(rhythm)", "\(rule.receivers.map { choices[$0] ?? $0 }.joined(separator: "、"))",
                ],
                actions:
                    "\(ActionButton("修改", .dialog("/alarm-push-rules/\(rule.id)"), style: .quiet))\(ActionButton("删除", .post("/alarm-push-rules/\(rule.id)/remove", confirm: "删除推送规则“\(rule.title)”？尚未推送的不再推送"), style: .quiet))"
            )
        }
        let columns = [
            Column("title", "规则"), Column("on", "状态"), Column("trigger", "何时"), Column("levels", "级别"), Column("scope", "范围", isWrapping: true), Column("rhythm", "次数与间隔"),
            Column("receivers", "接收人", isWrapping: true),
        ]
        let add: Markup = "\(ActionButton("新建规则", .dialog("/alarm-push-rules/new"), icon: "plus", style: .primary))"
        let search = SearchForm(
            action: "/alarm-push-rules",
            fields: [
                FormField("q", "关键字", .text, value: keyword),
                FormField("trigger", "何时", .select([Choice("", "全部")] + PushRule.Trigger.allCases.map { Choice($0.rawValue, $0.title) }), value: trigger?.rawValue),
            ], table: "push-rules")
        return Shell.page(
            context.text("推送规则", "Push rules"), crumbs: [Crumb("监测报警")], active: "/alarm-push-rules", actions: add,
            body: "\(search)\(DataTable(id: "push-rules", columns: columns, rows: rows, address: context.here, empty: "还没有推送规则", emptyAction: add))", context: context)
    }

    /// `GET /alarm-push-rules/{at}`: an id, or `new`.
    @Sendable
    func pushRuleForm(request: Request, context: WebContext) async throws -> Response { try await pushRuleForm(rule(context), [], context) }

    private func rule(_ context: WebContext) throws -> PushRule {
        let at = try context.path("at")
        if at == "new" { return PushRule("rule" + SecureRandom.token(6).filter { $0.isLetter || $0.isNumber }, "", trigger: .confirmed) }
        guard let rule = engine.pushRules.first(where: { String($0.id) == at }) else { throw Failure.notFound("该推送规则") }
        return rule
    }

    private func pushRuleForm(_ rule: PushRule, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let at = try context.path("at")
        let receivers = try await database.read { [engine] in try engine.receiverChoices(in: $0) }.map { Choice($0.value, $0.title) }
        let people = rule.receivers.filter { $0.hasPrefix("user:") }.map { String($0.dropFirst(5)) }
        let (units, persons) = try await database.read { reader in
            (try AlarmPages.organisations(rule.orgs, in: reader), try AlarmPages.persons(people.compactMap { Int64($0) }, in: reader))
        }
        let levels = engine.book.schemes.filter(\.scheme.isOn).flatMap { entry in
            entry.scheme.levels.map { Choice("\(entry.scheme.name):\($0.code)", "\(entry.scheme.title) \($0.code)", group: entry.scheme.title) }
        }
        let regions = Region.all.filter { [.city, .county].contains(Region(code: $0.code)?.level) }.map { Choice($0.code, $0.title, group: Region(code: $0.code)?.parent?.title) }
        let rhythm = [
            FormField("title", "规则名称", .text, value: rule.title, isRequired: true, help: "如 安全总监类、超时升级至市级", maxLength: 40),
            FormField("isOn", "启用", .check("按此规则推送"), value: rule.isOn ? "1" : ""),
            FormField("trigger", "何时", .select(PushRule.Trigger.allCases.map { Choice($0.rawValue, $0.title) }), value: rule.trigger.rawValue, isRequired: true),
            FormField("after", "延迟", .number(step: "1"), value: String(rule.after), help: "0 为立即；未受理升级填等待多久", unit: "秒", minimum: "0"),
            FormField("times", "推送次数", .number(step: "1"), value: String(rule.times), minimum: "1", maximum: "20"),
            FormField("every", "间隔", .number(step: "1"), value: String(rule.every), unit: "秒", minimum: "30"),
            FormField("endsWhenHandled", "停止", .check("有人受理后不再推送"), value: rule.endsWhenHandled ? "1" : ""),
            FormField("isUrgent", "紧急", .check("按紧急消息发送（不受免打扰限制）"), value: rule.isUrgent ? "1" : ""),
        ]
        let scope = [
            FormField("levels", "级别（任一，空为全部）", .multiSelect(levels), values: rule.levels, isWide: true),
            FormField("categories", "报警类别（任一）", .multiSelect(AlarmCategory.allCases.map { Choice($0.rawValue, $0.title) }), values: rule.categories.map(\.rawValue), isWide: true),
            FormField("kinds", "报警类型（任一）", .dropdown(engine.kinds.map { Choice($0.name, $0.title) }), values: rule.kinds, placeholder: "不限"),
            FormField("areas", "区域（任一）", .dropdown(regions), values: rule.areas, placeholder: "不限"),
            FormField("orgs", "企业", .references(url: "/alarms/organisations", shown: units), values: rule.orgs.map { String($0) }, help: "不选为全部企业"),
        ]
        let who = [
            FormField("receivers", "接收人", .multiSelect(receivers), values: rule.receivers, help: "角色只通知管辖该报警单位、区域的人员", isWide: true),
            FormField("people", "另加个人", .references(url: "/alarms/people", shown: persons), values: people, isWide: true),
        ]
        let form = Form(
            action: "/alarm-push-rules/\(at)", sections: [FormSection("推送", rhythm), FormSection("哪些报警", scope), FormSection("推给谁", who)], cancel: "/alarm-push-rules",
            findings: findings,
            context: context)
        return Shell.form(
            rule.id == 0 ? "新建推送规则" : "修改推送规则", crumbs: [Crumb("监测报警"), Crumb("推送规则", "/alarm-push-rules"), Crumb("修改")], active: "/alarm-push-rules",
            form, context: context)
    }

    /// `POST /alarm-push-rules/{at}`.
    @Sendable
    func keepPushRule(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var rule = try rule(context)
        let input = try await request.form(context)
        let numbers = { (name: String) -> [Int64] in input.all(name).compactMap { Int64($0) } }
        rule.title = input["title"] ?? ""
        rule.isOn = input["isOn"] == "1"
        rule.trigger = input["trigger"].flatMap(PushRule.Trigger.init(rawValue:)) ?? .confirmed
        rule.after = input["after"].flatMap { Int64($0) } ?? 0
        rule.times = input["times"].flatMap { Int($0) } ?? 1
        rule.every = input["every"].flatMap { Int64($0) } ?? 60
        rule.endsWhenHandled = input["endsWhenHandled"] == "1"
        rule.isUrgent = input["isUrgent"] == "1"
        rule.levels = input.all("levels")
        rule.categories = input.all("categories").compactMap(AlarmCategory.init(rawValue:))
        rule.kinds = input.all("kinds")
        rule.areas = input.all("areas").map { Region(code: $0)?.prefix ?? $0 }
        rule.orgs = numbers("orgs")
        rule.receivers = input.all("receivers") + numbers("people").map { "user:\($0)" }
        let kept = rule
        do {
            try await database.write { [engine] tx in try engine.keep(kept, by: principal, in: tx) }
            return Shell.done("已保存", to: "/alarm-push-rules", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await pushRuleForm(kept, failure.fields, context) }
    }

    /// `POST /alarm-push-rules/{at}/remove`.
    @Sendable
    func removePushRule(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let rule = try rule(context)
        try await database.write { [engine] tx in try engine.removePushRule(rule.id, by: principal, in: tx) }
        return Shell.refreshed("已删除", context: context, request: request)
    }
}
