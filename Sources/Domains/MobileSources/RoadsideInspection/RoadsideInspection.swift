import Ledgers

/// 路检路查记录: one row is one diesel vehicle that was tested on the road or at an enterprise, with what the inspectors saw and measured.
///
/// Source: requirements/A-mobile-sources.md A5, 实体 RoadsideInspection.
package enum RoadsideInspection {
    package static let ledger = LedgerDeclaration(
        id: "A-32", name: "roadsideInspection", title: "路检路查记录", titleEN: "Roadside inspections", group: "路检路查", ownedBy: .authority, titleField: "plateNo",
        sortedBy: [.init("inspectedAt", descending: true)], timeField: "inspectedAt",
        fields: [
            .code("businessType", "业务类型", from: .roadsideKind, marks: [.required, .filterable, .groupable]),
            .moment("inspectedAt", "检测时间", check: .notFuture, marks: [.required, .filterable, .sortable]),
            .text("place", "检测地点", length: 2...80, marks: [.required, .searchable, .filterable, .groupable]),
            .text("officer", "检测人员", length: 2...30, marks: [.required, .searchable, .filterable, .groupable]),
            .text("plateNo", "号牌号码", length: 1...12, check: .plate, marks: [.required, .searchable]),
            .code("plateColor", "号牌颜色", from: .plateColor, marks: [.required, .filterable]),
            .text("vin", "车辆识别代号", length: 17...17, check: .vin, marks: [.searchable, .unlisted]),
            .code("emissionStage", "排放阶段", from: .emissionStage, marks: [.filterable, .groupable]),
            .code("result", "检测结论", from: .roadsideResult, marks: [.required, .filterable, .groupable]),
            .decimal("smoke", "光吸收系数", places: 2, 0...20, unit: "m⁻¹"),
            .integer("nox", "氮氧化物", 0...10_000, unit: "ppm"),
            .text("faultCodes", "OBD 故障码", length: 0...200, marks: [.unlisted]),
            .text("penaltyTicket", "处罚单号", length: 0...40, marks: [.searchable, .unlisted]),
            .location("location", "位置"),
            .photo("frontPhoto", "车头照片"), .photo("rearPhoto", "车尾照片"), .photo("aftertreatmentPhoto", "后处理装置照片"), .photo("obdPhoto", "OBD 检查照片"), .photo("exhaustPhoto", "尾气检测照片"),
            .bool("pushed", "已推送名单候选", marks: [.readOnly, .filterable]),
        ])
}
