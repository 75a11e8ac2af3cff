import Ledgers

/// D17.6.7 证书台账: one row is one certificate of a person, device, server, time-stamp authority or custodian. Pasted PEM fills what can be read from it.
enum CertificateLedger {
    static let ledger = LedgerDeclaration(
        id: "D17.6.7", name: "securityCertificate", title: "证书台账", titleEN: "Certificates", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["serial", "issuer"],
        titleField: "title", fields: fields)

    private static let fields: [Field] = [
        .text("title", "名称", length: 2...80, marks: [.required, .searchable]),
        .code("use", "用途", from: .certificateUse, marks: [.required, .filterable, .groupable]),
        .note("pem", "证书（PEM）", length: 0...8000, marks: [.unlisted]).hint("粘贴证书后，主体、序列号、颁发者、算法与有效期自动填写"),
        .text("subject", "主体", length: 1...300, marks: [.searchable]).section("证书内容"),
        .text("serial", "序列号", length: 1...80, marks: [.searchable]).section("证书内容"),
        .text("issuer", "颁发者", length: 1...300).section("证书内容"),
        .text("algorithm", "算法", length: 1...40, marks: [.filterable]).section("证书内容"),
        .day("validFrom", "生效日期").section("证书内容"),
        .day("validTo", "到期日期", marks: [.filterable, .sortable]).section("证书内容"),
        .computed("daysLeft", "剩余天数", .daysLeft("validTo")),
        .text("carrier", "载体", length: 1...60).hint("智能密码钥匙编号、服务器、文件").section("使用"),
        .text("boundTo", "绑定账号或设备", length: 1...80, marks: [.searchable]).section("使用"),
        .code("state", "状态", from: .certificateState, marks: [.required, .filterable, .groupable]).fallback("valid").section("使用"),
        .day("endedOn", "吊销或更换日期").section("使用"),
        .note("remark", "备注").section("使用"),
    ]
}
