import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import MobileSources
import Storage
import Web

/// A-44 保存期限: how long what is kept, what the next night would take away, what past nights took.
struct RetentionPage: Sendable {
    let gates: GateSupervision
    let blobs: any BlobStore
    private static let path = "/retention"

    func add(to routes: Routes) {
        let acts = RoutePermission.named(GatePermission.settings)
        routes.get("/retention", permission: acts, use: show)
        routes.post("/retention", permission: acts, use: Routes.guarded(.settingChange, save))
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response { try await page([:], [], context) }

    private func page(_ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let due = try await gates.retention.due()
        let free = await blobs.figures()["free_bytes"].map { Int64($0) }
        let today = gates.clock.today
        let forecast = try await gates.database.read { reader in try StorageForecast.read(free: free, today: today, in: reader) }
        let before = context.here["before"].flatMap { Int64($0) }
        let runs = try await gates.database.read { reader in try Retention.runs(limit: 21, before: before, in: reader) }
        let fields = due.map { one in
            FormField(
                one.rule.setting, one.rule.title, .number(step: "1"), value: entered[one.rule.setting] ?? String(one.years ?? 0), isRequired: true,
                help: one.rule.help + (one.rule.mayKeepForEver ? "；0 为长期保存" : ""), unit: "年", minimum: one.rule.mayKeepForEver ? "0" : String(one.rule.range.lowerBound),
                maximum: String(one.rule.range.upperBound))
        }
        let form = Form(action: Self.path, sections: [FormSection(nil, fields)], submit: "保存设置", findings: findings, context: context)
        let rules: Markup = """
            <ul class="findings"><li>每天 3 时起分批清理，批与批之间停顿，不影响门禁上传；没有清理完的次日继续。</li>\
            <li>被报警、复议、处罚或随机核查引用的过车记录和照片不清理，列为“保留”。</li><li>审计日志、报警与证据、名单、策略、预警响应和统计汇总长期保存。</li></ul>
            """
        let body: Markup = """
            \(storage(forecast))\(Card("下次将清理（试算，不会删除）", isFlush: true, body: dueTable(due, context)))
            \(Grid(.mainAside, ["\(Card("保存期限", body: "\(form)"))", "\(Card("怎样清理", body: rules))"]))
            \(Card("清理记录", isFlush: true, body: runTable(runs, context)))
            """
        let history = ActionButton("修改记录", .link("/audit?objectKind=gateSetting"), icon: "history", style: .quiet)
        return Shell.page(
            "保存期限", crumbs: [Crumb("系统"), Crumb("保存期限")], active: Self.path, actions: context.may("audit.read") ? "\(history)" : .empty,
            status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    /// A-47: the room that is left, and how long it lasts.
    private func storage(_ forecast: StorageForecast) -> Markup {
        func size(_ bytes: Int64?) -> String { bytes.map { Figure.size(Int($0)) } ?? "—" }
        let days = forecast.daysLeft
        let cards: [Markup] = [
            "\(StatCard("可用空间", size(forecast.free), note: "照片与附件所在磁盘", icon: "database"))",
            "\(StatCard("昨日新增照片", Figure.grouped(forecast.photosADay), unit: "张", note: "\(size(forecast.bytesADay))", icon: "image"))",
            "\(StatCard("还可使用", days.map { Figure.grouped($0) } ?? "—", unit: days == nil ? "" : "天", note: "按昨日新增、不清理估算", tone: (days ?? .max) < 30 ? .red : .good, icon: "clock"))",
            "\(StatCard("期满后的照片总量", size(forecast.settledBytes), note: forecast.photoYears.map { "保存 \($0) 年，按昨日新增估算" } ?? "长期保存", icon: "chart"))",
        ]
        return "\(Grid(.quarters, cards))"
    }

    private func count(_ number: Int) -> String { number >= Retention.countLimit ? "\(Figure.grouped(Retention.countLimit)) 以上" : Figure.grouped(number) }

    private func dueTable(_ due: [Retention.Due], _ context: WebContext) -> Markup {
        let columns = [
            Column("what", "内容"), Column("years", "保存期限"), Column("before", "清理此前的"), Column("over", "已到期", align: .end), Column("spared", "被引用而保留", align: .end),
            Column("removable", "将清理", align: .end), Column("size", "占用空间", align: .end),
        ]
        let rows = due.map { one -> TableRow in
            let size: Markup = one.rule.kind == .gatePhotos && one.over > 0 ? "\(Figure.size(Int(one.bytes)))" : "<span class=\"muted\">—</span>"
            return TableRow([
                "<b>\(one.rule.title)</b><br><small class=\"muted\">\(one.rule.help)</small>", one.years.map { "\($0) 年" } ?? "长期", "\(one.cutoff?.day)", "\(count(one.over))",
                "\(count(one.spared))",
                "\(count(one.removable))", size,
            ])
        }
        return "\(DataTable(id: "due", columns: columns, rows: rows, address: context.here, empty: "没有保存期限", hasTools: false))"
    }

    private func runTable(_ runs: [Retention.Run], _ context: WebContext) -> Markup {
        let columns = [
            Column("at", "开始时间"), Column("end", "结束时间"), Column("what", "内容"), Column("before", "清理此前的"), Column("removed", "已清理", align: .end),
            Column("spared", "被引用而保留", align: .end), Column("size", "腾出空间", align: .end), Column("state", "结果"),
        ]
        let words: [String: (String, Tone)] = ["running": ("进行中", .info), "done": ("完成", .good), "partial": ("未完，次日继续", .yellow), "stopped": ("中断，次日继续", .orange)]
        let rows = runs.prefix(20).map { run -> TableRow in
            let word = words[run.state] ?? (run.state, .muted)
            let title = RetentionRule.all.first { $0.kind == run.kind }?.title ?? ""
            return TableRow([
                "\(run.startedAt)", "\(run.endedAt)", "\(title)", "\(run.cutoff.day)", "\(Figure.grouped(run.removed))", "\(Figure.grouped(run.spared))",
                run.bytes > 0 ? "\(Figure.size(Int(run.bytes)))" : "<span class=\"muted\">—</span>", "\(Badge(word.0, word.1))",
            ])
        }
        let pager = Pager(
            first: context.here["before"] == nil ? nil : Self.path, previous: nil, next: runs.count > 20 ? context.here.with("before", String(runs[19].id)).text : nil, size: 20,
            sizes: [])
        return "\(DataTable(id: "runs", columns: columns, rows: Array(rows), address: context.here, pager: pager, empty: "还没有清理过：没有到期的内容", hasTools: false))"
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        var values: [String: String] = [:]
        for rule in RetentionRule.all { values[rule.setting] = input[rule.setting] ?? "" }
        do { try await gates.retention.save(values, by: context.signedIn()) } catch let failure as Failure where failure.kind == .invalid {
            return try await page(values, failure.fields, context)
        }
        return Shell.done("保存期限已修改", to: Self.path, context: context)
    }
}
