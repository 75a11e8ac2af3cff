import Ledgers

/// B3.1.2.5 考核细则: one row is what one kind of fault costs or one kind of merit brings; minus deducts, plus adds.
///
/// Of several rules in use for one trigger the first by code counts. Source: requirements/B-transport.md B3.1.2.5.
package enum AppraisalRule {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.2.5", name: "appraisalRule", title: "考核细则", titleEN: "Appraisal rules", group: RoadChiefs.group, ownedBy: .shared, uniqueBy: ["code"], titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "细则编号", length: 1...20, marks: [.required, .searchable, .sortable]), .text("name", "细则名称", length: 1...60, marks: [.required, .searchable, .sortable]),
            .code("cause", "触发方式", from: .appraisalTrigger, marks: [.required, .filterable, .groupable]).fallback("manual"),
            .decimal("points", "分值", places: 1, -100...100, unit: "分", marks: [.required, .sortable]).hint("扣分为负，加分为正"),
            .bool("inUse", "启用", marks: [.filterable]).fallback("true"), .note("description", "描述", length: 0...500),
        ])

    /// As the migration writes them into a new installation.
    package static let presets: [(code: String, name: String, trigger: String, points: Double)] = [
        ("XZ01", "组织机构不健全", "manual", -2), ("XZ02", "领导小组未开展工作", "manual", -2), ("XZ03", "未落实信息报送制度", "manual", -1), ("XZ04", "台账资料不完整", "manual", -1),
        ("XZ11", "月度巡检次数不足", "shortRounds", -2), ("XZ12", "漏巡道路", "missedRoad", -0.5), ("XZ13", "交办任务超期", "overdueTask", -2), ("XZ14", "整改复查未通过", "failedReview", -1),
        ("XZ21", "应急问题上报超时", "lateReport", -2), ("XZ31", "国家级媒体录用稿件", "articleNational", 5), ("XZ32", "省级媒体录用稿件", "articleProvince", 3),
        ("XZ33", "市级媒体录用稿件", "articleCity", 2), ("XZ34", "区级媒体录用稿件", "articleDistrict", 1), ("XZ41", "创新举措", "innovation", 3),
    ]
}

/// The numbers of the appraisal (B3.2.2, B3.2.3): how many rounds a month, how soon an emergency is to be reported, from how many points a month begins.
package enum RoadParameter {
    package static let ledger = LedgerDeclaration(
        id: "B3.2.2-2", name: "roadParameter", title: "考核参数", titleEN: "Appraisal parameters", group: RoadChiefs.group, ownedBy: .shared, uniqueBy: ["code"], titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "参数编号", length: 1...30, marks: [.required, .searchable, .immutable]), .text("name", "参数名称", length: 1...60, marks: [.required, .searchable]),
            .decimal("value", "数值", places: 1, 0...10_000, marks: [.required]), .note("description", "说明", length: 0...300),
        ])

    /// As the migration writes them into a new installation; also what counts where a row is missing.
    package static let presets: [(code: String, name: String, value: Double, description: String)] = [
        ("baseScore", "月度基础分", 100, "每月考核的起始分"), ("monthlyRounds", "每月巡检次数", 4, "责任单位每月应执行的巡检任务次数"), ("reportMinutes", "应急问题上报时限（分钟）", 60, "事发时间至服务器收到上报的时间"),
    ]
}
