import Features
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// D10.2.3 轮巡与面板: layouts that people keep, their own and those for everybody, shown on the desk or on a whole screen; one with more cameras than places goes round by itself.
struct WallPages: Sendable {
    let desk: CameraDesk
    static let path = "/camera-walls"
    private static let crumbs = [Crumb(Camera.group), Crumb("常用面板", path)]

    struct Wall: Sendable {
        var id: Int64
        var owner: Int64
        var ownerName: String
        var title: String
        var layout: Int
        var cameras: [Int64]
        var seconds: Int
        var isForEveryone: Bool
        var createdAt: Moment?

        init(_ row: Row) {
            id = row.int("id") ?? 0
            owner = row.int("owner") ?? 0
            ownerName = row.text("owner_name") ?? ""
            title = row.text("title") ?? ""
            layout = Int(row.int("layout") ?? 4)
            cameras = (row.text("cameras") ?? "").split(separator: ",").compactMap { Int64($0) }
            seconds = Int(row.int("seconds") ?? 30)
            isForEveryone = row.int("everyone") == 1
            createdAt = row.moment("created_at")
        }
    }

    func add(to routes: Routes) {
        let view = RoutePermission.named(VideoPermission.view)
        routes.get(Self.path, permission: view, use: list)
        routes.get(Self.path + "/new", permission: view) { _, context in form(nil, [], context) }
        routes.post(Self.path, permission: view, use: create)
        routes.get(Self.path + "/{id}", permission: view, use: show)
        routes.post(Self.path + "/{id}/delete", permission: view, use: delete)
    }

    private func walls(_ principal: Principal, in reader: any Reader) throws -> [Wall] {
        try reader.rows("SELECT * FROM camera_walls WHERE owner = \(principal.id) OR everyone = 1 ORDER BY everyone, id DESC LIMIT 500").map(Wall.init)
    }

    private func found(_ context: WebContext) async throws -> Wall {
        let (id, principal) = (try context.id(), try context.signedIn())
        let row = try await desk.platform.database.read { try $0.first("SELECT * FROM camera_walls WHERE id = \(id) AND (owner = \(principal.id) OR everyone = 1)") }
        guard let row else { throw Failure.notFound("面板") }
        return Wall(row)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), window = ListWindow(context.here)
        let all = try await desk.platform.database.read { try walls(principal, in: $0) }
        let (shown, pager) = window.numbered(all.filter { window.finds($0.title, $0.ownerName) }, sortedBy: ["title": { $0.title }, "at": { $0.createdAt?.text ?? "" }])
        let rows = shown.map { wall in
            let mine = wall.owner == principal.id || context.may(VideoPermission.walls)
            return TableRow(
                id: String(wall.id),
                [
                    "\(wall.title)", "\(wall.layout) 画面", "\(wall.cameras.count)", wall.cameras.count > wall.layout ? "每 \(wall.seconds) 秒" : "不轮巡",
                    "\(wall.isForEveryone ? "公共" : "个人")",
                    "\(wall.ownerName)", "\(wall.createdAt)",
                ], path: "\(Self.path)/\(wall.id)",
                actions:
                    "\(Markup.when(mine, "\(ActionButton("删除", .post("\(Self.path)/\(wall.id)/delete", confirm: "删除面板“\(wall.title)”？"), icon: "trash", style: .quiet, isIconOnly: true))"))"
            )
        }
        let columns = [
            Column("title", "面板", isSortable: true), Column("layout", "分屏"), Column("count", "摄像机", align: .end), Column("tour", "轮巡"), Column("who", "范围"), Column("owner", "创建人"),
            Column("at", "创建时间", isSortable: true),
        ]
        let page = ListPage(
            "常用面板", at: Self.path, crumbs: [Crumb(Camera.group), Crumb("常用面板")], id: "walls", columns: columns, filters: [.keyword(context, "面板、创建人")],
            empty: "还没有面板：在“实时监控”选好画面后点“保存为面板”", add: ActionButton("新增面板", .dialog(Self.path + "/new"), icon: "plus", style: .primary))
        return page.response(rows, pager, context)
    }

    private func form(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let stage = LivePage.Stage(context.here)
        var fields = [
            FormField("title", "面板名称", .text, value: input?["title"], isRequired: true, maxLength: 40),
            FormField(
                "layout", "分屏", .select(LivePage.layouts.map { Choice(String($0), "\($0) 画面") }), value: input?["layout"] ?? String(stage.layout), isRequired: true,
                help: "摄像机多于分屏数时自动轮巡"),
            FormField("numbers", "视频编号", .textArea(rows: 4), value: input?["numbers"], help: "另外加入的摄像机，每行一个视频编号；最多 64 个", isWide: true),
            FormField("seconds", "轮巡间隔", .number(step: "1"), value: input?["seconds"] ?? "30", unit: "秒", minimum: "10", maximum: "3600"),
            FormField("cams", "", .hidden, value: input?["cams"] ?? stage.cameras.map(String.init).joined(separator: ",")),
        ]
        if context.may(VideoPermission.walls) { fields.append(FormField("everyone", "范围", .check("所有人可用"), value: input?["everyone"])) }
        let form = Form(action: Self.path, sections: [FormSection(nil, fields)], submit: "保存", cancel: Self.path, findings: findings, context: context)
        return Shell.form("保存面板", crumbs: Self.crumbs + [Crumb("保存面板")], active: Self.path, form, context: context)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), input = try await request.form(context)
        var findings: [FieldFinding] = []
        let title = input["title"] ?? ""
        if title.isEmpty || title.count > 40 { findings.append(FieldFinding("title", "length", "应为 1 至 40 个字", title: "面板名称")) }
        let layout = input["layout"].flatMap { Int($0) } ?? 0
        if !LivePage.layouts.contains(layout) { findings.append(FieldFinding("layout", "unknownCode", "应为 1、4、9 或 16", title: "分屏")) }
        let seconds = input["seconds"].flatMap { Int($0) } ?? 0
        if !(10...3600).contains(seconds) { findings.append(FieldFinding("seconds", "range", "应为 10 至 3600 秒", title: "轮巡间隔")) }
        let chosen = (input["cams"] ?? "").split(separator: ",").compactMap { Int64($0) }.prefix(64)
        let numbers = (input["numbers"] ?? "").split { $0.isNewline || ",，、".contains($0) }.map { String($0).trimmedSpaces }.filter { !$0.isEmpty }.prefix(64)
        let (cameras, missing) = try await desk.platform.database.read { reader -> ([Int64], [String]) in
            let known = try CameraBook.some(Array(chosen), for: principal, in: reader).map(\.id)
            guard !numbers.isEmpty else { return (chosen.filter(known.contains), []) }
            let rows = try reader.rows("\(CameraEntry.select) AND c.number IN (\(list: Array(numbers))) AND \(principal.scope.condition(org: "c.org", area: "c.area"))").map(
                CameraEntry.init)
            let byNumber = Dictionary(rows.map { ($0.number, $0.id) }, uniquingKeysWith: { first, _ in first })
            return (chosen.filter(known.contains) + numbers.compactMap { byNumber[$0] }.filter { !chosen.contains($0) }, numbers.filter { byNumber[$0] == nil })
        }
        if !missing.isEmpty { findings.append(FieldFinding("numbers", "reference", "没有这些视频编号：\(missing.prefix(10).joined(separator: "、"))", title: "视频编号")) }
        if cameras.isEmpty, missing.isEmpty { findings.append(FieldFinding("numbers", "required", "请至少选择一个摄像机", title: "视频编号")) }
        if cameras.count > 64 { findings.append(FieldFinding("numbers", "length", "最多 64 个摄像机", title: "视频编号")) }
        guard findings.isEmpty else { return form(input, findings, context) }
        let isForEveryone = input["everyone"] == "1" && context.may(VideoPermission.walls), now = desk.platform.clock.now
        let id = try await desk.platform.database.write { [audit = desk.platform.audit] tx -> Int64 in
            let id = try tx.insert(
                """
                INSERT INTO camera_walls (owner, owner_name, title, layout, cameras, seconds, everyone, created_at) VALUES (\(principal.id), \(principal.name), \(title), \(layout), \
                \(cameras.map(String.init).joined(separator: ",")), \(seconds), \(isForEveryone), \(now))
                """)
            try audit.record(AuditEntry("create", "cameraWall", String(id), "保存视频面板“\(title)”"), by: principal, in: tx)
            return id
        }
        return Shell.done("已保存面板", to: "\(Self.path)/\(id)", context: context)
    }

    @Sendable func delete(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), wall = try await found(context)
        guard wall.owner == principal.id || context.may(VideoPermission.walls) else { throw Failure.forbidden("删除他人的面板") }
        try await desk.platform.database.write { [audit = desk.platform.audit] tx in
            try tx.execute("DELETE FROM camera_walls WHERE id = \(wall.id)")
            try audit.record(AuditEntry("delete", "cameraWall", String(wall.id), "删除视频面板“\(wall.title)”"), by: principal, in: tx)
        }
        return Shell.done("已删除", to: Self.path, context: context)
    }

    /// The whole screen; `?at=` is the round's place.
    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), wall = try await found(context)
        let seen = try await desk.platform.database.read { try CameraBook.some(wall.cameras, for: principal, in: $0) }
        let byId = Dictionary(seen.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let cameras = wall.cameras.compactMap { byId[$0] }
        let pages = max(1, (cameras.count + wall.layout - 1) / wall.layout)
        let at = abs(context.here["at"].flatMap { Int($0) } ?? 0) % pages
        let tiles = Array(cameras.dropFirst(at * wall.layout).prefix(wall.layout))
        let rotate: Markup = pages > 1 ? "<div hidden data-rotate=\"\(Self.path)/\(wall.id)?at=\((at + 1) % pages)\" data-seconds=\"\(wall.seconds)\"></div>" : .empty
        let round: Markup = pages > 1 ? "<small class=\"num\">第 \(at + 1)/\(pages) 轮</small>" : .empty
        let body: Markup = """
            \(CameraDesk.styles(context))<link rel="stylesheet" href="\(context.site.assets.path("reports.css"))"><script type="module" src="\(context.site.assets.path("reports.js"))"></script>\
            <header class="screen-head"><div class="row-flex"><a class="icon-button" href="\(Self.path)" aria-label="返回">\(Icon("left"))</a>\(round)</div><h1>\(wall.title)</h1>\
            <div class="screen-end"><span class="num" data-clock>\(desk.platform.clock.now)</span><button type="button" class="icon-button" data-fullscreen aria-label="全屏">\(Icon("expand"))</button></div></header>\
            \(LivePage.stage(tiles, wall.layout))\(rotate)
            """
        return Shell.page(wall.title, active: Self.path, layout: .screen, body: body, context: context)
    }
}
