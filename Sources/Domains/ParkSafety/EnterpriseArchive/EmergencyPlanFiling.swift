import Ledgers

/// D6.5 应急预案备案: one row is one emergency plan with its latest filing; its end is watched by D2.6.13.
package enum EmergencyPlanFiling {
    package static let ledger = LedgerDeclaration(
        id: "D6.5.1", name: "emergencyPlanFiling", title: "应急预案备案", titleEN: "Emergency plan filings", group: ParkSafety.group, ownedBy: .enterprise, uniqueBy: ["org", "name"],
        titleField: "name",
        fields: [
            .text("name", "预案名称", length: 4...100, marks: [.required, .searchable]),
            .code("kind", "预案类别", from: .emergencyPlanKind, marks: [.required, .filterable, .groupable]),
            .text("filingNo", "备案编号", length: 2...40, marks: [.searchable]),
            .text("filingDepartment", "备案部门", length: 2...80, marks: [.required]),
            .day("issuedOn", "最近发布日期", check: .notFuture, marks: [.required]),
            .day("reviewedOn", "预案评审日期", check: .notFuture),
            .day("filedOn", "最近备案日期", check: .notFuture, marks: [.required]),
            .day("validUntil", "备案有效期至", marks: [.required, .filterable, .sortable]).hint("自备案之日起三年"),
            .files("file", "预案与备案登记表"),
        ])
}
