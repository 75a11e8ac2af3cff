import Ledgers

/// D2.6.1, entity HiddenDanger 重大隐患: one row is one major hidden danger until it was put right; its deadline is watched.
package enum MajorHiddenDanger {
    package static let ledger = LedgerDeclaration(
        id: "D2.6.1", name: "majorHiddenDanger", title: "重大隐患", titleEN: "Major hidden dangers", group: ParkSafety.group, ownedBy: .enterprise, titleField: "name",
        fields: [
            .text("name", "隐患名称", length: 2...80, marks: [.required, .searchable]),
            .note("details", "隐患描述", length: 5...2000, marks: [.required]),
            .code("source", "隐患来源", from: .dangerSource, marks: [.required, .filterable, .groupable]),
            .text("place", "所在区域", length: 1...60, marks: [.required, .searchable]),
            .moment("registeredAt", "登记时间", check: .notFuture, marks: [.required, .sortable]),
            .text("rectifier", "整改责任人", length: 2...30, marks: [.required]),
            .note("measure", "管控与整改措施", length: 2...1000, marks: [.unlisted]),
            .day("deadline", "整改期限", marks: [.required, .filterable, .sortable]),
            .day("rectifiedOn", "整改完成日期", check: .notFuture, marks: [.filterable]).hint("填写后逾期报警自行解除"),
            .text("acceptor", "验收人", length: 2...30),
            .files("photos", "整改前后照片"),
        ])
}
