import Identity
import Kernel
import Reports
import Storage
import Video
import Web

/// D9.8.3: cameras as a card of boards and screens.
enum BoardPictures {
    /// Pictures of one card.
    static let most = 9

    static let face = PictureCardFace(
        permission: VideoPermission.view,
        choices: { principal, reader in try CameraBook.all(for: principal, in: reader).prefix(1000).map { Choice(String($0.id), $0.name, group: $0.orgName) } },
        known: { ids, principal, reader in Set(try CameraBook.some(ids, for: principal, in: reader).map(\.id)) },
        markup: { ids, principal, context, reader in
            let found = try CameraBook.some(ids, for: principal, in: reader)
            let byId = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            let cameras = ids.compactMap { byId[$0] }.prefix(most)
            guard !cameras.isEmpty else { return "\(EmptyState("没有可查看的摄像机", icon: "video"))" }
            let layout = cameras.count == 1 ? 1 : cameras.count <= 4 ? 4 : 9
            return "\(CameraDesk.styles(context))<div class=\"camera-stage stage-\(layout)\" data-camera-stage>\(cameras.map { "\(CameraTile(camera: $0))" as Markup })</div>"
        })
}
