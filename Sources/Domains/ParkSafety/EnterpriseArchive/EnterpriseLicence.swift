import Ledgers

/// D1.2.10 企业证照: one row is one permit or certificate of an enterprise, renewed in place; its end is watched by D2.6.2, D2.6.3, D2.6.4 and D2.6.9.
package enum EnterpriseLicence {
    package static let ledger = LedgerDeclaration(
        id: "D1.2.10", name: "enterpriseLicence", title: "企业证照", titleEN: "Enterprise licences", group: ParkSafety.group, ownedBy: .enterprise,
        uniqueBy: ["org", "kind", "number"],
        titleField: "name",
        fields: [
            .text("name", "证照名称", length: 2...80, marks: [.required, .searchable]),
            .code("kind", "证照类型", from: .licenceKind, marks: [.required, .filterable, .groupable]),
            .text("number", "证照编号", length: 2...64, marks: [.required, .searchable]),
            .text("issuer", "发证机关", length: 2...80, marks: [.required]),
            .day("issuedOn", "发证日期", check: .notFuture, marks: [.required]),
            .day("validUntil", "有效期至", marks: [.filterable, .sortable]).hint("长期有效的不填"),
            .code("review", "审核状态", from: .reviewState, marks: [.filterable, .groupable]).fallback("pending"),
            .files("scan", "证照扫描件"),
            .note("remark", "备注", length: 0...500, marks: [.unlisted]),
        ])
}
