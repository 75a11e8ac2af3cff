import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// 备份与演练 (D16.4.1, D16.4.2, D0.3.5): which backups there are, whether the last could be restored, run one now, when they run by themselves.
struct BackupPages: Sendable {
    let platform: Platform
    static let path = "/admin/backups"

    func add(to routes: Routes) {
        let reads = RoutePermission.named(OperationPermission.read)
        let writes = RoutePermission.named(OperationPermission.write)
        routes.get(Self.path, permission: reads, use: show)
        routes.get("/admin/backups/export", permission: reads, use: export)
        routes.get("/admin/backups/{id}", permission: reads, use: run)
        routes.post("/admin/backups/run", permission: writes, isDangerous: true) { _, context in try await start(.backup, context) }
        routes.post("/admin/backups/drill", permission: writes, isDangerous: true) { _, context in try await start(.drill, context) }
        routes.post("/admin/backups/settings", permission: writes, isDangerous: true, use: Routes.guarded(.settingChange, save))
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response { try await page([:], [], context) }

    private func page(_ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let address = context.here
        let window = ListWindow(PageAddress(Self.path, address.query))
        let (settings, runs, backup, drill) = try await platform.database.read { reader in
            (
                try OperationSettings.read(reader),
                try BackupBook.page(kind: address["kind"], state: address["state"], before: window.before, limit: window.limit, in: reader),
                try BackupBook.last(.backup, state: "done", in: reader), try BackupBook.last(.drill, in: reader)
            )
        }
        let shown = window.newest(runs, id: \.id)
        let columns = [
            Column("at", "开始时间"), Column("kind", "类别"), Column("state", "结果"), Column("spent", "用时", align: .end), Column("size", "大小", align: .end),
            Column("folder", "位置", isWrapping: true), Column("by", "发起"),
        ]
        let rows = shown.rows.map { one -> TableRow in
            TableRow(
                id: String(one.id),
                [
                    "\(one.startedAt)", "\(one.kind.title)", "\(Self.badge(one.state))", "\(Self.spent(one))", "\(one.bytes.map { Figure.size(Int($0)) } ?? "—")",
                    "<span class=\"mono\">\(one.folder)</span>", "\(one.byName)",
                ], path: "/admin/backups/\(one.id)")
        }
        let filters: [FormField] = [
            .choice("kind", "类别", BackupBook.Kind.allCases.map { Choice($0.rawValue, $0.title) }, context),
            .choice("state", "结果", Self.states.map { Choice($0.code, $0.title) }, context),
        ]
        let isReady = !settings.backupFolder.isEmpty
        let mayWrite = context.may(OperationPermission.write)
        let approvals = ActionButton("恢复审批", .link(RestorePages.path), icon: "clipboard")
        let buttons: Markup =
            mayWrite && platform.backups != nil
            ? "\(ActionButton("恢复演练", .post("/admin/backups/drill", confirm: "将把最近一份备份恢复到临时目录并逐项核对，期间占用磁盘和处理器。现在开始？"), icon: "shield", isDisabled: backup == nil))\(ActionButton("立即备份", .post("/admin/backups/run", confirm: "现在开始备份？系统照常运行。"), icon: "archive", style: .primary, isDisabled: !isReady))"
            : .empty
        let list = ListPage(
            "备份与演练", at: Self.path, crumbs: [Crumb("系统"), Crumb("备份与演练")], id: "backups", columns: columns, filters: filters,
            empty: isReady ? "还没有备份：点击“立即备份”，或在下方设置每天备份的时间" : "还没有设置备份目录：在下方填写后即可备份", export: "/admin/backups/export", actions: "\(approvals)\(buttons)",
            above: state(settings, backup, drill), below: mayWrite ? form(settings, entered, findings, context) : .empty, findings: findings)
        return list.response(rows, shown.pager, context)
    }

    private func state(_ settings: OperationSettings, _ backup: BackupBook.Run?, _ drill: BackupBook.Run?) -> Markup {
        let age = backup?.startedAt.map { platform.clock.now.seconds(since: $0) / 86_400 }
        let isStale = (age ?? 99) > 2
        let cards: [Markup] = [
            "\(StatCard("最近一次成功备份", backup?.startedAt.map { "\($0.day.text)" } ?? "没有", note: backup.map { run -> Markup in "\(Self.spent(run))，\(run.bytes.map { Figure.size(Int($0)) } ?? "—")" } ?? .empty, tone: isStale ? .red : .good, icon: "archive"))",
            "\(StatCard("最近一次演练", drill.map { $0.state == "done" ? "通过" : $0.state == "running" ? "进行中" : "未通过" } ?? "没有", note: drill.map { run -> Markup in "\(run.startedAt)" } ?? "没有演练过的备份不能算备份", tone: drill?.state == "done" ? .good : .red, icon: "shield"))",
            "\(StatCard("每天备份", settings.backupMinute.map(Self.clock) ?? "未设置", note: "周日全量，其余各日只存变化；保留最近 \(settings.backupCopies) 份", tone: settings.backupMinute == nil ? .yellow : .good, icon: "clock"))",
            "\(StatCard("定期演练", settings.drillDays == 0 ? "未设置" : "每 \(settings.drillDays) 天", note: "恢复到临时位置并核对", tone: settings.drillDays == 0 ? .yellow : .good, icon: "calendar"))",
        ]
        return "\(Grid(.quarters, cards))"
    }

    private func form(_ settings: OperationSettings, _ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) -> Markup {
        let isEmbedded = platform.database.dialect == .sqlite
        var fields = [
            FormField(
                "backupFolder", "备份目录", .text, value: entered["backupFolder"] ?? settings.backupFolder, help: "服务器上的绝对路径，最好是另一块磁盘；每次备份在其中建一个以时间命名的目录",
                placeholder: "/var/backups/jianwei", maxLength: 200,
                isWide: true),
            FormField(
                "backupMinute", "每天备份时间", .text, value: entered["backupMinute"] ?? settings.backupMinute.map(Self.clock) ?? "", help: "如 02:10；不填为不定时备份", placeholder: "02:10"),
            FormField(
                "backupCopies", "保留份数", .number(step: "1"), value: entered["backupCopies"] ?? String(settings.backupCopies), isRequired: true, help: "更早的自动删除", unit: "份",
                minimum: "1", maximum: "365"),
            FormField(
                "drillDays", "演练间隔", .number(step: "1"), value: entered["drillDays"] ?? String(settings.drillDays), isRequired: true, help: "0 为不定期演练；最近三次每失败一次，间隔相应缩短", unit: "天",
                minimum: "0",
                maximum: "365"),
        ]
        if !isEmbedded {
            fields.append(
                FormField(
                    "drillDatabase", "演练用的空库", .password, value: entered["drillDatabase"] ?? settings.drillDatabase, help: "postgres:// 地址；演练前须为空库", maxLength: 500, isWide: true))
        }
        return "\(Card("备份设置", body: "\(Form(action: "/admin/backups/settings", sections: [FormSection(nil, fields)], submit: "保存设置", findings: findings, context: context))"))"
    }

    @Sendable func run(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        guard let one = try await platform.database.read({ try $0.first("SELECT * FROM backup_runs WHERE id = \(id)").map(BackupBook.Run.init) }) else {
            throw Failure.notFound("该备份")
        }
        let facts = DescriptionList([
            .init("类别", "\(one.kind.title)"), .init("结果", "\(Self.badge(one.state))"), .init("开始时间", "\(one.startedAt)"), .init("结束时间", "\(one.endedAt)"),
            .init("用时", "\(Self.spent(one))"),
            .init("大小", "\(one.bytes.map { Figure.size(Int($0)) } ?? "—")"), .init("节点", "\(one.node)"), .init("发起", "\(one.byName)"),
            .init("位置", "<span class=\"mono\">\(one.folder)</span>", isWide: true),
        ])
        let mayAsk = one.kind == .backup && one.state == "done" && context.may(OperationPermission.write)
        return Shell.page(
            "\(one.kind.title) \(id)", crumbs: [Crumb("系统"), Crumb("备份与演练", Self.path), Crumb("\(id)")], active: Self.path,
            actions: mayAsk ? "\(ActionButton("申请恢复", .link("\(RestorePages.path)/new?run=\(id)"), icon: "archive"))" : .empty,
            body: "\(Card(body: "\(facts)"))\(Card("过程", body: "<pre class=\"keeps-lines\">\(one.message ?? "正在进行")</pre>"))", context: context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let runs = try await platform.database.write { [platform] tx in
            let runs = try BackupBook.page(kind: address["kind"], state: address["state"], before: nil, limit: 5000, in: tx)
            try platform.audit.record(AuditEntry("export", "backupRun", "", "导出备份记录，共 \(runs.count) 条"), by: principal, in: tx)
            return runs
        }
        let columns = [
            SheetColumn("开始时间", width: 20), SheetColumn("结束时间", width: 20), SheetColumn("类别"), SheetColumn("结果"), SheetColumn("大小（字节）"), SheetColumn("位置", width: 60),
            SheetColumn("节点", width: 30), SheetColumn("发起"), SheetColumn("过程", width: 80),
        ]
        let rows = runs.map { one -> [Cell] in
            [
                one.startedAt.map(Cell.moment) ?? .empty, one.endedAt.map(Cell.moment) ?? .empty, .text(one.kind.title),
                .text(Self.states.first { $0.code == one.state }?.title ?? one.state),
                Cell(one.bytes), .text(one.folder), .text(one.node), .text(one.byName), Cell(one.message),
            ]
        }
        return try await SheetAnswer(name: "备份记录-\(platform.clock.today.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }

    private func start(_ kind: BackupBook.Kind, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let book = platform.backups else { throw Failure(.unavailable, "JW-O005", "本程序不能从页面备份，请用 jianwei backup") }
        let (settings, newest) = try await platform.database.read { (try OperationSettings.read($0), try BackupBook.last(.backup, state: "done", in: $0)) }
        guard !settings.backupFolder.isEmpty else { throw Failure(.invalid, "JW-O003", "请先设置备份目录") }
        guard kind == .backup || newest != nil else { throw Failure(.invalid, "JW-O004", "还没有可以演练的备份") }
        _ = try await platform.tasks.start(kind: "backup.\(kind.rawValue)", title: kind.title, for: principal) { _ in
            let outcome = try await book.run(kind, by: principal)
            guard outcome.isGood else { throw Failure(.unexpected, "JW-O006", "\(kind.title)失败，原因见“备份与演练”") }
            return LongTaskResult(message: "\(kind.title)完成")
        }
        return Shell.done("已开始\(kind.title)，在后台进行", to: Self.path, context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        var findings: [FieldFinding] = []
        func whole(_ name: String, _ range: ClosedRange<Int>) -> Int {
            if let value = input[name].flatMap({ Int($0) }), range.contains(value) { return value }
            findings.append(FieldFinding(name, "range", "请填写 \(range.lowerBound) 至 \(range.upperBound) 的整数"))
            return range.lowerBound
        }
        let folder = (input["backupFolder"] ?? "").trimmedSpaces
        if !folder.isEmpty, !folder.hasPrefix("/") || folder.contains("..") || folder == "/" {
            findings.append(FieldFinding("backupFolder", "format", "请填写绝对路径，如 /var/backups/jianwei"))
        }
        let time = (input["backupMinute"] ?? "").trimmedSpaces
        let minute = Self.minute(time)
        if !time.isEmpty, minute == nil { findings.append(FieldFinding("backupMinute", "format", "请填写如 02:10 的时间")) }
        let (copies, days) = (whole("backupCopies", 1...365), whole("drillDays", 0...365))
        let scratch = input["drillDatabase"]?.trimmedSpaces
        if let scratch, !scratch.isEmpty, !scratch.hasPrefix("postgres") { findings.append(FieldFinding("drillDatabase", "format", "请填写 postgres:// 地址")) }
        guard findings.isEmpty else {
            var entered: [String: String] = [:]
            for name in ["backupFolder", "backupMinute", "backupCopies", "drillDays", "drillDatabase"] { entered[name] = input[name] }
            return try await page(entered, findings, context)
        }
        let (now, audit) = (platform.clock.now, platform.audit)
        try await platform.database.write { tx in
            var settings = try OperationSettings.read(tx)
            settings.backupFolder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
            settings.backupMinute = minute
            settings.backupCopies = copies
            settings.drillDays = days
            if let scratch { settings.drillDatabase = scratch }
            try OperationSettings.save(settings, by: principal, at: now, audit: audit, in: tx)
        }
        return Shell.done("备份设置已保存", to: Self.path, context: context)
    }

    private static let states: [(code: String, title: String)] = [("done", "成功"), ("failed", "失败"), ("running", "进行中")]

    private static func badge(_ state: String) -> Markup {
        switch state {
        case "done": "\(Badge("成功", .good))"
        case "running": "\(Badge("进行中", .info))"
        default: "\(Badge("失败", .red))"
        }
    }

    private static func spent(_ run: BackupBook.Run) -> String {
        guard let began = run.startedAt, let ended = run.endedAt else { return "—" }
        return "\(Figure.decimal(ended.seconds(since: began), digits: 1)) 秒"
    }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    private static func minute(_ text: String) -> Int? {
        let parts = text.split(whereSeparator: { $0 == ":" || $0 == "：" }).map { Int($0) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
        return hour * 60 + minute
    }
}
