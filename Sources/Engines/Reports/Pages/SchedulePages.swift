import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// 定时生成与归档: what is made for whom and when; one's own files.
struct SchedulePages: Sendable {
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        let schedule = RoutePermission.named(ReportPermission.schedule)
        routes.get("/reports/archive", permission: build, use: archive)
        routes.get("/reports/archive/{id}/file", permission: build, use: file)
        routes.get("/reports/schedules", permission: schedule, use: list)
        routes.get("/reports/schedules/new", permission: schedule, use: newForm)
        routes.post("/reports/schedules/new", permission: schedule, use: create)
        routes.get("/reports/schedules/users", permission: schedule, use: users)
        routes.post("/reports/schedules/{id}/switch", permission: schedule, use: flip)
        routes.post("/reports/schedules/{id}/run", permission: schedule, use: run)
        routes.post("/reports/schedules/{id}/delete", permission: schedule, use: delete)
    }

    // MARK: Archive

    @Sendable
    func archive(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let window = ListWindow(context.here)
        let found = try await engine.database.read { [engine] reader in
            try ReportArchive(engine: engine).outputs(of: principal, keyword: window.keyword, before: window.before, limit: window.limit, in: reader)
        }
        let shown = window.newest(found, id: \.id)
        let columns = [
            Column("title", "报表", isWrapping: true), Column("period", "周期"), Column("format", "格式"), Column("size", "大小", align: .end), Column("by", "生成方式"), Column("at", "生成时间"),
            Column("file", "文件"),
        ]
        let rows = shown.rows.map { output -> TableRow in
            let file: Markup =
                output.blob != nil
                ? "\(ActionButton("下载", .download("/reports/archive/\(output.id)/file"), icon: "download", style: .quiet))\(Markup.when(output.format == .pdf, "<a class=\"btn btn-quiet btn-small\" href=\"/reports/archive/\(output.id)/file?view=1\" target=\"_blank\" rel=\"noopener\" hx-boost=\"false\">预览</a>"))"
                : "\(Badge("未生成", .red)) <small class=\"muted\">\(output.error)</small>"
            return TableRow(
                id: String(output.id),
                [
                    "\(output.title)", "\(output.period)", "\(output.format?.title)", output.size > 0 ? "\(Figure.size(output.size))" : "—",
                    "\(output.schedule == nil ? "手工" : "定时（\(output.madeBy)设置）")", "\(output.madeAt)", file,
                ], tone: output.blob == nil ? .red : nil)
        }
        let list = ListPage(
            "报表归档", at: "/reports/archive", crumbs: [Crumb("统计报表"), Crumb("报表归档")], id: "archive", columns: columns, filters: [.keyword(context, "报表名称")],
            empty: "还没有归档的报表。在“报表”中点“生成并归档”，或设置定时生成", above: ReportFace.styles(context))
        return list.response(rows, shown.pager, context)
    }

    /// `?view=1` shows a PDF in place.
    @Sendable
    func file(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let output = try await engine.database.read { [engine] in try ReportArchive(engine: engine).output(id, of: principal, in: $0) }
        guard let hash = output.blob, let format = output.format, let file = try await engine.blobs.open(hash) else { throw Failure.notFound("该报表文件") }
        let bytes = try await file.read(offset: 0, length: file.size)
        if format == .pdf, context.here["view"] == "1" { return .bytes(bytes, contentType: format.mediaType) }
        return .download(bytes, filename: "\(output.title)-\(output.period).\(format.rawValue)", contentType: format.mediaType)
    }

    // MARK: Schedules

    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (schedules, names) = try await engine.database.read { [engine] reader in
            let schedules = try engine.schedules(of: principal, in: reader)
            return (schedules, try ReceiverNames(schedules.flatMap(\.receivers), engine, reader))
        }
        let columns = [
            Column("title", "报表", isSortable: true, isWrapping: true), Column("rhythm", "时间"), Column("formats", "格式"), Column("receivers", "接收人", isWrapping: true),
            Column("next", "下次", isSortable: true), Column("last", "上次", isWrapping: true), Column("state", "状态"),
        ]
        let window = ListWindow(context.here)
        let wanted = schedules.filter { one in
            window.finds(one.title, one.receivers.map { names.title($0) }.joined(separator: "、")) && (context.here["state"].map { ($0 == "on") == one.isOn } ?? true)
        }
        let shown = window.numbered(wanted, sortedBy: ["title": { $0.title }, "next": { $0.isOn ? $0.nextAt.text : "" }])
        let rows = shown.rows.map { one -> TableRow in
            let actions: Markup = """
                \(ActionButton("立即生成", .post("/reports/schedules/\(one.id)/run", confirm: "现在就为全部接收人生成上一周期的报表？"), icon: "play", style: .quiet))\
                \(ActionButton(one.isOn ? "停用" : "启用", .post("/reports/schedules/\(one.id)/switch", confirm: nil), icon: one.isOn ? "pause" : "play", style: .quiet))\
                \(ActionButton("删除", .post("/reports/schedules/\(one.id)/delete", confirm: "删除“\(one.title)”的定时生成？已生成的文件保留。"), icon: "trash", style: .quiet))
                """
            return TableRow(
                id: String(one.id),
                [
                    "\(one.title)", "\(one.rhythm.title)", "\(one.formats.map(\.title).joined(separator: "、"))", "\(one.receivers.map { names.title($0) }.joined(separator: "、"))",
                    one.isOn ? "\(one.nextAt)" : "—", "\(one.lastAt)<br><small class=\"muted\">\(one.lastNote)</small>",
                    "\(Badge(one.isOn ? "启用" : "停用", one.isOn ? .good : .muted))",
                ], actions: actions)
        }
        let list = ListPage(
            "定时生成", at: "/reports/schedules", crumbs: [Crumb("统计报表"), Crumb("定时生成")], id: "schedules", columns: columns,
            filters: [.keyword(context, "报表、接收人"), .choice("state", "状态", [Choice("on", "启用"), Choice("off", "停用")], context)],
            empty: "没有定时生成的报表。在“报表”中打开一个报表，点“定时生成”", above: ReportFace.styles(context))
        return list.response(rows, shown.pager, context)
    }

    private func page(_ item: ReportItem, _ roles: [Role], _ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let formats = ReportFormat.allCases.filter { OfficeProgram.isInstalled || !$0.needsOffice }.map { Choice($0.rawValue, $0.title) }
        let days = (1...28).map { Choice(String($0), "\($0) 日（每周时 1 至 7 为周一至周日）") }
        let fields = [
            FormField("item", "", .hidden, value: String(item.id)),
            FormField("every", "频率", .radio(ReportRhythm.Every.allCases.map { Choice($0.rawValue, $0.title) }), value: input["every"] ?? "day", isRequired: true),
            FormField("day", "哪一天", .select(days), value: input["day"] ?? "1"),
            FormField("time", "时间", .text, value: input["time"] ?? "08:00", isRequired: true, placeholder: "08:00"),
            FormField("format", "格式", .multiSelect(formats), values: input.all("format").isEmpty ? ["xlsx"] : input.all("format"), isRequired: true),
            FormField("role", "接收角色", .multiSelect(roles.map { Choice("role:\($0.name)", $0.title) }), values: input.all("role"), isWide: true),
            FormField("organisation", "接收机构", .reference(url: "/reports/organisations", shown: "")),
            FormField("user", "接收人", .reference(url: "/reports/schedules/users", shown: "")),
        ]
        let form = Form(
            action: "/reports/schedules/new", sections: [FormSection(nil, fields)], submit: "保存", cancel: "/reports/designed/\(item.id)", findings: findings, context: context)
        let note: Markup = "\(Notice(.info, "每个接收人收到的文件只含其本人权限和辖区内的数据；生成的是上一个完整周期。"))"
        return Shell.page(
            "定时生成“\(item.title)”", crumbs: [Crumb("统计报表"), Crumb("定时生成", "/reports/schedules"), Crumb("新建")], active: "/reports/schedules",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: Shell.framed("\(note)\(form)", context), context: context)
    }

    private func begin(_ id: Int64, _ principal: Principal) async throws -> (item: ReportItem, roles: [Role]) {
        try await engine.database.read { [engine] reader in (try engine.item(id, [.template], by: principal, in: reader), try engine.identity.roles.all(reader)) }
    }

    @Sendable
    func newForm(request: Request, context: WebContext) async throws -> Response {
        let (item, roles) = try await begin(context.here["item"].flatMap { Int64($0) } ?? 0, try context.signedIn())
        return page(item, roles, FormInput(), [], context)
    }

    @Sendable
    func create(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let form = try await request.form(context)
        let (item, roles) = try await begin(form["item"].flatMap { Int64($0) } ?? 0, principal)
        let time = (form["time"] ?? "").split(whereSeparator: { $0 == ":" || $0 == "：" }).compactMap { Int($0) }
        do {
            guard time.count == 2, (0...23).contains(time[0]), (0...59).contains(time[1]) else {
                throw Failure.invalid([FieldFinding("time", "format", "应为 时:分，如 08:00", title: "时间")])
            }
            let rhythm = ReportRhythm(form["every"].flatMap(ReportRhythm.Every.init) ?? .day, minute: time[0] * 60 + time[1], day: form["day"].flatMap { Int($0) } ?? 1)
            var receivers = form.all("role").filter { word in roles.contains { "role:\($0.name)" == word } }
            if let organisation = form["organisation"].flatMap({ Int64($0) }) { receivers.append("org:\(organisation)") }
            if let user = form["user"].flatMap({ Int64($0) }) { receivers.append("user:\(user)") }
            let (formats, chosen) = (form.all("format").compactMap(ReportFormat.init), receivers)
            _ = try await engine.database.write { [engine] tx in try engine.schedule(item, rhythm: rhythm, formats: formats, receivers: chosen, by: principal, in: tx) }
            return Shell.done("已设置“\(item.title)”\(rhythm.title)生成", to: "/reports/schedules", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            let findings = failure.fields.map { FieldFinding($0.field == "receiver" ? "role" : $0.field, $0.code, $0.message, title: $0.title) }
            return page(item, roles, form, findings, context)
        }
    }

    @Sendable
    func users(request: Request, context: WebContext) async throws -> Response {
        let (keyword, principal) = (context.here["q"], try context.signedIn())
        let scope = principal.scope.condition(org: "o.id", area: "o.area")
        let matches = SQL.contains(keyword ?? "", in: "u.name")
        let found = try await engine.database.read { reader in
            try reader.rows(
                "SELECT u.id, u.name, o.name AS place FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.state = 'active' AND \(matches) AND \(scope) ORDER BY u.id LIMIT 20"
            )
        }
        return .html("\(ReferenceChoices(found.map { Choice(String($0.int("id") ?? 0), $0.text("name") ?? "", group: $0.text("place")) }))")
    }

    private func own(_ context: WebContext, _ body: @escaping @Sendable (ReportSchedule, Principal, any Transaction) throws -> Void) async throws -> ReportSchedule {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        return try await engine.database.write { [engine] tx in
            let schedule = try engine.schedule(id, of: principal, in: tx)
            try body(schedule, principal, tx)
            return schedule
        }
    }

    @Sendable
    func flip(request: Request, context: WebContext) async throws -> Response {
        let engine = engine
        let schedule = try await own(context) { schedule, principal, tx in try engine.switched(schedule, on: !schedule.isOn, by: principal, in: tx) }
        return Shell.done(schedule.isOn ? "已停用" : "已启用", to: "/reports/schedules", context: context)
    }

    @Sendable
    func delete(request: Request, context: WebContext) async throws -> Response {
        let engine = engine
        _ = try await own(context) { schedule, principal, tx in try engine.remove(schedule, by: principal, in: tx) }
        return Shell.done("已删除", to: "/reports/schedules", context: context)
    }

    /// As a task beside the request: many receivers take a while.
    @Sendable
    func run(request: Request, context: WebContext) async throws -> Response {
        let engine = engine
        let schedule = try await own(context) { _, _, _ in }
        let (now, principal) = (engine.clock.now, try context.signedIn())
        let task = try await engine.tasks.start(kind: "report.schedule", title: "生成报表“\(schedule.title)”", for: principal) { _ in
            let (_, note) = await engine.run(schedule, dueAt: now)
            try await engine.database.write { tx in try tx.execute("UPDATE report_schedules SET last_at = \(now), last_note = \(note) WHERE id = \(schedule.id)") }
            return .init(message: note)
        }
        return Shell.done("已开始生成，完成后接收人会收到消息", to: "/tasks/\(task)", context: context)
    }
}

/// Receivers as people read them.
private struct ReceiverNames: Sendable {
    private var names: [String: String] = [:]

    init(_ words: [String], _ engine: ReportEngine, _ reader: any Reader) throws {
        for role in try engine.identity.roles.all(reader) { names["role:\(role.name)"] = "角色：\(role.title)" }
        let ids = Set(words.compactMap { $0.hasPrefix("org:") ? Int64($0.dropFirst(4)) : nil })
        for (id, name) in try ReportEngine.organisationNames(ids, reader) { names["org:\(id)"] = name }
        let users = words.compactMap { $0.hasPrefix("user:") ? Int64($0.dropFirst(5)) : nil }.prefix(500)
        for row in try reader.rows("SELECT id, name FROM users WHERE id IN (\(list: Array(users)))") { names["user:\(row[0].int ?? 0)"] = row[1].text ?? "" }
    }

    func title(_ word: String) -> String { names[word] ?? word }
}
