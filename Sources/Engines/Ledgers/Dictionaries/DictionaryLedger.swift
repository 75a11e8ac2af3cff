import Kernel
import Storage

/// A-14 数据字典: the code tables as a ledger of the engine itself, so that an administrator edits, imports and exports them like any other.
///
/// One row is one code of one dictionary. A code that is no longer used gets a last day; it is not deleted, because rows carry it.
package enum DictionaryLedger {
    package static let dictionary = FieldKey<String>("dictionary")
    package static let code = FieldKey<String>("code")
    package static let title = FieldKey<String>("title")
    package static let validFrom = FieldKey<Day>("validFrom")
    package static let validTo = FieldKey<Day>("validTo")

    package static let ledger = LedgerDeclaration(
        id: "A-14",
        name: "dictionaryItems",
        title: "数据字典",
        titleEN: "Data dictionary",
        group: "系统",
        ownedBy: .shared,
        uniqueBy: ["dictionary", "code"],
        titleField: "title",
        sortedBy: [LedgerDeclaration.Sort("dictionary"), LedgerDeclaration.Sort("order")],
        keptYears: nil,
        fields: [
            .text("dictionary", "字典", length: 1...64, marks: [.required, .searchable, .filterable, .immutable]),
            .text("code", "代码", length: 1...64, marks: [.required, .searchable, .immutable]),
            .text("title", "名称", length: 1...200, marks: [.required, .searchable]),
            .text("titleEn", "英文名称", length: 0...200, marks: [.unlisted]),
            .integer("order", "排序", 0...1_000_000, marks: [.sortable]).fallback("0"),
            .day("validFrom", "启用日期", marks: [.filterable]),
            .day("validTo", "停用日期", marks: [.filterable]).hint("到这一天为止可以选用"),
            .text("source", "来源", length: 0...200, marks: [.unlisted]),
            .note("note", "备注", length: 0...1000, marks: [.unlisted]),
        ]
    )
}
