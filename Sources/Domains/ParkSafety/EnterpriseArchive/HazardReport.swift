import Ledgers

/// D2.9.1 评价评估报告: one row is one report; its end is watched by D2.6.7 and D2.6.10.
package enum HazardReport {
    package static let ledger = LedgerDeclaration(
        id: "D2.9.1", name: "hazardReport", title: "评价评估报告", titleEN: "Assessment reports", group: ParkSafety.group, ownedBy: .enterprise, uniqueBy: ["org", "name"],
        titleField: "name",
        fields: [
            .text("name", "报告名称", length: 4...100, marks: [.required, .searchable]),
            .code("kind", "报告类型", from: .hazardReportKind, marks: [.required, .filterable, .groupable]),
            .text("majorHazard", "重大危险源", length: 1...60, marks: [.searchable]),
            .text("author", "编制单位", length: 2...80, marks: [.required, .searchable]),
            .text("authorCertificate", "资质证书编号", length: 2...64),
            .day("issuedOn", "编制日期", check: .notFuture, marks: [.required]),
            .day("validUntil", "有效期至", marks: [.filterable, .sortable]).hint("重大危险源评估、现状评价一般三年一次"),
            .files("file", "报告附件"),
        ])
}
