import Ledgers

/// B3.1.2.2 路长管理: one row is one road chief of a level, with the unit, the chief above and the account; the roads name their chief.
///
/// Source: requirements/B-transport.md B3.1.2.2, 实体 RoadChief.
package enum RoadChief {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.2.2", name: "roadChief", title: "路长", titleEN: "Road chiefs", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners, uniqueBy: ["code"],
        titleField: "name", sortedBy: [LedgerDeclaration.Sort("level"), LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .code("level", "级别", from: .roadChiefLevel, marks: [.required, .filterable, .groupable, .sortable]).fallback("2"),
            .text("code", "路长编号", length: 1...30, marks: [.required, .searchable, .sortable]), .text("name", "姓名", length: 2...30, marks: [.required, .searchable, .sortable]),
            .text("post", "职务", length: 1...40), .text("phone", "联系电话", length: 7...20, check: .phone, marks: [.required]).hint("公务电话，通讯录中可见"),
            .text("officePhone", "办公室电话", length: 7...20, check: .phone, marks: [.unlisted]), .reference("superior", "上级路长", to: "roadChief", marks: [.filterable]),
            .photo("portrait", "头像"), .text("login", "登录名", length: 3...32, marks: [.readOnly, .searchable]).hint("由“开通账号”生成"),
            .note("description", "描述", length: 0...500, marks: [.unlisted]),
        ])
}
