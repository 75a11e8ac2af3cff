import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Every page of this engine, under `/reports`.
package struct ReportPages: Sendable {
    let engine: ReportEngine

    package init(engine: ReportEngine) { self.engine = engine }

    package static let menu: [MenuItem] = [
        MenuItem("统计报表", groupEN: "Reports", "自助统计", "Statistics builder", icon: "pie", path: "/reports/charts", permission: ReportPermission.build, order: 360),
        MenuItem("统计报表", groupEN: "Reports", "看板与大屏", "Dashboards", icon: "dashboard", path: "/reports/dashboards", permission: ReportPermission.build, order: 362),
        MenuItem("统计报表", groupEN: "Reports", "工艺组态", "Process mimics", icon: "layers", path: "/reports/mimics", permission: ReportPermission.build, order: 363),
        MenuItem("统计报表", groupEN: "Reports", "报表", "Designed reports", icon: "file", path: "/reports/designed", permission: ReportPermission.build, order: 364),
        MenuItem("统计报表", groupEN: "Reports", "定时生成", "Schedules", icon: "clock", path: "/reports/schedules", permission: ReportPermission.schedule, order: 366),
        MenuItem("统计报表", groupEN: "Reports", "报表归档", "Archive", icon: "archive", path: "/reports/archive", permission: ReportPermission.build, order: 368),
        MenuItem("统计报表", groupEN: "Reports", "打印文书", "Papers", icon: "print", path: "/reports/forms", permission: ReportPermission.build, order: 370),
    ]

    /// What this engine writes into the audit book.
    package static let auditTitles: [String: String] = ["reportItem": "统计与报表", "reportSchedule": "定时报表", "reportOutput": "报表归档"]

    package func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        ChartPages(engine: engine).add(to: routes)
        DashboardPages(engine: engine).add(to: routes)
        MimicPages(engine: engine).add(to: routes)
        DesignedPages(engine: engine).add(to: routes)
        SchedulePages(engine: engine).add(to: routes)
        PaperPages(engine: engine).add(to: routes)
        routes.get("/reports/items/{id}/share", permission: .named(ReportPermission.share), use: shareForm)
        routes.post("/reports/items/{id}/share", permission: .named(ReportPermission.share), use: share)
        routes.get("/reports/items/{id}/delete", permission: build, use: deleteForm)
        routes.post("/reports/items/{id}/delete", permission: build, use: delete)
        routes.get("/reports/organisations", permission: .named(ReportPermission.share), use: organisations)
    }

    /// Where an attachment is shown without a download; nil for what is neither picture, PDF nor office file.
    package static let previewPath: @Sendable (String, String) -> String? = { sha256, name in
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard ["jpg", "jpeg", "png", "pdf", "doc", "docx", "xls", "xlsx", "odt", "ods"].contains(ending) else { return nil }
        return PageAddress("/reports/preview/\(sha256)", [.init("name", name)]).text
    }

    static func path(of item: ReportItem) -> String {
        switch item.kind {
        case .chart: "/reports/charts/\(item.id)"
        case .dashboard: "/reports/dashboards/\(item.id)"
        case .rotation: "/reports/dashboards"
        case .template: "/reports/designed/\(item.id)"
        case .form: "/reports/forms/\(item.id)"
        case .mimic: "/reports/mimics/\(item.id)"
        case .component: "/reports/mimics"
        }
    }

    static func list(of kind: ReportItem.Kind) -> String {
        switch kind {
        case .chart: "/reports/charts"
        case .dashboard, .rotation: "/reports/dashboards"
        case .template: "/reports/designed"
        case .form: "/reports/forms"
        case .mimic, .component: "/reports/mimics"
        }
    }

    /// Tags that say with whom something is shared.
    static func audience(_ item: ReportItem, of principal: Principal) -> Markup {
        if item.owner == 0 { return "\(Badge("系统提供", .info))" }
        if item.owner != principal.id { return "\(Badge("\(item.ownerName)共享", .neutral))" }
        if item.audience.isEveryone { return "\(Badge("所有人可见", .good))" }
        let count = item.audience.roles.count + item.audience.organisations.count
        return count == 0 ? "\(Badge("仅本人", .muted))" : "\(Badge("已共享给 \(count) 个范围", .good))"
    }

    // MARK: Sharing

    @Sendable
    func shareForm(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (item, roles, names) = try await engine.database.read { [engine] reader in
            let item = try engine.item(id, ReportItem.Kind.allCases, by: principal, in: reader)
            return (item, try engine.identity.roles.all(reader), try ReportEngine.organisationNames(Set(item.audience.organisations), reader))
        }
        let fields = [
            FormField("everyone", "范围", .check("所有能使用统计报表的人"), value: item.audience.isEveryone ? "1" : nil, isWide: true),
            FormField("role", "角色", .multiSelect(roles.map { Choice($0.name, $0.title) }), values: item.audience.roles),
            FormField(
                "organisation", "增加机构", .reference(url: "/reports/organisations", shown: ""), help: "每次增加一个机构；已共享的机构在下面勾选"),
            FormField("kept", "已共享的机构", .multiSelect(names.sorted { $0.key < $1.key }.map { Choice(String($0.key), $0.value) }), values: names.keys.map { String($0) }),
        ]
        let note: Markup = "\(Notice(.info, "共享的是做法，不是数据：每个人打开时只看到自己权限和辖区内的数据。"))"
        let form = Form(
            action: "/reports/items/\(id)/share", sections: [FormSection(nil, fields)], submit: "保存共享范围", cancel: ReportPages.path(of: item), context: context)
        return Shell.page(
            "共享“\(item.title)”", crumbs: [Crumb("统计报表"), Crumb("共享")], body: Shell.framed("\(note)\(form)", context), context: context)
    }

    @Sendable
    func share(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let form = try await request.form(context)
        let kept = form.all("kept").compactMap { Int64($0) } + [form["organisation"].flatMap { Int64($0) }].compactMap { $0 }
        var seen: Set<Int64> = []
        let audience = ReportAudience(isEveryone: form["everyone"] == "1", roles: form.all("role"), organisations: kept.filter { seen.insert($0).inserted })
        let item = try await engine.database.write { [engine] tx in
            let item = try engine.item(id, ReportItem.Kind.allCases, by: principal, in: tx)
            let known = Set(try engine.identity.roles.all(tx).map(\.name))
            guard audience.roles.allSatisfy(known.contains) else { throw Failure.invalid([FieldFinding("role", "unknown", "没有这个角色", title: "角色")]) }
            try engine.share(item, with: audience, by: principal, in: tx)
            return item
        }
        return Shell.done("共享范围已保存", to: ReportPages.path(of: item), context: context)
    }

    @Sendable
    func organisations(request: Request, context: WebContext) async throws -> Response {
        let (keyword, principal) = (context.here["q"], try context.signedIn())
        let found = try await engine.database.read { [engine] reader in try engine.identity.organisations.page(keyword: keyword, scope: principal.scope, limit: 20, reader) }
        return .html("\(ReferenceChoices(found.map { Choice(String($0.id), $0.name, group: $0.kind.title) }))")
    }

    // MARK: Deleting

    @Sendable
    func deleteForm(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let item = try await engine.database.read { [engine] in try engine.item(id, ReportItem.Kind.allCases, by: principal, in: $0) }
        let form = Form(
            action: "/reports/items/\(id)/delete", sections: [], submit: "删除", cancel: ReportPages.path(of: item), context: context)
        let note: Markup = "\(Notice(.orange, "删除后不能恢复；共享给他人的也不再可见，按它定时生成的任务会停用。"))"
        return Shell.page(
            "删除“\(item.title)”", crumbs: [Crumb("统计报表"), Crumb("删除")], body: Shell.framed("\(note)\(form)", context), context: context)
    }

    @Sendable
    func delete(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let item = try await engine.database.write { [engine] tx in
            let item = try engine.item(id, ReportItem.Kind.allCases, by: principal, in: tx)
            try engine.remove(item, by: principal, in: tx)
            return item
        }
        return Shell.done("已删除“\(item.title)”", to: ReportPages.list(of: item.kind), context: context)
    }
}
