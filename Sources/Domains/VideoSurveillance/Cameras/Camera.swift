import Cryptography
import Identity
import Kernel
import Ledgers
import Storage
import Video

extension DictionaryName {
    static let cameraKind = DictionaryName("cameraKind")
    static let cameraScene = DictionaryName("cameraScene")
    static let cameraSource = DictionaryName("cameraSource")
    static let cameraUse = DictionaryName("cameraUse")
    static let captureReason = DictionaryName("captureReason")
    static let cameraWay = DictionaryName("cameraWay")
}

enum CameraCodes {
    static let dictionaries: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .cameraKind, "摄像机类型",
            [
                CodeItem("bullet", "枪机", "Bullet"), CodeItem("dome", "球机", "PTZ dome"), CodeItem("hemisphere", "半球", "Hemisphere"), CodeItem("turret", "遥控枪机", "PTZ bullet"),
                CodeItem("thermal", "热成像", "Thermal"), CodeItem("highPoint", "高空瞭望", "High point"), CodeItem("mobile", "移动布控球", "Mobile dome"),
                CodeItem("body", "单兵执法记录仪", "Body-worn"),
                CodeItem("plate", "车牌抓拍机", "Plate camera"), CodeItem("other", "其他", "Other"),
            ], source: "requirements D10.1.2；GB/T 28181 PTZType"),
        DictionaryDeclaration(
            .cameraScene, "监控场所",
            [
                CodeItem("gate", "门禁出入口", "Gate"), CodeItem("road", "厂内道路", "Plant road"), CodeItem("plant", "生产装置区", "Plant"), CodeItem("tank", "储罐区", "Tank farm"),
                CodeItem("loading", "装卸区", "Loading"), CodeItem("store", "仓库", "Store"), CodeItem("machine", "非道路移动机械作业区", "Machines at work"),
                CodeItem("control", "控制室", "Control room"),
                CodeItem("gallery", "公共管廊", "Pipe gallery"), CodeItem("utility", "公用工程", "Utilities"), CodeItem("public", "园区公共道路", "Public road"),
                CodeItem("room", "机房", "Machine room"),
                CodeItem("other", "其他", "Other"),
            ], source: "requirements A-28 VideoChannel.scene、D1.4.16、D14.3.2"),
        DictionaryDeclaration(
            .cameraSource, "视频来源",
            [
                CodeItem("enterprise", "企业自建", "Enterprise"), CodeItem("park", "园区自建", "Park"), CodeItem("police", "交警", "Traffic police"),
                CodeItem("urban", "城管", "Urban management"),
                CodeItem("transport", "交通", "Transport"), CodeItem("social", "社会面", "Public"), CodeItem("demo", "演示", "Demonstration"),
            ], source: "requirements B2.4.2 CameraSource.source"),
        DictionaryDeclaration(
            .cameraUse, "摄像机启用状态", [CodeItem("inUse", "启用", "In use"), CodeItem("repair", "检修", "Under repair"), CodeItem("disused", "停用", "Disused")],
            source: "requirements D10.1.2"),
        DictionaryDeclaration(
            .captureReason, "抓图事由", [CodeItem("manual", "人工抓图", "By hand"), CodeItem("alarm", "报警自动抓图", "Alarm"), CodeItem("patrol", "视频巡查", "Patrol")],
            source: "requirements D17.4.5、D9.24.1"),
        DictionaryDeclaration(
            .cameraWay, "查看方式", [CodeItem("live", "实时画面", "Live"), CodeItem("wall", "多画面", "Wall"), CodeItem("still", "图片", "Picture"), CodeItem("stream", "取流接口", "Stream")],
            source: "requirements D10.2.5"),
    ]
}

/// D10.1.2 视频资产树, D1.4.16, D5.9.1, A-28 VideoChannel: one row is one camera. Where its pictures come from stands in it without the account, which lies sealed in `camera_access`.
package enum Camera {
    package static let group = "视频监控"

    package static let ledger = LedgerDeclaration(
        id: "D10.1.2", name: "videoCamera", title: "摄像机台账", titleEN: "Cameras", group: group, ownedBy: .enterprise, owners: LedgerOwners("所属单位", "Owner", kind: nil),
        uniqueBy: ["number"],
        titleField: "name", indexes: [Index("org", "plant")],
        fields: [
            .text("number", "视频编号", length: 1...40, marks: [.required, .searchable]).hint("全平台唯一"),
            .text("name", "视频名称", length: 2...60, marks: [.required, .searchable]),
            .text("deviceName", "设备名称", length: 1...60, marks: [.required, .unlisted]),
            .code("kind", "设备类型", from: .cameraKind, marks: [.required, .filterable, .groupable]),
            .code("scene", "监控场所", from: .cameraScene, marks: [.required, .filterable, .groupable]),
            .code("source", "视频来源", from: .cameraSource, marks: [.required, .filterable, .groupable]).fallback("enterprise"),
            .code("useState", "启用状态", from: .cameraUse, marks: [.required, .filterable, .groupable]).fallback("inUse"),
            .text("plant", "所属装置或单元", length: 1...60, marks: [.searchable, .filterable, .groupable]).section("位置"),
            .text("zone", "区域", length: 1...60, marks: [.searchable, .filterable, .groupable]).section("位置"),
            .text("place", "安装位置", length: 1...100, marks: [.searchable]).hint("移动设备可不填").section("位置"),
            .location("position", "经纬度", marks: [.required]).section("位置"),
            .text("direction", "监控方向", length: 1...40, marks: [.unlisted]).section("位置"),
            .text("code", "国标编码", length: 20...20, marks: [.searchable, .unlisted]).hint("GB/T 28181 的 20 位编码").section("取流"),
            .text("deviceKey", "设备唯一标识", length: 1...80, marks: [.unlisted]).hint("没有固定取流地址的设备必填").section("取流"),
            .text("address", "主码流地址", length: 8...500, marks: [.unlisted]).hint("rtsp:// 或 rtsps:// 开头，不含用户名和密码").section("取流"),
            .text("subAddress", "子码流地址", length: 8...500, marks: [.unlisted]).hint("多画面优先使用；建议 H.264").section("取流"),
            .bool("watched", "离线报警", marks: [.filterable, .unlisted]).fallback("true").section("取流"),
            .text("hazard", "危险源编码", length: 1...40, marks: [.searchable, .unlisted]).section("关联"),
            .text("points", "关联监测点", length: 1...500, marks: [.searchable, .unlisted]).hint("点位编码，用顿号隔开；这些点位报警时自动抓图").section("关联"),
            .text("tags", "标签", length: 1...100, marks: [.searchable]).section("关联"),
            .note("parameters", "技术参数", length: 0...500, marks: [.unlisted]).section("运维"),
            .day("enabledOn", "启用日期", check: .notFuture, marks: [.filterable, .sortable, .unlisted]).section("运维"),
            .text("opsName", "运维负责人", length: 1...32, marks: [.personal, .unlisted]).section("运维"),
            .text("opsPhone", "联系方式", length: 8...20, check: .phone, marks: [.personal, .unlisted]).section("运维"),
            .note("remarks", "备注", length: 0...500, marks: [.unlisted]),
        ])

    /// Whether an address of the demonstration is meant: pictures that ffmpeg draws.
    static let demoPrefix = "demo://"

    /// What no single field can say.
    ///
    /// - Throws: `.invalid` with every finding.
    static func check(_ draft: Draft, _ before: Record?, admitsDemo: Bool) throws {
        func text(_ name: String) -> String? {
            let value = draft.values[name].map { $0.string } ?? before?.values[name]?.text
            return value.flatMap { $0.isEmpty ? nil : $0 }
        }
        var findings: [FieldFinding] = []
        for (name, title) in [("address", "主码流地址"), ("subAddress", "子码流地址")] {
            guard let address = text(name), !(admitsDemo && address.hasPrefix(demoPrefix)) else { continue }
            do throws(CameraAddressFault) { _ = try CameraAddress(address) } catch { findings.append(FieldFinding(name, "format", error.message, title: title)) }
        }
        if let code = text("code") {
            do throws(CameraCodeFault) { _ = try CameraCode(code) } catch { findings.append(FieldFinding("code", "format", error.message, title: "国标编码")) }
        }
        if text("address") == nil, text("deviceKey") == nil { findings.append(FieldFinding("address", "required", "主码流地址与设备唯一标识至少填写一项", title: "主码流地址")) }
        if text("place") == nil, !["mobile", "body"].contains(text("kind") ?? "") { findings.append(FieldFinding("place", "required", "非移动设备应填写安装位置", title: "安装位置")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }
}

/// D17.4.5 截图取证: one row is one picture that was kept, with its channel, its moment and its digest; nobody changes it.
package enum CameraCapture {
    package static let ledger = LedgerDeclaration(
        id: "D10.2.1", name: "cameraCapture", title: "抓图记录", titleEN: "Captured pictures", group: Camera.group, ownedBy: .enterprise,
        owners: LedgerOwners("所属单位", "Owner", kind: nil),
        titleField: "cameraName", isReadOnly: true, timeField: "takenAt",
        fields: [
            .reference("camera", "摄像机", to: Camera.ledger.name, marks: [.filterable]), .text("cameraName", "视频名称", length: 1...60, marks: [.searchable]),
            .text("cameraNumber", "视频编号", length: 1...40, marks: [.searchable]), .moment("takenAt", "画面时间", marks: [.filterable, .sortable]),
            .code("reason", "抓图事由", from: .captureReason, marks: [.filterable, .groupable]), .text("takenBy", "抓图人", length: 1...60, marks: [.searchable]),
            .text("alarm", "关联报警", length: 1...40, marks: [.searchable]), .text("note", "说明", length: 1...200, marks: [.searchable]),
            .text("sm3", "SM3 摘要", length: 64...64, marks: [.searchable, .unlisted]), .photo("picture", "图片"),
        ])
}

/// Who looked at which camera when, and how soon the picture came (D10.2.5, D0.3.1 视频调阅).
package enum CameraView {
    package static let ledger = LedgerDeclaration(
        id: "D10.2.5", name: "cameraView", title: "视频查看记录", titleEN: "Who looked", group: Camera.group, ownedBy: .enterprise, owners: LedgerOwners("所属单位", "Owner", kind: nil),
        titleField: "cameraName", isReadOnly: true, timeField: "beganAt",
        fields: [
            .text("cameraName", "视频名称", length: 1...60, marks: [.searchable]), .reference("camera", "摄像机", to: Camera.ledger.name, marks: [.filterable]),
            .text("viewer", "查看人", length: 1...60, marks: [.searchable]), .text("viewerUnit", "查看人单位", length: 1...100, marks: [.searchable, .groupable]),
            .code("way", "查看方式", from: .cameraWay, marks: [.filterable, .groupable]), .moment("beganAt", "开始时间", marks: [.filterable, .sortable]), .moment("endedAt", "结束时间"),
            .integer("startMillis", "首帧用时", 0...600_000, unit: "毫秒", marks: [.sortable]), .text("result", "结果", length: 1...100, marks: [.searchable]),
        ])
}

/// What beyond the ledgers' own rights is asked for.
package enum VideoPermission {
    /// Live pictures.
    package static let view = "video.view"
    package static let capture = "video.capture"
    /// Accounts with which pictures are asked for.
    package static let access = "video.access"
    /// Layouts for everybody.
    package static let walls = "video.walls"
    package static let settings = "video.settings"

    package static let all: [PermissionDeclaration] = [
        PermissionDeclaration(view, "视频：查看实时画面", area: Camera.group, defaultRoles: [.city, .county, .enterpriseAdmin, .enterpriseGuard, .gridOfficer]),
        PermissionDeclaration(capture, "视频：抓图", area: Camera.group, defaultRoles: [.city, .county, .enterpriseAdmin]),
        PermissionDeclaration(access, "视频：设置取流账号", area: Camera.group, defaultRoles: [.city, .enterpriseAdmin]),
        PermissionDeclaration(walls, "视频：设置公共面板", area: Camera.group, defaultRoles: [.city]),
        PermissionDeclaration(settings, "视频：设置取流网段与路数", area: Camera.group, defaultRoles: [.admin]),
    ]
}
