import Features
import Hummingbird
import Identity
import Kernel
import Storage
import Video
import Web

/// 视频设置: the networks in which cameras are, how much is done at once, and what runs now.
struct VideoSettingsPages: Sendable {
    let desk: CameraDesk
    static let path = "/video-settings"

    func add(to routes: Routes) {
        routes.get(Self.path, permission: .named(VideoPermission.settings), use: show)
        routes.post(Self.path, permission: .named(VideoPermission.settings), isDangerous: true, use: save)
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let settings = try await desk.platform.database.read { try VideoSettings($0) }
        return form(settings, nil, [], context)
    }

    private func form(_ settings: VideoSettings, _ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        func number(_ name: String, _ title: String, _ value: Int, _ most: Int, _ help: String) -> FormField {
            FormField(name, title, .number(step: "1"), value: input?[name] ?? String(value), isRequired: true, help: help, minimum: "0", maximum: String(most))
        }
        let fields = [
            FormField(
                "networks", "允许取流的网段", .textArea(rows: 4), value: input.map { $0["networks"] ?? "" } ?? settings.networks.map(\.text).joined(separator: "\n"),
                help: "每行一个，如 10.20.0.0/16；不在其中的摄像机地址一律不连接，留空即不取流", isWide: true),
            number("streams", "同时取流路数", settings.streams, 500, "每个摄像机无论多少人观看只取一路"), number("transcodes", "同时转码路数", settings.transcodes, 16, "H.265 等浏览器不能直接播放的画面由平台转码，每路约占一个处理器核"),
            number("viewers", "同时观看数", settings.viewers, 5000, "所有人打开的画面总数"),
        ]
        let form = Form(action: Self.path, sections: [FormSection(nil, fields)], submit: "保存", findings: findings, context: context)
        let rows = desk.streams.standings.map { one in
            TableRow(
                [
                    "\(one.id)", "\(one.note.state == .live ? "播放中" : one.note.reason?.message ?? "连接中")", "\(one.title)", "\(one.viewers)",
                    "\(one.firstAfter.map { "\(Figure.decimal($0, digits: 1)) 秒" })", "\(Figure.size(one.bytes))",
                ], path: "/cameras/\(one.id)")
        }
        let columns = [
            Column("id", "摄像机"), Column("state", "状态"), Column("title", "编码"), Column("viewers", "观看", align: .end), Column("start", "建流用时", align: .end),
            Column("bytes", "已接收", align: .end),
        ]
        let running = Card(
            "正在取流（\(rows.count)）", isFlush: true,
            body: "\(DataTable(id: "streams", columns: columns, rows: rows, address: PageAddress(Self.path), empty: "当前没有取流", hasTools: false))")
        return Shell.page(
            "视频设置", crumbs: [Crumb(Camera.group), Crumb("视频设置")], active: Self.path, status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Card(body: "\(form)"))\(running)", context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), input = try await request.form(context)
        var findings: [FieldFinding] = [], settings = VideoSettings()
        let lines = (input["networks"] ?? "").split { $0.isNewline || ",，、; ；".contains($0) }.map { String($0).trimmedSpaces }.filter { !$0.isEmpty }
        settings.networks = lines.compactMap { NetworkRange($0) }
        let wrong = lines.filter { NetworkRange($0) == nil }
        if !wrong.isEmpty { findings.append(FieldFinding("networks", "format", "不是网段：\(wrong.prefix(5).joined(separator: "、"))", title: "允许取流的网段")) }
        if lines.count > 200 { findings.append(FieldFinding("networks", "length", "最多 200 个网段", title: "允许取流的网段")) }
        func number(_ name: String, _ title: String, _ range: ClosedRange<Int>) -> Int {
            guard let value = input[name].flatMap({ Int($0) }), range.contains(value) else {
                findings.append(FieldFinding(name, "range", "应为 \(range.lowerBound) 至 \(range.upperBound)", title: title))
                return range.lowerBound
            }
            return value
        }
        settings.streams = number("streams", "同时取流路数", 1...500)
        settings.transcodes = number("transcodes", "同时转码路数", 0...16)
        settings.viewers = number("viewers", "同时观看数", 1...5000)
        guard findings.isEmpty else { return form(settings, input, findings, context) }
        let kept = settings
        try await desk.platform.database.write { [audit = desk.platform.audit, streams = desk.streams] tx in
            let before = try VideoSettings(tx)
            try kept.save(in: tx)
            let details: JSONValue = ["networks": [.string(before.networks.map(\.text).joined(separator: " ")), .string(kept.networks.map(\.text).joined(separator: " "))]]
            try audit.record(
                AuditEntry("update", "videoSettings", "", "修改视频设置：取流 \(kept.streams) 路、转码 \(kept.transcodes) 路、观看 \(kept.viewers)", details: details), by: principal, in: tx)
            tx.afterCommit {
                streams.limits = kept.limits
                for one in streams.standings { streams.renew(one.id) }
            }
        }
        return Shell.done("已保存", to: Self.path, context: context)
    }
}
