import Features
import Identity
import Kernel
import Ledgers
import Video
import Web

/// What the pages of cameras share.
struct CameraDesk: Sendable {
    let platform: Platform
    let streams: StreamHouse
    let sources: CameraSources

    var viewings: Viewings { Viewings(platform: platform) }
    var standings: CameraStandings { CameraStandings(platform: platform) }

    static func badge(_ camera: CameraEntry) -> Markup {
        switch camera.state {
        case "online": "\(Badge("在线", .good, isDot: true))"
        case "offline": "\(Badge("离线", .orange))"
        case "disused": "\(Badge(camera.use == "repair" ? "检修" : "停用", .muted, isDot: true))"
        default: "\(Badge("未检测", .muted, isDot: true))"
        }
    }

    /// Style and script of pictures.
    static func styles(_ context: WebContext) -> Markup {
        "<link rel=\"stylesheet\" href=\"\(context.site.assets.path("video.css"))\"><script type=\"module\" src=\"\(context.site.assets.path("video.js"))\"></script>"
    }

    func title(of code: String, in dictionary: DictionaryName) -> String { platform.dictionaries.title(of: code, in: dictionary) }
}

/// One picture on a page: the script fills it; without one it is a still picture that leads to the plain stream.
struct CameraTile: Rendered {
    var camera: CameraEntry
    /// Large pictures name their camera above.
    var hasName = true
    /// Asks single pictures instead of a stream: for many small ones.
    var isStill = false

    var markup: Markup {
        let name: Markup = hasName ? "<figcaption><a href=\"/cameras/\(camera.id)\">\(camera.name)</a><small>\(camera.orgName)</small></figcaption>" : .empty
        guard !camera.isCovered else { return "<figure class=\"camera-tile is-covered\"><p class=\"camera-note\">\(Icon("lock"))\(VideoReasonText.covered)</p>\(name)</figure>" }
        if isStill {
            return
                "<figure class=\"camera-tile\"><a href=\"/cameras/\(camera.id)\"><img src=\"/cameras/\(camera.id)/snapshot.jpg\" alt=\"\(camera.name)\" loading=\"lazy\" data-camera-still></a>\(name)</figure>"
        }
        return """
            <figure class="camera-tile" data-camera="\(camera.id)" data-name="\(camera.name)"><video muted playsinline aria-label="\(camera.name)"></video>\
            <p class="camera-note" data-camera-note role="status">正在连接…</p><span class="camera-clock num" data-camera-start></span>\
            <noscript><a href="/cameras/\(camera.id)/live.mp4"><img src="/cameras/\(camera.id)/snapshot.jpg" alt="\(camera.name)"></a></noscript>\(name)</figure>
            """
    }
}

enum VideoReasonText {
    static let covered = VideoReason.covered.message
}
