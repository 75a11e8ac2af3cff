/// Why there is no picture, as an operator can use it.
package enum VideoReason: String, Sendable, CaseIterable {
    case unreachable, refusedLogin, notFound, refused, stalled, garbage, noVideo, unsupported, ended
    case busyStreams, busyTranscodes, busyViewers, noTool, notAdmitted, noAddress, disabled, covered, stopped

    package var message: String {
        switch self {
        case .unreachable: "无法连接摄像机，请检查供电、网络与取流地址"
        case .refusedLogin: "摄像机拒绝登录，请核对取流账号和密码"
        case .notFound: "摄像机上没有该码流，请核对取流地址中的通道与码流"
        case .refused: "摄像机拒绝了取流请求"
        case .stalled: "摄像机已连接但没有画面，或画面中断"
        case .garbage: "摄像机发来的数据无法识别，不是有效的视频流"
        case .noVideo: "码流中没有视频画面"
        case .unsupported: "码流的编码格式不受支持，请将摄像机子码流设为 H.264"
        case .ended: "码流已结束"
        case .busyStreams: "同时取流路数已达上限，请稍后再看或联系运维人员调整"
        case .busyTranscodes: "该摄像机不是 H.264 编码，转码路数已满；请将子码流设为 H.264 或稍后再看"
        case .busyViewers: "同时观看人数已达上限，请稍后再看"
        case .noTool: "服务器未安装视频工具 ffmpeg，请联系运维人员"
        case .notAdmitted: "摄像机地址不在允许取流的网段内，请联系运维人员"
        case .noAddress: "该摄像机未填写取流地址"
        case .disabled: "该摄像机已停用"
        case .covered: "该画面涉及个人隐私，正在处置，暂不提供查看"
        case .stopped: "服务正在停止"
        }
    }

    /// Whether trying again by itself makes sense.
    package var isPassing: Bool {
        switch self {
        case .unreachable, .stalled, .garbage, .ended, .busyStreams, .busyTranscodes, .refused, .notFound, .refusedLogin, .noVideo: true
        case .unsupported, .busyViewers, .noTool, .notAdmitted, .noAddress, .disabled, .covered, .stopped: false
        }
    }

    /// Whether it says that the camera is not on line; the others are about us, or about somebody's settings.
    package var isOffline: Bool {
        switch self {
        case .unreachable, .stalled, .ended: true
        default: false
        }
    }

    /// What ffmpeg's last words say; its words may hold passwords and go no further than here.
    ///
    /// - Parameter status: of the process; 127 and 126 when there was no program to run.
    package init(status: Int32, words: String) {
        let text = words.lowercased()
        func says(_ some: String...) -> Bool { some.contains { text.contains($0) } }
        if status == 127 || status == 126 || says("failed to execute", "no such file or directory: ffmpeg", "ffmpeg: not found") {
            self = .noTool
        } else if says("401 unauthorized", "403 forbidden", "401 (", "authorization failed") {
            self = .refusedLogin
        } else if says("404 not found", "454 session not found", "404 stream not found", "method describe failed: 404") {
            self = .notFound
        } else if says(
            "connection refused", "no route to host", "network is unreachable", "connection timed out", "operation timed out", "name or service not known", "host is down",
            "connection reset")
        {
            self = .unreachable
        } else if says("could not find tag for codec", "not currently supported in container", "could not write header", "unknown encoder", "error initializing output stream") {
            self = .unsupported
        } else if says("does not contain any stream", "matches no streams", "output file #0 does not contain") {
            self = .noVideo
        } else if says("invalid data found", "error when loading first stream", "could not find codec parameters", "method describe failed: invalid") {
            self = .garbage
        } else if says("failed: 4", "failed: 5", "server returned") {
            self = .refused
        } else {
            self = .ended
        }
    }
}
