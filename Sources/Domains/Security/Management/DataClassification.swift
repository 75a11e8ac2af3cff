import Ledgers

/// D17.5.6, D16.4.3 信息分类与标识: what kinds of information there are and how each is used, sent, stored and given away.
enum DataClassification {
    static let ledger = LedgerDeclaration(
        id: "D17.5.6", name: "dataClassification", title: "信息分类", titleEN: "Classes of information", group: SecurityMenu.group, ownedBy: .shared, uniqueBy: ["title"],
        titleField: "title",
        fields: [
            .text("title", "信息类别名称", length: 2...80, marks: [.required, .searchable]), .code("level", "级别", from: .secrecyLevel, marks: [.required, .filterable, .groupable]),
            .text("source", "所在台账或系统", length: 1...200, marks: [.searchable]), .text("owner", "责任部门", length: 2...60, marks: [.required]),
            .text("range", "知悉范围", length: 2...200, marks: [.required]).hint("按岗位最小授权"),
            .note("usage", "使用规则", length: 2...500, marks: [.required]).hint("脱敏、水印、禁止复制等"), .note("transport", "传输规则", length: 2...500, marks: [.required]),
            .note("storage", "存储规则", length: 2...500, marks: [.required]), .bool("asksExport", "导出须审批", marks: [.filterable]), .bool("isPersonal", "含个人信息", marks: [.filterable]),
            .text("mark", "标识方法", length: 1...100).hint("页眉密级、文件名前缀、水印"), .day("reviewBy", "下次评审", marks: [.sortable]),
        ])
}

/// D17.5.6 文件收发登记: documents with their class, to whom each copy went and when it came back.
enum DocumentRegister {
    static let ledger = LedgerDeclaration(
        id: "D17.5.6-1", name: "documentRegister", title: "文件收发登记", titleEN: "Register of documents", group: SecurityMenu.group, ownedBy: .authority, titleField: "title",
        sortedBy: [.init("sentOn", descending: true)],
        fields: [
            .text("title", "文件名称", length: 2...120, marks: [.required, .searchable]), .text("number", "文号", length: 1...60, marks: [.searchable]),
            .code("level", "信息类别", from: .secrecyLevel, marks: [.required, .filterable, .groupable]), .text("range", "发布范围", length: 2...200, marks: [.required]),
            .integer("copies", "份数", 1...10_000, unit: "份", marks: [.required, .summable]), .text("receiver", "领取单位与人员", length: 2...120, marks: [.required, .searchable]),
            .day("sentOn", "发出日期", check: .notFuture, marks: [.required, .sortable, .filterable]), .day("backBy", "应归还日期", marks: [.sortable]),
            .day("backOn", "归还日期", check: .notFuture, marks: [.sortable]), .text("keeper", "经办人", length: 2...30, marks: [.required]), .files("files", "签收单"),
        ])
}

/// D17.2.9 终端防护检查: whether the protection of the platform's computers works, looked at every week.
enum TerminalGuardCheck {
    static let ledger = LedgerDeclaration(
        id: "D17.2.9", name: "terminalGuardCheck", title: "终端防护检查", titleEN: "Checks of terminals", group: SecurityMenu.group, ownedBy: .authority, titleField: "terminal",
        sortedBy: [.init("checkedOn", descending: true)],
        fields: [
            .text("terminal", "终端", length: 2...80, marks: [.required, .searchable]).hint("编号、位置、使用人"),
            .day("checkedOn", "检查日期", check: .notFuture, marks: [.required, .sortable, .filterable]),
            .bool("copyBlocked", "禁止复制粘贴有效", marks: [.filterable]), .bool("watermarkShown", "页面水印显示正常", marks: [.filterable]),
            .bool("uploadLimited", "上行文件受控", marks: [.filterable]), .bool("downloadLimited", "下行文件受控", marks: [.filterable]),
            .bool("portsClosed", "移动存储端口已封闭", marks: [.filterable]), .note("faults", "问题与处理", length: 0...500), .text("checker", "检查人", length: 2...30, marks: [.required]),
            .day("nextBy", "下次检查", marks: [.sortable]).hint("每周至少一次"),
        ])
}
