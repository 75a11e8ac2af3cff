import Hummingbird
import Identity
import Kernel
import Ledgers
import Schedules
import Storage
import Web

/// 审计日志: the book of every act, searched by who, what, when; and whether it is whole.
struct AuditPage: Sendable {
    let platform: Platform
    /// Titles of kinds of things that features write into the book beside their ledgers.
    let titles: [String: String]

    func add(to routes: Routes) {
        let reads = RoutePermission.named("audit.read")
        routes.get("/audit", permission: reads, use: list)
        routes.get("/audit/rows/{id}", permission: reads, use: row)
        routes.get("/audit/export", permission: .named("audit.export"), use: Routes.guarded(.massExport, export))
        routes.post("/audit/verify", permission: .named("audit.verify"), use: verify)
    }

    static let actions = AuditWords.actions

    static func title(_ action: String) -> String { AuditWords.action(action) }

    private func search(_ address: PageAddress) -> AuditSearch {
        AuditSearch(
            from: address["day_from"].flatMap { Day(parsing: $0) }, to: address["day_to"].flatMap { Day(parsing: $0) }, actor: address["actor"], action: address["action"],
            objectKind: address["objectKind"],
            objectId: address["objectId"], address: address["address"], keyword: address["q"])
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let asked = search(address)
        let page = try await platform.database.read(within: .seconds(10)) { [platform] reader in
            try platform.audit.page(asked, scope: principal.scope, after: address["after"], limit: size, reader)
        }
        let fields = [
            FormField("day", "日期", .dayRange, values: [address["day_from"] ?? "", address["day_to"] ?? ""]), FormField("actor", "操作人", .text, value: address["actor"]),
            FormField("q", "内容", .text, value: address["q"], placeholder: "摘要中的文字"),
            FormField("action", "动作", .select(AuditPage.actions.map { Choice($0.code, $0.title) }), value: address["action"]),
            FormField("objectKind", "对象", .select(objectKinds), value: address["objectKind"]),
            FormField("objectId", "对象编号", .text, value: address["objectId"]), FormField("address", "来源地址", .text, value: address["address"]),
        ]
        let columns = [
            Column("at", "时间"), Column("actor", "操作人", isWrapping: true), Column("action", "动作"), Column("object", "对象"), Column("summary", "内容", isWrapping: true),
            Column("address", "来源地址"),
        ]
        let rows = page.rows.map { row -> TableRow in
            let kind: Markup = row.actorKind == "user" ? .empty : " \(Badge(row.actorKind == "system" ? "系统" : "接口", .muted))"
            return TableRow(
                id: String(row.id),
                [
                    "\(row.at)", "\(row.actor)\(kind)", "\(AuditPage.title(row.action))", "\(objectTitle(row.objectKind)) <small class=\"muted\">\(row.objectId)</small>",
                    "\(row.summary)", "<span class=\"mono\">\(row.address)</span>",
                ], path: "/audit/rows/\(row.id)")
        }
        let start = address.restarting
        let pager = Pager(first: address["after"] == nil ? nil : start.text, next: page.next.map { start.with("after", $0).text }, size: size, sizes: [50, 100, 200])
        let table = DataTable(id: "audit", columns: columns, rows: rows, address: address, pager: pager, empty: "没有符合条件的审计记录")
        let check: Markup =
            !context.may("audit.verify") ? .empty : "\(ActionButton("校验完整性", .post("/audit/verify", confirm: "将逐条校验全部审计记录，数据量大时需要几分钟，在后台进行。现在开始？"), icon: "shield"))"
        let export: Markup = context.may("audit.export") ? "\(ActionButton("导出", .download(PageAddress("/audit/export", start.query).text), icon: "download"))" : .empty
        let archives: Markup = principal.scope == .everything ? "\(ActionButton("归档", .link(AuditArchivePages.path), icon: "archive"))" : .empty
        return Shell.page(
            "审计日志", crumbs: [Crumb("系统"), Crumb("审计日志")], active: "/audit", actions: "\(export)\(check)\(archives)",
            body: "\(try await state())\(SearchForm(action: "/audit", fields: fields, table: "audit"))\(table)", context: context)
    }

    /// What the last whole check found.
    private func state() async throws -> Markup {
        let last = try await platform.database.read { reader in
            try reader.first("SELECT message, state, ended_at FROM tasks WHERE kind = 'audit.verify' AND state IN ('done', 'failed', 'running', 'queued') ORDER BY id DESC LIMIT 1")
        }
        let signed = try await platform.database.read { [platform] reader in try platform.identity.checkpoints.latest(reader) }
        let witness: Markup = signed.map { "最近的签名检查点 \($0.at)，至第 \($0.auditId) 条，校验值 <span class=\"mono\">\($0.hash.prefix(16))…</span>。" } ?? .empty
        guard let last else { return "\(Notice(.info, "\(witness)每条记录带有前一条的校验值（SM3），增删改都会被发现。还没有做过完整校验。"))" }
        if last[1].text == "running" || last[1].text == "queued" { return "\(Notice(.info, "正在校验审计日志，可在<a href=\"/tasks\">任务中心</a>查看进度。"))" }
        let message = last[0].text ?? ""
        let isWhole = message.hasPrefix("完整")
        return "\(Notice(isWhole ? .good : .red, "最近校验 \(last[2].int.map { Moment(milliseconds: $0) })：\(message)。\(witness)"))"
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        try await AuditExport(platform: platform, search: search(context.here), principal: context.signedIn(), objectTitle: { objectTitle($0) }).response()
    }

    @Sendable func row(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let found = try await platform.database.read { reader in
            try reader.first(
                "SELECT id, at, actor_kind, actor, address, action, object_kind, object_id, summary, details FROM audit WHERE id = \(id) AND \(principal.scope.condition())")
        }
        guard let found else { throw Failure.notFound("审计记录") }
        let details = found[9].text.flatMap { try? JSONValue(parsing: $0) } ?? .null
        let facts = DescriptionList([
            .init("序号", "\(id)"), .init("时间", "\(found[1].int.map { Moment(milliseconds: $0) })"), .init("操作人", "\(found[3].text)"), .init("来源地址", "\(found[4].text)"),
            .init("动作", "\(AuditPage.title(found[5].text ?? ""))"),
            .init("对象", "\(objectTitle(found[6].text ?? "")) \(found[7].text)"), .init("内容", "\(found[8].text)", isWide: true),
        ])
        return Shell.page(
            "审计记录 \(id)", crumbs: [Crumb("审计日志", "/audit"), Crumb("\(id)")], active: "/audit",
            body: Shell.framed("\(facts)\(changes(details))", context), context: context)
    }

    /// Before and after side by side where the act kept both; otherwise each fact a line.
    private func changes(_ details: JSONValue) -> Markup {
        func text(_ value: JSONValue?) -> String { value.map { $0.string ?? ($0.isNull ? "" : $0.text) } ?? "" }
        guard case .object(let object) = details else { return details.isNull ? .empty : "<p class=\"keeps-lines\">\(details.text)</p>" }
        if case .object(let before)? = details["before"], case .object(let after)? = details["after"] {
            let names = after.members.map(\.name) + before.members.map(\.name).filter { name in !after.members.contains { $0.name == name } }
            let rows = names.filter { text(details["before"]?[$0]) != text(details["after"]?[$0]) }.map { name -> Markup in
                "<tr><th scope=\"row\">\(name)</th><td class=\"wraps\">\(text(details["before"]?[name]))</td><td class=\"wraps\">\(text(details["after"]?[name]))</td></tr>"
            }
            return "<div class=\"table-scroll\"><table class=\"data-table\"><thead><tr><th>项目</th><th>修改前</th><th>修改后</th></tr></thead><tbody>\(rows)</tbody></table></div>"
        }
        return "\(DescriptionList(object.members.map { .init($0.name, "\(text($0.value))") }))"
    }

    @Sendable func verify(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (database, audit, checkpoints) = (platform.database, platform.audit, platform.identity.checkpoints)
        _ = try await platform.tasks.start(kind: "audit.verify", title: "校验审计日志完整性", for: principal) { _ in
            let verdict = try await database.read(within: .seconds(3600)) { reader in try checkpoints.verify(reader) }
            let faults = verdict.faults.prefix(5).map { "第 \($0.id) 条\($0.reason)" }.joined(separator: "；")
            let message = verdict.isIntact ? "完整，共 \(verdict.rows) 条，末条校验值 \(verdict.lastHash.prefix(16))…" : "共 \(verdict.faults.count) 处异常：\(faults)"
            _ = try await checkpoints.sign()
            try await database.write { tx in try audit.record(AuditEntry("verify", "audit", "\(verdict.last ?? 0)", "校验审计日志：\(message)"), by: principal, in: tx) }
            return LongTaskResult(message: message)
        }
        return Shell.done("已开始校验", to: "/audit", context: context)
    }

    private var objectKinds: [Choice] {
        let others = titles.sorted { $0.key < $1.key }.map { Choice($0.key, $0.value, group: "其他") }
        let ledgers = platform.ledgers.declarations.map { Choice($0.name, $0.title, group: "台账") }
        return AuditWords.objects.map { Choice($0.code, $0.title) } + others + ledgers
    }

    private func objectTitle(_ kind: String) -> String { AuditWords.object(kind, titles, platform.ledgers) }
}
