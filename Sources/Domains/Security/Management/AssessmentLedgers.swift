import Ledgers

/// D17.14.6 定级备案与测评: each grading, filing and assessment of each system, level protection and cryptography side by side.
enum GradingRecord {
    static let ledger = LedgerDeclaration(
        id: "D17.14.6", name: "gradingRecord", title: "定级备案与测评", titleEN: "Grading and assessment", group: SecurityMenu.group, ownedBy: .authority, titleField: "system",
        sortedBy: [.init("day", descending: true)],
        fields: [
            .text("system", "系统名称", length: 2...80, marks: [.required, .searchable]), .code("kind", "事项", from: .assessmentKind, marks: [.required, .filterable, .groupable]),
            .integer("grade", "安全保护等级", 1...5, unit: "级", marks: [.filterable]), .day("day", "日期", check: .notFuture, marks: [.required, .sortable]),
            .text("agency", "测评或受理机构", length: 2...80, marks: [.searchable]), .text("number", "备案或报告编号", length: 1...60),
            .decimal("score", "得分", places: 2, 0...100, marks: [.sortable]), .integer("highRisks", "高风险项", 0...1000),
            .text("conclusion", "结论", length: 1...100), .day("nextOn", "下次测评期限", marks: [.sortable]).hint("三级系统每年一次"),
            .note("attributes", "系统属性与定级理由", length: 0...4000), .files("files", "报告与专家意见"),
        ])
}

/// D17.7.5 密评自评: a unit of assessment with its score; a high risk vetoes. The sum is shown above the list.
enum CryptoAssessment {
    static let ledger = LedgerDeclaration(
        id: "D17.7.5", name: "cryptoAssessment", title: "密评自评", titleEN: "Cryptography self-assessment", group: SecurityMenu.group, ownedBy: .authority,
        uniqueBy: ["year", "application", "layer", "unit"], titleField: "unit",
        fields: [
            .integer("year", "年度", 2020...2100, marks: [.required, .filterable, .sortable]),
            .text("application", "应用", length: 2...80, marks: [.required, .filterable, .searchable]),
            .text("layer", "层面", length: 2...40, marks: [.required, .filterable, .groupable]).hint("物理和环境、网络和通信、设备和计算、应用和数据、管理"),
            .text("unit", "测评单元", length: 2...120, marks: [.required, .searchable]), .decimal("weight", "分值", places: 2, 0...100, marks: [.required, .summable]),
            .decimal("score", "得分", places: 2, 0...100, marks: [.required, .summable]), .bool("isHighRisk", "高风险未缓解", marks: [.filterable]),
            .note("gap", "差距"), .note("improvement", "改进措施"), .day("improveBy", "改进期限", marks: [.sortable]), .day("improvedOn", "完成日期"),
        ])
}

/// D17.14.10 安全应急预案: the plan of each kind of event with its training, drill and review.
enum SecurityContingency {
    static let ledger = LedgerDeclaration(
        id: "D17.14.10", name: "securityContingency", title: "安全应急预案", titleEN: "Security contingency plans", group: SecurityMenu.group, ownedBy: .authority,
        uniqueBy: ["title", "revision"], titleField: "title",
        fields: [
            .text("title", "预案名称", length: 2...120, marks: [.required, .searchable]), .text("revision", "版本", length: 1...20, marks: [.required]),
            .code("event", "针对事件", from: .incidentKind, marks: [.required, .filterable]), .note("trigger", "启动条件", marks: [.required]),
            .note("handling", "处理步骤", marks: [.required]),
            .note("recovery", "恢复"), .note("lessons", "事后教育"), .text("resources", "资源保障", length: 1...300), .day("trainedOn", "最近培训"),
            .day("drilledOn", "最近演练"), .day("drillBy", "下次演练", marks: [.sortable]).hint("至少每年一次"), .files("files", "正文与演练记录"),
        ])
}

/// D17.14.11 密码管理制度落地: schemes, product lists, yearly assessments and what they found.
enum CryptoGovernance {
    static let ledger = LedgerDeclaration(
        id: "D17.14.11", name: "cryptoGovernance", title: "密码管理", titleEN: "Governance of cryptography", group: SecurityMenu.group, ownedBy: .authority, titleField: "title",
        fields: [
            .text("title", "事项", length: 2...120, marks: [.required, .searchable]),
            .text("field", "方面", length: 2...40, marks: [.required, .filterable, .groupable]).hint("建设、运维、人员、设备、密钥"),
            .day("day", "日期", marks: [.required, .sortable]), .text("keeper", "责任人", length: 2...30, marks: [.required]), .note("content", "内容与结论"),
            .bool("isSevere", "重大隐患（停运整改）", marks: [.filterable]), .day("assessBy", "下次评估", marks: [.sortable]), .day("closedOn", "整改完成"), .files("files", "材料"),
        ])
}
