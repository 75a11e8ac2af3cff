import Ledgers

/// D17.14.8 资产与配置: hosts, network, software and data with owner, place and worth.
enum SecurityAsset {
    static let ledger = LedgerDeclaration(
        id: "D17.14.8", name: "securityAsset", title: "信息资产", titleEN: "Information assets", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["code"],
        titleField: "title",
        fields: [
            .text("code", "资产编号", length: 2...40, marks: [.required, .searchable, .immutable]), .text("title", "名称", length: 2...80, marks: [.required, .searchable]),
            .text("kind", "种类", length: 2...40, marks: [.required, .filterable, .groupable]).hint("服务器、网络设备、终端、软件、数据"),
            .text("address", "网络地址", length: 2...60, marks: [.searchable]),
            .code("worth", "重要程度", from: .assetWorth, marks: [.required, .filterable, .groupable]), .text("zone", "安全域", length: 2...40, marks: [.filterable]),
            .text("place", "位置", length: 2...80), .text("keeper", "责任人", length: 2...30, marks: [.required]), .text("holder", "领用人", length: 2...30),
            .note("configuration", "配置与服务设定", length: 0...4000), .day("boughtOn", "采购日期"), .day("warrantyTo", "维保到期", marks: [.sortable]),
            .note("carryOut", "带出登记"),
        ])
}

/// D17.14.9 供应与开发安全: products and services with their certificates, and what was checked before they came in.
enum SupplyChainRecord {
    static let ledger = LedgerDeclaration(
        id: "D17.14.9", name: "supplyChainRecord", title: "供应与开发安全", titleEN: "Supply chain", group: SecurityMenu.group, ownedBy: .authority, titleField: "product",
        fields: [
            .text("product", "产品或服务", length: 2...120, marks: [.required, .searchable]), .code("kind", "类别", from: .productKind, marks: [.required, .filterable, .groupable]),
            .text("supplier", "供应商", length: 2...80, marks: [.required, .searchable]), .text("certificate", "资质证书编号", length: 1...80),
            .day("certificateTo", "证书到期", marks: [.sortable]),
            .bool("isShortlisted", "在候选名单", marks: [.filterable]), .day("decideBy", "名单审定期限", marks: [.sortable]), .text("packageHash", "安装包哈希", length: 1...128),
            .bool("isScanned", "安装前已查恶意代码", marks: [.filterable]), .bool("isSeparated", "开发测试与运行分离"), .note("acceptance", "验收、服务承诺与培训"), .files("files", "报告"),
        ])
}

/// D17.16.3 安全设备台账: with the ends of signatures, licences and maintenance.
enum SecurityDevice {
    static let ledger = LedgerDeclaration(
        id: "D17.16.3", name: "securityDevice", title: "安全设备", titleEN: "Security devices", group: SecurityMenu.group, ownedBy: .authority, uniqueBy: ["code"], titleField: "title",
        fields: [
            .text("code", "设备编号", length: 2...40, marks: [.required, .searchable, .immutable]), .text("title", "名称", length: 2...80, marks: [.required, .searchable]),
            .code("kind", "种类", from: .securityDeviceKind, marks: [.required, .filterable, .groupable]), .text("maker", "厂商与型号", length: 2...80),
            .text("release", "版本", length: 1...40),
            .text("address", "管理地址", length: 2...60, marks: [.searchable, .restricted]), .text("zone", "安全域", length: 2...40, marks: [.filterable]),
            .integer("licences", "授权数", 0...1_000_000), .day("signaturesTo", "特征库授权到期", marks: [.sortable]), .day("maintainedTo", "维保到期", marks: [.sortable]),
            .day("updatedOn", "特征库更新日期", check: .notFuture), .text("keeper", "责任人", length: 2...30, marks: [.required]), .note("remark", "备注"),
        ])
}
