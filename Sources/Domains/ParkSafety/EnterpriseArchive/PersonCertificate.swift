import Ledgers

/// D1.2.8 人员证照: one row is one certificate of one person; its end is watched by D2.6.5, D2.6.8 and D2.6.11.
package enum PersonCertificate {
    package static let ledger = LedgerDeclaration(
        id: "D1.2.8", name: "personCertificate", title: "人员证书", titleEN: "Certificates of persons", group: ParkSafety.group, ownedBy: .enterprise,
        uniqueBy: ["org", "certificateNo"], titleField: "holder",
        fields: [
            .text("holder", "持证人", length: 2...30, marks: [.required, .searchable]),
            .text("jobNo", "工号", length: 1...32, marks: [.searchable, .unlisted]),
            .text("post", "岗位", length: 1...40, marks: [.required]),
            .code("kind", "证书类型", from: .certificateKind, marks: [.required, .filterable, .groupable]),
            .text("certificateNo", "证书编号", length: 4...40, marks: [.required, .searchable]),
            .text("category", "作业类别与准操项目", length: 1...60).hint("特种作业、特种设备证书填写，如“危险化学品安全作业/氯化工艺”"),
            .text("issuer", "发证机构", length: 2...80, marks: [.required]),
            .day("issuedOn", "发证日期", check: .notFuture, marks: [.required]),
            .day("validUntil", "有效期至", marks: [.required, .filterable, .sortable]),
            .text("phone", "联系电话", length: 8...20, check: .phone, marks: [.personal, .unlisted]),
            .files("scan", "证书扫描件"),
        ])
}
