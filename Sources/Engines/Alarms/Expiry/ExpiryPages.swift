import Cryptography
import Exchange
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Warnings of dates that come: `/expiry-warnings`; the rules behind them: `/expiry-rules`.
package struct ExpiryPages: Sendable {
    let engine: ExpiryEngine

    package init(engine: ExpiryEngine) { self.engine = engine }

    package static let menu: [MenuItem] = [
        MenuItem("监测报警", groupEN: "Alarms", "到期预警", "Expiry warnings", icon: "calendar", path: "/expiry-warnings", permission: AlarmPermission.read, order: 335),
        MenuItem("监测报警", groupEN: "Alarms", "预警规则", "Expiry rules", icon: "sliders", path: "/expiry-rules", permission: AlarmPermission.configure, order: 350),
    ]

    package func add(to routes: Routes) {
        let read = RoutePermission.named(AlarmPermission.read), configure = RoutePermission.named(AlarmPermission.configure)
        routes.get("/expiry-warnings", permission: read, use: warnings)
        routes.get("/expiry-warnings/export", permission: .named(AlarmPermission.export), use: export)
        routes.get("/expiry-rules", permission: configure, use: rules)
        routes.post("/expiry-rules/run", permission: configure, use: run)
        routes.get("/expiry-rules/{at}", permission: configure, use: ruleForm)
        routes.post("/expiry-rules/{at}", permission: configure, use: keepRule)
        routes.post("/expiry-rules/{at}/remove", permission: configure, use: removeRule)
    }

    private func title(ofLedger name: String) -> String { engine.ledgers.declarations.first { $0.name == name }?.title ?? name }

    /// `GET /expiry-warnings?state=near&rule=&q=`.
    @Sendable
    func warnings(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let state = here["state"] ?? "open", rule = here["rule"].flatMap { Int64($0) }, window = ListWindow(here, size: 50)
        let (found, counts) = try await engine.database.read { [engine] reader in
            (
                try engine.warnings(state: state, rule: rule, search: window.keyword, before: window.before, limit: window.limit, by: principal, in: reader),
                try engine.counts(by: principal, in: reader)
            )
        }
        let today = context.site.clock.today
        let shown = window.newest(found, id: \.id)
        let rows = shown.rows.map { warning -> TableRow in
            let left = warning.due.daysSince1970 - today.daysSince1970
            let mark: Markup =
                warning.closedAt != nil
                ? "\(Badge("已消除", .good, isDot: true))"
                : left < 0 ? "\(Badge("过期 \(-left) 天", .red))" : "\(Badge(left == 0 ? "今天到期" : "还有 \(left) 天", left <= 7 ? .orange : .yellow))"
            return TableRow(
                id: "\(warning.id)",
                [
                    "\(warning.title)", mark, "\(warning.ruleTitle)", "\(title(ofLedger: warning.ledger))", "\(warning.orgName)", "<span class=\"num\">\(warning.due.text)</span>",
                    "\(warning.openedAt.text.prefix(16))", "\(warning.closedAt.map { "\($0.text.prefix(16)) \(warning.closedBy ?? "")" })",
                ], path: "/ledgers/\(warning.ledger)/\(warning.record)", tone: warning.closedAt == nil && left < 0 ? .red : nil)
        }
        let columns = [
            Column("title", "对象", isWrapping: true), Column("state", "状态"), Column("rule", "预警"), Column("ledger", "台账"), Column("org", "单位", isWrapping: true),
            Column("due", "到期日"),
            Column("at", "预警时间"), Column("closed", "消除", isWrapping: true),
        ]
        let path = { (state: String) in here.restarting.with("state", state).text }
        let tabs = Tabs([
            Tabs.Tab("未消除", path("open"), isActive: state == "open", count: counts.near + counts.passed),
            Tabs.Tab("临期", path("near"), isActive: state == "near", count: counts.near),
            Tabs.Tab("已过期", path("passed"), isActive: state == "passed", count: counts.passed), Tabs.Tab("已消除", path("closed"), isActive: state == "closed", count: counts.closed),
        ])
        let actions: Markup =
            context.may(AlarmPermission.export) ? "\(ActionButton("导出", .download(PageAddress("/expiry-warnings/export", here.query).text), icon: "download"))" : .empty
        let list = ListPage(
            context.text("到期预警", "Expiry warnings"), at: "/expiry-warnings", crumbs: [Crumb(context.text("监测报警", "Alarms"))], id: "warnings", columns: columns,
            filters: [.keyword(context, "对象、单位"), .choice("rule", "预警", engine.current.map { Choice(String($0.id), $0.title) }, context)], kept: [.init("state", state)],
            empty: engine.current.isEmpty ? "还没有预警规则；在“预警规则”里选择台账的日期字段" : "没有到期预警，每天 7:00 检查一次", actions: actions, toolbar: "\(tabs)")
        return list.response(rows, shown.pager, context)
    }

    /// `GET /expiry-warnings/export`: the filtered list, at most 5,000.
    @Sendable
    func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let (state, rule, keyword) = (here["state"] ?? "open", here["rule"].flatMap { Int64($0) }, here["q"])
        let bytes = try await engine.database.read { [self] reader in
            let found = try engine.warnings(state: state, rule: rule, search: keyword, limit: 5000, by: principal, in: reader)
            let path = NSTemporaryDirectory() + "/jianwei-\(SecureRandom.token(12)).xlsx"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let columns = ["对象", "预警", "台账", "单位", "到期日", "预警时间", "消除时间", "消除原因"].map { SheetColumn($0) }
            let writer = try SheetWriter(path: path, format: .xlsx, sheet: "到期预警", columns: columns)
            for warning in found {
                try writer.append([
                    Cell(warning.title), Cell(warning.ruleTitle), Cell(title(ofLedger: warning.ledger)), Cell(warning.orgName), Cell(warning.due), Cell(warning.openedAt),
                    Cell(warning.closedAt),
                    Cell(warning.closedBy),
                ])
            }
            try writer.finish()
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        }
        try await engine.database.write { [engine] in try engine.alarms.hooks.audit(AuditEntry("export", "expiryWarning", "list", "导出到期预警"), principal, $0) }
        return .download(bytes, filename: "到期预警-\(context.site.clock.today.text).xlsx", contentType: SheetFormat.xlsx.mediaType)
    }

    /// `GET /expiry-rules`.
    @Sendable
    func rules(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"]
        let names = Dictionary(
            try await engine.database.read { [engine] in try engine.alarms.receiverChoices(in: $0) }.map { ($0.value, $0.title) }, uniquingKeysWith: { first, _ in first })
        let rows = engine.current.filter { rule in keyword.map { rule.title.contains($0) } ?? true }.map { rule -> TableRow in
            let declaration = engine.ledgers.declarations.first { $0.name == rule.ledger }
            let stages = rule.stages.sorted(by: >).map { $0 == 0 ? "当天" : "\($0) 天" }.joined(separator: "、")
            return TableRow(
                id: "\(rule.id)",
                [
                    "\(rule.title)", "\(Badge(rule.isOn ? "启用" : "停用", rule.isOn ? .good : .muted, isDot: true))", "\(declaration?.title ?? rule.ledger)\(only(rule, declaration))",
                    "\(declaration?.field(rule.field)?.title ?? rule.field)", "\(rule.doneField.map { "到点未填“\(declaration?.field($0)?.title ?? $0)”" } ?? "到期未更新")", "\(stages)",
                    "\(rule.receivers.map { names[$0] ?? $0 }.joined(separator: "、"))", "\(rule.raisesAlarm ? "报警" : "仅提醒")",
                ],
                actions:
                    "\(ActionButton("修改", .dialog("/expiry-rules/\(rule.id)"), style: .quiet))\(ActionButton("删除", .post("/expiry-rules/\(rule.id)/remove", confirm: "删除“\(rule.title)”？未消除的预警一并关闭"), style: .quiet))"
            )
        }
        let columns = [
            Column("title", "预警"), Column("on", "状态"), Column("ledger", "台账"), Column("field", "日期字段"), Column("done", "判定"), Column("stages", "提前"),
            Column("receivers", "接收人", isWrapping: true), Column("alarm", "过期后"),
        ]
        let add: Markup = "\(ActionButton("新建规则", .dialog("/expiry-rules/new"), icon: "plus", style: .primary))"
        let table = DataTable(id: "expiry-rules", columns: columns, rows: rows, address: context.here, empty: "还没有规则，任何台账的日期字段都可以设到期预警", emptyAction: add)
        return Shell.page(
            context.text("预警规则", "Expiry rules"), crumbs: [Crumb("监测报警"), Crumb("到期预警", "/expiry-warnings")], active: "/expiry-rules",
            actions: "\(add)\(ActionButton("立即检查", .post("/expiry-rules/run", confirm: nil), icon: "refresh"))",
            body: "\(SearchForm(action: "/expiry-rules", fields: [FormField("q", "关键字", .text, value: keyword)], table: "expiry-rules"))\(table)", context: context)
    }

    /// `POST /expiry-rules/run`.
    @Sendable
    func run(request: Request, context: WebContext) async throws -> Response {
        let opened = try await engine.run()
        return Shell.done("已检查，新增 \(opened) 条预警", to: "/expiry-warnings", context: context)
    }

    /// `（安全生产许可证）` behind the ledger's title.
    private func only(_ rule: ExpiryRule, _ declaration: LedgerDeclaration?) -> String {
        let titles = (rule.only ?? [:]).flatMap { field, codes -> [String] in
            guard case .code(let dictionary) = declaration?.field(field)?.kind else { return codes }
            return codes.map { engine.ledgers.dictionaries.snapshot.title(of: $0, in: dictionary) }
        }
        return titles.isEmpty ? "" : "（\(titles.joined(separator: "、"))）"
    }

    private func rule(_ context: WebContext) throws -> ExpiryRule {
        let at = try context.path("at")
        if at == "new" { return ExpiryRule("rule" + SecureRandom.token(8).filter { $0.isLetter || $0.isNumber }, "", ledger: "", field: "") }
        guard let rule = engine.current.first(where: { String($0.id) == at }) else { throw Failure.notFound("该预警规则") }
        return rule
    }

    /// `GET /expiry-rules/{at}`: an id, or `new`.
    @Sendable
    func ruleForm(request: Request, context: WebContext) async throws -> Response { try await ruleForm(rule(context), [], context) }

    private func ruleForm(_ rule: ExpiryRule, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let at = try context.path("at")
        let receivers = try await engine.database.read { [engine] in try engine.alarms.receiverChoices(in: $0) }.map { Choice($0.value, $0.title) }
        let declarations = engine.ledgers.declarations
        let dates = declarations.flatMap { ledger in
            ExpiryEngine.dates(of: ledger).map { Choice("\(ledger.name).\($0.name)", "\(ledger.title) · \($0.title)", group: ledger.title) }
        }
        let dones = declarations.filter { !ExpiryEngine.dates(of: $0).isEmpty }.flatMap { ledger in
            ledger.fields.map { Choice("\(ledger.name).\($0.name)", "\(ledger.title) · \($0.title)", group: ledger.title) }
        }
        let codes = declarations.filter { !ExpiryEngine.dates(of: $0).isEmpty }.flatMap { ledger in
            ledger.fields.filter { if case .code = $0.kind { true } else { false } }.map {
                Choice("\(ledger.name).\($0.name)", "\(ledger.title) · \($0.title)", group: ledger.title)
            }
        }
        let fields = [
            FormField("title", "预警名称", .text, value: rule.title, isRequired: true, placeholder: "如 安全生产许可证到期", maxLength: 40),
            FormField("isOn", "启用", .check("每天 7:00 检查"), value: rule.isOn ? "1" : ""),
            FormField("field", "台账字段", .select([Choice("", "请选择")] + dates), value: rule.field.isEmpty ? "" : "\(rule.ledger).\(rule.field)", isRequired: true, isWide: true),
            FormField("stages", "提前天数", .text, value: rule.stages.map { String($0) }.joined(separator: ","), isRequired: true, help: "每个天数提醒一次，如 30,7,0"),
            FormField("raisesAlarm", "过期后", .check("产生报警，更新后自动消警"), value: rule.raisesAlarm ? "1" : ""),
            FormField(
                "doneField", "完成字段", .select([Choice("", "没有（更新日期才算完成）")] + dones), value: rule.doneField.map { "\(rule.ledger).\($0)" } ?? "",
                help: "到点未执行的判定：此字段空着即为未执行", isWide: true),
            FormField(
                "onlyField", "只看", .select([Choice("", "全部记录")] + codes), value: rule.only?.keys.first.map { "\(rule.ledger).\($0)" } ?? "", help: "只看某类记录时选代码字段", isWide: true),
            FormField("onlyCodes", "其中代码", .text, value: rule.only?.values.first?.joined(separator: ",") ?? "", help: "字典代码，逗号分开，如 production", isWide: true),
            FormField("receivers", "接收人", .multiSelect(receivers), values: rule.receivers, help: "角色只通知管辖该单位、区域的人员", isWide: true),
        ]
        let form = Form(action: "/expiry-rules/\(at)", sections: [FormSection(nil, fields)], cancel: "/expiry-rules", findings: findings, context: context)
        return Shell.form(
            rule.id == 0 ? "新建预警规则" : "修改预警规则", crumbs: [Crumb("预警规则", "/expiry-rules"), Crumb("修改")], active: "/expiry-rules",
            form, context: context)
    }

    /// `POST /expiry-rules/{at}`.
    @Sendable
    func keepRule(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var rule = try rule(context)
        let input = try await request.form(context)
        let parts = { (name: String) -> [String] in (input[name] ?? "").split(separator: ".").map(String.init) }
        rule.title = input["title"] ?? ""
        rule.isOn = input["isOn"] == "1"
        rule.ledger = parts("field").first ?? ""
        rule.field = parts("field").last ?? ""
        rule.stages = (input["stages"] ?? "").split { !$0.isNumber }.compactMap { Int($0) }
        rule.raisesAlarm = input["raisesAlarm"] == "1"
        rule.doneField = parts("doneField").first == rule.ledger ? parts("doneField").last : nil
        rule.receivers = input.all("receivers")
        let only = parts("onlyField")
        rule.only = only.count < 2 ? nil : [only[0] == rule.ledger ? only[1] : "": (input["onlyCodes"] ?? "").split { ",，、 ".contains($0) }.map(String.init)]
        let kept = rule
        do {
            if let other = parts("doneField").first, other != kept.ledger {
                throw Failure.invalid([FieldFinding("doneField", "unknownCode", "应与日期字段在同一台账", title: "完成字段")])
            }
            try await engine.database.write { [engine] tx in try engine.keep(kept, by: principal, in: tx) }
            return Shell.done("已保存，明天 7:00 起检查，也可立即检查", to: "/expiry-rules", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await ruleForm(kept, failure.fields, context) }
    }

    /// `POST /expiry-rules/{at}/remove`.
    @Sendable
    func removeRule(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let rule = try rule(context)
        try await engine.database.write { [engine] tx in try engine.remove(rule.id, by: principal, in: tx) }
        return Shell.refreshed("已删除", context: context, request: request)
    }
}
