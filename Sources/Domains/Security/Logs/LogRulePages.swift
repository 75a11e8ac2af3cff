import Features
import Hummingbird
import Identity
import Kernel
import Logs
import Storage
import Web

/// D17.3.6 解析规则: how fields are read out of lines, tried on a pasted line before it is kept.
struct LogRulePages: Sendable {
    let platform: Platform
    static let path = "/security/log-rules"
    private static let crumbs = [Crumb(SecurityMenu.group), Crumb("解析规则", path)]

    func add(to routes: Routes) {
        let reads = RoutePermission.named(SecurityPermission.logsRead), manages = RoutePermission.named(SecurityPermission.logsManage)
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/new", permission: manages) { _, context in try await form(nil, nil, [], .empty, context) }
        routes.post(Self.path + "/new", permission: manages, use: make)
        routes.get(Self.path + "/{id}", permission: manages, use: edit)
        routes.post(Self.path + "/{id}", permission: manages, use: keep)
        routes.post(Self.path + "/{id}/remove", permission: manages, use: remove)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let (rules, sources) = try await platform.database.read { [logs = platform.logs] reader in (try logs.rules(reader), try logs.sources(reader)) }
        let names = Dictionary(sources.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let kind = context.here["kind"]
        let found = rules.filter { window.finds($0.title, $0.body.pattern, $0.body.contains) && (kind == nil || $0.body.kind.rawValue == kind) }
        let (shown, pager) = window.numbered(found, sortedBy: ["title": { $0.title }, "hits": { String(1_000_000_000_000_000 + $0.hits) }])
        let manages = context.may(SecurityPermission.logsManage)
        let columns = [
            Column("position", "次序", align: .end), Column("title", "名称", isSortable: true), Column("kind", "方式"), Column("source", "适用来源"),
            Column("mapping", "字段映射", isWrapping: true),
            Column("state", "状态"), Column("hits", "累计解析", align: .end, isSortable: true), Column("by", "修改"),
        ]
        let list = ListPage(
            "解析规则", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("解析规则")], id: "log-rules", columns: columns,
            filters: [.keyword(context, "名称、表达式"), .choice("kind", "方式", LogRule.Kind.allCases.map { Choice($0.rawValue, $0.title) }, context)],
            empty: "还没有解析规则：日志照常接收和检索，建立规则后才有源地址、账号等可查询的字段", add: manages ? ActionButton("新建规则", .link(Self.path + "/new"), icon: "plus", style: .primary) : nil,
            above: "\(Notice(.info, "一条日志按次序逐条试，用第一条适用的规则。规则只影响以后收到的日志。"))")
        return list.response(shown.map { Self.row($0, names, manages) }, pager, context)
    }

    private static func row(_ rule: LogRule, _ names: [Int64: String], _ manages: Bool) -> TableRow {
        let mapping = rule.body.mapping.sorted { $0.key < $1.key }.map { "\($0.key) → \($0.value.title)" }.joined(separator: "，")
        let event: Markup = rule.body.isEvent ? " \(Badge("攻击事件", .red))" : .empty
        let cells: [Markup] = [
            "\(Int(rule.position))", "\(rule.title)\(event)", "\(rule.body.kind.title)", "\(rule.source.map { names[$0] ?? "已删除的来源" } ?? "全部")", "\(mapping)",
            rule.isOn ? "\(Badge("启用", .good, isDot: true))" : "\(Badge("停用", .muted, isDot: true))", "<span class=\"num\">\(Figure.grouped(Int(rule.hits)))</span>",
            "\(rule.updatedBy) \(rule.updatedAt)",
        ]
        let remove: Markup = manages ? "\(ActionButton("删除", .post("\(path)/\(rule.id)/remove", confirm: "删除规则“\(rule.title)”？已解析的日志不变"), style: .quiet))" : .empty
        return TableRow(id: String(rule.id), cells, path: manages ? "\(path)/\(rule.id)" : nil, actions: remove)
    }

    // MARK: One rule

    private func form(_ rule: LogRule?, _ input: FormInput?, _ findings: [FieldFinding], _ trial: Markup, _ context: WebContext) async throws -> Response {
        let sources = try await platform.database.read { [logs = platform.logs] in try logs.sources($0) }
        let body = rule?.body ?? LogRule.Body()
        func value(_ name: String, _ kept: String) -> String { input.map { $0.items.first { $0.name == name }?.value ?? "" } ?? kept }
        let own = [
            FormField("title", "名称", .text, value: value("title", rule?.title ?? ""), isRequired: true, maxLength: 60),
            FormField(
                "position", "次序", .number(step: "1"), value: value("position", rule.map { String($0.position) } ?? "100"), isRequired: true, help: "小的先试", minimum: "0",
                maximum: "9999"),
            FormField(
                "source", "适用来源", .select([Choice("", "全部来源")] + sources.map { Choice(String($0.id), $0.name) }), value: value("source", rule?.source.map { String($0) } ?? "")),
            FormField("contains", "只解析含有", .text, value: value("contains", body.contains), help: "空为全部", maxLength: 100),
            FormField("isOn", "状态", .check("启用"), value: input == nil ? (rule?.isOn ?? true ? "1" : "") : input?["isOn"]),
            FormField("isEvent", "攻击事件", .check("解析到的日志登记为安全事件"), value: input == nil ? (body.isEvent ? "1" : "") : input?["isEvent"]),
        ]
        let how = [
            FormField("kind", "方式", .radio(LogRule.Kind.allCases.map { Choice($0.rawValue, $0.title) }), value: value("kind", body.kind.rawValue), isRequired: true, isWide: true),
            FormField("separator", "分隔符", .text, value: value("separator", body.separator == " " ? "空格" : body.separator), help: "键值对、分隔符方式用；空格写“空格”，制表符写 \\t", maxLength: 10),
            FormField("sign", "键与值之间", .text, value: value("sign", body.sign), help: "键值对方式用，如 = 或 :", maxLength: 5),
            FormField("columns", "列名", .text, value: value("columns", body.columns.joined(separator: ",")), help: "分隔符方式用：按顺序，用逗号隔开", maxLength: 600, isWide: true),
            FormField(
                "pattern", "表达式", .textArea(rows: 3), value: value("pattern", body.pattern),
                help: "正则表达式方式用：用 (?<名称>…) 取出字段，如 from (?<ip>[0-9.]+) port (?<port>\\d+)；不支持反向引用和环视，因此不会因回溯拖慢采集", maxLength: 500, isWide: true),
        ]
        let mapping = [
            FormField(
                "mapping", "字段映射", .textArea(rows: 5),
                value: value("mapping", body.mapping.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.title)" }.joined(separator: "\n")),
                help: "每行一项：提取的名称=标准字段。标准字段：\(LogField.allCases.map(\.title).joined(separator: "、"))", isWide: true)
        ]
        let tried = [
            FormField("sample", "试解析", .textArea(rows: 3), value: value("sample", ""), help: "粘贴一条原始日志，点“试解析”只看结果，不保存", isWide: true)
        ]
        let path = rule.map { "\(Self.path)/\($0.id)" } ?? Self.path + "/new"
        let form = Form(
            action: path, sections: [FormSection(nil, own), FormSection("取出字段", how), FormSection("映射到标准字段", mapping), FormSection("试解析", tried)], cancel: Self.path,
            findings: findings, extra: "<button type=\"submit\" class=\"btn btn-plain\" name=\"try\" value=\"1\"><span>试解析</span></button>", context: context)
        let title = rule.map { "规则：\($0.title)" } ?? "新建规则"
        return Shell.form(title, crumbs: Self.crumbs + [Crumb(title)], active: Self.path, above: trial, form, context: context)
    }

    private func found(_ context: WebContext) async throws -> LogRule {
        let id = try context.id()
        return try await platform.database.read { [logs = platform.logs] in try logs.rule(id, $0) }
    }

    @Sendable func edit(request: Request, context: WebContext) async throws -> Response { try await form(try await found(context), nil, [], .empty, context) }
    @Sendable func make(request: Request, context: WebContext) async throws -> Response { try await keep(nil, request, context) }
    @Sendable func keep(request: Request, context: WebContext) async throws -> Response { try await keep(try await found(context), request, context) }

    /// The form's texts as a rule.
    ///
    /// - Throws: `.invalid` with findings on the mapping.
    static func body(_ input: FormInput) throws -> LogRule.Body {
        var body = LogRule.Body()
        body.kind = input["kind"].flatMap(LogRule.Kind.init) ?? .keyValue
        body.contains = input["contains"] ?? ""
        let separator = input["separator"] ?? ""
        body.separator = separator == "空格" ? " " : separator
        body.sign = input["sign"] ?? ""
        body.columns = (input["columns"] ?? "").replacing("，", with: ",").split(separator: ",").map { String($0).trimmedSpaces }.filter { !$0.isEmpty }
        body.pattern = input["pattern"] ?? ""
        body.isEvent = input["isEvent"] == "1"
        var findings: [FieldFinding] = []
        let fields = Dictionary(LogField.allCases.map { ($0.title, $0) }, uniquingKeysWith: { first, _ in first })
        for line in (input["mapping"] ?? "").split(whereSeparator: \.isNewline) {
            let parts = line.replacing("＝", with: "=").split(separator: "=", maxSplits: 1).map { String($0).trimmedSpaces }
            guard parts.count == 2, let field = fields[parts[1]] else {
                findings.append(FieldFinding("mapping", "format", "“\(line.prefix(40))”应写为 名称=标准字段", title: "字段映射"))
                continue
            }
            body.mapping[parts[0]] = field
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return body
    }

    private func keep(_ rule: LogRule?, _ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        do {
            let body = try Self.body(input)
            if input["try"] == "1" { return try await form(rule, input, [], try tried(body, input["sample"] ?? ""), context) }
            guard let position = Int64(input["position"] ?? "") else { throw Failure.invalid([FieldFinding("position", "format", "应为整数", title: "次序")]) }
            try await platform.database.write { [logs = platform.logs] tx in
                try logs.keepRule(
                    rule?.id, title: input["title"] ?? "", position: position, isOn: input["isOn"] == "1", source: input["source"].flatMap { Int64($0) }, body: body, by: principal,
                    in: tx)
            }
            return Shell.done("规则已保存，对以后收到的日志生效", to: Self.path, context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await form(rule, input, failure.fields, .empty, context) }
    }

    private func tried(_ body: LogRule.Body, _ sample: String) throws -> Markup {
        let reading = try LogReading(body)
        guard !sample.isEmpty else { throw Failure.invalid([FieldFinding("sample", "required", "请粘贴一条日志", title: "试解析")]) }
        let line = SyslogText(SyslogText.clean(Array(sample.utf8.prefix(LogIntake.longestLine))), received: platform.clock.now)
        let severity = LogSeverity(rawValue: line.severity)?.title ?? ""
        let head = "时间 \(line.at?.text ?? "未识别")，主机 \(line.host.isEmpty ? "未识别" : line.host)，程序 \(line.app.isEmpty ? "未识别" : line.app)，级别 \(severity)"
        guard let found = reading.read(line.text) else { return "\(Notice(.yellow, "这条日志不适用本规则。\(head)；内容：\(line.text)"))" }
        let rows = found.sorted { $0.key < $1.key }.map { name, value -> TableRow in TableRow(["\(name)", "\(value)", "\(reading.mapping[name]?.title ?? "—")"]) }
        let table = DataTable(
            id: "tried", columns: [Column("name", "提取的名称"), Column("value", "值", isWrapping: true), Column("field", "标准字段")], rows: rows, address: PageAddress(Self.path),
            hasTools: false)
        return "\(Notice(.good, "取出 \(found.count) 个字段。\(head)"))\(table)"
    }

    @Sendable func remove(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), id = try context.id()
        try await platform.database.write { [logs = platform.logs] tx in try logs.removeRule(id, by: principal, in: tx) }
        return Shell.refreshed("规则已删除", context: context, request: request)
    }
}
