import Ledgers

/// D17.9.4 弱点扫描结果: one row is one finding of a scanner on one host; the same finding imported again is the same row.
enum WeaknessLedger {
    static let ledger = LedgerDeclaration(
        id: "D17.9.4", name: "weakness", title: "弱点台账", titleEN: "Weaknesses", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["host", "reference"], titleField: "title",
        fields: [
            .text("title", "弱点名称", length: 2...200, marks: [.required, .searchable]),
            .text("reference", "漏洞编号", length: 2...60, marks: [.required, .searchable]).hint("CVE、CNNVD 或扫描器规则编号"),
            .text("host", "主机或地址", length: 2...120, marks: [.required, .searchable, .filterable]),
            .code("grade", "等级", from: .weaknessGrade, marks: [.required, .filterable, .groupable, .sortable]),
            .text("scanner", "扫描来源", length: 1...60, marks: [.filterable]),
            .day("foundOn", "发现日期", check: .notFuture, marks: [.required, .sortable]),
            .day("dueOn", "整改期限", marks: [.sortable]),
            .code("state", "状态", from: .weaknessState, marks: [.filterable, .groupable]).fallback("open"),
            .note("solution", "解决方案"),
            .day("closedOn", "复测日期"),
        ])
}

/// D17.9.6 恶意代码事件: what was found, by which engine, what was done.
enum MalwareIncident {
    static let ledger = LedgerDeclaration(
        id: "D17.9.6", name: "malwareIncident", title: "恶意代码事件", titleEN: "Malware incidents", group: SecurityMenu.group, ownedBy: .authority, titleField: "threat",
        sortedBy: [.init("at", descending: true)],
        fields: [
            .moment("at", "发现时间", check: .notFuture, marks: [.required, .sortable, .filterable]),
            .text("threat", "威胁名称", length: 2...120, marks: [.required, .searchable]),
            .text("host", "主机或终端", length: 2...120, marks: [.required, .searchable]),
            .text("file", "文件", length: 1...300), .text("sha256", "文件哈希", length: 64...64),
            .text("engine", "检测引擎与特征库", length: 1...80),
            .code("grade", "等级", from: .weaknessGrade, marks: [.required, .filterable, .groupable]),
            .text("act", "处理方式", length: 1...80, marks: [.required]).hint("清除、删除、隔离、改名、只报告"),
            .text("source", "来源", length: 1...120).hint("移动介质、邮件、网页、外来设备"),
            .note("summary", "分析与总结"),
        ])
}

/// D17.9.6: removable media and strangers' devices are checked before they are connected.
enum DeviceCheck {
    static let ledger = LedgerDeclaration(
        id: "D17.9.6-1", name: "deviceAdmission", title: "外来设备检查", titleEN: "Checks of outside devices", group: SecurityMenu.group, ownedBy: .authority, titleField: "device",
        sortedBy: [.init("at", descending: true)],
        fields: [
            .moment("at", "检查时间", check: .notFuture, marks: [.required, .sortable]),
            .text("device", "介质或设备", length: 2...100, marks: [.required, .searchable]),
            .text("owner", "携带人", length: 2...30, marks: [.required, .personal]),
            .text("purpose", "接入用途", length: 2...200, marks: [.required]),
            .text("scanner", "检查工具", length: 2...80, marks: [.required]),
            .bool("isClean", "未发现恶意代码", marks: [.required, .filterable]),
            .text("checker", "检查人", length: 2...30, marks: [.required]),
            .moment("leftAt", "断开时间"),
        ])
}
