import Features
import Hummingbird
import Identity
import Kernel
import Logs
import Storage
import Web

/// D17.3.6 日志来源: who may send logs, at which doors they are taken, who was turned away, how long lines stay; log files by upload.
struct LogSourcePages: Sendable {
    let platform: Platform
    static let path = "/security/log-sources"
    private static let crumbs = [Crumb(SecurityMenu.group), Crumb("日志来源", path)]
    private static let mostBytes = 32 << 20

    func add(to routes: Routes) {
        let reads = RoutePermission.named(SecurityPermission.logsRead), manages = RoutePermission.named(SecurityPermission.logsManage)
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/new", permission: manages) { _, context in form(nil, FormInput(), [], context) }
        routes.post(Self.path + "/new", permission: manages, use: make)
        routes.get(Self.path + "/{id}", permission: manages, use: edit)
        routes.post(Self.path + "/{id}", permission: manages, use: keep)
        routes.post(Self.path + "/{id}/remove", permission: manages, use: remove)
        routes.get(Self.path + "/{id}/upload", permission: manages) { _, context in try await uploadForm([], context) }
        routes.post(Self.path + "/{id}/upload", permission: manages, use: upload)
        routes.get(Self.path + "/settings", permission: manages) { _, context in try await settingsForm(nil, [], context) }
        routes.post(Self.path + "/settings", permission: manages, use: keepSettings)
    }

    // MARK: List

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let day = platform.clock.today.adding(days: -6), kind = context.here["kind"]
        let (all, refusals, settings) = try await platform.database.read { [logs = platform.logs] reader in
            (try logs.sources(reader), try logs.refusals(since: day, reader), try logs.settings(reader))
        }
        let found = all.filter { window.finds($0.name, $0.address, $0.note) && (kind == nil || $0.kind.rawValue == kind) }
        let (shown, pager) = window.numbered(
            found, sortedBy: ["name": { $0.name }, "address": { $0.address }, "last": { $0.lastAt?.text ?? "" }, "received": { String(1_000_000_000_000_000 + $0.received) }])
        let manages = context.may(SecurityPermission.logsManage)
        let columns = [
            Column("name", "名称", isSortable: true), Column("address", "地址", isSortable: true), Column("kind", "类别"), Column("state", "状态"),
            Column("received", "累计接收", align: .end, isSortable: true),
            Column("last", "最近接收", isSortable: true), Column("note", "备注", isWrapping: true),
        ]
        let add = ActionButton("登记来源", .dialog(Self.path + "/new"), icon: "plus", style: .primary)
        let list = ListPage(
            "日志来源", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("日志来源")], id: "log-sources", columns: columns,
            filters: [.keyword(context, "名称、地址、备注"), .choice("kind", "类别", LogSourceKind.allCases.map { Choice($0.rawValue, $0.title) }, context)],
            empty: "还没有登记来源：登记防火墙、服务器等设备的地址后，它们发来的 syslog 才会被接收", add: manages ? add : nil,
            actions: manages ? "\(ActionButton("采集设置", .dialog(Self.path + "/settings"), icon: "settings"))" : .empty, above: doors(settings),
            below: refused(refusals, settings, manages, context))
        return list.response(shown.map { Self.row($0, manages) }, pager, context)
    }

    private static func row(_ source: LogSource, _ manages: Bool) -> TableRow {
        let state: Markup = source.isOn ? "\(Badge("接收", .good, isDot: true))" : "\(Badge("停用", .muted, isDot: true))"
        let actions: Markup =
            manages
            ? "\(ActionButton("上传日志文件", .dialog("\(path)/\(source.id)/upload"), icon: "upload", style: .quiet))\(ActionButton("删除", .post("\(path)/\(source.id)/remove", confirm: "删除来源“\(source.name)”？已收到的日志保留，之后发来的将被拒收"), style: .quiet))"
            : .empty
        return TableRow(
            id: String(source.id),
            [
                "\(source.name)", "<span class=\"mono\">\(source.address)</span>", "\(source.kind.title)", state,
                "<span class=\"num\">\(Figure.grouped(Int(source.received)))</span>",
                "\(source.lastAt)", "\(source.note)",
            ], path: manages ? "\(path)/\(source.id)" : "\(LogPages.path)?source=\(source.id)", actions: actions)
    }

    /// What listens, and what waits.
    private func doors(_ settings: LogSettings) -> Markup {
        let intake = platform.logs.intake
        let rows = intake.collectors.map { one -> TableRow in
            let state: Markup = one.fault.map { fault in "\(Badge("未监听", .red, isDot: true)) \(fault)" } ?? "\(Badge("监听中", .good, isDot: true))"
            return TableRow([
                "\(one.title)", state, "<span class=\"num\">\(Figure.grouped(one.lines))</span>", "<span class=\"num\">\(one.cut)</span>",
                "<span class=\"num\">\(one.turnedAway)</span>",
                "\(one.lastAt)",
            ])
        }
        let columns = [
            Column("door", "监听地址"), Column("state", "状态", isWrapping: true), Column("lines", "启动以来接收", align: .end), Column("cut", "超长截断", align: .end),
            Column("away", "拒绝连接", align: .end),
            Column("last", "最近一条"),
        ]
        let table = DataTable(
            id: "log-doors", columns: columns, rows: rows, address: PageAddress(Self.path), empty: "本机没有打开 syslog 监听：用 --syslog-udp、--syslog-tcp 或 --syslog-tls 启动（见运维手册“日志采集”）",
            hasTools: false)
        let policy =
            "未登记来源的日志\(settings.keepsUnknown ? "保留，标为“未登记来源”" : "拒收，只记数")；日志保存 \(settings.keepDays) 天。等待写入 \(intake.waiting) 条，启动以来因拥塞丢弃 \(Figure.grouped(intake.dropped)) 条。"
        return "\(Card("采集器（本节点）", isFlush: true, body: "\(table)"))\(Notice(intake.dropped > 0 ? .yellow : .info, "\(policy)"))"
    }

    private func refused(_ refusals: [LogRefusal], _ settings: LogSettings, _ manages: Bool, _ context: WebContext) -> Markup {
        let rows = refusals.map { one -> TableRow in
            let register = ActionButton("登记", .dialog(Self.path + "/new?address=\(FormEncoding.encode(one.address))"), icon: "plus", style: .quiet)
            return TableRow(
                [
                    "<span class=\"mono\">\(one.address)</span>", "\(one.reasonTitle)", "<span class=\"num\">\(Figure.grouped(Int(one.lines)))</span>", "\(one.firstAt)",
                    "\(one.lastAt)",
                    "\(one.sample)",
                ], actions: manages && one.reason == "unknown" && one.address != "*" ? "\(register)" : .empty)
        }
        let columns = [
            Column("address", "地址"), Column("reason", "原因"), Column("lines", "条数", align: .end), Column("first", "首次"), Column("last", "最近"),
            Column("sample", "样例", isWrapping: true),
        ]
        let table = DataTable(id: "log-refused", columns: columns, rows: rows, address: PageAddress(Self.path), empty: "近七日没有被拒收的日志", hasTools: false)
        return "\(Card("近七日拒收", isFlush: true, body: "\(table)"))"
    }

    // MARK: One source

    private func form(_ source: LogSource?, _ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        func value(_ name: String, _ kept: String?) -> String? { input.items.isEmpty ? kept : input[name] ?? "" }
        let fields = [
            FormField("name", "名称", .text, value: value("name", source?.name), isRequired: true, placeholder: "如 边界防火墙", maxLength: 60),
            FormField(
                "address", "地址", .text, value: value("address", source?.address ?? context.here["address"]), isRequired: true, help: "设备发送日志用的 IP；一批设备可写网段，如 10.1.0.0/16",
                maxLength: 60),
            FormField(
                "kind", "类别", .select(LogSourceKind.allCases.map { Choice($0.rawValue, $0.title) }), value: value("kind", source?.kind.rawValue ?? "host"), isRequired: true),
            FormField("isOn", "接收", .check("接收它发来的日志"), value: input.items.isEmpty ? (source?.isOn ?? true ? "1" : "") : input["isOn"]),
            FormField("note", "备注", .text, value: value("note", source?.note), maxLength: 200, isWide: true),
        ]
        let path = source.map { "\(Self.path)/\($0.id)" } ?? Self.path + "/new"
        let form = Form(action: path, sections: [FormSection(nil, fields)], cancel: Self.path, findings: findings, context: context)
        let title = source.map { "来源：\($0.name)" } ?? "登记来源"
        return Shell.form(title, crumbs: Self.crumbs + [Crumb(title)], active: Self.path, form, context: context)
    }

    private func found(_ context: WebContext) async throws -> LogSource {
        let id = try context.id()
        return try await platform.database.read { [logs = platform.logs] in try logs.source(id, $0) }
    }

    @Sendable func edit(request: Request, context: WebContext) async throws -> Response { form(try await found(context), FormInput(), [], context) }
    @Sendable func make(request: Request, context: WebContext) async throws -> Response { try await keep(nil, request, context) }
    @Sendable func keep(request: Request, context: WebContext) async throws -> Response { try await keep(try await found(context), request, context) }

    private func keep(_ source: LogSource?, _ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        do {
            try await platform.database.write { [logs = platform.logs] tx in
                try logs.keepSource(
                    source?.id, name: input["name"] ?? "", address: input["address"] ?? "", kind: input["kind"].flatMap(LogSourceKind.init) ?? .other, isOn: input["isOn"] == "1",
                    note: input["note"] ?? "", by: principal, in: tx)
            }
            return Shell.done("已保存", to: Self.path, context: context)
        } catch let failure as Failure where failure.kind == .invalid { return form(source, input, failure.fields, context) }
    }

    @Sendable func remove(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), id = try context.id()
        try await platform.database.write { [logs = platform.logs] tx in try logs.removeSource(id, by: principal, in: tx) }
        return Shell.refreshed("来源已删除", context: context, request: request)
    }

    // MARK: Files

    private func uploadForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let source = try await found(context)
        let fields = [
            FormField(
                "file", "日志文件", .file(accept: ".log,.txt,.csv,text/plain", isMultiple: false), isRequired: true, help: "每行一条，UTF-8 或 GB18030，最大 32 MB；按“\(source.name)”的解析规则读入",
                isWide: true)
        ]
        let form = Form(
            action: "\(Self.path)/\(source.id)/upload", sections: [FormSection(nil, fields)], submit: "导入", cancel: Self.path, findings: findings, context: context)
        return Shell.form("上传日志文件", crumbs: Self.crumbs + [Crumb(source.name), Crumb("上传日志文件")], active: Self.path, form, context: context)
    }

    @Sendable func upload(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), source = try await found(context)
        let input = try await request.form(context, limit: Self.mostBytes)
        guard let file = input.files("file").first else { return try await uploadForm([FieldFinding("file", "required", "请选择文件", title: "日志文件")], context) }
        let lines = file.bytes.split(whereSeparator: { $0 == 10 || $0 == 0 }).map { Array($0) }.filter { $0.contains { $0 > 32 } }
        guard !lines.isEmpty else { return try await uploadForm([FieldFinding("file", "empty", "文件里没有内容", title: "日志文件")], context) }
        let tally = try await platform.logs.take(file: lines, of: source)
        try await platform.database.write { [audit = platform.audit] tx in
            try audit.record(AuditEntry("import", "log", "\(source.id)", "导入“\(source.name)”的日志文件 \(file.filename)，\(tally.written) 条"), by: principal, in: tx)
        }
        return Shell.done("已导入 \(tally.written) 条，其中 \(tally.read) 条按规则解析", to: "\(LogPages.path)?source=\(source.id)", context: context)
    }

    // MARK: Settings

    private func settingsForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let settings = try await platform.database.read { [logs = platform.logs] in try logs.settings($0) }
        let fields = [
            FormField(
                "unknown", "未登记来源", .radio([Choice("refuse", "拒收，只记数与样例"), Choice("keep", "保留，标为未登记来源")]),
                value: input?["unknown"] ?? (settings.keepsUnknown ? "keep" : "refuse"), isRequired: true,
                isWide: true),
            FormField(
                "keepDays", "保存天数", .number(step: "1"), value: input?["keepDays"] ?? String(settings.keepDays), isRequired: true, help: "到期按天清除，不少于六个月", unit: "天",
                minimum: String(LogSettings.days.lowerBound), maximum: String(LogSettings.days.upperBound)),
        ]
        let form = Form(action: Self.path + "/settings", sections: [FormSection(nil, fields)], cancel: Self.path, findings: findings, context: context)
        return Shell.form("采集设置", crumbs: Self.crumbs + [Crumb("采集设置")], active: Self.path, form, context: context)
    }

    @Sendable func keepSettings(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        do {
            guard let days = Int(input["keepDays"] ?? "") else { throw Failure.invalid([FieldFinding("keepDays", "format", "应为整数", title: "保存天数")]) }
            var settings = LogSettings()
            settings.keepsUnknown = input["unknown"] == "keep"
            settings.keepDays = days
            let wanted = settings
            try await platform.database.write { [logs = platform.logs] tx in try logs.keep(wanted, by: principal, in: tx) }
            return Shell.done("已保存", to: Self.path, context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await settingsForm(input, failure.fields, context) }
    }
}
