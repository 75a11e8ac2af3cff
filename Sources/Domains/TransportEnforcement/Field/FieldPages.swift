import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Messages
import Storage
import Web
import Workflows

/// B1.1.6、B2.1.11 the officer's telephone: daily work, warnings, messages, me.
struct FieldPages: Sendable {
    let platform: Platform
    private var desk: FieldDesk { FieldDesk(platform: platform) }

    func add(to routes: Routes) {
        let field = RoutePermission.named(EnforcementPermission.mobile)
        routes.get("/m", permission: .signedIn) { _, context in
            Shell.done("", to: context.may(EnforcementPermission.mobile) ? "/m/field" : context.site.settings.homePath, context: context)
        }
        routes.get("/m/field", permission: field, use: home)
        routes.get("/m/field/warnings", permission: field, use: warnings)
        routes.get("/m/field/me", permission: field, use: me)
        routes.get("/m/field/subjects", permission: field, use: subjects)
        routes.get("/m/field/log", permission: field) { _, context in logForm(context, nil, []) }
        routes.post("/m/field/log", permission: field, use: log)
        routes.get("/m/field/out", permission: field) { _, context in outForm(context, nil, []) }
        routes.post("/m/field/checkin", permission: field, use: checkin)
        routes.post("/m/field/position", permission: field, use: position)
    }

    // MARK: Frame

    static func page(_ title: String, _ active: String, status: HTTPResponse.Status = .ok, _ body: Markup, _ context: WebContext) -> Response {
        let tabs: [(path: String, icon: String, title: String)] = [
            ("/m/field", "clipboard", "日常工作"), ("/m/field/warnings", "alert", "预警信息"), ("/messages", "bell", "消息提醒"), ("/m/field/me", "user", "个人中心"),
        ]
        let links = tabs.map { tab -> Markup in
            "<a href=\"\(tab.path)\"\(Markup.flag("aria-current=\"page\"", tab.path == active)) hx-boost=\"false\">\(Icon(tab.icon))<span>\(tab.title)</span></a>"
        }
        let script: Markup = "<script type=\"module\" src=\"\(context.site.assets.path("enforcement.js"))\"></script>"
        return Shell.page(
            title, status: status, layout: .mobile, hasHead: false,
            body:
                "\(SubjectPages.styles(context))<div class=\"field-page stack\" data-field-position=\"/m/field/position\">\(body)</div><nav class=\"field-tabs\" aria-label=\"导航\">\(links)</nav>\(script)",
            context: context)
    }

    static func lines(_ rows: [(path: String?, title: Markup, note: Markup)], empty: String) -> Markup {
        guard !rows.isEmpty else { return "<p class=\"nothing\">\(empty)</p>" }
        let items = rows.map { row -> Markup in
            let inner: Markup = "<strong>\(row.title)</strong><span>\(row.note)</span>"
            return row.path.map { "<li><a href=\"\($0)\" hx-boost=\"false\">\(inner)</a></li>" } ?? "<li>\(inner)</li>"
        }
        return "<ul class=\"field-list\">\(items)</ul>"
    }

    // MARK: Home

    private struct Today: Sendable {
        var last: String?
        var waiting: [Row]
        var cases: WorkPage
        var tasks: Int
    }

    @Sendable func home(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let today = platform.clock.today
        let facts = try await platform.database.read { [platform] reader -> Today in
            var query = WorkQuery(.todo)
            query.limit = 5
            return Today(
                last: try reader.value(
                    "SELECT kind FROM field_checkins WHERE user_id = \(principal.id) AND kind IN ('on', 'off') AND at >= \(today.start) ORDER BY at DESC, id DESC LIMIT 1")?.text,
                waiting: try Self.waiting(of: principal.id, today, reader), cases: try platform.workflows.list(query, by: principal, in: reader), tasks: 0)
        }
        var tiles: [(path: String, icon: String, title: String)] = []
        if context.may(EnforcementPermission.inspect) { tiles += [("/m/field/subjects", "qr", "检查主体")] }
        if context.may(EnforcementPermission.field) { tiles += [("/enforcement/subjects", "shield", "日常执法"), ("/work", "flow", "核实与派单")] }
        tiles += [("/m/field/out", "pin", "外出签到"), ("/m/field/log", "edit", "工作日志"), ("/notices", "bell", "通知公告")]
        if context.site.menu.contains(where: { $0.path == "/news" }) { tiles.append(("/news", "file", "最新资讯")) }
        let links = tiles.map { tile -> Markup in "<a class=\"field-tile\" href=\"\(tile.path)\" hx-boost=\"false\">\(Icon(tile.icon))<span>\(tile.title)</span></a>" }
        let isOn = facts.last == "on"
        let clock: Markup = """
            <form method="post" action="/m/field/checkin" class="field-clock" data-locate hx-boost="false"><input type="hidden" name="_csrf" value="\(context.csrf)"><input type="hidden" name="kind" value="\(isOn ? "off" : "on")">\
            <input type="hidden" name="longitude"><input type="hidden" name="latitude"><div><strong>\(principal.name)</strong><span class="nothing">\(isOn ? "已上班，位置随页面上报" : facts.last == "off" ? "今天已下班" : "今天还没有打卡")</span></div>\
            <button type="submit" class="btn btn-primary">\(isOn ? "下班打卡" : "上班打卡")</button></form>
            """
        let waiting = facts.waiting.prefix(8).map { row -> (path: String?, title: Markup, note: Markup) in
            let isFailed = row.text("origin") == "failed"
            let mark: Markup = isFailed ? "\(Badge("不达标复查", .red))" : "\(Badge(platform.dictionaries.title(of: row.text("origin") ?? "", in: .pendingOrigin), .info))"
            return (
                EnforcementSubject.codePath(of: row.int("subject") ?? 0, platform.keys), "\(row.text("subject_name"))",
                "\(mark) \(row.int("items")) 项，应查 \(row.day("due_on")?.text)"
            )
        }
        let cases = facts.cases.lines.map { line -> (path: String?, title: Markup, note: Markup) in
            let late = line.step?.isOverdue(at: platform.clock.now) ?? false
            return ("/work/\(line.item.id)", "\(line.item.title)", "\(line.step?.title) \(line.item.number) \(late ? "\(Badge("超期", .red))" : .empty)")
        }
        let inspections: Markup =
            context.may(EnforcementPermission.inspect) ? "\(Card("今日待查（\(facts.waiting.count) 家）", body: Self.lines(Array(waiting), empty: "没有到期的检查项")))" : .empty
        return Self.page(
            "日常工作", "/m/field",
            "\(Card(body: clock))<div class=\"field-tiles\">\(links)</div>\(inspections)\(Card("我的待办（\(facts.cases.total)）", body: Self.lines(cases, empty: "没有待办事项")))", context)
    }

    /// Subjects with items that one inspector is to inspect by today, what failed first.
    static func waiting(of user: Int64, _ today: Day, _ reader: any Reader) throws -> [Row] {
        try reader.rows(
            """
            SELECT p.subject, MAX(s.name) AS subject_name, COUNT(*) AS items, MIN(p.due_on) AS due_on, MIN(CASE WHEN p.origin = 'failed' THEN 'failed' ELSE p.origin END) AS first_origin,
                CASE WHEN COUNT(CASE WHEN p.origin = 'failed' THEN 1 END) > 0 THEN 'failed' ELSE MIN(p.origin) END AS origin
            FROM pending_inspections p JOIN transport_subject s ON s.id = p.subject WHERE p.assignee = \(user) AND p.state = 'open' AND p.due_on <= \(today) AND s.deleted_at IS NULL
            GROUP BY p.subject ORDER BY COUNT(CASE WHEN p.origin = 'failed' THEN 1 END) DESC, due_on, p.subject LIMIT 200
            """)
    }

    // MARK: Warnings

    /// B1.1.6.4、B2.1.13: items that failed or are past their day, cases whose step is late.
    @Sendable func warnings(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let today = platform.clock.today
        let (failed, late) = try await platform.database.read { [platform] reader -> ([Row], WorkPage) in
            let rows = try reader.rows(
                """
                SELECT p.id, p.subject, s.name AS subject_name, i.name AS item_name, p.due_on, p.origin FROM pending_inspections p JOIN transport_subject s ON s.id = p.subject
                JOIN inspection_item i ON i.id = p.item WHERE p.assignee = \(principal.id) AND p.state = 'open' AND (p.origin = 'failed' OR p.due_on < \(today)) ORDER BY p.due_on, p.id LIMIT 100
                """)
            var query = WorkQuery(.todo)
            query.isOverdue = true
            query.limit = 100
            return (rows, try platform.workflows.list(query, by: principal, in: reader))
        }
        let items = failed.map { row -> (path: String?, title: Markup, note: Markup) in
            let mark = row.text("origin") == "failed" ? Badge("不达标", .red) : Badge("已到期", .orange)
            return (
                EnforcementSubject.codePath(of: row.int("subject") ?? 0, platform.keys), "\(row.text("subject_name"))：\(row.text("item_name"))",
                "\(mark) 应查 \(row.day("due_on")?.text)"
            )
        }
        let cases = late.lines.map { line -> (path: String?, title: Markup, note: Markup) in
            ("/work/\(line.item.id)", "\(line.item.title)", "\(Badge("超期执法", .red)) \(line.step?.title) 时限 \(line.step?.dueAt?.text.prefix(16) ?? "")，请立即办理")
        }
        let inspections: Markup = context.may(EnforcementPermission.inspect) ? "\(Card("检查预警（\(failed.count)）", body: Self.lines(items, empty: "没有不达标或到期的检查项")))" : .empty
        return Self.page("预警信息", "/m/field/warnings", "\(Card("执法预警（\(late.total)）", body: Self.lines(cases, empty: "没有超期事项")))\(inspections)", context)
    }

    // MARK: Me

    @Sendable func me(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let since = platform.clock.today.adding(days: -30).start
        let (checkins, logs, inspections) = try await platform.database.read { reader in
            (
                try reader.rows("SELECT kind, at, matter FROM field_checkins WHERE user_id = \(principal.id) AND at >= \(since) ORDER BY at DESC LIMIT 20"),
                try reader.rows("SELECT day, content FROM field_logs WHERE user_id = \(principal.id) ORDER BY id DESC LIMIT 10"),
                try reader.count("SELECT COUNT(*) FROM inspection_records WHERE officer = \(principal.id) AND inspected_at >= \(since)")
            )
        }
        let facts = DescriptionList(
            [.init("姓名", "\(principal.name)"), .init("单位", "\(principal.organisationName)"), .init("近 30 天检查", "\(inspections) 次"), .init("近 30 天签到", "\(checkins.count) 次")],
            columns: 2)
        let marks = checkins.map { row -> (path: String?, title: Markup, note: Markup) in
            (nil, "\(platform.dictionaries.title(of: row.text("kind") ?? "", in: .checkinKind))", "\(row.moment("at")?.text.prefix(16) ?? "") \(row.text("matter"))")
        }
        let written = logs.map { row -> (path: String?, title: Markup, note: Markup) in (nil, "\(row.day("day")?.text)", "\(row.text("content"))") }
        let leave: Markup = """
            <div class="field-me"><a class="btn" href="/account/password">修改密码</a><a class="btn" href="/work" hx-boost="false">办理记录</a>\
            <form method="post" action="/logout" hx-boost="false"><input type="hidden" name="_csrf" value="\(context.csrf)"><button type="submit" class="btn">退出登录</button></form></div>
            """
        return Self.page(
            "个人中心", "/m/field/me",
            "\(Card(body: "\(facts)\(leave)"))\(Card("签到记录", body: Self.lines(marks, empty: "还没有签到")))\(Card("工作日志", body: Self.lines(written, empty: "还没有日志")))", context)
    }

    // MARK: Subjects

    /// `GET /m/field/subjects?q=`: by the telephone's scanner, or by name.
    @Sendable func subjects(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"] ?? ""
        let page = try await platform.ledgers.list(LedgerQuery(ledger: EnforcementSubject.ledger.name, search: keyword.isEmpty ? nil : keyword, limit: 30), by: principal)
        let rows = page.records.map { record -> (path: String?, title: Markup, note: Markup) in
            let state = record.values["state"]?.text ?? "normal"
            return (
                EnforcementSubject.codePath(of: record.id, platform.keys), "\(record.values["name"]?.text)",
                "\(Badge(platform.dictionaries.title(of: state, in: .transportSubjectState), SubjectPages.tone(state))) \(record.values["plateNo"]?.text)"
            )
        }
        let search: Markup = """
            <form method="get" action="/m/field/subjects" class="field-search" hx-boost="false"><input class="form-control" type="search" name="q" value="\(keyword)" placeholder="名称、车牌号码" aria-label="查找主体">\
            <button class="btn btn-primary" type="submit">查找</button><button class="btn" type="button" data-scan hidden>\(Icon("qr"))扫一扫</button></form><video class="field-scan" data-scan-video playsinline muted hidden></video>\
            <p class="nothing">用手机相机或微信扫主体二维码也可直接打开主体页</p>
            """
        return Self.page("检查主体", "/m/field", "\(Card(body: search))\(Card(body: Self.lines(rows, empty: "没有找到；只列出所在网格内的主体")))", context)
    }

    // MARK: Check-ins and logs

    private func outForm(_ context: WebContext, _ matter: String?, _ findings: [FieldFinding]) -> Response {
        let form = Form(
            action: "/m/field/checkin",
            sections: [
                FormSection(
                    nil,
                    [FormField("kind", "", .hidden, value: "out"), FormField("matter", "办理事项", .textArea(rows: 3), value: matter, isRequired: true, maxLength: 200, isWide: true)])
            ],
            submit: "外出签到", cancel: "/m/field", findings: findings,
            extra: "<input type=\"hidden\" name=\"longitude\"><input type=\"hidden\" name=\"latitude\"><span data-locate-form></span>",
            context: context)
        return Self.page("外出签到", "/m/field", status: findings.isEmpty ? .ok : .unprocessableContent, "\(Card(body: "\(form)"))", context)
    }

    @Sendable func checkin(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let checkin = FieldDesk.Checkin(
            kind: input["kind"] ?? "", subject: input["subject"].flatMap { Int64($0) }, matter: input["matter"] ?? "", longitude: input["longitude"].flatMap { Double($0) },
            latitude: input["latitude"].flatMap { Double($0) })
        let title = platform.dictionaries.title(of: checkin.kind, in: .checkinKind)
        do {
            try await platform.database.write { [desk] tx in try desk.check(checkin, by: principal, in: tx) }
            let next = checkin.kind == "arrive" ? checkin.subject.map { EnforcementSubject.codePath(of: $0, platform.keys) } : nil
            return Shell.done("已签到：\(title)", to: next ?? "/m/field", context: context)
        } catch let failure as Failure where failure.kind == .invalid && checkin.kind == "out" {
            return outForm(context, checkin.matter, failure.fields)
        } catch let failure as Failure where failure.kind == .conflict {
            return Shell.done(failure.message, to: "/m/field", context: context)
        }
    }

    /// `POST /m/field/position`: what the open page says every minute.
    @Sendable func position(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        guard let longitude = input["longitude"].flatMap({ Double($0) }), let latitude = input["latitude"].flatMap({ Double($0) }) else {
            throw Failure.invalid([FieldFinding("position", "required", "缺少位置", title: "位置")])
        }
        try await platform.database.write { [desk] tx in try desk.position(longitude, latitude, of: principal.id, in: tx) }
        return .json(["ok": true])
    }

    private func logForm(_ context: WebContext, _ content: String?, _ findings: [FieldFinding]) -> Response {
        let form = Form(
            action: "/m/field/log",
            sections: [FormSection(nil, [FormField("content", "今日工作", .textArea(rows: 6), value: content, isRequired: true, maxLength: 2000, isWide: true)])],
            submit: "保存日志", cancel: "/m/field", findings: findings, context: context)
        return Self.page("工作日志", "/m/field", status: findings.isEmpty ? .ok : .unprocessableContent, "\(Card(body: "\(form)"))", context)
    }

    @Sendable func log(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let content = try await request.form(context)["content"] ?? ""
        do {
            try await platform.database.write { [desk] tx in try desk.log(content, by: principal, in: tx) }
            return Shell.done("已保存", to: "/m/field/me", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return logForm(context, content, failure.fields)
        }
    }
}
