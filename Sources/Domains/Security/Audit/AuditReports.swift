import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Schedules
import Storage
import Web

/// D17.3.4 定期审计报告: each month's sign-ins, rights, data, devices and alarms as tables with what is to be done, judged by an auditor and then closed for good.
package struct AuditReports: Sendable {
    let platform: Platform
    static let path = "/security/audit-reports"
    private static let longest = 93

    package init(platform: Platform) { self.platform = platform }

    package static let table = Table(
        "security_audit_reports",
        columns: [
            Column("from_day", .integer, required: true), Column("to_day", .integer, required: true), Column("body", .text, required: true),
            Column("made_at", .integer, required: true),
            Column("made_by_name", .text, required: true), Column("opinion", .text), Column("judged_at", .integer), Column("judged_by_name", .text),
        ], indexes: [Index("from_day", "to_day", unique: true)])

    func add(to routes: Routes) {
        routes.get(Self.path, permission: .named("audit.read"), use: list)
        routes.post(Self.path, permission: .named("audit.verify"), use: make)
        routes.get("\(Self.path)/{id}", permission: .named("audit.read")) { _, context in try await show(context, []) }
        routes.post("\(Self.path)/{id}", permission: .named("audit.verify"), use: judge)
    }

    static func jobs(on platform: Platform) -> [JobDeclaration] {
        let reports = AuditReports(platform: platform)
        return [JobDeclaration("auditReport", "月度审计报告", dailyAt: 95) { context in if try await reports.makeDue() { context.note("已生成上月报告") } }]
    }

    // MARK: What a report says

    /// One line of a table: what, how often, what is to be done about it.
    package struct Line: Sendable, Equatable {
        package var title: String
        package var count: Int
        package var remark: String
    }

    package struct Section: Sendable, Equatable {
        package var title: String
        package var lines: [Line]
    }

    /// Nothing of personal data goes into it: names of accounts, counts, addresses.
    package func sections(from: Day, to: Day, _ reader: any Reader) throws -> [Section] {
        let within: SQL = "day >= \(from) AND day <= \(to)"
        let start = from.start, end = to.end
        var out = [Section(title: "系统登录", lines: try signIns(within, reader))]
        out.append(Section(title: "权限、账号与规则变更", lines: try changes(within, reader)))
        out.append(Section(title: "数据导出、查看原文与删除", lines: try dataUse(within, reader)))
        out.append(Section(title: "网络与安全设备日志", lines: try devices(start, end, reader)))
        out.append(Section(title: "安全报警", lines: try alarms(from, to, reader)))
        return out
    }

    private func signIns(_ within: SQL, _ reader: any Reader) throws -> [Line] {
        let wanted = ["login", "loginCode", "loginFailed", "logout"]
        let rows = try reader.rows("SELECT action, count(*) AS n FROM audit WHERE \(within) AND action IN (\(list: wanted)) GROUP BY action ORDER BY action")
        var lines = rows.map { Line(title: AuditWords.action($0.text("action") ?? ""), count: Int($0.int("n") ?? 0), remark: "") }
        let guessed = try reader.rows(
            """
            SELECT address, count(*) AS n FROM audit WHERE \(within) AND action = 'loginFailed' GROUP BY address HAVING count(*) >= 10 ORDER BY 2 DESC LIMIT 20
            """)
        lines += guessed.map { Line(title: "登录失败集中的地址 \($0.text("address") ?? "")", count: Int($0.int("n") ?? 0), remark: "核实来源，必要时在边界封禁") }
        return lines
    }

    private func changes(_ within: SQL, _ reader: any Reader) throws -> [Line] {
        let kinds = ["user", "userGroup", "role", "signInPolicy", "dualControl", "organisation", "application", "terminal", "userCertificate"]
        let rows = try reader.rows(
            """
            SELECT object_kind, action, count(*) AS n FROM audit WHERE \(within) AND actor_kind = 'user' AND object_kind IN (\(list: kinds)) GROUP BY object_kind, action ORDER BY 1, 2
            """)
        return rows.map { row in
            let kind = row.text("object_kind") ?? ""
            let remark = ["role", "signInPolicy", "dualControl"].contains(kind) ? "与审批记录逐条核对" : ""
            return Line(title: "\(AuditWords.action(row.text("action") ?? ""))\(words(kind))", count: Int(row.int("n") ?? 0), remark: remark)
        }
    }

    private func words(_ kind: String) -> String { AuditWords.object(kind, SecurityPages.auditTitles, platform.ledgers) }

    private func dataUse(_ within: SQL, _ reader: any Reader) throws -> [Line] {
        let rows = try reader.rows(
            """
            SELECT actor, action, count(*) AS n FROM audit WHERE \(within) AND actor_kind = 'user' AND action IN ('export', 'reveal', 'delete') GROUP BY actor, action
            ORDER BY 3 DESC LIMIT 30
            """)
        return rows.map { row in
            let count = Int(row.int("n") ?? 0)
            return Line(title: "\(row.text("actor") ?? "")：\(AuditWords.action(row.text("action") ?? ""))", count: count, remark: count >= 50 ? "次数偏多，向本人核实用途" : "")
        }
    }

    private func devices(_ start: Moment, _ end: Moment, _ reader: any Reader) throws -> [Line] {
        let rows = try reader.rows(
            """
            SELECT device, kind, count(*) AS n, sum(CASE WHEN grade IN ('1', '2') THEN 1 ELSE 0 END) AS heavy FROM security_event WHERE at >= \(start) AND at < \(end) AND deleted_at IS NULL
            GROUP BY device, kind ORDER BY 3 DESC LIMIT 100
            """)
        let titles = SecurityCodes.all.first { $0.name == .incidentKind }?.items.reduce(into: [String: String]()) { $0[$1.code] = $1.title } ?? [:]
        return rows.map { row in
            let heavy = Int(row.int("heavy") ?? 0), kind = row.text("kind") ?? ""
            return Line(
                title: "\(row.text("device") ?? "")：\(titles[kind] ?? kind)", count: Int(row.int("n") ?? 0), remark: heavy > 0 ? "其中较大及以上 \(heavy) 起，须有处置记录" : "")
        }
    }

    private func alarms(_ from: Day, _ to: Day, _ reader: any Reader) throws -> [Line] {
        let kinds = AuditReports.alarmKinds
        let rows = try reader.rows(
            """
            SELECT kind, count(*) AS n, sum(CASE WHEN state IN ('new', 'handling') THEN 1 ELSE 0 END) AS unfinished FROM alarms WHERE kind IN (\(list: kinds.map(\.name)))
            AND day >= \(from) AND day <= \(to) GROUP BY kind ORDER BY 2 DESC
            """)
        return rows.map { row in
            let open = Int(row.int("unfinished") ?? 0)
            let title = kinds.first { $0.name == row.text("kind") }?.title ?? ""
            return Line(title: title, count: Int(row.int("n") ?? 0), remark: open > 0 ? "尚有 \(open) 起未办结" : "已全部办结")
        }
    }

    private static let alarmKinds: [(name: String, title: String)] = [
        ("passwordGuessing", "密码猜测"), ("unusualLogin", "异常登录"), ("massExport", "大量导出数据"), ("nightAct", "非工作时段敏感操作"), ("unusualConduct", "偏离操作习惯"),
        ("intrusionEvent", "入侵事件"), ("rogueAccess", "非法接入与外联"),
    ]

    // MARK: Making

    /// Last month's, where there is none yet.
    package func makeDue() async throws -> Bool {
        let today = platform.clock.today, parts = today.parts
        let last = today.adding(days: -parts.day), first = last.adding(days: 1 - last.parts.day)
        let known = try await platform.database.read { try $0.count("SELECT count(*) FROM security_audit_reports WHERE from_day = \(first) AND to_day = \(last)") }
        guard known == 0 else { return false }
        _ = try await make(from: first, to: last, by: .system("月度审计报告"))
        return true
    }

    /// - Throws: `.invalid` for a period that is not 1…93 days of the past or has its report already.
    package func make(from: Day, to: Day, by principal: Principal) async throws -> Int64 {
        let days = to.daysSince1970 - from.daysSince1970 + 1
        guard (1...Self.longest).contains(days), to <= platform.clock.today else {
            throw Failure.invalid([FieldFinding("from", "range", "须为 1–\(Self.longest) 天，不晚于今天", title: "报告期")])
        }
        let found = try await platform.database.read(within: .seconds(60)) { try sections(from: from, to: to, $0) }
        let body = Self.encode(found)
        return try await platform.database.write { [platform] tx in
            guard try tx.count("SELECT count(*) FROM security_audit_reports WHERE from_day = \(from) AND to_day = \(to)") == 0 else {
                throw Failure.invalid([FieldFinding("from", "duplicate", "该报告期已有报告", title: "报告期")])
            }
            let id = try tx.insert(
                """
                INSERT INTO security_audit_reports (from_day, to_day, body, made_at, made_by_name) VALUES (\(from), \(to), \(body), \(platform.clock.now), \(principal.name))
                """)
            try platform.audit.record(AuditEntry("make", "auditReport", "\(id)", "生成 \(from.text) 至 \(to.text) 的审计报告"), by: principal, in: tx)
            return id
        }
    }

    private static func encode(_ sections: [Section]) -> String {
        let values = sections.map { section -> JSONValue in
            ["title": .string(section.title), "lines": .array(section.lines.map { ["title": .string($0.title), "count": .int(Int64($0.count)), "remark": .string($0.remark)] })]
        }
        return JSONValue.array(values).text
    }

    private static func decode(_ body: String) -> [Section] {
        ((try? JSONValue(parsing: body))?.array ?? []).map { value in
            Section(
                title: value["title"]?.string ?? "",
                lines: (value["lines"]?.array ?? []).map { Line(title: $0["title"]?.string ?? "", count: Int($0["count"]?.int ?? 0), remark: $0["remark"]?.string ?? "") })
        }
    }

    @Sendable func make(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        guard let from = input["from"].flatMap({ Day(parsing: $0) }), let to = input["to"].flatMap({ Day(parsing: $0) }) else {
            return try await page([FieldFinding("from", "required", "请填写起止日期", title: "报告期")], context)
        }
        do {
            let id = try await make(from: from, to: to, by: context.signedIn())
            return Shell.done("已生成", to: "\(Self.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await page(failure.fields, context)
        }
    }

    /// Who judges closes it: figures and opinion stay as they are.
    @Sendable func judge(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id(), principal = try context.signedIn()
        let opinion = (try await request.form(context))["opinion"] ?? ""
        guard (2...2000).contains(opinion.count) else { return try await show(context, [FieldFinding("opinion", "length", "须为 2–2,000 个字", title: "分析与处置意见")]) }
        try await platform.database.write { [platform] tx in
            let changed = try tx.execute(
                "UPDATE security_audit_reports SET opinion = \(opinion), judged_at = \(platform.clock.now), judged_by_name = \(principal.name) WHERE id = \(id) AND judged_at IS NULL"
            )
            guard changed == 1 else { throw Failure(.conflict, "JW-S041", "报告已经评审，不能再改") }
            try platform.audit.record(AuditEntry("review", "auditReport", "\(id)", "评审审计报告", details: ["opinion": .string(opinion)]), by: principal, in: tx)
        }
        return Shell.done("已评审", to: "\(Self.path)/\(id)", context: context)
    }

    // MARK: Pages

    @Sendable func list(request: Request, context: WebContext) async throws -> Response { try await page([], context) }

    private func page(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let before = window.before ?? Int64.max
        let found = try await platform.database.read { try $0.rows("SELECT * FROM security_audit_reports WHERE id < \(before) ORDER BY id DESC LIMIT \(window.limit)") }
        let (shown, pager) = window.newest(found) { $0.int("id") ?? 0 }
        let rows = shown.map { row -> TableRow in
            let isJudged = row.moment("judged_at") != nil
            let cells: [Markup] = [
                "\(Self.period(row))", "\(row.moment("made_at"))", "\(row.text("made_by_name"))", isJudged ? "\(Badge("已评审", .good))" : "\(Badge("待评审", .yellow))",
                "\(row.text("judged_by_name"))",
            ]
            return TableRow(id: "\(row.int("id") ?? 0)", cells, path: "\(Self.path)/\(row.int("id") ?? 0)")
        }
        let today = platform.clock.today
        let fields = [
            FormField("from", "从", .day, value: today.adding(days: 1 - today.parts.day).text, isRequired: true), FormField("to", "至", .day, value: today.text, isRequired: true),
        ]
        let form = Form(action: Self.path, sections: [FormSection(nil, fields)], submit: "生成报告", findings: findings, context: context)
        return ListPage(
            "审计报告", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("审计报告")], id: "reports",
            columns: [Column("period", "报告期"), Column("made", "生成时间"), Column("by", "生成"), Column("state", "评审"), Column("judge", "评审人")],
            empty: "还没有报告。每月初自动生成上月的报告，也可在下面指定报告期", below: context.may("audit.verify") ? "\(Card("指定报告期", body: "\(form)"))" : .empty, findings: findings
        ).response(rows, pager, context)
    }

    private static func period(_ row: Row) -> String { "\(row.day("from_day")?.text ?? "") 至 \(row.day("to_day")?.text ?? "")" }

    private func show(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let id = try context.id()
        guard let row = try await platform.database.read({ try $0.first("SELECT * FROM security_audit_reports WHERE id = \(id)") }) else { throw Failure.notFound("审计报告") }
        let cards = Self.decode(row.text("body") ?? "[]").map { section -> Markup in
            let rows = section.lines.map { TableRow(["\($0.title)", "\($0.count)", "\($0.remark)"]) }
            let table = DataTable(
                id: "part", columns: [Column("title", "事项", isWrapping: true), Column("count", "次数", align: .end), Column("remark", "处置要求", isWrapping: true)], rows: rows,
                address: context.here, empty: "报告期内没有", hasTools: false)
            return "\(Card(section.title, isFlush: true, body: "\(table)"))"
        }
        var judgement: Markup = .empty
        if let at = row.moment("judged_at") {
            let facts = DescriptionList([.init("意见", "\(row.text("opinion"))", isWide: true), .init("评审人", "\(row.text("judged_by_name"))"), .init("评审时间", "\(at)")])
            judgement = "\(Card("审计分析与处置意见", body: "\(facts)"))"
        } else if context.may("audit.verify") {
            let field = FormField(
                "opinion", "分析与处置意见", .textArea(rows: 6), isRequired: true, help: "对异常记录的分析、处置措施与责任人；评审后报告不能再改", error: findings.first?.message, maxLength: 2000, isWide: true)
            judgement = "\(Card("评审", body: "\(Form(action: "\(Self.path)/\(id)", sections: [FormSection(nil, [field])], submit: "评审并归档", context: context))"))"
        }
        let title = "审计报告（\(Self.period(row))）"
        let note = "由\(row.text("made_by_name") ?? "")于 \(row.moment("made_at")?.text ?? "") 生成"
        return Shell.page(
            title, crumbs: [Crumb(SecurityMenu.group), Crumb("审计报告", Self.path), Crumb(Self.period(row))], active: Self.path,
            actions: "\(ActionButton("打印", .print, icon: "print"))", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "<p class=\"muted\">\(note)</p>\(cards)\(judgement)",
            context: context)
    }
}
