import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

extension DataServicePages {
    /// `GET /data-services/new?q=`: which ledger it is about.
    @Sendable
    func choose(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let rows = engine.ledgers.declarations.filter { principal.may($0.readPermission) && (keyword.map($0.title.contains) ?? true) }.map { ledger in
            TableRow(id: ledger.name, ["\(ledger.title)", "\(ledger.group)", "\(ledger.fields.count)"], path: "/data-services/new/\(ledger.name)")
        }
        let columns = [Column("title", "台账"), Column("group", "分组"), Column("fields", "字段", align: .end)]
        let search = SearchForm(action: "/data-services/new", fields: [FormField("q", "台账名称", .text, value: keyword)], table: "ledgers")
        return Shell.page(
            "新增接口：选择数据来源", crumbs: [Crumb("数据服务"), Crumb("接口目录", "/data-services"), Crumb("新增")], active: "/data-services",
            body: "\(search)\(DataTable(id: "ledgers", columns: columns, rows: rows, address: context.here, empty: "没有可用的台账", hasTools: false))", context: context)
    }

    func form(_ context: WebContext, _ service: DataService?, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let name = try service?.ledger ?? context.path("ledger")
        guard let ledger = engine.ledgers.declaration(name), principal.may(ledger.readPermission) else { throw Failure.notFound("该台账") }
        let visible = ledger.visibleFields(for: principal)
        func text(_ name: String, _ stored: String?) -> String? { input.map { $0[name] ?? "" } ?? stored }
        let outputs =
            service?.outputs
            ?? visible.filter { !$0.marks.contains(.unlisted) }.prefix(12).map { DataService.Output(field: $0.name, mask: $0.marks.contains(.personal) ? .partial : .none) }
        let masks = visible.map { field -> FormField in
            let chosen = input.map { $0["out.\(field.name)"] ?? "" } ?? outputs.first { $0.field == field.name }?.mask.rawValue ?? ""
            let choices =
                [Choice("", "不返回")]
                + DataService.Mask.allCases.filter { $0 != .none || !field.marks.contains(.personal) || principal.may(ledger.revealPermission) }.map {
                    Choice($0.rawValue, $0.title)
                }
            return FormField("out.\(field.name)", field.title + (field.marks.contains(.personal) ? "（个人信息）" : ""), .select(choices), value: chosen, help: field.name)
        }
        let names = visible.map { "\($0.name) \($0.title)" }.joined(separator: "；")
        let suggested = visible.filter { $0.marks.contains(.filterable) || $0.marks.contains(.searchable) }.prefix(3).map { "\($0.name) = \($0.name) eq" }.joined(separator: "\n")
        let sections = [
            FormSection(
                "接口",
                [
                    FormField("title", "标题", .text, value: text("title", service?.title), isRequired: true, maxLength: 60),
                    FormField(
                        "name", "接口名称", service == nil ? .text : .shown("<code>\(service?.name)</code>"), value: text("name", service?.name), isRequired: service == nil,
                        help: "地址为 /data/v1/接口名称，上线后不变", maxLength: 48),
                    FormField("category", "目录", .text, value: text("category", service?.category ?? ledger.group), isRequired: true, maxLength: 30),
                    FormField(
                        "level", "安全等级", .select(DataService.Level.allCases.map { Choice($0.rawValue, $0.title) }), value: text("level", service?.level.rawValue ?? "inner"),
                        isRequired: true,
                        help: "敏感接口的申请还须安全管理员审核"),
                    FormField(
                        "maximumRows", "每页最大条数", .number(step: "1"), value: text("maximumRows", String(service?.maximumRows ?? 100)), isRequired: true, minimum: "1",
                        maximum: "1000"),
                    FormField(
                        "timeoutSeconds", "超时", .number(step: "1"), value: text("timeoutSeconds", String(service?.timeoutSeconds ?? 5)), isRequired: true, unit: "秒", minimum: "1",
                        maximum: "30"),
                    FormField("details", "说明", .textArea(rows: 2), value: text("details", service?.details), maxLength: 500, isWide: true),
                ]),
            FormSection(
                "查询",
                [
                    FormField(
                        "parameters", "请求参数", .textArea(rows: 5), value: text("parameters", service.map { $0.parameters.map(\.line).joined(separator: "\n") } ?? suggested),
                        help: "一行一个：参数名 = 字段 条件 [必填] [默认 值]。条件：eq 等于、ne 不等于、in 其中之一、contains 包含、startsWith 开头、gte 不小于、lte 不大于、between 起止。字段：\(names)", isWide: true),
                    FormField("fixed", "固定条件", .text, value: text("fixed", service?.fixed), help: "与台账列表地址栏的写法相同，如 f.stage=5,6；调用方不能改变", isWide: true),
                    FormField("sort", "排序", .text, value: text("sort", service?.sort), help: "字段名，前加 - 为从大到小；空为台账的次序"),
                ]), FormSection("返回列与脱敏", masks),
        ]
        let back = service.map { "/data-services/\($0.id)" } ?? "/data-services"
        let action = service.map { "/data-services/\($0.id)/edit" } ?? "/data-services/new/\(name)"
        let form = Form(action: action, sections: sections, cancel: back, findings: findings, context: context)
        let title = service.map { "修改：\($0.title)" } ?? "新增接口：\(ledger.title)"
        return Shell.page(
            title, crumbs: [Crumb("数据服务"), Crumb("接口目录", "/data-services"), Crumb(service == nil ? "新增" : "修改")], active: "/data-services",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: "\(Card(body: "\(form)"))", context: context)
    }

    /// `POST /data-services/new/{ledger}` and `POST /data-services/{id}/edit`.
    @Sendable
    func keep(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let known = context.here.path.hasSuffix("/edit") ? try await one(context) : nil
        var service = try known ?? DataService(name: input["name"] ?? "", title: "", category: "", details: "", level: .inner, ledger: context.path("ledger"))
        service.title = input["title"] ?? ""
        service.category = input["category"] ?? ""
        service.details = input["details"] ?? ""
        service.level = input["level"].flatMap(DataService.Level.init(rawValue:)) ?? .sensitive
        service.maximumRows = input["maximumRows"].flatMap { Int($0) } ?? 0
        service.timeoutSeconds = input["timeoutSeconds"].flatMap { Int($0) } ?? 0
        service.fixed = input["fixed"] ?? ""
        service.sort = input["sort"] ?? ""
        service.outputs = (engine.ledgers.declaration(service.ledger)?.fields ?? []).compactMap { field in
            input["out.\(field.name)"].flatMap(DataService.Mask.init(rawValue:)).map { DataService.Output(field: field.name, mask: $0) }
        }
        let lines = (input["parameters"] ?? "").split(whereSeparator: \.isNewline).map(String.init).filter { !$0.trimmedSpaces.isEmpty }
        service.parameters = lines.compactMap { DataService.Parameter(line: $0) }
        if service.parameters.count < lines.count {
            let wrong = lines.filter { DataService.Parameter(line: $0) == nil }
            return try await form(context, known, input, [FieldFinding("parameters", "format", "看不懂：\(wrong.joined(separator: "；"))", title: "请求参数")])
        }
        let kept = service
        do {
            let id = try await database.write { [engine] tx in try engine.keep(kept, by: principal, in: tx) }
            return Shell.done("已保存，测试无误后即可上线", to: "/data-services/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, known, input, failure.fields)
        }
    }

    func applyForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let service = try await one(context)
        let applications = try await database.read { [engine] in try engine.applications(by: principal, in: $0) }.filter(\.isOn)
        let fields = [
            FormField(
                "application", "应用", .select(applications.map { Choice(String($0.id), "\($0.name)（\($0.key)）") }), value: input?["application"], isRequired: true,
                help: applications.isEmpty ? "还没有登记应用，请先联系管理员在“应用与密钥”中登记" : nil),
            FormField("dailyLimit", "每日次数", .number(step: "1"), value: input?["dailyLimit"] ?? "10000", isRequired: true, minimum: "1", maximum: "1000000"),
            FormField("purpose", "用途", .textArea(rows: 3), value: input?["purpose"], isRequired: true, help: "审核人据此判断是否必要", maxLength: 500, isWide: true),
        ]
        let form = Form(
            action: "/data-services/\(service.id)/apply", sections: [FormSection(nil, fields)], submit: "提交申请", cancel: "/data-services/\(service.id)", findings: findings,
            context: context)
        return Shell.form(
            "申请使用：\(service.title)", crumbs: [Crumb("接口目录", "/data-services"), Crumb("申请")], active: "/data-services", form, context: context)
    }

    /// `POST /data-services/{id}/apply`.
    @Sendable
    func apply(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let service = try await one(context)
        let input = try await request.form(context)
        guard let application = input["application"].flatMap({ Int64($0) }) else {
            return try await applyForm(context, input, [FieldFinding("application", "required", "请选择", title: "应用")])
        }
        let (purpose, limit) = (input["purpose"] ?? "", input["dailyLimit"].flatMap { Int($0) } ?? 0)
        do {
            let item = try await database.write { [engine] tx in try engine.apply(service, for: application, purpose: purpose, dailyLimit: limit, by: principal, in: tx) }
            return Shell.done("已提交，编号 \(item.number)", to: "/data-services/\(service.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await applyForm(context, input, failure.fields)
        }
    }

    /// `POST /data-grants/{id}/revoke`.
    @Sendable
    func revoke(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.revoke(id, by: principal, in: tx) }
        return Shell.refreshed("已撤销", context: context, request: request)
    }
}
