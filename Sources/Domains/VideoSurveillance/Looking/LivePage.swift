import Features
import Hummingbird
import Identity
import Kernel
import Maps
import Storage
import Web

/// D10.2.1 实时监控, A-28, B2.4.3: all cameras as a tree beside 1, 4, 9 or 16 pictures; the same on a map.
struct LivePage: Sendable {
    let desk: CameraDesk
    static let path = "/cameras"
    static let layouts = [1, 4, 9, 16]
    static let crumbs = [Crumb(Camera.group), Crumb("实时监控", path)]

    func add(to routes: Routes) {
        let view = RoutePermission.named(VideoPermission.view)
        routes.get(Self.path, permission: view, use: live)
        routes.get(Self.path + "/map", permission: view, use: map)
    }

    /// What an address asks of the stage: `?layout=4&cams=3,7`.
    struct Stage: Sendable {
        var layout: Int
        var cameras: [Int64]

        init(_ address: PageAddress) {
            let asked = address["layout"].flatMap { Int($0) } ?? 4
            layout = LivePage.layouts.contains(asked) ? asked : 4
            var seen: Set<Int64> = []
            cameras = (address["cams"] ?? "").split(separator: ",").compactMap { Int64($0) }.filter { seen.insert($0).inserted }
            cameras = Array(cameras.prefix(layout))
        }

        var query: String { "layout=\(layout)&cams=\(cameras.map(String.init).joined(separator: ","))" }

        /// The same with one more picture, the oldest left out where there is no room.
        func adding(_ id: Int64) -> Stage {
            var stage = self
            guard !cameras.contains(id) else { return stage }
            if stage.cameras.count >= layout { stage.cameras.removeFirst() }
            stage.cameras.append(id)
            return stage
        }

        func dividing(_ layout: Int) -> Stage {
            var stage = self
            stage.layout = layout
            stage.cameras = Array(cameras.suffix(layout))
            return stage
        }
    }

    private func found(_ context: WebContext) async throws -> (all: [CameraEntry], shown: [CameraEntry]) {
        let principal = try context.signedIn(), here = context.here, window = ListWindow(here)
        let all = try await desk.platform.database.read { try CameraBook.all(for: principal, in: $0) }
        let shown = all.filter { camera in
            (here["org"].map { $0 == camera.org.map(String.init) } ?? true) && (here["scene"].map { $0 == camera.scene } ?? true)
                && (here["state"].map { $0 == camera.state } ?? true)
                && window.finds(camera.name, camera.number, camera.orgName, camera.plant, camera.zone, camera.place)
        }
        return (all, shown)
    }

    @Sendable func live(request: Request, context: WebContext) async throws -> Response {
        let (all, shown) = try await found(context)
        var stage = Stage(context.here)
        let byId = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        if context.here["cams"] == nil { stage.cameras = shown.filter { $0.state != "disused" }.prefix(stage.layout).map(\.id) }
        let tiles = stage.cameras.compactMap { byId[$0] }
        let tree: Markup = "\(filters(context, stage))\(Self.tree(shown, stage, context))"
        let body: Markup = """
            \(CameraDesk.styles(context))<div class="camera-desk"><aside class="camera-side">\(Card("摄像机（\(shown.count)）", body: tree))</aside><section class="camera-main">\(bar(stage, tiles, context))\
            \(Self.stage(tiles, stage.layout))</section></div>
            """
        let actions: Markup = "\(ActionButton("地图点播", .link(Self.path + "/map"), icon: "map"))\(ActionButton("常用面板", .link(WallPages.path), icon: "columns"))"
        let empty = EmptyState(
            "还没有摄像机", hint: "在摄像机台账中登记或导入，并填写取流地址", icon: "video", action: context.may("videoCamera.write") ? "\(ActionButton("摄像机台账", .link("/ledgers/videoCamera")))" : .empty)
        return Shell.page("实时监控", crumbs: [Crumb(Camera.group), Crumb("实时监控")], active: Self.path, actions: actions, body: all.isEmpty ? "\(empty)" : body, context: context)
    }

    /// Pictures in a square, empty places included.
    static func stage(_ tiles: [CameraEntry], _ layout: Int) -> Markup {
        let blank = max(0, layout - tiles.count)
        let places =
            tiles.map { "\(CameraTile(camera: $0))" as Markup }
            + (0..<blank).map { _ -> Markup in "<figure class=\"camera-tile is-blank\"><p class=\"camera-note\">从左侧选择摄像机</p></figure>" }
        return "<div class=\"camera-stage stage-\(layout)\" data-camera-stage>\(places)</div>"
    }

    private func filters(_ context: WebContext, _ stage: Stage) -> Markup {
        let here = context.here
        let states = CameraEntry.states.map { name, title -> Markup in "<option value=\"\(name)\"\(Markup.flag("selected", here["state"] == name))>\(title)</option>" }
        return """
            <form class="camera-search" action="\(Self.path)" method="get" role="search"><input type="hidden" name="layout" value="\(stage.layout)"><input type="hidden" name="cams" value="\(stage.cameras.map(String.init).joined(separator: ","))">\
            <input type="search" name="q" value="\(here["q"] ?? "")" placeholder="名称、编号、单位、位置" aria-label="筛选摄像机"><select name="state" aria-label="状态"><option value="">全部状态</option>\(states)</select>\
            \(ActionButton("筛选", .submit, icon: "search", isIconOnly: true))</form>
            """
    }

    /// By unit, then by plant and zone; a click puts the picture on the stage.
    static func tree(_ cameras: [CameraEntry], _ stage: Stage, _ context: WebContext) -> Markup {
        guard !cameras.isEmpty else { return "<p class=\"nothing\">没有符合条件的摄像机</p>" }
        var orgs: [(key: String, title: String, cameras: [CameraEntry])] = []
        for camera in cameras {
            let key = camera.org.map(String.init) ?? ""
            if orgs.last?.key == key { orgs[orgs.count - 1].cameras.append(camera) } else { orgs.append((key, camera.orgName.isEmpty ? "公共区域" : camera.orgName, [camera])) }
        }
        let isNarrow = orgs.count > 3 && context.here["q"] == nil
        let lines = orgs.enumerated().map { index, org -> Markup in
            let chosen = org.cameras.contains { stage.cameras.contains($0.id) }
            let online = org.cameras.filter { $0.state == "online" }.count
            return """
                <details\(Markup.flag("open", !isNarrow || chosen || index == 0))><summary>\(org.title)<small class="num">\(online)/\(org.cameras.count)</small></summary>\(branches(org.cameras, stage))</details>
                """
        }
        return "<nav class=\"camera-tree\" aria-label=\"摄像机\">\(lines)</nav>"
    }

    private static func branches(_ cameras: [CameraEntry], _ stage: Stage) -> Markup {
        var groups: [(title: String, cameras: [CameraEntry])] = []
        for camera in cameras {
            let title = [camera.plant, camera.zone].filter { !$0.isEmpty }.joined(separator: " · ")
            if groups.last?.title == title { groups[groups.count - 1].cameras.append(camera) } else { groups.append((title, [camera])) }
        }
        return .joined(
            groups.map { group -> Markup in
                let items = group.cameras.map { camera -> Markup in
                    let tone = camera.state == "online" ? "good" : camera.state == "offline" ? "orange" : "muted"
                    let isOn = stage.cameras.contains(camera.id)
                    return """
                        <li><a href="\(path)?\(stage.adding(camera.id).query)"\(Markup.when(isOn, " aria-current=\"true\""))><span class="dot tone-\(tone)"></span>\(camera.name)</a>\
                        <a class="camera-open" href="/cameras/\(camera.id)" aria-label="\(camera.name)详情">\(Icon("right"))</a></li>
                        """
                }
                let head: Markup = group.title.isEmpty ? .empty : "<h4>\(group.title)</h4>"
                return "\(head)<ul>\(items)</ul>"
            })
    }

    private func bar(_ stage: Stage, _ tiles: [CameraEntry], _ context: WebContext) -> Markup {
        let tabs = Tabs(Self.layouts.map { Tabs.Tab("\($0) 画面", "\(Self.path)?\(stage.dividing($0).query)", isActive: $0 == stage.layout) })
        let save: Markup =
            tiles.isEmpty
            ? .empty
            : "\(ActionButton("保存为面板", .dialog("\(WallPages.path)/new?\(stage.query)"), icon: "save"))\(ActionButton("清空", .link("\(Self.path)?layout=\(stage.layout)&cams="), icon: "x", style: .quiet))"
        return
            "<div class=\"camera-bar\">\(tabs)<span class=\"spacer\"></span>\(save)<button type=\"button\" class=\"btn btn-plain\" data-camera-full>\(Icon("expand"))<span>全屏</span></button></div>"
    }

    // MARK: On a map

    @Sendable func map(request: Request, context: WebContext) async throws -> Response {
        let (all, _) = try await found(context)
        let layers = CameraEntry.states.map { state, title in
            let features = all.filter { $0.state == state }.compactMap { camera -> MapFeature? in
                guard let longitude = camera.longitude, let latitude = camera.latitude else { return nil }
                let tone: Tone = state == "online" ? .good : state == "offline" ? .orange : .muted
                return MapFeature(
                    "camera-\(camera.id)", .point(Coordinate(longitude, latitude)), title: camera.name, tone: tone, popup: "<p>\(camera.orgName)</p><p>\(camera.location)</p>",
                    path: "/cameras/\(camera.id)")
            }
            return MapLayer(title, features)
        }
        let body: Markup = "\(Card(isFlush: true, body: "\(MapView(id: "cameras", "摄像机分布", layers: layers.filter { !$0.features.isEmpty }, height: .large, context: context))"))"
        return Shell.page(
            "地图点播", crumbs: Self.crumbs + [Crumb("地图点播")], active: Self.path, actions: "\(ActionButton("多画面", .link(Self.path), icon: "columns"))", body: body, context: context)
    }
}
