import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// 文件存储 (C7.1): room, growth, hit rate of the local copies, and what the weekly count found.
struct FilePages: Sendable {
    let platform: Platform
    static let path = "/admin/files"

    func add(to routes: Routes) {
        let reads = RoutePermission.named(OperationPermission.read)
        let writes = RoutePermission.named(OperationPermission.write)
        routes.get(Self.path, permission: reads) { _, context in try await page([:], [], context) }
        routes.get("/admin/files/export", permission: reads, use: export)
        routes.post("/admin/files/sweep", permission: writes, isDangerous: true, use: sweep)
        routes.post("/admin/files/settings", permission: writes, isDangerous: true, use: save)
    }

    private func page(_ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let window = ListWindow(PageAddress(Self.path, context.here.query))
        let (settings, runs, last) = try await platform.database.read { reader in
            (
                try OperationSettings.read(reader), try FileSweep.page(before: window.before, limit: window.limit, in: reader),
                try FileSweep.last(state: "done", in: reader)
            )
        }
        let shown = window.newest(runs, id: \.id)
        let columns = [
            Column("at", "开始时间"), Column("state", "状态"), Column("objects", "文件", align: .end), Column("bytes", "大小", align: .end), Column("orphans", "无人引用", align: .end),
            Column("orphanBytes", "占用", align: .end), Column("removed", "已清除", align: .end), Column("by", "发起"),
        ]
        let rows = shown.rows.map { one -> TableRow in
            TableRow(
                id: String(one.id),
                [
                    "\(one.startedAt)", one.state == "done" ? "\(Badge("完成", .good))" : "\(Badge("进行中 \(one.reached * 100 / 256)%", .info))", "\(Figure.grouped(Int(one.objects)))",
                    "\(Figure.size(Int(one.bytes)))", "\(Figure.grouped(Int(one.orphans)))", "\(Figure.size(Int(one.orphanBytes)))", "\(Figure.grouped(Int(one.removed)))",
                    "\(one.byName)",
                ])
        }
        let mayWrite = context.may(OperationPermission.write)
        let begin = ActionButton(
            "立即清点",
            .post(
                "/admin/files/sweep",
                confirm: settings.orphanDays > 0 ? "将逐个清点文件，并清除 \(settings.orphanDays) 天前存入、已没有任何记录引用的文件。系统照常运行。现在开始？" : "将逐个清点文件，只统计、不清除。现在开始？"), icon: "search",
            style: .primary)
        let list = ListPage(
            "文件存储", at: Self.path, crumbs: [Crumb("系统"), Crumb("文件存储")], id: "sweeps", columns: columns, empty: "还没有清点过：点击“立即清点”，此后每周自动清点一次", add: mayWrite ? begin : nil,
            export: "/admin/files/export", above: try await cards(settings, last), below: mayWrite ? form(settings, entered, findings, context) : .empty, findings: findings)
        return list.response(rows, shown.pager, context)
    }

    private func cards(_ settings: OperationSettings, _ last: FileSweep.Run?) async throws -> Markup {
        let level = try await FileRoom(platform: platform).level()
        let figures = await platform.blobs.figures()
        let (hits, misses) = (figures["cache_hits"] ?? 0, figures["cache_misses"] ?? 0)
        let share = level.share.map { Int(($0 * 100).rounded()) }
        let isHigh = (share ?? 0) >= settings.fileWarnPercent
        let room =
            share.map { "\($0)%" } ?? "未知"
        let roomNote: Markup =
            level.whole.map { "已用 \(Figure.size(Int(level.used)))，共 \(Figure.size(Int($0)))" } ?? "在下方填写对象存储的容量，即可显示水位"
        var cards: [Markup] = [
            "\(StatCard(level.isRemote ? "对象存储水位" : "本机磁盘水位", room, note: roomNote, tone: isHigh ? .red : .good, icon: "database"))",
            "\(StatCard("还可用", level.daysLeft.map { Figure.grouped($0) } ?? "—", unit: level.daysLeft == nil ? "" : "天", note: "最近一周存入照片 \(Figure.size(Int(level.week)))", tone: (level.daysLeft ?? 999) < 60 ? .yellow : .good, icon: "calendar"))",
            "\(StatCard("文件", last.map { Figure.grouped(Int($0.objects)) } ?? "—", unit: "个", note: last.map { run -> Markup in "\(Figure.size(Int(run.bytes)))，清点于 \(run.endedAt)" } ?? "还没有清点", icon: "folder"))",
        ]
        if level.isRemote {
            let rate = hits + misses > 0 ? "\(Figure.decimal(hits * 100 / (hits + misses), digits: 1))%" : "—"
            cards.append(
                "\(StatCard("本机副本命中", rate, note: "命中 \(Figure.grouped(Int(hits)))，向对象存储取 \(Figure.grouped(Int(misses)))，副本上限 \(Figure.size(Int(figures["cache_limit_bytes"] ?? 0)))", icon: "image"))"
            )
        } else {
            cards.append(
                "\(StatCard("本次启动写入", Figure.grouped(Int(figures["written"] ?? 0)), unit: "个", note: "\(Figure.size(Int(figures["written_bytes"] ?? 0)))，已有内容 \(Figure.grouped(Int(figures["known"] ?? 0))) 个", icon: "image"))"
            )
        }
        return "\(Grid(.quarters, cards))"
    }

    private func form(_ settings: OperationSettings, _ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) -> Markup {
        let fields = [
            FormField(
                "fileWarnPercent", "水位报警", .number(step: "1"), value: entered["fileWarnPercent"] ?? String(settings.fileWarnPercent), isRequired: true, help: "超过即报警，每天一次",
                unit: "%",
                minimum: "1", maximum: "100"),
            FormField(
                "fileCapacityGB", "对象存储容量", .number(step: "1"), value: entered["fileCapacityGB"] ?? String(settings.fileCapacityGB), isRequired: true,
                help: "对象存储不会自报容量；0 为未知。文件在本机时按磁盘计，不看此项", unit: "GB", minimum: "0", maximum: "10000000"),
            FormField(
                "orphanDays", "清除无人引用的文件", .number(step: "1"), value: entered["orphanDays"] ?? String(settings.orphanDays), isRequired: true, help: "存入多少天后仍无人引用即清除；0 为只统计",
                unit: "天",
                minimum: "0", maximum: "3650"),
        ]
        return "\(Card("文件存储设置", body: "\(Form(action: "/admin/files/settings", sections: [FormSection(nil, fields)], submit: "保存设置", findings: findings, context: context))"))"
    }

    @Sendable private func sweep(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let sweep = FileSweep(database: platform.database, blobs: platform.blobs, audit: platform.audit, clock: platform.clock)
        _ = try await platform.tasks.start(kind: "files.sweep", title: "清点文件", for: principal) { _ in
            let run = try await sweep.run(by: principal)
            return LongTaskResult(message: "共 \(run.objects) 个文件，无人引用 \(run.orphans) 个，清除 \(run.removed) 个")
        }
        return Shell.done("已开始清点，在后台进行", to: Self.path, context: context)
    }

    @Sendable private func save(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        var findings: [FieldFinding] = []
        func whole(_ name: String, _ range: ClosedRange<Int>) -> Int {
            if let value = input[name].flatMap({ Int($0) }), range.contains(value) { return value }
            findings.append(FieldFinding(name, "range", "请填写 \(range.lowerBound) 至 \(range.upperBound) 的整数"))
            return range.lowerBound
        }
        let (percent, capacity, days) = (whole("fileWarnPercent", 1...100), whole("fileCapacityGB", 0...10_000_000), whole("orphanDays", 0...3650))
        guard findings.isEmpty else {
            var entered: [String: String] = [:]
            for name in ["fileWarnPercent", "fileCapacityGB", "orphanDays"] { entered[name] = input[name] }
            return try await page(entered, findings, context)
        }
        let (now, audit) = (platform.clock.now, platform.audit)
        try await platform.database.write { tx in
            var settings = try OperationSettings.read(tx)
            settings.fileWarnPercent = percent
            settings.fileCapacityGB = capacity
            settings.orphanDays = days
            try OperationSettings.save(settings, by: principal, at: now, audit: audit, in: tx)
        }
        return Shell.done("文件存储设置已保存", to: Self.path, context: context)
    }

    @Sendable private func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let runs = try await platform.database.write { [platform] tx in
            let runs = try FileSweep.page(before: nil, limit: 5000, in: tx)
            try platform.audit.record(AuditEntry("export", "fileSweep", "", "导出文件清点记录，共 \(runs.count) 条"), by: principal, in: tx)
            return runs
        }
        let columns = [
            SheetColumn("开始时间", width: 20), SheetColumn("结束时间", width: 20), SheetColumn("文件"), SheetColumn("大小（字节）"), SheetColumn("无人引用"), SheetColumn("占用（字节）"),
            SheetColumn("已清除"),
            SheetColumn("发起"),
        ]
        let rows = runs.map { one -> [Cell] in
            [
                one.startedAt.map(Cell.moment) ?? .empty, one.endedAt.map(Cell.moment) ?? .empty, Cell(one.objects), Cell(one.bytes), Cell(one.orphans), Cell(one.orphanBytes),
                Cell(one.removed), .text(one.byName),
            ]
        }
        return try await SheetAnswer(name: "文件清点-\(platform.clock.today.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }
}
