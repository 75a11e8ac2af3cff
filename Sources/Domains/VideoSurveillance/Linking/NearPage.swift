import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Live pictures of the cameras near an alarm, on one page; from the alarm, its background and the wall.
struct NearPage: Sendable {
    let desk: CameraDesk
    static let path = "/camera-alarms"

    func add(to routes: Routes) { routes.get(Self.path + "/{id}", permission: .named(VideoPermission.view), use: show) }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let (alarm, cameras) = try await desk.platform.database.read { [alarms = desk.platform.alarms] reader in
            guard let alarm = try alarms.find(id, by: principal, in: reader) else { throw Failure.notFound("该报警") }
            return (alarm, try CamerasNear.find(alarm, for: principal, in: reader))
        }
        let layout = LivePage.layouts.first { $0 >= min(cameras.count, 4) } ?? 4
        let stage: Markup =
            cameras.isEmpty
            ? "\(EmptyState("报警位置附近没有登记摄像机", hint: "在摄像机台账中填写关联监测点或安装位置", icon: "video"))" : LivePage.stage(Array(cameras.prefix(layout)), layout)
        let more: Markup =
            cameras.count > layout
            ? "\(Card("其他摄像机", body: "<ul class=\"near-list\">\(cameras.dropFirst(layout).map { camera -> Markup in "<li>\(Icon("video")) <a href=\"/cameras/\(camera.id)\">\(camera.name)</a> \(camera.location)</li>" })</ul>"))"
            : .empty
        return Shell.page(
            "现场视频", crumbs: [Crumb("报警处理", "/alarms"), Crumb(alarm.number, "/alarms/\(id)"), Crumb("现场视频")], active: "/alarms",
            actions:
                "\(Markup.when(context.here["from"] == "wall", "\(ActionButton("回到大屏", .link("/alarms/wall"), icon: "monitor"))"))\(ActionButton("研判信息", .link("/alarms/\(id)/background"), icon: "search"))\(ActionButton("报警详情", .link("/alarms/\(id)"), icon: "siren"))",
            body: "\(CameraDesk.styles(context))\(Notice(.info, "\(alarm.title)　\(alarm.place)　\(alarm.occurredAt)"))\(stage)\(more)", context: context)
    }
}
