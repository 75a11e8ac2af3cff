import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// D17.9.2: what was found in uploads, what became of it, and the rules.
struct UploadPages: Sendable {
    let platform: Platform
    let guardian: UploadGuard
    static let path = "/security/uploads"

    init(platform: Platform) {
        self.platform = platform
        guardian = UploadGuard(platform: platform)
    }

    func add(to routes: Routes) {
        let (reads, manages) = (RoutePermission.named(SecurityPermission.uploadsRead), RoutePermission.named(SecurityPermission.uploadsManage))
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/export", permission: reads, use: export)
        routes.get(Self.path + "/rules", permission: manages) { _, context in try await rulesForm(nil, [], context) }
        routes.post(Self.path + "/rules", permission: manages, isDangerous: true, use: keepRules)
        routes.get(Self.path + "/{id}", permission: reads, use: show)
        routes.post(Self.path + "/{id}/allow", permission: manages, isDangerous: true, use: allow)
        routes.post(Self.path + "/{id}/destroy", permission: manages, isDangerous: true, use: destroy)
    }

    var job: JobDeclaration {
        JobDeclaration("uploadSweep", "清除到期的隔离文件", dailyAt: 230) { [guardian] context in
            let count = try await guardian.forget()
            if count > 0 { context.note("清除 \(count) 个") }
        }
    }

    // MARK: List

    private func condition(_ context: WebContext) -> SQL {
        let window = ListWindow(context.here)
        var conditions: [SQL] = ["1 = 1"]
        if let keyword = window.keyword { conditions.append(.contains(keyword, in: "name", "threats", "actor_name", "address", "sha256")) }
        if let level = context.here["level"] { conditions.append("level = \(level)") }
        if let kind = context.here["kind"] { conditions.append("kind = \(kind)") }
        if let treatment = context.here["treatment"] { conditions.append("treatment = \(treatment)") }
        if let from = context.here["at_from"].flatMap({ Day(parsing: $0) }) { conditions.append("at >= \(from.start)") }
        if let through = context.here["at_to"].flatMap({ Day(parsing: $0) }) { conditions.append("at < \(through.adding(days: 1).start)") }
        return SQL.all(of: conditions)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here), condition = condition(context), week = platform.clock.now.adding(seconds: -7 * 86_400)
        let older: SQL = window.before.map { "id < \($0)" } ?? "1 = 1"
        let (found, counts, rules) = try await platform.database.read { reader in
            (
                try reader.rows("SELECT * FROM upload_findings WHERE \(condition) AND \(older) ORDER BY id DESC LIMIT \(window.limit)"),
                try reader.rows("SELECT level, COUNT(*) AS count, COUNT(kept) AS kept FROM upload_findings WHERE at >= \(week) GROUP BY level"), try UploadRules.read(reader)
            )
        }
        let (shown, pager) = window.newest(found) { $0.int("id") ?? 0 }
        let columns = [
            Column("at", "发现时间"), Column("name", "文件名", isWrapping: true), Column("level", "威胁级别"), Column("threats", "发现", isWrapping: true), Column("engine", "引擎"),
            Column("size", "大小", align: .end), Column("treatment", "处理"), Column("actor", "上传人"), Column("address", "来源地址"),
        ]
        func count(_ level: UploadThreat.Level) -> Int { Int(counts.first { $0.text("level") == level.rawValue }?.int("count") ?? 0) }
        let kept = counts.reduce(0) { $0 + Int($1.int("kept") ?? 0) }
        let cards: [Markup] = [
            "\(StatCard("近七天高威胁", "\(count(.high))", unit: "个", tone: count(.high) > 0 ? .red : .good, icon: "alert"))",
            "\(StatCard("近七天中、低威胁", "\(count(.medium) + count(.low))", unit: "个", tone: count(.medium) > 0 ? .yellow : .neutral, icon: "file"))",
            "\(StatCard("隔离中", "\(kept)", unit: "个", note: "近七天；加密保存 \(rules.keptDays) 天", icon: "lock"))",
            "\(StatCard("病毒引擎", rules.engine.isEmpty ? "未接入" : "ClamAV", note: rules.engine.isEmpty ? "仅用内置规则检查，可在检测规则中接入" : "\(rules.engine)", tone: rules.engine.isEmpty ? .yellow : .good, icon: "shield"))",
        ]
        let manage: Markup = context.may(SecurityPermission.uploadsManage) ? "\(ActionButton("检测规则", .dialog(Self.path + "/rules"), icon: "sliders"))" : .empty
        let page = ListPage(
            "上传检测", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("上传检测")], id: "uploads", columns: columns,
            filters: [
                .keyword(context, "文件名、发现、上传人、地址、摘要"), .choice("level", "威胁级别", UploadThreat.Level.allCases.reversed().map { Choice($0.rawValue, $0.title) }, context),
                .choice("kind", "类型", UploadThreat.Kind.allCases.map { Choice($0.rawValue, $0.title) }, context),
                .choice("treatment", "处理", UploadRules.Treatment.allCases.map { Choice($0.rawValue, $0.title) }, context),
                FormField("at_from", "发现日期起", .day, value: context.here["at_from"]), FormField("at_to", "发现日期止", .day, value: context.here["at_to"]),
            ], empty: "还没有发现含威胁的上传文件。所有表单上传的文件都在接收前逐个检查，压缩包逐层检查", export: Self.path + "/export", actions: manage, above: "\(Grid(.quarters, cards))")
        return page.response(shown.map(row), pager, context)
    }

    private func row(_ row: Row) -> TableRow {
        let id = row.int("id") ?? 0
        return TableRow(
            id: String(id),
            [
                "\(row.moment("at"))", "\(row.text("name") ?? "")", Self.badge(row.text("level")), "\(row.text("threats") ?? "")", "\(row.text("engine") ?? "")",
                "\(Figure.size(Int(row.int("size") ?? 0)))", "\(Self.treatment(row))", "\(row.text("actor_name") ?? "")",
                "<span class=\"mono\">\(row.text("address") ?? "")</span>",
            ], path: "\(Self.path)/\(id)")
    }

    private static func badge(_ level: String?) -> Markup {
        guard let level = level.flatMap(UploadThreat.Level.init) else { return .empty }
        let tone: Tone =
            switch level {
            case .high: .red
            case .medium: .orange
            case .low: .yellow
            }
        return "\(Badge(level.title, tone))"
    }

    private static func treatment(_ row: Row) -> String { row.text("treatment").flatMap(UploadRules.Treatment.init)?.title ?? "" }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), condition = condition(context)
        let rows = try await platform.database.write { tx in
            try platform.audit.record(AuditEntry("export", "upload", "", "导出上传检测记录"), by: principal, in: tx)
            return try tx.rows("SELECT * FROM upload_findings WHERE \(condition) ORDER BY id DESC LIMIT 10000")
        }
        let columns = [
            SheetColumn("发现时间", width: 20), SheetColumn("文件名", width: 30), SheetColumn("威胁级别"), SheetColumn("发现", width: 50), SheetColumn("引擎"), SheetColumn("类型", width: 24),
            SheetColumn("SHA-256", width: 66), SheetColumn("大小（字节）"), SheetColumn("处理"), SheetColumn("上传人"), SheetColumn("来源地址"), SheetColumn("上传页面", width: 30),
        ]
        let lines = rows.map { row -> [Cell] in
            [
                row.moment("at").map(Cell.moment) ?? .empty, .text(row.text("name") ?? ""), .text(row.text("level").flatMap(UploadThreat.Level.init)?.title ?? ""),
                .text(row.text("threats") ?? ""), .text(row.text("engine") ?? ""), .text(row.text("media_type") ?? ""), .text(row.text("sha256") ?? ""),
                .number(Double(row.int("size") ?? 0)), .text(Self.treatment(row)), .text(row.text("actor_name") ?? ""), .text(row.text("address") ?? ""),
                .text(row.text("path") ?? ""),
            ]
        }
        return try await SheetAnswer(name: "上传检测记录-\(platform.clock.today.text)", columns: columns, rows: lines).response(context, on: platform.database)
    }

    // MARK: One

    private func finding(_ id: Int64, _ reader: any Reader) throws -> Row {
        guard let row = try reader.first("SELECT * FROM upload_findings WHERE id = \(id)") else { throw Failure.notFound("该检测记录") }
        return row
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let row = try await platform.database.read { try self.finding(id, $0) }
        let isKept = row.text("kept") != nil, isAllowed = row.moment("allowed_at") != nil
        let kept: Markup =
            isKept ? "\(Badge("加密保存中", .info))" : row.moment("ended_at").map { "\($0) \(row.text("ended_by_name") ?? "")" as Markup } ?? "没有保存"
        let allowed: Markup = row.moment("allowed_at").map { "\($0) \(row.text("allowed_by_name") ?? "")认定为误报，同一文件不再拦截" as Markup } ?? "未认定"
        let facts = DescriptionList([
            .init("文件名", "\(row.text("name") ?? "")"), .init("威胁级别", Self.badge(row.text("level"))), .init("发现", "\(row.text("threats") ?? "")", isWide: true),
            .init("检测引擎", "\(row.text("engine") ?? "")"), .init("发现时间", "\(row.moment("at"))"), .init("处理", "\(Self.treatment(row))"),
            .init("申报类型", "\(row.text("media_type") ?? "")"), .init("大小", "\(Figure.size(Int(row.int("size") ?? 0)))"), .init("上传人", "\(row.text("actor_name") ?? "")"),
            .init("SHA-256", "<span class=\"mono\">\(row.text("sha256") ?? "")</span>", isWide: true), .init("来源地址", "<span class=\"mono\">\(row.text("address") ?? "")</span>"),
            .init("上传页面", "<span class=\"mono\">\(row.text("path") ?? "")</span>"), .init("隔离文件", kept), .init("误报认定", allowed),
        ])
        var actions: Markup = .empty
        if context.may(SecurityPermission.uploadsManage) {
            if !isAllowed {
                actions = "\(ActionButton("认定为误报", .post("\(Self.path)/\(id)/allow", confirm: "认定后，内容完全相同的文件再次上传不再拦截。确定？"), icon: "check"))"
            }
            if isKept { actions = "\(actions)\(ActionButton("销毁隔离文件", .post("\(Self.path)/\(id)/destroy", confirm: "销毁后不能恢复，检测记录保留。确定？"), icon: "trash", style: .danger))" }
        }
        return Shell.page(
            "检测记录", crumbs: [Crumb(SecurityMenu.group), Crumb("上传检测", Self.path), Crumb("检测记录")], active: Self.path, actions: actions,
            body: "\(Card("上传文件", body: "\(facts)"))", context: context)
    }

    @Sendable func allow(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id(), principal = try context.signedIn(), now = platform.clock.now
        try await platform.database.write { tx in
            let row = try finding(id, tx)
            guard row.moment("allowed_at") == nil else { throw Failure(.conflict, "JW-SE60", "已认定为误报") }
            try tx.execute("UPDATE upload_findings SET allowed_at = \(now), allowed_by_name = \(principal.name) WHERE id = \(id)")
            try platform.audit.record(AuditEntry("allow", "upload", String(id), "上传文件“\(row.text("name") ?? "")”认定为误报"), by: principal, in: tx)
        }
        return Shell.refreshed("已认定为误报，同一文件可重新上传", context: context, request: request)
    }

    @Sendable func destroy(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id(), principal = try context.signedIn(), now = platform.clock.now
        let hash = try await platform.database.write { tx -> String in
            let row = try finding(id, tx)
            guard let hash = row.text("kept") else { throw Failure(.conflict, "JW-SE61", "没有隔离文件可销毁") }
            try tx.execute("UPDATE upload_findings SET kept = NULL, ended_at = \(now), ended_by_name = \(principal.name) WHERE id = \(id)")
            try platform.audit.record(AuditEntry("destroy", "upload", String(id), "销毁隔离文件“\(row.text("name") ?? "")”"), by: principal, in: tx)
            return hash
        }
        _ = try await platform.blobs.delete(hash, unlessPutSince: nil)
        return Shell.refreshed("已销毁", context: context, request: request)
    }

    // MARK: Rules

    private func rulesForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let rules = try await platform.database.read { try UploadRules.read($0) }
        let choices = UploadRules.Treatment.allCases.map { Choice($0.rawValue, $0.title) }
        let levels = UploadThreat.Level.allCases.reversed().map { level -> FormField in
            let kinds = UploadThreat.Kind.allCases.filter { $0.level == level }.map(\.title).joined(separator: "、")
            return FormField(
                level.rawValue, "\(level.title)威胁", .select(choices), value: input?[level.rawValue] ?? (rules.treatments[level] ?? .report).rawValue, isRequired: true, help: kinds,
                isWide: true)
        }
        let engine = [
            FormField(
                "engine", "clamd 地址", .text, value: input.map { $0["engine"] ?? "" } ?? rules.engine, help: "本机套接字，如 /run/clamav/clamd.ctl；或内网 IPv4 与端口，如 10.0.0.9:3310；不填则只用内置规则",
                maxLength: 100, isWide: true),
            FormField(
                "refusesUnchecked", "引擎不可用时", .radio([Choice("0", "接收并记录"), Choice("1", "拒收")]), value: input?["refusesUnchecked"] ?? (rules.refusesUnchecked ? "1" : "0"),
                isWide: true),
            FormField("keptDays", "隔离文件保存", .number(step: "1"), value: input?["keptDays"] ?? "\(rules.keptDays)", isRequired: true, unit: "天", minimum: "1", maximum: "3650"),
        ]
        let form = Form(
            action: Self.path + "/rules", sections: [FormSection("处理方式", levels), FormSection("病毒引擎与隔离", engine)], submit: "保存", cancel: Self.path, findings: findings,
            context: context)
        return Shell.form("检测规则", crumbs: [Crumb(SecurityMenu.group), Crumb("上传检测", Self.path), Crumb("检测规则")], active: Self.path, form, context: context)
    }

    @Sendable func keepRules(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context, limit: 16_384)
        var rules = UploadRules(), findings: [FieldFinding] = []
        for level in UploadThreat.Level.allCases {
            if let treatment = input[level.rawValue].flatMap(UploadRules.Treatment.init) {
                rules.treatments[level] = treatment
            } else {
                findings.append(FieldFinding(level.rawValue, "choice", "请选择处理方式", title: "\(level.title)威胁"))
            }
        }
        rules.engine = input["engine"] ?? ""
        if !rules.engine.isEmpty {
            if let place = ClamdEngine.Place(rules.engine) {
                if try await UploadGuard.threads.run({ ClamdEngine(place, seconds: 5).version() }) == nil {
                    findings.append(FieldFinding("engine", "unreachable", "没有应答，请检查 clamd 是否运行", title: "clamd 地址"))
                }
            } else {
                findings.append(FieldFinding("engine", "format", "应为本机套接字路径，或 IPv4 地址与端口", title: "clamd 地址"))
            }
        }
        rules.refusesUnchecked = input["refusesUnchecked"] == "1"
        if let days = input["keptDays"].flatMap({ Int($0) }), (1...3650).contains(days) {
            rules.keptDays = days
        } else {
            findings.append(FieldFinding("keptDays", "range", "填写 1 至 3650 的整数", title: "隔离文件保存"))
        }
        guard findings.isEmpty else { return try await rulesForm(input, findings, context) }
        let wanted = rules
        try await platform.database.write { tx in try UploadRules.save(wanted, by: principal, at: platform.clock.now, audit: platform.audit, in: tx) }
        return Shell.done("检测规则已保存，几秒内在所有节点生效", to: Self.path, context: context)
    }
}
