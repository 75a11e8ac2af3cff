import Alarms
import Cryptography
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Video
import Web

/// One camera: its picture, how it stands, what was captured, who may ask it.
struct CameraPage: Sendable {
    let desk: CameraDesk

    func add(to routes: Routes) {
        routes.get("/cameras/{id}", permission: .named(VideoPermission.view), use: show)
        routes.post("/cameras/{id}/captures", permission: .named(VideoPermission.capture), use: capture)
        routes.get("/cameras/{id}/access", permission: .named(VideoPermission.access), use: access)
        routes.post("/cameras/{id}/access", permission: .named(VideoPermission.access), use: saveAccess)
    }

    private func found(_ context: WebContext) async throws -> CameraEntry {
        let (id, principal) = (try context.id(), try context.signedIn())
        return try await desk.platform.database.read { try CameraBook.one(id, for: principal, in: $0) }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), camera = try await found(context)
        let (captures, alarms, hasAccount, millis) = try await desk.platform.database.read { [alarms = desk.platform.alarms] reader in
            let captures = try reader.rows(
                "SELECT id, taken_at, taken_by, reason, picture FROM camera_capture WHERE camera = \(camera.id) AND deleted_at IS NULL ORDER BY taken_at DESC LIMIT 8")
            var filter = AlarmFilter()
            filter.source = AlarmSource(CameraStandings.source, camera.id)
            let own = principal.may(AlarmPermission.read) ? try alarms.list(filter, limit: 10, by: principal, in: reader).alarms : []
            return (
                captures, own, try reader.first("SELECT 1 FROM camera_access WHERE camera = \(camera.id)") != nil,
                try reader.value("SELECT start_millis FROM camera_states WHERE camera = \(camera.id)")?.int
            )
        }
        let tile: Markup = "<div class=\"camera-stage stage-1\" data-camera-stage>\(CameraTile(camera: camera, hasName: false))</div>"
        let picture = Card(isFlush: true, body: tile)
        let main: Markup = "\(picture)\(captureCard(camera, captures))\(alarmCard(alarms))"
        let aside: Markup = "\(factCard(camera, hasAccount, millis))\(streamCard(camera))"
        return Shell.page(
            camera.name, crumbs: LivePage.crumbs + [Crumb(camera.name)], active: LivePage.path, actions: actions(camera, context),
            body: "\(CameraDesk.styles(context))\(Grid(.mainAside, ["<div class=\"stack\">\(main)</div>", "<div class=\"stack\">\(aside)</div>"]))", context: context)
    }

    private func actions(_ camera: CameraEntry, _ context: WebContext) -> Markup {
        let capture: Markup =
            context.may(VideoPermission.capture) && !camera.isCovered
            ? "\(ActionButton("抓图", .post("/cameras/\(camera.id)/captures", confirm: nil), icon: "camera", style: .primary))" : .empty
        let account: Markup = context.may(VideoPermission.access) ? "\(ActionButton("取流账号", .dialog("/cameras/\(camera.id)/access"), icon: "key"))" : .empty
        let ledger: Markup = context.may("videoCamera.read") ? "\(ActionButton("台账", .link("/ledgers/videoCamera/\(camera.id)"), icon: "list"))" : .empty
        return "\(capture)<button type=\"button\" class=\"btn btn-plain\" data-camera-full>\(Icon("expand"))<span>全屏</span></button>\(account)\(ledger)"
    }

    private func factCard(_ camera: CameraEntry, _ hasAccount: Bool, _ millis: Int64?) -> Markup {
        let since: Markup = camera.since.map { camera.isOnline == nil ? "" : "（自 \($0)）" } ?? .empty
        let reason: Markup = camera.isOnline != true && camera.reason != nil ? "\(camera.reason?.message)" : .empty
        let items: [DescriptionList.Item] = [
            .init("状态", "\(CameraDesk.badge(camera))\(since)"), .init("原因", reason), .init("最近在线", "\(camera.seenAt)"),
            .init("首帧用时", "\(millis.map { "\(Figure.decimal(Double($0) / 1000, digits: 1)) 秒" })"),
            .init("视频编号", "\(camera.number)"), .init("所属单位", "\(camera.orgName)"), .init("设备类型", "\(desk.title(of: camera.kind, in: .cameraKind))"),
            .init("监控场所", "\(desk.title(of: camera.scene, in: .cameraScene))"), .init("位置", "\(camera.location)"), .init("关联监测点", "\(camera.points.joined(separator: "、"))"),
            .init("取流账号", camera.address.hasPrefix(Camera.demoPrefix) ? "演示画面" : hasAccount ? "已设置" : "未设置"),
        ]
        return "\(Card("摄像机信息", body: "\(DescriptionList(items, columns: 1))"))"
    }

    private func streamCard(_ camera: CameraEntry) -> Markup {
        guard let running = desk.streams.standing(of: camera.id) else { return .empty }
        let items: [DescriptionList.Item] = [
            .init("编码", "\(running.title)\(Markup.when(running.note.isTranscoded, "（平台转码）"))"), .init("正在观看", "\(running.viewers)"),
            .init("建流用时", "\(running.firstAfter.map { "\(Figure.decimal($0, digits: 1)) 秒" })"),
        ]
        return "\(Card("正在取流", body: "\(DescriptionList(items, columns: 1))"))"
    }

    private func captureCard(_ camera: CameraEntry, _ rows: [Row]) -> Markup {
        let photos = rows.compactMap { row -> PhotoStrip.Photo? in
            guard let id = row.int("id"), let sha256 = row.text("picture") else { return nil }
            let path = "/ledgers/cameraCapture/\(id)/files/picture/\(sha256)"
            let title = desk.title(of: row.text("reason") ?? "", in: .captureReason)
            return PhotoStrip.Photo(full: path, thumbnail: path, title: "\(title) \(row.text("taken_by") ?? "")", note: row.moment("taken_at")?.text ?? "")
        }
        let body: Markup = photos.isEmpty ? "<p class=\"nothing\">还没有抓图</p>" : "\(PhotoStrip(photos))"
        return "\(Card("抓图", actions: "\(ActionButton("全部", .link("/ledgers/cameraCapture?camera=\(camera.id)"), style: .quiet))", body: body))"
    }

    private func alarmCard(_ alarms: [Alarm]) -> Markup {
        guard !alarms.isEmpty else { return .empty }
        let rows = alarms.map { TableRow(["\($0.number)", "\($0.title)", "\($0.state.title)", "\($0.occurredAt)", "\($0.closedAt)"], path: "/alarms/\($0.id)") }
        let columns = [Column("number", "报警号"), Column("title", "内容", isWrapping: true), Column("state", "状态"), Column("at", "发生时间"), Column("end", "关闭时间")]
        return
            "\(Card("该摄像机的报警", isFlush: true, body: "\(DataTable(id: "camera-alarms", columns: columns, rows: rows, address: PageAddress("/cameras"), empty: "没有报警", hasTools: false))"))"
    }

    // MARK: Capturing

    @Sendable func capture(request: Request, context: WebContext) async throws -> Response {
        let camera = try await found(context)
        guard !camera.isCovered else { throw VideoRefusal(.covered).failure }
        let made = try await CaptureDesk(desk: desk).take(camera, reason: "manual", by: try context.signedIn())
        return Shell.refreshed("已抓图，画面时间 \(made.at.text)", context: context, request: request)
    }

    // MARK: The account

    private func accessForm(_ camera: CameraEntry, _ login: String, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let form = Form(
            action: "/cameras/\(camera.id)/access",
            sections: [
                FormSection(
                    nil,
                    [
                        FormField("login", "用户名", .text, value: login, help: "留空并保存即清除账号", maxLength: 60),
                        FormField("password", "密码", .password, help: "加密保存，不再显示；修改用户名时须重新填写", maxLength: 120),
                    ])
            ], submit: "保存", cancel: "/cameras/\(camera.id)", findings: findings, context: context)
        return Shell.form(
            "取流账号：\(camera.name)", crumbs: LivePage.crumbs + [Crumb(camera.name, "/cameras/\(camera.id)"), Crumb("取流账号")], active: LivePage.path, form, context: context)
    }

    @Sendable func access(request: Request, context: WebContext) async throws -> Response {
        let camera = try await found(context)
        let login = try await desk.platform.database.read { try $0.value("SELECT login FROM camera_access WHERE camera = \(camera.id)")?.text }
        return accessForm(camera, login ?? "", [], context)
    }

    @Sendable func saveAccess(request: Request, context: WebContext) async throws -> Response {
        let camera = try await found(context), principal = try context.signedIn(), form = try await request.form(context)
        let login = form["login"] ?? "", password = form["password"] ?? ""
        var findings: [FieldFinding] = []
        if login.count > 60 { findings.append(FieldFinding("login", "length", "最多 60 个字符", title: "用户名")) }
        if !login.isEmpty, password.isEmpty { findings.append(FieldFinding("password", "required", "请填写密码", title: "密码")) }
        if password.count > 120 { findings.append(FieldFinding("password", "length", "最多 120 个字符", title: "密码")) }
        if login.isEmpty, !password.isEmpty { findings.append(FieldFinding("login", "required", "请填写用户名", title: "用户名")) }
        guard findings.isEmpty else { return accessForm(camera, login, findings, context) }
        let sealed = try desk.platform.keys.seal(password), now = desk.platform.clock.now
        try await desk.platform.database.write { [audit = desk.platform.audit, streams = desk.streams] tx in
            if login.isEmpty {
                try tx.execute("DELETE FROM camera_access WHERE camera = \(camera.id)")
            } else {
                try tx.execute(
                    """
                    INSERT INTO camera_access (camera, login, secret, updated_at, updated_by) VALUES (\(camera.id), \(login), \(sealed), \(now), \(principal.id)) \
                    ON CONFLICT (camera) DO UPDATE SET login = excluded.login, secret = excluded.secret, updated_at = excluded.updated_at, updated_by = excluded.updated_by
                    """)
            }
            try audit.record(AuditEntry("update", "videoCamera", String(camera.id), "\(login.isEmpty ? "清除" : "设置")摄像机“\(camera.name)”取流账号"), by: principal, in: tx)
            tx.afterCommit { streams.renew(camera.id) }
        }
        return Shell.done(login.isEmpty ? "已清除取流账号" : "已保存取流账号", to: "/cameras/\(camera.id)", context: context)
    }
}
